/* Do the fast inner loops say what the plain ones say, and do filters keep what must not change? */
#include "image/image.h"

#include <stdlib.h>

#include "image/int.h"
#include "tap.h"

static uint32_t seed = 12345;

static uint32_t
next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* ---- axis ------------------------------------------------------------------------------------ */

static bool
axis_sound(const struct image_axis *a, uint32_t source)
{
	for (uint32_t i = 0; i < a->n; i++) {
		int32_t sum = 0;
		const int16_t *w = a->w + (size_t)i * a->taps;
		for (uint32_t k = 0; k < a->taps; k++) {
			sum += w[k];
			if (k >= a->count[i] && w[k] != 0)
				return false;
		}
		if (sum != IMAGE_WEIGHT_ONE || a->count[i] < 1 || a->count[i] > a->taps ||
		    a->first[i] + a->count[i] > source)
			return false;
	}
	return true;
}

static void
axes(void)
{
	static const uint32_t sizes[] = {1, 2, 3, 5, 8, 13, 100, 333, 1000, 4096, 100000};
	bool sound = true;
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
		for (size_t n = 0; n <= s; n++)
			for (int mirror = 0; mirror < 2; mirror++) {
				double extent = sizes[s] - (s % 2 == 1 ? 0.5 : 0.0);
				struct image_span span = {0,	    extent / sizes[n], extent,	 sizes[s],
							  sizes[n], mirror != 0,       1 + n % 4};
				struct image_axis a;
				image_axis_init(&a, &span);
				sound = sound && axis_sound(&a, sizes[s]);
				image_axis_clear(&a);
			}
	ok(sound, "weights add up to one, inside the source, for every ratio");
	struct image_span same = {0, 1, 100, 100, 100, false, 1};
	struct image_axis a;
	image_axis_init(&a, &same);
	ok(a.most == 1 && a.first[37] == 37, "a picture of the right size is left alone");
	image_axis_clear(&a);
}

/* ---- fast and plain ------------------------------------------------------------------------------ */

enum { WIDE = 700, TAPS = 41 };

static bool
vertical_agrees(const struct image_kernels *f, size_t n, size_t taps)
{
	static uint8_t mem[TAPS][WIDE + IMAGE_KERNEL_PAD];
	static int16_t a[WIDE + IMAGE_KERNEL_PAD], b[WIDE + IMAGE_KERNEL_PAD];
	const uint8_t *rows[TAPS];
	int16_t w[TAPS];
	for (size_t k = 0; k < taps; k++) {
		rows[k] = mem[k];
		w[k] = (int16_t)((int)(next() % 40000) - 20000);
		for (size_t i = 0; i < n; i++)
			mem[k][i] = (uint8_t)next();
	}
	image_kernels_plain.vertical(a, n, rows, w, taps);
	f->vertical(b, n, rows, w, taps);
	return memcmp(a, b, n * sizeof a[0]) == 0;
}

static bool
horizontal_agrees(const struct image_kernels *f, uint32_t source, uint32_t n, bool mirror)
{
	struct image_span span = {0, (double)source / n, source, source, n, mirror, 1};
	struct image_axis a;
	image_axis_init(&a, &span);
	size_t len = (size_t)(a.hi - a.lo + a.taps) * 4 + IMAGE_KERNEL_PAD;
	int16_t *line = mem_array(len, sizeof *line);
	uint8_t *one = mem_alloc((size_t)n * 4 + IMAGE_KERNEL_PAD), *two = mem_alloc((size_t)n * 4 + IMAGE_KERNEL_PAD);
	for (size_t i = 0; i < len; i++)
		line[i] = (int16_t)((int)(next() % (260u << IMAGE_LINE_BITS)) - (3 << IMAGE_LINE_BITS));
	image_kernels_plain.horizontal1(one, &a, line);
	f->horizontal1(two, &a, line);
	bool same = memcmp(one, two, n) == 0;
	image_kernels_plain.horizontal4(one, &a, line);
	f->horizontal4(two, &a, line);
	same = same && memcmp(one, two, (size_t)n * 4) == 0;
	image_axis_clear(&a);
	mem_free(line);
	mem_free(one);
	mem_free(two);
	return same;
}

