/* How many media are there, and how large are they? */
#include "store/stat.h"

#include <sqlite3.h>

#include "store/int.h"

static void
add(struct store_amount *a, int64_t bytes)
{
	a->count++;
	a->bytes += bytes > 0 ? bytes : 0;
}

/* Columns: url_cache is set, length, used, quarantined, protected. */
static void
count_row(struct store_summary *out, sqlite3_stmt *stmt, bool ours, const int64_t since[STORE_AGES - 1])
{
	int64_t bytes = sqlite3_column_int64(stmt, 1), used = sqlite3_column_int64(stmt, 2);
	size_t age = 0;
	while (age < STORE_AGES - 1 && used < since[age])
		age++;
	add(&out->age[age], bytes);
	add(!ours ? &out->remote : sqlite3_column_int(stmt, 0) != 0 ? &out->url_cache : &out->upload, bytes);
	if (ours && sqlite3_column_type(stmt, 1) == SQLITE_NULL)
		add(&out->pending, 0);
	if (sqlite3_column_int(stmt, 3) != 0)
		add(&out->quarantined, bytes);
	if (sqlite3_column_int(stmt, 4) != 0)
		add(&out->protected, bytes);
}

static int
count_rows(struct store *s, bool ours, const int64_t since[STORE_AGES - 1], struct store_summary *out, struct err *err)
{
	int step = SQLITE_DONE;
	sqlite3_stmt *stmt = store_sql(s, ours ? SQL_SUM_LOCAL : SQL_SUM_REMOTE, err);
	if (stmt == NULL)
		return -1;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
		count_row(out, stmt, ours, since);
	int rc = step == SQLITE_DONE ? 0 : store_db_err(s, "statistics", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static void
read_amount(void *arg, sqlite3_stmt *stmt)
{
	struct store_amount *a = arg;
	a->count = sqlite3_column_int64(stmt, 0);
	a->bytes = sqlite3_column_int64(stmt, 1);
}

int
store_summary(struct store *s, int64_t now, const int64_t edge[STORE_AGES - 1], struct store_summary *out,
	      struct err *err)
{
	int64_t since[STORE_AGES - 1];
	struct store_amount blocked = {0}, hashes = {0}, references = {0};
	const struct {
		enum sql sql;
		struct store_amount *to;
	} sums[] = {{SQL_STAT_THUMBS, &out->local_thumbnails},
		    {SQL_SUM_REMOTE_THUMBS, &out->remote_thumbnails},
		    {SQL_SUM_BLOCKED, &blocked},
		    {SQL_SUM_BLOCKED_HASHES, &hashes},
		    {SQL_SUM_REFERENCES, &references}};
	bool found;
	*out = (struct store_summary){0};
	for (size_t i = 0; i < STORE_AGES - 1; i++)
		since[i] = now - edge[i];
	int rc = count_rows(s, true, since, out, err);
	rc = rc == 0 ? count_rows(s, false, since, out, err) : rc;
	for (size_t i = 0; rc == 0 && i < sizeof sums / sizeof sums[0]; i++)
		rc = store_one(s, store_sql(s, sums[i].sql, err), "statistics", &found, read_amount, sums[i].to, err);
	out->blocked_media = blocked.count;
	out->blocked_hashes = hashes.count;
	out->references = references.count;
	return rc;
}

/* ---- whose ------------------------------------------------------------------------------------------------------- */

/* What LIKE shall find as it is. */
static char *
pattern(const char *before, const char *term, const char *after)
{
	struct buf b;
	buf_init(&b, 2 * STORE_SEARCH_MAX + 16);
	(void)buf_adds(&b, before);
	for (; *term != '\0'; term++) {
		if (*term == '%' || *term == '_' || *term == '\\')
			(void)buf_addc(&b, '\\');
		(void)buf_addc(&b, *term);
	}
	(void)buf_adds(&b, after);
	return buf_take(&b);
}

static int
each_user(struct store *s, sqlite3_stmt *stmt, store_user_row *f, void *arg, struct err *err)
{
	int step = SQLITE_DONE;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		const struct store_user u = {
		    .user = (const char *)sqlite3_column_text(stmt, 0),
		    .displayname = (const char *)sqlite3_column_text(stmt, 1),
		    .count = sqlite3_column_int64(stmt, 2),
		    .bytes = sqlite3_column_type(stmt, 3) == SQLITE_NULL ? -1 : sqlite3_column_int64(stmt, 3)};
		f(arg, &u);
	}
	int rc = step == SQLITE_DONE ? 0 : store_db_err(s, "users", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static void
read_number(void *arg, sqlite3_stmt *stmt)
{
	*(int64_t *)arg = sqlite3_column_int64(stmt, 0);
}

int
store_users(struct store *s, const struct store_users *ask, store_user_row *f, void *arg, int64_t *total,
	    struct err *err)
{
	char *user = ask->search != NULL ? pattern("@%", ask->search, "%:%") : NULL;
	char *name = ask->search != NULL ? pattern("%", ask->search, "%") : NULL;
	const enum sql which[] = {SQL_USERS_COUNT, ask->backwards ? SQL_USERS_BACK : SQL_USERS};
	bool found;
	int rc = 0;
	for (int i = 0; rc == 0 && i < 2; i++) {
		sqlite3_stmt *stmt = store_sql(s, which[i], err);
		rc = stmt != NULL ? 0 : -1;
		if (rc < 0)
			break;
		(void)sqlite3_bind_int64(stmt, 1, ask->from_ts);
		(void)sqlite3_bind_int64(stmt, 2, ask->until_ts);
		store_bind(stmt, 3, user);
		store_bind(stmt, 4, name);
		if (i == 0) {
			rc = store_one(s, stmt, "users", &found, read_number, total, err);
			continue;
		}
		store_bind(stmt, 5, ask->order);
		(void)sqlite3_bind_int64(stmt, 6, ask->limit);
		(void)sqlite3_bind_int64(stmt, 7, ask->from);
		rc = each_user(s, stmt, f, arg, err);
	}
	mem_free(user);
	mem_free(name);
	return rc;
}

int
store_origins(struct store *s, bool by_count, int64_t limit, store_origin_row *f, void *arg, struct err *err)
{
	int step = SQLITE_DONE;
	sqlite3_stmt *stmt = store_sql(s, SQL_ORIGINS, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int(stmt, 1, by_count);
	(void)sqlite3_bind_int64(stmt, 2, limit);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		const struct store_amount a = {sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2)};
		const char *origin = (const char *)sqlite3_column_text(stmt, 0);
		if (origin != NULL)
			f(arg, origin, &a);
	}
	int rc = step == SQLITE_DONE ? 0 : store_db_err(s, "servers", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

/* ---- of one user ------------------------------------------------------------------------------------------------ */

static int
each_medium(struct store *s, sqlite3_stmt *stmt, store_medium_row *f, void *arg, struct err *err)
{
	int step = SQLITE_DONE;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_medium m;
		store_read_medium(&m, stmt);
		f(arg, &m);
		store_medium_clear(&m);
	}
	int rc = step == SQLITE_DONE ? 0 : store_db_err(s, "media of a user", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

int
store_user_media(struct store *s, const struct store_user_page *page, store_medium_row *f, void *arg, int64_t *total,
		 struct err *err)
{
	bool found;
	sqlite3_stmt *stmt = store_sql(s, SQL_USER_COUNT, err);
	if (stmt != NULL)
		store_bind(stmt, 1, page->user);
	if (store_one(s, stmt, "media of a user", &found, read_number, total, err) < 0)
		return -1;
	bool by_time = str_eq(page->order, "created_ts");
	stmt = store_sql(s,
			 by_time ? (page->backwards ? SQL_USER_NEWEST : SQL_USER_OLDEST)
				 : (page->backwards ? SQL_USER_MEDIA_BACK : SQL_USER_MEDIA),
			 err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, page->user);
	(void)sqlite3_bind_int64(stmt, 2, page->limit);
	(void)sqlite3_bind_int64(stmt, 3, page->from);
	if (!by_time)
		store_bind(stmt, 4, page->order);
	return each_medium(s, stmt, f, arg, err);
}
