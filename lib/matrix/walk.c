/* Which media does the content of an event name? */
#include "matrix/int.h"

#include <string.h>

const char *
matrix_kind_name(enum matrix_kind kind)
{
	static const char *const names[MATRIX_KINDS] = {
	    [MATRIX_CONTENT] = "content",
	    [MATRIX_THUMBNAIL] = "thumbnail",
	    [MATRIX_ENCRYPTED] = "encrypted",
	    [MATRIX_ENCRYPTED_THUMBNAIL] = "encrypted_thumbnail",
	    [MATRIX_STICKER] = "sticker",
	    [MATRIX_ROOM_AVATAR] = "room_avatar",
	    [MATRIX_MEMBER_AVATAR] = "member_avatar",
	    [MATRIX_PROFILE_AVATAR] = "profile_avatar",
	    [MATRIX_INLINE] = "inline",
	    [MATRIX_PREVIEW] = "preview",
	    [MATRIX_PACK] = "pack",
	    [MATRIX_OTHER] = "other",
	};
	return names[kind];
}

/* Where in the content are we?  An object that means something is known by its name, and what is in it by that. */
enum place { IN_CONTENT, IN_DEEPER, IN_FILE, IN_THUMBNAIL, IN_THUMBNAIL_FILE, IN_PREVIEW, IN_PACK };

struct walk {
	const struct matrix_told *told;
	const struct matrix_event *e;
	size_t left; /* so many media are told yet */
	enum place place;
	bool html; /* the object says that its body is HTML */
};

static void
name_medium(struct walk *w, enum matrix_kind kind, const char *text)
{
	struct matrix_mxc m;
	if (w->left == 0 || w->told->medium == NULL || matrix_mxc_find(&m, text, NULL) < 0)
		return;
	w->left--;
	w->told->medium(w->told->arg, w->e, kind, &m);
}

static void
name_image(void *arg, const char *src)
{
	struct walk *w = arg;
	name_medium(w, MATRIX_INLINE, src + strspn(src, " \t\r\n\f"));
}

static enum matrix_kind
kind_of_url(const struct walk *w)
{
	switch (w->place) {
	case IN_FILE:
		return MATRIX_ENCRYPTED;
	case IN_THUMBNAIL:
		return MATRIX_THUMBNAIL;
	case IN_THUMBNAIL_FILE:
		return MATRIX_ENCRYPTED_THUMBNAIL;
	case IN_PREVIEW:
		return MATRIX_PREVIEW;
	case IN_PACK:
		return MATRIX_PACK;
	case IN_DEEPER:
		return str_eq(w->e->type, "m.sticker") ? MATRIX_STICKER : MATRIX_CONTENT;
	case IN_CONTENT:
		break;
	}
	return str_eq(w->e->type, "m.room.avatar") ? MATRIX_ROOM_AVATAR
	       : str_eq(w->e->type, "m.sticker")   ? MATRIX_STICKER
						   : MATRIX_CONTENT;
}

static enum matrix_kind
kind_of(const struct walk *w, const char *key)
{
	if (str_eq(key, "url"))
		return kind_of_url(w);
	if (str_eq(key, "thumbnail_url"))
		return MATRIX_THUMBNAIL;
	if (str_eq(key, "avatar_url") && w->place == IN_CONTENT && str_eq(w->e->type, "m.room.member"))
		return MATRIX_MEMBER_AVATAR;
	if (w->place == IN_PACK)
		return MATRIX_PACK;
	return str_starts(key, "og:image") || w->place == IN_PREVIEW ? MATRIX_PREVIEW : MATRIX_OTHER;
}

static bool
is_html(const struct walk *w, const char *key)
{
	return str_eq(key, "formatted_body") || str_eq(key, "m.html") || str_eq(key, "org.matrix.msc1767.html") ||
	       (w->html && str_eq(key, "body"));
}

/* Where are we in the object or array of that name? */
static enum place
place_in(enum place now, const char *key)
{
	static const struct {
		const char *key;
		enum place place;
	} table[] = {{"file", IN_FILE},
		     {"thumbnail_file", IN_THUMBNAIL_FILE},
		     {"m.thumbnail", IN_THUMBNAIL},
		     {"org.matrix.msc1767.thumbnail", IN_THUMBNAIL},
		     {"m.url_previews", IN_PREVIEW},
		     {"com.beeper.linkpreviews", IN_PREVIEW},
		     {"images", IN_PACK},
		     {"pack", IN_PACK},
		     {"m.new_content", IN_CONTENT}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(key, table[i].key))
			return now == IN_THUMBNAIL && table[i].place == IN_FILE ? IN_THUMBNAIL_FILE : table[i].place;
	return now == IN_CONTENT ? IN_DEEPER : now;
}

static void
walk_string(struct walk *w, const char *key, const struct json *v)
{
	size_t n = 0;
	const char *s = json_value_strn(v, &n);
	if (is_html(w, key))
		matrix_html_images(s, n, name_image, w);
	else if (str_starts(s, MATRIX_MXC) && strlen(s) == n)
		name_medium(w, kind_of(w, key), s);
}

static void walk_object(struct walk *w, const struct json *j);

static void
walk_value(void *arg, const char *key, const struct json *v)
{
	struct walk *w = arg;
	if (json_type(v) == JSON_STRING) {
		walk_string(w, key, v);
		return;
	}
	if (json_type(v) != JSON_OBJECT && json_type(v) != JSON_ARRAY)
		return;
	struct walk inner = *w;
	inner.place = place_in(w->place, key);
	inner.html = false;
	if (json_type(v) == JSON_OBJECT)
		walk_object(&inner, v);
	for (size_t i = 0, n = json_type(v) == JSON_ARRAY ? json_len(v) : 0; i < n && inner.left > 0; i++) {
		struct json *one = json_at(v, i);
		if (json_type(one) == JSON_OBJECT)
			walk_object(&inner, one);
		else
			walk_value(&inner, key, one);
		json_free(one);
	}
	w->left = inner.left;
}

/* A file with a key is encrypted, whatever it is called (m.file of extensible events). */
static void
walk_object(struct walk *w, const struct json *j)
{
	enum place was = w->place;
	const char *mimetype = json_str(j, "mimetype");
	w->html = mimetype != NULL && str_istarts(mimetype, "text/html");
	if (w->place == IN_DEEPER && json_has(j, "iv") && json_has(j, "key"))
		w->place = IN_FILE;
	json_each(j, walk_value, w);
	w->place = was;
	w->html = false;
}

void
matrix_walk(const struct matrix_told *told, const struct matrix_event *e, const struct json *content)
{
	struct walk w = {.told = told, .e = e, .left = MATRIX_REFS_MAX};
	walk_object(&w, content);
}
