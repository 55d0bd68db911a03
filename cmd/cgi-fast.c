/* How are many requests in hand at once?  Connections of the web server, records on them, one loop, no threads: the
 * database and the desk belong to one thread. */
#include "cmd/cgi-int.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ACCEPT_AT_ONCE = 32,
	OUT_MAX = 8 << 20,
	OUT_ENOUGH = 256 << 10,
	PIECE = 32 << 10,
	LINGER = 1000,
	CLOSING = 5000
};

struct connection {
	struct cgi_source source; /* first */
	struct cgi *g;
	struct connection *next;
	struct buf in, out;
	struct ask *asks;
	size_t n_asks;
	size_t bodies;	 /* whose end has not come yet */
	int64_t since;	 /* the last byte that was read or written */
	bool close;	 /* when everything is written */
	int64_t closing; /* since when that is so */
	bool dead;	 /* to be swept away by the loop */
	bool parsing, more;
};

/* ---- connections ------------------------------------------------------------------------------ */

static void
kill_connection(struct connection *c)
{
	c->dead = true;
	cgi_wake(c->g);
}

static void
unlink_ask(struct connection *c, struct ask *gone)
{
	for (struct ask **at = &c->asks; *at != NULL; at = &(*at)->next)
		if (*at == gone) {
			*at = gone->next;
			c->n_asks--;
			return;
		}
}

static void
drop_ask(struct connection *c, struct ask *a)
{
	unlink_ask(c, a);
	if (a->asked && !a->answered)
		cgi_gone(a);
	else
		cgi_ask_free(a);
}

static void
free_connection(struct connection *c)
{
	struct err ignored;
	while (c->asks != NULL)
		drop_ask(c, c->asks);
	buf_clear(&c->in);
	buf_clear(&c->out);
	(void)cgi_watch(c->g, &c->source, 0,
			&ignored); /* a process that is just being started has its descriptor, too */
	io_close(&c->source.fd);
	c->g->n_connections--;
	mem_free(c);
}

