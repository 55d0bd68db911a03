/* How does what events say come into the database, a million of them?  Gathered, sorted, and many in one transaction. */
#include "store/refs.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "store/int.h"

enum what { REFERENCE, REDACTION, NAME, PROFILE };
enum { STRINGS = 6 };
/* The senders of a batch have a page each, and a page that is written is 4 KiB: 12 MiB hold those of a batch. */
#define REFS_CACHE "-12000"

/* Strings are offsets in the text of the batch; 0: NULL. */
struct gathered {
	enum what what;
	uint32_t order;
	uint32_t s[STRINGS];
	int64_t ts;
};

struct store_refs {
	struct buf text;
	size_t n;
	struct gathered row[STORE_REFS_BATCH];
};

struct store_refs *
store_refs_new(void)
{
	struct store_refs *b = mem_alloc(sizeof *b);
	buf_init(&b->text, STORE_REFS_TEXT);
	return b;
}

void
store_refs_free(struct store_refs *b)
{
	if (b != NULL)
		buf_clear(&b->text);
	mem_free(b);
}

bool
store_refs_full(const struct store_refs *b)
{
	return b->n == STORE_REFS_BATCH || STORE_REFS_TEXT - b->text.len < (size_t)STORE_REF_TEXT_MAX + 2 * STRINGS;
}

static void
gather(struct store_refs *b, enum what what, const char *const s[STRINGS], int64_t ts)
{
	size_t all = 0, len[STRINGS];
	for (int i = 0; i < STRINGS; i++)
		all += len[i] = s[i] != NULL ? strlen(s[i]) : 0;
	if (store_refs_full(b) || all > STORE_REF_TEXT_MAX)
		return;
	struct gathered *g = &b->row[b->n++];
	*g = (struct gathered){.what = what, .order = (uint32_t)b->n, .ts = ts};
	for (int i = 0; i < STRINGS; i++) {
		if (s[i] == NULL)
			continue;
		if (b->text.len == 0)
			(void)buf_addc(&b->text, '\0');
		g->s[i] = (uint32_t)b->text.len;
		(void)buf_add(&b->text, s[i], len[i] + 1);
	}
}

void
store_refs_add(struct store_refs *b, const struct store_ref *r)
{
	gather(b, REFERENCE, (const char *const[STRINGS]){r->id, r->origin, r->room, r->event, r->kind, r->sender},
	       r->ts);
}

void
store_refs_redact(struct store_refs *b, const char *room, const char *event, const char *by, int64_t ts)
{
	gather(b, REDACTION, (const char *const[STRINGS]){event, room, by}, ts);
}

void
store_refs_name(struct store_refs *b, const char *user, const char *displayname, int64_t ts)
{
	gather(b, NAME, (const char *const[STRINGS]){user, displayname}, ts);
}

void
store_refs_profile(struct store_refs *b, const char *user, const char *origin, const char *id)
{
	gather(b, PROFILE, (const char *const[STRINGS]){id, id != NULL ? origin : NULL, user}, 0);
}

/* ---- into the database ------------------------------------------------------------------------------------------- */

static const char *
text(const struct store_refs *b, const struct gathered *g, int i)
{
	return g->s[i] != 0 ? b->text.p + g->s[i] : NULL;
}

static int
put_strings(struct store *s, const struct store_refs *b, const struct gathered *g, enum sql which, int64_t *changed,
	    struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, which, err);
	if (stmt == NULL)
		return -1;
	for (int i = 0; i < STRINGS; i++) /* those after the last one that is meant bind NULL to nothing */
		store_bind(stmt, i + 1, text(b, g, i));
	(void)sqlite3_bind_int64(stmt, STRINGS + 1, g->ts);
	if (store_run(s, stmt, "references", err) < 0)
		return -1;
	*changed += sqlite3_changes(s->db);
	return 0;
}

static int
put_profile(struct store *s, const struct store_refs *b, const struct gathered *g, int64_t *changed, struct err *err)
{
	const char *user = text(b, g, 2);
	sqlite3_stmt *stmt = store_sql(s, SQL_REF_PROFILE_OTHERS, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, user);
	store_bind(stmt, 2, text(b, g, 1));
	store_bind(stmt, 3, text(b, g, 0));
	if (store_run(s, stmt, "profile", err) < 0)
		return -1;
	if (text(b, g, 0) == NULL)
		return 0;
	stmt = store_sql(s, SQL_REF_PUT, err);
	if (stmt == NULL)
		return -1;
	const char *const values[] = {text(b, g, 0), text(b, g, 1), "", user, STORE_PROFILE_AVATAR, user};
	for (int i = 0; i < STRINGS; i++)
		store_bind(stmt, i + 1, values[i]);
	(void)sqlite3_bind_int64(stmt, STRINGS + 1, 0);
	if (store_run(s, stmt, "profile", err) < 0)
		return -1;
	*changed += sqlite3_changes(s->db);
	return 0;
}

/* An event that was read without its room is the same one: what says less gives way. */
static int
put_reference(struct store *s, const struct store_refs *b, const struct gathered *g, int64_t *changed, struct err *err)
{
	int64_t before = *changed, dropped = 0;
	if (put_strings(s, b, g, SQL_REF_PUT, changed, err) < 0)
		return -1;
	if (*changed == before || text(b, g, 2) == NULL || *text(b, g, 2) == '\0')
		return 0;
	return put_strings(s, b, g, SQL_REF_ROOMLESS_DROP, &dropped, err);
}

static int
put_one(struct store *s, const struct store_refs *b, const struct gathered *g, struct store_refs_new *added,
	struct err *err)
{
	int64_t names = 0;
	switch (g->what) {
	case REFERENCE:
		return put_reference(s, b, g, &added->references, err);
	case REDACTION:
		return put_strings(s, b, g, SQL_REDACTION_PUT, &added->redactions, err);
	case NAME:
		return put_strings(s, b, g, SQL_NAME_PUT, &names, err);
	case PROFILE:
		break;
	}
	return put_profile(s, b, g, &added->references, err);
}

/* By medium, so that the pages of its index are written once for each batch; they come in no order, and those of rooms
 * and senders in that of time.  What has the same key stays in its order: the last profile of a user counts. */
static int
by_medium(const void *x, const void *y, void *arg)
{
	const struct gathered *a = x, *b = y;
	const struct store_refs *batch = arg;
	const char *s = text(batch, a, 0), *t = text(batch, b, 0);
	int c = a->what != b->what ? (a->what < b->what ? -1 : 1) : 0;
	if (c == 0 && a->what != PROFILE)
		c = strcmp(s != NULL ? s : "", t != NULL ? t : "");
	return c != 0 ? c : a->order < b->order ? -1 : 1;
}

int
store_refs_flush(struct store *s, struct store_refs *b, struct store_refs_new *added, struct err *err)
{
	struct store_refs_new now = {0};
	if (b->n == 0)
		return 0;
	qsort_r(b->row, b->n, sizeof b->row[0], by_medium, b);
	(void)sqlite3_exec(s->db, "PRAGMA cache_size = " REFS_CACHE, NULL, NULL, NULL);
	int rc = store_write_begin(s, STORE_SYNC_NORMAL, err);
	if (rc == 0) {
		for (size_t i = 0; rc == 0 && i < b->n; i++)
			rc = put_one(s, b, &b->row[i], &now, err);
		rc = store_write_end(s, rc, err);
	}
	if (rc == 0) {
		added->references += now.references;
		added->redactions += now.redactions;
	}
	b->n = 0;
	buf_reset(&b->text);
	return rc;
}
