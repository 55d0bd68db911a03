/* Whom does the Link: header name for an oEmbed answer?  RFC 8288 §3, as leniently as appendix B.2 reads it. */
#include "page/page.h"

#include <string.h>

#include "url/url.h"

enum { PARAMS_MAX = 32, VALUE_MAX = 256 };

/* One link of the field: what it points to, and what is said of it. */
struct link {
	const char *target;
	size_t target_len;
	char rel[VALUE_MAX], type[VALUE_MAX]; /* "" if absent; the first of each counts (RFC 8288 §3.3) */
	bool elsewhere;			      /* its context is another document (anchor) */
};

static const char *
blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* A token, or a quoted string without its quotes; cut at VALUE_MAX, which nothing known comes near. */
static const char *
value(const char *p, char out[VALUE_MAX])
{
	size_t n = 0;
	bool quoted = *p == '"';
	for (p += quoted ? 1 : 0; *p != '\0' && (quoted ? *p != '"' : strchr(";, \t", *p) == NULL); p++) {
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		if (n < VALUE_MAX - 1)
			out[n++] = *p;
	}
	out[n] = '\0';
	return quoted && *p == '"' ? p + 1 : p;
}

/* ;name=value, from behind the semicolon. */
static const char *
param(const char *p, struct link *l)
{
	char got[VALUE_MAX] = "";
	const char *name = p = blanks(p);
	size_t n = strcspn(p, "=;, \t");
	p = blanks(p + n);
	if (*p == '=')
		p = value(blanks(p + 1), got);
	if (str_nieq(name, n, "rel") && l->rel[0] == '\0')
		(void)memcpy(l->rel, got, sizeof got);
	else if (str_nieq(name, n, "type") && l->type[0] == '\0')
		(void)memcpy(l->type, got, sizeof got);
	else if (str_nieq(name, n, "anchor"))
		l->elsewhere = true;
	return p;
}

/* The next link; where to go on, NULL if there is none. */
static const char *
next(const char *p, struct link *l)
{
	const char *open = strchr(p, '<'), *close = open == NULL ? NULL : strchr(open, '>');
	*l = (struct link){.target = open};
	if (close == NULL)
		return NULL;
	l->target = open + 1;
	l->target_len = (size_t)(close - open) - 1;
	p = blanks(close + 1);
	for (size_t i = 0; i < PARAMS_MAX && *p == ';'; i++)
		p = blanks(param(p + 1, l));
	if (*p == ',' || *p == '\0')
		return p;
	p += strcspn(p, ",<"); /* nonsense behind a link ends it */
	return p;
}

static bool
has_word(const char *list, const char *word)
{
	for (size_t n; *(list += strspn(list, " \t")) != '\0'; list += n) {
		n = strcspn(list, " \t");
		if (str_nieq(list, n, word))
			return true;
	}
	return false;
}

static bool
is_type(const char *type, const char *suffix)
{
	size_t n = strcspn(type, "; \t");
	char *a = mem_printf("application/%s+oembed", suffix), *t = mem_printf("text/%s+oembed", suffix);
	bool is = str_nieq(type, n, a) || str_nieq(type, n, t);
	mem_free(a);
	mem_free(t);
	return is;
}

static char *
find(const char *header, const char *base, const char *suffix)
{
	struct link l;
	char *url = NULL;
	while (url == NULL && (header = next(header, &l)) != NULL) {
		if (l.elsewhere || !has_word(l.rel, "alternate") || !is_type(l.type, suffix))
			continue;
		char *ref = mem_strndup(l.target, l.target_len);
		url = url_resolve(base, ref, NULL);
		mem_free(ref);
		if (url != NULL && (!url_is_http(url) || strlen(url) > URL_MAX)) {
			mem_free(url);
			url = NULL;
		}
	}
	return url;
}

char *
page_oembed_link(const char *header, const char *base)
{
	if (header == NULL)
		return NULL;
	char *json = find(header, base, "json");
	return json != NULL ? json : find(header, base, "xml");
}
