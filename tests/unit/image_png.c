/* Is a PNG of every colour type and depth what libpng's own expansion makes of it?  Small ones are not resampled, so that
 * their pixels can be compared one by one. */
#include "image/image.h"

#include <dirent.h>
#include <setjmp.h>

#include "image_make.h"
#include "tap.h"

static const struct image_size whole = {1000, 1000, IMAGE_SCALE};

/* ---- libpng, by another way than the room's ------------------------------------------------------- */

struct reader {
	const struct buf *b;
	size_t at;
};

static void
give(png_structp p, png_bytep to, size_t n)
{
	struct reader *r = png_get_io_ptr(p);
	if (n > r->b->len - r->at)
		png_error(p, "the end");
	(void)memcpy(to, r->b->p + r->at, n);
	r->at += n;
}

static void
silent(png_structp p, png_const_charp text)
{
	(void)p;
	(void)text;
}

static void
fail(png_structp p, png_const_charp text)
{
	(void)text;
	png_longjmp(p, 1);
}

/* r, g, b, a of what the file shows, yours; NULL: libpng does not read it. */
static uint8_t *
expected(const struct buf *b, uint32_t *w, uint32_t *h)
{
	struct reader r = {.b = b};
	uint8_t *volatile out = NULL;
	png_structp p = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, fail, silent);
	png_infop info = png_create_info_struct(p);
	if (setjmp(png_jmpbuf(p)) == 0) {
		png_set_read_fn(p, &r, give);
		png_read_png(p, info, PNG_TRANSFORM_EXPAND | PNG_TRANSFORM_SCALE_16 | PNG_TRANSFORM_GRAY_TO_RGB, NULL);
		png_bytepp rows = png_get_rows(p, info);
		size_t channels = png_get_channels(p, info);
		*w = png_get_image_width(p, info);
		*h = png_get_image_height(p, info);
		out = mem_array((size_t)*w * *h, 4);
		for (size_t i = 0; i < (size_t)*w * *h; i++) {
			(void)memcpy(out + i * 4, rows[i / *w] + i % *w * channels, channels);
			if (channels == 3)
				out[i * 4 + 3] = 255;
		}
	}
	png_destroy_read_struct(&p, &info, NULL);
	return out;
}

/* Colours pass through their premultiplied form: they are as exact as their alpha allows. */
static bool
same(const uint8_t *a, const uint8_t *b)
{
	int most = b[3] == 0 ? 255 : b[3] == 255 ? 0 : 1 + 255 / b[3];
	for (int c = 0; c < 3; c++)
		if (abs(a[c] - b[c]) > most)
			return false;
	return a[3] == b[3];
}

/* ---- the corpus -------------------------------------------------------------------------------------- */

static void
compare(const char *dir, const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	struct buf b;
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	uint32_t w = 0, h = 0, tw = 0, th = 0;
	size_t bad = 0;
	buf_init(&b, 1 << 20);
	int rc = io_read_file(path, 1 << 20, &b, &err);
	int fd = make_fd(b.p, b.len);
	uint8_t *want = rc == 0 ? expected(&b, &w, &h) : NULL, *got = NULL;
	rc = image_thumbs_make(fd, &whole, 1, IMAGE_PNG, &image_limits_default, &t, &err);
	if (rc == 0)
		got = open_png(&t.thumb[0].data, &tw, &th);
	for (size_t i = 0; want != NULL && got != NULL && w == tw && h == th && i < (size_t)w * h; i++)
		bad += !same(got + i * 4, want + i * 4);
	bool fits = want == NULL ? name[0] == 'x' : got != NULL && w == tw && h == th;
	if (!fits || bad > 0)
		ok(false, "%s: %zu pixels of %u x %u (%u x %u) differ %s", name, bad, tw, th, w, h, err.text);
	mem_free(want);
	mem_free(got);
	mem_free(path);
	image_thumbs_clear(&t);
	(void)close(fd);
	buf_clear(&b);
}

static size_t
suite(const char *dir)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		size_t len = strlen(e->d_name);
		if (len < 5 || strcmp(e->d_name + len - 4, ".png") != 0)
			continue;
		compare(dir, e->d_name);
		n++;
	}
	if (d != NULL)
		(void)closedir(d);
	return n;
}

int
main(void)
{
	const char *shared = getenv("MX_SHARED");
	char *dir = mem_printf("%s/corpora/png/pngsuite", shared != NULL ? shared : "../shared");
	size_t n = suite(dir);
	ok(1, n > 0 ? "%zu files of PngSuite were compared" : "PngSuite is not here", n);
	mem_free(dir);
	return done();
}
