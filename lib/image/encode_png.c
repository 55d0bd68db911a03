/* How does a small picture become a PNG?  Adaptive filters by hand, one libdeflate stream, four chunks. */
#include "image/int.h"

#include <string.h>

#include <libdeflate.h>

/* Compiled twice, for any CPU and for one with AVX2: what is meant stands here once. */
#define INLINE static inline __attribute__((always_inline))

enum {
	LEVEL = 1, /* of 12: three times faster than 6 and 4 % larger */
	FILTERS = 5,
	CHUNK = 256,	 /* bytes whose costs, 128 at most, can be summed in 16 bits */
	CHUNK_EXTRA = 12 /* length, type, CRC */
};

/* PNG specification 9.2: what each filter leaves of a row.  prev is the row above, or zeros. */
INLINE void
filter_sub(uint8_t *out, const uint8_t *row, size_t n, size_t bpp)
{
	(void)memcpy(out, row, bpp);
	for (size_t i = bpp; i < n; i++)
		out[i] = (uint8_t)(row[i] - row[i - bpp]);
}

INLINE void
filter_up(uint8_t *out, const uint8_t *row, const uint8_t *prev, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(row[i] - prev[i]);
}

INLINE void
filter_average(uint8_t *out, const uint8_t *row, const uint8_t *prev, size_t n, size_t bpp)
{
	for (size_t i = 0; i < bpp; i++)
		out[i] = (uint8_t)(row[i] - prev[i] / 2);
	for (size_t i = bpp; i < n; i++)
		out[i] = (uint8_t)(row[i] - (row[i - bpp] + prev[i]) / 2);
}

/* Written without branches, so that compilers do many at a time.  a left, b above, c above left. */
INLINE void
filter_paeth(uint8_t *out, const uint8_t *row, const uint8_t *prev, size_t n, size_t bpp)
{
	for (size_t i = 0; i < bpp; i++)
		out[i] = (uint8_t)(row[i] - prev[i]);
	for (size_t i = bpp; i < n; i++) {
		int16_t a = row[i - bpp], b = prev[i], c = prev[i - bpp];
		int16_t pa = (int16_t)(b - c), pb = (int16_t)(a - c), pc = (int16_t)(pa + pb);
		pa = (int16_t)(pa < 0 ? -pa : pa);
		pb = (int16_t)(pb < 0 ? -pb : pb);
		pc = (int16_t)(pc < 0 ? -pc : pc);
		int16_t bc = pb <= pc ? b : c, nearest = pa <= pb && pa <= pc ? a : bc;
		out[i] = (uint8_t)(row[i] - nearest);
	}
}

/* The usual guess at how well a row will compress: small differences of either sign are cheap. */
INLINE uint32_t
cost(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;
	for (size_t at = 0; at < n; at += CHUNK) {
		size_t len = n - at < CHUNK ? n - at : CHUNK;
		uint16_t part = 0;
		for (size_t i = 0; i < len; i++) {
			uint8_t up = p[at + i], down = (uint8_t)(0 - up);
			part = (uint16_t)(part + (up < down ? up : down));
		}
		sum += part;
	}
	return sum;
}

struct filterer {
	size_t n, bpp; /* bytes of a row, of a pixel */
	uint8_t *prev, *row, *try[FILTERS];
};

INLINE void
filter_row(const struct filterer *f, uint8_t *out)
{
	size_t best = 0;
	uint32_t least = UINT32_MAX;
	(void)memcpy(f->try[0], f->row, f->n);
	filter_sub(f->try[1], f->row, f->n, f->bpp);
	filter_up(f->try[2], f->row, f->prev, f->n);
	filter_average(f->try[3], f->row, f->prev, f->n, f->bpp);
	filter_paeth(f->try[4], f->row, f->prev, f->n, f->bpp);
	for (size_t i = 0; i < FILTERS; i++) {
		uint32_t c = cost(f->try[i], f->n);
		if (c < least) {
			least = c;
			best = i;
		}
	}
	out[0] = (uint8_t)best;
	(void)memcpy(out + 1, f->try[best], f->n);
}