static void
sweep(struct cgi *g)
{
	for (struct connection **at = &g->connections; *at != NULL;) {
		struct connection *c = *at;
		if (!c->dead) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		free_connection(c);
	}
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void
finish(struct connection *c, struct ask *a, uint32_t status)
{
	(void)web_fcgi_put(&c->out, WEB_FCGI_STDOUT, a->id, "", 0);
	if (web_fcgi_put_end(&c->out, a->id, status, WEB_FCGI_DONE) < 0)
		kill_connection(c);
	if (!a->keep)
		c->close = true;
	drop_ask(c, a);
}

/* The next piece of a file; what was announced and is not there ends the connection: no status can take it back. */
static void
add_piece(struct connection *c, struct ask *a)
{
	char piece[PIECE];
	struct web_answer *f = &a->answer;
	size_t want = f->length < PIECE ? (size_t)f->length : PIECE;
	ssize_t n = want > 0 ? pread(f->fd, piece, want, (off_t)f->offset) : 0;
	if (want > 0 && n <= 0) {
		kill_connection(c);
		return;
	}
	f->offset += n;
	f->length -= n;
	if (n > 0 && web_fcgi_put(&c->out, WEB_FCGI_STDOUT, a->id, piece, (size_t)n) < 0)
		kill_connection(c);
	if (f->length == 0)
		finish(c, a, 0);
}

static void
pump(struct connection *c)
{
	bool any = true;
	while (any && !c->dead && c->out.len < OUT_ENOUGH) {
		any = false;
		for (struct ask *a = c->asks, *next; a != NULL && !c->dead; a = next) {
			next = a->next;
			if (!a->answered)
				continue;
			add_piece(c, a);
			any = true;
		}
	}
}

static void
flush(struct connection *c)
{
	for (;;) {
		if (c->dead)
			return;
		pump(c);
		if (c->out.len == 0)
			break;
		ssize_t n = send(c->source.fd, c->out.p, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			kill_connection(c);
			return;
		}
		buf_drop(&c->out, (size_t)n);
		c->since = cmd_clock();
	}
	if (!c->close || c->n_asks > 0)
		return;
	if (c->bodies == 0) /* who is still sending might not read what was said to him */
		kill_connection(c);
	else if (c->closing == 0)
		c->closing = cmd_clock();
}

void
cgi_fast_answer(struct ask *a)
{
	struct connection *c = a->on;
	struct buf *b = &a->q.cgi->scratch;
	buf_reset(b);
	bool body = web_head(&a->answer, a->q.web.method, b);
	bool file = body && a->answer.fd >= 0;
	if (body && !file)
		(void)buf_add(b, a->answer.body.p, a->answer.body.len);
	if (web_fcgi_put(&c->out, WEB_FCGI_STDOUT, a->id, b->p, b->len) < 0)
		kill_connection(c);
	else if (!file)
		finish(c, a, 0);
	if (!c->parsing)
		flush(c);
	cgi_wake(c->g); /* what is left, the loop waits for */
}

/* ---- reading ---------------------------------------------------------------------------------- */

static struct ask *
find(const struct connection *c, unsigned id)
{
	for (struct ask *a = c->asks; a != NULL; a = a->next)
		if (a->id == id)
			return a;
	return NULL;
}

static void
begin(struct connection *c, const struct web_fcgi_record *rec)
{
	const unsigned char *p = (const unsigned char *)rec->p;
	unsigned role = rec->n >= 8 ? (unsigned)p[0] << 8 | p[1] : 0;
	bool full = c->n_asks >= CGI_PER_CONNECTION || c->g->n_asks >= CGI_REQUESTS_MAX;
	if (rec->n < 8 || find(c, rec->id) != NULL) {
		kill_connection(c);
	} else if (role != WEB_FCGI_RESPONDER || full) {
		(void)web_fcgi_put_end(&c->out, rec->id, 0, full ? WEB_FCGI_OVERLOADED : WEB_FCGI_UNKNOWN_ROLE);
		c->close = c->close || (p[2] & WEB_FCGI_KEEP) == 0;
	} else {
		struct ask *a = cgi_ask_new(c->g);
		a->on = c;
		a->id = rec->id;
		a->keep = (p[2] & WEB_FCGI_KEEP) != 0;
		a->next = c->asks;
		c->asks = a;
		c->n_asks++;
		c->bodies++;
	}
}

static void
variables(struct connection *c, struct ask *a, const struct web_fcgi_record *rec)
{
	struct err err;
	if (a->begun)
		return;
	if (rec->n > 0) {
		if (buf_add(&a->said, rec->p, rec->n) < 0)
			kill_connection(c);
		return;
	}
	if (web_fcgi_variables(&a->variables, a->said.p != NULL ? a->said.p : "", a->said.len, &err) < 0) {
		cmd_warn(c->g->conf.c, "%s", err.text);
		kill_connection(c);
		return;
	}
	buf_clear(&a->said);
	cgi_begin(a, web_fcgi_variable, &a->variables);
}

/* False: a body that nobody has taken yet; the connection waits with it. */
static bool
body(struct ask *a, const struct web_fcgi_record *rec)
{
	if (a->answered || !a->begun)
		return true;
	if (rec->n == 0) {
		cgi_body_end(a);
		return true;
	}
	if (!a->taken)
		return false;
	cgi_body(a, rec->p, rec->n);
	return true;
}

static void
abort_ask(struct connection *c, struct ask *a)
{
	(void)web_fcgi_put_end(&c->out, a->id, 1, WEB_FCGI_DONE);
	c->close = c->close || !a->keep;
	c->bodies -= !a->all && c->bodies > 0;
	drop_ask(c, a);
}

/* False: not now. */
static bool
take_record(struct connection *c, const struct web_fcgi_record *rec)
{
	struct ask *a = rec->id != 0 ? find(c, rec->id) : NULL;
	if (rec->type == WEB_FCGI_STDIN && rec->n == 0 && c->bodies > 0)
		c->bodies--;
	if (rec->type == WEB_FCGI_BEGIN && rec->id != 0)
		begin(c, rec);
	else if (rec->type == WEB_FCGI_GET_VALUES)
		(void)web_fcgi_put_values(&c->out, rec->p, rec->n, CGI_CONNECTIONS_MAX, CGI_REQUESTS_MAX);
	else if (rec->id == 0)
		(void)web_fcgi_put_unknown(&c->out, rec->type);
	else if (a == NULL) /* of one that is answered */
		return true;
	else if (rec->type == WEB_FCGI_PARAMS)
		variables(c, a, rec);
	else if (rec->type == WEB_FCGI_STDIN)
		return body(a, rec);
	else if (rec->type == WEB_FCGI_ABORT)
		abort_ask(c, a);
	return true;
}

/* All whole records that are here.  A body may be taken while one is being looked at: then once more. */
static void
parse(struct connection *c)
{
	struct web_fcgi_record rec;
	struct err err;
	size_t at = 0;
	if (c->parsing) {
		c->more = true;
		return;
	}
	c->parsing = true;
	while (!c->dead && c->out.len < OUT_ENOUGH) {
		ssize_t n = web_fcgi_next(c->in.p + at, c->in.len - at, &rec, &err);
		if (n < 0) {
			cmd_warn(c->g->conf.c, "%s", err.text);
			kill_connection(c);
		}
		c->more = false;
		if (n <= 0)
			break;
		if (take_record(c, &rec))
			at += (size_t)n;
		else if (!c->more)
			break;
	}
	buf_drop(&c->in, at);
	c->parsing = false;
}

/* Everything that is there; the web server gives nothing more than it was told to. */
static void
receive(struct connection *c)
{
	while (!c->dead && c->out.len < OUT_ENOUGH) {
		if (buf_reserve(&c->in, WEB_FCGI_RECORD_MAX - c->in.len) < 0)
			return;
		size_t room = WEB_FCGI_RECORD_MAX - c->in.len;
		ssize_t n = room > 0 ? recv(c->source.fd, c->in.p + c->in.len, room, MSG_DONTWAIT) : -1;
		if (room == 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)))
			return;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			kill_connection(c);
			return;
		}
		c->in.len += (size_t)n;
		c->since = cmd_clock();
		parse(c);
		if ((size_t)n < room) /* that was all, most of the time: the loop will tell */
			return;
	}
}

