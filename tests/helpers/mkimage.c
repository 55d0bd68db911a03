/* What does a picture cost?  Draws a landscape or a screenshot of any size: the same bytes for the same arguments.
 *
 * mkimage [-f jpeg|progressive|png|webp|gif] [-e 1-8] [-k photo|screen] WxH SEED [QUALITY [GRAIN]] >out
 *
 * A sky, a sun, ridges that fade with distance, and on all of it GRAIN (0-64, default 24) steps of noise over four
 * octaves, as foliage, stone and a sensor would leave it.  With the defaults (JPEG, quality 85) a file has about two bits
 * per pixel, like what cameras and phones write; GRAIN 2 gives an illustration.  -k screen: windows with lines of small
 * letters, bars and a picture.  -e: that EXIF orientation (JPEG); WxH is the size as it is stored.  PNG is RGB of 8 bits
 * (libpng's own filters, level 6), WebP lossy, GIF a fixed cube of 252 colours with an ordered dither. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gif_lib.h>
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#define SIDE_MAX 20000
#define RIDGES 6

struct scene {
	unsigned w, h;
	uint32_t seed;
	double grain;
	bool screen;
	float *ridge[RIDGES]; /* for each column: where the ridge begins, 0 (top) to 1 */
};

static uint32_t
mix(uint32_t x, uint32_t y, uint32_t seed)
{
	uint32_t h = x * 0x9e3779b1U ^ y * 0x85ebca77U ^ seed * 0xc2b2ae3dU;
	h ^= h >> 15;
	h *= 0x2c1b3c6dU;
	h ^= h >> 12;
	h *= 0x297a2d39U;
	return h ^ h >> 15;
}

/* Value noise, -1 to 1: random lattice values with smooth steps between them. */
static double
noise(double x, double y, uint32_t seed)
{
	double fx = floor(x), fy = floor(y), u = x - fx, v = y - fy;
	uint32_t ix = (uint32_t)(int64_t)fx, iy = (uint32_t)(int64_t)fy;
	double a = mix(ix, iy, seed), b = mix(ix + 1, iy, seed), c = mix(ix, iy + 1, seed),
	       d = mix(ix + 1, iy + 1, seed);
	u = u * u * (3 - 2 * u);
	v = v * v * (3 - 2 * v);
	return ((a + (b - a) * u) * (1 - v) + (c + (d - c) * u) * v) / 2147483648.0 - 1;
}

static void
plan(struct scene *s)
{
	for (unsigned r = 0; r < RIDGES; r++) {
		s->ridge[r] = malloc(s->w * sizeof *s->ridge[r]);
		if (s->ridge[r] == NULL)
			exit(1);
		for (unsigned x = 0; x < s->w; x++) {
			double t = (double)x / s->h, y = 0.42 + 0.1 * r, amp = 0.16 - 0.015 * r;
			for (int o = 0; o < 8; o++) {
				y += amp * noise(t * (1.6 + 0.4 * r) * (1 << o), 7.0 * r, s->seed + (uint32_t)o);
				amp /= 2.1;
			}
			s->ridge[r][x] = (float)y;
		}
	}
}

/* The colour before grain, and how much grain it takes (0 to 1). */
static double
paint(const struct scene *s, unsigned px, unsigned py, double rgb[3])
{
	double x = (double)px / s->h, y = (double)py / s->h, aspect = (double)s->w / s->h;
	double sun = exp(-((x - 0.72 * aspect) * (x - 0.72 * aspect) + (y - 0.3) * (y - 0.3)) * 9);
	int r = RIDGES - 1;
	while (r >= 0 && y < (double)s->ridge[r][px])
		r--;
	if (r < 0) {
		double cloud =
		    0.5 + 0.5 * noise(x * 3, y * 14, s->seed + 91) + 0.25 * noise(x * 7, y * 31, s->seed + 92);
		rgb[0] = 70 + 150 * y + 110 * sun + 22 * cloud;
		rgb[1] = 110 + 95 * y + 60 * sun + 20 * cloud;
		rgb[2] = 175 + 20 * y - 30 * sun + 16 * cloud;
		return 0.18;
	}
	double near = (r + 1.0) / RIDGES, mist = 1 - near, deep = y - (double)s->ridge[r][px];
	double patch = noise(x * 9 * (r + 1), y * 14 * (r + 1), s->seed + 50 + (uint32_t)r);
	rgb[0] = 38 * near + 170 * mist + 30 * sun + 14 * patch * near - 60 * deep * near;
	rgb[1] = 66 * near + 160 * mist + 14 * sun + 18 * patch * near - 50 * deep * near;
	rgb[2] = 48 * near + 178 * mist - 6 * sun + 8 * patch * near - 40 * deep * near;
	return 0.3 + 0.7 * near;
}

