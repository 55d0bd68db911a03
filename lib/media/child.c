/* How is another program asked, which sees hostile bytes so that we need not?  Its answer is read up to a bound. */
#include "media/int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LOOK_MS = 100,	 /* how often it is asked whether to go on */
	LEAVE_MS = 1000, /* within which it ends when it has said all */
	CHUNK = 65536
};

/* 1: more may come, 0: that was all. */
static int
take(int fd, struct buf *out, struct err *err)
{
	char chunk[CHUNK];
	ssize_t n = read(fd, chunk, sizeof chunk);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : err_sys(err, "read");
	if (n > 0 && buf_add(out, chunk, (size_t)n) < 0)
		return err_set(err, ERR_LIMIT, "answer of more than %zu bytes", out->max);
	return n > 0 ? 1 : 0;
}

static int
take_all(const struct media *m, const struct media_child *c, int fd, struct buf *out, struct err *err)
{
	int64_t until = m->clock() + c->timeout;
	for (int more = 1; more > 0;) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		if (m->stop != NULL && m->stop())
			return err_set(err, ERR_SYS, "interrupted");
		if (m->clock() >= until)
			return err_set(err, ERR_LIMIT, "no answer within %lld s", (long long)(c->timeout / 1000));
		if (poll(&pfd, 1, LOOK_MS) > 0 && (more = take(fd, out, err)) < 0)
			return -1;
	}
	return 0;
}

static int
end(const struct media_child *c, pid_t pid, int rc, struct err *err)
{
	int status = 0;
	pid_t gone = 0;
	for (int ms = 0; rc == 0 && ms < LEAVE_MS && (gone = waitpid(pid, &status, WNOHANG)) == 0; ms++)
		(void)poll(NULL, 0, 1);
	if (gone == 0)
		(void)kill(pid, SIGKILL);
	while (gone <= 0 && (gone = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (rc < 0)
		return err_add(err, "%s", c->argv[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(err, ERR_UNSUPPORTED, "%s", "the picture cannot be made small");
}

int
media_child_run(const struct media *m, const struct media_child *c, struct buf *out, struct err *err)
{
	int from[2] = {-1, -1};
	pid_t pid = -1;
	if (pipe2(from, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	int rc = io_spawn(c->argv, c->in, from[1], &pid, err);
	io_close(&from[1]);
	if (rc == 0)
		rc = end(c, pid, take_all(m, c, from[0], out, err), err);
	io_close(&from[0]);
	return rc;
}
