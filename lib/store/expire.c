/* How do many rows go without keeping others waiting?  Batch by batch: a transaction, then its files. */
#include "store/remove.h"

#include <poll.h>
#include <sqlite3.h>
#include <string.h>

enum { BREATH = 1 }; /* ms between two batches: whoever waits for the queue lock gets it */

/* ---- reading a batch --------------------------------------------------------------------------------------- */

sqlite3_stmt *
store_pass_query(struct store_pass *p, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(p->e->store, p->which, err);
	if (stmt == NULL)
		return NULL;
	(void)sqlite3_bind_int64(stmt, 1, p->at.after);
	(void)sqlite3_bind_int64(stmt, 2, p->at.before);
	if (p->at.id != NULL)
		store_bind(stmt, 3, p->at.id);
	else
		(void)sqlite3_bind_int64(stmt, 3, p->at.row);
	(void)sqlite3_bind_int64(stmt, 4, STORE_EXPIRE_BATCH);
	if (p->bind != NULL)
		p->bind(stmt, p);
	return stmt;
}

int
store_pass_media(struct store_pass *p, struct store_batch *b, struct err *err)
{
	int step = SQLITE_DONE;
	sqlite3_stmt *stmt = store_pass_query(p, err);
	if (stmt == NULL)
		return -1;
	while (b->n < STORE_EXPIRE_BATCH && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		store_read_medium(&b->m[b->n++], stmt);
		p->at.after = sqlite3_column_int64(stmt, STORE_MEDIUM_COLUMNS);
		p->at.row = sqlite3_column_int64(stmt, STORE_MEDIUM_COLUMNS + 1);
	}
	b->read = b->n;
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(p->e->store, "due", err);
	(void)sqlite3_reset(stmt);
	if (b->n > 0 && p->at.id != NULL) {
		mem_free(p->at.id);
		p->at.id = mem_strdup(b->m[b->n - 1].media_id);
	}
	return rc;
}

static void
batch_clear(struct store_batch *b)
{
	for (size_t i = 0; i < b->keys; i++)
		mem_free(b->key[i]);
	for (size_t i = 0; i < b->n; i++)
		store_medium_clear(&b->m[i]);
	for (size_t i = 0; i < b->alongs; i++)
		mem_free(b->along[i]);
	mem_free(b->along);
	b->along = NULL;
	b->keys = b->n = b->read = b->alongs = 0;
}

/* ---- deleting it ------------------------------------------------------------------------------------------ */

/* An upload, a copy, and what was quarantined is logged by name; what else went for a preview is counted. */
static bool
by_name(const struct store_medium *m)
{
	return (m->url_cache == NULL && m->bytes >= 0) || m->quarantined_by != NULL;
}

static int
log_batch(struct store_expiry *e, const struct store_batch *b, struct err *err)
{
	int64_t counted = 0;
	int rc = 0;
	if (b->n > 0 && e->action == 0 &&
	    store_action(e->store, e->verb, e->by, e->reason, e->now, &e->action, err) < 0)
		return -1;
	for (size_t i = 0; i < b->n && rc == 0; i++) {
		const struct store_medium *m = &b->m[i];
		const struct store_name name = {m->origin, m->media_id};
		counted += !by_name(m);
		if (by_name(m))
			rc = store_log(e->store, e->action, &name, STORE_DELETE, m->quarantined_by, m->sha256, e->now,
				       err);
	}
	return rc == 0 && counted > 0 ? store_action_count(e->store, e->action, counted, err) : rc;
}

