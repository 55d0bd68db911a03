/* Is this one strict RFC 8259 value within the depth limit?  What has passed here is taken apart elsewhere without a second thought. */
#include "json/int.h"

#include <string.h>

struct reader {
	const unsigned char *s;
	size_t n, i;
	bool utf8;  /* all of it is: found out beforehand */
	bool loose; /* there is white space between values */
	struct err *err;
};

static int
bad(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_INPUT, "json: %s at byte %zu", what, r->i);
}

static int
peek(const struct reader *r)
{
	return r->i < r->n ? r->s[r->i] : -1;
}

static void
space(struct reader *r)
{
	size_t from = r->i;
	while (r->i < r->n && (r->s[r->i] == ' ' || r->s[r->i] == '\t' || r->s[r->i] == '\n' || r->s[r->i] == '\r'))
		r->i++;
	r->loose = r->loose || r->i > from;
}

static int
digits(struct reader *r)
{
	size_t from = r->i;
	while (peek(r) >= '0' && peek(r) <= '9')
		r->i++;
	return r->i == from ? bad(r, "digit expected") : 0;
}

static int
number(struct reader *r)
{
	if (peek(r) != '-' && (peek(r) < '0' || peek(r) > '9'))
		return bad(r, "value expected");
	if (peek(r) == '-')
		r->i++;
	if (peek(r) == '0')
		r->i++;
	else if (digits(r) < 0)
		return -1;
	if (peek(r) == '.') {
		r->i++;
		if (digits(r) < 0)
			return -1;
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		r->i++;
		if (peek(r) == '+' || peek(r) == '-')
			r->i++;
		if (digits(r) < 0)
			return -1;
	}
	return 0;
}

static bool
is_hex(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int
escape(struct reader *r)
{
	int c = peek(r);
	r->i++;
	if (c == 'u') {
		for (int k = 0; k < 4; k++, r->i++)
			if (!is_hex(peek(r)))
				return bad(r, "four hex digits expected");
		return 0;
	}
	return c > 0 && strchr("\"\\/bfnrt", c) != NULL ? 0 : bad(r, "unknown escape");
}

/* Bytes of a string that say just what they are; above ASCII only if all is known to be UTF-8. */
static void
plain(struct reader *r)
{
	size_t i = r->i;
	while (i < r->n && r->s[i] >= 0x20 && r->s[i] != '"' && r->s[i] != '\\' && (r->utf8 || r->s[i] < 0x80))
		i++;
	r->i = i;
}

static int
string(struct reader *r)
{
	for (r->i++;;) {
		plain(r);
		int c = peek(r);
		if (c < 0x20)
			return bad(r, c < 0 ? "unended string" : "control character in string");
		if (c >= 0x80) {
			uint32_t cp;
			size_t k = utf8_next((const char *)r->s + r->i, r->n - r->i, &cp);
			if (k == 1)
				return bad(r, "invalid UTF-8");
			r->i += k;
			continue;
		}
		r->i++;
		if (c == '"')
			return 0;
		if (c == '\\' && escape(r) < 0)
			return -1;
	}
}

static int
word(struct reader *r, const char *w)
{
	size_t k = strlen(w);
	if (r->n - r->i < k || memcmp(r->s + r->i, w, k) != 0)
		return bad(r, "value expected");
	r->i += k;
	return 0;
}

static int
scalar(struct reader *r)
{
	switch (peek(r)) {
	case '"':
		return string(r);
	case 't':
		return word(r, "true");
	case 'f':
		return word(r, "false");
	case 'n':
		return word(r, "null");
	default:
		return number(r);
	}
}

/* A member's name and colon. */
static int
name(struct reader *r)
{
	space(r);
	if (peek(r) != '"')
		return bad(r, "name expected");
	if (string(r) < 0)
		return -1;
	space(r);
	if (peek(r) != ':')
		return bad(r, "':' expected");
	r->i++;
	return 0;
}

/* After a value: close what ends here; 1 when the next value must follow, 0 at the end. */
static int
after_value(struct reader *r, const char *open, size_t *depth)
{
	while (*depth > 0) {
		char kind = open[*depth - 1];
		space(r);
		int c = peek(r);
		r->i++;
		if (c == ',')
			return kind == '{' && name(r) < 0 ? -1 : 1;
		if (c != (kind == '{' ? '}' : ']'))
			return bad(r, "',' or the end expected");
		(*depth)--;
	}
	return 0;
}

int
json_check(const char *s, size_t n, bool *tight, struct err *err)
{
	struct reader r = {.s = (const unsigned char *)s, .n = n, .utf8 = utf8_valid(s, n), .err = err};
	char open[JSON_DEPTH_MAX];
	size_t depth = 0;
	for (int more = 1; more == 1;) {
		space(&r);
		int c = peek(&r);
		if (c == '{' || c == '[') {
			if (depth == JSON_DEPTH_MAX)
				return err_set(err, ERR_LIMIT, "json: nested deeper than %d", JSON_DEPTH_MAX);
			open[depth++] = (char)c;
			r.i++;
			space(&r);
			if (peek(&r) == (c == '{' ? '}' : ']')) {
				depth--;
				r.i++;
				more = after_value(&r, open, &depth);
			} else {
				more = c == '{' && name(&r) < 0 ? -1 : 1;
			}
		} else {
			more = scalar(&r) < 0 ? -1 : after_value(&r, open, &depth);
		}
		if (more < 0)
			return -1;
	}
	*tight = !r.loose; /* what is around the value does not count */
	space(&r);
	return r.i == r.n ? 0 : bad(&r, "more after the value");
}

/* The 16 bits of "\uXXXX" at p, or -1. */
static int
unit(const char *p, const char *end)
{
	int v = 0;
	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int k = 2; k < 6; k++) {
		int c = str_lower((unsigned char)p[k]);
		v = v * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v;
}

void
json_mend_surrogates(char *s, size_t n)
{
	char *end = s + n;
	for (char *p = s; (p = memchr(p, '\\', (size_t)(end - p))) != NULL;) {
		int v = unit(p, end);
		if (v < 0xD800 || v > 0xDFFF) {
			p += v < 0 ? 2 : 6;
			continue;
		}
		int low = v < 0xDC00 ? unit(p + 6, end) : -1;
		if (low >= 0xDC00 && low <= 0xDFFF) {
			p += 12;
			continue;
		}
		(void)memcpy(p, "\\ufffd", 6);
		p += 6;
	}
}