/* Waits for what can come next. */
static void
arm(struct connection *c)
{
	struct err err;
	bool full = c->out.len >= OUT_ENOUGH || c->in.len >= WEB_FCGI_RECORD_MAX;
	unsigned events = (full ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP) | (c->out.len > 0 ? EPOLLOUT : 0);
	if (!c->dead && cgi_watch(c->g, &c->source, events, &err) < 0) {
		cmd_warn(c->g->conf.c, "%s", err.text);
		kill_connection(c);
	}
}

static void
ready(struct cgi_source *s, unsigned events)
{
	struct connection *c = (struct connection *)s;
	if (c->dead)
		return;
	if ((events & (EPOLLERR | EPOLLHUP)) != 0 || ((events & EPOLLRDHUP) != 0 && (events & EPOLLIN) == 0)) {
		kill_connection(c);
		return;
	}
	receive(c);
	flush(c);
	for (size_t before = 0; !c->dead && c->in.len != before;) { /* what had to wait for room in out */
		before = c->in.len;
		parse(c);
		flush(c);
	}
}

void
cgi_fast_resume(struct connection *c)
{
	parse(c);
	if (!c->parsing)
		flush(c);
}

/* ---- the loop --------------------------------------------------------------------------------- */

static void
accept_some(struct cgi_source *s, unsigned events)
{
	struct cgi *g = (struct cgi *)((char *)s - offsetof(struct cgi, listen));
	(void)events;
	for (int i = 0; i < ACCEPT_AT_ONCE && g->n_connections < CGI_CONNECTIONS_MAX; i++) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
				g->crowded = cmd_clock() + LINGER;
			return;
		}
		struct connection *c = mem_alloc(sizeof *c);
		*c = (struct connection){
		    .source = {.ready = ready, .fd = fd}, .g = g, .next = g->connections, .since = cmd_clock()};
		buf_init(&c->in, WEB_FCGI_RECORD_MAX);
		buf_init(&c->out, OUT_MAX);
		g->connections = c;
		g->n_connections++;
		receive(c); /* it is here already, most of the time */
		flush(c);
	}
}

/* Connections on which nothing moves although something should. */
static void
patience(struct cgi *g, int64_t now)
{
	for (struct connection *c = g->connections; c != NULL; c = c->next) {
		bool waits = c->out.len > 0 || c->in.len > 0;
		for (const struct ask *a = c->asks; a != NULL; a = a->next)
			waits = waits || !a->begun || (a->taken && !a->all);
		if ((waits && now - c->since > CGI_HEAD_TIME) || (c->closing > 0 && now - c->closing > CLOSING))
			kill_connection(c);
	}
}

static void
prepare(struct cgi *g)
{
	struct err err;
	int64_t now = cmd_clock();
	if (now >= g->crowded)
		g->crowded = 0;
	bool room = g->n_connections < CGI_CONNECTIONS_MAX && g->crowded == 0 && !cmd_stop;
	if (g->listen.fd >= 0 && cgi_watch(g, &g->listen, room ? EPOLLIN : 0, &err) < 0)
		cmd_warn(g->conf.c, "%s", err.text);
	patience(g, now);
	sweep(g);
	for (struct connection *c = g->connections; c != NULL; c = c->next) {
		if (cmd_stop && c->asks == NULL && c->out.len == 0 && c->closing == 0)
			kill_connection(c);
		arm(c);
	}
}

static bool
over(struct cgi *g)
{
	if (!cmd_stop)
		return false;
	if (g->stopped == 0) {
		g->stopped = cmd_clock();
		cgi_listen_no_more(g);
	}
	return (g->connections == NULL && g->in_hand == 0) || cmd_clock() - g->stopped > CGI_GRACE;
}

int
cgi_fast_run(struct cgi *g, struct err *err)
{
	g->listen.ready = accept_some;
	if (g->conf.hangup != NULL)
		cmd_on_hangup();
	while (!over(g)) {
		if (cmd_hangup && g->conf.hangup != NULL) {
			cmd_hangup = 0;
			g->conf.hangup(g->conf.arg);
		}
		prepare(g);
		if (cgi_step(g, -1, err) < 0)
			return -1;
	}
	return g->in_hand > 0 ? err_set(err, ERR_BUSY, "%zu requests were not answered", g->in_hand) : 0;
}

void
cgi_fast_free(struct cgi *g)
{
	for (struct connection *c = g->connections; c != NULL; c = c->next)
		c->dead = true;
	sweep(g);
}
