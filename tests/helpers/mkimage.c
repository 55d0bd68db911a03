/* What does a photograph cost?  Draws a landscape of any size as a JPEG: the same bytes for the same arguments.
 *
 * mkimage WxH SEED [QUALITY [GRAIN]] >out.jpg
 *
 * A sky, a sun, ridges that fade with distance, and on all of it GRAIN (0-64, default 24) steps of noise over four
 * octaves, as foliage, stone and a sensor would leave it.  With the defaults (quality 85) a file has about two bits per
 * pixel, like what cameras and phones write; GRAIN 2 gives an illustration. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#define SIDE_MAX 20000
#define RIDGES 6

struct scene {
	unsigned w, h;
	uint32_t seed;
	double grain;
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

static void
draw_row(const struct scene *s, unsigned y, unsigned char *row)
{
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

static int
write_jpeg(const struct scene *s, int quality)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned char *row = malloc((size_t)s->w * 3);
	if (row == NULL)
		return 1;
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
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		JSAMPROW at = row;
		draw_row(s, c.next_scanline, row);
		(void)jpeg_write_scanlines(&c, &at, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct scene s = {0};
	char *end = NULL;
	if (argc >= 3) {
		s.w = (unsigned)strtoul(argv[1], &end, 10);
		s.h = *end == 'x' ? (unsigned)strtoul(end + 1, NULL, 10) : 0;
		s.seed = (uint32_t)strtoul(argv[2], NULL, 10);
	}
	if (s.w == 0 || s.h == 0 || s.w > SIDE_MAX || s.h > SIDE_MAX) {
		(void)fputs("usage: mkimage WxH SEED [QUALITY [GRAIN]] >out.jpg\n", stderr);
		return 2;
	}
	s.grain = argc > 4 ? strtod(argv[4], NULL) : 24;
	plan(&s);
	int status = write_jpeg(&s, argc > 3 ? (int)strtol(argv[3], NULL, 10) : 85);
	for (unsigned r = 0; r < RIDGES; r++)
		free(s.ridge[r]);
	return status;
}
