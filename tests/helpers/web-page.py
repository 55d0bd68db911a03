"""Serves a page beside recorded answers, and drives Chromium over it (DevTools protocol through pipes).

usage: web-page.py hash PAGE                 the two hashes that its policy must have
       web-page.py serve ROOT LOG            prints the port; GET only
       web-page.py drive CHROMIUM DIR SCRIPT runs the steps of SCRIPT, one a line: a name or none, and a JSON array; prints the
                                             name and a JSON value

ROOT has page.html, og.json, explain.json, picture.jpg.  Tokens: "user", "admin"; others are unknown.
Steps: ["goto", URL], ["js", EXPRESSION], ["wait", EXPRESSION], ["type", TEXT], ["key", NAME], ["media", "dark"],
["size", W, H], ["shot", FILE], ["said"] (by the console), ["asked"] (the origins), ["seen", SELECTOR, COLOURS, BRIGHT] (what is
on the screen there: how many colours, and how many of a thousand points are not grey; so many of them are waited for).
"""
import base64
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import zlib


def hashes(page):
    text = open(page, encoding="utf-8").read()
    for tag in ("script", "style"):
        body = re.search(f"<{tag}>(.*?)</{tag}>", text, re.S).group(1)
        print(tag, "sha256-" + base64.b64encode(hashlib.sha256(body.encode()).digest()).decode())


# ---- the server ---------------------------------------------------------------------------------------------------


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log = None
    root = None
    lock = threading.Lock()

    def log_message(self, *_):
        pass

    def file(self, name):
        with open(os.path.join(self.root, name), "rb") as f:
            return f.read()

    def tell(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def error(self, status, errcode, error, **more):
        self.tell(status, "application/json", json.dumps({"errcode": errcode, "error": error, **more}).encode())

    def who(self):
        given = self.headers.get("Authorization", "")
        return given[7:] if given.startswith("Bearer ") else None

    def do_GET(self):
        at = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(at.query))
        with self.lock, open(self.log, "a") as f:
            f.write(f"{self.path} {self.who()}\n")
        if at.path.endswith("/preview.html"):
            return self.tell(200, "text/html; charset=utf-8", self.file("page.html"))
        if at.path == "/_mxpreview/admin/sheet":
            return self.sheet(query)
        if "/_matrix/" not in at.path:
            return self.error(404, "M_UNRECOGNIZED", "no such thing")
        if self.who() is None:
            return self.error(401, "M_MISSING_TOKEN", "Missing access token")
        if self.who() not in ("user", "admin"):
            return self.error(401, "M_UNKNOWN_TOKEN", "Unknown access token")
        if "/thumbnail/" in at.path:
            return self.tell(200, "image/jpeg", self.file("picture.jpg"))
        return self.preview(query)

    def sheet(self, query):
        """Three pages, made by somebody who wants out of the frame."""
        if self.who() != "admin":
            return self.error(403, "M_FORBIDDEN", "You are not a server admin")
        if query.get("user") == "@homeserver:x":
            return self.error(404, "M_UNRECOGNIZED", "Unrecognized request")
        begin = int(query.get("from", 0))
        more = "; there are more." if begin < 4 else ": the last ones."
        return self.tell(200, "text/html; charset=utf-8", (
            "<script>parent.bad = top.bad = 1; top.location = 'about:blank'</script><main><article>"
            "<p>7 to 9; there are more.</p><img src=x onerror='parent.bad=1'><img src='/leak'><a href='/' target=_top>x</a>"
            f"<form action='/leak'><input></form></article></main><p>{begin + 1} to {begin + 2}{more}</p>").encode())

    def preview(self, query):
        url = query.get("url", "")
        if url.endswith("/busy"):
            return self.error(429, "M_LIMIT_EXCEEDED", "Too many requests", retry_after_ms=2500)
        if url.endswith("/hostile"):
            return self.tell(200, "application/json", self.file("hostile.json"))
        if query.get("format") == "explain" and self.who() != "admin":
            return self.error(403, "M_FORBIDDEN", "You are not a server admin")
        if url.endswith("/gone"):
            return self.error(502, "M_UNKNOWN", "Got error 404")
        name = "explain.json" if query.get("format") == "explain" else "og.json"
        return self.tell(200, "application/json", self.file(name))


def serve(root, log):
    Answer.root, Answer.log = root, log
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    print(server.server_address[1], flush=True)
    server.serve_forever()


# ---- the browser --------------------------------------------------------------------------------------------------

PATIENCE = 30


