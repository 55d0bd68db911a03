/* What does this document say of itself?  Bytes in any charset to facts, in bounded memory. */
#include "page/notes.h"

#include <string.h>

enum { FRONT = 16 * 1024 }; /* bytes that are read before the rest of a page is looked at */

bool
page_type_is_html(const char *content_type)
{
	return content_type != NULL &&
	       (str_istarts(content_type, "text/html") || str_istarts(content_type, "application/xhtml"));
}

/* The tags by which the MIME Sniffing standard (§7.1) knows HTML, behind white space and a byte order mark. */
bool
page_looks_html(const void *bytes, size_t n)
{
	static const char *const tags[] = {
	    "<!doctype html", "<html",	"<head", "<script", "<iframe", "<h1", "<div",  "<font", "<table", "<a",
	    "<style",	      "<title", "<b",	 "<body",   "<br",     "<p",  "<meta", "<!--"};
	const char *p = bytes;
	size_t bom = 0;
	(void)page_charset_from_bom(p, n, &bom);
	p += bom;
	n -= bom;
	while (n > 0 && str_isspace((unsigned char)*p))
		p++, n--;
	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
		size_t k = strlen(tags[i]);
		if (n > k && str_nieq(p, k, tags[i]) &&
		    (p[k] == '>' || str_isspace((unsigned char)p[k]) || strcmp(tags[i], "<!--") == 0))
			return true;
	}
	return n > 5 && memcmp(p, "<?xml", 5) == 0 &&
	       memmem(p, n < CHARSET_PRESCAN ? n : CHARSET_PRESCAN, "<html", 5) != NULL;
}

/* Window by window: what the tokenizer leaves over moves to the front. */
static size_t
feed_converted(struct extract *x, const struct charset *set, struct page_charsets *c, const char *p, size_t n)
{
	struct buf window;
	size_t left = n, step = (size_t)64 * 1024;
	buf_init(&window, PAGE_WINDOW);
	page_charset_reset(set, c);
	for (bool last = false; !last && !x->h.stop;) {
		size_t take = left < step ? left : step;
		size_t used = page_charset_convert(set, c, p, take, take == left, &window, NULL);
		bool full = used == 0 && take > 0;
		p += used;
		left -= used;
		last = left == 0;
		size_t eaten = window.len == 0 ? 0
					       : page_extract_feed(x, window.p, window.len,
								   last	  ? HTML_END
								   : full ? HTML_FULL
									  : HTML_MORE);
		if (full && eaten == 0)
			break; /* cannot be: a full window always moves */
		buf_drop(&window, eaten);
	}
	page_charset_reset(set, c);
	buf_clear(&window);
	return left;
}

struct reading {
	const struct page_options *o;
	struct page_facts f;
	struct extract x;
	struct charset_verdict v;
};

static void
begin(struct reading *r, const struct page_options *o)
{
	r->o = o;
	page_facts_init(&r->f);
	r->f.url = o->url;
	if (o->explain)
		r->f.notes = page_notes_new();
	page_extract_init(&r->x, &r->f, o->nodes_apart);
}

static void
end(struct reading *r)
{
	page_extract_clear(&r->x);
	page_facts_clear(&r->f);
}

/* Most pages say everything in their first bytes: then the rest is neither parsed nor even looked at, so that what a
 * page costs does not grow with its body.  True if that was so; else *eaten bytes are behind us. */
static bool
read_front(struct reading *r, const char *bytes, size_t n, size_t *eaten)
{
	/* between two tags: not in a reference, nor in a character */
	const char *cut = n > FRONT ? memrchr(bytes, '>', FRONT) : NULL;
	*eaten = 0;
	if (cut == NULL)
		return false;
	r->v = page_charset_decide(bytes, (size_t)(cut + 1 - bytes), r->o->type, r->o->charsets);
	const char *p = bytes + r->v.bom;
	if (r->v.set->kind != CHARSET_UTF8)
		return false;
	if (r->f.notes != NULL)
		r->f.notes->behind = r->v.bom;
	*eaten = page_extract_feed(&r->x, p, (size_t)(cut + 1 - p), HTML_MORE);
	return r->x.h.stop;
}

static const char enough[] = "not read: everything wanted was found before";

static void
read_all(struct reading *r, const char *bytes, size_t n)
{
	size_t eaten = 0, left = 0;
	if (read_front(r, bytes, n, &eaten)) {
		page_skip_bytes(&r->f, enough, n - r->v.bom - eaten);
		return;
	}
	const struct charset *front = r->v.set;
	r->v = page_charset_decide(bytes, n, r->o->type, r->o->charsets);
	if (eaten > 0 && r->v.set != front) { /* the rest speaks against it: from the start */
		end(r);
		begin(r, r->o);
		eaten = 0;
	}
	const char *p = bytes + r->v.bom;
	if (r->v.set->kind == CHARSET_UTF8) {
		if (r->f.notes != NULL && eaten == 0)
			r->f.notes->behind = r->v.bom;
		left = n - r->v.bom - eaten;
		left -= page_extract_feed(&r->x, p + eaten, left, HTML_END);
	} else {
		left = feed_converted(&r->x, r->v.set, r->o->charsets, p, n - r->v.bom);
	}
	if (r->x.h.stop)
		page_skip_bytes(&r->f, enough, left);
}

struct json *
page_html(const void *bytes, size_t n, const struct page_options *o)
{
	struct reading r;
	begin(&r, o);
	read_all(&r, bytes, n);
	page_extract_finish(&r.x);
	struct json *j = page_facts_report(&r.f, o->url);
	json_set_str(j, "charset", r.v.set->name);
	json_set_str(j, "charset_by", r.v.evidence);
	end(&r);
	return j;
}
