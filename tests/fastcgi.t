#!/usr/bin/env bash
# mxpreview-cgi as FastCGI: many requests in hand, kept and shared connections, aborts, bad records, the end.
# shellcheck disable=SC2317,SC2012,SC2010 # functions are called by name; the names are ours
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
for i in 1 2 3 4 5 6 7 8; do printf '<title>page %d</title>' "$i" >"$TMP/root/$i.html"; done
origin_start --root "$TMP/root"
mkfifo "$TMP/hs"
python3 "$TOP/tests/helpers/whoami.py" "$TMP/asked" 0.3 >"$TMP/hs" 2>"$TMP/hs.err" &
PIDS="$PIDS $!"
read -r HS <"$TMP/hs"
S=$TMP/store C=$TMP/conf SOCK=$TMP/sock
V1=/_matrix/client/v1/media/preview_url
page() { echo "$V1?url=http%3A%2F%2F127.0.0.1%3A$PORT%2F$1"; }
fcgi() { python3 "$TOP/tests/helpers/fcgi.py" "$SOCK" "$@" | tr -d '\r'; }
status() { sed -n '1s/^Status: \([0-9]*\).*/\1/p'; }
body() { sed '1,/^$/d'; }
until_is() { # until_is WANT COMMAND...: waits, at most 20 s, until it prints that
	local want=$1 i
	shift
	for ((i = 0; i < 1000; i++)); do
		[ "$("$@" 2>/dev/null)" = "$want" ] && return
		read -rt 0.02 <> <(:) || :
	done
	return 1
}
conf() { printf '%s\n' 'allow_ip = 127.0.0.0/8' 'header_timeout = 1000' "homeserver = http://127.0.0.1:$HS" "$@" >"$C"; }
listens() { test -S "$SOCK" && echo yes; }
start() { # start [ARG...]
	"$BIN/mxpreview-cgi" -c "$C" -d "$S" -s "$SOCK" "$@" 2>>"$TMP/err" &
	CGI=$!
	PIDS="$PIDS $CGI"
	until_is yes listens
}
children() { pgrep -c -P "$CGI"; }

conf 'auth = none'
start
a=$(fcgi get "$(page 1.html)")
is "$(status <<<"$a"):$(body <<<"$a" | json '."og:title"')" '200:page 1' 'a preview'
like "$a" 'Access-Control-Allow-Origin: \*' 'with CORS'
is "$(stat -c %a "$SOCK")" 660 'the permissions of the socket'
is "$(fcgi values)" "b'\\x0f\\x01FCGI_MPXS_CONNS1\\x0e\\x04FCGI_MAX_CONNS1024\\r\\x04FCGI_MAX_REQS4096'" 'what it can do'
is "$(fcgi kept 100 "$(page 1.html)")" '200 100' 'a kept connection'
is "$(fcgi shared 60 "$(page 1.html)" /nothing)" "$(printf '200 30\n404 30')" 'a shared one'
is "$(fcgi many 300 40 "$(page 1.html)" "$(page 2.html)" "$(page 3.html)" /nothing)" "$(printf '200 225\n404 75')" 'many connections'
is "$(fcgi slow "$(page 2.html)" | body | json '."og:title"')" 'page 2' 'a byte at a time'
is "$(fcgi post "$V1" 300000 | status)" 405 'a body that nobody wants'
is "$(fcgi get "$V1" "HTTP_X=$(head -c 200000 /dev/zero | tr '\0' a)" 2>/dev/null | status)" '' 'too many variables: no answer'
is "$(fcgi raw 0209)" '' 'another version: nor there'
is "$(fcgi raw 01010001000000000000 | cut -c 1-16)" '' 'a request of no role at all'
is "$(fcgi raw 01010001000800000002000000000000 | cut -c 5-8,25-26)" '000103' 'of another role: told so'
is "$(fcgi raw 01050007000000000109000000000000 | head -c 4)" 010a 'what belongs to no request is passed over'
before=$(children)
is "$before" "$(fcgi many 200 20 "$(page 4.html)" "$(page 5.html)" >/dev/null && children)" 'the same filters serve all'

# aborted, and left alone
is "$(fcgi abort "$V1?url=http%3A%2F%2F127.0.0.1%3A$PORT%2Fnever")" 'end 1 0' 'an abort is answered at once'
fcgi leave 8 "$V1?url=http%3A%2F%2F127.0.0.1%3A$PORT%2Fhang"
is "$(fcgi get "$(page 1.html)" | status)" 200 'who went away holds up nobody'
is "$(fcgi abort "$(page 1.html)" | cut -d ' ' -f 1,3)" 'end 0' 'an abort that comes too late'

slow="$V1?url=http%3A%2F%2F127.0.0.1%3A$PORT%2Fslow%3Fheaders%3D300"
is "$(fcgi shared 70 "$slow")" "$(printf '200 64\nnone 6')" 'more than 64 requests of one connection are too many'

