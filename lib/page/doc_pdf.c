/* What is a PDF called?  Its title, if it can be had without reading PDF: from XMP, or an Info dictionary, where they
 * stand uncompressed and unencrypted.  Pages, fonts and streams need a renderer, and that is not let near hostile bytes. */
#include "page/int.h"

#include <string.h>

enum { TITLE_BYTES_MAX = 2048, OBJECT_MAX = 16384, XMP_MAX = 4096 };

struct span {
	const char *p, *end;
};

static const char *
find(struct span s, const char *what)
{
	return s.p < s.end ? memmem(s.p, (size_t)(s.end - s.p), what, strlen(what)) : NULL;
}

static const char *
find_last(struct span s, const char *what)
{
	size_t k = strlen(what), n = s.p < s.end ? (size_t)(s.end - s.p) : 0;
	const char *at;
	while (n > 0 && (at = memrchr(s.p, what[0], n)) != NULL) {
		if ((size_t)(s.end - at) >= k && memcmp(at, what, k) == 0)
			return at;
		n = (size_t)(at - s.p);
	}
	return NULL;
}

/* ---- XMP: <dc:title> … <rdf:li …>TITLE</rdf:li> (XMP part 1, §8.4) --------------------------------------------- */

static bool
xmp_title(struct doc *d, struct span all)
{
	const char *title = find(all, "<dc:title");
	if (title == NULL)
		return false;
	struct span s = {title, all.end - title > XMP_MAX ? title + XMP_MAX : all.end};
	const char *close = find(s, "</dc:title"), *li = find(s, "<rdf:li");
	if (close == NULL || li == NULL || li > close)
		return false;
	const char *from = memchr(li, '>', (size_t)(close - li));
	const char *to = from == NULL ? NULL : memchr(from, '<', (size_t)(close - from));
	if (from == NULL || to == NULL)
		return false;
	struct buf b;
	buf_init(&b, TITLE_BYTES_MAX);
	page_entity_decode(&b, from + 1, (size_t)(to - from - 1), false);
	page_doc_say(d, true, "og:title", "xmp", b.p, b.len);
	buf_clear(&b);
	return json_has(d->declared, "og:title");
}

/* ---- Info dictionary: /Title (literal) or <hexadecimal> (ISO 32000-1 §7.3.4, §7.9.2) ------------------------------- */

static int
hex(char c)
{
	return c >= '0' && c <= '9'			    ? c - '0'
	       : str_lower(c) >= 'a' && str_lower(c) <= 'f' ? str_lower(c) - 'a' + 10
							    : -1;
}

static void
hex_string(struct buf *out, struct span s)
{
	int high = -1;
	for (; s.p < s.end && *s.p != '>'; s.p++) {
		int v = hex(*s.p);
		if (v >= 0 && high >= 0)
			(void)buf_addc(out, (char)(high * 16 + v));
		if (v >= 0)
			high = high >= 0 ? -1 : v;
	}
}

/* Behind a backslash; how many bytes that took. */
static size_t
escape(struct buf *out, struct span s)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	const char *known = memchr(from, *s.p, sizeof from - 1);
	int v = 0;
	size_t n = 0;
	if (known != NULL) {
		(void)buf_addc(out, to[known - from]);
		return 1;
	}
	for (; n < 3 && s.p + n < s.end && s.p[n] >= '0' && s.p[n] <= '7'; n++)
		v = v * 8 + (s.p[n] - '0');
	if (n == 0 && *s.p != '\n' && *s.p != '\r')
		(void)buf_addc(out, *s.p);
	if (n > 0)
		(void)buf_addc(out, (char)(v & 0xFF));
	return n > 0 ? n : 1;
}

static void
literal_string(struct buf *out, struct span s)
{
	int depth = 1;
	while (s.p < s.end) {
		if (*s.p == '\\' && s.p + 1 < s.end) {
			s.p++;
			s.p += escape(out, s);
			continue;
		}
		depth += (*s.p == '(') - (*s.p == ')');
		if (depth == 0)
			return;
		(void)buf_addc(out, *s.p++);
	}
}

/* UTF-16 or UTF-8 by their marks, else PDFDocEncoding, which is Latin-1 but for a few. */
static void
say_title(struct doc *d, const struct buf *raw)
{
	size_t bom = 0;
	struct buf b;
	if (raw->len == 0)
		return;
	const struct charset *set = page_charset_from_bom(raw->p, raw->len, &bom);
	buf_init(&b, 3 * (size_t)TITLE_BYTES_MAX);
	if (set == NULL)
		set = page_charset_windows_1252();
	if (set->kind == CHARSET_UTF8)
		(void)buf_add(&b, raw->p + bom, raw->len - bom);
	else
		(void)page_charset_convert(set, NULL, raw->p + bom, raw->len - bom, true, &b, NULL);
	page_doc_say(d, true, "og:title", "info", b.p, b.len);
	buf_clear(&b);
}

static void
dictionary_title(struct doc *d, struct span object)
{
	struct buf raw;
	const char *at = find(object, "/Title");
	if (at == NULL)
		return;
	struct span s = {at + strlen("/Title"), object.end};
	while (s.p < s.end && str_isspace((unsigned char)*s.p))
		s.p++;
	buf_init(&raw, TITLE_BYTES_MAX);
	if (s.p < s.end && *s.p == '(')
		literal_string(&raw, (struct span){s.p + 1, s.end});
	else if (s.p < s.end && *s.p == '<')
		hex_string(&raw, (struct span){s.p + 1, s.end});
	say_title(d, &raw);
	buf_clear(&raw);
}

/* "/Info 12 0 R" in the last trailer, then "12 0 obj": the last one written counts. */
static void
info_title(struct doc *d, struct span all)
{
	enum { NUMBER_MAX = 24 };
	char number[NUMBER_MAX] = "\n";
	const char *info = find_last(all, "/Info");
	if (info == NULL)
		return;
	info += strlen("/Info");
	while (info < all.end && *info == ' ')
		info++;
	size_t n = 0;
	while (info + n < all.end && n < NUMBER_MAX - 6 && (info[n] == ' ' || (info[n] >= '0' && info[n] <= '9')))
		n++;
	if (n < 3 || info + n >= all.end || info[n] != 'R')
		return;
	(void)memcpy(number + 1, info, n);
	(void)memcpy(number + 1 + n, "obj", sizeof "obj");
	const char *object = find_last(all, number);
	if (object == NULL) {
		number[0] = '\r';
		object = find_last(all, number);
	}
	if (object == NULL)
		return;
	struct span s = {object, all.end - object > OBJECT_MAX ? object + OBJECT_MAX : all.end};
	const char *over = find(s, "endobj");
	dictionary_title(d, (struct span){object, over != NULL ? over : s.end});
}

void
page_doc_pdf(struct doc *d, const char *p, size_t n)
{
	struct span all = {p, p + n};
	if (n < 5 || memcmp(p, "%PDF-", 5) != 0)
		return;
	if (!xmp_title(d, all) && find(all, "/Encrypt") == NULL)
		info_title(d, all);
}
