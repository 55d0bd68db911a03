/* The same loops for x86-64 with AVX2: what kernel.c says, bit for bit, sixteen products at a time. */
#include "image/int.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

enum { DOWN = IMAGE_WEIGHT_BITS - IMAGE_LINE_BITS, OUT = IMAGE_WEIGHT_BITS + IMAGE_LINE_BITS };

/* Two weights side by side, as madd wants them for two rows or two pixels that are interleaved. */
AVX2 static inline __m256i
pair(int16_t a, int16_t b)
{
	return _mm256_set1_epi32((int32_t)((uint32_t)(uint16_t)a | (uint32_t)(uint16_t)b << 16));
}

AVX2 static inline __m256i
widen(__m128i bytes)
{
	return _mm256_cvtepu8_epi16(bytes);
}

AVX2 static inline __m128i
load16(const void *p)
{
	__m128i v;
	(void)memcpy(&v, p, sizeof v);
	return v;
}

/* 32 samples of one output row: four registers of eight sums. */
AVX2 static inline void
strip(__m256i sum[4], size_t at, const uint8_t *a, const uint8_t *b, __m256i w)
{
	__m128i a0 = load16(a + at), b0 = load16(b + at), a1 = load16(a + at + 16), b1 = load16(b + at + 16);
	sum[0] = _mm256_add_epi32(sum[0], _mm256_madd_epi16(widen(_mm_unpacklo_epi8(a0, b0)), w));
	sum[1] = _mm256_add_epi32(sum[1], _mm256_madd_epi16(widen(_mm_unpackhi_epi8(a0, b0)), w));
	sum[2] = _mm256_add_epi32(sum[2], _mm256_madd_epi16(widen(_mm_unpacklo_epi8(a1, b1)), w));
	sum[3] = _mm256_add_epi32(sum[3], _mm256_madd_epi16(widen(_mm_unpackhi_epi8(a1, b1)), w));
}

AVX2 static inline void
store(int16_t *out, __m256i lo, __m256i hi)
{
	__m256i v = _mm256_packs_epi32(_mm256_srai_epi32(lo, DOWN), _mm256_srai_epi32(hi, DOWN));
	v = _mm256_permute4x64_epi64(v, 0xD8); /* packs works on each half */
	(void)memcpy(out, &v, sizeof v);
}

AVX2 static void
vertical(int16_t *out, size_t n, const uint8_t *const *rows, const int16_t *w, size_t taps)
{
	for (size_t at = 0; at < n; at += 32) {
		__m256i half = _mm256_set1_epi32(1 << (DOWN - 1)), sum[4] = {half, half, half, half};
		size_t k = 0;
		for (; k + 2 <= taps; k += 2)
			strip(sum, at, rows[k], rows[k + 1], pair(w[k], w[k + 1]));
		if (k < taps)
			strip(sum, at, rows[k], rows[k], pair(w[k], 0));
		store(out + at, sum[0], sum[1]);
		store(out + at + 16, sum[2], sum[3]);
	}
}

AVX2 static inline __m256i
load32(const void *p)
{
	__m256i v;
	(void)memcpy(&v, p, sizeof v);
	return v;
}

AVX2 static inline uint32_t
finish(__m128i sum) /* four sums to four bytes */
{
	sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << (OUT - 1))), OUT);
	sum = _mm_packs_epi32(sum, sum);
	return (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
}

AVX2 static inline __m128i
fold(__m256i v)
{
	return _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

/* The sum of products of one output, in eight parts.  Unused weights are 0, so all of them may be taken; the line has
 * room behind it. */
AVX2 static inline __m256i
dot(const int16_t *p, const int16_t *w, uint32_t taps)
{
	__m256i sum = _mm256_madd_epi16(load32(p), load32(w));
	for (uint32_t k = 16; k < taps; k += 16)
		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load32(p + k), load32(w + k)));
	return sum;
}

/* Eight weights: one load each. */
AVX2 static inline __m128i
dot8(const int16_t *p, const int16_t *w)
{
	return _mm_madd_epi16(load16(p), load16(w));
}

