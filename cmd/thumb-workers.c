/* How does a picture that brings its decoder down take nothing else along?  Each is made small in a process of a few,
 * which may die alone; this one only hands out lines, holds the clock, and never looks into a picture. */
#include "cmd/thumb.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/sandbox.h"
#include "preview/stages.h"

#define LINE_MAX_BYTES (RECORD_LINE_MAX + 1)
enum { ROUND_UP_MS = 5 }; /* asked again so much after the limit, at the earliest */

struct worker {
	pid_t pid;
	int fd; /* both ways; -1: not started */
	struct io_lines in;
	char *line; /* the record it has, NULL when it waits for one */
	size_t len;
	int64_t cpu; /* ms it had used before */
	bool late;   /* killed for its time */
};

struct crew {
	struct thumb *t;
	int (*work)(struct thumb *t);
	size_t n;
	struct worker worker[THUMB_JOBS_MAX];
	struct io_lines in;
	bool over;  /* no more input */
	int status; /* the exit status so far */
};

/* ---- one worker ------------------------------------------------------------------------------------- */

/* The new process: only its own end of its own pair is left to it, and it does not outlive who holds its clock. */
__attribute__((noreturn)) static void
begin(struct crew *c, int fd, pid_t parent)
{
	for (size_t i = 0; i < c->n; i++)
		io_close(&c->worker[i].fd);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	if (sandbox_end_with(parent) < 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(EXIT_AGAIN);
	io_close(&fd);
	_exit(cmd_leave(&c->t->c, c->work(c->t)));
}

static int
start(struct crew *c, struct worker *w, struct err *err)
{
	int pair[2];
	if (cmd_flush(&c->t->c) < 0) /* or the new process would write it once more */
		return err_set(err, ERR_SYS, "standard output");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "socketpair");
	pid_t parent = getpid(), pid = fork();
	if (pid < 0) {
		(void)err_sys(err, "fork");
		io_close(&pair[0]);
		io_close(&pair[1]);
		return -1;
	}
	if (pid == 0) {
		io_close(&pair[0]);
		begin(c, pair[1], parent);
	}
	io_close(&pair[1]);
	*w = (struct worker){.pid = pid, .fd = pair[0]};
	io_lines_init(&w->in, w->fd, LINE_MAX_BYTES);
	return 0;
}

/* Its exit status as waitpid tells it. */
static int
bury(struct worker *w)
{
	int status = 0;
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	io_lines_clear(&w->in);
	io_close(&w->fd);
	return status;
}

/* CPU time of a process, in ms; 0 when it cannot be told. */
static int64_t
cpu_of(pid_t pid)
{
	clockid_t clock;
	struct timespec ts;
	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &ts) < 0)
		return 0;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- records in ------------------------------------------------------------------------------------- */

static struct worker *
idle(struct crew *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->worker[i].fd < 0 || c->worker[i].line == NULL)
			return &c->worker[i];
	return NULL;
}

static void
worst(struct crew *c, int status)
{
	if (c->status != EXIT_REFUSED && status != 0)
		c->status = status;
}

static int
give(struct crew *c, struct worker *w, const char *line, size_t len, struct err *err)
{
	struct err gone;
	if (w->fd < 0 && start(c, w, err) < 0)
		return -1;
	w->line = mem_strndup(line, len);
	w->len = len;
	w->cpu = cpu_of(w->pid);
	if (io_write(w->fd, line, len, &gone) == 0)
		(void)io_write(w->fd, "\n", 1, &gone);
	return 0; /* one that died meanwhile is found when its answer is read */
}

/* What is longer than a record may be is answered as every filter does. */
static void
refuse_long(struct crew *c)
{
	struct record rec;
	struct err err;
	(void)err_http(&err, ERR_LIMIT, 400, "M_TOO_LARGE", "line is longer than %zu bytes", RECORD_LINE_MAX);
	record_from_url(&rec, "");
	record_fail(&rec, "record", &err);
	(void)cmd_out_record(&c->t->c, &rec);
	record_clear(&rec);
	worst(c, err_exit(&err));
}

