/* What is due?  Previews and what they were made of (spec A.10), media by age and size (spec E.5, F.6), by name. */
#include "store/remove.h"

#include <sqlite3.h>
#include <string.h>

static bool
stopped(const struct store_expiry *e)
{
	return e->stop != NULL && *e->stop;
}

/* ---- rows that have a key --------------------------------------------------------------------------------- */

static int
drop_keys(struct store_pass *p, const struct store_batch *b, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < b->keys && rc == 0; i++) {
		sqlite3_stmt *stmt = store_sql(p->e->store, p->drop, err);
		if (stmt != NULL && p->drop == SQL_ROW_FORGET)
			(void)sqlite3_bind_int64(stmt, 1, b->row[i]);
		else if (stmt != NULL)
			store_bind(stmt, 1, b->key[i]);
		rc = store_run(p->e->store, stmt, "delete", err);
	}
	return rc;
}

/* Key and order. */
static int
fill_keys(struct store_pass *p, struct store_batch *b, struct err *err)
{
	int step = SQLITE_DONE;
	sqlite3_stmt *stmt = store_pass_query(p, err);
	if (stmt == NULL)
		return -1;
	while (b->keys < STORE_EXPIRE_BATCH && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		b->key[b->keys++] = store_column(stmt, 0);
		p->at.after = sqlite3_column_int64(stmt, 1);
	}
	b->read = b->keys;
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(p->e->store, "due", err);
	(void)sqlite3_reset(stmt);
	if (b->keys > 0) {
		mem_free(p->at.id);
		p->at.id = mem_strdup(b->key[b->keys - 1]);
	}
	return rc;
}

static int
keys_before(struct store_expiry *e, enum sql which, enum sql drop, enum store_gone_kind kind, int64_t before,
	    struct err *err)
{
	struct store_pass p = {.e = e,
			       .which = which,
			       .drop = drop,
			       .kind = kind,
			       .at = {.after = INT64_MIN, .before = before, .id = mem_strdup("")},
			       .fill = fill_keys,
			       .drop_keys = drop_keys};
	return store_pass_run(&p, err);
}

/* ---- previews ----------------------------------------------------------------------------------------------- */

struct over {
	int64_t row, over;
	char *media_id;
};

/* The page of a preview, if this is the last preview that needs it. */
static int
add_page(struct store_pass *p, struct store_batch *b, const struct over *o, struct err *err)
{
	bool found = false;
	sqlite3_stmt *stmt = store_sql(p->e->store, SQL_OVER_PAGE, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, o->media_id);
		(void)sqlite3_bind_int64(stmt, 2, o->row);
		(void)sqlite3_bind_int64(stmt, 3, o->over);
	}
	int rc = store_one(p->e->store, stmt, "due", &found, store_read_medium, &b->m[b->n], err);
	b->n += found;
	return rc;
}

static int
fill_previews(struct store_pass *p, struct store_batch *b, struct err *err)
{
	struct over row[STORE_EXPIRE_BATCH] = {{0}};
	int step = SQLITE_DONE;
	sqlite3_stmt *stmt = store_pass_query(p, err);
	if (stmt == NULL)
		return -1;
	while (b->keys < STORE_EXPIRE_BATCH && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct over *o = &row[b->keys];
		*o = (struct over){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 3), store_column(stmt, 2)};
		b->row[b->keys] = p->at.row = o->row;
		p->at.after = o->over;
		b->key[b->keys++] = store_column(stmt, 1);
	}
	b->read = b->keys;
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(p->e->store, "due", err);
	(void)sqlite3_reset(stmt);
	for (size_t i = 0; i < b->keys; i++) {
		if (rc == 0 && row[i].media_id != NULL)
			rc = add_page(p, b, &row[i], err);
		mem_free(row[i].media_id);
	}
	return rc;
}

static void
bind_fetched(sqlite3_stmt *stmt, const struct store_pass *p)
{
	(void)sqlite3_bind_int64(stmt, 5, p->e->now);
}

int
store_expire_previews(struct store_expiry *e, int64_t kept, int64_t failure_kept, struct err *err)
{
	struct store_pass over = {.e = e,
				  .which = SQL_OVER_PREVIEWS,
				  .drop = SQL_ROW_FORGET,
				  .kind = STORE_GONE_PREVIEW,
				  .at = {.after = INT64_MIN, .before = e->now},
				  .fill = fill_previews,
				  .drop_keys = drop_keys};
	struct store_pass media = {.e = e,
				   .which = SQL_DUE_FETCHED,
				   .at = {.after = INT64_MIN, .before = e->now - kept, .id = mem_strdup("")},
				   .bind = bind_fetched,
				   .fill = store_pass_media};
	int rc = store_pass_run(&over, err);
	rc = rc == 0 ? store_pass_run(&media, err) : rc;
	mem_free(media.at.id);
	rc = rc == 0
		 ? keys_before(e, SQL_OVER_FAILURES, SQL_FAILURE_DROP, STORE_GONE_FAILURE, e->now - failure_kept, err)
		 : rc;
	return rc == 0 ? keys_before(e, SQL_OVER_TOKENS, SQL_TOKEN_DROP, STORE_GONE_TOKEN, e->now, err) : rc;
}

