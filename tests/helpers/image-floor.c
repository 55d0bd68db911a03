/* What can thumbnails not cost less than?  The codecs alone, and the room alone without its command.
 *
 * image-floor set FILE RUNS      the five thumbnails, RUNS times in one process
 * image-floor decode FILE RUNS   the library alone: JPEG reduced as the room does it, planes; all rows of the others
 * image-floor encode FILE RUNS   the five thumbnails of FILE encoded, RUNS times (they are made once before)
 *
 * RUNS may be 0: what starting and preparing cost.  The caller takes the difference. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>
#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>

#include "image/image.h"
#include "image/int.h"

static struct image_limits limits;

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "image-floor: %s\n", what);
	exit(1);
}

static struct image_thumbs
make(const char *path, enum image_format as)
{
	struct err err = {0};
	struct image_thumbs t;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || image_thumbs_make(fd, image_set, IMAGE_SET_LEN, as, &limits, &t, &err) < 0)
		die(err.text[0] != '\0' ? err.text : path);
	io_close(&fd);
	return t;
}

/* ---- decoders ------------------------------------------------------------------------------------------------ */

/* jpeg_read_raw_data wants the rows of an iMCU; they are thrown away. */
static void
decode_jpeg(const uint8_t *p, size_t n)
{
	struct jpeg_decompress_struct c;
	struct jpeg_error_mgr errors;
	uint8_t *rows[3] = {NULL, NULL, NULL};
	c.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&c);
	jpeg_mem_src(&c, p, n);
	(void)jpeg_read_header(&c, TRUE);
	unsigned w = c.image_width, h = c.image_height, side = w > h ? w : h;
	for (c.scale_num = 1, c.scale_denom = 8; c.scale_num < 8 && side * c.scale_num < 1600 * 8; c.scale_num *= 2)
		;
	c.raw_data_out = TRUE;
	c.out_color_space = c.jpeg_color_space;
	(void)jpeg_start_decompress(&c);
	JSAMPROW row[3][32];
	JSAMPARRAY planes[3] = {row[0], row[1], row[2]};
	for (int i = 0; i < c.num_components && i < 3; i++) {
		rows[i] = mem_alloc((size_t)(c.output_width + 64) * 2);
		for (int k = 0; k < 32; k++)
			row[i][k] = rows[i];
	}
	while (c.output_scanline < c.output_height)
		(void)jpeg_read_raw_data(&c, planes, 32);
	jpeg_destroy_decompress(&c);
	for (int i = 0; i < 3; i++)
		mem_free(rows[i]);
}

struct bytes {
	const uint8_t *p;
	size_t n;
};

static void
take(struct bytes *b, void *to, size_t n)
{
	n = n < b->n ? n : b->n;
	(void)memcpy(to, b->p, n);
	b->p += n;
	b->n -= n;
}

static void
take_png(png_structp p, png_bytep to, size_t n)
{
	take(png_get_io_ptr(p), to, n);
}

static void
decode_png(struct bytes b)
{
	png_structp p = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(p);
	png_set_read_fn(p, &b, take_png);
	png_read_info(p, info);
	uint8_t *row = mem_alloc(png_get_rowbytes(p, info));
	for (unsigned y = png_get_image_height(p, info); y > 0; y--)
		png_read_row(p, row, NULL);
	png_destroy_read_struct(&p, &info, NULL);
	mem_free(row);
}

static int
take_gif(GifFileType *g, GifByteType *to, int n)
{
	take(g->UserData, to, (size_t)n);
	return n;
}

static void
decode_gif(struct bytes b)
{
	int code = 0;
	GifRecordType type = UNDEFINED_RECORD_TYPE;
	GifFileType *g = DGifOpen(&b, take_gif, &code);
	if (g == NULL || DGifGetRecordType(g, &type) == GIF_ERROR || type != IMAGE_DESC_RECORD_TYPE ||
	    DGifGetImageHeader(g) == GIF_ERROR)
		die("a GIF that begins with its picture is wanted");
	uint8_t *row = mem_alloc((size_t)g->Image.Width);
	for (int y = 0; y < g->Image.Height; y++)
		(void)DGifGetLine(g, row, g->Image.Width);
	mem_free(row);
	(void)DGifCloseFile(g, &code);
}

