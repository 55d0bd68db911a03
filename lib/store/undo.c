/* How is one logged action taken back?  Row by row, the last first, where nobody has changed anything since. */
#include "store/int.h"

#include <sqlite3.h>
#include <stdio.h>

struct store_undo {
	struct store *s;
	struct store_act act;
	int64_t action; /* what is undone */
	int64_t at;	/* rows below this one are still to do */
	store_left *left;
	void *arg;
	struct store_undone done;
};

/* ---- actions ----------------------------------------------------------------------------------------------- */

void
store_action_clear(struct store_action_row *a)
{
	mem_free(a->verb);
	mem_free(a->by);
	mem_free(a->reason);
	*a = (struct store_action_row){0};
}

static void
read_action(void *arg, sqlite3_stmt *stmt)
{
	struct store_action_row *a = arg;
	*a = (struct store_action_row){.id = sqlite3_column_int64(stmt, 0),
				       .ts = sqlite3_column_int64(stmt, 1),
				       .verb = store_column(stmt, 2),
				       .by = store_column(stmt, 3),
				       .reason = store_column(stmt, 4),
				       .undoes = sqlite3_column_int64(stmt, 5),
				       .undone_by = sqlite3_column_int64(stmt, 6)};
}

int
store_action_get(struct store *s, int64_t id, struct store_action_row *out, struct err *err)
{
	bool found;
	*out = (struct store_action_row){0};
	sqlite3_stmt *stmt = store_sql(s, SQL_ACTION_GET, err);
	if (stmt != NULL)
		(void)sqlite3_bind_int64(stmt, 1, id);
	return store_one(s, stmt, "action", &found, read_action, out, err);
}

int
store_action_last(struct store *s, const char *by, struct store_action_row *out, struct err *err)
{
	bool found;
	*out = (struct store_action_row){0};
	sqlite3_stmt *stmt = store_sql(s, SQL_ACTION_LAST, err);
	if (stmt != NULL)
		store_bind(stmt, 1, by);
	return store_one(s, stmt, "action", &found, read_action, out, err);
}

/* ---- one row ----------------------------------------------------------------------------------------------- */

static enum store_change
inverse(enum store_change change)
{
	static const enum store_change of[] = {
	    [STORE_QUARANTINE] = STORE_UNQUARANTINE, [STORE_UNQUARANTINE] = STORE_QUARANTINE,
	    [STORE_PROTECT] = STORE_UNPROTECT,	     [STORE_UNPROTECT] = STORE_PROTECT,
	    [STORE_BLOCK] = STORE_UNBLOCK,	     [STORE_UNBLOCK] = STORE_BLOCK,
	    [STORE_DELETE] = STORE_DELETE,
	};
	return of[change];
}

struct later {
	int64_t action, undoes;
};

static void
read_later(void *arg, sqlite3_stmt *stmt)
{
	struct later *l = arg;
	*l = (struct later){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1)};
}

/* The next change of the same kind after this row; its deletion is one of every kind. */
static int
find_later(struct store_undo *u, const struct store_logged *row, bool *found, struct later *out, struct err *err)
{
	bool named = row->media_id != NULL;
	sqlite3_stmt *stmt = store_sql(u->s, named ? SQL_LOG_LATER : SQL_LOG_LATER_HASH, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, named ? row->media_id : row->sha256);
		(void)sqlite3_bind_int64(stmt, 2, row->stream_id);
		store_bind(stmt, 3, store_change_name(row->change));
		store_bind(stmt, 4, store_change_name(inverse(row->change)));
		if (named)
			store_bind(stmt, 5, row->origin);
	}
	return store_one(u->s, stmt, "log", found, read_later, out, err);
}

static int
leave(struct store_undo *u, const struct store_logged *row, const char *why)
{
	u->done.left++;
	if (u->left != NULL)
		u->left(u->arg, row, why);
	return 0;
}

