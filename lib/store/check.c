/* Is the database sound, and may only its owner read it?  When was a long job last done? */
#include "store/orphans.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

/* What the database finds of itself; it stops after so many. */
static int
integrity(struct store_inspection *in, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	struct store *s = in->e->store;
	int step = SQLITE_DONE;
	if (sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(1000)", -1, &stmt, NULL) != SQLITE_OK)
		return store_db_err(s, "integrity", err);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		if (!str_eq(text, "ok"))
			store_flaw_tell(
			    in, &(struct store_finding){.flaw = STORE_FLAW_DATABASE, .text = text, .bytes = -1});
	}
	int rc = step == SQLITE_DONE ? 0 : store_db_err(s, "integrity", err);
	(void)sqlite3_finalize(stmt);
	return rc;
}

/* What everybody on the machine may read or change was opened by mistake. */
static void
modes(struct store_inspection *in)
{
	static const char *const name[] = {
	    ".",	 "mxpreview.db", "mxpreview.db-wal",	     "mxpreview.db-shm",     STORE_URL_CACHE,
	    STORE_LOCAL, STORE_REMOTE,	 STORE_URL_CACHE_THUMBNAILS, STORE_LOCAL_THUMBNAILS, STORE_REMOTE_THUMBNAILS};
	const mode_t others = S_IRWXO;
	int top = in->e->blobs->dirfd;
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		struct stat st;
		char text[8];
		if (fstatat(top, name[i], &st, 0) < 0 || (st.st_mode & others) == 0)
			continue;
		(void)snprintf(text, sizeof text, "%04o", (unsigned)(st.st_mode & 07777));
		bool mended = !in->e->dry && fchmodat(top, name[i], st.st_mode & 07777 & ~others, 0) == 0;
		store_flaw_tell(
		    in, &(struct store_finding){
			    .flaw = STORE_FLAW_MODE, .path = name[i], .text = text, .bytes = -1, .mended = mended});
	}
}

int
store_check_database(struct store_inspection *in, struct err *err)
{
	modes(in);
	int rc = integrity(in, err);
	return rc == 0 ? store_check_log(in, err) : rc;
}

/* ---- when a job was last done ----------------------------------------------------------------------------------- */

static void
read_ts(void *arg, sqlite3_stmt *stmt)
{
	*(int64_t *)arg = sqlite3_column_int64(stmt, 0);
}

int
store_done_get(struct store *s, const char *job, int64_t *ts, struct err *err)
{
	bool found;
	*ts = 0;
	sqlite3_stmt *stmt = store_sql(s, SQL_STATE_GET, err);
	if (stmt != NULL)
		store_bind(stmt, 1, job);
	return store_one(s, stmt, "state", &found, read_ts, ts, err);
}

int
store_done_set(struct store *s, const char *job, int64_t ts, struct err *err)
{
	char text[32];
	(void)snprintf(text, sizeof text, "%" PRId64, ts);
	if (store_write_begin(s, STORE_SYNC_NORMAL, err) < 0)
		return -1;
	sqlite3_stmt *stmt = store_sql(s, SQL_STATE_SET, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, job);
		store_bind(stmt, 2, text);
	}
	return store_write_end(s, store_run(s, stmt, "state", err), err);
}
