/* The frames of an animated GIF, one laid over the other as each says (GIF89a 23). */
#include "image/int.h"

#include <string.h>

#include <gif_lib.h>

enum {
	UNTOLD_MS = 100, /* of a frame that says nothing of its time */
	OPAQUE = -1,
	DISPOSE_CLEAR = 2,
	DISPOSE_RESTORE = 3
};

struct frame {
	int ms, transparent, dispose;
	uint32_t x, y, w, h; /* what lies on the canvas */
};

struct gif {
	GifFileType *g;
	struct image_anim *a;
	struct frame f;
	uint8_t *line, *saved; /* the canvas as it was before a frame that wants it back */
};

static int
feed(GifFileType *g, GifByteType *to, int n)
{
	struct gif *f = g->UserData;
	return n <= 0 ? 0 : (int)image_src_read(&f->a->src, to, (size_t)n);
}

static int
broken(struct err *err)
{
	return err_set(err, ERR_INPUT, "GIF: broken animation");
}

/* How often it plays stands in an extension that a browser once invented: 0 for ever, else once more than it says. */
static int
read_extension(struct gif *g, struct err *err)
{
	GifByteType *data = NULL;
	GraphicsControlBlock gcb;
	int code = 0;
	bool loops = false;
	if (DGifGetExtension(g->g, &code, &data) == GIF_ERROR)
		return broken(err);
	while (data != NULL) {
		if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(data[0], data + 1, &gcb) == GIF_OK)
			g->f = (struct frame){
			    .ms = gcb.DelayTime * 10, .transparent = gcb.TransparentColor, .dispose = gcb.DisposalMode};
		if (code == APPLICATION_EXT_FUNC_CODE && data[0] == 11 &&
		    (memcmp(data + 1, "NETSCAPE2.0", 11) == 0 || memcmp(data + 1, "ANIMEXTS1.0", 11) == 0))
			loops = true;
		else if (loops && data[0] >= 3 && data[1] == 1) {
			int n = (int)image_le16(data + 2);
			g->a->loops = n == 0 ? 0 : n < 65535 ? n + 1 : n;
		}
		if (DGifGetExtensionNext(g->g, &data) == GIF_ERROR)
			return broken(err);
	}
	return 0;
}

/* ---- one frame ---------------------------------------------------------------------------------------------- */

static void
clear_frame(struct gif *g)
{
	for (uint32_t y = 0; y < g->f.h; y++)
		(void)memset(g->a->canvas.p + (g->f.y + y) * g->a->canvas.stride + (size_t)g->f.x * 4, 0,
			     (size_t)g->f.w * 4);
}

static void
lay_row(struct gif *g, const ColorMapObject *map, uint32_t y)
{
	if (y >= g->f.h)
		return;
	uint8_t *out = g->a->canvas.p + (g->f.y + y) * g->a->canvas.stride + (size_t)g->f.x * 4;
	for (uint32_t x = 0; x < g->f.w; x++, out += 4) {
		int i = g->line[x];
		if (i == g->f.transparent || i >= map->ColorCount)
			continue;
		const GifColorType *c = &map->Colors[i];
		const uint8_t px[4] = {c->Red, c->Green, c->Blue, 255};
		(void)memcpy(out, px, 4);
	}
}

static int
read_rows(struct gif *g, const ColorMapObject *map, uint32_t w, uint32_t h, struct err *err)
{
	static const uint32_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
	bool lace = g->g->Image.Interlace;
	for (int pass = 0; pass < (lace ? 4 : 1); pass++)
		for (uint32_t y = lace ? first[pass] : 0; y < h; y += lace ? step[pass] : 1) {
			if (DGifGetLine(g->g, g->line, (int)w) == GIF_ERROR)
				return broken(err);
			lay_row(g, map, y);
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
lay_frame(struct gif *g, struct err *err)
{
	const GifImageDesc *d = &g->g->Image;
	const ColorMapObject *map = d->ColorMap != NULL ? d->ColorMap : g->g->SColorMap;
	if (d->Left < 0 || d->Top < 0 || d->Width <= 0 || d->Height <= 0 || map == NULL)
		return broken(err);
	uint32_t w = (uint32_t)d->Width, h = (uint32_t)d->Height;
	g->a->pixels += (int64_t)w * h;
	if (g->a->pixels > IMAGE_ANIM_PIXELS)
		return err_set(err, ERR_LIMIT, "animation of more than %lld pixels in all",
			       (long long)IMAGE_ANIM_PIXELS);
	g->f.x = least((uint32_t)d->Left, g->a->w);
	g->f.y = least((uint32_t)d->Top, g->a->h);
	g->f.w = least(w, g->a->w - g->f.x);
	g->f.h = least(h, g->a->h - g->f.y);
	mem_free(g->line);
	g->line = mem_alloc(w);
	return read_rows(g, map, w, h, err);
}

static int
show_frame(struct gif *g, struct err *err)
{
	size_t bytes = g->a->h * g->a->canvas.stride;
	if (g->f.dispose == DISPOSE_RESTORE) {
		if (g->saved == NULL && image_anim_memory(g->a, (int64_t)bytes, err) < 0)
			return -1;
		if (g->saved == NULL)
			g->saved = mem_alloc(bytes);
		(void)memcpy(g->saved, g->a->canvas.p, bytes);
	}
	if (lay_frame(g, err) < 0 || image_anim_show(g->a, g->f.ms, err) < 0)
		return -1;
	if (g->f.dispose == DISPOSE_CLEAR)
		clear_frame(g);
	else if (g->f.dispose == DISPOSE_RESTORE)
		(void)memcpy(g->a->canvas.p, g->saved, bytes);
	return 0;
}

static int
decode(struct gif *g, struct err *err)
{
	static const struct frame none = {.ms = UNTOLD_MS, .transparent = OPAQUE};
	if (g->g->SWidth <= 0 || g->g->SHeight <= 0)
		return broken(err);
	if (image_anim_open(g->a, (uint32_t)g->g->SWidth, (uint32_t)g->g->SHeight, err) < 0)
		return -1;
	g->f = none;
	for (;;) {
		GifRecordType type = UNDEFINED_RECORD_TYPE;
		if (DGifGetRecordType(g->g, &type) == GIF_ERROR)
			return broken(err);
		if (type == TERMINATE_RECORD_TYPE)
			return 0;
		if (type == EXTENSION_RECORD_TYPE) {
			if (read_extension(g, err) < 0)
				return -1;
			continue;
		}
		if (type != IMAGE_DESC_RECORD_TYPE || DGifGetImageHeader(g->g) == GIF_ERROR)
			return broken(err);
		if (show_frame(g, err) < 0)
			return -1;
		g->f = none;
	}
}

int
image_anim_gif(struct image_anim *a, struct err *err)
{
	struct gif g = {.a = a};
	int code = 0;
	g.g = DGifOpen(&g, feed, &code);
	int rc = g.g == NULL ? broken(err) : decode(&g, err);
	if (g.g != NULL)
		(void)DGifCloseFile(g.g, &code);
	mem_free(g.line);
	mem_free(g.saved);
	return rc;
}
