/* Make the record's picture small: five thumbnails beside its blob, and what the picture is.
 *
 *   image    object: media_id, type (by content), width, height (as shown); orientation (EXIF, when not 1), animated,
 *            alpha (true, or absent)
 *   thumbs   array of {width, height, method, type, bytes}; empty when there is nothing to make small
 *
 * A picture that cannot be read is a warning: the preview is worth having without it. */
#include "preview/stages.h"

#include "image/image.h"
#include "store/store.h"

static struct json *
describe_image(const struct record_doc *doc, const struct image_info *info)
{
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
	return j;
}

static struct json *
describe_thumbs(const struct image_thumbs *made)
{
	struct json *list = json_array();
	for (size_t i = 0; i < made->n; i++) {
		const struct image_thumb *t = &made->thumb[i];
		struct json *j = json_object();
		json_set_int(j, "width", t->width);
		json_set_int(j, "height", t->height);
		json_set_str(j, "method", image_method_name(t->method));
		json_set_str(j, "type", image_format_type(t->format));
		json_set_int(j, "bytes", (int64_t)t->data.len);
		json_add(list, j);
	}
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

/* The picture of doc, or why there is none. */
static int
add(const struct stage_thumb *st, struct record *rec, const struct record_doc *doc, struct err *err)
{
	struct image_thumbs made = {.n = 0};
	if (make(st, doc, &made, err) < 0)
		return -1;
	json_set(rec->j, "image", describe_image(doc, &made.source));
	if (made.warning.code != ERR_NONE)
		record_warn(rec, "thumb", doc->rel, doc->url, &made.warning);
	int rc = write_thumbs(st, doc->media_id, &made, err);
	if (rc == 0)
		json_set(rec->j, "thumbs", describe_thumbs(&made));
	image_thumbs_clear(&made);
	return rc;
}

int
stage_thumb(const struct stage_thumb *st, struct record *rec, struct err *err)
{
	struct record_doc doc;
	json_set(rec->j, "thumbs", json_array());
	if (!record_image_doc(rec, &doc))
		return 0;
	if (add(st, rec, &doc, err) < 0)
		record_warn(rec, "thumb", doc.rel, doc.url, err);
	record_doc_clear(&doc);
	return 0;
}
