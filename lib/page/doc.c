/* What does a document say that is neither a page nor a picture?  Which reader it needs, and what they share. */
#include "page/int.h"

#include <string.h>

#include "url/url.h"

/* Bytes that are looked at: of text its beginning, of a feed its head, of the rest all there is. */
enum { TEXT_BYTES_MAX = 64 * 1024, FEED_BYTES_MAX = 1024 * 1024, JSON_BYTES_MAX = 4 * 1024 * 1024, SNIFF_MAX = 1024 };

enum kind { KIND_NONE, KIND_TEXT, KIND_MARKDOWN, KIND_FEED, KIND_JSON, KIND_PDF, KIND_AUDIO, KIND_VIDEO };

static const struct {
	const char *prefix;
	enum kind kind;
} types[] = {
    {"text/plain", KIND_TEXT},
    {"text/markdown", KIND_MARKDOWN},
    {"text/x-markdown", KIND_MARKDOWN},
    {"application/rss+xml", KIND_FEED},
    {"application/atom+xml", KIND_FEED},
    {"application/rdf+xml", KIND_FEED},
    {"application/xml", KIND_FEED},
    {"text/xml", KIND_FEED},
    {"application/json", KIND_JSON},
    {"application/activity+json", KIND_JSON},
    {"application/ld+json", KIND_JSON},
    {"application/pdf", KIND_PDF},
    {"audio/", KIND_AUDIO},
    {"video/", KIND_VIDEO},
};

static enum kind
kind_of(const char *type)
{
	for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; i++)
		if (str_istarts(type, types[i].prefix))
			return types[i].kind;
	return KIND_NONE;
}

bool
page_doc_type(const char *content_type)
{
	return kind_of(content_type) != KIND_NONE;
}

const char *
page_doc_sniff(const void *bytes, size_t n)
{
	const char *p = bytes;
	size_t bom = 0;
	if (n >= 5 && memcmp(p, "%PDF-", 5) == 0)
		return "application/pdf";
	(void)page_charset_from_bom(p, n, &bom);
	for (p += bom, n -= bom; n > 0 && str_isspace((unsigned char)*p); n--)
		p++;
	size_t look = n < SNIFF_MAX ? n : SNIFF_MAX;
	if (n > 0 && *p == '{')
		return "application/json";
	if (n > 0 && *p == '<' &&
	    (memmem(p, look, "<rss", 4) != NULL || memmem(p, look, "<feed", 5) != NULL ||
	     memmem(p, look, "<rdf:RDF", 8) != NULL))
		return "application/xml";
	return NULL;
}

/* ---- what the readers share ------------------------------------------------------------------------------- */

void
page_doc_say(struct doc *d, bool declared, const char *key, const char *source, const char *p, size_t n)
{
	struct json *to = declared ? d->declared : d->inferred;
	char *text = json_has(to, key) || p == NULL ? NULL : page_text_clean(p, n);
	if (text == NULL)
		return;
	text = page_text_cut(text, str_eq(key, "og:description") ? PAGE_SUMMARY_MAX : PAGE_VALUE_MAX);
	json_set_str(to, key, text);
	if (!json_has(d->sources, key))
		json_set_str(d->sources, key, source);
	mem_free(text);
}

static void
plain_text(void *arg, const char *p, size_t n, bool refs)
{
	page_text_add(arg, p, n, refs);
}

static enum html_model
plain_start(void *arg, const struct html_tag *tag)
{
	unsigned flags = page_el_flags(tag->el);
	if ((flags & EL_IS_BLOCK) != 0)
		page_text_break(arg);
	return (flags & EL_IS_RAWTEXT) != 0 || tag->el == EL_SCRIPT ? HTML_RAWTEXT : HTML_DATA;
}

static void
plain_end(void *arg, const struct html_tag *tag)
{
	if ((page_el_flags(tag->el) & EL_IS_BLOCK) != 0)
		page_text_break(arg);
}

