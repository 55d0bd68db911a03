/* What is known about a URL, and until when?  Finished previews (spec A.3) and remembered failures. */
#include "store/int.h"

#include <sqlite3.h>

void
store_preview_clear(struct store_preview *p)
{
	mem_free(p->og);
	mem_free(p->details);
	mem_free(p->language);
	mem_free(p->media_id);
	mem_free(p->etag);
	mem_free(p->errcode);
	mem_free(p->error);
	mem_free(p->class);
	*p = (struct store_preview){0};
}

void
store_read_preview(sqlite3_stmt *stmt, struct store_preview *out)
{
	*out = (struct store_preview){
	    .found = true,
	    .og = store_column(stmt, 0),
	    .media_id = store_column(stmt, 1),
	    .etag = store_column(stmt, 2),
	    .status = sqlite3_column_int64(stmt, 3),
	    .download_ts = sqlite3_column_int64(stmt, 4),
	    .expires_ts = sqlite3_column_int64(stmt, 5),
	    .stale_ts = sqlite3_column_int64(stmt, 6),
	    .error_ts = sqlite3_column_int64(stmt, 7),
	    .language = store_column(stmt, 8),
	    .details = store_column(stmt, 9),
	    .some_shut = sqlite3_column_int(stmt, 10) != 0,
	};
}

void
store_read_failure(sqlite3_stmt *stmt, struct store_preview *out)
{
	*out = (struct store_preview){
	    .found = true,
	    .failure = true,
	    .status = sqlite3_column_int64(stmt, 0),
	    .errcode = store_column(stmt, 1),
	    .error = store_column(stmt, 2),
	    .download_ts = sqlite3_column_int64(stmt, 3),
	    .expires_ts = sqlite3_column_int64(stmt, 4),
	    .class = store_column(stmt, 5),
	    .http_status = sqlite3_column_int64(stmt, 6),
	    .failures = sqlite3_column_int64(stmt, 7),
	};
}

static void
read_one(void *arg, sqlite3_stmt *stmt)
{
	store_read_preview(stmt, arg);
}

static void
read_one_failure(void *arg, sqlite3_stmt *stmt)
{
	store_read_failure(stmt, arg);
}

/* One row of a query by URL, time and language, or none. */
static int
look(struct store *s, enum sql which, const struct store_question *q, int64_t ts, struct store_preview *out,
     struct err *err)
{
	bool found;
	sqlite3_stmt *stmt = store_sql(s, which, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, q->url);
	(void)sqlite3_bind_int64(stmt, 2, ts);
	store_bind(stmt, 3, q->language);
	return store_one(s, stmt, "cache", &found, read_one, out, err);
}

static bool
usable(const struct store_preview *p)
{
	return p->found && p->status / 100 == 2 && p->og != NULL;
}

/* The preview that was known at ts.  *out says whether it may be used. */
static int
look_at(struct store *s, const struct store_question *q, int64_t ts, bool after, struct store_preview *out,
	struct err *err)
{
	if (look(s, q->details ? SQL_CACHE_BEFORE_ALL : SQL_CACHE_BEFORE, q, ts, out, err) < 0)
		return -1;
	if (!out->found && after && look(s, SQL_CACHE_AFTER, q, ts, out, err) < 0)
		return -1;
	if (out->expires_ts <= ts || !usable(out))
		store_preview_clear(out);
	return 0;
}

int
store_failure_get(struct store *s, const char *url, int64_t now, struct store_preview *out, struct err *err)
{
	bool found;
	sqlite3_stmt *stmt = store_sql(s, SQL_FAILURE_GET, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, url);
	(void)sqlite3_bind_int64(stmt, 2, now);
	return store_one(s, stmt, "cache", &found, read_one_failure, out, err);
}

int
store_cache_get(struct store *s, const struct store_question *q, struct store_preview *out, struct err *err)
{
	*out = (struct store_preview){0};
	if (look_at(s, q, q->ts, true, out, err) < 0)
		return -1;
	if (!out->found && q->ts != q->now && look_at(s, q, q->now, false, out, err) < 0)
		return -1;
	return out->found ? 0 : store_failure_get(s, q->url, q->now, out, err);
}

int
store_cache_newest(struct store *s, const struct store_question *q, struct store_preview *out, struct err *err)
{
	*out = (struct store_preview){0};
	if (look(s, SQL_CACHE_BEFORE_ALL, q, q->now, out, err) < 0)
		return -1;
	if (!usable(out))
		store_preview_clear(out);
	return 0;
}
