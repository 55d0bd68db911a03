/* What did a row of a PNG look like before it was filtered?  In plain C, for any CPU; the meaning that faster ones must
 * keep (PNG specification, third edition, 9.2). */
#include "image/int.h"

static uint8_t
paeth(uint8_t left, uint8_t above, uint8_t corner)
{
	int a = left, b = above, c = corner, pa = b - c, pb = a - c, pc = pa + pb;
	pa = pa < 0 ? -pa : pa;
	pb = pb < 0 ? -pb : pb;
	pc = pc < 0 ? -pc : pc;
	return pa <= pb && pa <= pc ? left : pb <= pc ? above : corner;
}

/* What the filter takes for the byte whose neighbours are left, above and at the corner between them. */
static uint8_t
guess(int filter, uint8_t left, uint8_t above, uint8_t corner)
{
	switch (filter) {
	case IMAGE_PNG_SUB:
		return left;
	case IMAGE_PNG_UP:
		return above;
	case IMAGE_PNG_AVERAGE:
		return (uint8_t)((left + above) / 2);
	case IMAGE_PNG_PAETH:
		return paeth(left, above, corner);
	default:
		return 0;
	}
}

static void
row(int filter, uint8_t *p, const uint8_t *above, size_t n, size_t bpp)
{
	if (filter == IMAGE_PNG_NONE)
		return;
	if (filter == IMAGE_PNG_UP) {
		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)(p[i] + above[i]);
		return;
	}
	for (size_t i = 0; i < bpp && i < n; i++)
		p[i] = (uint8_t)(p[i] + guess(filter, 0, above[i], 0));
	for (size_t i = bpp; i < n; i++)
		p[i] = (uint8_t)(p[i] + guess(filter, p[i - bpp], above[i], above[i - bpp]));
}

static void
rgb(int filter, uint8_t *out, const uint8_t *in, const uint8_t *above, size_t pixels)
{
	static const uint8_t edge[4];
	for (size_t i = 0; i < pixels; i++, out += 4, in += 3) {
		const uint8_t *left = i > 0 ? out - 4 : edge, *corner = i > 0 ? above + 4 * i - 4 : edge;
		for (int c = 0; c < 3; c++)
			out[c] = (uint8_t)(in[c] + guess(filter, left[c], above[4 * i + (size_t)c], corner[c]));
		out[3] = 255;
	}
}

const struct image_unfilters image_unfilters_plain = {"plain", row, rgb};

const struct image_unfilters *
image_unfilters_best(void)
{
	const struct image_unfilters *u = image_unfilters_fast();
	return u != NULL ? u : &image_unfilters_plain;
}
