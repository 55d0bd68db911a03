/* How does a filter's process begin and end?  With a pipe to its stdin and one from its stdout, and nothing else of ours. */
#include "preview/router.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

enum { REAP_GRACE = 1000 }; /* ms between the end of a filter's stdin and its SIGKILL */

int
router_child_start(char *const *argv, pid_t *pid, int *in, int *out, struct err *err)
{
	int to[2] = {-1, -1}, from[2] = {-1, -1};
	int rc = -1;
	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0) {
		(void)err_sys(err, "pipe");
	} else if (io_nonblock(to[1], err) == 0 && io_nonblock(from[0], err) == 0 &&
		   io_spawn(argv, to[0], from[1], pid, err) == 0) {
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
