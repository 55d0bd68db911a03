#!/usr/bin/env bash
# mxmedia-put: what comes in is whole and durable or not there at all; limits, reserved ids, strangers' names, full disks.
. "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || skip_all "jq is needed"
S=$TMP/store
cd "$TMP" || exit 1
put() { mxmedia-put -d "$S" "$@"; }
info() { mxmedia-get -d "$S" --info "$@" | jq -c .media_info; }
sql() { sqlite3 "$S/mxpreview.db" "$@"; }
uri() { jq -r .content_uri; }
files() { find "$S/local_content" "$S/local_thumbnails" -type f 2>/dev/null | wc -l; } # temp files are counted, too
conf() { # conf NAME LINE...: a configuration of these lines
	printf '%s\n' "${@:2}" >"$TMP/$1.conf"
}
mkimage() { "$BIN/tests/mkimage" "$@"; }

# ---- what is kept
mkimage -f jpeg 1000x700 1 >a.jpg
out=$(put --user @a:localhost a.jpg)
is "$?" 0 'a picture'
like "$out" '^\{"content_uri":"mxc://localhost/[A-Za-z]{24}","file":"a.jpg"\}$' 'one line names it'
id=$(echo "$out" | uri)
is "$(info "$id" | jq -c '[.media_type, .media_length, .upload_name, .user_id, .authenticated, .last_access_ts]')" \
	"[\"image/jpeg\",$(stat -c %s a.jpg),\"a.jpg\",\"@a:localhost\",true,null]" 'its row'
