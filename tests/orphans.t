#!/usr/bin/env bash
# Do files and rows that do not find each other go, and only those?
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/media-rows.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is needed"
mx() { mxmedia-expire -d "$S" "$@"; }
tree() { (cd "$S" && find . -path ./mxpreview.db\* -prune -o -path ./sweep.lock -prune -o -path ./reserve -prune -o -print | sort); }

# a store in order
store_make
upload AaaaUpload 5 100
thumb AaaaUpload
remote far.example m1 AbCdRemoteOne 3 100
fetched 2026-01-01_page text/html 1
fetched 2026-01-01_picture image/png 1
thumb 2026-01-01_picture
sql "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, url_cache) VALUES ('oldfetchedid', 'text/html', 10, $NOW, 'x')"
file url_cache/ol/df/etchedid 10
sql "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, url_cache) VALUES ('2026-01-03-other', 'text/html', 7, $NOW, 'x')"
file url_cache/2026-01-03/other 7
sql "INSERT INTO remote_media_cache_thumbnails VALUES ('far.example', 'm1', 32, 32, 'crop', 'image/png', 4, 'AbCdRemoteOne')"
file remote_thumbnail/far.example/Ab/Cd/RemoteOne/32-32-image-png 4
: >"$S/local_thumbnails/Aa/aa/Upload/.mark-still"
sql "INSERT INTO local_media_repository (media_id, created_ts, user_id) VALUES ('Reserved01', $NOW, '@a:localhost')"
mkdir -p "$S/url_cache/robots"
printf 'robots 1 0 0 http://x\n' >"$S/url_cache/robots/abc"
before=$(tree)
out=$(mx --grace 0 orphans 2>&1)
is "$(jq -c 'del(.files)' <<<"$out")" '{"media":7,"directories":0,"bytes":0}' "in a store in order nothing is found"
is "$(tree)" "$before" "and nothing goes"

# ---- files without rows
file local_content/Or/ph/anUpload 100
file local_thumbnails/Or/ph/anUpload/32-32-image-jpeg-crop 5
file local_thumbnails/Aa/aa/Upload/96-96-image-jpeg-crop 5
file remote_content/gone.example/Or/ph/anRemote 100
file url_cache/2026-01-01/orphan 50
file url_cache/2025-12-31/alone 50
file url_cache_thumbnails/2026-01-01/orphan/32-32-image-jpeg-crop 5
file url_cache/2026-01-01/.tmp-half 5
file url_cache/robots/.tmp-half 5
mkdir -p "$S/local_content/Em/pt"
file strange.txt 3
file local_content/strange 3
file remote_content/far.example/Ab/Cd/deep/er/still 3
ln -s /etc/passwd "$S/url_cache/2026-01-01/link"
is "$(mx orphans 2>/dev/null | jq -c 'del(.files)')" '{"media":7,"unknown_file":4,"directories":2,"bytes":0}' "what is young is left alone"
is "$(there local_content/Or/ph/anUpload) $(there url_cache/2026-01-01/.tmp-half) $(there local_content/Em)" "there there gone" "but an empty directory holds nothing"
is "$(mx -n --grace 0 orphans | jq -r 'select(.flaw) | [.flaw, .path, .mended] | join(" ")' | sort)" "file_without_row local_content/Or/ph/anUpload false
file_without_row remote_content/gone.example/Or/ph/anRemote false
file_without_row url_cache/2025-12-31/alone false
file_without_row url_cache/2026-01-01/orphan false
leftover url_cache/2026-01-01/.tmp-half false
leftover url_cache/robots/.tmp-half false
thumbnail_without_row local_thumbnails/Aa/aa/Upload/96-96-image-jpeg-crop false
thumbnail_without_row local_thumbnails/Or/ph/anUpload/32-32-image-jpeg-crop false
thumbnail_without_row url_cache_thumbnails/2026-01-01/orphan/32-32-image-jpeg-crop false
unknown_file local_content/strange false
unknown_file remote_content/far.example/Ab/Cd/deep false
unknown_file strange.txt false
unknown_file url_cache/2026-01-01/link false" "a dry run tells them all"
out=$(mx --grace 0 orphans 2>"$TMP/err")
is "$(jq -c 'del(.files)' <<<"$out")" '{"media":7,"file_without_row":4,"leftover":2,"thumbnail_without_row":3,"unknown_file":4,"directories":10,"bytes":325}' "they go"
is "$(grep -c unknown_file "$TMP/err")" 4 "what is not the store's is only told"
is "$(tree | grep -v -e strange -e deep -e link)" "$before" "the rest is as it was"
rm -rf "$S/strange.txt" "$S/local_content/strange" "$S/remote_content/far.example/Ab/Cd/deep" "$S/url_cache/2026-01-01/link"

# ---- a put that is under way
file local_content/Or/ph/anUpload 100
python3 - "$S/sweep.lock" "$TMP/held" "$TMP/go" <<'PY' &
import fcntl, struct, sys, time, os
f = open(sys.argv[1], "r+")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 1, 1, 0))
open(sys.argv[2], "w").close()
while not os.path.exists(sys.argv[3]): time.sleep(0.01)
PY
holder=$!
PIDS="$PIDS $holder"
mkfifo "$TMP/never"
exec 8<>"$TMP/never"
while [ ! -e "$TMP/held" ]; do read -rt 0.02 <&8 || :; done
out=$(mx --grace 0 orphans 2>&1 >/dev/null)
is "$? $(there local_content/Or/ph/anUpload)" "75 there" "nothing is taken for an orphan while an upload is under way"
like "$out" 'uploads are going on' "that is said"
: >"$TMP/go"
wait "$holder"
is "$(mx --grace 0 orphans | jq .file_without_row)" 1 "afterwards it is one"

