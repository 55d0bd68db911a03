/* The same for x86-64 with AVX2: what unfilter.c says, bit for bit.  Rows depend on the pixel to the left, so that one
 * pixel is done at a time, its channels in lanes of 16 bits; the chain from one to the next is what costs. */
#include "image/int.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))
#define INLINE AVX2 static inline __attribute__((always_inline))

/* bpp is a constant wherever this is used. */
INLINE __m128i
load(const uint8_t *p, const size_t bpp)
{
	uint64_t v = 0;
	(void)memcpy(&v, p, bpp);
	return _mm_cvtepu8_epi16(_mm_cvtsi64_si128((int64_t)v));
}

INLINE void
store(uint8_t *p, __m128i v, const size_t bpp)
{
	uint64_t bytes = (uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(v, v));
	(void)memcpy(p, &bytes, bpp);
}

/* The nearest of a (left), b (above) and c (corner) to a + b - c: with c outside of the other two it is the one on the far
 * side, and between them c is nearest as long as it lies in the middle third. */
INLINE __m128i
paeth(__m128i a, __m128i b, __m128i c)
{
	__m128i third = _mm_sub_epi16(_mm_sub_epi16(_mm_add_epi16(_mm_add_epi16(c, c), c), b), a);
	__m128i lo = _mm_min_epi16(a, b), hi = _mm_max_epi16(a, b);
	__m128i low_or_c = _mm_blendv_epi8(lo, c, _mm_cmpgt_epi16(hi, third));
	return _mm_blendv_epi8(hi, low_or_c, _mm_cmpgt_epi16(third, lo));
}

INLINE __m128i
guess(const int filter, __m128i a, __m128i b, __m128i c)
{
	return filter == IMAGE_PNG_SUB	     ? a
	       : filter == IMAGE_PNG_AVERAGE ? _mm_srli_epi16(_mm_add_epi16(a, b), 1)
					     : paeth(a, b, c);
}

INLINE void
chain(const int filter, uint8_t *p, const uint8_t *above, size_t n, const size_t bpp)
{
	const __m128i byte = _mm_set1_epi16(255);
	__m128i a = _mm_setzero_si128(), c = a;
	for (size_t i = 0; i + bpp <= n; i += bpp) {
		__m128i b = load(above + i, bpp);
		a = _mm_and_si128(_mm_add_epi16(load(p + i, bpp), guess(filter, a, b, c)), byte);
		c = b;
		store(p + i, a, bpp);
	}
}

AVX2 static void
up(uint8_t *p, const uint8_t *above, size_t n)
{
	size_t i = 0;
	for (; i + 32 <= n; i += 32) {
		__m256i x, b;
		(void)memcpy(&x, p + i, sizeof x);
		(void)memcpy(&b, above + i, sizeof b);
		x = _mm256_add_epi8(x, b);
		(void)memcpy(p + i, &x, sizeof x);
	}
	for (; i < n; i++)
		p[i] = (uint8_t)(p[i] + above[i]);
}

/* Constants, so that each pair of filter and pixel size is a loop of its own. */
#define CHAINS(bytes)                                                 \
	case bytes:                                                   \
		if (filter == IMAGE_PNG_SUB)                          \
			chain(IMAGE_PNG_SUB, p, above, n, bytes);     \
		else if (filter == IMAGE_PNG_AVERAGE)                 \
			chain(IMAGE_PNG_AVERAGE, p, above, n, bytes); \
		else                                                  \
			chain(IMAGE_PNG_PAETH, p, above, n, bytes);   \
		break;

AVX2 static void
row(int filter, uint8_t *p, const uint8_t *above, size_t n, size_t bpp)
{
	if (filter == IMAGE_PNG_NONE)
		return;
	if (filter == IMAGE_PNG_UP) {
		up(p, above, n);
		return;
	}
	switch (bpp) {
		CHAINS(1)
		CHAINS(2)
		CHAINS(3)
		CHAINS(4)
		CHAINS(6)
		CHAINS(8)
	default:
		image_unfilters_plain.row(filter, p, above, n, bpp);
	}
}

/* Four pixels of three bytes to four; the bytes behind them are read too. */
INLINE __m128i
spread(const uint8_t *in)
{
	const __m128i at = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
	__m128i v;
	(void)memcpy(&v, in, sizeof v);
	return _mm_shuffle_epi8(v, at);
}

AVX2 static void
rgb_flat(int filter, uint8_t *out, const uint8_t *in, const uint8_t *above, size_t pixels)
{
	const __m128i opaque = _mm_set1_epi32((int)0xFF000000u);
	for (size_t i = 0; i < pixels; i += 4) {
		__m128i v = spread(in + 3 * i), b;
		(void)memcpy(&b, above + 4 * i, sizeof b);
		if (filter == IMAGE_PNG_UP)
			v = _mm_add_epi8(v, b);
		v = _mm_or_si128(v, opaque);
		(void)memcpy(out + 4 * i, &v, sizeof v);
	}
}

INLINE void
rgb_chain(const int filter, uint8_t *out, const uint8_t *in, const uint8_t *above, size_t pixels)
{
	const __m128i byte = _mm_set1_epi16(255);
	__m128i a = _mm_setzero_si128(), c = a;
	for (size_t i = 0; i < pixels; i++) {
		__m128i b = load(above + 4 * i, 4);
		a = _mm_and_si128(_mm_add_epi16(load(in + 3 * i, 4), guess(filter, a, b, c)), byte);
		c = b;
		uint32_t px = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(a, a)) | 0xFF000000u;
		(void)memcpy(out + 4 * i, &px, sizeof px);
	}
}

AVX2 static void
rgb(int filter, uint8_t *out, const uint8_t *in, const uint8_t *above, size_t pixels)
{
	switch (filter) {
	case IMAGE_PNG_SUB:
		rgb_chain(IMAGE_PNG_SUB, out, in, above, pixels);
		break;
	case IMAGE_PNG_AVERAGE:
		rgb_chain(IMAGE_PNG_AVERAGE, out, in, above, pixels);
		break;
	case IMAGE_PNG_PAETH:
		rgb_chain(IMAGE_PNG_PAETH, out, in, above, pixels);
		break;
	default:
		rgb_flat(filter, out, in, above, pixels);
	}
}

static const struct image_unfilters avx2 = {"avx2", row, rgb};

const struct image_unfilters *
image_unfilters_fast(void)
{
	return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
}

#else

const struct image_unfilters *
image_unfilters_fast(void)
{
	return NULL;
}

#endif
