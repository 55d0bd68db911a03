/* Which members does the page repeat?  Names that end in "[]" are lists, in the order of the page (spec part G). */
#include "page/int.h"

#include <string.h>

/* Enough for the five of an activity card and what comes after them. */
enum { LISTS_MAX = 16 };

static bool
is_list(const char *name)
{
	size_t n = strlen(name);
	return n > 5 && n <= PAGE_KEY_MAX && str_starts(name, "og:") && strcmp(name + n - 2, "[]") == 0;
}

/* Lists are paired by index (names and avatars): what cannot be kept leaves an empty string in its place. */
static char *
element(struct page_facts *f, const struct html_tag *tag)
{
	char *value = page_attr_text(tag, "content");
	size_t n = value != NULL ? strlen(value) : 0;
	if (utf8_count(value != NULL ? value : "", n) > PAGE_VALUE_MAX || f->props_bytes + n > PAGE_PROPS_BYTES_MAX) {
		mem_free(value);
		value = NULL;
		n = 0;
	}
	f->props_bytes += n;
	return value;
}

void
page_list_meta(struct page_facts *f, const char *name, const struct html_tag *tag)
{
	if (!is_list(name))
		return;
	if (f->lists == NULL)
		f->lists = json_object();
	struct json *list = json_get(f->lists, name);
	if (list == NULL && json_len(f->lists) >= LISTS_MAX)
		return;
	if (list == NULL)
		list = json_array();
	if (json_len(list) < PAGE_TAGS_MAX) {
		char *value = element(f, tag);
		json_add_str(list, value != NULL ? value : "");
		mem_free(value);
	}
	json_set(f->lists, name, list);
}
