/* Which media may nobody have any more, or again?  Named ones and all that have their content (spec F.2). */
#include "store/int.h"

#include <sqlite3.h>
#include <string.h>

/* Contents that were followed lately: a room may name ten thousand copies of one picture. */
enum { FOLLOWED = 1024 };

struct store_quarantine {
	struct store *s;
	struct store_act act;
	struct store_tally tally;
	int64_t changed; /* in the batch that is open */
	char (*followed)[HASH_HEX_LEN + 1];
};

/* ---- a dry run ------------------------------------------------------------------------------------------ */

/* It writes the log of what would happen into a table that hides the real one, and nothing else: what would be counted
 * there twice is counted once, and writers are not kept waiting. */
static const char shadow[] =
    "PRAGMA temp_store = FILE;"
    "CREATE TEMP TABLE quarantined_media_changes ("
    " stream_id INTEGER PRIMARY KEY, origin TEXT, media_id TEXT, quarantined BOOLEAN, change TEXT, ts INTEGER,"
    " action_id INTEGER, was TEXT, was_ts INTEGER, was_reason TEXT, sha256 TEXT);"
    "CREATE UNIQUE INDEX temp.quarantined_media_changes_once ON quarantined_media_changes"
    " (coalesce(media_id, ''), coalesce(origin, ''), iif(media_id IS NULL, sha256, ''), change)";

