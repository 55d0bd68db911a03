/* What does this text say, where it is not plain?  Escapes, fractions, exponents, bad UTF-8; and how is a fraction written? */
#include "json/int.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- strings ---------------------------------------------------------------------------------- */

static uint32_t
unit(const char *four)
{
	uint32_t u = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)four[i];
		u = u << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return u;
}

/* The escape at s, behind its backslash; what it stands for goes to *out.  Its length. */
static size_t
unescape(const char *s, char **out)
{
	static const char named[] = "b\bf\fn\nr\rt\t";
	uint32_t cp;
	if (*s != 'u') {
		const char *p = named;
		while (*p != '\0' && *p != *s)
			p += 2;
		*(*out)++ = *p != '\0' ? p[1] : *s;
		return 1;
	}
	cp = unit(s + 1);
	bool pair = cp >= 0xD800 && cp <= 0xDBFF && s[5] == '\\'; /* checked: then its other half follows */
	if (pair)
		cp = 0x10000 + ((cp - 0xD800) << 10) + (unit(s + 7) - 0xDC00);
	*out += utf8_put(*out, cp);
	return pair ? 11 : 5;
}

char *
json_hard_string(const char *text, size_t n, size_t *len)
{
	const char *s = text + 1, *end = text + n - 1; /* the quotes */
	char *own = mem_alloc(n), *to = own;	       /* what it says is shorter */
	while (s < end) {
		const char *escape = memchr(s, '\\', (size_t)(end - s));
		size_t run = (size_t)((escape != NULL ? escape : end) - s);
		(void)memcpy(to, s, run);
		to += run;
		s += run;
		if (escape != NULL)
			s += 1 + unescape(s + 1, &to);
	}
	*to = '\0';
	*len = (size_t)(to - own);
	return own;
}

/* A sequence that is none: its lead, and what would belong to it. */
static size_t
bad_sequence(const char *s, size_t n)
{
	unsigned char c = (unsigned char)*s;
	size_t most = c < 0xC2 || c > 0xF4 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4, k = 1;
	while (k < most && k < n && ((unsigned char)s[k] & 0xC0) == 0x80)
		k++;
	return k;
}

char *
json_hard_mend(const char *s, size_t n, size_t *len)
{
	char *own = mem_alloc(n * 3 + 1), *to = own; /* U+FFFD has three bytes */
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t k = utf8_next(s + i, n - i, &cp);
		to += utf8_put(to, cp);
		i += k == 1 && cp >= 0x80 ? bad_sequence(s + i, n - i) : k;
	}
	*to = '\0';
	*len = (size_t)(to - own);
	return own;
}

/* ---- numbers ---------------------------------------------------------------------------------- */

double
json_hard_number(const char *text, size_t n)
{
	char *copy = mem_strndup(text, n); /* the locale of numbers is never changed: '.' */
	double d = strtod(copy, NULL);
	mem_free(copy);
	return d;
}

enum { DIGITS_MAX = 17 }; /* tell every double from all others */

struct digits {
	char s[DIGITS_MAX + 1];
	int n, point; /* 0.DIGITS times ten to this */
};

/* The digits of a positive number, rounded to n of them. */
static void
round_to(struct digits *x, double d, int n)
{
	char text[DIGITS_MAX + 16];
	(void)snprintf(text, sizeof text, "%.*e", n - 1, d);
	const char *e = strchr(text, 'e');
	x->n = 0;
	for (const char *p = text; p < e; p++)
		if (*p != '.')
			x->s[x->n++] = *p;
	x->point = (int)strtol(e + 1, NULL, 10) + 1;
}

/* Next to a power of two the nearest short number may be another's, while the next above is this one's. */
static void
step_up(struct digits *x)
{
	while (x->n > 0 && x->s[x->n - 1] == '9')
		x->n--;
	if (x->n > 0) {
		x->s[x->n - 1]++;
		return;
	}
	x->s[x->n++] = '1';
	x->point++;
}

static bool
reads_back(const struct digits *x, double d)
{
	char text[DIGITS_MAX + 16];
	(void)snprintf(text, sizeof text, "0.%.*se%d", x->n, x->s, x->point);
	return strtod(text, NULL) == d;
}

/* The fewest that are read as the same number; DBL_DIG are kept by all but the smallest. */
static void
shortest(struct digits *x, double d)
{
	bool found = false;
	for (int n = d < DBL_MIN ? 1 : DBL_DIG; !found; n++) {
		round_to(x, d, n);
		found = n == DIGITS_MAX || reads_back(x, d);
		if (!found) {
			step_up(x);
			found = reads_back(x, d);
		}
	}
	while (x->n > 1 && x->s[x->n - 1] == '0')
		x->n--;
}

enum { ZEROS_MAX = 15 }; /* more, and an exponent is easier to read; as jq does it */

static int
write_digits(const struct digits *x, struct buf *out)
{
	const char *s = x->s;
	int n = x->n, point = x->point;
	static const char zeros[] = "000000000000000";
	if (point <= -4 || point > n + ZEROS_MAX)
		return buf_addf(out, "%c%s%.*se%+.2d", s[0], n > 1 ? "." : "", n - 1, s + 1, point - 1);
	if (point <= 0)
		return buf_addf(out, "0.%.*s%.*s", -point, zeros, n, s);
	if (point >= n)
		return buf_addf(out, "%.*s%.*s", n, s, point - n, zeros);
	return buf_addf(out, "%.*s.%.*s", point, s, n - point, s + point);
}

int
json_hard_write(double d, struct buf *out)
{
	struct digits x;
	if (isnan(d))
		return buf_adds(out, "null");
	if (signbit(d) && buf_addc(out, '-') < 0)
		return -1;
	shortest(&x, isinf(d) ? DBL_MAX : fabs(d)); /* what was too large for a double is the largest */
	return write_digits(&x, out);
}
