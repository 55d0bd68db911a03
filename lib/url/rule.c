/* Does one of the owner's URL rules (spec A.4) speak of this URL? */
#include "url/url.h"

#include <regex.h>
#include <string.h>

#include "url/int.h"

enum rule_key { SCHEME, NETLOC, PATH, QUERY, FRAGMENT, USERNAME, PASSWORD, HOSTNAME, PORT, N_KEYS };

static const char *const key_name[N_KEYS] = {
    [SCHEME] = "scheme",     [NETLOC] = "netloc",     [PATH] = "path",
    [QUERY] = "query",	     [FRAGMENT] = "fragment", [USERNAME] = "username",
    [PASSWORD] = "password", [HOSTNAME] = "hostname", [PORT] = "port",
};

struct test {
	enum rule_key key;
	char *glob; /* or NULL: re */
	regex_t re;
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
		if (r->test[i].glob == NULL)
			regfree(&r->test[i].re);
		mem_free(r->test[i].glob);
	}
	mem_free(r->test);
	mem_free(r);
}

static bool
caseless(enum rule_key key)
{
	return key == SCHEME || key == NETLOC || key == HOSTNAME;
}

static int
add_test(struct url_rule *r, enum rule_key key, const char *pattern, struct err *err)
{
	struct test t = {.key = key};
	if (pattern[0] == '^') {
		if (regcomp(&t.re, pattern, REG_EXTENDED | REG_NOSUB | (caseless(key) ? REG_ICASE : 0)) != 0)
			return err_set(err, ERR_INPUT, "bad regular expression: %s", pattern);
	} else {
		t.glob = mem_strdup(pattern);
		if (caseless(key))
			str_tolower(t.glob);
	}
	r->test = mem_realloc(r->test, (r->n + 1) * sizeof *r->test);
	r->test[r->n++] = t;
	return 0;
}

/* word: "key=pattern"; changed. */
static int
add_word(struct url_rule *r, char *word, struct err *err)
{
	char *eq = strchr(word, '=');
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

static bool
matches(const struct test *t, const char *value)
{
	if (value == NULL) /* absent parts never match, not even "*" */
		return false;
	return t->glob != NULL ? str_glob(t->glob, value) : regexec(&t->re, value, 0, NULL, 0) == 0;
}

/* The URL's parts as rules see them. */
struct view {
	const struct url *u;
	char *netloc, *host; /* host: lower case, no brackets, no trailing dot */
	char port[8];
};

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
	*v = (struct view){.u = u, .host = bare_host(u->host)};
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
}

static const char *
text_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static bool
test_url(const struct test *t, const struct view *v)
{
	const struct url *u = v->u;
	switch (t->key) {
	case SCHEME:
		return matches(t, u->scheme);
	case NETLOC: /* with and without letter case, user and port: a rule for a host means the host (DESIGN 6.2) */
		return matches(t, v->netloc) || matches(t, u->host) || matches(t, v->host);
	case PATH:
		return matches(t, u->path);
	case QUERY:
		return matches(t, text_or_empty(u->query));
	case FRAGMENT:
		return matches(t, text_or_empty(u->fragment));
	case USERNAME:
		return matches(t, u->username);
	case PASSWORD:
		return matches(t, u->password);
	case HOSTNAME:
		return matches(t, v->host) || matches(t, u->host);
	case PORT:
		return matches(t, u->port >= 0 ? v->port : NULL);
	case N_KEYS:
		break;
	}
	return false;
}

static bool
rule_matches(const struct url_rule *r, const struct view *v)
{
	for (size_t i = 0; i < r->n; i++)
		if (!test_url(&r->test[i], v))
			return false;
	return true;
}

bool
url_rules_match(struct url_rule *const *rule, size_t n, const struct url *u)
{
	struct view v;
	bool found = false;
	if (n == 0)
		return false;
	view_init(&v, u);
	for (size_t i = 0; i < n && !found; i++)
		found = rule_matches(rule[i], &v);
	view_clear(&v);
	return found;
}
