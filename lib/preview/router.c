/* How do many records walk through one process per stage, and what if a process dies? */
#include "preview/router.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A record in somebody's hands.  The router's own number stands in its "id" while it travels. */
struct job {
	struct job *next;
	struct record rec;
	struct json *id; /* the caller's, given back at the end; may be NULL */
	int64_t number;
	int64_t asked;	 /* when the filter that has it got it */
	unsigned steps;	 /* walked so far */
	unsigned deaths; /* of filters at this stage that had it in hand: a suspect, to be asked alone */
};

struct queue {
	struct job *head, **tail;
	size_t n;
};

struct filter {
	pid_t pid;	 /* 0: not running */
	bool old;	 /* gets nothing more, and ends when its hand is empty */
	int in, out;	 /* our ends: to its stdin, from its stdout */
	struct buf pipe; /* bytes for its stdin */
	struct io_lines lines;
	struct queue wait;  /* to be asked */
	struct queue hand;  /* asked, not answered */
	unsigned fruitless; /* starts since the last answer */
	int64_t last;	    /* when it last answered or was started */
};

struct router {
	struct router_conf conf;
	struct filter f[STAGE_DONE];
	struct queue out; /* done, the caller not told yet */
	int64_t numbers;
	size_t busy;
};

/* ---- queues ----------------------------------------------------------------------------------- */

static void
queue_init(struct queue *q)
{
	*q = (struct queue){.tail = &q->head};
}

static void
push(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->tail = job;
	q->tail = &job->next;
	q->n++;
}

static void
push_first(struct queue *q, struct job *job)
{
	job->next = q->head;
	if (q->head == NULL)
		q->tail = &job->next;
	q->head = job;
	q->n++;
}

static struct job *
unlink_at(struct queue *q, struct job **at)
{
	struct job *job = *at;
	*at = job->next;
	if (job->next == NULL)
		q->tail = at;
	q->n--;
	return job;
}

static struct job *
pop(struct queue *q)
{
	return q->head == NULL ? NULL : unlink_at(q, &q->head);
}

static struct job *
take_number(struct queue *q, int64_t number)
{
	for (struct job **at = &q->head; *at != NULL; at = &(*at)->next)
		if ((*at)->number == number)
			return unlink_at(q, at);
	return NULL;
}

static void
job_free(struct job *job)
{
	record_clear(&job->rec);
	json_free(job->id);
	mem_free(job);
}

/* ---- starting and ending filters ------------------------------------------------------------------ */

static void
note(const struct router *r, const char *text)
{
	if (r->conf.note != NULL)
		r->conf.note(r->conf.arg, text);
}

static int
start(struct router *r, enum stage s, struct err *err)
{
	struct filter *f = &r->f[s];
	if (router_child_start(r->conf.argv[s], &f->pid, &f->in, &f->out, err) < 0)
		return -1;
	io_lines_init(&f->lines, f->out, RECORD_LINE_MAX);
	f->last = r->conf.now();
	f->fruitless++;
	return 0;
}

/* Closes our ends and waits; says how it ended. */
static void
bury(struct filter *f, enum stage s, char *how, size_t size)
{
	struct buf text;
	io_close(&f->in);
	io_close(&f->out);
	int status = router_child_end(f->pid);
	buf_init(&text, size - 1);
	if (WIFSIGNALED(status))
		(void)buf_addf(&text, "mxpreview-%s: ended by signal %d", stage_name[s], WTERMSIG(status));
	else
		(void)buf_addf(&text, "mxpreview-%s: ended with status %d", stage_name[s], WEXITSTATUS(status));
	(void)memcpy(how, text.p != NULL ? text.p : "", text.len + 1);
	buf_clear(&text);
	io_lines_clear(&f->lines);
	buf_clear(&f->pipe);
	f->pid = 0;
	f->old = false;
}

/* ---- the walk ------------------------------------------------------------------------------------ */

static void feed(struct router *r, enum stage s);

