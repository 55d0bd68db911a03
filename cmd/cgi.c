/* How does a request become an answer, whoever carries it?  And by CGI: one, through environment, stdin and stdout. */
#include "cmd/cgi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/cgi-int.h"

enum { PIECE = 65536, TICK = 1000, IDLE = 5000, DRAIN_IDLE = 5000 };
#define DRAIN_MAX ((int64_t)64 << 20)

/* ---- requests --------------------------------------------------------------------------------- */

struct ask *
cgi_ask_new(struct cgi *g)
{
	struct ask *a = mem_alloc(sizeof *a);
	a->q.cgi = g;
	a->answer.fd = -1;
	buf_init(&a->said, WEB_FCGI_VARIABLES_MAX);
	g->n_asks++;
	return a;
}

void
cgi_ask_free(struct ask *a)
{
	a->q.cgi->n_asks--;
	web_request_clear(&a->q.web);
	web_fcgi_variables_clear(&a->variables);
	web_answer_clear(&a->answer);
	buf_clear(&a->said);
	mem_free(a);
}

static void
answer_error(struct ask *a, const struct err *err)
{
	struct web_answer answer;
	web_error(&answer, err);
	if (err_status(err) == 405)
		web_header(&answer, "Allow", "%s%s%s%s%s", (a->q.match.methods & WEB_GET) != 0 ? "GET, HEAD, " : "",
			   (a->q.match.methods & WEB_POST) != 0 ? "POST, " : "",
			   (a->q.match.methods & WEB_PUT) != 0 ? "PUT, " : "",
			   (a->q.match.methods & WEB_DELETE) != 0 ? "DELETE, " : "", "OPTIONS");
	cgi_answer(&a->q, &answer);
}

void
cgi_answer_error(struct cgi_request *q, const struct err *err)
{
	struct web_answer answer;
	web_error(&answer, err);
	cgi_answer(q, &answer);
}

/* OPTIONS runs nothing, whatever it asks about: a browser asks before it may send a token. */
void
cgi_begin(struct ask *a, web_variable *get, void *arg)
{
	struct cgi *g = a->q.cgi;
	struct err err;
	struct web_answer preflight;
	int rc = web_request_read(&a->q.web, get, arg, g->conf.trust, &err);
	a->begun = a->asked = true;
	g->in_hand++;
	if (a->q.web.method == WEB_OPTIONS) {
		web_preflight(&preflight);
		cgi_answer(&a->q, &preflight);
	} else if (rc < 0 || web_route(g->conf.routes, &a->q.web, &a->q.match, &err) < 0) {
		answer_error(a, &err);
	} else {
		g->conf.asked(g->conf.arg, &a->q);
	}
}

void
cgi_body(struct ask *a, const void *p, size_t n)
{
	const struct cgi_conf *conf = &a->q.cgi->conf;
	a->body += (int64_t)n;
	if (a->taken && conf->body != NULL)
		conf->body(conf->arg, &a->q, p, n);
}

void
cgi_body_end(struct ask *a)
{
	const struct cgi_conf *conf = &a->q.cgi->conf;
	a->all = true;
	if (!a->taken || a->ended)
		return;
	a->ended = true;
	if (conf->ended != NULL)
		conf->ended(conf->arg, &a->q, a->q.web.length < 0 || a->body == a->q.web.length);
}

void
cgi_take_body(struct cgi_request *q)
{
	struct ask *a = (struct ask *)q;
	a->taken = true;
	cgi_wake(q->cgi);
	if (a->all)
		cgi_body_end(a);
	else if (a->on != NULL)
		cgi_fast_resume(a->on);
}

void
cgi_gone(struct ask *a)
{
	const struct cgi_conf *conf = &a->q.cgi->conf;
	a->on = NULL;
	a->q.gone = true;
	if (conf->gone != NULL)
		conf->gone(conf->arg, &a->q);
}

/* ---- answers ---------------------------------------------------------------------------------- */

static int
write_file(const struct web_answer *a, struct err *err)
{
	char *piece = mem_alloc(PIECE);
	int64_t sent = 0;
	int rc = 0;
	while (rc == 0 && sent < a->length) {
		size_t want = a->length - sent < PIECE ? (size_t)(a->length - sent) : PIECE;
		ssize_t n = pread(a->fd, piece, want, (off_t)(a->offset + sent));
		if (n <= 0) {
			rc = n < 0 ? err_sys(err, "read") : err_set(err, ERR_SYS, "the file is shorter than it was");
			break;
		}
		rc = io_write(STDOUT_FILENO, piece, (size_t)n, err);
		sent += n;
	}
	mem_free(piece);
	return rc;
}

