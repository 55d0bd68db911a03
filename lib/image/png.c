/* How does a PNG become rows?  libpng's push reader, which is handed no chunk but those that make the picture. */
#include "image/int.h"

#include <setjmp.h>
#include <string.h>

#include <png.h>

enum { SMALL_CHUNK_MAX = 1024 }; /* bytes of IHDR, PLTE (768 at most) and tRNS (256); IDAT are as long as they are */

struct png {
	png_structp p;
	png_infop info;
	struct image_job *job;
	struct err *err;
	uint8_t head[8]; /* a chunk's length and type */
	uint64_t left;	 /* bytes of the current chunk's data and CRC that were not handed on yet */
	bool refused;	 /* err says why */
	bool started;	 /* rows are coming */
	int channels, passes;
	uint8_t *whole; /* an interlaced picture */
	char text[128]; /* libpng's last words */
};

/* ---- errors: longjmp to guarded(), the only setjmp here ------------------------------------------------ */

static void
keep_text(struct png *g, const char *text)
{
	size_t n = strnlen(text, sizeof g->text - 1);
	(void)memcpy(g->text, text, n);
	g->text[n] = '\0';
}

static void
fatal(png_structp p, png_const_charp text)
{
	keep_text(png_get_error_ptr(p), text);
	png_longjmp(p, 1);
}

static void
silent(png_structp p, png_const_charp text)
{
	(void)p;
	(void)text;
}

