/* Which of an icon's pictures, and how does it become rows?  The largest that is really there; a PNG, or a bitmap with a
 * mask below it.  What the directory says of sizes and lengths is not believed: the picture's own header is. */
#include "image/int.h"

#include <string.h>

enum {
	ICON_HEAD = 6,
	ENTRY = 16,
	ENTRIES_MAX = 64,  /* that are looked at; real icons hold a dozen */
	BITMAP_SIDE = 1024 /* of a bitmap, which is held as a whole; those above 256 x 256 are PNG by custom */
};

struct choice {
	off_t at;
	bool png;
	uint32_t w, h, bits;
};

/* The header of what lies at at; false: nothing that can be read. */
static bool
look(struct image_src *s, off_t at, struct choice *c)
{
	uint8_t p[IMAGE_DIB_HEAD_MAX];
	struct image_dib d;
	image_src_seek(s, at);
	size_t n = image_src_read(s, p, sizeof p);
	*c = (struct choice){.at = at, .png = image_sniff_format(p, n) == IMAGE_PNG && n >= 26};
	if (c->png) {
		c->w = image_be32(p + 16);
		c->h = image_be32(p + 20);
		c->bits = 32;
		return c->w > 0 && c->h > 0 && c->w <= IMAGE_SIDE_MAX && c->h <= IMAGE_SIDE_MAX;
	}
	if (image_dib_read(p, n, &d, NULL) < 0 || d.h < 2 || d.compression > 3 || (d.bits <= 8 && d.compression != 0))
		return false;
	c->w = d.w;
	c->h = d.h / 2;
	c->bits = d.bits;
	return c->w <= BITMAP_SIDE && c->h <= BITMAP_SIDE;
}

static bool
better(const struct choice *a, const struct choice *b)
{
	int64_t pixels = (int64_t)a->w * a->h - (int64_t)b->w * b->h;
	return pixels > 0 || (pixels == 0 && a->bits > b->bits);
}

static int
choose(struct image_src *s, struct choice *best, struct err *err)
{
	uint8_t head[ICON_HEAD + ENTRY * ENTRIES_MAX];
	image_src_seek(s, 0);
	size_t n = image_src_read(s, head, sizeof head), entries = n >= ICON_HEAD ? image_le16(head + 4) : 0;
	*best = (struct choice){.w = 0};
	for (size_t i = 0, at = ICON_HEAD; i < entries && at + ENTRY <= n; i++, at += ENTRY) {
		struct choice c;
		if (look(s, (off_t)image_le32(head + at + 12), &c) && better(&c, best))
			*best = c;
	}
	return best->w > 0 ? 0 : err_set(err, ERR_INPUT, "ICO without a picture that can be read");
}

/* ---- a bitmap and its mask ----------------------------------------------------------------------------- */

struct icon {
	struct image_job *job;
	struct image_dib d;
	uint8_t *rgba; /* all rows, the top one first */
	uint8_t *row;
};

static uint8_t *
line(const struct icon *o, uint32_t i)
{
	return o->rgba + (size_t)(o->d.down ? i : o->d.h - 1 - i) * o->d.w * 4;
}

/* The rows that are there; true: all of them. */
static bool
read_colours(struct icon *o, uint32_t *rows, bool *alpha)
{
	size_t stride = image_dib_stride(o->d.w, o->d.bits);
	for (*rows = 0; *rows < o->d.h; ++*rows) {
		if (image_src_read(&o->job->src, o->row, stride) != stride)
			return false;
		uint8_t *out = line(o, *rows);
		image_dib_row(&o->d, o->row, out);
		for (uint32_t x = 0; x < o->d.w; x++)
			*alpha = *alpha || (o->d.mask[3] != 0 && out[(size_t)x * 4 + 3] != 0);
	}
	return true;
}

/* One bit a pixel, 1: what lies below shows through.  One that is missing hides nothing. */
static void
read_mask(struct icon *o)
{
	size_t stride = image_dib_stride(o->d.w, 1);
	for (uint32_t i = 0; i < o->d.h; i++) {
		if (image_src_read(&o->job->src, o->row, stride) != stride)
			(void)memset(o->row, 0, stride);
		uint8_t *out = line(o, i);
		for (uint32_t x = 0; x < o->d.w; x++)
			out[(size_t)x * 4 + 3] = (o->row[x / 8] >> (7 - x % 8) & 1) != 0 ? 0 : 255;
	}
}

static int
push_rows(struct icon *o, struct err *err)
{
	uint32_t w = o->d.w, h = o->d.h;
	struct image_layout layout = {.w = w, .h = h, .ext_w = w, .ext_h = h, .channels = 4, .batch = 1};
	if (image_job_open(o->job, IMAGE_RGBA, &layout, err) < 0)
		return -1;
	o->job->transparent = !image_premultiply(o->rgba, (size_t)w * h);
	for (uint32_t y = 0; y < h; y++) {
		(void)memcpy(image_feed_slot(&o->job->feed[0], 0), o->rgba + (size_t)y * w * 4, (size_t)w * 4);
		image_feed_push(&o->job->feed[0], 1);
	}
	return 0;
}

static int
decode(struct icon *o, struct err *err)
{
	uint8_t head[IMAGE_DIB_HEAD_MAX];
	bool alpha = false;
	uint32_t rows = 0;
	size_t n = image_src_read(&o->job->src, head, sizeof head);
	if (image_dib_read(head, n, &o->d, err) < 0)
		return -1;
	o->d.h /= 2;
	if (o->d.bits == 32 && o->d.compression == 0)
		o->d.mask[3] = 0xFF000000u; /* in icons the fourth byte means something */
	if (image_job_start(o->job, o->d.w, o->d.h, true, err) < 0 ||
	    image_job_memory(o->job, (int64_t)o->d.w * o->d.h * 4, "ICO", err) < 0)
		return -1;
	o->rgba = mem_array((size_t)o->d.w * o->d.h, 4);
	o->row = mem_alloc(image_dib_stride(o->d.w, o->d.bits));
	image_src_seek(&o->job->src, (off_t)o->d.head);
	bool whole = read_colours(o, &rows, &alpha);
	if (rows == 0)
		return err_set(err, ERR_INPUT, "ICO: the file ends too early");
	if (!whole)
		(void)err_set(o->job->warning, ERR_INPUT, "ICO: the file ends too early, the rest is left empty");
	else if (!alpha)
		read_mask(o);
	return push_rows(o, err);
}

int
image_ico_decode(struct image_job *job, struct err *err)
{
	struct icon o = {.job = job};
	struct choice best;
	if (choose(&job->src, &best, err) < 0)
		return -1;
	image_src_within(&job->src, best.at);
	if (best.png)
		return image_png_decode(job, err);
	int rc = decode(&o, err);
	mem_free(o.rgba);
	mem_free(o.row);
	return rc;
}
