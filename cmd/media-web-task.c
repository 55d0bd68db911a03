/* How does a request become an answer?  At once, or by those who may take longer, or when what it waits for is there. */
#include <string.h>
#include <sys/mman.h>

#include "cmd/media-web.h"
#include "store/who.h"

enum { LOOK_AGAIN = 200 /* ms, for an upload that was announced */ };

/* ---- what it asks, and what it is told --------------------------------------------------------------------------------------------------------- */

const char *
task_value(const struct task *t, const char *name)
{
	return web_match_value(&t->q->match, name);
}

int
task_name(const struct task *t, struct store_name *name, struct err *err)
{
	const char *server = task_value(t, "server"), *id = task_value(t, "id");
	if (!matrix_server_valid(server))
		return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "No server can have that name");
	*name = (struct store_name){str_eq(server, t->c->conf.server_name) ? NULL : server, id};
	if (!matrix_media_id_valid(id) || (name->origin == NULL && !store_id_valid(id)))
		return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Not found");
	return 0;
}

/* What is longer than an answer in memory is sent as a file is. */
static int
as_file(struct web_answer *a, const struct buf *text, struct err *err)
{
	a->fd = memfd_create("answer", MFD_CLOEXEC);
	if (a->fd < 0)
		return err_sys(err, "memory for an answer");
	a->length = (int64_t)text->len;
	return io_write(a->fd, text->p, text->len, err);
}

int
task_text(struct task *t, struct buf *take, struct err *err)
{
	int rc = 0;
	web_answer_init(&t->answer, 200);
	t->answered = true;
	web_json_headers(&t->answer);
	if (take->full)
		rc = err_http(err, ERR_LIMIT, 500, "M_TOO_LARGE", "The answer is longer than %zu bytes", take->max);
	else if (take->len > WEB_BODY_MAX)
		rc = as_file(&t->answer, take, err);
	else
		(void)buf_add(&t->answer.body, take->p, take->len);
	buf_clear(take);
	return rc;
}

int
task_json(struct task *t, struct json *take, struct err *err)
{
	struct buf text;
	buf_init(&text, TASK_TEXT_MAX);
	if (json_write(take, t->c->conf.compat_synapse ? JSON_ASCII : 0, &text) < 0)
		text.full = true;
	json_free(take);
	return task_text(t, &text, err);
}

int
task_ask_rate(const struct task *t, const char *what, const struct store_limit *limit, struct err *err)
{
	if (t->rates == NULL || t->user == NULL)
		return 0;
	char *name = mem_printf("%s %s", what, t->user);
	int64_t early = store_rates_ask(t->rates, name, limit, cmd_now());
	mem_free(name);
	if (early <= 0)
		return 0;
	(void)err_http(err, ERR_LIMIT, 429, "M_LIMIT_EXCEEDED", "Too Many Requests");
	err->retry_after = early;
	return -1;
}

/* What is our trouble is told to who keeps the house. */
static void
set_error(struct task *t, const struct err *err)
{
	struct err told = *err;
	if (t->answered)
		web_answer_clear(&t->answer);
	if (err->code == ERR_SYS || err->code == ERR_BUG) {
		cmd_warn(&t->web->c, "%s", err->text);
		(void)err_http(&told, err->code, 500, "M_UNKNOWN", "Internal server error");
	}
	web_error(&t->answer, &told);
}

void
task_end(struct task *t, const struct err *err)
{
	if (err != NULL)
		set_error(t, err);
	cgi_answer(t->q, &t->answer);
	media_web_upload_over(t);
	media_upload_abort(t->upload);
	pool_give(t->web->pool, t->mine);
	mem_free(t->name);
	mem_free(t->user);
	mem_free(t);
}

/* ---- by whom --------------------------------------------------------------------------------------------------------- */

static void try_now(struct task *t);

static void
run(struct job *job, struct context *x)
{
	struct task *t = (struct task *)job;
	if (x != NULL && t->handler->f(x, t, &job->err) == 0)
		err_clear(&job->err);
}

static void
done(struct job *job)
{
	struct task *t = (struct task *)job;
	task_end(t, job->err.code == ERR_NONE ? NULL : &job->err);
}

static void
run_fetch(struct job *job, struct context *x)
{
	struct task *t = (struct task *)job;
	if (x == NULL)
		return;
	x->address = t->q->web.address;
	if (media_web_fetch(x, t, &job->err) == 0)
		err_clear(&job->err);
	x->address = NULL;
}

static void
fetched(struct job *job)
{
	struct task *t = (struct task *)job;
	if (job->err.code != ERR_NONE)
		task_end(t, &job->err);
	else
		try_now(t);
}

static void
submit(struct task *t, enum lane lane, void (*f)(struct job *, struct context *), void (*then)(struct job *))
{
	t->at_once = false;
	t->job = (struct job){.run = f, .done = then};
	pool_submit(t->web->pool, lane, &t->job);
}

static void
wait_for_upload(struct task *t)
{
	struct web *w = t->web;
	t->next_look = cmd_clock() + LOOK_AGAIN;
	t->next = w->waits;
	w->waits = t;
}

static void
try_now(struct task *t)
{
	struct web *w = t->web;
	struct err err;
	t->at_once = w->resident;
	w->own.address = t->q->web.address;
	t->later = MEDIA_NOW;
	int rc = t->handler->f(&w->own, t, &err);
	if (rc == 0)
		task_end(t, NULL);
	else if (t->later == MEDIA_MAKE)
		submit(t, LANE_WORK, run, done);
	else if (t->later == MEDIA_FETCH && !t->fetched)
		submit(t, LANE_FETCH, run_fetch, fetched);
	else if (t->at_once && str_eq(err.errcode, "M_NOT_YET_UPLOADED") && cmd_clock() < t->until && !cmd_stop)
		wait_for_upload(t);
	else
		task_end(t, &err);
}

void
task_go(struct task *t)
{
	switch (t->handler->manner) {
	case BY_LOOP:
		try_now(t);
		return;
	case BY_WORK:
		submit(t, LANE_WORK, run, done);
		return;
	case BY_ADMIN:
		submit(t, LANE_DECIDE, run, done);
		return;
	case BY_BODY:
		media_web_upload(t);
		return;
	}
}

/* ---- who waits */

int
task_patience(const struct web *w, int timeout)
{
	int64_t now = cmd_clock(), ms = timeout < 0 ? INT64_MAX : timeout;
	for (const struct task *t = w->waits; t != NULL; t = t->next)
		ms = t->next_look - now < ms ? t->next_look - now : ms;
	return ms == INT64_MAX ? -1 : ms < 0 ? 0 : (int)ms;
}

/* Those whose turn it is leave the list; who waits on comes back. */
void
task_look_again(struct web *w)
{
	int64_t now = cmd_clock();
	struct task *due = NULL;
	for (struct task **at = &w->waits; *at != NULL;) {
		struct task *t = *at;
		if (t->next_look > now && !t->q->gone && !cmd_stop) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		t->next = due;
		due = t;
	}
	while (due != NULL) {
		struct task *t = due;
		due = t->next;
		t->until = t->q->gone ? now : t->until;
		try_now(t);
	}
}
