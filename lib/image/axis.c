/* Which source samples make an output sample, and how much does each count?  Lanczos3, widened when shrinking. */
#include "image/int.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846f
#define PERIOD_ERROR 1e-9 /* samples */
enum { LOBES = 3, PERIOD_MAX = 128 };

/* Filters narrower than this many source samples would look between the samples. */
static double
reach(const struct image_span *s)
{
	return LOBES * (s->step > 1.0 ? s->step : 1.0);
}

static uint32_t
window_max(const struct image_span *s)
{
	double most = 2.0 * reach(s) + 1.0;
	return most < s->source ? (uint32_t)most : s->source;
}

/* Rounded up, so that kernels may take eight or sixteen weights at a time. */
static uint32_t
padded(uint32_t taps)
{
	return taps <= 8 ? 8 : (taps + 15) & ~(uint32_t)15;
}

int64_t
image_axis_memory(const struct image_span *s)
{
	return (int64_t)s->n *
	       ((int64_t)padded(window_max(s)) * (int64_t)sizeof(int16_t) + 2 * (int64_t)sizeof(uint32_t));
}

/* sinc(x) sinc(x / 3) for |x| <= 3.  With y = pi x / 3 and sin 3y = 3 sin y - 4 sin^3 y it needs one sine, and that
 * as cos(y - pi/2), whose series of even powers is good to 1e-7 in the half turn needed. */
static float
lanczos3(float x)
{
	float y = fabsf(x) * (PI / LOBES), z = y - PI / 2, q = z * z;
	float s =
	    1.0f + q * (-1.0f / 2 +
			q * (1.0f / 24 +
			     q * (-1.0f / 720 + q * (1.0f / 40320 + q * (-1.0f / 3628800 + q * (1.0f / 479001600))))));
	float s2 = s * s;
	return y < 1e-3f ? 1.0f : s2 * (3.0f - 4.0f * s2) / (3.0f * y * y);
}

static void
weigh(float *f, uint32_t n, float from, float scale)
{
	for (uint32_t k = 0; k < n; k++) {
		float x = (from + (float)k) * scale;
		x = x < -LOBES ? -LOBES : x > LOBES ? LOBES : x;
		f[k] = lanczos3(x);
	}
}

/* A mean counts as much as all that it was made of would have: what averaging takes from fine detail is given back. */
static void
weigh_boxes(float *f, uint32_t n, float from, float scale, uint32_t box)
{
	for (uint32_t k = 0; k < n; k++) {
		f[k] = 0;
		for (uint32_t i = 0; i < box; i++) {
			float x = (from + (float)k + ((float)i + 0.5f) / (float)box - 0.5f) * scale;
			x = x < -LOBES ? -LOBES : x > LOBES ? LOBES : x;
			f[k] += lanczos3(x);
		}
	}
}

/* Whole numbers whose running sum stays within half a unit of the exact one: their total is exact, and a filter of
 * thousands of taps does not round to nothing. */
static void
quantise(const float *f, uint32_t n, int16_t *w)
{
	const double up = 1 << 20; /* makes it positive: then cutting off is rounding down */
	double total = 0, sum = up + 0.5;
	int32_t before = 1 << 20;
	for (uint32_t k = 0; k < n; k++)
		total += (double)f[k];
	double unit = IMAGE_WEIGHT_ONE / total;
	for (uint32_t k = 0; k < n; k++) {
		sum += (double)f[k] * unit;
		int32_t now = k + 1 < n ? (int32_t)sum : (1 << 20) + IMAGE_WEIGHT_ONE;
		w[k] = (int16_t)(now - before);
		before = now;
	}
}

/* After how many outputs do centres lie between samples as they did before?  0: not soon.  Ratios of small numbers are the
 * rule, as thumbnails are made of pictures and of one another. */
static uint32_t
period(const struct image_span *s)
{
	for (uint32_t p = 1; p <= PERIOD_MAX && p < s->n; p++) {
		double way = p * s->step;
		if (fabs(way - round(way)) < PERIOD_ERROR)
			return p;
	}
	return 0;
}

/* Does the window of an output lie within the source, so that none of it is cut off? */
static bool
inside(const struct image_span *s, double c)
{
	double r = reach(s);
	return ceil(c - r - 0.5) >= 0 && floor(c + r - 0.5) <= (double)s->source - 1;
}

