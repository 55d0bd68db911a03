/* Which pixels do the codes of a GIF stand for?  LZW as GIF89a appendix F has it, from sub-blocks of the file. */
#include "image/gif.h"

#include <string.h>

enum { WIDTH_MAX = 12, SIZE_MAX_BITS = 8, NOTHING = -1 };

/* ---- bits ---------------------------------------------------------------------------------------------- */

static bool
next_block(struct image_lzw *z)
{
	uint8_t n = 0;
	z->at = z->len = 0;
	if (z->ended || image_src_read(z->src, &n, 1) == 0 || n == 0) {
		z->ended = true;
		return false;
	}
	z->len = (unsigned)image_src_read(z->src, z->block, n);
	z->ended = z->len < n;
	return z->len > 0;
}

/* As many bytes as there is room for; all of four at once where a block has them. */
static void
refill(struct image_lzw *z)
{
	while (z->have <= 32) {
		if (z->len - z->at >= 4) {
			z->bits |= (uint64_t)image_le32(z->block + z->at) << z->have;
			z->at += 4;
			z->have += 32;
		} else if (z->at < z->len || next_block(z)) {
			z->bits |= (uint64_t)z->block[z->at++] << z->have;
			z->have += 8;
		} else {
			return;
		}
	}
}

static int
next_code(struct image_lzw *z)
{
	if (z->have < z->width)
		refill(z);
	if (z->have < z->width)
		return NOTHING;
	unsigned code = (unsigned)z->bits & ((1U << z->width) - 1);
	z->bits >>= z->width;
	z->have -= z->width;
	return (int)code;
}

/* ---- table ----------------------------------------------------------------------------------------------- */

static void
empty(struct image_lzw *z)
{
	z->next = z->clear + 2;
	z->before = NOTHING;
	z->width = z->size + 1;
}

int
image_lzw_start(struct image_lzw *z, struct image_src *src)
{
	uint8_t size = 0;
	z->src = src;
	z->bits = 0;
	z->have = z->at = z->len = z->rest = z->rests = 0;
	z->ended = image_src_read(src, &size, 1) == 0;
	if (z->ended || size > SIZE_MAX_BITS)
		return -1;
	z->size = size;
	z->clear = 1U << size;
	for (unsigned i = 0; i < z->clear; i++)
		z->entry[i] = (struct image_lzw_entry){.len = 1, .last = (uint8_t)i, .first = (uint8_t)i};
	empty(z);
	return 0;
}

/* A code adds the string of the one before it with its own first pixel behind; it may be the one that it adds. */
static void
add(struct image_lzw *z, unsigned code)
{
	if (z->before < 0 || z->next == IMAGE_LZW_CODES)
		return; /* the table stays as it is until it is emptied */
	const struct image_lzw_entry *b = &z->entry[z->before];
	z->entry[z->next] = (struct image_lzw_entry){
	    .prefix = (uint16_t)z->before,
	    .len = (uint16_t)(b->len + 1),
	    .last = code == z->next ? b->first : z->entry[code].first,
	    .first = b->first,
	};
	z->next++;
}

/* From its end to its beginning, as the table has it. */
static void
spell(const struct image_lzw *z, unsigned code, uint8_t *out)
{
	for (unsigned n = z->entry[code].len; n > 0; n--) {
		out[n - 1] = z->entry[code].last;
		code = z->entry[code].prefix;
	}
}

/* ---- pixels ------------------------------------------------------------------------------------------------ */

static size_t
take_rest(struct image_lzw *z, uint8_t *out, size_t n)
{
	size_t k = z->rests - z->rest < n ? z->rests - z->rest : n;
	(void)memcpy(out, z->string + z->rest, k);
	z->rest += (unsigned)k;
	return k;
}

/* The string of a code, as much as there is room for; the rest waits. */
static size_t
put(struct image_lzw *z, unsigned code, uint8_t *out, size_t room)
{
	unsigned len = z->entry[code].len;
	if (len <= room) {
		spell(z, code, out);
		return len;
	}
	spell(z, code, z->string);
	z->rest = 0;
	z->rests = len;
	return take_rest(z, out, room);
}

int
image_lzw_read(struct image_lzw *z, uint8_t *out, size_t n)
{
	size_t at = take_rest(z, out, n);
	while (at < n) {
		int got = next_code(z);
		unsigned code = (unsigned)got;
		if (got == (int)z->clear) {
			empty(z);
			continue;
		}
		if (got < 0 || code == z->clear + 1 || code > (z->before < 0 ? z->clear : z->next) ||
		    code == IMAGE_LZW_CODES)
			return -1;
		add(z, code);
		if (z->next >= 1U << z->width && z->width < WIDTH_MAX)
			z->width++; /* the next one may be the one that it adds */
		z->before = got;
		at += put(z, code, out + at, n - at);
	}
	return 0;
}

void
image_lzw_end(struct image_lzw *z)
{
	while (next_block(z))
		;
}
