/* Which of the facts is the answer?  The precedence of sources, in one table. */
#include "page/int.h"

#include <string.h>

#include "url/url.h"

/* ---- precedence: per field the first source that has something usable -------------------------------- */

enum { ORDER_MAX = 12 };

static const struct {
	const char *key;
	enum page_source order[ORDER_MAX]; /* declared ones first; oEmbed comes between them and the inferred */
} fields[FIELD_COUNT] = {
    [FIELD_TITLE] = {"og:title", {PAGE_OG, PAGE_TWITTER, PAGE_DC, PAGE_TITLE, PAGE_H1, PAGE_H2, PAGE_H3}},
    [FIELD_DESCRIPTION] = {"og:description", {PAGE_OG, PAGE_TWITTER, PAGE_META, PAGE_DC, PAGE_TEXT}},
    [FIELD_SITE_NAME] = {"og:site_name", {PAGE_OG, PAGE_TWITTER}},
};

static const enum page_source image_order[] = {PAGE_OG,	       PAGE_TWITTER, PAGE_ITEMPROP, PAGE_LINK,
					       PAGE_IMG_SIZED, PAGE_IMG,     PAGE_POSTER,   PAGE_ICON};

/* As it is shown: a declared description is summarised as one paragraph (spec B.5), anything over-long is cut. */
static char *
shown(enum page_field field, enum page_source s, const char *value)
{
	if (field == FIELD_DESCRIPTION && (s == PAGE_OG || s == PAGE_TWITTER))
		return page_text_summary(value, strlen(value));
	return page_text_cut(mem_strdup(value), PAGE_VALUE_MAX);
}

static void
choose_field(const struct page_facts *f, enum page_field field, bool declared, struct json *out, struct json *sources)
{
	for (size_t i = 0; i < ORDER_MAX; i++) {
		enum page_source s = fields[field].order[i];
		const char *value = f->field[field][s];
		if (s == PAGE_NONE || value == NULL || (s < PAGE_INFERRED) != declared)
			continue;
		char *text = shown(field, s, value);
		json_set_str(out, fields[field].key, text);
		if (!json_has(sources, fields[field].key))
			json_set_str(sources, fields[field].key, page_source_name(s));
		mem_free(text);
		return;
	}
}

/* og: article: profile: are answered; other namespaces are kept beside them. */
static bool
answered(const char *key)
{
	return str_starts(key, "og:") || str_starts(key, "article:") || str_starts(key, "profile:");
}

static void
choose_props(const struct page_facts *f, enum page_source s, struct json *og, struct json *extra)
{
	for (size_t i = 0; i < f->props; i++) {
		const struct prop *p = &f->prop[i];
		struct json *to = answered(p->key) ? og : extra;
		if (p->source == s && !json_has(to, p->key))
			json_set_str(to, p->key, p->value);
	}
}

/* ---- images ---------------------------------------------------------------------------------------------- */

/* An absolute http, https or data:image URL, yours; NULL if this can be none.  Without a base a relative one stays as
 * it is written: there is nothing better to say of a file on a disk. */
static char *
absolute(const char *base, const char *ref)
{
	if (ref == NULL || *ref == '\0')
		return NULL;
	if (str_istarts(ref, "data:"))
		return str_istarts(ref, "data:image/") ? mem_strdup(ref) : NULL;
	char *url = url_resolve(base != NULL ? base : "", ref, NULL);
	if (url == NULL && base == NULL && strcspn(ref, ":") >= strcspn(ref, "/?#"))
		return mem_strdup(ref);
	if (url != NULL && (!url_is_http(url) || strlen(url) > URL_MAX)) {
		mem_free(url);
		url = NULL;
	}
	return url;
}

/* Is it there already?  One data: image counts for all: each would be carried along by the record. */
static bool
listed(const struct json *images, const char *url)
{
	bool found = false, data = str_istarts(url, "data:");
	for (size_t i = 0, n = json_len(images); i < n && !found; i++) {
		struct json *j = json_at(images, i);
		const char *have = json_str(j, "url");
		found = str_eq(have, url) || (data && str_istarts(have, "data:"));
		json_free(j);
	}
	return found;
}

static void
set_known(struct json *j, const char *key, const char *value)
{
	if (value != NULL)
		json_set_str(j, key, value);
}

static void
add_image(struct json *images, const struct page_image *i, const char *base)
{
	const char *const tries[] = {i->url, i->url2, i->secure_url};
	char *url = NULL;
	for (size_t t = 0; t < sizeof tries / sizeof tries[0] && url == NULL; t++)
		url = absolute(base, tries[t]);
	if (url != NULL && json_len(images) < PAGE_IMAGES_MAX && !listed(images, url)) {
		struct json *j = json_object();
		json_set_str(j, "url", url);
		json_set_str(j, "source", page_source_name(i->source));
		json_set_bool(j, "declared", i->source < PAGE_INFERRED);
		set_known(j, "secure_url", i->secure_url != NULL && url_is_http(i->secure_url) ? i->secure_url : NULL);
		set_known(j, "type", i->type);
		set_known(j, "width", i->width);
		set_known(j, "height", i->height);
		set_known(j, "alt", i->alt);
		json_add(images, j);
	}
	mem_free(url);
}

static struct json *
choose_images(const struct page_facts *f, const char *base)
{
	const struct page_image *const found[] = {&f->sized, &f->img, &f->poster, &f->icon};
	struct json *images = json_array();
	for (size_t s = 0; s < sizeof image_order / sizeof image_order[0]; s++) {
		for (size_t i = 0; i < f->images; i++)
			if (f->image[i].source == image_order[s])
				add_image(images, &f->image[i], base);
		for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
			if (found[i]->source == image_order[s])
				add_image(images, found[i], base);
	}
	return images;
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

static void
set_url(struct json *j, const char *key, const char *base, const char *ref)
{
	char *url = ref == NULL ? NULL : url_resolve(base != NULL ? base : "", ref, NULL);
	if (url != NULL && strlen(url) <= URL_MAX && url_is_http(url))
		json_set_str(j, key, url);
	mem_free(url);
}

static void
set_if_any(struct json *j, const char *key, struct json *take)
{
	if (json_len(take) > 0)
		json_set(j, key, take);
	else
		json_free(take);
}

/* Relative URLs count from <base href>, which itself counts from where the page came from (HTML §4.2.3). */
static char *
base_of(const struct page_facts *f, const char *url)
{
	char *base = f->base == NULL ? NULL : url_resolve(url != NULL ? url : "", f->base, NULL);
	if (base != NULL && !url_is_http(base)) {
		mem_free(base);
		base = NULL;
	}
	return base != NULL ? base : mem_strdup(url);
}

struct json *
page_facts_report(const struct page_facts *f, const char *url)
{
	struct json *out = json_object(), *declared = json_object(), *inferred = json_object();
	struct json *extra = json_object(), *sources = json_object();
	char *base = base_of(f, url);
	for (enum page_field i = 0; i < FIELD_COUNT; i++) {
		choose_field(f, i, true, declared, sources);
		choose_field(f, i, false, inferred, sources);
	}
	choose_props(f, PAGE_OG, declared, extra);
	choose_props(f, PAGE_TWITTER, declared, extra);
	set_if_any(out, "declared", declared);
	set_if_any(out, "inferred", inferred);
	set_if_any(out, "images", choose_images(f, base));
	set_if_any(out, "extra", extra);
	set_if_any(out, "sources", sources);
	set_url(out, "oembed", base, f->oembed);
	set_url(out, "canonical", base, f->canonical);
	set_known(out, "lang", f->lang);
	mem_free(base);
	return out;
}
