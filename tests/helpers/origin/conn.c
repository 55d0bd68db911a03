/* How do many connections live beside each other?  One loop, nothing waits. */
#include "origin.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void
drop_segs(struct conn *c)
{
	drop_segs_from(c, 0);
	c->cur = 0;
}

static void
drop(struct server *s, struct conn *c, bool reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	if (reset)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	drop_segs(c);
	(void)close(c->fd);
	if (c->next != NULL)
		c->next->prev = c->prev;
	*(c->prev != NULL ? &c->prev->next : &s->conns) = c->next;
	free(c);
}

/* Moves at most room bytes of a part to out; *n says how many. */
static bool
take(struct seg *g, char *out, size_t room, size_t *n)
{
	size_t want = g->left < (int64_t)room ? (size_t)g->left : room;
	*n = want;
	if (g->every > 0 && want > 1)
		*n = want = 1;
	if (g->kind == FILL) {
		memset(out, 'x', want);
	} else if (g->kind == FROM_FILE) {
		ssize_t got = read(g->fd, out, want);
		*n = got > 0 ? (size_t)got : 0;
	} else {
		for (size_t done = 0; done < want;) {
			size_t k = g->len - g->off < want - done ? g->len - g->off : want - done;
			memcpy(out + done, g->p + g->off, k);
			g->off = (g->off + k) % g->len;
			done += k;
		}
	}
	if (g->left != INT64_MAX)
		g->left -= (int64_t)*n;
	return *n > 0 || want == 0;
}

/* One chunk of RFC 9112 §7.1, or the last one. */
static void
take_chunk(struct seg *g, char *out, size_t room, size_t *n)
{
	char head[32];
	size_t body = 0;
	(void)take(g, out + 12, room - 12 - 2 - 5, &body);
	int h = snprintf(head, sizeof head, "%06zx\r\n", body);
	if (body > 0) {
		memmove(out + h, out + 12, body);
		memcpy(out, head, (size_t)h);
		memcpy(out + h + body, "\r\n", 2);
		*n = (size_t)h + body + 2;
	} else {
		*n = 0;
	}
	if (g->left == 0) {
		memcpy(out + *n, "0\r\n\r\n", 5);
		*n += 5;
	}
}

/* Fills out until it is full, a pause is due (wake is set) or nothing is left (true). */
static bool
refill(struct conn *c)
{
	while (c->cur < c->nseg) {
		struct seg *g = &c->seg[c->cur];
		size_t room = OUT_MAX - c->out_len, n = 0;
		int64_t pause = g->started ? g->every : g->delay;
		if (pause > 0 && c->wake == 0 && g->left > 0) {
			c->wake = now_ms() + pause + 1; /* now_ms is rounded down */
			return false;
		}
		if (c->wake != 0 && now_ms() < c->wake)
			return false;
		if (room < 1024)
			return false;
		c->wake = 0;
		g->started = true;
		if (g->chunked)
			take_chunk(g, c->out + c->out_len, room, &n);
		else if (!take(g, c->out + c->out_len, room, &n))
			g->left = 0;
		c->out_len += n;
		if (g->left == 0)
			c->cur++;
	}
	return true;
}

/* Sends what can be sent.  True: the response is complete. */
static bool
send_some(struct conn *c, bool *dead)
{
	for (;;) {
		bool whole = refill(c);
		while (c->out_off < c->out_len) {
			ssize_t n = send(c->fd, c->out + c->out_off, c->out_len - c->out_off, MSG_NOSIGNAL);
			if (n < 0) {
				*dead = errno != EAGAIN && errno != EINTR;
				c->blocked = true;
				return false;
			}
			c->out_off += (size_t)n;
		}
		c->out_off = c->out_len = 0;
		c->blocked = false;
		if (whole)
			return true;
		if (c->wake != 0)
			return false;
	}
}

static void
watch(struct server *s, struct conn *c)
{
	uint32_t want = (c->eof || c->in_len == IN_MAX ? 0 : EPOLLIN) | (c->blocked ? EPOLLOUT : 0);
	struct epoll_event ev = {.events = want, .data.ptr = c};
	if (want != c->events && epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		die("epoll");
	c->events = want;
}

/* Goes on with a connection as far as it goes: response, next request, response … */
static void
go_on(struct server *s, struct conn *c)
{
	bool dead = false;
	while (c->busy || next_request(s, c)) {
		if (!send_some(c, &dead)) {
			if (dead)
				break;
			watch(s, c);
			return;
		}
		drop_segs(c);
		if (c->end == END_HANG && !c->eof) {
			watch(s, c);
			return;
		}
		dead = c->end != END_KEEP;
		if (dead)
			break;
		c->busy = false;
	}
	if (dead || c->eof)
		drop(s, c, c->end == END_RESET);
	else
		watch(s, c);
}

static void
receive(struct server *s, struct conn *c)
{
	ssize_t n = c->in_len == IN_MAX ? 0 : recv(c->fd, c->in + c->in_len, IN_MAX - c->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		c->eof = true;
	else
		c->in_len += (size_t)n;
	go_on(s, c);
}

static void
welcome(struct server *s)
{
	for (;;) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
		if (fd < 0)
			return;
		struct conn *c = must(malloc(sizeof *c));
		memset(c, 0, offsetof(struct conn, in));
		c->fd = fd;
		c->events = EPOLLIN;
		c->next = s->conns;
		if (c->next != NULL)
			c->next->prev = c;
		s->conns = c;
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
			die("epoll");
	}
}

/* Wakes who has slept enough; returns the ms until the next one is due, -1 for none. */
static int
wake_up(struct server *s)
{
	int64_t now = now_ms(), next = -1;
	for (struct conn *c = s->conns, *after; c != NULL; c = after) {
		after = c->next;
		if (c->wake != 0 && c->wake <= now)
			go_on(s, c);
	}
	for (struct conn *c = s->conns; c != NULL; c = c->next)
		if (c->wake != 0 && (next < 0 || c->wake - now < next))
			next = c->wake <= now ? 1 : c->wake - now;
	return next > 1000 ? 1000 : (int)next;
}

void
serve(struct server *s)
{
	struct epoll_event ev[256], l = {.events = EPOLLIN, .data.ptr = NULL};
	sigset_t quiet, none;
	struct sigaction sa = {.sa_handler = on_signal};
	(void)sigemptyset(&none);
	(void)sigemptyset(&quiet);
	(void)sigaddset(&quiet, SIGTERM);
	(void)sigaddset(&quiet, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &quiet, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGINT, &sa, NULL);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &l) != 0)
		die("epoll");
	while (!stop) {
		int timeout = wake_up(s), n = epoll_pwait(s->epoll, ev, 256, timeout, &none);
		for (int i = 0; i < n; i++) {
			struct conn *c = ev[i].data.ptr;
			if (c == NULL)
				welcome(s);
			else if ((ev[i].events & (EPOLLERR | EPOLLHUP)) != 0)
				drop(s, c, false);
			else if ((ev[i].events & EPOLLIN) != 0)
				receive(s, c);
			else
				go_on(s, c);
		}
	}
	for (struct conn *c = s->conns, *after; c != NULL; c = after) {
		after = c->next;
		drop(s, c, false);
	}
}
