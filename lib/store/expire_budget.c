/* What goes so that the store holds no more than it may?  What was not used for longest, of all kinds together. */
#include "store/remove.h"

#include <sqlite3.h>

static void
read_number(void *arg, sqlite3_stmt *stmt)
{
	*(int64_t *)arg += sqlite3_column_int64(stmt, 0);
}

static int
add_held(struct store *s, enum sql which, bool fetched, int64_t *bytes, struct err *err)
{
	bool found;
	sqlite3_stmt *stmt = store_sql(s, which, err);
	if (stmt != NULL && which == SQL_HELD_LOCAL_THUMBS)
		(void)sqlite3_bind_int(stmt, 1, fetched);
	return store_one(s, stmt, "bytes", &found, read_number, bytes, err);
}

/* What the chosen kinds hold, as their rows say. */
static int
held(struct store *s, const struct store_budget *want, int64_t *bytes, struct err *err)
{
	const struct {
		enum sql which;
		bool fetched, chosen;
	} part[] = {{SQL_HELD_FETCHED, true, want->fetched},	  {SQL_HELD_LOCAL_THUMBS, true, want->fetched},
		    {SQL_HELD_REMOTE, false, want->remote},	  {SQL_HELD_REMOTE_THUMBS, false, want->remote},
		    {SQL_HELD_LOCAL, false, want->local != NULL}, {SQL_HELD_LOCAL_THUMBS, false, want->local != NULL}};
	int rc = 0;
	*bytes = 0;
	for (size_t i = 0; i < sizeof part / sizeof part[0] && rc == 0; i++)
		if (part[i].chosen)
			rc = add_held(s, part[i].which, part[i].fetched, bytes, err);
	return rc;
}

static void
bind_oldest(sqlite3_stmt *stmt, const struct store_pass *p)
{
	const struct store_budget *want = p->arg;
	(void)sqlite3_bind_int(stmt, 5, want->fetched);
	(void)sqlite3_bind_int(stmt, 6, want->remote);
	store_bind(stmt, 7, want->local);
}

/* Of those that were read, as many as are too many. */
static int
cut(struct store_pass *p, struct store_batch *b, struct err *err)
{
	int64_t left = p->left;
	size_t n = 0;
	int rc = 0;
	for (; n < b->n && left > 0 && rc == 0; n++) {
		int64_t thumbs = 0;
		rc = store_thumb_bytes(p->e->store, &b->m[n], &thumbs, err);
		left -= thumbs + (b->m[n].bytes > 0 ? b->m[n].bytes : 0);
	}
	for (size_t i = n; i < b->n; i++)
		store_medium_clear(&b->m[i]);
	b->n = n;
	return rc;
}

static int
fill_oldest(struct store_pass *p, struct store_batch *b, struct err *err)
{
	int rc = store_pass_media(p, b, err);
	return rc == 0 ? cut(p, b, err) : rc;
}

static bool
enough(struct store_pass *p, const struct store_batch *b)
{
	(void)b;
	return p->left <= 0;
}

int
store_expire_budget(struct store_expiry *e, const struct store_budget *want, int64_t *left, struct err *err)
{
	if (held(e->store, want, left, err) < 0)
		return -1;
	struct store_pass p = {.e = e,
			       .which = SQL_DUE_OLDEST,
			       .at = {.after = INT64_MIN},
			       .bind = bind_oldest,
			       .fill = fill_oldest,
			       .done = enough,
			       .arg = want,
			       .left = *left - want->keep};
	int64_t over = p.left;
	int rc = over > 0 ? store_pass_run(&p, err) : 0;
	*left -= over > 0 ? over - p.left : 0;
	return rc;
}