void
page_doc_say_html(struct doc *d, const char *key, const char *source, const char *p, size_t n)
{
	static const struct html_events events = {.start = plain_start, .end = plain_end, .text = plain_text};
	struct html h;
	struct text t;
	if (p == NULL)
		return;
	page_text_init(&t);
	page_html_init(&h, &events, &t);
	(void)page_html_feed(&h, p, n, HTML_END);
	page_text_break(&t);
	page_doc_say(d, true, key, source, t.all.p, t.all.len);
	page_text_clear(&t);
}

void
page_doc_image(struct doc *d, const char *source, const char *ref)
{
	char *url = str_isblank(ref) ? NULL : url_resolve(d->base != NULL ? d->base : "", ref, NULL);
	if (url != NULL && url_is_http(url) && strlen(url) <= URL_MAX && json_len(d->images) < PAGE_IMAGES_MAX) {
		struct json *one = json_object();
		json_set_str(one, "url", url);
		json_set_str(one, "source", source);
		json_set_bool(one, "declared", true);
		json_add(d->images, one);
	}
	mem_free(url);
}

/* The beginning in UTF-8: the bytes themselves, or converted into out. */
static void
decode(struct doc *d, const void *bytes, size_t n, size_t max, const struct page_options *o, struct buf *out)
{
	struct charset_verdict v = page_charset_decide(bytes, n, o->type, o->charsets);
	const char *p = (const char *)bytes + v.bom;
	n -= v.bom;
	n = n < max ? n : max;
	json_set_str(d->out, "charset", v.set->name);
	json_set_str(d->out, "charset_by", v.evidence);
	if (v.set->kind == CHARSET_UTF8) {
		(void)buf_add(out, p, n);
		return;
	}
	page_charset_reset(v.set, o->charsets);
	for (size_t used; n > 0; p += used, n -= used) {
		used = page_charset_convert(v.set, o->charsets, p, n, true, out, NULL);
		if (used == 0)
			break;
	}
	page_charset_reset(v.set, o->charsets);
}

/* ---- the readers --------------------------------------------------------------------------------------------- */

static void
read_text(struct doc *d, enum kind kind, const void *bytes, size_t n, const struct page_options *o)
{
	struct buf b;
	size_t max = kind == KIND_FEED ? (size_t)FEED_BYTES_MAX : (size_t)TEXT_BYTES_MAX;
	buf_init(&b, 3 * max);
	decode(d, bytes, n, max, o, &b);
	if (b.len > 0 && kind == KIND_FEED)
		page_doc_feed(d, b.p, b.len);
	else if (b.len > 0)
		page_doc_text(d, b.p, b.len, kind == KIND_MARKDOWN);
	buf_clear(&b);
}

/* A film or a sound cannot be looked into: it is what it was served as. */
static void
say_media(struct doc *d, const char *root, const struct page_options *o)
{
	char *key = mem_printf("%s:type", root), *type = mem_strdup(o->type);
	type[strcspn(type, "; ")] = '\0';
	if (o->url != NULL && url_is_http(o->url)) {
		page_doc_say(d, true, root, "file", o->url, strlen(o->url));
		page_doc_say(d, true, key, "file", type, strlen(type));
	}
	mem_free(type);
	mem_free(key);
}

struct json *
page_doc(const void *bytes, size_t n, const struct page_options *o)
{
	enum kind kind = kind_of(o->type);
	struct doc d = {.out = json_object(),
			.declared = json_object(),
			.inferred = json_object(),
			.sources = json_object(),
			.images = json_array(),
			.base = o->url};
	if (kind == KIND_TEXT || kind == KIND_MARKDOWN || kind == KIND_FEED)
		read_text(&d, kind, bytes, n, o);
	else if (kind == KIND_JSON && n <= JSON_BYTES_MAX)
		page_doc_activity(&d, bytes, n);
	else if (kind == KIND_PDF)
		page_doc_pdf(&d, bytes, n);
	else if (kind == KIND_AUDIO || kind == KIND_VIDEO)
		say_media(&d, kind == KIND_AUDIO ? "og:audio" : "og:video", o);
	json_set_some(d.out, "declared", d.declared);
	json_set_some(d.out, "inferred", d.inferred);
	json_set_some(d.out, "sources", d.sources);
	json_set_some(d.out, "images", d.images);
	return d.out;
}
