/* The frames of an animated PNG (PNG 3rd edition, 11.3.6): each becomes a file of its own, of which the decoder of PNG makes
 * a picture that is laid on the canvas. */
#include "image/int.h"

#include <string.h>

#include <libdeflate.h>

enum {
	KEEP_MAX = 1024, /* bytes of PLTE or tRNS */
	FCTL = 26,
	UNTOLD_MS = 100,
	DISPOSE_CLEAR = 1,
	DISPOSE_RESTORE = 2,
	BLEND_OVER = 1
};

/* A chunk that every frame needs, as it stands in the file. */
struct kept {
	uint8_t bytes[8 + KEEP_MAX + 4];
	size_t n;
};

struct apng {
	struct image_anim *a;
	struct err *err;
	struct kept ihdr, plte, trns;
	uint32_t x, y, w, h;
	int ms;
	uint8_t dispose, blend;
	struct buf file; /* the frame that is read, empty when there is none */
	size_t data;	 /* where its IDAT begins in it */
	uint8_t *saved;
};

/* ---- a frame -------------------------------------------------------------------------------------------------- */

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Length and checksum of the chunk that begins at at and has all of its data. */
static void
seal(struct buf *b, size_t at)
{
	uint8_t crc[4];
	size_t n = b->len - at - 8;
	put32((uint8_t *)b->p + at, (uint32_t)n);
	put32(crc, libdeflate_crc32(0, b->p + at + 4, n + 4));
	(void)buf_add(b, crc, 4);
}

/* Signature, header and palette, as if the frame were a file. */
static void
open_frame(struct apng *g)
{
	struct buf *b = &g->file;
	buf_reset(b);
	(void)buf_add(b, "\x89PNG\r\n\x1A\n", 8);
	(void)buf_add(b, g->ihdr.bytes, 8 + 13);
	put32((uint8_t *)b->p + 16, g->w);
	put32((uint8_t *)b->p + 20, g->h);
	seal(b, 8);
	(void)buf_add(b, g->plte.bytes, g->plte.n);
	(void)buf_add(b, g->trns.bytes, g->trns.n);
	g->data = b->len;
	(void)buf_add(b, "\0\0\0\0IDAT", 8);
}

/* One row of the frame's picture, premultiplied, onto the canvas. */
static void
lay_row(const struct apng *g, const struct image_pic *pic, uint32_t y)
{
	uint8_t *out = g->a->canvas.p + (size_t)(g->y + y) * g->a->canvas.stride + (size_t)g->x * 4;
	const uint8_t *in = pic->plane[0].p + (size_t)y * pic->plane[0].stride;
	for (uint32_t x = 0; x < g->w; x++, out += 4) {
		const uint8_t *p = in + (size_t)x * (size_t)pic->plane[0].channels;
		bool gray = pic->color == IMAGE_GRAY;
		uint8_t px[4] = {p[0], p[gray ? 0 : 1], p[gray ? 0 : 2], pic->color == IMAGE_RGBA ? p[3] : 255};
		uint32_t through = g->blend == BLEND_OVER ? 255u - px[3] : 0;
		for (int c = 0; c < 4; c++)
			out[c] = (uint8_t)(px[c] + (out[c] * through + 127) / 255);
	}
}

/* In its own size nothing is resampled. */
static int
lay(struct apng *g)
{
	const struct image_size size = {g->w, g->h, IMAGE_SCALE};
	struct err trouble;
	struct image_job *job = mem_alloc(sizeof *job);
	*job = (struct image_job){.sizes = &size, .n = 1, .as = IMAGE_PNG, .limits = g->a->limits, .warning = &trouble};
	job->info = (struct image_info){.format = IMAGE_PNG, .orientation = 1};
	job->memory = g->a->memory;
	image_src_init_mem(&job->src, (const uint8_t *)g->file.p, g->file.len);
	int rc = image_png_decode(job, g->err);
	for (uint32_t y = 0; rc == 0 && y < g->h; y++)
		lay_row(g, &job->pic[0], y);
	image_pic_clear(&job->pic[0]);
	image_feed_clear(&job->feed[0]);
	image_axes_clear(&job->axes);
	image_src_clear(&job->src);
	mem_free(job);
	return rc;
}

static int
save(struct apng *g)
{
	size_t bytes = g->a->h * g->a->canvas.stride;
	if (g->saved == NULL && image_anim_memory(g->a, (int64_t)bytes, g->err) < 0)
		return -1;
	if (g->saved == NULL)
		g->saved = mem_alloc(bytes);
	(void)memcpy(g->saved, g->a->canvas.p, bytes);
	return 0;
}

static void
dispose(struct apng *g)
{
	if (g->dispose == DISPOSE_RESTORE)
		(void)memcpy(g->a->canvas.p, g->saved, g->a->h * g->a->canvas.stride);
	for (uint32_t y = 0; g->dispose == DISPOSE_CLEAR && y < g->h; y++)
		(void)memset(g->a->canvas.p + (size_t)(g->y + y) * g->a->canvas.stride + (size_t)g->x * 4, 0,
			     (size_t)g->w * 4);
}

static int
close_frame(struct apng *g)
{
	if (g->file.len == 0)
		return 0;
	seal(&g->file, g->data);
	if (g->dispose == DISPOSE_RESTORE && save(g) < 0)
		return -1;
	if (lay(g) < 0 || image_anim_show(g->a, g->ms, g->err) < 0)
		return -1;
	dispose(g);
	buf_reset(&g->file);
	return 0;
}

