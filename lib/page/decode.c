/* How do a page's bytes become UTF-8?  Tables for single-byte charsets, arithmetic for UTF-16/32, iconv for the rest. */
#include "page/int.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* Text with more nonsense than this is not in that charset: judging stops. */
enum { BAD_MAX = 1 << 12 };

enum { CONVERTERS_MAX = 8, REPLACEMENT = 0xFFFD };

struct page_charsets {
	size_t n;
	struct converter {
		const char *name;
		iconv_t cd;
	} conv[CONVERTERS_MAX];
};

static iconv_t
converter(const struct page_charsets *c, const char *name)
{
	for (size_t i = 0; c != NULL && i < c->n; i++)
		if (strcmp(c->conv[i].name, name) == 0)
			return c->conv[i].cd;
	return (iconv_t)-1;
}

struct page_charsets *
page_charsets_open(void)
{
	struct page_charsets *c = mem_alloc(sizeof *c);
	const struct charset *set = NULL;
	for (size_t i = 0; (set = page_charset_at(i)) != NULL && c->n < CONVERTERS_MAX; i++) {
		if (set->kind != CHARSET_ICONV || converter(c, set->iconv) != (iconv_t)-1)
			continue;
		iconv_t cd = iconv_open("UTF-8", set->iconv);
		if (cd != (iconv_t)-1)
			c->conv[c->n++] = (struct converter){set->iconv, cd};
	}
	return c;
}

void
page_charsets_close(struct page_charsets *c)
{
	for (size_t i = 0; c != NULL && i < c->n; i++)
		(void)iconv_close(c->conv[i].cd);
	mem_free(c);
}

bool
page_charset_readable(const struct charset *set, const struct page_charsets *c)
{
	return set->kind != CHARSET_ICONV || converter(c, set->iconv) != (iconv_t)-1;
}

void
page_charset_reset(const struct charset *set, struct page_charsets *c)
{
	if (set->kind == CHARSET_ICONV && page_charset_readable(set, c))
		(void)iconv(converter(c, set->iconv), NULL, NULL, NULL, NULL);
}

/* ---- one step of each kind: bytes used ------------------------------------------------------------------ */

struct job {
	const struct charset *set;
	const char *p;
	size_t n;
	bool last;
	struct buf *out;
	struct charset_fit fit;
};

static int
put(struct job *j, uint32_t cp)
{
	char c[4];
	if (cp == REPLACEMENT)
		j->fit.bad++;
	else if (cp >= 0x80)
		j->fit.good++;
	return buf_add(j->out, c, utf8_put(c, cp));
}

/* A step is as long as there is certainly room for. */
static size_t
table(struct job *j)
{
	enum { BYTES_MAX = 3 };
	size_t room = (j->out->max - j->out->len) / BYTES_MAX, n = j->n < room ? j->n : room;
	if (n == 0 || buf_reserve(j->out, n * BYTES_MAX) < 0)
		return 0;
	char *to = j->out->p + j->out->len;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)j->p[i];
		if (c < 0x80) {
			*to++ = (char)c;
			continue;
		}
		uint32_t cp = j->set->high[c - 0x80];
		j->fit.good += cp != REPLACEMENT;
		j->fit.bad += cp == REPLACEMENT;
		to += utf8_put(to, cp);
	}
	j->out->len = (size_t)(to - j->out->p);
	*to = '\0';
	return n;
}

static uint32_t
unit(const struct job *j, size_t at, size_t width, bool little)
{
	uint32_t v = 0;
	for (size_t i = 0; i < width; i++)
		v = v << 8 | (unsigned char)j->p[at + (little ? width - 1 - i : i)];
	return v;
}

static size_t
utf16(struct job *j, bool little)
{
	size_t i = 0;
	while (j->n - i >= 2) {
		uint32_t cp = unit(j, i, 2, little);
		size_t used = 2;
		if (cp >= 0xD800 && cp <= 0xDBFF) {
			if (j->n - i < 4 && !j->last)
				break;
			uint32_t low = j->n - i < 4 ? 0 : unit(j, i + 2, 2, little);
			bool pair = low >= 0xDC00 && low <= 0xDFFF;
			cp = pair ? 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00) : REPLACEMENT;
			used = pair ? 4 : 2;
		} else if (cp >= 0xDC00 && cp <= 0xDFFF) {
			cp = REPLACEMENT;
		}
		if (put(j, cp) < 0)
			return i;
		i += used;
	}
	return j->last && j->n - i == 1 ? j->n : i;
}