# once for all
n=$(ls "$S"/url_cache/*-*/ | wc -l)
is "$(fcgi many 100 50 "$(page 6.html)")" '200 100' 'the same URL a hundred times'
is "$(($(ls "$S"/url_cache/*-*/ | wc -l) - n))" 1 'is fetched once'

# another configuration
echo 'url_preview_enabled = false' >>"$C"
kill -HUP "$CGI"
off() { fcgi get "$(page 1.html)" | status; }
until_is 403 off
is "$?" 0 'SIGHUP: the configuration is read again'
echo 'nonsense = 1' >>"$C"
kill -HUP "$CGI"
told() { grep -c 'stays as it was' "$TMP/err"; }
until_is 1 told
is "$(off)" 403 'and a bad one is not'

# whoami behind it
conf
kill -HUP "$CGI"
until_is 401 off
is "$(fcgi get "$(page 1.html)" 'HTTP_AUTHORIZATION=Bearer alice' | status)" 200 'a token'
: >"$TMP/asked"
is "$(fcgi shared 50 "$(page 1.html)&access_token=slow-dora")" '200 50' 'the same token fifty times at once'
is "$(wc -l <"$TMP/asked")" 1 'is asked about once'
is "$(fcgi many 40 40 "$(page 1.html)&access_token=slow-a" "$(page 1.html)&access_token=bad" "$(page 1.html)&access_token=guest-x" "$(page 1.html)")" \
	"$(printf '200 10\n401 20\n403 10')" 'different ones'
who=$(pgrep -P "$CGI" -f mxpreview-whoami)
kill -KILL "$who"
is "$(fcgi get "$(page 1.html)&access_token=eve" | status)" 200 'whoami is started again when it was killed'
conf 'homeserver_admin = true'
kill -HUP "$CGI"
until_is 401 off
is "$(fcgi shared 20 "$(page 1.html)&access_token=slow-admin-z" "$(page 1.html)&access_token=slow-admin-z&format=record")" "$(printf '200 10\n403 10')" 'who is no admin, asked about both at once'
is "$(fcgi shared 20 "$(page 1.html)&access_token=admin-y" "$(page 1.html)&access_token=admin-y&format=record")" '200 20' 'and who is one'
conf 'rate_per_second = 1' 'rate_burst = 20'
kill -HUP "$CGI"
is "$(fcgi many 60 10 "$(page 1.html)&access_token=alice" | grep -cE '^(200 2[0-9]|429 3[0-9]|429 40)$')" 2 'rates'

# the end: what is in hand is answered
conf 'auth = none'
kill -HUP "$CGI"
until_is 200 off
slow="$V1?url=http%3A%2F%2F127.0.0.1%3A$PORT%2Fslow%3Fheaders%3D500"
fcgi get "$slow" >"$TMP/last" &
LAST=$!
busy() { ls -l "/proc/$CGI/fd" | grep -c socket; }
until_is 2 busy # where it listens, and this request
kill -TERM "$CGI"
wait "$LAST"
is "$(status <"$TMP/last")" 200 'SIGTERM: who waits is answered'
wait "$CGI"
is "$?" 0 'and then it ends well'
is "$(test -e "$SOCK" || echo gone)" gone 'its socket goes with it'
is "$(pgrep -c -f "$S" || :)" 0 'so do its children'

# sockets
start --mode 600
is "$(stat -c %a "$SOCK")" 600 'other permissions'
"$BIN/mxpreview-cgi" -c "$C" -d "$S" -s "$SOCK" 2>"$TMP/e"
is "$?:$(cat "$TMP/e")" "2:mxpreview-cgi: $SOCK: another process listens there" 'a socket is not taken from somebody'
kill -KILL "$CGI"
wait "$CGI" 2>/dev/null
start
is "$(fcgi get "$(page 1.html)" | status)" 200 'but from somebody dead'
kill -TERM "$CGI"
wait "$CGI"
: >"$SOCK"
"$BIN/mxpreview-cgi" -c "$C" -d "$S" -s "$SOCK" 2>/dev/null
is "$?" 2 'a file is none'
rm "$SOCK"
for bad in '--mode 999' '-s' 'operand'; do
	# shellcheck disable=SC2086
	"$BIN/mxpreview-cgi" -c "$C" -d "$S" $bad </dev/null >/dev/null 2>&1
	is "$?" 2 "$bad: 2"
done
# started by a web server: standard input listens
python3 - "$SOCK" "$BIN/mxpreview-cgi" -c "$C" -d "$S" 2>>"$TMP/err" <<'PY' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(16)
os.dup2(s.fileno(), 0)
os.execv(sys.argv[2], sys.argv[2:])
PY
CGI=$!
PIDS="$PIDS $CGI"
until_is yes listens
is "$(fcgi get "$(page 1.html)" | status)" 200 'standard input that listens is FastCGI'
kill -TERM "$CGI"
wait "$CGI"
is "$?" 0 'which ends well, too'
finish