static void
route(struct router *r, struct job *job)
{
	if (r->conf.look != NULL && !record_failed(&job->rec))
		r->conf.look(r->conf.arg, &job->rec);
	enum stage s = stage_next(&job->rec);
	job->deaths = 0;
	if (s != STAGE_DONE && ++job->steps > ROUTER_STEPS_MAX) {
		struct err err;
		(void)err_set(&err, ERR_BUG, "the record is not done after %d steps", ROUTER_STEPS_MAX);
		record_fail(&job->rec, stage_name[s], &err);
		s = STAGE_DONE;
	}
	if (s == STAGE_DONE) {
		if (job->id != NULL)
			json_set(job->rec.j, "id", job->id);
		else
			json_del(job->rec.j, "id");
		job->id = NULL;
		push(&r->out, job);
		return;
	}
	push(&r->f[s].wait, job);
	feed(r, s);
}

/* A stage that could not be had: the record's end, or only the end of what that stage would have added. */
static void
give_up(struct router *r, struct job *job, enum stage s, const char *why)
{
	struct err err;
	(void)err_http(&err, ERR_SYS, 500, NULL, "%s", why);
	if (s == STAGE_FETCH || s == STAGE_OG) {
		record_fail(&job->rec, stage_name[s], &err);
	} else {
		record_warn(&job->rec, stage_name[s], NULL, NULL, &err);
		if (s == STAGE_THUMB)
			json_set(job->rec.j, "thumbs", json_array());
		else if (json_has(job->rec.j, "docs"))
			json_set(job->rec.j, "oembed", json_object());
		else
			record_want(&job->rec, "page", record_url(&job->rec));
	}
	route(r, job);
}

static void
write_job(struct router *r, enum stage s, struct job *job)
{
	struct filter *f = &r->f[s];
	json_set_int(job->rec.j, "id", job->number);
	if (f->hand.n == 0)
		f->last = r->conf.now();
	job->asked = r->conf.now();
	if (record_write(&job->rec, &f->pipe) == 0)
		push(&f->hand, job);
	else
		give_up(r, job, s, "the record is too long");
}

/* Hands a filter what waits for it.  A suspect goes in alone, so that only the guilty one suffers again. */
static void
feed(struct router *r, enum stage s)
{
	struct filter *f = &r->f[s];
	while (!f->old && f->wait.n > 0 && f->pipe.len < RECORD_LINE_MAX) {
		struct err err;
		if (f->pid == 0 && f->fruitless > ROUTER_RESTARTS_MAX) {
			give_up(r, pop(&f->wait), s, "the filter does not stay alive");
			continue;
		}
		if (f->pid == 0 && start(r, s, &err) < 0) {
			give_up(r, pop(&f->wait), s, err.text);
			continue;
		}
		if (f->hand.n > 0 && (f->hand.head->deaths > 0 || f->wait.head->deaths > 0))
			return;
		write_job(r, s, pop(&f->wait));
	}
}

/* Not while it is listened to: what it said last is still in its lines. */
static void
retire(struct router *r, enum stage s)
{
	struct filter *f = &r->f[s];
	char how[128];
	if (!f->old || f->hand.n > 0)
		return;
	bury(f, s, how, sizeof how);
	f->fruitless = 0;
}

/* The record says that a filter died over it, even if the next one answers. */
static void
tell_death(struct job *job, enum stage s, const char *why)
{
	struct err err;
	(void)err_http(&err, ERR_SYS, 500, NULL, "%s; asked again", why);
	record_warn(&job->rec, stage_name[s], NULL, NULL, &err);
}

