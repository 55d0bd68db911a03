/* How do rows become a small picture while the large one is never held?  Vertical pass first, over a ring of rows. */
#include "image/int.h"

#include <string.h>

void
image_feed_init(struct image_feed *f, uint32_t w, uint32_t h, int channels)
{
	*f = (struct image_feed){.w = w, .h = h, .channels = channels};
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
	return (int64_t)ring_rows(f, batch) * (int64_t)slot_bytes(f, row_bytes);
}

void
image_feed_open(struct image_feed *f, uint32_t batch, size_t row_bytes)
{
	f->ring = ring_rows(f, batch);
	f->stride = slot_bytes(f, row_bytes);
	f->mem = mem_array(f->ring, f->stride);
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
	*f = (struct image_feed){0};
}

uint8_t *
image_feed_slot(const struct image_feed *f, uint32_t ahead)
{
	return f->mem + (size_t)((f->rows + ahead) % f->ring) * f->stride;
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
	while (r->done < r->y->n) {
		uint32_t i = r->upwards ? r->y->n - 1 - r->done : r->done;
		if (r->y->first[i] + r->y->count[i] > f->rows)
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
	image_feed_init(&f, src->w, src->h, src->channels);
	image_feed_reduce(&f, x, y, false, dst);
	image_feed_borrow(&f, src->p, src->stride);
	image_feed_push(&f, src->h);
	image_feed_clear(&f);
}
