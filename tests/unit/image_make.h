/* Pictures for the tests of room image: a scene with known corners, in every format and flavour. */
#ifndef TESTS_IMAGE_MAKE_H
#define TESTS_IMAGE_MAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include "base/base.h"
#include "image/image.h"

/* The scene: left top red, right top green, left bottom blue, right bottom white, soft shading over all of it. */
__attribute__((unused)) static void
scene(uint32_t x, uint32_t y, uint32_t w, uint32_t h, uint8_t rgba[4])
{
	static const uint8_t corner[4][3] = {{220, 20, 20}, {20, 200, 20}, {20, 20, 220}, {235, 235, 235}};
	const uint8_t *c = corner[(y * 2 >= h) * 2 + (x * 2 >= w)];
	for (int i = 0; i < 3; i++)
		rgba[i] = (uint8_t)(c[i] + (x * 7 + y * 3) % 11);
	rgba[3] = 255;
}

__attribute__((unused)) static uint8_t *
scene_rgba(uint32_t w, uint32_t h, bool hole) /* hole: the middle is transparent, and black below */
{
	uint8_t *p = mem_array((size_t)w * h, 4);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			uint8_t *q = p + ((size_t)y * w + x) * 4;
			scene(x, y, w, h, q);
			if (hole && x * 4 > w && x * 4 < w * 3 && y * 4 > h && y * 4 < h * 3)
				(void)memset(q, 0, 4);
		}
	return p;
}

enum {
	MAKE_PROGRESSIVE = 1,
	MAKE_GRAY = 2,
	MAKE_CMYK = 4, /* inverted, with Adobe's marker */
	MAKE_444 = 8,
	MAKE_ALPHA = 16,
	MAKE_LOSSLESS = 32,
	MAKE_INTERLACED = 64,
	MAKE_16 = 128,
	MAKE_PALETTE = 256,
	MAKE_RESTARTS = 512,
	MAKE_440 = 1024,
	MAKE_YCCK = 2048,     /* with MAKE_CMYK */
	MAKE_NO_ADOBE = 4096, /* with MAKE_CMYK: not inverted, nothing says what it is */
	MAKE_ARITHMETIC = 8192
};

/* Exif with nothing but an orientation. */
__attribute__((unused)) static size_t
make_exif(uint8_t out[32], int orientation)
{
	static const uint8_t tiff[26] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1};
	(void)memcpy(out, "Exif\0\0", 6);
	(void)memcpy(out + 6, tiff, sizeof tiff);
	out[6 + 19] = (uint8_t)orientation;
	return 6 + sizeof tiff;
}

