/* The frames of an animated WebP: libwebpdemux composes them. */
#include "image/int.h"

#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

static int
show_all(struct image_anim *a, WebPAnimDecoder *d, struct err *err)
{
	WebPAnimInfo info;
	uint8_t *px;
	int end, before = 0;
	if (!WebPAnimDecoderGetInfo(d, &info))
		return err_set(err, ERR_INPUT, "WebP: broken animation");
	a->loops = (int)info.loop_count;
	while (WebPAnimDecoderHasMoreFrames(d)) {
		if (!WebPAnimDecoderGetNext(d, &px, &end))
			return err_set(err, ERR_INPUT, "WebP: broken frame");
		(void)memcpy(a->canvas.p, px, (size_t)a->w * a->h * 4);
		if (image_anim_show(a, end - before, err) < 0)
			return -1;
		before = end;
	}
	return 0;
}

static int
read_file(struct image_anim *a, struct buf *file, struct err *err)
{
	struct image_src *s = &a->src;
	while (s->pos < s->len || image_src_fill(s) > 0) {
		if (buf_add(file, s->buf + s->pos, s->len - s->pos) < 0)
			return err_set(err, ERR_LIMIT, "WebP file of more than %zu MiB", IMAGE_FILE_MAX >> 20);
		s->pos = s->len;
	}
	return image_anim_memory(a, (int64_t)file->cap, err);
}

/* The canvas is judged before the decoder allocates two of its own. */
static int
decode(struct image_anim *a, struct buf *file, struct err *err)
{
	struct image_info info;
	WebPData data = {NULL, 0};
	WebPAnimDecoderOptions options;
	if (read_file(a, file, err) < 0 || image_sniff(file->p, file->len, &info, err) < 0)
		return -1;
	if (!info.animated || info.orientation != 1)
		return err_set(err, ERR_UNSUPPORTED, "no animation");
	if (image_anim_open(a, info.width, info.height, err) < 0 ||
	    image_anim_memory(a, (int64_t)a->w * a->h * 8, err) < 0)
		return -1;
	data.bytes = (const uint8_t *)file->p;
	data.size = file->len;
	(void)WebPAnimDecoderOptionsInit(&options);
	options.color_mode = MODE_rgbA;
	WebPAnimDecoder *d = WebPAnimDecoderNew(&data, &options);
	if (d == NULL)
		return err_set(err, ERR_INPUT, "WebP: broken animation");
	WebPAnimInfo now;
	int rc = WebPAnimDecoderGetInfo(d, &now) && now.canvas_width == a->w && now.canvas_height == a->h
		     ? show_all(a, d, err)
		     : err_set(err, ERR_INPUT, "WebP: broken animation");
	WebPAnimDecoderDelete(d);
	return rc;
}

int
image_anim_webp(struct image_anim *a, struct err *err)
{
	struct buf file;
	buf_init(&file, IMAGE_FILE_MAX);
	int rc = decode(a, &file, err);
	buf_clear(&file);
	return rc;
}
