/* Which charset is declared?  Labels, byte order marks, types, meta tags and XML declarations. */
#include "page/int.h"

#include <string.h>

#include "page/charsets.inc"

enum { LABEL_MAX = 40 };

const struct charset *
page_charset_at(size_t i)
{
	return i < CS_COUNT ? &charsets[i] : NULL;
}

const struct charset *
page_charset_windows_1252(void)
{
	return &charsets[CS_WINDOWS_1252];
}

const struct charset *
page_charset_by_label(const char *label, size_t n)
{
	char key[LABEL_MAX];
	while (n > 0 && str_isspace((unsigned char)*label))
		label++, n--;
	while (n > 0 && str_isspace((unsigned char)label[n - 1]))
		n--;
	if (n == 0 || n >= sizeof key)
		return NULL;
	for (size_t i = 0; i < n; i++)
		key[i] = (char)str_lower((unsigned char)label[i]);
	key[n] = '\0';
	size_t lo = 0, hi = sizeof labels / sizeof labels[0];
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(labels[mid].label, key);
		if (c == 0)
			return &charsets[labels[mid].set];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const char *
page_charset_label(const char *label, size_t n)
{
	const struct charset *set = page_charset_by_label(label, n);
	return set == NULL ? NULL : set->name;
}

/* ---- declarations ------------------------------------------------------------------------------------- */

const struct charset *
page_charset_from_bom(const char *p, size_t n, size_t *bom)
{
	static const struct {
		const char *bytes;
		size_t n;
		unsigned char set;
	} boms[] = {
	    {"\xEF\xBB\xBF", 3, CS_UTF_8}, {"\xFF\xFE\x00\x00", 4, CS_UTF_32LE}, {"\x00\x00\xFE\xFF", 4, CS_UTF_32BE},
	    {"\xFF\xFE", 2, CS_UTF_16LE},  {"\xFE\xFF", 2, CS_UTF_16BE},
	};
	for (size_t i = 0; i < sizeof boms / sizeof boms[0]; i++)
		if (n >= boms[i].n && memcmp(p, boms[i].bytes, boms[i].n) == 0) {
			*bom = boms[i].n;
			return &charsets[boms[i].set];
		}
	*bom = 0;
	return NULL;
}

/* A value up to its closing quote, or up to a space or ';'; one whose quote is never closed is none. */
static const struct charset *
quoted(const char *s, size_t n)
{
	while (n > 0 && str_isspace((unsigned char)*s))
		s++, n--;
	if (n > 0 && (*s == '"' || *s == '\'')) {
		const char *close = memchr(s + 1, *s, n - 1);
		return close == NULL ? NULL : page_charset_by_label(s + 1, (size_t)(close - s - 1));
	}
	size_t end = 0;
	while (end < n && !str_isspace((unsigned char)s[end]) && s[end] != ';')
		end++;
	return page_charset_by_label(s, end);
}

/* The value of "charset=" in a Content-Type or in the content of a meta (HTML "extracting a character encoding"). */
static const struct charset *
from_parameter(const char *s, size_t n)
{
	static const char word[] = "charset";
	const size_t w = sizeof word - 1;
	for (size_t i = 0; i + w < n; i++) {
		if (!str_nieq(s + i, w, word))
			continue;
		size_t at = i + w;
		while (at < n && str_isspace((unsigned char)s[at]))
			at++;
		if (at == n || s[at] != '=')
			continue;
		return quoted(s + at + 1, n - at - 1);
	}
	return NULL;
}

const struct charset *
page_charset_from_type(const char *content_type)
{
	return content_type == NULL ? NULL : from_parameter(content_type, strlen(content_type));
}

/* A declaration that could be read as ASCII cannot be UTF-16 (HTML §13.2.3.2). */
static const struct charset *
ascii_based(const struct charset *set)
{
	if (set == NULL || set->kind == CHARSET_UTF8 || set->kind == CHARSET_TABLE || set->kind == CHARSET_ICONV)
		return set;
	return &charsets[CS_UTF_8];
}

const struct charset *
page_charset_from_xml(const char *p, size_t n)
{
	while (n > 0 && str_isspace((unsigned char)*p))
		p++, n--;
	const char *end = n > 5 && memcmp(p, "<?xml", 5) == 0 ? memchr(p, '>', n) : NULL;
	static const char word[] = "encoding";
	const size_t w = sizeof word - 1;
	for (; end != NULL && p + w < end; p++) {
		if (memcmp(p, word, w) != 0)
			continue;
		p += w;
		while (p < end && (str_isspace((unsigned char)*p) || *p == '='))
			p++;
		const char *close =
		    p < end && (*p == '"' || *p == '\'') ? memchr(p + 1, *p, (size_t)(end - p - 1)) : NULL;
		return close == NULL ? NULL : ascii_based(page_charset_by_label(p + 1, (size_t)(close - p - 1)));
	}
	return NULL;
}

/* Text in UTF-16 without a mark shows itself by the NULs beside its first character, which is markup. */
const struct charset *
page_charset_from_nuls(const char *p, size_t n, const char *first)
{
	if (n >= 4 && p[0] != '\0' && strchr(first, p[0]) != NULL && p[1] == '\0' && p[2] != '\0' && p[3] == '\0')
		return &charsets[CS_UTF_16LE];
	if (n >= 4 && p[0] == '\0' && p[1] != '\0' && strchr(first, p[1]) != NULL && p[2] == '\0' && p[3] != '\0')
		return &charsets[CS_UTF_16BE];
	return NULL;
}

/* The prescan looks at meta tags outside comments, also in scripts: it knows no elements. */
struct prescan {
	struct html h;
	const struct charset *set;
};

static enum html_model
prescan_start(void *arg, const struct html_tag *tag)
{
	struct prescan *s = arg;
	const struct html_attr *charset = NULL, *content = NULL, *equiv = NULL;
	if (tag->el == EL_META) {
		charset = page_html_attr(tag, "charset");
		content = page_html_attr(tag, "content");
		equiv = page_html_attr(tag, "http-equiv");
	}
	if (charset != NULL)
		s->set = page_charset_by_label(charset->value, charset->value_len);
	else if (content != NULL && equiv != NULL && str_nieq(equiv->value, equiv->value_len, "content-type"))
		s->set = from_parameter(content->value, content->value_len);
	s->h.stop = s->set != NULL;
	return HTML_DATA;
}

static void
prescan_end(void *arg, const struct html_tag *tag)
{
	(void)arg;
	(void)tag;
}

static void
prescan_text(void *arg, const char *p, size_t n, bool refs)
{
	(void)arg;
	(void)p;
	(void)n;
	(void)refs;
}

const struct charset *
page_charset_from_meta(const char *p, size_t n, bool *xml)
{
	static const struct html_events events = {prescan_start, prescan_end, prescan_text, NULL};
	struct prescan s = {.set = NULL};
	page_html_init(&s.h, &events, &s);
	(void)page_html_feed(&s.h, p, n, HTML_END);
	if (s.set == NULL && (s.set = page_charset_from_xml(p, n)) != NULL)
		*xml = true;
	return ascii_based(s.set);
}
