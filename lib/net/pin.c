/* Which address may be connected to, and how many bytes came from it? */
#include "net/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/connect.h"
#include "net/queue.h"

/* tcpi_bytes_received in the kernel's struct tcp_info, which grows only at its end; the C library's is older. */
enum { TCP_INFO_RECEIVED = 128 };

/* ms between two looks at what a socket received: libcurl reports progress seven times for a small page, and each look is
 * a system call.  What comes between two looks is read and dropped, as fast as the line brings it. */
enum { LOOK_EVERY = 4 };

/* ---- sockets of living connections ------------------------------------------------------------ */

static void
conn_add(struct net *n, curl_socket_t fd, const struct in6_addr *peer)
{
	n->conn = mem_realloc(n->conn, (n->n_conn + 1) * sizeof *n->conn);
	n->conn[n->n_conn++] = (struct net_conn){.fd = fd, .peer = *peer};
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

/* libcurl does not tell a callback its socket; the local port and the address of the other side do, which two
 * connections do not share. */
static curl_socket_t
conn_find(struct net *n, const char *remote, int port)
{
	struct in6_addr peer;
	struct sockaddr_in in = {.sin_family = AF_INET};
	int unused = 0;
	if (inet_pton(AF_INET, remote, &in.sin_addr) == 1)
		(void)net_connect_address((struct sockaddr *)&in, &peer, &unused);
	else if (inet_pton(AF_INET6, remote, &peer) != 1)
		return CURL_SOCKET_BAD;
	for (size_t i = 0; i < n->n_conn; i++) {
		if (n->conn[i].port == 0)
			n->conn[i].port = local_port(n->conn[i].fd);
		if (n->conn[i].port == port && IN6_ARE_ADDR_EQUAL(&n->conn[i].peer, &peer))
			return n->conn[i].fd;
	}
	return CURL_SOCKET_BAD;
}

/* ---- who opens the socket? ---------------------------------------------------------------------- */

/* This process itself.  With a proxy the only address is the proxy's, which its owner named. */
static int
open_here(struct transfer *t, const struct curl_sockaddr *address)
{
	if (t->net->proxy_host == NULL && url_policy_check_addr(t->net->o.policy, &address->addr) != URL_OK) {
		t->blocked = true;
		return -1;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The connector: a socket that is on its way already. */
static int
open_there(struct transfer *t, const struct in6_addr *peer, int port)
{
	struct connect_open ask = {.address = *peer, .port = (uint16_t)port};
	struct connect_opened said;
	int fd = -1;
	if (net_connect_ask(t->net->o.open_fd, &ask, &said, &fd) < 0) {
		t->net->gone = true;
		return -1;
	}
	t->blocked = said.verdict == CONNECT_DENIED;
	if (said.verdict == CONNECT_FAILED)
		t->no = said.no;
	return fd;
}

/* ---- callbacks ---------------------------------------------------------------------------------- */

/* The very address that connect(2) gets, on every hop and every attempt: no second lookup can come between.  One
 * refused address refuses the name (spec A.5). */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = arg;
	struct in6_addr peer;
	int port = 0;
	(void)purpose;
	if (t->blocked || net_connect_address(&address->addr, &peer, &port) < 0) {
		t->blocked = true;
		return CURL_SOCKET_BAD;
	}
	int fd = t->net->o.open_fd >= 0 ? open_there(t, &peer, port) : open_here(t, address);
	if (fd >= 0)
		conn_add(t->net, fd, &peer);
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
	(void)local;
	(void)remote_port;
	t->phase = PHASE_HEADERS;
	t->since = t->looked = t->net->o.clock();
	net_queue_sent(t);
	t->fd = conn_find(t->net, remote, port);
	t->wire_from = wire_bytes(t->fd);
	return CURL_PREREQFUNC_OK;
}

static int
judge_wire(struct transfer *t)
{
	int64_t now = t->phase == PHASE_CONNECT ? t->looked : t->net->o.clock();
	if (now - t->looked < LOOK_EVERY)
		return 0;
	t->looked = now;
	if (wire_bytes(t->fd) < t->wire_from + (uint64_t)net_site_wire(t))
		return 0;
	return t->err.code != ERR_NONE ? -1 : net_fail_large(t);
}

int
net_pin_ratio(struct transfer *t, int64_t decoded)
{
	if (decoded <= NET_RATIO_FREE || t->fd == CURL_SOCKET_BAD)
		return 0;
	int64_t received = (int64_t)(wire_bytes(t->fd) - t->wire_from);
	return decoded / t->net->o.max_ratio <= received ? 0 : net_fail_ratio(t);
}

static int
progress(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct transfer *t = arg;
	(void)dltotal;
	(void)dlnow;
	(void)ultotal;
	(void)ulnow;
	if (t->err.code != ERR_NONE && !t->skip)
		return 1;
	return judge_wire(t) < 0;
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