/* The filter is gone.  fetch works on all it has in hand, the others on the first. */
static void
died(struct router *r, enum stage s, const char *why)
{
	struct filter *f = &r->f[s];
	struct queue again;
	char how[128];
	bool first = true;
	queue_init(&again);
	bury(f, s, how, sizeof how);
	note(r, why != NULL ? why : how);
	for (struct job *job; (job = pop(&f->hand)) != NULL; first = false) {
		if (first || s == STAGE_FETCH)
			job->deaths++;
		if (job->deaths > 1) {
			f->fruitless = 0; /* the record was to blame: it was alone with the filter twice */
			give_up(r, job, s, why != NULL ? why : how);
		} else {
			if (job->deaths > 0)
				tell_death(job, s, why != NULL ? why : how);
			push(&again, job);
		}
	}
	for (struct job *job; (job = pop(&f->wait)) != NULL;)
		push(&again, job);
	f->wait = again;
	if (f->wait.head == NULL)
		queue_init(&f->wait);
	feed(r, s);
}

/* How long a filter had it, waiting in its pipe included. */
static void
trace(const struct router *r, const struct job *job, enum stage s, struct record *rec)
{
	struct json *list = json_get(job->rec.j, "trace"), *one = json_object();
	if (list == NULL)
		list = json_array();
	json_set_str(one, "stage", stage_name[s]);
	json_set_int(one, "ms", r->conf.now() - job->asked);
	json_add(list, one);
	json_set(rec->j, "trace", list);
}

/* One line from a filter: the record as it is now.  False if it is nonsense. */
static bool
answered(struct router *r, enum stage s, const char *line, size_t len)
{
	struct filter *f = &r->f[s];
	struct record rec;
	struct err err;
	int64_t number = -1;
	int rc = record_read(&rec, line, len, &err);
	struct job *job = json_int(rec.j, "id", &number) ? take_number(&f->hand, number) : NULL;
	if (job == NULL || rc < 0) {
		record_clear(&rec);
		if (job != NULL)
			push_first(&f->hand, job);
		return false;
	}
	f->fruitless = 0;
	f->last = r->conf.now();
	router_believe(&rec, &job->rec, s);
	if (r->conf.trace)
		trace(r, job, s, &rec);
	record_clear(&job->rec);
	job->rec = rec;
	route(r, job);
	return true;
}

/* ---- moving bytes ------------------------------------------------------------------------------------ */

/* Everything the filter has said by now; false if it is gone, or talks nonsense and must go. */
static bool
hear(struct router *r, enum stage s)
{
	struct filter *f = &r->f[s];
	struct err err;
	for (;;) {
		char *line = NULL;
		size_t len = 0;
		int kind = io_lines_next(&f->lines, &line, &len, &err);
		if (kind == IO_LINE_AGAIN)
			return true;
		if (kind <= IO_LINE_EOF)
			return false;
		if (kind != IO_LINE_OK || !answered(r, s, line, len)) {
			(void)kill(f->pid, SIGKILL);
			return false;
		}
	}
}

/* What waits in its pipe; an error shows as the end of its stdout. */
static void
talk(struct filter *f)
{
	ssize_t n = write(f->in, f->pipe.p, f->pipe.len);
	if (n > 0)
		buf_drop(&f->pipe, (size_t)n);
	else if (n < 0 && errno == EPIPE)
		buf_reset(&f->pipe);
}

static size_t
watch(const struct router *r, struct pollfd *pfd, enum stage *who)
{
	size_t n = 0;
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		const struct filter *f = &r->f[s];
		if (f->pid == 0)
			continue;
		who[n] = s;
		pfd[n++] = (struct pollfd){.fd = f->out, .events = POLLIN};
		if (f->pipe.len > 0) {
			who[n] = s;
			pfd[n++] = (struct pollfd){.fd = f->in, .events = POLLOUT};
		}
	}
	return n;
}

/* Until the first filter in charge of something runs out of patience. */
static int
shorten(const struct router *r, int timeout)
{
	int64_t now = r->conf.now();
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		const struct filter *f = &r->f[s];
		int64_t left = f->last + r->conf.patience[s] - now;
		if (f->pid != 0 && f->hand.n > 0 && (timeout < 0 || left < timeout))
			timeout = left < 0 ? 0 : (int)left;
	}
	return timeout;
}

