/* Does one of the owner's URL rules (spec A.4) speak of this URL? */
#include "url/url.h"

#include <string.h>

#include "url/int.h"

enum rule_key {
	SCHEME,
	NETLOC,
	PATH,
	QUERY,
	FRAGMENT,
	USERNAME,
	PASSWORD,
	HOSTNAME,
	PORT,
	URL,	/* the whole, canonical */
	DOMAIN, /* a host and all below it: no pattern */
	N_KEYS,
	EXACT = N_KEYS /* one URL, canonical: no pattern, and written without a key */
};

static const char *const key_name[N_KEYS] = {
    [SCHEME] = "scheme",     [NETLOC] = "netloc",     [PATH] = "path",	       [QUERY] = "query",
    [FRAGMENT] = "fragment", [USERNAME] = "username", [PASSWORD] = "password", [HOSTNAME] = "hostname",
    [PORT] = "port",	     [URL] = "url",	      [DOMAIN] = "domain",
};

struct test {
	enum rule_key key;
	struct url_pattern *pattern;
	char *text; /* where there is no pattern */
};

struct url_rule { /* every test must match */
	struct test *test;
	size_t n;
};

void
url_rule_free(struct url_rule *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++) {
		url_pattern_free(r->test[i].pattern);
		mem_free(r->test[i].text);
	}
	mem_free(r->test);
	mem_free(r);
}

/* ---- one spelling for each URL -------------------------------------------------------- */

/* As it is asked for: without userinfo, fragment and default port, its host normal.  Yours; NULL: it cannot be asked for. */
static char *
canonical(const struct url *u, const char *normal_host)
{
	struct url bare = *u; /* a view */
	char *host = mem_strdup(normal_host);
	bare.username = bare.password = bare.fragment = NULL;
	bare.host = host;
	char *text = url_text(&bare), *out = url_resolve(NULL, text, NULL);
	mem_free(text);
	mem_free(host);
	return out;
}

static char *
canonical_text(const char *text, struct err *err)
{
	struct url u;
	if (url_parse(&u, text, err) < 0)
		return NULL;
	char *host = url_host_normal(u.host), *out = host != NULL ? canonical(&u, host) : NULL;
	mem_free(host);
	url_clear(&u);
	if (out == NULL)
		(void)err_set(err, ERR_INPUT, "not a URL: %.100s", text);
	return out;
}

/* ---- reading -------------------------------------------------------------------------- */

static bool
caseless(enum rule_key key)
{
	return key == SCHEME || key == NETLOC || key == HOSTNAME;
}

/* Hosts are matched in Punycode, so a glob for them is turned into that. */
static struct url_pattern *
new_pattern(enum rule_key key, const char *text, struct err *err)
{
	bool host = key == HOSTNAME || key == NETLOC;
	char *punycode = host && text[0] != '^' && !str_ascii(text) ? url_host_normal(text) : NULL;
	struct url_pattern *p = url_pattern_new(punycode != NULL ? punycode : text, caseless(key), err);
	mem_free(punycode);
	return p;
}

static int
add_test(struct url_rule *r, enum rule_key key, const char *text, struct err *err)
{
	struct test t = {.key = key};
	if (key == EXACT)
		t.text = canonical_text(text, err);
	else if (key == DOMAIN && (t.text = url_host_normal(text)) == NULL)
		return err_set(err, ERR_INPUT, "'%.100s' is no host name", text);
	else if (key != DOMAIN)
		t.pattern = new_pattern(key, text, err);
	if (t.text == NULL && t.pattern == NULL)
		return -1;
	r->test = mem_realloc(r->test, (r->n + 1) * sizeof *r->test);
	r->test[r->n++] = t;
	return 0;
}

/* word: "key=pattern", or a URL; changed. */
static int
add_word(struct url_rule *r, char *word, struct err *err)
{
	char *eq = strchr(word, '=');
	if (str_istarts(word, "http://") || str_istarts(word, "https://"))
		return add_test(r, EXACT, word, err);
	if (eq == NULL || eq[1] == '\0')
		return err_set(err, ERR_INPUT, "not key=pattern: %s", word);
	*eq = '\0';
	for (enum rule_key k = 0; k < N_KEYS; k++)
		if (str_eq(word, key_name[k]))
			return add_test(r, k, eq + 1, err);
	return err_set(err, ERR_INPUT, "no part of a URL is called '%s'", word);
}

static int
add_words(struct url_rule *r, char *text, struct err *err)
{
	for (char *s = text; *s != '\0';) {
		size_t n = strcspn(s, " \t");
		bool end = s[n] == '\0';
		s[n] = '\0';
		if (n > 0 && add_word(r, s, err) < 0)
			return -1;
		s += n + !end;
	}
	return r->n > 0 ? 0 : err_set(err, ERR_INPUT, "the rule is empty");
}

