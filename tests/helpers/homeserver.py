#!/usr/bin/env python3
"""What may another homeserver answer?  The hostile one of the tests, over TLS.

usage: homeserver.py --cert FILE --key FILE --log FILE [--public FILE] [--origin NAME] [--well-known HOST=TEXT]... [ADDRESS:PORT...]

Prints its first port when it listens (0: one of its own choice), serves until it is killed.  A line of JSON in the log for
each request: where it came in, the Host header, the name in the TLS handshake, the path, and whether it was signed: "good",
"bad" or null.  The id of a medium, up to its first dash, says how it is answered: see ANSWERS.  TEXT is what HOST's
.well-known/matrix/server says; LOOP, HUGE and "TO URL" are what they say.
"""
import argparse
import base64
import json
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
EDGE = b"0b" * 16
UNKNOWN = b'{"errcode":"M_UNRECOGNIZED","error":"Unrecognized request"}'


def part(head, body):
    return b"\r\n--" + EDGE + b"\r\n" + head + b"\r\n" + body


def multipart(head, body, end=True):
    return part(b"Content-Type: application/json\r\n", b"{}") + part(head, body) + \
        (b"\r\n--" + EDGE + b"--\r\n" if end else b"")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def parts(self, body, **headers):
        self.send(200, body, Content_Type="multipart/mixed; boundary=" + EDGE.decode(), **headers)

    def file(self, body=PNG, kind=b"image/png"):
        self.parts(multipart(b"Content-Type: " + kind + b"\r\nContent-Disposition: inline; filename=a%20b.png\r\n", body))

    def signed(self):
        auth = self.headers["Authorization"]
        if auth is None:
            return None
        m = re.fullmatch(r'X-Matrix origin="([^"]+)",destination="([^"]+)",key="([^"]+)",sig="([^"]+)"', auth)
        if m is None or m.group(1) != OPTIONS.origin or not OPTIONS.public:
            return "bad"
        text = json.dumps({"destination": m.group(2), "method": "GET", "origin": m.group(1), "uri": self.path},
                          separators=(",", ":"), sort_keys=True).encode()
        with tempfile.NamedTemporaryFile() as f, tempfile.NamedTemporaryFile() as g:
            f.write(text)
            f.flush()
            g.write(base64.b64decode(m.group(4) + "=="))
            g.flush()
            good = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", OPTIONS.public, "-rawin",
                                   "-in", f.name, "-sigfile", g.name], capture_output=True, check=False).returncode == 0
        return f"good {m.group(2)} {m.group(3)}" if good else "bad"

    def do_GET(self):
        here = self.connection.getsockname()
        with LOCK, open(OPTIONS.log, "a", encoding="utf-8") as log:
            log.write(json.dumps({"at": f"{here[0]}:{here[1]}", "host": self.headers["Host"],
                                  "name": getattr(self.connection, "named", None), "path": self.path,
                                  "signed": self.signed(), "language": self.headers["Accept-Language"]}) + "\n")
        path = self.path.split("?")[0]
        if path in ("/.well-known/matrix/server", "/other"):
            self.well_known()
        elif path.startswith("/cdn/"):
            ANSWERS[path.rsplit("/", 1)[1]](self, "cdn")
        else:
            m = re.fullmatch(r"/_matrix/(federation/v1|media/v3|media/r0)(?:/media)?/download/(?:[^/]+/)?([^/]+)", path)
            how = {"federation/v1": "fed", "media/v3": "v3", "media/r0": "r0"}[m.group(1)] if m else "none"
            name = m.group(2).split("-")[0] if m else "none"
            ANSWERS.get(name, lambda h, how: h.send(404, b'{"errcode":"M_NOT_FOUND"}'))(self, how)

    def well_known(self):
        text = dict(one.split("=", 1) for one in OPTIONS.well_known or []).get(self.headers["Host"].split(":")[0])
        if text is None:
            self.send(404)
        elif text == "LOOP":
            self.send(302, Location="/.well-known/matrix/server?" + str(time.time()))
        elif text == "HUGE":
            self.send(200, b'{"m.server":"b.test","x":"' + b"x" * 1000000 + b'"}')
        elif text.startswith("TO "):
            self.send(302, Location=text[3:])
        else:
            self.send(200, text.encode(), Cache_Control="max-age=3600")

    def slow(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/mixed; boundary=" + EDGE.decode())
        self.send_header("Content-Length", "150000")
        self.end_headers()
        self.wfile.write(multipart(b"", PNG, False))
        self.wfile.flush()
        GATE.wait(60)

    def short(self):
        self.close_connection = True
        self.parts(multipart(b"", PNG, False), Content_Length="99999", Connection="close")

    def elsewhere(self, url):
        self.parts(multipart(b"Location: " + url.encode() + b"\r\n", b""))

    def here(self, path):
        return f"https://{self.headers['Host']}/cdn/{path}"


def plain(h, body=PNG, kind="image/png"):
    h.send(200, body, Content_Type=kind, Content_Disposition='attachment; filename="plain.png"')


def only(way):
    """Just that way is known."""
    return lambda h, how: (h.file() if way == "fed" else plain(h)) if how == way else h.send(404, UNKNOWN)


def gated(h, how):
    """Waits until the test lets it go on: a file of that name appears."""
    end = time.time() + 30
    while time.time() < end:
        try:
            with open(OPTIONS.log + ".go", encoding="utf-8"):
                break
        except OSError:
            time.sleep(0.02)
    h.file() if how == "fed" else plain(h)


ANSWERS = {
    "ok": lambda h, how: h.file() if how == "fed" else plain(h),
    "gated": gated,
    "untyped": lambda h, how: h.parts(multipart(b"", PNG)),
    "text": lambda h, how: h.file(b"hello " * 100, b"text/plain"),
    "v3": only("v3"),
    "r0": only("r0"),
    "html404": lambda h, how: plain(h) if how == "v3" else h.send(404, b"<html>no</html>"),
    "u400": lambda h, how: plain(h) if how == "v3" else h.send(400, UNKNOWN),
    "u405": lambda h, how: plain(h) if how == "v3" else h.send(405),
    "never": lambda h, how: h.send(404, UNKNOWN),
    "m403": lambda h, how: h.send(403, b'{"errcode":"M_FORBIDDEN"}'),
    "m500": lambda h, how: h.send(500, b"oops"),
    "big": lambda h, how: h.file(b"x" * 300000),
    "bigplain": lambda h, how: plain(h, b"x" * 300000) if how != "fed" else h.send(404, UNKNOWN),
    "exact": lambda h, how: h.file(b"x" * 200000),
    "empty": lambda h, how: h.file(b""),
    "emptyplain": lambda h, how: plain(h, b"") if how != "fed" else h.send(404),
    "cut": lambda h, how: h.parts(multipart(b"", PNG, False)),
    "short": lambda h, how: h.short(),
    "lying": lambda h, how: h.parts(multipart(b"Content-Length: 7\r\n", PNG)),
    "nested": lambda h, how: h.parts(multipart(b"Content-Type: multipart/mixed; boundary=x\r\n", PNG)),
    "html": lambda h, how: h.send(200, b"<html>", Content_Type="text/html"),
    "slow": lambda h, how: h.slow(),
    "cdn": lambda h, how: plain(h) if how == "cdn" else h.elsewhere(h.here("cdn")),
    "cdnloop": lambda h, how: h.send(302, Location=h.here("cdnloop")) if how == "cdn" else h.elsewhere(h.here("cdnloop")),
    "cdnbig": lambda h, how: plain(h, b"x" * 300000) if how == "cdn" else h.elsewhere(h.here("cdnbig")),
    "cdn404": lambda h, how: h.send(404) if how == "cdn" else h.elsewhere(h.here("cdn404")),
    "cdnhttp": lambda h, how: h.elsewhere("http://127.0.0.1:8000/x"),
    "cdnfile": lambda h, how: h.elsewhere("file:///etc/passwd"),
    "cdninside": lambda h, how: h.elsewhere("https://10.0.0.5/x"),
    "cdnrelative": lambda h, how: h.elsewhere("/cdn/cdn"),
    "moved": lambda h, how: h.send(307, Location=h.here("cdn").replace("/cdn/cdn", "/_matrix/federation/v1/media/download/ok"))
    if how == "fed" else plain(h),
    "movedv3": lambda h, how: plain(h) if how == "cdn" else h.send(404) if how == "fed" else h.send(307, Location=h.here("movedv3")),
}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, family):
        self.address_family = family
        super().__init__(address, Handler)

    def get_request(self):
        raw, where = self.socket.accept()
        return CONTEXT.wrap_socket(raw, server_side=True, do_handshake_on_connect=False), where

    def finish_request(self, request, client_address):
        try:
            request.settimeout(20)
            request.do_handshake()
            super().finish_request(request, client_address)
        except (OSError, ssl.SSLError):
            pass

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def remember_name(connection, name, context):
    connection.named = name


parser = argparse.ArgumentParser()
for option in "--cert", "--key", "--log":
    parser.add_argument(option, required=True)
parser.add_argument("--public")
parser.add_argument("--well-known", action="append")
parser.add_argument("--origin", default="us.example")
parser.add_argument("address", nargs="*", default=["127.0.0.1:0"])
OPTIONS = parser.parse_args()
LOCK, GATE = threading.Lock(), threading.Event()
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CONTEXT.load_cert_chain(OPTIONS.cert, OPTIONS.key)
CONTEXT.sni_callback = remember_name
servers = []
for text in OPTIONS.address:
    host, port = text.rsplit(":", 1)
    servers.append(Server((host.strip("[]"), int(port)), socket.AF_INET6 if ":" in host else socket.AF_INET))
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(servers[0].server_address[1], flush=True)
GATE.wait()
