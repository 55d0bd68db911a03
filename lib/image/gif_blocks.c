/* What does a GIF say, block by block?  GIF89a: screen, palettes, extensions, frames; hostile, so nothing is believed. */
#include "image/gif.h"

#include <string.h>

enum {
	SCREEN = 13, /* signature and logical screen descriptor */
	DESCRIPTOR = 9,
	CONTROL = 4,	  /* bytes of a graphic control extension */
	APPLICATION = 11, /* bytes of the name of an application extension */
	EXTENSION_CONTROL = 0xF9,
	EXTENSION_APPLICATION = 0xFF,
	TABLE = 0x80,
	LACED = 0x40
};

static int
cut(struct err *err)
{
	return err_set(err, ERR_INPUT, "GIF: the file ends too early");
}

static int
read_palette(struct image_gif *g, uint8_t flags, uint8_t palette[256][3], int *n, struct err *err)
{
	*n = (flags & TABLE) != 0 ? 2 << (flags & 7) : 0;
	size_t bytes = (size_t)*n * 3;
	return image_src_read(g->src, palette, bytes) < bytes ? cut(err) : 0;
}

int
image_gif_open(struct image_gif *g, struct image_src *src, struct err *err)
{
	uint8_t head[SCREEN];
	g->src = src;
	g->loops = -1;
	g->reading = false;
	if (image_src_read(src, head, SCREEN) < SCREEN)
		return cut(err);
	if (memcmp(head, "GIF8", 4) != 0)
		return err_set(err, ERR_INPUT, "GIF: wrong signature");
	g->canvas_w = image_le16(head + 6);
	g->canvas_h = image_le16(head + 8);
	return read_palette(g, head[10], g->common, &g->commons, err);
}

/* ---- extensions ------------------------------------------------------------------------------------------ */

/* Its length, 0 at the end of all; -1: the file ended. */
static int
sub_block(struct image_gif *g, uint8_t data[255])
{
	uint8_t n = 0;
	if (image_src_read(g->src, &n, 1) == 0 || image_src_read(g->src, data, n) < n)
		return -1;
	return n;
}

static void
control(struct image_gif *g, const uint8_t *data)
{
	g->dispose = data[0] >> 2 & 7;
	g->ms = (int)image_le16(data + 1) * 10;
	g->transparent = (data[0] & 1) != 0 ? data[3] : IMAGE_GIF_OPAQUE;
}

/* How often it plays stands in an extension that a browser once invented: 0 for ever, else once more than it says. */
static int
read_extension(struct image_gif *g, struct err *err)
{
	uint8_t label = 0, data[255];
	bool loops = false;
	int n = 0;
	if (image_src_read(g->src, &label, 1) == 0)
		return cut(err);
	while ((n = sub_block(g, data)) > 0) {
		if (label == EXTENSION_CONTROL && n == CONTROL)
			control(g, data);
		if (label != EXTENSION_APPLICATION)
			continue;
		if (n == APPLICATION &&
		    (memcmp(data, "NETSCAPE2.0", APPLICATION) == 0 || memcmp(data, "ANIMEXTS1.0", APPLICATION) == 0)) {
			loops = true;
		} else if (loops && n >= 3 && data[0] == 1) {
			int more = (int)image_le16(data + 1);
			g->loops = more > 0 && more < 65535 ? more + 1 : more;
		}
	}
	return n < 0 ? cut(err) : 0;
}

/* ---- frames ------------------------------------------------------------------------------------------------ */

static int
read_descriptor(struct image_gif *g, struct err *err)
{
	uint8_t d[DESCRIPTOR];
	int n = 0;
	if (image_src_read(g->src, d, DESCRIPTOR) < DESCRIPTOR)
		return cut(err);
	g->x = image_le16(d);
	g->y = image_le16(d + 2);
	g->w = image_le16(d + 4);
	g->h = image_le16(d + 6);
	g->interlaced = (d[8] & LACED) != 0;
	if (read_palette(g, d[8], g->own, &n, err) < 0)
		return -1;
	g->palette = (const uint8_t(*)[3])(n > 0 ? g->own : g->common);
	g->colours = n > 0 ? n : g->commons;
	if (image_lzw_start(&g->lzw, g->src) < 0)
		return err_set(err, ERR_INPUT, "GIF: broken frame");
	g->reading = true;
	return 1;
}

int
image_gif_next(struct image_gif *g, struct err *err)
{
	uint8_t kind = 0;
	if (g->reading)
		image_lzw_end(&g->lzw);
	g->reading = false;
	g->ms = -1;
	g->transparent = IMAGE_GIF_OPAQUE;
	g->dispose = 0;
	while (image_src_read(g->src, &kind, 1) == 1) {
		if (kind == ',')
			return read_descriptor(g, err);
		if (kind == ';')
			return 0;
		if (kind != '!')
			return err_set(err, ERR_INPUT, "GIF: neither a frame nor its end");
		if (read_extension(g, err) < 0)
			return -1;
	}
	return cut(err);
}

int
image_gif_row(struct image_gif *g, uint8_t *index)
{
	return g->reading ? image_lzw_read(&g->lzw, index, g->w) : -1;
}
