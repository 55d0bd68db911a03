#!/usr/bin/env bash
# Does nginx give previews, by FastCGI, with the configuration that we ship?
# shellcheck disable=SC2119,SC2317 # configure is called by name
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/web-servers.sh"

PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || skip_all 'no nginx here'
command -v curl >/dev/null || skip_all 'no curl here'
web_world

configure() { # configure PORT
	web_fill "${ALL[@]}" "127.0.0.1:$1" nginx.conf >"$WEB/site.conf"
	cat >"$WEB/nginx.conf" <<-END
		daemon off;
		worker_processes 1;
		pid $WEB/run/nginx.pid;
		error_log $WEB/error.log warn;
		events {}
		http {
			client_body_temp_path $WEB/tmp/1;
			fastcgi_temp_path $WEB/tmp/2;
			proxy_temp_path $WEB/tmp/3;
			scgi_temp_path $WEB/tmp/4;
			uwsgi_temp_path $WEB/tmp/5;
			include $WEB/site.conf;
		}
	END
}
for variant in '' --all-media; do
	WEB_NAME="nginx${variant:+, $variant}" ALL=(${variant:+"$variant"})
	web_conf
	web_daemons
	web_start configure nginx -p "$WEB" -e "$WEB/error.log" -c "$WEB/nginx.conf"
	web_walk
	web_stop
	web_daemons_end
	web_silent 'no lines of its own'
done
finish
