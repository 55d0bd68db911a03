/* What is done with the media that are meant?  Batch by batch, each told when it is there to stay. */
#include "cmd/quarantine.h"

#include <unistd.h>

#include "json/json.h"
#include "media/media.h"

int
quarantine_print(const struct quarantine *a, struct json *take)
{
	struct buf line;
	buf_init(&line, RECORD_LINE_MAX * 4);
	int rc = json_write(take, 0, &line);
	(void)buf_addc(&line, '\n');
	if (rc < 0 || line.full)
		cmd_warn(&a->c, "an answer is longer than %zu bytes", line.max);
	else
		rc = cmd_out(&a->c, line.p, line.len);
	buf_clear(&line);
	json_free(take);
	return rc < 0 ? EXIT_REFUSED : 0;
}

struct json *
quarantine_counts(const int64_t n[STORE_CHANGES], enum store_change first, int64_t action, bool dry)
{
	static const char *const key[STORE_CHANGES] = {
	    [STORE_QUARANTINE] = "num_quarantined", [STORE_UNQUARANTINE] = "num_unquarantined",
	    [STORE_PROTECT] = "num_protected",	    [STORE_UNPROTECT] = "num_unprotected",
	    [STORE_BLOCK] = "num_blocked",	    [STORE_UNBLOCK] = "num_unblocked",
	    [STORE_DELETE] = "num_deleted",
	};
	struct json *j = json_object();
	if (first != STORE_CHANGES)
		json_set_int(j, key[first], n[first]);
	for (int i = 0; i < STORE_CHANGES; i++)
		if (i != (int)first && n[i] > 0)
			json_set_int(j, key[i], n[i]);
	if (action > 0)
		json_set_int(j, "action_id", action);
	if (dry)
		json_set_bool(j, "dry_run", true);
	return j;
}

/* ---- telling ------------------------------------------------------------------------------------------------ */

struct told {
	int64_t names, unknown, kept, foreign, bad;
};

static const char *
why(enum store_fate fate, enum store_change change)
{
	switch (fate) {
	case STORE_KEPT:
		return "protected, and left";
	case STORE_NOT_OURS:
		return "of another server: only our own media can be protected";
	case STORE_UNKNOWN:
		if (change == STORE_UNBLOCK)
			return "not blocked";
		return change == STORE_QUARANTINE ? "not here; 'mxmedia-quarantine block' keeps it from coming in"
						  : "not here";
	default:
		return NULL;
	}
}

/* Who names a room or a user does not name each medium: what is not here of them is no mistake. */
static void
tell(const struct quarantine *a, enum store_change change, const struct quarantine_batch *b, struct told *t)
{
	bool one_by_one = a->room == NULL && a->user == NULL;
	for (size_t i = 0; i < b->n; i++) {
		const struct store_item *item = &b->item[i];
		const char *problem = why(item->fate, change);
		t->names++;
		t->unknown += item->fate == STORE_UNKNOWN;
		t->kept += item->fate == STORE_KEPT;
		t->foreign += item->fate == STORE_NOT_OURS;
		if (problem == NULL && item->fate == STORE_ALREADY && a->c.verbose > 0)
			problem = "nothing to do";
		if (problem == NULL && a->c.verbose > 0)
			problem = a->dry ? "would be changed" : "changed";
		if (problem == NULL)
			continue;
		char *name = item->name.id != NULL ? media_uri(&item->name, a->server_name) : mem_strdup(item->sha256);
		if (one_by_one && item->fate != STORE_CHANGED && item->fate != STORE_ALREADY)
			cmd_warn(&a->c, "%s: %s", name, problem);
		else
			cmd_note(&a->c, "%s: %s", name, problem);
		mem_free(name);
	}
	t->bad = b->bad;
}

static int
conclude(const struct quarantine *a, const struct told *t)
{
	bool chosen = a->room != NULL || a->user != NULL;
	if (chosen && t->unknown > 0)
		cmd_note(&a->c, "%lld are not here", (long long)t->unknown);
	if (chosen && t->kept > 0)
		cmd_warn(&a->c, "%lld are protected, and left", (long long)t->kept);
	if (cmd_stop)
		cmd_warn(&a->c, "stopped after %lld names; what is done is done", (long long)t->names);
	bool failed = t->bad > 0 || (!chosen && t->unknown + t->kept + t->foreign > 0);
	return cmd_stop || failed ? EXIT_REFUSED : 0;
}

