/* How do the filtered rows of a PNG become pixels?  Every colour type and depth becomes one byte of grey, or four of r, g,
 * b, a; interlaced pictures are put together first. */
#include "image/int.h"

#include <string.h>

/* PNG specification 8.2: where a pass begins and how far it steps; and the block a pixel stands for until later ones come. */
static const struct pass {
	uint8_t x, y, dx, dy, w, h;
} adam7[7] = {{0, 0, 8, 8, 8, 8}, {4, 0, 8, 8, 4, 8}, {0, 4, 4, 8, 4, 4}, {2, 0, 4, 4, 2, 4},
	      {0, 2, 2, 4, 2, 2}, {1, 0, 2, 2, 1, 2}, {0, 1, 1, 2, 1, 1}},
  all = {0, 0, 1, 1, 1, 1};

static const struct pass *
current(const struct image_png_rows *r)
{
	return r->interlaced ? &adam7[r->pass] : &all;
}

static uint32_t
steps(uint32_t side, uint32_t from, uint32_t step)
{
	return side > from ? (side - from + step - 1) / step : 0;
}

static size_t
samples(const struct image_png_rows *r)
{
	static const uint8_t per_pixel[7] = {1, 0, 3, 1, 2, 0, 4};
	return per_pixel[r->type];
}

/* Bytes of a row of n pixels, without its filter. */
static size_t
row_bytes(const struct image_png_rows *r, uint32_t n)
{
	return (n * samples(r) * r->depth + 7) / 8;
}

size_t
image_png_rows_length(const struct image_png_rows *r)
{
	const struct pass *p = current(r);
	return r->ended ? 0 : row_bytes(r, steps(r->w, p->x, p->dx)) + 1;
}

int64_t
image_png_rows_total(const struct image_png_rows *r)
{
	int64_t total = 0;
	if (!r->interlaced)
		return (int64_t)(row_bytes(r, r->w) + 1) * r->h;
	for (size_t i = 0; i < 7; i++) {
		const struct pass *p = &adam7[i];
		uint32_t w = steps(r->w, p->x, p->dx);
		if (w > 0)
			total += (int64_t)(row_bytes(r, w) + 1) * steps(r->h, p->y, p->dy);
	}
	return total;
}

/* ---- samples to pixels ------------------------------------------------------------------------------------------ */

