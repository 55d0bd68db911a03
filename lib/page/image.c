/* Which pictures does a page offer?  Declared ones with their members, and those found in it (spec B.4). */
#include "page/notes.h"

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
	if (f->images_over) {
		page_skip(f, "images", "more are declared than are kept", PAGE_IMAGES_MAX);
		return NULL;
	}
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
	page_note(f, "og:image", s, url, NULL);
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
	if (strcmp(member, "fill") == 0)
		return &i->fill;
	if (strcmp(member, "template") == 0)
		return &i->layout;
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

/* How good is an icon?  By its largest size; a mask has no colour, an SVG cannot be made small here. */
static int
icon_score(const struct html_tag *tag, const char *rel, const char *url)
{
	enum { MASK = 1, DRAWN = 2, ANY = 16, APPLE = 120, SIZE_MAX_PX = 1024 };
	char *sizes = page_attr_text(tag, "sizes");
	size_t dot = strlen(url) >= 4 ? strlen(url) - 4 : 0;
	int score = strcmp(rel, "apple") == 0 ? APPLE : ANY;
	long size = 0;
	for (const char *p = sizes; p != NULL && *p != '\0'; p += strcspn(p, " "), p += strspn(p, " ")) {
		long w = strtol(p, NULL, 10);
		size = w > size && w <= SIZE_MAX_PX ? w : size;
	}
	mem_free(sizes);
	if (strcmp(rel, "mask") == 0)
		return MASK;
	if (str_ieq(url + dot, ".svg"))
		return DRAWN;
	return size > 0 ? (int)size : score;
}

static void
icon(struct page_facts *f, const struct html_tag *tag, const char *rel, char *take)
{
	int score = icon_score(tag, rel, take);
	page_note(f, "og:image", PAGE_ICON, take, NULL);
	if (f->icon.url != NULL && score <= f->icon_score) { /* of equals the first */
		mem_free(take);
		return;
	}
	put(&f->icon.url, take);
	f->icon.source = PAGE_ICON;
	f->icon_score = score;
}

void
page_image_link(struct page_facts *f, const struct html_tag *tag, const char *rel)
{
	char *url = page_attr_url(tag, "href");
	if (url == NULL)
		return;
	if (strcmp(rel, "image_src") != 0) {
		icon(f, tag, rel, url);
		return;
	}
	struct page_image *i = fresh(f, PAGE_LINK);
	page_note(f, "og:image", PAGE_LINK, url, NULL);
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

/* Pictures that only keep a place until a script puts the real one there, or only tell that somebody looked. */
static bool
placeholder(const char *url)
{
	static const char *const words[] = {"placeholder",  "spacer.",	"blank.", "pixel.",    "1x1",
					    "transparent.", "loading.", "lazy.",  "clear.",    "spinner",
					    "dummy",	    "empty.",	"sprite", "loader.gif"};
	static const char *const counters[] = {"facebook.com/tr",	"doubleclick.net", "google-analytics.com",
					       "scorecardresearch.com", "pixel.wp.com",	   "googletagmanager.com",
					       "bat.bing.com",		"quantserve.com",  "/piwik.php",
					       "/matomo.php",		"hits.php",	   "px.ads.linkedin.com",
					       "analytics.twitter.com"};
	if (str_istarts(url, "data:"))
		return strlen(url) < PLACEHOLDER_MAX;
	if (strchr(url, '{') != NULL) /* a template: "/img_{width}x.jpg" */
		return true;
	const char *file = strrchr(url, '/');
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strstr(file != NULL ? file : url, words[i]) != NULL)
			return true;
	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
		if (strstr(url, counters[i]) != NULL)
			return true;
	return false;
}

/* Pictures of something else than what the page is about, as their address tells. */
static bool
decoration(const char *url)
{
	static const char *const words[] = {"avatar",  "gravatar", "/logo",   "-logo",	 "_logo",  "logo.",
					    "/icons/", "icon.",	   "-icon",   "emoji",	 "smiley", "/badge",
					    "badge.",  "/flags/",  "button.", "favicon", "/ads/"};
	if (str_istarts(url, "data:"))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strstr(url, words[i]) != NULL)
			return true;
	return false;
}

/* The candidate of a srcset that is widest within SRCSET_WIDTH_MAX ("640w"; "2x" counts as 2), and its width; NULL if
 * there is none. */
static char *
srcset_best(const char *s, double *width)
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
	*width = best_size;
	return best == NULL ? NULL : mem_strndup(best, best_len);
}

static char *
from_srcset(const struct html_tag *tag, double *width)
{
	static const char *const attrs[] = {"data-srcset", "data-lazy-srcset", "data-original-set", "srcset"};
	for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++) {
		char *set = page_attr_url(tag, attrs[i]);
		char *url = set == NULL ? NULL : srcset_best(set, width);
		mem_free(set);
		if (url != NULL && !placeholder(url))
			return url;
		mem_free(url);
	}
	return NULL;
}

static char *
from_attr(const struct html_tag *tag)
{
	static const char *const attrs[] = {
	    "data-src",	       "data-original", "data-lazy-src", "data-lazy", "data-url", "data-image",
	    "data-hi-res-src", "data-full-src", "data-img-src",	 "data-echo", "src"};
	for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++) {
		char *url = page_attr_url(tag, attrs[i]);
		if (url != NULL && !placeholder(url))
			return url;
		mem_free(url);
	}
	return NULL;
}

