/* Which stage does a record's state call for, and what is done when none is left? */
#include "preview/preview.h"

#include <string.h>

#include "store/store.h"

/* Limits of spec A.7 on what is answered, in code points. */
enum { OG_KEY_MAX = 50, OG_VALUE_MAX = 1000 };

const char *const stage_name[STAGE_DONE] = {
    [STAGE_OEMBED] = "oembed",
    [STAGE_FETCH] = "fetch",
    [STAGE_OG] = "og",
    [STAGE_THUMB] = "thumb",
};

/* Is there a stored picture?  A nameless one has no type of its server's: its bytes may still tell. */
static bool
image_stored(const struct record *rec, bool nameless)
{
	struct record_doc doc;
	if (!record_image_doc(rec, &doc))
		return false;
	bool typed = record_type_is(doc.type, "image/") || (nameless && record_type_is(doc.type, RECORD_UNTYPED));
	bool stored = doc.media_id != NULL && store_id_fetched(doc.media_id) && typed;
	record_doc_clear(&doc);
	return stored;
}

/* HTML whose image was to come from an oEmbed answer that has been settled since. */
static bool
pending(const struct record *rec)
{
	struct json *html = json_get(rec->j, "html");
	bool is = json_has(html, "pending");
	json_free(html);
	return is;
}

enum stage
stage_next(const struct record *rec)
{
	if (record_failed(rec) || record_cached(rec))
		return STAGE_DONE;
	if (record_wants(rec) > 0)
		return STAGE_FETCH;
	bool page = record_has_doc(rec, "page"), oembed = record_has_doc(rec, "oembed");
	if (!page && !oembed)
		return STAGE_OEMBED;
	if (page && !json_has(rec->j, "html") && !json_has(rec->j, "og"))
		return STAGE_OG;
	if (record_has_doc(rec, "manifest") && !json_has(rec->j, "icon"))
		return STAGE_OG;
	if (oembed && !json_has(rec->j, "oembed"))
		return STAGE_OEMBED;
	if (!json_has(rec->j, "og") || pending(rec) || record_image_refused(rec))
		return STAGE_OG;
	return json_has(rec->j, "thumbs") || !image_stored(rec, true) ? STAGE_DONE : STAGE_THUMB;
}

/* ---- finish ---------------------------------------------------------------------------------- */

struct keep {
	struct json *out;
	bool image; /* og:image* members stay */
};

static void
keep_member(void *arg, const char *key, const struct json *value)
{
	struct keep *k = arg;
	const char *text = json_value_str(value);
	if (!k->image && (str_eq(key, "og:image") || str_starts(key, "og:image:")))
		return;
	if (utf8_count(key, strlen(key)) > OG_KEY_MAX)
		return;
	if (text != NULL && utf8_count(text, strlen(text)) > OG_VALUE_MAX)
		return;
	json_set(k->out, key, json_copy(value));
}

/* Where does what describes the image come from?  From the bytes that were stored (spec A.8.5). */
static void
name_image(const struct record *rec, struct json *og, const char *server_name)
{
	struct record_doc doc;
	int64_t w = 0, h = 0;
	if (!record_image_doc(rec, &doc))
		return;
	char *mxc = mem_printf("mxc://%s/%s", server_name, doc.media_id);
	json_set_str(og, "og:image", mxc);
	mem_free(mxc);
	json_set_str(og, "og:image:type", doc.type);
	json_set_int(og, "matrix:image:size", doc.bytes);
	struct json *image = json_get(rec->j, "image");
	if (json_int(image, "width", &w) && json_int(image, "height", &h)) {
		json_set_int(og, "og:image:width", w);
		json_set_int(og, "og:image:height", h);
	} else { /* the page's own figures spoke of something we could not measure */
		json_del(og, "og:image:width");
		json_del(og, "og:image:height");
	}
	if (json_str(image, "blurhash") != NULL)
		json_set_str(og, "matrix:image:blurhash", json_str(image, "blurhash"));
	json_free(image);
	record_doc_clear(&doc);
}

/* The author, else what the provider gave for a title although it is only its own name. */
static void
title_from_oembed(const struct record *rec, struct json *og)
{
	struct json *oembed = json_get(rec->j, "oembed");
	const char *author = json_str(oembed, "author_name"), *stub = json_str(oembed, "stub_title");
	if (str_isblank(json_str(og, "og:title")) && !str_isblank(author))
		json_set_str(og, "og:title", author);
	else if (str_isblank(json_str(og, "og:title")) && stub != NULL)
		json_set_str(og, "og:title", stub);
	json_free(oembed);
}

void
stage_finish(struct record *rec, const char *server_name)
{
	struct json *og = json_get(rec->j, "og");
	struct keep k = {.out = json_object(), .image = image_stored(rec, false)};
	if (og == NULL || record_failed(rec) || record_cached(rec)) {
		json_free(k.out);
		json_free(og);
		return;
	}
	title_from_oembed(rec, og);
	json_each(og, keep_member, &k);
	json_free(og);
	if (k.image)
		name_image(rec, k.out, server_name);
	json_set(rec->j, "og", k.out);
}
