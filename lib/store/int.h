/* store, inside: what its files promise each other. */
#ifndef STORE_INT_H
#define STORE_INT_H

#include "store/cache.h"
#include "store/media.h"
#include "store/refs.h"
#include "store/quarantine.h"

/* ---- path.c ---- */

#define STORE_DAY_LEN 10 /* "YYYY-MM-DD" */
#define STORE_PATH_MAX 512

/* Where a file of an id stands: a directory relative to the store, of one to three components, and a name in it. */
struct store_place {
	char dir[STORE_PATH_MAX];
	char name[STORE_ID_MAX];
};

int store_place_file(struct store_place *at, const struct store_file *f, struct err *err);
/* dir is theirs, name is "" */
int store_place_thumbs(struct store_place *at, const struct store_file *f, struct err *err);
int store_thumb_name(char *out, size_t size, uint32_t w, uint32_t h, const char *type, const char *method,
		     struct err *err);

/* ---- dir.c ---- */

/* Blobs of one day follow each other: their directory stays open.  An expiry may remove it while it is empty. */
enum { STORE_RECENT_WRITTEN, STORE_RECENT_READ, STORE_RECENTS };
struct store_recent {
	int fd; /* -1: none */
	char dir[STORE_PATH_MAX];
};

/* Opens dir below the store, to look up files in it. */
int store_dir_open(const struct store_blobs *b, const char *dir, struct err *err);
/* A new file in dir, mode 0600: tmp, or if that is "" or there already, '.' + random, written to tmp.  *dirfd is dir: opened if it is -1, made
 * durably where it is missing, also when an expiry removes it meanwhile because it is empty.  The caller closes *dirfd,
 * also after a failure. */
#define STORE_TMP_MAX 32
int store_tmp_open(const struct store_blobs *b, const char *dir, int *dirfd, char tmp[STORE_TMP_MAX], struct err *err);
/* The same where nothing durable stands: what is made of the way is not synced.  *made: something was. */
int store_tmp_open_loose(const struct store_blobs *b, const char *dir, int *dirfd, char tmp[STORE_TMP_MAX], bool *made,
			 struct err *err);
int store_tmp_rename(int dirfd, const char *tmp, const char *name, bool replace, struct err *err);

/* When an empty database was made: in store_state. */
#define STORE_MADE "made_ts"

/* When a medium was last put or served; as in the indexes, or these are not used. */
#define STORE_USED "max(coalesce(created_ts, 0), coalesce(last_access_ts, 0))"

/* A reference by which somebody or a room is known; as in the index of them. */
#define STORE_IS_AVATAR "kind IN ('" STORE_ROOM_AVATAR "', '" STORE_MEMBER_AVATAR "', '" STORE_PROFILE_AVATAR "')"

/* Until when a preview may be needed: told, told while it is asked for anew, or when that fails.  As in its index. */
#define STORE_OVER "max(coalesce(expires_ts, 0), stale_ts, error_ts)"

/* ---- sql.c: every statement ---- */

enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_CACHE_BEFORE,
	SQL_CACHE_BEFORE_ALL,
	SQL_CACHE_AFTER,
	SQL_FAILURE_GET,
	SQL_FAILURE_PUT,
	SQL_FAILURE_DROP,
	SQL_CACHE_PUT,
	SQL_CACHE_RENEW,
	SQL_NO_STORE_SWEEP,
	SQL_MEDIA_PUT,
	SQL_MEDIA_TOUCH,
	SQL_MEDIA_HAS,
	SQL_MEDIA_SHUT,
	SQL_THUMB_PUT,
	SQL_HASH_QUARANTINED,
	SQL_IMAGE_GET,
	SQL_IMAGE_TWIN,
	SQL_IMAGE_PUT,
	SQL_CACHE_LIST,
	SQL_CACHE_SHOW,
	SQL_CACHE_FORGET,
	SQL_ROW_FORGET,
	SQL_FAILURE_LIST,
	SQL_STAT_PREVIEWS,
	SQL_STAT_FAILURES,
	SQL_STAT_MEDIA,
	SQL_STAT_THUMBS,
	SQL_STAT_IMAGES,

	/* media.c and beside it: one medium */
	SQL_LOCAL_GET,
	SQL_REMOTE_GET,
	SQL_LOCAL_PUT,
	SQL_LOCAL_RESERVE,
	SQL_LOCAL_FILL,
	SQL_LOCAL_PENDING,
	SQL_LOCAL_SUM,
	SQL_REMOTE_PUT,
	SQL_REMOTE_HAS,
	SQL_LOCAL_THUMBS,
	SQL_REMOTE_THUMBS,
	SQL_REMOTE_THUMB_PUT,
	SQL_LOCAL_ACCESS,
	SQL_REMOTE_ACCESS,

	/* quarantine.c and beside it: transitions, blocks, the log */
	SQL_ACTION_PUT,
	SQL_ACTION_COUNT,
	SQL_LOG_PUT,
	SQL_NAME_BLOCKED,
	SQL_BLOCK_NAME,
	SQL_BLOCK_HASH,
	SQL_NAME_BLOCK_GET,
	SQL_HASH_BLOCK_GET,
	SQL_NAME_BLOCK_LIFT,
	SQL_HASH_BLOCK_LIFT,
	SQL_ADD_LOCAL_LOG,
	SQL_ADD_LOCAL,
	SQL_ADD_REMOTE_LOG,
	SQL_ADD_REMOTE,
	SQL_REMOVE_LOCAL_LOG,
	SQL_REMOVE_LOCAL,
	SQL_REMOVE_REMOTE_LOG,
	SQL_REMOVE_REMOTE,
	SQL_MARK_LOCAL,
	SQL_MARK_REMOTE,
	SQL_PROTECT_LOCAL,
	SQL_CONTENT_HAS,
	SQL_ACTION_GET,
	SQL_ACTION_LAST,
	SQL_ACTION_ROWS,
	SQL_ACTION_UNDOES,
	SQL_ACTION_UNDONE,
	SQL_LOG_LATER,
	SQL_LOG_LATER_HASH,
	SQL_LOG_BLOCKER,
	SQL_LOG_BLOCKER_HASH,
	SQL_LOG_POSITION,
	SQL_LOG_AFTER,
	SQL_LOG_OF,
	SQL_LIST_LOCAL,
	SQL_LIST_REMOTE,
	SQL_PICK_USER,
	SQL_PICK_SINCE,
	SQL_REFUSED_NEXT,
	SQL_REFUSED_WHY,

	/* expire.c and beside it: what is due, orphans */
	SQL_OVER_PREVIEWS,
	SQL_OVER_PAGE,
	SQL_OVER_FAILURES,
	SQL_OVER_TOKENS,
	SQL_TOKEN_DROP,
	SQL_OVER_RESERVED,
	SQL_DUE_FETCHED,
	SQL_DUE_BEFORE_FETCHED,
	SQL_DUE_BEFORE_LOCAL,
	SQL_DUE_BEFORE_REMOTE,
	SQL_DUE_OLDEST,
	SQL_HELD_FETCHED,
	SQL_HELD_LOCAL,
	SQL_HELD_REMOTE,
	SQL_HELD_LOCAL_THUMBS,
	SQL_HELD_REMOTE_THUMBS,
	SQL_HELD_THUMBS_OF,
	SQL_HELD_REMOTE_THUMBS_OF,
	SQL_LOCAL_DROP,
	SQL_LOCAL_THUMBS_DROP,
	SQL_IMAGES_DROP,
	SQL_PREVIEWS_DROP,
	SQL_REMOTE_DROP,
	SQL_REMOTE_THUMBS_DROP,
	SQL_BARE_PREVIEWS,
	SQL_PREVIEWS_OF,
	SQL_SHADOW_PREVIEW,
	SQL_SHADOW_LOCAL,
	SQL_SHADOW_REMOTE,
	SQL_USER_PAGE,
	SQL_USER_PAGE_BACK,
	SQL_FILE_LOCAL,
	SQL_FILE_REMOTE,
	SQL_EACH_LOCAL,
	SQL_EACH_REMOTE,
	SQL_LOOSE_THUMBS,
	SQL_LOOSE_REMOTE_THUMBS,
	SQL_LOOSE_PICTURES,
	SQL_LOOSE_PREVIEWS,
	SQL_LOCAL_THUMB_DROP,
	SQL_REMOTE_THUMB_DROP,
	SQL_UNLOGGED_LOCAL,
	SQL_UNLOGGED_REMOTE,
	SQL_STATE_GET,
	SQL_STATE_SET,

	/* refs.c and beside it: who refers to what, counts */
	SQL_REF_PUT,
	SQL_REF_ROOMLESS_DROP,
	SQL_REF_PROFILE_OTHERS,
	SQL_REDACTION_PUT,
	SQL_NAME_PUT,
	SQL_REFS_ROOM,
	SQL_REFS_SENDER,
	SQL_REFS_MEDIUM,
	SQL_REF_IS_AVATAR,
	SQL_SUM_LOCAL,
	SQL_SUM_REMOTE,
	SQL_SUM_REMOTE_THUMBS,
	SQL_SUM_BLOCKED,
	SQL_SUM_BLOCKED_HASHES,
	SQL_SUM_REFERENCES,
	SQL_ORIGINS,
	SQL_USERS,
	SQL_USERS_BACK,
	SQL_USERS_COUNT,
	SQL_USER_COUNT,
	SQL_USER_MEDIA,
	SQL_USER_MEDIA_BACK,
	SQL_USER_OLDEST,
	SQL_USER_NEWEST,

	/* import.c */
	SQL_IMPORT_LOCAL,
	SQL_IMPORT_REMOTE,

	/* token.c */
	SQL_TOKEN_GET,
	SQL_TOKEN_PUT,
	SQL_TOKEN_SWEEP,
	SQL_TOKEN_FORGET,

	SQL_COUNT
};

