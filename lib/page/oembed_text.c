/* In which charset is an oEmbed answer?  Providers send XML, and JSON too, in what their pages are written in.
 *
 * As for pages: a byte order mark, then UTF-8 if the bytes are that, then what is declared if they are that, then UTF-8
 * all the same, or windows-1252.  There is no guessing, and what only iconv converts is not read: its tables would have to
 * be opened for every answer that never needs them. */
#include "page/int.h"

#include <string.h>

static const struct charset *
utf_8(void)
{
	return page_charset_by_label("utf-8", strlen("utf-8"));
}

/* One that the bytes bear out without exception. */
static bool
fits(const struct charset *set, const char *p, size_t n)
{
	return set != NULL && set->kind != CHARSET_UTF8 && page_charset_readable(set, NULL) &&
	       page_charset_fit(set, p, n, NULL).bad == 0;
}

/* NULL: it cannot be read. */
static const struct charset *
decide(const char *p, size_t n, const char *content_type, size_t *bom)
{
	const struct charset *set = page_charset_from_bom(p, n, bom);
	if (set != NULL || (set = page_charset_from_nuls(p, n, "<{ \t\r\n")) != NULL)
		return set;
	struct charset_fit utf8 = page_charset_utf8_fit(p, n);
	if (utf8.bad == 0)
		return utf_8();
	const struct charset *declared[] = {page_charset_from_type(content_type), page_charset_from_xml(p, n)};
	for (size_t i = 0; i < sizeof declared / sizeof declared[0]; i++) {
		if (fits(declared[i], p, n))
			return declared[i];
		if (declared[i] != NULL && !page_charset_readable(declared[i], NULL))
			return NULL; /* better no answer than garbage */
	}
	return utf8.good > utf8.bad ? utf_8() : page_charset_windows_1252();
}

/* Bytes that are no UTF-8 become U+FFFD. */
static int
repair(const char *p, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp = 0;
		char c[4];
		i += utf8_next(p + i, n - i, &cp);
		if (buf_add(out, c, utf8_put(c, cp)) < 0)
			return -1;
	}
	return 0;
}

static int
convert(const struct charset *set, const char *p, size_t n, struct buf *out)
{
	while (n > 0) {
		size_t used = page_charset_convert(set, NULL, p, n, true, out, NULL);
		if (used == 0)
			return -1;
		p += used;
		n -= used;
	}
	return 0;
}

int
page_answer_open(struct page_answer *a, const char *p, size_t n, const char *content_type, struct err *err)
{
	size_t bom = 0;
	const struct charset *set = decide(p, n, content_type, &bom);
	if (set == NULL)
		return err_set(err, ERR_UNSUPPORTED, "oembed: in an encoding that is not read");
	a->p = p + bom;
	a->n = n - bom;
	buf_init(&a->own, PAGE_OEMBED_MAX);
	bool utf8 = set->kind == CHARSET_UTF8;
	if (utf8 && page_charset_utf8_fit(a->p, a->n).bad == 0)
		return 0;
	if ((utf8 ? repair(a->p, a->n, &a->own) : convert(set, a->p, a->n, &a->own)) < 0) {
		buf_clear(&a->own);
		return err_set(err, ERR_LIMIT, "oembed: longer than %zu bytes", PAGE_OEMBED_MAX);
	}
	a->p = a->own.p != NULL ? a->own.p : "";
	a->n = a->own.len;
	return 0;
}

void
page_answer_close(struct page_answer *a)
{
	buf_clear(&a->own);
}
