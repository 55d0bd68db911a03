#!/usr/bin/env bash
# Does nginx give previews, by FastCGI, with the configuration that we ship?
# shellcheck disable=SC2119
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/web-servers.sh"

PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || skip_all 'no nginx here'
command -v curl >/dev/null || skip_all 'no curl here'
web_world

for variant in '' --all-media; do
	WEB_NAME="nginx${variant:+, $variant}" ALL=(${variant:+"$variant"})
	web_conf
	web_daemons
	web_start web_nginx nginx -p "$WEB" -e "$WEB/error.log" -c "$WEB/nginx.conf"
	web_walk
	web_silent 'no lines of its own'
	said=$(web_curl -i -X POST -H 'Content-Length: 60000000' "$BASE/_matrix/media/v3/upload" | tr -d '\r')
	like "$said" '^HTTP/1.1 413 ' "$WEB_NAME: an upload that it refuses itself"
	is "$(grep -E '^(Content-Type|Access-Control-Allow-Origin|\{)' <<<"$said" | tr '\n' ' ')" \
		'Content-Type: application/json Access-Control-Allow-Origin: * {"errcode":"M_TOO_LARGE","error":"Upload request body is too large"} ' "$WEB_NAME: is told, to browsers, too"
	web_daemons_end
	said=$(web_curl -i "$BASE/_matrix/client/v1/media/preview_url?url=x" | tr -d '\r')
	is "$(grep -E '^(HTTP|Content-Type|Access-Control-Allow-Origin|\{)' <<<"$said" | tr '\n' ' ')" \
		'HTTP/1.1 502 Bad Gateway Content-Type: application/json Access-Control-Allow-Origin: * {"errcode":"M_UNKNOWN","error":"Bad gateway"} ' "$WEB_NAME: so is that nobody is behind it"
	web_stop
done
finish
