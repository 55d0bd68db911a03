/* Which of the facts is the answer?  The precedence of sources, in one table. */
#include "page/notes.h"

#include <stdlib.h>
#include <string.h>

#include "url/url.h"

/* ---- precedence: per field the first source that has something usable -------------------------------- */

enum { ORDER_MAX = 12 };

static const struct {
	const char *key;
	enum page_source order[ORDER_MAX]; /* declared ones first; oEmbed comes between them and the inferred */
} fields[FIELD_COUNT] = {
    [FIELD_TITLE] = {"og:title",
		     {PAGE_OG, PAGE_TWITTER, PAGE_JSONLD, PAGE_ITEMPROP, PAGE_DC, PAGE_TITLE, PAGE_H1, PAGE_H2,
		      PAGE_H3}},
    [FIELD_DESCRIPTION] = {"og:description",
			   {PAGE_OG, PAGE_TWITTER, PAGE_JSONLD, PAGE_META, PAGE_ITEMPROP, PAGE_DC, PAGE_TEXT}},
    [FIELD_SITE_NAME] = {"og:site_name", {PAGE_OG, PAGE_TWITTER, PAGE_JSONLD, PAGE_ITEMPROP, PAGE_META}},
    /* in "extra" */
    [FIELD_AUTHOR] = {"author", {PAGE_OG, PAGE_JSONLD, PAGE_META, PAGE_ITEMPROP, PAGE_DC}},
    [FIELD_PUBLISHED] = {"published", {PAGE_OG, PAGE_JSONLD, PAGE_META, PAGE_ITEMPROP, PAGE_DC}},
    [FIELD_MODIFIED] = {"modified", {PAGE_OG, PAGE_JSONLD, PAGE_META, PAGE_ITEMPROP, PAGE_DC}},
    [FIELD_SECTION] = {"section", {PAGE_OG, PAGE_JSONLD, PAGE_META, PAGE_ITEMPROP}},
    [FIELD_TAGS] = {"tags", {PAGE_OG, PAGE_JSONLD, PAGE_META, PAGE_ITEMPROP}},
    [FIELD_TYPE] = {"type", {PAGE_JSONLD, PAGE_ITEMPROP}},
    [FIELD_THEME_COLOR] = {"theme_color", {PAGE_META}},
    [FIELD_PRICE] = {"price", {PAGE_OG, PAGE_JSONLD, PAGE_ITEMPROP}},
    [FIELD_CURRENCY] = {"currency", {PAGE_OG, PAGE_JSONLD, PAGE_ITEMPROP}},
    [FIELD_AVAILABILITY] = {"availability", {PAGE_OG, PAGE_JSONLD, PAGE_ITEMPROP}},
};

static const enum page_source image_order[] = {PAGE_OG,	       PAGE_TWITTER, PAGE_JSONLD, PAGE_ITEMPROP, PAGE_LINK,
					       PAGE_IMG_SIZED, PAGE_IMG,     PAGE_POSTER, PAGE_ICON};

/* As it is shown: a declared description is summarised as one paragraph (spec B.5), anything over-long is cut. */
static char *
shown(enum page_field field, enum page_source s, const char *value)
{
	if (field == FIELD_DESCRIPTION && (s == PAGE_OG || s == PAGE_TWITTER || s == PAGE_JSONLD))
		return page_text_summary(value, strlen(value));
	return page_text_cut(mem_strdup(value), PAGE_VALUE_MAX);
}

/* A time is one of ISO 8601, in the form all the standards of the web use: a date, maybe a time. */
static bool
is_time(const char *s)
{
	static const char form[] = "0000-00-00";
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	int month = (s[5] - '0') * 10 + s[6] - '0', day = (s[8] - '0') * 10 + s[9] - '0';
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	s += sizeof form - 1;
	return *s == '\0' || ((*s == 'T' || *s == 't' || *s == ' ') && s[1] >= '0' && s[1] <= '9');
}

static bool
usable(enum page_field field, const char *value)
{
	if (field == FIELD_PUBLISHED || field == FIELD_MODIFIED)
		return is_time(value);
	return field != FIELD_PRICE || (*value >= '0' && *value <= '9');
}

const char *
page_field_key(enum page_field field)
{
	return fields[field].key;
}

const char *
page_field_unusable(const char *key, const char *value)
{
	for (enum page_field i = 0; i < FIELD_COUNT; i++)
		if (str_eq(fields[i].key, key) && !usable(i, value))
			return i == FIELD_PRICE ? "no number" : "no date or time of ISO 8601";
	return NULL;
}

static void
choose_field(struct page_facts *f, enum page_field field, bool declared, struct json *out, struct json *sources)
{
	for (size_t i = 0; i < ORDER_MAX; i++) {
		enum page_source s = fields[field].order[i];
		const char *value = f->field[field][s];
		if (s == PAGE_NONE || value == NULL || (s < PAGE_INFERRED) != declared)
			continue;
		if (!usable(field, value))
			continue;
		char *text = shown(field, s, value);
		if (f->notes != NULL && utf8_count(text, strlen(text)) < utf8_count(value, strlen(value)))
			page_skip(f, fields[field].key, "the text is cut at a word", PAGE_VALUE_MAX);
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
char *
page_image_address(const char *base, const char *ref)
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
		url = page_image_address(base, tries[t]);
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
		set_known(j, "fill", i->fill);
		set_known(j, "template", i->layout);
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
		for (size_t i = 0; image_order[s] == PAGE_IMG && i < f->mores; i++)
			add_image(images, &f->more[i], base);
		const struct page_image *ld = NULL;
		for (size_t i = 0; image_order[s] == PAGE_JSONLD && (ld = page_ld_image(f, i)) != NULL; i++)
			add_image(images, ld, base);
	}
	return images;
}

