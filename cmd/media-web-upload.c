/* How do uploads come in by HTTP?  Their bytes go straight into the file that they become (spec E.2). */
#include <string.h>

#include "cmd/media-web.h"
#include "store/who.h"

/* ---- ids before their content ----------------------------------------------------------------------------------- */

int
media_web_create(struct context *x, struct task *t, struct err *err)
{
	const struct conf *conf = &t->c->conf;
	const struct store_limit limit = {conf->media_create_per_second, conf->media_create_burst};
	char id[STORE_ID_MAX];
	int64_t expires = 0;
	if (task_ask_rate(t, "create", &limit, err) < 0 || media_reserve(&x->mc.m, t->user, id, &expires, err) < 0)
		return -1;
	const struct store_name name = {NULL, id};
	char *uri = media_uri(&name, x->mc.m.server_name);
	struct json *j = json_object();
	json_set_str(j, "content_uri", uri);
	json_set_int(j, "unused_expires_at", expires);
	mem_free(uri);
	return task_json(t, j, err);
}

/* ---- before the first byte ---------------------------------------------------------------------------------------- */

static int
check_length(const struct task *t, struct err *err)
{
	if (t->q->web.length >= 0)
		return 0;
	return err_http(err, ERR_INPUT, 400, "M_UNKNOWN", "Request must specify a Content-Length");
}

static int
read_name(struct task *t, struct err *err)
{
	const char *name = web_param(&t->q->web, "filename");
	if (name == NULL)
		return 0;
	if (!utf8_valid(name, strlen(name)))
		return err_http(err, ERR_INPUT, 400, "M_UNKNOWN", "Invalid UTF-8 filename parameter");
	t->name = media_name(name, strlen(name));
	return 0;
}

static int
read_type(const struct task *t, const char **type, struct err *err)
{
	*type = t->q->web.type;
	if (*type == NULL || **type == '\0')
		*type = "application/octet-stream";
	if (media_type_valid(*type))
		return 0;
	return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "Content-Type is none");
}

/* The id of the path that is to be filled. */
static int
read_fill(const struct task *t, const char **id, struct err *err)
{
	struct store_name name;
	*id = NULL;
	if (task_value(t, "id") == NULL)
		return 0;
	if (task_name(t, &name, err) < 0)
		return -1;
	*id = name.id;
	return name.origin == NULL ? 0 : err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Unknown media ID");
}

/* Whose id it is comes before what is said of its content. */
static int
begin(struct task *t, struct err *err)
{
	struct media_about about = {.user = t->user, .length = t->q->web.length};
	if (read_fill(t, &about.fill, err) < 0 || (about.fill == NULL && check_length(t, err) < 0) ||
	    read_name(t, err) < 0 || read_type(t, &about.type, err) < 0)
		return -1;
	about.name = t->name;
	t->upload = media_upload_begin(&t->mine->mc.m, &about, err);
	return t->upload == NULL ? -1 : check_length(t, err);
}

static void
give_up(struct task *t, const struct err *err)
{
	struct err why = *err;
	media_upload_abort(t->upload);
	t->upload = NULL;
	task_end(t, &why);
}

static void
run_begin(struct job *job, struct context *x)
{
	struct task *t = (struct task *)job;
	if (x != NULL)
		(void)begin(t, &job->err);
}

static void
begun(struct job *job)
{
	struct task *t = (struct task *)job;
	struct err gone;
	t->busy = false;
	if (job->err.code != ERR_NONE) {
		give_up(t, &job->err);
	} else if (t->q->gone) {
		(void)err_set(&gone, ERR_INPUT, "the client went away");
		give_up(t, &gone);
	} else {
		cgi_take_body(t->q);
	}
}

/* Each has a store and some descriptors of its own for as long as its bytes take: neither all of them may be taken, nor
 * all by one user. */
enum { UPLOADS_MAX = 128, UPLOADS_OF_ONE = 16, CROWDED_MS = 1000 };

static int
check_crowd(const struct task *t, struct err *err)
{
	size_t all = 0, his = 0;
	for (const struct task *u = t->web->uploads; u != NULL; u = u->next) {
		all++;
		his += t->user != NULL && str_eq(u->user, t->user);
	}
	if (all < UPLOADS_MAX && his < UPLOADS_OF_ONE)
		return 0;
	(void)err_http(err, ERR_LIMIT, 429, "M_LIMIT_EXCEEDED", "Too many uploads at once");
	err->retry_after = CROWDED_MS;
	return -1;
}

void
media_web_upload_over(struct task *t)
{
	for (struct task **at = &t->web->uploads; *at != NULL; at = &(*at)->next)
		if (*at == t) {
			*at = t->next;
			return;
		}
}

void
media_web_upload(struct task *t)
{
	struct err err;
	if (check_crowd(t, &err) == 0)
		t->mine = pool_take(t->web->pool, &err);
	if (t->mine == NULL) {
		task_end(t, &err);
		return;
	}
	t->next = t->web->uploads;
	t->web->uploads = t;
	t->busy = true;
	t->job = (struct job){.run = run_begin, .done = begun, .with = t->mine};
	pool_submit(t->web->pool, LANE_WORK, &t->job);
}

/* ---- its bytes ------------------------------------------------------------------------------------------------------ */

void
media_web_body(struct task *t, const void *p, size_t n)
{
	struct err err;
	if (media_upload_write(t->upload, p, n, &err) < 0)
		give_up(t, &err);
}

static int
finish(struct task *t, struct context *x, struct err *err)
{
	struct media_stored stored;
	bool fill = task_value(t, "id") != NULL;
	struct media_upload *u = t->upload;
	t->upload = NULL;
	if (media_upload_end(u, &stored, err) < 0)
		return -1;
	const struct store_name name = {NULL, stored.id};
	char *uri = media_uri(&name, x->mc.m.server_name);
	struct json *j = json_object();
	if (!fill)
		json_set_str(j, "content_uri", uri);
	mem_free(uri);
	return task_json(t, j, err);
}

static void
run_end(struct job *job, struct context *x)
{
	if (x != NULL)
		(void)finish((struct task *)job, x, &job->err);
}

static void
ended(struct job *job)
{
	struct task *t = (struct task *)job;
	if (t->upload != NULL) /* it was not even tried */
		give_up(t, &job->err);
	else
		task_end(t, job->err.code == ERR_NONE ? NULL : &job->err);
}

void
media_web_ended(struct task *t, bool complete)
{
	struct err err;
	if (!complete) {
		(void)err_http(&err, ERR_INPUT, 400, "M_UNKNOWN", "The body ended before its Content-Length");
		give_up(t, &err);
		return;
	}
	t->busy = true;
	t->job = (struct job){.run = run_end, .done = ended, .with = t->mine};
	pool_submit(t->web->pool, LANE_WORK, &t->job);
}

/* What came so far is of no use. */
void
media_web_gone(struct task *t)
{
	struct err err;
	(void)err_set(&err, ERR_INPUT, "the client went away");
	if (t->upload != NULL && !t->busy)
		give_up(t, &err);
}
