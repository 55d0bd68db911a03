#!/usr/bin/env bash
# Can a Matrix client library do with us what clients do?  matrix-nio behind lighttpd, FastCGI.
# shellcheck disable=SC2119,SC2317 # configure is called by name
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/web-servers.sh"

PATH=$PATH:/usr/sbin
command -v lighttpd >/dev/null || skip_all 'no lighttpd here'
PYTHON=
for python in python3 /usr/bin/python3; do
	"$python" -c 'import nio' 2>/dev/null && PYTHON=$python && break
done
[ -n "$PYTHON" ] || skip_all 'no python3-matrix-nio here'
web_world

configure() { # configure PORT
	web_lighttpd "$1" lighttpd-fastcgi.conf >"$WEB/lighttpd.conf"
}
says() { is "$(sed -n "s/^$1 //p" "$WEB/said")" "$2" "$WEB_NAME: $3"; }
for variant in '' --all-media; do
	WEB_NAME="matrix-nio${variant:+, $variant}" ALL=(${variant:+"$variant"})
	web_conf 'enable_authenticated_media = false'
	web_start configure lighttpd -D -f "$WEB/lighttpd.conf"
	TOKEN=$WEB_TOKEN "$PYTHON" "$TOP/tests/helpers/client.py" "$BASE" "http://127.0.0.1:$PORT/a.html" "$WEB/root/i.jpg" \
		${variant:+all} >"$WEB/said" 2>"$WEB/said.err"
	rc=$?
	ok $rc "$WEB_NAME: it gets through"
	[ "$rc" -eq 0 ] || tail -n 5 "$WEB/said.err" | sed "s/^/# /"
	says whoami @alice:test 'who somebody is'
	says preview '200 "Above \u00e4"' 'a preview'
	says thumbnail 'image/jpeg 320x168' 'its thumbnail'
	says picture 'image/jpeg True' 'its picture'
	if [ -n "$variant" ]; then
		says upload mxc://test 'an upload'
		says download 'image/jpeg Ridge at dawn.jpg True' 'comes back'
		says crop 'image/jpeg 96x96' 'and small'
		says nothing M_NOT_FOUND 'what there is not'
	fi
	web_stop
	web_silent "$WEB_LIGHTTPD_LIFE"
done
finish