/* Small letters on paper: cells of 8 x 14, each a random letter of 5 x 8 whose edges are half covered; words, and lines
 * that end somewhere. */
static unsigned char
letter(const struct scene *s, unsigned x, unsigned y)
{
	unsigned cx = x / 8, cy = y / 14, px = x % 8, py = y % 14;
	uint32_t kind = mix(cx, cy, s->seed) % 90;
	if (px > 5 || py < 3 || py > 11 || kind < 16 || cx % 97 > 40 + mix(0, cy, s->seed + 1) % 50)
		return 255;
	uint32_t at = mix(px / 2 + 8 * kind, py / 2, 77) % 4, next = mix((px + 1) / 2 + 8 * kind, py / 2, 77) % 4;
	return at == 0 ? 32 : next == 0 ? 150 : 255;
}

static void
draw_screen_row(const struct scene *s, unsigned y, unsigned char *row)
{
	static const unsigned char bar[3] = {44, 62, 90}, side[3] = {228, 232, 238};
	for (unsigned x = 0; x < s->w; x++, row += 3) {
		bool picture = x > s->w * 2 / 3 && x < s->w * 14 / 15 && y > s->h / 5 && y < s->h / 2;
		if (y < 40) {
			(void)memcpy(row, bar, 3);
		} else if (picture) {
			double rgb[3];
			(void)paint(s, x, y, rgb);
			for (int i = 0; i < 3; i++)
				row[i] = rgb[i] < 0 ? 0 : rgb[i] > 255 ? 255 : (unsigned char)rgb[i];
		} else {
			unsigned char ink = letter(s, x, y);
			for (int i = 0; i < 3; i++)
				row[i] = x < s->w / 6 && ink == 255 ? side[i] : ink;
		}
	}
}

static void
draw_row(const struct scene *s, unsigned y, unsigned char *row)
{
	if (s->screen) {
		draw_screen_row(s, y, row);
		return;
	}
	for (unsigned x = 0; x < s->w; x++) {
		double rgb[3], take = paint(s, x, y, rgb), g = 0;
		for (int o = 0; o < 4 && s->grain > 0; o++)
			g += noise(x / (double)(1 << o), y / (double)(1 << o), s->seed + 7 + (uint32_t)o) /
			     (1 + o * 0.3);
		for (int i = 0; i < 3; i++) {
			double v = rgb[i] + g * take * s->grain;
			row[3 * x + (unsigned)i] = v < 0 ? 0 : v > 255 ? 255 : (unsigned char)v;
		}
	}
}

static void *
get(size_t n)
{
	void *p = malloc(n);
	if (p == NULL)
		exit(1);
	return p;
}

/* ---- formats ----------------------------------------------------------------------------------------------- */

static void
write_orientation(struct jpeg_compress_struct *c, int orientation)
{
	unsigned char exif[] = {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1,
				18,  0,	  3,   0,   0, 0, 1,   0,   0, 0,  0, 0, 0, 0, 0, 0};
	exif[25] = (unsigned char)orientation;
	jpeg_write_marker(c, JPEG_APP0 + 1, exif, sizeof exif - 1);
}

