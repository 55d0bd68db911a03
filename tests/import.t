#!/usr/bin/env bash
# mxmedia-import: a Synapse's media become ours, and nothing of it is changed; what cannot be taken is told.
# shellcheck disable=SC2016 # event ids begin with a dollar sign
. "$(dirname "$0")/lib.sh"
synapse() { python3 "$TOP/tests/helpers/synapse.py" "$@"; }
# import NAME [OPTION...]: of $TMP/NAME into $TMP/NAME.store
import() {
	local from=$TMP/$1
	shift
	mxmedia-import -d "$from.store" --server-name example.org --db "$from/homeserver.db" --media-store "$from/media_store" "$@"
}
state() { (cd "$1" && find . -type f -printf '%p %s %n %m %T@\n' | sort && find . -type f -exec sha256sum {} + | sort); }
db() { sqlite3 -cmd ".timeout 5000" -readonly "$TMP/$1.store/mxpreview.db" "$2"; }
at() { echo "${1:0:2}/${1:2:2}/${1:4}"; }
synapse "$TMP/s"
cp -r "$TMP/s" "$TMP/link"
cp -r "$TMP/s" "$TMP/place"
state "$TMP/s" >"$TMP/before"

is "$(import s -n | jq -c '[.local, .url_cache, .remote, .pending, .thumbnails, .problems]')" '[3,2,1,1,2,0]' 'a dry run counts'
ok "$([ ! -e "$TMP/s.store" ]; echo $?)" 'and makes no store'
out=$(import s)
is "$?" 0 'exit 0'
is "$out" '{"local":3,"url_cache":2,"remote":1,"pending":1,"thumbnails":2,"thumbnails_missing":0,"bytes":58,"known":0,"hashed":5,"quarantined":1,"events":2,"references":3,"redactions":1,"problems":0}' 'all of it is taken over'
state "$TMP/s" | diff - "$TMP/before" >/dev/null
ok $? 'nothing of theirs is changed, and nothing is made beside it'
is "$(cat "$TMP/s.store/local_content/$(at aabbPlain)" "$TMP/s.store/url_cache/2024-01-02/fetched" "$TMP/s.store/url_cache/$(at oldfetched)" "$TMP/s.store/remote_content/remote.example/$(at rrssFileOne)")" \
	'plainfetchedold fetchedremote one' 'files are where they belong'
is "$(cat "$TMP/s.store/local_thumbnails/aa/bb/Plain/32-32-image-png-crop" "$TMP/s.store/remote_thumbnail/remote.example/rr/ss/FileOne/64-48-image-jpeg-scale")" \
	'thumblegacy' 'thumbnails, too; one of an old name gets the new one'
is "$(db s "SELECT media_type, media_length, created_ts, upload_name, user_id, last_access_ts FROM local_media_repository WHERE media_id = 'aabbPlain'")" \
	'text/plain|5|1000|plain.txt|@alice:example.org|5000' 'a row as it was'
is "$(db s "SELECT sha256 FROM local_media_repository WHERE media_id = 'aabbPlain'")" "$(printf plain | sha256sum | cut -d ' ' -f 1)" 'with the hash that it did not have'
is "$(db s "SELECT media_length FROM local_media_repository WHERE media_id = 'aabbNoLength'")" 14 'and the length'
is "$(db s "SELECT quarantined_by FROM local_media_repository WHERE media_id = 'aabbBad'")" '@mod:example.org' 'a quarantine stays'
is "$(db s "SELECT media_id, change, verb FROM quarantined_media_changes JOIN media_actions USING (action_id)")" 'aabbBad|quarantine|import' 'and is logged'
is "$(db s "SELECT group_concat(kind || ':' || media_id, ' ') FROM (SELECT * FROM media_references ORDER BY kind)")" \
	'content:One profile_avatar:aabbPlain room_avatar:roomavatar' 'who names what'
