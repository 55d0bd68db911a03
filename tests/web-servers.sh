# Our configurations of web servers, each with a real one: source it after lib.sh (bash).
# shellcheck shell=bash disable=SC2034,SC2120
#
# A homeserver behind, a site to preview, the configuration as it is shipped, and a walk through every endpoint.  Some servers refuse to
# be root: then all of it belongs to nobody.
WEB_SECRET=s3cret-$RANDOM-$RANDOM # other tests have others
WEB_TOKEN=alice.$WEB_SECRET WEB_USER=@alice:test
WEB=$TMP/web

web_user() { # sets AS, and lets nobody in
	AS=()
	[ "$(id -u)" -eq 0 ] || return 0
	AS=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	chmod 755 "$TMP"
	if ! "${AS[@]}" test -x "$BIN/mxpreview-cgi" 2>/dev/null; then
		mkdir -p "$TMP/bin"
		cp "$BIN"/mxpreview* "$BIN"/mxmedia-* "$TMP/bin/"
		BIN=$TMP/bin
	fi
}

web_world() { # what is behind, in front and around
	mkdir -p "$WEB/root" "$WEB/share" "$WEB/run" "$WEB/walk" "$WEB/tmp"
	"$BIN/tests/mkimage" 1200x630 1 >"$WEB/root/i.jpg"
	printf '%s\n' '<!DOCTYPE html><title>x</title><meta property="og:title" content="Above ä">' \
		'<meta property="og:image" content="i.jpg">' >"$WEB/root/a.html"
	cp "$TOP/scripts/web/preview.html" "$WEB/share/"
	echo 'a body' >"$WEB/body"
	echo "Authorization: Bearer $WEB_TOKEN" >"$WEB/token"
	origin_start --root "$WEB/root"
	MARK=$RANDOM$RANDOM$RANDOM
	mkfifo "$TMP/hs"
	python3 "$TOP/tests/helpers/whoami.py" "$TMP/asked" 0.3 "$MARK" >"$TMP/hs" 2>"$TMP/hs.err" &
	PIDS="$PIDS $!"
	read -r HS <"$TMP/hs"
	web_user
	[ ${#AS[@]} -eq 0 ] || chown -R 65534:65534 "$WEB"
}

web_pause() { read -rt 0.02 <> <(:) || :; }
web_until() { # web_until COMMAND...: at most 20 s
	local i
	for ((i = 0; i < 1000; i++)); do
		"$@" >/dev/null 2>&1 && return
		web_pause
	done
	return 1
}
web_alive() { kill -0 "$SERVER" 2>/dev/null; }
web_ready() { curl -qsf -m 5 ${SOCK:+--unix-socket "$SOCK"} "$BASE/-ready" -o /dev/null || curl -qs -m 5 ${SOCK:+--unix-socket "$SOCK"} "$BASE/-ready" | grep -q "$MARK"; }

web_conf() { # web_conf LINE...: a new store, and the configuration
	rm -rf "$WEB/store"
	"${AS[@]}" mkdir "$WEB/store"
	: >"$WEB/error.log"
	: >"$WEB/access.log"
	chmod 666 "$WEB"/*.log
	printf '%s\n' 'allow_ip = 127.0.0.0/8' "homeserver = http://127.0.0.1:$HS" 'header_timeout = 5s' 'server_name = test' 'homeserver_admin = true' "$@" >"$WEB/conf"
}
web_fill() { # web_fill [--all-media] LISTEN FILE
	local all=()
	[ "$1" = --all-media ] && all=("$1") && shift
	"$TOP/scripts/web/fill" "${all[@]}" BINDIR="$BIN" SHARE="$WEB/share" CONFIG="$WEB/conf" STORE="$WEB/store" RUN="$WEB/run" \
		LOG="$WEB/access.log" LISTEN="$1" HOMESERVER_HOST=127.0.0.1 HOMESERVER_PORT="$HS" "$TOP/scripts/web/$2"
}

web_lighttpd() { # web_lighttpd PORT FILE: a whole configuration
	printf '%s\n' 'server.document-root = "/nonexistent"' 'server.bind = "127.0.0.1"' "server.port = $1" \
		"server.errorlog = \"$WEB/error.log\"" "accesslog.filename = \"$WEB/access.log\"" \
		"server.upload-dirs = (\"$WEB/tmp\")" 'server.modules = ("mod_accesslog")'
	web_fill "${ALL[@]}" 80 "$2"
}
web_nginx() { # web_nginx PORT: the same, in a file
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

WEB_LIGHTTPD_LIFE='server (started|stopped)|graceful shutdown|shut down|initiated|signal'

# web_start CONFIGURE COMMAND...: CONFIGURE PORT writes the configuration.  A port that somebody else has is an error of the server, and
# another one is tried; whoever answers with our mark behind him is ours.
web_start() {
	local configure=$1 try
	shift
	for ((try = 0; try < 20; try++)); do
		WEB_PORT=$((RANDOM % 12000 + 20000))
		BASE=http://127.0.0.1:$WEB_PORT
		"$configure" "$WEB_PORT"
		"${AS[@]}" "$@" >>"$WEB/start.log" 2>&1 &
		SERVER=$!
		if web_until web_up && web_ready; then
			PIDS="$PIDS $SERVER"
			ok 0 "$WEB_NAME: it starts"
			return
		fi
		kill "$SERVER" 2>/dev/null
		wait "$SERVER" 2>/dev/null
		grep -qiE "in use|can't bind|could not bind" "$WEB/start.log" "$WEB/error.log" || break
		: >"$WEB/error.log"
	done
	ok 1 "$WEB_NAME: it starts"
	sed 's/^/# /' "$WEB/start.log" "$WEB/error.log"
	finish
}
web_up() { ! web_alive || web_ready; } # up, or never
web_stop() {
	kill -TERM "$SERVER"
	wait "$SERVER" 2>/dev/null
}

web_daemons() { # the FastCGI processes that web servers do not start themselves
	local c
	DAEMONS=()
	for c in mxpreview-cgi mxmedia-cgi; do
		"${AS[@]}" "$BIN/$c" -c "$WEB/conf" -d "$WEB/store" -s "$WEB/run/$c.sock" 2>>"$WEB/error.log" &
		DAEMONS+=($!)
		PIDS="$PIDS $!"
		web_until test -S "$WEB/run/$c.sock"
	done
}
web_daemons_end() {
	local p
	for p in "${DAEMONS[@]}"; do
		kill -TERM "$p"
		wait "$p"
		is "$?" 0 'the process behind it ends well'
	done
}

web_said() { # walk.py's lines as tests
	local line
	while IFS= read -r line; do
		case $line in
		ok\ *) ok 0 "$WEB_NAME: ${line#ok }" ;;
		*) ok 1 "$WEB_NAME: ${line#not ok }" ;;
		esac
	done
}
web_curl() { curl -qs -m 60 ${SOCK:+--unix-socket "$SOCK"} -H @"$WEB/token" "$@"; }

# The first preview is found out, its pictures are in the store; then everything, as the tables say.
web_walk() {
	local site="http%3A%2F%2F127.0.0.1%3A$PORT" og id etag thumb medium='' t=(servers.walk pictures.walk)
	og=$(web_curl "$BASE/_matrix/client/v1/media/preview_url?url=$site%2Fa.html")
	id=$(sed -n 's,.*mxc://test/\([0-9-]*_[A-Za-z]*\)".*,\1,p' <<<"$og")
	like "$id" '^[0-9]{4}-[0-9]{2}-[0-9]{2}_[A-Za-z]{16}$' "$WEB_NAME: nobody knows it: a preview with a picture"
	thumb=$WEB/store/url_cache_thumbnails/${id%_*}/${id#*_}/320-168-image-jpeg-scale
	tail -c +11 "$thumb" | head -c 100 >"$WEB/part"
	etag=$(web_curl -o /dev/null -D - "$BASE/_matrix/client/v1/media/thumbnail/test/$id?width=320&height=240&method=scale" |
		tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
	if [ ${#ALL[@]} -gt 0 ]; then
		medium=$(web_curl --data-binary @"$WEB/body" -H 'Content-Type: text/plain' "$BASE/_matrix/media/v3/upload?filename=a%2Fb.txt" |
			sed -n 's,.*mxc://test/\([A-Za-z]*\)".*,\1,p')
		t+=(media.walk admin.walk)
	else
		t+=(others.walk)
	fi
	rm -f "$WEB/walk"/*
	cat "${t[@]/#/$TOP/tests/web-}" >"$WEB/table"
	TOKEN=$WEB_TOKEN ADMIN=admin-root.$WEB_SECRET SECRET=$WEB_SECRET python3 "$TOP/tests/helpers/walk.py" "${SOCK:+unix:}${SOCK:-$BASE}" "$WEB/walk" "$WEB/table" SITE="$site" \
		USER="$WEB_USER" OG="$og" MARK="$MARK" PAGE="$WEB/share/preview.html" BODY="$WEB/body" SERVER=test ID="$id" \
		THUMB="$thumb" THUMBBYTES="$(stat -c %s "$thumb")" PART="$WEB/part" ETAG="$etag" MEDIUM="$medium" PICTURE="$WEB/root/i.jpg" >"$WEB/said"
	web_said <"$WEB/said"
	is "$(grep -rlF "$WEB_SECRET" "$WEB"/*.log "$WEB/store" "$TMP/asked" 2>/dev/null)" '' "$WEB_NAME: no token in a log or in the store"
	is "$(grep -cE '(preview_url|thumbnail/[^ ]*)\?' "$WEB/access.log")" 0 "$WEB_NAME: nor what somebody reads"
}
web_silent() { # web_silent REGEX: the lines of a server's life are no errors
	is "$(grep -vE -e "$1" "$WEB/error.log")" '' "$WEB_NAME: the error log is silent"
}
