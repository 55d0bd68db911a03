/* The frames of an animated GIF, one laid over the other as each says (GIF89a 23). */
#include "image/gif.h"

#include <string.h>

enum {
	UNTOLD_MS = 100, /* of a frame that says nothing of its time */
	DISPOSE_CLEAR = 2,
	DISPOSE_RESTORE = 3
};

struct film {
	struct image_gif g;
	struct image_anim *a;
	uint32_t x, y, w, h;   /* what of the frame lies on the canvas */
	uint8_t *line, *saved; /* the canvas as it was before a frame that wants it back */
};

/* ---- one frame ---------------------------------------------------------------------------------------------- */

static void
clear_frame(struct film *f)
{
	for (uint32_t y = 0; y < f->h; y++)
		(void)memset(f->a->canvas.p + (f->y + y) * f->a->canvas.stride + (size_t)f->x * 4, 0, (size_t)f->w * 4);
}

static void
lay_row(struct film *f, uint32_t y)
{
	const struct image_gif *g = &f->g;
	if (y >= f->h)
		return;
	uint8_t *out = f->a->canvas.p + (f->y + y) * f->a->canvas.stride + (size_t)f->x * 4;
	for (uint32_t x = 0; x < f->w; x++, out += 4) {
		int i = f->line[x];
		if (i == g->transparent || i >= g->colours)
			continue;
		const uint8_t *c = g->palette[i], px[4] = {c[0], c[1], c[2], 255};
		(void)memcpy(out, px, 4);
	}
}

static int
read_rows(struct film *f, struct err *err)
{
	static const uint32_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
	bool lace = f->g.interlaced;
	for (int pass = 0; pass < (lace ? 4 : 1); pass++)
		for (uint32_t y = lace ? first[pass] : 0; y < f->g.h; y += lace ? step[pass] : 1) {
			if (image_gif_row(&f->g, f->line) < 0)
				return err_set(err, ERR_INPUT, "GIF: broken animation");
			lay_row(f, y);
		}
	return 0;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* A frame is judged like a canvas: its rows are decoded whether they lie inside or not. */
static int
lay_frame(struct film *f, struct err *err)
{
	const struct image_gif *g = &f->g;
	if (g->w == 0 || g->h == 0 || g->colours == 0)
		return err_set(err, ERR_INPUT, "GIF: broken animation");
	f->a->pixels += (int64_t)g->w * g->h;
	if (f->a->pixels > IMAGE_ANIM_PIXELS)
		return err_set(err, ERR_LIMIT, "animation of more than %lld pixels in all",
			       (long long)IMAGE_ANIM_PIXELS);
	f->x = least(g->x, f->a->w);
	f->y = least(g->y, f->a->h);
	f->w = least(g->w, f->a->w - f->x);
	f->h = least(g->h, f->a->h - f->y);
	mem_free(f->line);
	f->line = mem_alloc(g->w);
	return read_rows(f, err);
}

static int
show_frame(struct film *f, struct err *err)
{
	size_t bytes = f->a->h * f->a->canvas.stride;
	if (f->g.dispose == DISPOSE_RESTORE) {
		if (f->saved == NULL && image_anim_memory(f->a, (int64_t)bytes, err) < 0)
			return -1;
		if (f->saved == NULL)
			f->saved = mem_alloc(bytes);
		(void)memcpy(f->saved, f->a->canvas.p, bytes);
	}
	if (lay_frame(f, err) < 0 || image_anim_show(f->a, f->g.ms < 0 ? UNTOLD_MS : f->g.ms, err) < 0)
		return -1;
	if (f->g.dispose == DISPOSE_CLEAR)
		clear_frame(f);
	else if (f->g.dispose == DISPOSE_RESTORE)
		(void)memcpy(f->a->canvas.p, f->saved, bytes);
	return 0;
}

static int
decode(struct film *f, struct err *err)
{
	int rc;
	if (image_gif_open(&f->g, &f->a->src, err) < 0)
		return -1;
	if (f->g.canvas_w == 0 || f->g.canvas_h == 0)
		return err_set(err, ERR_INPUT, "GIF: broken animation");
	if (image_anim_open(f->a, f->g.canvas_w, f->g.canvas_h, err) < 0)
		return -1;
	do {
		rc = image_gif_next(&f->g, err);
		if (f->g.loops >= 0)
			f->a->loops = f->g.loops;
	} while (rc > 0 && (rc = show_frame(f, err)) == 0);
	return rc;
}

int
image_anim_gif(struct image_anim *a, struct err *err)
{
	struct film *f = mem_alloc(sizeof *f);
	f->a = a;
	int rc = decode(f, err);
	mem_free(f->line);
	mem_free(f->saved);
	mem_free(f);
	return rc;
}
