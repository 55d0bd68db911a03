/* How do the page's own words and an oEmbed answer become one preview?  Per member, in layers. */
#include "page/page.h"

#include <string.h>

/* What belongs to one thing comes from one layer: the width of one video must not describe another. */
static const char *const roots[] = {"og:image", "og:video", "og:audio"};
enum { ROOTS = sizeof roots / sizeof roots[0] };

struct merge {
	struct json *out;
	bool taken[ROOTS]; /* by an earlier layer */
};

static bool
below(const char *key, const char *root)
{
	size_t n = strlen(root);
	return strncmp(key, root, n) == 0 && (key[n] == '\0' || key[n] == ':');
}

static void
add_member(void *arg, const char *key, const struct json *value)
{
	struct merge *m = arg;
	for (size_t i = 0; i < ROOTS; i++)
		if (m->taken[i] && below(key, roots[i]))
			return;
	if (!json_has(m->out, key))
		json_set(m->out, key, json_copy(value));
}

static void
note_root(void *arg, const char *key, const struct json *value)
{
	struct merge *m = arg;
	(void)value;
	for (size_t i = 0; i < ROOTS; i++)
		m->taken[i] = m->taken[i] || below(key, roots[i]);
}

static void
layer(struct merge *m, const struct json *members)
{
	json_each(m->out, note_root, m);
	json_each(members, add_member, m);
}

/* The image that was found first, declared or not; NULL if there is none of that kind. */
static struct json *
first_image(const struct json *html, bool declared)
{
	struct json *images = json_get(html, "images"), *found = NULL;
	for (size_t i = 0, n = json_len(images); i < n && found == NULL; i++) {
		struct json *image = json_at(images, i);
		if (json_is_true(image, "declared") == declared && json_str(image, "url") != NULL)
			found = image;
		else
			json_free(image);
	}
	json_free(images);
	return found;
}

static void
page_layer(struct merge *m, const struct json *html, bool declared)
{
	static const char *const members[] = {"secure_url", "type", "width", "height", "alt", "fill", "template"};
	struct json *own = json_get(html, declared ? "declared" : "inferred");
	struct json *image = first_image(html, declared), *og = json_object();
	if (image != NULL)
		json_set_str(og, "og:image", json_str(image, "url"));
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		char *key = mem_printf("og:image:%s", members[i]);
		if (json_str(image, members[i]) != NULL)
			json_set_str(og, key, json_str(image, members[i]));
		mem_free(key);
	}
	layer(m, own);
	layer(m, og);
	json_free(og);
	json_free(image);
	json_free(own);
}

struct json *
page_merge(const struct json *html, const struct json *oembed, unsigned flags)
{
	struct merge m = {.out = json_object()};
	if ((flags & PAGE_OEMBED_FIRST) != 0)
		layer(&m, oembed);
	page_layer(&m, html, true);
	if ((flags & PAGE_OEMBED_FIRST) == 0)
		layer(&m, oembed);
	page_layer(&m, html, false);
	if ((flags & PAGE_NULLS) != 0) {
		if (!json_has(m.out, "og:title"))
			json_set_null(m.out, "og:title");
		if (!json_has(m.out, "og:description"))
			json_set_null(m.out, "og:description");
	}
	return m.out;
}
