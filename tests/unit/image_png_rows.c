/* Does a PNG of any kind show the same pixels here as libpng makes of it, unpacked at once or piece by piece? */
#include "image/image.h"

#include <setjmp.h>

#include "image/int.h"
#include "image_make.h"
#include "tap.h"

static uint32_t seed = 4711;

static uint32_t
next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

struct kind {
	uint32_t w, h;
	int depth, type, interlaced, filters;
	bool transparent;
};

static void
append(png_structp p, png_bytep data, size_t n)
{
	(void)buf_add(png_get_io_ptr(p), data, n);
}

static void
add_palette(png_structp p, png_infop info, const struct kind *k)
{
	png_color colors[256];
	png_byte alpha[256];
	png_color_16 key = {0};
	for (int i = 0; i < 256; i++) {
		colors[i] = (png_color){(png_byte)next(), (png_byte)next(), (png_byte)next()};
		alpha[i] = (png_byte)(next() % 3 * 127);
	}
	if (k->type == PNG_COLOR_TYPE_PALETTE)
		png_set_PLTE(p, info, colors, 1 << k->depth);
	if (k->transparent && k->type == PNG_COLOR_TYPE_PALETTE)
		png_set_tRNS(p, info, alpha, 1 + (int)(next() % (1u << k->depth)), NULL);
	else if (k->transparent)
		png_set_tRNS(p, info, NULL, 0, &key);
}

/* Noise in which neighbours are often alike, with much of the colour key 0. */
static struct buf
draw(const struct kind *k)
{
	struct buf out;
	buf_init(&out, (size_t)1 << 26);
	png_structp p = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(p);
	png_set_write_fn(p, &out, append, NULL);
	png_set_IHDR(p, info, k->w, k->h, k->depth, k->type, k->interlaced, 0, 0);
	png_set_filter(p, 0, k->filters);
	add_palette(p, info, k);
	png_write_info(p, info);
	size_t len = png_get_rowbytes(p, info);
	png_bytep *rows = mem_array(k->h, sizeof *rows);
	for (uint32_t y = 0; y < k->h; y++) {
		rows[y] = mem_alloc(len);
		for (size_t i = 0; i < len; i++)
			rows[y][i] = next() % 4 == 0 ? 0 : next() % 2 == 0 && i > 0 ? rows[y][i - 1] : (png_byte)next();
	}
	png_write_image(p, rows);
	png_write_end(p, info);
	png_destroy_write_struct(&p, &info);
	for (uint32_t y = 0; y < k->h; y++)
		mem_free(rows[y]);
	mem_free(rows);
	return out;
}

struct bytes {
	const char *p;
};

static void
take(png_structp p, png_bytep to, size_t n)
{
	struct bytes *b = png_get_io_ptr(p);
	(void)memcpy(to, b->p, n);
	b->p += n;
}

/* As r, g, b, a of 8 bits; yours. */
static uint8_t *
libpng(const struct buf *b, const struct kind *k)
{
	struct bytes at = {b->p};
	png_structp p = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(p);
	uint8_t *out = mem_array((size_t)k->w * k->h, 4);
	png_bytep *rows = mem_array(k->h, sizeof *rows);
	png_set_read_fn(p, &at, take);
	png_read_info(p, info);
	png_set_expand(p);
	png_set_scale_16(p);
	png_set_gray_to_rgb(p);
	png_set_add_alpha(p, 255, PNG_FILLER_AFTER);
	(void)png_set_interlace_handling(p);
	png_read_update_info(p, info);
	for (uint32_t y = 0; y < k->h; y++)
		rows[y] = out + (size_t)y * k->w * 4;
	png_read_image(p, rows);
	png_destroy_read_struct(&p, &info, NULL);
	mem_free(rows);
	return out;
}

/* Colours count as far as they are seen. */
static bool
alike(const uint8_t *a, const uint8_t *b, size_t pixels)
{
	for (size_t i = 0; i < pixels; i++, a += 4, b += 4)
		for (int c = 0; c < 4; c++)
			if (a[3] != b[3] || abs(a[c] - b[c]) * a[3] > (a[3] == 255 ? 0 : 255))
				return false;
	return true;
}

/* At its own size nothing is resampled.  pieces: the file is longer than what is unpacked at once. */
static bool
same(const struct buf *b, const struct kind *k, bool pieces)
{
	static const struct image_size size = {4000, 4000, IMAGE_SCALE};
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	uint32_t w = 0, h = 0;
	int fd = make_fd(b->p, b->len);
	if (pieces && ftruncate(fd, IMAGE_PNG_WHOLE_MAX + 1) < 0)
		return false;
	bool good = image_thumbs_make(fd, &size, 1, IMAGE_PNG, &image_limits_default, &t, &err) == 0 &&
		    t.warning.code == ERR_NONE;
	uint8_t *want = libpng(b, k), *got = good ? open_png(&t.thumb[0].data, &w, &h) : NULL;
	good = good && w == k->w && h == k->h && alike(want, got, (size_t)w * h);
	if (!good)
		(void)printf("# %ux%u type %d depth %d%s%s%s %s%s\n", k->w, k->h, k->type, k->depth,
			     k->interlaced ? " interlaced" : "", k->transparent ? " tRNS" : "", pieces ? " pieces" : "",
			     err.text, t.warning.text);
	mem_free(want);
	mem_free(got);
	image_thumbs_clear(&t);
	(void)close(fd);
	return good;
}

