/* Which pictures does a page offer?  Declared ones with their members, and those found in it (spec B.4). */
#include "page/int.h"

#include <stdlib.h>
#include <string.h>

enum { PLACEHOLDER_MAX = 1024, SMALL_MAX = 10, SRCSET_WIDTH_MAX = 2048, MEMBER_MAX = 100 };

/* ---- declared: structured members belong to the image they follow ---------------------------------- */

static struct page_image *
last_of(struct page_facts *f, enum page_source s)
{
	for (size_t i = f->images; i > 0; i--)
		if (f->image[i - 1].source == s)
			return &f->image[i - 1];
	return NULL;
}

static struct page_image *
fresh(struct page_facts *f, enum page_source s)
{
	f->images_over = f->images == PAGE_IMAGES_MAX;
	if (f->images_over)
		return NULL;
	struct page_image *i = &f->image[f->images++];
	i->source = s;
	return i;
}

static void
put(char **slot, char *take)
{
	mem_free(*slot);
	*slot = take;
}

/* The image that a member may still be given to: the last one if it has none yet, else a new one. */
static struct page_image *
with_room(struct page_facts *f, enum page_source s, size_t offset)
{
	struct page_image *i = last_of(f, s);
	if (i != NULL && *(char **)(void *)((char *)i + offset) == NULL)
		return i;
	return fresh(f, s);
}

/* A URL that cannot be used still is an image: what follows describes it and not the one before. */
static void
image_url(struct page_facts *f, enum page_source s, const char *member, const struct html_tag *tag)
{
	struct page_image *i = NULL;
	char *url = page_attr_url(tag, "content");
	if (url == NULL)
		url = mem_strdup("");
	if (strcmp(member, "secure_url") == 0) {
		i = with_room(f, s, offsetof(struct page_image, secure_url));
		if (i != NULL)
			i->secure_url = url;
	} else if (strcmp(member, "url") == 0 && (i = last_of(f, s)) != NULL && i->url != NULL && i->url2 == NULL) {
		i->url2 = url;
	} else {
		i = with_room(f, s, offsetof(struct page_image, url));
		if (i != NULL)
			i->url = url;
	}
	if (i == NULL)
		mem_free(url);
}

static char **
slot_of(struct page_image *i, const char *member)
{
	if (strcmp(member, "type") == 0)
		return &i->type;
	if (strcmp(member, "width") == 0)
		return &i->width;
	if (strcmp(member, "height") == 0)
		return &i->height;
	return strcmp(member, "alt") == 0 ? &i->alt : NULL;
}

void
page_image_meta(struct page_facts *f, enum page_source s, const char *member, const struct html_tag *tag)
{
	if (*member == '\0' || strcmp(member, "url") == 0 || strcmp(member, "src") == 0 ||
	    strcmp(member, "secure_url") == 0) {
		image_url(f, s, member, tag);
		return;
	}
	struct page_image *i = last_of(f, s);
	if (f->images_over || (i == NULL && (i = fresh(f, s)) == NULL))
		return;
	char **slot = slot_of(i, member);
	char *value = slot == NULL || *slot != NULL ? NULL : page_attr_text(tag, "content");
	size_t max = strcmp(member, "alt") == 0 ? (size_t)PAGE_VALUE_MAX : (size_t)MEMBER_MAX;
	if (value != NULL && utf8_count(value, strlen(value)) <= max)
		put(slot, value);
	else
		mem_free(value);
}

void
page_image_link(struct page_facts *f, const struct html_tag *tag, const char *rel)
{
	bool src = strcmp(rel, "image_src") == 0, mask = strcmp(rel, "mask") == 0;
	if (!src && f->icon.url != NULL && (mask || !f->icon_mask))
		return;
	char *url = page_attr_url(tag, "href");
	if (url == NULL)
		return;
	if (!src) {
		put(&f->icon.url, url);
		f->icon.source = PAGE_ICON;
		f->icon_mask = mask;
		return;
	}
	struct page_image *i = fresh(f, PAGE_LINK);
	if (i != NULL)
		i->url = url;
	else
		mem_free(url);
}

/* ---- found ------------------------------------------------------------------------------------------- */

