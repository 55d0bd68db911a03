/* What does a name look like that has no picture?  Five by five blocks, the right half a mirror of the left. */
#include "image/image.h"

#include <string.h>

#include "image/int.h"

enum { GRID = 5, HALF = 3 };

/* The colours that the first of these servers had (spec E.7). */
static const uint8_t ground[3] = {224, 224, 224};
static const uint8_t colours[7][3] = {{45, 79, 255}, {254, 180, 44}, {226, 121, 234}, {30, 179, 253},
				      {232, 77, 65}, {49, 203, 115}, {141, 69, 170}};

/* The first two bytes choose the colour, each of the next fifteen a block. */
static void
draw(const uint8_t digest[32], struct image_pic *pic)
{
	const uint8_t *ink = colours[image_be16(digest) % 7];
	uint32_t side_x = pic->w / GRID, side_y = pic->h / GRID;
	uint32_t left = pic->w % GRID / 2, top = pic->h % GRID / 2;
	for (uint32_t y = 0; y < pic->h; y++) {
		uint8_t *out = pic->plane[0].p + (size_t)y * pic->plane[0].stride;
		for (uint32_t x = 0; x < pic->w; x++, out += 4) {
			/* what is left of the picture at its edges wraps around to a large number */
			uint32_t column = (x - left) / side_x, row = (y - top) / side_y;
			bool inside = column < GRID && row < GRID;
			uint32_t mirror = column < HALF ? column : GRID - 1 - column;
			bool set = inside && (digest[2 + row * HALF + mirror] & 1) != 0;
			(void)memcpy(out, set ? ink : ground, 3);
			out[3] = 255;
		}
	}
}

int
image_identicon(const char *name, uint32_t w, uint32_t h, struct buf *out, struct err *err)
{
	uint8_t digest[32];
	struct image_pic pic;
	if (w < IMAGE_IDENTICON_MIN || h < IMAGE_IDENTICON_MIN || w > IMAGE_IDENTICON_MAX || h > IMAGE_IDENTICON_MAX)
		return err_set(err, ERR_LIMIT, "identicon of %u x %u pixels: the sides go from %d to %d", w, h,
			       IMAGE_IDENTICON_MIN, IMAGE_IDENTICON_MAX);
	hash_sha256(name, strlen(name), digest);
	image_pic_init(&pic, IMAGE_RGBX, w, h, 1);
	draw(digest, &pic);
	int rc = image_png_encode(&pic, out, err);
	image_pic_clear(&pic);
	return rc;
}
