/* A film of four frames for the tests of room image, as GIF, animated PNG and animated WebP. */
#ifndef TESTS_IMAGE_MAKE_FILM_H
#define TESTS_IMAGE_MAKE_FILM_H

#include <libdeflate.h>
#include <webp/mux.h>

#include "image_make.h"

/* One piece of the film: a rectangle of one colour on a canvas of 40 x 40.  dispose as in GIF: 1 stays, 2 is cleared, 3 gives
 * back what was there. */
struct piece {
	uint32_t x, y, w, h;
	char colour;
	int ms, dispose;
};

__attribute__((unused)) static const struct piece film[4] = {
    {0, 0, 40, 40, 'r', 50, 1}, {20, 20, 20, 20, 'g', 70, 3}, {0, 0, 20, 20, 'b', 90, 2}, {24, 4, 12, 12, 'w', 110, 1}};
/* What its four frames show: left top, right top, left bottom, right bottom. */
__attribute__((unused)) static const char *const shown[4] = {"rrrr", "rrrg", "brrr", "-wrr"};

__attribute__((unused)) static void
rgba_of(char colour, uint8_t out[4])
{
	out[0] = colour == 'r' || colour == 'w' ? 230 : 20;
	out[1] = colour == 'g' || colour == 'w' ? 230 : 20;
	out[2] = colour == 'b' || colour == 'w' ? 230 : 20;
	out[3] = 255;
}

/* ---- the film as GIF, PNG and WebP ----------------------------------------------------------------------- */

__attribute__((unused)) static struct buf
gif_of(const struct piece *p, size_t n, int loops)
{
	static const char colours[] = "rgbw";
	struct buf b;
	uint8_t head[13] = {'G', 'I', 'F', '8', '9', 'a', 40, 0, 40, 0, 0xF7}, table[768] = {0};
	uint8_t loop[19] = "\x21\xFF\x0BNETSCAPE2.0\x03\x01";
	for (size_t i = 0; i < 4; i++) {
		uint8_t px[4];
		rgba_of(colours[i], px);
		(void)memcpy(table + 3 * i, px, 3);
	}
	buf_init(&b, SIZE_MAX / 2);
	(void)buf_add(&b, head, sizeof head);
	(void)buf_add(&b, table, sizeof table);
	loop[16] = (uint8_t)loops;
	if (loops >= 0)
		(void)buf_add(&b, loop, sizeof loop);
	for (size_t i = 0; i < n; i++, p++) {
		uint8_t gce[8] = {0x21, 0xF9, 4, (uint8_t)(p->dispose << 2), (uint8_t)(p->ms / 10)};
		uint8_t desc[11] = {0x2C, (uint8_t)p->x, 0, (uint8_t)p->y, 0, (uint8_t)p->w, 0, (uint8_t)p->h, 0, 0, 8};
		struct make_codes m = {.out = &b};
		(void)buf_add(&b, gce, 8);
		(void)buf_add(&b, desc, 11);
		for (uint32_t k = 0; k < p->w * p->h; k++) {
			if (k % 250 == 0)
				gif_code(&m, 256, false);
			gif_code(&m, (uint32_t)(strchr(colours, p->colour) - colours), false);
		}
		gif_code(&m, 257, true);
	}
	(void)buf_addc(&b, 0x3B);
	return b;
}

__attribute__((unused)) static void
be32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

__attribute__((unused)) static void
chunk(struct buf *b, const char *type, const void *data, size_t n)
{
	uint8_t word[4];
	be32(word, (uint32_t)n);
	(void)buf_add(b, word, 4);
	(void)buf_add(b, type, 4);
	(void)buf_add(b, data, n);
	be32(word, libdeflate_crc32(0, b->p + b->len - n - 4, n + 4));
	(void)buf_add(b, word, 4);
}

