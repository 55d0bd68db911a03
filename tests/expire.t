#!/usr/bin/env bash
# Does what is due go, with all that belongs to it, and nothing else?
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/media-rows.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is needed"
mx() { mxmedia-expire -d "$S" "$@"; }

# ---- previews
store_make
fetched 2026-01-01_pageover text/html 3
preview https://a.example/ 2026-01-01_pageover -2
fetched 2026-01-01_pagestale text/html 30
preview https://b.example/ 2026-01-01_pagestale -20 2
fetched 2026-01-01_pageshared text/html 3
preview https://c.example/ 2026-01-01_pageshared -2
preview https://c.example/2 2026-01-01_pageshared 1
fetched 2026-01-01_direct image/png 3
thumb 2026-01-01_direct
preview https://d.example/x.png 2026-01-01_direct -2
fetched 2026-01-02_oldimage image/png 60
thumb 2026-01-02_oldimage
sql "INSERT INTO url_preview_images VALUES ('https://e.example/i.png', '', '2026-01-02_oldimage', $((NOW - DAY)), '{}')"
fetched 2026-01-02_named image/png 60
sql "INSERT INTO url_preview_images VALUES ('https://e.example/n.png', '', '2026-01-02_named', $((NOW + DAY)), '{}')"
fetched 2026-01-02_touched image/png 60
sql "UPDATE local_media_repository SET last_access_ts = $((NOW - 3600000)) WHERE media_id = '2026-01-02_touched'"
fetched 2026-01-02_bad image/png 60
sql "UPDATE local_media_repository SET quarantined_by = '@mod:localhost' WHERE media_id = '2026-01-02_bad'"
upload AbCdOldUpload 400
sql "INSERT INTO url_preview_failures (url, status, errcode, error, failed_ts, expires_ts) VALUES
  ('https://f.example/', 502, 'M_UNKNOWN', 'x', 0, $((NOW - 25 * 3600000))), ('https://g.example/', 502, 'M_UNKNOWN', 'x', 0, $((NOW - 3600000)))"
sql "INSERT INTO token_cache (token_hash, user_id, expires_ts) VALUES ('t1', '@a:b', 5), ('t2', '@a:b', $((NOW + 60000)))"

before=$(sql .dump | sha256sum; find "$S/url_cache" "$S/url_cache_thumbnails" | sort)
dry=$(mx -n previews)
is "$(sql .dump | sha256sum; find "$S/url_cache" "$S/url_cache_thumbnails" | sort)" "$before" "a dry run changes nothing"
is "$(jq -rs '.[:-1][] | [.kind, .content_uri // .url // ""] | join(" ")' <<<"$dry")" "preview https://a.example/
preview https://c.example/
preview https://d.example/x.png
fetched mxc://localhost/2026-01-01_pageover
fetched mxc://localhost/2026-01-02_bad
fetched mxc://localhost/2026-01-02_oldimage
failure https://f.example/
token " "it says what would go"
out=$(mx previews)
is "$out" '{"previews":3,"failures":1,"tokens":1,"media":3,"bytes":35}' "and that goes"
is "$(tail -n 1 <<<"$dry" | jq -c 'del(.dry_run)')" "$out" "as much as was said"
is "$(there url_cache/2026-01-01/pageover)" gone "a page goes with its last preview"
is "$(there url_cache/2026-01-01/pagestale) $(sql "SELECT count(*) FROM local_media_repository_url_cache WHERE url LIKE '%b.example%'")" "there 1" "not while it may be told when its origin fails"
is "$(there url_cache/2026-01-01/pageshared)" there "nor while another preview names it"
is "$(there url_cache/2026-01-01/direct) $(there url_cache_thumbnails/2026-01-01/direct/32-32-image-jpeg-crop)" "there there" "the picture of a link to a picture lives two days, file and row"
is "$(there url_cache/2026-01-02/oldimage) $(there url_cache_thumbnails/2026-01-02/oldimage) $(sql "SELECT count(*) FROM url_preview_images WHERE media_id = '2026-01-02_oldimage'")" "gone gone 0" "then it goes, with thumbnails and what names it"
is "$(there url_cache_thumbnails/2026-01-02)" gone "and the directory that got empty"
is "$(there url_cache/2026-01-02/named)" there "a picture that pages may still show stays"
is "$(there url_cache/2026-01-02/touched)" there "so does what was used meanwhile"
is "$(there "$(local_path AbCdOldUpload)")" there "uploads are not its business"
is "$(sql "SELECT sha256, blocked_by FROM blocked_hashes")" "hash-2026-01-02_bad|@mod:localhost" "a quarantine outlives its picture"
is "$(sql "SELECT media_id, change, was FROM quarantined_media_changes")" "2026-01-02_bad|delete|@mod:localhost" "and its end is logged"
is "$(sql "SELECT verb, by_user, media FROM media_actions")" "expire|system|2" "what was routine is counted"
is "$(mx previews)" '{"previews":0,"failures":0,"tokens":0,"media":0,"bytes":0}' "then nothing is due"
is "$(sql "PRAGMA integrity_check")" ok "the database is sound"

