/* How is one record taken to mxpreview-fetch and back?  A process of its own, which ends with it. */
#include "cmd/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 100, LEAVE_MS = 1000 /* within which it ends when it is to */, PIECE = 65536 };

/* To the end of what it writes. */
static int
listen_to(int fd, int64_t patience, struct buf *out, struct err *err)
{
	int64_t until = cmd_clock() + patience;
	for (;;) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		int ready = poll(&pfd, 1, LOOK_MS);
		if (cmd_stop)
			return err_set(err, ERR_SYS, "interrupted");
		if (cmd_clock() >= until)
			return err_http(err, ERR_REMOTE, 504, NULL, "The other server takes too long");
		if (ready <= 0)
			continue;
		if (buf_reserve(out, PIECE) < 0)
			return err_set(err, ERR_LIMIT, "mxpreview-fetch says too much");
		ssize_t n = read(fd, out->p + out->len, PIECE);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_sys(err, "read");
		out->len += n > 0 ? (size_t)n : 0;
	}
}

static void
wait_for(pid_t pid)
{
	pid_t gone = 0;
	for (int ms = 0; ms < LEAVE_MS && (gone = waitpid(pid, NULL, WNOHANG)) == 0; ms++)
		(void)poll(NULL, 0, 1);
	if (gone == 0)
		(void)kill(pid, SIGKILL);
	while (gone <= 0 && (gone = waitpid(pid, NULL, 0)) < 0 && errno == EINTR)
		;
}

static int
converse(char *const *argv, const struct buf *question, int64_t patience, struct buf *answer, struct err *err)
{
	int to[2] = {-1, -1}, from[2] = {-1, -1}, rc = -1;
	pid_t pid = -1;
	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		(void)err_sys(err, "pipe");
	else if (io_spawn(argv, to[0], from[1], &pid, err) == 0)
		rc = 0;
	io_close(&to[0]);
	io_close(&from[1]);
	if (rc == 0)
		rc = io_write(to[1], question->p, question->len, err);
	io_close(&to[1]);
	if (rc == 0)
		rc = listen_to(from[0], patience, answer, err);
	io_close(&from[0]);
	if (pid > 0 && rc < 0)
		(void)kill(pid, SIGTERM);
	if (pid > 0)
		wait_for(pid);
	return rc;
}

int
remote_child(char *const *argv, struct record *rec, int64_t patience, struct err *err)
{
	struct buf question, answer;
	buf_init(&question, RECORD_LINE_MAX);
	buf_init(&answer, RECORD_LINE_MAX + PIECE);
	int rc = record_write(rec, &question) < 0
		     ? err_set(err, ERR_LIMIT, "record of more than %zu bytes", RECORD_LINE_MAX)
		     : converse(argv, &question, patience, &answer, err);
	record_clear(rec);
	rec->j = NULL;
	if (rc == 0 && (answer.len == 0 || answer.p[answer.len - 1] != '\n'))
		rc = err_set(err, ERR_BUSY, "mxpreview-fetch gave no answer");
	if (rc == 0 && record_read(rec, answer.p, answer.len - 1, err) < 0) {
		record_clear(rec);
		rec->j = NULL;
		rc = -1;
	}
	buf_clear(&question);
	buf_clear(&answer);
	return rc;
}
