/* What was found so far?  Each fact with its source; the first usable value of a source stays. */
#include "page/notes.h"

#include <string.h>

enum { PROPS_MAX = FACTS_NAMESPACES * PAGE_TAGS_MAX };

/* The namespaces that are kept, each with its own allowance of PAGE_TAGS_MAX members. */
static const char *const namespaces[] = {"og", "article", "profile", "book", "product", "music", "video", "place"};
enum { NAMESPACES = sizeof namespaces / sizeof namespaces[0], NS_OG = 0, NS_TWITTER = NAMESPACES };

static const char *const source_name[PAGE_SOURCES] = {
    [PAGE_NONE] = "none",	[PAGE_OG] = "og",
    [PAGE_TWITTER] = "twitter", [PAGE_JSONLD] = "json-ld",
    [PAGE_META] = "meta",	[PAGE_ITEMPROP] = "itemprop",
    [PAGE_DC] = "dc",		[PAGE_LINK] = "link",
    [PAGE_TITLE] = "title",	[PAGE_H1] = "h1",
    [PAGE_H2] = "h2",		[PAGE_H3] = "h3",
    [PAGE_TEXT] = "text",	[PAGE_IMG_SIZED] = "img-size",
    [PAGE_IMG] = "img",		[PAGE_POSTER] = "poster",
    [PAGE_ICON] = "icon",
};

const char *
page_source_name(enum page_source s)
{
	return source_name[s];
}

void
page_facts_init(struct page_facts *f)
{
	(void)memset(f, 0, sizeof *f);
	page_text_init(&f->text);
}

static void
image_clear(struct page_image *i)
{
	mem_free(i->url);
	mem_free(i->url2);
	mem_free(i->secure_url);
	mem_free(i->type);
	mem_free(i->width);
	mem_free(i->height);
	mem_free(i->alt);
	mem_free(i->fill);
	mem_free(i->layout);
}

void
page_facts_clear(struct page_facts *f)
{
	char *const single[] = {f->base,      f->oembed,  f->oembed_xml,   f->canonical,     f->lang,	 f->video,
				f->embed,     f->iframe,  f->iframe_width, f->iframe_height, f->picture, f->dir,
				f->lang_meta, f->refresh, f->audio,	   f->manifest};
	for (size_t i = 0; i < FIELD_COUNT; i++)
		for (size_t s = 0; s < PAGE_SOURCES; s++)
			mem_free(f->field[i][s]);
	for (size_t i = 0; i < f->props; i++) {
		mem_free(f->prop[i].key);
		mem_free(f->prop[i].value);
	}
	mem_free(f->prop);
	for (size_t i = 0; i < f->images; i++)
		image_clear(&f->image[i]);
	image_clear(&f->sized);
	image_clear(&f->img);
	image_clear(&f->icon);
	image_clear(&f->poster);
	for (size_t i = 0; i < f->mores; i++)
		image_clear(&f->more[i]);
	for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
		mem_free(single[i]);
	json_free(f->lists);
	page_ld_free(f->ld);
	page_notes_free(f->notes);
	page_text_clear(&f->text);
	(void)memset(f, 0, sizeof *f);
}

static void
note_second(struct page_facts *f, enum page_field field, enum page_source s, const char *p, size_t n)
{
	char *text = page_text_repair(page_text_clean(p, n));
	page_note_field(f, field, s, text, text == NULL ? "empty" : "not the first of its source");
	mem_free(text);
}

/* p is decoded, not cleaned. */
void
page_facts_field(struct page_facts *f, enum page_field field, enum page_source s, const char *p, size_t n)
{
	if (f->field[field][s] != NULL) {
		if (f->notes != NULL)
			note_second(f, field, s, p, n);
		return;
	}
	f->field[field][s] = page_text_repair(page_text_clean(p, n));
	page_note_field(f, field, s, f->field[field][s], f->field[field][s] == NULL ? "empty" : NULL);
	if (field < FIELD_ANSWERED && f->field[field][s] != NULL && (s == PAGE_OG || s == PAGE_TWITTER))
		f->count[s == PAGE_OG ? NS_OG : NS_TWITTER]++;
}