is "$(db s 'SELECT displayname FROM user_names')" Alice 'names'
is "$(import s | jq -c '[.local, .remote, .known, .references, .quarantined, .problems]')" '[0,0,7,0,0,0]' 'again: nothing is new'
is "$(db s 'SELECT count(*) FROM quarantined_media_changes')" 1 'and nothing is logged twice'
is "$(mxmedia-check -d "$TMP/s.store" --deep 2>/dev/null | jq -c 'select(.kind? != null) | .kind' | wc -l)" 0 'mxmedia-check finds no flaw'

# hard links
is "$(import link --link | jq -c '[.local, .url_cache, .remote, .bytes]')" '[3,2,1,58]' '--link'
is "$(stat -c %h "$TMP/link/media_store/local_content/aa/bb/Plain")" 2 'the file has two names'
mxmedia-expire -q -d "$TMP/link.store" delete aabbPlain >/dev/null
is "$(cat "$TMP/link/media_store/local_content/aa/bb/Plain"):$(ls "$TMP/link.store/local_content/aa/bb/Plain" 2>/dev/null)" 'plain:' 'deleting ours leaves theirs'
is "$(import link --link | jq -c '[.local, .known]')" '[1,6]' 'which can be taken over once more'

# in place
is "$(mxmedia-import -d "$TMP/place/media_store" --server-name example.org --db "$TMP/place/homeserver.db" --media-store "$TMP/place/media_store" --in-place |
	jq -c '[.local, .url_cache, .remote, .thumbnails, .hashed]')" '[3,2,1,2,5]' '--in-place'
is "$(mxmedia-get -d "$TMP/place/media_store" aabbPlain 2>&1)" plain 'is served from there'
import s --in-place >/dev/null 2>&1
is "$?" 1 'in place is one directory'
mxmedia-import -d "$TMP/place/media_store" --db "$TMP/place/homeserver.db" --media-store "$TMP/place/media_store" >/dev/null 2>&1
is "$?" 1 'and copying is not'

# old versions
synapse "$TMP/old" old
is "$(import old | jq -c '[.local, .url_cache, .remote, .thumbnails, .references, .hashed, .problems]')" '[3,2,1,2,3,6,0]' 'an old version without the newer columns'
is "$(db old "SELECT kind FROM media_references WHERE media_id = 'memberavatar'")" member_avatar 'whose members are read where there are no events'

# what is broken is told
synapse "$TMP/b" broken
import b --report "$TMP/report" >"$TMP/out" 2>"$TMP/err"
is "$?" 1 'exit 1: some are not taken over'
is "$(jq -c '[.local, .remote, .problems]' "$TMP/out")" '[6,2,20]' 'all else is'
said() { jq -r --arg id "$1" 'select(.media_id == $id or .event_id == $id) | .problem' "$TMP/report"; }
is "$(said ../../etc/passwd):$(said abc)" 'media_id cannot be the name of a file:media_id cannot be the name of a file' 'a path is no id'
is "$(said aabbMissing)" 'the file is missing' 'a file that is missing'
is "$(said aabbShort)" 'the file has 5 bytes, and media_length is 50' 'one that was cut'
is "$(said aabbNegative):$(said aabbText):$(said aabbBlob)" 'media_length is negative:media_length is no number:upload_name is no text' 'types'
is "$(said aabbHash)" 'the file is not what its sha256 says' 'another content'
ok "$([ ! -e "$TMP/b.store/local_content/aa/bb/Hash" ]; echo $?)" 'which does not stay'
is "$(said ours):$(said a/b):$(said Path)" 'media_origin is this server:media_id is none:filesystem_id cannot be the name of a file' 'names of others'
like "$(said Link)" '.' 'no link is followed'
is "$(mxmedia-get -d "$TMP/b.store" --info aabbLong | jq -c '.media_info | [(.upload_name, .quarantined_by | length), .media_type]')" '[255,255,null]' 'what strangers chose is cut, and ends no line'
is "$(said Twin):$(said FreshTwin)" 'filesystem_id is that of another medium:filesystem_id is that of another medium' 'two media of one file'
is "$(cat "$TMP/b.store/remote_content/remote.example/rr/ss/FileOne" "$TMP/b.store/remote_content/remote.example/rr/ss/Fresh")" 'remote onefresh' 'take it from nobody'
is "$(db b "SELECT count(*) FROM local_media_repository WHERE max(created_ts, coalesce(last_access_ts, 0)) > $(date +%s)000 + 60000")" 0 'nothing is from the future'
like "$(mxmedia-quarantine -d "$TMP/b.store" sheet --user @alice:example.org)" 'aabbFuture' 'so that all of a user are found'
is "$(jq -r 'select(.problem | test("more than")) | .table' "$TMP/report")" local_media_repository 'a row that is too large; the next one is read'
is "$(db b "SELECT count(*) FROM local_media_repository WHERE media_id = 'aabbAfter'")" 1 'it is there'
is "$(jq -r 'select(.event_id == "$bad") | .table' "$TMP/report")" event_json 'an event that is none'