/* What an img shows once its page is at rest: the widest of a set, else a lazy attribute, else src, which then may only
 * keep the place, else what its picture element offers. */
static char *
img_url(struct page_facts *f, const struct html_tag *tag)
{
	enum { WIDE = 300 }; /* below that src is as good */
	double width = 0;
	char *set = from_srcset(tag, &width);
	char *url = set != NULL && width >= WIDE ? NULL : from_attr(tag);
	if (url == NULL) {
		url = set;
		set = NULL;
	}
	mem_free(set);
	return url != NULL || f->picture == NULL ? url : mem_strdup(f->picture);
}

void
page_image_source(struct page_facts *f, const struct html_tag *tag)
{
	static const char *const unread[] = {"image/avif", "image/jxl", "image/svg+xml", "image/heic"};
	const struct html_attr *type = page_html_attr(tag, "type");
	double width = 0;
	for (size_t i = 0; type != NULL && i < sizeof unread / sizeof unread[0]; i++)
		if (str_nieq(type->value, type->value_len, unread[i]))
			return;
	char *url = f->picture != NULL ? NULL : from_srcset(tag, &width);
	if (url != NULL)
		put(&f->picture, url);
}

/* The first that is not poor, the largest of those that have a size, and a few more in case these cannot be had. */
static void
keep(struct page_facts *f, const char *url, double area, bool poor)
{
	bool better = f->img.url == NULL || (f->img_poor && !poor);
	if (area > f->area && !poor) {
		put(&f->sized.url, mem_strdup(url));
		f->sized.source = PAGE_IMG_SIZED;
		f->area = area;
	}
	if (!better && !poor && f->mores < PAGE_MORE_MAX) {
		f->more[f->mores].source = PAGE_IMG;
		f->more[f->mores++].url = mem_strdup(url);
	}
	if (better) {
		put(&f->img.url, mem_strdup(url));
		f->img.source = PAGE_IMG;
		f->img_poor = poor;
	}
}

static bool
itemprop_image(const struct html_tag *tag)
{
	const struct html_attr *a = page_html_attr(tag, "itemprop");
	return a != NULL && str_nieq(a->value, a->value_len, "image");
}

/* What the page shows, and why it may be none. */
static void
note_img(struct page_facts *f, const struct html_tag *tag, bool small, bool hidden, bool wanted)
{
	char *url = img_url(f, tag), *src = url == NULL ? page_attr_url(tag, "src") : NULL;
	if (!wanted)
		page_skip(f, "images", "more are shown than are kept", PAGE_MORE_MAX);
	else if (url != NULL || src != NULL)
		page_note(f, "og:image", PAGE_IMG, url != NULL ? url : src,
			  small		? "at most 10 pixels wide or high, a tracking pixel or spacer"
			  : hidden	? "hidden"
			  : url == NULL ? "a placeholder or a counter"
			  : page_attr_decoration(tag) || decoration(url)
			      ? "an avatar, logo or icon, and there is better"
			      : NULL);
	mem_free(url);
	mem_free(src);
}

void
page_image_img(struct page_facts *f, const struct html_tag *tag, bool aside)
{
	double w = size_of(tag, "width"), h = size_of(tag, "height");
	double area = w > SMALL_MAX && h > SMALL_MAX ? w * h : 0;
	bool small = (w >= 0 && w <= SMALL_MAX) || (h >= 0 && h <= SMALL_MAX);
	bool wanted = f->img.url == NULL || f->img_poor || f->mores < PAGE_MORE_MAX || area > f->area;
	struct page_image *i = NULL;
	bool hidden = page_attr_hidden(tag);
	if (f->notes != NULL)
		note_img(f, tag, small, hidden, wanted);
	if (!small && wanted && !hidden) {
		char *url = img_url(f, tag);
		bool poor = url != NULL && (page_attr_decoration(tag) || decoration(url));
		if (url != NULL && !poor && !aside && !f->nested && itemprop_image(tag) &&
		    last_of(f, PAGE_ITEMPROP) == NULL && (i = fresh(f, PAGE_ITEMPROP)) != NULL)
			i->url = mem_strdup(url);
		if (url != NULL)
			keep(f, url, area, poor || (aside && area <= 0));
		mem_free(url);
	}
	put(&f->picture, NULL);
}

void
page_image_item(struct page_facts *f, const struct html_tag *tag)
{
	char *url = page_attr_url(tag, "content");
	struct page_image *i = NULL;
	if (url == NULL)
		url = tag->el == EL_IMG ? img_url(f, tag) : page_attr_url(tag, "href");
	if (url != NULL)
		page_note(f, "og:image", PAGE_ITEMPROP, url, NULL);
	if (url != NULL && last_of(f, PAGE_ITEMPROP) == NULL && (i = fresh(f, PAGE_ITEMPROP)) != NULL)
		i->url = url;
	else
		mem_free(url);
}

void
page_image_poster(struct page_facts *f, const struct html_tag *tag)
{
	if (f->poster.url == NULL) {
		f->poster.url = page_attr_url(tag, "poster");
		if (f->poster.url != NULL)
			page_note(f, "og:image", PAGE_POSTER, f->poster.url, NULL);
	}
	f->poster.source = PAGE_POSTER;
}
