#!/usr/bin/env bash
# mxmedia-cgi as FastCGI: large bodies in constant memory, uploads that are waited for, clients that go away, crowds, the end.
# shellcheck disable=SC2317 # functions are called by name
. "$(dirname "$0")/lib.sh"

S=$TMP/store C=$TMP/conf SOCK=$TMP/sock
M=/_matrix/media L=/_matrix/client/v1/media
cd "$TMP" || exit 1
fcgi() { python3 "$TOP/tests/helpers/fcgi.py" "$SOCK" "$@"; }
status() { tr -d '\0\r' | sed -n '1s/^Status: \([0-9]*\).*/\1/p'; }
body() { sed '1,/^\r$/d'; }
until_is() { # until_is WANT COMMAND...: waits, at most 20 s, until it prints that
	local want=$1 i
	shift
	for ((i = 0; i < 1000; i++)); do
		[ "$("$@" 2>/dev/null)" = "$want" ] && return
		read -rt 0.02 <> <(:) || :
	done
	return 1
}
listens() { test -S "$SOCK" && echo yes; }
start() {
	"$BIN/mxmedia-cgi" -c "$C" -d "$S" -s "$SOCK" 2>>err &
	CGI=$!
	PIDS="$PIDS $CGI"
	until_is yes listens
}
connections() { find "/proc/$CGI/fd" -mindepth 1 -lname 'socket:*' | wc -l; } # stores that are kept open come and go
half() { find "$S" -name '.??*' -path '*_content*' | wc -l; }
printf '%s\n' 'auth = none' 'max_upload_size = 200M' >"$C"
start