/* Row numbers are asked for, up to the last one there is. */
static void
bind_bare(sqlite3_stmt *stmt, const struct store_pass *p)
{
	(void)sqlite3_bind_int64(stmt, 1, p->at.row);
	(void)sqlite3_bind_int64(stmt, 3, p->e->now);
}

int
store_expire_bare(struct store_expiry *e, struct err *err)
{
	struct store_pass p = {.e = e,
			       .which = SQL_BARE_PREVIEWS,
			       .drop = SQL_ROW_FORGET,
			       .kind = STORE_GONE_PREVIEW,
			       .at = {.before = INT64_MAX},
			       .bind = bind_bare,
			       .fill = fill_previews,
			       .drop_keys = drop_keys};
	return store_pass_run(&p, err);
}

int
store_expire_along(struct store_expiry *e, struct err *err)
{
	bool fresh = e->fresh;
	e->fresh = false;
	return fresh && !stopped(e) ? store_expire_bare(e, err) : 0;
}

/* ---- media by age and size ------------------------------------------------------------------------------------ */

static void
bind_due(sqlite3_stmt *stmt, const struct store_pass *p)
{
	const struct store_due *due = p->arg;
	(void)sqlite3_bind_int64(stmt, 5, due->size);
	store_bind(stmt, 6, due->server_name);
	(void)sqlite3_bind_int(stmt, 7, due->unreferenced);
}

static int
local_before(struct store_expiry *e, enum sql which, const struct store_due *due, struct err *err)
{
	struct store_pass p = {.e = e,
			       .which = which,
			       .at = {.after = INT64_MIN, .before = due->before, .id = mem_strdup("")},
			       .bind = bind_due,
			       .fill = store_pass_media,
			       .arg = due};
	return store_pass_run(&p, err);
}

int
store_expire_uploads(struct store_expiry *e, const struct store_due *due, struct err *err)
{
	return local_before(e, SQL_DUE_BEFORE_LOCAL, due, err);
}

int
store_expire_local(struct store_expiry *e, const struct store_due *due, struct err *err)
{
	if (store_expire_uploads(e, due, err) < 0)
		return -1;
	return stopped(e) ? 0 : local_before(e, SQL_DUE_BEFORE_FETCHED, due, err);
}

int
store_expire_remote(struct store_expiry *e, int64_t before, struct err *err)
{
	struct store_pass p = {.e = e,
			       .which = SQL_DUE_BEFORE_REMOTE,
			       .at = {.after = INT64_MIN, .before = before},
			       .fill = store_pass_media};
	return store_pass_run(&p, err);
}

int
store_expire_reserved(struct store_expiry *e, int64_t before, struct err *err)
{
	struct store_pass p = {.e = e,
			       .which = SQL_OVER_RESERVED,
			       .at = {.after = INT64_MIN, .before = before, .id = mem_strdup("")},
			       .fill = store_pass_media};
	return store_pass_run(&p, err);
}

/* ---- by name ---------------------------------------------------------------------------------------------------- */

struct named {
	const struct store_name *name;
	size_t n;
	bool *found;
};

/* Said twice in one batch, it goes once. */
static bool
listed(const struct store_batch *b)
{
	const struct store_medium *last = &b->m[b->n];
	for (size_t i = 0; i < b->n; i++)
		if (str_eq(b->m[i].media_id, last->media_id) && str_eq(b->m[i].origin, last->origin))
			return true;
	return false;
}

static int
fill_named(struct store_pass *p, struct store_batch *b, struct err *err)
{
	const struct named *all = p->arg;
	size_t at = (size_t)p->at.row, end = all->n - at < STORE_EXPIRE_BATCH ? all->n : at + STORE_EXPIRE_BATCH;
	b->read = end - at;
	for (; at < end; at++) {
		if (store_medium_get(p->e->store, &all->name[at], &b->m[b->n], err) < 0)
			return -1;
		all->found[at] = b->m[b->n].found;
		if (all->found[at] && !listed(b))
			b->n++;
		else
			store_medium_clear(&b->m[b->n]);
	}
	p->at.row = (int64_t)end;
	return 0;
}

int
store_expire_names(struct store_expiry *e, const struct store_name *name, size_t n, bool *found, struct err *err)
{
	struct named all = {.name = name, .n = n};
	all.found = found;
	struct store_pass p = {.e = e, .fill = fill_named, .arg = &all};
	return store_pass_run(&p, err);
}

/* ---- media of one user --------------------------------------------------------------------------------------------- */

int
store_expire_user(struct store *s, const struct store_user_page *page, char **id, size_t *n, struct err *err)
{
	int step = SQLITE_DONE;
	*n = 0;
	sqlite3_stmt *stmt = store_sql(s, page->backwards ? SQL_USER_PAGE_BACK : SQL_USER_PAGE, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, page->user);
	(void)sqlite3_bind_int64(stmt, 2, page->limit);
	(void)sqlite3_bind_int64(stmt, 3, page->from);
	store_bind(stmt, 4, page->order);
	while (*n < (size_t)page->limit && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		id[(*n)++] = store_column(stmt, 0);
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "media of a user", err);
	(void)sqlite3_reset(stmt);
	return rc;
}
