/* Where is a server?  The steps of the server-server API, "Resolving server names", each with the answers to those before
 * it: nothing here goes anywhere, and where the way leads is judged by who goes it. */
#include "matrix/matrix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "json/json.h"

enum { PORT = 8448, PORT_MAX = 65535, SRV_MAX = 64 };

enum step { WELL_KNOWN, SRV, SRV_OLD, FOUND };

struct matrix_discovery {
	enum step step;
	char *host; /* the server's, or the one that it names in its place */
	char *what;
	struct matrix_place place[MATRIX_PLACES_MAX];
	size_t places;
};

/* ---- names --------------------------------------------------------------------------------------------- */

struct server {
	char host[MATRIX_ID_MAX + 3]; /* IPv6 in brackets */
	int port;		      /* -1: not said */
	bool literal;
};

/* A last label of digits makes an address of a name, to some readers (127.1, 0x7f.1): it is one, or nothing. */
static bool
ends_in_number(const char *host)
{
	size_t n = strlen(host), at;
	n -= n > 0 && host[n - 1] == '.';
	for (at = n; at > 0 && host[at - 1] != '.';)
		at--;
	bool hex = n - at >= 2 && str_nieq(host + at, 2, "0x");
	at += hex ? 2 : 0;
	return strspn(host + at, hex ? "0123456789abcdefABCDEF" : "0123456789") >= n - at;
}

/* What is an address only to some is none here, and no name either. */
static int
parse(struct server *s, const char *text)
{
	struct matrix_server m;
	unsigned char a[sizeof(struct in6_addr)];
	if (matrix_server_parse(&m, text, NULL) < 0 || m.port == 0)
		return -1;
	bool v6 = strchr(m.host, ':') != NULL;
	if (m.literal ? inet_pton(v6 ? AF_INET6 : AF_INET, m.host, a) != 1 : ends_in_number(m.host))
		return -1;
	(void)snprintf(s->host, sizeof s->host, v6 ? "[%s]" : "%s", m.host);
	s->port = m.port;
	s->literal = m.literal;
	return 0;
}

/* ---- places ---------------------------------------------------------------------------------------------- */

static void
add_place(struct matrix_discovery *d, const char *connect, int port, const char *host)
{
	d->place[d->places++] = (struct matrix_place){
	    .connect = mem_strdup(connect), .name = mem_strdup(d->host), .host = mem_strdup(host), .port = port};
}

static void
go_on(struct matrix_discovery *d, enum step step)
{
	static const char *const before[] = {[SRV] = "_matrix-fed._tcp.", [SRV_OLD] = "_matrix._tcp."};
	d->step = step;
	mem_free(d->what);
	d->what = step == WELL_KNOWN ? mem_printf("https://%s/.well-known/matrix/server", d->host)
		  : step == FOUND    ? NULL
				     : mem_printf("%s%s", before[step], d->host);
	if (step == FOUND && d->places == 0)
		add_place(d, d->host, PORT, d->host);
}

/* An address, or a port that was named, ends the way; else it goes on with that step. */
static void
take(struct matrix_discovery *d, const struct server *s, enum step next)
{
	mem_free(d->host);
	d->host = mem_strdup(s->host);
	if (s->port >= 0) {
		char *host = mem_printf("%s:%d", s->host, s->port);
		add_place(d, s->host, s->port, host);
		mem_free(host);
	}
	go_on(d, s->literal || s->port >= 0 ? FOUND : next);
}

struct matrix_discovery *
matrix_discovery_new(const char *server, struct err *err)
{
	struct server s;
	if (parse(&s, server) < 0) {
		(void)err_set(err, ERR_INPUT, "not a server's name: %.100s", server);
		return NULL;
	}
	struct matrix_discovery *d = mem_alloc(sizeof *d);
	take(d, &s, WELL_KNOWN);
	return d;
}

void
matrix_discovery_free(struct matrix_discovery *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->places; i++) {
		mem_free(d->place[i].connect);
		mem_free(d->place[i].name);
		mem_free(d->place[i].host);
	}
	mem_free(d->host);
	mem_free(d->what);
	mem_free(d);
}

enum matrix_ask
matrix_discovery_ask(const struct matrix_discovery *d, const char **what)
{
	*what = d->what;
	return d->step == WELL_KNOWN ? MATRIX_ASK_WELL_KNOWN : d->step == FOUND ? MATRIX_ASK_NOBODY : MATRIX_ASK_SRV;
}

size_t
matrix_discovery_places(const struct matrix_discovery *d, const struct matrix_place **places)
{
	*places = d->place;
	return d->places;
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

void
matrix_discovery_well_known(struct matrix_discovery *d, const char *m_server)
{
	struct server s;
	if (m_server == NULL || parse(&s, m_server) < 0)
		go_on(d, SRV);
	else
		take(d, &s, SRV);
}

char *
matrix_well_known(const char *text, size_t n)
{
	struct err ignored;
	struct server s;
	struct json *j = n > 0 ? json_parse(text, n, &ignored) : NULL;
	const char *said = json_str(j, "m.server");
	char *server = said != NULL && parse(&s, said) == 0 ? mem_strdup(said) : NULL;
	json_free(j);
	return server;
}

/* Drawn by weight among those of the lowest priority that is left (RFC 2782); n if none is. */
static size_t
draw(const struct matrix_srv *srv, const bool *gone, size_t n, uint64_t *seed)
{
	int64_t sum = 0;
	int lowest = PORT_MAX + 1;
	for (size_t i = 0; i < n; i++)
		if (!gone[i] && srv[i].priority < lowest)
			lowest = srv[i].priority;
	for (size_t i = 0; i < n; i++)
		sum += !gone[i] && srv[i].priority == lowest ? srv[i].weight + 1 : 0;
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	int64_t at = sum > 0 ? (int64_t)((*seed >> 33) % (uint64_t)sum) : 0;
	for (size_t i = 0; i < n; i++) {
		if (gone[i] || srv[i].priority != lowest)
			continue;
		at -= srv[i].weight + 1;
		if (at < 0)
			return i;
	}
	return n;
}

/* A target is a name; addresses in its place are somebody's try to get where names are not looked up. */
static bool
fit(const struct matrix_srv *s)
{
	struct server name;
	return s->port > 0 && s->port <= PORT_MAX && s->priority >= 0 && s->priority <= PORT_MAX && s->weight >= 0 &&
	       s->weight <= PORT_MAX && strchr(s->target, ':') == NULL && parse(&name, s->target) == 0 && !name.literal;
}

int
matrix_discovery_srv(struct matrix_discovery *d, const struct matrix_srv *srv, size_t n, uint64_t seed, struct err *err)
{
	bool gone[SRV_MAX];
	size_t said = n;
	if (n == 1 && str_eq(srv[0].target, "."))
		return err_http(err, ERR_REMOTE, 502, NULL, "the server is decidedly not there (SRV)");
	n = n < SRV_MAX ? n : SRV_MAX;
	for (size_t i = 0; i < n; i++)
		gone[i] = !fit(&srv[i]);
	for (size_t i = 0; d->places < MATRIX_PLACES_MAX && (i = draw(srv, gone, n, &seed)) < n; gone[i] = true)
		add_place(d, srv[i].target, srv[i].port, d->host);
	if (said > 0 && d->places == 0)
		return err_http(err, ERR_REMOTE, 502, NULL, "the server's SRV records name no place of use");
	go_on(d, d->places > 0 || d->step == SRV_OLD ? FOUND : SRV_OLD);
	return 0;
}
