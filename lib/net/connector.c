/* Who resolves, judges and connects?  The other process: it asks the names' servers and hands over descriptors, and of
 * what comes over them it never sees a byte. */
#include "net/connector.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/connect.h"

/* ---- open ---------------------------------------------------------------------------------------- */

/* With a proxy its own addresses are the only ones, whatever the policy says of them: the owner named it. */
static bool
may_open(struct connector *c, const struct in6_addr *a, int port)
{
	struct sockaddr_storage ss;
	if (c->o->proxy_host != NULL)
		return port == c->o->proxy_port && net_connector_is_proxy(c, a);
	(void)net_connect_sockaddr(a, port, &ss);
	return port > 0 && url_policy_check_addr(c->o->policy, (struct sockaddr *)&ss) == URL_OK;
}

/* A socket on its way to the address, or -1 and errno. */
static int
begin(const struct in6_addr *a, int port)
{
	struct sockaddr_storage ss;
	socklen_t len = net_connect_sockaddr(a, port, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len) == 0 || errno == EINPROGRESS)
		return fd;
	int no = errno;
	io_close(&fd);
	errno = no;
	return -1;
}

static int
answer_open(struct connector *c, const struct connect_open *ask)
{
	struct connect_opened said = {.verdict = CONNECT_OK};
	int fd = -1;
	if (!may_open(c, &ask->address, ask->port)) {
		said.verdict = CONNECT_DENIED;
	} else if ((fd = begin(&ask->address, ask->port)) < 0) {
		said.verdict = CONNECT_FAILED;
		said.no = errno;
	}
	int rc = net_connect_answer(c->o->open_fd, &said, fd);
	io_close(&fd);
	return rc;
}

int
net_connector(const struct net_connector *o, struct err *err)
{
	struct connector c = {.o = o, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct connect_open ask;
	ssize_t n;
	if (net_connector_worker(&c) < 0)
		return err_sys(err, "connector: thread");
	while ((n = recv(o->open_fd, &ask, sizeof ask, 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "connector");
		if (n != (ssize_t)sizeof ask)
			return err_set(err, ERR_INPUT, "connector: a message of %zd bytes", n);
		if (answer_open(&c, &ask) < 0)
			break; /* nobody is there any more */
	}
	return 0;
}
