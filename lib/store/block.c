/* What may not come in: blocked names, blocked content? */
#include "store/int.h"

#include <sqlite3.h>

/* Names of ours stand under origin ''. */
static void
bind_name(sqlite3_stmt *stmt, const struct store_name *name)
{
	store_bind(stmt, 1, name->origin != NULL ? name->origin : "");
	store_bind(stmt, 2, name->id);
}

static int
one(struct store *s, sqlite3_stmt *stmt, bool *is, struct err *err)
{
	return store_one(s, stmt, "block", is, NULL, NULL, err);
}

int
store_blocked(struct store *s, const struct store_name *name, const char *sha256, bool *is, struct err *err)
{
	sqlite3_stmt *stmt;
	*is = false;
	if (sha256 != NULL) {
		stmt = store_sql(s, SQL_HASH_QUARANTINED, err);
		if (stmt != NULL)
			store_bind(stmt, 1, sha256);
		if (one(s, stmt, is, err) < 0)
			return -1;
	}
	if (*is || name == NULL)
		return 0;
	stmt = store_sql(s, SQL_NAME_BLOCKED, err);
	if (stmt != NULL)
		bind_name(stmt, name);
	return one(s, stmt, is, err);
}

static void
bind_block(sqlite3_stmt *stmt, const struct store_blocking *b)
{
	(void)sqlite3_bind_int64(stmt, 3, b->ts);
	store_bind(stmt, 4, b->by);
	store_bind(stmt, 5, b->reason);
}

int
store_block_name(struct store *s, const struct store_name *name, const struct store_blocking *b, bool *new,
		 struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_BLOCK_NAME, err);
	if (stmt == NULL)
		return -1;
	bind_name(stmt, name);
	bind_block(stmt, b);
	int rc = store_run(s, stmt, "block", err);
	*new = rc == 0 && sqlite3_changes(s->db) > 0;
	return rc;
}

int
store_block_hash(struct store *s, const char *sha256, const struct store_blocking *b, bool *new, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_BLOCK_HASH, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, sha256);
	bind_block(stmt, b);
	int rc = store_run(s, stmt, "block", err);
	*new = rc == 0 && sqlite3_changes(s->db) > 0;
	return rc;
}

void
store_block_clear(struct store_block *b)
{
	mem_free(b->by);
	mem_free(b->reason);
	*b = (struct store_block){0};
}

static void
read_block(void *arg, sqlite3_stmt *stmt)
{
	struct store_block *b = arg;
	*b = (struct store_block){.found = true,
				  .ts = sqlite3_column_int64(stmt, 0),
				  .by = store_column(stmt, 1),
				  .reason = store_column(stmt, 2)};
}

int
store_block_get(struct store *s, const struct store_name *name, const char *sha256, struct store_block *out,
		struct err *err)
{
	bool found;
	*out = (struct store_block){0};
	sqlite3_stmt *stmt = store_sql(s, name != NULL ? SQL_NAME_BLOCK_GET : SQL_HASH_BLOCK_GET, err);
	if (stmt != NULL && name != NULL)
		bind_name(stmt, name);
	else if (stmt != NULL)
		store_bind(stmt, 1, sha256);
	return store_one(s, stmt, "block", &found, read_block, out, err);
}

int
store_block_lift(struct store *s, const struct store_name *name, const char *sha256, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, name != NULL ? SQL_NAME_BLOCK_LIFT : SQL_HASH_BLOCK_LIFT, err);
	if (stmt != NULL && name != NULL)
		bind_name(stmt, name);
	else if (stmt != NULL)
		store_bind(stmt, 1, sha256);
	return store_run(s, stmt, "block", err);
}

int
store_block_deleted(struct store *s, const struct store_medium *m, int64_t now, struct err *err)
{
	const struct store_name name = {m->origin, m->media_id};
	const struct store_blocking b = {.ts = now, .by = m->quarantined_by, .reason = "deleted while quarantined"};
	bool new;
	if (m->quarantined_by == NULL)
		return 0;
	if (m->sha256 != NULL && store_block_hash(s, m->sha256, &b, &new, err) < 0)
		return -1;
	/* our own names are never given twice; another server can be asked again */
	return m->origin != NULL ? store_block_name(s, &name, &b, &new, err) : 0;
}
