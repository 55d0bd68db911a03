/* Are bitmaps and icons of every depth read as they look, and is none of what they claim believed? */
#include "image/image.h"

#include "image_make_bmp.h"
#include "tap.h"

static const struct image_size small = {60, 60, IMAGE_SCALE};

static int
make(const struct buf *b, struct image_thumbs *t, struct err *err)
{
	int fd = make_fd(b->p, b->len);
	int rc = image_thumbs_make(fd, &small, 1, IMAGE_UNKNOWN, &image_limits_default, t, err);
	(void)close(fd);
	return rc;
}

/* r red, g green, b blue, w white, - transparent, ? none of them. */
static char
colour(const uint8_t *px, uint32_t w, uint32_t x, uint32_t y)
{
	static const char name[] = "?bg?r??w"; /* by which of red, green, blue are strong */
	const uint8_t *p = px + ((size_t)y * w + x) * 4;
	int strong = (p[0] > 120) * 4 + (p[1] > 120) * 2 + (p[2] > 120);
	return p[3] < 40 ? '-' : p[3] > 200 ? name[strong] : '?';
}

/* Four corners and the middle. */
static void
looks(const char *name, struct buf b, uint32_t w, uint32_t h, const char *want)
{
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	char got[6] = "none";
	uint32_t tw = 0, th = 0;
	uint8_t *px = make(&b, &t, &err) == 0 ? open_png(&t.thumb[0].data, &tw, &th) : NULL;
	if (px != NULL && tw > 8 && th > 8)
		(void)snprintf(got, sizeof got, "%c%c%c%c%c", colour(px, tw, 2, 2), colour(px, tw, tw - 3, 2),
			       colour(px, tw, 2, th - 3), colour(px, tw, tw - 3, th - 3),
			       colour(px, tw, tw / 2 - 4, th / 2 - 4));
	if (!ok(strcmp(got, want) == 0 && tw == w && th == h && t.warning.code == ERR_NONE, "%s", name))
		(void)printf("# got %s %ux%u %s%s, want %s %ux%u\n", got, tw, th, err.text, t.warning.text, want, w, h);
	mem_free(px);
	image_thumbs_clear(&t);
	buf_clear(&b);
}

static void
bitmaps(void)
{
	static const uint32_t depth[] = {4, 8, 16, 24, 32};
	for (size_t i = 0; i < sizeof depth / sizeof depth[0]; i++) {
		char name[64];
		(void)snprintf(name, sizeof name, "BMP of %u bits", depth[i]);
		looks(name, make_bmp(121, 60, depth[i], 0), 60, 29, "rgbwr");
		(void)snprintf(name, sizeof name, "BMP of %u bits, top row first", depth[i]);
		looks(name, make_bmp(121, 60, depth[i], BMP_DOWN), 60, 29, "rgbwr");
	}
	looks("BMP of 1 bit", make_bmp(121, 60, 1, 0), 60, 29, "bbbwb");
	looks("BMP of 8 bits with the oldest header", make_bmp(121, 60, 8, BMP_CORE), 60, 29, "rgbwr");
	looks("BMP of 24 bits with the oldest header", make_bmp(121, 60, 24, BMP_CORE), 60, 29, "rgbwr");
	looks("BMP of 5-6-5 bits", make_bmp(121, 60, 16, BMP_FIELDS), 60, 29, "rgbwr");
	looks("BMP of 32 bits with alpha", make_bmp(121, 60, 32, BMP_FIELDS | BMP_HOLE), 60, 29, "rgbw-");
	looks("BMP of 32 bits whose fourth byte means nothing", make_bmp(121, 60, 32, BMP_HOLE), 60, 29, "rgbw?");
	looks("run lengths of 8 bits", make_bmp(121, 60, 8, BMP_RLE), 60, 29, "rgbwr");
	looks("run lengths of 4 bits", make_bmp(121, 60, 4, BMP_RLE), 60, 29, "rgbwr");
}

static void
icons(void)
{
	static const struct icon_entry all[] = {{16, 4, 0}, {48, 32, BMP_HOLE}, {32, 8, 0}, {48, 8, 0}};
	static const struct icon_entry png[] = {{16, 32, 0}, {64, 0, 0}, {48, 24, 0}};
	static const uint32_t depth[] = {4, 8, 16, 24};
	for (size_t i = 0; i < sizeof depth / sizeof depth[0]; i++) {
		char name[64];
		struct icon_entry e = {48, depth[i], 0};
		(void)snprintf(name, sizeof name, "icon of %u bits with its mask", depth[i]);
		looks(name, make_ico(&e, 1), 48, 48, "rgbw-");
	}
	looks("icon of 1 bit with its mask", make_ico(&(struct icon_entry){48, 1, 0}, 1), 48, 48, "bbbw-");
	looks("icon of 32 bits: alpha, not the mask", make_ico(&(struct icon_entry){48, 32, 0}, 1), 48, 48, "rgbwr");
	looks("of several the largest, then the deepest", make_ico(all, 4), 48, 48, "rgbw-");
	looks("a PNG in an icon", make_ico(png, 3), 60, 60, "rgbw-");
	struct buf cur = make_ico(png, 3);
	cur.p[2] = 2;
	looks("a cursor", cur, 60, 60, "rgbw-");
	struct buf clear = make_ico(&(struct icon_entry){32, 32, BMP_HOLE}, 1);
	for (size_t at = 6 + 16 + 40 + 3; at < 6 + 16 + 40 + 32 * 32 * 4; at += 4)
		clear.p[at] = 0;
	looks("32 bits without any alpha: the mask", clear, 32, 32, "rgbw-");
}

