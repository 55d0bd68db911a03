/* What is deleted by those who keep the house, and what are they told of it?  Spec F.6, and the calls F8 to F10 and F12. */
#include <string.h>

#include "cmd/media-web.h"
#include "media/stat.h"
#include "store/expire.h"

struct deletion {
	struct store_expiry e;
	struct buf list; /* "id","id",… */
	int lock;
};

/* Ids of ours; a list that is longer than an answer may be is counted all the same. */
static void
told(void *arg, const struct store_gone *g)
{
	struct deletion *d = arg;
	if (g->m != NULL)
		media_web_add(&d->list, g->m->media_id);
}

/* For how long after its last use a preview may still name a medium. */
static int64_t
reach(const struct conf *c)
{
	int64_t a = c->stale_while_revalidate, b = c->stale_if_error;
	return c->max_ttl + (a > b ? a : b);
}

static int
begin(struct deletion *d, struct context *x, const struct task *t, struct err *err)
{
	int64_t now = cmd_now();
	*d = (struct deletion){.lock = -1,
			       .e = {.store = x->mc.m.store,
				     .blobs = x->mc.m.blobs,
				     .now = now,
				     .verb = "delete",
				     .by = media_web_by(t),
				     .told = told,
				     .arg = d,
				     .fresh_ts = now - reach(&t->c->conf)}};
	buf_init(&d->list, TASK_TEXT_MAX);
	return store_expire_lock(x->mc.m.blobs, true, &d->lock, err);
}

/* What was deleted is told, also when the rest could not be. */
static int
end(struct deletion *d, const struct task *t, int rc, struct err *err)
{
	struct err why;
	if (store_expire_along(&d->e, &why) < 0)
		cmd_warn(&t->web->c, "%s", why.text);
	if (d->e.file.code != ERR_NONE)
		cmd_warn(&t->web->c, "%s", d->e.file.text);
	if (store_reserve_make(d->e.blobs, &why) < 0)
		cmd_warn(&t->web->c, "%s", why.text);
	store_sweep_unlock(&d->lock);
	if (rc < 0 && d->list.len > 0)
		(void)err_add(err, "not all of it was deleted");
	return rc;
}

static int
tell(struct deletion *d, struct task *t, struct err *err)
{
	static const enum store_gone_kind of_list[] = {STORE_GONE_LOCAL, STORE_GONE_FETCHED, STORE_GONE_RESERVED};
	struct buf text;
	int64_t total = 0;
	for (size_t i = 0; i < sizeof of_list / sizeof of_list[0]; i++)
		total += d->e.n[of_list[i]];
	buf_init(&text, TASK_TEXT_MAX);
	(void)buf_adds(&text, "{\"deleted_media\":[");
	if (d->list.len > 0)
		(void)buf_add(&text, d->list.p, d->list.len);
	(void)buf_addf(&text, "],\"total\":%lld}", (long long)total);
	return task_text(t, &text, err);
}

/* ---- one ---------------------------------------------------------------------------------------------------------- */

static int
not_ours(struct err *err)
{
	return err_http(err, ERR_INPUT, 400, "M_UNKNOWN", "Can only delete local media");
}

int
media_web_delete(struct context *x, struct task *t, struct err *err)
{
	struct deletion d;
	const struct store_name name = {NULL, task_value(t, "id")};
	bool found = false;
	if (!str_eq(task_value(t, "server"), x->mc.m.server_name))
		return not_ours(err);
	int rc = begin(&d, x, t, err);
	rc = rc == 0 ? store_expire_names(&d.e, &name, 1, &found, err) : rc;
	rc = end(&d, t, rc, err);
	if (rc == 0 && !found)
		rc = err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Unknown media");
	rc = rc == 0 ? tell(&d, t, err) : rc;
	buf_clear(&d.list);
	return rc;
}

/* ---- by age and size -------------------------------------------------------------------------------------------------- */

static int
read_before(const struct task *t, int64_t *before, struct err *err)
{
	if (web_param_int_must(&t->q->web, "before_ts", before, err) < 0)
		return -1;
	if (*before >= STORE_BEFORE_MIN)
		return 0;
	return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM",
			"Query parameter before_ts you provided is from the year 1970. Double check that you are "
			"providing a timestamp in milliseconds.");
}

int
media_web_delete_due(struct context *x, struct task *t, struct err *err)
{
	const char *server = task_value(t, "server");
	struct store_due due = {0};
	struct deletion d;
	bool keep = true;
	if (read_before(t, &due.before, err) < 0 || web_param_int(&t->q->web, "size_gt", &due.size, err) < 0 ||
	    web_param_bool(&t->q->web, "keep_profiles", &keep, err) < 0)
		return -1;
	if (server != NULL && !str_eq(server, x->mc.m.server_name))
		return not_ours(err);
	due.server_name = keep ? x->mc.m.server_name : NULL;
	int rc = begin(&d, x, t, err);
	rc = rc == 0 ? store_access_flush(x->mc.m.store, x->mc.m.blobs, d.e.now, err) : rc;
	rc = rc == 0 ? store_expire_local(&d.e, &due, err) : rc;
	rc = end(&d, t, rc, err);
	rc = rc == 0 ? tell(&d, t, err) : rc;
	buf_clear(&d.list);
	return rc;
}

int
media_web_purge(struct context *x, struct task *t, struct err *err)
{
	struct deletion d;
	int64_t before = 0;
	if (read_before(t, &before, err) < 0)
		return -1;
	int rc = begin(&d, x, t, err);
	d.e.told = NULL;
	rc = rc == 0 ? store_access_flush(x->mc.m.store, x->mc.m.blobs, d.e.now, err) : rc;
	rc = rc == 0 ? store_expire_remote(&d.e, before, err) : rc;
	rc = end(&d, t, rc, err);
	buf_clear(&d.list);
	if (rc < 0)
		return -1;
	struct json *j = json_object();
	json_set_int(j, "deleted", d.e.n[STORE_GONE_REMOTE]);
	return task_json(t, j, err);
}

/* ---- of a user ---------------------------------------------------------------------------------------------------------- */

static int
delete_page(struct deletion *d, const struct store_user_page *page, struct err *err)
{
	size_t room = page->limit > 0 ? (size_t)page->limit : 1, n = 0;
	char **id = mem_array(room, sizeof *id);
	struct store_name *name = mem_array(room, sizeof *name);
	bool *found = mem_array(room, sizeof *found);
	int rc = store_expire_user(d->e.store, page, id, &n, err);
	for (size_t i = 0; i < n; i++)
		name[i] = (struct store_name){.id = id[i]};
	if (rc == 0 && n > 0)
		rc = store_expire_names(&d->e, name, n, found, err);
	for (size_t i = 0; i < n; i++)
		mem_free(id[i]);
	mem_free(id);
	mem_free(name);
	mem_free(found);
	return rc;
}

int
media_web_delete_user(struct context *x, struct task *t, struct err *err)
{
	struct media_list q;
	struct deletion d;
	if (media_web_read_list(x, t, &q, err) < 0)
		return -1;
	const struct store_user_page page = media_list_page(&q);
	int rc = begin(&d, x, t, err);
	rc = rc == 0 ? delete_page(&d, &page, err) : rc;
	rc = end(&d, t, rc, err);
	rc = rc == 0 ? tell(&d, t, err) : rc;
	buf_clear(&d.list);
	return rc;
}
