/* Which icon does a web app manifest offer?  W3C Web Application Manifest §1.9 (icons), §2 (image resources). */
#include "page/page.h"

#include <stdlib.h>
#include <string.h>

#include "url/url.h"

/* As for icons a page links: an unnamed size is that of old, a drawing cannot be made small. */
enum { ICONS_MAX = 64, DRAWN = 2, UNSIZED = 16, SIZE_MAX_PX = 1024 };

static bool
has_word(const char *list, const char *word)
{
	for (const char *p = list; p != NULL && *p != '\0'; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (str_nieq(p, strcspn(p, " "), word))
			return true;
	}
	return false;
}

/* Made for the middle of a shape, or as a mask: cut off or colourless when it is shown as it is. */
static bool
special(const struct json *icon)
{
	const char *purpose = json_str(icon, "purpose");
	return !str_isblank(purpose) && !has_word(purpose, "any");
}

static int64_t
size_of(const struct json *icon)
{
	const char *sizes = json_str(icon, "sizes"), *type = json_str(icon, "type"), *src = json_str(icon, "src");
	size_t path = src == NULL ? 0 : strcspn(src, "?#");
	long size = 0;
	if (has_word(sizes, "any") || (type != NULL && str_istarts(type, "image/svg")) ||
	    (path > 4 && str_nieq(src + path - 4, 4, ".svg")))
		return DRAWN;
	for (const char *p = sizes; p != NULL && *p != '\0'; p += strcspn(p, " "), p += strspn(p, " ")) {
		long w = strtol(p, NULL, 10);
		size = w > size && w <= SIZE_MAX_PX ? w : size;
	}
	return size > 0 ? size : UNSIZED;
}

/* Takes the place of best if it is better; of equals the first stays. */
static void
consider(struct json *best, const struct json *icon, const char *base)
{
	int64_t size = special(icon) ? 1 : size_of(icon);
	const char *src = json_str(icon, "src");
	char *url = str_isblank(src) || size <= json_int_or(best, "size", 0) ? NULL : url_resolve(base, src, NULL);
	if (url != NULL && url_is_http(url) && strlen(url) <= URL_MAX) {
		json_set_str(best, "url", url);
		json_set_int(best, "size", size);
	}
	mem_free(url);
}

struct json *
page_manifest_icon(const void *p, size_t n, const char *base, struct err *err)
{
	size_t bom = n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	if (n > PAGE_MANIFEST_MAX)
		return err_set(err, ERR_LIMIT, "manifest: longer than %zu bytes", PAGE_MANIFEST_MAX), NULL;
	struct json *manifest = json_parse((const char *)p + bom, n - bom, err);
	if (manifest == NULL)
		return err_add(err, "manifest"), NULL;
	struct json *icons = json_get(manifest, "icons"), *best = json_object();
	for (size_t i = 0, count = json_len(icons); i < count && i < ICONS_MAX; i++) {
		struct json *icon = json_type(icons) == JSON_ARRAY ? json_at(icons, i) : NULL;
		consider(best, icon, base);
		json_free(icon);
	}
	json_free(icons);
	json_free(manifest);
	return best;
}
