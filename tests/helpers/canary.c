/* Who was reached, at which address?  A web server on every address of a network namespace where every address is
 * local, and a listener on its wire: what should not have been sent is seen even where nobody answers.
 *
 * canary [--root DIR] --log FILE PORT...: prints "ready", serves until SIGTERM.  The log, one line each:
 *   syn ADDR PORT          somebody began to connect          udp ADDR PORT       a datagram (but none from port 53)
 *   other ADDR PROTOCOL    neither TCP nor UDP nor ICMP       lost N              packets the kernel did not show
 *   get ADDR PORT TARGET   a request                          header ADDR LINE    one no fetcher of previews sends
 *
 *   /rCODE?to=URL          that status with Location          /r103  Location in an interim response, then 200
 *   /dup?to=URL            two Locations, the first is URL     /rdup  the last is
 *   /refresh /xloc /altsvc /hsts  ?to=URL in headers that no fetcher obeys
 *   /cookie?to=URL[&domain=D]  a redirect that sets a cookie   /FILE  from DIR, else a small page
 * Each accepts ?h=Name:%20value (repeatable): further headers; value may hold CR LF. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IN_MAX = 16384, OUT_MAX = 1 << 20, WIRE_BUFFER = 32 << 20, TCP_SYN_ACK = 0x12, TCP_SYN = 2, DNS = 53 };
enum kind { LISTENER, CLIENT, WIRE };

struct peer {
	enum kind kind;
	int fd;
	char at[INET6_ADDRSTRLEN + 8]; /* "ADDR PORT" of the connection's this end */
	size_t len;
	char in[IN_MAX + 1];
};

static FILE *out; /* the log */
static int root = -1;
static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void
die(const char *what)
{
	(void)fprintf(stderr, "canary: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the wire ----------------------------------------------------------------------------------------- */

static void
name_v6(char *text, const unsigned char *b)
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	bool v4 = memcmp(b, mapped, sizeof mapped) == 0;
	(void)inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? b + 12 : b, text, INET6_ADDRSTRLEN);
}

static void
look(const unsigned char *p, size_t n)
{
	char to[INET6_ADDRSTRLEN];
	bool v4 = n >= 20 && p[0] >> 4 == 4;
	size_t head = v4 ? (size_t)(p[0] & 15) * 4 : 40;
	if ((!v4 && (n < 40 || p[0] >> 4 != 6)) || n < head + 14)
		return;
	int protocol = v4 ? p[9] : p[6];
	const unsigned char *t = p + head;
	int from = t[0] << 8 | t[1], port = t[2] << 8 | t[3];
	if (v4)
		(void)inet_ntop(AF_INET, p + 16, to, sizeof to);
	else
		name_v6(to, p + 24);
	if (protocol == IPPROTO_TCP && (t[13] & TCP_SYN_ACK) == TCP_SYN)
		(void)fprintf(out, "syn %s %d\n", to, port);
	else if (protocol == IPPROTO_UDP && from != DNS)
		(void)fprintf(out, "udp %s %d\n", to, port);
	else if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_ICMP &&
		 protocol != IPPROTO_ICMPV6 && protocol != IPPROTO_HOPOPTS)
		(void)fprintf(out, "other %s %d\n", to, protocol);
}

static int
open_wire(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL)), size = WIRE_BUFFER;
	if (fd < 0)
		die("packet socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* what is lost is told */
	return fd;
}

static void
drain_wire(int fd)
{
	unsigned char p[256];
	struct sockaddr_ll from = {0};
	socklen_t len = sizeof from;
	for (ssize_t n; (n = recvfrom(fd, p, sizeof p, 0, (struct sockaddr *)&from, &len)) >= 0; len = sizeof from)
		if (from.sll_pkttype != PACKET_OUTGOING) /* loopback shows everything twice */
			look(p, (size_t)n);
}

static void
tell_lost(int fd)
{
	struct tpacket_stats stats = {0};
	socklen_t len = sizeof stats;
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		die("packet statistics");
	(void)fprintf(out, "lost %u\n", stats.tp_drops);
}

/* ---- the request ------------------------------------------------------------------------------------------ */

