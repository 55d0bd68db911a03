/* How does a PNG become rows?  Its chunks by hand, those that make the picture and no other; its data by libdeflate at once
 * where that fits into memory, else by zlib piece by piece.
 *
 * Text, profiles and the like are dead weight, and handlers nobody needs have been the way in more than once.  Checksums:
 * a wrong one of IHDR or PLTE refuses the picture, one of tRNS leaves the transparency out; data are shown as far as they
 * can be unpacked, with a warning when one of theirs is wrong. */
#include "image/int.h"

#include <string.h>
#include <sys/stat.h>

#include <libdeflate.h>
#define ZLIB_CONST
#include <zlib.h>

enum {
	SMALL_CHUNK_MAX = 1024, /* bytes of IHDR, PLTE (768 at most) and tRNS (256); IDAT are as long as they are */
	PIECE = 64 * 1024,	/* bytes unpacked at a time, at least */
	CHUNK_TAIL = 4,		/* the checksum */
	ZLIB_HEAD = 2,
	ZLIB_TAIL = 4 /* Adler-32 */
};

struct png {
	struct image_job *job;
	struct image_png_rows rows;
	uint8_t small[SMALL_CHUNK_MAX + CHUNK_TAIL];
	uint32_t length; /* of the chunk at hand */
	uint8_t type[4];
	bool header, palette; /* seen */
	uint32_t left;	      /* bytes of the current IDAT that were not read yet */
	uint32_t crc;	      /* of the current IDAT so far */
	bool no_more;	      /* no IDAT follows */
	const char *trouble;  /* why the picture is not whole, or not sure; NULL: it is */
	uint8_t *packed, *raw;
};

/* ---- chunks ------------------------------------------------------------------------------------------------------ */

static bool
is(const struct png *g, const char *type)
{
	return memcmp(g->type, type, 4) == 0;
}

/* Length and type of the next chunk.  -1: the file ends. */
static int
chunk(struct png *g)
{
	uint8_t head[8];
	if (image_src_read(&g->job->src, head, sizeof head) != sizeof head)
		return -1;
	g->length = image_be32(head);
	(void)memcpy(g->type, head + 4, 4);
	return 0;
}

/* All of a small chunk, which is in order. */
static bool
read_small(struct png *g)
{
	size_t n = (size_t)g->length + CHUNK_TAIL;
	if (g->length > SMALL_CHUNK_MAX || image_src_read(&g->job->src, g->small, n) != n)
		return false;
	uint32_t crc = libdeflate_crc32(libdeflate_crc32(0, g->type, 4), g->small, g->length);
	return crc == image_be32(g->small + g->length);
}

static bool
depth_fits(unsigned depth, unsigned type)
{
	switch (type) {
	case IMAGE_PNG_GRAY:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
	case IMAGE_PNG_INDEXED:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8;
	case IMAGE_PNG_RGB:
	case IMAGE_PNG_GRAY_ALPHA:
	case IMAGE_PNG_RGB_ALPHA:
		return depth == 8 || depth == 16;
	default:
		return false;
	}
}

static int
read_header(struct png *g, struct err *err)
{
	const uint8_t *p = g->small;
	struct image_png_rows *r = &g->rows;
	if (!is(g, "IHDR") || !read_small(g) || g->length != 13)
		return err_set(err, ERR_INPUT, "PNG: broken header");
	*r = (struct image_png_rows){.job = g->job, .w = image_be32(p), .h = image_be32(p + 4)};
	r->depth = p[8];
	r->type = p[9];
	r->interlaced = p[12] == 1;
	if (!depth_fits(r->depth, r->type) || p[10] != 0 || p[11] != 0 || p[12] > 1)
		return err_set(err, ERR_INPUT, "PNG: a kind of picture that does not exist");
	for (size_t i = 0; i < 256; i++)
		r->palette[i][3] = 255;
	g->header = true;
	return 0;
}

static int
read_palette(struct png *g, struct err *err)
{
	if (!read_small(g) || g->length % 3 != 0 || g->length > 256 * 3)
		return g->rows.type == IMAGE_PNG_INDEXED ? err_set(err, ERR_INPUT, "PNG: broken palette") : 0;
	for (size_t i = 0; i < g->length / 3; i++)
		(void)memcpy(g->rows.palette[i], g->small + 3 * i, 3);
	g->palette = g->length > 0;
	return 0;
}