def points(png):
    """The points of a PNG with 8 bits a channel, as Chromium writes them."""
    at, packed, wide, depth = 8, b"", 0, 3
    while at < len(png):
        n, kind = int.from_bytes(png[at:at + 4], "big"), png[at + 4:at + 8]
        if kind == b"IHDR":
            wide, depth = int.from_bytes(png[at + 8:at + 12], "big"), {2: 3, 6: 4}[png[at + 17]]
        if kind == b"IDAT":
            packed += png[at + 8:at + 8 + n]
        at += n + 12
    raw, above, found = zlib.decompress(packed), bytes(wide * depth), []
    for row in range(0, len(raw), wide * depth + 1):
        how, line = raw[row], bytearray(raw[row + 1:row + 1 + wide * depth])
        for i in range(len(line) if how else 0):
            a = line[i - depth] if i >= depth else 0
            b, c = above[i], above[i - depth] if i >= depth else 0
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line[i] = (line[i] + (0, a, b, (a + b) // 2, nearest)[how]) & 255
        above = line
        found += [tuple(line[i:i + 3]) for i in range(0, len(line), depth)]
    return found


KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, " ": 32}


class Browser:
    def __init__(self, program, folder):
        to_child, from_us = os.pipe()
        from_child, to_us = os.pipe()[0:2]
        self.give, self.take = from_us, from_child

        def plumb():
            os.dup2(to_child, 100)
            os.dup2(to_us, 101)
            os.dup2(100, 3)
            os.dup2(101, 4)

        self.child = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--hide-scrollbars", "--disable-dev-shm-usage", "--user-data-dir=" + folder, "--remote-debugging-pipe", "about:blank"],
            preexec_fn=plumb, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(to_us)
        self.buffer, self.number, self.session, self.notes = b"", 0, None, []
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def message(self):
        while b"\0" not in self.buffer:
            part = os.read(self.take, 1 << 20)
            if not part:
                sys.exit("the browser ended")
            self.buffer += part
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, **params):
        self.number += 1
        question = {"id": self.number, "method": method, "params": params}
        if self.session:
            question["sessionId"] = self.session
        os.write(self.give, json.dumps(question).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
            self.notes.append(answer)

    def js(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            return {"exception": answer["exceptionDetails"].get("text", "?")}
        return answer["result"].get("value")

    def wait(self, expression):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.js(expression) is True:
                return True
            time.sleep(0.02)
        return False

    def key(self, name):
        text = {"Enter": "\r", " ": " "}.get(name, "")
        common = {"key": name, "code": name if name != " " else "Space", "windowsVirtualKeyCode": KEYS[name]}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def seen(self, selector, colours=0, bright=0):
        end = time.monotonic() + PATIENCE
        now = self.look(selector)
        while (now[0] < colours or now[1] < bright) and time.monotonic() < end:
            time.sleep(0.02)
            now = self.look(selector)
        return now

    def look(self, selector):
        box = self.js(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView(); const r ="
                      " e.getBoundingClientRect(); return [r.x + scrollX, r.y + scrollY, r.width, r.height]; })()")
        clip = {**dict(zip(("x", "y", "width", "height"), box)), "scale": 0.25}
        all_points = points(base64.b64decode(self.call("Page.captureScreenshot", format="png", clip=clip)["data"]))
        coloured = sum(max(p) - min(p) > 40 for p in all_points)
        return [len(set(all_points)), round(1000 * coloured / len(all_points))]

    def step(self, what, *args):
        if what == "goto":
            self.call("Page.navigate", url="about:blank")
            self.call("Page.navigate", url=args[0])
            return self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")
        if what in ("js", "wait", "key", "seen"):
            return getattr(self, what)(*args)
        if what == "type":
            return self.call("Input.insertText", text=args[0])
        if what == "media":
            return self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": args[0]}])
        if what == "size":
            return self.call("Emulation.setDeviceMetricsOverride", width=args[0], height=args[1], deviceScaleFactor=1, mobile=False)
        if what == "shot":
            with open(args[0], "wb") as f:
                f.write(base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]))
            return True
        if what == "said":  # by the console, by the policy, by the network
            return [n["params"]["entry"]["text"] for n in self.notes if n.get("method") == "Log.entryAdded"
                    and n["params"]["entry"]["source"] in ("security", "javascript", "other")] + \
                   [n["params"]["exceptionDetails"]["text"] for n in self.notes if n.get("method") == "Runtime.exceptionThrown"]
        if what == "asked":
            return sorted({urllib.parse.urlsplit(n["params"]["request"]["url"]).scheme + ":" +
                           urllib.parse.urlsplit(n["params"]["request"]["url"]).netloc
                           for n in self.notes if n.get("method") == "Network.requestWillBeSent"})
        sys.exit(f"no such step: {what}")

    def close(self):
        self.session = None
        try:
            os.write(self.give, b'{"id":1000000,"method":"Browser.close"}\0')
            self.child.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait()


def drive(program, folder, script):
    browser = Browser(program, folder)
    try:
        for line in open(script, encoding="utf-8"):
            name, _, step = line.partition("[")
            print(name + json.dumps(browser.step(*json.loads("[" + step)), ensure_ascii=False), flush=True)
    finally:
        browser.close()


{"hash": hashes, "serve": serve, "drive": drive}[sys.argv[1]](*sys.argv[2:])
