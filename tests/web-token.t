#!/usr/bin/env bash
# Where does an access token go?  To the homeserver, and nowhere else: not into logs, database, files, answers, nor into arguments or
# environment of anything that is started, by CGI and by FastCGI.
# shellcheck disable=SC2317 # CGI and FastCGI are called by name
. "$(dirname "$0")/lib.sh"

# Whatever is started says what it was told, before it is what it is.
mkdir -p "$TMP/bin/real" "$TMP/root" "$TMP/told"
cp "$BIN"/mxpreview-* "$BIN"/mxmedia-quarantine "$TMP/bin/real/"
cp "$BIN/mxpreview-cgi" "$BIN/mxmedia-cgi" "$TMP/bin/"
cat >"$TMP/spy" <<'SPY'
#!/bin/sh
tr '\0' '\n' <"/proc/$$/environ" >"$TOLD/${0##*/}.$$"
printf '%s\n' "$0" "$@" >>"$TOLD/${0##*/}.$$"
exec "${0%/*}/real/${0##*/}" "$@"
SPY
chmod +x "$TMP/spy"
for c in fetch og oembed thumb whoami; do cp "$TMP/spy" "$TMP/bin/mxpreview-$c"; done
cp "$TMP/spy" "$TMP/bin/mxmedia-quarantine"
export TOLD=$TMP/told

"$BIN/tests/mkimage" 640x480 1 >"$TMP/root/i.jpg"
for n in 1 2; do
	printf '%s\n' '<title>x</title><link rel="alternate" type="application/json+oembed" href="o.json"><meta property="og:image" content="i.jpg">' >"$TMP/root/$n.html"
done
echo '{"version":"1.0","type":"link","title":"y"}' >"$TMP/root/o.json"
origin_start --root "$TMP/root"
mkfifo "$TMP/hs"
python3 "$TOP/tests/helpers/whoami.py" "$TMP/asked" 0.1 >"$TMP/hs" 2>"$TMP/hs.err" &
PIDS="$PIDS $!"
read -r HS <"$TMP/hs"
served=()
T=secret-$RANDOM-$RANDOM
P=/_matrix/client/v1/media/preview_url
A="/_matrix/client/v1/media/preview_url?url=http%3A%2F%2F127.0.0.1%3A$PORT%2F"
printf '%s\n' 'allow_ip = 127.0.0.0/8' "homeserver = http://127.0.0.1:$HS" 'homeserver_admin = true' 'rate_per_second = 1000' 'server_name = test' >"$TMP/conf"