static void
twins(const struct image_kernels *f)
{
	bool v = true, h = true;
	for (size_t n = 1; n <= WIDE; n += 1 + next() % 37)
		for (size_t taps = 1; taps <= TAPS; taps += 1 + next() % 5)
			v = v && vertical_agrees(f, n, taps);
	for (int i = 0; i < 300; i++) {
		uint32_t n = 1 + next() % 150, source = n + next() % 2500;
		h = h && horizontal_agrees(f, source, n, (i & 1) != 0);
	}
	ok(v, "%s: the vertical pass is the plain one", f->name);
	ok(h, "%s: the horizontal passes are the plain ones", f->name);
}

static struct image_plane
plane(uint32_t w, uint32_t h, int channels)
{
	struct image_pic pic;
	image_pic_init(&pic, channels == 4 ? IMAGE_RGBX : IMAGE_GRAY, w, h, 1);
	return pic.plane[0];
}

/* ---- rows that become one ------------------------------------------------------------------------------- */

/* Noise of h rows, once with all of them seen, once averaged: at most how far the outputs lie apart, on average. */
static double
merged_differs(uint32_t h, uint32_t merge, bool mirror)
{
	enum { W = 40, N = 6 };
	uint8_t got[2][W * N];
	uint32_t by[2] = {1, merge};
	for (int i = 0; i < 2; i++) {
		struct image_plane dst = plane(W, N, 1);
		struct image_span sx = {0, 1, W, W, W, false, 1};
		struct image_span sy = {
		    0, (double)h / by[i] / N, (double)h / by[i], (h + by[i] - 1) / by[i], N, mirror, by[i]};
		struct image_axes *axes = mem_alloc(sizeof *axes);
		struct image_feed f;
		image_feed_init(&f, W, h, 1, by[i]);
		image_feed_reduce(&f, image_axes_get(axes, &sx), image_axes_get(axes, &sy), mirror, &dst);
		image_feed_open(&f, 3, 0);
		seed = 99;
		for (uint32_t y = 0; y < h; y += 3) {
			for (uint32_t k = 0; k < 3; k++)
				for (uint32_t x = 0; x < W; x++)
					image_feed_slot(&f, k)[x] =
					    (uint8_t)(128 + 100 * ((y + k) * 5 / h % 2) + next() % 20);
			image_feed_push(&f, 3);
		}
		for (uint32_t y = 0; y < N; y++)
			(void)memcpy(got[i] + (size_t)y * W, dst.p + y * dst.stride, W);
		image_feed_clear(&f);
		image_axes_clear(axes);
		mem_free(axes);
		mem_free(dst.p);
	}
	double sum = 0;
	for (size_t i = 0; i < W * N; i++)
		sum += abs(got[0][i] - got[1][i]);
	return sum / (W * N);
}

static void
merged(void)
{
	double worst = 0;
	for (uint32_t h = 48; h < 150; h += 7)
		for (uint32_t merge = 2; merge <= (h < 84 ? 2 : 4); merge += 2)
			for (int mirror = 0; mirror < 2; mirror++) {
				double d = merged_differs(h, merge, mirror != 0);
				worst = d > worst ? d : worst;
			}
	ok(worst < 1.5, "rows that are averaged first make nearly the same picture (%.2f steps apart)", worst);
}

/* ---- PNG filters ---------------------------------------------------------------------------------------- */

enum { PIXELS = 75 };

/* Bytes of which many are equal or extreme: where nearest neighbours tie, and sums wrap. */
static void
rough(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = next() % 3 == 0 ? (uint8_t)(next() % 2 * 255) : (uint8_t)next();
}

static bool
rows_agree(const struct image_unfilters *f, int filter, size_t bpp, size_t pixels)
{
	uint8_t above[PIXELS * 8], a[PIXELS * 8], b[PIXELS * 8];
	rough(above, sizeof above);
	rough(a, sizeof a);
	(void)memcpy(b, a, sizeof b);
	image_unfilters_plain.row(filter, a, above, pixels * bpp, bpp);
	f->row(filter, b, above, pixels * bpp, bpp);
	return memcmp(a, b, sizeof a) == 0; /* what is behind the row, too */
}

