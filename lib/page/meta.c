/* What do meta and link say?  Names in property, name and itemprop, in any letter case, also several at once. */
#include "page/notes.h"

#include <string.h>

enum { NAME_MAX = 200 };

/* Their lengths first: most names are told apart by them. */
#define NAME(s) s, sizeof(s) - 1

static bool
is(const char *name, size_t n, const char *other, size_t other_len)
{
	return n == other_len && memcmp(name, other, n) == 0;
}

/* Where a name leads.  Anything of a namespace that stands in no row is a member of its own. */
static const struct {
	const char *name;
	size_t len;
	enum page_source source;
	enum page_field field;
} fields[] = {
    {NAME("og:title"), PAGE_OG, FIELD_TITLE},
    {NAME("og:description"), PAGE_OG, FIELD_DESCRIPTION},
    {NAME("og:site_name"), PAGE_OG, FIELD_SITE_NAME},
    {NAME("twitter:title"), PAGE_TWITTER, FIELD_TITLE},
    {NAME("twitter:description"), PAGE_TWITTER, FIELD_DESCRIPTION},
    {NAME("twitter:site"), PAGE_TWITTER, FIELD_SITE_NAME}, /* as in spec B.2 */
    {NAME("description"), PAGE_META, FIELD_DESCRIPTION},
    {NAME("application-name"), PAGE_META, FIELD_SITE_NAME},
    {NAME("author"), PAGE_META, FIELD_AUTHOR},
    {NAME("parsely-author"), PAGE_META, FIELD_AUTHOR},
    {NAME("sailthru.author"), PAGE_META, FIELD_AUTHOR},
    {NAME("date"), PAGE_META, FIELD_PUBLISHED},
    {NAME("pubdate"), PAGE_META, FIELD_PUBLISHED},
    {NAME("publishdate"), PAGE_META, FIELD_PUBLISHED},
    {NAME("publish-date"), PAGE_META, FIELD_PUBLISHED},
    {NAME("parsely-pub-date"), PAGE_META, FIELD_PUBLISHED},
    {NAME("sailthru.date"), PAGE_META, FIELD_PUBLISHED},
    {NAME("last-modified"), PAGE_META, FIELD_MODIFIED},
    {NAME("revised"), PAGE_META, FIELD_MODIFIED},
    {NAME("section"), PAGE_META, FIELD_SECTION},
    {NAME("parsely-section"), PAGE_META, FIELD_SECTION},
    {NAME("theme-color"), PAGE_META, FIELD_THEME_COLOR},
    {NAME("msapplication-tilecolor"), PAGE_DC, FIELD_THEME_COLOR},
    {NAME("dc.creator"), PAGE_DC, FIELD_AUTHOR},
    {NAME("dcterms.creator"), PAGE_DC, FIELD_AUTHOR},
    {NAME("dc.date"), PAGE_DC, FIELD_PUBLISHED},
    {NAME("dc.date.issued"), PAGE_DC, FIELD_PUBLISHED},
    {NAME("dcterms.date"), PAGE_DC, FIELD_PUBLISHED},
    {NAME("dcterms.created"), PAGE_DC, FIELD_PUBLISHED},
    {NAME("dcterms.issued"), PAGE_DC, FIELD_PUBLISHED},
    {NAME("dcterms.modified"), PAGE_DC, FIELD_MODIFIED},
    {NAME("dc.title"), PAGE_DC, FIELD_TITLE},
    {NAME("dcterms.title"), PAGE_DC, FIELD_TITLE},
    {NAME("dc.description"), PAGE_DC, FIELD_DESCRIPTION},
    {NAME("dcterms.description"), PAGE_DC, FIELD_DESCRIPTION},
};

/* Members that are answered as they are, and mean something else besides. */
static const struct {
	const char *name;
	size_t len;
	enum page_field field;
} also[] = {
    {NAME("article:author"), FIELD_AUTHOR},
    {NAME("article:published_time"), FIELD_PUBLISHED},
    {NAME("article:modified_time"), FIELD_MODIFIED},
    {NAME("og:updated_time"), FIELD_MODIFIED},
    {NAME("article:section"), FIELD_SECTION},
    {NAME("article:tag"), FIELD_TAGS},
    {NAME("product:price:amount"), FIELD_PRICE},
    {NAME("og:price:amount"), FIELD_PRICE},
    {NAME("product:price:currency"), FIELD_CURRENCY},
    {NAME("og:price:currency"), FIELD_CURRENCY},
    {NAME("product:availability"), FIELD_AVAILABILITY},
    {NAME("og:availability"), FIELD_AVAILABILITY},
};

