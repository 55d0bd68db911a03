#!/usr/bin/env bash
# Does Apache give previews, by CGI, with the configuration that we ship?
# shellcheck disable=SC2119,SC2317 # configure is called by name
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/web-servers.sh"

PATH=$PATH:/usr/sbin
command -v apache2 >/dev/null || skip_all 'no apache2 here'
command -v curl >/dev/null || skip_all 'no curl here'
MODULES=/usr/lib/apache2/modules
[ -e "$MODULES/mod_cgid.so" ] || skip_all "no modules in $MODULES"
web_world

configure() { # configure PORT
	{
		for m in mpm_event authz_core alias cgid env log_config proxy proxy_http; do
			[ -e "$MODULES/mod_$m.so" ] && echo "LoadModule ${m}_module $MODULES/mod_$m.so"
		done
		printf '%s\n' "ServerRoot $WEB" "DefaultRuntimeDir $WEB/run" "PidFile $WEB/run/apache.pid" "ScriptSock $WEB/run/cgid.sock" \
			"Mutex file:$WEB/run default" "ErrorLog $WEB/error.log" 'LogLevel warn' 'ServerName localhost' "Listen 127.0.0.1:$1"
		web_fill "${ALL[@]}" "$1" apache.conf
	} >"$WEB/apache.conf"
}
for variant in '' --all-media; do
	WEB_NAME="Apache${variant:+, $variant}" ALL=(${variant:+"$variant"})
	web_conf
	web_start configure apache2 -D FOREGROUND -f "$WEB/apache.conf"
	web_walk
	web_stop
	web_silent ':(notice|warn)\]'
done
finish
