#!/usr/bin/env bash
# Does mxmedia-check see what is wrong with a store, and mend what can be mended?
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/media-rows.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is needed"
check() { mxmedia-check -d "$S" "$@"; }
flaws() { jq -r 'select(.flaw) | [.flaw, .content_uri // .path // .url // .text // ""] | join(" ")' | sort; }

store_make
out=$(check)
is "$? $out" '0 {"media":0,"files":0,"flaws":{},"found":0,"mended":0}' "an empty store is sound"
upload AaaaUpload 5 100
sql "UPDATE local_media_repository SET sha256 = '$(hash_of "$(local_path AaaaUpload)")'"
thumb AaaaUpload
remote far.example m1 AbCdRemoteOne 3 100
sql "UPDATE remote_media_cache SET sha256 = '$(hash_of "$(remote_path far.example AbCdRemoteOne)")'"
out=$(check --deep)
is "$? $(jq -c '[.media, .files, .found]' <<<"$out")" "0 [2,3,0]" "so is one with media, also when they are read"

printf '%0100d' 7 >"$S/$(local_path AaaaUpload)"
is "$(check | flaws)" "" "bytes that changed are not seen by their length"
is "$(check --deep | flaws)" "wrong_content mxc://localhost/AaaaUpload" "but by their hash"
rm "$S/$(local_path AaaaUpload)"
file local_content/Or/ph/anUpload 10
upload BbbbBad 5 10 @alice:localhost "quarantined_by='@m:localhost'"
sql "INSERT INTO quarantined_media_changes (origin, media_id, quarantined, change, ts) VALUES (NULL, 'CcccBad', 1, 'quarantine', 1)"
upload CcccBad 5 10 @alice:localhost "quarantined_by='@m:localhost'"
preview https://loose.example/ 2026-01-01_nobody 1
chmod o+rx "$S"
before=$(sql .dump | sha256sum)
out=$(check --grace 0)
is "$?" 1 "flaws are a failure"
is "$(flaws <<<"$out")" "file_without_row local_content/Or/ph/anUpload
open_to_all .
preview_without_medium mxc://localhost/2026-01-01_nobody
quarantine_without_log mxc://localhost/BbbbBad
row_without_file mxc://localhost/AaaaUpload" "each on its line"
is "$(tail -n 1 <<<"$out" | jq -c '[.found, .mended]')" "[5,0]" "last how many they are"
is "$(sql .dump | sha256sum) $(there local_content/Or/ph/anUpload)" "$before there" "nothing is changed"
is "$(check | flaws | grep -c file_without_row)" 0 "a young file is none yet"
out=$(check --repair --grace 0)
is "$? $(tail -n 1 <<<"$out" | jq -c '[.found, .mended]')" "1 [5,3]" "what can be mended is"
is "$(jq -r 'select(.flaw and (.mended | not)) | .content_uri' <<<"$out" | sort | xargs)" "mxc://localhost/AaaaUpload mxc://localhost/BbbbBad" "the rest is left to people"
is "$(check --grace 0 | tail -n 1 | jq -c .found)" 2 "and stays to be seen"

# a page of the database is broken
cp -r "$S" "$TMP/broken"
sqlite3 "$TMP/broken/mxpreview.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
root=$(sqlite3 "$TMP/broken/mxpreview.db" "SELECT rootpage FROM sqlite_master WHERE name = 'local_media_repository_sha256'")
printf 'garbage garbage' | dd of="$TMP/broken/mxpreview.db" bs=1 seek=$(((root - 1) * 4096)) conv=notrunc 2>/dev/null
out=$(mxmedia-check -d "$TMP/broken" 2>/dev/null)
is "$? $(flaws <<<"$out" | grep -c '^database')" "1 $(flaws <<<"$out" | grep -c '^database')" "a broken page fails"
like "$(flaws <<<"$out")" '^database ' "the database says so itself"

out=$(mxmedia-check -d "$TMP/nowhere" 2>&1)
is "$? $(there ../nowhere)" "1 gone" "a store that is not there is not made"
mkdir "$TMP/bare"
out=$(mxmedia-check -d "$TMP/bare" 2>&1)
is "$? $(ls -A "$TMP/bare")" "1 " "nor one in a directory without"
check >/dev/full 2>/dev/null
is "$?" 1 "what cannot be told has failed"
check extra >/dev/null 2>&1
is "$?" 2 "there are no operands"
finish