extern const char *const store_sql_text[SQL_COUNT];
extern const char store_sql_shadow[], store_sql_shadow_end[]; /* of shadow.c */
extern const char *const store_sql_migration[];		      /* [n] brings version n to n + 1; NULL ends */

struct sqlite3;
struct sqlite3_stmt;

/* ---- cache.c ---- */

/* Rows of the queries of previews and of failures begin with these columns, see sql.c. */
enum { STORE_PREVIEW_COLUMNS = 11, STORE_FAILURE_COLUMNS = 8 };
void store_read_preview(struct sqlite3_stmt *stmt, struct store_preview *out);
void store_read_failure(struct sqlite3_stmt *stmt, struct store_preview *out);
/* The remembered failure of a URL that has not expired by now (0: any); not found is 0, too. */
int store_failure_get(struct store *s, const char *url, int64_t now, struct store_preview *out, struct err *err);

/* ---- media.c ---- */

/* Queries of media begin with the columns of SQL_LOCAL_GET; arg is a struct store_medium, cleared by its owner before. */
enum { STORE_MEDIUM_COLUMNS = 14 };
void store_read_medium(void *arg, struct sqlite3_stmt *stmt);

/* ---- log.c: all within an open write transaction ---- */

#define STORE_SYSTEM "system" /* who quarantines what comes in with a content that is quarantined (spec F.5) */

/* Somebody does something to media: one row, to which the transitions belong.  by and reason may be NULL. */
int store_action(struct store *s, const char *verb, const char *by, const char *reason, int64_t now, int64_t *action_id,
		 struct err *err);
/* n more media that are not logged one by one. */
int store_action_count(struct store *s, int64_t action_id, int64_t n, struct err *err);
/* One real transition of one medium; was is quarantined_by before it (of a block or unblock: who had blocked it), or
 * NULL.  name is NULL where a content is blocked; sha256 is NULL where it is not known. */
int store_log(struct store *s, int64_t action_id, const struct store_name *name, enum store_change change,
	      const char *was, const char *sha256, int64_t now, struct err *err);
/* The same, with all that undoing it needs. */
struct store_was {
	const char *by;	    /* quarantined_by, or who had blocked it */
	const char *reason; /* of the block */
	int64_t ts;	    /* of the block */
};
int store_log_was(struct store *s, int64_t action_id, const struct store_name *name, enum store_change change,
		  const struct store_was *was, const char *sha256, int64_t now, struct err *err);
