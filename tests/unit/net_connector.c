/* Does the connector judge whatever it is asked, hand over what may be had, and end when nobody asks any more? */
#include "net/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tap.h"

struct other {
	pid_t pid;
	int lookup, opens;
};

static const char *const open_range[] = {"127.0.0.1/32", NULL};
static const char *const open_host[] = {"127.0.0.0/8", "::1", NULL};

static struct other
start(const char *const *allow, struct net_connector o)
{
	struct other c = {-1, -1, -1};
	struct err err;
	int a[2], b[2];
	struct url_policy *p = url_policy_new();
	for (; *allow != NULL; allow++)
		(void)url_policy_allow_ip(p, *allow, &err);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, a) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, b) < 0)
		exit(1);
	o.policy = p;
	o.lookup_fd = a[1];
	o.open_fd = b[1];
	o.max_lookups = o.max_lookups > 0 ? o.max_lookups : 8;
	c.pid = fork();
	if (c.pid == 0) {
		(void)close(a[0]);
		(void)close(b[0]);
		_exit(net_connector(&o, &err) < 0 ? 1 : 0);
	}
	url_policy_free(p);
	(void)close(a[1]);
	(void)close(b[1]);
	c.lookup = a[0];
	c.opens = b[0];
	return c;
}

static int
end(struct other *c)
{
	int status = -1;
	io_close(&c->lookup);
	io_close(&c->opens);
	return waitpid(c->pid, &status, 0) == c->pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
try_open(const struct other *c, const char *address, int port, int *fd)
{
	struct connect_open ask = {.port = (uint16_t)port};
	struct connect_opened said = {.verdict = -1};
	struct sockaddr_in in = {.sin_family = AF_INET};
	int unused;
	if (inet_pton(AF_INET, address, &in.sin_addr) == 1)
		(void)net_connect_address((struct sockaddr *)&in, &ask.address, &unused);
	else
		(void)inet_pton(AF_INET6, address, &ask.address);
	*fd = -1;
	if (net_connect_ask(c->opens, &ask, &said, fd) < 0)
		return -1;
	return said.verdict;
}

static int
listener(int *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, n) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &n) < 0)
		exit(1);
	*port = ntohs(in.sin_port);
	return fd;
}

/* errno of the connection when it is settled. */
static int
settled(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int no = -1;
	socklen_t n = sizeof no;
	(void)poll(&p, 1, 10000);
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &no, &n) < 0 ? -1 : no;
}

static void
opening(void)
{
	static const struct {
		const char *address;
		int port;
	} denied[] = {{"127.0.0.2", 80},     {"10.0.0.1", 80},	    {"169.254.169.254", 80}, {"::1", 80},
		      {"fe80::1", 80},	     {"fd00:ec2::254", 80}, {"64:ff9b::a00:1", 443}, {"2002:7f00:1::", 80},
		      {"168.63.129.16", 80}, {"127.0.0.1", 0},	    {"127.0.0.1", 22},	     {"93.184.216.34", 25}};
	struct other c = start(open_range, (struct net_connector){0});
	int port = 0, fd, l = listener(&port);
	is_int(try_open(&c, "127.0.0.1", port, &fd), CONNECT_OK, "an allowed address is opened");
	is_int(settled(fd), 0, "and connects");
	io_close(&fd);
	for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++) {
		is_int(try_open(&c, denied[i].address, denied[i].port, &fd), CONNECT_DENIED, denied[i].address);
		ok(fd < 0, "and no descriptor");
	}
	io_close(&l);
	is_int(try_open(&c, "127.0.0.1", port, &fd), CONNECT_OK, "nobody listens: a socket all the same");
	is_int(settled(fd), ECONNREFUSED, "and its error");
	io_close(&fd);
	is_int(end(&c), 0, "it ends when nobody asks any more");

	c = start(open_range, (struct net_connector){0});
	ok(send(c.opens, "x", 1, MSG_NOSIGNAL) == 1, "half a question");
	char answer;
	ok(recv(c.opens, &answer, 1, 0) <= 0, "is the end of it");
	is_int(end(&c), 1, "and an error");
}

