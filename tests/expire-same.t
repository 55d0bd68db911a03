#!/usr/bin/env bash
# Is what a dry run lists what then goes, row by row and file by file, and what the answer says?
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/media-rows.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is needed"
mx() { mxmedia-expire -q -c "$TMP/conf" -d "$S" "$@"; }
printf 'local_media_lifetime = 30d\nremote_media_lifetime = 7d\nmax_store_size = 900\n' >"$TMP/conf"

# shown URL PAGE PICTURE [PAGE-BYTES]: a preview that may still be told, with its page and its picture.
shown() {
	[ "$(sql "SELECT count(*) FROM local_media_repository WHERE media_id = '$2'")" = 1 ] || fetched "$2" text/html 1 "${4:-10}"
	[ "$(sql "SELECT count(*) FROM local_media_repository WHERE media_id = '$3'")" = 1 ] || { fetched "$3" image/png 1 100 && thumb "$3"; }
	preview "$1" "$2" 5 5 '{"og:title":"T","og:image":"mxc://localhost/'"$3"'"}'
}
# Of every kind some that go and some that stay, whatever is asked for.
filled() {
	shown https://a.example/1 2026-05-05_pageone 2026-05-05_picone
	shown https://a.example/2 2026-05-05_pagetwo 2026-05-05_picone
	shown https://a.example/3 2026-05-05_pagetwo 2026-05-05_pictwo
	shown https://a.example/4 2026-05-05_pagebig 2026-05-05_picthree 200
	shown https://a.example/5 2026-05-05_pagelast 2026-05-05_gone
	rm "$S/url_cache/2026-05-05/gone"
	shown https://a.example/6 2026-05-05_pagelost 2026-05-05_picfour
	rm "$S/url_cache/2026-05-05/pagelost"
	preview https://a.example/7 2026-05-05_pagelost 5
	fetched 2026-01-01_old text/html 60
	preview https://b.example/1 2026-01-01_old -2
	preview https://b.example/2 2026-01-01_never -3
	fetched 2026-01-01_oldpic image/png 60 150
	thumb 2026-01-01_oldpic
	fetched 2026-01-01_bad image/png 60 50
	sql "UPDATE local_media_repository SET quarantined_by = '@m:localhost' WHERE media_id = '2026-01-01_bad';
	  INSERT INTO url_preview_failures (url, status, errcode, error, failed_ts, expires_ts) VALUES
	  ('https://f.example/', 502, 'M_UNKNOWN', 'x', 0, $((NOW - 25 * 3600000)))"
	upload AaaaOld 40 100
	upload BbbbYoung 1 100
	upload CcccSmall 40 10 @bob:localhost
	upload DdddBad 40 100 @bob:localhost "quarantined_by='@m:localhost'"
	upload EeeeLost 1 100
	rm "$S/$(local_path EeeeLost)"
	remote far.example m1 AbCdOne 40 100
	remote far.example m2 AbCdTwo 1 100
	file local_content/No/bo/dy 30
	find "$S" -name dy -exec touch -d '-2 days' {} +
}
rows() {
	sql "SELECT 'row ' || media_id FROM local_media_repository UNION ALL SELECT 'row ' || media_id FROM remote_media_cache
	  UNION ALL SELECT 'url ' || url FROM local_media_repository_url_cache UNION ALL SELECT 'url ' || url FROM url_preview_failures"
	find "$S" -mindepth 3 -type f -not -path "$S/*_thumbnails/*" -printf 'file %P\n'
}
# What a dry run lists; the upload whose file is lost is only told of, unless rows are to go; a preview
# of a page that is lost is told by the name of the page.
listed() {
	jq -r --argjson r "${rows:-false}" 'select(.kind // .flaw) | select(.flaw == null or .content_uri != "mxc://localhost/EeeeLost" or $r)
	  | (.content_uri // empty | "row " + split("/")[-1]), (select(.kind != "fetched") | .url // empty | "url " + .),
	  (select(.content_uri == "mxc://localhost/2026-01-01_never") | "url https://b.example/2"), (.path // empty | "file " + .)' |
		grep -v 'thumbnails/' | sort -u
}
# same WORD VERB...: both, and what differs before and after.
same() {
	local what=$1 copy=$TMP/copy.tar said
	shift
	tar -C "$S" -cf "$copy" .
	rows | sort >"$TMP/before"
	mx -n "$@" >"$TMP/dry" 2>"$TMP/dry.err"
	is "$(rows | sort)" "$(cat "$TMP/before")" "$what: a dry run changes nothing"
	mx "$@" >"$TMP/done" 2>/dev/null
	rows | sort | comm -23 "$TMP/before" - >"$TMP/gone"
	# files that were lost before cannot go
	is "$(listed <"$TMP/dry" | comm -12 - "$TMP/before")" "$(cat "$TMP/gone")" "$what: what is listed goes, and nothing else"
	is "$(jq -c 'select(.kind or .flaw | not) | del(.. | .dry_run?, .directories?, .files?)' "$TMP/dry" | jq -c "${totals:-.}")" \
		"$(jq -c 'del(.. | .directories?, .files?)' "$TMP/done" | jq -c "${totals:-.}")" "$what: the counts are the same"
	like "$(wc -l <"$TMP/gone")" '^[1-9]' "$what: something went"
	said=$(jq -r '.deleted_media // empty | .[] | split("/")[-1]' "$TMP/done" | sort)
	[ -z "$said" ] || is "$said" "$(sed -n 's/^row //p' "$TMP/gone")" "$what: all that went is in the answer"
	is "$(sql "SELECT count(*) FROM local_media_repository_url_cache WHERE json_extract(og, '$.\"og:image\"') IS NOT NULL AND NOT EXISTS
	  (SELECT 1 FROM local_media_repository m WHERE og LIKE '%/' || m.media_id || '%')")" 0 "$what: no preview shows what is gone"
	find "$S" -mindepth 1 -delete
	tar -C "$S" -xf "$copy"
}

store_make
filled
same previews previews
totals=.total
same "local, pictures" --before 0s --size-gt 50 local
same "local, all" --before 0s local
same user user @bob:localhost
same "by name" delete 2026-05-05_picone mxc://far.example/m1 2026-05-05_pagelost 2026-05-05_picone
is "$(tail -n 1 "$TMP/dry" | jq -c '[.total, .previews]') $(wc -l <"$TMP/done")" "[4,4] 1" "previews that go along are counted, too"
totals=.
same remote --before 3d remote
same retention retention
same budget --keep 300 budget
same "budget, uploads" --local --keep 0 budget
same orphans orphans
rows=true
same "orphans, rows" --rows --grace 1h orphans
rows=false
same all all

# more than one batch, each picture of which takes two previews and their pages along
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
  INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, url_cache)
  SELECT printf('2026-06-06_page%04d', i), 'text/html', 10, $NOW - 5, 'x' FROM n UNION ALL
  SELECT printf('2026-06-06_shot%04d', i), 'image/png', 5000, $NOW - 5, 'y' FROM n WHERE i <= 350;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
  INSERT INTO local_media_repository_url_cache (url, response_code, expires_ts, og, media_id, download_ts, error_ts)
  SELECT 'https://m.example/' || i, 200, $((NOW + DAY)), printf('{\"og:image\":\"mxc://localhost/2026-06-06_shot%04d\"}', (i + 1) / 2),
  printf('2026-06-06_page%04d', i), $NOW, $((NOW + DAY)) FROM n"
totals=.total
same "many" --before 0s --size-gt 4K local
is "$(jq .total "$TMP/done") $(jq -c 'select(.dry_run) | [.total, .previews]' "$TMP/dry")" "1050 [1050,700]" "pages beside pictures"
totals=.
same "many, by a budget" --keep 1000000 budget
finish
