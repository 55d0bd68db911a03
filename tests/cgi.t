#!/usr/bin/env bash
# mxpreview-cgi as CGI: one request by environment, one answer.  Status, headers, errors, who asks, what it starts.
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/root"
printf '<title>hello \303\244</title>' >"$TMP/root/a.html"
printf 'x' >"$TMP/root/b.bin"
origin_start --root "$TMP/root"
O=http%3A%2F%2F127.0.0.1%3A$PORT
S=$TMP/store C=$TMP/conf
V1=/_matrix/client/v1/media/preview_url
conf() { # conf LINE...: the configuration
	printf '%s\n' 'allow_ip = 127.0.0.0/8' "$@" >"$C"
}
cgi() { # cgi METHOD URI [NAME=VALUE ...]: the whole answer, without CR
	local method=$1 uri=$2
	shift 2
	env REQUEST_METHOD="$method" REQUEST_URI="$uri" REMOTE_ADDR=192.0.2.7 "$@" \
		"$BIN/mxpreview-cgi" -c "$C" -d "$S" 2>>"$TMP/err" | tr -d '\r'
}
status() { sed -n '1s/^Status: \([0-9]*\).*/\1/p'; }
body() { sed '1,/^$/d'; }
said() { # said ANSWER: status, errcode and error in one line
	printf '%s %s\n' "$(status <<<"$1")" "$(body <<<"$1" | jq -r '"\(.errcode): \(.error)"')"
}
header() { sed -n "1,/^\$/s/^$1: //p"; }
has_cors() { # has_cors ANSWER NAME
	is "$(header 'Access-Control-Allow-.*' <<<"$1" | sort | tr '\n' '|')" \
		'*|GET, HEAD, POST, PUT, DELETE, OPTIONS|X-Requested-With, Content-Type, Authorization, Date|' "$2: CORS"
}

conf 'auth = none'
a=$(cgi GET "$V1?url=$O%2Fa.html")
is "$(status <<<"$a")" 200 'a preview'
is "$(body <<<"$a")" '{"og:title":"hello ä"}' 'what it says'
is "$(header Content-Type <<<"$a")" application/json 'its type'
is "$(header Content-Length <<<"$a")" "$(body <<<"$a" | tr -d '\n' | wc -c)" 'its length'
is "$(header Cache-Control <<<"$a")" 'no-cache, no-store, must-revalidate' 'it is not to be kept on the way'
has_cors "$a" 'a preview'
h=$(cgi HEAD "$V1?url=$O%2Fa.html")
is "$(status <<<"$h"):$(header Content-Length <<<"$h"):$(body <<<"$h")" "200:$(header Content-Length <<<"$a"):" 'HEAD: the same without its body'

for p in r0 v1 v3; do
	is "$(cgi GET "/_matrix/media/$p/preview_url?url=$O%2Fa.html" | body)" '{"og:title":"hello ä"}' "the legacy path of $p"
done
is "$(cgi GET "/_api/media/r0/preview_url?url=$O%2Fa.html" | body | jq -c '[."og:title", has("og:site_name")]')" '["hello ä",true]' 'the path of cards gives a card'
is "$(cgi GET "/cgi-bin/x.cgi$V1?url=$O%2Fa.html" SCRIPT_NAME=/cgi-bin/x.cgi | status)" 200 "behind the script's name"
is "$(cgi GET '' PATH_INFO="$V1" QUERY_STRING="url=$O%2Fa.html" | status)" 200 'without REQUEST_URI'
is "$(conf 'auth = none' 'compat = synapse' && cgi GET "$V1?url=$O%2Fa.html" | body | grep -c 'hello \\u00e4')" 1 'ASCII, where the reference is to be followed'
conf 'auth = none'

# standard input and output are one socket (Apache): what is left in it would take the answer away
is "$(REQUEST_METHOD=POST REQUEST_URI="$V1" CONTENT_LENGTH=300000 python3 - "$BIN/mxpreview-cgi" -c "$C" -d "$S" <<'PY'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
p = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs)
theirs.close()
ours.sendall(bytes(300000))
p.wait()
said = b""
while data := ours.recv(65536):
    said += data
print(said[:11].decode(), p.returncode)
PY
)" 'Status: 405 0' 'a body that nobody wants is read all the same'

