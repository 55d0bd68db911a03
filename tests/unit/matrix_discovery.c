/* Where is a server, by each step of the specification?  A server, what is asked, the answers, and the places. */
#include "matrix/matrix.h"

#include "tap.h"

#define WK(host) "wk https://" host "/.well-known/matrix/server"
#define FED(host) "srv _matrix-fed._tcp." host
#define OLD(host) "srv _matrix._tcp." host

/* "wk URL=m.server" or "srv NAME=target:priority:weight:port,…"; what follows '=' is the answer, nothing: none. */
struct row {
	const char *server, *asked[4], *want;
};

static const struct row rows[] = {
    /* 1: addresses */
    {"1.2.3.4", {NULL}, "1.2.3.4:8448 for 1.2.3.4 host 1.2.3.4"},
    {"1.2.3.4:999", {NULL}, "1.2.3.4:999 for 1.2.3.4 host 1.2.3.4:999"},
    {"[2001:db8::1]", {NULL}, "[2001:db8::1]:8448 for [2001:db8::1] host [2001:db8::1]"},
    {"[2001:db8::1]:1", {NULL}, "[2001:db8::1]:1 for [2001:db8::1] host [2001:db8::1]:1"},
    /* 2: a port */
    {"a.example:80", {NULL}, "a.example:80 for a.example host a.example:80"},
    {"a.example:8448", {NULL}, "a.example:8448 for a.example host a.example:8448"},
    /* 3.1: delegated to an address */
    {"a.example", {WK("a.example") "=5.6.7.8"}, "5.6.7.8:8448 for 5.6.7.8 host 5.6.7.8"},
    {"a.example", {WK("a.example") "=5.6.7.8:77"}, "5.6.7.8:77 for 5.6.7.8 host 5.6.7.8:77"},
    {"a.example", {WK("a.example") "=[2001:db8::2]:77"}, "[2001:db8::2]:77 for [2001:db8::2] host [2001:db8::2]:77"},
    /* 3.2: to a name with a port */
    {"a.example", {WK("a.example") "=b.example:443"}, "b.example:443 for b.example host b.example:443"},
    /* 3.3, 3.4, 3.5: to a name */
    {"a.example",
     {WK("a.example") "=b.example", FED("b.example") "=c.example.:10:0:444"},
     "c.example.:444 for b.example host b.example"},
    {"a.example",
     {WK("a.example") "=b.example", FED("b.example"), OLD("b.example") "=c.example:10:0:445"},
     "c.example:445 for b.example host b.example"},
    {"a.example",
     {WK("a.example") "=b.example", FED("b.example"), OLD("b.example")},
     "b.example:8448 for b.example host b.example"},
    /* 4, 5, 6: not delegated */
    {"a.example",
     {WK("a.example"), FED("a.example") "=c.example:10:0:444"},
     "c.example:444 for a.example host a.example"},
    {"a.example",
     {WK("a.example"), FED("a.example"), OLD("a.example") "=c.example:10:0:445"},
     "c.example:445 for a.example host a.example"},
    {"a.example", {WK("a.example"), FED("a.example"), OLD("a.example")}, "a.example:8448 for a.example host a.example"},
    /* what is no server's name is none */
    {"a.example",
     {WK("a.example") "=b.example/x", FED("a.example"), OLD("a.example")},
     "a.example:8448 for a.example host a.example"},
    {"a.example",
     {WK("a.example") "=b.example:0", FED("a.example"), OLD("a.example")},
     "a.example:8448 for a.example host a.example"},
    {"a.example",
     {WK("a.example") "=u@b.example", FED("a.example"), OLD("a.example")},
     "a.example:8448 for a.example host a.example"},
    {"a.example",
     {WK("a.example") "=127.1", FED("a.example"), OLD("a.example")},
     "a.example:8448 for a.example host a.example"},
    /* several places, in the order of their priority */
    {"a.example",
     {WK("a.example"), FED("a.example") "=c.example:20:0:1,d.example:10:0:2,e.example:30:0:3"},
     "d.example:2 for a.example host a.example, c.example:1 for a.example host a.example, e.example:3 for a.example "
     "host a.example"},
    {"a.example",
     {WK("a.example"), FED("a.example") "=a.x:1:0:1,b.x:2:0:2,c.x:3:0:3,d.x:4:0:4,e.x:5:0:5"},
     "a.x:1 for a.example host a.example, b.x:2 for a.example host a.example, c.x:3 for a.example host a.example, "
     "d.x:4 "
     "for a.example host a.example"},
    /* not here; addresses and nonsense as targets */
    {"a.example", {WK("a.example"), FED("a.example") "=.:0:0:0"}, "error"},
    {"a.example", {WK("a.example"), FED("a.example") "=10.0.0.1:0:0:443"}, "error"},
    {"a.example", {WK("a.example"), FED("a.example") "=0x7f.1:0:0:443"}, "error"},
    {"a.example", {WK("a.example"), FED("a.example") "=c.example:0:0:0"}, "error"},
    {"a.example",
     {WK("a.example"), FED("a.example") "=10.0.0.1:0:0:1,c.example:5:0:2"},
     "c.example:2 for a.example host a.example"},
    /* no names of servers */
    {"", {NULL}, "error"},
    {"a b", {NULL}, "error"},
    {"a.example:", {NULL}, "error"},
    {"a.example:0", {NULL}, "error"},
    {"a.example:65536", {NULL}, "error"},
    {"a.example:123456", {NULL}, "error"},
    {"a.example:-1", {NULL}, "error"},
    {"[::1", {NULL}, "error"},
    {"[::1]x", {NULL}, "error"},
    {"[fe80::1%25eth0]", {NULL}, "error"},
    {"127.1", {NULL}, "error"},
    {"127.1.", {NULL}, "error"},
    {"a.example.0x", {NULL}, "error"},
    {"a.0b", {WK("a.0b") "=5.6.7.8"}, "5.6.7.8:8448 for 5.6.7.8 host 5.6.7.8"},
    {"a..example", {NULL}, "error"},
    {".example", {NULL}, "error"},
    {"a/b", {NULL}, "error"},
    {"a@b", {NULL}, "error"},
    {"b\xc3\xbc.example", {NULL}, "error"},
};

