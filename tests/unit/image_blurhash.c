/* Does what stands for a picture until it comes look like it? */
#include "image/image.h"

#include <math.h>

#include "image_make.h"
#include "tap.h"

static const char digit[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

static int
value(const char *s, int n)
{
	int v = 0;
	for (int i = 0; i < n; i++)
		v = v * 83 + (int)(strchr(digit, s[i]) - digit);
	return v;
}

static double
light(double x)
{
	return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static double
wave_of(int q, double most)
{
	double x = (q - 9) / 9.0;
	return (x < 0 ? -x * x : x * x) * most;
}

/* The reader's side of it: what stands at x, y of a picture of 1 x 1, 0 … 255. */
static void
look(const char *hash, double x, double y, double out[3])
{
	int across = value(hash, 1) % 9 + 1, down = value(hash, 1) / 9 + 1, dc = value(hash + 2, 4);
	double most = (value(hash + 1, 1) + 1) / 166.0;
	double v[3] = {light((dc >> 16) / 255.0), light((dc >> 8 & 255) / 255.0), light((dc & 255) / 255.0)};
	for (int i = 1; i < across * down; i++) {
		int q = value(hash + 4 + 2 * i, 2);
		int row = i / across;
		double basis = cos(3.14159265 * x * (i % across)) * cos(3.14159265 * y * row);
		v[0] += basis * wave_of(q / 361, most);
		v[1] += basis * wave_of(q / 19 % 19, most);
		v[2] += basis * wave_of(q % 19, most);
	}
	for (int c = 0; c < 3; c++) {
		double l = v[c] < 0 ? 0 : v[c] > 1 ? 1 : v[c];
		out[c] = 255 * (l <= 0.0031308 ? 12.92 * l : 1.055 * pow(l, 1 / 2.4) - 0.055);
	}
}

static struct image_mini
mini_of(struct buf b, const struct image_size *size)
{
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	int fd = make_fd(b.p, b.len);
	if (image_thumbs_make(fd, size, 1, IMAGE_UNKNOWN, &image_limits_default, &t, &err) < 0)
		ok(false, "%s", err.text);
	struct image_mini m = t.mini;
	image_thumbs_clear(&t);
	(void)close(fd);
	buf_clear(&b);
	return m;
}

static void
flat(uint8_t r, uint8_t g, uint8_t b, uint8_t a, struct image_mini *m)
{
	*m = (struct image_mini){.w = 8, .h = 6};
	for (size_t i = 0; i < 48; i++) {
		const uint8_t px[4] = {r, g, b, a};
		(void)memcpy(m->rgba + i * 4, px, 4);
	}
}

static void
plain_colours(void)
{
	struct image_mini m;
	char hash[IMAGE_BLURHASH_LEN + 1], colour[IMAGE_COLOR_LEN + 1];
	flat(0, 0, 0, 255, &m);
	image_blurhash(&m, hash);
	is_str(hash, "L00000fQfQfQfQfQfQfQfQfQfQfQ", "black");
	flat(200, 100, 50, 255, &m);
	image_blurhash(&m, hash);
	ok(value(hash + 2, 4) == (200 << 16 | 100 << 8 | 50), "a colour: %s", hash);
	ok(image_color(&m, colour) && strcmp(colour, "#c86432") == 0, "and its name: %s", colour);
	flat(0, 0, 0, 0, &m);
	image_blurhash(&m, hash);
	ok(value(hash + 2, 4) == 0xFFFFFF, "what is transparent lies on white");
	ok(!image_color(&m, colour), "and has no colour");
	flat(10, 20, 30, 255, &m);
	(void)memset(m.rgba, 250, 20 * 4);
	ok(image_color(&m, colour) && strcmp(colour, "#0a141e") == 0, "what fills most of it: %s", colour);
}

/* The corners of the scene: strong where they should be. */
static void
corners(const char *name, struct image_mini m, bool wide)
{
	char hash[IMAGE_BLURHASH_LEN + 1];
	double lt[3], rt[3], lb[3], rb[3];
	image_blurhash(&m, hash);
	look(hash, 0.2, 0.2, lt);
	look(hash, 0.8, 0.2, rt);
	look(hash, 0.2, 0.8, lb);
	look(hash, 0.8, 0.8, rb);
	ok(strlen(hash) == IMAGE_BLURHASH_LEN && hash[0] == digit[wide ? 3 + 2 * 9 : 2 + 3 * 9] && lt[0] > lt[1] + 40 &&
	       lt[0] > lt[2] + 40 && rt[1] > rt[0] + 40 && rt[1] > rt[2] + 40 && lb[2] > lb[0] + 40 &&
	       lb[2] > lb[1] + 40 && rb[0] > 150 && rb[1] > 150 && rb[2] > 150,
	   "%s: %s", name, hash);
}

int
main(void)
{
	static const struct image_size scale = {320, 240, IMAGE_SCALE}, crop = {96, 96, IMAGE_CROP};
	plain_colours();
	corners("JPEG", mini_of(make_jpeg(640, 480, 0, 0), &scale), true);
	corners("PNG", mini_of(make_png(640, 480, 0), &scale), true);
	corners("upright JPEG", mini_of(make_jpeg(300, 480, 0, 0), &scale), false);
	corners("WebP", mini_of(make_webp(640, 480, 0), &crop), true);
	struct image_mini one = mini_of(make_png(1, 1, 0), &scale), thin = mini_of(make_png(3000, 2, 0), &scale);
	ok(one.w == 1 && one.h == 1 && thin.w == IMAGE_MINI && thin.h == 1, "pictures of one pixel, or one row");
	char hash[IMAGE_BLURHASH_LEN + 1];
	image_blurhash(&one, hash);
	image_blurhash(&thin, hash);
	struct image_mini hole = mini_of(make_png(640, 480, MAKE_ALPHA), &scale);
	ok(hole.rgba[((size_t)hole.h / 2 * hole.w + hole.w / 2) * 4 + 3] == 0 && hole.rgba[3] == 255, "alpha is kept");
	return done();
}
