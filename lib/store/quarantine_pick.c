/* Which media are a user's, and which were in use of late?  Page by page, and no statement stays open meanwhile. */
#include "store/int.h"

#include <sqlite3.h>

enum { PICKED = 500 };

struct picked {
	char *id[PICKED];
	size_t n;
	char *last; /* where the next page begins: below this one */
	int64_t last_ts;
};

static void
clear(struct picked *p)
{
	for (size_t i = 0; i < p->n; i++)
		mem_free(p->id[i]);
	p->n = 0;
}

static int
read_page(struct store *s, sqlite3_stmt *stmt, struct picked *p, struct err *err)
{
	int step = SQLITE_DONE;
	while (p->n < PICKED && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		p->id[p->n++] = store_column(stmt, 0);
		p->last_ts = sqlite3_column_int64(stmt, 1);
	}
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "media", err);
	(void)sqlite3_reset(stmt);
	if (p->n > 0) {
		mem_free(p->last);
		p->last = mem_strdup(p->id[p->n - 1]);
	}
	return rc;
}

/* What is asked: rows of a user, or of a time. */
struct question {
	const char *user;
	int64_t since;
	enum store_picking which;
};

static int
page(struct store *s, const struct question *ask, struct picked *p, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, ask->user != NULL ? SQL_PICK_USER : SQL_PICK_SINCE, err);
	if (stmt == NULL)
		return -1;
	clear(p);
	if (ask->user != NULL)
		store_bind(stmt, 1, ask->user);
	else
		(void)sqlite3_bind_int64(stmt, 1, ask->since);
	(void)sqlite3_bind_int64(stmt, 2, p->last_ts);
	store_bind(stmt, 3, p->last != NULL ? p->last : "");
	if (ask->which != STORE_PICK_ALL)
		(void)sqlite3_bind_int(stmt, 4, ask->which == STORE_PICK_QUARANTINED);
	(void)sqlite3_bind_int64(stmt, 5, PICKED);
	return read_page(s, stmt, p, err);
}

static int
each(struct store *s, const struct question *ask, store_picked *f, void *arg, struct err *err)
{
	struct picked *p = mem_alloc(sizeof *p);
	bool stop = false;
	int rc = 0;
	p->last_ts = INT64_MAX;
	do {
		rc = page(s, ask, p, err);
		for (size_t i = 0; rc == 0 && !stop && i < p->n; i++)
			stop = f(arg, &(struct store_name){NULL, p->id[i]}) != 0;
	} while (rc == 0 && !stop && p->n == PICKED);
	clear(p);
	mem_free(p->last);
	mem_free(p);
	return rc;
}

int
store_pick_user(struct store *s, const char *user, enum store_picking which, store_picked *f, void *arg,
		struct err *err)
{
	return each(s, &(struct question){.user = user, .which = which}, f, arg, err);
}

int
store_pick_since(struct store *s, int64_t since, store_picked *f, void *arg, struct err *err)
{
	return each(s, &(struct question){.since = since}, f, arg, err);
}
