/* What is known about a URL, and until when?  Finished previews (spec A.3) and remembered failures. */
#include "store/int.h"

#include <sqlite3.h>

void
store_preview_clear(struct store_preview *p)
{
	mem_free(p->og);
	mem_free(p->media_id);
	mem_free(p->etag);
	mem_free(p->errcode);
	mem_free(p->error);
	*p = (struct store_preview){0};
}

/* NULL is bound as NULL. */
static void
bind_text(sqlite3_stmt *stmt, int i, const char *s)
{
	(void)sqlite3_bind_text(stmt, i, s, -1, SQLITE_STATIC);
}

static char *
column(sqlite3_stmt *stmt, int i)
{
	return mem_strdup((const char *)sqlite3_column_text(stmt, i));
}

/* The columns that all queries of the cache begin with. */
static void
read_preview(sqlite3_stmt *stmt, struct store_preview *out)
{
	*out = (struct store_preview){
	    .found = true,
	    .og = column(stmt, 0),
	    .media_id = column(stmt, 1),
	    .etag = column(stmt, 2),
	    .status = sqlite3_column_int64(stmt, 3),
	    .download_ts = sqlite3_column_int64(stmt, 4),
	    .expires_ts = sqlite3_column_int64(stmt, 5),
	};
}

/* One row of a query by URL and time, or none. */
static int
look(struct store *s, enum sql which, const char *url, int64_t ts, void (*read)(sqlite3_stmt *, struct store_preview *),
     struct store_preview *out, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, which, err);
	if (stmt == NULL)
		return -1;
	bind_text(stmt, 1, url);
	(void)sqlite3_bind_int64(stmt, 2, ts);
	int step = sqlite3_step(stmt);
	if (step == SQLITE_ROW)
		read(stmt, out);
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "cache", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static void
read_failure(sqlite3_stmt *stmt, struct store_preview *out)
{
	*out = (struct store_preview){
	    .found = true,
	    .failure = true,
	    .status = sqlite3_column_int64(stmt, 0),
	    .errcode = column(stmt, 1),
	    .error = column(stmt, 2),
	    .download_ts = sqlite3_column_int64(stmt, 3),
	    .expires_ts = sqlite3_column_int64(stmt, 4),
	};
}

/* The preview that was known at ts.  *out says whether it may be used. */
static int
look_at(struct store *s, const char *url, int64_t ts, bool after, struct store_preview *out, struct err *err)
{
	if (look(s, SQL_CACHE_BEFORE, url, ts, read_preview, out, err) < 0)
		return -1;
	if (!out->found && after && look(s, SQL_CACHE_AFTER, url, ts, read_preview, out, err) < 0)
		return -1;
	if (out->expires_ts <= ts || out->status / 100 != 2 || out->og == NULL)
		store_preview_clear(out);
	return 0;
}

int
store_cache_get(struct store *s, const char *url, int64_t ts, int64_t now, struct store_preview *out, struct err *err)
{
	*out = (struct store_preview){0};
	if (look_at(s, url, ts, true, out, err) < 0)
		return -1;
	if (!out->found && ts != now && look_at(s, url, now, false, out, err) < 0)
		return -1;
	return out->found ? 0 : look(s, SQL_FAILURE_GET, url, now, read_failure, out, err);
}

/* ---- putting away ------------------------------------------------------------------------------------ */

/* Does this content belong to something quarantined (spec F.5)? */
static int
quarantined(struct store *s, const char *sha256, bool *is, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_HASH_QUARANTINED, err);
	if (stmt == NULL)
		return -1;
	bind_text(stmt, 1, sha256);
	int step = sqlite3_step(stmt);
	*is = step == SQLITE_ROW;
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "quarantine", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static int
put_thumb(struct store *s, const char *media_id, const struct store_thumb *t, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_THUMB_PUT, err);
	if (stmt == NULL)
		return -1;
	bind_text(stmt, 1, media_id);
	(void)sqlite3_bind_int64(stmt, 2, t->width);
	(void)sqlite3_bind_int64(stmt, 3, t->height);
	bind_text(stmt, 4, t->type);
	bind_text(stmt, 5, t->method);
	(void)sqlite3_bind_int64(stmt, 6, (int64_t)t->bytes);
	return store_run(s, stmt, "thumbnail", err);
}

static int
put_media(struct store *s, const struct store_media *m, struct err *err)
{
	bool bad = false;
	if (m->sha256 != NULL && quarantined(s, m->sha256, &bad, err) < 0)
		return -1;
	sqlite3_stmt *stmt = store_sql(s, SQL_MEDIA_PUT, err);
	if (stmt == NULL)
		return -1;
	bind_text(stmt, 1, m->media_id);
	bind_text(stmt, 2, m->type);
	(void)sqlite3_bind_int64(stmt, 3, m->bytes);
	(void)sqlite3_bind_int64(stmt, 4, m->created_ts);
	bind_text(stmt, 5, m->name);
	bind_text(stmt, 6, m->user);
	bind_text(stmt, 7, m->url);
	bind_text(stmt, 8, m->sha256);
	bind_text(stmt, 9, bad ? "system" : NULL);
	int rc = store_run(s, stmt, "media", err);
	for (size_t i = 0; rc == 0 && i < m->thumbs; i++)
		rc = put_thumb(s, m->media_id, &m->thumb[i], err);
	return rc;
}

