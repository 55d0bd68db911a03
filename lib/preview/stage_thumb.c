/* Make the record's picture small: five thumbnails beside its blob, and what the picture is.
 *
 *   image    object: media_id, type (by content), width, height (as shown); orientation (EXIF, when not 1), animated,
 *            alpha (true, or absent), color (what fills most of it), blurhash (if asked for)
 *   thumbs   array of {width, height, method, type, bytes}; empty when there is nothing to make small
 *
 * A picture that is none (broken, a page sent as image/png) is a warning and dropped, so that the next candidate can be
 * tried; so are spacers and what our limits forbid, but only while there is another one.  Pictures of kinds that are not
 * read here (SVG, AVIF ...) are kept without thumbnails (spec A.8.5). */
#include "preview/stages.h"

#include "image/image.h"
#include "preview/stage_body.h"
#include "store/store.h"

static struct json *
describe_image(const struct stage_thumb *st, const struct record_doc *doc, const struct image_thumbs *made)
{
	const struct image_info *info = &made->source;
	char color[IMAGE_COLOR_LEN + 1], hash[IMAGE_BLURHASH_LEN + 1];
	struct json *j = json_object();
	json_set_str(j, "media_id", doc->media_id);
	json_set_str(j, "type", image_format_type(info->format));
	json_set_int(j, "width", info->width);
	json_set_int(j, "height", info->height);
	if (info->orientation != 1)
		json_set_int(j, "orientation", info->orientation);
	if (info->animated)
		json_set_bool(j, "animated", true);
	if (info->alpha)
		json_set_bool(j, "alpha", true);
	if (image_color(&made->mini, color))
		json_set_str(j, "color", color);
	if (st->blurhash) {
		image_blurhash(&made->mini, hash);
		json_set_str(j, "blurhash", hash);
	}
	return j;
}

struct json *
stage_thumb_json(const struct image_thumb *t)
{
	struct json *j = json_object();
	json_set_int(j, "width", t->width);
	json_set_int(j, "height", t->height);
	json_set_str(j, "method", image_method_name(t->method));
	json_set_str(j, "type", image_format_type(t->format));
	json_set_int(j, "bytes", (int64_t)t->data.len);
	return j;
}

static struct json *
describe_thumbs(const struct image_thumbs *made)
{
	struct json *list = json_array();
	for (size_t i = 0; i < made->n; i++)
		json_add(list, stage_thumb_json(&made->thumb[i]));
	return list;
}

static int
write_thumbs(const struct stage_thumb *st, const char *media_id, const struct image_thumbs *made, struct err *err)
{
	struct store_thumb out[IMAGE_SET_LEN];
	size_t n = made->n < IMAGE_SET_LEN ? made->n : IMAGE_SET_LEN;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct store_thumb){.width = made->thumb[i].width,
					      .height = made->thumb[i].height,
					      .type = image_format_type(made->thumb[i].format),
					      .method = image_method_name(made->thumb[i].method),
					      .data = made->thumb[i].data.p,
					      .bytes = made->thumb[i].data.len};
	return store_thumbs_write(st->blobs, media_id, out, n, err);
}

static int
make(const struct stage_thumb *st, const struct record_doc *doc, struct image_thumbs *made, struct err *err)
{
	if (doc->media_id == NULL)
		return err_set(err, ERR_INPUT, "the picture is not in the store");
	int fd = store_blob_open(st->blobs, doc->media_id, err);
	if (fd < 0)
		return -1;
	int rc = image_thumbs_make(fd, image_set, IMAGE_SET_LEN, IMAGE_UNKNOWN, st->limits, made, err);
	io_close(&fd);
	return rc;
}

/* Not worth showing while there is something else; the reason is an error. */
static int
judge(const struct record *rec, const struct record_doc *doc, const struct image_info *info, struct err *err)
{
	bool spacer = info->width <= RECORD_SPACER_MAX || info->height <= RECORD_SPACER_MAX;
	if (!spacer || !str_eq(doc->rel, "image") || !record_image_spare(rec, doc->url))
		return 0;
	return err_set(err, ERR_INPUT, "only a spacer, %u x %u pixels", info->width, info->height);
}

/* The picture of doc, or why there is none. */
static int
add(const struct stage_thumb *st, struct record *rec, const struct record_doc *doc, struct err *err)
{
	struct image_thumbs made = {.n = 0};
	if (make(st, doc, &made, err) < 0)
		return -1;
	int rc = judge(rec, doc, &made.source, err);
	if (rc == 0)
		json_set(rec->j, "image", describe_image(st, doc, &made));
	if (rc == 0 && made.warning.code != ERR_NONE)
		record_warn(rec, "thumb", doc->rel, doc->url, &made.warning);
	if (rc == 0)
		rc = write_thumbs(st, doc->media_id, &made, err);
	if (rc == 0)
		json_set(rec->j, "thumbs", describe_thumbs(&made));
	image_thumbs_clear(&made);
	return rc;
}

/* A picture all the same, of a kind that is not read here. */
static bool
other_kind(const struct stage_thumb *st, const struct record_doc *doc)
{
	struct stage_body b;
	struct err ignored;
	if (stage_body_open(&b, st->blobs, doc, IMAGE_SNIFF_BYTES, &ignored) < 0)
		return false;
	bool is = b.n > 0 && image_other_kind(b.p, b.n);
	stage_body_close(&b);
	return is;
}

/* May the next one be tried in its place?  What only this side failed at says nothing of the picture. */
static bool
useless(const struct stage_thumb *st, const struct record *rec, const struct record_doc *doc, const struct err *err)
{
	if (!str_eq(doc->rel, "image"))
		return false;
	if (err->code == ERR_LIMIT)
		return record_image_spare(rec, doc->url);
	if (err->code == ERR_UNSUPPORTED)
		return !other_kind(st, doc);
	return err->code == ERR_INPUT;
}

int
stage_thumb(const struct stage_thumb *st, struct record *rec, struct err *err)
{
	struct record_doc doc;
	if (!record_image_doc(rec, &doc)) {
		if (!record_image_refused(rec)) /* the next one is still to come */
			json_set(rec->j, "thumbs", json_array());
		return 0;
	}
	json_set(rec->j, "thumbs", json_array());
	if (add(st, rec, &doc, err) < 0) {
		if (useless(st, rec, &doc, err))
			record_image_drop(rec, &doc, err);
		else
			record_warn(rec, "thumb", doc.rel, doc.url, err);
	}
	record_doc_clear(&doc);
	return 0;
}

void
stage_thumb_lost(struct record *rec, const struct err *why)
{
	struct record_doc doc;
	if (!record_image_doc(rec, &doc)) {
		record_warn(rec, "thumb", NULL, NULL, why);
		return;
	}
	json_set(rec->j, "thumbs", json_array());
	if (str_eq(doc.rel, "image") && record_image_spare(rec, doc.url))
		record_image_drop(rec, &doc, why);
	else
		record_warn(rec, "thumb", doc.rel, doc.url, why);
	record_doc_clear(&doc);
}
