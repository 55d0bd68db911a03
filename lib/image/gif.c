/* How does a GIF become rows?  giflib, the first frame only, composed on its canvas. */
#include "image/int.h"

#include <string.h>

#include <gif_lib.h>

enum { OPAQUE = -1 };

struct gif {
	GifFileType *g;
	struct image_job *job;
	uint32_t canvas_w, canvas_h, x, y, w, h; /* the frame and where it lies */
	int transparent;			 /* palette index, or OPAQUE */
	uint8_t rgba[256][4];			 /* premultiplied */
	uint8_t *whole;				 /* indices of an interlaced frame */
	uint8_t *line;				 /* indices of one row */
	uint32_t got;				 /* rows of the frame that were decoded */
};

static int
feed(GifFileType *g, GifByteType *to, int n)
{
	struct gif *f = g->UserData;
	return n <= 0 ? 0 : (int)image_src_read(&f->job->src, to, (size_t)n);
}

static int
fail(const struct gif *f, int code, struct err *err)
{
	const char *text = GifErrorString(f->g != NULL ? f->g->Error : code);
	return err_set(err, ERR_INPUT, "GIF: %s", text != NULL ? text : "broken");
}

/* ---- up to the first frame ----------------------------------------------------------------------- */

/* GIF89a 23: only the extension right before the frame counts; others are passed over. */
static int
read_extension(struct gif *f, struct err *err)
{
	GifByteType *data = NULL;
	int code = 0;
	GraphicsControlBlock gcb;
	if (DGifGetExtension(f->g, &code, &data) == GIF_ERROR)
		return fail(f, 0, err);
	while (data != NULL) {
		if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(data[0], data + 1, &gcb) == GIF_OK)
			f->transparent = gcb.TransparentColor;
		if (DGifGetExtensionNext(f->g, &data) == GIF_ERROR)
			return fail(f, 0, err);
	}
	return 0;
}

static int
find_frame(struct gif *f, struct err *err)
{
	for (;;) {
		GifRecordType type = UNDEFINED_RECORD_TYPE;
		if (DGifGetRecordType(f->g, &type) == GIF_ERROR)
			return fail(f, 0, err);
		if (type == IMAGE_DESC_RECORD_TYPE)
			break;
		if (type != EXTENSION_RECORD_TYPE)
			return err_set(err, ERR_INPUT, "GIF without a picture");
		if (read_extension(f, err) < 0)
			return -1;
	}
	return DGifGetImageHeader(f->g) == GIF_ERROR ? fail(f, 0, err) : 0;
}

/* A frame is judged like a canvas: its rows are decoded whether they lie inside or not. */
static int
judge_frame(struct gif *f, struct err *err)
{
	const GifImageDesc *d = &f->g->Image;
	if (d->Left < 0 || d->Top < 0 || d->Width <= 0 || d->Height <= 0)
		return err_set(err, ERR_INPUT, "GIF: frame of %d x %d pixels", d->Width, d->Height);
	f->x = (uint32_t)d->Left;
	f->y = (uint32_t)d->Top;
	f->w = (uint32_t)d->Width;
	f->h = (uint32_t)d->Height;
	if ((int64_t)f->w * f->h >= f->job->limits->max_pixels)
		return err_set(err, ERR_LIMIT, "GIF frame of %u x %u pixels is too large (limit: %lld pixels)", f->w,
			       f->h, (long long)f->job->limits->max_pixels);
	return 0;
}

static int
read_palette(struct gif *f, struct err *err)
{
	const ColorMapObject *map = f->g->Image.ColorMap != NULL ? f->g->Image.ColorMap : f->g->SColorMap;
	if (map == NULL)
		return err_set(err, ERR_INPUT, "GIF without a palette");
	for (int i = 0; i < 256; i++) {
		uint8_t *c = f->rgba[i];
		c[3] = 255;
		if (i < map->ColorCount) {
			c[0] = map->Colors[i].Red;
			c[1] = map->Colors[i].Green;
			c[2] = map->Colors[i].Blue;
		}
		if (i == f->transparent)
			(void)memset(c, 0, 4);
	}
	return 0;
}

/* ---- rows ------------------------------------------------------------------------------------------- */

