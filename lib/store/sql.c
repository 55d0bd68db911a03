/* What is said to the database?  Every statement there is. */
#include "store/int.h"

/* The columns of store_read_medium. */
#define LOCAL_COLUMNS                                                                                        \
	"NULL, media_id, media_type, media_length, upload_name, created_ts, last_access_ts, quarantined_by," \
	" authenticated, sha256, user_id, url_cache, safe_from_quarantine, NULL"
#define REMOTE_COLUMNS                                                                                               \
	"media_origin, media_id, media_type, media_length, upload_name, created_ts, last_access_ts, quarantined_by," \
	" authenticated, sha256, NULL, NULL, 0, filesystem_id"

/* Page by page in the order of an index: after ?1 and what breaks ties, before ?2. */
#define AFTER(order, tie) order " >= ?1 AND " order " < ?2 AND (" order " > ?1 OR " tie " > ?3)"

/* Uploads and fetched media that nobody keeps (spec F.6): ?5 size, ?6 our name if avatars are kept, ?7 if only what no
 * event names goes. */
#define DUE_LOCAL(kind)                                                                                               \
	"SELECT " LOCAL_COLUMNS ", " STORE_USED " FROM local_media_repository m WHERE " kind " AND " AFTER(           \
	    STORE_USED, "media_id") " AND media_length > ?5 AND quarantined_by IS NULL"                               \
				    " AND safe_from_quarantine = 0 AND NOT EXISTS (SELECT 1 FROM media_references r " \
				    "WHERE ?6 IS NOT NULL"                                                            \
				    " AND r.media_id = m.media_id AND r.origin = ?6 AND (?7 OR " STORE_IS_AVATAR "))" \
				    " ORDER BY " STORE_USED ", media_id LIMIT ?4"

/* One user's, in the order that is asked for (spec F.7). */
#define USER_PAGE(columns, dir)                                                                                \
	"SELECT " columns " FROM local_media_repository WHERE user_id = ?1 ORDER BY CASE ?4"                   \
	" WHEN 'media_id' THEN media_id WHEN 'upload_name' THEN upload_name WHEN 'created_ts' THEN created_ts" \
	" WHEN 'last_access_ts' THEN last_access_ts WHEN 'media_length' THEN media_length"                     \
	" WHEN 'media_type' THEN media_type WHEN 'quarantined_by' THEN quarantined_by"                         \
	" WHEN 'safe_from_quarantine' THEN safe_from_quarantine END " dir ", media_id LIMIT ?2 OFFSET ?3"

/* Media by user (spec F.9): ?1 since, ?2 until, ?3 and ?4 what id or name is like. */
#define OF_USERS                                                                                             \
	" FROM local_media_repository m LEFT JOIN user_names n ON n.user_id = m.user_id"                     \
	" WHERE m.user_id IS NOT NULL AND (?1 = 0 OR m.created_ts >= ?1) AND (?2 = 0 OR m.created_ts <= ?2)" \
	" AND (?3 IS NULL OR m.user_id LIKE ?3 ESCAPE '\\' OR n.displayname LIKE ?4 ESCAPE '\\')"
#define USERS(dir)                                                                                             \
	"SELECT m.user_id, n.displayname, count(*), sum(m.media_length)" OF_USERS " GROUP BY m.user_id"        \
	" ORDER BY CASE ?5 WHEN 'displayname' THEN n.displayname WHEN 'media_length' THEN sum(m.media_length)" \
	" WHEN 'media_count' THEN count(*) ELSE m.user_id END " dir ", m.user_id LIMIT ?6 OFFSET ?7"

/* Of a content: the copies that can be had, and those that cannot. */
#define OPEN_LOCAL " WHERE sha256 = ?1 AND quarantined_by IS NULL AND safe_from_quarantine = 0"
#define OPEN_REMOTE " WHERE sha256 = ?1 AND quarantined_by IS NULL"
#define SHUT " WHERE sha256 = ?1 AND quarantined_by IS NOT NULL"
#define LOG_ROWS                                          \
	"INSERT OR IGNORE INTO quarantined_media_changes" \
	" (origin, media_id, quarantined, change, ts, action_id, was, sha256)"

/* A name is blocked for its server, however that is spelt: in DNS the case of letters means nothing, nor a last dot. */
#define ORIGIN_KEY "rtrim(lower(?1), '.')"

#define LOG_COLUMNS                                                                                              \
	"SELECT c.stream_id, c.origin, c.media_id, c.quarantined, c.change, c.ts, c.action_id, c.was, c.was_ts," \
	" c.was_reason, c.sha256, a.verb, a.by_user, a.reason FROM quarantined_media_changes c"                  \
	" LEFT JOIN media_actions a ON a.action_id = c.action_id"

/* Asked with every answer of the cache: the index is empty as long as no picture of a preview is in quarantine. */
#define SOME_SHUT \
	"EXISTS (SELECT 1 FROM local_media_repository WHERE quarantined_by IS NOT NULL AND url_cache IS NOT NULL)"

