/* How does a medium come into the database?  Its file is durable before; one transaction, which is it or is not. */
#include "store/int.h"

#include <sqlite3.h>

/* ---- what a user may ------------------------------------------------------------------------------------- */

static void
read_sum(void *arg, sqlite3_stmt *stmt)
{
	*(int64_t *)arg = sqlite3_column_int64(stmt, 0);
}

static int
check_quota(struct store *s, const char *user, int64_t bytes, const struct store_quota *q, int64_t now, struct err *err)
{
	int64_t sum = 0;
	bool found = false;
	sqlite3_stmt *stmt = store_sql(s, SQL_LOCAL_SUM, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, user);
		(void)sqlite3_bind_int64(stmt, 2, now - q->period);
	}
	if (store_one(s, stmt, "upload limit", &found, read_sum, &sum, err) < 0)
		return -1;
	if (bytes <= q->max_bytes && sum <= q->max_bytes - bytes)
		return 0;
	return err_http(err, ERR_LIMIT, 400, "M_RESOURCE_LIMIT_EXCEEDED", "Media upload limit exceeded");
}

int
store_quota_check(struct store *s, const struct store_upload *u, struct err *err)
{
	for (size_t i = 0; u->user != NULL && u->name.origin == NULL && i < u->quotas; i++)
		if (check_quota(s, u->user, u->bytes, &u->quota[i], u->now, err) < 0)
			return -1;
	return 0;
}

struct pending {
	int64_t n, oldest;
};

static void
read_pending(void *arg, sqlite3_stmt *stmt)
{
	struct pending *p = arg;
	p->n = sqlite3_column_int64(stmt, 0);
	p->oldest = sqlite3_column_int64(stmt, 1);
}

static int
check_pending(struct store *s, const struct store_reservation *r, struct err *err)
{
	struct pending p = {0};
	bool found = false;
	if (r->user == NULL)
		return 0;
	sqlite3_stmt *stmt = store_sql(s, SQL_LOCAL_PENDING, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, r->user);
		(void)sqlite3_bind_int64(stmt, 2, r->now - r->lifetime);
	}
	if (store_one(s, stmt, "pending uploads", &found, read_pending, &p, err) < 0)
		return -1;
	if (p.n < r->max_pending)
		return 0;
	(void)err_http(err, ERR_BUSY, 429, "M_LIMIT_EXCEEDED", "%lld uploads of %s are announced and have not come",
		       (long long)p.n, r->user);
	err->retry_after = p.n > 0 ? p.oldest + r->lifetime - r->now + 1 : r->lifetime;
	return -1;
}

static int
reserve_row(struct store *s, const struct store_reservation *r, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_LOCAL_RESERVE, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, r->id);
	(void)sqlite3_bind_int64(stmt, 2, r->now);
	store_bind(stmt, 3, r->user);
	(void)sqlite3_bind_int64(stmt, 4, r->authenticated);
	return store_run(s, stmt, "media", err);
}

int
store_medium_reserve(struct store *s, const struct store_reservation *r, struct err *err)
{
	if (store_write_begin(s, STORE_SYNC_FULL, err) < 0)
		return -1;
	int rc = check_pending(s, r, err);
	return store_write_end(s, rc == 0 ? reserve_row(s, r, err) : rc, err);
}

/* ---- may this id be filled? --------------------------------------------------------------------------------- */

static int
judge_fill(const struct store_medium *m, const struct store_upload *u, struct err *err)
{
	if (!m->found || m->url_cache != NULL)
		return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Unknown media ID");
	if (m->bytes < 0 && m->created_ts < u->now - u->lifetime)
		return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Media ID has expired");
	if (!str_eq(m->user, u->user))
		return err_http(err, ERR_DENIED, 403, "M_FORBIDDEN",
				"Only the creator of the media ID can upload to it");
	if (m->bytes >= 0)
		return err_http(err, ERR_DENIED, 409, "M_CANNOT_OVERWRITE_MEDIA", "Media ID already has content");
	return 0;
}

int
store_fill_check(struct store *s, const struct store_upload *u, struct err *err)
{
	struct store_medium m;
	int rc = store_medium_get(s, &u->name, &m, err);
	rc = rc == 0 ? judge_fill(&m, u, err) : rc;
	store_medium_clear(&m);
	return rc;
}

/* Two uploads to one id: the second one is told at once.  Whoever dies holds nothing any more. */
int
store_fill_lock(struct store *s, const char *id, struct err *err)
{
	char *key = mem_printf("fill:%s", id);
	int rc = store_url_lock(s, key, err);
	mem_free(key);
	if (rc == STORE_LOCK_HELD)
		return err_http(err, ERR_DENIED, 409, "M_CANNOT_OVERWRITE_MEDIA",
				"Another upload to this media ID is in progress");
	return rc == STORE_LOCKED ? 0 : -1;
}

