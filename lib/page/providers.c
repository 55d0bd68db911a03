/* Who can be asked about this URL?  The URL patterns of oEmbed providers and their endpoints (spec C.2, C.3). */
#include "page/int.h"

#include <stdlib.h>
#include <string.h>

#include "url/url.h"

/* What one look-up may cost: comparisons of characters, for patterns and URLs made to go back and forth. */
enum { STEPS_MAX = 1 << 20 };

struct pattern {
	struct page_pattern p;
	char *endpoint;
	const char *key; /* in p.host: page_pattern_key */
	bool xml;
	int rank;   /* of its list: the lower is asked first */
	size_t seq; /* within it */
};

struct page_providers {
	struct pattern *v; /* by key, rank and seq once they are sorted */
	size_t n, cap;
	int lists;  /* of the owner, read so far */
	char **off; /* page_providers_disable */
	size_t n_off;
	size_t seq;
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
glob(const char *pattern, const char *s, bool host, size_t *steps)
{
	const char *p = pattern, *star = NULL, *again = NULL;
	while (*s != '\0') {
		if (*steps == 0)
			return false;
		--*steps;
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

struct look {
	const char *scheme;
	char *host, *rest;
	size_t steps;
};

/* The host with its port where it has one, and everything behind it, as the patterns are written. */
static void
look_at(struct look *l, const struct url *u)
{
	l->scheme = u->scheme;
	l->steps = STEPS_MAX;
	l->host = u->port < 0 ? mem_strdup(u->host) : mem_printf("%s:%d", u->host, u->port);
	l->rest = mem_printf("%s%s%s%s%s", u->path, u->query != NULL ? "?" : "", u->query != NULL ? u->query : "",
			     u->fragment != NULL ? "#" : "", u->fragment != NULL ? u->fragment : "");
}

static bool
matches(const struct pattern *p, struct look *l)
{
	return (p->p.scheme == NULL || strcmp(p->p.scheme, l->scheme) == 0) &&
	       glob(p->p.host, l->host, true, &l->steps) && glob(p->p.rest, l->rest, false, &l->steps);
}

static bool
before(const struct pattern *a, const struct pattern *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->seq < b->seq;
}

/* The first pattern of those whose hosts end in key. */
static const struct pattern *
match_key(const struct page_providers *pp, const char *key, struct look *l)
{
	size_t lo = 0, hi = pp->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(pp->v[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < pp->n && strcmp(pp->v[lo].key, key) == 0; lo++)
		if (matches(&pp->v[lo], l))
			return &pp->v[lo];
	return NULL;
}

/* A pattern is filed under two labels, under one if that is all it has or is sure of, or under none. */
static const struct pattern *
match(const struct page_providers *pp, struct look *l)
{
	const char *two = page_pattern_key(l->host), *dot = strrchr(two, '.');
	const char *const keys[] = {two, dot != NULL ? dot + 1 : "", ""};
	const struct pattern *best = NULL;
	for (size_t i = 0; i < (dot != NULL ? 3 : 2); i++) {
		const struct pattern *p = match_key(pp, keys[i], l);
		if (p != NULL && (best == NULL || before(p, best)))
			best = p;
	}
	return best;
}

/* The endpoint's URL with its query (spec C.3; an endpoint that has a query keeps it). */
static char *
endpoint_url(const struct pattern *p, const char *url)
{
	const char *endpoint = p->endpoint;
	char *encoded = url_form_encode(url);
	size_t n = strcspn(endpoint, "#");
	const char *mark = memchr(endpoint, '?', n);
	bool has_format = mark != NULL && strstr(mark, "format=") != NULL;
	const char *join = mark == NULL ? "?" : mark + 1 == endpoint + n || endpoint[n - 1] == '&' ? "" : "&";
	char *out = mem_printf("%.*s%surl=%s%s", (int)n, endpoint, join, encoded,
			       has_format ? ""
			       : p->xml	  ? "&format=xml"
					  : "&format=json");
	mem_free(encoded);
	return out;
}

char *
page_providers_match(const struct page_providers *pp, const char *url)
{
	struct url u = {.port = -1};
	struct look l;
	if (pp == NULL || !url_is_http(url) || url_parse(&u, url, NULL) < 0)
		return NULL;
	look_at(&l, &u);
	const struct pattern *p = strchr(l.host, '*') == NULL ? match(pp, &l) : NULL;
	char *out = p != NULL ? endpoint_url(p, url) : NULL;
	mem_free(l.host);
	mem_free(l.rest);
	url_clear(&u);
	return out;
}

/* ---- order --------------------------------------------------------------------------------------------- */

static int
by_pattern(const void *a, const void *b)
{
	const struct pattern *x = a, *y = b;
	int c = strcmp(x->key, y->key);
	c = c != 0 ? c : strcmp(x->p.host, y->p.host);
	c = c != 0 ? c : strcmp(x->p.rest, y->p.rest);
	if (c == 0 && !str_eq(x->p.scheme, y->p.scheme))
		c = x->p.scheme == NULL ? -1 : y->p.scheme == NULL ? 1 : strcmp(x->p.scheme, y->p.scheme);
	return c != 0 ? c : before(x, y) ? -1 : 1;
}

static int
by_key(const void *a, const void *b)
{
	const struct pattern *x = a, *y = b;
	int c = strcmp(x->key, y->key);
	return c != 0 ? c : before(x, y) ? -1 : 1;
}

static bool
same(const struct pattern *a, const struct pattern *b)
{
	return str_eq(a->p.scheme, b->p.scheme) && strcmp(a->p.host, b->p.host) == 0 &&
	       strcmp(a->p.rest, b->p.rest) == 0;
}

static void
pattern_clear(struct pattern *p)
{
	page_pattern_clear(&p->p);
	mem_free(p->endpoint);
}

/* Of the same pattern in one list the first place and the last endpoint count (spec C.2); in several, the list that is
 * asked first. */
static void
unite(struct pattern *keep, struct pattern *other)
{
	if (keep->rank == other->rank) {
		char *endpoint = keep->endpoint;
		keep->endpoint = other->endpoint;
		keep->xml = other->xml;
		other->endpoint = endpoint;
	}
	pattern_clear(other);
}

static void
sort(struct page_providers *pp)
{
	size_t n = 0;
	if (pp->n == 0)
		return;
	qsort(pp->v, pp->n, sizeof *pp->v, by_pattern);
	for (size_t i = 1; i < pp->n; i++) {
		if (same(&pp->v[n], &pp->v[i]))
			unite(&pp->v[n], &pp->v[i]);
		else
			pp->v[++n] = pp->v[i];
	}
	pp->n = n + 1;
	qsort(pp->v, pp->n, sizeof *pp->v, by_key);
}

/* ---- building ---------------------------------------------------------------------------------------- */

/* One is named by its provider's name or by the host of its endpoint, which stands for those below it too. */
static bool
is_named(const char *name, const char *provider, const char *endpoint)
{
	const char *host = strstr(endpoint, "://");
	host = host != NULL ? host + 3 : endpoint;
	size_t n = strcspn(host, "/?#:"), k = strlen(name);
	if (str_ieq(name, provider) || str_nieq(host, n, name))
		return true;
	return k > 0 && n > k && host[n - k - 1] == '.' && str_nieq(host + n - k, k, name);
}

static bool
is_off(const struct page_providers *pp, const char *provider, const char *endpoint)
{
	for (size_t i = 0; i < pp->n_off; i++)
		if (is_named(pp->off[i], provider, endpoint))
			return true;
	return false;
}

static void
add(struct page_providers *pp, const char *text, size_t n, const char *endpoint, bool xml, int rank)
{
	enum { FIRST = 256 };
	struct pattern p = {.endpoint = NULL, .xml = xml, .rank = rank};
	if (pp->n >= PAGE_PROVIDERS_MAX || !page_pattern_parse(&p.p, text, n))
		return;
	p.endpoint = mem_strdup(endpoint);
	p.key = page_pattern_key(p.p.host);
	p.seq = pp->seq++;
	if (pp->n == pp->cap) {
		pp->cap = pp->cap == 0 ? FIRST : pp->cap * 2;
		pp->v = mem_realloc(pp->v, pp->cap * sizeof *pp->v);
	}
	pp->v[pp->n++] = p;
}

struct page_providers *
page_providers_new(void)
{
	return mem_alloc(sizeof(struct page_providers));
}

void
page_providers_free(struct page_providers *pp)
{
	if (pp == NULL)
		return;
	for (size_t i = 0; i < pp->n; i++)
		pattern_clear(&pp->v[i]);
	for (size_t i = 0; i < pp->n_off; i++)
		mem_free(pp->off[i]);
	mem_free(pp->v);
	mem_free(pp->off);
	mem_free(pp);
}

size_t
page_providers_count(const struct page_providers *pp)
{
	return pp->n;
}

void
page_providers_disable(struct page_providers *pp, const char *name)
{
	pp->off = mem_realloc(pp->off, (pp->n_off + 1) * sizeof *pp->off);
	pp->off[pp->n_off++] = mem_strdup(name);
}

void
page_providers_add_builtin(struct page_providers *pp)
{
	const struct page_provider_row *row = NULL;
	for (size_t i = 0; (row = page_provider_row(i)) != NULL; i++) {
		if (is_off(pp, row->name, row->endpoint))
			continue;
		for (const char *g = row->globs; *g != '\0'; g += strspn(g, " ")) {
			size_t n = strcspn(g, " ");
			add(pp, g, n, row->endpoint, false, 0);
			g += n;
		}
	}
	sort(pp);
}

static void
add_endpoint(struct page_providers *pp, const char *provider, const struct json *e, int rank)
{
	const char *url = json_str(e, "url");
	struct json *schemes = json_get(e, "schemes");
	bool off = is_off(pp, provider, url);
	for (size_t i = 0, n = off ? 0 : json_len(schemes); i < n; i++) {
		struct json *s = json_at(schemes, i);
		const char *text = json_value_str(s);
		add(pp, text, strlen(text), url, json_has(e, "formats"), rank);
		json_free(s);
	}
	json_free(schemes);
}

int
page_providers_add(struct page_providers *pp, const char *text, size_t n, enum page_providers_kind kind,
		   page_providers_drop *drop, void *arg, struct err *err)
{
	struct json *list = page_providers_clean(text, n, false, drop, arg, err);
	if (list == NULL)
		return -1;
	int rank = kind == PAGE_PROVIDERS_PUBLIC ? 1 : -++pp->lists;
	for (size_t i = 0, count = json_len(list); i < count; i++) {
		struct json *p = json_at(list, i), *endpoints = json_get(p, "endpoints");
		for (size_t k = 0, many = json_len(endpoints); k < many; k++) {
			struct json *e = json_at(endpoints, k);
			add_endpoint(pp, json_str(p, "provider_name"), e, rank);
			json_free(e);
		}
		json_free(endpoints);
		json_free(p);
	}
	json_free(list);
	sort(pp);
	return 0;
}
