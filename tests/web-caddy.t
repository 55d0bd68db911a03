#!/usr/bin/env bash
# Does Caddy give previews, by FastCGI, with the configuration that we ship?
# shellcheck disable=SC2119,SC2317 # configure is called by name
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/web-servers.sh"

command -v caddy >/dev/null || skip_all 'no caddy here'
command -v curl >/dev/null || skip_all 'no curl here'
web_world
# Caddy shares a port with others of its kind that listen there, so it listens at a socket.
SOCK=$WEB/run/caddy.sock
export XDG_DATA_HOME=$WEB/tmp XDG_CONFIG_HOME=$WEB/tmp

configure() { # configure PORT
	{
		printf '%s\n' '{' '	admin off' "	default_bind unix/$SOCK" '	auto_https off' \
			'	log {' "		output file $WEB/error.log" '		level WARN' '	}' '}'
		web_fill "${ALL[@]}" 80 Caddyfile
	} >"$WEB/Caddyfile"
}
for variant in '' --all-media; do
	WEB_NAME="Caddy${variant:+, $variant}" ALL=(${variant:+"$variant"})
	web_conf
	web_daemons
	web_start configure caddy run --config "$WEB/Caddyfile" --adapter caddyfile
	web_walk
	web_stop
	web_daemons_end
	web_silent 'admin endpoint disabled|automatic HTTPS is completely disabled|exiting; byeee'
done
finish
