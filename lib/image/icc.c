/* Which colours does the file mean, if not sRGB?  ICC profiles of RGB pictures that are a matrix and three curves (ICC.1,
 * 8.3.3), as cameras and telephones write them, are applied by hand to the small pictures.  Tables (printers, scanners)
 * are left out: with lcms2 every start would cost 0.15 ms more and a picture with a profile 5.5 ms. */
#include "image/int.h"

#include <math.h>
#include <string.h>

#include <libdeflate.h>

enum {
	PROFILE_MAX = 64 * 1024, /* bytes; those with a matrix have some hundred, or 24 KB with long curves */
	HEADER = 128,
	TAGS_MAX = 100,
	OUT_BITS = 12,
	PART_BITS = 6, /* fraction of a part */
	SAME = 2       /* levels of 255 by which colours may differ and be called sRGB */
};

struct image_icc {
	int32_t part[3][256][4]; /* what a level of a channel adds to linear r, g, b; the fourth is 0 */
	uint8_t encoded[(1 << OUT_BITS) + 1];
};

/* ---- where the profile is ------------------------------------------------------------------------------ */

/* APP2 segments, numbered from 1 (ICC.1 annex B.4); the head of the file holds them all or there is none. */
static size_t
from_jpeg(const uint8_t *p, size_t n, uint8_t *out)
{
	static const char name[12] = "ICC_PROFILE";
	size_t len = 0;
	unsigned next = 1;
	for (size_t at = 2; at + 4 <= n && p[at] == 0xFF && p[at + 1] != 0xDA;) {
		size_t seg = image_be16(p + at + 2);
		if (seg < 2 || seg > n - at - 2)
			return 0;
		if (p[at + 1] == 0xE2 && seg > 16 && memcmp(p + at + 4, name, sizeof name) == 0) {
			if (p[at + 16] != next || seg - 16 > PROFILE_MAX - len)
				return 0;
			(void)memcpy(out + len, p + at + 18, seg - 16);
			len += seg - 16;
			if (p[at + 17] == next++)
				return len;
		}
		at += 2 + seg;
	}
	return 0;
}

/* Whatever does not unpack into PROFILE_MAX bytes is no profile that could be used. */
static size_t
unpack(const uint8_t *p, size_t n, uint8_t *out)
{
	struct libdeflate_decompressor *z = libdeflate_alloc_decompressor();
	size_t len = 0;
	if (z == NULL || libdeflate_zlib_decompress(z, p, n, out, PROFILE_MAX, &len) != LIBDEFLATE_SUCCESS)
		len = 0;
	libdeflate_free_decompressor(z);
	return len;
}

static size_t
from_png(const uint8_t *p, size_t n, uint8_t *out)
{
	for (size_t at = 8; at <= n && n - at >= 8;) {
		size_t len = image_be32(p + at);
		const uint8_t *data = p + at + 8;
		if (len > n - at - 8 || memcmp(p + at + 4, "IDAT", 4) == 0 || memcmp(p + at + 4, "sRGB", 4) == 0)
			return 0;
		const uint8_t *end = memcmp(p + at + 4, "iCCP", 4) == 0 ? memchr(data, 0, len) : NULL;
		if (end != NULL && len - (size_t)(end - data) > 2)
			return unpack(end + 2, len - (size_t)(end - data) - 2, out);
		at += 12 + len;
	}
	return 0;
}

static size_t
from_webp(const uint8_t *p, size_t n, uint8_t *out)
{
	if (n < 38 || memcmp(p + 12, "VP8X", 4) != 0 || memcmp(p + 30, "ICCP", 4) != 0)
		return 0;
	size_t len = image_le32(p + 34);
	if (len > n - 38 || len > PROFILE_MAX)
		return 0;
	(void)memcpy(out, p + 38, len);
	return len;
}

/* ---- what it says ----------------------------------------------------------------------------------------- */

static double
fixed(const uint8_t *p)
{
	return (int32_t)image_be32(p) / 65536.0;
}

static const uint8_t *
find_tag(const uint8_t *p, size_t n, const char name[4], size_t *len)
{
	size_t tags = image_be32(p + HEADER);
	for (size_t i = 0; i < tags && i < TAGS_MAX && HEADER + 4 + 12 * (i + 1) <= n; i++) {
		const uint8_t *t = p + HEADER + 4 + 12 * i;
		size_t at = image_be32(t + 4);
		*len = image_be32(t + 8);
		if (memcmp(t, name, 4) == 0)
			return at <= n && *len <= n - at && *len >= 12 ? p + at : NULL;
	}
	return NULL;
}

