/* How does a preview look on a web page?  A card that needs nothing but itself: no script, no request, no framework.
 *
 * Everything that a stranger wrote is text or a quoted attribute, and escaped as such; the only link is the address that was
 * asked about, and only if it is of the web.  The names of the classes and properties are those of mxpreview(1). */
#include "preview/format_cells.h"

#include <string.h>

#include "url/url.h"

enum { LANGUAGE_MAX = 35 }; /* bytes of a language tag (RFC 5646 §4.4.1) */
enum { WIDE_MIN = 300 };    /* pixels of a picture that is as wide as the card; others stand beside */
enum { WIDE_RATIO_NUMERATOR = 5, WIDE_RATIO = 4 }; /* and it is this much wider than high */

static const char style[] =
    ".mxcard{--mxcard-back:#fff;--mxcard-text:#1b1f24;--mxcard-soft:#59636e;--mxcard-line:#d1d9e0;--mxcard-link:#"
    "0550ae;"
    "box-sizing:border-box;position:relative;display:flex;flex-direction:column;max-width:34rem;margin:1rem 0;"
    "overflow:hidden;border:1px solid var(--mxcard-line);border-radius:.75rem;background:var(--mxcard-back);"
    "color:var(--mxcard-text);font:400 1rem/1.45 system-ui,sans-serif;text-align:start;overflow-wrap:anywhere}\n"
    "@media (prefers-color-scheme:dark){.mxcard{--mxcard-back:#1b1f24;--mxcard-text:#e9ecef;--mxcard-soft:#a0aab4;"
    "--mxcard-line:#3d444d;--mxcard-link:#79b8ff}}\n"
    ".mxcard *{box-sizing:border-box;margin:0;padding:0}\n"
    ".mxcard-side{flex-direction:row}\n"
    ".mxcard-picture{display:block;width:100%;height:auto;max-height:20rem;object-fit:cover}\n"
    ".mxcard-side .mxcard-picture{order:2;flex:0 0 min(9rem,34%);width:min(9rem,34%);height:auto;max-height:11rem;"
    "min-height:7rem;align-self:stretch}\n"
    ".mxcard-words{flex:1 1 0;min-width:0;padding:.875rem 1rem}\n"
    ".mxcard-site,.mxcard-about{font-size:.875rem;color:var(--mxcard-soft)}\n"
    ".mxcard-title{font-size:1.0625rem;font-weight:600;line-height:1.3;margin:.125rem 0 .25rem}\n"
    ".mxcard-title,.mxcard-about{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}"
    "\n"
    ".mxcard-title a{color:inherit;text-decoration:none}\n"
    ".mxcard-title a::after{content:\"\";position:absolute;inset:0}\n"
    ".mxcard:hover .mxcard-title a{color:var(--mxcard-link);text-decoration:underline}\n"
    ".mxcard:focus-within{outline:2px solid var(--mxcard-link);outline-offset:2px}\n"
    ".mxcard-title a:focus{outline:0}\n";

static const char page_style[] =
    ":root{color-scheme:light dark}body{margin:0;background:#f4f6f8}main{box-sizing:border-box;max-width:36rem;"
    "margin:0 auto;padding:1rem}\n"
    "@media (prefers-color-scheme:dark){body{background:#0f1216}}\n";

/* No script runs, and nothing is loaded but pictures. */
static const char page_policy[] = "default-src 'none'; img-src data: https: http: 'self'; style-src 'unsafe-inline'; "
				  "base-uri 'none'; form-action 'none'";

/* Text between tags, or a value within double quotes. */
static void
escaped(struct buf *out, const char *s)
{
	for (; s != NULL && *s != '\0'; s++) {
		const char *as = *s == '&'    ? "&amp;"
				 : *s == '<'  ? "&lt;"
				 : *s == '>'  ? "&gt;"
				 : *s == '"'  ? "&quot;"
				 : *s == '\'' ? "&#39;"
					      : NULL;
		(void)(as != NULL ? buf_adds(out, as) : buf_addc(out, *s));
	}
}

static void
attribute(struct buf *out, const char *name, const char *value)
{
	(void)buf_addf(out, " %s=\"", name);
	escaped(out, value);
	(void)buf_addc(out, '"');
}

/* ---- language and direction ------------------------------------------------------------------------------ */

static bool
is_language(const char *tag)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t n = tag != NULL ? strlen(tag) : 0;
	return n > 0 && n <= LANGUAGE_MAX && strspn(tag, fit) == n && tag[0] != '-';
}