/* Lines that are there, as long as somebody has no work. */
static int
take(struct crew *c, struct err *err)
{
	struct worker *w;
	char *line = NULL;
	size_t len = 0;
	while (!c->over && (w = idle(c)) != NULL && io_lines_waiting(&c->in)) {
		int kind = io_lines_next(&c->in, &line, &len, err);
		if (kind < 0)
			return err_add(err, "standard input");
		c->over = kind == IO_LINE_EOF;
		if (kind == IO_LINE_LONG)
			refuse_long(c);
		else if (kind == IO_LINE_OK && !cmd_blank(line, len) && give(c, w, line, len, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- answers out ------------------------------------------------------------------------------------- */

/* The record that was in the hands of one that died: it goes on without thumbnails. */
static void
answer_for(struct crew *c, struct worker *w, int status)
{
	struct record rec;
	struct err err;
	if (w->late)
		(void)err_set(&err, ERR_LIMIT, "the picture took more than %lld ms of processor time",
			      (long long)c->t->c.conf.max_image_cpu);
	else
		(void)err_set(&err, ERR_LIMIT, "the picture ended the process that read it (signal %d)",
			      WTERMSIG(status));
	if (record_read(&rec, w->line, w->len, NULL) == 0)
		stage_thumb_lost(&rec, &err);
	cmd_note(&c->t->c, "%s: %s", record_url(&rec), err.text);
	(void)cmd_out_record(&c->t->c, &rec);
	record_clear(&rec);
}

static void
done(struct worker *w)
{
	mem_free(w->line);
	w->line = NULL;
}

/* One that ends by itself, with a record in its hands, could not begin: so will the next. */
static int
died(struct crew *c, struct worker *w, struct err *err)
{
	int status = bury(w);
	if (WIFSIGNALED(status))
		answer_for(c, w, status);
	done(w);
	if (WIFSIGNALED(status))
		return 0;
	worst(c, WEXITSTATUS(status));
	return err_set(err, ERR_SYS, "a worker ended by itself");
}

static int
receive(struct crew *c, struct worker *w, struct err *err)
{
	char *line = NULL;
	size_t len = 0;
	struct err gone;
	int kind = io_lines_next(&w->in, &line, &len, &gone);
	if (kind == IO_LINE_AGAIN)
		return 0;
	if (kind != IO_LINE_OK)
		return died(c, w, err);
	(void)cmd_out(&c->t->c, line, len);
	(void)cmd_out(&c->t->c, "\n", 1);
	done(w);
	return 0;
}

/* ms until somebody's time may be over, -1: nobody works.  Those whose time is over are killed. */
static int
watch(struct crew *c)
{
	int64_t soonest = -1;
	for (size_t i = 0; i < c->n; i++) {
		struct worker *w = &c->worker[i];
		if (w->fd < 0 || w->line == NULL)
			continue;
		int64_t left = c->t->c.conf.max_image_cpu - (cpu_of(w->pid) - w->cpu);
		if (left <= 0 && !w->late) {
			w->late = true;
			(void)kill(w->pid, SIGKILL);
		}
		left = left > 0 ? left + ROUND_UP_MS : ROUND_UP_MS;
		if (soonest < 0 || left < soonest)
			soonest = left;
	}
	return (int)soonest;
}

/* ---- the loop ------------------------------------------------------------------------------------------- */

/* Waits for whatever can go on, and takes the answers. */
static int
turn(struct crew *c, struct err *err)
{
	struct pollfd p[THUMB_JOBS_MAX + 1];
	nfds_t n = 0;
	int timeout = watch(c);
	for (size_t i = 0; i < c->n; i++)
		p[n++] = (struct pollfd){.fd = c->worker[i].line != NULL ? c->worker[i].fd : -1, .events = POLLIN};
	p[n++] = (struct pollfd){.fd = !c->over && idle(c) != NULL ? c->in.fd : -1, .events = POLLIN};
	if (poll(p, n, timeout) < 0)
		return errno == EINTR ? 0 : err_sys(err, "poll");
	for (size_t i = 0; i < c->n; i++)
		if (p[i].revents != 0 && receive(c, &c->worker[i], err) < 0)
			return -1;
	return 0;
}

static bool
busy(const struct crew *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->worker[i].line != NULL)
			return true;
	return false;
}

static int
run(struct crew *c, struct err *err)
{
	while (!cmd_stop) {
		if (take(c, err) < 0)
			return -1;
		if (c->over && !busy(c))
			return 0;
		if (!io_lines_waiting(&c->in) && cmd_flush(&c->t->c) < 0)
			return 0; /* cmd_leave tells */
		if (turn(c, err) < 0)
			return -1;
	}
	return 0;
}

/* Who is idle ends at the end of its input; who is not is not waited for. */
static void
dismiss(struct crew *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct worker *w = &c->worker[i];
		if (w->fd < 0)
			continue;
		bool working = w->line != NULL;
		if (working)
			(void)kill(w->pid, SIGKILL);
		(void)shutdown(w->fd, SHUT_WR);
		int status = bury(w);
		if (!working)
			worst(c, WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_REFUSED);
		done(w);
	}
}

int
thumb_workers(struct thumb *t, int (*work)(struct thumb *t))
{
	struct crew *c = mem_alloc(sizeof *c);
	struct err err;
	c->t = t;
	c->work = work;
	c->n = (size_t)t->jobs;
	for (size_t i = 0; i < c->n; i++)
		c->worker[i].fd = -1;
	io_lines_init(&c->in, STDIN_FILENO, RECORD_LINE_MAX);
	if (run(c, &err) < 0)
		worst(c, cmd_fail(&t->c, &err, NULL));
	dismiss(c);
	io_lines_clear(&c->in);
	int status = cmd_stop ? EXIT_REFUSED : c->status;
	mem_free(c);
	return status;
}