# ---- rows without files
upload BbbbLost 5 100
upload CcccShort 5 100
rm "$S/$(local_path BbbbLost)"
printf x >"$S/$(local_path CcccShort)"
remote far.example m2 AbCdRemoteTwo 3 100
rm "$S/$(remote_path far.example AbCdRemoteTwo)"
remote far.example m3 AbCdRemoteBad 3 100
rm "$S/$(remote_path far.example AbCdRemoteBad)"
sql "UPDATE remote_media_cache SET quarantined_by = '@m:localhost' WHERE media_id = 'm3'"
fetched 2026-01-01_short text/html 1
printf x >"$S/url_cache/2026-01-01/short"
preview https://short.example/ 2026-01-01_short 1
rm "$S/url_cache_thumbnails/2026-01-01/picture/32-32-image-jpeg-crop"
sql "INSERT INTO local_media_repository_thumbnails VALUES ('nobody', 1, 1, 'image/png', 'crop', 1);
  INSERT INTO remote_media_cache_thumbnails VALUES ('x.example', 'nobody', 1, 1, 'crop', 'image/png', 1, 'nobody');
  INSERT INTO url_preview_images VALUES ('https://i.example/', '', 'nobody', 1, '{}')"
preview https://loose.example/ 2026-01-01_nobody 1
preview https://bare.example/ '' 1 1 '{"og:image":"mxc://localhost/2026-01-01_nobody"}'
preview https://fine.example/ '' 1 1 '{"og:image":"mxc://localhost/2026-01-01_picture"}'
is "$(mx orphans 2>/dev/null | jq -c 'del(.files, .directories)')" '{"media":12,"row_without_file":3,"wrong_length":2,"thumbnail_without_file":1,"thumbnail_without_medium":2,"picture_without_medium":1,"preview_without_medium":1,"preview_without_picture":1,"bytes":110}' "all are found"
is "$(sql "SELECT media_id FROM local_media_repository WHERE media_id IN ('BbbbLost', 'CcccShort', '2026-01-01_short') UNION ALL SELECT media_id FROM remote_media_cache WHERE media_id IN ('m2', 'm3')" | xargs)" "BbbbLost CcccShort m3" "what can be had again goes; uploads and what is quarantined stay"
is "$(sql "SELECT url FROM local_media_repository_url_cache")" "https://fine.example/" "no preview names what is gone"
is "$(sql "SELECT count(*) FROM local_media_repository_thumbnails") $(sql "SELECT count(*) FROM remote_media_cache_thumbnails")" "1 1" "nor thumbnails"
is "$(mx --rows orphans 2>/dev/null | jq -c '[.row_without_file, .wrong_length]')" "[2,1]" "uploads lose their row only if they are to"
is "$(sql "SELECT media_id FROM local_media_repository WHERE media_id IN ('BbbbLost', 'CcccShort')")" CcccShort "and their file is gone altogether"

# ---- once a day
is "$(mx all 2>/dev/null | jq -c 'has("orphans")')" false "a timer looks once a day"
sql "UPDATE store_state SET value = value - 86400001 WHERE name = 'orphans'"
is "$(mx all 2>/dev/null | jq -c 'has("orphans")')" true "then again"
mkdir "$TMP/elsewhere"
mv "$S/url_cache" "$TMP/elsewhere/" && ln -s "$TMP/elsewhere/url_cache" "$S/url_cache"
file url_cache/2026-01-01/orphan 50
is "$(mx --grace 0 orphans 2>/dev/null | jq -c '[.file_without_row, .unknown_file]')" "[1,null]" "a folder may be a link to another disk"

# ---- a database that was lost
find "$S/local_content" "$S/remote_content" -type f -exec touch -d '1 hour ago' {} +
rm "$S"/mxpreview.db*
file local_content/Ne/we/rThanTheDatabase 7
store_make
out=$(mx --grace 0 orphans 2>"$TMP/err")
is "$? $(jq .older_than_database <<<"$out")" "1 $(find "$S/local_content" "$S/remote_content" -type f | wc -l)" "what is older than the database is told"
is "$(there "$(local_path AaaaUpload)") $(there local_content/Ne/we/rThanTheDatabase)" "there gone" "and stays"
like "$(cat "$TMP/err")" "has it been lost" "and why"

# an upload that takes its time is neither in the way nor taken for a leftover
mkfifo "$TMP/slow"
mxmedia-put -d "$S" --no-thumbnails - <"$TMP/slow" >"$TMP/uri" 2>"$TMP/err" &
put=$!
exec 8>"$TMP/slow"
head -c 200000 /dev/zero >&8 # more than waits in memory: it has a file
until find "$S/local_content" -name '.tmp-*' | grep -q .; do read -rt 0.01 <> <(:) || :; done
mx --grace 1h orphans >"$TMP/out" 2>>"$TMP/err"
is $? 0 'a sweep does not wait for an upload that is under way'
printf over >&8
exec 8>&-
wait $put
is "$?/$(mxmedia-get -d "$S" "$(json .content_uri <"$TMP/uri")" | wc -c)" 0/200004 'which comes in whole'
finish
