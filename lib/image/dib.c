/* How are the bitmaps of Windows laid out?  Headers, masks, palettes and rows, for BMP files and icons alike. */
#include "image/int.h"

#include <string.h>

enum {
	CORE = 12, /* BITMAPCOREHEADER: 16 bit sizes, palette of three bytes a colour */
	INFO = 40, /* BITMAPINFOHEADER; 52 and more: masks belong to the header */
	BI_RGB = 0,
	BI_RLE8 = 1,
	BI_RLE4 = 2,
	BI_BITFIELDS = 3,
	BI_ALPHABITFIELDS = 6
};

bool
image_dib_known(const uint8_t *p, size_t n)
{
	static const uint32_t sizes[] = {CORE, INFO, 52, 56, 64, 108, 124};
	for (size_t i = 0; n >= 4 && i < sizeof sizes / sizeof sizes[0]; i++)
		if (image_le32(p) == sizes[i])
			return true;
	return false;
}

/* A negative height says that the top row comes first. */
static void
read_size(const uint8_t *p, size_t head, struct image_dib *out)
{
	if (head == CORE) {
		out->w = image_le16(p + 4);
		out->h = image_le16(p + 6);
		out->bits = image_le16(p + 10);
		return;
	}
	out->w = image_le32(p + 4);
	out->h = image_le32(p + 8);
	out->bits = image_le16(p + 14);
	out->compression = image_le32(p + 16);
	out->down = (out->h & 0x80000000u) != 0;
	if (out->down)
		out->h = ~out->h + 1;
}

/* Where the masks stand: in the header, or behind one that has no room for them. */
static void
read_masks(const uint8_t *p, size_t n, size_t head, struct image_dib *out)
{
	static const uint32_t usual16[4] = {0x7C00, 0x03E0, 0x001F, 0}, usual32[4] = {0xFF0000, 0xFF00, 0xFF, 0};
	bool told = out->compression == BI_BITFIELDS || out->compression == BI_ALPHABITFIELDS;
	if (out->bits != 16 && out->bits != 32)
		return;
	(void)memcpy(out->mask, out->bits == 16 ? usual16 : usual32, sizeof out->mask);
	if (!told)
		return;
	size_t masks = head >= 56 || out->compression == BI_ALPHABITFIELDS ? 4 : 3;
	for (size_t i = 0; i < masks && n >= INFO + 4 * (i + 1); i++)
		out->mask[i] = image_le32(p + INFO + 4 * i);
	if (head == INFO)
		out->head += 4 * masks;
}

static void
read_palette(const uint8_t *p, size_t n, size_t head, struct image_dib *out)
{
	size_t colours = (size_t)1 << out->bits, step = head == CORE ? 3 : 4;
	size_t used = head == CORE ? 0 : image_le32(p + 32);
	if (used > 0 && used < colours)
		colours = used;
	for (size_t i = 0; i < 256; i++)
		out->palette[i][3] = 255;
	for (size_t i = 0, at = out->head; i < colours && at <= n && n - at >= 3; i++, at += step)
		for (size_t c = 0; c < 3; c++)
			out->palette[i][c] = p[at + 2 - c];
	out->head += colours * step;
}

static bool
readable(const struct image_dib *d, size_t head)
{
	switch (d->bits) {
	case 1:
	case 4:
	case 8:
		return d->compression == BI_RGB || (d->bits == 8 && d->compression == BI_RLE8 && !d->down) ||
		       (d->bits == 4 && d->compression == BI_RLE4 && !d->down);
	case 16:
	case 32:
		return d->compression == BI_RGB || d->compression == BI_BITFIELDS ||
		       (d->compression == BI_ALPHABITFIELDS && head == INFO);
	case 24:
		return d->compression == BI_RGB;
	default:
		return false;
	}
}

int
image_dib_read(const uint8_t *p, size_t n, struct image_dib *out, struct err *err)
{
	*out = (struct image_dib){.w = 0};
	size_t head = n >= 4 ? image_le32(p) : 0;
	if (!image_dib_known(p, n) || n < head)
		return err_set(err, ERR_INPUT, "BMP: the header is cut");
	read_size(p, head, out);
	out->head = head;
	if (out->w == 0 || out->h == 0 || out->w > INT32_MAX || out->h > INT32_MAX)
		return err_set(err, ERR_INPUT, "BMP of %u x %u pixels", out->w, out->h);
	if (!readable(out, head))
		return err_set(err, ERR_UNSUPPORTED, "BMP of %u bits with compression %u", out->bits, out->compression);
	read_masks(p, n, head, out);
	if (out->bits <= 8)
		read_palette(p, n, head, out);
	return 0;
}

size_t
image_dib_stride(uint32_t w, uint32_t bits)
{
	return ((size_t)w * bits + 31) / 32 * 4;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

struct field {
	uint32_t mask, shift, most; /* most == 0: there is none */
};

static struct field
field(uint32_t mask)
{
	struct field f = {.mask = mask};
	if (mask == 0)
		return f;
	while ((mask >> f.shift & 1) == 0)
		f.shift++;
	f.most = mask >> f.shift;
	return f;
}

static void
fields_row(const struct image_dib *d, const uint8_t *in, uint8_t *rgba)
{
	struct field f[4];
	for (int c = 0; c < 4; c++)
		f[c] = field(d->mask[c]);
	for (uint32_t x = 0; x < d->w; x++, rgba += 4) {
		uint32_t v = d->bits == 16 ? image_le16(in + (size_t)x * 2) : image_le32(in + (size_t)x * 4);
		for (int c = 0; c < 4; c++) {
			uint64_t of = f[c].most == 0 ? 0 : (uint64_t)((v & f[c].mask) >> f[c].shift) * 255 / f[c].most;
			rgba[c] = f[c].most == 0 && c == 3 ? 255 : (uint8_t)of;
		}
	}
}

static void
palette_row(const struct image_dib *d, const uint8_t *in, uint8_t *rgba)
{
	uint32_t per = 8 / d->bits, low = (1u << d->bits) - 1;
	for (uint32_t x = 0; x < d->w; x++, rgba += 4) {
		uint32_t i = (uint32_t)in[x / per] >> (8 - d->bits * (x % per + 1)) & low;
		(void)memcpy(rgba, d->palette[i], 4);
	}
}

void
image_dib_row(const struct image_dib *d, const uint8_t *in, uint8_t *rgba)
{
	if (d->bits <= 8) {
		palette_row(d, in, rgba);
		return;
	}
	if (d->bits != 24) {
		fields_row(d, in, rgba);
		return;
	}
	for (uint32_t x = 0; x < d->w; x++, in += 3, rgba += 4) {
		rgba[0] = in[2];
		rgba[1] = in[1];
		rgba[2] = in[0];
		rgba[3] = 255;
	}
}