static void
filter_plain(const struct filterer *f, uint8_t *out)
{
	filter_row(f, out);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void
filter_avx2(const struct filterer *f, uint8_t *out)
{
	filter_row(f, out);
}
#endif

typedef void filter_fn(const struct filterer *f, uint8_t *out);

static filter_fn *
filter_best(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return filter_avx2;
#endif
	return filter_plain;
}

static void
fetch_row(const struct image_pic *pic, uint32_t y, int channels, uint8_t *row)
{
	if (channels == 1)
		(void)memcpy(row, pic->plane[0].p + (size_t)y * pic->plane[0].stride, pic->w);
	else
		image_pic_rgb_row(pic, y, channels, row);
}

/* All rows, each behind its filter type: yours. */
static uint8_t *
filter_all(const struct image_pic *pic, int channels, size_t *len)
{
	filter_fn *filter = filter_best();
	struct filterer f = {.n = (size_t)pic->w * (size_t)channels, .bpp = (size_t)channels};
	uint8_t *work = mem_array(FILTERS + 2, f.n), *raw = mem_array(pic->h, f.n + 1);
	f.prev = work;
	f.row = work + f.n;
	for (size_t i = 0; i < FILTERS; i++)
		f.try[i] = work + (i + 2) * f.n;
	for (uint32_t y = 0; y < pic->h; y++) {
		fetch_row(pic, y, channels, f.row);
		filter(&f, raw + (size_t)y * (f.n + 1));
		uint8_t *above = f.prev;
		f.prev = f.row;
		f.row = above;
	}
	mem_free(work);
	*len = (size_t)pic->h * (f.n + 1);
	return raw;
}

static void
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* The data stand in out already, from at + 8 on. */
static void
seal(struct buf *out, size_t at, const char type[4], size_t n)
{
	uint8_t *p = (uint8_t *)out->p + at;
	put32(p, (uint32_t)n);
	(void)memcpy(p + 4, type, 4);
	put32(p + 8 + n, libdeflate_crc32(0, p + 4, n + 4));
	out->len = at + n + CHUNK_EXTRA;
}

static void
header(const struct image_pic *pic, int channels, struct buf *out)
{
	size_t at = out->len + 8;
	(void)memcpy(out->p + out->len, "\x89PNG\r\n\x1A\n", 8);
	uint8_t *d = (uint8_t *)out->p + at + 8;
	put32(d, pic->w);
	put32(d + 4, pic->h);
	d[8] = 8;
	d[9] = channels == 1 ? 0 : channels == 3 ? 2 : 6;
	d[10] = d[11] = d[12] = 0;
	seal(out, at, "IHDR", 13);
}

int
image_png_encode(const struct image_pic *pic, struct buf *out, struct err *err)
{
	int channels = pic->color == IMAGE_GRAY ? 1 : pic->color == IMAGE_RGBA ? 4 : 3;
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(LEVEL);
	size_t len = 0, rc = 0;
	if (z == NULL)
		return err_set(err, ERR_SYS, "PNG: the compressor cannot be set up");
	uint8_t *raw = filter_all(pic, channels, &len);
	size_t bound = libdeflate_zlib_compress_bound(z, len);
	if (buf_reserve(out, 8 + 3 * CHUNK_EXTRA + 13 + bound) == 0) {
		header(pic, channels, out);
		rc = libdeflate_zlib_compress(z, raw, len, out->p + out->len + 8, bound);
		seal(out, out->len, "IDAT", rc);
		seal(out, out->len, "IEND", 0);
	}
	mem_free(raw);
	libdeflate_free_compressor(z);
	return rc > 0 ? 0 : err_set(err, ERR_LIMIT, "PNG: thumbnail too large");
}
