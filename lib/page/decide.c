/* In which charset is this page?  What is declared, in the order of trust, unless the bytes contradict it. */
#include "page/int.h"

#include <string.h>

/* So many characters beyond ASCII that are valid UTF-8, and none that is not, prove UTF-8 against another declaration:
 * text in a single-byte charset is hardly ever valid UTF-8, text in a double-byte one is for a few characters. */
enum { PROOF_SINGLE = 1, PROOF_DOUBLE = 4 };

static const struct charset *
utf_8(void)
{
	return page_charset_by_label("utf-8", strlen("utf-8"));
}

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
	*n = page_charset_sample(*p, *n);
}

/* A guess from fewer bytes than this is worse than the default. */
enum { DETECT_MIN = 16 };

static struct charset_verdict
undeclared(const char *p, size_t n, struct charset_fit utf8, struct page_charsets *c)
{
	if (utf8.bad == 0)
		return (struct charset_verdict){utf_8(), utf8.good > 0 ? "utf-8" : "default", 0};
	const struct charset *set = utf8.bad < DETECT_MIN ? NULL : page_charset_detect(p, n);
	if (set != NULL && believable(set, p, n, utf8, c))
		return (struct charset_verdict){set, "detected", 0};
	bool not_utf8 = contradicted(utf_8(), utf8);
	return (struct charset_verdict){not_utf8 ? page_charset_windows_1252() : utf_8(), "default", 0};
}

struct charset_verdict
page_charset_decide(const char *p, size_t n, const char *content_type, struct page_charsets *c)
{
	size_t bom = 0;
	bool xml = false;
	const struct charset *set = page_charset_from_bom(p, n, &bom);
	if (set != NULL)
		return (struct charset_verdict){set, "bom", bom};
	if ((set = page_charset_from_nuls(p, n, "<")) != NULL)
		return (struct charset_verdict){set, "detected", 0};
	const char *top = p;
	size_t top_n = page_charset_sample(p, n);
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