# all_of ASK PAGE: each way to carry a token and each thing that starts something; ASK PROGRAM TOKEN METHOD URI [NAME=VALUE ...]
all_of() {
	local ask=$1 page=$2 id
	"$ask" mxpreview-cgi "alice.$T" GET "$A$page"
	id=$(grep -ao 'mxc://test/[0-9A-Za-z_-]*' "$TMP/answer" | cut -d / -f 4)
	like "$id" '^2' "$ask: a preview with a picture"
	"$ask" mxpreview-cgi '' GET "$A$page&access_token=bob.$T"
	"$ask" mxpreview-cgi '' GET "$A$page&access_token=bad.$T"
	"$ask" mxpreview-cgi '' GET "$P?access_token=alice.$T&url=access_token%3Dalice"
	"$ask" mxpreview-cgi '' GET "/_matrix/unknown?access_token=alice.$T"
	for t in bad broken reset endless guest- evil; do "$ask" mxpreview-cgi "$t.$T" GET "$A$page"; done
	"$ask" mxpreview-cgi "admin-root.$T" GET "$A$page&format=explain"
	"$ask" mxpreview-cgi "alice.$T" GET "$A$page&format=record"
	"$ask" mxmedia-cgi "alice.$T" GET "/_matrix/client/v1/media/thumbnail/test/$id?width=33&height=44&method=crop"
	"$ask" mxmedia-cgi '' GET "/_matrix/client/v1/media/thumbnail/test/$id?width=50&height=50&access_token=alice.$T"
	"$ask" mxmedia-cgi "alice.$T" GET "/_matrix/client/v1/media/download/127.0.0.1:1/abc?timeout_ms=100"
	"$ask" mxmedia-cgi "alice.$T" POST "/_matrix/media/v1/create?access_token=alice.$T"
	"$ask" mxmedia-cgi "bad.$T" GET "/_matrix/client/v1/media/config"
	"$ask" mxmedia-cgi "admin-root.$T" GET '/_mxpreview/admin/sheet?user=@alice:test'
	"$ask" mxmedia-cgi "admin-root.$T" POST "/_synapse/admin/v1/media/quarantine/test/$id"
	"$ask" mxmedia-cgi "admin-root.$T" GET '/_synapse/admin/v1/media/quarantine_changes'
}
CGI() {
	local program=$1 token=$2 method=$3 uri=$4
	env ${token:+"HTTP_AUTHORIZATION=Bearer $token" "REDIRECT_HTTP_AUTHORIZATION=Bearer $token"} REQUEST_METHOD="$method" REQUEST_URI="$uri" \
		QUERY_STRING="${uri#*\?}" CONTENT_LENGTH=0 REMOTE_ADDR=192.0.2.7 HTTP_COOKIE="x=$T" \
		"$TMP/bin/$program" -v -c "$TMP/conf" -d "$TMP/$DIR" 2>>"$TMP/log" >"$TMP/answer"
	cat "$TMP/answer" >>"$TMP/answers"
}
FastCGI() {
	local program=$1 token=$2 method=$3 uri=$4
	python3 "$TOP/tests/helpers/fcgi.py" "$TMP/$program.sock" send "$method" "$uri" /dev/null "QUERY_STRING=${uri#*\?}" \
		REMOTE_ADDR=192.0.2.7 ${token:+"HTTP_AUTHORIZATION=Bearer $token"} "HTTP_COOKIE=x=$T" 2>>"$TMP/log" >"$TMP/answer"
	cat "$TMP/answer" >>"$TMP/answers"
}
started() { # started HOW NAME...: these were started, and nothing was told the token
	local how=$1
	shift
	is "$(cd "$TMP/told" && printf '%s\n' * | sed 's/\.[0-9]*$//' | sort -u | tr '\n' ' ')" "$* " "$how: all that can be started, was"
	is "$(grep -lF "$T" "$TMP/told"/*)" '' "$how: a token is in no argument and no environment"
	is "$(grep -lE '^(REDIRECT_)?(HTTP_|REQUEST_|QUERY_STRING|REMOTE_)' "$TMP/told"/*)" '' "$how: nor is anything else of the request"
	is "$(grep -rlaF "$T" "$TMP/log" "$TMP/$DIR" "$TMP/asked")" '' "$how: not in log, database or files"
	is "$(grep -caF "$T" "$TMP/answers")" 0 "$how: nor in an answer"
	like "$(grep -caE '"errcode":"M_(UNKNOWN_TOKEN|UNRECOGNIZED|UNKNOWN|GUEST_ACCESS_FORBIDDEN|FORBIDDEN)"' "$TMP/answers")" '^[0-9]{2}$' "$how: of which many were errors"
	rm -f "$TMP/told"/*
	: >"$TMP/answers"
}
every=(mxmedia-quarantine mxpreview-fetch mxpreview-oembed mxpreview-og mxpreview-thumb mxpreview-whoami)

DIR=cgi
all_of CGI 1.html
started CGI "${every[@]}"

DIR=fast
for c in mxpreview-cgi mxmedia-cgi; do
	"$TMP/bin/$c" -v -c "$TMP/conf" -d "$TMP/$DIR" -s "$TMP/$c.sock" 2>>"$TMP/log" &
	PIDS="$PIDS $!"
	served+=($!)
	while [ ! -S "$TMP/$c.sock" ]; do
		kill -0 $! 2>/dev/null || break
		read -rt 0.02 <> <(:) || :
	done
done
all_of FastCGI 2.html
# While they live: neither they nor what they started.
is "$(for p in "${served[@]}" $(for s in "${served[@]}"; do cat "/proc/$s/task"/*/children; done); do
	cat "/proc/$p/cmdline" "/proc/$p/environ" 2>/dev/null
done | grep -caF "$T")" 0 'FastCGI: nor do those who stay show it'
kill -TERM "${served[@]}"
wait "${served[@]}"
started FastCGI "${every[@]}"
finish
