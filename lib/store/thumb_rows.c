/* Which thumbnails of a medium are known, and how do new ones become known? */
#include "store/int.h"

#include <sqlite3.h>

static int
bind_thumb(sqlite3_stmt *stmt, int at, const struct store_thumb *t)
{
	(void)sqlite3_bind_int64(stmt, at, t->width);
	(void)sqlite3_bind_int64(stmt, at + 1, t->height);
	store_bind(stmt, at + 2, t->type);
	store_bind(stmt, at + 3, t->method);
	return sqlite3_bind_int64(stmt, at + 4, (int64_t)t->bytes);
}

int
store_thumb_row_put(struct store *s, const char *media_id, const struct store_thumb *t, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_THUMB_PUT, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, media_id);
	(void)bind_thumb(stmt, 2, t);
	return store_run(s, stmt, "thumbnail", err);
}

static int
put_remote(struct store *s, const struct store_name *name, const char *filesystem_id, const struct store_thumb *t,
	   struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_REMOTE_THUMB_PUT, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, name->origin);
	store_bind(stmt, 2, name->id);
	(void)bind_thumb(stmt, 3, t);
	store_bind(stmt, 8, filesystem_id);
	return store_run(s, stmt, "thumbnail", err);
}

int
store_thumb_rows_add(struct store *s, const struct store_name *name, const char *filesystem_id,
		     const struct store_thumb *t, size_t n, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = name->origin == NULL ? store_thumb_row_put(s, name->id, &t[i], err)
					  : put_remote(s, name, filesystem_id, &t[i], err);
	return rc;
}

static int
still_there(struct store *s, const struct store_name *name, struct err *err)
{
	bool is = false;
	sqlite3_stmt *stmt = store_sql(s, name->origin == NULL ? SQL_MEDIA_HAS : SQL_REMOTE_HAS, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, name->origin == NULL ? name->id : name->origin);
		if (name->origin != NULL)
			store_bind(stmt, 2, name->id);
	}
	if (store_one(s, stmt, "media", &is, NULL, NULL, err) < 0)
		return -1;
	return is ? 0 : err_set(err, ERR_NOTFOUND, "media %s is gone", name->id);
}

int
store_thumb_rows_put(struct store *s, const struct store_medium *m, const struct store_thumb *t, size_t n,
		     struct err *err)
{
	struct store_name name = {m->origin, m->media_id};
	if (n == 0)
		return 0;
	if (store_write_begin(s, STORE_SYNC_NORMAL, err) < 0)
		return -1;
	int rc = still_there(s, &name, err);
	rc = rc == 0 ? store_thumb_rows_add(s, &name, m->filesystem_id, t, n, err) : rc;
	return store_write_end(s, rc, err);
}

/* ---- looking ---------------------------------------------------------------------------------------------- */

void
store_thumb_list_clear(struct store_thumb_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		mem_free(l->row[i].type);
		mem_free(l->row[i].method);
	}
	mem_free(l->row);
	*l = (struct store_thumb_list){0};
}

/* A row whose numbers no thumbnail has came from elsewhere, and is none. */
static bool
sound(sqlite3_stmt *stmt)
{
	int64_t w = sqlite3_column_int64(stmt, 0), h = sqlite3_column_int64(stmt, 1);
	return w > 0 && w <= STORE_THUMB_SIDE_MAX && h > 0 && h <= STORE_THUMB_SIDE_MAX &&
	       sqlite3_column_type(stmt, 2) == SQLITE_TEXT && sqlite3_column_type(stmt, 3) == SQLITE_TEXT;
}

static void
read_row(struct store_thumb_list *l, sqlite3_stmt *stmt)
{
	l->row = mem_realloc(l->row, (l->n + 1) * sizeof *l->row);
	l->row[l->n++] = (struct store_thumb_row){
	    .width = (uint32_t)sqlite3_column_int64(stmt, 0),
	    .height = (uint32_t)sqlite3_column_int64(stmt, 1),
	    .type = store_column(stmt, 2),
	    .method = store_column(stmt, 3),
	    .bytes = sqlite3_column_int64(stmt, 4),
	};
}

int
store_thumb_rows_get(struct store *s, const struct store_name *name, struct store_thumb_list *out, struct err *err)
{
	bool ours = name->origin == NULL;
	int rc = SQLITE_DONE, at = 1;
	*out = (struct store_thumb_list){0};
	sqlite3_stmt *stmt = store_sql(s, ours ? SQL_LOCAL_THUMBS : SQL_REMOTE_THUMBS, err);
	if (stmt == NULL)
		return -1;
	if (!ours)
		store_bind(stmt, at++, name->origin);
	store_bind(stmt, at++, name->id);
	(void)sqlite3_bind_int64(stmt, at, STORE_THUMBS_MAX);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		if (sound(stmt))
			read_row(out, stmt);
	rc = rc == SQLITE_DONE ? 0 : store_db_err(s, "thumbnails", err);
	(void)sqlite3_reset(stmt);
	if (rc < 0)
		store_thumb_list_clear(out);
	return rc;
}