# errors
e() { # e WANT METHOD URI NAME
	local a
	a=$(cgi "$2" "$3")
	is "$(said "$a")" "$1" "$4"
	has_cors "$a" "$4"
}
e "400 M_MISSING_PARAM: Missing string query parameter 'url'" GET "$V1" 'no url'
e "400 M_UNKNOWN: Query parameter 'url' must be ascii" GET "$V1?url=http%3A%2F%2F%C3%A4.example" 'not ASCII'
e '400 M_INVALID_PARAM: Query parameter ts must be an integer' GET "$V1?url=$O%2Fa.html&ts=1x" 'ts is no number'
e '400 M_INVALID_PARAM: Query parameter ts must be a positive integer.' GET "$V1?url=$O%2Fa.html&ts=-1" 'ts is negative'
e '400 M_UNKNOWN: bad %-encoding in the query' GET "$V1?url=%zz" 'bad encoding'
e '400 M_UNKNOWN: not an absolute URL' GET "$V1?url=nonsense" 'no URL'
e '404 M_UNRECOGNIZED: Unrecognized request' GET /_matrix/client/v1/media/config 'another path'
e '405 M_UNRECOGNIZED: Unrecognized request' POST "$V1?url=$O%2Fa.html" 'another method'
e '502 M_UNKNOWN: Got error 404' GET "$V1?url=$O%2Fnothing" 'an origin that has not got it'
e '403 M_UNKNOWN: IP address blocked' GET "$V1?url=http%3A%2F%2F10.0.0.1%2F" 'an address nobody may go to'
e "400 M_INVALID_PARAM: Query parameter 'format' must be one of ['og', 'card', 'explain', 'record']" GET "$V1?url=$O%2Fa.html&format=xml" 'another format'
e '403 M_FORBIDDEN: You are not a server admin' GET "$V1?url=$O%2Fa.html&format=explain" 'what only admins see'
is "$(cgi POST "$V1" | header Allow)" 'GET, HEAD, OPTIONS' '405 says what is allowed'
is "$(cgi GET "$V1?url=$(head -c 40000 /dev/zero | tr '\0' a)" | status)" 414 'an address that is too long'
conf 'auth = none' 'url_preview_enabled = false'
e '403 M_FORBIDDEN: URL Previews are disabled' GET "$V1?url=$O%2Fa.html" 'switched off'
a=$(cgi OPTIONS "$V1?url=$O%2Fa.html")
is "$(status <<<"$a"):$(body <<<"$a")" '204:' 'OPTIONS asks nobody'
has_cors "$a" OPTIONS
conf 'auth = none' "deny_url = path=/a.html"
e '403 M_UNKNOWN: URL blocked by url pattern blocklist entry' GET "$V1?url=$O%2Fa.html" 'a rule holds before the cache'

# languages
conf 'auth = none' 'client_language = true'
is "$(cgi GET "$V1?url=$O%2Fa.html&ts=1" HTTP_ACCEPT_LANGUAGE='de-AT, de;q=0.5, *;q=0.1' | status)" 200 'the languages of the client'

