/* What can be shown before the picture has come?  A BlurHash (https://blurha.sh, MSC2448), and the colour that fills most of
 * it; both of the picture in no more than 32 x 32 pixels. */
#include "image/image.h"

#include <math.h>
#include <string.h>

enum {
	LONG = 4,
	SHORT = 3, /* waves along the longer and the shorter side */
	STEPS = 19,
	BIN_BITS = 3, /* of each channel */
	BINS = 1 << (3 * BIN_BITS)
};

static const double pi = 3.14159265358979323846;

/* ---- BlurHash: a few waves in linear light, in digits of base 83 ----------------------------------------- */

static double
light(uint8_t v)
{
	double x = v / 255.0;
	return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static uint32_t
level(double v)
{
	double x = v < 0 ? 0 : v > 1 ? 1 : v;
	return (uint32_t)(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055) + 0.5);
}

static char *
digits(char *out, uint32_t v, int n)
{
	static const char digit[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
	for (int i = n - 1; i >= 0; i--, v /= 83)
		out[i] = digit[v % 83];
	return out + n;
}

/* How much of the wave of i and k half periods is in the picture. */
static void
measure(const struct image_mini *m, const double *lit, uint32_t i, uint32_t k, double out[3])
{
	double sum[3] = {0}, scale = (i == 0 && k == 0 ? 1.0 : 2.0) / (m->w * m->h);
	for (uint32_t y = 0; y < m->h; y++) {
		double down = cos(pi * k * y / m->h);
		for (uint32_t x = 0; x < m->w; x++) {
			double wave = down * cos(pi * i * x / m->w);
			for (size_t c = 0; c < 3; c++)
				sum[c] += wave * lit[((size_t)y * m->w + x) * 3 + c];
		}
	}
	for (size_t c = 0; c < 3; c++)
		out[c] = sum[c] * scale;
}

static uint32_t
step(double v, double most)
{
	double x = v / most, root = x < 0 ? -sqrt(-x) : sqrt(x), q = floor(root * 9 + 9.5);
	return q < 0 ? 0 : q > STEPS - 1 ? STEPS - 1 : (uint32_t)q;
}

static char *
write_waves(char *out, double wave[][3], size_t n)
{
	double most = 0;
	for (size_t i = 1; i < n; i++)
		for (int c = 0; c < 3; c++)
			most = fmax(most, fabs(wave[i][c]));
	double q = floor(most * 166 - 0.5);
	uint32_t told = q < 0 ? 0 : q > 82 ? 82 : (uint32_t)q;
	out = digits(out, told, 1);
	out = digits(out, level(wave[0][0]) << 16 | level(wave[0][1]) << 8 | level(wave[0][2]), 4);
	for (size_t i = 1; i < n; i++) {
		double by = (told + 1) / 166.0;
		out = digits(out, (step(wave[i][0], by) * STEPS + step(wave[i][1], by)) * STEPS + step(wave[i][2], by),
			     2);
	}
	return out;
}

/* What is transparent lies on white. */
static void
linear(const struct image_mini *m, double *out)
{
	double table[256];
	for (int v = 0; v < 256; v++)
		table[v] = light((uint8_t)v);
	for (size_t i = 0; i < (size_t)m->w * m->h; i++) {
		const uint8_t *p = m->rgba + i * 4;
		for (size_t c = 0; c < 3; c++)
			out[i * 3 + c] = table[(p[c] * p[3] + 255 * (255 - p[3]) + 127) / 255];
	}
}

void
image_blurhash(const struct image_mini *m, char out[IMAGE_BLURHASH_LEN + 1])
{
	double lit[IMAGE_MINI * IMAGE_MINI * 3], wave[LONG * SHORT][3];
	uint32_t across = m->w >= m->h ? LONG : SHORT, down = m->w >= m->h ? SHORT : LONG;
	linear(m, lit);
	for (uint32_t k = 0; k < down; k++)
		for (uint32_t i = 0; i < across; i++)
			measure(m, lit, i, k, wave[k * across + i]);
	char *end = digits(out, across - 1 + (down - 1) * 9, 1);
	*write_waves(end, wave, LONG * SHORT) = '\0';
}

/* ---- the colour --------------------------------------------------------------------------------------------- */

/* The mean of the fullest of 512 bins; opaque pixels count for more. */
bool
image_color(const struct image_mini *m, char out[IMAGE_COLOR_LEN + 1])
{
	static const char hex[] = "0123456789abcdef";
	struct {
		uint32_t weight, sum[3];
	} bin[BINS];
	size_t best = 0;
	(void)memset(bin, 0, sizeof bin);
	for (size_t i = 0; i < (size_t)m->w * m->h; i++) {
		const uint8_t *p = m->rgba + i * 4;
		size_t b = 0;
		for (int c = 0; c < 3; c++)
			b = b << BIN_BITS | p[c] >> (8 - BIN_BITS);
		bin[b].weight += p[3];
		for (int c = 0; c < 3; c++)
			bin[b].sum[c] += (uint32_t)p[c] * p[3];
		if (bin[b].weight > bin[best].weight)
			best = b;
	}
	if (bin[best].weight == 0)
		return false;
	out[0] = '#';
	for (int c = 0; c < 3; c++) {
		uint32_t v = (bin[best].sum[c] + bin[best].weight / 2) / bin[best].weight;
		out[1 + 2 * c] = hex[v >> 4];
		out[2 + 2 * c] = hex[v & 15];
	}
	out[IMAGE_COLOR_LEN] = '\0';
	return true;
}