AVX2 static void
few(uint8_t *out, const struct image_axis *a, const int16_t *in)
{
	uint32_t i = 0;
	for (; i + 4 <= a->n; i += 4) {
		const uint32_t *first = a->first + i;
		const int16_t *w = a->w + (size_t)i * 8;
		__m128i s01 = _mm_hadd_epi32(dot8(in + (first[0] - a->lo), w), dot8(in + (first[1] - a->lo), w + 8));
		__m128i s23 =
		    _mm_hadd_epi32(dot8(in + (first[2] - a->lo), w + 16), dot8(in + (first[3] - a->lo), w + 24));
		uint32_t v = finish(_mm_hadd_epi32(s01, s23));
		(void)memcpy(out + i, &v, sizeof v);
	}
	for (; i < a->n; i++) {
		__m128i s = dot8(in + (a->first[i] - a->lo), a->w + (size_t)i * 8);
		s = _mm_hadd_epi32(s, s);
		out[i] = (uint8_t)finish(_mm_hadd_epi32(s, s));
	}
}

AVX2 static inline __attribute__((always_inline)) void
many(uint8_t *out, const struct image_axis *a, const int16_t *in, const uint32_t taps)
{
	uint32_t i = 0;
	for (; i + 4 <= a->n; i += 4) {
		const uint32_t *first = a->first + i;
		const int16_t *w = a->w + (size_t)i * taps;
		__m256i s0 = dot(in + (first[0] - a->lo), w, taps);
		__m256i s1 = dot(in + (first[1] - a->lo), w + taps, taps);
		__m256i s2 = dot(in + (first[2] - a->lo), w + (size_t)taps * 2, taps);
		__m256i s3 = dot(in + (first[3] - a->lo), w + (size_t)taps * 3, taps);
		uint32_t v = finish(fold(_mm256_hadd_epi32(_mm256_hadd_epi32(s0, s1), _mm256_hadd_epi32(s2, s3))));
		(void)memcpy(out + i, &v, sizeof v);
	}
	for (; i < a->n; i++) {
		__m128i s = fold(dot(in + (a->first[i] - a->lo), a->w + (size_t)i * taps, taps));
		s = _mm_hadd_epi32(s, s);
		out[i] = (uint8_t)finish(_mm_hadd_epi32(s, s));
	}
}
/* Constants where the loops inside can be unrolled. */
AVX2 static void
horizontal1(uint8_t *out, const struct image_axis *a, const int16_t *in)
{
	if (a->taps == 8)
		few(out, a, in);
	else if (a->taps == 16)
		many(out, a, in, 16);
	else
		many(out, a, in, a->taps);
}

/* Four pixels of four channels: in each half r0 g0 b0 a0 r1 g1 b1 a1 becomes r0 r1 g0 g1 b0 b1 a0 a1, and of the four
 * weights the first two go to the lower half, the others to the upper one. */
AVX2 static inline __m256i
dot4(const int16_t *p, const int16_t *w)
{
	const __m256i mix = _mm256_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15, 0, 1, 8, 9, 2, 3, 10,
					     11, 4, 5, 12, 13, 6, 7, 14, 15);
	const __m256i spread = _mm256_setr_epi8(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7,
						4, 5, 6, 7, 4, 5, 6, 7);
	__m256i px;
	int64_t four;
	(void)memcpy(&px, p, sizeof px);
	(void)memcpy(&four, w, sizeof four);
	return _mm256_madd_epi16(_mm256_shuffle_epi8(px, mix), _mm256_shuffle_epi8(_mm256_set1_epi64x(four), spread));
}

AVX2 static void
horizontal4(uint8_t *out, const struct image_axis *a, const int16_t *in)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const int16_t *p = in + (size_t)(a->first[i] - a->lo) * 4, *w = a->w + (size_t)i * a->taps;
		__m256i sum = dot4(p, w);
		for (uint32_t k = 4; k < a->count[i]; k += 4)
			sum = _mm256_add_epi32(sum, dot4(p + (size_t)k * 4, w + k));
		uint32_t v = finish(fold(sum));
		(void)memcpy(out + (size_t)i * 4, &v, sizeof v);
	}
}

static const struct image_kernels avx2 = {"avx2", vertical, horizontal1, horizontal4};

const struct image_kernels *
image_kernels_fast(void)
{
	return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
}

#else

const struct image_kernels *
image_kernels_fast(void)
{
	return NULL;
}

#endif
