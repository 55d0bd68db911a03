/* Do our parser and libcurl's see the same host, port and scheme in everything that both of them read? */
#include "net/net.h"

#include <curl/curl.h>
#include <locale.h>
#include <stdlib.h>

#include "json/json.h"
#include "tests/unit/tap.h"

enum { CORPUS_MAX = 1 << 20, TOLD_MAX = 20 };

static int told;

static void
tell(const char *what, const char *input, const char *a, const char *b)
{
	if (told++ < TOLD_MAX)
		(void)printf("# %s: %s: %s / %s\n", what, input, a != NULL ? a : "refused", b != NULL ? b : "refused");
}

/* "scheme://host:port" with the host normal; other schemes than the two: "scheme:".  NULL: refused. */
static char *
name(const char *scheme, const char *host, int port)
{
	bool https = str_ieq(scheme, "https");
	if (!https && !str_ieq(scheme, "http"))
		return mem_strdup("other:");
	char *normal = host != NULL ? url_host_normal(host) : NULL;
	char *out = normal == NULL ? NULL
				   : mem_printf("%s://%s:%d", https ? "https" : "http", normal,
						port >= 0 ? port
						: https	  ? 443
							  : 80);
	mem_free(normal);
	return out;
}

static char *
ours(const char *text)
{
	struct url u;
	if (text == NULL || url_parse(&u, text, NULL) < 0)
		return NULL;
	char *out = name(u.scheme, u.host, u.port);
	url_clear(&u);
	return out;
}