static int
hex(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* The i-th parameter of that name in the target, decoded; yours, or NULL. */
static char *
param(const char *target, const char *name, int i)
{
	const char *p = strchr(target, '?');
	size_t len = strlen(name);
	while (p != NULL && !(strncmp(p + 1, name, len) == 0 && p[1 + len] == '=' && i-- == 0))
		p = strchr(p + 1, '&');
	if (p == NULL)
		return NULL;
	char *v = strndup(p + len + 2, strcspn(p + len + 2, "&")), *w = v;
	for (const char *r = v; r != NULL && *r != '\0'; r++) {
		int a = *r == '%' ? hex((unsigned char)r[1]) : -1, b = a < 0 ? -1 : hex((unsigned char)r[2]);
		*w++ = b < 0 ? *r : (char)(a * 16 + b);
		r += b < 0 ? 0 : 2;
	}
	if (v == NULL)
		die("memory");
	*w = '\0';
	return v;
}

static void
tell_headers(const struct peer *c, const char *lines)
{
	static const char *const usual[] = {
	    "Host:", "User-Agent:", "Accept:", "Accept-Encoding:", "Accept-Language:", "Connection:"};
	for (size_t n; (n = strcspn(lines, "\r\n")) > 0; lines += n + 2) {
		bool known = false;
		for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
			known |= strncasecmp(lines, usual[i], strlen(usual[i])) == 0;
		if (!known)
			(void)fprintf(out, "header %.*s %.*s\n", (int)strcspn(c->at, " "), c->at, (int)n, lines);
	}
}

/* ---- the answer ----------------------------------------------------------------------------------------------- */

static const char *
type_of(const char *path)
{
	static const char *const types[][2] = {{".html", "text/html"}, {".json", "application/json"},
					       {".xml", "text/xml"},   {".gif", "image/gif"},
					       {".png", "image/png"},  {".jpg", "image/jpeg"}};
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++)
		if (strcmp(dot, types[i][0]) == 0)
			return types[i][1];
	return "text/html";
}

/* The file below --root, or a page that names who was reached. */
static size_t
body_of(const struct peer *c, const char *path, char *body)
{
	int fd = root >= 0 && path[1] != '\0' ? openat(root, path + 1, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd >= 0 ? read(fd, body, OUT_MAX) : -1;
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		n = snprintf(body, OUT_MAX, "<!DOCTYPE html><title>Canary at %s</title><p>reached</p>\n", c->at);
	return (size_t)n;
}

static void
add_location(FILE *f, const char *path, const char *to)
{
	static const char elsewhere[] = "http://pub.test/ok";
	if (strcmp(path, "/rdup") == 0)
		(void)fprintf(f, "Location: %s\r\n", elsewhere);
	if (strcmp(path, "/refresh") == 0)
		(void)fprintf(f, "Refresh: 0; url=%s\r\n", to);
	else if (strcmp(path, "/xloc") == 0)
		(void)fprintf(f, "Content-Location: %s\r\nX-Accel-Redirect: %s\r\nX-Sendfile: %s\r\nURI: <%s>\r\n", to,
			      to, to, to);
	else if (strcmp(path, "/altsvc") == 0)
		(void)fprintf(f, "Alt-Svc: h2=\"%s:443\"; ma=86400, http/1.1=\"127.0.0.1:80\"\r\n", to);
	else if (strcmp(path, "/hsts") == 0)
		(void)fputs("Strict-Transport-Security: max-age=86400; includeSubDomains\r\n", f);
	else
		(void)fprintf(f, "Location: %s\r\n", to);
	if (strcmp(path, "/dup") == 0)
		(void)fprintf(f, "Location: %s\r\n", elsewhere);
}

static int
status_of(const char *path)
{
	int code = 0;
	if (strcmp(path, "/dup") == 0 || strcmp(path, "/rdup") == 0 || strcmp(path, "/cookie") == 0)
		return 302;
	if (path[1] == 'r' && strlen(path) == 5 && strspn(path + 2, "0123456789") == 3)
		code = (int)strtol(path + 2, NULL, 10);
	return code >= 200 && code <= 599 ? code : 200;
}

static void
add_head(FILE *f, const char *target, const char *path, size_t length)
{
	char *to = param(target, "to", 0), *domain = param(target, "domain", 0), *h;
	int status = status_of(path);
	if (strcmp(path, "/r103") == 0 && to != NULL)
		(void)fprintf(f, "HTTP/1.1 103 Early Hints\r\nLocation: %s\r\nLink: <%s>; rel=preload\r\n\r\n", to, to);
	(void)fprintf(f, "HTTP/1.1 %d Whatever\r\n", status);
	if (strcmp(path, "/cookie") == 0)
		(void)fprintf(f, "Set-Cookie: biscuit=warm; Path=/%s%s\r\n", domain ? "; Domain=" : "",
			      domain ? domain : "");
	if (to != NULL && strcmp(path, "/r103") != 0)
		add_location(f, path, to);
	for (int i = 0; (h = param(target, "h", i)) != NULL; i++, free(h))
		(void)fprintf(f, "%s\r\n", h);
	if (status != 304)
		(void)fprintf(f, "Content-Type: %s\r\nContent-Length: %zu\r\n", type_of(path), length);
	(void)fputs("\r\n", f);
	free(to);
	free(domain);
}

static void
answer(struct peer *c, const char *target)
{
	static char body[OUT_MAX];
	char *p = NULL, path[1024];
	size_t n = 0, length;
	(void)snprintf(path, sizeof path, "%.*s", (int)strcspn(target, "?"), target);
	length = body_of(c, path, body);
	FILE *f = open_memstream(&p, &n);
	if (f == NULL)
		die("memory");
	add_head(f, target, path, length);
	if (status_of(path) != 304)
		(void)fwrite(body, 1, length, f);
	if (fclose(f) != 0)
		die("memory");
	for (size_t sent = 0; sent < n;) { /* clients read; a timeout on the socket ends those that do not */
		ssize_t m = send(c->fd, p + sent, n - sent, MSG_NOSIGNAL);
		if (m <= 0)
			break;
		sent += (size_t)m;
	}
	free(p);
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

static void
welcome(int epoll, const struct peer *listener)
{
	struct sockaddr_in6 me = {0};
	socklen_t len = sizeof me;
	struct timeval patience = {.tv_sec = 1};
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct peer *c = calloc(1, sizeof *c);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
	char text[INET6_ADDRSTRLEN];
	if (c == NULL || getsockname(fd, (struct sockaddr *)&me, &len) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
		die("connection");
	name_v6(text, me.sin6_addr.s6_addr);
	(void)snprintf(c->at, sizeof c->at, "%s %d", text, ntohs(me.sin6_port));
	c->kind = CLIENT;
	c->fd = fd;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll");
}

/* One read, and every request that is whole.  Nothing is answered to what is not HTTP, TLS for example. */
static void
serve(struct peer *c)
{
	ssize_t n = recv(c->fd, c->in + c->len, IN_MAX - c->len, MSG_DONTWAIT);
	if (n <= 0) {
		(void)close(c->fd);
		free(c);
		return;
	}
	c->len += (size_t)n;
	c->in[c->len] = '\0';
	for (char *end; (end = strstr(c->in, "\r\n\r\n")) != NULL;) {
		char *target = memchr(c->in, ' ', c->len), *line = strstr(c->in, "\r\n");
		end[2] = '\0';
		if (target != NULL && target < line) {
			target++;
			target[strcspn(target, " \r")] = '\0';
			(void)fprintf(out, "get %s %s\n", c->at, target);
			tell_headers(c, line + 2);
			answer(c, target);
		}
		end += 4;
		c->len -= (size_t)(end - c->in);
		(void)memmove(c->in, end, c->len + 1);
	}
}

static void
listen_on(int epoll, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct peer *l = calloc(1, sizeof *l);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = l};
	int off = 0, on = 1;
	if (l == NULL)
		die("memory");
	l->fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(l->fd, (struct sockaddr *)&any, sizeof any) < 0 || listen(l->fd, 4096) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &ev) < 0)
		die("listen");
} // NOLINT(clang-analyzer-unix.Malloc): epoll has it

