/* Whose token is this, and does the homeserver have to be asked again? */
#include "store/who.h"

#include <sqlite3.h>

#include "store/int.h"

void
store_token_clear(struct store_token *t)
{
	mem_free(t->user);
	*t = (struct store_token){.admin = STORE_ADMIN_UNKNOWN};
}

static void
read_token(void *arg, struct sqlite3_stmt *stmt)
{
	struct store_token *t = arg;
	t->user = store_column(stmt, 0);
	t->guest = sqlite3_column_int(stmt, 1) != 0;
	t->admin = sqlite3_column_type(stmt, 2) == SQLITE_NULL ? STORE_ADMIN_UNKNOWN : sqlite3_column_int(stmt, 2) != 0;
	t->expires_ts = sqlite3_column_int64(stmt, 3);
}

int
store_token_get(struct store *s, const char *hash, int64_t now, struct store_token *out, struct err *err)
{
	bool found = false;
	struct sqlite3_stmt *stmt = store_sql(s, SQL_TOKEN_GET, err);
	*out = (struct store_token){.admin = STORE_ADMIN_UNKNOWN};
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, hash);
	(void)sqlite3_bind_int64(stmt, 2, now);
	return store_one(s, stmt, "token", &found, read_token, out, err);
}

/* What is over goes with the next one that comes. */
int
store_token_put(struct store *s, const char *hash, const struct store_token *t, int64_t now, struct err *err)
{
	if (store_write_begin(s, STORE_SYNC_NORMAL, err) < 0)
		return -1;
	struct sqlite3_stmt *sweep = store_sql(s, SQL_TOKEN_SWEEP, err);
	int rc = -1;
	if (sweep != NULL) {
		(void)sqlite3_bind_int64(sweep, 1, now);
		rc = store_run(s, sweep, "token", err);
	}
	struct sqlite3_stmt *put = rc == 0 ? store_sql(s, SQL_TOKEN_PUT, err) : NULL;
	if (put != NULL) {
		store_bind(put, 1, hash);
		store_bind(put, 2, t->user);
		(void)sqlite3_bind_int(put, 3, t->guest);
		if (t->admin != STORE_ADMIN_UNKNOWN)
			(void)sqlite3_bind_int(put, 4, t->admin);
		(void)sqlite3_bind_int64(put, 5, t->expires_ts);
	}
	return store_write_end(s, rc == 0 ? store_run(s, put, "token", err) : rc, err);
}

int
store_token_forget(struct store *s, const char *hash, struct err *err)
{
	if (store_write_begin(s, STORE_SYNC_NORMAL, err) < 0)
		return -1;
	struct sqlite3_stmt *stmt = store_sql(s, SQL_TOKEN_FORGET, err);
	if (stmt != NULL)
		store_bind(stmt, 1, hash);
	return store_write_end(s, store_run(s, stmt, "token", err), err);
}
