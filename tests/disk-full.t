#!/usr/bin/env bash
# Can one delete on a full disk?
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/media-rows.sh"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is needed"
mkdir "$TMP/small"
mount -t tmpfs -o size=4m tmpfs "$TMP/small" 2>/dev/null || skip_all "needs root to mount a small disk"
trap 'umount "$TMP/small" 2>/dev/null; cleanup' EXIT
S=$TMP/small/store
mx() { mxmedia-expire -d "$S" "$@"; }
fill() { cat /dev/zero >"$TMP/small/$1" 2>/dev/null; }
left() { df --output=avail -B1 "$TMP/small" | tail -n 1 | tr -d " "; }

store_make
is "$(stat -c %s "$S/reserve")" 262144 "a reserve is made"
for i in 10 11 12 13 14; do upload "AaaaUpload$i" 40 100000; done
for i in 1 2 3 4 5 6 7 8 9; do preview "https://$i.example/" "2026-01-01_page000$i" -30 -20; done
sql 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
fill ballast
is "$(left)" 0 "the disk is full"
out=$(sql "UPDATE local_media_repository SET upload_name = 'x'" 2>&1)
like "$out" 'full|disk I/O' "the database cannot be written"
out=$(mx --before 30d --size-gt 1 local 2>"$TMP/err")
is "$? $out" '0 {"deleted_media":["AaaaUpload10","AaaaUpload11","AaaaUpload12","AaaaUpload13","AaaaUpload14"],"total":5}' "but what is due can be deleted"
is "$(cat "$TMP/err")" "" "without complaints"
is "$(find "$S/local_content" -type f 2>/dev/null | wc -l)" 0 "files and all"
rm "$TMP/small/ballast"
is "$(mx -q previews | json .previews)" 9 "with room again it goes on"
is "$(stat -c %s "$S/reserve")" 262144 "and the reserve is made anew"
is "$(sql 'PRAGMA integrity_check')" ok "the database is sound"

# no reserve, no room: that is told
upload BbbbUpload1 40 10
sql 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
rm "$S/reserve"
fill ballast
out=$(mx --before 30d local 2>&1 >/dev/null)
is "$?" 75 "without a reserve: try again"
like "$out" '[Nn]o space' "with the reason"
is "$(find "$S/local_content" -type f | wc -l)" 1 "and nothing has gone"
rm "$TMP/small/ballast"
is "$(mx --before 30d local)" '{"deleted_media":["BbbbUpload1"],"total":1}' "the next run works"

# blocks that are too small
dd if=/dev/zero of="$TMP/image" bs=1M count=8 status=none
if mkfs.ext4 -q -b 1024 "$TMP/image" 2>/dev/null && umount "$TMP/small" && mount -o loop "$TMP/image" "$TMP/small" 2>/dev/null; then
	mkdir "$S"
	like "$(mx previews 2>&1 >/dev/null)" 'blocks of less than 4096 bytes' "a file system with small blocks is warned of"
else
	skip "a file system with small blocks is warned of" "cannot be made here"
fi
finish
