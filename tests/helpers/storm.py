#!/usr/bin/env python3
"""Many clients at once, by FastCGI: who gets which answer, and what do the processes behind it grow to?

usage: storm.py SOCKET PID REQUESTS CLIENTS GOOD-PORT BAD-PORT
Of a hundred requests one is for a hostile site, five for a page that nobody has asked for, one of these with a picture, and the rest for twenty
pages that are known after the first time.  Prints one JSON object: answers by kind and status, what was lost, milliseconds of known answers,
and memory of their own (KiB; pages of files are shared with whoever else runs), descriptors and zombies of PID and its children after the first tenth and after the last.
"""
import collections
import json
import os
import random
import socket
import struct
import sys
import threading
import time
from urllib.parse import quote

path, pid, total, clients, good, bad = sys.argv[1], *map(int, sys.argv[2:7])
BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
IDLE = 32  # connections to sites that may be kept for the next question
HOSTILE = ["/slow?headers=60000", "/endless", "/reset", "/gzip?n=200000000", "/hang", "/lie?declare=5000&send=9", "/endless-headers", "/close",
           "/drip?n=100000&ms=50", "/loop", "/big?n=50000000", "/headers?n=5000&size=100", "/slow?body=60000"]


def record(kind, body=b"", number=1):
    return struct.pack(">BBHHBx", 1, kind, number, len(body), 0) + body


def length(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)


def request(url):
    uri = "/_matrix/client/v1/media/preview_url?url=" + quote(url, safe="")
    variables = {"REQUEST_METHOD": "GET", "REQUEST_URI": uri, "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1"}
    said = b"".join(length(len(k)) + length(len(v)) + k.encode() + v.encode() for k, v in variables.items())
    return record(BEGIN, struct.pack(">HB5x", 1, 0)) + record(PARAMS, said) + record(PARAMS) + record(STDIN)


def ask(url):
    """The answer as CGI would print it; None: there was none, or half of one."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(90)
    out, buf, ended = b"", b"", False
    try:
        s.connect(path)
        s.sendall(request(url))
        while not ended:
            data = s.recv(65536)
            if not data:
                return None
            buf += data
            while len(buf) >= 8:
                _, kind, _, n, pad = struct.unpack(">BBHHBx", buf[:8])
                if len(buf) < 8 + n + pad:
                    break
                out += buf[8:8 + n] if kind == STDOUT else b""
                ended = ended or kind == END
                buf = buf[8 + n + pad:]
    except OSError:
        return None
    finally:
        s.close()
    return out


def plan():
    chosen = random.Random(1)
    for i in range(total):
        if i % 100 == 50:
            n = i // 100
            yield "hostile", f"http://127.0.1.{n % 200 + 1}:{bad}{HOSTILE[n % len(HOSTILE)]}"
        elif i % 100 == 75:
            yield "picture", f"http://127.0.0.{i // 100 % 8 + 1}:{good}/picture.html?{i}"
        elif i % 100 in (5, 25, 45, 65):
            yield "new", f"http://127.0.0.{i // 100 % 8 + 1}:{good}/page.html?{i}"
        else:
            yield "known", f"http://127.0.0.1:{good}/page.html?known={chosen.randrange(20)}"


def tree():
    found = [pid]
    for one in found:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children", encoding="ascii") as f:
                    found += map(int, f.read().split())
        except OSError:
            pass
    return found


def text(name):
    try:
        with open(name, encoding="ascii", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def measure():
    pids = tree()
    memory = {}
    for one in pids:
        name = text(f"/proc/{one}/comm").strip()
        memory[name] = memory.get(name, 0) + sum(int(l.split()[1]) for l in text(f"/proc/{one}/smaps_rollup").splitlines() if l.startswith("Pss_Anon:"))
    files = 0
    for one in pids:
        try:
            files += len(os.listdir(f"/proc/{one}/fd"))
        except OSError:
            pass
    zombies = sum(text(f"/proc/{one}/stat").rpartition(")")[2].split()[:1] == ["Z"] for one in pids)
    return {"processes": len(pids), "memory": sum(memory.values()), "each": memory, "files": files, "zombies": zombies}


def quiet(at_most=None):
    """What there is when nothing happens any more: two looks that agree, and as little as it may be."""
    seen = measure()
    for _ in range(200):
        time.sleep(0.05)
        again = measure()
        if again["files"] == seen["files"] and again["processes"] == seen["processes"] and \
                (at_most is None or again["files"] <= at_most["files"] + IDLE):
            return again
        seen = again
    return seen


answers, took, wrong, lock = collections.Counter(), [], [], threading.Lock()


def look(kind, url, said, since):
    status = 0
    if said is not None and said.startswith(b"Status: "):
        status = int(said.split()[1])
        head, _, body = said.partition(b"\r\n\r\n")
        try:
            told = json.loads(body)
            fine = ("og:title" in told) if status == 200 else ("errcode" in told and "error" in told)
        except ValueError:
            fine = False
        if not fine or b"Content-Length: %d" % len(body) not in head or b"Access-Control-Allow-Origin: *" not in head:
            status = -status
    with lock:
        answers[f"{kind} {status}"] += 1
        if status <= 0 or (kind != "hostile" and status != 200):
            wrong.append([url, status])
        if kind == "known":
            took.append(time.monotonic() - since)


def storm(work):
    todo = iter(work)

    def client():
        while True:
            with lock:
                one = next(todo, None)
            if one is None:
                return
            since = time.monotonic()
            look(*one, ask(one[1]), since)

    crowd = [threading.Thread(target=client) for _ in range(clients)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()


work = list(plan())
start = time.monotonic()
storm(work[:total // 10])
first = quiet()
storm(work[total // 10:])
wall = time.monotonic() - start
last = quiet(first)
took.sort()
print(json.dumps({"answers": dict(sorted(answers.items())), "lost": sum(n for k, n in answers.items() if k.endswith(" 0")),
                  "total": sum(answers.values()), "wrong": wrong[:10], "first": first, "last": last, "seconds": round(wall, 2),
                  "known_ms": {"p50": round(took[len(took) // 2] * 1000, 2), "p99": round(took[len(took) * 99 // 100] * 1000, 2)}}))