static char *
theirs(const char *text)
{
	CURLU *c = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL, *out = NULL;
	if (text != NULL && curl_url_set(c, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(c, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK) {
		(void)curl_url_get(c, CURLUPART_HOST, &host, CURLU_PUNYCODE);
		(void)curl_url_get(c, CURLUPART_PORT, &port, 0);
		out = name(scheme, host, port != NULL ? (int)strtol(port, NULL, 10) : -1);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(c);
	return out;
}

static int
differ(const char *what, const char *text, char *a, char *b)
{
	int different = a != NULL && b != NULL && strcmp(a, b) != 0;
	if (different)
		tell(what, text, a, b);
	mem_free(a);
	mem_free(b);
	return different;
}

/* All ways in which a text comes to be asked for: libcurl is only ever given what url_resolve() made.  As it stands it
 * reads one thing otherwise: a backslash does not end its authority. */
static int
all_ways(const char *text, const char *base)
{
	char *alone = url_resolve(NULL, text, NULL), *there = base != NULL ? url_resolve(base, text, NULL) : NULL;
	int n = (strchr(text, '\\') == NULL && differ("as it is", text, ours(text), theirs(text))) +
		differ("judged as written, asked for resolved", text, ours(text), theirs(alone)) +
		differ("resolved", text, ours(alone), theirs(alone)) +
		differ("resolved against its document", text, ours(there), theirs(there));
	mem_free(alone);
	mem_free(there);
	return n;
}

/* ---- our own ---------------------------------------------------------------------------------- */

/* The host that everybody must see, NULL: nobody may see one. */
static const struct {
	const char *url, *want;
} rows[] = {
    {"http://good.example@evil.example/", "http://evil.example:80"},
    {"http://good.example:80@evil.example/", "http://evil.example:80"},
    {"http://a@b@evil.example/", "http://evil.example:80"},
    {"http://evil.example\\@good.example/", "http://evil.example:80"},
    {"http://evil.example#@good.example/", "http://evil.example:80"},
    {"http://evil.example?@good.example/", "http://evil.example:80"},
    {"http://evil.example/@good.example/", "http://evil.example:80"},
    {"http://evil.example;@good.example/", "http://good.example:80"},
    {"http:///evil.example/", "http://evil.example:80"},
    {"http:evil.example", "http://evil.example:80"},
    {"http:\\\\evil.example\\x", "http://evil.example:80"},
    {"https:/evil.example", "https://evil.example:443"},
    {"ht\ttp://ev\til.exa\nmple/", "http://evil.example:80"},
    {" \x01http://evil.example/ ", "http://evil.example:80"},
    {"HTTP://EVIL.EXAMPLE./", "http://evil.example:80"},
    {"http://%65vil.example/", "http://evil.example:80"},
    {"http://evil%2Eexample/", "http://evil.example:80"},
    {"http://\xEF\xBD\x85vil\xE3\x80\x82"
     "example/",
     "http://evil.example:80"},
    {"http://evil.example:00080/", "http://evil.example:80"},
    {"http://evil.example:/", "http://evil.example:80"},
    {"http://2130706433/", "http://127.0.0.1:80"},
    {"http://0x7f.1:81/", "http://127.0.0.1:81"},
    {"http://0177.0.0.1/", "http://127.0.0.1:80"},
    {"http://127.0.0.1./", "http://127.0.0.1:80"},
    {"http://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.1/", "http://127.0.0.1:80"},
    {"http://\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.1/", "http://127.0.0.1:80"},
    {"http://%31%32%37.1/", "http://127.0.0.1:80"},
    {"http://[0:0::1]/", "http://[::1]:80"},
    {"http://[::FFFF:7f00:1]/", "http://[::ffff:127.0.0.1]:80"},
    {"http://evil.example:80:443/", NULL},
    {"http://evil.example:80a/", NULL},
    {"http://evil.example:65536/", NULL},
    {"http://evil.example:-1/", NULL},
    {"http://evil.example%00.good.example/", NULL},
    {"http://evil.example%0d%0aX:y/", NULL},
    {"http://evil.example%2f.good.example/", NULL},
    {"http://evil.example%40good.example/", NULL},
    {"http://evil example/", NULL},
    {"http://[::1%25lo]/", NULL},
    {"http://[::1%lo]/", NULL},
    {"http://[::1].good.example/", NULL},
    {"http://[::1]good.example/", NULL},
    {"http://[::1", NULL},
    {"http://::1/", NULL},
    {"http://127.0.0.256/", NULL},
    {"http://127.0.0.0x/x", "http://127.0.0.0:80"},
    {"http://1.2.3.4.5/", NULL},
    {"http://0x100000000/", NULL},
    {"http://1.2.3.08/", NULL},
    {"http://\xC2\xAD/", NULL},
    {"http://\xEF\xBC\x85\xEF\xBC\x90\xEF\xBC\x90.example/", NULL},
    {"http://a\xEF\xBC\x8F.example/", NULL},
    {"http://a\xE3\x80\x80"
     "b.example/",
     NULL},
    {"http://\xFF.example/", NULL},
    {"http://", NULL},
    {"http://@/", NULL},
    {"http://:80/", NULL},
    {"http:", NULL},
    {"//evil.example/", NULL},
    {"evil.example", NULL},
};

static void
compact(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *text = url_resolve(NULL, rows[i].url, NULL), *a = ours(rows[i].url), *b = theirs(text);
		ok(all_ways(rows[i].url, "https://base.example/x") == 0, "one host for all: %s", rows[i].url);
		/* Judged as written, then as libcurl has it: both must see it, or one of them refuse it. */
		if (rows[i].want == NULL)
			ok(a == NULL || b == NULL, "  and that is none: %s / %s", a, b);
		else
			ok(str_eq(a, rows[i].want) && str_eq(b, rows[i].want), "  %s: %s / %s", rows[i].want, a, b);
		mem_free(text);
		mem_free(a);
		mem_free(b);
	}
}

/* ---- corpora ---------------------------------------------------------------------------------- */

static struct json *
load(const char *file)
{
	char path[512];
	struct buf b;
	struct err err = {0};
	const char *shared = getenv("MX_SHARED");
	struct json *j = NULL;
	(void)snprintf(path, sizeof path, "%s/corpora/%s", shared != NULL ? shared : "../shared", file);
	buf_init(&b, CORPUS_MAX);
	if (io_read_file(path, CORPUS_MAX, &b, &err) == 0)
		j = json_parse(b.p, b.len, &err);
	buf_clear(&b);
	if (j == NULL)
		ok(1, "%s # SKIP %s", file, "not here");
	return j;
}

struct count {
	int cases, differ;
	int same, refused, wrong; /* of what browsers read: like them, not at all, otherwise */
	int kept_out, let_in;	  /* of what browsers refuse */
};

/* What the standard says of the case, as name() has it; NULL: a failure, or no address that is asked for. */
static char *
standard(const struct json *row)
{
	const char *protocol = json_str(row, "protocol"), *port = json_str(row, "port");
	char scheme[16];
	if (protocol == NULL || (!str_eq(protocol, "http:") && !str_eq(protocol, "https:")))
		return NULL;
	(void)snprintf(scheme, sizeof scheme, "%.*s", (int)strlen(protocol) - 1, protocol);
	return name(scheme, json_str(row, "hostname"),
		    port != NULL && *port != '\0' ? (int)strtol(port, NULL, 10) : -1);
}

static void
one(const struct json *row, struct count *c)
{
	const char *input = json_str(row, "input"), *base = json_str(row, "base");
	bool failure = false;
	if (input == NULL)
		return;
	c->cases++;
	c->differ += all_ways(input, base);
	char *want = standard(row), *text = url_resolve(base, input, NULL), *written = ours(text), *got = theirs(text);
	bool comes = written != NULL && str_starts(written, "http") && got != NULL && str_starts(got, "http");
	if (want != NULL) {
		c->same += comes && strcmp(got, want) == 0;
		c->refused += !comes;
		c->wrong += comes && strcmp(got, want) != 0;
		if (!comes || strcmp(got, want) != 0)
			tell("not as browsers", input, want, got);
	} else if (json_bool(row, "failure", &failure) && failure) {
		c->let_in += comes;
		c->kept_out += !comes;
		if (comes)
			tell("refused by browsers", input, NULL, got);
	}
	mem_free(want);
	mem_free(text);
	mem_free(written);
	mem_free(got);
}

static void
corpus(const char *file, int cases, struct count want)
{
	struct count c = {0};
	struct json *j = load(file);
	if (j == NULL)
		return;
	for (size_t i = 0; i < json_len(j); i++) {
		struct json *row = json_at(j, i);
		one(row, &c);
		json_free(row);
	}
	json_free(j);
	is_int(c.cases, cases, file);
	is_int(c.differ, 0, "  read alike by both");
	is_int(c.same, want.same, "  asked for where browsers do");
	is_int(c.wrong, 0, "  never anywhere else");
	is_int(c.refused, want.refused, "  refused although browsers go there");
	is_int(c.kept_out, want.kept_out, "  refused as in browsers");
	is_int(c.let_in, want.let_in, "  asked for although browsers refuse");
}

static void
ssrf(void)
{
	int cases = 0, different = 0;
	struct json *j = load("ssrf/urls.json");
	for (size_t i = 0; i < json_len(j); i++, cases++) {
		struct json *row = json_at(j, i);
		different += all_ways(json_str(row, "url"), "https://base.example/x");
		json_free(row);
	}
	if (j != NULL && ok(cases > 1000, "ssrf/urls.json: %d cases", cases))
		is_int(different, 0, "  read alike by both");
	json_free(j);
}

/* The characters that IDNA 2003 read otherwise (UTS #46 §4.3): libcurl falls back to that, and so do we. */
static bool
deviates(const char *s)
{
	static const char *const those[] = {"\xC3\x9F", "\xE1\xBA\x9E", "\xCF\x82", "\xE2\x80\x8C", "\xE2\x80\x8D"};
	for (size_t i = 0; i < sizeof those / sizeof those[0]; i++)
		if (strstr(s, those[i]) != NULL)
			return true;
	return false;
}

/* Hosts: of what has an A-label form we find that one, or none. */
static void
idna(const char *file, int cases)
{
	int n = 0, wrong = 0, lost = 0, let_in = 0, different = 0;
	struct json *j = load(file);
	if (j == NULL)
		return;
	for (size_t i = 0; i < json_len(j); i++) {
		struct json *row = json_at(j, i);
		const char *input = json_str(row, "input"), *want = json_str(row, "output");
		char *host = input != NULL ? mem_printf("http://%s/", input) : NULL, *got = theirs(host);
		char *expected = want != NULL && *want != '\0' ? name("http", want, -1) : NULL;
		n += input != NULL;
		if (input != NULL && !deviates(input) && got != NULL && expected != NULL &&
		    strcmp(got, expected) != 0) {
			wrong++;
			tell("another host", input, expected, got);
		}
		lost += got == NULL && expected != NULL;
		let_in += input != NULL && got != NULL && expected == NULL;
		if (host != NULL)
			different += all_ways(host, NULL);
		mem_free(host);
		mem_free(got);
		mem_free(expected);
		json_free(row);
	}
	json_free(j);
	is_int(n, cases, file);
	is_int(different, 0, "  read alike by both");
	is_int(wrong, 0, "  no other host than the standard's");
	(void)printf("# %s: %d of the standard's hosts refused, %d taken that it refuses\n", file, lost, let_in);
}

int
main(void)
{
	(void)setlocale(LC_CTYPE, "C.UTF-8"); /* libcurl converts from the locale's encoding */
	compact();
	corpus("url-wpt/urltestdata.json", 891,
	       (struct count){.same = 242, .refused = 2, .kept_out = 266, .let_in = 1});
	corpus("url-wpt/ada_extra_urltestdata.json", 28,
	       (struct count){.same = 4, .refused = 1, .kept_out = 11, .let_in = 1});
	ssrf();
	idna("url-wpt/toascii.json", 87);
	idna("url-wpt/IdnaTestV2.json", 2671);
	return done();
}