/* PNG specification 11.3.1.1. */
static void
read_transparency(struct png *g)
{
	struct image_png_rows *r = &g->rows;
	if (!read_small(g))
		return;
	size_t keys = r->type == IMAGE_PNG_GRAY ? 1 : r->type == IMAGE_PNG_RGB ? 3 : 0;
	if (keys > 0 && g->length == 2 * keys) {
		for (size_t i = 0; i < keys; i++)
			r->key[i] = (uint16_t)image_be16(g->small + 2 * i);
		r->keyed = true;
	}
	if (r->type != IMAGE_PNG_INDEXED || !g->palette || g->length > 256)
		return;
	for (size_t i = 0; i < g->length; i++)
		r->palette[i][3] = g->small[i];
	r->see_through = true;
}

/* Up to the first IDAT.  A chunk that is not wanted, or was not read to its end, is passed over. */
static int
read_chunks(struct png *g, struct err *err)
{
	struct image_src *s = &g->job->src;
	image_src_seek(s, 8);
	for (;;) {
		if (chunk(g) < 0)
			return err_set(err, ERR_INPUT, "PNG: the file ends too early");
		off_t end = image_src_tell(s) + (off_t)g->length + CHUNK_TAIL;
		if (!g->header && read_header(g, err) < 0)
			return -1;
		if (is(g, "IDAT"))
			break;
		if (is(g, "IEND"))
			return err_set(err, ERR_INPUT, "PNG: no picture in it");
		if (is(g, "PLTE") && read_palette(g, err) < 0)
			return -1;
		if (is(g, "tRNS"))
			read_transparency(g);
		image_src_seek(s, end);
	}
	if (g->rows.type == IMAGE_PNG_INDEXED && !g->palette)
		return err_set(err, ERR_INPUT, "PNG: no palette in it");
	return 0;
}

/* ---- the data: all IDAT as one stream ------------------------------------------------------------------------------ */

static void
blame(struct png *g, const char *trouble)
{
	if (g->trouble == NULL)
		g->trouble = trouble;
}

static void
begin_data(struct png *g)
{
	g->left = g->length;
	g->crc = libdeflate_crc32(0, g->type, 4);
	g->no_more = false;
}

/* Behind the data of an IDAT: its checksum, and the next one, which should follow at once but need not. */
static void
next_data(struct png *g)
{
	uint8_t crc[CHUNK_TAIL];
	g->no_more = true;
	if (image_src_read(&g->job->src, crc, sizeof crc) != sizeof crc)
		return;
	if (image_be32(crc) != g->crc)
		blame(g, "a checksum is wrong");
	while (chunk(g) == 0 && !is(g, "IEND")) {
		if (is(g, "IDAT")) {
			begin_data(g);
			return;
		}
		image_src_skip(&g->job->src, (uint64_t)g->length + CHUNK_TAIL);
	}
}

/* The next bytes of the stream, in the source's own buffer; 0: there are none. */
static size_t
more_data(struct png *g, const uint8_t **p)
{
	struct image_src *s = &g->job->src;
	while (g->left == 0 && !g->no_more)
		next_data(g);
	if (g->no_more || (s->pos == s->len && image_src_fill(s) == 0))
		return 0;
	size_t n = s->len - s->pos < g->left ? s->len - s->pos : g->left;
	*p = s->buf + s->pos;
	s->pos += n;
	g->left -= (uint32_t)n;
	g->crc = libdeflate_crc32(g->crc, *p, n);
	return n;
}

/* ---- at once --------------------------------------------------------------------------------------------------------- */

