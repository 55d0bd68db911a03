#!/usr/bin/env bash
# Bodies and files through the loop that CGI commands share: in pieces, taken late, refused, cut, in parts.
# shellcheck disable=SC2317
. "$(dirname "$0")/lib.sh"

SOCK=$TMP/sock F=$TMP/file
head -c 3000001 /dev/urandom >"$F"
fcgi() { python3 "$TOP/tests/helpers/fcgi.py" "$SOCK" "$@"; }
cgi() { # cgi METHOD URI [NAME=VALUE ...]
	local method=$1 uri=$2
	shift 2
	env REQUEST_METHOD="$method" REQUEST_URI="$uri" "$@" "$BIN/tests/cgi-echo" "$F" 2>>"$TMP/err"
}
status() { sed -n '1s/^Status: \([0-9]*\).*/\1/p'; }
body() { tr -d '\r' | sed '1,/^$/d'; }
raw_body() { python3 -c 'import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().partition(b"\r\n\r\n")[2])'; }
fnv() { python3 -c '
import sys
h = 14695981039346656037
for _ in range(int(sys.argv[1])):
    h = (h ^ 120) * 1099511628211 % 2**64
print("%x" % h)' "$1"; }
until_is() { # until_is WANT COMMAND...
	local want=$1 i
	shift
	for ((i = 0; i < 1000; i++)); do
		[ "$("$@" 2>/dev/null)" = "$want" ] && return
		read -rt 0.02 <> <(:) || :
	done
	return 1
}
"$BIN/tests/cgi-echo" -s "$SOCK" "$F" 2>>"$TMP/err" &
ECHO=$!
PIDS="$PIDS $ECHO"
listens() { test -S "$SOCK" && echo yes; }
until_is yes listens

for n in 0 1 65535 65536 300000; do
	want="{\"bytes\":$n,\"sum\":\"$(fnv $n)\",\"complete\":true}"
	is "$(fcgi post /echo $n | body)" "$want" "$n bytes by FastCGI"
	is "$(fcgi post /later $n | body)" "$want" '… taken later'
	is "$(head -c "$n" /dev/zero | tr '\0' x | cgi POST /echo CONTENT_LENGTH=$n | body)" "$want" '… by CGI'
	is "$(head -c "$n" /dev/zero | tr '\0' x | cgi POST /later CONTENT_LENGTH=$n | body)" "$want" '… and later'
done
is "$(fcgi post /refuse 3000000 | status):$(head -c 3000000 /dev/zero | cgi POST /refuse CONTENT_LENGTH=3000000 2>/dev/null | status)" 413:413 'a body that is refused'
is "$(fcgi post /echo 10 CONTENT_LENGTH=11 | body | jq -c .complete)" false 'one that is shorter than announced'
is "$(printf 12345 | cgi POST /echo CONTENT_LENGTH=11 | body | jq -c '[.bytes, .complete]')" '[5,false]' '… by CGI'
is "$(printf 1234567 | cgi POST /echo CONTENT_LENGTH=3 | body | jq -c '[.bytes, .complete]')" '[3,true]' 'no more is read than announced'
is "$(printf 12345 | cgi POST /echo | body | jq -c .bytes)" 0 'nothing, where nothing is announced'
is "$(cgi POST /echo CONTENT_LENGTH=x </dev/null | status)" 400 'a length that is none'
fcgi leave-post 5 /echo 60000
told() { grep -c gone "$TMP/err"; }
until_is 5 told
is "$?" 0 'who goes away within a body is known to be gone'

want=$(sha256sum <"$F")
is "$(fcgi get /file | raw_body | sha256sum)" "$want" 'a file by FastCGI'
is "$(cgi GET /file | raw_body | sha256sum)" "$want" 'a file by CGI'
is "$(fcgi get /file HTTP_RANGE=bytes=1000000-1999999 | raw_body | sha256sum)" "$(tail -c +1000001 "$F" | head -c 1000000 | sha256sum)" 'a part of it'
like "$(fcgi get /file HTTP_RANGE=bytes=-1 | head -c 1000 | tr -d '\r\0' | sed -n '1p;/^Content-Range/p' | tr '\n' ' ')" '^Status: 206 Partial Content Content-Range: bytes 3000000-3000000/3000001 $' 'its last byte'
is "$(fcgi get /file HTTP_RANGE=bytes=3000001- | status)" 416 'one that is not there'
is "$(cgi HEAD /file | tr -d '\r' | sed -n 's/^Content-Length: //p')" 3000001 'HEAD: the length'
is "$(fcgi shared-bytes 5 /file)" "$(printf '3000001 5')" 'five files on one connection'
is "$(fcgi get /cut 2>&1 | tail -n 1 | grep -ac closed)" 1 'a file that is shorter than announced ends the connection'
cgi GET /cut >/dev/null
is "$?" 1 '… by CGI: the status says so'
rss() { awk '/VmHWM/ { print ($2 < 20000) }' "/proc/$ECHO/status"; }
is "$(rss)" 1 'all that in less than 20 MB'
for i in 1 2 3; do timeout 1 python3 "$TOP/tests/helpers/fcgi.py" "$SOCK" stuck /file; done
is "$(fcgi post /echo 5 | status)" 200 'who does not read what he asked for holds up nobody'
kill -TERM "$ECHO"
finish