/* Members that may be given several times become one line, parted by commas. */
void
page_facts_add(struct page_facts *f, enum page_field field, enum page_source s, const char *value)
{
	enum { LINE_MAX = PAGE_VALUE_MAX };
	char **slot = &f->field[field][s];
	if (*slot == NULL) {
		page_facts_field(f, field, s, value, strlen(value));
	} else if (strlen(*slot) + strlen(value) < LINE_MAX) {
		char *line = mem_printf("%s, %s", *slot, value);
		mem_free(*slot);
		*slot = line;
	}
}

bool
page_facts_field_declared(const struct page_facts *f, enum page_field field)
{
	for (size_t s = 0; s < PAGE_INFERRED; s++)
		if (f->field[field][s] != NULL)
			return true;
	return false;
}

bool
page_facts_image_declared(const struct page_facts *f)
{
	for (size_t i = 0; i < f->images; i++)
		if (f->image[i].url != NULL || f->image[i].secure_url != NULL)
			return true;
	return false;
}

/* ---- members ---------------------------------------------------------------------------------------- */

/* The namespace of "article:author"; NAMESPACES if it is none of ours. */
static size_t
namespace_of(const char *key)
{
	size_t n = strcspn(key, ":");
	for (size_t i = 0; i < NAMESPACES; i++)
		if (key[n] == ':' && key[n + 1] != '\0' && strlen(namespaces[i]) == n &&
		    memcmp(key, namespaces[i], n) == 0)
			return i;
	return NAMESPACES;
}

static bool
known(const struct page_facts *f, enum page_source s, const char *key)
{
	for (size_t i = 0; i < f->props; i++)
		if (f->prop[i].source == s && strcmp(f->prop[i].key, key) == 0)
			return true;
	return false;
}

/* Names come in as bytes of a page: lower-cased ASCII without anything that shows nothing. */
static bool
key_fits(const char *key)
{
	for (const char *p = key; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F)
			return false;
	return utf8_count(key, strlen(key)) <= PAGE_KEY_MAX;
}

/* What clients may open at a click leads to the web, not to a script or a file. */
static bool
leads_astray(const char *key, const char *value)
{
	static const char *const addresses[] = {"og:url",   "og:see_also",  "og:player",
						"og:video", "og:video:url", "og:video:secure_url",
						"og:audio", "og:audio:url", "og:audio:secure_url"};
	bool scheme = strcspn(value, ":") < strcspn(value, "/?#");
	if (!scheme || str_istarts(value, "http:") || str_istarts(value, "https:"))
		return false;
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
		if (str_eq(key, addresses[i]))
			return true;
	return false;
}

void
page_facts_prop(struct page_facts *f, enum page_source s, const char *key, const char *value)
{
	size_t ns = namespace_of(key), n = strlen(value);
	if (ns == NAMESPACES)
		return;
	if (s == PAGE_TWITTER)
		ns = NS_TWITTER;
	bool over = f->count[ns] >= PAGE_TAGS_MAX || f->props >= PROPS_MAX;
	if (over || !key_fits(key)) {
		page_skip(f, over ? "members" : "names",
			  over ? "more of a namespace than are kept" : "too long, or with spaces",
			  over ? PAGE_TAGS_MAX : PAGE_KEY_MAX);
		return;
	}
	const char *why = f->props_bytes + n > PAGE_PROPS_BYTES_MAX ? "more text than is kept of one page"
			  : utf8_count(value, n) > PAGE_VALUE_MAX   ? "over-long"
			  : known(f, s, key)			    ? "not the first of its source"
			  : leads_astray(key, value)		    ? "no address of the web"
								    : NULL;
	page_note(f, key, s, value, why);
	if (why != NULL)
		return;
	if (f->prop == NULL)
		f->prop = mem_array(PROPS_MAX, sizeof *f->prop);
	f->prop[f->props++] = (struct prop){mem_strdup(key), mem_strdup(value), s};
	f->props_bytes += n;
	f->count[ns]++;
}