# ---- local, remote: age and size
rm -rf "$S"
store_make
upload AaaaOld 40 100
upload BbbbSmall 40 10
upload CcccYoung 3 100
upload DdddBad 40 100 @alice:localhost "quarantined_by='@m:localhost'"
upload EeeeSafe 40 100 @alice:localhost safe_from_quarantine=1
upload FfffFace 40 100
upload GgggSeen 40 100 @alice:localhost "last_access_ts=$((NOW - DAY))"
thumb AaaaOld
fetched 2026-02-02_old image/png 960 100
sql "INSERT INTO media_references (room_id, event_id, kind, origin, media_id, sender, ts) VALUES ('!r:localhost', '\$e', 'member_avatar', 'localhost', 'FfffFace', '@alice:localhost', 1),
  ('!r:localhost', '\$f', 'content', 'localhost', 'AaaaOld', '@alice:localhost', 1)"
is "$(mx --before 30d --size-gt 10 --unreferenced local)" '{"deleted_media":["2026-02-02_old"],"total":1}' "what no event names, fetched media in their own folder"
is "$(there url_cache/2026-02-02)" gone "whose file goes as well"
is "$(mx -n --before 30d --size-gt 10 local | jq -rs 'map(.content_uri // .total | tostring) | join(" ")')" "mxc://localhost/AaaaOld 1" "a dry run names it"
is "$(mx --by @admin:localhost --reason tidy --before 30d --size-gt 10 local)" '{"deleted_media":["AaaaOld"],"total":1}' "larger than, older than, neither quarantined, protected nor anybody's face"
is "$(there local_content/Aa) $(there local_thumbnails/Aa)" "gone gone" "directories that get empty go, too"
is "$(sql "SELECT a.verb, a.by_user, a.reason, c.media_id, c.change FROM quarantined_media_changes c JOIN media_actions a USING (action_id)")" "delete|@admin:localhost|tidy|AaaaOld|delete" "who did it and why is logged"
is "$(mx --before 30d --keep-profiles no local)" '{"deleted_media":["BbbbSmall","FfffFace"],"total":2}' "faces go if they are not to be kept"
is "$(count local_media_repository)" 4 "the others are there"
out=$(mx --before 1763690000 local 2>&1)
is "$?" 2 "a time in seconds is refused"
like "$out" 'ms' "with the reason"
mx local >/dev/null 2>&1
is "$?" 2 "so is none"
remote far.example media1 AbCdRemoteOne 40
remote far.example media2 AbCdRemoteTwo 3
remote far.example media3 AbCdRemoteBad 40
sql "UPDATE remote_media_cache SET quarantined_by = '@m:localhost' WHERE media_id = 'media3'"
is "$(mx --before 30d remote)" '{"deleted":1}' "copies of others by age"
is "$(there "$(remote_path far.example AbCdRemoteOne)") $(there "$(remote_path far.example AbCdRemoteTwo)") $(there "$(remote_path far.example AbCdRemoteBad)")" "gone there there" "those that are quarantined stay"

# ---- by name
is "$(mx delete mxc://localhost/CcccYoung DdddBad mxc://far.example/media3 CcccYoung 2>&1)" '{"deleted_media":["CcccYoung","DdddBad","mxc://far.example/media3"],"total":3}' "by name, whatever their state, once each"
is "$(sql "SELECT origin, media_id FROM blocked_media; SELECT count(*) FROM blocked_hashes WHERE sha256 LIKE '%DdddBad' OR sha256 = 'hash-media3'")" "far.example|media3
2" "what was quarantined stays blocked"
out=$(printf 'EeeeSafe\n\nnobody\nmxc://bad\n' | mx delete 2>"$TMP/err")
is "$? $out" '1 {"deleted_media":["EeeeSafe"],"total":1}' "names on standard input; one that is not there fails"
is "$(grep -c . "$TMP/err")" 2 "with a word for each"
# what is cut off is not the name of another one: by a NUL, by us after 64 bytes
upload CutaaByNul 1
far=$(printf 'a%.0s' {1..48}).example
remote "$far" i CutaaRemote 1
out=$({ printf 'CutaaByNul\0x\n' && printf 'mxc://%s/i%02000d\n' "$far" 0; } | mx delete 2>"$TMP/err")
is "$? $out $(grep -c "not a medium's name" "$TMP/err")" '1 {"deleted_media":[],"total":0} 2' "a line that is too long, or holds a NUL, names nothing"
is "$(mx delete CutaaByNul "mxc://$far/i" | jq .total)" 2 "they are there still"