# hostile schemas
hostile() { # hostile NAME SQL
	mkdir -p "$TMP/$1/media_store"
	sqlite3 -cmd ".timeout 5000" "$TMP/$1/homeserver.db" "$2"
	timeout 10 mxmedia-import -d "$TMP/$1.store" --db "$TMP/$1/homeserver.db" --media-store "$TMP/$1/media_store" >"$TMP/out" 2>"$TMP/err"
	is "$?" 1 "$1: $(tr -d '\n' <"$TMP/err" | cut -c 17-100)"
}
hostile view 'CREATE VIEW local_media_repository AS WITH RECURSIVE x(media_id) AS (SELECT 1 UNION ALL SELECT 1 FROM x) SELECT * FROM x;'
hostile nothing 'CREATE TABLE x (y);'
hostile norowid "CREATE TABLE local_media_repository (media_id TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO local_media_repository VALUES ('x');"
hostile rowid "CREATE TABLE local_media_repository (media_id TEXT, rowid TEXT); INSERT INTO local_media_repository VALUES ('aabbx', 'z');"
hostile generated "CREATE TABLE local_media_repository (media_id TEXT, media_length INTEGER AS (length(zeroblob(1e9)))); INSERT INTO local_media_repository (media_id) VALUES ('aabbx');"
hostile virtual "CREATE VIRTUAL TABLE local_media_repository USING fts5(media_id); INSERT INTO local_media_repository VALUES ('aabbx');"
mkdir -p "$TMP/junk/media_store"
head -c 100000 /dev/urandom >"$TMP/junk/homeserver.db"
import junk >/dev/null 2>&1
is "$?" 1 'no database at all'

# a database in WAL mode: nothing is made beside it
synapse "$TMP/wal"
sqlite3 "$TMP/wal/homeserver.db" 'PRAGMA journal_mode = WAL' >/dev/null
import wal >/dev/null
is "$(cd "$TMP/wal" && echo homeserver*)" homeserver.db 'WAL: nothing is made beside the database'

# an interruption: the next run goes on; two runs at once do no harm
synapse "$TMP/many" events=20000
import many >"$TMP/out" &
pid=$!
until [ "$(db many 'SELECT count(*) > 0 FROM media_references' 2>/dev/null)" = 1 ]; do
	kill -0 "$pid" 2>/dev/null || break
done
kill -TERM "$pid" 2>/dev/null
wait "$pid"
import many >"$TMP/out2" &
other=$!
import many >"$TMP/out3"
is "$?" 0 'a run beside another one'
wait "$other"
is "$?" 0 'the other one'
is "$(db many 'SELECT count(*) FROM media_references')" 20003 'all is there'
import s >/dev/full 2>/dev/null
is "$?" 1 'a full standard output'
for bad in '' '--db x' '--db x --media-store y z' '--db x --media-store y --link=1'; do
	# shellcheck disable=SC2086
	mxmedia-import $bad >/dev/null 2>&1
	is "$?" 2 "wrong usage: $bad"
done
mxmedia-import --db "$TMP/nowhere" --media-store "$TMP" >/dev/null 2>&1
is "$?" 1 'a database that is not there'
finish
