/* What happened to media, which are quarantined, and which does somebody mean?  Pages, each read whole before any of it
 * is told. */
#include "store/int.h"

#include <sqlite3.h>
#include <string.h>

/* ---- the log ---------------------------------------------------------------------------------------------- */

void
store_log_clear(struct store_logged *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *owned[] = {row[i].origin,	    row[i].media_id, row[i].sha256, row[i].was,
				 row[i].was_reason, row[i].verb,     row[i].by,	    row[i].reason};
		for (size_t k = 0; k < sizeof owned / sizeof owned[0]; k++)
			mem_free(owned[k]);
	}
}

/* What another program wrote says only whether it is quarantined. */
static enum store_change
change_of(const char *name, bool quarantined)
{
	for (int i = 0; name != NULL && i < STORE_CHANGES; i++)
		if (strcmp(store_change_name((enum store_change)i), name) == 0)
			return (enum store_change)i;
	return quarantined ? STORE_QUARANTINE : STORE_UNQUARANTINE;
}

static void
read_logged(sqlite3_stmt *stmt, struct store_logged *r)
{
	*r = (struct store_logged){
	    .stream_id = sqlite3_column_int64(stmt, 0),
	    .origin = store_column(stmt, 1),
	    .media_id = store_column(stmt, 2),
	    .quarantined = sqlite3_column_int(stmt, 3) != 0,
	    .ts = sqlite3_column_int64(stmt, 5),
	    .action = sqlite3_column_int64(stmt, 6),
	    .was = store_column(stmt, 7),
	    .was_ts = sqlite3_column_int64(stmt, 8),
	    .was_reason = store_column(stmt, 9),
	    .sha256 = store_column(stmt, 10),
	    .verb = store_column(stmt, 11),
	    .by = store_column(stmt, 12),
	    .reason = store_column(stmt, 13),
	};
	r->change = change_of((const char *)sqlite3_column_text(stmt, 4), r->quarantined);
}

int
store_log_page(struct store *s, sqlite3_stmt *stmt, struct store_logged *row, size_t max, size_t *n, struct err *err)
{
	int step = SQLITE_DONE;
	*n = 0;
	while (*n < max && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		read_logged(stmt, &row[(*n)++]);
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "log", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static void
read_position(void *arg, sqlite3_stmt *stmt)
{
	*(int64_t *)arg = sqlite3_column_int64(stmt, 0);
}

int
store_changes_position(struct store *s, int64_t *highest, struct err *err)
{
	bool found;
	*highest = 0;
	return store_one(s, store_sql(s, SQL_LOG_POSITION, err), "log", &found, read_position, highest, err);
}

static int
tell(struct store *s, sqlite3_stmt *stmt, size_t limit, store_logged_row *f, void *arg, struct err *err)
{
	size_t n = 0;
	struct store_logged *row = mem_array(limit, sizeof *row);
	int rc = store_log_page(s, stmt, row, limit, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		f(arg, &row[i]);
	store_log_clear(row, n);
	mem_free(row);
	return rc;
}

int
store_changes(struct store *s, int64_t from, size_t limit, store_logged_row *f, void *arg, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_LOG_AFTER, err);
	if (stmt == NULL)
		return -1;
	limit = limit < STORE_PAGE_MAX ? limit : STORE_PAGE_MAX;
	(void)sqlite3_bind_int64(stmt, 1, from);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)limit);
	return tell(s, stmt, limit, f, arg, err);
}

int
store_changes_of(struct store *s, const struct store_name *name, size_t limit, store_logged_row *f, void *arg,
		 struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_LOG_OF, err);
	if (stmt == NULL)
		return -1;
	limit = limit < STORE_PAGE_MAX ? limit : STORE_PAGE_MAX;
	store_bind(stmt, 1, name->id);
	store_bind(stmt, 2, name->origin);
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)limit);
	return tell(s, stmt, limit, f, arg, err);
}

/* ---- pages of media --------------------------------------------------------------------------------------- */

int
store_media_page(struct store *s, sqlite3_stmt *stmt, struct store_medium *m, size_t max, size_t *n, struct err *err)
{
	int step = SQLITE_DONE;
	while (*n < max && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		store_read_medium(&m[(*n)++], stmt);
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "media", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static int
list_local(struct store *s, const char *after, struct store_medium *m, size_t max, size_t *n, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_LIST_LOCAL, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, after);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)(max - *n));
	return store_media_page(s, stmt, m, max, n, err);
}

static int
list_remote(struct store *s, const struct store_name *after, struct store_medium *m, size_t max, size_t *n,
	    struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_LIST_REMOTE, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, after->origin);
	store_bind(stmt, 2, after->id);
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)(max - *n));
	return store_media_page(s, stmt, m, max, n, err);
}

void
store_media_clear(struct store_medium *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		store_medium_clear(&m[i]);
}

int
store_quarantined(struct store *s, const struct store_name *after, struct store_medium *m, size_t max, size_t *n,
		  struct err *err)
{
	const struct store_name first = {"", ""};
	bool ours = after->origin == NULL;
	*n = 0;
	int rc = ours ? list_local(s, after->id, m, max, n, err) : 0;
	if (rc == 0 && *n < max)
		rc = list_remote(s, ours ? &first : after, m, max, n, err);
	if (rc < 0) {
		store_media_clear(m, *n);
		*n = 0;
	}
	return rc;
}