static void
answer_cgi(struct ask *a)
{
	struct cgi *g = a->q.cgi;
	struct err err;
	bool body = web_head(&a->answer, a->q.web.method, &g->scratch);
	if (body && a->answer.fd < 0)
		(void)buf_add(&g->scratch, a->answer.body.p, a->answer.body.len);
	g->done = true;
	g->unread = a->ended ? 0 : a->q.web.length - a->body;
	if (io_write(STDOUT_FILENO, g->scratch.p, g->scratch.len, &err) < 0 ||
	    (body && a->answer.fd >= 0 && write_file(&a->answer, &err) < 0)) {
		(void)err_add(&err, "standard output");
		cmd_warn(g->conf.c, "%s", err.text);
		g->status = EXIT_REFUSED;
	}
	cgi_ask_free(a);
}

void
cgi_answer(struct cgi_request *q, struct web_answer *take)
{
	struct ask *a = (struct ask *)q;
	q->cgi->in_hand--;
	a->answer = *take;
	a->answered = true;
	*take = (struct web_answer){.fd = -1};
	if (a->on != NULL)
		cgi_fast_answer(a);
	else if (q->gone)
		cgi_ask_free(a);
	else
		answer_cgi(a);
}

/* ---- CGI -------------------------------------------------------------------------------------- */

static const char *
environment(void *arg, const char *name)
{
	const struct cgi *g = arg;
	size_t n = strlen(name);
	for (char **p = g != NULL && g->environment != NULL ? g->environment : environ; *p != NULL; p++)
		if (strncmp(*p, name, n) == 0 && (*p)[n] == '=')
			return *p + n + 1;
	return NULL;
}

static bool
of_request(const char *variable)
{
	static const char *const begin[] = {"HTTP_",	     "REDIRECT_",  "REQUEST_",
					    "QUERY_STRING=", "PATH_INFO=", "PATH_TRANSLATED=",
					    "CONTENT_",	     "REMOTE_",	   "AUTH_TYPE="};
	for (size_t i = 0; i < sizeof begin / sizeof begin[0]; i++)
		if (str_starts(variable, begin[i]))
			return true;
	return false;
}

/* Who is started by us is not told what the client said, least of all its token. */
static void
keep_environment(struct cgi *g)
{
	size_t n = 0, kept = 0;
	while (environ[n] != NULL)
		n++;
	g->environment = mem_array(n + 1, sizeof *g->environment);
	for (size_t i = 0; i < n; i++) {
		g->environment[i] = environ[i];
		if (!of_request(environ[i]))
			environ[kept++] = environ[i];
	}
	environ[kept] = NULL;
}

const char *
cgi_variable(const struct cgi_request *q, const char *name)
{
	struct ask *a = (struct ask *)(uintptr_t)q;
	return a->variables.pair != NULL ? web_fcgi_variable(&a->variables, name) : environment(q->cgi, name);
}

void
cgi_refuse(const struct cmd *c, const struct cgi_options *o, const struct err *err)
{
	struct web_answer answer;
	struct err told;
	struct buf b;
	if (cgi_resident(o) || environment(NULL, "REQUEST_METHOD") == NULL)
		return;
	(void)err_http(&told, err->code, err->code == ERR_BUSY ? 503 : 500, "M_UNKNOWN", "Internal server error");
	web_error(&answer, &told); /* why it is, stands in the web server's log */
	buf_init(&b, WEB_HEAD_MAX + WEB_BODY_MAX);
	if (web_head(&answer, WEB_GET, &b))
		(void)buf_add(&b, answer.body.p, answer.body.len);
	(void)cmd_out(c, b.p, b.len);
	buf_clear(&b);
	web_answer_clear(&answer);
}

/* At most what the request said: behind it no end need come (RFC 3875 §4.2). */
static int
read_body(struct ask *a, char *piece, struct err *err)
{
	int64_t left = a->q.web.length < 0 ? 0 : a->q.web.length - a->body;
	ssize_t n = left > 0 ? read(STDIN_FILENO, piece, left < PIECE ? (size_t)left : PIECE) : 0;
	if (n < 0)
		return errno == EINTR ? 0 : err_sys(err, "standard input");
	if (n > 0)
		cgi_body(a, piece, (size_t)n);
	else
		cgi_body_end(a);
	return 0;
}

/* What nobody wanted is read all the same: where input and output are one socket (Apache, mod_cgid), what is left in it
 * when we go resets the connection, and the answer with it. */
static void
drain(int64_t left)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char *piece = left > 0 ? mem_alloc(PIECE) : NULL;
	while (left > 0 && !cmd_stop && poll(&in, 1, DRAIN_IDLE) > 0) {
		ssize_t n = read(STDIN_FILENO, piece, left < PIECE ? (size_t)left : PIECE);
		if (n <= 0)
			break;
		left -= n;
	}
	mem_free(piece);
}

