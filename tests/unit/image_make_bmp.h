/* BMP files and icons for the tests of room image: the scene, in every depth. */
#ifndef TESTS_IMAGE_MAKE_BMP_H
#define TESTS_IMAGE_MAKE_BMP_H

#include "image_make.h"

enum {
	BMP_DOWN = 1,	/* top row first */
	BMP_FIELDS = 2, /* masks: 5-6-5, or 8 bits each with alpha */
	BMP_RLE = 4,
	BMP_CORE = 8,
	BMP_HOLE = 16 /* the middle is transparent */
};

__attribute__((unused)) static void
add16(struct buf *b, uint32_t v)
{
	char p[2] = {(char)v, (char)(v >> 8)};
	(void)buf_add(b, p, 2);
}

__attribute__((unused)) static void
add32(struct buf *b, uint32_t v)
{
	add16(b, v & 0xFFFF);
	add16(b, v >> 16);
}

/* Palette: 0 red, 1 green, 2 blue, 3 white (the corners), 4 black; with one bit: blue and white. */
__attribute__((unused)) static uint8_t
bmp_index(const uint8_t *c, uint32_t bits)
{
	if (c[3] == 0)
		return bits == 1 ? 0 : 4;
	if (bits == 1)
		return c[0] > 128 && c[1] > 128;
	return c[0] > 128 ? (c[1] > 128 ? 3 : 0) : c[1] > 128 ? 1 : 2;
}

__attribute__((unused)) static void
bmp_palette(struct buf *b, uint32_t bits, bool core)
{
	static const uint8_t colour[5][3] = {{225, 25, 25}, {25, 205, 25}, {25, 25, 225}, {240, 240, 240}, {0, 0, 0}};
	static const uint8_t order1[2] = {2, 3};
	for (uint32_t i = 0; i < 1u << bits; i++) {
		const uint8_t *c = colour[bits == 1 ? order1[i] : i < 5 ? i : 4];
		char bgr[4] = {(char)c[2], (char)c[1], (char)c[0], 0};
		(void)buf_add(b, bgr, core ? 3 : 4);
	}
}

__attribute__((unused)) static void
bmp_row(struct buf *b, const uint8_t *px, uint32_t w, uint32_t bits, int flags)
{
	size_t start = b->len;
	uint32_t have = 0, acc = 0;
	for (uint32_t x = 0; x < w; x++, px += 4) {
		if (bits <= 8) {
			acc = acc << bits | bmp_index(px, bits);
			have += bits;
			if (have == 8) {
				(void)buf_addc(b, (char)acc);
				have = acc = 0;
			}
		} else if (bits == 16 && (flags & BMP_FIELDS) != 0) {
			add16(b, (uint32_t)(px[0] >> 3) << 11 | (uint32_t)(px[1] >> 2) << 5 | px[2] >> 3);
		} else if (bits == 16) {
			add16(b, (uint32_t)(px[0] >> 3) << 10 | (uint32_t)(px[1] >> 3) << 5 | px[2] >> 3);
		} else {
			char p[4] = {(char)px[2], (char)px[1], (char)px[0], (char)px[3]};
			(void)buf_add(b, p, bits / 8);
		}
	}
	if (have > 0)
		(void)buf_addc(b, (char)(acc << (8 - have)));
	while ((b->len - start) % 4 != 0)
		(void)buf_addc(b, 0);
}

/* Runs where neighbours are alike, literals of three in the first row, and a jump where the hole would be. */
__attribute__((unused)) static void
bmp_rle_row(struct buf *b, const uint8_t *px, uint32_t w, uint32_t bits, bool literals)
{
	uint32_t x = 0;
	if (literals) {
		uint8_t i[3] = {bmp_index(px, bits), bmp_index(px + 4, bits), bmp_index(px + 8, bits)};
		char lit8[6] = {0, 3, (char)i[0], (char)i[1], (char)i[2], 0};
		char lit4[4] = {0, 3, (char)(i[0] << 4 | i[1]), (char)(i[2] << 4)};
		(void)buf_add(b, bits == 4 ? lit4 : lit8, bits == 4 ? 4 : 6);
		x = 3;
	}
	while (x < w) {
		uint8_t i = bmp_index(px + (size_t)x * 4, bits);
		uint32_t n = 1;
		while (n < 255 && x + n < w && bmp_index(px + (size_t)(x + n) * 4, bits) == i)
			n++;
		(void)buf_addc(b, (char)n);
		(void)buf_addc(b, (char)(bits == 4 ? i << 4 | i : i));
		x += n;
	}
	(void)buf_add(b, "\0\0", 2);
}

