/* Which of a record's documents is its picture, and what if the one that came is of no use? */
#include "preview/preview.h"

#include <string.h>

/* "dropped" of the record names the files: documents are changed by fetch alone. */
static bool
dropped(const struct record *rec, const struct record_doc *doc)
{
	struct json *list = json_get(rec->j, "dropped");
	bool found = false;
	for (size_t i = 0, n = json_len(list); i < n && !found; i++) {
		struct json *id = json_at(list, i);
		found = str_eq(json_value_str(id), doc->media_id);
		json_free(id);
	}
	json_free(list);
	return found;
}

/* What was sent without a type has that of its bytes, once they were looked at. */
static void
type_by_content(const struct record *rec, struct record_doc *doc)
{
	struct json *image = json_get(rec->j, "image");
	const char *type = json_str(image, "type");
	if (record_type_is(doc->type, RECORD_UNTYPED) && record_type_is(type, "image/") &&
	    str_eq(json_str(image, "media_id"), doc->media_id)) {
		json_set_str(doc->j, "type", type);
		record_doc_view(doc, doc->j);
	}
	json_free(image);
}

bool
record_image_doc(const struct record *rec, struct record_doc *out)
{
	struct json *docs = json_get(rec->j, "docs");
	size_t n = json_len(docs);
	json_free(docs);
	for (size_t i = n < RECORD_DOCS_MAX ? n : RECORD_DOCS_MAX; i > 0 && record_doc_at(rec, i - 1, out); i--) {
		if (str_eq(out->rel, "image") && !dropped(rec, out)) {
			type_by_content(rec, out);
			return true;
		}
		record_doc_clear(out);
	}
	if (!record_doc(rec, "page", out))
		return false;
	if (record_type_is(out->type, "image/"))
		return true;
	record_doc_clear(out);
	return false;
}

void
record_image_drop(struct record *rec, const struct record_doc *doc, const struct err *err)
{
	struct json *list = json_get(rec->j, "dropped");
	if (list == NULL)
		list = json_array();
	if (doc->media_id != NULL && json_len(list) < RECORD_DOCS_MAX)
		json_add_str(list, doc->media_id);
	json_set(rec->j, "dropped", list);
	record_warn(rec, "thumb", doc->rel, doc->url, err);
	json_del(rec->j, "image");
	json_del(rec->j, "thumbs");
}

/* Another picture than this one, not tried in vain yet.  One data: URL stands for all, as in warnings. */
static bool
other(const struct record *rec, const char *url, const char *than)
{
	bool data = str_istarts(than, "data:") && str_istarts(url != NULL ? url : "", "data:");
	return !str_isblank(url) && !str_eq(url, than) && !data && !record_refused(rec, "image", url);
}

bool
record_image_spare(const struct record *rec, const char *than)
{
	struct json *html = json_get(rec->j, "html"), *images = json_get(html, "images");
	struct json *oembed = json_get(rec->j, "oembed"), *answer = json_get(oembed, "og");
	bool found = other(rec, json_str(answer, "og:image"), than);
	for (size_t i = 0, n = json_len(images); i < n && !found; i++) {
		struct json *image = json_at(images, i);
		found = other(rec, json_str(image, "url"), than);
		json_free(image);
	}
	json_free(answer);
	json_free(oembed);
	json_free(images);
	json_free(html);
	return found && record_refusals(rec, "image") + 1 < RECORD_IMAGE_TRIES;
}
