/* How does a GIF become rows?  The first frame only, composed on its canvas. */
#include "image/gif.h"

#include <string.h>

struct still {
	struct image_gif g;
	struct image_job *job;
	uint8_t rgba[256][4]; /* premultiplied */
	uint8_t *whole;	      /* indices of an interlaced frame */
	uint8_t *line;	      /* indices of one row */
	uint32_t got;	      /* rows of the frame that were decoded */
};

/* ---- up to the first frame ----------------------------------------------------------------------- */

/* A frame is judged like a canvas: its rows are decoded whether they lie inside or not. */
static int
judge_frame(const struct still *f, struct err *err)
{
	const struct image_gif *g = &f->g;
	if (g->w == 0 || g->h == 0)
		return err_set(err, ERR_INPUT, "GIF: frame of %u x %u pixels", g->w, g->h);
	if ((int64_t)g->w * g->h >= f->job->limits->max_pixels)
		return err_set(err, ERR_LIMIT, "GIF frame of %u x %u pixels is too large (limit: %lld pixels)", g->w,
			       g->h, (long long)f->job->limits->max_pixels);
	return 0;
}

static int
read_palette(struct still *f, struct err *err)
{
	if (f->g.colours == 0)
		return err_set(err, ERR_INPUT, "GIF without a palette");
	for (int i = 0; i < 256; i++) {
		uint8_t *c = f->rgba[i];
		c[3] = 255;
		if (i < f->g.colours)
			(void)memcpy(c, f->g.palette[i], 3);
		if (i == f->g.transparent)
			(void)memset(c, 0, 4);
	}
	return 0;
}

/* ---- rows ------------------------------------------------------------------------------------------- */

/* One row of the canvas; index: the frame's row at that height, or NULL where there is none. */
static void
push_row(struct still *f, const uint8_t *index)
{
	struct image_feed *feed = &f->job->feed[0];
	uint8_t *out = image_feed_slot(feed, 0);
	uint32_t end = f->g.canvas_w - f->g.x < f->g.w ? f->g.canvas_w : f->g.x + f->g.w;
	if (index == NULL || f->g.x > 0 || end < f->g.canvas_w) {
		(void)memset(out, 0, (size_t)f->g.canvas_w * 4);
		f->job->transparent = true;
	}
	for (uint32_t x = f->g.x; index != NULL && x < end; x++) {
		uint8_t i = index[x - f->g.x];
		if (i == f->g.transparent)
			f->job->transparent = true;
		(void)memcpy(out + (size_t)x * 4, f->rgba[i], 4);
	}
	image_feed_push(feed, 1);
}

/* GIF89a appendix E: four passes. */
static int
read_interlaced(struct still *f, struct err *err)
{
	static const uint32_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
	if (image_job_memory(f->job, (int64_t)f->g.w * f->g.h, "interlaced GIF", err) < 0)
		return -1;
	f->whole = mem_alloc((size_t)f->g.w * f->g.h);
	if (f->g.transparent >= 0)
		(void)memset(f->whole, f->g.transparent, (size_t)f->g.w * f->g.h);
	for (int pass = 0; pass < 4; pass++)
		for (uint32_t y = first[pass]; y < f->g.h; y += step[pass]) {
			if (image_gif_row(&f->g, f->whole + (size_t)y * f->g.w) < 0)
				return 0;
			f->got++;
		}
	return 0;
}

static const uint8_t *
frame_row(struct still *f, uint32_t y, bool *broken)
{
	if (y < f->g.y || y - f->g.y >= f->g.h || *broken)
		return NULL;
	if (f->whole != NULL)
		return f->whole + (size_t)(y - f->g.y) * f->g.w;
	if (image_gif_row(&f->g, f->line) < 0) {
		*broken = true;
		return NULL;
	}
	f->got++;
	return f->line;
}

static int
read_rows(struct still *f, struct err *err)
{
	bool broken = false;
	struct image_layout layout = {.w = f->g.canvas_w,
				      .h = f->g.canvas_h,
				      .ext_w = f->g.canvas_w,
				      .ext_h = f->g.canvas_h,
				      .channels = 4,
				      .batch = 1};
	if (image_job_open(f->job, IMAGE_RGBA, &layout, err) < 0)
		return -1;
	f->line = mem_alloc(f->g.w);
	if (f->g.interlaced && read_interlaced(f, err) < 0)
		return -1;
	for (uint32_t y = 0; y < f->g.canvas_h; y++)
		push_row(f, f->g.x < f->g.canvas_w ? frame_row(f, y, &broken) : NULL);
	if (f->got == 0)
		return f->g.x < f->g.canvas_w && f->g.y < f->g.canvas_h
			   ? err_set(err, ERR_INPUT, "GIF: the picture is broken")
			   : 0;
	if (broken || (f->whole != NULL && f->got < f->g.h))
		(void)err_set(f->job->warning, ERR_INPUT, "GIF: the file ends too early, the rest is transparent");
	return 0;
}

static int
decode(struct still *f, struct err *err)
{
	struct image_gif *g = &f->g;
	if (image_gif_open(g, &f->job->src, err) < 0 ||
	    image_job_start(f->job, g->canvas_w, g->canvas_h, true, err) < 0)
		return -1;
	int rc = image_gif_next(g, err);
	if (rc == 0)
		return err_set(err, ERR_INPUT, "GIF without a picture");
	return rc < 0 || judge_frame(f, err) < 0 || read_palette(f, err) < 0 ? -1 : read_rows(f, err);
}

int
image_gif_decode(struct image_job *job, struct err *err)
{
	struct still *f = mem_alloc(sizeof *f);
	f->job = job;
	image_src_seek(&job->src, 0);
	int rc = decode(f, err);
	mem_free(f->whole);
	mem_free(f->line);
	mem_free(f);
	return rc;
}
