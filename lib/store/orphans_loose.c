/* Which rows name a medium that has no row?  And what does the log not know? */
#include "store/orphans.h"

#include <sqlite3.h>

struct pair {
	char *origin, *id;
};

static void
pair_set(struct pair *p, char *origin, char *id)
{
	mem_free(p->origin);
	mem_free(p->id);
	p->origin = origin;
	p->id = id;
}

/* A page of names after the last one. */
static int
read_page(struct store *s, enum sql which, const struct pair *after, struct pair page[STORE_EXPIRE_BATCH], size_t *n,
	  struct err *err)
{
	int step = SQLITE_DONE;
	*n = 0;
	sqlite3_stmt *stmt = store_sql(s, which, err);
	if (stmt == NULL)
		return -1;
	bool pairs = which == SQL_LOOSE_REMOTE_THUMBS || which == SQL_UNLOGGED_REMOTE;
	if (pairs)
		store_bind(stmt, 1, after->origin);
	store_bind(stmt, 2, after->id);
	(void)sqlite3_bind_int64(stmt, 3, STORE_EXPIRE_BATCH);
	while (*n < STORE_EXPIRE_BATCH && (step = sqlite3_step(stmt)) == SQLITE_ROW)
		page[(*n)++] = (struct pair){store_column(stmt, 0), store_column(stmt, 1)};
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "names", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

/* In one transaction, read anew: what it names may be there by now. */
static int
drop_page(struct store *s, enum sql drop, const struct pair *page, size_t n, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		sqlite3_stmt *stmt = store_sql(s, drop, err);
		if (stmt != NULL && page[i].origin != NULL)
			store_bind(stmt, 1, page[i].origin);
		if (stmt != NULL)
			store_bind(stmt, 2, page[i].id);
		rc = store_run(s, stmt, "delete", err);
	}
	return rc;
}

/* A dry run: what names a medium that is not there is not seen again. */
static int
hide_page(struct store *s, const struct pair *page, size_t n, struct err *err)
{
	int rc = store_shadow_begin(s, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = store_shadow_medium(s, page[i].origin, page[i].id, err);
	return rc;
}

struct loose {
	enum sql which, drop;
	enum store_flaw flaw;
	bool mendable;
};

static int
one_page(struct store_inspection *in, const struct loose *l, struct pair *after, size_t *n, struct err *err)
{
	struct pair page[STORE_EXPIRE_BATCH];
	struct store *s = in->e->store;
	bool mend = l->mendable && !in->e->dry;
	if (mend && store_write_begin(s, STORE_SYNC_FULL, err) < 0)
		return -1;
	int rc = read_page(s, l->which, after, page, n, err);
	if (l->mendable && !mend && rc == 0)
		rc = hide_page(s, page, *n, err);
	if (mend)
		rc = store_write_end(s, rc == 0 ? drop_page(s, l->drop, page, *n, err) : rc, err);
	for (size_t i = 0; i < *n; i++) {
		const struct store_name of = {page[i].origin, page[i].id};
		if (rc == 0)
			store_flaw_tell(
			    in, &(struct store_finding){.flaw = l->flaw, .name = &of, .bytes = -1, .mended = mend});
		pair_set(after, page[i].origin, page[i].id);
	}
	return rc;
}

static int
each(struct store_inspection *in, const struct loose *l, struct err *err)
{
	struct pair after = {mem_strdup(""), mem_strdup("")};
	size_t n = STORE_EXPIRE_BATCH;
	int rc = 0;
	while (rc == 0 && n == STORE_EXPIRE_BATCH && (in->e->stop == NULL || !*in->e->stop))
		rc = one_page(in, l, &after, &n, err);
	pair_set(&after, NULL, NULL);
	return rc;
}

/* Previews that show a picture which is gone: as they are told by who forgets them; their pages are sound. */
static void
bare(void *arg, const struct store_gone *g)
{
	struct store_inspection *in = arg;
	if (g->kind != STORE_GONE_PREVIEW && in->e->told != NULL)
		in->e->told(in->e->arg, g);
	if (g->kind == STORE_GONE_PREVIEW)
		store_flaw_tell(in, &(struct store_finding){
					.flaw = STORE_FLAW_BARE, .text = g->url, .bytes = -1, .mended = !in->e->dry});
}

static int
bare_previews(struct store_inspection *in, struct err *err)
{
	struct store_expiry e = *in->e;
	e.told = bare;
	e.arg = in;
	int rc = store_expire_bare(&e, err);
	e.told = in->e->told;
	e.arg = in->e->arg;
	*in->e = e;
	return rc;
}

int
store_loose_rows(struct store_inspection *in, struct err *err)
{
	static const struct loose all[] = {
	    {SQL_LOOSE_THUMBS, SQL_LOCAL_THUMBS_DROP, STORE_FLAW_THUMB_ROW, true},
	    {SQL_LOOSE_REMOTE_THUMBS, SQL_REMOTE_THUMBS_DROP, STORE_FLAW_THUMB_ROW, true},
	    {SQL_LOOSE_PICTURES, SQL_IMAGES_DROP, STORE_FLAW_PICTURE_ROW, true},
	    {SQL_LOOSE_PREVIEWS, SQL_PREVIEWS_DROP, STORE_FLAW_PREVIEW_ROW, true},
	};
	int rc = 0;
	for (size_t i = 0; i < sizeof all / sizeof all[0] && rc == 0; i++)
		rc = each(in, &all[i], err);
	return rc == 0 ? bare_previews(in, err) : rc;
}

int
store_check_log(struct store_inspection *in, struct err *err)
{
	static const struct loose all[] = {{SQL_UNLOGGED_LOCAL, SQL_COUNT, STORE_FLAW_UNLOGGED, false},
					   {SQL_UNLOGGED_REMOTE, SQL_COUNT, STORE_FLAW_UNLOGGED, false}};
	int rc = each(in, &all[0], err);
	return rc == 0 ? each(in, &all[1], err) : rc;
}