static int
put_shadow(struct store *s, struct err *err)
{
	return sqlite3_exec(s->db, shadow, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_db_err(s, "dry run", err);
}

struct store_quarantine *
store_quarantine_new(struct store *s, const struct store_act *act, struct err *err)
{
	if (act->dry && put_shadow(s, err) < 0)
		return NULL;
	struct store_quarantine *q = mem_alloc(sizeof *q);
	q->s = s;
	q->act = *act;
	q->followed = mem_array(FOLLOWED, sizeof *q->followed);
	return q;
}

void
store_quarantine_free(struct store_quarantine *q)
{
	if (q == NULL)
		return;
	if (q->act.dry)
		(void)sqlite3_exec(q->s->db, "DROP TABLE temp.quarantined_media_changes; PRAGMA temp_store = MEMORY",
				   NULL, NULL, NULL);
	mem_free(q->followed);
	mem_free(q);
}

const struct store_tally *
store_quarantine_tally(const struct store_quarantine *q)
{
	return &q->tally;
}

/* ---- transitions ---------------------------------------------------------------------------------------- */

static void
count(struct store_quarantine *q, enum store_change change, int64_t n)
{
	q->tally.n[change] += n;
	q->changed += n;
}

/* The same rows, first into the log and then changed: log and set have the same condition. */
static int
change_rows(struct store_quarantine *q, enum sql log, enum sql set, const char *sha256, enum store_change change,
	    struct err *err)
{
	sqlite3_stmt *stmt = store_sql(q->s, log, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, sha256);
	(void)sqlite3_bind_int64(stmt, 2, q->tally.action);
	(void)sqlite3_bind_int64(stmt, 3, q->act.now);
	if (store_run(q->s, stmt, "log", err) < 0)
		return -1;
	int n = sqlite3_changes(q->s->db);
	count(q, change, n);
	if (n == 0 || q->act.dry)
		return 0;
	stmt = store_sql(q->s, set, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, sha256);
	if (change == STORE_QUARANTINE)
		store_bind(stmt, 2, q->act.by);
	if (store_run(q->s, stmt, "quarantine", err) < 0)
		return -1;
	return sqlite3_changes(q->s->db) == n ? 0 : err_set(err, ERR_BUG, "quarantine: logged is not what was done");
}

/* Every copy of a content, ours and other servers'. */
static int
follow(struct store_quarantine *q, const char *sha256, enum store_change change, struct err *err)
{
	bool add = change == STORE_QUARANTINE;
	char *seen = q->followed[str_hash(sha256, strlen(sha256)) % FOLLOWED];
	if (strlen(sha256) == HASH_HEX_LEN)
		memcpy(seen, sha256, HASH_HEX_LEN);
	if (change_rows(q, add ? SQL_ADD_LOCAL_LOG : SQL_REMOVE_LOCAL_LOG, add ? SQL_ADD_LOCAL : SQL_REMOVE_LOCAL,
			sha256, change, err) < 0)
		return -1;
	return change_rows(q, add ? SQL_ADD_REMOTE_LOG : SQL_REMOVE_REMOTE_LOG,
			   add ? SQL_ADD_REMOTE : SQL_REMOVE_REMOTE, sha256, change, err);
}

static bool
followed(const struct store_quarantine *q, const char *sha256)
{
	return str_eq(q->followed[str_hash(sha256, strlen(sha256)) % FOLLOWED], sha256);
}

static int
log_one(struct store_quarantine *q, const struct store_name *name, enum store_change change,
	const struct store_was *was, const char *sha256, struct err *err)
{
	if (store_log_was(q->s, q->tally.action, name, change, was, sha256, q->act.now, err) < 0)
		return -1;
	count(q, change, sqlite3_changes(q->s->db));
	return 0;
}

/* One medium and no other: of those whose content is not known. */
static int
change_one(struct store_quarantine *q, const struct store_medium *m, enum store_change change, struct err *err)
{
	const struct store_name name = {m->origin, m->media_id};
	const struct store_was was = {.by = m->quarantined_by};
	if (log_one(q, &name, change, &was, m->sha256, err) < 0)
		return -1;
	return q->act.dry ? 0
			  : store_medium_mark(q->s, &name, change, change == STORE_QUARANTINE ? q->act.by : NULL, err);
}

/* ---- what each verb does with one name or content ------------------------------------------------------- */

/* A protected medium stays.  Its copies go: its protection is not theirs. */
static int
add_medium(struct store_quarantine *q, const struct store_medium *m, enum store_fate *fate, struct err *err)
{
	bool done = m->quarantined_by != NULL || m->protected;
	*fate = m->protected && m->quarantined_by == NULL ? STORE_KEPT : done ? STORE_ALREADY : STORE_CHANGED;
	if (m->sha256 == NULL)
		return done ? 0 : change_one(q, m, STORE_QUARANTINE, err);
	return done && followed(q, m->sha256) ? 0 : follow(q, m->sha256, STORE_QUARANTINE, err);
}

/* Is there any copy of that content?  What is new to us is worth a hint. */
static int
has_content(struct store_quarantine *q, const char *sha256, bool *has, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(q->s, SQL_CONTENT_HAS, err);
	if (stmt != NULL)
		store_bind(stmt, 1, sha256);
	return store_one(q->s, stmt, "content", has, NULL, NULL, err);
}

static int
add_content(struct store_quarantine *q, const char *sha256, enum store_fate *fate, struct err *err)
{
	int64_t before = q->changed;
	bool has = false;
	if (follow(q, sha256, STORE_QUARANTINE, err) < 0 || has_content(q, sha256, &has, err) < 0)
		return -1;
	*fate = q->changed > before ? STORE_CHANGED : has ? STORE_ALREADY : STORE_UNKNOWN;
	return 0;
}

/* Lifts a block, if there is one, of a name or of a content. */
static int
lift(struct store_quarantine *q, const struct store_name *name, const char *sha256, bool *was_blocked, struct err *err)
{
	struct store_block b = {0};
	int rc = store_block_get(q->s, name, sha256, &b, err);
	*was_blocked = rc == 0 && b.found;
	if (*was_blocked) {
		const struct store_was was = {.by = b.by, .reason = b.reason, .ts = b.ts};
		rc = log_one(q, name, STORE_UNBLOCK, &was, sha256, err);
		rc = rc == 0 && !q->act.dry ? store_block_lift(q->s, name, sha256, err) : rc;
	}
	store_block_clear(&b);
	return rc;
}

/* Regardless of protection, with what "system" did, and with the block of the content. */
static int
remove_content(struct store_quarantine *q, const char *sha256, struct err *err)
{
	bool was;
	return follow(q, sha256, STORE_UNQUARANTINE, err) < 0 ? -1 : lift(q, NULL, sha256, &was, err);
}

static int
remove_medium(struct store_quarantine *q, const struct store_medium *m, struct err *err)
{
	if (m->sha256 != NULL)
		return remove_content(q, m->sha256, err);
	return m->quarantined_by != NULL ? change_one(q, m, STORE_UNQUARANTINE, err) : 0;
}

static int
protect_medium(struct store_quarantine *q, const struct store_medium *m, enum store_change change,
	       enum store_fate *fate, struct err *err)
{
	if (m->origin != NULL) {
		*fate = STORE_NOT_OURS;
		return 0;
	}
	if (m->protected == (change == STORE_PROTECT))
		return 0;
	return change_one(q, m, change, err);
}

/* Blocks what is to come; what is there already is quarantined, or it would be served on. */
static int
block(struct store_quarantine *q, const struct store_item *i, struct err *err)
{
	const struct store_name *name = i->name.id != NULL ? &i->name : NULL;
	const char *sha256 = name != NULL ? NULL : i->sha256;
	const struct store_blocking b = {.ts = i->block_ts > 0 ? i->block_ts : q->act.now,
					 .by = i->block_by != NULL ? i->block_by : q->act.by,
					 .reason = i->block_reason != NULL ? i->block_reason : q->act.reason};
	struct store_block old = {0};
	bool new = false;
	int rc = store_block_get(q->s, name, sha256, &old, err);
	if (rc == 0 && !old.found)
		rc = log_one(q, name, STORE_BLOCK, &(struct store_was){0}, sha256, err);
	if (rc == 0 && !old.found && !q->act.dry)
		rc = name != NULL ? store_block_name(q->s, name, &b, &new, err)
				  : store_block_hash(q->s, sha256, &b, &new, err);
	store_block_clear(&old);
	return rc;
}

static int
do_content(struct store_quarantine *q, enum store_change change, struct store_item *i, struct err *err)
{
	bool was;
	switch (change) {
	case STORE_QUARANTINE:
		return add_content(q, i->sha256, &i->fate, err);
	case STORE_UNQUARANTINE:
		return remove_content(q, i->sha256, err);
	case STORE_BLOCK:
		return block(q, i, err) < 0 ? -1 : follow(q, i->sha256, STORE_QUARANTINE, err);
	case STORE_UNBLOCK:
		return lift(q, NULL, i->sha256, &was, err);
	default:
		return err_set(err, ERR_BUG, "%s: not of a content", store_change_name(change));
	}
}

static int
do_medium(struct store_quarantine *q, enum store_change change, const struct store_medium *m, struct store_item *i,
	  struct err *err)
{
	enum store_fate fate;
	switch (change) {
	case STORE_QUARANTINE:
		return add_medium(q, m, &i->fate, err);
	case STORE_BLOCK:
		return add_medium(q, m, &fate, err);
	case STORE_UNQUARANTINE:
		return remove_medium(q, m, err);
	case STORE_PROTECT:
	case STORE_UNPROTECT:
		return protect_medium(q, m, change, &i->fate, err);
	default:
		return 0;
	}
}

static int
do_name(struct store_quarantine *q, enum store_change change, struct store_item *i, struct err *err)
{
	struct store_medium m = {0};
	bool was = false;
	int rc = store_medium_get(q->s, &i->name, &m, err);
	if (rc == 0 && change == STORE_BLOCK)
		rc = block(q, i, err);
	if (rc == 0 && (change == STORE_UNBLOCK || change == STORE_UNQUARANTINE))
		rc = lift(q, &i->name, NULL, &was, err);
	if (rc == 0 && m.found)
		rc = do_medium(q, change, &m, i, err);
	if (rc == 0 && !m.found && !was && change != STORE_BLOCK)
		i->fate = STORE_UNKNOWN;
	store_medium_clear(&m);
	return rc;
}

/* ---- batches --------------------------------------------------------------------------------------------- */

static int
do_items(struct store_quarantine *q, enum store_change change, struct store_item *items, size_t n, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		int64_t before = q->changed;
		items[i].fate = STORE_ALREADY;
		rc = items[i].name.id != NULL ? do_name(q, change, &items[i], err)
					      : do_content(q, change, &items[i], err);
		if (items[i].fate == STORE_ALREADY && q->changed > before)
			items[i].fate = STORE_CHANGED;
	}
	return rc;
}

/* A batch that changes nothing leaves no trace: not even its action. */
int
store_quarantine_apply(struct store_quarantine *q, enum store_change change, struct store_item *items, size_t n,
		       struct err *err)
{
	struct err ignored;
	const struct store_tally before = q->tally;
	q->changed = 0;
	if (q->act.dry)
		return do_items(q, change, items, n, err);
	if (store_write_begin(q->s, STORE_SYNC_FULL, err) < 0)
		return -1;
	int rc = 0;
	if (q->tally.action == 0)
		rc = store_action(q->s, q->act.verb, q->act.by, q->act.reason, q->act.now, &q->tally.action, err);
	rc = rc == 0 ? do_items(q, change, items, n, err) : rc;
	bool idle = rc == 0 && q->changed == 0;
	if (idle)
		(void)store_write_end(q->s, -1, &ignored);
	else
		rc = store_write_end(q->s, rc, err);
	if (idle || rc < 0)
		q->tally = before;
	return rc;
}
