/* How does another program begin, and where does it stand?  With two descriptors of ours as its standard input and output, our standard error, and
 * nothing else: neither the database nor a socket is its affair. */
#include "base/base.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

char *
io_program_dir(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	const char *slash = strrchr(path, '/');
	return slash != NULL ? mem_strndup(path, (size_t)(slash - path)) : mem_strdup("/usr/bin");
}

int
io_spawn(char *const *argv, int in, int out, pid_t *pid, struct err *err)
{
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	sigset_t reset, none;
	(void)sigemptyset(&none); /* threads may have signals blocked that processes are ended by */
	(void)sigemptyset(&reset);
	(void)sigaddset(&reset, SIGPIPE);
	(void)posix_spawn_file_actions_init(&acts);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawn_file_actions_adddup2(&acts, in, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&acts, out, STDOUT_FILENO);
	(void)posix_spawn_file_actions_addclosefrom_np(&acts, STDERR_FILENO + 1);
	(void)posix_spawnattr_setsigdefault(&attr, &reset);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	int no = posix_spawn(pid, argv[0], &acts, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&acts);
	errno = no;
	return no == 0 ? 0 : err_sys(err, "start %s", argv[0]);
}
