/* Who can be asked about this URL?  oEmbed provider lists, their URL patterns and endpoints (spec C.1 – C.3). */
#include "page/int.h"

#include <string.h>

#include "url/url.h"

struct pattern {
	char *scheme; /* NULL: http and https */
	char *host;   /* lower case; each '*' is one label or a part of one */
	char *rest;   /* from the path on; each '*' is one character or more */
	char *endpoint;
};

struct page_providers {
	struct pattern *v;
	size_t n, cap;
};

/* ---- matching (spec C.2) -------------------------------------------------------------------------- */

static bool
label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Over the whole of s; '*' stands for one or more characters, of a host label only if host.  One place to go back to
 * suffices, as in any glob: the last star takes one character more. */
static bool
glob(const char *pattern, const char *s, bool host)
{
	const char *p = pattern, *star = NULL, *again = NULL;
	while (*s != '\0') {
		if (*p == '*' && (!host || label_char(*s))) {
			star = ++p;
			again = ++s;
		} else if (*p != '\0' && *p != '*' && *p == *s) {
			p++;
			s++;
		} else if (star != NULL && (!host || label_char(*again))) {
			p = star;
			s = ++again;
		} else {
			return false;
		}
	}
	return *p == '\0';
}

/* The host with its port where it has one, and everything behind it, as the patterns are written. */
static void
split(const struct url *u, char **host, char **rest)
{
	*host = u->port < 0 ? mem_strdup(u->host) : mem_printf("%s:%d", u->host, u->port);
	*rest = mem_printf("%s%s%s%s%s", u->path, u->query != NULL ? "?" : "", u->query != NULL ? u->query : "",
			   u->fragment != NULL ? "#" : "", u->fragment != NULL ? u->fragment : "");
}

static bool
matches(const struct pattern *p, const char *scheme, const char *host, const char *rest)
{
	return (p->scheme == NULL || strcmp(p->scheme, scheme) == 0) && glob(p->host, host, true) &&
	       glob(p->rest, rest, false);
}

/* The endpoint's URL with its query (spec C.3; an endpoint that has a query keeps it). */
static char *
endpoint_url(const char *endpoint, const char *url)
{
	char *encoded = url_form_encode(url);
	size_t n = strcspn(endpoint, "#");
	const char *mark = memchr(endpoint, '?', n);
	bool has_format = mark != NULL && strstr(mark, "format=") != NULL;
	const char *join = mark == NULL ? "?" : mark + 1 == endpoint + n || endpoint[n - 1] == '&' ? "" : "&";
	char *out = mem_printf("%.*s%surl=%s%s", (int)n, endpoint, join, encoded, has_format ? "" : "&format=json");
	mem_free(encoded);
	return out;
}

char *
page_providers_match(const struct page_providers *pp, const char *url)
{
	struct url u = {.port = -1};
	char *host = NULL, *rest = NULL, *out = NULL;
	if (pp == NULL || !url_is_http(url) || url_parse(&u, url, NULL) < 0)
		return NULL;
	split(&u, &host, &rest);
	for (size_t i = 0; i < pp->n && out == NULL; i++)
		if (matches(&pp->v[i], u.scheme, host, rest))
			out = endpoint_url(pp->v[i].endpoint, url);
	mem_free(host);
	mem_free(rest);
	url_clear(&u);
	return out;
}

/* ---- building ---------------------------------------------------------------------------------------- */

static void
pattern_clear(struct pattern *p)
{
	mem_free(p->scheme);
	mem_free(p->host);
	mem_free(p->rest);
	mem_free(p->endpoint);
}

void
page_providers_free(struct page_providers *pp)
{
	for (size_t i = 0; pp != NULL && i < pp->n; i++)
		pattern_clear(&pp->v[i]);
	if (pp != NULL)
		mem_free(pp->v);
	mem_free(pp);
}

size_t
page_providers_count(const struct page_providers *pp)
{
	return pp->n;
}

/* A scheme, a host with stars, a path; or, in the built-in table, no scheme; false if it is no web address. */
static bool
pattern_parse(struct pattern *p, const char *text, size_t n)
{
	static const char *const schemes[] = {"https", "http"};
	const char *sep = memmem(text, n, "://", 3), *host = sep == NULL ? text : sep + 3, *end = text + n;
	for (size_t i = 0; sep != NULL && i < 2; i++)
		if (str_nieq(text, (size_t)(sep - text), schemes[i]))
			p->scheme = mem_strdup(schemes[i]);
	if (sep != NULL && p->scheme == NULL)
		return false;
	const char *path = host;
	while (path < end && strchr("/?#", *path) == NULL)
		path++;
	if (path == host)
		return false;
	p->host = mem_strndup(host, (size_t)(path - host));
	str_tolower(p->host);
	p->rest = path < end && *path == '/' ? mem_strndup(path, (size_t)(end - path))
					     : mem_printf("/%.*s", (int)(end - path), path);
	return true;
}

static bool
same(const struct pattern *a, const struct pattern *b)
{
	return str_eq(a->scheme, b->scheme) && strcmp(a->host, b->host) == 0 && strcmp(a->rest, b->rest) == 0;
}

