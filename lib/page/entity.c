/* Which characters does this text stand for?  Character references (HTML §13.2.5.72 ff.), decoded exactly once. */
#include "page/int.h"

#include <string.h>

#include "page/entities.inc"

#define ENTITIES (sizeof entities / sizeof entities[0])

static void
put(struct buf *out, uint32_t cp)
{
	char c[4];
	(void)buf_add(out, c, utf8_put(c, cp));
}

/* The row of a name as a whole ("amp;" or a legacy "amp"); ENTITIES if there is none. */
static size_t
find(const char *p, size_t n)
{
	size_t lo = 0, hi = ENTITIES;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2, len = entities[mid].len;
		int c = memcmp(entity_names + entities[mid].at, p, len < n ? len : n);
		if (c == 0 && len == n)
			return mid;
		if (c < 0 || (c == 0 && len < n))
			lo = mid + 1;
		else
			hi = mid;
	}
	return ENTITIES;
}

static bool
alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Behind '&': the longest name there; its length, 0 if none.  In an attribute a name without ';' does not count before
 * '=' or a letter or digit: "?a=1&copy=2" is a URL. */
static size_t
longest(const char *p, size_t n, bool attr, size_t *row)
{
	size_t len = 0;
	while (len < n && len < ENTITY_NAME_MAX && alnum(p[len]))
		len++;
	if (len < n && p[len] == ';' && (*row = find(p, len + 1)) < ENTITIES)
		return len + 1;
	for (size_t k = len < ENTITY_LEGACY_MAX ? len : ENTITY_LEGACY_MAX; k >= ENTITY_LEGACY_MIN; k--) {
		if ((*row = find(p, k)) == ENTITIES)
			continue;
		if (attr && k < n && (p[k] == '=' || alnum(p[k])))
			return 0;
		return k;
	}
	return 0;
}

/* What a number stands for: the C1 range means windows-1252, nonsense means U+FFFD. */
static uint32_t
number(uint32_t cp)
{
	static const uint16_t c1[32] = {0x20AC, 0x81,	0x201A, 0x192,	0x201E, 0x2026, 0x2020, 0x2021,
					0x2C6,	0x2030, 0x160,	0x2039, 0x152,	0x8D,	0x17D,	0x8F,
					0x90,	0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
					0x2DC,	0x2122, 0x161,	0x203A, 0x153,	0x9D,	0x17E,	0x178};
	if (cp >= 0x80 && cp < 0xA0)
		return c1[cp - 0x80];
	return cp == 0 ? 0xFFFD : cp; /* surrogates and beyond are utf8_put's to refuse */
}

static int
digit(char c, unsigned base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	int l = str_lower((unsigned char)c);
	return base == 16 && l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* Behind "&#": bytes of the number and its ';', 0 if none. */
static size_t
numeric(struct buf *out, const char *p, size_t n)
{
	const uint32_t beyond = 0x110000;
	unsigned base = n > 0 && (p[0] == 'x' || p[0] == 'X') ? 16 : 10;
	size_t i = base == 16 ? 1 : 0, first = i;
	uint32_t cp = 0;
	for (int d; i < n && (d = digit(p[i], base)) >= 0; i++)
		cp = cp >= beyond ? beyond : cp * base + (uint32_t)d;
	if (i == first)
		return 0;
	put(out, number(cp));
	return i < n && p[i] == ';' ? i + 1 : i;
}

/* At '&': bytes used. */
static size_t
reference(struct buf *out, const char *p, size_t n, bool attr)
{
	size_t row = ENTITIES, used = 0;
	if (n > 1 && p[1] == '#' && (used = numeric(out, p + 2, n - 2)) > 0)
		return used + 2;
	if (n > 1 && alnum(p[1]) && (used = longest(p + 1, n - 1, attr, &row)) > 0) {
		put(out, entities[row].first);
		if (entities[row].second != 0)
			put(out, entities[row].second);
		return used + 1;
	}
	(void)buf_addc(out, '&');
	return 1;
}

/* One character that is no reference: bytes used. */
static size_t
character(struct buf *out, const char *p, size_t n)
{
	uint32_t cp = 0;
	if (*p == '\r') {
		(void)buf_addc(out, '\n');
		return n > 1 && p[1] == '\n' ? 2 : 1;
	}
	size_t used = utf8_next(p, n, &cp);
	put(out, cp == 0 ? 0xFFFD : cp);
	return used;
}

/* Printable ASCII and the like: copied in one go. */
static size_t
plain(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && (signed char)p[i] > 0 && p[i] != '&' && p[i] != '\r')
		i++;
	return i;
}

void
page_entity_decode(struct buf *out, const char *p, size_t n, bool attr)
{
	while (n > 0 && !out->full) {
		size_t used = plain(p, n);
		if (used > 0) {
			size_t room = out->max - out->len;
			(void)buf_add(out, p, used < room ? used : room);
			out->full = out->full || used > room;
		} else if (*p == '&') {
			used = reference(out, p, n, attr);
		} else {
			used = character(out, p, n);
		}
		p += used;
		n -= used;
	}
}