static bool
read_colorant(const uint8_t *p, size_t n, const char name[4], double xyz[3])
{
	size_t len;
	const uint8_t *t = find_tag(p, n, name, &len);
	if (t == NULL || len < 20 || memcmp(t, "XYZ ", 4) != 0)
		return false;
	for (size_t i = 0; i < 3; i++)
		xyz[i] = fixed(t + 8 + 4 * i);
	return true;
}

/* ICC.1 10.6: no entry is a straight line, one a gamma, more a table. */
static double
table(const uint8_t *t, size_t entries, double x)
{
	if (entries == 0)
		return x;
	if (entries == 1)
		return pow(x, image_be16(t + 12) / 256.0);
	double at = x * (double)(entries - 1);
	size_t i = at >= (double)(entries - 1) ? entries - 2 : (size_t)at;
	double a = image_be16(t + 12 + 2 * i), b = image_be16(t + 14 + 2 * i);
	return (a + (b - a) * (at - (double)i)) / 65535;
}

/* ICC.1 10.18: g a b c d e f. */
static double
parametric(unsigned type, const double v[7], double x)
{
	double base = v[1] * x + v[2], power = pow(base > 0 ? base : 0, v[0]);
	switch (type) {
	case 0:
		return pow(x, v[0]);
	case 1:
		return base >= 0 ? power : 0;
	case 2:
		return (base >= 0 ? power : 0) + v[3];
	case 3:
		return x >= v[4] ? power : v[3] * x;
	default:
		return x >= v[4] ? power + v[5] : v[3] * x + v[6];
	}
}

static bool
read_curve(const uint8_t *p, size_t n, const char name[4], double out[256])
{
	static const size_t counts[5] = {1, 3, 4, 5, 7};
	size_t len, entries = 0;
	double v[7] = {0};
	const uint8_t *t = find_tag(p, n, name, &len);
	if (t == NULL)
		return false;
	bool para = memcmp(t, "para", 4) == 0;
	unsigned type = para ? image_be16(t + 8) : 0;
	if (para) {
		if (type > 4 || len < 12 + 4 * counts[type])
			return false;
		for (size_t i = 0; i < counts[type]; i++)
			v[i] = fixed(t + 12 + 4 * i);
	} else {
		entries = image_be32(t + 8);
		if (memcmp(t, "curv", 4) != 0 || entries > (len - 12) / 2)
			return false;
	}
	for (size_t i = 0; i < 256; i++) {
		double x = (double)i / 255, y = para ? parametric(type, v, x) : table(t, entries, x);
		out[i] = y > 0 ? (y < 1 ? y : 1) : 0; /* NaN is 0 */
	}
	return true;
}

/* XYZ of D50, in which profiles speak, to the primaries of sRGB (IEC 61966-2-1, adapted by Bradford's matrix). */
static bool
read_matrix(const uint8_t *p, size_t n, double out[3][3])
{
	static const double srgb[3][3] = {{3.1338561, -1.6168667, -0.4906146},
					  {-0.9787684, 1.9161415, 0.0334540},
					  {0.0719453, -0.2289914, 1.4052427}};
	double in[3][3];
	if (!read_colorant(p, n, "rXYZ", in[0]) || !read_colorant(p, n, "gXYZ", in[1]) ||
	    !read_colorant(p, n, "bXYZ", in[2]))
		return false;
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++) {
			double v = srgb[i][0] * in[k][0] + srgb[i][1] * in[k][1] + srgb[i][2] * in[k][2];
			if (!(v > -8 && v < 8))
				return false; /* no light is like that */
			out[i][k] = v;
		}
	return true;
}

static void
convert(const struct image_icc *icc, uint8_t rgb[3])
{
	const int32_t *r = icc->part[0][rgb[0]], *g = icc->part[1][rgb[1]], *b = icc->part[2][rgb[2]];
	int32_t v[4];
	for (int i = 0; i < 4; i++) {
		v[i] = (r[i] + g[i] + b[i]) >> PART_BITS;
		v[i] = v[i] < 0 ? 0 : v[i];
		v[i] = v[i] > 1 << OUT_BITS ? 1 << OUT_BITS : v[i];
	}
	for (int i = 0; i < 3; i++)
		rgb[i] = icc->encoded[v[i]];
}

/* Most profiles only say once more what is taken for granted. */
static bool
changes(const struct image_icc *icc)
{
	for (int i = 0; i < 6 * 6 * 6; i++) {
		uint8_t in[3] = {(uint8_t)(i % 6 * 51), (uint8_t)(i / 6 % 6 * 51), (uint8_t)(i / 36 * 51)}, out[3];
		(void)memcpy(out, in, 3);
		convert(icc, out);
		for (int c = 0; c < 3; c++)
			if (out[c] > in[c] + SAME || in[c] > out[c] + SAME)
				return true;
	}
	return false;
}