/* Header, palette and rows; an icon's height is told doubled. */
__attribute__((unused)) static void
add_dib(struct buf *b, uint32_t w, uint32_t h, uint32_t bits, int flags, bool icon)
{
	bool core = (flags & BMP_CORE) != 0, down = (flags & BMP_DOWN) != 0, rle = (flags & BMP_RLE) != 0;
	uint8_t *px = scene_rgba(w, h, (flags & BMP_HOLE) != 0);
	uint32_t told = icon ? h * 2 : h;
	if (core) {
		add32(b, 12);
		add16(b, w);
		add16(b, told);
		add16(b, 1);
		add16(b, bits);
	} else {
		bool wide = bits == 32 && (flags & BMP_FIELDS) != 0;
		add32(b, wide ? 56 : 40);
		add32(b, w);
		add32(b, down ? 0 - told : told);
		add16(b, 1);
		add16(b, bits);
		add32(b, (flags & BMP_FIELDS) != 0 ? 3 : !rle ? 0 : bits == 4 ? 2 : 1);
		for (int i = 0; i < 5; i++)
			add32(b, 0);
		if ((flags & BMP_FIELDS) != 0) {
			add32(b, wide ? 0xFF0000 : 0xF800);
			add32(b, wide ? 0xFF00 : 0x07E0);
			add32(b, wide ? 0xFF : 0x1F);
			if (wide)
				add32(b, 0xFF000000u);
		}
	}
	if (bits <= 8)
		bmp_palette(b, bits, core);
	for (uint32_t y = 0; y < h; y++) {
		const uint8_t *row = px + (size_t)(down ? y : h - 1 - y) * w * 4;
		if (rle)
			bmp_rle_row(b, row, w, bits, y == 0);
		else
			bmp_row(b, row, w, bits, flags);
	}
	if (rle)
		(void)buf_add(b, "\0\1", 2);
	mem_free(px);
}

__attribute__((unused)) static struct buf
make_bmp(uint32_t w, uint32_t h, uint32_t bits, int flags)
{
	struct buf b;
	buf_init(&b, SIZE_MAX / 2);
	(void)buf_add(&b, "BM", 2);
	add32(&b, 0); /* the file's size: nobody reads it */
	add32(&b, 0);
	uint32_t palette = bits <= 8 ? (1u << bits) * ((flags & BMP_CORE) != 0 ? 3 : 4) : 0;
	uint32_t masks = (flags & BMP_FIELDS) != 0 ? (bits == 32 ? 16 : 12) : 0;
	uint32_t header = (flags & BMP_CORE) != 0 ? 12 : 40;
	add32(&b, 14 + header + masks + palette);
	add_dib(&b, w, h, bits, flags, false);
	return b;
}

/* One bit a pixel: the hole of the scene. */
__attribute__((unused)) static void
add_mask(struct buf *b, uint32_t w, uint32_t h)
{
	uint8_t *px = scene_rgba(w, h, true), *bits = mem_array(w, 4);
	for (uint32_t y = 0; y < h; y++) {
		for (uint32_t x = 0; x < w; x++)
			(void)memset(bits + (size_t)x * 4, px[((size_t)(h - 1 - y) * w + x) * 4 + 3] == 0 ? 255 : 0, 4);
		size_t start = b->len;
		for (uint32_t x = 0; x < w; x += 8) {
			uint32_t v = 0;
			for (uint32_t k = 0; k < 8; k++)
				v = v << 1 | (x + k < w && bits[(size_t)(x + k) * 4] != 0);
			(void)buf_addc(b, (char)v);
		}
		while ((b->len - start) % 4 != 0)
			(void)buf_addc(b, 0);
	}
	mem_free(px);
	mem_free(bits);
}

struct icon_entry {
	uint32_t side, bits; /* bits == 0: a PNG */
	int flags;	     /* of the bitmap */
};

__attribute__((unused)) static struct buf
make_ico(const struct icon_entry *e, size_t n)
{
	struct buf b, data;
	buf_init(&b, SIZE_MAX / 2);
	buf_init(&data, SIZE_MAX / 2);
	add16(&b, 0);
	add16(&b, 1);
	add16(&b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		size_t start = data.len;
		if (e[i].bits == 0) {
			struct buf png = make_png(e[i].side, e[i].side, MAKE_ALPHA);
			(void)buf_add(&data, png.p, png.len);
			buf_clear(&png);
		} else {
			add_dib(&data, e[i].side, e[i].side, e[i].bits, e[i].flags, true);
			add_mask(&data, e[i].side, e[i].side);
		}
		(void)buf_addc(&b, (char)e[i].side);
		(void)buf_addc(&b, (char)e[i].side);
		add16(&b, 0);
		add16(&b, 1);
		add16(&b, e[i].bits);
		add32(&b, (uint32_t)(data.len - start));
		add32(&b, (uint32_t)(6 + 16 * n + start));
	}
	(void)buf_add(&b, data.p, data.len);
	buf_clear(&data);
	return b;
}

#endif
