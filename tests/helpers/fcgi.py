#!/usr/bin/env python3
"""A web server's side of FastCGI, for tests.

usage: fcgi.py SOCKET get URI [NAME=VALUE ...]      the answer as CGI would print it
       fcgi.py SOCKET post URI BYTES [NAME=VALUE ...]   the same with a body of that length
       fcgi.py SOCKET send METHOD URI FILE [NAME=VALUE ...]   the same with a file as body
       fcgi.py SOCKET half METHOD URI BYTES [NAME=VALUE ...]  so much of a body twice as long, and away
       fcgi.py SOCKET glance URI                    the first bytes of the answer, and away
       fcgi.py SOCKET many N CONCURRENT URI ...     N requests over the URIs in turn; "STATUS COUNT" lines
       fcgi.py SOCKET shared N URI ...              N requests at once on one connection; lines as many
       fcgi.py SOCKET kept N URI                    N requests one after the other on one connection; lines as many
       fcgi.py SOCKET abort URI                     begin, abort, and what comes back: "end APP PROTOCOL"
       fcgi.py SOCKET leave N URI                   begin N requests on N connections and go away
       fcgi.py SOCKET leave-post N URI BYTES        the same in the middle of a body
       fcgi.py SOCKET crowd N URI URI2 [NAME=VALUE ...]  N half uploads, then a whole one, then GET URI2; their two statuses
       fcgi.py SOCKET shared-bytes N URI            N requests at once on one connection; "BYTES COUNT" of bodies
       fcgi.py SOCKET stuck URI                     asks, and never reads
       fcgi.py SOCKET values                        the answer to GET_VALUES
       fcgi.py SOCKET raw HEX                       sends bytes; prints what comes back until the end, in hex
       fcgi.py SOCKET slow URI                      as get, a byte at a time
"""
import collections
import select
import socket
import struct
import sys
import time

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, VALUES, RESULT = 1, 2, 3, 4, 5, 6, 7, 9, 10


def record(kind, number, body=b""):
    pad = -len(body) % 8
    return struct.pack(">BBHHBx", 1, kind, number, len(body), pad) + body + bytes(pad)


def length(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)


def pairs(variables):
    return b"".join(length(len(k)) + length(len(v)) + k + v for k, v in
                    ((k.encode(), v.encode("latin-1")) for k, v in variables.items()))


def request(number, uri, extra=(), keep=False, method="GET", body=b""):
    variables = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "REMOTE_ADDR": "127.0.0.1",
                 "SERVER_PROTOCOL": "HTTP/1.1", "QUERY_STRING": uri.partition("?")[2]}
    if method in ("POST", "PUT"):
        variables["CONTENT_LENGTH"] = str(len(body))
    for one in extra:
        name, _, value = one.partition("=")
        variables[name] = value
    out = record(BEGIN, number, struct.pack(">HB5x", 1, 1 if keep else 0))
    text = pairs(variables)
    for at in range(0, len(text), 65535):
        out += record(PARAMS, number, text[at:at + 65535])
    out += record(PARAMS, number)
    for at in range(0, len(body), 60000):
        out += record(STDIN, number, body[at:at + 60000])
    return out + record(STDIN, number)


class Connection:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(60)
        self.s.connect(path)
        self.buf = b""
        self.out = collections.defaultdict(bytearray)
        self.ended = {}

    def send(self, data):
        self.s.sendall(data)

    def take(self):
        """One read; False at the end.  Whole records go to out and ended."""
        data = self.s.recv(65536)
        self.buf += data
        while len(self.buf) >= 8:
            _, kind, number, n, pad = struct.unpack(">BBHHBx", self.buf[:8])
            if len(self.buf) < 8 + n + pad:
                break
            body, self.buf = self.buf[8:8 + n], self.buf[8 + n + pad:]
            if kind == STDOUT:
                self.out[number] += body
            elif kind == END:
                self.ended[number] = struct.unpack(">IB3x", body)
            elif kind == RESULT:
                self.out[0] += body
                self.ended[0] = (0, 0)
        return bool(data)

    def wait(self, number):
        while number not in self.ended:
            if not self.take():
                raise EOFError("closed")
        return self.out.pop(number, b"")


def status(answer):
    return answer[8:11].decode() if answer.startswith(b"Status: ") else "none"


def tell(counts):
    for key in sorted(counts):
        print(key, counts[key])


