/* How does a filter's process begin and end?  With a pipe to its stdin and one from its stdout, and nothing else of ours. */
#include "preview/router.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { REAP_GRACE = 1000 }; /* ms between the end of a filter's stdin and its SIGKILL */

static int
spawn(char *const *argv, int in, int out, pid_t *pid, struct err *err)
{
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	sigset_t reset;
	(void)sigemptyset(&reset);
	(void)sigaddset(&reset, SIGPIPE);
	(void)posix_spawn_file_actions_init(&acts);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawn_file_actions_adddup2(&acts, in, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&acts, out, STDOUT_FILENO);
	(void)posix_spawn_file_actions_addclosefrom_np(&acts,
						       STDERR_FILENO + 1); /* what we were handed is not theirs */
	(void)posix_spawnattr_setsigdefault(&attr, &reset);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	errno = posix_spawn(pid, argv[0], &acts, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&acts);
	return errno == 0 ? 0 : err_sys(err, "start %s", argv[0]);
}

int
router_child_start(char *const *argv, pid_t *pid, int *in, int *out, struct err *err)
{
	int to[2] = {-1, -1}, from[2] = {-1, -1};
	int rc = -1;
	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0) {
		(void)err_sys(err, "pipe");
	} else if (io_nonblock(to[1], err) == 0 && io_nonblock(from[0], err) == 0 &&
		   spawn(argv, to[0], from[1], pid, err) == 0) {
		*in = to[1];
		*out = from[0];
		to[1] = from[0] = -1;
		rc = 0;
	}
	for (int i = 0; i < 2; i++) {
		io_close(&to[i]);
		io_close(&from[i]);
	}
	return rc;
}

/* Waits for a filter whose stdin is closed; one that does not end by itself is ended. */
int
router_child_end(pid_t pid)
{
	int status = 0;
	for (int ms = 0; waitpid(pid, &status, WNOHANG) == 0; ms++) {
		if (ms == REAP_GRACE)
			(void)kill(pid, SIGKILL);
		(void)poll(NULL, 0, 1);
	}
	return status;
}
