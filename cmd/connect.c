/* How does fetch come to its connector?  By fork, before libcurl, threads and hostile bytes: nothing is executed, and the
 * child keeps two channels and no other descriptor but standard error. */
#include "cmd/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/sandbox.h"

/* At once, for each transfer that may be in flight: a name that was given up goes on being looked up for a while. */
enum { LOOKUPS_PER_JOB = 4, LOOKUP_FD = 3, OPEN_FD = 4 };

/* Resolver threads allocate little, and every arena maps 64 MiB. */
enum { ARENAS = 2 };

/* The channels to 3 and 4, nothing behind; a terminal's or a pipe's other end does not wait for us. */
static int
keep_only(const int channel[2], struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int a = fcntl(channel[0], F_DUPFD_CLOEXEC, OPEN_FD + 1);
	int b = fcntl(channel[1], F_DUPFD_CLOEXEC, OPEN_FD + 1);
	if (null < 0 || a < 0 || b < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup3(a, LOOKUP_FD, O_CLOEXEC) < 0 || dup3(b, OPEN_FD, O_CLOEXEC) < 0)
		return err_sys(err, "connector: descriptors");
	closefrom(OPEN_FD + 1);
	return 0;
}

/* It lives exactly as long as who asks it: what is meant for that one, from a keyboard for example, does not end it. */
static int
serve(const struct cmd *c, struct net_connector *o, const int channel[2], struct err *err)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	const struct sandbox want = {.kind = SANDBOX_CONNECT};
	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		(void)signal(ignored[i], SIG_IGN);
	if (clearenv() != 0) /* RES_OPTIONS, LOCALDOMAIN, HOSTALIASES, RESOLV_HOST_CONF … */
		return err_set(err, ERR_SYS, "connector: environment");
	(void)mallopt(M_ARENA_MAX, ARENAS);
	if (keep_only(channel, err) < 0)
		return -1;
	o->lookup_fd = LOOKUP_FD;
	o->open_fd = OPEN_FD;
	return cmd_close_in(c, &want, err) < 0 ? err_add(err, "connector") : net_connector(o, err);
}

int
cmd_connector_start(const struct cmd *c, struct cmd_connector *conn, struct net_connector *o, struct err *err)
{
	int lookup[2] = {-1, -1}, opens[2] = {-1, -1};
	struct err why = {0};
	o->max_lookups = c->conf.jobs * LOOKUPS_PER_JOB;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lookup) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, opens) < 0 || (conn->pid = fork()) < 0) {
		(void)err_sys(err, "connector");
		for (int i = 0; i < 2; i++) {
			io_close(&lookup[i]);
			io_close(&opens[i]);
		}
		return -1;
	}
	if (conn->pid == 0) {
		const int mine[] = {lookup[1], opens[1]};
		_exit(serve(c, o, mine, &why) < 0 ? cmd_fail(c, &why, NULL) : 0);
	}
	io_close(&lookup[1]);
	io_close(&opens[1]);
	conn->lookup_fd = lookup[0];
	conn->open_fd = opens[0];
	return 0;
}

void
cmd_connector_wait(struct cmd_connector *conn)
{
	io_close(&conn->lookup_fd);
	io_close(&conn->open_fd);
	while (conn->pid > 0 && waitpid(conn->pid, NULL, 0) < 0 && errno == EINTR)
		;
	conn->pid = 0;
}