static int
run_cgi(struct cgi *g, struct err *err)
{
	struct ask *a = cgi_ask_new(g);
	char *piece = NULL; /* most requests have no body */
	int rc = 0;
	keep_environment(g);
	cgi_begin(a, environment, g);
	while (rc == 0 && !g->done && !cmd_stop) {
		bool body = a->taken && !a->ended;
		if (body && piece == NULL)
			piece = mem_alloc(PIECE);
		rc = body ? read_body(a, piece, err) : cgi_step(g, -1, err);
	}
	mem_free(piece);
	drain(g->unread < DRAIN_MAX ? g->unread : DRAIN_MAX);
	if (!g->done && rc == 0)
		rc = err_set(err, ERR_BUSY, "stopped before there was an answer");
	return rc < 0 ? -1 : g->status;
}

/* ---- the loop --------------------------------------------------------------------------------- */

int
cgi_poll(struct pollfd *extra, int timeout, struct err *err)
{
	return poll(extra, extra != NULL, timeout) < 0 && errno != EINTR ? err_sys(err, "poll") : 0;
}

static void
tick(struct cgi *g)
{
	int64_t now = cmd_clock();
	if (now - g->ticked < TICK)
		return;
	g->ticked = now;
	if (g->conf.tick != NULL)
		g->conf.tick(g->conf.arg);
}

int
cgi_step(struct cgi *g, int timeout, struct err *err)
{
	struct pollfd extra = {.fd = g->epoll, .events = POLLIN}, *x = g->epoll >= 0 ? &extra : NULL;
	struct epoll_event ev[64];
	if (g->awake)
		timeout = 0;
	else if (timeout < 0) /* a signal may come right before the wait */
		timeout = g->n_asks + g->n_connections > 0 || g->stopped != 0 || g->crowded != 0 ? TICK : IDLE;
	g->awake = false;
	int rc = g->conf.step != NULL ? g->conf.step(g->conf.arg, x, timeout, err) : cgi_poll(x, timeout, err);
	int n = rc == 0 && x != NULL && extra.revents != 0 ? epoll_wait(g->epoll, ev, 64, 0) : 0;
	for (int i = 0; i < n; i++) {
		struct cgi_source *s = ev[i].data.ptr;
		s->ready(s, ev[i].events);
	}
	tick(g);
	return rc;
}

int
cgi_watch(struct cgi *g, struct cgi_source *s, unsigned events, struct err *err)
{
	struct epoll_event ev = {.events = events, .data.ptr = s};
	if (events == s->events)
		return 0;
	if (g->epoll < 0)
		g->epoll = epoll_create1(EPOLL_CLOEXEC);
	int how = s->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
	if (g->epoll < 0 || epoll_ctl(g->epoll, how, s->fd, &ev) < 0)
		return err_sys(err, "epoll");
	s->events = events;
	return 0;
}

void
cgi_wake(struct cgi *g)
{
	g->awake = true;
}

size_t
cgi_in_hand(const struct cgi *g)
{
	return g->in_hand;
}

/* ---- life ------------------------------------------------------------------------------------- */

bool
cgi_option(struct cgi_options *o, int opt, const char *arg, bool *bad)
{
	char *end = NULL;
	switch (opt) {
	case CGI_OPT_FASTCGI:
		o->fastcgi = true;
		return true;
	case 's':
		o->socket = arg;
		*bad = *arg == '\0';
		return true;
	case CGI_OPT_MODE:
		o->mode = (unsigned)strtoul(arg, &end, 8);
		*bad = end == arg || *end != '\0' || o->mode == 0 || o->mode > 0777;
		return true;
	default:
		return false;
	}
}

bool
cgi_resident(const struct cgi_options *o)
{
	int listens = 0;
	socklen_t n = sizeof listens;
	return o->fastcgi || o->socket != NULL ||
	       (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens != 0);
}

struct cgi *
cgi_new(const struct cgi_conf *conf, const struct cgi_options *o, struct err *err)
{
	struct cgi *g = mem_alloc(sizeof *g);
	*g = (struct cgi){.conf = *conf, .options = *o, .epoll = -1, .listen.fd = -1, .ticked = cmd_clock()};
	buf_init(&g->scratch, WEB_HEAD_MAX + WEB_BODY_MAX);
	if (cgi_resident(o) ? cgi_listen(g, err) == 0 : environment(NULL, "REQUEST_METHOD") != NULL)
		return g;
	if (!cgi_resident(o))
		(void)err_set(err, ERR_INPUT, "no request in the environment, and standard input is no socket");
	cgi_free(g);
	return NULL;
}

int
cgi_run(struct cgi *g, struct err *err)
{
	return g->listen.fd >= 0 ? cgi_fast_run(g, err) : run_cgi(g, err);
}

void
cgi_free(struct cgi *g)
{
	if (g == NULL)
		return;
	cgi_fast_free(g);
	cgi_listen_no_more(g);
	io_close(&g->epoll);
	buf_clear(&g->scratch);
	mem_free(g->environment);
	mem_free(g);
}