# what is known starts nothing
conf 'auth = none'
if strace -f -qq -e trace=none true 2>/dev/null; then
	strace -f -qq -e trace=execve,clone,clone3,fork,vfork -o "$TMP/trace" env REQUEST_METHOD=GET REQUEST_URI="$V1?url=$O%2Fa.html" \
		"$BIN/mxpreview-cgi" -c "$C" -d "$S" >/dev/null
	is "$(grep -cE 'clone|fork' "$TMP/trace"):$(grep -cE 'execve\("[^"]*mxpreview' "$TMP/trace")" 0:1 'a cached answer starts no process'
else
	skip 'a cached answer starts no process' 'strace does not work here'
fi
like "$(ldd "$BIN/mxpreview-cgi" 2>/dev/null | grep -cE 'curl|xml2|jpeg|webp|crypto|ssl|gif' || true)" '^0$' 'nor does it link what fetches, parses and decodes'
env REQUEST_METHOD=GET REQUEST_URI="$V1?url=$O%2Fa.html" "$BIN/mxpreview-cgi" -c "$C" -d "$S" >/dev/full 2>/dev/null
is "$?" 1 'an answer that did not leave is a failure'
"$BIN/mxpreview-cgi" -c "$C" -d "$S" </dev/null >/dev/null 2>"$TMP/e"
is "$?:$(cat "$TMP/e")" '2:mxpreview-cgi: no request in the environment, and standard input is no socket' 'by hand it says what it lacks'
is "$(S=/dev/null/no cgi GET "$V1?url=$O%2Fa.html" | status)" 500 'a store that cannot be opened: 500'

# by token file
token() { printf %s "$1" | "$BIN/mxpreview-cgi" --hash-token; }
is "$(token secret)" "$(printf secret | sha256sum | cut -c 1-64)" '--hash-token'
{
	echo '# tokens'
	echo "$(token tok-alice) @alice:test"
	echo "$(token tok-root) @root:test admin"
} >"$TMP/tokens"
conf 'auth = tokens' 'auth_tokens = tokens'
A="$V1?url=$O%2Fa.html"
e '401 M_MISSING_TOKEN: Missing access token' GET "$A" 'no token'
is "$(said "$(cgi GET "$A" HTTP_AUTHORIZATION='Bearer nope')")" '401 M_UNKNOWN_TOKEN: Invalid access token passed.' 'an unknown token'
is "$(cgi GET "$A" HTTP_AUTHORIZATION='Bearer tok-alice' | status)" 200 'a known one'
is "$(cgi GET "$A&access_token=tok-alice" | status)" 200 'in the query'
is "$(cgi GET "$A" REDIRECT_HTTP_AUTHORIZATION='Bearer tok-alice' | status)" 200 'behind a rewrite of Apache'
is "$(cgi OPTIONS "$A" | status)" 204 'OPTIONS needs none'
is "$(said "$(cgi GET "$A&format=explain" HTTP_AUTHORIZATION='Bearer tok-alice')")" '403 M_FORBIDDEN: You are not a server admin' 'an explanation is not for everybody'
a=$(cgi GET "$A&format=explain" HTTP_AUTHORIZATION='Bearer tok-root' | body)
is "$(jq -c '[.cache.hit, (.took_ms | type), (.url | length > 0)]' <<<"$a")" '[true,"number",true]' 'but for admins: cache and time'
is "$(cgi GET "$A&format=record" HTTP_AUTHORIZATION='Bearer tok-root' | body | jq -c '[.user, .og."og:title"]')" '["@root:test","hello ä"]' 'and the record'
is "$(cgi GET "$V1?url=$O%2Fnothing&format=explain" HTTP_AUTHORIZATION='Bearer tok-root' | status)" 200 'also of what failed'
echo 'nonsense @a:b' >"$TMP/tokens"
is "$(cgi GET "$A" | status)" 500 'a bad token file: 500'
like "$(tail -n 1 "$TMP/err")" "tokens:1: no SHA-256 of a token in lower case$" 'and the log says where'

# by a header of the web server
conf 'auth = header' 'auth_header = X-Remote-User' 'trusted_proxy = 192.0.2.0/24' 'server_name = test' 'admin = @root:test'
is "$(cgi GET "$A" HTTP_X_REMOTE_USER=@bob:test | status)" 200 'a header names the user'
is "$(cgi GET "$A&format=record" HTTP_X_REMOTE_USER=root | body | jq -r .user)" @root:test 'a name without server is of ours; the list knows admins'
is "$(cgi GET "$A" HTTP_X_REMOTE_USER=@bob:test REMOTE_ADDR=198.51.100.1 | status)" 401 'from nobody who is not trusted'
is "$(cgi GET "$A" | status)" 401 'none'
is "$(cgi GET "$A" HTTP_X_REMOTE_USER='@a b:test' | status)" 401 'one that is no user'
conf 'auth = header' 'auth_header = REMOTE_USER'
is "$(cgi GET "$A" REMOTE_USER=@bob:test REMOTE_ADDR=198.51.100.1 | status)" 200 'REMOTE_USER comes from no client'
is "$(cgi GET "$A" HTTP_REMOTE_USER=@bob:test | status)" 401 'a header of that name does'

# rates
conf 'auth = none' 'rate_per_second = 1' 'rate_burst = 3' 'trusted_proxy = 192.0.2.0/24'
for _ in 1 2 3; do cgi GET "$A" | status; done >"$TMP/three"
is "$(tr '\n' ' ' <"$TMP/three")" '200 200 200 ' 'as many as may come at once'
a=$(cgi GET "$A")
is "$(status <<<"$a"):$(body <<<"$a" | jq -c '[.errcode, (.retry_after_ms > 0 and .retry_after_ms <= 1000)]'):$(header Retry-After <<<"$a")" \
	'429:["M_LIMIT_EXCEEDED",true]:1' 'the next one is too early'
has_cors "$a" 429
is "$(cgi GET "$A" HTTP_X_FORWARDED_FOR=198.51.100.9 | status)" 200 'another address is counted by itself'
is "$(cgi GET "$A" REMOTE_ADDR=2001:db8::1 | status):$(stat -c %a "$S/rates")" 200:600 'also of IPv6'
finish
