/* Which media does a room, a user name, and who names a medium?  Page by page, and no statement stays open meanwhile. */
#include "store/refs.h"

#include <sqlite3.h>
#include <string.h>

#include "store/int.h"

enum { PAGE = 256 };
enum { ROOM, EVENT, KIND, ORIGIN, ID, SENDER, BY, STRINGS };

struct listed {
	char *s[STRINGS];
	int64_t ts, redacted_ts;
	bool redacted;
};

/* Where the last page ended: the keys of its last row. */
struct page {
	struct listed row[PAGE];
	size_t n;
	const struct listed *last; /* NULL: this is the first one */
};

static void
clear(struct page *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (int k = 0; k < STRINGS; k++)
			mem_free(p->row[i].s[k]);
	p->n = 0;
}

static void
read_row(struct listed *r, sqlite3_stmt *stmt)
{
	static const int column[STRINGS] = {
	    [ROOM] = 0, [EVENT] = 2, [KIND] = 3, [ORIGIN] = 4, [ID] = 5, [SENDER] = 6, [BY] = 7};
	for (int k = 0; k < STRINGS; k++)
		r->s[k] = store_column(stmt, column[k]);
	r->ts = sqlite3_column_int64(stmt, 1);
	r->redacted = sqlite3_column_type(stmt, 8) != SQLITE_NULL;
	r->redacted_ts = sqlite3_column_int64(stmt, 8);
}

static int
read_page(struct store *s, sqlite3_stmt *stmt, struct page *p, struct err *err)
{
	int step = SQLITE_DONE;
	while (p->n < PAGE && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		read_row(&p->row[p->n++], stmt);
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "references", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static struct store_ref
ref_of(const struct listed *r)
{
	return (struct store_ref){.room = or_empty(r->s[ROOM]),
				  .event = or_empty(r->s[EVENT]),
				  .kind = or_empty(r->s[KIND]),
				  .origin = or_empty(r->s[ORIGIN]),
				  .id = or_empty(r->s[ID]),
				  .sender = or_empty(r->s[SENDER]),
				  .ts = r->ts,
				  .redacted = r->redacted,
				  .redacted_by = or_empty(r->s[BY]),
				  .redacted_ts = r->redacted_ts};
}

/* bind says what is asked for, and after which row; then the length of a page is bound to its last parameter. */
typedef void bind_page(sqlite3_stmt *stmt, const char *const asked[2], const struct listed *last);

static int
each(struct store *s, enum sql which, bind_page *bind, const char *const asked[2], store_ref_row *f, void *arg,
     struct err *err)
{
	struct page *a = mem_alloc(sizeof *a), *b = mem_alloc(sizeof *b);
	const struct listed *last = NULL;
	bool stop = false;
	int rc = 0;
	do {
		sqlite3_stmt *stmt = store_sql(s, which, err);
		rc = stmt != NULL ? 0 : -1;
		if (rc == 0) {
			bind(stmt, asked, last);
			(void)sqlite3_bind_int64(stmt, sqlite3_bind_parameter_count(stmt), PAGE);
			clear(a);
			rc = read_page(s, stmt, a, err);
		}
		for (size_t i = 0; rc == 0 && !stop && i < a->n; i++) {
			struct store_ref r = ref_of(&a->row[i]);
			stop = f(arg, &r) != 0;
		}
		struct page *full = a; /* its last row is where the next one begins */
		last = a->n > 0 ? &a->row[a->n - 1] : NULL;
		a = b;
		b = full;
	} while (rc == 0 && !stop && b->n == PAGE);
	clear(a);
	clear(b);
	mem_free(a);
	mem_free(b);
	return rc;
}

/* ---- in which order? ---------------------------------------------------------------------------------------------- */

/* Newest first: behind all there may be. */
static void
bind_room(sqlite3_stmt *stmt, const char *const asked[2], const struct listed *last)
{
	store_bind(stmt, 1, asked[0]);
	(void)sqlite3_bind_int64(stmt, 2, last != NULL ? last->ts : INT64_MAX);
	for (int k = EVENT; k <= ID; k++)
		store_bind(stmt, 3 + k - EVENT, last != NULL ? last->s[k] : "");
}

static void
bind_sender(sqlite3_stmt *stmt, const char *const asked[2], const struct listed *last)
{
	store_bind(stmt, 1, asked[0]);
	(void)sqlite3_bind_int64(stmt, 2, last != NULL ? last->ts : INT64_MAX);
	for (int k = ROOM; k <= ID; k++)
		store_bind(stmt, 3 + k - ROOM, last != NULL ? last->s[k] : "");
}

static void
bind_medium(sqlite3_stmt *stmt, const char *const asked[2], const struct listed *last)
{
	store_bind(stmt, 1, asked[1]);
	store_bind(stmt, 2, asked[0]);
	store_bind(stmt, 3, last != NULL ? last->s[ROOM] : "");
	(void)sqlite3_bind_int64(stmt, 4, last != NULL ? last->ts : -1);
	store_bind(stmt, 5, last != NULL ? last->s[EVENT] : "");
	store_bind(stmt, 6, last != NULL ? last->s[KIND] : "");
}

int
store_refs_room(struct store *s, const char *room, store_ref_row *f, void *arg, struct err *err)
{
	return each(s, SQL_REFS_ROOM, bind_room, (const char *const[2]){room}, f, arg, err);
}

int
store_refs_sender(struct store *s, const char *sender, store_ref_row *f, void *arg, struct err *err)
{
	return each(s, SQL_REFS_SENDER, bind_sender, (const char *const[2]){sender}, f, arg, err);
}

int
store_refs_medium(struct store *s, const char *origin, const char *id, store_ref_row *f, void *arg, struct err *err)
{
	return each(s, SQL_REFS_MEDIUM, bind_medium, (const char *const[2]){origin, id}, f, arg, err);
}

int
store_refs_is_avatar(struct store *s, const char *origin, const char *id, bool *is, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_REF_IS_AVATAR, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, id);
		store_bind(stmt, 2, origin);
	}
	return store_one(s, stmt, "avatar", is, NULL, NULL, err);
}
