/* Are format, size and orientation told from the first bytes, and never from what lies behind them? */
#include "image/image.h"

#include "image_make_bmp.h"
#include "tap.h"

static void
tells(const char *name, struct buf b, enum image_format f, uint32_t w, uint32_t h, int orientation, bool alpha,
      bool animated)
{
	struct image_info i;
	struct err err = {0};
	int rc = image_sniff(b.p, b.len, &i, &err);
	ok(rc == 0 && i.format == f && i.width == w && i.height == h && i.orientation == orientation &&
	       i.alpha == alpha && i.animated == animated,
	   "%s: %ux%u, orientation %d%s%s", name, i.width, i.height, i.orientation, i.alpha ? ", alpha" : "",
	   i.animated ? ", animated" : "");
	buf_clear(&b);
}

static void
refuses(const char *name, const char *p, size_t n, enum err_code code)
{
	struct image_info i;
	struct err err = {0};
	ok(image_sniff(p, n, &i, &err) < 0 && err.code == code, "%s: %s", name, err.text);
}

/* No prefix of a file makes it read past its end, and none gives another size than the whole (but for the turn that
 * Exif data at the end of a WebP ask for). */
static void
prefixes(const char *name, struct buf b)
{
	struct image_info whole, i;
	struct err err;
	int bad = image_sniff(b.p, b.len, &whole, &err);
	for (size_t n = 0; n < b.len && n < 3000; n++) {
		char *exact = mem_alloc(n);
		(void)memcpy(exact, b.p, n);
		if (image_sniff(exact, n, &i, &err) == 0 && i.width * i.height != whole.width * whole.height)
			bad = 1;
		mem_free(exact);
	}
	ok(!bad, "%s: every beginning of it", name);
	buf_clear(&b);
}

/* A RIFF container with VP8X, a picture and Exif at the end. */
static struct buf
extended_webp(void)
{
	struct buf still = make_webp(40, 20, 0), out;
	uint8_t exif[32], vp8x[18] = {'V', 'P', '8', 'X', 10, 0, 0, 0, 0x08, 0, 0, 0, 39, 0, 0, 19, 0, 0};
	uint8_t head[8] = {'E', 'X', 'I', 'F', 26, 0, 0, 0};
	buf_init(&out, 1 << 20);
	(void)buf_add(&out, still.p, 12);
	(void)buf_add(&out, vp8x, sizeof vp8x);
	(void)buf_add(&out, still.p + 12, still.len - 12);
	(void)buf_add(&out, head, sizeof head);
	(void)make_exif(exif, 6);
	(void)buf_add(&out, exif + 6, 26);
	uint32_t riff = (uint32_t)out.len - 8;
	for (int i = 0; i < 4; i++)
		out.p[4 + i] = (char)(riff >> (8 * i));
	buf_clear(&still);
	return out;
}

static void
orientations(void)
{
	for (int o = 0; o <= 9; o++) {
		char name[32];
		int want = o >= 1 && o <= 8 ? o : 1;
		(void)snprintf(name, sizeof name, "JPEG with orientation %d", o);
		tells(name, make_jpeg(40, 20, 0, o == 0 ? 300 : o), IMAGE_JPEG, want >= 5 ? 20 : 40,
		      want >= 5 ? 40 : 20, want, false, false);
	}
}

/* A copy without the NUL, so that reading past the end is found. */
static bool
other(const char *s, size_t n)
{
	char *copy = mem_alloc(n + 1);
	char *at = copy + 1;
	(void)memcpy(at, s, n);
	bool is = image_other_kind(at, n);
	mem_free(copy);
	return is;
}