/* ---- chunks ------------------------------------------------------------------------------------------------- */

static int
keep(struct apng *g, const uint8_t head[8], struct kept *k)
{
	size_t n = (size_t)image_be32(head) + 4;
	if (n > KEEP_MAX + 4)
		return err_set(g->err, ERR_INPUT, "PNG: chunk that is too long");
	(void)memcpy(k->bytes, head, 8);
	k->n = 8 + n;
	return image_src_read(&g->a->src, k->bytes + 8, n) == n ? 0 : err_set(g->err, ERR_INPUT, "PNG: ends too early");
}

static int
read_header(struct apng *g, const uint8_t head[8])
{
	if (g->ihdr.n > 0 || image_be32(head) != 13 || keep(g, head, &g->ihdr) < 0)
		return err_set(g->err, ERR_INPUT, "PNG: broken header");
	uint32_t w = image_be32(g->ihdr.bytes + 8), h = image_be32(g->ihdr.bytes + 12);
	return image_anim_open(g->a, w, h, g->err);
}

/* What is said of the next frame; the one before is complete. */
static int
read_control(struct apng *g, const uint8_t head[8])
{
	struct kept k;
	if (close_frame(g) < 0)
		return -1;
	if (image_be32(head) != FCTL || keep(g, head, &k) < 0)
		return err_set(g->err, ERR_INPUT, "PNG: broken frame");
	const uint8_t *d = k.bytes + 8;
	uint32_t by = image_be16(d + 22);
	g->w = image_be32(d + 4);
	g->h = image_be32(d + 8);
	g->x = image_be32(d + 12);
	g->y = image_be32(d + 16);
	g->ms = (int)(image_be16(d + 20) * 1000 / (by > 0 ? by : UNTOLD_MS));
	g->dispose = d[24];
	g->blend = d[25];
	if (g->dispose == DISPOSE_RESTORE && g->a->frames == 0)
		g->dispose = DISPOSE_CLEAR;
	if (g->w == 0 || g->h == 0 || g->x > g->a->w || g->y > g->a->h || g->w > g->a->w - g->x ||
	    g->h > g->a->h - g->y)
		return err_set(g->err, ERR_INPUT, "PNG: a frame does not lie on the canvas");
	g->a->pixels += (int64_t)g->w * g->h;
	open_frame(g);
	return 0;
}

/* The data of a frame; as IDAT, whatever they were. */
static int
read_data(struct apng *g, const uint8_t head[8], uint32_t skip)
{
	struct image_src *s = &g->a->src;
	uint32_t left = image_be32(head);
	if (g->file.len == 0 || left < skip) { /* the picture for those who know of no animation */
		image_src_skip(s, (uint64_t)left + 4);
		return 0;
	}
	left -= skip;
	image_src_skip(s, skip);
	while (left > 0) {
		if (s->pos == s->len && image_src_fill(s) == 0)
			return err_set(g->err, ERR_INPUT, "PNG: ends too early");
		size_t n = s->len - s->pos < left ? s->len - s->pos : left;
		if (buf_add(&g->file, s->buf + s->pos, n) < 0)
			return err_set(g->err, ERR_LIMIT, "PNG frame of more than %zu MiB", IMAGE_FILE_MAX >> 20);
		s->pos += n;
		left -= (uint32_t)n;
	}
	image_src_skip(s, 4);
	return 0;
}

static int
read_loops(struct apng *g, const uint8_t head[8])
{
	struct kept k;
	if (image_be32(head) != 8 || keep(g, head, &k) < 0)
		return err_set(g->err, ERR_INPUT, "PNG: broken animation");
	uint32_t n = image_be32(k.bytes + 12);
	g->a->loops = n > 65535 ? 65535 : (int)n;
	return 0;
}

static bool
is(const uint8_t head[8], const char name[5])
{
	return memcmp(head + 4, name, 4) == 0;
}

static int
read_chunk(struct apng *g, const uint8_t head[8])
{
	if (is(head, "IHDR"))
		return read_header(g, head);
	if (g->ihdr.n == 0)
		return err_set(g->err, ERR_INPUT, "PNG: no header");
	if (is(head, "PLTE"))
		return keep(g, head, &g->plte);
	if (is(head, "tRNS"))
		return keep(g, head, &g->trns);
	if (is(head, "acTL"))
		return read_loops(g, head);
	if (is(head, "fcTL"))
		return read_control(g, head);
	if (is(head, "IDAT"))
		return read_data(g, head, 0);
	if (is(head, "fdAT"))
		return read_data(g, head, 4);
	image_src_skip(&g->a->src, (uint64_t)image_be32(head) + 4);
	return 0;
}

int
image_anim_png(struct image_anim *a, struct err *err)
{
	struct apng *g = mem_alloc(sizeof *g);
	uint8_t head[8];
	int rc = 0;
	g->a = a;
	g->err = err;
	buf_init(&g->file, IMAGE_FILE_MAX);
	image_src_skip(&a->src, 8);
	do
		rc = image_src_read(&a->src, head, 8) == 8 ? 0 : err_set(err, ERR_INPUT, "PNG: ends too early");
	while (rc == 0 && !is(head, "IEND") && (rc = read_chunk(g, head)) == 0);
	if (rc == 0)
		rc = close_frame(g);
	buf_clear(&g->file);
	mem_free(g->saved);
	mem_free(g);
	return rc;
}