static int
log_back(struct store_undo *u, const struct store_logged *row, const struct store_was *was, struct err *err)
{
	const struct store_name name = {row->origin, row->media_id};
	enum store_change back = inverse(row->change);
	u->done.n[back]++;
	return u->act.dry ? 0
			  : store_log_was(u->s, u->done.action, name.id != NULL ? &name : NULL, back, was, row->sha256,
					  u->act.now, err);
}

static void
read_action_id(void *arg, sqlite3_stmt *stmt)
{
	*(int64_t *)arg = sqlite3_column_int64(stmt, 0);
}

/* Is the name, or with name == NULL the content, blocked by another action than the one that is undone? */
static int
blocked_by_other(struct store_undo *u, const struct store_name *name, const char *sha256, bool *is, struct err *err)
{
	struct store_block b = {0};
	int64_t action = 0;
	bool found = false;
	int rc = store_block_get(u->s, name, sha256, &b, err);
	bool blocked = b.found;
	store_block_clear(&b);
	if (rc < 0 || !blocked)
		return rc;
	sqlite3_stmt *stmt = store_sql(u->s, name != NULL ? SQL_LOG_BLOCKER : SQL_LOG_BLOCKER_HASH, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, name != NULL ? name->id : sha256);
		if (name != NULL)
			store_bind(stmt, 2, name->origin);
	}
	rc = store_one(u->s, stmt, "log", &found, read_action_id, &action, err);
	*is = action != u->action;
	return rc;
}

/* Whoever blocked it since found it in quarantine, and relied on that. */
static int
must_stay(struct store_undo *u, const struct store_medium *m, bool *is, struct err *err)
{
	const struct store_name name = {m->origin, m->media_id};
	*is = false;
	if (blocked_by_other(u, &name, NULL, is, err) < 0)
		return -1;
	return *is || m->sha256 == NULL ? 0 : blocked_by_other(u, NULL, m->sha256, is, err);
}

static int
restore_medium(struct store_undo *u, const struct store_logged *row, struct err *err)
{
	const struct store_name name = {row->origin, row->media_id};
	enum store_change back = inverse(row->change);
	struct store_medium m = {0};
	const char *why = NULL;
	bool blocked = false;
	int rc = store_medium_get(u->s, &name, &m, err);
	if (rc == 0 && m.found && back == STORE_UNQUARANTINE)
		rc = must_stay(u, &m, &blocked, err);
	if (!m.found)
		why = "it is gone";
	else if (blocked)
		why = "it is blocked";
	else if (back == STORE_UNQUARANTINE && m.quarantined_by == NULL)
		why = "it is not quarantined";
	else if (back == STORE_QUARANTINE && m.quarantined_by != NULL)
		why = "it is quarantined";
	else if (back == STORE_QUARANTINE && m.protected)
		why = "it is protected";
	else if ((back == STORE_PROTECT || back == STORE_UNPROTECT) && m.protected == (back == STORE_PROTECT))
		why = back == STORE_PROTECT ? "it is protected" : "it is not protected";
	if (rc == 0 && why != NULL)
		rc = leave(u, row, why);
	else if (rc == 0)
		rc = log_back(u, row, &(struct store_was){.by = m.quarantined_by}, err);
	if (rc == 0 && why == NULL && !u->act.dry)
		rc = store_medium_mark(u->s, &name, back, row->was, err);
	store_medium_clear(&m);
	return rc;
}

static int
put_back_block(struct store_undo *u, const struct store_logged *row, const struct store_name *name, struct err *err)
{
	const struct store_blocking b = {.ts = row->was_ts, .by = row->was, .reason = row->was_reason};
	bool new;
	return name != NULL ? store_block_name(u->s, name, &b, &new, err)
			    : store_block_hash(u->s, row->sha256, &b, &new, err);
}