/* The packed rows of one colour, behind skip bytes. */
__attribute__((unused)) static size_t
png_data(const struct piece *p, size_t skip, uint8_t out[4096])
{
	uint8_t raw[40 * (1 + 160)], px[4];
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(6);
	size_t n = 0;
	rgba_of(p->colour, px);
	for (uint32_t y = 0; y < p->h; y++) {
		raw[n++] = 0;
		for (uint32_t x = 0; x < p->w; x++, n += 4)
			(void)memcpy(raw + n, px, 4);
	}
	n = libdeflate_zlib_compress(z, raw, n, out + skip, 4096 - skip);
	libdeflate_free_compressor(z);
	return n + skip;
}

/* hidden: the picture for readers without animation is no frame of it. */
__attribute__((unused)) static struct buf
png_of(const struct piece *p, size_t n, int loops, bool hidden)
{
	struct buf b;
	uint8_t ihdr[13] = {0, 0, 0, 40, 0, 0, 0, 40, 8, 6}, actl[8], data[4096] = {0};
	uint32_t seq = 0;
	buf_init(&b, SIZE_MAX / 2);
	(void)buf_add(&b, "\x89PNG\r\n\x1A\n", 8);
	chunk(&b, "IHDR", ihdr, 13);
	be32(actl, (uint32_t)n);
	be32(actl + 4, (uint32_t)loops);
	chunk(&b, "acTL", actl, 8);
	if (hidden)
		chunk(&b, "IDAT", data, png_data(&(struct piece){0, 0, 40, 40, 'w', 0, 0}, 0, data));
	for (size_t i = 0; i < n; i++, p++) {
		uint8_t fctl[26] = {0};
		be32(fctl, seq++);
		be32(fctl + 4, p->w);
		be32(fctl + 8, p->h);
		be32(fctl + 12, p->x);
		be32(fctl + 16, p->y);
		fctl[21] = (uint8_t)p->ms;
		fctl[22] = 1000 >> 8;
		fctl[23] = 1000 & 255;
		fctl[24] = (uint8_t)(p->dispose - 1);
		fctl[25] = (uint8_t)(i & 1);
		chunk(&b, "fcTL", fctl, 26);
		if (i == 0 && !hidden) {
			chunk(&b, "IDAT", data, png_data(p, 0, data));
			continue;
		}
		size_t len = png_data(p, 4, data);
		be32(data, seq++);
		chunk(&b, "fdAT", data, len);
	}
	chunk(&b, "IEND", "", 0);
	return b;
}

/* Whole frames: what the film shows. */
__attribute__((unused)) static struct buf
webp_of(int loops)
{
	WebPAnimEncoderOptions options;
	WebPConfig config;
	WebPPicture pic;
	WebPData data;
	struct buf b;
	int at = 0;
	(void)WebPAnimEncoderOptionsInit(&options);
	(void)WebPConfigInit(&config);
	(void)WebPConfigLosslessPreset(&config, 1);
	WebPDataInit(&data);
	options.anim_params.loop_count = loops;
	WebPAnimEncoder *enc = WebPAnimEncoderNew(40, 40, &options);
	for (int i = 0; i < 4; i++) {
		uint8_t px[40 * 40 * 4] = {0};
		for (int k = 0; k < 40 * 40; k++) {
			char c = shown[i][(k / 40 >= 20) * 2 + (k % 40 >= 20)];
			if (c != '-')
				rgba_of(c, px + 4 * k);
		}
		(void)WebPPictureInit(&pic);
		pic.width = pic.height = 40;
		pic.use_argb = 1;
		(void)WebPPictureImportRGBA(&pic, px, 160);
		(void)WebPAnimEncoderAdd(enc, &pic, at, &config);
		WebPPictureFree(&pic);
		at += film[i].ms;
	}
	(void)WebPAnimEncoderAdd(enc, NULL, at, NULL);
	(void)WebPAnimEncoderAssemble(enc, &data);
	buf_init(&b, SIZE_MAX / 2);
	(void)buf_add(&b, data.bytes, data.size);
	WebPDataClear(&data);
	WebPAnimEncoderDelete(enc);
	return b;
}

#endif