/* A pattern that comes again keeps its place and takes the later endpoint (spec C.2): a file can correct the table. */
static bool
add(struct page_providers *pp, const char *text, size_t n, const char *endpoint)
{
	struct pattern p = {NULL, NULL, NULL, NULL};
	if (pp->n >= PAGE_PROVIDERS_MAX || n > URL_MAX || !pattern_parse(&p, text, n)) {
		pattern_clear(&p);
		return false;
	}
	p.endpoint = mem_strdup(endpoint);
	for (size_t i = 0; i < pp->n; i++)
		if (same(&pp->v[i], &p)) {
			pattern_clear(&pp->v[i]);
			pp->v[i] = p;
			return true;
		}
	if (pp->n == pp->cap) {
		enum { FIRST = 256 };
		pp->cap = pp->cap == 0 ? FIRST : pp->cap * 2;
		pp->v = mem_realloc(pp->v, pp->cap * sizeof *pp->v);
	}
	pp->v[pp->n++] = p;
	return true;
}

struct page_providers *
page_providers_new(bool builtin)
{
	struct page_providers *pp = mem_alloc(sizeof *pp);
	const struct page_provider_row *row = NULL;
	for (size_t i = 0; builtin && (row = page_provider_row(i)) != NULL; i++)
		for (const char *g = row->globs; *g != '\0'; g += strspn(g, " ")) {
			size_t n = strcspn(g, " ");
			(void)add(pp, g, n, row->endpoint);
			g += n;
		}
	return pp;
}

/* ---- files (spec C.1) ----------------------------------------------------------------------------------- */

static char *
with_format(const char *url)
{
	static const char word[] = "{format}";
	struct buf b;
	buf_init(&b, URL_MAX);
	for (const char *hit = NULL; (hit = strstr(url, word)) != NULL; url = hit + sizeof word - 1) {
		(void)buf_add(&b, url, (size_t)(hit - url));
		(void)buf_adds(&b, "json");
	}
	(void)buf_adds(&b, url);
	if (!b.full)
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
}

static bool
offers_json(const struct json *formats)
{
	bool json = formats == NULL;
	for (size_t i = 0, n = json_len(formats); i < n && !json; i++) {
		struct json *f = json_at(formats, i);
		json = str_ieq(json_value_str(f), "json");
		json_free(f);
	}
	return json;
}

/* The address to ask, yours; NULL if it cannot be asked for JSON over the web. */
static char *
endpoint_of(const struct json *entry)
{
	const char *url = json_str(entry, "url");
	struct json *formats = json_get(entry, "formats");
	bool json = offers_json(formats);
	json_free(formats);
	size_t n = url == NULL ? 0 : strlen(url);
	if (!json || n == 0 || !url_is_http(url) || (n > 4 && str_ieq(url + n - 4, ".xml")))
		return NULL;
	return with_format(url);
}

/* How many of the patterns could not be used. */
static size_t
add_schemes(struct page_providers *pp, const struct json *schemes, const char *endpoint)
{
	size_t bad = 0;
	for (size_t i = 0, n = json_len(schemes); i < n; i++) {
		struct json *s = json_at(schemes, i);
		const char *text = json_value_str(s);
		bool web = text != NULL && url_is_http(text);
		if (!web || !add(pp, text, strlen(text), endpoint))
			bad++;
		json_free(s);
	}
	return bad;
}

/* One endpoint: what could not be used counts as one, or as many as it has unusable patterns. */
static size_t
add_endpoint(struct page_providers *pp, const struct json *entry)
{
	char *endpoint = endpoint_of(entry);
	struct json *schemes = json_get(entry, "schemes");
	bool list = schemes != NULL && json_type(schemes) == JSON_ARRAY;
	size_t bad = endpoint == NULL || !list ? 1 : add_schemes(pp, schemes, endpoint);
	json_free(schemes);
	mem_free(endpoint);
	return bad;
}

static size_t
add_provider(struct page_providers *pp, const struct json *provider)
{
	struct json *endpoints = json_get(provider, "endpoints");
	size_t bad = 0, n = endpoints != NULL && json_type(endpoints) == JSON_ARRAY ? json_len(endpoints) : 0;
	for (size_t i = 0; i < n; i++) {
		struct json *e = json_at(endpoints, i);
		bad += add_endpoint(pp, e);
		json_free(e);
	}
	json_free(endpoints);
	return n == 0 ? 1 : bad;
}

int
page_providers_add(struct page_providers *pp, const char *text, size_t n, size_t *skipped, struct err *err)
{
	struct json *list = json_parse(text, n, err);
	*skipped = 0;
	if (list == NULL)
		return -1;
	bool array = json_type(list) == JSON_ARRAY;
	for (size_t i = 0, count = array ? json_len(list) : 0; i < count; i++) {
		struct json *p = json_at(list, i);
		*skipped += add_provider(pp, p);
		json_free(p);
	}
	json_free(list);
	return array ? 0 : err_set(err, ERR_INPUT, "providers: not a JSON array");
}

int
page_providers_read(struct page_providers *pp, const char *path, size_t *skipped, struct err *err)
{
	struct buf b;
	buf_init(&b, PAGE_PROVIDERS_FILE_MAX);
	*skipped = 0;
	int rc = io_read_file(path, PAGE_PROVIDERS_FILE_MAX, &b, err);
	if (rc == 0 && (rc = page_providers_add(pp, b.p != NULL ? b.p : "", b.len, skipped, err)) < 0)
		(void)err_add(err, "%s", path);
	buf_clear(&b);
	return rc;
}
