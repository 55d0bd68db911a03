/* What may a name server answer?  The hostile one of the tests, on UDP and TCP.
 *
 * dns --rules FILE --log FILE ADDR: prints "ready", serves port 53 of ADDR until killed.  The log: NAME TYPE per question.
 *
 * A rule is a line "NAME WHAT [ANSWER...]".  NAME: lower case, without the last dot; "*.x": all below x; "*": all others.
 *   A, AAAA   ANSWER: addresses joined by commas.  The first question gets the first ANSWER, the second the second, and
 *             the last one stays: a name that is bound anew.  TTL 0.
 *   SRV       ANSWER: PRIORITY:WEIGHT:PORT:TARGET joined by commas
 *   CNAME     ANSWER: a name whose own rules follow it into the same answer
 *   NX SERVFAIL SILENT   what it says    JUNK  a header, and a name that points at itself
 *   TRUNCATED  over UDP, nothing but the flag; the name's other rules answer over TCP */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 53, MESSAGE = 4096, HEADER = 12, RULES = 512, CHAIN = 12, NAME = 256 };
enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_AAAA = 28, TYPE_SRV = 33, NXDOMAIN = 3, SERVER_FAILED = 2 };

struct rule {
	char name[NAME], what[16], answer[600];
	unsigned asked;
};

static struct rule rules[RULES];
static size_t n_rules;
static FILE *out; /* the log */