/* Sample i as it is stored, 1 to 16 bits. */
static uint32_t
sample(const uint8_t *p, size_t i, unsigned depth)
{
	if (depth == 16)
		return image_be16(p + 2 * i);
	if (depth == 8)
		return p[i];
	size_t bit = i * depth;
	return (unsigned)p[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

/* To 8 bits: repeated when there are fewer, rounded when there are more. */
static uint8_t
byte(uint32_t v, unsigned depth)
{
	static const uint8_t times[9] = {0, 255, 85, 0, 17, 0, 0, 0, 1};
	return depth == 16 ? (uint8_t)((v * 255 + 32895) >> 16) : (uint8_t)(v * times[depth]);
}

static void
from_gray(const struct image_png_rows *r, const uint8_t *in, uint32_t n, uint8_t *out)
{
	if (r->depth == 8 && r->channels == 1) {
		(void)memcpy(out, in, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = sample(in, i, r->depth);
		uint8_t b = byte(v, r->depth);
		if (r->channels == 1) {
			out[i] = b;
			continue;
		}
		out[0] = out[1] = out[2] = b;
		out[3] = r->keyed && v == r->key[0] ? 0 : 255;
		out += 4;
	}
}

static void
from_palette(const struct image_png_rows *r, const uint8_t *in, uint32_t n, uint8_t *out)
{
	for (uint32_t i = 0; i < n; i++, out += 4)
		(void)memcpy(out, r->palette[sample(in, i, r->depth)], 4);
}

static void
from_rgb(const struct image_png_rows *r, const uint8_t *in, uint32_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++, out += 4) {
		bool key = r->keyed;
		for (size_t c = 0; c < 3; c++) {
			uint32_t v = sample(in, 3 * i + c, r->depth);
			key = key && v == r->key[c];
			out[c] = byte(v, r->depth);
		}
		out[3] = key ? 0 : 255;
	}
}

static void
from_alpha(const struct image_png_rows *r, const uint8_t *in, uint32_t n, uint8_t *out)
{
	size_t per = samples(r);
	if (per == 4 && r->depth == 8) {
		(void)memcpy(out, in, (size_t)n * 4);
		return;
	}
	for (size_t i = 0; i < n; i++, out += 4) {
		for (size_t c = 0; c < 3; c++)
			out[c] = byte(sample(in, per * i + (per == 4 ? c : 0), r->depth), r->depth);
		out[3] = byte(sample(in, per * i + per - 1, r->depth), r->depth);
	}
}

static void
expand(const struct image_png_rows *r, const uint8_t *in, uint32_t n, uint8_t *out)
{
	switch (r->type) {
	case IMAGE_PNG_GRAY:
		from_gray(r, in, n, out);
		break;
	case IMAGE_PNG_INDEXED:
		from_palette(r, in, n, out);
		break;
	case IMAGE_PNG_RGB:
		from_rgb(r, in, n, out);
		break;
	default:
		from_alpha(r, in, n, out);
	}
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* RGB of 8 bits, by far the most frequent: unfiltered right into the feed, whose last row is the one above. */
static bool
direct(const struct image_png_rows *r)
{
	return r->type == IMAGE_PNG_RGB && r->depth == 8 && !r->keyed && !r->interlaced;
}

static void
push(struct image_png_rows *r, uint8_t *slot)
{
	struct image_feed *f = &r->job->feed[0];
	if (r->job->color == IMAGE_RGBA && !image_premultiply(slot, f->w))
		r->job->transparent = true;
	image_feed_push(f, 1);
}

/* A pixel of an early pass is a block of the picture, which later ones refine. */
static void
place(struct image_png_rows *r, const uint8_t *pixels, uint32_t n)
{
	const struct pass *p = current(r);
	size_t c = r->channels, stride = r->w * c;
	uint32_t y = p->y + r->y * p->dy, rows = r->h - y < p->h ? r->h - y : p->h;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = p->x + i * p->dx, end = r->w - x < p->w ? r->w : x + p->w;
		for (uint32_t k = 0; k < rows; k++)
			for (uint32_t at = x; at < end; at++)
				(void)memcpy(r->whole + (y + k) * stride + at * c, pixels + i * c, c);
	}
}

static void
take_row(struct image_png_rows *r, uint8_t *raw, size_t n)
{
	const struct pass *p = current(r);
	struct image_feed *f = &r->job->feed[0];
	size_t bits = samples(r) * r->depth, bpp = bits < 8 ? 1 : bits / 8;
	uint32_t pixels = steps(r->w, p->x, p->dx);
	uint8_t *slot = r->whole == NULL ? image_feed_slot(f, 0) : r->line;
	if (direct(r)) {
		r->unfilter->rgb(raw[0], slot, raw + 1, r->above, pixels);
		push(r, slot);
		r->above = slot;
		return;
	}
	r->unfilter->row(raw[0], raw + 1, r->above, n - 1, bpp);
	r->above = raw + 1;
	expand(r, raw + 1, pixels, slot);
	if (r->whole == NULL)
		push(r, slot);
	else
		place(r, slot, pixels);
}

/* To the next row, and over passes that have none. */
static void
step(struct image_png_rows *r)
{
	r->y++;
	for (;;) {
		const struct pass *p = current(r);
		uint32_t w = steps(r->w, p->x, p->dx), h = steps(r->h, p->y, p->dy);
		if (w > 0 && r->y < h)
			return;
		r->y = 0;
		r->above = r->zeros;
		if (!r->interlaced || ++r->pass == 7) {
			r->ended = true;
			r->pass = 0;
			return;
		}
	}
}

size_t
image_png_rows_take(struct image_png_rows *r, uint8_t *raw, size_t n)
{
	size_t taken = 0, len = image_png_rows_length(r);
	while (!r->ended && !r->broken && n - taken >= len) {
		if (raw[taken] >= IMAGE_PNG_FILTERS) {
			r->broken = true;
			break;
		}
		take_row(r, raw + taken, len);
		r->started = true;
		taken += len;
		step(r);
		len = image_png_rows_length(r);
	}
	return taken;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

int
image_png_rows_open(struct image_png_rows *r, struct err *err)
{
	struct image_job *job = r->job;
	bool alpha = r->type >= IMAGE_PNG_GRAY_ALPHA || r->keyed || r->see_through;
	bool gray = r->type == IMAGE_PNG_GRAY && !alpha;
	if (image_job_start(job, r->w, r->h, true, err) < 0)
		return -1;
	r->channels = gray ? 1 : 4;
	r->unfilter = image_unfilters_best();
	struct image_layout layout = {
	    .w = r->w, .h = r->h, .ext_w = r->w, .ext_h = r->h, .channels = (int)r->channels, .batch = 1};
	if (image_job_open(job, gray ? IMAGE_GRAY : alpha ? IMAGE_RGBA : IMAGE_RGBX, &layout, err) < 0)
		return -1;
	size_t row = row_bytes(r, r->w), pixels = r->w * r->channels;
	r->zeros = mem_alloc((row > pixels ? row : pixels) + IMAGE_KERNEL_PAD);
	r->above = r->zeros;
	if (!r->interlaced)
		return 0;
	if (image_job_memory(job, (int64_t)pixels * r->h, "interlaced PNG", err) < 0)
		return -1;
	r->whole = mem_array(r->h, pixels);
	r->line = mem_alloc(pixels);
	return 0;
}

void
image_png_rows_finish(struct image_png_rows *r)
{
	struct image_feed *f = &r->job->feed[0];
	size_t row = r->w * r->channels;
	while (r->whole != NULL && f->rows < f->h) {
		uint8_t *slot = image_feed_slot(f, 0);
		(void)memcpy(slot, r->whole + f->rows * row, row);
		push(r, slot);
	}
	if (f->rows < f->h)
		image_job_rest(r->job);
}

void
image_png_rows_clear(struct image_png_rows *r)
{
	mem_free(r->zeros);
	mem_free(r->line);
	mem_free(r->whole);
	r->zeros = r->line = r->whole = NULL;
}
