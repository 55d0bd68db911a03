#!/usr/bin/env python3
"""A homeserver that knows tokens: whoami and the admin API's question, on a loopback port of its own choice (printed).

What a token is called says what becomes of it: NAME, or NAME.ANYTHING, is @NAME:test; guest-NAME a guest; admin-NAME a server admin;
bad… unknown; slow… answered after a while; broken… nonsense; endless… too long; reset… no answer at all.
Every request is a line "METHOD PATH" in the file of the first argument: never the token.  What it has no answer for it
repeats, with the third argument: who is meant by it.
"""
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

log = open(sys.argv[1], "a", buffering=1)
slow = float(sys.argv[2]) if len(sys.argv) > 2 else 0.3
mark = sys.argv[3] if len(sys.argv) > 3 else ""
lock = threading.Lock()


def user_of(token):
    for prefix in ("guest-", "admin-", "slow-", "endless-"):
        token = token.removeprefix(prefix)
    return f"@{token.partition('.')[0]}:test"


class Homeserver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # an answer is one packet

    def say(self, status, what):
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        with lock:
            log.write(f"GET {path}\n")
        if not path.endswith(("/whoami", "/admin")):
            self.other()
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or query.removeprefix("access_token=")
        if token.startswith("slow"):
            time.sleep(slow)
        if token.startswith("reset"):
            self.close_connection = True
        elif token.startswith("endless"):
            self.say(200, {"user_id": user_of(token), "x": "x" * 200000})
        elif token.startswith("broken"):
            self.say(200, ["@nobody:test"])
        elif token.startswith("evil"):
            self.say(200, {"user_id": "@evil:test\n@other:test"})
        elif token.startswith("bad") or not token:
            self.say(401, {"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised access token"})
        elif path in ("/_matrix/client/v3/account/whoami", "/_matrix/client/r0/account/whoami"):
            self.say(200, {"user_id": user_of(token), "is_guest": token.startswith("guest-")})
        elif path.startswith("/_synapse/admin/v1/users/") and path.endswith("/admin"):
            asked = unquote(path.split("/")[-2])
            if token.startswith("admin-") and asked == user_of(token):
                self.say(200, {"admin": True})
            else:
                self.say(403, {"errcode": "M_FORBIDDEN", "error": "You are not a server admin"})
        else:
            self.other()

    def other(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.say(404, {"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request",
                       "method": self.command, "path": self.path, "mark": mark})

    def do_POST(self):
        with lock:
            log.write(f"{self.command} {self.path.partition('?')[0]}\n")
        self.other()

    do_PUT = do_DELETE = do_OPTIONS = do_POST

    def log_message(self, *_):
        pass


ThreadingHTTPServer.request_queue_size = 128
server = ThreadingHTTPServer(("127.0.0.1", 0), Homeserver)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