static int
try_name(const struct other *c, const char *host, struct connect_addresses *said)
{
	struct connect_name ask = {.id = 7};
	(void)memcpy(ask.host, host, strnlen(host, sizeof ask.host));
	*said = (struct connect_addresses){.verdict = -1};
	if (send(c->lookup, &ask, sizeof ask, MSG_NOSIGNAL) < 0 || recv(c->lookup, said, sizeof *said, 0) < 0)
		return -1;
	is_int(said->id, 7, "the answer is to this question");
	return said->verdict;
}

static void
names(void)
{
	enum { MANY = 100 };
	struct connect_addresses said;
	char longest[CONNECT_NAME_MAX + 2];
	int seen[MANY] = {0}, once = 0;
	struct other c = start(open_range, (struct net_connector){0});
	(void)memset(longest, 'a', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	is_int(try_name(&c, "127.0.0.2", &said), CONNECT_DENIED, "a name that leads to a refused address");
	is_int(said.n, 0, "tells no address");
	is_int(try_name(&c, "127.0.0.1", &said), CONNECT_OK, "one that leads to an allowed one");
	is_int(said.n, 1, "tells it");
	is_int(try_name(&c, "::ffff:127.0.0.1", &said), CONNECT_DENIED, "not in disguise");
	is_int(try_name(&c, "", &said), CONNECT_NONE, "no name");
	is_int(try_name(&c, "a b", &said), CONNECT_NONE, "not a name");
	is_int(try_name(&c, "a\n", &said), CONNECT_NONE, "nor this");
	is_int(try_name(&c, longest, &said), CONNECT_NONE, "nor one without end");
	is_int(end(&c), 0, "the end");

	c = start(open_host, (struct net_connector){.max_lookups = 4});
	is_int(try_name(&c, "localhost", &said), CONNECT_OK, "localhost, where its addresses are allowed");
	for (uint32_t i = 0; i < MANY; i++) {
		struct connect_name ask = {.id = i, .host = "localhost"};
		if (send(c.lookup, &ask, sizeof ask, MSG_NOSIGNAL) < 0)
			break;
	}
	for (int i = 0; i < MANY && recv(c.lookup, &said, sizeof said, 0) == (ssize_t)sizeof said; i++)
		if (said.id < MANY && seen[said.id]++ == 0 && said.verdict == CONNECT_OK)
			once++;
	is_int(once, MANY, "more questions than threads: each is answered once");
	is_int(end(&c), 0, "the end");
}

static void
proxies(void)
{
	static const char *const none[] = {NULL};
	struct connect_addresses said;
	int port = 0, fd, l = listener(&port);
	struct other c = start(none, (struct net_connector){.proxy_host = "127.0.0.1", .proxy_port = port});
	is_int(try_open(&c, "127.0.0.1", port, &fd), CONNECT_DENIED, "a proxy that was not looked up");
	is_int(try_name(&c, "localhost", &said), CONNECT_DENIED, "another name than the proxy's");
	is_int(try_name(&c, "127.0.0.1", &said), CONNECT_OK, "the proxy's");
	is_int(try_open(&c, "127.0.0.1", port, &fd), CONNECT_OK, "its address");
	is_int(settled(fd), 0, "connects");
	io_close(&fd);
	is_int(try_open(&c, "127.0.0.1", port == 8080 ? 8081 : 8080, &fd), CONNECT_DENIED, "not on another port");
	is_int(try_open(&c, "93.184.216.34", port, &fd), CONNECT_DENIED, "nor any other address, public or not");
	io_close(&l);
	is_int(end(&c), 0, "the end");
}

static void
proxy_urls(void)
{
	static const struct {
		const char *url, *host;
		int port;
	} rows[] = {{"http://proxy.example:3128", "proxy.example", 3128},
		    {"http://u:p@Proxy.Example/", "proxy.example", 80},
		    {"http://[::1]:8080", "::1", 8080},
		    {"https://proxy.example:3128", NULL, 0},
		    {"socks5://proxy.example", NULL, 0},
		    {"proxy.example:3128", NULL, 0},
		    {"http://", NULL, 0}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err = {0};
		char *host = NULL;
		int port = 0;
		int rc = net_proxy_parse(rows[i].url, &host, &port, &err);
		is_int(rc, rows[i].host != NULL ? 0 : -1, rows[i].url);
		is_str(host, rows[i].host, "host");
		is_int(port, rows[i].port, "port");
		mem_free(host);
	}
}

int
main(void)
{
	opening();
	names();
	proxies();
	proxy_urls();
	return done();
}