static void
loop(int epoll)
{
	struct epoll_event ev[64], w = {.events = EPOLLIN};
	struct sigaction sa = {.sa_handler = on_signal};
	struct peer wire = {.kind = WIRE, .fd = open_wire()};
	sigset_t term, none;
	(void)sigemptyset(&none);
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	w.data.ptr = &wire;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, wire.fd, &w) < 0)
		die("epoll");
	(void)puts("ready");
	(void)fflush(stdout);
	while (!stop) {
		int n = epoll_pwait(epoll, ev, 64, -1, &none);
		for (int i = 0; i < n; i++) {
			struct peer *p = ev[i].data.ptr;
			if (p->kind == WIRE)
				drain_wire(p->fd);
			else if (p->kind == LISTENER)
				welcome(epoll, p);
			else
				serve(p);
		}
	}
	drain_wire(wire.fd); /* loopback delivers at once: what was sent before the signal is here */
	tell_lost(wire.fd);
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"root", required_argument, NULL, 'r'}, {"log", required_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (o == 'r' && (root = open(optarg, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
			die(optarg);
		else if (o == 'l' && (out = fopen(optarg, "ae")) == NULL)
			die(optarg);
		else if (o == '?')
			return 2;
	}
	if (out == NULL)
		return 2;
	setvbuf(out, NULL, _IOLBF, 0);
	for (; optind < argc; optind++)
		listen_on(epoll, (uint16_t)strtoul(argv[optind], NULL, 10));
	loop(epoll);
	return fclose(out) != 0;
}
