#!/usr/bin/env bash
# Are the units of systemd what systemd takes, and do they allow what is done under them?
# shellcheck disable=SC2013,SC2086 # words are meant
. "$(dirname "$0")/lib.sh"

UNITS=$TOP/scripts/systemd
mkdir "$TMP/units" "$TMP/run" "$TMP/root"
for f in "$UNITS"/*-cgi.*; do
	[ -x "$BIN/$(basename "${f%.*}")" ] || continue
	"$TOP/scripts/web/fill" BINDIR="$BIN" CONFIG="$TMP/conf" STORE="$TMP/store" RUN="$TMP/run" "$f" >"$TMP/units/${f##*/}"
done
if command -v systemd-analyze >/dev/null; then
	said=$(MANPATH=$TOP/man systemd-analyze verify "$TMP"/units/* 2>&1 | grep -v "Command 'man ")
	is "$said" '' 'systemd takes them'
else
	skip 'systemd takes them' 'no systemd-analyze here'
fi

# As systemd does it: the socket is there first, and becomes standard input of ExecStart.
"$BIN/tests/mkimage" 400x300 1 >"$TMP/root/i.jpg"
printf '<title>hello</title><meta property="og:image" content="i.jpg">' >"$TMP/root/a.html"
origin_start --root "$TMP/root"
printf '%s\n' 'allow_ip = 127.0.0.0/8' 'auth = none' >"$TMP/conf"
START=$(sed -n 's/^ExecStart=//p' "$TMP/units/mxpreview-cgi.service")
SOCK=$(sed -n 's/^ListenStream=//p' "$TMP/units/mxpreview-cgi.socket")
is "$SOCK" "$TMP/run/mxpreview-cgi.sock" 'the socket is where web servers look for it'
TRACE=
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # which cannot be traced
strace -f -qq -e trace=none true 2>/dev/null && TRACE=$TMP/trace
mkfifo "$TMP/ready"
python3 - "$SOCK" "$TMP/ready" ${TRACE:+strace -f -qq -o "$TRACE"} $START 2>"$TMP/err" <<'PY' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(16)
os.dup2(s.fileno(), 0)
open(sys.argv[2], "w").close()
os.execvp(sys.argv[3], sys.argv[3:])
PY
CGI=$!
PIDS="$PIDS $CGI"
cat "$TMP/ready"
said=$(python3 "$TOP/tests/helpers/fcgi.py" "$SOCK" get "/_matrix/client/v1/media/preview_url?url=http%3A%2F%2F127.0.0.1%3A$PORT%2Fa.html")
like "$said" '"og:title":"hello"' 'whoever asks first starts it'
pid=$CGI
[ -z "$TRACE" ] || pid=$(pgrep -P "$CGI")
kill -TERM "$pid"
wait "$CGI"
is "$?" 0 'SIGTERM ends it'

expand() { # expand GROUP: the calls in it
	local one
	for one in $(systemd-analyze syscall-filter "$1" 2>/dev/null | sed 1d | grep -v '#'); do
		case $one in @*) expand "$one" ;; *) echo "$one" ;; esac
	done
}
if [ -n "$TRACE" ] && command -v systemd-analyze >/dev/null; then
	for one in $(sed -n 's/^SystemCallFilter=//p' "$TMP/units/mxpreview-cgi.service"); do
		case $one in @*) expand "$one" ;; *) echo "$one" ;; esac
	done | sort -u >"$TMP/allowed"
	sed -E 's/^[0-9]+ +//; s/\(.*//' "$TRACE" | grep -E '^[a-z_0-9]+$' | sort -u >"$TMP/used"
	is "$(comm -23 "$TMP/used" "$TMP/allowed" | tr '\n' ' ')" '' 'no call is made that the unit refuses'
	is "$(grep -c . "$TMP/used" | awk '{ print ($1 > 40) }')" 1 'of all that were made'
else
	skip 'no call is made that the unit refuses' 'strace or systemd-analyze does not work here'
fi
finish
