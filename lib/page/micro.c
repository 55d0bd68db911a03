/* What do itemprops say (HTML §5, microdata; schema.org)?  Of the first thing the page is about, and what belongs to it.
 *
 * Values in meta count at once (meta.c); those in other elements are held back until the end, because a second thing of the
 * same type makes both a list, and neither is what the page is about. */
#include "page/notes.h"

#include <string.h>

enum { TYPE_MAX = 100, VALUE_BYTES_MAX = 8192, NAMES_MAX = 4, LINE_MAX = PAGE_VALUE_MAX };

/* ---- names ------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum page_field field;
} props[] = {
    {"headline", FIELD_TITLE},
    {"name", FIELD_TITLE},
    {"description", FIELD_DESCRIPTION},
    {"author", FIELD_AUTHOR},
    {"creator", FIELD_AUTHOR},
    {"publisher", FIELD_SITE_NAME},
    {"datepublished", FIELD_PUBLISHED},
    {"uploaddate", FIELD_PUBLISHED},
    {"datemodified", FIELD_MODIFIED},
    {"articlesection", FIELD_SECTION},
    {"keywords", FIELD_TAGS},
    {"price", FIELD_PRICE},
    {"lowprice", FIELD_PRICE},
    {"pricecurrency", FIELD_CURRENCY},
    {"availability", FIELD_AVAILABILITY},
};

enum page_field
page_micro_field(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof props / sizeof props[0]; i++)
		if (str_nieq(name, n, props[i].name))
			return props[i].field;
	return FIELD_COUNT;
}

/* "https://schema.org/InStock" is InStock. */
const char *
page_micro_term(const char *value)
{
	const char *slash = strrchr(value, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : value;
}

/* The first of the words of an itemprop that is a field of ours. */
static enum page_field
field_of(const struct html_attr *a)
{
	enum page_field found = FIELD_COUNT;
	const char *p = a->value, *end = p + a->value_len;
	while (p < end && found == FIELD_COUNT) {
		const char *word = p;
		while (p < end && !str_isspace((unsigned char)*p))
			p++;
		found = page_micro_field(word, (size_t)(p - word));
		while (p < end && str_isspace((unsigned char)*p))
			p++;
	}
	return found;
}

static bool
is(const struct html_attr *a, const char *name)
{
	return a != NULL && str_nieq(a->value, a->value_len, name);
}

/* ---- things --------------------------------------------------------------------------------------------- */

static bool
ends_in(const char *s, const char *tail)
{
	size_t n = s != NULL ? strlen(s) : 0, k = strlen(tail);
	return s != NULL && n >= k && str_nieq(s + n - k, k, tail);
}

/* Things that stand on a page without being what it is about. */
static bool
another(const char *type)
{
	static const char *const others[] = {
	    "Organization", "WebSite",	 "BreadcrumbList",	  "ListItem",	"WPHeader",
	    "WPFooter",	    "WPSideBar", "SiteNavigationElement", "Person",	"PostalAddress",
	    "Comment",	    "Review",	 "LocalBusiness",	  "ImageObject"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (ends_in(type, others[i]))
			return true;
	return false;
}

static enum micro_role
role_of(const struct html_attr *prop)
{
	if (is(prop, "author") || is(prop, "creator"))
		return MICRO_AUTHOR;
	if (is(prop, "publisher"))
		return MICRO_PUBLISHER;
	if (is(prop, "image") || is(prop, "primaryimageofpage"))
		return MICRO_IMAGE;
	return is(prop, "offers") ? MICRO_OFFER : MICRO_OTHER;
}

/* The page's own thing, or one inside a thing that is only the page as such.  False: this is another. */
static bool
begin_thing(struct micro *m, size_t at, const char *type)
{
	bool same = m->type != NULL && str_ieq(m->type, type);
	if (another(type) || (m->item != 0 && !ends_in(m->type, "Page")))
		return false;
	if (m->item == 0 && m->type != NULL && !ends_in(m->type, "Page")) {
		m->many = m->many || same;
		return false;
	}
	mem_free(m->type);
	m->type = mem_strndup(type, strnlen(type, TYPE_MAX));
	m->item = at;
	return true;
}

/* An element with itemscope.  Sets nested where what is inside is not said of the page. */
static void
scope(struct micro *m, struct open *o, const struct html_tag *tag, const struct html_attr *prop, size_t at)
{
	char *type = page_attr_text(tag, "itemtype");
	bool own = prop == NULL && m->part == 0 && begin_thing(m, at, type != NULL ? type : "");
	mem_free(type);
	if (own)
		return;
	if (o->nested == 0)
		o->nested = at;
	if (m->item == 0)
		return;
	if (m->part == 0) {
		m->part = at;
		m->role = prop != NULL ? role_of(prop) : MICRO_OTHER;
	} else if (m->deep == 0) {
		m->deep = at;
	}
}

/* ---- values ------------------------------------------------------------------------------------------------ */

/* Of several authors and keywords there is a list, of all else the first counts. */
static void
hold(struct micro *m, const struct page_facts *f, enum page_field field, const char *value)
{
	char **slot = &m->held[field];
	bool list = field == FIELD_TAGS || (field == FIELD_AUTHOR && m->authors < NAMES_MAX);
	if (field == FIELD_AVAILABILITY)
		value = page_micro_term(value);
	if (*slot != NULL && list && strlen(*slot) + strlen(value) < LINE_MAX) {
		char *line = mem_printf("%s, %s", *slot, value);
		mem_free(*slot);
		*slot = line;
	} else if (*slot == NULL) {
		*slot = mem_strdup(value);
		if (f->notes != NULL && m->place[field].from == NULL)
			page_place_set(&m->place[field], &f->notes->at);
	}
	m->authors += field == FIELD_AUTHOR;
}

/* What an element says without its text; NULL: its text counts.  A link to an author is no name. */
static char *
value_of(const struct html_tag *tag, enum page_field field)
{
	char *value = page_attr_text(tag, "content");
	if (value == NULL && (field == FIELD_PUBLISHED || field == FIELD_MODIFIED))
		value = page_attr_text(tag, "datetime");
	if (value == NULL && field == FIELD_AVAILABILITY)
		value = page_attr_text(tag, "href");
	return value != NULL || field < FIELD_PRICE ? value : page_attr_text(tag, "value");
}

static void
say(struct micro *m, struct page_facts *f, const struct html_tag *tag, enum page_field field, size_t at)
{
	if (field == FIELD_COUNT || (field != FIELD_TAGS && field != FIELD_AUTHOR && m->held[field] != NULL))
		return;
	page_notes_from(f, "%s itemprop=%s", tag->el == EL_OTHER ? "element" : page_el_name(tag->el),
			page_field_key(field));
	char *value = value_of(tag, field);
	if (value != NULL) {
		hold(m, f, field, value);
		mem_free(value);
	} else if (at != 0 && m->capture == 0) {
		m->capture = at;
		m->field = field;
		if (f->notes != NULL && m->held[field] == NULL)
			page_place_set(&m->place[field], &f->notes->at);
	}
}

/* A property of a part of the thing: whose name, which picture, what price. */
static void
say_of_part(struct micro *m, struct page_facts *f, const struct html_tag *tag, const struct html_attr *prop, size_t at)
{
	enum page_field field = field_of(prop);
	if (m->role == MICRO_IMAGE && (is(prop, "url") || is(prop, "contenturl")))
		page_image_item(f, tag);
	else if (m->role == MICRO_AUTHOR && is(prop, "name"))
		say(m, f, tag, FIELD_AUTHOR, at);
	else if (m->role == MICRO_PUBLISHER && is(prop, "name"))
		say(m, f, tag, FIELD_SITE_NAME, at);
	else if (m->role == MICRO_OFFER && field >= FIELD_PRICE && tag->el != EL_META)
		say(m, f, tag, field, at);
}

/* ---- events -------------------------------------------------------------------------------------------------- */

void
page_micro_start(struct micro *m, struct page_facts *f, struct open *o, const struct html_tag *tag, size_t at)
{
	if (tag->n == 0)
		return;
	const struct html_attr *itemscope = at == 0 ? NULL : page_html_attr(tag, "itemscope");
	if (itemscope == NULL && m->item == 0)
		return; /* most pages, most tags */
	const struct html_attr *prop = page_html_attr(tag, "itemprop");
	if (itemscope != NULL)
		scope(m, o, tag, prop, at);
	else if (prop == NULL || m->deep != 0)
		return;
	else if (m->part != 0)
		say_of_part(m, f, tag, prop, at);
	else if (is(prop, "image") && (tag->el == EL_LINK || tag->el == EL_A))
		page_image_item(f, tag);
	else if (tag->el != EL_META && tag->el != EL_IMG)
		say(m, f, tag, field_of(prop), at);
}

static void
captured(struct micro *m, const struct page_facts *f)
{
	char *text = m->text.len > 0 ? page_text_clean(m->text.p, m->text.len) : NULL;
	if (text != NULL)
		hold(m, f, m->field, text);
	mem_free(text);
	m->capture = 0;
	buf_reset(&m->text);
}

void
page_micro_closed(struct micro *m, const struct page_facts *f, size_t open)
{
	if (open < m->capture)
		captured(m, f);
	if (open < m->deep)
		m->deep = 0;
	if (open < m->part)
		m->part = 0;
	if (open < m->item)
		m->item = 0;
}

void
page_micro_text(struct micro *m, const char *p, size_t n, bool refs)
{
	if (m->text.full)
		return;
	if (refs)
		page_entity_decode(&m->text, p, n, false);
	else
		(void)buf_add(&m->text, p, n);
}

void
page_micro_init(struct micro *m)
{
	*m = (struct micro){.many = false};
	buf_init(&m->text, VALUE_BYTES_MAX);
}

void
page_micro_finish(struct micro *m, struct page_facts *f)
{
	page_micro_closed(m, f, 0);
	for (enum page_field i = 0; i < FIELD_COUNT; i++) {
		if (m->held[i] == NULL)
			continue;
		page_notes_back(f, &m->place[i]);
		if (m->many)
			page_note_field(f, i, PAGE_ITEMPROP, m->held[i], "of one of several things, not of the page");
		else
			page_facts_field(f, i, PAGE_ITEMPROP, m->held[i], strlen(m->held[i]));
	}
	if (!m->many && m->type != NULL && *m->type != '\0') {
		const char *type = page_micro_term(m->type);
		page_notes_back(f, &(struct page_place){.line = 0});
		page_facts_field(f, FIELD_TYPE, PAGE_ITEMPROP, type, strlen(type));
	}
}

void
page_micro_clear(struct micro *m)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		mem_free(m->held[i]);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		mem_free(m->place[i].from);
	mem_free(m->type);
	buf_clear(&m->text);
}
