/* What is inside a value that was read?  One level at a time, and only of what somebody asks for. */
#include "json/int.h"

#include <string.h>

enum { EXACT_DIGITS = 15 }; /* so many always fit into a double */

enum json_type
json_look_type(const struct value *v)
{
	switch (v->kind == VALUE_TEXT ? v->u.text.p[0] : '\0') {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
	case 'f':
		return JSON_BOOL;
	case 'n':
		return JSON_NULL;
	case '\0':
		break;
	default:
		return JSON_NUMBER;
	}
	static const enum json_type types[] = {
	    [VALUE_NULL] = JSON_NULL,	  [VALUE_FALSE] = JSON_BOOL,	[VALUE_TRUE] = JSON_BOOL,
	    [VALUE_NUMBER] = JSON_NUMBER, [VALUE_STRING] = JSON_STRING, [VALUE_ARRAY] = JSON_ARRAY,
	    [VALUE_OBJECT] = JSON_OBJECT};
	return (size_t)v->kind < sizeof types / sizeof types[0] ? types[v->kind] : JSON_NULL;
}

/* ---- in checked text nothing can be wrong: where do things end? ---------------------------------------------- */

static const char *
space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

/* Behind the closing quote; p is at the opening one. */
static const char *
string_end(const char *p, const char *end)
{
	const char *first = p + 1;
	for (const char *q = first; (q = memchr(q, '"', (size_t)(end - q))) != NULL; q++) {
		const char *b = q;
		while (b > first && b[-1] == '\\')
			b--;
		if ((q - b) % 2 == 0)
			return q + 1;
	}
	return end;
}

static const char *
value_end(const char *p, const char *end)
{
	size_t depth = 0;
	if (*p != '{' && *p != '[' && *p != '"')
		return p + strcspn(p, ",]} \t\r\n");
	do {
		if (*p == '"') {
			p = string_end(p, end);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
	} while (depth > 0 && p < end);
	return p;
}

/* ---- what do they say? --------------------------------------------------------------------------------------- */

static struct value *
text_of(struct source *source, const char *p, const char *end)
{
	struct value *v = json_value_new(VALUE_TEXT);
	v->u.text.p = p;
	v->u.text.n = (size_t)(end - p);
	v->source = source;
	source->refs++;
	return v;
}

static void
look_array(struct value *v, const char *p, const char *end)
{
	v->kind = VALUE_ARRAY;
	(void)memset(&v->u, 0, sizeof v->u);
	for (p = space(p + 1); *p != ']' && p < end; p = space(p)) {
		const char *to = value_end(p, end);
		json_value_push(v, text_of(v->source, p, to));
		p = space(to);
		p += *p == ',';
	}
}

/* A member's name; where it is escaped, what it says is not in the text. */
static void
put_member(struct value *v, const char *key, const char *key_end, struct value *take)
{
	size_t n = (size_t)(key_end - key), len = n - 2; /* the quotes */
	if (memchr(key, '\\', n) == NULL) {
		json_value_put_read(v, v->source->s + (key + 1 - v->source->s), len, take);
		return;
	}
	char *name = json_hard_string(key, n, &len);
	json_value_put(v, name, len, take);
	mem_free(name);
}

static void
look_object(struct value *v, const char *p, const char *end)
{
	v->kind = VALUE_OBJECT;
	(void)memset(&v->u, 0, sizeof v->u);
	for (p = space(p + 1); *p != '}' && p < end; p = space(p)) {
		const char *key_end = string_end(p, end);
		const char *from = space(space(key_end) + 1); /* the colon */
		const char *to = value_end(from, end);
		put_member(v, p, key_end, text_of(v->source, from, to));
		p = space(to);
		p += *p == ',';
	}
}

static void
look_string(struct value *v, const char *p, size_t n)
{
	bool plain = memchr(p, '\\', n) == NULL;
	size_t len = n - 2;
	char *own = plain ? NULL : json_hard_string(p, n, &len);
	if (plain)
		v->source->s[p + n - 1 - v->source->s] = '\0';
	v->kind = VALUE_STRING;
	v->u.string.p = plain ? p + 1 : own;
	v->u.string.n = len;
	v->u.string.own = own;
}

static void
look_number(struct value *v, const char *p, size_t n)
{
	int64_t d = 0;
	size_t i = *p == '-';
	for (; i < n && p[i] >= '0' && p[i] <= '9' && i <= EXACT_DIGITS; i++)
		d = d * 10 + (p[i] - '0');
	bool plain = i == n && (*p != '-' || d != 0);
	v->kind = VALUE_NUMBER;
	v->u.number = !plain ? json_hard_number(p, n) : (double)(*p == '-' ? -d : d);
}

void
json_look(struct value *v)
{
	if (v->kind != VALUE_TEXT)
		return;
	const char *p = v->u.text.p, *end = p + v->u.text.n;
	if (*p == '{')
		look_object(v, p, end);
	else if (*p == '[')
		look_array(v, p, end);
	else if (*p == '"')
		look_string(v, p, v->u.text.n);
	else if (*p == 't' || *p == 'f' || *p == 'n')
		v->kind = *p == 't' ? VALUE_TRUE : *p == 'f' ? VALUE_FALSE : VALUE_NULL;
	else
		look_number(v, p, v->u.text.n);
}
