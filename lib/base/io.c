/* How do bytes enter and leave through descriptors? */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdlib.h>

enum { CHUNK = 65536, LONG_KEPT = 64 /* bytes of a line over the limit, to name it by */ };

int
io_write(int fd, const void *p, size_t n, struct err *err)
{
	const char *s = p;
	while (n > 0) {
		ssize_t k = write(fd, s, n); /* EINTR ends it: only a signal that means "stop" interrupts */
		if (k < 0 && errno == EAGAIN) {
			struct pollfd pfd = {.fd = fd, .events = POLLOUT};
			(void)poll(&pfd, 1, -1);
			continue;
		}
		if (k < 0)
			return err_sys(err, "write");
		s += k;
		n -= (size_t)k;
	}
	return 0;
}

int
io_read_all(int fd, size_t max, struct buf *out, struct err *err)
{
	for (;;) {
		size_t spare = out->cap > out->len + 1 ? out->cap - out->len - 1 : CHUNK; /* the end needs no more */
		size_t room = max - out->len < spare ? max - out->len : spare;
		char probe;
		if (room > 0 && buf_reserve(out, room) < 0)
			room = out->max - out->len;
		ssize_t k = room > 0 ? read(fd, out->p + out->len, room) : read(fd, &probe, 1);
		if (k < 0) /* EINTR too: only a signal that means "stop" interrupts */
			return err_sys(err, "read");
		if (k == 0)
			break;
		if (room == 0)
			return err_set(err, ERR_LIMIT, "more than %zu bytes", max);
		out->len += (size_t)k;
		out->p[out->len] = '\0';
	}
	return out->p != NULL ? 0 : buf_add(out, "", 0);
}

int
io_read_file(const char *path, size_t max, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		int missing = errno == ENOENT;
		(void)err_sys(err, "%s", path);
		if (missing && err != NULL)
			err->code = ERR_NOTFOUND;
		return -1;
	}
	int rc = io_read_all(fd, max, out, err);
	if (rc < 0)
		(void)err_add(err, "%s", path);
	io_close(&fd);
	return rc;
}

void
io_random(void *p, size_t n)
{
	char *s = p;
	while (n > 0) {
		ssize_t k = getrandom(s, n, 0);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			abort(); /* no randomness: nothing may be named */
		s += k;
		n -= (size_t)k;
	}
}

void
io_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int
io_nonblock(int fd, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_sys(err, "fcntl");
	return 0;
}

int
io_mkdirs(const char *path, struct err *err)
{
	char *copy = mem_strdup(path);
	int rc = 0;
	for (char *s = copy + 1; rc == 0 && *s != '\0'; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			rc = err_sys(err, "mkdir %s", copy);
		*s = '/';
	}
	if (rc == 0 && mkdir(copy, 0700) < 0 && errno != EEXIST)
		rc = err_sys(err, "mkdir %s", copy);
	mem_free(copy);
	return rc;
}

void
io_lines_init(struct io_lines *l, int fd, size_t max)
{
	*l = (struct io_lines){.fd = fd, .max = max};
	buf_init(&l->in, max + CHUNK + 1);
}

void
io_lines_clear(struct io_lines *l)
{
	buf_clear(&l->in);
}

static char *
newline(const struct io_lines *l)
{
	return l->in.len > l->off ? memchr(l->in.p + l->off, '\n', l->in.len - l->off) : NULL;
}

/* Hands out in[off..end) and moves off to next. */
static int
hand_out(struct io_lines *l, size_t end, size_t next, char **line, size_t *len)
{
	int kind = IO_LINE_OK;
	if (l->skipping || end - l->off > l->max)
		kind = IO_LINE_LONG;
	if (l->skipping && end - l->off > LONG_KEPT)
		end = l->off + LONG_KEPT; /* what follows is the line's other end */
	l->skipping = false;
	if (end > l->off && l->in.p[end - 1] == '\r')
		end--;
	l->in.p[end] = '\0';
	*line = l->in.p + l->off;
	*len = end - l->off;
	l->off = next;
	return kind;
}

int
io_lines_next(struct io_lines *l, char **line, size_t *len, struct err *err)
{
	for (bool once = false;; once = true) {
		char *nl = newline(l);
		if (nl != NULL) {
			size_t end = (size_t)(nl - l->in.p);
			return hand_out(l, end, end + 1, line, len);
		}
		if (l->eof) {
			if (l->in.len == l->off && !l->skipping)
				return IO_LINE_EOF;
			if (buf_add(&l->in, "", 0) < 0)
				return err_set(err, ERR_BUG, "line buffer");
			return hand_out(l, l->in.len, l->in.len, line, len);
		}
		if (once) /* who waits for other things too must not be held up by half a line */
			return IO_LINE_AGAIN;
		buf_drop(&l->in, l->off);
		l->off = 0;
		if (l->in.len > l->max) { /* keep a little of it to name the line by */
			l->skipping = true;
			l->in.len = l->max < LONG_KEPT ? l->max : LONG_KEPT;
		}
		if (buf_reserve(&l->in, CHUNK) < 0)
			return err_set(err, ERR_BUG, "line buffer");
		ssize_t k = read(l->fd, l->in.p + l->in.len, CHUNK);
		if (k < 0 && (errno == EAGAIN || errno == EINTR))
			return IO_LINE_AGAIN;
		if (k < 0)
			return err_sys(err, "read");
		if (k == 0)
			l->eof = true;
		l->in.len += (size_t)k;
		l->in.p[l->in.len] = '\0';
	}
}

bool
io_lines_waiting(const struct io_lines *l)
{
	if (newline(l) != NULL || l->eof) /* the end, too, can be read without waiting */
		return true;
	struct pollfd pfd = {.fd = l->fd, .events = POLLIN};
	return poll(&pfd, 1, 0) > 0;
}
