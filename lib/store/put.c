/* How does what was found out come into the database?  One transaction for each preview, or for each failure. */
#include "store/int.h"

#include <sqlite3.h>

/* A medium that is named once more lives on from now: expiry counts from the later of created_ts and last_access_ts.
 * Whoever removes a medium removes its row first, and both happen in transactions: no preview ever names one whose file
 * is gone. */
static int
touch_media(struct store *s, const char *media_id, int64_t now, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_MEDIA_TOUCH, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, media_id);
	(void)sqlite3_bind_int64(stmt, 2, now);
	if (store_run(s, stmt, "media", err) < 0)
		return -1;
	return sqlite3_changes(s->db) > 0 ? 0 : err_set(err, ERR_NOTFOUND, "media %s is gone", media_id);
}

static int
put_media(struct store *s, const struct store_media *m, const struct store_put *put, struct err *err)
{
	bool bad = false;
	const struct store_name name = {NULL, m->media_id};
	if (store_blocked(s, NULL, m->sha256, &bad, err) < 0)
		return -1;
	sqlite3_stmt *stmt = store_sql(s, SQL_MEDIA_PUT, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, m->media_id);
	store_bind(stmt, 2, m->type);
	(void)sqlite3_bind_int64(stmt, 3, m->bytes);
	(void)sqlite3_bind_int64(stmt, 4, m->created_ts);
	store_bind(stmt, 5, m->name);
	store_bind(stmt, 6, m->user);
	store_bind(stmt, 7, m->url);
	store_bind(stmt, 8, m->sha256);
	store_bind(stmt, 9, bad ? STORE_SYSTEM : NULL);
	(void)sqlite3_bind_int(stmt, 10, put->authenticated);
	int rc = store_run(s, stmt, "media", err);
	if (rc == 0 && bad && sqlite3_changes(s->db) > 0)
		rc = store_log_system(s, "preview", &name, m->sha256, put->now, err);
	for (size_t i = 0; rc == 0 && i < m->thumbs; i++)
		rc = store_thumb_row_put(s, m->media_id, &m->thumb[i], err);
	return rc;
}

int
store_failure_drop(struct store *s, const char *url, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_FAILURE_DROP, err);
	if (stmt != NULL)
		store_bind(stmt, 1, url);
	return store_run(s, stmt, "failure", err);
}

static const char *
language_of(const char *language)
{
	return language != NULL ? language : "";
}

static int
put_row(struct store *s, const struct store_put *put, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_PUT, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, put->url);
	(void)sqlite3_bind_int64(stmt, 2, put->status);
	store_bind(stmt, 3, put->etag);
	(void)sqlite3_bind_int64(stmt, 4, put->expires_ts);
	store_bind(stmt, 5, put->og);
	store_bind(stmt, 6, put->media_id);
	(void)sqlite3_bind_int64(stmt, 7, put->download_ts);
	store_bind(stmt, 8, language_of(put->language));
	(void)sqlite3_bind_int64(stmt, 9, put->stale_ts);
	(void)sqlite3_bind_int64(stmt, 10, put->error_ts);
	(void)sqlite3_bind_int64(stmt, 11, put->no_store);
	store_bind(stmt, 12, put->details);
	return store_run(s, stmt, "preview", err);
}

static int
renew_row(struct store *s, const struct store_put *put, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_RENEW, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, put->url);
	(void)sqlite3_bind_int64(stmt, 2, put->download_ts);
	store_bind(stmt, 3, language_of(put->language));
	(void)sqlite3_bind_int64(stmt, 4, put->expires_ts);
	store_bind(stmt, 5, put->etag);
	(void)sqlite3_bind_int64(stmt, 6, put->stale_ts);
	(void)sqlite3_bind_int64(stmt, 7, put->error_ts);
	store_bind(stmt, 8, put->details);
	(void)sqlite3_bind_int64(stmt, 9, put->no_store);
	if (store_run(s, stmt, "preview", err) < 0)
		return -1;
	return sqlite3_changes(s->db) > 0 ? 0 : put_row(s, put, err);
}

static int
put_image(struct store *s, const struct store_image *i, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_IMAGE_PUT, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, i->url);
	store_bind(stmt, 2, language_of(i->language));
	store_bind(stmt, 3, i->media_id);
	(void)sqlite3_bind_int64(stmt, 4, i->expires_ts);
	store_bind(stmt, 5, i->text);
	return store_run(s, stmt, "image", err);
}

static int
sweep_no_store(struct store *s, int64_t now, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_NO_STORE_SWEEP, err);
	if (stmt != NULL)
		(void)sqlite3_bind_int64(stmt, 1, now);
	return store_run(s, stmt, "no-store", err);
}

int
store_cache_put(struct store *s, const struct store_put *put, struct err *err)
{
	int rc = store_write_begin(s, STORE_SYNC_NORMAL, err);
	if (rc < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < put->n_media; i++)
		rc = put->media[i].reused ? touch_media(s, put->media[i].media_id, put->now, err)
					  : put_media(s, &put->media[i], put, err);
	rc = rc == 0 ? sweep_no_store(s, put->now, err) : rc;
	if (rc == 0)
		rc = put->renew ? renew_row(s, put, err) : put_row(s, put, err);
	rc = rc == 0 && put->image != NULL ? put_image(s, put->image, err) : rc;
	rc = rc == 0 ? store_failure_drop(s, put->url, err) : rc;
	return store_write_end(s, rc, err);
}

/* ---- failures ---------------------------------------------------------------------------------------- */

/* For how long the nth failure in a row is remembered. */
static int64_t
back_off(const struct store_failure *f, int64_t nth)
{
	int64_t ms = f->first, least = f->at_least < f->max ? f->at_least : f->max;
	for (int64_t i = 1; i < nth && ms < f->max; i++) {
		int64_t more = ms / 100 * (f->growth - 100);
		if (more <= 0)
			break;
		ms += more;
	}
	ms = ms < f->max ? ms : f->max;
	return ms > least ? ms : least;
}

/* Those in a row so far.  One that was over for as long as a failure may be remembered is not in the row any more. */
static int
count_failures(struct store *s, const struct store_failure *f, int64_t *n, struct err *err)
{
	struct store_preview last = {0};
	int64_t since = f->now > f->max ? f->now - f->max : 0;
	if (store_failure_get(s, f->url, since, &last, err) < 0)
		return -1;
	*n = last.found ? last.failures : 0;
	store_preview_clear(&last);
	return 0;
}

int
store_cache_put_failure(struct store *s, const struct store_failure *f, struct err *err)
{
	int64_t n = 0;
	if (store_write_begin(s, STORE_SYNC_NORMAL, err) < 0)
		return -1;
	int rc = count_failures(s, f, &n, err);
	sqlite3_stmt *stmt = rc == 0 ? store_sql(s, SQL_FAILURE_PUT, err) : NULL;
	if (stmt != NULL) {
		store_bind(stmt, 1, f->url);
		(void)sqlite3_bind_int64(stmt, 2, f->status);
		store_bind(stmt, 3, f->errcode);
		store_bind(stmt, 4, f->error);
		(void)sqlite3_bind_int64(stmt, 5, f->now);
		(void)sqlite3_bind_int64(stmt, 6, f->now + back_off(f, n + 1));
		store_bind(stmt, 7, language_of(f->class));
		(void)sqlite3_bind_int64(stmt, 8, f->http_status);
		(void)sqlite3_bind_int64(stmt, 9, n + 1);
	}
	return store_write_end(s, stmt != NULL ? store_run(s, stmt, "failure", err) : -1, err);
}