static void
besides(struct page_facts *f, const char *name, const char *value)
{
	bool address = str_istarts(value, "http://") || str_istarts(value, "https://");
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof also / sizeof also[0]; i++) {
		if (!is(name, n, also[i].name, also[i].len))
			continue;
		if (also[i].field == FIELD_TAGS)
			page_facts_add(f, FIELD_TAGS, PAGE_OG, value);
		else if (also[i].field != FIELD_AUTHOR || !address) /* a profile's address is no name */
			page_facts_field(f, also[i].field, PAGE_OG, value, strlen(value));
	}
	if (strcmp(name, "keywords") == 0 || strcmp(name, "news_keywords") == 0)
		page_facts_add(f, FIELD_TAGS, PAGE_META, value);
}

/* Microdata of the page's own thing (schema.org); that of a thing in it would be its author's name and the like. */
static void
microdata(struct page_facts *f, const char *name, const struct html_tag *tag)
{
	enum page_field field = page_micro_field(name, strlen(name));
	if (strcmp(name, "image") == 0 && !f->nested)
		page_image_meta(f, PAGE_ITEMPROP, "", tag);
	if (field == FIELD_COUNT)
		return;
	char *value = page_attr_text(tag, "content");
	if (f->nested && field < FIELD_PRICE)
		page_note_field(f, field, PAGE_ITEMPROP, value, "of a thing inside or beside the page's own");
	else if (value != NULL && (field == FIELD_AUTHOR || field == FIELD_TAGS))
		page_facts_add(f, field, PAGE_ITEMPROP, value);
	else if (value != NULL) {
		const char *said = field == FIELD_AVAILABILITY ? page_micro_term(value) : value;
		page_facts_field(f, field, PAGE_ITEMPROP, said, strlen(said));
	}
	mem_free(value);
}

static bool
field(struct page_facts *f, const char *name, const char *value)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (is(name, n, fields[i].name, fields[i].len)) {
			page_facts_field(f, fields[i].field, fields[i].source, value, strlen(value));
			return true;
		}
	return false;
}

/* The tail of an image's name ("" for the image itself); NULL if it is none. */
static const char *
image_member(const char *name, const char *stem)
{
	size_t n = strlen(stem);
	if (strncmp(name, stem, n) != 0 || (name[n] != '\0' && name[n] != ':'))
		return NULL;
	return name[n] == ':' ? name + n + 1 : name + n;
}

/* twitter:x stands for og:x, but for the card's own (spec B.2). */
static void
twitter(struct page_facts *f, const char *name, const char *value)
{
	const char *tail = name + strlen("twitter:");
	if (strcmp(tail, "card") == 0 || strcmp(tail, "creator") == 0)
		return;
	char *key = mem_printf("og:%s", tail);
	page_facts_prop(f, PAGE_TWITTER, key, value);
	mem_free(key);
}

static void
note_empty(struct page_facts *f, const char *name)
{
	for (size_t i = 0; f->notes != NULL && i < sizeof fields / sizeof fields[0]; i++)
		if (strcmp(fields[i].name, name) == 0)
			page_note_field(f, fields[i].field, fields[i].source, "", "empty");
}

static void
one(struct page_facts *f, const char *name, const struct html_tag *tag, const char *attr)
{
	const char *member = NULL;
	page_notes_from(f, "meta %s=%s", attr, name);
	if ((member = image_member(name, "og:image")) != NULL) {
		page_image_meta(f, PAGE_OG, member, tag);
		return;
	}
	if ((member = image_member(name, "twitter:image")) != NULL) {
		page_image_meta(f, PAGE_TWITTER, member, tag);
		return;
	}
	if (strcmp(attr, "itemprop") == 0) {
		microdata(f, name, tag);
		return;
	}
	page_list_meta(f, name, tag); /* its first value is an ordinary member, too */
	char *value = page_attr_text(tag, "content");
	if (value == NULL) {
		note_empty(f, name);
		return;
	}
	besides(f, name, value);
	if (!field(f, name, value)) {
		if (str_starts(name, "twitter:"))
			twitter(f, name, value);
		else
			page_facts_prop(f, PAGE_OG, name, value);
	}
	mem_free(value);
}

