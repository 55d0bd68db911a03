/* Where do web servers knock?  At the socket they started us with, or at one of our own. */
#include "cmd/cgi-int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, MODE = 0660 };

/* A name at which nobody listens any more may be taken. */
static int
may_take(const char *path, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_INPUT, "%s: is there and no socket", path);
	(void)memcpy(at.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool used = fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0;
	io_close(&fd);
	return used ? err_set(err, ERR_INPUT, "%s: another process listens there", path) : 0;
}

/* Under another name until it has its permissions and listens: who finds it can use it. */
static int
listen_at(const struct cgi_options *o, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int n = snprintf(at.sun_path, sizeof at.sun_path, "%s.%d", o->socket, (int)getpid());
	if (n < 0 || (size_t)n >= sizeof at.sun_path)
		return err_set(err, ERR_INPUT, "%s: longer than a socket's name can be", o->socket);
	if (may_take(o->socket, err) < 0)
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t before = umask(0777);
	bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
	(void)umask(before);
	if (bound && chmod(at.sun_path, o->mode != 0 ? o->mode : MODE) == 0 && listen(fd, BACKLOG) == 0 &&
	    rename(at.sun_path, o->socket) == 0)
		return fd;
	(void)err_sys(err, "%s", o->socket);
	if (bound)
		(void)unlink(at.sun_path);
	io_close(&fd);
	return -1;
}

/* As many descriptors as may be had: each connection is one. */
static void
raise_files(void)
{
	struct rlimit now;
	if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_cur >= 2 * CGI_CONNECTIONS_MAX)
		return;
	now.rlim_cur = now.rlim_max == RLIM_INFINITY || now.rlim_max > 2 * CGI_CONNECTIONS_MAX ? 2 * CGI_CONNECTIONS_MAX
											       : now.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &now);
}

int
cgi_listen(struct cgi *g, struct err *err)
{
	int none = -1;
	raise_files();
	int fd = g->options.socket != NULL ? listen_at(&g->options, err) : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 && g->options.socket == NULL)
		(void)err_sys(err, "standard input");
	if (fd < 0)
		return -1;
	if (g->options.socket == NULL) { /* children are not to have it */
		none = open("/dev/null", O_RDONLY | O_CLOEXEC);
		(void)dup2(none, STDIN_FILENO);
		io_close(&none);
	}
	if (io_nonblock(fd, err) < 0) {
		io_close(&fd);
		return -1;
	}
	g->listen.fd = fd;
	return 0;
}

void
cgi_listen_no_more(struct cgi *g)
{
	struct err ignored;
	if (g->listen.fd < 0)
		return;
	if (g->options.socket != NULL)
		(void)unlink(g->options.socket);
	(void)cgi_watch(g, &g->listen, 0, &ignored);
	io_close(&g->listen.fd);
}
