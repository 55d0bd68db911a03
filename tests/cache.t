#!/usr/bin/env bash
# mxpreview-cache: get, put, list, show, forget; crowds, kills and full disks.
. "$(dirname "$0")/lib.sh"
S=$TMP/store
cache() { mxpreview-cache -d "$S" "$@"; }
record() { # record URL [MEMBERS]
	printf '{"v":1,"url":"%s","docs":[{"rel":"page","url":"%s","type":"text/html","status":200,"media_id":"2026-11-21_abc%s","bytes":3,"sha256":"00","fetched_ts":5}],"og":{"og:title":"T"}%s}\n' \
		"$1" "$1" "$RANDOM$RANDOM" "${2:-}"
}

is "$(echo http://a/ | cache get)" '{"v":1,"url":"http://a/"}' 'what is not known passes unchanged'
record http://a/ >"$TMP/r"
out=$(cache put <"$TMP/r")
is "$?" 0 'put'
is "$(echo "$out" | json .og.\"og:title\")" T 'passes the record on'
out=$(echo '{"id":9,"url":"http://a/","other":1}' | cache get)
is "$(echo "$out" | jq -c '[.id, .other, .og, .cache.hit]')" '[9,1,{"og:title":"T"},true]' 'get answers and keeps what it does not know'
is "$(echo "$out" | cache put | jq -c .cache.hit)" true 'an answer from the cache is not put again'
is "$(cache list | wc -l)" 1 'one row'
is "$(cache show http://a/ | json .og.\"og:title\")" T 'show'
is "$(echo '{"url":"http://a/","ts":1}' | cache get | json .cache.hit)" true 'an older question gets the first answer after it'

