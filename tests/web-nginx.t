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
	web_stop
	web_daemons_end
	web_silent 'no lines of its own'
done
finish