struct url_rule *
url_rule_new(const char *text, struct err *err)
{
	struct url_rule *r = mem_alloc(sizeof *r);
	char *copy = mem_strdup(text);
	int rc = add_words(r, copy, err);
	mem_free(copy);
	if (rc < 0) {
		url_rule_free(r);
		return NULL;
	}
	return r;
}

/* ---- matching ---------------------------------------------------------------------- */

/* The URL's parts as rules see them. */
struct view {
	const struct url *u;
	char *netloc, *host; /* host: lower case, no brackets, no trailing dot */
	char *normal;	     /* of url_host_normal(), or NULL */
	char *url;	     /* canonical, made when it is first needed */
	bool doubt;
	char port[8];
};

static bool
matches(const struct test *t, const struct view *v, const char *value)
{
	return value != NULL &&
	       url_pattern_match(t->pattern, value, v->doubt); /* absent parts never match, not even "*" */
}

static char *
bare_host(const char *host)
{
	size_t n = strlen(host);
	if (n >= 2 && host[0] == '[' && host[n - 1] == ']')
		return mem_strndup(host + 1, n - 2);
	while (n > 1 && host[n - 1] == '.')
		n--;
	return mem_strndup(host, n);
}

static void
view_init(struct view *v, const struct url *u)
{
	struct buf b;
	*v = (struct view){.u = u, .host = bare_host(u->host), .normal = url_host_normal(u->host)};
	buf_init(&b, (size_t)4 * URL_MAX);
	if (u->username != NULL)
		(void)buf_addf(&b, "%s%s%s@", u->username, u->password != NULL ? ":" : "",
			       u->password ? u->password : "");
	(void)buf_adds(&b, u->host);
	if (u->port >= 0) {
		struct buf port;
		buf_init(&port, sizeof v->port - 1);
		(void)buf_addf(&port, "%d", u->port);
		(void)memcpy(v->port, port.p, port.len + 1);
		(void)buf_addf(&b, ":%s", v->port);
		buf_clear(&port);
	}
	v->netloc = buf_take(&b);
	str_tolower(v->netloc);
}

static void
view_clear(struct view *v)
{
	mem_free(v->netloc);
	mem_free(v->host);
	mem_free(v->normal);
	mem_free(v->url);
}

static const char *
whole(struct view *v)
{
	if (v->url == NULL && v->normal != NULL)
		v->url = canonical(v->u, v->normal);
	return v->url;
}

/* host is name or below it; addresses have nothing below them. */
static bool
within(const char *host, const char *name)
{
	struct url_addr a;
	size_t n = host != NULL ? strlen(host) : 0, len = strlen(name);
	if (host == NULL || n < len || strcmp(host + n - len, name) != 0)
		return false;
	return n == len || (host[n - len - 1] == '.' && !url_addr_from_host(&a, name));
}

static const char *
text_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* As it was written, bare, and as it will be looked up. */
static bool
host_matches(const struct test *t, const struct view *v)
{
	return matches(t, v, v->u->host) || matches(t, v, v->host) || matches(t, v, v->normal);
}

static bool
test_url(const struct test *t, struct view *v)
{
	const struct url *u = v->u;
	switch (t->key) {
	case SCHEME:
		return matches(t, v, u->scheme);
	case NETLOC: /* with and without letter case, user and port: a rule for a host means the host (DESIGN 6.2) */
		return matches(t, v, v->netloc) || host_matches(t, v);
	case PATH:
		return matches(t, v, u->path);
	case QUERY:
		return matches(t, v, text_or_empty(u->query));
	case FRAGMENT:
		return matches(t, v, text_or_empty(u->fragment));
	case USERNAME:
		return matches(t, v, u->username);
	case PASSWORD:
		return matches(t, v, u->password);
	case HOSTNAME:
		return host_matches(t, v);
	case PORT:
		return matches(t, v, u->port >= 0 ? v->port : NULL);
	case URL:
		return matches(t, v, whole(v));
	case DOMAIN:
		return within(v->normal, t->text);
	case EXACT:
		return str_eq(whole(v), t->text);
	}
	return false;
}

static bool
rule_matches(const struct url_rule *r, struct view *v)
{
	for (size_t i = 0; i < r->n; i++)
		if (!test_url(&r->test[i], v))
			return false;
	return true;
}

bool
url_rules_match(struct url_rule *const *rule, size_t n, const struct url *u, bool doubt)
{
	struct view v;
	bool found = false;
	if (n == 0)
		return false;
	view_init(&v, u);
	v.doubt = doubt;
	for (size_t i = 0; i < n && !found; i++)
		found = rule_matches(rule[i], &v);
	view_clear(&v);
	return found;
}