static void
end_silent(struct router *r)
{
	int64_t now = r->conf.now();
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		struct filter *f = &r->f[s];
		if (f->pid == 0 || f->hand.n == 0 || now - f->last < r->conf.patience[s])
			continue;
		char *why = mem_printf("mxpreview-%s: no answer in time", stage_name[s]);
		(void)kill(f->pid, SIGKILL);
		died(r, s, why);
		mem_free(why);
	}
}

static void
tell(struct router *r)
{
	for (struct job *job; (job = pop(&r->out)) != NULL;) {
		struct record rec = job->rec;
		job->rec.j = NULL;
		job_free(job);
		r->busy--;
		r->conf.done(r->conf.arg, &rec);
	}
}

int
router_step(struct router *r, struct pollfd *extra, int timeout, struct err *err)
{
	struct pollfd pfd[2 * STAGE_DONE + 1];
	enum stage who[2 * STAGE_DONE + 1];
	for (enum stage s = 0; s < STAGE_DONE; s++)
		if (r->f[s].pipe.len > 0)
			talk(&r->f[s]);
	size_t n = watch(r, pfd, who);
	if (extra != NULL)
		pfd[n] = *extra;
	int ready = poll(pfd, n + (extra != NULL), r->out.n > 0 ? 0 : shorten(r, timeout));
	if (ready < 0 && errno != EINTR)
		return err_sys(err, "poll");
	if (extra != NULL)
		extra->revents = ready > 0 ? pfd[n].revents : 0;
	for (size_t i = 0; ready > 0 && i < n; i++) {
		struct filter *f = &r->f[who[i]];
		if (pfd[i].revents == 0 || f->pid == 0)
			continue;
		if (pfd[i].fd == f->in)
			talk(f);
		else if (pfd[i].fd == f->out && !hear(r, who[i]))
			died(r, who[i], NULL);
	}
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		retire(r, s);
		feed(r, s);
	}
	end_silent(r);
	tell(r);
	return 0;
}

/* ---- life --------------------------------------------------------------------------------------------- */

struct router *
router_new(const struct router_conf *conf)
{
	struct router *r = mem_alloc(sizeof *r);
	r->conf = *conf;
	queue_init(&r->out);
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		struct filter *f = &r->f[s];
		f->in = f->out = -1;
		buf_init(&f->pipe, 4 * RECORD_LINE_MAX);
		queue_init(&f->wait);
		queue_init(&f->hand);
	}
	return r;
}

void
router_renew(struct router *r, const int64_t patience[STAGE_DONE])
{
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		r->conf.patience[s] = patience[s];
		r->f[s].old = r->f[s].pid != 0;
		retire(r, s);
	}
}

void
router_submit(struct router *r, struct record *take)
{
	struct job *job = mem_alloc(sizeof *job);
	job->rec = *take;
	take->j = NULL;
	job->id = json_get(job->rec.j, "id");
	job->number = ++r->numbers;
	r->busy++;
	route(r, job);
}

size_t
router_busy(const struct router *r)
{
	return r->busy;
}

int
router_pids(const struct router *r, pid_t pid[STAGE_DONE])
{
	int running = 0;
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		pid[s] = r->f[s].pid;
		running += pid[s] != 0;
	}
	return running;
}

static void
drop(struct queue *q)
{
	for (struct job *job; (job = pop(q)) != NULL;)
		job_free(job);
}

void
router_free(struct router *r, bool now)
{
	if (r == NULL)
		return;
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		io_close(&r->f[s].in);
		if (now && r->f[s].pid != 0)
			(void)kill(r->f[s].pid, SIGTERM);
	}
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		char how[128];
		if (r->f[s].pid != 0)
			bury(&r->f[s], s, how, sizeof how);
		drop(&r->f[s].wait);
		drop(&r->f[s].hand);
		buf_clear(&r->f[s].pipe);
	}
	drop(&r->out);
	mem_free(r);
}
