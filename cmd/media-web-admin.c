/* What may those do who keep the house?  Look at a medium, take it away from everybody and give it back, and follow what
 * was done (spec F.1, F.2, F.8). */
#include <string.h>

#include "cmd/media-web.h"
#include "store/quarantine.h"
#include "store/refs.h"

/* CHANGES: of a page.  START: the position of the reference while nothing has happened; its first change is 2, ours 1. */
enum { CHANGES = 100, START = 1 };

const char *
media_web_by(const struct task *t)
{
	return t->user != NULL ? t->user : "admin";
}

/* As it is said: what cannot be a name is the name of nothing. */
static struct store_name
name_of(const struct task *t)
{
	const char *server = task_value(t, "server");
	bool ours = server == NULL || str_eq(server, t->c->conf.server_name);
	return (struct store_name){ours ? NULL : server, task_value(t, "id")};
}

static int
unknown(struct err *err)
{
	return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Unknown media");
}

int
media_web_info(struct context *x, struct task *t, struct err *err)
{
	const struct store_name name = name_of(t);
	struct store_medium m;
	if (store_medium_get(x->mc.m.store, &name, &m, err) < 0)
		return -1;
	if (!m.found)
		return unknown(err);
	struct json *j = json_object();
	json_set(j, "media_info", media_info(&m));
	store_medium_clear(&m);
	return task_json(t, j, err);
}

/* ---- deciding ------------------------------------------------------------------------------------------------- */

struct decision {
	struct store_quarantine *q;
	enum store_change change;
	const char *ours;
	struct store_item item[STORE_QUARANTINE_BATCH];
	size_t n;
	int rc;
	struct err *err;
};

static struct decision *
decide(struct context *x, const struct task *t, enum store_change change, struct err *err)
{
	const struct store_act act = {.verb = store_change_name(change), .by = media_web_by(t), .now = cmd_now()};
	struct decision *d = mem_alloc(sizeof *d);
	*d = (struct decision){.q = store_quarantine_new(x->mc.m.store, &act, err),
			       .change = change,
			       .ours = x->mc.m.server_name,
			       .err = err};
	if (d->q != NULL)
		return d;
	mem_free(d);
	return NULL;
}

static void
clear_items(struct decision *d)
{
	for (size_t i = 0; i < d->n; i++) {
		mem_free((void *)(uintptr_t)d->item[i].name.origin);
		mem_free((void *)(uintptr_t)d->item[i].name.id);
	}
	d->n = 0;
}

static int
flush(struct decision *d)
{
	if (d->rc == 0 && d->n > 0)
		d->rc = store_quarantine_apply(d->q, d->change, d->item, d->n, d->err);
	clear_items(d);
	return d->rc;
}

static int
add(struct decision *d, const struct store_name *name)
{
	d->item[d->n++] = (struct store_item){.name = {mem_strdup(name->origin), mem_strdup(name->id)}};
	return d->n == STORE_QUARANTINE_BATCH ? flush(d) : 0;
}

static void
decided(struct decision *d)
{
	clear_items(d);
	store_quarantine_free(d->q);
	mem_free(d);
}

/* Of one medium; -1, or what became of it. */
static int
one(struct context *x, const struct task *t, enum store_change change, enum store_fate *fate, struct err *err)
{
	struct store_item item = {.name = name_of(t)};
	struct decision *d = decide(x, t, change, err);
	if (d == NULL)
		return -1;
	int rc = store_quarantine_apply(d->q, change, &item, 1, err);
	*fate = item.fate;
	decided(d);
	return rc;
}

static int
done(struct task *t, struct err *err)
{
	return task_json(t, json_object(), err);
}

int
media_web_quarantine(struct context *x, struct task *t, struct err *err)
{
	enum store_fate ignored;
	return one(x, t, STORE_QUARANTINE, &ignored, err) < 0 ? -1 : done(t, err);
}

int
media_web_unquarantine(struct context *x, struct task *t, struct err *err)
{
	enum store_fate ignored;
	return one(x, t, STORE_UNQUARANTINE, &ignored, err) < 0 ? -1 : done(t, err);
}

