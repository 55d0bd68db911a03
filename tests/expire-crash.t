#!/usr/bin/env bash
# Killed anywhere, or beside others: is there ever a row without its file, or a file that is never found again?
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/media-rows.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is needed"
mx() { mxmedia-expire -d "$S" "$@"; }
flaws() { mxmedia-check -d "$S" --grace 0 | jq -r 'select(.flaw).flaw' | sort | uniq -c | xargs; }

# many uploads and pages of previews, made at once; a third of them is due
many() { # many FIRST LAST
	local i
	mkdir -p "$S/url_cache/2026-01-01"
	for ((i = 10; i < 19; i++)); do [ -d "$S/local_content/Up/$i" ] || mkdir -p "$S/local_content/Up/$i"; done
	for ((i = $1; i <= $2; i++)); do
		printf '%010d' "$i" >"$S/local_content/Up/$((i % 9 + 10))/load$i"
		printf '%010d' "$i" >"$S/url_cache/2026-01-01/page$i"
	done
	sql "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) INSERT INTO local_media_repository
	  (media_id, media_type, media_length, created_ts, user_id) SELECT 'Up' || (i % 9 + 10) || 'load' || i, 'text/plain', 10, CASE WHEN i % 3 = 0 THEN 1 ELSE $NOW END, '@a:localhost' FROM n;
	  WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) INSERT INTO local_media_repository
	  (media_id, media_type, media_length, created_ts, url_cache) SELECT '2026-01-01_page' || i, 'text/html', 10, $NOW, 'x' FROM n;
	  WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) INSERT INTO local_media_repository_url_cache
	  (url, response_code, expires_ts, og, media_id, download_ts) SELECT 'https://example.org/' || i, 200, CASE WHEN i % 3 = 0 THEN 1 ELSE $((NOW + DAY)) END, '{}', '2026-01-01_page' || i, 1 FROM n"
}
store_make
killed=0 dangling=
for round in 1 2 3 4 5; do
	many "$((round * 1000))" "$((round * 1000 + 299))"
	for verb in '--before 30d local' previews; do
		# shellcheck disable=SC2086
		mxmedia-expire -q -d "$S" $verb >/dev/null &
		p=$!
		perl -e 'select undef, undef, undef, rand 0.02'
		kill -9 "$p" 2>/dev/null && killed=$((killed + 1))
		wait "$p" 2>/dev/null
	done
	dangling+=$(mxmedia-check -d "$S" | jq -r 'select(.flaw).flaw')
done
is "$dangling" "" "no row without its file after $killed kills"
ok "$((killed > 0 ? 0 : 1))" "some were killed"
mx -q --before 30d local >/dev/null && mx -q previews >/dev/null && mx -q --grace 0 orphans >/dev/null
is "$(flaws)" "" "the next run finds what was left behind"
is "$(files) $(count local_media_repository)" "2000 2000" "all that was not due is there, file and row"
is "$(sql 'PRAGMA integrity_check')" ok "the database is sound"

# a signal ends it between two batches
many 20000 20999
mxmedia-expire -d "$S" -v --before 30d local >"$TMP/out" 2>"$TMP/err" &
p=$!
while [ ! -s "$TMP/err" ] && kill -0 "$p" 2>/dev/null; do :; done
kill -TERM "$p" 2>/dev/null
wait "$p"
status=$?
like "$status" '^[01]$' "a signal ends it in order"
is "$(jq '.total == (.deleted_media | length)' "$TMP/out")" true "what it has printed is whole"
is "$(mxmedia-check -d "$S" | tail -n 1 | jq .found)" 0 "and so is the store"

# beside previews that are made anew all the time, of pages that are over at once
rm -rf "$S"
mkdir "$TMP/site"
"$BIN/tests/mkimage" jpeg 64x64 >"$TMP/site/a.jpg" 2>/dev/null || printf 'GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377!\371\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;' >"$TMP/site/a.jpg"
for i in 1 2 3 4 5 6; do printf '<title>P%d</title><meta property="og:image" content="/a.jpg">' "$i" >"$TMP/site/$i.html"; done
origin_start --root "$TMP/site"
cat >"$TMP/conf" <<'CONF'
allow_ip = 127.0.0.0/8
url_preview_image_lifetime = 1h
min_ttl = 0
ttl = 0
max_ttl = 0
stale_if_error = 0
stale_while_revalidate = 0
CONF
urls=$(for ((i = 0; i < 60; i++)); do printf 'http://127.0.0.1:%s/%d.html\n' "$PORT" "$((i % 6 + 1))"; done)
mkdir "$S"
mxpreview -c "$TMP/conf" -d "$S" -j 4 <<<"$urls" >"$TMP/previews" 2>/dev/null &
p=$!
runs=0
while kill -0 "$p" 2>/dev/null; do
	mx -q -c "$TMP/conf" previews >/dev/null || echo failed >>"$TMP/failed"
	runs=$((runs + 1))
done
wait "$p"
is "$? $(jq -r '."og:title" // "none"' "$TMP/previews" | sort -u | xargs)" "0 P1 P2 P3 P4 P5 P6" "previews are answered while $runs expiries run beside them"
[ ! -e "$TMP/failed" ]
ok $? "and none of these fails"
mx -q -c "$TMP/conf" previews >/dev/null
is "$(mxmedia-check -d "$S" | jq -r 'select(.flaw).flaw' | sort -u | xargs)" "" "no row names a file that is gone"
finish