is "$(info "$id" | json .sha256)" "$(sha256sum a.jpg | cut -d ' ' -f 1)" 'its hash'
short=${id##*/}
is "$(cmp a.jpg "$S/local_content/${short:0:2}/${short:2:2}/${short:4}" && echo same)" same 'its file, where the reference server looks for it'
is "$(sql "SELECT group_concat(thumbnail_width || 'x' || thumbnail_height || thumbnail_method, ' ') FROM local_media_repository_thumbnails WHERE media_id = '$short'")" \
	'32x32crop 96x96crop 320x224scale 640x448scale 800x560scale' 'five thumbnails'
bad=0
while IFS='|' read -r w h t m n; do
	[ "$(stat -c %s "$S/local_thumbnails/${short:0:2}/${short:2:2}/${short:4}/$w-$h-${t/\//-}-$m")" = "$n" ] || bad=1
done < <(sql "SELECT thumbnail_width, thumbnail_height, thumbnail_type, thumbnail_method, thumbnail_length FROM local_media_repository_thumbnails")
is "$bad" 0 'their files, as long as their rows say'
is "$(find "$S" -name '.*' ! -path "$S" | wc -l)" 0 'and nothing else'
is "$(put --no-thumbnails a.jpg | uri | xargs -I{} basename {} | xargs -I{} sqlite3 "$S/mxpreview.db" "SELECT count(*) FROM local_media_repository_thumbnails WHERE media_id = '{}'")" 0 '--no-thumbnails'

printf '\x89PNG\r\n\x1a\nbut no more than that' >broken.png
out=$(put -v broken.png 2>"$TMP/err")
is "$?" 0 'a picture that is none is kept'
like "$(cat "$TMP/err")" 'broken.png: no thumbnails: the picture cannot be made small' 'without thumbnails, and -v says so'
is "$(info "$(echo "$out" | uri)" | json .media_type)" image/png 'as what its first bytes say'
: >empty
is "$(info "$(put empty | uri)" | jq -c '[.media_length, .media_type]')" '[0,"application/octet-stream"]' 'an empty file'

# ---- names and types
for t in 'text/plain notes' 'application/pdf %%PDF-1.4' 'application/zip PK\003\004' 'application/gzip \037\213\010' 'audio/mpeg ID3\004' \
	'audio/flac fLaC\000' 'application/octet-stream \001\002' 'video/webm \032\105\337\243\237\102\206\201\001\102\202\204webm'; do
	# shellcheck disable=SC2059
	printf "${t#* }" >sniffed
	is "$(info "$(put sniffed | uri)" | json .media_type)" "${t%% *}" "sniffed: ${t%% *}"
done
is "$(info "$(put --type 'text/html; charset=utf-8' a.jpg | uri)" | json .media_type)" 'text/html; charset=utf-8' '--type'
is "$(info "$(put --name 'x/y.jpg' a.jpg | uri)" | json .upload_name)" 'x/y.jpg' '--name'
is "$(info "$(put - <a.jpg | uri)" | json .upload_name)" null 'standard input has no name'
evil=$(printf 'a\033[31m\nb\342\200\256c.txt')
echo hi >"$evil"
is "$(info "$(put "$evil" | uri)" | json .upload_name)" 'a[31mbc.txt' 'a name with control characters and a turn'
latin=$(printf 'caf\351.txt')
echo hi >"$latin"
out=$(put "$latin")
is "$(info "$(echo "$out" | uri)" | json .upload_name)" "$(printf 'caf\357\277\275.txt')" 'a name that is no UTF-8'
is "$(echo "$out" | jq -e .file >/dev/null && echo json)" json 'and its line is JSON'
is "$(info "$(put --name "$(head -c 4096 /dev/zero | tr '\0' x)" a.jpg | uri)" | jq '.upload_name | length')" 255 'a name of 4 kB is cut'
put --name "$(printf 'x\001')" no-such-file 2>&1 | od -c | grep -q '033' && bad=1
is "$bad" 0 'nothing on the terminal speaks to it'

# ---- several
out=$(put a.jpg none broken.png . 2>"$TMP/err")
is "$?" 1 'several: one is missing, one is a directory'
is "$(echo "$out" | jq -r .file | tr '\n' ' ')" 'a.jpg broken.png ' 'the others are kept'
like "$(tr '\n' ' ' <"$TMP/err")" 'none: open: No such file.*\.: is a directory' 'each has its message'
is "$(put a.jpg a.jpg | uri | sort -u | wc -l)" 2 'the same twice has two names'

# ---- limits
conf small 'max_upload_size = 1000'
before=$(files)
head -c 1001 /dev/urandom >big
for how in big -; do
	out=$(put -c small.conf "$how" <big 2>"$TMP/err")
	is "$?:$out" 1: "too large: $how"
	like "$(cat "$TMP/err")" 'M_TOO_LARGE' 'says so'
done
is "$(files)" "$before" 'and leaves nothing'
is "$(head -c 1000 big | put -c small.conf - | uri | wc -l)" 1 'as large as may be'
mkfifo pipe
(
	yes | head -c 2000
	exec sleep 60
) >pipe &
PIDS="$PIDS $!"
out=$(put -c small.conf pipe 2>&1)
like "$out" M_TOO_LARGE 'a pipe that goes on is not waited for'

conf quota 'media_upload_limits = 1h 3000' 'media_upload_limits = 7d 5000'
for n in 1 2 3; do head -c 1000 /dev/urandom | put -c quota.conf --user @q:localhost - >/dev/null || bad=1; done
is "$bad" 0 'a user may upload that much'
before=$(files)
put -c quota.conf --user @q:localhost - <big 2>"$TMP/err"
is "$?" 1 'and not more'
like "$(cat "$TMP/err")" 'M_RESOURCE_LIMIT_EXCEEDED: Media upload limit exceeded' 'by that name'
is "$(files)" "$before" 'and leaves nothing'
put -q -c quota.conf --user @r:localhost - <big >/dev/null
is "$?" 0 'others may'
sql "UPDATE local_media_repository SET created_ts = created_ts - 2 * 3600000 WHERE user_id = '@q:localhost'"
head -c 2000 /dev/urandom | put -q -c quota.conf --user @q:localhost - >/dev/null
is "$?" 0 'so may he, later'
put -q -c quota.conf --user @q:localhost - <big 2>/dev/null
is "$?" 1 'within the longer time'
sql "INSERT INTO local_media_repository (media_id, media_length, created_ts, user_id, url_cache) VALUES ('2026-11-21_quota', 99999, $(date +%s000), '@u:localhost', 'http://x/')"
put -q -c quota.conf --user @u:localhost - <big >/dev/null
is "$?" 0 'what previews fetched is not counted'

conf full 'min_free_space = 1024G'
before=$(files)
put -c full.conf a.jpg 2>"$TMP/err"
is "$?" 75 'too little free space: try again later'
like "$(cat "$TMP/err")" 'no space left' 'says so'
is "$(files)" "$before" 'and leaves nothing'

# ---- ids before their contents
r=$(put --user @a:localhost --reserve)
is "$(echo "$r" | jq '(.unused_expires_at - now * 1000) / 3600000 | round')" 24 'reserved for a day'
m=$(echo "$r" | uri)
is "$(info "$m" | jq -c '[.media_type, .media_length, .user_id]')" '[null,null,"@a:localhost"]' 'a row without content'
expect() { # expect ERRCODE ARG...
	put "${@:2}" >"$TMP/out" 2>"$TMP/err"
	is "$?" 1 "refused: $1"
	like "$(cat "$TMP/err")" " $1: " '  by that name'
}
before=$(files)
expect M_FORBIDDEN --user @b:localhost --into "$m" a.jpg
expect M_FORBIDDEN --into "$m" a.jpg
expect M_NOT_FOUND --user @a:localhost --into mxc://else.where/abcdef a.jpg
expect M_NOT_FOUND --user @a:localhost --into abcdefghijk a.jpg
put --user @a:localhost --into "..%2f" a.jpg 2>"$TMP/err"
is "$?:$(cat "$TMP/err")" '1:mxmedia-put: ..%2f: neither mxc://server/id nor an id' 'refused: what is no id'
is "$(files)" "$before" 'nothing of them is left'
is "$(put --user @a:localhost --into "$m" a.jpg | uri)" "$m" 'filled'
expect M_CANNOT_OVERWRITE_MEDIA --user @a:localhost --into "$m" broken.png
is "$(mxmedia-get -d "$S" "$m" | cmp - a.jpg && echo same)" same 'and not changed by the second'
m=$(put --user @a:localhost --reserve | uri)
sql "UPDATE local_media_repository SET created_ts = created_ts - 25 * 3600000 WHERE media_id = '${m##*/}'"
expect M_NOT_FOUND --user @a:localhost --into "$m" a.jpg
for n in 1 2 3 4 5; do put --user @p:localhost --reserve >/dev/null || bad=1; done
put --user @p:localhost --reserve 2>"$TMP/err"
is "$?" 75 'five may wait, a sixth may not'
like "$(cat "$TMP/err")" 'M_LIMIT_EXCEEDED: .*; again in 8[0-9]{4} s$' 'until the first one is over'
is "$bad" 0 'the five'

# many fill the same
m=$(put --user @c:localhost --reserve | uri)
pids=
for n in $(seq 12); do
	(head -c 200000 /dev/urandom | put --user @c:localhost --into "$m" - >"$TMP/fill.$n" 2>"$TMP/fill.$n.err") &
	pids="$pids $!"
done
won=0
for p in $pids; do wait "$p" && won=$((won + 1)); done
is "$won" 1 'twelve fill one id: one does'
is "$(cat "$TMP"/fill.*.err | grep -c M_CANNOT_OVERWRITE_MEDIA)" 11 'the others are told'
is "$(mxmedia-get -d "$S" "$m" | sha256sum | cut -d ' ' -f 1)" "$(info "$m" | json .sha256)" 'and it is whole'

# ---- what is known to be bad
h=$(sha256sum big | cut -d ' ' -f 1)
sql "INSERT INTO blocked_hashes (sha256, blocked_ts) VALUES ('$h', 1)"
out=$(put big 2>"$TMP/err")
is "$?:$(echo "$out" | json .quarantined_by)" 0:system 'blocked content is kept in quarantine'
like "$(cat "$TMP/err")" 'quarantined or blocked' 'said on standard error'
is "$(sql "SELECT count(*) FROM quarantined_media_changes WHERE media_id = '$(basename "$(echo "$out" | uri)")' AND change = 'quarantine'")" 1 'and in the log'
mxmedia-get -d "$S" "$(echo "$out" | uri)" >/dev/null 2>&1
is "$?" 1 'nobody gets it'

# ---- interrupted, killed, closed
before=$(files)
for sig in INT TERM; do
	mkfifo "slow.$sig"
	(
		exec 3>"slow.$sig"
		head -c 300000 /dev/urandom >&3
		exec sleep 60
	) &
	PIDS="$PIDS $!"
	env --default-signal="$sig" mxmedia-put -d "$S" "slow.$sig" >/dev/null 2>"$TMP/err" &
	p=$!
	for ((i = 0; i < 500; i++)); do
		[ "$(files)" -gt "$before" ] && break
		sleep 0.01
	done
	kill "-$sig" "$p"
	wait "$p"
	is "$?:$(files)" "1:$before" "interrupted by $sig: nothing is left"
done
rows=$(sql 'SELECT count(*) FROM local_media_repository')
for _ in $(seq 12); do
	mxmedia-put -d "$S" - <a.jpg >/dev/null 2>&1 &
	p=$!
	perl -e 'select undef, undef, undef, rand 0.08'
	kill -9 "$p" 2>/dev/null
	wait "$p" 2>/dev/null
done
now=$(sql 'SELECT count(*) FROM local_media_repository')
ok $((now >= rows ? 0 : 1)) "killed at any moment: $((now - rows)) of 12 were in"
lost=0
while read -r f; do [ -e "$S/local_content/${f:0:2}/${f:2:2}/${f:4}" ] || lost=1; done < <(sql \
	"SELECT media_id FROM local_media_repository WHERE url_cache IS NULL AND media_length IS NOT NULL")
is "$lost" 0 'no row is without its file'
is "$(sql 'PRAGMA integrity_check')" ok 'the database is sound'
# between file and row: the writer's lock is held by somebody else, the file has its name
before=$(sql 'SELECT count(*) FROM local_media_repository')
files_before=$(files)
perl -e 'open my $f, "+<", $ARGV[0] or die; my $l = pack "s s x4 q q i x4", 1, 0, 0, 1, 0;
	fcntl $f, 37, $l or die "lock: $!"; $| = 1; print "held\n"; close STDOUT; sleep 60' "$S/mxpreview.db.wlock" >held & # F_OFD_SETLK
locker=$!
PIDS="$PIDS $locker"
for ((i = 0; i < 500; i++)); do [ -s held ] && break || sleep 0.01; done
mxmedia-put -d "$S" --no-thumbnails a.jpg >/dev/null 2>&1 &
p=$!
for ((i = 0; i < 500; i++)); do
	[ "$(find "$S/local_content" -type f ! -name '.*' | wc -l)" -gt "$(find "$S/local_content" -type f ! -name '.*' ! -newer held | wc -l)" ] && break
	sleep 0.01
done
kill -9 "$p"
wait "$p" 2>/dev/null
kill "$locker"
wait "$locker" 2>/dev/null
is "$(sql 'SELECT count(*) FROM local_media_repository')" "$before" 'killed between file and row: no row'
is "$(files)" $((files_before + 1)) 'an orphan, and nothing else'

put a.jpg >/dev/full 2>"$TMP/err"
is "$?" 1 'an answer that cannot be written is an error'
like "$(cat "$TMP/err")" 'standard output: .*No space left' 'with its reason'
(put a.jpg a.jpg; echo $? >"$TMP/status") | true
put - <&- 2>/dev/null
is "$?" 1 'standard input that is closed'

# ---- usage
for bad in '' '--reserve a.jpg' '--into x' '--into x a b' '--name n a b' '--user nobody a' '--type text a' '--frob' '--reserve --type a/b'; do
	# shellcheck disable=SC2086
	put $bad </dev/null >/dev/null 2>&1
	is "$?" 2 "usage: '$bad'"
done
put --user @u:other.example a.jpg 2>"$TMP/err" >/dev/null
is "$?" 2 'a user of another server'
like "$(cat "$TMP/err")" 'not a user of .*\(server_name\): @u:other.example' '  and why'
mxmedia-put -d /proc/nowhere a.jpg >/dev/null 2>"$TMP/err"
is "$?" 1 'a store that cannot be made'
(ulimit -f 100 && put big a.jpg >out 2>"$TMP/err")
is "$?" 75 'a limit of file sizes is a full disk'

# ---- a full disk
if mkdir small && mount -t tmpfs -o size=3m tmpfs small 2>/dev/null; then
	S=$TMP/small/store
	conf nomin 'min_free_space = 0'
	m=$(put -c nomin.conf a.jpg | uri)
	was=$(files)
	head -c 8m /dev/urandom >large
	put -c nomin.conf large >out 2>err
	is "$?:$(cat out)" 75: 'a full disk: try again later'
	like "$(cat err)" '^mxmedia-put: large: store: .*No space left' 'and why'
	is "$(files)" "$was" 'nothing is left'
	head -c 8m /dev/zero >small/fill 2>/dev/null
	put -c nomin.conf a.jpg >out 2>err
	is "$?:$(cat out)" 75: 'not a byte free'
	rm small/fill
	is "$(mxmedia-get -d "$S" "$m" | cmp - a.jpg && echo same)" same 'what was there can be read'
	put -c nomin.conf a.jpg >out
	is "$?" 0 'with room again it goes on'
	put a.jpg >out 2>err
	is "$?:$(cat out)" 75: 'the mark of free space'
	mkdir small/ro && mount -o remount,ro small
	put -c nomin.conf a.jpg >out 2>err
	is "$?:$(cat out)" 1: 'where nothing can be written it fails'
	umount -l small
else
	skip 'a full disk' 'no tmpfs may be mounted here'
fi

# somebody else's store
if [ "$(id -u)" = 0 ]; then
	mkdir theirs && chown 65534 theirs
	mxmedia-put -d theirs a.jpg >out 2>err
	is "$?:$(cat err)" '0:mxmedia-put: theirs belongs to user 65534, who cannot read what root makes there: see sudo -u' "root is told of somebody else's store"
else
	skip "root is told of somebody else's store" 'this is not root'
fi
finish
