#!/usr/bin/env bash
# Does everybody get an answer, and does nothing grow, when 64 ask at once and some sites are hostile?  FastCGI.
#
# 1000 requests; MX_STORM=10000 is the long form.
. "$(dirname "$0")/lib.sh"

N=${MX_STORM:-1000}
mkdir "$TMP/root"
"$BIN/tests/mkimage" 1200x630 1 >"$TMP/root/i.jpg"
printf '<title>a page</title><p>with some words</p>' >"$TMP/root/page.html"
printf '<title>a page</title><meta property="og:image" content="i.jpg">' >"$TMP/root/picture.html"
origin_start --bind 0.0.0.0 --root "$TMP/root"
GOOD=$PORT
origin_start --bind 0.0.0.0
SOCK=$TMP/sock
printf '%s\n' 'allow_ip = 127.0.0.0/8' 'auth = none' 'header_timeout = 1000' 'idle_timeout = 1000' 'total_timeout = 2500' >"$TMP/conf"
"$BIN/mxpreview-cgi" -c "$TMP/conf" -d "$TMP/store" -s "$SOCK" 2>"$TMP/err" &
CGI=$!
PIDS="$PIDS $CGI"
until [ -S "$SOCK" ]; do read -rt 0.02 <> <(:); done
python3 "$TOP/tests/helpers/storm.py" "$SOCK" "$CGI" "$N" 64 "$GOOD" "$PORT" >"$TMP/said"
ok $? 'the storm passes'
of() { jq -c "$1" "$TMP/said"; }
[ -z "${MX_STORM-}" ] || sed 's/^/# /' "$TMP/said"
is "$(of '[.total, .lost]')" "[$N,0]" 'nobody goes without an answer'
is "$(of .wrong)" '[]' 'whoever asks for something harmless gets it, and every answer is whole'
is "$(of '[.answers | keys[] | select(startswith("hostile ")) | .[8:] | tonumber | select(. != 200 and . != 502 and . != 504 and . != 403)]')" '[]' \
	'hostile sites are told as what they are'
is "$(of '[.first.zombies, .last.zombies]')" '[0,0]' 'no zombies'
is "$(of '.last.processes <= .first.processes')" true 'no more processes at the end'
is "$(of '.last.files <= .first.files + 32')" true 'nor descriptors, but for connections that are kept'
if ldd "$BIN/mxpreview-cgi" | grep -q libasan; then
	skip 'nor memory' 'AddressSanitizer keeps what was freed'
else
	is "$(of '.last.memory <= .first.memory * 1.15 + 4096')" true 'nor memory'
fi
[ "$tap_bad" -eq 0 ] || sed 's/^/# /' "$TMP/said"
is "$(cat "$TMP/err")" '' 'and nothing to complain about'
kill -TERM "$CGI"
wait "$CGI"
is "$?" 0 'it ends well'
is "$(pgrep -c -f "$TMP/store" || :)" 0 'with all its children'
finish