/* A size attribute: decimals, maybe with "px"; -1 if it is anything else. */
static double
size_of(const struct html_tag *tag, const char *name)
{
	enum { DIGITS_MAX = 16 };
	const struct html_attr *a = page_html_attr(tag, name);
	char s[DIGITS_MAX], *end = NULL;
	if (a == NULL || a->value_len == 0 || a->value_len >= sizeof s)
		return -1;
	(void)memcpy(s, a->value, a->value_len);
	s[a->value_len] = '\0';
	const char *first = s + strspn(s, " \t\r\n");
	if (*first != '.' && (*first < '0' || *first > '9'))
		return -1;
	if (first[strspn(first, "0123456789.")] != '\0' && !str_ieq(first + strspn(first, "0123456789."), "px"))
		return -1;
	double d = strtod(first, &end);
	return end == first ? -1 : d;
}

/* Pictures that only keep a place until a script puts the real one there. */
static bool
placeholder(const char *url)
{
	static const char *const words[] = {"placeholder", "spacer.",	   "blank.",   "pixel.",
					    "1x1",	   "transparent.", "loading.", "lazy."};
	if (str_istarts(url, "data:"))
		return strlen(url) < PLACEHOLDER_MAX;
	const char *file = strrchr(url, '/');
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strstr(file != NULL ? file : url, words[i]) != NULL)
			return true;
	return false;
}

/* The candidate of a srcset that is widest within SRCSET_WIDTH_MAX ("640w"; "2x" counts as 2); NULL if none. */
static char *
srcset_best(const char *s)
{
	const char *best = NULL;
	size_t best_len = 0;
	double best_size = -1;
	while (*s != '\0') {
		s += strspn(s, " \t\r\n\f,");
		size_t n = strcspn(s, " \t\r\n\f");
		bool bare = n > 0 && s[n - 1] == ','; /* a URL may hold commas, but not end in one */
		const char *url = s;
		s += n;
		double size = 1;
		if (bare) {
			n--;
		} else {
			s += strspn(s, " \t\r\n\f");
			char *end = NULL;
			double d = strtod(s, &end);
			size = end > s ? d : 1;
			s += strcspn(s, ",");
		}
		if (n > 0 && size > best_size && size <= SRCSET_WIDTH_MAX) {
			best = url;
			best_len = n;
			best_size = size;
		}
	}
	return best == NULL ? NULL : mem_strndup(best, best_len);
}

static char *
from_srcset(const struct html_tag *tag)
{
	static const char *const attrs[] = {"data-srcset", "data-lazy-srcset", "srcset"};
	for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++) {
		char *set = page_attr_url(tag, attrs[i]);
		char *url = set == NULL ? NULL : srcset_best(set);
		mem_free(set);
		if (url != NULL)
			return url;
	}
	return NULL;
}

/* What an img shows once its page is at rest: lazy attributes are the picture, src then only keeps the place. */
static char *
img_url(const struct html_tag *tag)
{
	static const char *const lazy[] = {"data-src", "data-original", "data-lazy-src", "data-lazy", "data-url"};
	char *url = NULL;
	for (size_t i = 0; i < sizeof lazy / sizeof lazy[0]; i++) {
		if ((url = page_attr_url(tag, lazy[i])) != NULL && !placeholder(url))
			return url;
		put(&url, NULL);
	}
	if ((url = page_attr_url(tag, "src")) != NULL && !placeholder(url))
		return url;
	put(&url, NULL);
	return from_srcset(tag);
}

void
page_image_img(struct page_facts *f, const struct html_tag *tag, bool aside)
{
	double w = size_of(tag, "width"), h = size_of(tag, "height");
	bool sized = w > SMALL_MAX && h > SMALL_MAX && w * h > f->area;
	bool small = (w >= 0 && w <= SMALL_MAX) || (h >= 0 && h <= SMALL_MAX);
	bool first = !small && (f->img.url == NULL || (f->img_aside && !aside));
	if ((!sized && !first) || page_attr_hidden(tag))
		return;
	char *url = img_url(tag);
	if (url == NULL)
		return;
	if (sized) {
		put(&f->sized.url, mem_strdup(url));
		f->sized.source = PAGE_IMG_SIZED;
		f->area = w * h;
	}
	if (first) {
		put(&f->img.url, mem_strdup(url));
		f->img.source = PAGE_IMG;
		f->img_aside = aside;
	}
	mem_free(url);
}

void
page_image_poster(struct page_facts *f, const struct html_tag *tag)
{
	if (f->poster.url == NULL)
		f->poster.url = page_attr_url(tag, "poster");
	f->poster.source = PAGE_POSTER;
}