const char *const store_sql_text[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_CACHE_BEFORE] = "SELECT og, media_id, etag, response_code, download_ts, expires_ts, stale_ts, error_ts,"
			 " language, NULL, " SOME_SHUT " FROM local_media_repository_url_cache"
			 " WHERE url = ?1 AND download_ts <= ?2 AND language IN ('', ?3)"
			 " ORDER BY download_ts DESC, rowid DESC LIMIT 1",
    [SQL_CACHE_BEFORE_ALL] = "SELECT og, media_id, etag, response_code, download_ts, expires_ts, stale_ts, error_ts,"
			     " language, details, " SOME_SHUT " FROM local_media_repository_url_cache"
			     " WHERE url = ?1 AND download_ts <= ?2 AND language IN ('', ?3)"
			     " ORDER BY download_ts DESC, rowid DESC LIMIT 1",
    [SQL_CACHE_AFTER] = "SELECT og, media_id, etag, response_code, download_ts, expires_ts, stale_ts, error_ts,"
			" language, details, " SOME_SHUT " FROM local_media_repository_url_cache"
			" WHERE url = ?1 AND download_ts > ?2 AND language IN ('', ?3) ORDER BY download_ts LIMIT 1",
    [SQL_FAILURE_GET] = "SELECT status, errcode, error, failed_ts, expires_ts, class, http_status, failures"
			" FROM url_preview_failures WHERE url = ?1 AND expires_ts > ?2",
    [SQL_FAILURE_PUT] = "INSERT OR REPLACE INTO url_preview_failures"
			" (url, status, errcode, error, failed_ts, expires_ts, class, http_status, failures)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SQL_FAILURE_DROP] = "DELETE FROM url_preview_failures WHERE url = ?1",
    [SQL_CACHE_PUT] =
	"INSERT INTO local_media_repository_url_cache (url, response_code, etag, expires_ts, og, media_id,"
	" download_ts, language, stale_ts, error_ts, no_store, details)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [SQL_CACHE_RENEW] =
	"UPDATE local_media_repository_url_cache SET expires_ts = ?4, etag = ?5, stale_ts = ?6,"
	" error_ts = ?7, details = ?8, no_store = ?9 WHERE url = ?1 AND download_ts = ?2 AND language = ?3",
    /* what an origin did not want kept is not kept for questions of the past either */
    [SQL_NO_STORE_SWEEP] = "DELETE FROM local_media_repository_url_cache WHERE no_store = 1 AND expires_ts <= ?1",
    [SQL_MEDIA_PUT] = "INSERT OR IGNORE INTO local_media_repository"
		      " (media_id, media_type, media_length, created_ts, upload_name, user_id, url_cache, sha256,"
		      " quarantined_by, authenticated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_MEDIA_TOUCH] = "UPDATE local_media_repository SET last_access_ts = ?2 WHERE media_id = ?1",
    [SQL_MEDIA_SHUT] = "SELECT 1 FROM local_media_repository WHERE media_id = ?1 AND quarantined_by IS NOT NULL",
    [SQL_MEDIA_HAS] = "SELECT 1 FROM local_media_repository WHERE media_id = ?1",
    [SQL_THUMB_PUT] = "INSERT OR REPLACE INTO local_media_repository_thumbnails"
		      " (media_id, thumbnail_width, thumbnail_height, thumbnail_type, thumbnail_method,"
		      " thumbnail_length) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_HASH_QUARANTINED] = "SELECT 1 FROM local_media_repository WHERE sha256 = ?1 AND quarantined_by IS NOT NULL"
			     " UNION ALL"
			     " SELECT 1 FROM remote_media_cache WHERE sha256 = ?1 AND quarantined_by IS NOT NULL"
			     " UNION ALL SELECT 1 FROM blocked_hashes WHERE sha256 = ?1 LIMIT 1",
    [SQL_IMAGE_GET] = "SELECT i.media_id, i.text, i.expires_ts FROM url_preview_images i"
		      " CROSS JOIN local_media_repository m ON m.media_id = i.media_id AND m.quarantined_by IS NULL"
		      " WHERE i.url = ?1 AND i.language IN ('', ?2) LIMIT 1",
    /* the newest of that content; how many are looked at has a bound, for names and types are the other side's choice */
    [SQL_IMAGE_TWIN] = "SELECT i.media_id, i.text, i.expires_ts FROM"
		       " (SELECT media_id, media_type, upload_name, quarantined_by FROM local_media_repository"
		       "  WHERE sha256 = ?1 ORDER BY media_id DESC LIMIT 64) m"
		       " CROSS JOIN url_preview_images i ON i.media_id = m.media_id"
		       " WHERE m.media_type = ?2 AND m.upload_name IS ?3 AND m.quarantined_by IS NULL LIMIT 1",
    [SQL_IMAGE_PUT] = "INSERT OR REPLACE INTO url_preview_images (url, language, media_id, expires_ts, text)"
		      " VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_CACHE_LIST] = "SELECT NULL, media_id, etag, response_code, download_ts, expires_ts, stale_ts, error_ts,"
		       " language, NULL, 0, url, rowid"
		       " FROM local_media_repository_url_cache WHERE rowid < ?1 ORDER BY rowid DESC LIMIT ?2",
    [SQL_CACHE_SHOW] = "SELECT og, media_id, etag, response_code, download_ts, expires_ts, stale_ts, error_ts,"
		       " language, NULL, 0, url"
		       " FROM local_media_repository_url_cache WHERE url = ?1 ORDER BY download_ts DESC, rowid DESC",
    [SQL_CACHE_FORGET] = "DELETE FROM local_media_repository_url_cache WHERE url = ?1",
    [SQL_ROW_FORGET] = "DELETE FROM local_media_repository_url_cache WHERE rowid = ?1",
    [SQL_FAILURE_LIST] = "SELECT status, errcode, error, failed_ts, expires_ts, class, http_status, failures, url"
			 " FROM url_preview_failures WHERE url > ?1 ORDER BY url LIMIT ?2",
    /* The statistics read what they count. */
    [SQL_STAT_PREVIEWS] = "SELECT count(*), coalesce(sum(expires_ts > ?1), 0) FROM local_media_repository_url_cache",
    [SQL_STAT_FAILURES] = "SELECT count(*), coalesce(sum(expires_ts > ?1), 0) FROM url_preview_failures",
    [SQL_STAT_MEDIA] = "SELECT count(*), coalesce(sum(media_length), 0) FROM local_media_repository"
		       " WHERE url_cache IS NOT NULL",
    [SQL_STAT_THUMBS] = "SELECT count(*), coalesce(sum(thumbnail_length), 0) FROM local_media_repository_thumbnails",
    [SQL_STAT_IMAGES] = "SELECT count(*), coalesce(sum(expires_ts > ?1), 0) FROM url_preview_images",

    /* ---- media.c and beside it: one medium ---- */
    [SQL_LOCAL_GET] = "SELECT NULL, media_id, media_type, media_length, upload_name, created_ts, last_access_ts,"
		      " quarantined_by, authenticated, sha256, user_id, url_cache, safe_from_quarantine, NULL"
		      " FROM local_media_repository WHERE media_id = ?1",
    [SQL_REMOTE_GET] =
	"SELECT media_origin, media_id, media_type, media_length, upload_name, created_ts, last_access_ts,"
	" quarantined_by, authenticated, sha256, NULL, NULL, 0, filesystem_id"
	" FROM remote_media_cache WHERE media_origin = ?1 AND media_id = ?2",
    [SQL_LOCAL_PUT] = "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, upload_name,"
		      " user_id, sha256, quarantined_by, authenticated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SQL_LOCAL_RESERVE] = "INSERT INTO local_media_repository (media_id, created_ts, user_id, authenticated)"
			  " VALUES (?1, ?2, ?3, ?4)",
    /* once only, whoever comes second */
    [SQL_LOCAL_FILL] = "UPDATE local_media_repository SET media_type = ?2, media_length = ?3, upload_name = ?4,"
		       " sha256 = ?5, quarantined_by = coalesce(quarantined_by, ?6), authenticated = ?7"
		       " WHERE media_id = ?1 AND media_length IS NULL",
    [SQL_LOCAL_PENDING] = "SELECT count(*), min(created_ts) FROM local_media_repository"
			  " WHERE user_id = ?1 AND created_ts >= ?2 AND media_length IS NULL",
    [SQL_LOCAL_SUM] = "SELECT coalesce(sum(media_length), 0) FROM local_media_repository"
		      " WHERE user_id = ?1 AND created_ts > ?2 AND url_cache IS NULL",
    [SQL_REMOTE_PUT] =
	"INSERT OR IGNORE INTO remote_media_cache (media_origin, media_id, media_type, created_ts,"
	" upload_name, media_length, filesystem_id, last_access_ts, quarantined_by, authenticated, sha256)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?4, ?8, ?9, ?10)",
    [SQL_REMOTE_HAS] = "SELECT 1 FROM remote_media_cache WHERE media_origin = ?1 AND media_id = ?2",
    [SQL_LOCAL_THUMBS] = "SELECT thumbnail_width, thumbnail_height, thumbnail_type, thumbnail_method, thumbnail_length"
			 " FROM local_media_repository_thumbnails WHERE media_id = ?1 LIMIT ?2",
    [SQL_REMOTE_THUMBS] = "SELECT thumbnail_width, thumbnail_height, thumbnail_type, thumbnail_method, thumbnail_length"
			  " FROM remote_media_cache_thumbnails WHERE media_origin = ?1 AND media_id = ?2 LIMIT ?3",
    [SQL_REMOTE_THUMB_PUT] = "INSERT OR REPLACE INTO remote_media_cache_thumbnails"
			     " (media_origin, media_id, thumbnail_width, thumbnail_height, thumbnail_type,"
			     " thumbnail_method, thumbnail_length, filesystem_id)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_LOCAL_ACCESS] = "UPDATE local_media_repository SET last_access_ts = ?2"
			 " WHERE media_id = ?1 AND coalesce(last_access_ts, 0) < ?2",
    [SQL_REMOTE_ACCESS] = "UPDATE remote_media_cache SET last_access_ts = ?3"
			  " WHERE media_origin = ?1 AND media_id = ?2 AND coalesce(last_access_ts, 0) < ?3",

    /* ---- quarantine.c and beside it: transitions, blocks, the log ---- */
    [SQL_ACTION_PUT] = "INSERT INTO media_actions (ts, verb, by_user, reason) VALUES (?1, ?2, ?3, ?4)",
    [SQL_ACTION_COUNT] = "UPDATE media_actions SET media = media + ?2 WHERE action_id = ?1",
    /* a dry run has a log of its own, in which each change stands once */
    [SQL_LOG_PUT] = "INSERT OR IGNORE INTO quarantined_media_changes"
		    " (origin, media_id, quarantined, change, ts, action_id, was, sha256, was_ts, was_reason)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_NAME_BLOCKED] = "SELECT 1 FROM blocked_media WHERE origin = " ORIGIN_KEY " AND media_id = ?2",
    [SQL_BLOCK_NAME] = "INSERT OR IGNORE INTO blocked_media (origin, media_id, blocked_ts, blocked_by, reason)"
		       " VALUES (" ORIGIN_KEY ", ?2, ?3, ?4, ?5)",
    [SQL_BLOCK_HASH] = "INSERT OR IGNORE INTO blocked_hashes (sha256, blocked_ts, blocked_by, reason)"
		       " VALUES (?1, ?3, ?4, ?5)",

    [SQL_NAME_BLOCK_GET] = "SELECT blocked_ts, blocked_by, reason FROM blocked_media"
			   " WHERE origin = " ORIGIN_KEY " AND media_id = ?2",
    [SQL_HASH_BLOCK_GET] = "SELECT blocked_ts, blocked_by, reason FROM blocked_hashes WHERE sha256 = ?1",
    [SQL_NAME_BLOCK_LIFT] = "DELETE FROM blocked_media WHERE origin = " ORIGIN_KEY " AND media_id = ?2",
    [SQL_HASH_BLOCK_LIFT] = "DELETE FROM blocked_hashes WHERE sha256 = ?1",
    /* each pair: what is logged, and what is done to the same rows */
    [SQL_ADD_LOCAL_LOG] =
	LOG_ROWS " SELECT NULL, media_id, 1, 'quarantine', ?3, ?2, NULL, sha256 FROM local_media_repository" OPEN_LOCAL
		 " ORDER BY media_id",
    [SQL_ADD_LOCAL] = "UPDATE local_media_repository SET quarantined_by = ?2" OPEN_LOCAL,
    [SQL_ADD_REMOTE_LOG] = LOG_ROWS
    " SELECT media_origin, media_id, 1, 'quarantine', ?3, ?2, NULL, sha256 FROM remote_media_cache" OPEN_REMOTE,
    [SQL_ADD_REMOTE] = "UPDATE remote_media_cache SET quarantined_by = ?2" OPEN_REMOTE,
    [SQL_REMOVE_LOCAL_LOG] = LOG_ROWS
    " SELECT NULL, media_id, 0, 'unquarantine', ?3, ?2, quarantined_by, sha256 FROM local_media_repository" SHUT
    " ORDER BY media_id",
    [SQL_REMOVE_LOCAL] = "UPDATE local_media_repository SET quarantined_by = NULL" SHUT,
    [SQL_REMOVE_REMOTE_LOG] = LOG_ROWS " SELECT media_origin, media_id, 0, 'unquarantine', ?3, ?2, quarantined_by,"
				       " sha256 FROM remote_media_cache" SHUT,
    [SQL_REMOVE_REMOTE] = "UPDATE remote_media_cache SET quarantined_by = NULL" SHUT,
    [SQL_MARK_LOCAL] = "UPDATE local_media_repository SET quarantined_by = ?3 WHERE media_id = ?2",
    [SQL_MARK_REMOTE] = "UPDATE remote_media_cache SET quarantined_by = ?3 WHERE media_origin = ?1 AND media_id = ?2",
    [SQL_PROTECT_LOCAL] = "UPDATE local_media_repository SET safe_from_quarantine = ?3 WHERE media_id = ?2",
    [SQL_CONTENT_HAS] = "SELECT 1 FROM local_media_repository WHERE sha256 = ?1"
			" UNION ALL SELECT 1 FROM remote_media_cache WHERE sha256 = ?1 LIMIT 1",

    [SQL_ACTION_GET] = "SELECT action_id, ts, verb, by_user, reason, undoes, undone_by FROM media_actions"
		       " WHERE action_id = ?1",
    [SQL_ACTION_LAST] = "SELECT action_id, ts, verb, by_user, reason, undoes, undone_by FROM media_actions"
			" WHERE by_user = ?1 AND undone_by IS NULL AND undoes IS NULL AND verb IN"
			" ('add', 'remove', 'protect', 'unprotect', 'block', 'unblock', 'hashes import')"
			" ORDER BY action_id DESC LIMIT 1",
    [SQL_ACTION_ROWS] = LOG_COLUMNS " WHERE c.action_id = ?1 AND c.stream_id < ?2 ORDER BY c.stream_id DESC LIMIT ?3",
    [SQL_ACTION_UNDOES] = "UPDATE media_actions SET undoes = ?2 WHERE action_id = ?1",
    [SQL_ACTION_UNDONE] = "UPDATE media_actions SET undone_by = ?2 WHERE action_id = ?1",
    [SQL_LOG_LATER] = "SELECT c.action_id, a.undoes FROM quarantined_media_changes c"
		      " LEFT JOIN media_actions a ON a.action_id = c.action_id"
		      " WHERE c.media_id = ?1 AND c.stream_id > ?2 AND c.change IN (?3, ?4, 'delete', '')"
		      " AND c.origin IS ?5 ORDER BY c.stream_id LIMIT 1",
    [SQL_LOG_LATER_HASH] = "SELECT c.action_id, a.undoes FROM quarantined_media_changes c"
			   " LEFT JOIN media_actions a ON a.action_id = c.action_id"
			   " WHERE c.media_id IS NULL AND c.sha256 = ?1 AND c.stream_id > ?2 AND c.change IN (?3, ?4)"
			   " ORDER BY c.stream_id LIMIT 1",
    /* who blocked it last */
    [SQL_LOG_BLOCKER] = "SELECT action_id FROM quarantined_media_changes WHERE media_id = ?1 AND origin IS ?2"
			" AND change = 'block' ORDER BY stream_id DESC LIMIT 1",
    [SQL_LOG_BLOCKER_HASH] = "SELECT action_id FROM quarantined_media_changes WHERE media_id IS NULL AND sha256 = ?1"
			     " AND change = 'block' ORDER BY stream_id DESC LIMIT 1",
    [SQL_LOG_POSITION] = "SELECT max(stream_id) FROM quarantined_media_changes",
    [SQL_LOG_AFTER] = LOG_COLUMNS " WHERE c.stream_id > ?1 ORDER BY c.stream_id LIMIT ?2",
    [SQL_LOG_OF] = LOG_COLUMNS " WHERE c.media_id = ?1 AND c.origin IS ?2 ORDER BY c.stream_id DESC LIMIT ?3",
    [SQL_LIST_LOCAL] = "SELECT NULL, media_id, media_type, media_length, upload_name, created_ts, last_access_ts,"
		       " quarantined_by, authenticated, sha256, user_id, url_cache, safe_from_quarantine, NULL"
		       " FROM local_media_repository WHERE quarantined_by IS NOT NULL AND media_id > ?1"
		       " ORDER BY media_id LIMIT ?2",
    [SQL_LIST_REMOTE] =
	"SELECT media_origin, media_id, media_type, media_length, upload_name, created_ts, last_access_ts,"
	" quarantined_by, authenticated, sha256, NULL, NULL, 0, filesystem_id"
	" FROM remote_media_cache WHERE quarantined_by IS NOT NULL AND (media_origin, media_id) > (?1, ?2)"
	" ORDER BY media_origin, media_id LIMIT ?3",
    [SQL_REFUSED_NEXT] =
	"SELECT min(h) FROM (SELECT min(sha256) AS h FROM blocked_hashes WHERE sha256 > ?1"
	" UNION ALL SELECT min(sha256) FROM local_media_repository WHERE quarantined_by IS NOT NULL AND sha256 > ?1"
	" UNION ALL SELECT min(sha256) FROM remote_media_cache WHERE quarantined_by IS NOT NULL AND sha256 > ?1)",
    [SQL_REFUSED_WHY] =
	"SELECT c.ts, coalesce(a.by_user, m.quarantined_by), a.reason FROM"
	" (SELECT * FROM (SELECT NULL AS origin, media_id, quarantined_by FROM local_media_repository"
	"   WHERE sha256 = ?1 AND quarantined_by IS NOT NULL LIMIT 1)"
	"  UNION ALL SELECT * FROM (SELECT media_origin, media_id, quarantined_by FROM remote_media_cache"
	"   WHERE sha256 = ?1 AND quarantined_by IS NOT NULL LIMIT 1) LIMIT 1) m"
	" LEFT JOIN quarantined_media_changes c ON c.stream_id = (SELECT stream_id FROM quarantined_media_changes"
	"   WHERE media_id = m.media_id AND origin IS m.origin AND change = 'quarantine' ORDER BY stream_id DESC LIMIT "
	"1)"
	" LEFT JOIN media_actions a ON a.action_id = c.action_id",
    [SQL_PICK_SINCE] = "SELECT media_id, " STORE_USED " FROM local_media_repository WHERE url_cache IS NULL"
		       " AND " STORE_USED " >= ?1 AND " STORE_USED " <= ?2"
		       " AND (" STORE_USED " < ?2 OR media_id < ?3) AND ?4 IS NULL"
		       " ORDER BY " STORE_USED " DESC, media_id DESC LIMIT ?5",
    [SQL_PICK_USER] = "SELECT media_id, created_ts FROM local_media_repository"
		      " WHERE user_id = ?1 AND (created_ts, media_id) < (?2, ?3)"
		      " AND (?4 IS NULL OR (quarantined_by IS NOT NULL) = ?4)"
		      " ORDER BY created_ts DESC, media_id DESC LIMIT ?5",

    /* ---- expire.c and beside it: what is due, orphans ---- */
    [SQL_OVER_PREVIEWS] = "SELECT rowid, url, media_id, " STORE_OVER " FROM local_media_repository_url_cache"
			  " WHERE " AFTER(STORE_OVER, "rowid") " ORDER BY " STORE_OVER ", rowid LIMIT ?4",
    /* the document that a preview was read from, if no later one needs it; pictures have a time of their own */
    [SQL_OVER_PAGE] = "SELECT " LOCAL_COLUMNS " FROM local_media_repository m WHERE media_id = ?1"
		      " AND url_cache IS NOT NULL AND coalesce(media_type, '') NOT LIKE 'image/%'"
		      " AND NOT EXISTS (SELECT 1 FROM local_media_repository_thumbnails t WHERE t.media_id = ?1)"
		      " AND NOT EXISTS (SELECT 1 FROM local_media_repository_url_cache c WHERE c.media_id = ?1"
		      "  AND (" STORE_OVER " > ?3 OR (" STORE_OVER " = ?3 AND c.rowid > ?2)))",
    [SQL_OVER_FAILURES] = "SELECT url, expires_ts FROM url_preview_failures WHERE " AFTER(
	"expires_ts", "url") " ORDER BY expires_ts, url LIMIT ?4",
    [SQL_OVER_TOKENS] = "SELECT token_hash, expires_ts FROM token_cache WHERE " AFTER(
	"expires_ts", "token_hash") " ORDER BY expires_ts, token_hash LIMIT ?4",
    [SQL_TOKEN_DROP] = "DELETE FROM token_cache WHERE token_hash = ?1",
    [SQL_OVER_RESERVED] = "SELECT " LOCAL_COLUMNS ", created_ts FROM local_media_repository"
			  " WHERE media_length IS NULL AND url_cache IS NULL AND quarantined_by IS NULL"
			  " AND created_ts >= ?1 AND created_ts < ?2 AND (created_ts > ?1 OR media_id > ?3)"
			  " ORDER BY created_ts, media_id LIMIT ?4",
    /* ?5 now */
    [SQL_DUE_FETCHED] = "SELECT " LOCAL_COLUMNS ", " STORE_USED " FROM local_media_repository m"
			" WHERE url_cache IS NOT NULL AND " AFTER(
			    STORE_USED, "media_id") " AND NOT EXISTS (SELECT 1 FROM url_preview_images i"
						    "  WHERE i.media_id = m.media_id AND i.expires_ts > ?5)"
						    " AND NOT EXISTS (SELECT 1 FROM local_media_repository_url_cache c"
						    "  WHERE c.media_id = m.media_id AND " STORE_OVER " >= ?5)"
						    " ORDER BY " STORE_USED ", media_id LIMIT ?4",
    [SQL_DUE_BEFORE_FETCHED] = DUE_LOCAL("url_cache IS NOT NULL"),
    [SQL_DUE_BEFORE_LOCAL] = DUE_LOCAL("url_cache IS NULL"),
    [SQL_DUE_BEFORE_REMOTE] = "SELECT " REMOTE_COLUMNS ", " STORE_USED ", rowid FROM remote_media_cache"
			      " WHERE " AFTER(STORE_USED, "rowid") " AND quarantined_by IS NULL"
								   " ORDER BY " STORE_USED ", rowid LIMIT ?4",
    /* of all kinds that are chosen, merged; ?1 ?2 ?3 as above, ?5 fetched, ?6 remote, ?7 local with our name */
    [SQL_DUE_OLDEST] =
	"SELECT " LOCAL_COLUMNS ", " STORE_USED " AS used FROM local_media_repository"
	" WHERE url_cache IS NOT NULL AND ?5 AND " STORE_USED " >= ?1 AND quarantined_by IS NULL"
	" UNION ALL SELECT " REMOTE_COLUMNS ", " STORE_USED " FROM remote_media_cache"
	" WHERE ?6 AND " STORE_USED " >= ?1 AND quarantined_by IS NULL"
	" UNION ALL SELECT " LOCAL_COLUMNS ", " STORE_USED " FROM local_media_repository m"
	" WHERE url_cache IS NULL AND ?7 IS NOT NULL AND " STORE_USED " >= ?1 AND media_length > 0"
	" AND quarantined_by IS NULL AND safe_from_quarantine = 0 AND NOT EXISTS (SELECT 1 FROM media_references r"
	"  WHERE r.media_id = m.media_id AND r.origin = ?7 AND " STORE_IS_AVATAR ")"
	" ORDER BY used LIMIT ?4",
    /* what is counted is read */
    [SQL_USER_PAGE] = USER_PAGE("media_id", "ASC"),
    [SQL_USER_PAGE_BACK] = USER_PAGE("media_id", "DESC"),
    [SQL_HELD_FETCHED] =
	"SELECT coalesce(sum(media_length), 0) FROM local_media_repository WHERE url_cache IS NOT NULL",
    [SQL_HELD_LOCAL] = "SELECT coalesce(sum(media_length), 0) FROM local_media_repository WHERE url_cache IS NULL",
    [SQL_HELD_REMOTE] = "SELECT coalesce(sum(media_length), 0) FROM remote_media_cache",
    [SQL_HELD_LOCAL_THUMBS] = "SELECT coalesce(sum(thumbnail_length), 0) FROM local_media_repository_thumbnails t"
			      " CROSS JOIN local_media_repository m ON m.media_id = t.media_id"
			      " WHERE (m.url_cache IS NOT NULL) = ?1",
    [SQL_HELD_REMOTE_THUMBS] = "SELECT coalesce(sum(thumbnail_length), 0) FROM remote_media_cache_thumbnails",
    [SQL_HELD_THUMBS_OF] = "SELECT coalesce(sum(thumbnail_length), 0) FROM local_media_repository_thumbnails"
			   " WHERE media_id = ?2",
    [SQL_HELD_REMOTE_THUMBS_OF] = "SELECT coalesce(sum(thumbnail_length), 0) FROM remote_media_cache_thumbnails"
				  " WHERE media_origin = ?1 AND media_id = ?2",
    [SQL_LOCAL_DROP] = "DELETE FROM local_media_repository WHERE media_id = ?2",
    [SQL_LOCAL_THUMBS_DROP] = "DELETE FROM local_media_repository_thumbnails WHERE media_id = ?2",
    [SQL_IMAGES_DROP] = "DELETE FROM url_preview_images WHERE media_id = ?2",
    [SQL_PREVIEWS_DROP] = "DELETE FROM local_media_repository_url_cache WHERE media_id = ?2",
    [SQL_REMOTE_DROP] = "DELETE FROM remote_media_cache WHERE media_origin = ?1 AND media_id = ?2",
    [SQL_REMOTE_THUMBS_DROP] = "DELETE FROM remote_media_cache_thumbnails WHERE media_origin = ?1 AND media_id = ?2",
    /* previews that may still be told and whose picture is gone; ?3 now */
    [SQL_BARE_PREVIEWS] =
	"SELECT rowid, url, media_id, " STORE_OVER
	" FROM local_media_repository_url_cache WHERE rowid > ?1 AND rowid <= ?2"
	" AND " STORE_OVER " >= ?3 AND og LIKE '%\"og:image\":\"mxc://%' AND json_valid(og) AND NOT EXISTS ("
	"  SELECT 1 FROM local_media_repository m WHERE m.media_id ="
	"   substr(og ->> '$.\"og:image\"', 7 + instr(substr(og ->> '$.\"og:image\"', 7), '/')))"
	" ORDER BY rowid LIMIT ?4",
    [SQL_PREVIEWS_OF] = "SELECT url FROM local_media_repository_url_cache WHERE media_id = ?2",
    [SQL_SHADOW_PREVIEW] = "INSERT OR IGNORE INTO gone_previews VALUES (?1)",
    [SQL_SHADOW_LOCAL] = "INSERT OR IGNORE INTO gone_local VALUES (?2)",
    [SQL_SHADOW_REMOTE] = "INSERT OR IGNORE INTO gone_remote VALUES (?1, ?2)",

    [SQL_FILE_LOCAL] = "SELECT media_id FROM local_media_repository WHERE media_id = ?1 AND (url_cache IS NULL) = ?2",
    [SQL_FILE_REMOTE] = "SELECT media_id FROM remote_media_cache WHERE media_origin = ?1 AND filesystem_id = ?2",
    [SQL_EACH_LOCAL] = "SELECT " LOCAL_COLUMNS ", 0 FROM local_media_repository WHERE media_id > ?3"
		       " ORDER BY media_id LIMIT ?4",
    [SQL_EACH_REMOTE] = "SELECT " REMOTE_COLUMNS ", 0, rowid FROM remote_media_cache WHERE rowid > ?3"
			" ORDER BY rowid LIMIT ?4",
    /* rows that name a medium which is gone; after ?1 and ?2 */
    [SQL_LOOSE_THUMBS] = "SELECT NULL, media_id FROM local_media_repository_thumbnails t WHERE media_id > ?2"
			 " AND NOT EXISTS (SELECT 1 FROM local_media_repository m WHERE m.media_id = t.media_id)"
			 " GROUP BY media_id ORDER BY media_id LIMIT ?3",
    [SQL_LOOSE_REMOTE_THUMBS] =
	"SELECT DISTINCT media_origin, media_id FROM remote_media_cache_thumbnails t"
	" WHERE (media_origin, media_id) > (?1, ?2) AND NOT EXISTS (SELECT 1 FROM remote_media_cache m"
	"  WHERE m.media_origin = t.media_origin AND m.media_id = t.media_id) ORDER BY media_origin, media_id LIMIT ?3",
    [SQL_LOOSE_PICTURES] = "SELECT NULL, media_id FROM url_preview_images i WHERE media_id > ?2"
			   " AND NOT EXISTS (SELECT 1 FROM local_media_repository m WHERE m.media_id = i.media_id)"
			   " GROUP BY media_id ORDER BY media_id LIMIT ?3",
    [SQL_LOOSE_PREVIEWS] = "SELECT NULL, media_id FROM local_media_repository_url_cache c"
			   " WHERE media_id > ?2 AND NOT EXISTS (SELECT 1 FROM local_media_repository m"
			   "  WHERE m.media_id = c.media_id) GROUP BY media_id ORDER BY media_id LIMIT ?3",
    [SQL_LOCAL_THUMB_DROP] = "DELETE FROM local_media_repository_thumbnails WHERE media_id = ?2"
			     " AND thumbnail_width = ?3 AND thumbnail_height = ?4 AND thumbnail_type = ?5"
			     " AND thumbnail_method = ?6",
    [SQL_REMOTE_THUMB_DROP] = "DELETE FROM remote_media_cache_thumbnails WHERE media_origin = ?1 AND media_id = ?2"
			      " AND thumbnail_width = ?3 AND thumbnail_height = ?4 AND thumbnail_type = ?5"
			      " AND thumbnail_method = ?6",
    [SQL_UNLOGGED_LOCAL] = "SELECT NULL, media_id FROM local_media_repository m WHERE media_id > ?2"
			   " AND quarantined_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM quarantined_media_changes c"
			   "  WHERE c.media_id = m.media_id AND c.origin IS NULL AND c.quarantined)"
			   " ORDER BY media_id LIMIT ?3",
    [SQL_UNLOGGED_REMOTE] =
	"SELECT media_origin, media_id FROM remote_media_cache m WHERE (media_origin, media_id) > (?1, ?2)"
	" AND quarantined_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM quarantined_media_changes c"
	"  WHERE c.media_id = m.media_id AND c.origin = m.media_origin AND c.quarantined)"
	" ORDER BY media_origin, media_id LIMIT ?3",
    [SQL_STATE_GET] = "SELECT CAST(value AS INTEGER) FROM store_state WHERE name = ?1",
    [SQL_STATE_SET] = "INSERT OR REPLACE INTO store_state (name, value) VALUES (?1, ?2)",

    /* ---- refs.c and beside it: who refers to what, counts ---- */
    [SQL_REF_PUT] =
	"INSERT OR IGNORE INTO media_references (media_id, origin, room_id, event_id, kind, sender, ts)"
	" SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE ?3 > '' OR NOT EXISTS (SELECT 1 FROM media_references"
	"  WHERE media_id = ?1 AND origin = ?2 AND room_id > '' AND ts = ?7 AND event_id = ?4 AND kind = ?5)",
    [SQL_REF_ROOMLESS_DROP] = "DELETE FROM media_references WHERE room_id = '' AND ts = ?7 AND event_id = ?4"
			      " AND kind = ?5 AND origin = ?2 AND media_id = ?1 AND ?3 > ''",
    [SQL_REF_PROFILE_OTHERS] = "DELETE FROM media_references WHERE room_id = '' AND ts = 0 AND event_id = ?1"
			       " AND kind = '" STORE_PROFILE_AVATAR "' AND (origin IS NOT ?2 OR media_id IS NOT ?3)",
    [SQL_REDACTION_PUT] = "INSERT OR IGNORE INTO media_redactions (event_id, room_id, redacted_by, redacted_ts)"
			  " VALUES (?1, ?2, ?3, ?7)",
    [SQL_NAME_PUT] = "INSERT INTO user_names (user_id, displayname, ts) VALUES (?1, ?2, ?7)"
		     " ON CONFLICT (user_id) DO UPDATE SET displayname = excluded.displayname, ts = excluded.ts"
		     " WHERE excluded.ts > ts AND displayname IS NOT excluded.displayname",
    /* of each medium the newest reference; without '+' only ts would be looked up, and many events may say the same */
    [SQL_REFS_ROOM] =
	"SELECT r.room_id, r.ts, r.event_id, r.kind, r.origin, r.media_id, r.sender, d.redacted_by, d.redacted_ts"
	" FROM media_references r"
	" LEFT JOIN media_redactions d ON d.event_id = r.event_id AND d.room_id = r.room_id"
	" WHERE r.room_id = ?1 AND (r.ts, r.event_id, r.kind, r.origin, r.media_id) < (?2, ?3, ?4, ?5, ?6)"
	" AND NOT EXISTS (SELECT 1 FROM media_references n WHERE n.media_id = r.media_id AND n.origin = r.origin"
	"  AND n.room_id = r.room_id AND (n.ts, n.event_id, n.kind) > (r.ts, +r.event_id, +r.kind))"
	" ORDER BY r.ts DESC, r.event_id DESC, r.kind DESC, r.origin DESC, r.media_id DESC LIMIT ?7",
    [SQL_REFS_SENDER] =
	"SELECT r.room_id, r.ts, r.event_id, r.kind, r.origin, r.media_id, r.sender, d.redacted_by, d.redacted_ts"
	" FROM media_references r"
	" LEFT JOIN media_redactions d ON d.event_id = r.event_id AND d.room_id = r.room_id"
	" WHERE r.sender = ?1 AND r.sender > ''"
	" AND (r.ts, r.room_id, r.event_id, r.kind, r.origin, r.media_id) < (?2, ?3, ?4, ?5, ?6, ?7)"
	" ORDER BY r.ts DESC, r.room_id DESC, r.event_id DESC, r.kind DESC, r.origin DESC, r.media_id DESC LIMIT ?8",
    [SQL_REFS_MEDIUM] =
	"SELECT r.room_id, r.ts, r.event_id, r.kind, r.origin, r.media_id, r.sender, d.redacted_by, d.redacted_ts"
	" FROM media_references r"
	" LEFT JOIN media_redactions d ON d.event_id = r.event_id AND d.room_id = r.room_id"
	" WHERE r.media_id = ?1 AND r.origin = ?2 AND (r.room_id, r.ts, r.event_id, r.kind) > (?3, ?4, ?5, ?6)"
	" ORDER BY r.room_id, r.ts, r.event_id, r.kind LIMIT ?7",
    [SQL_REF_IS_AVATAR] =
	"SELECT 1 FROM media_references WHERE media_id = ?1 AND origin = ?2 AND " STORE_IS_AVATAR " LIMIT 1",
    /* what is counted is read */
    [SQL_SUM_LOCAL] = "SELECT url_cache IS NOT NULL, media_length, " STORE_USED ", quarantined_by IS NOT NULL,"
		      " safe_from_quarantine FROM local_media_repository",
    [SQL_SUM_REMOTE] = "SELECT 0, media_length, " STORE_USED ", quarantined_by IS NOT NULL, 0 FROM remote_media_cache",
    [SQL_SUM_REMOTE_THUMBS] = "SELECT count(*), coalesce(sum(thumbnail_length), 0) FROM remote_media_cache_thumbnails",
    [SQL_SUM_BLOCKED] = "SELECT count(*), 0 FROM blocked_media",
    [SQL_SUM_BLOCKED_HASHES] = "SELECT count(*), 0 FROM blocked_hashes",
    [SQL_SUM_REFERENCES] = "SELECT count(*), 0 FROM media_references",
    [SQL_ORIGINS] = "SELECT media_origin, count(*), coalesce(sum(media_length), 0) FROM remote_media_cache"
		    " GROUP BY media_origin ORDER BY CASE WHEN ?1 THEN 0 ELSE coalesce(sum(media_length), 0) END DESC,"
		    " count(*) DESC, media_origin LIMIT ?2",
    [SQL_USERS] = USERS("ASC"),
    [SQL_USERS_BACK] = USERS("DESC"),
    [SQL_USERS_COUNT] = "SELECT count(*) FROM (SELECT 1" OF_USERS " GROUP BY m.user_id)",
    [SQL_USER_COUNT] = "SELECT count(*) FROM local_media_repository WHERE user_id = ?1",
    [SQL_USER_MEDIA] = USER_PAGE(LOCAL_COLUMNS, "ASC"),
    [SQL_USER_MEDIA_BACK] = USER_PAGE(LOCAL_COLUMNS, "DESC"),
    /* the order that is asked for most has an index */
    [SQL_USER_OLDEST] = "SELECT " LOCAL_COLUMNS " FROM local_media_repository WHERE user_id = ?1"
			" ORDER BY created_ts, media_id LIMIT ?2 OFFSET ?3",
    [SQL_USER_NEWEST] = "SELECT " LOCAL_COLUMNS " FROM local_media_repository WHERE user_id = ?1"
			" ORDER BY created_ts DESC, media_id LIMIT ?2 OFFSET ?3",

    /* ---- import.c ---- */
    [SQL_IMPORT_LOCAL] = "INSERT OR IGNORE INTO local_media_repository (media_id, media_type, media_length, created_ts,"
			 " upload_name, quarantined_by, last_access_ts, authenticated, sha256, user_id, url_cache,"
			 " safe_from_quarantine) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [SQL_IMPORT_REMOTE] = "INSERT OR IGNORE INTO remote_media_cache (media_id, media_type, media_length, created_ts,"
			  " upload_name, quarantined_by, last_access_ts, authenticated, sha256, media_origin,"
			  " filesystem_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",

    /* ---- token.c ---- */
    [SQL_TOKEN_GET] = "SELECT user_id, guest, admin, expires_ts FROM token_cache"
		      " WHERE token_hash = ?1 AND expires_ts > ?2",
    [SQL_TOKEN_PUT] = "INSERT OR REPLACE INTO token_cache (token_hash, user_id, guest, admin, expires_ts)"
		      " VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_TOKEN_SWEEP] = "DELETE FROM token_cache WHERE expires_ts <= ?1",
    [SQL_TOKEN_FORGET] = "DELETE FROM token_cache WHERE token_hash = ?1",
};

