/* Do colours of another space come out as they were meant, and does no profile do harm? */
#include "image/image.h"

#include <libdeflate.h>
#include <math.h>

#include "image_make_bmp.h"
#include "tap.h"

static const struct image_size small = {60, 60, IMAGE_SCALE};

/* ---- profiles ------------------------------------------------------------------------------------------ */

static void
put32(struct buf *b, uint32_t v)
{
	char p[4] = {(char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v};
	(void)buf_add(b, p, 4);
}

static void
put_fixed(struct buf *b, double v)
{
	put32(b, (uint32_t)(int32_t)lround(v * 65536));
}

/* Columns of red, green, blue as XYZ of D50. */
static const double p3[9] = {0.51498, 0.24112, -0.00105, 0.29214, 0.69234, 0.04189, 0.15709, 0.06655, 0.78406};
static const double srgb[9] = {0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.71410};

/* Six tags; the curves are one: sRGB's own as parameters, or a table of so many entries of a gamma of 2. */
static struct buf
profile(const double xyz[9], size_t entries)
{
	static const char names[6][5] = {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"};
	static const double curve[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
	struct buf b;
	uint32_t curve_len = entries == 0 ? 32 : 12 + 2 * (uint32_t)entries;
	buf_init(&b, 1 << 20);
	put32(&b, 128 + 4 + 72 + 60 + curve_len);
	for (int i = 0; i < 3; i++)
		put32(&b, 0);
	(void)buf_add(&b, "RGB XYZ ", 8);
	while (b.len < 36)
		(void)buf_addc(&b, 0);
	(void)buf_add(&b, "acsp", 4);
	while (b.len < 128)
		(void)buf_addc(&b, 0);
	put32(&b, 6);
	for (uint32_t i = 0; i < 6; i++) {
		(void)buf_add(&b, names[i], 4);
		put32(&b, 204 + 20 * (i < 3 ? i : 3));
		put32(&b, i < 3 ? 20 : curve_len);
	}
	for (int c = 0; c < 3; c++) {
		(void)buf_add(&b, "XYZ \0\0\0\0", 8);
		for (int i = 0; i < 3; i++)
			put_fixed(&b, xyz[3 * c + i]);
	}
	(void)buf_add(&b, entries == 0 ? "para\0\0\0\0\0\3\0\0" : "curv\0\0\0\0", entries == 0 ? 12 : 8);
	for (int i = 0; i < 5 && entries == 0; i++)
		put_fixed(&b, curve[i]);
	if (entries > 0)
		put32(&b, (uint32_t)entries);
	for (size_t i = 0; i < entries; i++) {
		double x = entries == 1 ? 0 : (double)i / (double)(entries - 1);
		uint32_t v = entries == 1 ? 0x200 : (uint32_t)lround(x * x * 65535);
		(void)buf_addc(&b, (char)(v >> 8));
		(void)buf_addc(&b, (char)v);
	}
	return b;
}

/* ---- files that carry one -------------------------------------------------------------------------------- */

static void
splice(struct buf *b, size_t at, struct buf *piece)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	(void)buf_add(&out, b->p, at);
	(void)buf_add(&out, piece->p, piece->len);
	(void)buf_add(&out, b->p + at, b->len - at);
	buf_clear(b);
	buf_clear(piece);
	*b = out;
}

/* In two segments. */
static struct buf
jpeg_with(const struct buf *icc, int flags)
{
	struct buf b = make_jpeg(240, 120, flags, 0), segments;
	buf_init(&segments, 1 << 20);
	for (size_t i = 0; i < 2; i++) {
		size_t half = icc->len / 2, from = i * half, n = i == 0 ? half : icc->len - half;
		char head[4] = {(char)0xFF, (char)0xE2, (char)((n + 16) >> 8), (char)(n + 16)};
		(void)buf_add(&segments, head, 4);
		(void)buf_add(&segments, "ICC_PROFILE", 12);
		(void)buf_addc(&segments, (char)(i + 1));
		(void)buf_addc(&segments, 2);
		(void)buf_add(&segments, icc->p + from, n);
	}
	splice(&b, 2, &segments);
	return b;
}

static struct buf
png_with(const struct buf *icc, int flags)
{
	struct buf b = make_png(240, 120, flags), chunk;
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(6);
	size_t room = libdeflate_zlib_compress_bound(z, icc->len);
	char *packed = mem_alloc(room);
	size_t n = libdeflate_zlib_compress(z, icc->p, icc->len, packed, room);
	buf_init(&chunk, SIZE_MAX / 2);
	put32(&chunk, (uint32_t)n + 3);
	(void)buf_add(&chunk, "iCCPx\0\0", 7);
	(void)buf_add(&chunk, packed, n);
	put32(&chunk, libdeflate_crc32(0, chunk.p + 4, n + 7));
	libdeflate_free_compressor(z);
	mem_free(packed);
	splice(&b, 33, &chunk);
	return b;
}

static struct buf
webp_with(const struct buf *icc, int flags)
{
	struct buf b = make_webp(240, 120, flags), chunks;
	static const uint8_t vp8x[18] = {'V', 'P', '8', 'X', 10, 0, 0, 0, 0x20, 0, 0, 0, 239, 0, 0, 119, 0, 0};
	bool extended = memcmp(b.p + 12, "VP8X", 4) == 0;
	buf_init(&chunks, 1 << 20);
	if (!extended)
		(void)buf_add(&chunks, vp8x, sizeof vp8x);
	(void)buf_add(&chunks, "ICCP", 4);
	add32(&chunks, (uint32_t)icc->len);
	(void)buf_add(&chunks, icc->p, icc->len + (icc->len & 1));
	splice(&b, extended ? 30 : 12, &chunks);
	b.p[20] |= 0x20;
	for (int i = 0; i < 4; i++)
		b.p[4 + i] = (char)((b.len - 8) >> (8 * i));
	return b;
}

/* ---- what comes out ---------------------------------------------------------------------------------------- */

static uint8_t *
thumb(struct buf b, uint32_t *w, uint32_t *h)
{
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	int fd = make_fd(b.p, b.len);
	uint8_t *px = NULL;
	*w = *h = 0;
	if (image_thumbs_make(fd, &small, 1, IMAGE_PNG, &image_limits_default, &t, &err) == 0)
		px = open_png(&t.thumb[0].data, w, h);
	else
		(void)printf("# %s\n", err.text);
	image_thumbs_clear(&t);
	(void)close(fd);
	buf_clear(&b);
	return px;
}

static double
light(double v, bool gamma2)
{
	return gamma2 ? v * v : v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* Display P3 to sRGB: the two matrices multiplied out. */
static void
expect(const uint8_t in[3], bool wide, bool gamma2, double out[3])
{
	static const double m[3][3] = {{1.2249, -0.2249, 0}, {-0.0420, 1.0420, 0}, {-0.0197, -0.0786, 1.0983}};
	double l[3];
	for (int i = 0; i < 3; i++)
		l[i] = light(in[i] / 255.0, gamma2);
	for (int i = 0; i < 3; i++) {
		double v = wide ? m[i][0] * l[0] + m[i][1] * l[1] + m[i][2] * l[2] : l[i];
		v = v < 0 ? 0 : v > 1 ? 1 : v;
		out[i] = 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055);
	}
}

/* The four corners of the picture with a profile are those of the one without, converted. */
static void
converts(const char *name, struct buf plain, struct buf with, bool wide, bool gamma2, double most)
{
	static const uint32_t at[4][2] = {{3, 3}, {56, 3}, {3, 26}, {56, 26}};
	uint32_t w, h, w2, h2;
	uint8_t *a = thumb(plain, &w, &h), *b = thumb(with, &w2, &h2);
	bool both = a != NULL && b != NULL && w == 60 && w2 == 60 && h == 30 && h2 == 30;
	double worst = both ? 0 : 999;
	for (int i = 0; i < 4 && both; i++) {
		size_t k = ((size_t)at[i][1] * w + at[i][0]) * 4;
		double want[3];
		expect(a + k, wide, gamma2, want);
		for (int c = 0; c < 3; c++)
			worst = fmax(worst, fabs(b[k + (size_t)c] - want[c]));
	}
	ok(worst <= most, "%s: off by %.1f", name, worst);
	mem_free(a);
	mem_free(b);
}

static void
same(const char *name, struct buf plain, struct buf with)
{
	uint32_t w, h, w2, h2;
	uint8_t *a = thumb(plain, &w, &h), *b = thumb(with, &w2, &h2);
	ok(a != NULL && b != NULL && w == w2 && h == h2 && memcmp(a, b, (size_t)w * h * 4) == 0, "%s", name);
	mem_free(a);
	mem_free(b);
}

static void
broken(struct buf icc)
{
	bool good = true;
	uint32_t w, h;
	for (size_t n = 0; n <= icc.len; n += n < 260 ? 26 : 2) {
		struct buf cut = icc;
		cut.len = n;
		uint8_t *px = thumb(jpeg_with(&cut, 0), &w, &h);
		good = good && px != NULL;
		mem_free(px);
	}
	ok(good, "a profile that is cut anywhere costs no picture its thumbnail");
	struct buf file = webp_with(&icc, 0);
	char *at = file.p + 38;
	uint32_t seed = 7;
	for (int i = 0; i < 2000; i++) {
		for (int k = 0; k < 4; k++) {
			seed = seed * 1664525u + 1013904223u;
			at[128 + (seed >> 8) % (icc.len - 128)] = (char)(seed >> 24);
		}
		struct buf copy;
		buf_init(&copy, SIZE_MAX / 2);
		(void)buf_add(&copy, file.p, file.len);
		uint8_t *px = thumb(copy, &w, &h);
		good = good && px != NULL;
		mem_free(px);
		(void)memcpy(at, icc.p, icc.len);
	}
	ok(good, "nor does one that is broken");
	buf_clear(&file);
	buf_clear(&icc);
}

static void
bomb(void)
{
	struct buf zeros;
	buf_init(&zeros, SIZE_MAX / 2);
	(void)buf_reserve(&zeros, 64 << 20);
	(void)memset(zeros.p, 0, 64 << 20);
	zeros.len = 64 << 20;
	same("a profile that unpacks to 64 MiB is left alone", make_png(240, 120, 0), png_with(&zeros, 0));
	buf_clear(&zeros);
}

int
main(void)
{
	struct buf wide = profile(p3, 0), square = profile(srgb, 1), curve = profile(p3, 600), plain = profile(srgb, 0);
	converts("JPEG", make_jpeg(240, 120, MAKE_444, 0), jpeg_with(&wide, MAKE_444), true, false, 2);
	converts("JPEG 4:2:0", make_jpeg(240, 120, 0, 0), jpeg_with(&wide, 0), true, false, 3);
	converts("PNG", make_png(240, 120, 0), png_with(&wide, 0), true, false, 2);
	converts("PNG with a palette", make_png(240, 120, MAKE_PALETTE), png_with(&wide, MAKE_PALETTE), true, false, 2);
	converts("PNG with alpha", make_png(240, 120, MAKE_ALPHA), png_with(&wide, MAKE_ALPHA), true, false, 2);
	converts("WebP", make_webp(240, 120, 0), webp_with(&wide, 0), true, false, 3);
	converts("WebP with alpha", make_webp(240, 120, MAKE_ALPHA), webp_with(&wide, MAKE_ALPHA), true, false, 3);
	converts("a gamma", make_png(240, 120, 0), png_with(&square, 0), false, true, 2);
	converts("a table", make_png(240, 120, 0), png_with(&curve, 0), true, true, 2);
	same("a profile that is sRGB changes nothing", make_jpeg(240, 120, 0, 0), jpeg_with(&plain, 0));
	same("grey stays as it is", make_jpeg(240, 120, MAKE_GRAY, 0), jpeg_with(&wide, MAKE_GRAY));
	bomb();
	buf_clear(&square);
	buf_clear(&curve);
	buf_clear(&plain);
	broken(wide);
	return done();
}