static int
protection(struct context *x, struct task *t, enum store_change change, struct err *err)
{
	enum store_fate fate = STORE_UNKNOWN;
	if (one(x, t, change, &fate, err) < 0)
		return -1;
	if (fate == STORE_UNKNOWN)
		return err_http(err, ERR_NOTFOUND, 404, "M_UNKNOWN", "No row found (local_media_repository)");
	return done(t, err);
}

int
media_web_protect(struct context *x, struct task *t, struct err *err)
{
	return protection(x, t, STORE_PROTECT, err);
}

int
media_web_unprotect(struct context *x, struct task *t, struct err *err)
{
	return protection(x, t, STORE_UNPROTECT, err);
}

/* ---- many at once ------------------------------------------------------------------------------------------------ */

static int
told(struct task *t, struct decision *d, int rc, struct err *err)
{
	rc = rc == 0 ? flush(d) : rc;
	int64_t n = store_quarantine_tally(d->q)->n[STORE_QUARANTINE];
	decided(d);
	if (rc < 0)
		return -1;
	struct json *j = json_object();
	json_set_int(j, "num_quarantined", n);
	return task_json(t, j, err);
}

static int
add_reference(void *arg, const struct store_ref *r)
{
	struct decision *d = arg;
	const struct store_name name = {str_eq(r->origin, d->ours) ? NULL : r->origin, r->id};
	return add(d, &name);
}

int
media_web_quarantine_room(struct context *x, struct task *t, struct err *err)
{
	struct decision *d = decide(x, t, STORE_QUARANTINE, err);
	if (d == NULL)
		return -1;
	int rc = store_refs_room(x->mc.m.store, task_value(t, "room"), add_reference, d, err);
	return told(t, d, d->rc < 0 ? -1 : rc, err);
}

static int
add_picked(void *arg, const struct store_name *name)
{
	return add(arg, name);
}

int
media_web_quarantine_user(struct context *x, struct task *t, struct err *err)
{
	struct decision *d = decide(x, t, STORE_QUARANTINE, err);
	if (d == NULL)
		return -1;
	int rc = store_pick_user(x->mc.m.store, task_value(t, "user"), STORE_PICK_OPEN, add_picked, d, err);
	return told(t, d, d->rc < 0 ? -1 : rc, err);
}

/* ---- what was done -------------------------------------------------------------------------------------------------- */

struct changes {
	const char *ours;
	struct json *list;
	int64_t last;
	size_t seen;
};

/* A content that is blocked has no name to tell. */
static void
add_change(void *arg, const struct store_logged *row)
{
	struct changes *v = arg;
	v->last = row->stream_id;
	v->seen++;
	if (row->media_id == NULL)
		return;
	struct json *j = json_object();
	json_set_str(j, "origin", row->origin != NULL ? row->origin : v->ours);
	json_set_str(j, "media_id", row->media_id);
	json_set_bool(j, "quarantined", row->quarantined);
	json_add(v->list, j);
}

int
media_web_changes(struct context *x, struct task *t, struct err *err)
{
	struct store *s = x->mc.m.store;
	int64_t from = 0, highest = 0;
	if (web_param_int(&t->q->web, "from", &from, err) < 0 || store_changes_position(s, &highest, err) < 0)
		return -1;
	if (from > highest + START)
		return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "Query parameter from must be at most %lld",
				(long long)highest + START);
	struct changes v = {.ours = x->mc.m.server_name, .list = json_array(), .last = from > START ? from - START : 0};
	int rc = 0;
	do {
		v.seen = 0;
		rc = store_changes(s, v.last, CHANGES - json_len(v.list), add_change, &v, err);
	} while (rc == 0 && v.seen > 0 && json_len(v.list) < CHANGES);
	struct json *j = json_object();
	json_set_int(j, "next_batch", (json_len(v.list) > 0 ? v.last : highest) + START);
	json_set(j, "changes", v.list);
	if (rc == 0)
		return task_json(t, j, err);
	json_free(j);
	return -1;
}
