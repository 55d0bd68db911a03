#!/usr/bin/env bash
# Is the hostile web server as hostile as it says?  What the other tests rely on, told by curl.
. "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || skip_all "curl is needed"

mkdir -p "$TMP/site/sub"
printf '<title>A file</title>' >"$TMP/site/page.html"
head -c 200000 /dev/urandom >"$TMP/site/sub/pic.jpg"
ln -s /etc/hostname "$TMP/site/link"
origin_start --root "$TMP/site" --log "$TMP/log"
O=http://127.0.0.1:$PORT
get() { curl -sS -m 10 "$@" 2>&1; }
status() { curl -s -m 10 -o /dev/null -w '%{http_code}' "$@"; }
why() { # why URL: the exit status of curl
	curl -s -m "${2:-10}" -o /dev/null "$1"
	echo $?
}

is "$(get "$O/page.html")" "<title>A file</title>" "a file"
like "$(get -i "$O/page.html")" '^Content-Type: text/html' "its type"
is "$(get -i "$O/page.html?type=" | grep -ci content-type)" 0 "no type if none is wanted"
like "$(get -i "$O/page.html?type=text/plain%3B%20charset=x&h=ETag:%20%22e%22")" 'text/plain; charset=x' "another type"
like "$(get -i "$O/page.html?h=ETag:%20%22e%22")" '^ETag: "e"' "another header"
get "$O/sub/pic.jpg" | cmp -s - "$TMP/site/sub/pic.jpg"
ok $? "a larger file"
for path in /../log /sub/../../log /%2e%2e/log /link //etc/hostname /sub /none; do
	is "$(status --path-as-is "$O$path")" 404 "$path is not there"
done
is "$(status "$O/status/418")" 418 "a status"
is "$(status "$O/redirect?to=%2Fpage.html&code=307")" 307 "a redirect"
is "$(get -L -o /dev/null -w '%{num_redirects} %{http_code}' "$O/hops/4")" "4 200" "hops"
is "$(why "$O/loop")/$(curl -sL --max-redirs 9 -o /dev/null "$O/loop"; echo $?)" "0/47" "a loop"
is "$(status -L -c "$TMP/jar" -b "$TMP/jar" "$O/cookie")/$(status -L "$O/cookie")" "200/400" "a cookie"
is "$(get -o /dev/null -w '%{time_total}' "$O/slow?headers=150&body=150" | awk '{ print ($1 >= 0.3) }')" 1 "slow"
is "$(get -o /dev/null -w '%{time_total}' "$O/drip?n=5&ms=40" | awk '{ print ($1 >= 0.2) }')" 1 "drip"
is "$(why "$O/hang" 0.3)" 28 "a hang"
is "$(get "$O/big?n=1000000" | wc -c)/$(get "$O/big?n=1000000&chunked=1" | wc -c)" 1000000/1000000 "big"
is "$(why "$O/endless" 0.3)" 28 "endless"
is "$(why "$O/lie?declare=100&send=10")" 18 "a lie about the length"
is "$(get "$O/lie?declare=10&send=100")" xxxxxxxxxx "the other lie"
is "$(get "$O/nolength?n=777" | wc -c)" 777 "a body that ends with the connection"
is "$(get "$O/gzip?n=50000001" | gzip -dc | tr -d '\0' | wc -c)" 0 "a gzip bomb is sound: CRC and length hold"
is "$(get --compressed "$O/gzip?n=50000001" | wc -c)" 50000001 "and as long as it says"
is "$(get --compressed "$O/gziphtml?title=A%20z")" "<!DOCTYPE html><title>A z</title><p>Compressed</p>" "a page in gzip"
is "$(get -I "$O/headers?n=50&size=20" | grep -c '^X-Filler-[0-9]*: x\{20\}')" 50 "many headers"
is "$(why "$O/endless-headers" 2)/$(why "$O/endless-1xx" 2)" 56/56 "endless headers, endless 1xx: curl gives up"
is "$(why "$O/reset")" 56 "a reset in the body"
is "$(why "$O/close")" 52 "no answer"
like "$(get -H 'X-Own: yes' "$O/echo")" '^X-Own: yes' "an echo"
is "$(get "$O/raw?b64=SFRUUC8xLjEgMjAwIE9LDQoNCmhlbGxv")" hello "raw bytes"
is "$(get "$O/count?path=/status/418") $(get "$O/count?path=/page.html?type=") $(get "$O/count?path=/never")" "1 1 0" "counts"
is "$(grep -c '^GET /gziphtml?title=A%20z$' "$TMP/log")" 1 "the log"
is "$(get "$O/page.html" "$O/page.html" -w '%{num_connects}' -o /dev/null -o /dev/null)" 10 "connections are kept"

# ---- what caches see

C=$O'/cond?etag=%22a%22&lm=Sun,%2006%20Nov%201994%2008:49:37%20GMT&cc=max-age=60&vary=X'
like "$(get -i "$C" | tr -d '\r' | xargs -0)" 'ETag: "a"' "a validator"
is "$(status -H 'If-None-Match: "a"' "$C")/$(status -H 'If-None-Match: "b"' "$C")" 304/200 "it is compared"
is "$(status -H 'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT' "$C")" 304 "the other one too"
is "$(status -H 'If-None-Match: "b"' -H 'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT' "$C")" 200 "the first goes before"
like "$(get -i -H 'If-None-Match: "a"' "$C")" '^Cache-Control: max-age=60' "a 304 says how long it holds"
is "$(get -i -H 'If-None-Match: "a"' "$C&bare=1" | tr -d '\r' | xargs)" "HTTP/1.1 304 OK" "unless it is bare"
is "$(get "$O/count?path=/cond")/$(get "$O/count?path=304%20/cond")" 7/4 "they are counted"
is "$(get -o /dev/null -o /dev/null -w '%{num_connects}' -H 'If-None-Match: "a"' "$C" "$C")" 10 "a 304 keeps the connection"
like "$(get -i -H 'Accept-Language: de,en;q=0.9' "$O/lang")" 'Language de' "a page in a language"
is "$(status "$O/flip?after=2&to=/status/503") $(status "$O/flip?after=2&to=/status/503") $(status "$O/flip?after=2&to=/status/503")" \
	"200 200 503" "a page that changes"
is "$(status "$O/switch/x") $(status "$O/set?name=x&to=/status/418") $(status "$O/switch/x") $(status "$O/set?name=x&to=/page.html") $(status "$O/switch/x")" \
	"404 200 418 200 200" "a page that is changed"
is "$(get "$O/count?path=/switch/x")" 3 "under its own name"

port=$PORT
origin_start --bind ::1
if [ -n "$PORT" ]; then
	like "$(get "http://[::1]:$PORT/echo")" "^Host: \\[::1\\]:$PORT" "IPv6"
	kill "$ORIGIN_PID"
	wait "$ORIGIN_PID"
	is $? 0 "and it ends when it is told"
else
	skip "IPv6" "not here"
fi
is "$(why "http://127.0.0.1:$port/page.html")" 0 "the first one lives"
finish