/* Views of the connection alone, which stand before the tables whose names they have: shadow.c. */
/* clang-format off */
#define SHADOW(table, columns, gone, same) \
	"CREATE TEMP VIEW " table " AS SELECT " columns " FROM main." table " t" \
	" WHERE NOT EXISTS (SELECT 1 FROM temp." gone " g WHERE " same ")"
#define SHADOW_LOCAL(table, columns) SHADOW(table, columns, "gone_local", "g.media_id = t.media_id")
#define SHADOW_REMOTE(table, columns) \
	SHADOW(table, columns, "gone_remote", "g.media_origin = t.media_origin AND g.media_id = t.media_id")
const char store_sql_shadow[] =
    "CREATE TEMP TABLE gone_previews (row INTEGER PRIMARY KEY);"
    "CREATE TEMP TABLE gone_local (media_id TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TEMP TABLE gone_remote (media_origin TEXT, media_id TEXT, PRIMARY KEY (media_origin, media_id)) WITHOUT ROWID;"
    SHADOW_LOCAL("local_media_repository", "*") ";"
    SHADOW_LOCAL("local_media_repository_thumbnails", "*") ";"
    SHADOW_LOCAL("url_preview_images", "*") ";"
    SHADOW_LOCAL("local_media_repository_url_cache", "rowid AS rowid, *")
    " AND NOT EXISTS (SELECT 1 FROM temp.gone_previews p WHERE p.row = t.rowid);"
    SHADOW_REMOTE("remote_media_cache", "rowid AS rowid, *") ";"
    SHADOW_REMOTE("remote_media_cache_thumbnails", "*") ";";
