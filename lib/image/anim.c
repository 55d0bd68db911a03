/* How does an animation become a small one?  Decoders compose each frame on a canvas; here it is made small and handed to
 * libwebp's encoder of animations, which keeps what frames have in common. */
#include "image/image.h"

#include <string.h>

#include <webp/encode.h>
#include <webp/mux.h>

#include "image/int.h"

enum {
	QUALITY = 80,
	METHOD = 1, /* of 6: frames are many, see the figures in the tests' bench */
	KEY_EVERY_MIN = 9,
	KEY_EVERY_MAX = 30 /* so many frames at most until one is whole again */
};

struct image_anim_out {
	struct image_target target;
	struct image_axes axes;
	const struct image_axis *x, *y;
	struct image_pic pic;
	uint8_t *row;
	WebPAnimEncoder *enc;
	WebPConfig config;
	WebPPicture frame;
	int at; /* ms since the beginning */
};

/* ---- out -------------------------------------------------------------------------------------------------- */

static int
begin(struct image_anim *a, struct err *err)
{
	struct image_anim_out *o = a->out;
	WebPAnimEncoderOptions options;
	if (!WebPAnimEncoderOptionsInit(&options) || !WebPConfigInit(&o->config) || !WebPPictureInit(&o->frame))
		return err_set(err, ERR_SYS, "WebP: the library has another version than expected");
	options.anim_params.loop_count = a->loops;
	options.kmin = KEY_EVERY_MIN;
	options.kmax = KEY_EVERY_MAX;
	o->config.quality = QUALITY;
	o->config.method = METHOD;
	o->frame.use_argb = 1;
	o->frame.width = (int)o->target.width;
	o->frame.height = (int)o->target.height;
	o->enc = WebPAnimEncoderNew(o->frame.width, o->frame.height, &options);
	if (o->enc == NULL || !WebPPictureAlloc(&o->frame))
		return err_set(err, ERR_LIMIT, "animation: no memory for %d x %d pixels", o->frame.width,
			       o->frame.height);
	return 0;
}