void
store_fill_unlock(struct store *s, const char *id)
{
	char *key = mem_printf("fill:%s", id);
	store_url_unlock(s, key);
	mem_free(key);
}

/* ---- rows ---------------------------------------------------------------------------------------------------- */

static int
local_row(struct store *s, const struct store_upload *u, bool bad, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_LOCAL_PUT, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, u->name.id);
	store_bind(stmt, 2, u->type);
	(void)sqlite3_bind_int64(stmt, 3, u->bytes);
	(void)sqlite3_bind_int64(stmt, 4, u->now);
	store_bind(stmt, 5, u->upload_name);
	store_bind(stmt, 6, u->user);
	store_bind(stmt, 7, u->sha256);
	store_bind(stmt, 8, bad ? STORE_SYSTEM : NULL);
	(void)sqlite3_bind_int64(stmt, 9, u->authenticated);
	return store_run(s, stmt, "media", err);
}

static int
fill_row(struct store *s, const struct store_upload *u, bool bad, struct err *err)
{
	if (store_fill_check(s, u, err) < 0)
		return -1;
	sqlite3_stmt *stmt = store_sql(s, SQL_LOCAL_FILL, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, u->name.id);
	store_bind(stmt, 2, u->type);
	(void)sqlite3_bind_int64(stmt, 3, u->bytes);
	store_bind(stmt, 4, u->upload_name);
	store_bind(stmt, 5, u->sha256);
	store_bind(stmt, 6, bad ? STORE_SYSTEM : NULL);
	(void)sqlite3_bind_int64(stmt, 7, u->authenticated);
	return store_run(s, stmt, "media", err);
}

/* A reserved id may be quarantined already. */
static int
was_quarantined(struct store *s, const struct store_name *name, bool *was, struct err *err)
{
	struct store_medium m;
	int rc = store_medium_get(s, name, &m, err);
	*was = m.quarantined_by != NULL;
	store_medium_clear(&m);
	return rc;
}

static int
remote_row(struct store *s, const struct store_upload *u, bool bad, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_REMOTE_PUT, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, u->name.origin);
	store_bind(stmt, 2, u->name.id);
	store_bind(stmt, 3, u->type);
	(void)sqlite3_bind_int64(stmt, 4, u->now);
	store_bind(stmt, 5, u->upload_name);
	(void)sqlite3_bind_int64(stmt, 6, u->bytes);
	store_bind(stmt, 7, u->filesystem_id);
	store_bind(stmt, 8, bad ? STORE_SYSTEM : NULL);
	(void)sqlite3_bind_int64(stmt, 9, u->authenticated);
	store_bind(stmt, 10, u->sha256);
	if (store_run(s, stmt, "media", err) < 0)
		return -1;
	return sqlite3_changes(s->db) > 0 ? 0 : err_set(err, ERR_DENIED, "media %s is there already", u->name.id);
}

static int
put_row(struct store *s, const struct store_upload *u, bool bad, struct err *err)
{
	return u->name.origin != NULL ? remote_row(s, u, bad, err)
	       : u->fill	      ? fill_row(s, u, bad, err)
				      : local_row(s, u, bad, err);
}

static int
put_rows(struct store *s, const struct store_upload *u, struct store_outcome *out, struct err *err)
{
	bool bad = false, was = false;
	if (store_quota_check(s, u, err) < 0 || store_blocked(s, &u->name, u->sha256, &bad, err) < 0 ||
	    (u->fill && was_quarantined(s, &u->name, &was, err) < 0) || put_row(s, u, bad, err) < 0)
		return -1;
	out->quarantined = bad || was;
	if (bad && !was && store_log_system(s, "put", &u->name, u->sha256, u->now, err) < 0)
		return -1;
	return store_thumb_rows_add(s, &u->name, u->filesystem_id, u->thumb, u->thumbs, err);
}

int
store_medium_put(struct store *s, const struct store_upload *u, struct store_outcome *out, struct err *err)
{
	*out = (struct store_outcome){0};
	/* An upload exists nowhere else; what other servers keep can be had again. */
	if (store_write_begin(s, u->name.origin == NULL ? STORE_SYNC_FULL : STORE_SYNC_NORMAL, err) < 0)
		return -1;
	int rc = put_rows(s, u, out, err), end = store_write_end(s, rc, err);
	out->doubt = rc == 0 && end < 0;
	return end;
}
