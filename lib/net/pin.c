/* Which address may be connected to, and how many bytes came from it? */
#include "net/net.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/int.h"

/* libcurl reports at least once in 1.6 MB that it reads; a look at the socket is a system call. */
enum { TICKS_PER_LOOK = 4 };

/* tcpi_bytes_received in the kernel's struct tcp_info, which grows only at its end; the C library's is older. */
enum { TCP_INFO_RECEIVED = 128 };

/* ---- sockets of living connections ------------------------------------------------------------ */

static void
conn_add(struct net *n, curl_socket_t fd)
{
	n->conn = mem_realloc(n->conn, (n->n_conn + 1) * sizeof *n->conn);
	n->conn[n->n_conn++] = (struct net_conn){.fd = fd};
}

static void
conn_remove(struct net *n, curl_socket_t fd)
{
	for (size_t i = 0; i < n->n_conn; i++) {
		if (n->conn[i].fd != fd)
			continue;
		n->conn[i] = n->conn[--n->n_conn];
		return;
	}
}

static int
local_port(curl_socket_t fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof ss;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		return -1;
	(void)memcpy(&in, &ss, sizeof in);
	(void)memcpy(&in6, &ss, sizeof in6);
	return ntohs(ss.ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

/* libcurl does not tell a callback its socket; the local port does. */
static curl_socket_t
conn_by_port(struct net *n, int port)
{
	for (size_t i = 0; i < n->n_conn; i++) {
		if (n->conn[i].port == 0)
			n->conn[i].port = local_port(n->conn[i].fd);
		if (n->conn[i].port == port)
			return n->conn[i].fd;
	}
	return CURL_SOCKET_BAD;
}

/* ---- callbacks ---------------------------------------------------------------------------------- */

/* The very address that connect(2) gets, on every hop and every attempt: no second lookup can come between.  One
 * refused address refuses the name (spec A.5). */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;
	(void)purpose;
	if (url_policy_check_addr(t->net->o.policy, &address->addr) != URL_OK)
		t->blocked = true;
	if (t->blocked)
		return CURL_SOCKET_BAD;
	curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (fd != CURL_SOCKET_BAD)
		conn_add(t->net, fd);
	return fd;
}

static int
close_socket(void *arg, curl_socket_t fd)
{
	conn_remove(arg, fd);
	return close(fd);
}

static uint64_t
wire_bytes(curl_socket_t fd)
{
	unsigned char info[TCP_INFO_RECEIVED + sizeof(uint64_t)];
	socklen_t len = sizeof info;
	uint64_t n = 0;
	if (fd == CURL_SOCKET_BAD || getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) < 0 || len < sizeof info)
		return 0; /* a kernel before 4.1 */
	(void)memcpy(&n, info + TCP_INFO_RECEIVED, sizeof n);
	return n;
}

/* The connection stands (a new one, or one that was kept) and the request goes out next. */
static int
connected(void *arg, char *remote, char *local, // NOLINT(readability-non-const-parameter): libcurl's signature
	  int remote_port, int port)
{
	struct transfer *t = arg;
	(void)remote;
	(void)local;
	(void)remote_port;
	t->phase = PHASE_HEADERS;
	t->since = t->net->o.clock();
	t->fd = conn_by_port(t->net, port);
	t->wire_from = wire_bytes(t->fd);
	return CURL_PREREQFUNC_OK;
}

int
net_pin_wire(struct transfer *t)
{
	if (t->phase == PHASE_CONNECT || wire_bytes(t->fd) < t->wire_from + (uint64_t)t->net->o.max_wire)
		return 0;
	return t->err.code != ERR_NONE ? -1 : net_fail_large(t);
}

static int
progress(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct transfer *t = arg;
	(void)dltotal;
	(void)dlnow;
	(void)ultotal;
	(void)ulnow;
	if (++t->ticks % TICKS_PER_LOOK != 0)
		return t->err.code != ERR_NONE && !t->skip;
	return net_pin_wire(t) < 0;
}

void
net_pin_set(CURL *easy, struct net *n)
{
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	(void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	(void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, n);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, connected);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, progress);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
}

void
net_pin_attach(CURL *easy, struct transfer *t)
{
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
	(void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
}