# ---- large ones
head -c 16000000 /dev/urandom >big
u=$(fcgi send POST "$M/v3/upload" big | body | json .content_uri) B=${u#mxc://}
like "$B" '^localhost/[A-Za-z]{24}$' 'a large upload'
fcgi get "$L/download/$B" | body >out
is "$(cmp big out && echo same)" same 'there and back'
is "$(fcgi get "$L/download/$B" HTTP_RANGE=bytes=9000000-9000099 | body | cmp - <(tail -c +9000001 big | head -c 100) && echo same)" same 'a part of it'
case $BUILD in
*asan*) skip 'in constant memory' 'a sanitizer needs more' ;;
*) is "$(awk '/VmHWM/ { print $2 < 48 * 1024 }' "/proc/$CGI/status")" 1 'in constant memory' ;;
esac
is "$(fcgi kept 50 "$L/config")" '200 50' 'a kept connection'
printf small >small
T=$(fcgi send POST "$M/v3/upload" small | body | json .content_uri) T=${T#mxc://}
is "$(fcgi send POST "$M/v3/upload" small CONTENT_LENGTH=1000000000 | status)" 413 'too large, before it came'

# ---- away
before=$(connections)
fcgi half POST "$M/v3/upload" 3000000
until_is 0 half
ok "$?" 'of half an upload nothing is left'
fcgi glance "$L/download/$B"
until_is "$before" connections
ok "$?" 'nor of half a download'

# ---- announced
P=$(fcgi post "$M/v1/create" 0 | body | json .content_uri) P=${P#mxc://}
fcgi get "$L/download/$P?timeout_ms=60000" >waited &
W=$!
fcgi get "$L/thumbnail/$P?timeout_ms=60000&width=1&height=1" >waited2 &
W2=$!
is "$(fcgi get "$L/download/$P?timeout_ms=1" | status)" 504 'not there in time'
is "$(fcgi many 200 8 "$L/config" "$L/download/$T")" "200 200" 'others are not kept waiting'
is "$(fcgi send PUT "$M/v3/upload/$P" small CONTENT_TYPE=text/plain | body)" '{}' 'its content'
wait "$W"
is "$(body <waited)" small 'who waited has it'
wait "$W2"
is "$(status <waited2)" 400 'and knows that it is no picture'
Q=$(fcgi post "$M/v1/create" 0 | body | json .content_uri) Q=${Q#mxc://}
fcgi leave 8 "$L/download/$Q?timeout_ms=60000"
until_is "$before" connections
ok "$?" 'who went away waits no more'

# ---- thumbnails, made by somebody else
"$BIN/tests/mkimage" -f jpeg 2000x1500 1 >a.jpg
I=$(fcgi send POST "$M/v3/upload" a.jpg CONTENT_TYPE=image/jpeg | body | json .content_uri) I=${I#mxc://}
sqlite3 "$S/mxpreview.db" "DELETE FROM local_media_repository_thumbnails"
rm -rf "$S/local_thumbnails"
is "$(fcgi many 60 20 "$L/thumbnail/$I?width=32&height=32&method=crop" "$L/thumbnail/$I?width=800&height=600" "$L/config")" '200 60' 'a crowd asks for thumbnails'
is "$(sqlite3 "$S/mxpreview.db" "SELECT count(*) FROM local_media_repository_thumbnails")" 5 'they are made once'
is "$(fcgi many 30 10 "$M/v1/identicon/alice" "$M/v1/identicon/bob")" '200 30' 'faces'
ups=()
for i in 1 2 3 4 5 6; do
	fcgi send POST "$M/v3/upload" a.jpg >"up.$i" &
	ups+=($!)
done
wait "${ups[@]}"
is "$(for i in 1 2 3 4 5 6; do status <"up.$i"; done | sort | uniq -c | tr -s ' ')" ' 6 200' 'uploads at once'

# ---- the end
before=$(connections)
P=$(fcgi post "$M/v1/create" 0 | body | json .content_uri) P=${P#mxc://}
fcgi get "$L/download/$P?timeout_ms=60000" >waited &
W=$!
until_is $((before + 1)) connections
ok "$?" 'somebody waits'
is "$(fcgi get "$L/config" | status)" 200 'it is there'
kill -TERM "$CGI"
wait "$W"
is "$(status <waited)" 504 'who waits when it ends has an answer'
wait "$CGI"
is "$?" 0 'it ends'
is "$(listens)" '' 'and its socket'
is "$(cat err)" '' 'it had nothing to say'

# ---- another configuration
start
Q=$(fcgi post "$M/v1/create" 0 | body | json .content_uri) Q=${Q#mxc://}
fcgi get "$L/download/$Q?timeout_ms=60000" >waited &
W=$!
is "$(fcgi many 20 10 "$M/v1/identicon/x")" '200 20' 'before it has another configuration'
printf '%s\n' 'auth = header' 'auth_header = REMOTE_USER' 'admin = @root:other.example' 'server_name = other.example' 'max_upload_size = 4K' \
	'media_create_per_second = 1' 'media_create_burst = 1' >"$C"
kill -HUP "$CGI"
off() { fcgi get "$L/config" | status; }
until_is 401 off
is "$?:$(fcgi get "$L/config" REMOTE_USER=alice | body)" '0:{"m.upload.size":4096}' 'SIGHUP: it is read again'
for i in 1 2 3 4 5 6; do
	fcgi post "$M/v1/create" 0 REMOTE_USER=alice >"up.$i" &
	ups[i]=$!
done
wait "${ups[@]:1:6}"
is "$(for i in 1 2 3 4 5 6; do status <"up.$i"; done | sort -u | xargs)" '200 429' 'also by those who work beside the loop: rates'
like "$(fcgi send POST "$M/v3/upload" small REMOTE_USER=alice | body)" 'mxc://other.example/' 'names'
is "$(fcgi send POST "$M/v3/upload" small REMOTE_USER=alice CONTENT_LENGTH=5000 | status)" 413 'sizes'
is "$(fcgi get /_synapse/admin/v1/media/quarantine_changes REMOTE_USER=alice | status):$(fcgi get /_synapse/admin/v1/media/quarantine_changes REMOTE_USER=root | status)" 403:200 'and who is an admin'
echo 'nonsense = 1' >>"$C"
kill -HUP "$CGI"
told() { grep -c 'stays as it was' err; }
until_is 1 told
is "$?:$(off)" 0:401 'one that is wrong changes nothing, and is told'
printf '%s\n' 'auth = none' 'max_upload_size = 200M' >"$C"
kill -HUP "$CGI"
until_is 200 off
is "$(fcgi send POST "$M/v3/upload" a.jpg | status):$(fcgi send PUT "$M/v3/upload/$Q" small | status)" 200:200 'and as it was before'
wait "$W"
is "$(body <waited)" small 'who waited meanwhile has what was waited for'
for i in 1 2 3 4 5; do
	fcgi many 40 20 "$L/download/$Q" "$M/v1/identicon/$i" >"many.$i" &
	ups[i]=$!
	kill -HUP "$CGI"
done
wait "${ups[@]:1:5}"
is "$(sort many.* | uniq -c | xargs)" '5 200 40' 'nobody notices while it is asked'
kill -TERM "$CGI"
wait "$CGI"
is "$?:$(listens)" 0: 'it ends'

# ---- crowds that upload
start
is "$(fcgi crowd 128 "$M/v3/upload" "$L/config" | xargs)" '429 200' 'so many at once that all else would starve: one more has to wait'
kill -TERM "$CGI"
wait "$CGI"
is "$?:$(listens)" 0: 'it ends'
printf '%s\n' 'auth = header' 'auth_header = REMOTE_USER' >"$C"
start
is "$(fcgi crowd 15 "$M/v3/upload" "$L/config" REMOTE_USER=alice | xargs)" '200 200' 'one user may upload much at once'
is "$(fcgi crowd 16 "$M/v3/upload" "$L/config" REMOTE_USER=alice | xargs)" '429 200' 'but not so much that others cannot'
kill -TERM "$CGI"
wait "$CGI"
is "$?" 0 'it ends'
finish
