/* How do rows become a small picture while the large one is never held?  Vertical pass first, over a ring of rows. */
#include "image/int.h"

#include <string.h>

/* How much smaller the least reduced output must be for averaging two rows, and four: letters of single black pixels on
 * white keep 48 dB at either, photographs 58. */
#define PAIRS_HIDE 5.2
#define FOURS_HIDE 14.0

void
image_feed_init(struct image_feed *f, uint32_t w, uint32_t h, int channels, uint32_t merge)
{
	*f = (struct image_feed){.w = w, .h = h, .channels = channels, .merge = merge};
}

/* The vertical pass costs the same however much a picture shrinks, once for each output, and keeps three rows of the
 * source for each lobe.  Means of pairs or fours cost it a half or a fourth. */
uint32_t
image_feed_merge(double shrink)
{
	return shrink >= FOURS_HIDE ? 4 : shrink >= PAIRS_HIDE ? 2 : 1;
}

/* Outputs are made in order, each when its last source row has come.  Weights of 0 are not kept, so that an output may
 * end before the one ahead of it and has to wait. */
static uint32_t
window(const struct image_axis *y, bool upwards)
{
	uint32_t end = 0, most = 1;
	for (uint32_t k = 0; k < y->n; k++) {
		uint32_t i = upwards ? y->n - 1 - k : k;
		if (y->first[i] + y->count[i] > end)
			end = y->first[i] + y->count[i];
		if (end - y->first[i] > most)
			most = end - y->first[i];
	}
	return most;
}

void
image_feed_reduce(struct image_feed *f, const struct image_axis *x, const struct image_axis *y, bool upwards,
		  struct image_plane *dst)
{
	if (f->n == IMAGE_REDUCERS_MAX)
		return; /* image_thumbs_make refuses more sizes than that */
	struct image_reducer *r = &f->reducer[f->n++];
	*r = (struct image_reducer){.k = image_kernels_best(), .x = x, .y = y, .dst = dst, .upwards = upwards};
	r->window = window(y, upwards);
	r->rows = mem_array(y->most, sizeof *r->rows);
	r->line =
	    mem_array(((size_t)(x->hi - x->lo) + x->taps) * (size_t)f->channels + IMAGE_KERNEL_PAD, sizeof *r->line);
}

static uint32_t
ring_rows(const struct image_feed *f, uint32_t batch)
{
	uint32_t most = 1;
	for (size_t i = 0; i < f->n; i++)
		if (f->reducer[i].window > most)
			most = f->reducer[i].window;
	return most + batch;
}

static size_t
slot_bytes(const struct image_feed *f, size_t row_bytes)
{
	size_t need = (size_t)f->w * (size_t)f->channels;
	return (need > row_bytes ? need : row_bytes) + IMAGE_KERNEL_PAD;
}

int64_t
image_feed_memory(const struct image_feed *f, uint32_t batch, size_t row_bytes)
{
	uint32_t rows = ring_rows(f, batch) + (f->merge > 1 ? f->merge + batch : 0);
	return (int64_t)rows * (int64_t)slot_bytes(f, row_bytes);
}

void
image_feed_open(struct image_feed *f, uint32_t batch, size_t row_bytes)
{
	f->ring = ring_rows(f, batch);
	f->stride = slot_bytes(f, row_bytes);
	f->mem = mem_array(f->ring, f->stride);
	if (f->merge > 1) {
		f->stage_rows = f->merge + batch;
		f->stage = mem_array(f->stage_rows, f->stride);
	}
}

void
image_feed_borrow(struct image_feed *f, uint8_t *mem, size_t stride)
{
	f->mem = mem;
	f->stride = stride;
	f->ring = f->h;
	f->borrowed = true;
}

void
image_feed_clear(struct image_feed *f)
{
	for (size_t i = 0; i < f->n; i++) {
		mem_free(f->reducer[i].rows);
		mem_free(f->reducer[i].line);
	}
	if (!f->borrowed)
		mem_free(f->mem);
	mem_free(f->stage);
	*f = (struct image_feed){0};
}

uint8_t *
image_feed_slot(const struct image_feed *f, uint32_t ahead)
{
	if (f->merge > 1)
		return f->stage + (size_t)((f->rows + ahead) % f->stage_rows) * f->stride;
	return f->mem + (size_t)((f->rows + ahead) % f->ring) * f->stride;
}

/* The rows that came last become one.  At the end there may be fewer: the very last counts for those missing. */
static void
merge(struct image_feed *f)
{
	const uint8_t *rows[4];
	uint32_t first = f->merged * f->merge;
	for (uint32_t i = 0; i < f->merge; i++) {
		uint32_t row = first + i < f->rows ? first + i : f->rows - 1;
		rows[i] = f->stage + (size_t)(row % f->stage_rows) * f->stride;
	}
	image_kernel_mean(f->mem + (size_t)(f->merged % f->ring) * f->stride, (size_t)f->w * (size_t)f->channels, rows,
			  f->merge, (f->merged & 1) != 0);
	f->merged++;
}

/* Makes output row i, whose source rows are all in the ring. */
static void
reduce(const struct image_feed *f, struct image_reducer *r, uint32_t i)
{
	size_t left = (size_t)r->x->lo * (size_t)f->channels, n = (size_t)(r->x->hi - r->x->lo) * (size_t)f->channels;
	for (uint32_t k = 0; k < r->y->count[i]; k++)
		r->rows[k] = f->mem + (size_t)((r->y->first[i] + k) % f->ring) * f->stride + left;
	r->k->vertical(r->line, n, r->rows, r->y->w + (size_t)i * r->y->taps, r->y->count[i]);
	uint8_t *out = r->dst->p + (size_t)i * r->dst->stride;
	if (f->channels == 4)
		r->k->horizontal4(out, r->x, r->line);
	else
		r->k->horizontal1(out, r->x, r->line);
}

static void
advance(const struct image_feed *f, struct image_reducer *r)
{
	uint32_t rows = f->merge > 1 ? f->merged : f->rows;
	while (r->done < r->y->n) {
		uint32_t i = r->upwards ? r->y->n - 1 - r->done : r->done;
		if (r->y->first[i] + r->y->count[i] > rows)
			break;
		reduce(f, r, i);
		r->done++;
	}
}

void
image_feed_push(struct image_feed *f, uint32_t rows)
{
	for (; rows > 0 && f->rows < f->h; rows--) {
		f->rows++;
		if (f->merge > 1) {
			if (f->rows % f->merge != 0 && f->rows < f->h)
				continue;
			merge(f);
		}
		for (size_t i = 0; i < f->n; i++)
			advance(f, &f->reducer[i]);
	}
}

/* From a picture that is there as a whole: its rows are their own ring. */
void
image_feed_copy(const struct image_plane *src, const struct image_axis *x, const struct image_axis *y,
		struct image_plane *dst)
{
	struct image_feed f;
	image_feed_init(&f, src->w, src->h, src->channels, 1);
	image_feed_reduce(&f, x, y, false, dst);
	image_feed_borrow(&f, src->p, src->stride);
	image_feed_push(&f, src->h);
	image_feed_clear(&f);
}
