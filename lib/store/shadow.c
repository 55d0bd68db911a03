/* What would a dry run no longer find?  What has been told hides behind views of its own connection: each statement then
 * sees the store as it would be, and what really happens is told, in its order and with all that goes along. */
#include "store/remove.h"

#include <sqlite3.h>

static int
exec(struct store *s, const char *text, struct err *err)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_db_err(s, "dry run", err);
}

int
store_shadow_begin(struct store *s, struct err *err)
{
	if (s->shadow)
		return 0;
	s->shadow = exec(s, store_sql_shadow, err) == 0;
	if (!s->shadow)
		(void)exec(s, store_sql_shadow_end, NULL);
	return s->shadow ? 0 : -1;
}

int
store_shadow_end(struct store *s, struct err *err)
{
	if (!s->shadow)
		return 0;
	s->shadow = false;
	return exec(s, store_sql_shadow_end, err);
}

int
store_shadow_medium(struct store *s, const char *origin, const char *media_id, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, origin != NULL ? SQL_SHADOW_REMOTE : SQL_SHADOW_LOCAL, err);
	if (stmt != NULL) {
		store_bind(stmt, 2, media_id);
		if (origin != NULL)
			store_bind(stmt, 1, origin);
	}
	return store_run(s, stmt, "dry run", err);
}

int
store_shadow_preview(struct store *s, int64_t row, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_SHADOW_PREVIEW, err);
	if (stmt != NULL)
		(void)sqlite3_bind_int64(stmt, 1, row);
	return store_run(s, stmt, "dry run", err);
}