def many(path, n, concurrent, uris):
    counts, live, asked = collections.Counter(), {}, 0
    while asked < n or live:
        while asked < n and len(live) < concurrent:
            c = Connection(path)
            c.send(request(1, uris[asked % len(uris)]))
            live[c.s.fileno()] = c
            asked += 1
        for fd in select.select(list(live), [], [], 60)[0]:
            c = live[fd]
            if not c.take() or 1 in c.ended:
                counts[status(c.out[1])] += 1
                c.s.close()
                del live[fd]
    tell(counts)


def main(path, what, *args):
    if what == "many":
        many(path, int(args[0]), int(args[1]), args[2:])
        return
    if what == "leave":
        kept = [Connection(path) for _ in range(int(args[0]))]
        for c in kept:
            c.send(request(1, args[1]))
        return
    if what == "leave-post":
        kept = [Connection(path) for _ in range(int(args[0]))]
        for c in kept:
            n = int(args[2])
            head = request(1, args[1], method="POST", extra=[f"CONTENT_LENGTH={n}"])
            c.send(head[:-8] + record(VALUES, 0, pairs({"FCGI_MPXS_CONNS": ""})))
            c.wait(0)  # by now it is known who asks
            c.send(record(STDIN, 1, b"x" * n)[:n // 2])
        return
    if what == "crowd":
        said = ["CONTENT_LENGTH=200000", *args[3:]]
        kept = [Connection(path) for _ in range(int(args[0]))]
        for c in kept:
            head = request(1, args[1], said, method="POST")
            c.send(head[:-8] + record(VALUES, 0, pairs({"FCGI_MPXS_CONNS": ""})))
            c.wait(0)
            c.send(record(STDIN, 1, b"x" * 60000))
        for uri, how in ((args[1], "POST"), (args[2], "GET")):
            c = Connection(path)
            c.send(request(1, uri, args[3:], method=how, body=b"x" if how == "POST" else b""))
            print(status(c.wait(1)))
        return
    c = Connection(path)
    counts = collections.Counter()
    if what in ("get", "slow"):
        data = request(1, args[0], args[1:])
        if what == "slow":
            c.s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
            for b in data:
                c.send(bytes([b]))
        else:
            c.send(data)
        sys.stdout.buffer.write(c.wait(1))
    elif what == "post":
        c.send(request(1, args[0], args[2:], method="POST", body=b"x" * int(args[1])))
        sys.stdout.buffer.write(c.wait(1))
    elif what == "send":
        with open(args[2], "rb") as f:
            c.send(request(1, args[1], args[3:], method=args[0], body=f.read()))
        sys.stdout.buffer.write(c.wait(1))
    elif what == "half":
        n = int(args[2])
        length_said = ("CONTENT_LENGTH=%d" % (2 * n),)
        c.send(request(1, args[1], args[3:] + length_said, method=args[0], body=b"x" * n)[:-8])
    elif what == "glance":
        c.send(request(1, args[0]))
        c.take()
    elif what == "shared":
        n = int(args[0])
        for i in range(1, n + 1):
            c.send(request(i, args[i % len(args[1:]) + 1], keep=True))
        for i in range(1, n + 1):
            counts[status(c.wait(i))] += 1
        tell(counts)
    elif what == "shared-bytes":
        n = int(args[0])
        for i in range(1, n + 1):
            c.send(request(i, args[1], keep=True))
        for i in range(1, n + 1):
            counts[len(c.wait(i).partition(b"\r\n\r\n")[2])] += 1
        tell(counts)
    elif what == "stuck":
        c.send(request(1, args[0]))
        time.sleep(60)
    elif what == "kept":
        for i in range(int(args[0])):
            c.ended.clear()
            c.send(request(1, args[1], keep=True))
            counts[status(c.wait(1))] += 1
        tell(counts)
    elif what == "abort":
        c.send(request(1, args[0], keep=True))
        c.send(record(ABORT, 1))
        c.wait(1)
        print("end", *c.ended[1])
    elif what == "values":
        c.send(record(VALUES, 0, pairs({"FCGI_MPXS_CONNS": "", "FCGI_MAX_CONNS": "", "FCGI_MAX_REQS": "", "X": ""})))
        print(bytes(c.wait(0)))
    elif what == "raw":
        c.send(bytes.fromhex(args[0]))
        c.s.shutdown(socket.SHUT_WR)
        data = b""
        while True:
            try:
                more = c.s.recv(65536)
            except ConnectionResetError:
                break
            if not more:
                break
            data += more
        print(data.hex())
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