/* Output i has the weights of one before it, further on. */
static void
repeat(struct image_axis *a, uint32_t i, uint32_t p, int64_t way)
{
	a->first[i] = (uint32_t)((int64_t)a->first[i - p] + way);
	a->count[i] = a->count[i - p];
	(void)memcpy(a->w + (size_t)i * a->taps, a->w + (size_t)(i - p) * a->taps, a->taps * sizeof *a->w);
}

/* One output whose centre is at c.  Samples with weight 0 at either end are left out. */
static void
output(struct image_axis *a, uint32_t i, double c, const struct image_span *s, float *f)
{
	double r = reach(s), lo = ceil(c - r - 0.5), hi = floor(c + r - 0.5);
	double last = (double)s->source - 1;
	lo = lo < 0 ? 0 : lo > last ? last : lo;
	hi = hi > last ? last : hi < lo ? lo : hi;
	uint32_t first = (uint32_t)lo, n = (uint32_t)(hi - lo) + 1;
	int16_t *w = a->w + (size_t)i * a->taps;
	if (n > a->taps) /* the window's bound is exact; this is for the compiler and the reader */
		n = a->taps;
	if (s->box > 1)
		weigh_boxes(f, n, (float)(lo + 0.5 - c), (float)(LOBES / r), s->box);
	else
		weigh(f, n, (float)(lo + 0.5 - c), (float)(LOBES / r));
	quantise(f, n, w);
	while (n > 1 && w[n - 1] == 0)
		n--;
	uint32_t skip = 0;
	while (skip + 1 < n && w[skip] == 0)
		skip++;
	for (uint32_t k = 0; skip > 0 && k < n; k++)
		w[k] = k + skip < n ? w[k + skip] : 0;
	a->first[i] = first + skip;
	a->count[i] = n - skip;
}

static double
centre(const struct image_span *s, uint32_t i)
{
	double c = s->start + (i + 0.5) * s->step;
	return s->mirror ? s->extent - c : c;
}

void
image_axis_init(struct image_axis *a, const struct image_span *s)
{
	*a = (struct image_axis){.n = s->n, .taps = padded(window_max(s)), .lo = s->source};
	a->first = mem_array(s->n, sizeof *a->first);
	a->count = mem_array(s->n, sizeof *a->count);
	a->w = mem_array((size_t)s->n * a->taps, sizeof *a->w);
	float *f = mem_array(a->taps, sizeof *f);
	uint32_t p = period(s), same = 0; /* outputs with a whole window, one after the other */
	int64_t way = llround(p * s->step);
	for (uint32_t i = 0; i < s->n; i++) {
		double c = centre(s, i);
		bool whole = inside(s, c);
		if (whole && p > 0 && same >= p)
			repeat(a, i, p, s->mirror ? -way : way);
		else
			output(a, i, c, s, f);
		same = whole ? same + 1 : 0;
		if (a->first[i] < a->lo)
			a->lo = a->first[i];
		if (a->first[i] + a->count[i] > a->hi)
			a->hi = a->first[i] + a->count[i];
		if (a->count[i] > a->most)
			a->most = a->count[i];
	}
	mem_free(f);
}

void
image_axis_clear(struct image_axis *a)
{
	mem_free(a->first);
	mem_free(a->count);
	mem_free(a->w);
	*a = (struct image_axis){0};
}

const struct image_axis *
image_axes_find(const struct image_axes *a, const struct image_span *s)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct image_span *o = &a->span[i];
		if (o->n == s->n && o->source == s->source && o->mirror == s->mirror && o->start == s->start &&
		    o->step == s->step && o->extent == s->extent && o->box == s->box)
			return &a->axis[i];
	}
	return NULL;
}

const struct image_axis *
image_axes_get(struct image_axes *a, const struct image_span *s)
{
	const struct image_axis *found = image_axes_find(a, s);
	if (found != NULL || a->n == IMAGE_AXES_MAX)
		return found;
	a->span[a->n] = *s;
	image_axis_init(&a->axis[a->n], s);
	return &a->axis[a->n++];
}

void
image_axes_clear(struct image_axes *a)
{
	for (size_t i = 0; i < a->n; i++)
		image_axis_clear(&a->axis[i]);
	a->n = 0;
}
