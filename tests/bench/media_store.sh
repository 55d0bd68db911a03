#!/usr/bin/env bash
# A store with many media, for benches: rows only, made by SQL in one go.  No files stand behind them.
# usage: tests/bench/media_store.sh DIR ROWS
#   DIR   the store, which must not be there yet
#   ROWS  half of them are ours (every tenth a picture of a preview), half copies from 100 other servers.  One in a
#         hundred is in quarantine and in the log; 1,000 users; every content ten times; each room of 1,000 names 100 of them.
set -eu
[ $# -eq 2 ] || { sed -n '2,6s/^# //p' "$0" >&2 && exit 2; }
dir=$1 rows=$2
[ ! -e "$dir" ] || { echo "$0: $dir is there already" >&2 && exit 1; }
BUILD=${BUILD:-build}
"$BUILD/mxpreview-cache" -d "$dir" stat >/dev/null
sqlite3 "$dir/mxpreview.db" <<SQL
PRAGMA synchronous = OFF;
PRAGMA cache_size = -200000;
BEGIN;
INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, upload_name, user_id, url_cache, sha256,
	last_access_ts, quarantined_by)
WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < $rows / 2 - 1)
SELECT CASE WHEN n % 10 = 0 THEN '2026-11-21_' ELSE '' END || printf('M%023d', (n * 7919) % 1000003 + n * 1000003), 'image/jpeg', 1000 + n % 100000,
	1763000000000 + n * 1000, 'photo.jpg', '@user' || (n % 1000) || ':localhost', CASE WHEN n % 10 = 0 THEN 'http://h/' || n END,
	printf('%064x', n / 10), CASE WHEN n % 3 = 0 THEN 1763000000000 + n * 1001 END, CASE WHEN n / 10 % 100 = 7 THEN '@mod:localhost' END
FROM i;
INSERT INTO remote_media_cache (media_origin, media_id, media_type, created_ts, media_length, filesystem_id, last_access_ts, sha256,
	quarantined_by)
WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < $rows / 2 - 1)
SELECT 'server' || (n % 100) || '.example', printf('R%023d', (n * 7919) % 1000003 + n * 1000003), 'image/png', 1763000000000 + n * 1000, 2000,
	printf('F%023d', n), 1763000000000 + n * 1002, printf('%064x', 10000000 + n / 10), CASE WHEN n / 10 % 100 = 7 THEN '@mod:localhost' END
FROM i;
INSERT INTO media_actions (ts, verb, by_user, reason) VALUES (1763000000000, 'add', '@mod:localhost', 'bench');
INSERT INTO quarantined_media_changes (origin, media_id, quarantined, change, ts, action_id, sha256)
SELECT NULL, media_id, 1, 'quarantine', created_ts, 1, sha256 FROM local_media_repository WHERE quarantined_by IS NOT NULL
UNION ALL SELECT media_origin, media_id, 1, 'quarantine', created_ts, 1, sha256 FROM remote_media_cache WHERE quarantined_by IS NOT NULL;
INSERT INTO media_references (room_id, event_id, kind, origin, media_id, sender, ts)
SELECT '!room' || (rowid % 1000) || ':localhost', '\$e' || rowid, 'url', media_origin, media_id, '@user' || (rowid % 1000) || ':localhost', created_ts
FROM remote_media_cache WHERE rowid <= 100000;
COMMIT;
PRAGMA wal_checkpoint(TRUNCATE);
SQL