struct message {
	unsigned char p[MESSAGE];
	size_t n;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "dns: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
read_rules(const char *file)
{
	char line[1024];
	FILE *f = fopen(file, "re");
	if (f == NULL)
		die(file);
	while (fgets(line, sizeof line, f) != NULL) {
		struct rule *r = &rules[n_rules];
		if (sscanf(line, "%255s %15s %599[^\n]", r->name, r->what, r->answer) < 2 || r->name[0] == '#')
			continue;
		if (++n_rules == RULES)
			break;
	}
	(void)fclose(f);
}

/* ---- finding ------------------------------------------------------------------------------------------- */

static bool
covers(const char *pattern, const char *name)
{
	size_t n = strlen(name), m = strlen(pattern);
	if (pattern[0] != '*')
		return strcmp(pattern, name) == 0;
	return m == 1 || (n > m - 1 && strcmp(name + n - (m - 1), pattern + 1) == 0);
}

/* The name's rule of that kind.  Its most exact pattern alone speaks: a wildcard says nothing of a name that is there. */
static struct rule *
find(const char *name, const char *what)
{
	const char *best = NULL;
	for (size_t i = 0; i < n_rules; i++)
		if (covers(rules[i].name, name) && (best == NULL || rules[i].name[0] != '*' ||
						    (best[0] == '*' && strlen(rules[i].name) > strlen(best))))
			best = rules[i].name;
	for (size_t i = 0; best != NULL && i < n_rules; i++)
		if (strcmp(rules[i].name, best) == 0 && (what == NULL || strcmp(rules[i].what, what) == 0))
			return &rules[i];
	return NULL;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static void
put(struct message *m, const void *p, size_t n)
{
	if (m->n + n > sizeof m->p)
		return;
	(void)memcpy(m->p + m->n, p, n);
	m->n += n;
}

static void
put16(struct message *m, unsigned v)
{
	put(m, (unsigned char[]){(unsigned char)(v >> 8), (unsigned char)v}, 2);
}

static void
put_name(struct message *m, const char *name)
{
	while (*name != '\0') {
		unsigned char n = (unsigned char)strcspn(name, ".");
		put(m, &n, 1);
		put(m, name, n);
		name += n + (name[n] == '.');
	}
	put(m, "", 1);
}

static void
put_record(struct message *m, const char *name, unsigned type, const void *data, size_t n)
{
	put_name(m, name);
	put16(m, type);
	put16(m, 1);
	put16(m, 0);
	put16(m, 0);
	put16(m, (unsigned)n);
	put(m, data, n);
	m->p[7]++; /* answers; never more than 255 here */
}

static void
put_addresses(struct message *m, const char *name, unsigned type, struct rule *r)
{
	char list[600], *save = NULL, *words = list, *now = NULL;
	(void)snprintf(list, sizeof list, "%s", r->answer);
	for (unsigned i = 0; i <= r->asked; i++, words = NULL) {
		char *next = strtok_r(words, " ", &save);
		if (next == NULL)
			break;
		now = next;
	}
	r->asked++;
	for (char *a = now != NULL ? strtok_r(now, ",", &save) : NULL; a != NULL; a = strtok_r(NULL, ",", &save)) {
		unsigned char b[16];
		if (inet_pton(type == TYPE_A ? AF_INET : AF_INET6, a, b) != 1)
			die(a);
		put_record(m, name, type, b, type == TYPE_A ? 4 : 16);
	}
}

static void
put_services(struct message *m, const char *name, const struct rule *r)
{
	char list[600], *save = NULL;
	(void)snprintf(list, sizeof list, "%s", r->answer);
	for (char *s = strtok_r(list, ",", &save); s != NULL; s = strtok_r(NULL, ",", &save)) {
		struct message d = {.n = 0};
		unsigned priority, weight, port;
		char target[NAME];
		if (sscanf(s, "%u:%u:%u:%255s", &priority, &weight, &port, target) != 4)
			die(s);
		put16(&d, priority);
		put16(&d, weight);
		put16(&d, port);
		put_name(&d, strcmp(target, ".") == 0 ? "" : target);
		put_record(m, name, TYPE_SRV, d.p, d.n);
	}
}

/* The chain of names, and the addresses at its end; a chain that loops is sent as far as it fits. */
static void
put_answers(struct message *m, const char *asked, unsigned type)
{
	char name[NAME];
	struct rule *r;
	(void)snprintf(name, sizeof name, "%s", asked);
	for (int i = 0; i < CHAIN && (r = find(name, "CNAME")) != NULL; i++) {
		struct message to = {.n = 0};
		put_name(&to, r->answer);
		put_record(m, name, TYPE_CNAME, to.p, to.n);
		(void)snprintf(name, sizeof name, "%.255s", r->answer);
	}
	if ((type == TYPE_A || type == TYPE_AAAA) && (r = find(name, type == TYPE_A ? "A" : "AAAA")) != NULL)
		put_addresses(m, name, type, r);
	if (type == TYPE_SRV && (r = find(name, "SRV")) != NULL)
		put_services(m, name, r);
}

/* ---- answering --------------------------------------------------------------------------------------------- */

/* The question's name in lower case, and where its type stands; 0: no question of the usual form. */
static size_t
question(const unsigned char *p, size_t n, char name[NAME])
{
	size_t at = HEADER, o = 0;
	while (at < n && p[at] != 0) {
		size_t len = p[at++];
		if (len > 63 || at + len >= n || o + len + 1 >= NAME)
			return 0;
		for (; len > 0; len--)
			name[o++] = (char)tolower(p[at++]);
		name[o++] = '.';
	}
	name[o > 0 ? o - 1 : 0] = '\0';
	return at + 5 <= n ? at + 1 : 0;
}

/* false: silence. */
static bool
answer(const unsigned char *p, size_t n, bool tcp, struct message *m)
{
	char name[NAME];
	size_t at = n >= HEADER ? question(p, n, name) : 0;
	if (at == 0)
		return false;
	unsigned type = (unsigned)(p[at] << 8 | p[at + 1]);
	(void)fprintf(out, "%s %s\n", name,
		      type == TYPE_A	  ? "A"
		      : type == TYPE_AAAA ? "AAAA"
		      : type == TYPE_SRV  ? "SRV"
					  : "?");
	m->n = 0;
	put(m, p, at + 4);
	(void)memset(m->p + 6, 0, 6);
	m->p[2] = (unsigned char)(0x84 | (p[2] & 1)); /* an answer, authoritative */
	m->p[3] = 0x80;
	m->p[5] = 1;
	const struct rule *any = find(name, NULL);
	if (find(name, "SILENT") != NULL)
		return false;
	if (any == NULL || find(name, "NX") != NULL)
		m->p[3] |= NXDOMAIN;
	else if (find(name, "SERVFAIL") != NULL)
		m->p[3] |= SERVER_FAILED;
	else if (!tcp && find(name, "TRUNCATED") != NULL)
		m->p[2] |= 2;
	else if (find(name, "JUNK") != NULL) {
		put16(m, 0xc000u | (unsigned)m->n);
		m->p[7] = 200;
	} else
		put_answers(m, name, type);
	return true;
}

static void
serve_udp(int fd)
{
	static struct message m;
	unsigned char p[MESSAGE];
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	ssize_t n = recvfrom(fd, p, sizeof p, 0, (struct sockaddr *)&from, &len);
	if (n > 0 && answer(p, (size_t)n, false, &m))
		(void)sendto(fd, m.p, m.n, 0, (struct sockaddr *)&from, len);
}

/* Resolvers send both of their questions at once, and hang up when they have both answers. */
static void
serve_tcp(int listener)
{
	static struct message m;
	unsigned char p[MESSAGE];
	struct timeval patience = {.tv_sec = 1};
	int fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	while (recv(fd, p, 2, MSG_WAITALL) == 2) {
		ssize_t n = recv(fd, p, (size_t)(p[0] << 8 | p[1]) % MESSAGE, MSG_WAITALL);
		if (n < HEADER || !answer(p, (size_t)n, true, &m))
			break;
		unsigned char head[2] = {(unsigned char)(m.n >> 8), (unsigned char)m.n};
		(void)send(fd, head, 2, MSG_NOSIGNAL | MSG_MORE);
		(void)send(fd, m.p, m.n, MSG_NOSIGNAL);
	}
	(void)close(fd);
}

static int
open_on(const char *address, int type)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	errno = EINVAL;
	if (inet_pton(AF_INET, address, &in.sin_addr) != 1 || fd < 0 ||
	    bind(fd, (struct sockaddr *)&in, sizeof in) < 0 || (type == SOCK_STREAM && listen(fd, 64) < 0))
		die(address);
	return fd;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"rules", required_argument, NULL, 'r'}, {"log", required_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
	for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (o == 'r')
			read_rules(optarg);
		else if (o == 'l' && (out = fopen(optarg, "ae")) == NULL)
			die(optarg);
		else if (o == '?')
			return 2;
	}
	if (out == NULL || optind + 1 != argc)
		return 2;
	setvbuf(out, NULL, _IOLBF, 0);
	struct pollfd at[2] = {{.fd = open_on(argv[optind], SOCK_DGRAM), .events = POLLIN},
			       {.fd = open_on(argv[optind], SOCK_STREAM), .events = POLLIN}};
	(void)puts("ready");
	(void)fflush(stdout);
	while (poll(at, 2, -1) >= 0 || errno == EINTR) {
		if (at[0].revents != 0)
			serve_udp(at[0].fd);
		if (at[1].revents != 0)
			serve_tcp(at[1].fd);
	}
	return 1;
}
