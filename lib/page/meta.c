/* What do meta and link say?  Names in property, name and itemprop, in any letter case, also several at once. */
#include "page/int.h"

#include <string.h>

enum { NAME_MAX = 200 };

/* Where a name leads.  Anything of a namespace that stands in no row is a member of its own. */
static const struct {
	const char *name;
	enum page_source source;
	enum page_field field;
} fields[] = {
    {"og:title", PAGE_OG, FIELD_TITLE},
    {"og:description", PAGE_OG, FIELD_DESCRIPTION},
    {"og:site_name", PAGE_OG, FIELD_SITE_NAME},
    {"twitter:title", PAGE_TWITTER, FIELD_TITLE},
    {"twitter:description", PAGE_TWITTER, FIELD_DESCRIPTION},
    {"twitter:site", PAGE_TWITTER, FIELD_SITE_NAME}, /* as in spec B.2 */
    {"description", PAGE_META, FIELD_DESCRIPTION},
    {"dc.title", PAGE_DC, FIELD_TITLE},
    {"dcterms.title", PAGE_DC, FIELD_TITLE},
    {"dc.description", PAGE_DC, FIELD_DESCRIPTION},
    {"dcterms.description", PAGE_DC, FIELD_DESCRIPTION},
};

static bool
field(struct page_facts *f, const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (strcmp(fields[i].name, name) == 0) {
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
one(struct page_facts *f, const char *name, const struct html_tag *tag, const char *attr)
{
	const char *member = NULL;
	if ((member = image_member(name, "og:image")) != NULL) {
		page_image_meta(f, PAGE_OG, member, tag);
		return;
	}
	if ((member = image_member(name, "twitter:image")) != NULL) {
		page_image_meta(f, PAGE_TWITTER, member, tag);
		return;
	}
	if (strcmp(attr, "itemprop") == 0) {
		if (strcmp(name, "image") == 0)
			page_image_meta(f, PAGE_ITEMPROP, "", tag);
		return;
	}
	char *value = page_attr_text(tag, "content");
	if (value == NULL)
		return;
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

void
page_meta_read(struct page_facts *f, const struct html_tag *tag)
{
	static const char *const attrs[] = {"property", "name", "itemprop"};
	if (page_html_attr(tag, "content") == NULL)
		return;
	for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++) {
		const struct html_attr *a = page_html_attr(tag, attrs[i]);
		struct meta m = {f, tag, attrs[i]};
		if (a != NULL)
			words(a, meta_word, &m);
	}
}

/* ---- link ------------------------------------------------------------------------------------------- */

struct rels {
	bool alternate, canonical, image;
	const char *icon; /* "icon", "mask-icon" … */
};

static void
rel_word(void *arg, const char *word)
{
	struct rels *r = arg;
	r->alternate = r->alternate || strcmp(word, "alternate") == 0 || strcmp(word, "alternative") == 0;
	r->canonical = r->canonical || strcmp(word, "canonical") == 0;
	r->image = r->image || strcmp(word, "image_src") == 0;
	if (strstr(word, "icon") != NULL && r->icon == NULL)
		r->icon = strcmp(word, "mask-icon") == 0 ? "mask" : "icon";
}

/* The type may carry parameters. */
static bool
json_oembed(const struct html_tag *tag)
{
	static const char *const types[] = {"application/json+oembed", "text/json+oembed"};
	char *type = page_attr_text(tag, "type");
	bool is = false;
	if (type != NULL)
		type[strcspn(type, "; ")] = '\0';
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		is = is || str_ieq(type, types[i]);
	mem_free(type);
	return is;
}

void
page_link_read(struct page_facts *f, const struct html_tag *tag)
{
	const struct html_attr *rel = page_html_attr(tag, "rel");
	struct rels r = {.icon = NULL};
	if (rel == NULL)
		return;
	words(rel, rel_word, &r);
	if (r.alternate && f->oembed == NULL && json_oembed(tag))
		f->oembed = page_attr_url(tag, "href");
	if (r.canonical && f->canonical == NULL)
		f->canonical = page_attr_url(tag, "href");
	if (r.image)
		page_image_link(f, tag, "image_src");
	else if (r.icon != NULL)
		page_image_link(f, tag, r.icon);
}
