#!/usr/bin/env bash
# mxmedia-index: events in any form come in, references are kept; junk, repetition and signals do no harm.
# shellcheck disable=SC2016 # event ids begin with a dollar sign
. "$(dirname "$0")/lib.sh"
S=$TMP/store
index() { mxmedia-index -d "$S" "$@"; }
db() { sqlite3 -readonly "$S/mxpreview.db" "$1"; }
event() { # event N TYPE CONTENT [MEMBERS]
	printf '{"room_id":"!r:a","event_id":"$%s","sender":"@u:a","origin_server_ts":%s,"type":"%s","content":%s%s}\n' \
		"$1" "$1" "$2" "$3" "${4:-}"
}
summary() { printf '{"events":%s,"references":%s,"redactions":%s,"junk":%s}' "$@"; }

{
	event 1 m.room.message '{"url":"mxc://a/one","info":{"thumbnail_url":"mxc://a/thumb"}}'
	event 2 m.room.message '{"file":{"url":"mxc://b/two"}}'
	event 3 m.room.redaction '{}' ',"redacts":"$1"'
	echo '{"user_id":"@u:a","avatar_url":"mxc://a/me","displayname":"U"}'
	event 4 m.room.message '{"body":"nothing"}'
} >"$TMP/events"
is "$(index <"$TMP/events")" "$(summary 5 4 1 0)" 'references of messages, a redaction, a profile'
is "$?" 0 'exit 0'
is "$(index "$TMP/events")" "$(summary 5 0 0 0)" 'again: nothing is new'
is "$(db 'SELECT count(*) FROM media_references')" 4 'and nothing twice'
is "$(db "SELECT room_id, event_id, kind, origin, media_id, sender, ts FROM media_references WHERE media_id = 'two'")" \
	'!r:a|$2|encrypted|b|two|@u:a|2' 'what is kept'
is "$(db 'SELECT event_id, room_id, redacted_by FROM media_redactions')" '$1|!r:a|@u:a' 'who redacted'
is "$(tac "$TMP/events" | mxmedia-index -d "$TMP/other")" "$(summary 5 4 1 0)" 'the other way round'
is "$(sqlite3 "$TMP/other/mxpreview.db" 'SELECT * FROM media_references')" "$(db 'SELECT * FROM media_references')" 'comes out the same'
echo '{"user_id":"@u:a","avatar_url":"mxc://a/new"}' | index >/dev/null
is "$(db "SELECT media_id FROM media_references WHERE kind = 'profile_avatar'")" new 'a profile has one picture'

# the same events without their room, then with it, then without: the room is known
roomless() { mxmedia-index -q -d "$TMP/room" "$@" <"$TMP/bare"; }
of_room() { sqlite3 "$TMP/room/mxpreview.db" "SELECT room_id, event_id, media_id FROM media_references ORDER BY 2, 3"; }
jq -c 'select(.type) | del(.room_id)' "$TMP/events" >"$TMP/bare"
roomless >/dev/null
is "$(of_room | cut -d'|' -f1 | sort -u)" '' 'no room'
roomless --room '!r:a' >/dev/null
is "$(of_room)" '!r:a|$1|one
!r:a|$1|thumb
!r:a|$2|two' 'the row without a room gives way'
is "$(roomless | jq .references) $(of_room | wc -l)" '0 3' 'and does not come back'
is "$(roomless --room '!s:a' | jq .references) $(of_room | wc -l)" '3 6' 'another room is another one'

# names
{
	event 5 m.room.member '{"membership":"join","displayname":"New"}' ',"state_key":"@u:a"'
	event 4 m.room.member '{"membership":"join","displayname":"Old"}' ',"state_key":"@u:a"'
	event 6 m.room.member '{"membership":"invite","displayname":"Bad"}' ',"state_key":"@v:a"'
} >"$TMP/names"
mxmedia-index -d "$TMP/n" --server-name a "$TMP/names" >/dev/null
is "$(sqlite3 "$TMP/n/mxpreview.db" 'SELECT user_id, displayname FROM user_names')" '@u:a|New' 'the newest name that somebody chose'
mxmedia-index -d "$TMP/n2" --server-name b "$TMP/names" >/dev/null
is "$(sqlite3 "$TMP/n2/mxpreview.db" 'SELECT count(*) FROM user_names')" 0 'of our users only'

# forms
mkdir "$TMP/f"
jq -s '{messages: .}' "$TMP/events" >"$TMP/f/element"
jq -c -s . "$TMP/events" >"$TMP/f/list"
jq -c -s '{chunk: ., start: "x", end: "y"}' "$TMP/events" >"$TMP/f/page"
jq -c 'if .type then {event_id, room_id, json: (del(.event_id) | tojson)} else . end' "$TMP/events" >"$TMP/f/rows"
jq -c 'if .type then {event: .} else . end' "$TMP/events" >"$TMP/f/envelopes"
jq . "$TMP/events" >"$TMP/f/pretty"
sqlite3 :memory: -json "SELECT value ->> 'event_id' event_id, value ->> 'room_id' room_id, value json FROM json_each(readfile('$TMP/f/list')) WHERE value ->> 'type' IS NOT NULL" >"$TMP/f/sqlite"
jq -c '.[]' "$TMP/f/list" | tail -n 2 | head -n 1 >>"$TMP/f/sqlite"
for form in element list page rows envelopes pretty sqlite; do
	is "$(mxmedia-index -d "$TMP/form.$form" "$TMP/f/$form")" "$(summary 5 4 1 0)" "as $form"
	is "$(sqlite3 "$TMP/form.$form/mxpreview.db" 'SELECT * FROM media_references')" \
		"$(sqlite3 "$TMP/other/mxpreview.db" 'SELECT * FROM media_references')" "$form: the same references"
