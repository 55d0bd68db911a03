#!/usr/bin/env bash
# mxmedia-stat: what is counted is what is there, as the admin API tells it; three formats.
. "$(dirname "$0")/lib.sh"
S=$TMP/store
stat() { mxmedia-stat -d "$S" "$@"; }
day=86400000
now=$(date +%s)000
mxmedia-index -q -d "$S" </dev/null >/dev/null # makes the store
# local ID USER LENGTH AGE [URL_CACHE QUARANTINED PROTECTED]
local_row() {
	printf "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, upload_name, user_id, url_cache, quarantined_by, safe_from_quarantine) VALUES ('%s', 'image/png', %s, %s, 'n-%s', %s, %s, %s, %s);\n" \
		"$1" "$3" $((now - $4 * day)) "$1" "$2" "${5:-NULL}" "${6:-NULL}" "${7:-0}"
}
{
	local_row up1 "'@alice:a'" 1000 0
	local_row up2 "'@alice:a'" 2000 10
	local_row up3 "'@bob_:a'" 4000 400 NULL "'@mod:a'"
	local_row up4 "'@bob_:a'" 8000 50 NULL NULL 1
	local_row wait "'@carol:a'" NULL 0
	local_row 2026-11-21_cached NULL 16 2 "'http://x/'"
	local_row 2026-11-21_hers "'@alice:a'" 32 2 "'http://y/'"
	# shellcheck disable=SC2028
	echo "INSERT INTO remote_media_cache (media_origin, media_id, media_length, created_ts, last_access_ts, filesystem_id) VALUES
		('b', 'r1', 100, 5, $now, 'f1'), ('b', 'r2', 200, 5, $now, 'f2'), ('c', 'r1', 5000, 5, 6, 'f3'), ('q\"\\', 'r', NULL, 5, 6, 'f4');"
	echo "INSERT INTO local_media_repository_thumbnails VALUES ('up1', 32, 32, 'image/png', 'crop', 7), ('up1', 96, 96, 'image/png', 'crop', 8);"
	echo "INSERT INTO remote_media_cache_thumbnails VALUES ('b', 'r1', 32, 32, 'crop', 'image/png', 9, 'f1');"
	echo "INSERT INTO blocked_media VALUES ('', 'x', 1, NULL, NULL); INSERT INTO blocked_hashes VALUES ('ab', 1, NULL, NULL);"
	echo "INSERT INTO user_names VALUES ('@alice:a', 'Zoë 100%', 1), ('@bob_:a', NULL, 1), ('@nobody:a', 'No media', 1);"
	echo "INSERT INTO media_references VALUES ('!r', 1, '\$e', 'content', 'a', 'up1', '@alice:a');"
} | sqlite3 "$S/mxpreview.db"

out=$(stat)
is "$(jq -c '[.upload, .url_cache, .remote] | map([.count, .bytes])' <<<"$out")" '[[5,15000],[2,48],[4,5300]]' 'each medium is an upload, of a preview, or remote'
is "$(jq -c '[.quarantined, .protected, .local_thumbnails, .remote_thumbnails] | map([.count, .bytes])' <<<"$out")" \
	'[[1,4000],[1,8000],[2,15],[1,9]]' 'what else they are; thumbnails'
is "$(jq -c '[.pending, .blocked_media, .blocked_hashes, .references] | map(.count)' <<<"$out")" '[1,1,1,1]' 'pending, blocked, referred to'
is "$(jq -c '.last_used | map([.within, .count, .bytes])' <<<"$out")" \
	'[["1d",4,1300],["7d",2,48],["30d",1,2000],["90d",1,8000],["1y",0,0],[null,3,9000]]' 'by age: whatever was later, put or served'
is "$(stat kinds)" "$out" 'kinds is the default'

# origins
is "$(stat origins | jq -c '[.origin, .count, .bytes]' | tr '\n' ' ')" '["c",1,5000] ["b",2,300] ["q\"\\",1,0] ' 'origins by bytes'
is "$(stat --order-by count --limit 1 origins | json .origin)" b 'or by count'

# users, as in the admin API
is "$(stat users)" '{"users":[{"user_id":"@alice:a","displayname":"Zoë 100%","media_count":3,"media_length":3032},{"user_id":"@bob_:a","displayname":null,"media_count":2,"media_length":12000},{"user_id":"@carol:a","displayname":null,"media_count":1,"media_length":null}],"total":3}' \
	'users: by id; previews and what is pending count'
names() { stat "$@" users | jq -c '[([.users[].user_id[1:2]] | join("")), .total, .next_token]'; }
is "$(names --order-by media_length)" '["cab",3,null]' 'by length: none first'
is "$(names --order-by media_length --dir b)" '["bac",3,null]' 'backwards: none last'
is "$(names --order-by media_count --dir b)" '["abc",3,null]' 'by count'
is "$(names --order-by displayname)" '["bca",3,null]' 'by displayname: none first, then by id'
is "$(names --limit 2)" '["ab",3,2]' 'a page tells where the next one begins'
is "$(names --limit 2 --from 2)" '["c",3,null]' 'and the last one does not'
is "$(names --limit 1 --from 1)" '["b",3,2]' 'in the middle'
is "$(names --from 9)" '["",3,null]' 'behind the end'
is "$(names --limit 0)" '["",3,null]' 'a page of none has no next one'
is "$(names --from-ts 20d)" '["ac",2,null]' 'since'
is "$(names --until-ts 20d)" '["b",1,null]' 'until'
is "$(names --from-ts 60d --until-ts 5d)" '["ab",2,null]' 'between'
is "$(names --search-term LIC)" '["a",1,null]' 'what stands in the name'
is "$(names --search-term zo)" '["a",1,null]' 'or the displayname'
is "$(names --search-term %)" '["a",1,null]' 'a per cent sign is one'
is "$(names --search-term _)" '["b",1,null]' 'so is an underscore'
is "$(names --search-term :a)" '["",0,null]' 'the server is not searched'
is "$(names --search-term \\)" '["",0,null]' 'a backslash'
for bad in '--order-by name users' '--dir x users' '--limit -1 users' '--limit x users' '--from-ts 1 --until-ts 1 users' \
	'--from-ts never users' '--search-term x kinds' 'user' 'user x' 'user @a:b c' 'what' 'kinds x' '--format xml' \
	'--format prometheus user @a:b' '--order-by media_id origins' '--from 99999999999999999999 users' '--from 1 origins'; do
	# shellcheck disable=SC2086
	stat $bad >"$TMP/out" 2>"$TMP/err"
	is "$?:$(cat "$TMP/out")" 2: "wrong usage: $bad"
