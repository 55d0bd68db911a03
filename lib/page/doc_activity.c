/* What does an ActivityStreams document say (W3C activitystreams-core)?  Names and texts; HTML in them becomes text. */
#include "page/int.h"

#include <string.h>

static bool
is_streams(const char *context)
{
	return context != NULL && strstr(context, "www.w3.org/ns/activitystreams") != NULL;
}

/* "@context" is a string, or a list that has it. */
static bool
is_activity(const struct json *j)
{
	struct json *context = json_get(j, "@context");
	bool is = is_streams(json_value_str(context));
	for (size_t i = 0, n = json_len(context); i < n && !is && json_type(context) == JSON_ARRAY; i++) {
		struct json *one = json_at(context, i);
		is = is_streams(json_value_str(one));
		json_free(one);
	}
	json_free(context);
	return is;
}

static void
say(struct doc *d, const char *key, const struct json *j, const char *member)
{
	const char *s = json_str(j, member);
	if (s != NULL)
		page_doc_say_html(d, key, "activity", s, strlen(s));
}

/* An image is an address, an object with one, or a list of these. */
static void
image(struct doc *d, const struct json *value, int depth)
{
	if (value == NULL || depth > 2)
		return;
	if (json_type(value) == JSON_STRING) {
		page_doc_image(d, "activity", json_value_str(value));
	} else if (json_type(value) == JSON_ARRAY) {
		for (size_t i = 0, n = json_len(value); i < n && i < PAGE_IMAGES_MAX; i++) {
			struct json *one = json_at(value, i);
			image(d, one, depth + 1);
			json_free(one);
		}
	} else {
		const char *type = json_str(value, "mediaType"), *url = json_str(value, "url");
		if (type == NULL || str_istarts(type, "image/"))
			page_doc_image(d, "activity", url != NULL ? url : json_str(value, "href"));
	}
}

static void
image_member(struct doc *d, const struct json *j, const char *member)
{
	struct json *value = json_get(j, member);
	image(d, value, 0);
	json_free(value);
}

void
page_doc_activity(struct doc *d, const char *p, size_t n)
{
	struct json *j = json_parse(p, n, NULL);
	struct json *object = j != NULL && is_activity(j) ? json_get(j, "object") : NULL;
	/* an activity (Create, Announce) is about its object */
	const struct json *what = object != NULL && json_type(object) == JSON_OBJECT ? object : j;
	if (j != NULL && is_activity(j)) {
		say(d, "og:title", what, "name");
		say(d, "og:title", what, "preferredUsername");
		say(d, "og:description", what, "summary");
		say(d, "og:description", what, "content");
		image_member(d, what, "image");
		image_member(d, what, "attachment");
		image_member(d, what, "icon");
	}
	json_free(object);
	json_free(j);
}
