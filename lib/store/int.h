/* store, inside: what its files promise each other. */
#ifndef STORE_INT_H
#define STORE_INT_H

#include "store/store.h"

/* ---- path.c ---- */

#define STORE_DAY_LEN 10 /* "YYYY-MM-DD" */
#define STORE_PATH_MAX 512

/* Where a file of an id stands: a directory relative to the store, of one to three components, and a name in it. */
struct store_place {
	char dir[STORE_PATH_MAX];
	char name[STORE_ID_MAX];
};

int store_place_blob(struct store_place *at, const char *id, struct err *err);
int store_place_thumbs(struct store_place *at, const char *id, struct err *err); /* dir is theirs, name is "" */
int store_thumb_name(char *out, size_t size, uint32_t w, uint32_t h, const char *type, const char *method,
		     struct err *err);

/* ---- dir.c ---- */

/* Opens dir below the store, to look up files in it. */
int store_dir_open(const struct store_blobs *b, const char *dir, struct err *err);
/* A new file '.' + random in dir, mode 0600; its name is written to tmp.  *dirfd is dir: opened if it is -1, made
 * durably where it is missing, also when an expiry removes it meanwhile because it is empty.  The caller closes *dirfd,
 * also after a failure. */
#define STORE_TMP_MAX 32
int store_tmp_open(const struct store_blobs *b, const char *dir, int *dirfd, char tmp[STORE_TMP_MAX], struct err *err);
int store_tmp_rename(int dirfd, const char *tmp, const char *name, bool replace, struct err *err);

/* ---- sql.c: every statement ---- */

enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_CACHE_BEFORE,
	SQL_CACHE_AFTER,
	SQL_FAILURE_GET,
	SQL_FAILURE_PUT,
	SQL_FAILURE_DROP,
	SQL_CACHE_PUT,
	SQL_MEDIA_PUT,
	SQL_THUMB_PUT,
	SQL_HASH_QUARANTINED,
	SQL_CACHE_LIST,
	SQL_CACHE_SHOW,
	SQL_CACHE_FORGET,
	SQL_COUNT
};

extern const char *const store_sql_text[SQL_COUNT];
extern const char *const store_sql_migration[]; /* [n] brings version n to n + 1; NULL ends */

/* ---- db.c ---- */

struct sqlite3;
struct sqlite3_stmt;

struct store {
	struct sqlite3 *db;
	struct sqlite3_stmt *stmt[SQL_COUNT]; /* prepared when first used */
	int queue;			      /* DIR/mxpreview.db.wlock: writers stand in line on its OFD lock */
	int locks;			      /* DIR/locks: one byte for each URL */
	bool full;			      /* the transaction that is open syncs fully */
};

/* The statement, reset and without bindings. */
struct sqlite3_stmt *store_sql(struct store *s, enum sql which, struct err *err);
int store_db_err(struct store *s, const char *what, struct err *err);
/* Runs one that gives no rows. */
int store_run(struct store *s, struct sqlite3_stmt *stmt, const char *what, struct err *err);

enum store_sync { STORE_SYNC_NORMAL, STORE_SYNC_FULL };
int store_write_begin(struct store *s, enum store_sync sync, struct err *err);
/* Commits if rc is 0, else rolls back; returns rc or the failure of the commit, whose outcome then is in doubt. */
int store_write_end(struct store *s, int rc, struct err *err);

#endif