/* How large the packed data may be for that; -1: not even a byte. */
static int64_t
room(const struct png *g)
{
	struct stat st;
	int64_t raw = image_png_rows_total(&g->rows), most = IMAGE_PNG_WHOLE_MAX - raw;
	int64_t left = g->job->limits->max_memory - g->job->memory - raw;
	if (fstat(g->job->src.fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	most = most < left ? most : left;
	return most < st.st_size ? -1 : st.st_size;
}

/* All packed bytes into g->packed; false: more than size. */
static bool
gather(struct png *g, size_t size, size_t *len)
{
	const uint8_t *p;
	size_t n;
	*len = 0;
	while ((n = more_data(g, &p)) > 0) {
		if (n > size - *len)
			return false;
		(void)memcpy(g->packed + *len, p, n);
		*len += n;
	}
	return true;
}

/* False: it cannot be done this way, or the data are broken somewhere: piece by piece shows how far they go. */
static bool
inflate_all(struct png *g, size_t size)
{
	struct libdeflate_decompressor *z = libdeflate_alloc_decompressor();
	size_t raw = (size_t)image_png_rows_total(&g->rows), len = 0, used = 0;
	bool good = false;
	g->packed = mem_alloc(size + 1);
	g->raw = mem_alloc(raw + IMAGE_KERNEL_PAD);
	if (z != NULL && gather(g, size, &len) && len > ZLIB_HEAD + ZLIB_TAIL && (g->packed[0] & 15) == 8 &&
	    (g->packed[1] & 32) == 0 && image_be16(g->packed) % 31 == 0)
		good = libdeflate_deflate_decompress_ex(z, g->packed + ZLIB_HEAD, len - ZLIB_HEAD, g->raw, raw, &used,
							NULL) == LIBDEFLATE_SUCCESS &&
		       len - ZLIB_HEAD - used >= ZLIB_TAIL;
	libdeflate_free_decompressor(z);
	if (good && image_be32(g->packed + ZLIB_HEAD + used) != libdeflate_adler32(1, g->raw, raw))
		blame(g, "a checksum is wrong");
	mem_free(g->packed);
	g->packed = NULL;
	if (good)
		(void)image_png_rows_take(&g->rows, g->raw, raw);
	return good;
}

/* ---- piece by piece ------------------------------------------------------------------------------------------------- */

static void
pieces(struct png *g, z_stream *z, size_t size)
{
	const uint8_t *p = NULL;
	size_t have = 0, above = 0;
	uint8_t *keep = mem_alloc(size);
	int rc = Z_OK;
	while (!g->rows.ended && !g->rows.broken) {
		if (rc == Z_OK && z->avail_in == 0 && (z->avail_in = (uInt)more_data(g, &p)) > 0)
			z->next_in = p;
		z->next_out = g->raw + have;
		z->avail_out = (uInt)(size - have);
		rc = rc == Z_OK ? inflate(z, Z_NO_FLUSH) : rc;
		size_t n = size - z->avail_out, taken = image_png_rows_take(&g->rows, g->raw, n);
		if (taken > 0 && g->rows.above > g->raw && g->rows.above < g->raw + size) {
			above = taken - (size_t)(g->rows.above - g->raw);
			(void)memcpy(keep, g->rows.above, above);
			g->rows.above = keep;
		}
		(void)memmove(g->raw, g->raw + taken, n - taken);
		if (taken == 0 && n == have && (rc != Z_OK || z->avail_in == 0))
			break;
		have = n - taken;
	}
	if (!g->rows.ended && !g->rows.broken)
		blame(g, rc == Z_STREAM_END		   ? "fewer rows than promised"
			 : rc == Z_OK || rc == Z_BUF_ERROR ? "the file ends too early"
							   : "the data are broken");
	mem_free(keep);
}

static int
inflate_pieces(struct png *g, struct err *err)
{
	z_stream z = {0};
	size_t size = PIECE + image_png_rows_length(&g->rows) * 2;
	if (g->rows.interlaced) /* rows of later passes are longer */
		size = PIECE + (size_t)g->rows.w * 8 * 2 + 2;
	if (image_job_memory(g->job, (int64_t)size * 2, "PNG: its rows", err) < 0)
		return -1;
	mem_free(g->raw);
	g->raw = mem_alloc(size + IMAGE_KERNEL_PAD);
	if (inflateInit(&z) != Z_OK)
		return err_set(err, ERR_SYS, "PNG: zlib cannot be set up");
	pieces(g, &z, size);
	(void)inflateEnd(&z);
	return 0;
}

/* ---- all of it -------------------------------------------------------------------------------------------------------- */

static int
decode(struct png *g, struct err *err)
{
	if (read_chunks(g, err) < 0 || image_png_rows_open(&g->rows, err) < 0)
		return -1;
	off_t data = image_src_tell(&g->job->src);
	uint32_t length = g->length;
	int64_t packed = room(g);
	begin_data(g);
	if (packed < 0 || !inflate_all(g, (size_t)packed)) {
		image_src_seek(&g->job->src, data);
		g->length = length;
		(void)memcpy(g->type, "IDAT", 4);
		g->trouble = NULL;
		begin_data(g);
		if (inflate_pieces(g, err) < 0)
			return -1;
	}
	if (g->rows.broken)
		blame(g, "a row has a filter that does not exist");
	if (!g->rows.started)
		return err_set(err, ERR_INPUT, "PNG: %s", g->trouble != NULL ? g->trouble : "no picture in it");
	image_png_rows_finish(&g->rows);
	if (g->trouble != NULL)
		(void)err_set(g->job->warning, ERR_INPUT, "PNG: %s%s", g->trouble,
			      g->rows.ended ? "" : ", the rest is left empty");
	return 0;
}

int
image_png_decode(struct image_job *job, struct err *err)
{
	struct png *g = mem_alloc(sizeof *g);
	g->job = job;
	int rc = decode(g, err);
	image_png_rows_clear(&g->rows);
	mem_free(g->packed);
	mem_free(g->raw);
	mem_free(g);
	return rc;
}