/* As the page says; what it does not say, the first letter does. */
static void
language(struct buf *out, const struct record *rec)
{
	struct json *html = json_get(rec->j, "html"), *extra = json_get(html, "extra");
	const char *dir = json_str(extra, "dir"), *lang = json_str(html, "lang");
	if (!record_failed(rec) && is_language(lang))
		attribute(out, "lang", lang);
	attribute(out, "dir",
		  !record_failed(rec) && (str_ieq(dir, "rtl") || str_ieq(dir, "ltr"))
		      ? (str_ieq(dir, "rtl") ? "rtl" : "ltr")
		      : "auto");
	json_free(extra);
	json_free(html);
}

/* ---- the card ------------------------------------------------------------------------------------------------ */

static bool
is_wide(const struct format_picture *pic)
{
	return pic->width >= WIDE_MIN &&
	       (uint64_t)pic->width * WIDE_RATIO >= (uint64_t)pic->height * WIDE_RATIO_NUMERATOR;
}

/* A picture that nothing is said of adds nothing for those who do not see it: its alternative text is empty. */
static void
picture(struct buf *out, const struct record *rec, const struct format_picture *pic)
{
	struct json *og = json_get(rec->j, "og");
	char *alt = format_clean(json_str(og, "og:image:alt"));
	(void)buf_adds(out, "<img class=\"mxcard-picture\"");
	attribute(out, "src", pic->src);
	(void)buf_addf(out, " width=\"%u\" height=\"%u\"", pic->width, pic->height);
	attribute(out, "alt", alt);
	(void)buf_adds(out, " loading=\"lazy\" decoding=\"async\">\n");
	mem_free(alt);
	json_free(og);
}

static void
block(struct buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	(void)buf_addf(out, "<div class=\"mxcard-%s\" dir=\"auto\">", name);
	escaped(out, text);
	(void)buf_adds(out, "</div>\n");
}

/* Who says so?  The host always: a name is free to everybody. */
static void
site(struct buf *out, const struct format_face *f)
{
	bool named = f->site != NULL && !str_ieq(f->site, f->host);
	if (!named && f->host == NULL)
		return;
	(void)buf_adds(out, "<div class=\"mxcard-site\">");
	if (named)
		(void)buf_adds(out, "<bdi>");
	escaped(out, named ? f->site : "");
	(void)buf_adds(out, named ? "</bdi>" : "");
	(void)buf_adds(out, named && f->host != NULL ? " · " : "");
	(void)buf_adds(out, f->host != NULL ? "<bdi>" : "");
	escaped(out, f->host);
	(void)buf_adds(out, f->host != NULL ? "</bdi></div>\n" : "</div>\n");
}

static void
title(struct buf *out, const struct format_face *f, const char *asked)
{
	const char *text = f->title != NULL ? f->title : f->url != NULL ? f->url : asked;
	(void)buf_adds(out, "<div class=\"mxcard-title\" dir=\"auto\">");
	if (f->url != NULL) {
		(void)buf_adds(out, "<a");
		attribute(out, "href", f->url);
		(void)buf_adds(out, " rel=\"noopener nofollow\">");
	}
	escaped(out, text);
	(void)buf_adds(out, f->url != NULL ? "</a></div>\n" : "</div>\n");
}

void
format_html(const struct record *rec, const struct format_picture *pic, bool with_style, struct buf *out)
{
	struct format_face f;
	char *asked = format_clean(record_url(rec));
	bool shown = pic != NULL && pic->src != NULL;
	format_face(rec, &f);
	(void)buf_addf(out, "<article class=\"mxcard%s%s\"", shown && !is_wide(pic) ? " mxcard-side" : "",
		       f.error != NULL ? " mxcard-failed" : "");
	language(out, rec);
	(void)buf_adds(out, ">\n");
	if (with_style)
		(void)buf_addf(out, "<style>\n%s</style>\n", style);
	if (shown)
		picture(out, rec, pic);
	(void)buf_adds(out, "<div class=\"mxcard-words\">\n");
	site(out, &f);
	title(out, &f, asked);
	block(out, "about", f.description);
	(void)buf_adds(out, "</div>\n</article>\n");
	format_face_clear(&f);
	mem_free(asked);
}

void
format_html_head(const char *name, struct buf *out)
{
	(void)buf_adds(
	    out,
	    "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\"");
	attribute(out, "content", page_policy);
	(void)buf_adds(out, ">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	escaped(out, name);
	(void)buf_addf(out, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<main>\n", page_style, style);
}

void
format_html_tail(struct buf *out)
{
	(void)buf_adds(out, "</main>\n</body>\n</html>\n");
}
