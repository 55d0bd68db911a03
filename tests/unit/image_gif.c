/* Does a GIF hold the same pixels here as giflib finds in it, whatever its codes are, and as far as it is whole? */
#include "image/gif.h"

#include <gif_lib.h>

#include "image_make.h"
#include "tap.h"

static uint32_t seed = 815;

static uint32_t
next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* ---- codes at random, of all that are allowed ------------------------------------------------------------------ */

struct bits {
	struct buf *out;
	uint8_t block[256];
	uint32_t bits, have;
};

static void
end_block(struct bits *b)
{
	if (b->block[0] > 0)
		(void)buf_add(b->out, b->block, (size_t)b->block[0] + 1);
	b->block[0] = 0;
}

static void
write_code(struct bits *b, uint32_t code, uint32_t width)
{
	b->bits |= code << b->have;
	for (b->have += width; b->have >= 8; b->have -= 8) {
		b->block[++b->block[0]] = (uint8_t)b->bits;
		b->bits >>= 8;
		if (b->block[0] == 255 || next() % 100 == 0) /* blocks of all lengths */
			end_block(b);
	}
}

/* At least n pixels.  Long strings are made of the newest codes, full tables by not emptying them. */
static void
write_codes(struct buf *out, uint32_t size, uint32_t n, uint32_t patience)
{
	static uint32_t len[IMAGE_LZW_CODES];
	struct bits b = {.out = out};
	uint32_t clear = 1u << size, add = clear + 2, width = size + 1, done = 0, before = UINT32_MAX;
	(void)buf_addc(out, (char)size);
	write_code(&b, clear, width);
	while (done < n) {
		if (next() % patience == 0) {
			write_code(&b, clear, width);
			add = clear + 2;
			width = size + 1;
			before = UINT32_MAX;
			continue;
		}
		uint32_t most = add < IMAGE_LZW_CODES ? add : IMAGE_LZW_CODES - 1, code = next() % clear;
		if (before != UINT32_MAX && next() % 3 > 0)
			code = next() % 4 == 0 ? most : clear + 2 + next() % (most - clear - 1);
		write_code(&b, code, width);
		if (before != UINT32_MAX && add < IMAGE_LZW_CODES)
			len[add++] = (before < clear ? 1 : len[before]) + 1;
		if (add >= 1u << width && width < 12)
			width++;
		done += code < clear ? 1 : len[code];
		before = code;
	}
	write_code(&b, clear + 1, width);
	write_code(&b, 0, 7);
	end_block(&b);
	(void)buf_addc(out, 0);
}

static void
add_le16(struct buf *b, uint32_t v)
{
	(void)buf_addc(b, (char)(v & 255));
	(void)buf_addc(b, (char)(v >> 8));
}

static struct buf
draw(uint32_t size, uint32_t w, uint32_t h, uint32_t patience)
{
	struct buf b;
	buf_init(&b, (size_t)1 << 26);
	(void)buf_add(&b, "GIF89a", 6);
	add_le16(&b, w);
	add_le16(&b, h);
	(void)buf_add(&b, "\xF7\0\0", 3);
	for (int i = 0; i < 768; i++)
		(void)buf_addc(&b, (char)i);
	for (int frame = 0; frame < 2; frame++) {
		(void)buf_add(&b, "!\xF9\4\5\7\0\3\0!\xFE\5hello\0,\0\0\0\0", 22);
		add_le16(&b, w);
		add_le16(&b, h);
		(void)buf_addc(&b, 0);
		write_codes(&b, size, w * h, patience);
	}
	(void)buf_addc(&b, ';');
	return b;
}

/* ---- both, row by row --------------------------------------------------------------------------------------------- */

struct bytes {
	const char *p;
	size_t n;
};

static int
feed(GifFileType *g, GifByteType *to, int n)
{
	struct bytes *b = g->UserData;
	size_t k = (size_t)n < b->n ? (size_t)n : b->n;
	(void)memcpy(to, b->p, k);
	b->p += k;
	b->n -= k;
	return (int)k;
}