static void
other_kinds(void)
{
	static const struct {
		const char *name, *bytes;
		size_t n;
		bool is;
	} cases[] = {
	    {"SVG", "<svg xmlns='x'/>", 16, true},
	    {"SVG behind declaration, comment and document type",
	     "\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- <html> -->\n<!DOCTYPE svg PUBLIC 'a' 'b' [<!ENTITY x "
	     "'>'>]>\n<svg>",
	     95, true},
	    {"SVG with a prefix", "<svg:svg xmlns:svg='x'>", 23, true},
	    {"AVIF",
	     "\0\0\0\x1C"
	     "ftypavif",
	     12, true},
	    {"ICO", "\0\0\1\0\1\0", 6, true},
	    {"BMP", "BM\0\0", 4, true},
	    {"a drawing that says it is a page", "<!DOCTYPE html><svg>", 20, true},
	    {"a page", "<html><svg>", 11, false},
	    {"a page behind a document type", "<!DOCTYPE html><title>x</title><svg>", 36, false},
	    {"an element whose name begins with svg", "<svgx>", 6, false},
	    {"a comment without end", "<!-- <svg>", 10, false},
	    {"text", "Not found", 9, false},
	    {"JSON", "{\"error\":1}", 11, false},
	    {"MP4",
	     "\0\0\0\x1C"
	     "ftypisom",
	     12, false},
	    {"nothing", "", 0, false},
	    {"a prefix of nothing", "<svg:", 5, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ok(other(cases[i].bytes, cases[i].n) == cases[i].is, "%s is %s picture of another kind", cases[i].name,
		   cases[i].is ? "a" : "no");
}

int
main(void)
{
	tells("JPEG", make_jpeg(40, 20, 0, 0), IMAGE_JPEG, 40, 20, 1, false, false);
	tells("progressive JPEG", make_jpeg(40, 20, MAKE_PROGRESSIVE, 0), IMAGE_JPEG, 40, 20, 1, false, false);
	orientations();
	tells("PNG", make_png(33, 77, 0), IMAGE_PNG, 33, 77, 1, false, false);
	tells("PNG with alpha", make_png(33, 77, MAKE_ALPHA), IMAGE_PNG, 33, 77, 1, true, false);
	tells("PNG with tRNS", make_png(33, 77, MAKE_ALPHA | MAKE_PALETTE), IMAGE_PNG, 33, 77, 1, true, false);
	tells("WebP", make_webp(50, 60, 0), IMAGE_WEBP, 50, 60, 1, false, false);
	tells("lossless WebP", make_webp(50, 60, MAKE_LOSSLESS), IMAGE_WEBP, 50, 60, 1, false, false);
	tells("WebP with alpha", make_webp(50, 60, MAKE_ALPHA), IMAGE_WEBP, 50, 60, 1, true, false);
	tells("WebP with Exif", extended_webp(), IMAGE_WEBP, 20, 40, 6, false, false);
	tells("GIF", make_gif(30, 70, 0, 1), IMAGE_GIF, 30, 70, 1, false, false);
	tells("GIF of two frames", make_gif(30, 70, MAKE_ALPHA, 2), IMAGE_GIF, 30, 70, 1, true, true);

	tells("BMP", make_bmp(30, 70, 24, 0), IMAGE_BMP, 30, 70, 1, false, false);
	tells("BMP, top row first", make_bmp(30, 70, 8, BMP_DOWN), IMAGE_BMP, 30, 70, 1, false, false);
	tells("BMP with alpha", make_bmp(30, 70, 32, BMP_FIELDS), IMAGE_BMP, 30, 70, 1, true, false);
	tells("ICO", make_ico((const struct icon_entry[]){{16, 8, 0}, {48, 0, 0}}, 2), IMAGE_ICO, 48, 48, 1, true,
	      false);
	tells("ICO of 256 x 256", make_ico((const struct icon_entry[]){{16, 8, 0}, {256, 0, 0}}, 2), IMAGE_ICO, 256,
	      256, 1, true, false);

	refuses("nothing", "", 0, ERR_UNSUPPORTED);
	refuses("text", "<svg xmlns=", 11, ERR_UNSUPPORTED);
	refuses("a JPEG of nothing but its magic", "\xFF\xD8\xFF", 3, ERR_INPUT);
	refuses("a JPEG whose segments do not end", "\xFF\xD8\xFF\xE0\xFF\xFF", 6, ERR_INPUT);
	refuses("a JPEG of 0 x 0", "\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x00\x00\x00\x01\x01\x11\x00", 15, ERR_INPUT);
	refuses("a PNG without IHDR", "\x89PNG\r\n\x1A\n\0\0\0\x0DtEXt0123456789abcdef", 32, ERR_INPUT);
	refuses("a GIF of 0 x 0", "GIF89a\0\0\0\0\0\0\0;", 14, ERR_INPUT);
	refuses("a RIFF that is no WebP", "RIFF\0\0\0\0WAVEfmt ", 16, ERR_UNSUPPORTED);

	other_kinds();
	prefixes("JPEG", make_jpeg(40, 20, 0, 6));
	prefixes("PNG", make_png(33, 77, MAKE_ALPHA | MAKE_PALETTE));
	prefixes("WebP", extended_webp());
	prefixes("BMP", make_bmp(20, 20, 8, 0));
	prefixes("ICO", make_ico((const struct icon_entry[]){{16, 8, 0}}, 1));
	prefixes("GIF", make_gif(10, 10, MAKE_ALPHA, 3));
	is_str(image_format_type(IMAGE_WEBP), "image/webp", "a format has a type");
	return done();
}
