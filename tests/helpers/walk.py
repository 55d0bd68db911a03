#!/usr/bin/env python3
"""Walks a table of requests with curl, and compares every answer with what the table says.

usage: TOKEN=... ADMIN=... SECRET=... walk.py BASE DIR TABLE [NAME=VALUE ...]
BASE is http://HOST:PORT, or unix:PATH; DIR takes what curl writes.  Prints "ok NAME" or "not ok NAME: why" for each row, and whether SECRET
was ever in the arguments of a process meanwhile.

The table, with @NAME@ for VALUE everywhere:
    : CLASS                headers of a class of answers: all there may be, but for those of any web server (ANY below)
    :: OTHER               and those of another class
    Name: value            Name: ~ regular expression
    ## what the row says
    METHOD TARGET
    > Name: value          a header of the request; > < FILE  its body
    STATUS CLASS
    Name: value            what this one has in addition
    = body                 the body, byte by byte; = < FILE  that of a file; ~ regular expression; @ FILE  keep it there
"""
import os
import re
import subprocess
import sys
import threading
import time

ANY = {"server", "date", "connection", "keep-alive", "via", "alt-svc", "accept-ranges", "vary"}
base, folder, table = sys.argv[1:4]
secret = os.environ["SECRET"]
names = {"TOKEN": os.environ["TOKEN"], "ADMIN": os.environ["ADMIN"], **dict(one.split("=", 1) for one in sys.argv[4:])}
classes, rows = {}, []


class Row:
    def __init__(self, name):
        self.name, self.method, self.target, self.sent, self.upload = name, "GET", "", [], None
        self.status, self.kind, self.headers, self.body = 0, "", {}, None


def substitute(line):
    return re.sub(r"@([A-Z]+)@", lambda m: names[m.group(1)], line)


def read(path):
    into = None
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if not line or line.startswith("# "):
            continue
        line = substitute(line)
        first, _, rest = line.partition(" ")
        if line.startswith("## "):
            rows.append(Row(line[3:]))
            into = rows[-1].headers
        elif first == ":":
            into = classes.setdefault(rest, {})
        elif first == "::":
            into.update(classes[rest])
        elif re.fullmatch("[A-Z]+", first):
            rows[-1].method, rows[-1].target = first, rest
        elif first == ">":
            if rest.startswith("< "):
                rows[-1].upload = rest[2:]
            else:
                rows[-1].sent.append(rest)
        elif re.fullmatch(r"\d+", first):
            rows[-1].status, rows[-1].kind = int(first), rest
        elif first in ("=", "~", "@"):
            rows[-1].body = (first, rest)
        else:
            name, _, value = line.partition(": ")
            into[name.lower()] = value


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def curl():
    """One process, so that connections are kept as clients keep them."""
    lines = []
    for i, row in enumerate(rows):
        where = "http://localhost" if base.startswith("unix:") else base
        lines += ["next"] if i else []
        lines += [f"url = {quoted(where + row.target)}", "silent", "globoff", "path-as-is", "max-time = 60",
                  f"dump-header = {quoted(f'{folder}/{i}.head')}", f"output = {quoted(f'{folder}/{i}.body')}"]
        lines += [f"unix-socket = {quoted(base[5:])}"] if base.startswith("unix:") else []
        lines += ["head"] if row.method == "HEAD" else [f"request = {row.method}"]
        lines += [f"header = {quoted(h)}" for h in row.sent]
        lines += [f"data-binary = {quoted('@' + row.upload)}"] if row.upload else []
    return subprocess.run(["curl", "-q", "-K", "-"], input="\n".join(lines).encode(), check=False).returncode


def told(i):
    """Status and headers: those of the last answer, if there was a 100 before it."""
    try:
        with open(f"{folder}/{i}.head", encoding="latin-1", newline="") as f:
            blocks = [b for b in f.read().split("\r\n\r\n") if b]
    except OSError:
        return 0, {}
    lines = blocks[-1].split("\r\n") if blocks else [""]
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name = name.lower()
        headers[name] = headers[name] + ", " + value.strip() if name in headers else value.strip()
    return int((lines[0].split() + ["0", "0"])[1]), headers


def bytes_of(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def fits(got, want):
    return re.fullmatch(want[2:], got) is not None if want.startswith("~ ") else got == want


def compare(i, row):
    status, headers = told(i)
    body = bytes_of(f"{folder}/{i}.body") if row.method != "HEAD" else b""
    if status != row.status:
        return f"status {status} {body[:200]!r}"
    want = {**classes[row.kind], **row.headers}
    for name, value in want.items():
        if name not in headers or not fits(headers[name], value):
            return f"{name}: {headers.get(name)!r} instead of {value!r}"
    more = set(headers) - set(want) - ANY - {"content-length", "transfer-encoding"}
    if more:
        return f"unexpected {sorted(more)}"
    said = headers.get("content-length")
    if said is None and status not in (204, 304):
        return "no length"
    if said is not None and row.method != "HEAD" and int(said) != len(body):
        return f"{len(body)} bytes instead of {said}"
    how, what = row.body or ("", "")
    if how == "@":
        with open(what, "wb") as f:
            f.write(body)
    elif how == "~" and not re.fullmatch(what, body.decode("utf-8", "replace"), re.S):
        return f"body {body[:300]!r}"
    elif how == "=" and body != (bytes_of(what[2:]) if what.startswith("< ") else what.encode()):
        return f"body {body[:300]!r}"
    elif not how and body:
        return f"a body: {body[:200]!r}"
    return None


found, looks, over = set(), 0, threading.Event()


def watch():
    global looks
    needle = secret.encode()
    while not over.is_set():
        looks += 1
        for pid in os.listdir("/proc"):
            if pid.isdigit() and int(pid) != os.getpid() and needle in bytes_of(f"/proc/{pid}/cmdline"):
                found.add(pid)
        time.sleep(0.005)


read(table)
watcher = threading.Thread(target=watch)
watcher.start()
code = curl()
over.set()
watcher.join()
print(f"ok curl asked {len(rows)} times" if code == 0 else f"not ok curl: exit status {code}")
for number, one in enumerate(rows):
    why = compare(number, one)
    print(f"ok {one.name}" if why is None else f"not ok {one.name}: {why}")
print(f"not ok a token in the arguments of {sorted(found)}" if found or not looks else "ok no token in any argument")