__attribute__((unused)) static struct buf
make_jpeg(uint32_t w, uint32_t h, int flags, int orientation)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr e;
	unsigned char *mem = NULL;
	unsigned long len = 0;
	uint8_t exif[32], *px = scene_rgba(w, h, false);
	struct buf out;
	c.err = jpeg_std_error(&e);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &mem, &len);
	c.image_width = w;
	c.image_height = h;
	c.input_components = (flags & MAKE_GRAY) != 0 ? 1 : 4;
	c.in_color_space = (flags & MAKE_GRAY) != 0   ? JCS_GRAYSCALE
			   : (flags & MAKE_CMYK) != 0 ? JCS_CMYK
						      : JCS_EXT_RGBX;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 92, TRUE);
	if ((flags & MAKE_444) != 0)
		c.comp_info[0].h_samp_factor = c.comp_info[0].v_samp_factor = 1;
	if ((flags & MAKE_440) != 0)
		c.comp_info[0].h_samp_factor = 1;
	if ((flags & MAKE_YCCK) != 0)
		jpeg_set_colorspace(&c, JCS_YCCK);
	c.write_Adobe_marker = (flags & MAKE_NO_ADOBE) == 0 && c.write_Adobe_marker;
	c.arith_code = (flags & MAKE_ARITHMETIC) != 0;
	if ((flags & MAKE_RESTARTS) != 0)
		c.restart_in_rows = 1;
	if ((flags & MAKE_PROGRESSIVE) != 0)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	if (orientation > 0)
		jpeg_write_marker(&c, JPEG_APP0 + 1, exif, (unsigned)make_exif(exif, orientation));
	for (uint32_t y = 0; y < h; y++) {
		uint8_t *row = px + (size_t)y * w * 4;
		for (uint32_t x = 0; x < w; x++)
			if ((flags & MAKE_GRAY) != 0)
				row[x] = row[(size_t)x * 4];
			else if ((flags & MAKE_NO_ADOBE) != 0)
				for (int i = 0; i < 4; i++)
					row[(size_t)x * 4 + (size_t)i] =
					    (uint8_t)(255 - row[(size_t)x * 4 + (size_t)i]);
			else if ((flags & MAKE_CMYK) != 0)
				row[(size_t)x * 4 + 3] = 255; /* inverted: no black, and 255 - c is the ink */
		JSAMPROW r = row;
		(void)jpeg_write_scanlines(&c, &r, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	buf_init(&out, SIZE_MAX / 2);
	(void)buf_add(&out, mem, len);
	free(mem);
	mem_free(px);
	return out;
}

__attribute__((unused)) static void
png_to_buf(png_structp p, png_bytep data, size_t n)
{
	(void)buf_add(png_get_io_ptr(p), data, n);
}

__attribute__((unused)) static void
png_row_of(uint8_t *row, const uint8_t *rgba, uint32_t w, int flags)
{
	for (uint32_t x = 0; x < w; x++, rgba += 4) {
		if ((flags & MAKE_PALETTE) != 0)
			row[x] = rgba[3] == 0 ? 4
					      : (uint8_t)(rgba[0] > 128	  ? (rgba[1] > 128 ? 3 : 0)
							  : rgba[1] > 128 ? 1
									  : 2);
		else if ((flags & MAKE_GRAY) != 0)
			row[x] = rgba[0];
		else
			for (int c = 0; c < ((flags & MAKE_ALPHA) != 0 ? 4 : 3); c++) {
				*row++ = rgba[c];
				if ((flags & MAKE_16) != 0)
					*row++ = rgba[c];
			}
	}
}

__attribute__((unused)) static struct buf
make_png(uint32_t w, uint32_t h, int flags)
{
	static const png_color palette[5] = {{220, 20, 20}, {20, 200, 20}, {20, 20, 220}, {235, 235, 235}, {0, 0, 0}};
	static const png_byte trns[5] = {255, 255, 255, 255, 0};
	png_structp p = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(p);
	uint8_t *px = scene_rgba(w, h, (flags & MAKE_ALPHA) != 0), *row = mem_array(w, 8);
	struct buf out;
	int type = (flags & MAKE_PALETTE) != 0 ? PNG_COLOR_TYPE_PALETTE
		   : (flags & MAKE_GRAY) != 0  ? PNG_COLOR_TYPE_GRAY
		   : (flags & MAKE_ALPHA) != 0 ? PNG_COLOR_TYPE_RGBA
					       : PNG_COLOR_TYPE_RGB;
	buf_init(&out, SIZE_MAX / 2);
	png_set_write_fn(p, &out, png_to_buf, NULL);
	png_set_IHDR(p, info, w, h, (flags & MAKE_16) != 0 ? 16 : 8, type,
		     (flags & MAKE_INTERLACED) != 0 ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
	if (type == PNG_COLOR_TYPE_PALETTE) {
		png_set_PLTE(p, info, palette, 5);
		if ((flags & MAKE_ALPHA) != 0)
			png_set_tRNS(p, info, trns, 5, NULL);
	}
	png_write_info(p, info);
	for (int pass = png_set_interlace_handling(p); pass > 0; pass--)
		for (uint32_t y = 0; y < h; y++) {
			png_row_of(row, px + (size_t)y * w * 4, w, flags);
			png_write_row(p, row);
		}
	png_write_end(p, NULL);
	png_destroy_write_struct(&p, &info);
	mem_free(px);
	mem_free(row);
	return out;
}

__attribute__((unused)) static struct buf
make_webp(uint32_t w, uint32_t h, int flags)
{
	uint8_t *px = scene_rgba(w, h, (flags & MAKE_ALPHA) != 0), *mem = NULL;
	size_t n = (flags & MAKE_LOSSLESS) != 0 ? WebPEncodeLosslessRGBA(px, (int)w, (int)h, (int)w * 4, &mem)
						: WebPEncodeRGBA(px, (int)w, (int)h, (int)w * 4, 90, &mem);
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	(void)buf_add(&out, mem, n);
	WebPFree(mem);
	mem_free(px);
	return out;
}

/* GIF without compression: nine bits a code, and a clear code before the table grows to ten. */
struct make_codes {
	struct buf *out;
	uint8_t block[256];
	uint32_t bits, have;
};

__attribute__((unused)) static void
gif_code(struct make_codes *m, uint32_t code, bool last)
{
	m->bits |= code << m->have;
	m->have += 9;
	while (m->have >= 8 || (last && m->have > 0)) {
		m->block[++m->block[0]] = (uint8_t)m->bits;
		m->bits >>= 8;
		m->have = m->have > 8 ? m->have - 8 : 0;
		if (m->block[0] == 255) {
			(void)buf_add(m->out, m->block, 256);
			m->block[0] = 0;
		}
	}
	if (last) {
		(void)buf_add(m->out, m->block, (size_t)m->block[0] + 1);
		(void)buf_addc(m->out, 0);
	}
}

__attribute__((unused)) static void
gif_pixels(struct buf *out, uint32_t w, uint32_t h, int flags)
{
	static const uint32_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
	struct make_codes m = {.out = out};
	bool lace = (flags & MAKE_INTERLACED) != 0;
	uint8_t *px = scene_rgba(w, h, (flags & MAKE_ALPHA) != 0), *row = mem_alloc(w);
	uint32_t n = 0;
	(void)buf_addc(out, 8);
	for (int pass = 0; pass < (lace ? 4 : 1); pass++)
		for (uint32_t y = lace ? first[pass] : 0; y < h; y += lace ? step[pass] : 1) {
			png_row_of(row, px + (size_t)y * w * 4, w, MAKE_PALETTE);
			for (uint32_t x = 0; x < w; x++) {
				if (n++ % 250 == 0)
					gif_code(&m, 256, false);
				gif_code(&m, row[x], false);
			}
		}
	gif_code(&m, 257, true);
	mem_free(px);
	mem_free(row);
}

__attribute__((unused)) static struct buf
make_gif(uint32_t w, uint32_t h, int flags, int frames)
{
	static const uint8_t palette[5][3] = {{220, 20, 20}, {20, 200, 20}, {20, 20, 220}, {235, 235, 235}, {0, 0, 0}};
	uint8_t head[13] = "GIF89a", table[768] = {0};
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	head[6] = (uint8_t)w;
	head[7] = (uint8_t)(w >> 8);
	head[8] = (uint8_t)h;
	head[9] = (uint8_t)(h >> 8);
	head[10] = 0xF7;
	(void)memcpy(table, palette, sizeof palette);
	(void)buf_add(&out, head, sizeof head);
	(void)buf_add(&out, table, sizeof table);
	for (int i = 0; i < frames; i++) {
		uint8_t gce[8] = {0x21, 0xF9, 4, (flags & MAKE_ALPHA) != 0, 10, 0, 4, 0};
		uint8_t desc[10] = {0x2C,    0,	      0,       0,	0,
				    head[6], head[7], head[8], head[9], (flags & MAKE_INTERLACED) != 0 ? 0x40 : 0};
		(void)buf_add(&out, gce, sizeof gce);
		(void)buf_add(&out, desc, sizeof desc);
		gif_pixels(&out, w, h, flags);
	}
	(void)buf_addc(&out, 0x3B);
	return out;
}

__attribute__((unused)) static int
make_fd(const void *p, size_t n)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct err err;
	if (fd < 0 || io_write(fd, p, n, &err) < 0)
		abort();
	return fd;
}

/* A finished PNG as rows of r, g, b, a; yours. */
__attribute__((unused)) static uint8_t *
open_png(const struct buf *b, uint32_t *w, uint32_t *h)
{
	png_image im = {.version = PNG_IMAGE_VERSION};
	if (!png_image_begin_read_from_memory(&im, b->p, b->len))
		return NULL;
	im.format = PNG_FORMAT_RGBA;
	uint8_t *px = mem_array((size_t)im.width * im.height, 4);
	*w = im.width;
	*h = im.height;
	if (!png_image_finish_read(&im, NULL, px, 0, NULL))
		*w = *h = 0;
	return px;
}

#endif