const char store_sql_shadow_end[] =
    "DROP VIEW IF EXISTS temp.local_media_repository; DROP VIEW IF EXISTS temp.local_media_repository_thumbnails;"
    "DROP VIEW IF EXISTS temp.url_preview_images; DROP VIEW IF EXISTS temp.local_media_repository_url_cache;"
    "DROP VIEW IF EXISTS temp.remote_media_cache; DROP VIEW IF EXISTS temp.remote_media_cache_thumbnails;"
    "DROP TABLE IF EXISTS temp.gone_previews; DROP TABLE IF EXISTS temp.gone_local;"
    "DROP TABLE IF EXISTS temp.gone_remote;";
/* clang-format on */

/* Tables and columns are the reference server's (spec F.10), so that its data can be taken over as it is; what it does
 * not have is in tables of our own.  Times are ms since the epoch.  Tables with a natural key have no rowid, and an
 * index holds only rows that can be asked for by it: every tree less is a page less to write for each preview. */
const char *const store_sql_migration[] = {
    "CREATE TABLE local_media_repository ("
    " media_id TEXT PRIMARY KEY, media_type TEXT, media_length INTEGER, created_ts INTEGER, upload_name TEXT,"
    " user_id TEXT, quarantined_by TEXT, url_cache TEXT, last_access_ts INTEGER,"
    " safe_from_quarantine BOOLEAN NOT NULL DEFAULT 0, authenticated BOOLEAN NOT NULL DEFAULT 0, sha256 TEXT)"
    " WITHOUT ROWID;"
    "CREATE INDEX local_media_repository_user ON local_media_repository (user_id, created_ts)"
    " WHERE user_id IS NOT NULL;"
    "CREATE INDEX local_media_repository_url_idx ON local_media_repository (created_ts) WHERE url_cache IS NOT NULL;"
    "CREATE INDEX local_media_repository_sha256 ON local_media_repository (sha256) WHERE sha256 IS NOT NULL;"
    /* asked for every blob that comes in; the same picture may be there ten thousand times */
    "CREATE INDEX local_media_repository_quarantined ON local_media_repository (sha256)"
    " WHERE quarantined_by IS NOT NULL;"

    "CREATE TABLE local_media_repository_thumbnails ("
    " media_id TEXT, thumbnail_width INTEGER, thumbnail_height INTEGER, thumbnail_type TEXT, thumbnail_method TEXT,"
    " thumbnail_length INTEGER,"
    " PRIMARY KEY (media_id, thumbnail_width, thumbnail_height, thumbnail_type, thumbnail_method)) WITHOUT ROWID;"

    "CREATE TABLE local_media_repository_url_cache ("
    " url TEXT, response_code INTEGER, etag TEXT, expires_ts INTEGER, og TEXT, media_id TEXT, download_ts INTEGER);"
    "CREATE INDEX local_media_repository_url_cache_expires_idx ON local_media_repository_url_cache (expires_ts);"
    "CREATE INDEX local_media_repository_url_cache_by_url_download_ts"
    " ON local_media_repository_url_cache (url, download_ts);"
    "CREATE INDEX local_media_repository_url_cache_media_idx ON local_media_repository_url_cache (media_id);"

    "CREATE TABLE remote_media_cache ("
    " media_origin TEXT, media_id TEXT, media_type TEXT, created_ts INTEGER, upload_name TEXT, media_length INTEGER,"
    " filesystem_id TEXT, last_access_ts INTEGER, quarantined_by TEXT, authenticated BOOLEAN NOT NULL DEFAULT 0,"
    " sha256 TEXT, UNIQUE (media_origin, media_id));"
    "CREATE INDEX remote_media_cache_sha256 ON remote_media_cache (sha256) WHERE sha256 IS NOT NULL;"
    "CREATE INDEX remote_media_cache_quarantined ON remote_media_cache (sha256) WHERE quarantined_by IS NOT NULL;"
    "CREATE TABLE remote_media_cache_thumbnails ("
    " media_origin TEXT, media_id TEXT, thumbnail_width INTEGER, thumbnail_height INTEGER, thumbnail_method TEXT,"
    " thumbnail_type TEXT, thumbnail_length INTEGER, filesystem_id TEXT,"
    " UNIQUE (media_origin, media_id, thumbnail_width, thumbnail_height, thumbnail_type, thumbnail_method));"

    "CREATE TABLE quarantined_media_changes ("
    " stream_id INTEGER PRIMARY KEY, instance_name TEXT, origin TEXT, media_id TEXT, quarantined BOOLEAN);"

    "CREATE TABLE url_preview_failures ("
    " url TEXT PRIMARY KEY, status INTEGER NOT NULL, errcode TEXT NOT NULL, error TEXT NOT NULL,"
    " failed_ts INTEGER NOT NULL, expires_ts INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX url_preview_failures_expires ON url_preview_failures (expires_ts);",

    /* What HTTP says of a preview's life (RFC 9111, 5861), and what it was made of; the same for pictures, which pages
     * share.  language is the Accept-Language that an answer is for, '' if it is for everybody. */
    "ALTER TABLE local_media_repository_url_cache ADD COLUMN language TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE local_media_repository_url_cache ADD COLUMN stale_ts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE local_media_repository_url_cache ADD COLUMN error_ts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE local_media_repository_url_cache ADD COLUMN no_store INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE local_media_repository_url_cache ADD COLUMN details TEXT;"
    "CREATE INDEX url_preview_no_store ON local_media_repository_url_cache (expires_ts) WHERE no_store = 1;"
    "ALTER TABLE url_preview_failures ADD COLUMN class TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE url_preview_failures ADD COLUMN http_status INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE url_preview_failures ADD COLUMN failures INTEGER NOT NULL DEFAULT 1;"
    "CREATE TABLE url_preview_images ("
    " url TEXT, language TEXT, media_id TEXT NOT NULL, expires_ts INTEGER NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY (url, language)) WITHOUT ROWID;"
    "CREATE INDEX url_preview_images_media ON url_preview_images (media_id);",

    /* Media are aged by when they were last put or served: STORE_USED of int.h.  What is listed page by page has an index
     * in the order of its pages. */
    "DROP INDEX local_media_repository_url_idx;"
    "DROP INDEX local_media_repository_url_cache_expires_idx;"
    "CREATE INDEX local_media_repository_url_cache_over ON local_media_repository_url_cache (" STORE_OVER ");"
    "CREATE INDEX local_media_repository_used ON local_media_repository (" STORE_USED ") WHERE url_cache IS NULL;"
    "CREATE INDEX local_media_repository_url_used ON local_media_repository (" STORE_USED ")"
    " WHERE url_cache IS NOT NULL;"
    "CREATE INDEX local_media_repository_quarantined_id ON local_media_repository (media_id)"
    " WHERE quarantined_by IS NOT NULL;"
    "CREATE INDEX local_media_repository_url_quarantined ON local_media_repository (media_id)"
    " WHERE quarantined_by IS NOT NULL AND url_cache IS NOT NULL;"
    "CREATE INDEX local_media_repository_pending ON local_media_repository (user_id, created_ts)"
    " WHERE media_length IS NULL;"
    "CREATE INDEX local_media_repository_reserved ON local_media_repository (created_ts) WHERE media_length IS NULL;"
    "CREATE INDEX remote_media_cache_used ON remote_media_cache (" STORE_USED ");"
    "CREATE INDEX remote_media_cache_file ON remote_media_cache (media_origin, filesystem_id);"
    "CREATE INDEX remote_media_cache_quarantined_id ON remote_media_cache (media_origin, media_id)"
    " WHERE quarantined_by IS NOT NULL;"
    /* What may never come in; origin '' is ours. */
    "CREATE TABLE blocked_media ("
    " origin TEXT, media_id TEXT, blocked_ts INTEGER NOT NULL, blocked_by TEXT, reason TEXT,"
    " PRIMARY KEY (origin, media_id)) WITHOUT ROWID;"
    "CREATE TABLE blocked_hashes ("
    " sha256 TEXT PRIMARY KEY, blocked_ts INTEGER NOT NULL, blocked_by TEXT, reason TEXT) WITHOUT ROWID;"
    /* The log: each row of quarantined_media_changes is one transition, in one action of somebody.  change is quarantine,
     * unquarantine, protect, unprotect, block, unblock or delete; was is quarantined_by before it, or who had
     * blocked it, was_ts and was_reason when and why.  media of an
     * action are those that are not logged one by one. */
    "ALTER TABLE quarantined_media_changes ADD COLUMN change TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE quarantined_media_changes ADD COLUMN ts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE quarantined_media_changes ADD COLUMN action_id INTEGER;"
    "ALTER TABLE quarantined_media_changes ADD COLUMN was TEXT;"
    "ALTER TABLE quarantined_media_changes ADD COLUMN was_ts INTEGER;"
    "ALTER TABLE quarantined_media_changes ADD COLUMN was_reason TEXT;"
    "ALTER TABLE quarantined_media_changes ADD COLUMN sha256 TEXT;"
    "CREATE INDEX quarantined_media_changes_action ON quarantined_media_changes (action_id);"
    "CREATE INDEX quarantined_media_changes_media ON quarantined_media_changes (media_id);"
    "CREATE TABLE media_actions ("
    " action_id INTEGER PRIMARY KEY AUTOINCREMENT, ts INTEGER NOT NULL, verb TEXT NOT NULL, by_user TEXT, reason TEXT,"
    " media INTEGER NOT NULL DEFAULT 0, undoes INTEGER, undone_by INTEGER);"
    "CREATE INDEX quarantined_media_changes_sha256 ON quarantined_media_changes (sha256) WHERE media_id IS NULL;"
    "CREATE INDEX media_actions_undo ON media_actions (by_user) WHERE undone_by IS NULL AND undoes IS NULL;"
    /* Which event names which medium.  origin is the server's name, ours too: events name it.  A redaction may be read
     * before what it redacts, and is one only in the room of that. */
    "CREATE TABLE media_references ("
    " room_id TEXT, ts INTEGER, event_id TEXT, kind TEXT, origin TEXT, media_id TEXT, sender TEXT,"
    " PRIMARY KEY (room_id, ts, event_id, kind, origin, media_id)) WITHOUT ROWID;"
    "CREATE INDEX media_references_media ON media_references (media_id, origin, room_id, ts);"
    "CREATE INDEX media_references_avatar ON media_references (media_id, origin) WHERE " STORE_IS_AVATAR ";"
    "CREATE INDEX media_references_sender ON media_references (sender, ts) WHERE sender > '';"
    "CREATE TABLE media_redactions ("
    " event_id TEXT, room_id TEXT, redacted_by TEXT, redacted_ts INTEGER NOT NULL,"
    " PRIMARY KEY (event_id, room_id)) WITHOUT ROWID;"
    /* How users are called, as far as their events and profiles were read. */
    "CREATE TABLE user_names (user_id TEXT PRIMARY KEY, displayname TEXT, ts INTEGER NOT NULL) WITHOUT ROWID;"
    /* Who stands behind a token, for a minute; the token itself is nowhere. */
    "CREATE TABLE token_cache ("
    " token_hash TEXT PRIMARY KEY, user_id TEXT, guest INTEGER NOT NULL DEFAULT 0, admin INTEGER,"
    " expires_ts INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX token_cache_expires ON token_cache (expires_ts);"
    /* Where a long job stands: an import, a sweep. */
    "CREATE TABLE store_state (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    /* When an empty database was made: files that are older are not its orphans, it may have come in the place of one
     * that was lost. */
    "INSERT INTO store_state SELECT '" STORE_MADE "', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    " WHERE NOT EXISTS (SELECT 1 FROM local_media_repository) AND NOT EXISTS (SELECT 1 FROM remote_media_cache)"
    " AND NOT EXISTS (SELECT 1 FROM local_media_repository_url_cache);",
    NULL,
};