static bool
rgb_agrees(const struct image_unfilters *f, int filter, size_t pixels)
{
	uint8_t above[PIXELS * 4 + IMAGE_KERNEL_PAD], in[PIXELS * 3 + IMAGE_KERNEL_PAD],
	    a[PIXELS * 4 + IMAGE_KERNEL_PAD], b[PIXELS * 4 + IMAGE_KERNEL_PAD], three[PIXELS * 3],
	    three_above[PIXELS * 3];
	rough(above, sizeof above);
	rough(in, sizeof in);
	image_unfilters_plain.rgb(filter, a, in, above, pixels);
	f->rgb(filter, b, in, above, pixels);
	for (size_t i = 0; i < pixels * 3; i++) {
		three[i] = in[i];
		three_above[i] = above[i / 3 * 4 + i % 3];
	}
	image_unfilters_plain.row(filter, three, three_above, pixels * 3, 3);
	bool same = memcmp(a, b, pixels * 4) == 0;
	for (size_t i = 0; i < pixels * 4; i++)
		same = same && a[i] == (i % 4 == 3 ? 255 : three[i / 4 * 3 + i % 4]);
	return same;
}

static void
unfilters(const struct image_unfilters *f)
{
	static const size_t bpp[] = {1, 2, 3, 4, 6, 8};
	bool rows = true, rgb = true;
	for (int filter = 0; filter < IMAGE_PNG_FILTERS; filter++)
		for (size_t n = 1; n <= PIXELS; n++)
			for (int again = 0; again < 20; again++) {
				for (size_t k = 0; k < sizeof bpp / sizeof bpp[0]; k++)
					rows = rows && rows_agree(f, filter, bpp[k], n);
				rgb = rgb && rgb_agrees(f, filter, n);
			}
	ok(rows, "%s: PNG rows are unfiltered as the plain ones", f->name);
	ok(rgb, "%s: RGB rows are unfiltered into four channels alike", f->name);
}

/* The specification's own words, not ours: nearest of left, above and corner to left + above - corner. */
static void
paeth(void)
{
	bool good = true;
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b++)
			for (int c = 0; c < 256; c += 5) {
				int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
				int want = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
				uint8_t above[2] = {(uint8_t)c, (uint8_t)b}, row[2] = {(uint8_t)(a - c), 0};
				image_unfilters_plain.row(IMAGE_PNG_PAETH, row, above, 2, 1);
				good = good && row[0] == a && row[1] == want;
			}
	ok(good, "the Paeth filter is the specification's");
}

/* ---- what must not change ---------------------------------------------------------------------------- */

static bool
flat(uint32_t w, uint32_t h, uint32_t tw, uint32_t th, int channels, int value)
{
	struct image_plane src = plane(w, h, channels), dst = plane(tw, th, channels);
	struct image_span x = {0, (double)w / tw, w, w, tw, false, 1}, y = {0, (double)h / th, h, h, th, false, 1};
	struct image_axes *axes = mem_alloc(sizeof *axes);
	bool same = true;
	(void)memset(src.p, value, src.stride * h);
	image_feed_copy(&src, image_axes_get(axes, &x), image_axes_get(axes, &y), &dst);
	for (uint32_t r = 0; r < th; r++)
		for (size_t i = 0; i < (size_t)tw * (size_t)channels; i++)
			same = same && dst.p[r * dst.stride + i] == value;
	image_axes_clear(axes);
	mem_free(axes);
	mem_free(src.p);
	mem_free(dst.p);
	return same;
}

static void
flats(void)
{
	bool same = true;
	for (int value = 0; value < 256; value += 51)
		for (int channels = 1; channels <= 4; channels += 3)
			same = same && flat(801, 33, 320, 11, channels, value) &&
			       flat(2000, 3, 1, 1, channels, value) && flat(17, 900, 17, 7, channels, value);
	ok(same, "a flat colour stays what it is");
}

int
main(void)
{
	axes();
	flats();
	if (image_kernels_fast() != NULL)
		twins(image_kernels_fast());
	else
		ok(1, "no fast kernels for this CPU # SKIP");
	merged();
	paeth();
	unfilters(&image_unfilters_plain);
	if (image_unfilters_fast() != NULL)
		unfilters(image_unfilters_fast());
	else
		ok(1, "no fast unfilters for this CPU # SKIP");
	return done();
}