static int
tell_srv(struct matrix_discovery *d, const char *answer)
{
	struct matrix_srv srv[8];
	char target[8][64];
	struct err err = {0};
	size_t n = 0;
	for (const char *p = answer; p != NULL && *p != '\0'; p = strchr(p, ','), p += p != NULL, n++) {
		if (sscanf(p, "%63[^:]:%d:%d:%d", target[n], &srv[n].priority, &srv[n].weight, &srv[n].port) != 4)
			return -2;
		srv[n].target = target[n];
	}
	return matrix_discovery_srv(d, srv, n, 1, &err);
}

/* One question and its answer: 0, or -1 if that is an error. */
static int
step(struct matrix_discovery *d, const struct row *r, const char *asked)
{
	const char *what = NULL, *eq = strchr(asked, '=');
	enum matrix_ask ask = matrix_discovery_ask(d, &what);
	char *got = mem_printf("%s %s",
			       ask == MATRIX_ASK_WELL_KNOWN ? "wk"
			       : ask == MATRIX_ASK_SRV	    ? "srv"
							    : "nobody",
			       what);
	char *want = mem_strndup(asked, eq != NULL ? (size_t)(eq - asked) : strlen(asked));
	int same = is_str(got, want, r->server), rc = 0;
	mem_free(got);
	mem_free(want);
	if (!same)
		return -1;
	if (ask == MATRIX_ASK_SRV)
		rc = tell_srv(d, eq != NULL ? eq + 1 : NULL);
	else
		matrix_discovery_well_known(d, eq != NULL ? eq + 1 : NULL);
	return rc;
}

static void
walk(const struct row *r)
{
	struct err err = {0};
	struct buf out;
	const struct matrix_place *p = NULL;
	struct matrix_discovery *d = matrix_discovery_new(r->server, &err);
	int rc = d != NULL ? 0 : -1;
	buf_init(&out, 4096);
	for (size_t i = 0; rc == 0 && i < 4 && r->asked[i] != NULL; i++)
		rc = step(d, r, r->asked[i]);
	const char *what;
	if (rc == 0)
		is_int(matrix_discovery_ask(d, &what), MATRIX_ASK_NOBODY, "nothing more is asked");
	for (size_t i = 0, n = rc == 0 ? matrix_discovery_places(d, &p) : 0; i < n; i++)
		(void)buf_addf(&out, "%s%s:%d for %s host %s", i > 0 ? ", " : "", p[i].connect, p[i].port, p[i].name,
			       p[i].host);
	is_str(rc == 0 ? out.p : "error", r->want, r->server);
	buf_clear(&out);
	matrix_discovery_free(d);
}

static void
weights(void)
{
	const struct matrix_srv srv[] = {
	    {"light.example", 1, 1, 1}, {"heavy.example", 1, 97, 2}, {"none.example", 1, 0, 3}};
	int first[4] = {0};
	struct err err = {0};
	for (uint64_t i = 0; i < 2000; i++) {
		const struct matrix_place *p;
		struct matrix_discovery *d = matrix_discovery_new("a.example", &err);
		matrix_discovery_well_known(d, NULL);
		(void)matrix_discovery_srv(d, srv, 3, i * 0x9e3779b97f4a7c15u, &err);
		if (matrix_discovery_places(d, &p) == 3)
			first[p[0].port]++;
		matrix_discovery_free(d);
	}
	ok(first[2] > 1850 && first[1] > 0 && first[3] > 0, "weights draw: %d %d %d", first[1], first[2], first[3]);
}

static void
well_known(const char *text, const char *want)
{
	char *got = matrix_well_known(text, strlen(text));
	is_str(got, want, text);
	mem_free(got);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		walk(&rows[i]);
	weights();
	well_known("{\"m.server\":\"b.example:443\"}", "b.example:443");
	well_known("{\"m.server\":\"b.example\",\"more\":[]}", "b.example");
	well_known("{\"m.server\":\"\"}", NULL);
	well_known("{\"m.server\":\"b.example:\"}", NULL);
	well_known("{\"m.server\":17}", NULL);
	well_known("{\"m.server\":\"https://b.example\"}", NULL);
	well_known("[\"b.example\"]", NULL);
	well_known("{\"m.server\":\"b.example\"", NULL);
	well_known("", NULL);
	well_known("<html>", NULL);
	return done();
}
