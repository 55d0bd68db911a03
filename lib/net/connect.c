/* How do the fetcher and the connector speak?  Addresses in one form, and a descriptor beside an answer. */
#include "net/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* ---- addresses --------------------------------------------------------------------------------- */

socklen_t
net_connect_sockaddr(const struct in6_addr *a, int port, struct sockaddr_storage *ss)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = *a};
	*ss = (struct sockaddr_storage){0};
	if (!IN6_IS_ADDR_V4MAPPED(a)) {
		(void)memcpy(ss, &in6, sizeof in6);
		return sizeof in6;
	}
	(void)memcpy(&in.sin_addr, a->s6_addr + 12, sizeof in.sin_addr);
	(void)memcpy(ss, &in, sizeof in);
	return sizeof in;
}

/* An IPv6 socket address that is itself IPv4-mapped, or has a zone, could not be told from another: refused. */
int
net_connect_address(const struct sockaddr *sa, struct in6_addr *a, int *port)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	if (sa->sa_family == AF_INET) {
		(void)memcpy(&in, sa, sizeof in);
		*a = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
		(void)memcpy(a->s6_addr + 12, &in.sin_addr, sizeof in.sin_addr);
		*port = ntohs(in.sin_port);
		return 0;
	}
	if (sa->sa_family != AF_INET6)
		return -1;
	(void)memcpy(&in6, sa, sizeof in6);
	*a = in6.sin6_addr;
	*port = ntohs(in6.sin6_port);
	return IN6_IS_ADDR_V4MAPPED(a) || in6.sin6_scope_id != 0 ? -1 : 0;
}

/* ---- questions and answers ------------------------------------------------------------------------ */

union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int
net_connect_answer(int channel, const struct connect_opened *said, int fd)
{
	struct iovec v = {(void *)(uintptr_t)said, sizeof *said};
	union control control = {{0}};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof control.room;
		struct cmsghdr *h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof fd);
		(void)memcpy(CMSG_DATA(h), &fd, sizeof fd);
	}
	return sendmsg(channel, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* The descriptor in a message, or -1. */
static int
descriptor(struct msghdr *m)
{
	const struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd = -1;
	if (h != NULL && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
	    h->cmsg_len == CMSG_LEN(sizeof fd))
		(void)memcpy(&fd, CMSG_DATA(h), sizeof fd);
	return fd;
}

int
net_connect_ask(int channel, const struct connect_open *ask, struct connect_opened *said, int *fd)
{
	union control control;
	struct iovec v = {said, sizeof *said};
	struct msghdr m = {
	    .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
	ssize_t n = send(channel, ask, sizeof *ask, MSG_NOSIGNAL);
	while (n >= 0 && (n = recvmsg(channel, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		n = 0;
	if (n < 0)
		return -1;
	*fd = descriptor(&m);
	if (n == (ssize_t)sizeof *said && (said->verdict == CONNECT_OK) == (*fd >= 0))
		return 0;
	io_close(fd);
	return -1;
}