/* ---- add, remove, protect, unprotect, block, unblock ---------------------------------------------------------- */

struct changing {
	const struct quarantine *a;
	struct store_quarantine *q;
	enum store_change change;
	struct told t;
};

static int
change_batch(void *arg, struct quarantine_batch *b, struct err *err)
{
	struct changing *v = arg;
	int rc = b->n > 0 ? store_quarantine_apply(v->q, v->change, b->item, b->n, err) : 0;
	if (rc == 0)
		tell(v->a, v->change, b, &v->t);
	return rc;
}

int
quarantine_change(struct quarantine *a, enum store_change change)
{
	const struct store_act act = {
	    .verb = a->verb, .by = a->by, .reason = a->reason, .now = cmd_now(), .dry = a->dry};
	struct changing v = {.a = a, .q = NULL, .change = change};
	struct err err;
	v.q = store_quarantine_new(a->store, &act, &err);
	if (v.q == NULL)
		return cmd_fail(&a->c, &err, NULL);
	int rc = quarantine_names(a, change, change_batch, &v, &err), status = 0;
	const struct store_tally *tally = store_quarantine_tally(v.q);
	if (rc < 0) {
		status = cmd_fail(&a->c, &err, NULL);
		cmd_warn(&a->c, "ended after %lld names; what was done before stays", (long long)v.t.names);
	}
	int printed = quarantine_print(a, quarantine_counts(tally->n, change, tally->action, a->dry));
	int told = conclude(a, &v.t);
	store_quarantine_free(v.q);
	return status != 0 ? status : printed != 0 ? printed : told;
}

/* ---- undo ---------------------------------------------------------------------------------------------------- */

static void
left(void *arg, const struct store_logged *row, const char *problem)
{
	const struct quarantine *a = arg;
	const struct store_name name = {row->origin, row->media_id};
	char *text = name.id != NULL ? media_uri(&name, a->server_name) : mem_strdup(row->sha256);
	cmd_warn(&a->c, "%s: left as it is: %s", text != NULL ? text : "?", problem);
	mem_free(text);
}

static int
find_action(const struct quarantine *a, struct store_action_row *out, struct err *err)
{
	int64_t id = 0;
	if (a->last) {
		if (store_action_last(a->store, a->by, out, err) < 0)
			return -1;
		return out->id > 0 ? 0 : err_set(err, ERR_NOTFOUND, "%s has nothing left to undo", a->by);
	}
	if (str_int64(a->operands[0], &id) < 0 || id <= 0)
		return err_set(err, ERR_INPUT, "not an action's number: %s", a->operands[0]);
	if (store_action_get(a->store, id, out, err) < 0)
		return -1;
	if (out->id == 0)
		return err_set(err, ERR_NOTFOUND, "action %lld: there is none", (long long)id);
	if (out->undone_by > 0)
		return err_set(err, ERR_DENIED, "action %lld: undone already, by action %lld", (long long)id,
			       (long long)out->undone_by);
	return 0;
}

static int
undo_all(struct quarantine *a, const struct store_action_row *row, struct err *err)
{
	const struct store_act act = {
	    .verb = "undo", .by = a->by, .reason = a->reason, .now = cmd_now(), .dry = a->dry};
	struct store_undo *u = store_undo_new(a->store, &act, row->id, left, a);
	bool more = true;
	int rc = 0;
	while (rc == 0 && more && !cmd_stop)
		rc = store_undo_step(u, &more, err);
	const struct store_undone *d = store_undo_done(u);
	struct json *j = json_object(), *counts = quarantine_counts(d->n, STORE_CHANGES, d->action, a->dry);
	json_set_int(j, "undone", row->id);
	json_set_str(j, "verb", row->verb);
	json_set_int(j, "num_left", d->left);
	json_set(j, "restored", counts);
	int status = quarantine_print(a, j);
	if (rc == 0 && more)
		cmd_warn(&a->c, "stopped; 'undo %lld' goes on", (long long)row->id);
	if (rc == 0 && status == 0 && (more || d->left > 0))
		status = EXIT_REFUSED;
	store_undo_free(u);
	return rc < 0 ? -1 : status;
}

int
quarantine_undo(struct quarantine *a)
{
	struct store_action_row row = {0};
	struct err err;
	int rc = find_action(a, &row, &err);
	rc = rc == 0 ? undo_all(a, &row, &err) : rc;
	store_action_clear(&row);
	return rc < 0 ? cmd_fail(&a->c, &err, NULL) : rc;
}
