/* Which contents may not come in, and why?  What is blocked, and what is in quarantine: hash by hash, by index. */
#include "store/int.h"

#include <sqlite3.h>

static void
read_hash(void *arg, sqlite3_stmt *stmt)
{
	char **next = arg;
	*next = store_column(stmt, 0);
}

static void
read_decision(void *arg, sqlite3_stmt *stmt)
{
	struct store_block *b = arg;
	*b = (struct store_block){.found = true,
				  .ts = sqlite3_column_int64(stmt, 0),
				  .by = store_column(stmt, 1),
				  .reason = store_column(stmt, 2)};
}

/* The next one after that; *next is NULL if there is none. */
static int
next_hash(struct store *s, const char *after, char **next, struct err *err)
{
	bool found;
	*next = NULL;
	sqlite3_stmt *stmt = store_sql(s, SQL_REFUSED_NEXT, err);
	if (stmt != NULL)
		store_bind(stmt, 1, after);
	return store_one(s, stmt, "hashes", &found, read_hash, next, err);
}

/* Who decided, of a content that is not blocked: as the log, or else the medium says. */
static int
decision(struct store *s, const char *sha256, struct store_block *out, struct err *err)
{
	bool found;
	sqlite3_stmt *stmt = store_sql(s, SQL_REFUSED_WHY, err);
	if (stmt != NULL)
		store_bind(stmt, 1, sha256);
	return store_one(s, stmt, "hashes", &found, read_decision, out, err);
}

int
store_refused_each(struct store *s, store_refused_row *f, void *arg, struct err *err)
{
	char *after = mem_strdup(""), *next = NULL;
	bool stop = false;
	int rc;
	while ((rc = next_hash(s, after, &next, err)) == 0 && next != NULL && !stop) {
		struct store_block b = {0};
		rc = store_block_get(s, NULL, next, &b, err);
		if (rc == 0 && !b.found)
			rc = decision(s, next, &b, err);
		if (rc == 0) {
			const struct store_refused r = {next, b.reason, b.by, b.ts};
			stop = f(arg, &r) != 0;
		}
		store_block_clear(&b);
		mem_free(after);
		after = next;
		next = NULL;
		if (rc < 0)
			break;
	}
	mem_free(next);
	mem_free(after);
	return rc;
}
