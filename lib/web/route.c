/* Whose question is this?  A table of patterns, tried from the top. */
#include "web/web.h"

#include <string.h>

/* Is the segment one of the words of "(a|b|c)"? */
static bool
one_of(const char *words, size_t n, const char *segment)
{
	size_t len = strlen(segment);
	for (const char *s = words, *end = words + n; s <= end;) {
		const char *bar = memchr(s, '|', (size_t)(end - s));
		const char *stop = bar != NULL ? bar : end;
		if ((size_t)(stop - s) == len && memcmp(s, segment, len) == 0)
			return true;
		s = stop + 1;
	}
	return false;
}

/* One segment of a pattern, p[0..n), against one of the path; NULL: there is no more of that. */
static bool
fits(const char *p, size_t n, const char *segment, struct web_match *m)
{
	bool capture = n > 2 && p[0] == '{', optional = capture && p[n - 2] == '?';
	if (segment == NULL)
		return optional;
	if (n > 2 && p[0] == '(')
		return one_of(p + 1, n - 2, segment);
	if (!capture)
		return strlen(segment) == n && memcmp(segment, p, n) == 0;
	if (*segment == '\0')
		return optional;
	if (m->n < WEB_CAPTURES_MAX) {
		m->name[m->n] = p + 1;
		m->value[m->n++] = segment;
	}
	return true;
}

static bool
matches(const char *pattern, const struct web_request *r, size_t from, struct web_match *m)
{
	const char *p = pattern + 1;
	size_t i = from;
	m->n = 0;
	for (;;) {
		size_t n = strcspn(p, "/");
		if (!fits(p, n, i < r->segments ? r->segment[i] : NULL, m))
			return false;
		i++;
		if (p[n] == '\0')
			return i >= r->segments;
		p += n + 1;
	}
}

static const struct web_route *
look(const struct web_route *table, const struct web_request *r, size_t from, struct web_match *m)
{
	*m = (struct web_match){0};
	for (const struct web_route *row = table; row->pattern != NULL; row++) {
		unsigned allowed = row->methods | ((row->methods & WEB_GET) != 0 ? WEB_HEAD : 0) | WEB_OPTIONS;
		if (!matches(row->pattern, r, from, m))
			continue;
		m->methods |= allowed;
		if ((allowed & r->method) != 0)
			return row;
	}
	m->n = 0;
	return NULL;
}

int
web_route(const struct web_route *table, const struct web_request *r, struct web_match *m, struct err *err)
{
	const struct web_route *row = look(table, r, 0, m);
	if (m->methods == 0 && r->script > 0)
		row = look(table, r, r->script, m);
	m->route = row;
	return row != NULL
		   ? 0
		   : err_http(err, ERR_NOTFOUND, m->methods == 0 ? 404 : 405, "M_UNRECOGNIZED", "Unrecognized request");
}

const char *
web_match_value(const struct web_match *m, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < m->n; i++)
		if (strncmp(m->name[i], name, n) == 0 && (m->name[i][n] == '}' || m->name[i][n] == '?'))
			return m->value[i];
	return NULL;
}
