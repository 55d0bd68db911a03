/* Which media has a room, or a user, and who has most?  Spec F.3, F.7 and F.9. */
#include <string.h>

#include "cmd/media-web.h"
#include "media/stat.h"
#include "store/refs.h"

void
media_web_add(struct buf *list, const char *s)
{
	struct json *j = json_array();
	struct buf text;
	buf_init(&text, list->max);
	json_add_str(j, s);
	if (json_write(j, 0, &text) == 0) {
		if (list->len > 0)
			(void)buf_addc(list, ',');
		(void)buf_add(list, text.p + 1, text.len - 2); /* the element, out of its array */
	}
	buf_clear(&text);
	json_free(j);
}

/* ---- of a room ---------------------------------------------------------------------------------------------------- */

struct room {
	const char *ours;
	struct buf local, remote;
};

static int
add(void *arg, const struct store_ref *r)
{
	struct room *v = arg;
	bool ours = str_eq(r->origin, v->ours);
	const struct store_name name = {ours ? NULL : r->origin, r->id};
	char *uri = media_uri(&name, v->ours);
	media_web_add(ours ? &v->local : &v->remote, uri);
	mem_free(uri);
	return 0;
}

int
media_web_room(struct context *x, struct task *t, struct err *err)
{
	struct room v = {.ours = x->mc.m.server_name};
	struct buf text;
	buf_init(&v.local, TASK_TEXT_MAX);
	buf_init(&v.remote, TASK_TEXT_MAX);
	buf_init(&text, TASK_TEXT_MAX);
	int rc = store_refs_room(x->mc.m.store, task_value(t, "room"), add, &v, err);
	(void)buf_adds(&text, "{\"local\":[");
	(void)buf_add(&text, v.local.p, v.local.len);
	(void)buf_adds(&text, "],\"remote\":[");
	(void)buf_add(&text, v.remote.p, v.remote.len);
	(void)buf_adds(&text, "]}");
	text.full = text.full || v.local.full || v.remote.full;
	buf_clear(&v.local);
	buf_clear(&v.remote);
	if (rc == 0)
		return task_text(t, &text, err);
	buf_clear(&text);
	return -1;
}

/* ---- of a user -------------------------------------------------------------------------------------------------------- */

/* Who has no media is not known to be nobody: users are the homeserver's business. */
static int
check_user(const struct context *x, const char *user, struct err *err)
{
	if (!matrix_user_valid(user))
		return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "That is no user id");
	if (!str_eq(matrix_user_server(user), x->mc.m.server_name))
		return err_http(err, ERR_INPUT, 400, "M_UNKNOWN", "Can only look up local users");
	return 0;
}

int
media_web_read_list(struct context *x, const struct task *t, struct media_list *q, struct err *err)
{
	static const char *const keys[] = {"order_by", "dir", "from", "limit"};
	const char *user = task_value(t, "user");
	if (check_user(x, user, err) < 0)
		return -1;
	media_list_init(q, user);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const char *value = web_param(&t->q->web, keys[i]);
		if (value != NULL && media_list_set(q, keys[i], value, err) < 0)
			return -1;
	}
	return 0;
}

int
media_web_list(struct context *x, struct task *t, struct err *err)
{
	struct media_list q;
	if (media_web_read_list(x, t, &q, err) < 0)
		return -1;
	struct json *j = media_list_answer(x->mc.m.store, &q, err);
	return j != NULL ? task_json(t, j, err) : -1;
}

int
media_web_users(struct context *x, struct task *t, struct err *err)
{
	struct media_users q;
	media_users_init(&q);
	for (size_t i = 0; i < t->q->web.params; i++) {
		const struct web_param *p = &t->q->web.param[i];
		if (web_param(&t->q->web, p->name) == p->value && /* the first of that name */
		    media_users_set(&q, p->name, p->value, err) < 0)
			return -1;
	}
	struct json *j = media_users_answer(x->mc.m.store, &q, err);
	return j != NULL ? task_json(t, j, err) : -1;
}