/* Calls f for each word of an attribute, lower-cased; words of more than NAME_MAX bytes are no names. */
static void
words(const struct html_attr *a, void (*each)(void *arg, const char *word), void *arg)
{
	enum { WORDS_MAX = 16 };
	char word[NAME_MAX];
	const char *p = a->value, *end = p + a->value_len;
	for (size_t count = 0; count < WORDS_MAX; count++) {
		while (p < end && str_isspace((unsigned char)*p))
			p++;
		size_t n = 0;
		for (; p < end && !str_isspace((unsigned char)*p); p++)
			if (n++ < sizeof word - 1)
				word[n - 1] = (char)str_lower((unsigned char)*p);
		if (n == 0)
			return;
		if (n < sizeof word) {
			word[n] = '\0';
			each(arg, word);
		}
	}
}

struct meta {
	struct page_facts *f;
	const struct html_tag *tag;
	const char *attr;
};

static void
meta_word(void *arg, const char *word)
{
	struct meta *m = arg;
	one(m->f, word, m->tag, m->attr);
}

/* What stands for a header of HTTP. */
static void
equivalent(struct page_facts *f, const struct html_tag *tag)
{
	const struct html_attr *a = page_html_attr(tag, "http-equiv");
	if (a == NULL)
		return;
	if (f->lang_meta == NULL && str_nieq(a->value, a->value_len, "content-language"))
		f->lang_meta = page_attr_text(tag, "content");
	else if (f->refresh == NULL && str_nieq(a->value, a->value_len, "refresh"))
		f->refresh = page_attr_url(tag, "content");
}

void
page_meta_read(struct page_facts *f, const struct html_tag *tag)
{
	static const char *const attrs[] = {"property", "name", "itemprop"};
	if (page_html_attr(tag, "content") == NULL)
		return;
	equivalent(f, tag);
	for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++) {
		const struct html_attr *a = page_html_attr(tag, attrs[i]);
		struct meta m = {f, tag, attrs[i]};
		if (a != NULL)
			words(a, meta_word, &m);
	}
}

/* ---- link ------------------------------------------------------------------------------------------- */

struct rels {
	bool alternate, canonical, image, manifest;
	const char *icon; /* "icon", "apple", "mask" */
};

static void
rel_word(void *arg, const char *word)
{
	struct rels *r = arg;
	r->alternate = r->alternate || strcmp(word, "alternate") == 0 || strcmp(word, "alternative") == 0;
	r->canonical = r->canonical || strcmp(word, "canonical") == 0;
	r->image = r->image || strcmp(word, "image_src") == 0;
	r->manifest = r->manifest || strcmp(word, "manifest") == 0;
	if (strstr(word, "icon") != NULL && r->icon == NULL)
		r->icon = strcmp(word, "mask-icon") == 0 ? "mask" : str_starts(word, "apple-") ? "apple" : "icon";
}

/* The type may carry parameters. */
static void
oembed_link(struct page_facts *f, const struct html_tag *tag)
{
	static const char *const json[] = {"application/json+oembed", "text/json+oembed"};
	static const char *const xml[] = {"application/xml+oembed", "text/xml+oembed"};
	char *type = page_attr_text(tag, "type");
	if (type != NULL)
		type[strcspn(type, "; ")] = '\0';
	if (f->oembed == NULL && (str_ieq(type, json[0]) || str_ieq(type, json[1])))
		f->oembed = page_attr_url(tag, "href");
	else if (f->oembed_xml == NULL && (str_ieq(type, xml[0]) || str_ieq(type, xml[1])))
		f->oembed_xml = page_attr_url(tag, "href");
	mem_free(type);
}

void
page_link_read(struct page_facts *f, const struct html_tag *tag)
{
	const struct html_attr *rel = page_html_attr(tag, "rel");
	struct rels r = {.icon = NULL};
	if (rel == NULL)
		return;
	words(rel, rel_word, &r);
	if (r.alternate)
		oembed_link(f, tag);
	if (r.canonical && f->canonical == NULL)
		f->canonical = page_attr_url(tag, "href");
	if (r.manifest && f->manifest == NULL)
		f->manifest = page_attr_url(tag, "href");
	if (r.image)
		page_image_link(f, tag, "image_src");
	else if (r.icon != NULL)
		page_image_link(f, tag, r.icon);
}