/* One row of the canvas; index: the frame's row at that height, or NULL where there is none. */
static void
push_row(struct gif *f, const uint8_t *index)
{
	struct image_feed *feed = &f->job->feed[0];
	uint8_t *out = image_feed_slot(feed, 0);
	uint32_t end = f->canvas_w - f->x < f->w ? f->canvas_w : f->x + f->w;
	if (index == NULL || f->x > 0 || end < f->canvas_w) {
		(void)memset(out, 0, (size_t)f->canvas_w * 4);
		f->job->transparent = true;
	}
	for (uint32_t x = f->x; index != NULL && x < end; x++) {
		uint8_t i = index[x - f->x];
		if (i == f->transparent)
			f->job->transparent = true;
		(void)memcpy(out + (size_t)x * 4, f->rgba[i], 4);
	}
	image_feed_push(feed, 1);
}

/* GIF89a appendix E: four passes. */
static int
read_interlaced(struct gif *f, struct err *err)
{
	static const uint32_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
	if (image_job_memory(f->job, (int64_t)f->w * f->h, "interlaced GIF", err) < 0)
		return -1;
	f->whole = mem_alloc((size_t)f->w * f->h);
	if (f->transparent >= 0)
		(void)memset(f->whole, f->transparent, (size_t)f->w * f->h);
	for (int pass = 0; pass < 4; pass++)
		for (uint32_t y = first[pass]; y < f->h; y += step[pass]) {
			if (DGifGetLine(f->g, f->whole + (size_t)y * f->w, (int)f->w) == GIF_ERROR)
				return 0;
			f->got++;
		}
	return 0;
}

static const uint8_t *
frame_row(struct gif *f, uint32_t y, bool *broken)
{
	if (y < f->y || y - f->y >= f->h || *broken)
		return NULL;
	if (f->whole != NULL)
		return f->whole + (size_t)(y - f->y) * f->w;
	if (DGifGetLine(f->g, f->line, (int)f->w) == GIF_ERROR) {
		*broken = true;
		return NULL;
	}
	f->got++;
	return f->line;
}

static int
read_rows(struct gif *f, struct err *err)
{
	bool broken = false;
	struct image_layout layout = {
	    .w = f->canvas_w, .h = f->canvas_h, .ext_w = f->canvas_w, .ext_h = f->canvas_h, .channels = 4, .batch = 1};
	if (image_job_open(f->job, IMAGE_RGBA, &layout, err) < 0)
		return -1;
	f->line = mem_alloc(f->w);
	if (f->g->Image.Interlace && read_interlaced(f, err) < 0)
		return -1;
	for (uint32_t y = 0; y < f->canvas_h; y++)
		push_row(f, f->x < f->canvas_w ? frame_row(f, y, &broken) : NULL);
	if (f->got == 0)
		return f->x < f->canvas_w && f->y < f->canvas_h ? fail(f, 0, err) : 0;
	if (broken || (f->whole != NULL && f->got < f->h))
		(void)err_set(f->job->warning, ERR_INPUT, "GIF: the file ends too early, the rest is transparent");
	return 0;
}

static int
decode(struct gif *f, struct err *err)
{
	f->canvas_w = f->g->SWidth > 0 ? (uint32_t)f->g->SWidth : 0;
	f->canvas_h = f->g->SHeight > 0 ? (uint32_t)f->g->SHeight : 0;
	if (image_job_start(f->job, f->canvas_w, f->canvas_h, true, err) < 0)
		return -1;
	if (find_frame(f, err) < 0 || judge_frame(f, err) < 0 || read_palette(f, err) < 0)
		return -1;
	return read_rows(f, err);
}

int
image_gif_decode(struct image_job *job, struct err *err)
{
	struct gif f = {.job = job, .transparent = OPAQUE};
	int code = 0, rc = -1;
	image_src_seek(&job->src, 0);
	f.g = DGifOpen(&f, feed, &code);
	rc = f.g == NULL ? fail(&f, code, err) : decode(&f, err);
	if (f.g != NULL)
		(void)DGifCloseFile(f.g, &code);
	mem_free(f.whole);
	mem_free(f.line);
	return rc;
}
