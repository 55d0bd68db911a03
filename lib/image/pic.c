/* What is a small picture made of, and how does it turn and change its colours? */
#include "image/int.h"

#include <string.h>

enum {
	BLOCK = 16, /* JPEG wants whole MCUs of 16 samples: planes are rounded up to them */
	TILE = 16
};

static void
plane_init(struct image_plane *p, uint32_t w, uint32_t h, int channels)
{
	size_t stride = ((size_t)w * (size_t)channels + BLOCK - 1) & ~(size_t)(BLOCK - 1);
	*p = (struct image_plane){.stride = stride, .w = w, .h = h, .channels = channels};
	p->p = mem_alloc(h * stride + IMAGE_KERNEL_PAD);
}

void
image_pic_init(struct image_pic *pic, enum image_color color, uint32_t w, uint32_t h, uint32_t div)
{
	*pic = (struct image_pic){.color = color, .w = w, .h = h, .div = div, .planes = color == IMAGE_YCC ? 3 : 1};
	plane_init(&pic->plane[0], w, h, color >= IMAGE_RGBX ? 4 : 1);
	for (int i = 1; i < pic->planes; i++)
		plane_init(&pic->plane[i], (w + div - 1) / div, (h + div - 1) / div, 1);
}

void
image_pic_clear(struct image_pic *pic)
{
	for (int i = 0; i < 3; i++)
		mem_free(pic->plane[i].p);
	*pic = (struct image_pic){0};
}

/* ---- turning ---------------------------------------------------------------------------------- */

static void
transpose_tile(const struct image_plane *from, struct image_plane *to, uint32_t x0, uint32_t y0)
{
	size_t c = (size_t)from->channels;
	uint32_t x1 = from->w - x0 < TILE ? from->w : x0 + TILE, y1 = from->h - y0 < TILE ? from->h : y0 + TILE;
	for (uint32_t y = y0; y < y1; y++)
		for (uint32_t x = x0; x < x1; x++) {
			const uint8_t *s = from->p + y * from->stride + x * c;
			uint8_t *d = to->p + x * to->stride + y * c;
			if (c == 4)
				(void)memcpy(d, s, 4);
			else
				*d = *s;
		}
}

void
image_pic_transpose(struct image_pic *pic)
{
	for (int i = 0; i < pic->planes; i++) {
		struct image_plane from = pic->plane[i];
		plane_init(&pic->plane[i], from.h, from.w, from.channels);
		for (uint32_t y = 0; y < from.h; y += TILE)
			for (uint32_t x = 0; x < from.w; x += TILE)
				transpose_tile(&from, &pic->plane[i], x, y);
		mem_free(from.p);
	}
	uint32_t w = pic->w;
	pic->w = pic->h;
	pic->h = w;
}

/* ---- colours ----------------------------------------------------------------------------------- */

static uint8_t
clamp(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void
map(struct image_plane *p, const uint8_t table[256])
{
	for (size_t i = 0; i < (size_t)p->h * p->stride; i++)
		p->p[i] = table[p->p[i]];
}

void
image_pic_full_range(struct image_pic *pic)
{
	uint8_t luma[256], chroma[256];
	for (int i = 0; i < 256; i++) {
		luma[i] = clamp(((i - 16) * 2 * 255 + 219 * 257) / (2 * 219) - 128);
		chroma[i] = clamp(((i - 128) * 2 * 255 + 224 * 257) / (2 * 224));
	}
	map(&pic->plane[0], luma);
	map(&pic->plane[1], chroma);
	map(&pic->plane[2], chroma);
}

/* JFIF 1.02, conversion from YCbCr, in 16 bits of fraction. */
static void
ycc_row(const struct image_pic *pic, uint32_t y, int channels, uint8_t *out)
{
	const uint8_t *l = pic->plane[0].p + (size_t)y * pic->plane[0].stride;
	const uint8_t *b = pic->plane[1].p + (size_t)(y / pic->div) * pic->plane[1].stride;
	const uint8_t *r = pic->plane[2].p + (size_t)(y / pic->div) * pic->plane[2].stride;
	for (uint32_t x = 0; x < pic->w; x++, out += channels) {
		int luma = (l[x] << 16) + 32768, cb = b[x / pic->div] - 128, cr = r[x / pic->div] - 128;
		out[0] = clamp((luma + 91881 * cr) >> 16);
		out[1] = clamp((luma - 22554 * cb - 46802 * cr) >> 16);
		out[2] = clamp((luma + 116130 * cb) >> 16);
		if (channels == 4)
			out[3] = 255;
	}
}

/* A filter's overshoot may leave a colour above its alpha: clamped. */
static void
plain_alpha_row(const uint8_t *in, uint32_t w, uint8_t *out)
{
	for (uint32_t x = 0; x < w; x++, in += 4, out += 4) {
		uint32_t a = in[3];
		for (int c = 0; c < 3; c++) {
			uint32_t v = a == 0 ? 0 : ((uint32_t)in[c] * 255 + a / 2) / a;
			out[c] = v > 255 ? 255 : (uint8_t)v;
		}
		out[3] = (uint8_t)a;
	}
}

/* Without room for alpha a transparent picture lies on white, not on the black that was multiplied in. */
static void
on_white_row(const uint8_t *in, uint32_t w, int channels, uint8_t *out)
{
	for (uint32_t x = 0; x < w; x++, in += 4, out += channels)
		for (int c = 0; c < 3; c++)
			out[c] = clamp(in[c] + 255 - in[3]);
}

static void
rgbx_row(const uint8_t *in, uint32_t w, int channels, uint8_t *out)
{
	for (uint32_t x = 0; x < w; x++, in += 4, out += channels) {
		out[0] = in[0];
		out[1] = in[1];
		out[2] = in[2];
		if (channels == 4)
			out[3] = 255;
	}
}

void
image_pic_rgb_row(const struct image_pic *pic, uint32_t y, int channels, uint8_t *out)
{
	const uint8_t *in = pic->plane[0].p + (size_t)y * pic->plane[0].stride;
	switch (pic->color) {
	case IMAGE_YCC:
		ycc_row(pic, y, channels, out);
		break;
	case IMAGE_RGBX:
		rgbx_row(in, pic->w, channels, out);
		break;
	case IMAGE_RGBA:
		if (channels == 4)
			plain_alpha_row(in, pic->w, out);
		else
			on_white_row(in, pic->w, channels, out);
		break;
	case IMAGE_GRAY:
		for (uint32_t x = 0; x < pic->w; x++)
			for (int c = 0; c < channels; c++)
				out[(size_t)x * (size_t)channels + (size_t)c] = c < 3 ? in[x] : 255;
		break;
	}
}

bool
image_premultiply(uint8_t *rgba, size_t pixels)
{
	uint8_t all = 255;
	for (size_t i = 0; i < pixels; i++)
		all &= rgba[i * 4 + 3];
	if (all == 255)
		return true;
	for (size_t i = 0; i < pixels; i++) {
		uint8_t *p = rgba + i * 4;
		for (int c = 0; c < 3; c++) {
			uint32_t t = (uint32_t)p[c] * p[3] + 128; /* divided by 255, rounded */
			p[c] = (uint8_t)((t + (t >> 8)) >> 8);
		}
	}
	return false;
}