static int
write_jpeg(const struct scene *s, int quality, bool progressive, int orientation)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned char *row = get((size_t)s->w * 3);
	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, stdout);
	c.image_width = s->w;
	c.image_height = s->h;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	c.optimize_coding = TRUE;
	if (progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	if (orientation > 0)
		write_orientation(&c, orientation);
	while (c.next_scanline < c.image_height) {
		JSAMPROW at = row;
		draw_row(s, c.next_scanline, row);
		(void)jpeg_write_scanlines(&c, &at, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
	return 0;
}

static int
write_png(const struct scene *s)
{
	png_structp p = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(p);
	unsigned char *row = get((size_t)s->w * 3);
	png_init_io(p, stdout);
	png_set_IHDR(p, info, s->w, s->h, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_write_info(p, info);
	for (unsigned y = 0; y < s->h; y++) {
		draw_row(s, y, row);
		png_write_row(p, row);
	}
	png_write_end(p, info);
	png_destroy_write_struct(&p, &info);
	free(row);
	return 0;
}

static unsigned char *
draw_all(const struct scene *s)
{
	unsigned char *rgb = get((size_t)s->w * 3 * s->h);
	for (unsigned y = 0; y < s->h; y++)
		draw_row(s, y, rgb + (size_t)y * s->w * 3);
	return rgb;
}

static int
write_webp(const struct scene *s, int quality)
{
	unsigned char *rgb = draw_all(s), *out = NULL;
	size_t n = WebPEncodeRGB(rgb, (int)s->w, (int)s->h, (int)s->w * 3, (float)quality, &out);
	bool ok = n > 0 && fwrite(out, 1, n, stdout) == n;
	WebPFree(out);
	free(rgb);
	return ok ? 0 : 1;
}

static int
put(GifFileType *g, const GifByteType *p, int n)
{
	(void)g;
	return (int)fwrite(p, 1, (size_t)n, stdout);
}

/* 6 steps of red, 7 of green, 6 of blue; between two of them a Bayer matrix of 4 x 4 decides. */
static void
quantise(const unsigned char *rgb, unsigned w, unsigned y, GifByteType *out)
{
	static const unsigned char bayer[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
	for (unsigned x = 0; x < w; x++, rgb += 3) {
		unsigned d = bayer[y % 4][x % 4] * 16u + 8;
		unsigned r = (rgb[0] * 5u + d) / 256, g = (rgb[1] * 6u + d) / 256, b = (rgb[2] * 5u + d) / 256;
		out[x] = (GifByteType)((r * 7 + g) * 6 + b);
	}
}

static int
write_gif(const struct scene *s)
{
	GifColorType cube[256] = {0};
	int code = 0;
	for (unsigned i = 0; i < 252; i++)
		cube[i] = (GifColorType){(GifByteType)(i / 42 * 51), (GifByteType)(i / 6 % 7 * 255 / 6),
					 (GifByteType)(i % 6 * 51)};
	ColorMapObject *map = GifMakeMapObject(256, cube);
	GifFileType *g = EGifOpen(NULL, put, &code);
	if (map == NULL || g == NULL || EGifPutScreenDesc(g, (int)s->w, (int)s->h, 8, 0, map) == GIF_ERROR ||
	    EGifPutImageDesc(g, 0, 0, (int)s->w, (int)s->h, false, NULL) == GIF_ERROR)
		return 1;
	unsigned char *row = get((size_t)s->w * 3);
	GifByteType *index = get(s->w);
	for (unsigned y = 0; y < s->h; y++) {
		draw_row(s, y, row);
		quantise(row, s->w, y, index);
		if (EGifPutLine(g, index, (int)s->w) == GIF_ERROR)
			return 1;
	}
	free(row);
	free(index);
	GifFreeMapObject(map);
	return EGifCloseFile(g, &code) == GIF_OK ? 0 : 1;
}

static int
write_as(const struct scene *s, const char *format, int quality, int orientation)
{
	if (strcmp(format, "png") == 0)
		return write_png(s);
	if (strcmp(format, "webp") == 0)
		return write_webp(s, quality);
	if (strcmp(format, "gif") == 0)
		return write_gif(s);
	return write_jpeg(s, quality, strcmp(format, "progressive") == 0, orientation);
}

int
main(int argc, char **argv)
{
	struct scene s = {0};
	const char *format = "jpeg";
	char *end = NULL;
	int orientation = 0, opt;
	while ((opt = getopt(argc, argv, "f:e:k:")) != -1)
		if (opt == 'f')
			format = optarg;
		else if (opt == 'e')
			orientation = (int)strtol(optarg, NULL, 10);
		else if (opt == 'k')
			s.screen = strcmp(optarg, "screen") == 0;
	argc -= optind;
	argv += optind;
	if (argc >= 2) {
		s.w = (unsigned)strtoul(argv[0], &end, 10);
		s.h = *end == 'x' ? (unsigned)strtoul(end + 1, NULL, 10) : 0;
		s.seed = (uint32_t)strtoul(argv[1], NULL, 10);
	}
	if (s.w == 0 || s.h == 0 || s.w > SIDE_MAX || s.h > SIDE_MAX) {
		(void)fputs("usage: mkimage [-f jpeg|progressive|png|webp|gif] [-e 1-8] [-k photo|screen] WxH SEED "
			    "[QUALITY [GRAIN]] >out\n",
			    stderr);
		return 2;
	}
	s.grain = argc > 3 ? strtod(argv[3], NULL) : 24;
	plan(&s);
	int status = write_as(&s, format, argc > 2 ? (int)strtol(argv[2], NULL, 10) : 85, orientation);
	for (unsigned r = 0; r < RIDGES; r++)
		free(s.ridge[r]);
	return fflush(stdout) == 0 ? status : 1;
}
