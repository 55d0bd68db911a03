/* Who draws the picture of a text card?  mxpreview-show, if it is there and can be run; what it prints is taken along. */
#include "cmd/shape.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PATIENCE = 5000 };     /* ms for a picture */
enum { DRAWN_MAX = 3 << 20 }; /* bytes of one: kitty wants every pixel */
enum { COLUMNS_MAX = 64, ROWS = 16 };

/* Its standard input is the terminal, which it asks for the size of its characters. */
static pid_t
start(const struct cmd *c, const struct shape *s, const char *path, int out)
{
	char *columns = mem_printf("%ux%d", s->columns < COLUMNS_MAX ? s->columns : COLUMNS_MAX, ROWS);
	char *const argv[] = {
	    (char *)s->show, c->no_sandbox ? "--no-sandbox" : "-q", "-s", columns, "--", (char *)path, NULL};
	posix_spawn_file_actions_t acts;
	pid_t pid = -1;
	(void)posix_spawn_file_actions_init(&acts);
	(void)posix_spawn_file_actions_adddup2(&acts, STDOUT_FILENO, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&acts, out, STDOUT_FILENO);
	if (c->verbose == 0)
		(void)posix_spawn_file_actions_addopen(&acts, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addclosefrom_np(&acts, STDERR_FILENO + 1);
	errno = posix_spawn(&pid, s->show, &acts, NULL, argv, environ);
	if (errno != 0)
		pid = -1;
	(void)posix_spawn_file_actions_destroy(&acts);
	mem_free(columns);
	return pid;
}

/* True: all of it came in time, and it fits. */
static bool
take(int fd, struct buf *out)
{
	int64_t until = cmd_clock() + PATIENCE;
	char part[8192];
	for (;;) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		int64_t left = until - cmd_clock();
		if (cmd_stop || left <= 0)
			return false;
		if (poll(&pfd, 1, (int)left) <= 0)
			continue;
		ssize_t n = read(fd, part, sizeof part);
		if (n == 0)
			return true;
		if (n > 0 ? buf_add(out, part, (size_t)n) < 0 : errno != EINTR)
			return false;
	}
}

void
shape_picture(const struct cmd *c, const struct shape *s, const char *path, struct buf *out)
{
	struct buf drawn;
	int ends[2], status = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	buf_init(&drawn, DRAWN_MAX);
	pid_t pid = start(c, s, path, ends[1]);
	io_close(&ends[1]);
	bool good = pid > 0 && take(ends[0], &drawn);
	io_close(&ends[0]);
	if (pid > 0 && !good)
		(void)kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (good && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		(void)buf_add(out, drawn.p, drawn.len);
	else
		cmd_note(c, "%s: no picture", s->show);
	buf_clear(&drawn);
}