/* An action of "system" and its only transition: a medium came in quarantined.  verb says how it came in. */
int store_log_system(struct store *s, const char *verb, const struct store_name *name, const char *sha256, int64_t now,
		     struct err *err);

/* ---- block.c: likewise ---- */

struct store_blocking {
	int64_t ts;
	const char *by, *reason; /* may be NULL */
};
int store_block_name(struct store *s, const struct store_name *name, const struct store_blocking *b, bool *new,
		     struct err *err);
int store_block_hash(struct store *s, const char *sha256, const struct store_blocking *b, bool *new, struct err *err);
int store_block_lift(struct store *s, const struct store_name *name, const char *sha256, struct err *err);
/* The row of m is deleted in this transaction: if it was quarantined, that outlives it. */
int store_block_deleted(struct store *s, const struct store_medium *m, int64_t now, struct err *err);

/* ---- access.c ---- */

int store_access_lock(int fd, short type, bool wait);

/* ---- thumb_rows.c ---- */

int store_thumb_row_put(struct store *s, const char *media_id, const struct store_thumb *t, struct err *err);
/* Of one medium; filesystem_id is NULL for ours.  In the caller's transaction. */
int store_thumb_rows_add(struct store *s, const struct store_name *name, const char *filesystem_id,
			 const struct store_thumb *t, size_t n, struct err *err);

/* ---- mark.c: likewise; logs nothing ---- */

/* Sets one medium to what change leaves: quarantined_by is by, or none; or the protection. */
int store_medium_mark(struct store *s, const struct store_name *name, enum store_change change, const char *by,
		      struct err *err);

/* ---- quarantine_list.c ---- */

enum { STORE_LOG_PAGE = 256 }; /* rows of the log that are undone in one transaction */
/* At most max rows of a statement that gives the columns of the log; cleared by store_log_clear, also after -1. */
int store_log_page(struct store *s, struct sqlite3_stmt *stmt, struct store_logged *row, size_t max, size_t *n,
		   struct err *err);
void store_log_clear(struct store_logged *row, size_t n);
/* Rows of media behind those that m holds already. */
int store_media_page(struct store *s, struct sqlite3_stmt *stmt, struct store_medium *m, size_t max, size_t *n,
		     struct err *err);

/* ---- put.c ---- */

int store_failure_drop(struct store *s, const char *url, struct err *err);

/* ---- db.c ---- */

void store_bind(struct sqlite3_stmt *stmt, int i, const char *s); /* NULL is bound as NULL; s is borrowed */
char *store_column(struct sqlite3_stmt *stmt, int i);		  /* text, yours; NULL for NULL */
/* A query of at most one row: reads it, if there is one. */
int store_one(struct store *s, struct sqlite3_stmt *stmt, const char *what, bool *found,
	      void (*read)(void *arg, struct sqlite3_stmt *stmt), void *arg, struct err *err);

struct store {
	struct sqlite3 *db;
	struct sqlite3_stmt *stmt[SQL_COUNT]; /* prepared when first used */
	char *dir;			      /* no link in it */
	int queue;   /* DIR/mxpreview.db.wlock: writers stand in line on its OFD lock; -1: not yet */
	int locks;   /* DIR/locks: one byte for each URL; -1: not yet */
	bool looks;  /* db was opened for reading only */
	bool shadow; /* what a dry run has told is hidden: shadow.c */
	bool full;   /* the transaction that is open syncs fully */
};

/* The statement, reset and without bindings. */
struct sqlite3_stmt *store_sql(struct store *s, enum sql which, struct err *err);
int store_db_err(struct store *s, const char *what, struct err *err);
int store_beside(const struct store *s, const char *name,
		 struct err *err); /* a file next to the database; it is made */
/* Runs one that gives no rows. */
int store_run(struct store *s, struct sqlite3_stmt *stmt, const char *what, struct err *err);

enum store_sync { STORE_SYNC_NORMAL, STORE_SYNC_FULL };
int store_write_begin(struct store *s, enum store_sync sync, struct err *err);
/* Commits if rc is 0, else rolls back; returns rc or the failure of the commit, whose outcome then is in doubt. */
int store_write_end(struct store *s, int rc, struct err *err);

#endif