static int
drop_failure(struct store *s, const char *url, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_FAILURE_DROP, err);
	if (stmt != NULL)
		bind_text(stmt, 1, url);
	return store_run(s, stmt, "failure", err);
}

static int
put_row(struct store *s, const struct store_put *put, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_PUT, err);
	if (stmt == NULL)
		return -1;
	bind_text(stmt, 1, put->url);
	(void)sqlite3_bind_int64(stmt, 2, put->status);
	bind_text(stmt, 3, put->etag);
	(void)sqlite3_bind_int64(stmt, 4, put->expires_ts);
	bind_text(stmt, 5, put->og);
	bind_text(stmt, 6, put->media_id);
	(void)sqlite3_bind_int64(stmt, 7, put->download_ts);
	return store_run(s, stmt, "preview", err);
}

int
store_cache_put(struct store *s, const struct store_put *put, struct err *err)
{
	int rc = store_write_begin(s, STORE_SYNC_NORMAL, err);
	if (rc < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < put->n_media; i++)
		rc = put_media(s, &put->media[i], err);
	rc = rc == 0 ? put_row(s, put, err) : rc;
	rc = rc == 0 ? drop_failure(s, put->url, err) : rc;
	return store_write_end(s, rc, err);
}

int
store_cache_put_failure(struct store *s, const char *url, int64_t status, const char *errcode, const char *error,
			int64_t now_ms, int64_t expires_ts, struct err *err)
{
	if (store_write_begin(s, STORE_SYNC_NORMAL, err) < 0)
		return -1;
	sqlite3_stmt *stmt = store_sql(s, SQL_FAILURE_PUT, err);
	if (stmt != NULL) {
		bind_text(stmt, 1, url);
		(void)sqlite3_bind_int64(stmt, 2, status);
		bind_text(stmt, 3, errcode);
		bind_text(stmt, 4, error);
		(void)sqlite3_bind_int64(stmt, 5, now_ms);
		(void)sqlite3_bind_int64(stmt, 6, expires_ts);
	}
	return store_write_end(s, store_run(s, stmt, "failure", err), err);
}

/* ---- looking through ----------------------------------------------------------------------------------- */

/* Every row of a query whose columns end with the URL; *stopped when f had enough. */
static int
each(struct store *s, sqlite3_stmt *stmt, int (*f)(void *, const char *, const struct store_preview *), void *arg,
     bool *stopped, struct err *err)
{
	int step = SQLITE_DONE;
	*stopped = false;
	while (!*stopped && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_preview p;
		char *url = column(stmt, 6);
		read_preview(stmt, &p);
		*stopped = f(arg, url, &p) != 0;
		store_preview_clear(&p);
		mem_free(url);
	}
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "list", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

enum { LIST_PAGE = 128 };

struct listed {
	char *url;
	int64_t rowid;
	struct store_preview p;
};

/* The newest rows that are older than before.  No statement stays open while the caller prints them: a reader that
 * takes its time would keep the WAL from being written back. */
static int
page(struct store *s, int64_t before, struct listed row[LIST_PAGE], size_t *n, struct err *err)
{
	int step = SQLITE_DONE;
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_LIST, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, before);
	(void)sqlite3_bind_int64(stmt, 2, LIST_PAGE);
	while (*n < LIST_PAGE && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct listed *r = &row[(*n)++];
		read_preview(stmt, &r->p);
		r->url = column(stmt, 6);
		r->rowid = sqlite3_column_int64(stmt, 7);
	}
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "list", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

int
store_cache_list(struct store *s, int (*f)(void *, const char *, const struct store_preview *), void *arg,
		 struct err *err)
{
	struct listed row[LIST_PAGE];
	int64_t before = INT64_MAX;
	size_t n = LIST_PAGE;
	int rc = 0;
	for (bool stop = false; rc == 0 && !stop && n == LIST_PAGE;) {
		n = 0;
		rc = page(s, before, row, &n, err);
		for (size_t i = 0; i < n; i++) {
			struct listed *r = &row[i];
			if (rc == 0 && !stop && r->url != NULL)
				stop = f(arg, r->url, &r->p) != 0;
			before = r->rowid;
			mem_free(r->url);
			store_preview_clear(&r->p);
		}
	}
	return rc;
}

int
store_cache_show(struct store *s, const char *url, int (*f)(void *, const char *, const struct store_preview *),
		 void *arg, struct err *err)
{
	bool stopped;
	struct store_preview failure = {0};
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_SHOW, err);
	if (stmt == NULL)
		return -1;
	bind_text(stmt, 1, url);
	if (each(s, stmt, f, arg, &stopped, err) < 0)
		return -1;
	if (stopped)
		return 0;
	if (look(s, SQL_FAILURE_GET, url, 0, read_failure, &failure, err) < 0)
		return -1;
	if (failure.found)
		(void)f(arg, url, &failure);
	store_preview_clear(&failure);
	return 0;
}

int
store_cache_forget(struct store *s, const char *url, int64_t *forgotten, struct err *err)
{
	*forgotten = 0;
	if (store_write_begin(s, STORE_SYNC_FULL, err) < 0)
		return -1;
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_FORGET, err);
	if (stmt != NULL)
		bind_text(stmt, 1, url);
	int rc = store_run(s, stmt, "forget", err);
	if (rc == 0)
		*forgotten = sqlite3_changes(s->db);
	rc = rc == 0 ? drop_failure(s, url, err) : rc;
	if (rc == 0)
		*forgotten += sqlite3_changes(s->db);
	return store_write_end(s, rc, err);
}
