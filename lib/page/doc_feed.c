/* What does a feed say of itself?  RSS 2.0 and 1.0, Atom (RFC 4287): the members of the channel, never of its items.
 * Read with the tokenizer of HTML: no entity can be declared, no file or address is ever opened. */
#include "page/int.h"

#include <string.h>

enum { DEPTH_MAX = 64, VALUE_BYTES_MAX = 16384, NAME_BYTES_MAX = 32 };

enum where { OUTSIDE, FEED, CHANNEL, IMAGE };
enum member { MEMBER_NONE, MEMBER_TITLE, MEMBER_TEXT, MEMBER_IMAGE };

static const struct {
	const char *name;
	enum member member;
} members[] = {
    {"title", MEMBER_TITLE},  {"description", MEMBER_TEXT}, {"subtitle", MEMBER_TEXT}, {"itunes:subtitle", MEMBER_TEXT},
    {"tagline", MEMBER_TEXT}, {"logo", MEMBER_IMAGE},	    {"icon", MEMBER_IMAGE},    {"itunes:summary", MEMBER_TEXT},
};

struct feed {
	struct doc *d;
	struct html h;
	enum where at[DEPTH_MAX]; /* of each open element */
	size_t depth, over;
	enum member reading;
	size_t reading_at;
	struct buf value;
};

static bool
named(const struct html_tag *tag, const char *name)
{
	return strlen(name) == tag->name_len && str_nieq(tag->name, tag->name_len, name);
}

/* Where the children of this element are. */
static enum where
inside(const struct feed *f, const struct html_tag *tag)
{
	enum where here = f->depth == 0 ? OUTSIDE : f->at[f->depth - 1];
	if (f->depth == 0)
		return named(tag, "rss") || named(tag, "rdf:RDF") ? FEED : named(tag, "feed") ? CHANNEL : OUTSIDE;
	if (here == FEED)
		return named(tag, "channel") ? CHANNEL : OUTSIDE;
	return here == CHANNEL && named(tag, "image") ? IMAGE : OUTSIDE;
}

static enum member
member_of(const struct feed *f, const struct html_tag *tag)
{
	enum where here = f->depth == 0 ? OUTSIDE : f->at[f->depth - 1];
	if (here == IMAGE)
		return named(tag, "url") ? MEMBER_IMAGE : MEMBER_NONE;
	for (size_t i = 0; here == CHANNEL && i < sizeof members / sizeof members[0]; i++)
		if (named(tag, members[i].name))
			return members[i].member;
	return MEMBER_NONE;
}

/* <itunes:image href> */
static void
attribute_image(struct feed *f, const struct html_tag *tag)
{
	if (f->depth == 0 || f->at[f->depth - 1] != CHANNEL || !named(tag, "itunes:image"))
		return;
	char *url = page_attr_url(tag, "href");
	page_doc_image(f->d, "feed", url);
	mem_free(url);
}

static enum html_model
start(void *arg, const struct html_tag *tag)
{
	struct feed *f = arg;
	attribute_image(f, tag);
	if (f->reading == MEMBER_NONE && !tag->self_closing) {
		f->reading = member_of(f, tag);
		f->reading_at = f->depth;
		buf_reset(&f->value);
	}
	if (tag->self_closing)
		return HTML_DATA;
	if (f->depth == DEPTH_MAX)
		f->over++;
	else {
		enum where w = inside(f, tag);
		f->at[f->depth++] = w;
	}
	return HTML_DATA;
}

/* Titles and descriptions are HTML as often as not: both are shown as text. */
static void
finish(struct feed *f)
{
	const char *p = f->value.p;
	if (p != NULL && f->reading == MEMBER_TITLE)
		page_doc_say_html(f->d, "og:title", "feed", p, f->value.len);
	else if (p != NULL && f->reading == MEMBER_TEXT)
		page_doc_say_html(f->d, "og:description", "feed", p, f->value.len);
	else if (p != NULL && f->reading == MEMBER_IMAGE) {
		char *url = page_text_clean(p, f->value.len);
		page_doc_image(f->d, "feed", url);
		mem_free(url);
	}
	f->reading = MEMBER_NONE;
}

static void
end(void *arg, const struct html_tag *tag)
{
	struct feed *f = arg;
	(void)tag; /* XML is well formed, or nobody knows what was meant */
	if (f->over > 0) {
		f->over--;
		return;
	}
	if (f->depth > 0)
		f->depth--;
	if (f->reading != MEMBER_NONE && f->depth <= f->reading_at)
		finish(f);
}

static void
text(void *arg, const char *p, size_t n, bool refs)
{
	struct feed *f = arg;
	if (f->reading == MEMBER_NONE)
		return;
	if (refs)
		page_entity_decode(&f->value, p, n, false);
	else
		(void)buf_add(&f->value, p, n < VALUE_BYTES_MAX ? n : (size_t)VALUE_BYTES_MAX);
}

void
page_doc_feed(struct doc *d, const char *p, size_t n)
{
	static const struct html_events events = {.start = start, .end = end, .text = text};
	struct feed f = {.d = d};
	buf_init(&f.value, VALUE_BYTES_MAX);
	page_html_init(&f.h, &events, &f);
	f.h.foreign = f.h.all_attrs = true;
	(void)page_html_feed(&f.h, p, n, HTML_END);
	buf_clear(&f.value);
}
