/* What do the inner loops of a resampler do?  In plain C, for any CPU; the meaning that faster ones must keep. */
#include "image/int.h"

enum {
	STRIP = 256, /* samples summed at a time: the sums stay in the first cache */
	DOWN = IMAGE_WEIGHT_BITS - IMAGE_LINE_BITS,
	OUT = IMAGE_WEIGHT_BITS + IMAGE_LINE_BITS
};

static void
vertical(int16_t *out, size_t n, const uint8_t *const *rows, const int16_t *w, size_t taps)
{
	int32_t sum[STRIP];
	for (size_t at = 0; at < n; at += STRIP) {
		size_t len = n - at < STRIP ? n - at : STRIP;
		for (size_t i = 0; i < len; i++)
			sum[i] = 1 << (DOWN - 1);
		for (size_t k = 0; k < taps; k++) {
			const uint8_t *row = rows[k] + at;
			int16_t weight = w[k];
			for (size_t i = 0; i < len; i++)
				sum[i] += (int32_t)row[i] * weight;
		}
		for (size_t i = 0; i < len; i++) {
			int32_t v = sum[i] >> DOWN;
			out[at + i] = (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
		}
	}
}

static uint8_t
finish(int32_t sum)
{
	int32_t v = (sum + (1 << (OUT - 1))) >> OUT;
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void
horizontal1(uint8_t *out, const struct image_axis *a, const int16_t *in)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const int16_t *p = in + (a->first[i] - a->lo), *w = a->w + (size_t)i * a->taps;
		int32_t sum = 0;
		for (uint32_t k = 0; k < a->count[i]; k++)
			sum += (int32_t)p[k] * w[k];
		out[i] = finish(sum);
	}
}

static void
horizontal4(uint8_t *out, const struct image_axis *a, const int16_t *in)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const int16_t *p = in + (size_t)(a->first[i] - a->lo) * 4, *w = a->w + (size_t)i * a->taps;
		int32_t sum[4] = {0, 0, 0, 0};
		for (uint32_t k = 0; k < a->count[i]; k++)
			for (int c = 0; c < 4; c++)
				sum[c] += (int32_t)p[(size_t)k * 4 + (size_t)c] * w[k];
		for (size_t c = 0; c < 4; c++)
			out[(size_t)i * 4 + c] = finish(sum[c]);
	}
}

void
image_kernel_mean(uint8_t *out, size_t len, const uint8_t *const *rows, uint32_t n, bool odd)
{
	const uint8_t *a = rows[0], *b = rows[1];
	if (n == 2) {
		uint16_t half = odd ? 0 : 1;
		for (size_t i = 0; i < len; i++)
			out[i] = (uint8_t)((a[i] + b[i] + half) >> 1);
		return;
	}
	const uint8_t *c = rows[2], *d = rows[3];
	uint16_t half = odd ? 1 : 2;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)((a[i] + b[i] + c[i] + d[i] + half) >> 2);
}

const struct image_kernels image_kernels_plain = {"plain", vertical, horizontal1, horizontal4};

const struct image_kernels *
image_kernels_best(void)
{
	const struct image_kernels *k = image_kernels_fast();
	return k != NULL ? k : &image_kernels_plain;
}
