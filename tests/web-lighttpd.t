#!/usr/bin/env bash
# Does lighttpd give previews, by CGI and by FastCGI, with the configuration that we ship?
# shellcheck disable=SC2119,SC2317 # configure is called by name
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/web-servers.sh"

PATH=$PATH:/usr/sbin
command -v lighttpd >/dev/null || skip_all 'no lighttpd here'
command -v curl >/dev/null || skip_all 'no curl here'
web_world

configure() { # configure PORT
	web_lighttpd "$1" "$FILE" >"$WEB/lighttpd.conf"
}
for how in cgi fastcgi; do
	for variant in '' --all-media; do
		FILE=lighttpd-$how.conf ALL=(${variant:+"$variant"}) WEB_NAME="lighttpd, $how${variant:+, $variant}"
		web_conf
		web_start configure lighttpd -D -f "$WEB/lighttpd.conf"
		web_walk
		web_stop
		web_silent "$WEB_LIGHTTPD_LIFE"
	done
	if [ -e /etc/lighttpd/lighttpd.conf ]; then # Debian's, which sets much already
		web_fill --all-media 80 "$FILE" >"$WEB/ours.conf"
		sed "s,^include \"/etc/lighttpd/conf-enabled.*,include \"$WEB/ours.conf\"," /etc/lighttpd/lighttpd.conf >"$WEB/theirs.conf"
		is "$(lighttpd -tt -f "$WEB/theirs.conf" 2>&1):$?" :0 "lighttpd, $how: it fits into the configuration that comes with it"
	else
		skip "lighttpd, $how: it fits into the configuration that comes with it" 'that is not here'
	fi
done
finish