static void
refuse(struct png *g)
{
	g->refused = true;
	png_longjmp(g->p, 1);
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static bool
has_alpha(const struct png *g)
{
	return (png_get_color_type(g->p, g->info) & PNG_COLOR_MASK_ALPHA) != 0 ||
	       png_get_valid(g->p, g->info, PNG_INFO_tRNS) != 0;
}

/* Every colour type and depth becomes one byte of grey, or four of r, g, b, a. */
static enum image_color
transform(struct png *g)
{
	bool alpha = has_alpha(g);
	bool gray = png_get_color_type(g->p, g->info) == PNG_COLOR_TYPE_GRAY && !alpha;
	png_set_expand(g->p);
	png_set_scale_16(g->p);
	if (!gray) {
		png_set_gray_to_rgb(g->p);
		if (!alpha)
			png_set_filler(g->p, 0xFF, PNG_FILLER_AFTER);
	}
	g->channels = gray ? 1 : 4;
	g->passes = png_set_interlace_handling(g->p);
	png_read_update_info(g->p, g->info);
	return gray ? IMAGE_GRAY : alpha ? IMAGE_RGBA : IMAGE_RGBX;
}

static int
begin(struct png *g)
{
	struct image_job *job = g->job;
	if (image_job_start(job, png_get_image_width(g->p, g->info), png_get_image_height(g->p, g->info), true,
			    g->err) < 0)
		return -1;
	enum image_color color = transform(g);
	size_t row = (size_t)job->w * (size_t)g->channels;
	struct image_layout layout = {
	    .w = job->w, .h = job->h, .ext_w = job->w, .ext_h = job->h, .channels = g->channels, .batch = 1};
	if (png_get_rowbytes(g->p, g->info) != row)
		return err_set(g->err, ERR_BUG, "PNG: rows of another length than expected");
	if (image_job_open(job, color, &layout, g->err) < 0)
		return -1;
	if (g->passes == 1)
		return 0;
	if (image_job_memory(job, (int64_t)row * job->h, "interlaced PNG", g->err) < 0)
		return -1;
	g->whole = mem_array(job->h, row);
	return 0;
}

static void
on_info(png_structp p, png_infop info)
{
	struct png *g = png_get_progressive_ptr(p);
	(void)info;
	if (begin(g) < 0)
		refuse(g);
}

static void
push(struct png *g, const uint8_t *row)
{
	struct image_feed *f = &g->job->feed[0];
	uint8_t *slot = image_feed_slot(f, 0);
	(void)memcpy(slot, row, (size_t)f->w * (size_t)g->channels);
	if (g->job->color == IMAGE_RGBA && !image_premultiply(slot, f->w))
		g->job->transparent = true;
	image_feed_push(f, 1);
}

static void
on_row(png_structp p, png_bytep row, png_uint_32 y, int pass)
{
	struct png *g = png_get_progressive_ptr(p);
	if (row == NULL || y >= g->job->h)
		return; /* an interlaced row that this pass does not change */
	g->started = true;
	if (g->whole != NULL)
		png_progressive_combine_row(p, g->whole + (size_t)y * g->job->w * (size_t)g->channels, row);
	else if (pass == 0 && g->job->feed[0].rows == y)
		push(g, row);
}

static void
push_whole(struct png *g)
{
	const struct image_feed *f = &g->job->feed[0];
	while (f->rows < f->h)
		push(g, g->whole + (size_t)f->rows * f->w * (size_t)g->channels);
}

/* ---- the chunk filter ------------------------------------------------------------------------------- */

/* Text, profiles and the like are dead weight, and handlers nobody needs have been the way in more than once: one
 * ancillary chunk that claims 2 GB makes libpng allocate as much. */
static bool
wanted(const uint8_t head[8])
{
	static const char names[][5] = {"IHDR", "PLTE", "tRNS", "IEND"};
	if (memcmp(head + 4, "IDAT", 4) == 0)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (memcmp(head + 4, names[i], 4) == 0)
			return image_be32(head) <= SMALL_CHUNK_MAX;
	return false;
}

/* False: the file ends, or the picture is complete. */
static bool
feed_chunk(struct png *g)
{
	struct image_src *s = &g->job->src;
	if (image_src_read(s, g->head, 8) != 8)
		return false;
	g->left = (uint64_t)image_be32(g->head) + 4;
	if (!wanted(g->head)) {
		image_src_skip(s, g->left);
		return true;
	}
	png_process_data(g->p, g->info, g->head, 8);
	while (g->left > 0) {
		if (s->pos == s->len && image_src_fill(s) == 0)
			return false;
		size_t n = s->len - s->pos < g->left ? s->len - s->pos : (size_t)g->left;
		s->pos += n;
		g->left -= n;
		png_process_data(g->p, g->info, s->buf + s->pos - n, n);
	}
	return memcmp(g->head + 4, "IEND", 4) != 0;
}

static bool
complete(const struct png *g)
{
	return g->whole == NULL && g->started && g->job->feed[0].rows == g->job->h;
}

/* 0: all rows were seen.  -1: the file ended before. */
static int
feed(struct png *g)
{
	png_set_user_limits(g->p, IMAGE_SIDE_MAX, IMAGE_SIDE_MAX);
	png_set_progressive_read_fn(g->p, g, on_info, on_row, NULL);
	image_src_seek(&g->job->src, 0);
	if (image_src_read(&g->job->src, g->head, 8) == 8)
		png_process_data(g->p, g->info, g->head, 8);
	while (!complete(g) && feed_chunk(g))
		;
	return complete(g) || memcmp(g->head + 4, "IEND", 4) == 0 ? 0 : -1;
}

/* What came before an error or the end is shown, the rest is grey or transparent. */
static int
guarded(struct png *g)
{
	if (setjmp(png_jmpbuf(g->p)) == 0 && feed(g) < 0)
		keep_text(g, "the file ends too early");
	if (g->refused)
		return -1;
	if (!g->started)
		return err_set(g->err, ERR_INPUT, "PNG: %s", g->text[0] != '\0' ? g->text : "no picture in it");
	if (g->whole != NULL)
		push_whole(g);
	if (g->job->feed[0].rows < g->job->h && g->text[0] == '\0')
		keep_text(g, "fewer rows than promised");
	image_job_rest(g->job);
	if (g->text[0] != '\0')
		(void)err_set(g->job->warning, ERR_INPUT, "PNG: %s, the rest is left empty", g->text);
	return 0;
}

int
image_png_decode(struct image_job *job, struct err *err)
{
	struct png *g = mem_alloc(sizeof *g);
	int rc = -1;
	g->job = job;
	g->err = err;
	g->p = png_create_read_struct(PNG_LIBPNG_VER_STRING, g, fatal, silent);
	g->info = g->p != NULL ? png_create_info_struct(g->p) : NULL;
	if (g->info == NULL)
		(void)err_set(err, ERR_SYS, "PNG: the library cannot be set up");
	else
		rc = guarded(g);
	png_destroy_read_struct(&g->p, &g->info, NULL);
	mem_free(g->whole);
	mem_free(g);
	return rc;
}