static size_t
utf32(struct job *j, bool little)
{
	size_t i = 0;
	for (; j->n - i >= 4; i += 4) {
		uint32_t cp = unit(j, i, 4, little);
		bool bad = cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF);
		if (put(j, bad ? REPLACEMENT : cp) < 0)
			return i;
	}
	return j->last && j->n - i < 4 ? j->n : i;
}

/* iconv stops at the first sequence that means nothing: its first byte becomes U+FFFD, so that a broken lead byte does
 * not swallow the '<' behind it. */
static size_t
foreign(struct job *j, iconv_t cd)
{
	char *in = (char *)(uintptr_t)j->p; /* iconv does not write to it */
	size_t left = j->n;
	while (left > 0) {
		char *to = j->out->p + j->out->len;
		size_t room = j->out->cap - 1 - j->out->len, before = room;
		size_t rc = iconv(cd, &in, &left, &to, &room);
		j->out->len += before - room;
		if (rc != (size_t)-1 || errno == E2BIG || (errno == EINVAL && !j->last))
			break;
		if (put(j, REPLACEMENT) < 0)
			break;
		in++;
		left--;
	}
	j->out->p[j->out->len] = '\0';
	return j->n - left;
}

static void
count_good(struct job *j, size_t from)
{
	for (size_t i = from; i < j->out->len; i++)
		j->fit.good += ((unsigned char)j->out->p[i] & 0xC0) == 0xC0;
	j->fit.good -= j->fit.bad < j->fit.good ? j->fit.bad : j->fit.good; /* U+FFFD itself */
}

size_t
page_charset_convert(const struct charset *set, struct page_charsets *c, const char *p, size_t n, bool last,
		     struct buf *out, struct charset_fit *fit)
{
	struct job j = {set, p, n, last, out, {0, 0}};
	size_t from = out->len, used = n;
	switch (set->kind) {
	case CHARSET_TABLE:
		used = table(&j);
		break;
	case CHARSET_UTF16LE:
	case CHARSET_UTF16BE:
		used = utf16(&j, set->kind == CHARSET_UTF16LE);
		break;
	case CHARSET_UTF32LE:
	case CHARSET_UTF32BE:
		used = utf32(&j, set->kind == CHARSET_UTF32LE);
		break;
	case CHARSET_ICONV:
		(void)buf_reserve(out, out->max - out->len);
		used = foreign(&j, converter(c, set->iconv));
		count_good(&j, from);
		break;
	default:
		break;
	}
	if (fit != NULL)
		*fit = (struct charset_fit){fit->good + j.fit.good, fit->bad + j.fit.bad};
	return used;
}

/* ---- judging ------------------------------------------------------------------------------------------------ */

/* Bytes of the common sequence of two or three that begins here; 0 if it is another one, or none. */
static size_t
common(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	if (n < 3 || (p[1] & 0xC0) != 0x80)
		return 0;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		return 2;
	return p[0] >= 0xE1 && p[0] <= 0xEF && p[0] != 0xED && (p[2] & 0xC0) == 0x80 ? 3 : 0;
}

size_t
page_charset_sample(const char *p, size_t n)
{
	enum { CONTS_MAX = 3 };
	size_t cut = CHARSET_SAMPLE;
	if (n <= CHARSET_SAMPLE)
		return n;
	while (cut > CHARSET_SAMPLE - CONTS_MAX && ((unsigned char)p[cut] & 0xC0) == 0x80)
		cut--;
	return cut;
}

struct charset_fit
page_charset_utf8_fit(const char *p, size_t n)
{
	struct charset_fit fit = {0, 0};
	if (utf8_scan(p, n, &fit.good))
		return fit;
	fit.good = 0;
	for (size_t i = 0; i < n;) { /* what is wrong with it? */
		uint32_t cp = 0;
		size_t used = (unsigned char)p[i] < 0x80 ? 1 : common(p + i, n - i);
		if (used > 0) {
			fit.good += used > 1;
		} else {
			used = utf8_next(p + i, n - i, &cp);
			fit.good += used > 1;
			fit.bad += used == 1;
		}
		i += used;
	}
	return fit;
}

struct charset_fit
page_charset_fit(const struct charset *set, const char *p, size_t n, struct page_charsets *c)
{
	enum { STEP = 16384 };
	struct charset_fit fit = {0, 0};
	struct buf out;
	buf_init(&out, STEP);
	page_charset_reset(set, c);
	while (n > 0 && fit.bad < BAD_MAX) {
		size_t used = page_charset_convert(set, c, p, n, false, &out, &fit);
		if (used == 0)
			break;
		p += used;
		n -= used;
		buf_reset(&out);
	}
	page_charset_reset(set, c);
	buf_clear(&out);
	return fit;
}
