"""Runs a command on a terminal of its own and writes what it shows there.  usage: on-terminal.py COMMAND [ARG ...]"""
import os
import pty
import sys

pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while True:
    try:
        got = os.read(fd, 65536)
    except OSError:
        break
    if not got:
        break
    seen += got
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