/* giflib at the pixels of the next frame; false: there is none. */
static bool
their_frame(GifFileType *g)
{
	GifRecordType type = UNDEFINED_RECORD_TYPE;
	GifByteType *data = NULL;
	int code = 0;
	while (DGifGetRecordType(g, &type) != GIF_ERROR && type == EXTENSION_RECORD_TYPE) {
		if (DGifGetExtension(g, &code, &data) == GIF_ERROR)
			return false;
		while (data != NULL)
			if (DGifGetExtensionNext(g, &data) == GIF_ERROR)
				return false;
	}
	return type == IMAGE_DESC_RECORD_TYPE && DGifGetImageHeader(g) != GIF_ERROR;
}

/* 1: the next row of both is the same; 0: the file ended in a block, which giflib gives up as a whole; -1: it is not. */
static int
same_row(GifFileType *t, const struct bytes *left, const struct image_gif *g, const uint8_t *ours, uint8_t *theirs)
{
	if (t->Image.Width != (int)g->w || t->Image.Height != (int)g->h)
		return -1;
	if (DGifGetLine(t, theirs, (int)g->w) == GIF_ERROR)
		return left->n == 0 && t->Error == D_GIF_ERR_READ_FAILED ? 0 : -1;
	return memcmp(ours, theirs, g->w) == 0 ? 1 : -1;
}

/* Rows of the next frame that are the same; -1: one is not.  What giflib makes of broken data is not asked for. */
static int
same_frame(GifFileType *t, const struct bytes *left, struct image_gif *g, bool *whole)
{
	uint8_t *ours = mem_alloc((size_t)g->w + 1), *theirs = mem_alloc((size_t)g->w + 1);
	int rows = 0, same = their_frame(t) ? 1 : -1;
	while (same > 0 && rows < (int)g->h && g->w > 0 && image_gif_row(g, ours) == 0) {
		same = same_row(t, left, g, ours, theirs);
		rows += same > 0;
	}
	*whole = same > 0 && rows == (int)g->h;
	mem_free(ours);
	mem_free(theirs);
	return same < 0 ? -1 : rows;
}

/* Of all frames. */
static int
same_rows(const struct buf *b)
{
	struct bytes bytes = {b->p, b->len};
	struct image_gif *g = mem_alloc(sizeof *g);
	struct image_src src;
	struct err err;
	int code = 0, rows = 0;
	GifFileType *t = DGifOpen(&bytes, feed, &code);
	image_src_init_mem(&src, (const uint8_t *)b->p, b->len);
	bool whole = t != NULL && image_gif_open(g, &src, &err) == 0;
	while (whole && image_gif_next(g, &err) > 0) {
		int n = same_frame(t, &bytes, g, &whole);
		rows = n < 0 ? -1 : rows + n;
	}
	if (t != NULL)
		(void)DGifCloseFile(t, &code);
	image_src_clear(&src);
	mem_free(g);
	return rows;
}

static void
whole(void)
{
	for (uint32_t size = 1; size <= 8; size++) {
		int bad = 0;
		for (uint32_t i = 0; i < 40; i++) {
			uint32_t w = 1 + next() % 300, h = 1 + next() % 200;
			struct buf b = draw(size, w, h, i % 4 == 0 ? 10 : i % 4 == 1 ? 1000 : 100000);
			bad += same_rows(&b) != (int)(2 * h);
			buf_clear(&b);
		}
		ok(bad == 0, "codes of %u bits and more: the same pixels", size + 1);
	}
}

/* One byte differs, or the end is missing: rows that come are right all the same. */
static void
damaged(void)
{
	int bad = 0, rows = 0;
	for (int i = 0; i < 3000; i++) {
		struct buf b = draw(2 + next() % 7, 1 + next() % 60, 1 + next() % 60, 200);
		if (i % 3 == 0)
			b.len -= next() % b.len;
		else
			b.p[13 + 768 + next() % (b.len - 13 - 768)] ^= (char)(1 << next() % 8);
		int n = same_rows(&b);
		bad += n < 0;
		rows += n > 0 ? n : 0;
		buf_clear(&b);
	}
	ok(bad == 0, "damaged: the same pixels as far as they are told, in %d rows", rows);
}

int
main(void)
{
	whole();
	damaged();
	return done();
}
