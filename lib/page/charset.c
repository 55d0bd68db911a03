/* In which charset are these bytes?  What is declared, in the order of trust, unless the bytes contradict it. */
#include "page/int.h"

#include <string.h>

#include "page/charsets.inc"

enum { LABEL_MAX = 40 };

/* So many characters beyond ASCII that are valid UTF-8, and none that is not, prove UTF-8 against another declaration:
 * text in a single-byte charset is hardly ever valid UTF-8, text in a double-byte one is for a few characters. */
enum { PROOF_SINGLE = 1, PROOF_DOUBLE = 4 };

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

static const struct charset *
from_xml(const char *p, size_t n)
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
	if (s.set == NULL && (s.set = from_xml(p, n)) != NULL)
		*xml = true;
	return ascii_based(s.set);
}

/* ---- the verdict ----------------------------------------------------------------------------------------- */

/* One stray byte does not contradict, a text full of them does.  Other text hardly ever makes a valid UTF-8 sequence,
 * so a few of them outweigh as many errors; double-byte charsets accept half of anything. */
static bool
contradicted(const struct charset *set, struct charset_fit fit)
{
	enum { GOOD_PER_BAD = 8 };
	return fit.bad > 0 && fit.good < fit.bad * (set->kind == CHARSET_UTF8 ? 1U : (size_t)GOOD_PER_BAD);
}

/* Is what is declared borne out by the bytes?  utf8: how they read as UTF-8. */
static bool
believable(const struct charset *set, const char *p, size_t n, struct charset_fit utf8, struct page_charsets *c)
{
	if (!page_charset_readable(set, c))
		return false;
	if (set->kind == CHARSET_UTF8)
		return !contradicted(set, utf8);
	if (utf8.bad == 0 && utf8.good >= (set->kind == CHARSET_TABLE ? (size_t)PROOF_SINGLE : (size_t)PROOF_DOUBLE))
		return false;
	return !contradicted(set, page_charset_fit(set, p, n, c));
}

/* UTF-16 without a mark shows itself by the NULs beside its first "<". */
static const struct charset *
from_nuls(const char *p, size_t n)
{
	if (n >= 4 && p[0] == '<' && p[1] == '\0' && p[2] != '\0' && p[3] == '\0')
		return &charsets[CS_UTF_16LE];
	if (n >= 4 && p[0] == '\0' && p[1] == '<' && p[2] == '\0' && p[3] != '\0')
		return &charsets[CS_UTF_16BE];
	return NULL;
}

/* The part of a page that is judged: from its first byte beyond ASCII on, so that a long script in front does not
 * hide the text. */
static void
sample(const char **p, size_t *n)
{
	size_t i = 0;
	uint64_t eight = 0;
	for (; i + sizeof eight <= *n; i += sizeof eight) {
		(void)memcpy(&eight, *p + i, sizeof eight);
		if ((eight & 0x8080808080808080U) != 0)
			break;
	}
	*p += i;
	*n -= i;
	if (*n > CHARSET_SAMPLE)
		*n = CHARSET_SAMPLE;
}

/* A guess from fewer bytes than this is worse than the default. */
enum { DETECT_MIN = 16 };

static struct charset_verdict
undeclared(const char *p, size_t n, struct charset_fit utf8, struct page_charsets *c)
{
	if (utf8.bad == 0)
		return (struct charset_verdict){&charsets[CS_UTF_8], utf8.good > 0 ? "utf-8" : "default", 0};
	const struct charset *set = utf8.bad < DETECT_MIN ? NULL : page_charset_detect(p, n);
	if (set != NULL && believable(set, p, n, utf8, c))
		return (struct charset_verdict){set, "detected", 0};
	bool not_utf8 = contradicted(&charsets[CS_UTF_8], utf8);
	return (struct charset_verdict){&charsets[not_utf8 ? CS_WINDOWS_1252 : CS_UTF_8], "default", 0};
}

struct charset_verdict
page_charset_decide(const char *p, size_t n, const char *content_type, struct page_charsets *c)
{
	size_t bom = 0;
	bool xml = false;
	const struct charset *set = page_charset_from_bom(p, n, &bom);
	if (set != NULL)
		return (struct charset_verdict){set, "bom", bom};
	if ((set = from_nuls(p, n)) != NULL)
		return (struct charset_verdict){set, "detected", 0};
	const char *top = p;
	size_t top_n = n < CHARSET_SAMPLE ? n : CHARSET_SAMPLE;
	const struct charset *header = page_charset_from_type(content_type);
	const struct charset *meta = page_charset_from_meta(p, n < CHARSET_PRESCAN ? n : CHARSET_PRESCAN, &xml);
	if (header != NULL || meta != NULL) /* then the beginning must do: a page may be long */
		n = top_n;
	sample(&p, &n);
	struct charset_fit utf8 = page_charset_utf8_fit(p, n);
	if (header != NULL && believable(header, p, n, utf8, c))
		return (struct charset_verdict){header, "header", 0};
	if (meta == NULL && utf8.bad > 0) /* a declaration that comes late is better than a guess */
		meta = page_charset_from_meta(top, top_n, &xml);
	if (meta != NULL && believable(meta, p, n, utf8, c))
		return (struct charset_verdict){meta, xml ? "xml" : "meta", 0};
	return undeclared(p, n, utf8, c);
}

const char *
page_charset_name(const void *p, size_t n, const char *content_type, struct page_charsets *c, const char **evidence)
{
	struct charset_verdict v = page_charset_decide(p, n, content_type, c);
	if (evidence != NULL)
		*evidence = v.evidence;
	return v.set->name;
}