done
is "$(stat --format table --limit 1 --order-by created_ts user @bob_:a | head -n 1 | xargs)" 'media id type put bytes' "a user's media have a day"
mxmedia-stat -d "$TMP/typo" >"$TMP/out" 2>"$TMP/err"
is "$?:$(cat "$TMP/out" "$TMP/err"):$(ls -d "$TMP/typo" 2>/dev/null)" "1:mxmedia-stat: $TMP/typo: no store is there:" 'a store that is not there is not made'
stat --from-ts 1795283613 users 2>"$TMP/err"
is "$?:$(grep -c 'is it in seconds' "$TMP/err")" 2:1 'a time in seconds is told'
stat --search-term '' users 2>"$TMP/err"
like "$(cat "$TMP/err")" 'search_term cannot be an empty string' 'an empty search is none'
stat --order-by x users 2>"$TMP/err"
like "$(cat "$TMP/err")" "must be one of \['user_id', 'displayname', 'media_length', 'media_count'\]" 'what may be asked for is told'

# media of one user
is "$(stat user @alice:a | jq -c '[[.media[].media_id], .total]')" '[["up1","2026-11-21_hers","up2"],3]' 'of one user: the newest first'
is "$(stat --dir f user @alice:a | jq -c '[.media[].media_id]')" '["up2","2026-11-21_hers","up1"]' 'unless a direction is asked for'
is "$(stat --order-by media_length user @alice:a | jq -c '[.media[].media_id]')" '["2026-11-21_hers","up1","up2"]' 'or an order'
is "$(stat --order-by media_type --dir b user @alice:a | jq -c '[.media[].media_id]')" '["2026-11-21_hers","up1","up2"]' 'what is equal comes by id, also backwards'
is "$(stat --limit 1 user @bob_:a | jq -c '[.media[0], .next_token]')" \
	'[{"media_id":"up4","media_type":"image/png","media_length":8000,"upload_name":"n-up4","created_ts":'$((now - 50 * day))',"url_cache":null,"last_access_ts":null,"quarantined_by":null,"safe_from_quarantine":true,"user_id":"@bob_:a","authenticated":false,"sha256":null},1]' \
	'an item has the members of the admin API, in their order'
is "$(stat user @nobody:a)" '{"media":[],"total":0}' 'nobody has none'

# formats
like "$(stat --format table)" '^kind +count +bytes' 'a table'
like "$(stat --format table)" 'upload +5 +15K' 'with sizes that people read'
like "$(stat --format table users | tr '\n' '|')" '@bob_:a +- +2 +12K' 'of users'
like "$(stat --format table user @alice:a | tr '\n' '|')" '^media id +type +put +bytes\|up1 ' 'of media'
like "$(stat --format prometheus)" '^mxmedia_media_bytes\{kind="upload"\} 15000$' 'for Prometheus'
is "$(stat --format prometheus | grep -c '^# TYPE')" 4 'each metric has its type once'
like "$(stat --format prometheus origins)" '^mxmedia_origin_count\{origin="q\\"\\\\"\} 1$' 'a label is escaped'
is "$(stat --format prometheus | grep -vcE '^(# (HELP|TYPE) |mxmedia_[a-z_]+\{[a-z]+="[^"]*"\} [0-9]+$)')" 0 'nothing else is in it'
sqlite3 "$S/mxpreview.db" "UPDATE user_names SET displayname = 'x' || char(27) || '[31m' || char(8238) WHERE user_id = '@bob_:a'"
stat --format table users | grep -q "$(printf '\033')"
is "$?" 1 'a name says nothing to the terminal'

# a terminal: bars, with colour unless NO_COLOR
tty() { TERM=xterm COLUMNS=100 python3 "$TOP/tests/helpers/on-terminal.py" "$BIN/mxmedia-stat" -d "$S"; }
if python3 -c 'import pty' 2>/dev/null; then
	tty >"$TMP/tty"
	like "$(cat "$TMP/tty")" '██████' 'bars on a terminal'
	grep -q "$(printf '\033\\[36m')" "$TMP/tty"
	ok $? 'in colour'
	NO_COLOR=1 tty >"$TMP/tty"
	grep -q "$(printf '\033')" "$TMP/tty"
	is "$?" 1 'without it if NO_COLOR is set'
	is "$(($(tr -d '\r' <"$TMP/tty" | LC_ALL=C.UTF-8 wc -L) <= 100))" 1 'no line is longer than the screen'
else
	skip 'bars' 'no pty'
fi
stat >/dev/full 2>"$TMP/err"
is "$?" 1 'a full standard output'
finish