/* An error, or a picture with a warning; code is what is allowed. */
static void
judged(const char *name, struct buf b, enum err_code code, bool warning)
{
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	int rc = make(&b, &t, &err);
	ok(rc < 0 ? err.code == code : code == ERR_NONE && (t.warning.code != ERR_NONE) == warning, "%s: %s%s", name,
	   err.text, t.warning.text);
	image_thumbs_clear(&t);
	buf_clear(&b);
}

static struct buf
patched(struct buf b, size_t at, const char *bytes, size_t n)
{
	(void)memcpy(b.p + at, bytes, n);
	return b;
}

static struct buf
cut(struct buf b, size_t len)
{
	b.len = len;
	return b;
}

static void
lies(void)
{
	static const struct icon_entry two[] = {{16, 24, 0}, {32, 24, 0}};
	judged("a BMP that is cut", cut(make_bmp(40, 40, 24, 0), 3000), ERR_NONE, true);
	judged("a BMP of nothing but a header", cut(make_bmp(40, 40, 24, 0), 54), ERR_INPUT, false);
	judged("a palette that is cut", cut(make_bmp(40, 40, 8, 0), 100), ERR_INPUT, false);
	judged("runs that are cut", cut(make_bmp(40, 40, 8, BMP_RLE), 1100), ERR_NONE, true);
	judged("a BMP that claims to be huge", patched(make_bmp(40, 40, 24, 0), 18, "\xFF\xFF\xFF\x7F", 4), ERR_LIMIT,
	       false);
	judged("a height of -2147483648", patched(make_bmp(40, 40, 24, 0), 22, "\0\0\0\x80", 4), ERR_INPUT, false);
	judged("no pixel at all", patched(make_bmp(40, 40, 24, 0), 18, "\0\0\0\0", 4), ERR_INPUT, false);
	judged("rows that begin behind the end", patched(make_bmp(40, 40, 24, 0), 10, "\xFF\xFF\xFF\x7F", 4), ERR_INPUT,
	       false);
	judged("rows that begin in the header", patched(make_bmp(40, 40, 24, 0), 10, "\x10\0\0\0", 4), ERR_NONE, false);
	judged("a million colours", patched(make_bmp(40, 40, 8, 0), 46, "\0\0\x10\0", 4), ERR_NONE, false);
	judged("17 bits", patched(make_bmp(40, 40, 24, 0), 28, "\x11\0", 2), ERR_UNSUPPORTED, false);
	judged("a JPEG in a BMP", patched(make_bmp(40, 40, 24, 0), 30, "\x04\0\0\0", 4), ERR_UNSUPPORTED, false);
	judged("an icon that is cut", cut(make_ico(two, 2), 6 + 32 + 40 + 16 * 48 + 64 + 40 + 500), ERR_NONE, true);
	judged("entries behind the end", cut(make_ico(two, 2), 38), ERR_INPUT, false);
	judged("one entry behind the end", patched(make_ico(two, 2), 6 + 16 + 12, "\xFF\xFF\xFF\x7F", 4), ERR_NONE,
	       false);
	judged("an entry that is the directory itself", patched(make_ico(two, 1), 6 + 12, "\0\0\0\0", 4), ERR_INPUT,
	       false);
	judged("entries that lie over each other", patched(make_ico(two, 2), 6 + 16 + 12, "\x26\0\0\0", 4), ERR_NONE,
	       false);
	judged("a length that lies", patched(make_ico(two, 1), 6 + 8, "\xFF\xFF\xFF\xFF", 4), ERR_NONE, false);
	judged("more entries than there are", patched(make_ico(two, 2), 4, "\xFF\xFF", 2), ERR_NONE, false);
	judged("a bitmap in an icon that claims to be large", patched(make_ico(two, 1), 6 + 16 + 4, "\0\xFF\0\0", 4),
	       ERR_INPUT, false);
}

int
main(void)
{
	bitmaps();
	icons();
	lies();
	return done();
}