static void
kind(const char *name, int type, int depth)
{
	static const int filters[] = {PNG_ALL_FILTERS, PNG_FILTER_NONE, PNG_FILTER_SUB,
				      PNG_FILTER_UP,   PNG_FILTER_AVG,	PNG_FILTER_PAETH};
	bool good = true;
	for (int i = 0; good && i < 48; i++) {
		struct kind k = {1 + next() % 40, 1 + next() % 30,    depth,	   type,
				 i & 1,		  filters[i / 2 % 6], (i & 8) != 0};
		if (i % 16 == 15) { /* more than a piece */
			k.w = 300 + next() % 100;
			k.h = 120;
		}
		k.transparent = k.transparent && (type & PNG_COLOR_MASK_ALPHA) == 0;
		struct buf b = draw(&k);
		good = same(&b, &k, false) && same(&b, &k, true);
		buf_clear(&b);
	}
	ok(good, "%s of %d bits", name, depth);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

/* What comes of b: a code of err or of the warning, ERR_NONE for a whole picture. */
static enum err_code
told(const struct buf *b, bool *picture)
{
	static const struct image_size size = {4000, 4000, IMAGE_SCALE};
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	int fd = make_fd(b->p, b->len);
	*picture = image_thumbs_make(fd, &size, 1, IMAGE_PNG, &image_limits_default, &t, &err) == 0;
	enum err_code code = *picture ? t.warning.code : err.code;
	image_thumbs_clear(&t);
	(void)close(fd);
	return code;
}

static size_t
find(const struct buf *b, const char *type)
{
	for (size_t i = 8; i + 8 <= b->len; i += image_be32((const uint8_t *)b->p + i) + 12)
		if (memcmp(b->p + i + 4, type, 4) == 0)
			return i;
	return 0;
}

static void
damaged(const char *name, const char *type, size_t from, bool shown)
{
	struct kind k = {30, 30, 8, PNG_COLOR_TYPE_PALETTE, 0, PNG_FILTER_NONE, true};
	struct buf b = draw(&k);
	bool picture = false;
	uint8_t *p = (uint8_t *)b.p + find(&b, type);
	p[8 + from + (from > 0 ? 0 : image_be32(p))] ^= 0x55;
	enum err_code code = told(&b, &picture);
	ok(picture == shown && (shown ? strcmp(type, "tRNS") == 0 || code == ERR_INPUT : code == ERR_INPUT), "%s",
	   name);
	buf_clear(&b);
}

/* Everything is there, but another chunk lies between two parts of the data. */
static void
apart(void)
{
	struct kind k = {60, 60, 8, PNG_COLOR_TYPE_RGB, 0, PNG_ALL_FILTERS, false};
	struct buf b = draw(&k), out;
	size_t at = find(&b, "IDAT"), n = image_be32((const uint8_t *)b.p + at), half = n / 2;
	uint8_t head[4] = {0, 0, (uint8_t)(half >> 8), (uint8_t)half}, crc[4] = {0}, other[12] = "\0\0\0\0teSt";
	uint8_t rest[4] = {0, 0, (uint8_t)((n - half) >> 8), (uint8_t)(n - half)};
	bool picture = false;
	buf_init(&out, 1 << 20);
	(void)buf_add(&out, b.p, at);
	(void)buf_add(&out, head, 4);
	(void)buf_add(&out, b.p + at + 4, 4 + half);
	(void)buf_add(&out, crc, 4);
	(void)buf_add(&out, other, 12);
	(void)buf_add(&out, rest, 4);
	(void)buf_add(&out, "IDAT", 4);
	(void)buf_add(&out, b.p + at + 8 + half, b.len - at - 8 - half);
	enum err_code code = told(&out, &picture);
	ok(picture && code == ERR_INPUT,
	   "data in two parts with another chunk between them, and a wrong checksum: shown");
	buf_clear(&b);
	buf_clear(&out);
}

int
main(void)
{
	for (int depth = 1; depth <= 16; depth *= 2)
		kind("grey", PNG_COLOR_TYPE_GRAY, depth);
	for (int depth = 1; depth <= 8; depth *= 2)
		kind("palette", PNG_COLOR_TYPE_PALETTE, depth);
	for (int depth = 8; depth <= 16; depth *= 2) {
		kind("RGB", PNG_COLOR_TYPE_RGB, depth);
		kind("grey with alpha", PNG_COLOR_TYPE_GRAY_ALPHA, depth);
		kind("RGB with alpha", PNG_COLOR_TYPE_RGB_ALPHA, depth);
	}
	damaged("a wrong checksum of the header refuses", "IHDR", 0, false);
	damaged("a wrong checksum of the palette refuses", "PLTE", 0, false);
	damaged("a wrong checksum of tRNS leaves it out", "tRNS", 0, true);
	damaged("a wrong checksum of the data warns", "IDAT", 0, true);
	damaged("so do broken data", "IDAT", 200, true);
	apart();
	return done();
}