done
is "$(echo '{"type":"m.x","event_id":"$9","content":{"url":"mxc://a/b"}}' | index -n --room '!given:a' | jq -c '[.uri, .room_id]' | head -n 1)" \
	'["mxc://a/b","!given:a"]' '--room, and -n shows what is found'
is "$(db "SELECT count(*) FROM media_references WHERE room_id = '!given:a'")" 0 'which keeps nothing'
is "$(mxmedia-index -n -d "$TMP/no" "$TMP/events" | wc -l):$(ls "$TMP/no" 2>/dev/null)" 6: 'and makes no store'

# junk
{
	head -n 1 "$TMP/events"
	echo 'not JSON'
	echo '{"type":"m.room.message","content":{"url":'
	sed -n 2p "$TMP/events"
	echo '{"a":1}'
	printf '{"type":"x","content":{"url":"mxc://a/\377"}}\n'
	printf '[1,2]\n\0\n'
	sed -n 3p "$TMP/events"
} >"$TMP/junk"
out=$(mxmedia-index -d "$TMP/j" "$TMP/junk" 2>"$TMP/err")
is "$?:$out" "0:$(summary 3 3 1 7)" 'junk is passed over and counted'
like "$(cat "$TMP/err")" "junk: line 2: not the beginning of a value: not JSON" 'told with its line'
like "$(cat "$TMP/err")" 'junk: line 3: does not end before the next value begins: ' 'a line that was cut off costs only itself'
is "$(wc -l <"$TMP/err"):$(tail -n 1 "$TMP/err")" "6:mxmedia-index: $TMP/junk: more of that is only counted" 'only the first five'
is "$(mxmedia-index -v -d "$TMP/j" "$TMP/junk" 2>&1 >/dev/null | wc -l)" 7 'all with -v'
echo nothing | index >/dev/null 2>&1
is "$?" 1 'nothing but junk is exit 1'
is "$(index </dev/null)" "$(summary 0 0 0 0)" 'nothing at all is not'
yes '{"type":"x","content":{"a":"b' | head -n 20000 | index -q | json .junk | { read -r n; [ "$n" -eq 20000 ]; }
ok $? 'twenty thousand lines that are cut off'
head -c 3000000 /dev/zero | tr '\0' '[' | index -q | json .junk | { read -r n; [ "$n" -ge 1 ]; }
ok $? 'three million brackets'
head -c 3000000 /dev/zero | tr '\0' 'x' | index -q >/dev/null
is "$?" 1 'a line without an end'

# one export of many events, in little memory
python3 - >"$TMP/big" <<'PY'
import json
print('{"room_name": "x", "messages": [')
print(",\n".join(json.dumps({"type": "m.room.message", "room_id": "!big:a", "event_id": f"${i}", "sender": "@u:a", "origin_server_ts": i,
                             "content": {"url": f"mxc://a/{i % 5000}", "body": "x" * 500}}, indent=2) for i in range(30000)))
print('], "exported_by": "@u:a"}')
PY
limit=120000
(ulimit -v $limit && mxmedia-index --version) >/dev/null 2>&1 || limit=unlimited # sanitizers need more
out=$( (ulimit -v $limit && index "$TMP/big"))
is "$out" "$(summary 30000 30000 0 0)" 'an export of 24 MB in one document'

# a signal: what was read is kept
mkfifo "$TMP/fifo"
mxmedia-index -d "$TMP/sig" - <"$TMP/fifo" >"$TMP/sig.out" &
pid=$!
exec 8>"$TMP/fifo"
cat "$TMP/big" >&8
until [ "$(sqlite3 -readonly "$TMP/sig/mxpreview.db" 'SELECT count(*) > 0 FROM media_references' 2>/dev/null)" = 1 ]; do :; done
kill -TERM "$pid"
wait "$pid"
is "$?" 1 'a signal ends it'
exec 8>&-
is "$(json .references <"$TMP/sig.out")" "$(sqlite3 "$TMP/sig/mxpreview.db" 'SELECT count(*) FROM media_references')" 'what it had read is kept'

index "$TMP/events" >/dev/full 2>"$TMP/err"
is "$?" 1 'a full standard output'
for bad in '--room x' '--nothing' '--server-name /'; do
	# shellcheck disable=SC2086
	index $bad </dev/null >/dev/null 2>&1
	is "$?" 2 "wrong usage: $bad"
done
index "$TMP/events" "$TMP/nowhere" >"$TMP/out" 2>"$TMP/err"
is "$?:$(json .events <"$TMP/out")" 1:5 'a file that is missing; the others are read'

# on a terminal
if python3 -c 'import pty' 2>/dev/null; then
	python3 "$TOP/tests/helpers/on-terminal.py" "$BIN/mxmedia-index" -d "$S" "$TMP/big" >"$TMP/tty"
	like "$(tr '\r\033' '\n?' <"$TMP/tty" | tail -n 3)" '"events":30000' 'on a terminal: the line of progress goes, the summary stays'
else
	skip 'progress on a terminal' 'no pty'
fi
finish
