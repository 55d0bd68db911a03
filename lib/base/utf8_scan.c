/* Is all of this UTF-8?  Every page is asked, so 32 bytes at a time where the CPU has AVX2.
 *
 * Whether a sequence is well formed shows in each two neighbouring bytes, but for how many must follow: three tables over
 * half bytes say which errors the high and low half of the first and the high half of the second allow; an error that
 * all three allow is one (Keiser and Lemire, "Validating UTF-8 in less than one instruction per byte", 2021). */
#include "base/base.h"

#include <string.h>

static bool
scan_bytewise(const char *s, size_t n, size_t *beyond)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		if ((unsigned char)s[i] < 0x80) {
			i++;
			continue;
		}
		size_t k = utf8_next(s + i, n - i, &cp);
		if (k == 1)
			return false;
		i += k;
		++*beyond;
	}
	return true;
}

#if defined(__x86_64__)

#include <immintrin.h>

/* The C library has asked the CPU already.  To ask it again, as the compiler's own test does before main(), is not cheap in
 * a virtual machine: each CPUID leaves it. */
#if defined(__has_include)
#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define HAS_AVX2() CPU_FEATURE_ACTIVE(AVX2)
#endif
#endif
#ifndef HAS_AVX2
#define HAS_AVX2() __builtin_cpu_supports("avx2")
#endif

#define AVX2 __attribute__((target("avx2")))

enum {
	SHORT = 1,	  /* a lead, then no continuation */
	LONG = 2,	  /* ASCII, then a continuation */
	OVER3 = 4,	  /* E0 80..9F */
	LARGE = 8,	  /* F4 90..BF and what is above */
	SURROGATE = 16,	  /* ED A0..BF */
	OVER2 = 32,	  /* C0, C1 */
	LARGE_OVER4 = 64, /* F5.. 80..8F, F0 80..8F */
	CONTS = 128,	  /* two continuations: right only where a third or fourth byte is due */
	ANY_LOW = SHORT | LONG | CONTS
};

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)
#define BITS(x) ((char)(unsigned char)(x))

AVX2 static inline __m256i
high_half(__m256i v)
{
	return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
}

/* The errors of the two bytes that end at each place of v; p1: v one byte later. */
AVX2 static inline __m256i
pairs(__m256i v, __m256i p1)
{
	const char lead_c = BITS(SHORT | OVER2), lead_d = BITS(SHORT), lead_e = BITS(SHORT | OVER3 | SURROGATE),
		   lead_f = BITS(SHORT | LARGE | LARGE_OVER4), c = BITS(CONTS), l = BITS(LONG);
	const __m256i first_high = TWICE(l, l, l, l, l, l, l, l, c, c, c, c, lead_c, lead_d, lead_e, lead_f);
	const char any = BITS(ANY_LOW), big = BITS(ANY_LOW | LARGE | LARGE_OVER4);
	const __m256i first_low =
	    TWICE(BITS(ANY_LOW | OVER3 | OVER2 | LARGE_OVER4), BITS(ANY_LOW | OVER2), any, any, BITS(ANY_LOW | LARGE),
		  big, big, big, big, big, big, big, big, BITS(ANY_LOW | LARGE | LARGE_OVER4 | SURROGATE), big, big);
	const char s = BITS(SHORT), second_8 = BITS(LONG | CONTS | OVER2 | OVER3 | LARGE_OVER4),
		   second_9 = BITS(LONG | CONTS | OVER2 | OVER3 | LARGE),
		   second_ab = BITS(LONG | CONTS | OVER2 | SURROGATE | LARGE);
	const __m256i second_high = TWICE(s, s, s, s, s, s, s, s, second_8, second_9, second_ab, second_ab, s, s, s, s);
	__m256i a = _mm256_shuffle_epi8(first_high, high_half(p1));
	__m256i b = _mm256_shuffle_epi8(first_low, _mm256_and_si256(p1, _mm256_set1_epi8(0x0F)));
	return _mm256_and_si256(_mm256_and_si256(a, b), _mm256_shuffle_epi8(second_high, high_half(v)));
}

/* Errors in v, which follows prev. */
AVX2 static inline __m256i
errors(__m256i v, __m256i prev)
{
	__m256i join = _mm256_permute2x128_si256(prev, v, 0x21);
	__m256i p1 = _mm256_alignr_epi8(v, join, 15), p2 = _mm256_alignr_epi8(v, join, 14),
		p3 = _mm256_alignr_epi8(v, join, 13);
	__m256i third = _mm256_subs_epu8(p2, _mm256_set1_epi8(0xE0 - 0x80));
	__m256i fourth = _mm256_subs_epu8(p3, _mm256_set1_epi8(0xF0 - 0x80));
	__m256i due = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(BITS(0x80)));
	return _mm256_xor_si256(pairs(v, p1), due);
}

AVX2 static bool
scan_avx2(const char *s, size_t n, size_t *beyond)
{
	enum { STEP = 32 };
	const __m256i last_conts = _mm256_set1_epi8(BITS(0xC0 - 1)); /* as signed numbers leads are above it, below 0 */
	__m256i prev = _mm256_setzero_si256(), bad = prev;
	bool done = false;
	for (size_t i = 0; !done; i += STEP) {
		char rest[STEP] = {0}; /* NULs behind the end: a sequence that is cut off shows */
		done = n - i < STEP;
		if (done)
			(void)memcpy(rest, s + i, n - i);
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(done ? rest : s + i));
		uint32_t high = (uint32_t)_mm256_movemask_epi8(v);
		if (high == 0 && _mm256_movemask_epi8(prev) == 0)
			continue; /* prev, also ASCII, serves as well */
		bad = _mm256_or_si256(bad, errors(v, prev));
		uint32_t leads = high & (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(v, last_conts));
		*beyond += (size_t)__builtin_popcount(leads);
		prev = v;
	}
	return _mm256_testz_si256(bad, bad) != 0;
}

bool
utf8_scan(const char *s, size_t n, size_t *beyond)
{
	*beyond = 0;
	return HAS_AVX2() ? scan_avx2(s, n, beyond) : scan_bytewise(s, n, beyond);
}

#else

bool
utf8_scan(const char *s, size_t n, size_t *beyond)
{
	*beyond = 0;
	return scan_bytewise(s, n, beyond);
}

#endif

bool
utf8_valid(const char *s, size_t n)
{
	size_t beyond;
	return utf8_scan(s, n, &beyond);
}