static int
restore_block(struct store_undo *u, const struct store_logged *row, struct err *err)
{
	const struct store_name at = {row->origin, row->media_id}, *name = at.id != NULL ? &at : NULL;
	bool lift = row->change == STORE_BLOCK;
	struct store_block b = {0};
	int rc = store_block_get(u->s, name, row->sha256, &b, err);
	bool could = b.found == lift;
	if (rc == 0 && !could)
		rc = leave(u, row, lift ? "it is not blocked" : "it is blocked");
	else if (rc == 0)
		rc = log_back(u, row, &(struct store_was){.by = b.by, .reason = b.reason, .ts = b.ts}, err);
	if (rc == 0 && could && !u->act.dry)
		rc = lift ? store_block_lift(u->s, name, row->sha256, err) : put_back_block(u, row, name, err);
	store_block_clear(&b);
	return rc;
}

/* What an undo of the same action has put back, before something stopped it, is not looked at again. */
static int
restore(struct store_undo *u, const struct store_logged *row, struct err *err)
{
	struct later later = {0};
	bool found = false;
	char why[64];
	if (row->change == STORE_DELETE)
		return leave(u, row, "what is deleted does not come back");
	if (find_later(u, row, &found, &later, err) < 0)
		return -1;
	if (found && later.undoes == u->action)
		return 0;
	if (found) {
		(void)snprintf(why, sizeof why, "it was changed since, by action %lld", (long long)later.action);
		return leave(u, row, why);
	}
	return row->change == STORE_BLOCK || row->change == STORE_UNBLOCK ? restore_block(u, row, err)
									  : restore_medium(u, row, err);
}

/* ---- batches ------------------------------------------------------------------------------------------------ */

struct store_undo *
store_undo_new(struct store *s, const struct store_act *act, int64_t action, store_left *left, void *arg)
{
	struct store_undo *u = mem_alloc(sizeof *u);
	*u = (struct store_undo){.s = s, .act = *act, .action = action, .at = INT64_MAX, .left = left, .arg = arg};
	return u;
}

void
store_undo_free(struct store_undo *u)
{
	mem_free(u);
}

const struct store_undone *
store_undo_done(const struct store_undo *u)
{
	return &u->done;
}

static int
do_rows(struct store_undo *u, bool *more, struct err *err)
{
	struct store_logged row[STORE_LOG_PAGE];
	size_t n = 0;
	sqlite3_stmt *stmt = store_sql(u->s, SQL_ACTION_ROWS, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, u->action);
	(void)sqlite3_bind_int64(stmt, 2, u->at);
	(void)sqlite3_bind_int64(stmt, 3, STORE_LOG_PAGE);
	int rc = store_log_page(u->s, stmt, row, STORE_LOG_PAGE, &n, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = restore(u, &row[i], err);
		u->at = row[i].stream_id;
	}
	store_log_clear(row, n);
	*more = n == STORE_LOG_PAGE;
	return rc;
}

/* Says of the action that it is undone, and of the undoing what it undoes. */
static int
mark_action(struct store_undo *u, enum sql which, int64_t action, int64_t other, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(u->s, which, err);
	if (stmt != NULL) {
		(void)sqlite3_bind_int64(stmt, 1, action);
		(void)sqlite3_bind_int64(stmt, 2, other);
	}
	return store_run(u->s, stmt, "undo", err);
}

static int
begin(struct store_undo *u, struct err *err)
{
	if (u->done.action != 0)
		return 0;
	if (store_action(u->s, u->act.verb, u->act.by, u->act.reason, u->act.now, &u->done.action, err) < 0)
		return -1;
	return mark_action(u, SQL_ACTION_UNDOES, u->done.action, u->action, err);
}

int
store_undo_step(struct store_undo *u, bool *more, struct err *err)
{
	const struct store_undo before = *u;
	if (u->act.dry)
		return do_rows(u, more, err);
	if (store_write_begin(u->s, STORE_SYNC_FULL, err) < 0)
		return -1;
	int rc = begin(u, err);
	rc = rc == 0 ? do_rows(u, more, err) : rc;
	if (rc == 0 && !*more)
		rc = mark_action(u, SQL_ACTION_UNDONE, u->action, u->done.action, err);
	rc = store_write_end(u->s, rc, err);
	if (rc < 0)
		*u = before;
	return rc;
}