# ---- a user's
for i in 1 2 3 4; do upload "User${i}xxxx" "$((10 - i))" "$((i * 10))" @bob:localhost; done
is "$(mx --limit 1 user @bob:localhost)" '{"deleted_media":["User4xxxx"],"total":1}' "a user's media, the newest first"
is "$(mx --order-by media_length --dir f --from 1 --limit 1 user @bob:localhost)" '{"deleted_media":["User2xxxx"],"total":1}' "or the page that is asked for"
is "$(mx --order-by media_length user @bob:localhost)" '{"deleted_media":["User1xxxx","User3xxxx"],"total":2}' "in that order"
mx user @bob:far.example >/dev/null 2>&1
is "$?" 1 "of our own users"
mx --order-by password user @bob:localhost >/dev/null 2>&1
is "$?" 2 "by the keys there are"

# ---- retention and budget
rm -rf "$S"
store_make
printf 'local_media_lifetime = 30d\nremote_media_lifetime = 7d\nmax_store_size = 250\n' >"$TMP/conf"
upload AaaaOld 40 100
upload BbbbYoung 3 100
remote far.example m1 AbCdOne 8 100
for i in 1 2 3; do remote far.example "n$i" "AbCdNew$i" "$((5 - i))" 100; done
fetched 2026-03-03_picture image/png 100 100
thumb 2026-03-03_picture
is "$(mx retention)" '{"reserved":0,"local":0,"remote":0,"bytes":0}' "nothing goes that no lifetime is set for"
is "$(mx -c "$TMP/conf" retention)" '{"reserved":0,"local":1,"remote":1,"bytes":200}' "each kind has its lifetime"
is "$(mx -n --keep 250 budget | jq -rs 'map(.content_uri // empty) | join(" ")')" "mxc://localhost/2026-03-03_picture mxc://far.example/n1" "a budget takes what was not used for longest, of all that can be had again"
is "$(mx --keep 250 budget)" '{"previews":0,"fetched":1,"local":0,"remote":1,"bytes":205,"left":200,"keep":250}' "as much as needed"
is "$(mx --local --keep 150 budget)" '{"previews":0,"fetched":0,"local":1,"remote":1,"bytes":200,"left":100,"keep":150}' "uploads only if they are named"
preview https://p.example/ '' 1 1 '{"og:title":"P","og:image":"mxc://localhost/2026-03-03_shown"}'
preview https://q.example/ '' 1 1 '{"og:title":"Q","og:image":"mxc://localhost/2026-03-03_other"}'
fetched 2026-03-03_shown image/png 1 100
fetched 2026-03-03_other image/png 0 100
is "$(mx --keep 250 budget | jq -c '[.fetched, .remote]')" '[0,1]' "from all kinds together"
is "$(mx --keep 100 budget | jq -c '[.fetched, .left]')" '[1,100]' "also what is fresh"
is "$(sql 'SELECT url FROM local_media_repository_url_cache')" "https://q.example/" "no preview shows a picture that is gone"
is "$(mx -c "$TMP/conf" all | jq -c 'keys')" '["budget","orphans","previews","retention"]' "all of it for a timer"
is "$(stat -c %s "$S/reserve")" 262144 "the reserve is there"

# ---- beside others
mkfifo "$TMP/never"
exec 8<>"$TMP/never"
python3 - "$S/sweep.lock" "$TMP/held" <<'PY' &
import fcntl, struct, sys, time
f = open(sys.argv[1], "r+")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 2, 1, 0))
open(sys.argv[2], "w").close()
time.sleep(60)
PY
PIDS="$PIDS $!"
holder=$!
while [ ! -e "$TMP/held" ]; do read -rt 0.02 <&8 || :; done
out=$(mx --nowait previews 2>&1)
is "$?" 75 "one expiry at a time"
like "$out" 'another expiry' "it says so"
mx previews >"$TMP/out" &
waiting=$!
kill "$holder"
wait "$waiting"
is "$?" 0 "or it waits for the other one"
mx previews >/dev/full 2>/dev/null
is "$?" 1 "what cannot be told has failed"
mx nonsense >/dev/null 2>&1
is "$?" 2 "a verb that is none"
mxmedia-expire -d "$TMP/typo" all >/dev/null 2>"$TMP/err"
is "$?:$(cat "$TMP/err"):$(ls -d "$TMP/typo" 2>/dev/null)" "1:mxmedia-expire: store $TMP/typo: No such file or directory:" "a store that is not there is not made"
finish
