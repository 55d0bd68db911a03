/* How does a small picture become a JPEG?  Baseline, 4:2:0, no metadata; YCbCr planes are handed over as they are. */
#include "image/int.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

enum {
	TINY = 96, /* up to this side the tables are most of the file and are worth a second pass */
	MCU = 2 * DCTSIZE
};

struct encoder {
	struct jpeg_error_mgr errors;
	struct jpeg_compress_struct c;
	jmp_buf failed;
	const struct image_pic *pic;
	unsigned char *mem; /* libjpeg's */
	unsigned long len;
	uint8_t *line;
};

static void
fatal(j_common_ptr c)
{
	struct encoder *e = c->client_data;
	longjmp(e->failed, 1);
}

static void
silent(j_common_ptr c)
{
	(void)c;
}

static void
setup(struct encoder *e, int quality)
{
	enum image_color color = e->pic->color;
	jpeg_create_compress(&e->c);
	jpeg_mem_dest(&e->c, &e->mem, &e->len);
	e->c.image_width = e->pic->w;
	e->c.image_height = e->pic->h;
	e->c.input_components = color == IMAGE_GRAY ? 1 : 3;
	e->c.in_color_space = color == IMAGE_GRAY ? JCS_GRAYSCALE : color == IMAGE_YCC ? JCS_YCbCr : JCS_RGB;
	jpeg_set_defaults(&e->c); /* 4:2:0 where there is colour */
	jpeg_set_quality(&e->c, quality, TRUE);
	e->c.optimize_coding = e->pic->w <= TINY && e->pic->h <= TINY;
}

/* The last column is repeated up to a whole block, so that what is cut off does not ring into what is seen. */
static void
pad_columns(const struct image_plane *p)
{
	for (uint32_t y = 0; y < p->h; y++) {
		uint8_t *row = p->p + (size_t)y * p->stride;
		(void)memset(row + p->w, row[p->w - 1], p->stride - p->w);
	}
}

static void
point_rows(const struct image_plane *p, uint32_t from, JSAMPROW *row, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		row[i] = p->p + (size_t)(from + i < p->h ? from + i : p->h - 1) * p->stride;
}

static void
write_planes(struct encoder *e)
{
	const struct image_plane *plane = e->pic->plane;
	JSAMPROW y[MCU], b[DCTSIZE], r[DCTSIZE];
	JSAMPARRAY planes[3] = {y, b, r};
	for (int i = 0; i < 3; i++)
		pad_columns(&plane[i]);
	e->c.raw_data_in = TRUE;
	jpeg_start_compress(&e->c, TRUE);
	for (uint32_t at = 0; at < e->pic->h; at += MCU) {
		point_rows(&plane[0], at, y, MCU);
		point_rows(&plane[1], at / 2, b, DCTSIZE);
		point_rows(&plane[2], at / 2, r, DCTSIZE);
		(void)jpeg_write_raw_data(&e->c, planes, MCU);
	}
}

static void
write_lines(struct encoder *e)
{
	e->line = mem_array(e->pic->w, 3);
	jpeg_start_compress(&e->c, TRUE);
	for (uint32_t y = 0; y < e->pic->h; y++) {
		JSAMPROW row = e->line;
		if (e->pic->color == IMAGE_GRAY)
			row = e->pic->plane[0].p + (size_t)y * e->pic->plane[0].stride;
		else
			image_pic_rgb_row(e->pic, y, 3, row);
		(void)jpeg_write_scanlines(&e->c, &row, 1);
	}
}

static int
encode(struct encoder *e, int quality, struct buf *out, struct err *err)
{
	if (setjmp(e->failed) != 0) {
		char text[JMSG_LENGTH_MAX];
		e->errors.format_message((j_common_ptr)&e->c, text);
		return err_set(err, ERR_LIMIT, "JPEG: %s", text);
	}
	setup(e, quality);
	if (e->pic->color == IMAGE_YCC && e->pic->div == 2)
		write_planes(e);
	else
		write_lines(e);
	jpeg_finish_compress(&e->c);
	return buf_add(out, e->mem, e->len) < 0 ? err_set(err, ERR_LIMIT, "JPEG: thumbnail too large") : 0;
}

int
image_jpeg_encode(const struct image_pic *pic, int quality, struct buf *out, struct err *err)
{
	struct encoder *e = mem_alloc(sizeof *e);
	e->pic = pic;
	e->c.err = jpeg_std_error(&e->errors);
	e->c.client_data = e;
	e->errors.error_exit = fatal;
	e->errors.output_message = silent;
	int rc = encode(e, quality, out, err);
	jpeg_destroy_compress(&e->c);
	free(e->mem); /* libjpeg's own malloc */
	mem_free(e->line);
	mem_free(e);
	return rc;
}