static void
pack(struct image_anim_out *o)
{
	for (uint32_t y = 0; y < o->pic.h; y++) {
		uint32_t *argb = o->frame.argb + (size_t)y * (size_t)o->frame.argb_stride;
		const uint8_t *p = o->row;
		image_pic_rgb_row(&o->pic, y, 4, o->row);
		for (uint32_t x = 0; x < o->pic.w; x++, p += 4)
			argb[x] = (uint32_t)p[3] << 24 | (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	}
}

int
image_anim_show(struct image_anim *a, int ms, struct err *err)
{
	struct image_anim_out *o = a->out;
	if (++a->frames > IMAGE_ANIM_FRAMES)
		return err_set(err, ERR_LIMIT, "animation of more than %d frames", IMAGE_ANIM_FRAMES);
	a->pixels += (int64_t)a->w * a->h;
	if (a->pixels > IMAGE_ANIM_PIXELS)
		return err_set(err, ERR_LIMIT, "animation of more than %lld pixels in all",
			       (long long)IMAGE_ANIM_PIXELS);
	if (a->enough != NULL && a->enough(a->arg))
		return err_set(err, ERR_LIMIT, "animation that takes too long");
	if (o->enc == NULL && begin(a, err) < 0)
		return -1;
	image_feed_copy(&a->canvas, o->x, o->y, &o->pic.plane[0]);
	pack(o);
	if (!WebPAnimEncoderAdd(o->enc, &o->frame, o->at, &o->config))
		return err_set(err, ERR_LIMIT, "animation: %s", WebPAnimEncoderGetError(o->enc));
	if (ms < 0 || ms > IMAGE_ANIM_MS || o->at > INT32_MAX - ms)
		return err_set(err, ERR_LIMIT, "animation that is too long");
	o->at += ms;
	return 0;
}

static int
finish(struct image_anim *a, struct buf *out, struct err *err)
{
	struct image_anim_out *o = a->out;
	WebPData data;
	WebPDataInit(&data);
	if (a->frames < 2)
		return err_set(err, ERR_UNSUPPORTED, "no animation: %d frame", a->frames);
	bool good = WebPAnimEncoderAdd(o->enc, NULL, o->at, NULL) && WebPAnimEncoderAssemble(o->enc, &data);
	int rc = good ? buf_add(out, data.bytes, data.size) : -1;
	WebPDataClear(&data);
	return rc == 0 ? 0 : err_set(err, ERR_LIMIT, "animation: %s", WebPAnimEncoderGetError(o->enc));
}

/* ---- in ---------------------------------------------------------------------------------------------------- */

int
image_anim_memory(struct image_anim *a, int64_t bytes, struct err *err)
{
	if (bytes > a->limits->max_memory - a->memory)
		return err_set(err, ERR_LIMIT, "animation would need more than %lld MiB of memory",
			       (long long)(a->limits->max_memory >> 20));
	a->memory += bytes;
	return 0;
}

int
image_anim_open(struct image_anim *a, uint32_t w, uint32_t h, struct err *err)
{
	struct image_anim_out *o = a->out;
	if (w == 0 || h == 0 || w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX || (int64_t)w * h >= a->limits->max_pixels)
		return err_set(err, ERR_LIMIT, "animation of %u x %u pixels", w, h);
	image_plan_target(w, h, &a->size, &o->target);
	int64_t small = (int64_t)o->target.width * o->target.height;
	/* the encoder keeps some frames of 4 bytes a pixel */
	if (image_anim_memory(a, (int64_t)w * h * 4 + small * 40, err) < 0)
		return -1;
	a->w = w;
	a->h = h;
	a->canvas = (struct image_plane){.stride = (size_t)w * 4, .w = w, .h = h, .channels = 4};
	a->canvas.p = mem_alloc(h * a->canvas.stride + IMAGE_KERNEL_PAD);
	const struct image_target *t = &o->target;
	double sx = (double)w / t->whole_w, sy = (double)h / t->whole_h;
	struct image_span x = {.start = t->x * sx, .step = sx, .extent = w, .source = w, .n = t->width};
	struct image_span y = {.start = t->y * sy, .step = sy, .extent = h, .source = h, .n = t->height};
	o->x = image_axes_get(&o->axes, &x);
	o->y = image_axes_get(&o->axes, &y);
	image_pic_init(&o->pic, IMAGE_RGBA, t->width, t->height, 1);
	o->row = mem_array(t->width, 4);
	return 0;
}

static int
decode(struct image_anim *a, struct err *err)
{
	uint8_t head[32];
	size_t n = image_src_read(&a->src, head, sizeof head);
	image_src_seek(&a->src, 0);
	switch (image_sniff_format(head, n)) {
	case IMAGE_GIF:
		return image_anim_gif(a, err);
	case IMAGE_PNG:
		return image_anim_png(a, err);
	case IMAGE_WEBP:
		return image_anim_webp(a, err);
	default:
		return err_set(err, ERR_UNSUPPORTED, "not a GIF, PNG or WebP image");
	}
}

int
image_anim_make(int fd, const struct image_size *size, const struct image_limits *limits, bool (*enough)(void *),
		void *arg, struct image_thumb *out, struct err *err)
{
	struct image_anim_out *o = mem_alloc(sizeof *o);
	struct image_anim a = {.limits = limits, .size = *size, .enough = enough, .arg = arg, .loops = 1, .out = o};
	*out = (struct image_thumb){.method = size->method, .format = IMAGE_WEBP};
	buf_init(&out->data, IMAGE_OUT_MAX);
	image_src_init(&a.src, fd);
	int rc = decode(&a, err);
	if (rc == 0)
		rc = finish(&a, &out->data, err);
	out->width = o->target.width;
	out->height = o->target.height;
	WebPAnimEncoderDelete(o->enc);
	WebPPictureFree(&o->frame);
	image_axes_clear(&o->axes);
	image_pic_clear(&o->pic);
	mem_free(o->row);
	mem_free(o);
	mem_free(a.canvas.p);
	image_src_clear(&a.src);
	if (rc < 0)
		buf_clear(&out->data);
	return rc;
}
