/* How does a BMP file become rows?  By hand: a header, then rows, the lowest one first as a rule. */
#include "image/int.h"

#include <string.h>

enum {
	FILE_HEAD = 14, /* BITMAPFILEHEADER */
	UPSIDE_DOWN = 4 /* as an Exif orientation */
};

struct bmp {
	struct image_job *job;
	struct image_dib d;
	uint8_t *row;	/* one row as it is stored */
	uint8_t *whole; /* the indices of a run-length encoded picture, in stored order */
	bool ended;	/* the file ends too early */
};

/* ---- run lengths: two bytes a code; 0 leads an escape ---------------------------------------------------- */

struct run {
	struct bmp *b;
	uint32_t x, y;
};

static void
put(struct run *r, uint8_t index)
{
	const struct image_dib *d = &r->b->d;
	if (r->x < d->w && r->y < d->h)
		r->b->whole[(size_t)r->y * d->w + r->x] = index;
	r->x++;
}

/* n pixels out of v, which holds one, or two of them. */
static void
repeat(struct run *r, uint32_t n, uint8_t v)
{
	bool nibbles = r->b->d.bits == 4;
	for (uint32_t i = 0; i < n; i++)
		put(r, !nibbles ? v : (i & 1) == 0 ? v >> 4 : v & 15);
}

static bool
literal(struct run *r, uint32_t n)
{
	uint8_t bytes[256];
	bool nibbles = r->b->d.bits == 4;
	size_t len = nibbles ? (n + 1) / 2 : n;
	len += len & 1; /* padded to words */
	if (image_src_read(&r->b->job->src, bytes, len) != len)
		return false;
	for (uint32_t i = 0; i < n; i++)
		put(r, !nibbles ? bytes[i] : (i & 1) == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15);
	return true;
}

/* False: the picture is over; ended tells whether it should be. */
static bool
escape(struct run *r, uint8_t code)
{
	uint8_t by[2];
	switch (code) {
	case 0: /* end of the row */
		r->x = 0;
		r->y++;
		return true;
	case 1: /* end of the picture */
		return false;
	case 2: /* go right and on */
		if (image_src_read(&r->b->job->src, by, 2) != 2)
			return !(r->b->ended = true);
		r->x += by[0];
		r->y += by[1];
		return true;
	default:
		if (!literal(r, code))
			return !(r->b->ended = true);
		return true;
	}
}

/* A code that moves nothing forward costs two bytes of the file: there is an end in any case. */
static int
read_runs(struct bmp *b, struct err *err)
{
	struct run r = {.b = b};
	uint8_t code[2];
	if (image_job_memory(b->job, (int64_t)b->d.w * b->d.h, "run-length encoded BMP", err) < 0)
		return -1;
	b->whole = mem_array(b->d.h, b->d.w);
	while (r.y < b->d.h) {
		if (image_src_read(&b->job->src, code, 2) != 2) {
			b->ended = true;
			break;
		}
		if (code[0] > 0)
			repeat(&r, code[0], code[1]);
		else if (!escape(&r, code[1]))
			break;
	}
	b->d.bits = 8; /* what is held now */
	return 0;
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

static void
read_rows(struct bmp *b, size_t stride)
{
	struct image_feed *f = &b->job->feed[0];
	while (f->rows < f->h) {
		const uint8_t *in = b->row;
		uint8_t *slot = image_feed_slot(f, 0);
		if (b->whole != NULL)
			in = b->whole + (size_t)f->rows * f->w;
		else if (image_src_read(&b->job->src, b->row, stride) != stride) {
			b->ended = true;
			break;
		}
		image_dib_row(&b->d, in, slot);
		if (b->job->color == IMAGE_RGBA && !image_premultiply(slot, f->w))
			b->job->transparent = true;
		image_feed_push(f, 1);
	}
}

static int
open_rows(struct bmp *b, struct err *err)
{
	struct image_job *job = b->job;
	uint32_t w = b->d.w, h = b->d.h;
	struct image_layout layout = {.w = w, .h = h, .ext_w = w, .ext_h = h, .channels = 4, .batch = 1};
	job->info.orientation = b->d.down ? 1 : UPSIDE_DOWN;
	int rc = image_job_open(job, b->d.mask[3] != 0 ? IMAGE_RGBA : IMAGE_RGBX, &layout, err);
	job->info.orientation = 1; /* how rows are stored is nobody's business */
	return rc;
}

static int
decode(struct bmp *b, struct err *err)
{
	uint8_t head[FILE_HEAD + IMAGE_DIB_HEAD_MAX];
	size_t n = image_src_read(&b->job->src, head, sizeof head);
	if (n < FILE_HEAD || image_dib_read(head + FILE_HEAD, n - FILE_HEAD, &b->d, err) < 0)
		return n < FILE_HEAD ? err_set(err, ERR_INPUT, "BMP: the header is cut") : -1;
	if (image_job_start(b->job, b->d.w, b->d.h, true, err) < 0)
		return -1;
	size_t stride = image_dib_stride(b->d.w, b->d.bits), at = image_le32(head + 10);
	if (image_job_memory(b->job, (int64_t)stride, "BMP", err) < 0)
		return -1;
	image_src_seek(&b->job->src, (off_t)(at >= FILE_HEAD + 12 ? at : FILE_HEAD + b->d.head));
	if (b->d.bits <= 8 && b->d.compression != 0 && read_runs(b, err) < 0)
		return -1;
	b->row = mem_alloc(stride);
	if (open_rows(b, err) < 0)
		return -1;
	read_rows(b, stride);
	if (b->job->feed[0].rows == 0)
		return err_set(err, ERR_INPUT, "BMP: no picture in it");
	image_job_rest(b->job);
	if (b->ended)
		(void)err_set(b->job->warning, ERR_INPUT, "BMP: the file ends too early, the rest is left empty");
	return 0;
}

int
image_bmp_decode(struct image_job *job, struct err *err)
{
	struct bmp *b = mem_alloc(sizeof *b);
	b->job = job;
	image_src_seek(&job->src, 0);
	int rc = decode(b, err);
	mem_free(b->row);
	mem_free(b->whole);
	mem_free(b);
	return rc;
}