/* The previews that are still there and name the medium go with it. */
static int
add_along(struct store *s, struct store_batch *b, const struct store_medium *m, struct err *err)
{
	int step;
	if (m->url_cache == NULL)
		return 0;
	sqlite3_stmt *stmt = store_sql(s, SQL_PREVIEWS_OF, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 2, m->media_id);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		if ((b->alongs & (b->alongs - 1)) == 0) /* full: so many there are always a power of two of */
			b->along = mem_realloc(b->along, (b->alongs > 0 ? 2 * b->alongs : 1) * sizeof *b->along);
		b->along[b->alongs++] = store_column(stmt, 0);
	}
	int rc = step == SQLITE_DONE ? 0 : store_db_err(s, "previews", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static int
drop_media(struct store_expiry *e, struct store_batch *b, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < b->n && rc == 0; i++) {
		rc = add_along(e->store, b, &b->m[i], err);
		rc = rc == 0 ? store_remove_rows(e->store, &b->m[i], err) : rc;
		rc = rc == 0 ? store_block_deleted(e->store, &b->m[i], e->now, err) : rc;
	}
	return rc == 0 ? log_batch(e, b, err) : rc;
}

/* A dry run: nothing but what it sees itself changes, in the same order. */
static int
hide(const struct store_pass *p, struct store_batch *b, struct err *err)
{
	struct store *s = p->e->store;
	int rc = 0;
	for (size_t i = 0; i < b->keys && rc == 0 && p->drop == SQL_ROW_FORGET; i++)
		rc = store_shadow_preview(s, b->row[i], err);
	for (size_t i = 0; i < b->n && rc == 0; i++) {
		rc = add_along(s, b, &b->m[i], err);
		rc = rc == 0 ? store_shadow_medium(s, b->m[i].origin, b->m[i].media_id, err) : rc;
	}
	return rc;
}

/* What the media of the batch hold, with their thumbnails. */
static int
weigh(struct store_expiry *e, const struct store_batch *b, int64_t *bytes, struct err *err)
{
	int rc = 0;
	*bytes = 0;
	for (size_t i = 0; i < b->n && rc == 0; i++) {
		int64_t thumbs = 0;
		rc = store_thumb_bytes(e->store, &b->m[i], &thumbs, err);
		*bytes += thumbs + (b->m[i].bytes > 0 ? b->m[i].bytes : 0);
	}
	return rc;
}

static int
transact(struct store_pass *p, struct store_batch *b, int64_t *bytes, struct err *err)
{
	struct store_expiry *e = p->e;
	int64_t action = e->action;
	if (!e->dry && store_write_begin(e->store, STORE_SYNC_FULL, err) < 0)
		return -1;
	int rc = p->fill(p, b, err);
	rc = rc == 0 ? weigh(e, b, bytes, err) : rc;
	if (e->dry)
		return rc == 0 ? hide(p, b, err) : rc;
	rc = rc == 0 && p->drop_keys != NULL ? p->drop_keys(p, b, err) : rc;
	rc = rc == 0 ? drop_media(e, b, err) : rc;
	rc = store_write_end(e->store, rc, err);
	if (rc < 0)
		e->action = action;
	return rc;
}

