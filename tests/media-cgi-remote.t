#!/usr/bin/env bash
# mxmedia-cgi brings other servers' media: once for all who ask, beside all else, and not without end for one address.
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || skip_all 'no openssl'
command -v python3 >/dev/null || skip_all 'no python3'

. "$TOP/tests/homeserver.sh"
hs_authority
hs_certificate here 'IP:127.0.0.1'
hs_signing_key
hs_start here --public "$TMP/signing.pub"
R=127.0.0.1%3A$HS_PORT
S=$TMP/store C=$TMP/conf SOCK=$TMP/sock
M=/_matrix/media L=/_matrix/client/v1/media
cd "$TMP" || exit 1
conf() { printf '%s\n' 'auth = none' 'allow_ip = 127.0.0.1' 'server_name = us.example' 'signing_key = signing.key' "$@" >"$C"; }
cgi() { # cgi URI [NAME=VALUE ...]
	local uri=$1
	shift
	env REQUEST_METHOD=GET REQUEST_URI="$uri" REMOTE_ADDR=192.0.2.7 "$@" "$BIN/mxmedia-cgi" -c "$C" -d "$S" 2>>err >answer
	sed '1,/^\r$/d' answer >body
	sed -n '1s/^Status: \([0-9]*\).*/\1/p' answer
}
fcgi() { python3 "$TOP/tests/helpers/fcgi.py" "$SOCK" "$@"; }
asked() { hs_log .path | grep -c "/$1?"; }
hash_of() { sha256sum <"$1" | cut -c 1-64; }

# ---- by CGI
conf
is "$(cgi "$M/v3/download/$R/ok") $(asked ok)" '404 0' 'nothing is brought for those without a name'
is "$(cgi "$L/download/$R/ok") $(hash_of body)" "200 $HS_PNG" 'brought'
is "$(cgi "$L/download/$R/ok") $(asked ok)" '200 1' 'once'
is "$(cgi "$M/v3/download/$R/ok")" 404 'it is for those with a name'
is "$(cgi "$L/thumbnail/$R/ok?width=32&height=32&method=crop") $(head -c 4 body | tail -c 3)" '200 PNG' 'a thumbnail'
is "$(cgi "$L/download/$R/nosuch") $(json .errcode <body)" '404 M_NOT_FOUND' 'what is not there'
is "$(cgi "$L/download/$R/m500") $(json .errcode <body)" '502 M_UNKNOWN' 'an error of the other server'
conf 'max_upload_size = 200000'
is "$(cgi "$L/download/$R/big") $(json .errcode <body)" '502 M_TOO_LARGE' 'too large'
conf "prevent_media_downloads_from = 127.0.0.1:$HS_PORT"
is "$(cgi "$L/download/$R/r0") $(asked r0)" '404 0' 'not from everybody'
is "$(cgi "$L/download/$R/ok")" 200 'what is here stays'
conf 'enable_authenticated_media = false'
is "$(cgi "$M/v3/download/$R/r0?allow_remote=false") $(asked r0)" '404 0' 'not if nobody wants it'
is "$(cgi "$M/v3/download/$R/r0")" 200 'else for everybody'

# ---- not without end
conf 'remote_media_download_per_second = 1K' 'remote_media_download_burst_count = 1M'
is "$(cgi "$L/download/$R/bigplain")" 200 'much'
is "$(cgi "$L/download/$R/cdn") $(jq -c '[.errcode, .retry_after_ms > 100000]' <body)" '429 ["M_LIMIT_EXCEEDED",true]' 'and no more for now'
is "$(cgi "$L/download/$R/bigplain")" 200 'what is here costs nothing'
is "$(cgi "$L/download/$R/cdn" REMOTE_ADDR=192.0.2.8)" 200 'another address'
is "$(cgi "$L/download/$R/cdnbig" REMOTE_ADDR=2001:db8::1)" 200 'a network of IPv6'
is "$(cgi "$L/download/$R/text" REMOTE_ADDR=2001:db8::2)" 429 'is one'
is "$(cgi "$L/download/$R/nosuch2" REMOTE_ADDR=192.0.2.9) $(cgi "$L/download/$R/text" REMOTE_ADDR=192.0.2.9)" '404 200' 'what does not come costs nothing'

# ---- by FastCGI
conf
rm -rf "$S"
hs_clear
"$BIN/mxmedia-cgi" -c "$C" -d "$S" -s "$SOCK" 2>>err &
CGI=$!
PIDS="$PIDS $CGI"
until [ -S "$SOCK" ] || ! kill -0 "$CGI"; do read -rt 0.02 <> <(:) || :; done
is "$(fcgi many 40 20 "$L/download/$R/ok" "$L/config" "$L/thumbnail/$R/ok?width=32&height=32&method=crop")" '200 40' 'a crowd'
is "$(asked ok)" 1 'it is brought once'
fcgi get "$L/download/$R/gated?timeout_ms=20000" >slow &
W=$!
until [ "$(asked gated)" = 1 ]; do read -rt 0.02 <> <(:) || :; done
is "$(fcgi many 100 4 "$L/config" "$L/download/$R/ok")" '200 100' 'others do not wait for a slow one'
is "$(jobs -r | grep -c 'slow')" 1 'which is on its way'
: >"$HS_LOG.go"
wait "$W"
like "$(tr -d '\0\r' <slow | head -1)" '^Status: 200' 'and comes'
kill -TERM "$CGI"
wait "$CGI"
is "$?" 0 'it ends'
finish