# what was fetched for a preview is for those who say who they are, as an upload is
whose() { record http://whose/ | tee "$TMP/w" | mxpreview-cache "$@" -d "$S" put >/dev/null && mxmedia-get -d "$S" --info "$(json '.docs[0].media_id' <"$TMP/w")" | json .media_info.authenticated; }
echo 'enable_authenticated_media = false' >"$TMP/open.conf"
is "$(whose):$(whose -c "$TMP/open.conf")" true:false 'its media need a name, unless the owner says otherwise'
cache forget http://whose/ >/dev/null

record http://b/ ',"oembed":{"cache_age":7200}' | cache put >/dev/null
is "$(cache show http://b/ | jq '.expires_ts - .download_ts')" 7200000 "the provider's cache_age counts"
record http://b2/ ',"oembed":{"cache_age":0}' | cache put >/dev/null
is "$(cache show http://b2/ | jq '.expires_ts - .download_ts')" 60000 'but not below a minute'
record http://b3/ ',"oembed":{"cache_age":99999999999}' | cache put >/dev/null
is "$(cache show http://b3/ | jq '.expires_ts - .download_ts')" 86400000 'nor above max_ttl'

echo '{"url":"http://dead/","error":{"stage":"fetch","status":502,"errcode":"M_UNKNOWN","error":"dead"}}' | cache put >/dev/null
out=$(echo http://dead/ | cache get)
is "$(echo "$out" | jq -c '[.error.status, .error.error, .cache.hit]')" '[502,"dead",true]' 'a failure is remembered'
echo '{"url":"http://no/","error":{"stage":"fetch","status":403,"errcode":"M_UNKNOWN","error":"IP address blocked"}}' | cache put >/dev/null
is "$(echo http://no/ | cache get | jq 'has("error")')" false "what the owner's rules refuse is not"

is "$(cache forget http://a/)" '{"url":"http://a/","forgotten":1}' 'forget'
cache forget http://a/ >/dev/null 2>"$TMP/err"
is "$?" 1 'what is not there cannot be forgotten'
like "$(cat "$TMP/err")" '^mxpreview-cache: http://a/: not in the cache$' 'and is named'
cache show http://a/ >/dev/null 2>&1
is "$?" 1 'nor shown'

# by host and age
for u in http://x.example/1 http://sub.x.example/2 http://notx.example/3 http://[bad; do record "$u"; done | cache put >/dev/null
echo '{"url":"http://x.example/dead","error":{"stage":"fetch","status":502,"errcode":"M_UNKNOWN","error":"dead"}}' | cache put >/dev/null
is "$(cache --host x.example list | json .url | sort | tr '\n' ' ')" 'http://sub.x.example/2 http://x.example/1 ' 'list: a host and what is below it'
is "$(cache --host X.Example --failures list | jq -c '[.url, .failures]')" '["http://x.example/dead",1]' 'its failures'
is "$(cache --host x.example stat | jq -c '[.previews, .fresh, .failures]')" '[2,2,1]' 'stat: how many they are'
is "$(cache stat | jq -c '.previews >= 6 and .media >= 6 and .media_bytes >= 18')" true 'and all'
is "$(cache --host x.example show | json '.og["og:title"]' | wc -l)" 2 'show: all of a host'
is "$(cache --host x.example --older-than 1h list | wc -l):$(cache --host x.example --before 2100-01-01 list | wc -l)" 0:2 'older than that'
is "$(cache --before 2100-01-01T00:00:00.5+01:00 list | wc -l):$(cache --before 1 list | wc -l)" "$(cache list | wc -l):0" 'as RFC 3339 or in ms'
like "$(cache --host x.example --format table list | tr '\n' '|')" '^  age   left status url\|.*  200 http://sub.x.example/2\|' 'a table for people'
printf '{"v":1,"url":"http://evil.example/\\u001b[31m","docs":[{"rel":"page","url":"u"}],"og":{}}\n' | cache put >/dev/null
is "$(cache --host evil.example list | wc -l):$(cache --format table list | grep -c "$(printf '\033')")" 1:0 'in which a URL says nothing to the terminal'
is "$(cache --host x.example forget)" '{"forgotten":3}' 'forget: all of a host'
is "$(cache list | grep -c notx)" 1 'and nobody else'
for bad in '--host' '--before never list' '--format xml list' '--host x show y' 'forget' '--before 2025-13-01 list'; do
	# shellcheck disable=SC2086
	cache $bad </dev/null >/dev/null 2>&1
	is "$?" 2 "usage: '$bad'"
done

for bad in '' 'frob' 'get x' 'show' 'list y'; do
	# shellcheck disable=SC2086
	cache $bad </dev/null >/dev/null 2>&1
	is "$?" 2 "usage: '$bad'"
done
like "$(cache show 2>&1)" 'show takes URLs or a filter' 'what is missing is named'
cache list >/dev/full 2>"$TMP/err"
is "$?" 1 'a full device is an error'
like "$(cat "$TMP/err")" 'standard output: .*No space left' 'with its reason'
mxpreview-cache -d /proc/nowhere list >/dev/null 2>"$TMP/err"
is "$?" 1 'a store that cannot be made is an error'
out=$(printf 'http://c/\n{"broken\n{"v":1}\n' | cache get)
is "$(echo "$out" | jq -c '[.url, .error.status]' | tr '\n' ' ')" '["http://c/",null] ["",400] [null,400] ' 'a bad line gets its answer and does not end the batch'

# a crowd
pids=
for i in $(seq 32); do
	(for k in $(seq 20); do record "http://crowd/$i/$k"; done) >"$TMP/crowd.$i"
done
for i in $(seq 32); do
	cache put <"$TMP/crowd.$i" 2>>"$TMP/crowd.err" >/dev/null &
	pids="$pids $!"
done
bad=0
for p in $pids; do wait "$p" || bad=1; done
is "$bad" 0 'thirty-two writers at once'
is "$(cat "$TMP/crowd.err")" '' 'none complains'
is "$(cache list | grep -c crowd)" 640 'all rows are there'
is "$(sqlite3 "$S/mxpreview.db" 'PRAGMA integrity_check')" ok 'the database is sound'

# killed in the middle: what was passed on is there.  Anywhere, and in every third run behind the first that was.
acked=0
for i in $(seq 30); do
	(for k in $(seq 2000); do record "http://kill/$i/$k"; done) | mxpreview-cache -d "$S" put >"$TMP/acked.$i" 2>/dev/null &
	p=$!
	while [ $((i % 3)) -eq 0 ] && [ ! -s "$TMP/acked.$i" ] && kill -0 "$p" 2>/dev/null; do sleep 0.005; done
	perl -e 'select undef, undef, undef, rand 0.15'
	kill -9 "$p" 2>/dev/null
	wait "$p" 2>/dev/null
done
cache list | jq -r .url | sort >"$TMP/rows"
cat "$TMP"/acked.* | grep '}$' | jq -r .url 2>/dev/null | sort >"$TMP/acks"
acked=$(wc -l <"$TMP/acks")
ok "$((acked > 0 ? 0 : 1))" 'some rows were acknowledged before the kill'
is "$(comm -23 "$TMP/acks" "$TMP/rows" | wc -l)" 0 "30 kills: none of $acked acknowledged rows is lost"
is "$(sqlite3 "$S/mxpreview.db" 'PRAGMA integrity_check')" ok 'the database is sound'

# a full disk
if mkdir "$TMP/small" && mount -t tmpfs -o size=512k tmpfs "$TMP/small" 2>/dev/null; then
	S=$TMP/small/store
	record http://full/ | cache put >/dev/null
	status=0
	for ((i = 0; i < 2000 && status == 0; i++)); do
		last=http://full/$i
		record "$last" | cache put >"$TMP/out" 2>"$TMP/err"
		status=$?
	done
	is "$status" 75 'a full disk: try again later'
	like "$(cat "$TMP/err")" '^mxpreview-cache: .*[Nn]o space left' 'and it is named'
	is "$(json .error.status <"$TMP/out")" 503 'also in the record'
	is "$(echo http://full/ | cache get | json .cache.hit)" true 'what was there can still be read'
	is "$(echo "$last" | cache get | jq 'has("cache")')" false 'what was refused is not'
	mount -o remount,size=4m "$TMP/small"
	record "$last" | cache put >/dev/null
	is "$?" 0 'with room again it goes on'
	is "$(sqlite3 "$S/mxpreview.db" 'PRAGMA integrity_check')" ok 'and the database is sound'
	origin_start --root "$TMP"
	head -c 8m /dev/zero >"$TMP/small/fill" 2>/dev/null
	truncate -s -200K "$TMP/small/fill" # the database opens, the page has no room
	mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 "http://127.0.0.1:$PORT/big?n=2000000&type=text/html" >"$TMP/out"
	is "$?:$(json .error.status <"$TMP/out")" 75:503 'mxpreview, too, says that it may help to try again'
	like "$(json .error.error <"$TMP/out")" '^(store|database): [^:]*: No space left' 'and why'
	mxpreview -q -d "$S" --allow-ip 127.0.0.0/8 "http://127.0.0.1:$PORT/big?n=2000000&type=text/html" http:// >"$TMP/out"
	is "$?" 1 'but not if that does not help all'
	rm "$TMP/small/fill"
	mkdir "$TMP/small/ro" && mount -o remount,ro "$TMP/small"
	S=$TMP/small/ro/store cache list >/dev/null 2>"$TMP/err"
	is "$?" 1 'where nothing can be written it fails'
	like "$(cat "$TMP/err")" '^mxpreview-cache: .*Read-only file system$' 'and says why'
	umount -l "$TMP/small"
else
	skip 'a full disk' 'no tmpfs may be mounted here'
fi
cache get </dev/null # makes the store
(
	ulimit -f 0
	record http://limit/ | cache put 2>"$TMP/err" | json .error.status >"$TMP/out"
	exit "${PIPESTATUS[1]}"
)
is "$?" 75 'a limit of file sizes is a full disk'
finish