/* The log may be written back, and shortened; if that is not enough there is the reserve. */
static bool
make_room(const struct store_expiry *e)
{
	(void)sqlite3_wal_checkpoint_v2(e->store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return !store_space_out(e->blobs) || store_reserve_drop(e->blobs);
}

/* On a full disk nothing can be deleted either.  With room made the batch is read anew. */
static int
transact_or_make_room(struct store_pass *p, struct store_batch *b, int64_t *bytes, struct err *err)
{
	struct store_cursor at = p->at;
	at.id = mem_strdup(p->at.id);
	int rc = transact(p, b, bytes, err);
	if (rc < 0 && !p->e->dry && store_space_out(p->e->blobs) && make_room(p->e)) {
		batch_clear(b);
		mem_free(p->at.id);
		p->at = at;
		return transact(p, b, bytes, err);
	}
	mem_free(at.id);
	return rc;
}

/* ---- afterwards --------------------------------------------------------------------------------------------- */

static enum store_gone_kind
kind_of(const struct store_medium *m)
{
	if (m->origin != NULL)
		return STORE_GONE_REMOTE;
	if (m->url_cache != NULL)
		return STORE_GONE_FETCHED;
	return m->bytes < 0 ? STORE_GONE_RESERVED : STORE_GONE_LOCAL;
}

static void
tell(struct store_expiry *e, const struct store_gone *g)
{
	e->n[g->kind]++;
	if (e->told != NULL)
		e->told(e->arg, g);
}

static void
tell_batch(struct store_pass *p, const struct store_batch *b)
{
	for (size_t i = 0; i < b->keys; i++)
		tell(p->e, &(struct store_gone){.kind = p->kind, .url = b->key[i]});
	for (size_t i = 0; i < b->alongs; i++)
		tell(p->e, &(struct store_gone){.kind = STORE_GONE_PREVIEW, .url = b->along[i]});
	for (size_t i = 0; i < b->n; i++) {
		const struct store_medium *m = &b->m[i];
		int64_t used = m->created_ts > m->last_access_ts ? m->created_ts : m->last_access_ts;
		p->e->fresh |= m->url_cache != NULL && used >= p->e->fresh_ts;
		tell(p->e, &(struct store_gone){.kind = kind_of(m), .m = m});
	}
}

/* The rows are gone: a file that cannot be removed now is an orphan, and found as one. */
static void
drop_files(struct store_expiry *e, const struct store_batch *b)
{
	struct store_removal r;
	struct err err;
	store_removal_begin(&r, e->blobs);
	for (size_t i = 0; i < b->n; i++) {
		struct store_file f = store_medium_file(&b->m[i]);
		if (store_removal_file(&r, &f, &err) < 0 && e->file.code == ERR_NONE)
			e->file = err;
	}
	store_removal_end(&r);
}

static int
one_batch(struct store_pass *p, struct store_batch *b, bool *more, struct err *err)
{
	int64_t bytes = 0;
	*more = false;
	if (transact_or_make_room(p, b, &bytes, err) < 0)
		return -1;
	p->e->bytes += bytes;
	p->left -= bytes;
	if (!p->e->dry)
		drop_files(p->e, b);
	tell_batch(p, b);
	*more = b->read == STORE_EXPIRE_BATCH && (p->done == NULL || !p->done(p, b));
	return 0;
}

/* ---- the log of the database ----------------------------------------------------------------------------- */

/* Pages of a store that is large are hit at random: some thousands of them in memory, and in the log before they are
 * written back, save most of the work.  They are written back when nobody waits for us in line. */
enum { CACHE_KIB = 8192, CHECKPOINT_PAGES = 8000, CHECKPOINT_SCARCE = 250 };
#define SCARCE ((int64_t)256 * 1024 * 1024) /* bytes that are free */

static int
count_frames(void *arg, sqlite3 *db, const char *name, int frames)
{
	(void)db;
	(void)name;
	*(int *)arg = frames;
	return SQLITE_OK;
}

static void
write_back(const struct store_expiry *e, int *frames)
{
	if (*frames < (store_space(e->blobs) < SCARCE ? CHECKPOINT_SCARCE : CHECKPOINT_PAGES))
		return;
	(void)sqlite3_wal_checkpoint_v2(e->store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	*frames = 0;
}

static void
log_begin(struct store *s, int *frames)
{
	char *text = mem_printf("PRAGMA cache_size = -%d", CACHE_KIB);
	(void)sqlite3_exec(s->db, text, NULL, NULL, NULL);
	(void)sqlite3_wal_hook(s->db, count_frames,
			       frames); /* in the place of the automatic one, which keeps the lock */
	mem_free(text);
}

static void
log_end(struct store *s)
{
	(void)sqlite3_wal_autocheckpoint(s->db, 1000);
}

int
store_pass_run(struct store_pass *p, struct err *err)
{
	bool more = true;
	int rc = p->e->dry ? store_shadow_begin(p->e->store, err) : 0, frames = 0;
	struct store_batch *b = mem_alloc(sizeof *b);
	log_begin(p->e->store, &frames);
	while (more && rc == 0 && (p->e->stop == NULL || !*p->e->stop)) {
		rc = one_batch(p, b, &more, err);
		batch_clear(b);
		write_back(p->e, &frames);
		if (more && !p->e->dry)
			(void)poll(NULL, 0, BREATH);
	}
	log_end(p->e->store);
	mem_free(b);
	mem_free(p->at.id);
	p->at.id = NULL;
	return rc;
}