/* ---- beside the answer ------------------------------------------------------------------------------------ */

static void
set_url(struct json *j, const char *key, const char *base, const char *ref)
{
	char *url = ref == NULL ? NULL : url_resolve(base != NULL ? base : "", ref, NULL);
	if (url != NULL && strlen(url) <= URL_MAX && url_is_http(url))
		json_set_str(j, key, url);
	mem_free(url);
}

/* "a, b,c" as a list, each once. */
static void
split_tags(struct json *extra)
{
	const char *line = json_str(extra, fields[FIELD_TAGS].key);
	struct json *tags = json_array(), *seen = json_object();
	for (const char *p = line; p != NULL && *p != '\0' && json_len(tags) < PAGE_TAGS_MAX;) {
		p += strspn(p, ", ");
		size_t n = strcspn(p, ","), len = n;
		while (len > 0 && p[len - 1] == ' ')
			len--;
		char *tag = mem_strndup(p, len);
		if (len > 0 && !json_has(seen, tag)) {
			json_set_bool(seen, tag, true);
			json_add_str(tags, tag);
		}
		mem_free(tag);
		p += n;
	}
	if (line != NULL)
		json_set(extra, fields[FIELD_TAGS].key, tags);
	else
		json_free(tags);
	json_free(seen);
}

/* The site's address stands in for its name, in the record only. */
static void
name_site(struct json *extra, const struct json *declared, const char *url)
{
	const char *host = url == NULL ? NULL : strstr(url, "://");
	if (host == NULL || json_has(declared, fields[FIELD_SITE_NAME].key))
		return;
	host += strlen("://");
	size_t n = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', n);
	if (at != NULL) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (n > strlen("www.") && str_nieq(host, strlen("www."), "www.")) {
		host += strlen("www.");
		n -= strlen("www.");
	}
	if (n > 0)
		json_set_strn(extra, "site_name", host, n);
}

/* JSON-LD knows most of a video, its element only where it is. */
static void
add_media(struct json *extra, const struct page_facts *f, const char *base)
{
	struct json *video = json_object(), *audio = json_object();
	set_url(video, "url", base, f->film != NULL && f->film->url != NULL ? f->film->url : f->video);
	if (f->film != NULL) {
		set_url(video, "player", base, f->film->player);
		set_known(video, "type", f->film->type);
		set_known(video, "width", f->film->width);
		set_known(video, "height", f->film->height);
	}
	set_url(audio, "url", base, f->audio);
	json_set_some(extra, "video", video);
	json_set_some(extra, "audio", audio);
}

static void
add_extra(struct json *extra, const struct page_facts *f, const struct json *declared, const char *base)
{
	split_tags(extra);
	name_site(extra, declared, f->url);
	set_url(extra, "og:site_icon", base, f->icon.url);
	set_known(extra, "dir", f->dir != NULL && (str_ieq(f->dir, "rtl") || str_ieq(f->dir, "ltr")) ? f->dir : NULL);
	add_media(extra, f, base);
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

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
page_facts_report(struct page_facts *f, const char *url)
{
	struct json *out = json_object(), *declared = json_object(), *inferred = json_object();
	struct json *extra = json_object(), *sources = json_object();
	char *base = base_of(f, url);
	for (enum page_field i = 0; i < FIELD_ANSWERED; i++) {
		choose_field(f, i, true, declared, sources);
		choose_field(f, i, false, inferred, sources);
	}
	for (enum page_field i = FIELD_ANSWERED; i < FIELD_COUNT; i++)
		choose_field(f, i, true, extra, sources);
	add_extra(extra, f, declared, base);
	choose_props(f, PAGE_OG, declared, extra);
	choose_props(f, PAGE_TWITTER, declared, extra);
	json_set_some(out, "declared", declared);
	json_set_some(out, "inferred", inferred);
	json_set_some(out, "images", choose_images(f, base));
	json_set_some(out, "extra", extra);
	json_set_some(out, "sources", sources);
	set_url(out, "oembed", base, f->oembed);
	if (!json_has(out, "oembed"))
		set_url(out, "oembed", base, f->oembed_xml);
	set_url(out, "canonical", base, f->canonical);
	if (f->icon_score < PAGE_ICON_GOOD)
		set_url(out, "manifest", base, f->manifest);
	char *refresh = page_refresh(f->refresh, f->url, base);
	set_known(out, "refresh", refresh);
	mem_free(refresh);
	set_known(out, "lang", f->lang != NULL ? f->lang : f->lang_meta);
	set_known(out, "base", f->base != NULL ? base : NULL);
	if (f->lists != NULL)
		json_set(out, "lists", json_copy(f->lists));
	if (f->notes != NULL)
		page_facts_explain(f, base, out);
	mem_free(base);
	return out;
}