static void
decode_webp(const uint8_t *p, size_t n)
{
	int w = 0, h = 0;
	uint8_t *u, *v;
	int stride, uv;
	uint8_t *y = WebPDecodeYUV(p, n, &w, &h, &u, &v, &stride, &uv);
	WebPFree(y);
}

static void
decode(const struct buf *file, int runs)
{
	const uint8_t *p = (const uint8_t *)file->p;
	enum image_format f = image_sniff_format(p, file->len);
	for (; runs > 0; runs--)
		if (f == IMAGE_JPEG)
			decode_jpeg(p, file->len);
		else if (f == IMAGE_PNG)
			decode_png((struct bytes){p, file->len});
		else if (f == IMAGE_GIF)
			decode_gif((struct bytes){p, file->len});
		else
			decode_webp(p, file->len);
}

/* ---- encoders ------------------------------------------------------------------------------------------------ */

static void
unpack(const struct buf *jpeg, struct image_pic *pic)
{
	struct jpeg_decompress_struct c;
	struct jpeg_error_mgr errors;
	c.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&c);
	jpeg_mem_src(&c, (const unsigned char *)jpeg->p, jpeg->len);
	(void)jpeg_read_header(&c, TRUE);
	c.out_color_space = JCS_EXT_RGBX;
	(void)jpeg_start_decompress(&c);
	image_pic_init(pic, IMAGE_RGBX, c.output_width, c.output_height, 1);
	while (c.output_scanline < c.output_height) {
		JSAMPROW row = pic->plane[0].p + (size_t)c.output_scanline * pic->plane[0].stride;
		(void)jpeg_read_scanlines(&c, &row, 1);
	}
	jpeg_destroy_decompress(&c);
}

static void
encode(const char *path, const struct buf *file, int runs)
{
	struct err err = {0};
	enum image_format f = image_sniff_format((const uint8_t *)file->p, file->len);
	bool png = f == IMAGE_PNG || f == IMAGE_GIF;
	struct image_thumbs t = make(path, IMAGE_JPEG);
	struct image_pic pic[IMAGE_SET_LEN];
	for (size_t i = 0; i < t.n; i++)
		unpack(&t.thumb[i].data, &pic[i]);
	for (; runs > 0; runs--)
		for (size_t i = 0; i < t.n; i++) {
			struct buf out;
			buf_init(&out, IMAGE_OUT_MAX);
			if ((png ? image_png_encode(&pic[i], &out, &err)
				 : image_jpeg_encode(&pic[i], IMAGE_JPEG_QUALITY, &out, &err)) < 0)
				die(err.text);
			buf_clear(&out);
		}
	for (size_t i = 0; i < t.n; i++)
		image_pic_clear(&pic[i]);
	image_thumbs_clear(&t);
}

int
main(int argc, char **argv)
{
	if (argc != 4)
		die("usage: image-floor set|decode|encode FILE RUNS");
	struct err err = {0};
	struct buf file;
	int runs = atoi(argv[3]), fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	limits = image_limits_default;
	limits.max_pixels = (int64_t)1 << 30;
	buf_init(&file, (size_t)1 << 30);
	if (fd < 0 || (argv[1][0] != 's' && io_read_all(fd, (size_t)1 << 30, &file, &err) < 0))
		die(argv[2]);
	io_close(&fd);
	if (argv[1][0] == 's') {
		for (; runs > 0; runs--) {
			struct image_thumbs t = make(argv[2], IMAGE_UNKNOWN);
			image_thumbs_clear(&t);
		}
	} else if (argv[1][0] == 'd') {
		decode(&file, runs);
	} else {
		encode(argv[2], &file, runs);
	}
	buf_clear(&file);
	return 0;
}