static void
prepare(struct image_icc *icc, double curve[3][256], double matrix[3][3])
{
	for (int c = 0; c < 3; c++)
		for (int v = 0; v < 256; v++)
			for (int i = 0; i < 3; i++)
				icc->part[c][v][i] =
				    (int32_t)lround(curve[c][v] * matrix[i][c] * (1 << (OUT_BITS + PART_BITS)));
	for (int i = 0; i <= 1 << OUT_BITS; i++) {
		double x = (double)i / (1 << OUT_BITS);
		icc->encoded[i] = (uint8_t)lround(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055));
	}
}

static bool
read_profile(const uint8_t *p, size_t n, struct image_icc *icc)
{
	double curve[3][256], matrix[3][3];
	if (n < HEADER + 4 || memcmp(p + 36, "acsp", 4) != 0 || memcmp(p + 16, "RGB XYZ ", 8) != 0 ||
	    !read_matrix(p, n, matrix) || !read_curve(p, n, "rTRC", curve[0]) || !read_curve(p, n, "gTRC", curve[1]) ||
	    !read_curve(p, n, "bTRC", curve[2]))
		return false;
	prepare(icc, curve, matrix);
	return changes(icc);
}

struct image_icc *
image_icc_find(enum image_format format, const uint8_t *head, size_t n)
{
	uint8_t *profile = mem_alloc(PROFILE_MAX);
	struct image_icc *icc = mem_alloc(sizeof *icc);
	size_t len = format == IMAGE_JPEG   ? from_jpeg(head, n, profile)
		     : format == IMAGE_PNG  ? from_png(head, n, profile)
		     : format == IMAGE_WEBP ? from_webp(head, n, profile)
					    : 0;
	bool useful = len > 0 && read_profile(profile, len, icc);
	mem_free(profile);
	if (useful)
		return icc;
	mem_free(icc);
	return NULL;
}

/* ---- pictures --------------------------------------------------------------------------------------------- */

static uint8_t
clamp(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void
convert_rgb(const struct image_icc *icc, struct image_pic *pic)
{
	for (uint32_t y = 0; y < pic->h; y++) {
		uint8_t *p = pic->plane[0].p + (size_t)y * pic->plane[0].stride;
		for (uint32_t x = 0; x < pic->w; x++, p += 4) {
			uint32_t a = pic->color == IMAGE_RGBA ? p[3] : 255;
			if (a == 0)
				continue;
			for (int c = 0; c < 3 && a < 255; c++)
				p[c] = clamp((int)((p[c] * 255 + a / 2) / a));
			convert(icc, p);
			for (int c = 0; c < 3 && a < 255; c++)
				p[c] = (uint8_t)((p[c] * a + 127) / 255);
		}
	}
}

/* One chroma sample and the luma samples below it. */
static void
convert_block(const struct image_icc *icc, struct image_pic *pic, uint32_t bx, uint32_t by)
{
	uint8_t *cb = pic->plane[1].p + (size_t)by * pic->plane[1].stride + bx;
	uint8_t *cr = pic->plane[2].p + (size_t)by * pic->plane[2].stride + bx;
	int b = *cb - 128, r = *cr - 128, sum_b = 0, sum_r = 0, n = 0;
	for (uint32_t y = by * pic->div; y < (by + 1) * pic->div && y < pic->h; y++) {
		uint8_t *l = pic->plane[0].p + (size_t)y * pic->plane[0].stride;
		for (uint32_t x = bx * pic->div; x < (bx + 1) * pic->div && x < pic->w; x++, n++) {
			int luma = (l[x] << 16) + 32768;
			uint8_t c[3] = {clamp((luma + 91881 * r) >> 16), clamp((luma - 22554 * b - 46802 * r) >> 16),
					clamp((luma + 116130 * b) >> 16)};
			convert(icc, c);
			l[x] = clamp((19595 * c[0] + 38470 * c[1] + 7471 * c[2] + 32768) >> 16);
			sum_b += (-11059 * c[0] - 21709 * c[1] + 32768 * c[2]) >> 8;
			sum_r += (32768 * c[0] - 27439 * c[1] - 5329 * c[2]) >> 8;
		}
	}
	if (n == 0)
		return;
	*cb = clamp((sum_b / n + 128 + (128 << 8)) >> 8);
	*cr = clamp((sum_r / n + 128 + (128 << 8)) >> 8);
}

void
image_icc_apply(const struct image_icc *icc, struct image_pic *pic)
{
	if (pic->color == IMAGE_RGBX || pic->color == IMAGE_RGBA)
		convert_rgb(icc, pic);
	for (uint32_t y = 0; pic->color == IMAGE_YCC && y < pic->plane[1].h; y++)
		for (uint32_t x = 0; x < pic->plane[1].w; x++)
			convert_block(icc, pic, x, y);
}
