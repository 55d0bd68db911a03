/* Do thumbnails show what the picture shows: upright, in its colours, transparent where it is? */
#include "image/image.h"

#include "image_make.h"
#include "tap.h"

static const struct image_size small = {60, 60, IMAGE_SCALE};

/* The thumbnail of b as RGBA; yours.  NULL: none (then err says why). */
static uint8_t *
thumb(struct buf *b, const struct image_size *size, uint32_t *w, uint32_t *h, struct image_thumbs *t, struct err *err)
{
	int fd = make_fd(b->p, b->len);
	uint8_t *px = NULL;
	*w = *h = 0;
	if (image_thumbs_make(fd, size, 1, IMAGE_PNG, &image_limits_default, t, err) == 0)
		px = open_png(&t->thumb[0].data, w, h);
	(void)close(fd);
	return px;
}

static bool
near(const uint8_t *p, int r, int g, int b)
{
	return abs(p[0] - r) < 25 && abs(p[1] - g) < 25 && abs(p[2] - b) < 25 && p[3] == 255;
}

/* Which corner of the scene lies at x, y?  0 red, 1 green, 2 blue, 3 white, -1 none of them. */
static int
corner(const uint8_t *px, uint32_t w, uint32_t x, uint32_t y)
{
	const uint8_t *p = px + ((size_t)y * w + x) * 4;
	return near(p, 225, 25, 25)	? 0
	       : near(p, 25, 205, 25)	? 1
	       : near(p, 25, 25, 225)	? 2
	       : near(p, 240, 240, 240) ? 3
					: -1;
}

/* Four digits: left top, right top, left bottom, right bottom. */
static void
shows(const char *name, struct buf b, uint32_t tw, uint32_t th, const char *want)
{
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	uint32_t w, h;
	char got[8] = "none";
	uint8_t *px = thumb(&b, &small, &w, &h, &t, &err);
	if (px != NULL && w > 4 && h > 4)
		(void)snprintf(got, sizeof got, "%u%u%u%u", (unsigned)corner(px, w, 2, 2) & 7u,
			       (unsigned)corner(px, w, w - 3, 2) & 7u, (unsigned)corner(px, w, 2, h - 3) & 7u,
			       (unsigned)corner(px, w, w - 3, h - 3) & 7u);
	if (!ok(strcmp(got, want) == 0 && w == tw && h == th && t.warning.code == ERR_NONE, "%s", name))
		(void)printf("# got %s %ux%u %s%s, want %s %ux%u\n", got, w, h, err.text, t.warning.text, want, tw, th);
	mem_free(px);
	image_thumbs_clear(&t);
	buf_clear(&b);
}

static struct buf
joined(struct buf a, struct buf b)
{
	(void)buf_add(&a, b.p, b.len);
	buf_clear(&b);
	return a;
}

static void
formats(void)
{
	shows("JPEG", make_jpeg(240, 120, 0, 0), 60, 30, "0123");
	shows("JPEG with an odd size", make_jpeg(241, 121, 0, 0), 60, 30, "0123");
	shows("JPEG 4:4:4", make_jpeg(240, 120, MAKE_444, 0), 60, 30, "0123");
	shows("JPEG with restarts", make_jpeg(240, 120, MAKE_RESTARTS, 0), 60, 30, "0123");
	shows("progressive JPEG", make_jpeg(240, 120, MAKE_PROGRESSIVE, 0), 60, 30, "0123");
	shows("progressive JPEG, scans dropped", make_jpeg(1200, 600, MAKE_PROGRESSIVE, 0), 60, 30, "0123");
	shows("CMYK JPEG", make_jpeg(240, 120, MAKE_CMYK, 0), 60, 30, "0123");
	shows("CMYK JPEG that is not inverted", make_jpeg(240, 120, MAKE_CMYK | MAKE_NO_ADOBE, 0), 60, 30, "0123");
	shows("YCCK JPEG", make_jpeg(240, 120, MAKE_CMYK | MAKE_YCCK, 0), 60, 30, "0123");
	shows("JPEG 4:4:0", make_jpeg(240, 120, MAKE_440, 0), 60, 30, "0123");
	shows("JPEG 4:4:0 with an odd size", make_jpeg(241, 121, MAKE_440, 0), 60, 30, "0123");
	shows("arithmetic JPEG", make_jpeg(240, 120, MAKE_ARITHMETIC, 0), 60, 30, "0123");
	shows("arithmetic progressive JPEG", make_jpeg(240, 120, MAKE_ARITHMETIC | MAKE_PROGRESSIVE, 0), 60, 30,
	      "0123");
	shows("several JPEGs in one file: the first", joined(make_jpeg(240, 120, 0, 0), make_jpeg(100, 100, 0, 0)), 60,
	      30, "0123");
	shows("large JPEG, reduced while decoding", make_jpeg(2000, 1000, 0, 0), 60, 30, "0123");
	shows("small JPEG, as it is", make_jpeg(40, 20, 0, 0), 40, 20, "0123");
	shows("PNG", make_png(240, 120, 0), 60, 30, "0123");
	shows("16 bit PNG", make_png(240, 120, MAKE_16), 60, 30, "0123");
	shows("interlaced PNG", make_png(240, 120, MAKE_INTERLACED), 60, 30, "0123");
	shows("palette PNG", make_png(240, 120, MAKE_PALETTE), 60, 30, "0123");
	shows("WebP", make_webp(240, 120, 0), 60, 30, "0123");
	shows("WebP with an odd size", make_webp(239, 119, 0), 60, 29, "0123");
	shows("WebP, reduced while decoding", make_webp(1000, 500, 0), 60, 30, "0123");
	shows("lossless WebP", make_webp(240, 120, MAKE_LOSSLESS), 60, 30, "0123");
	shows("GIF", make_gif(240, 120, 0, 1), 60, 30, "0123");
	shows("interlaced GIF", make_gif(240, 120, MAKE_INTERLACED, 1), 60, 30, "0123");
	shows("animated GIF: its first frame", make_gif(240, 120, 0, 3), 60, 30, "0123");
}

/* What the corners of the scene become, by EXIF orientation. */
static void
orientations(void)
{
	static const char *const want[9] = {"", "0123", "1032", "3210", "2301", "0213", "2031", "3120", "1302"};
	for (int o = 1; o <= 8; o++) {
		char name[32];
		(void)snprintf(name, sizeof name, "orientation %d", o);
		shows(name, make_jpeg(241, 121, 0, o), o >= 5 ? 30 : 60, o >= 5 ? 60 : 30, want[o]);
	}
}

static void
transparent(const char *name, struct buf b, bool exact)
{
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	uint32_t w, h;
	int fd = make_fd(b.p, b.len);
	bool good = image_thumbs_make(fd, &small, 1, IMAGE_UNKNOWN, &image_limits_default, &t, &err) == 0 &&
		    t.thumb[0].format == IMAGE_PNG && t.source.alpha;
	uint8_t *px = good ? open_png(&t.thumb[0].data, &w, &h) : NULL;
	good = px != NULL && px[((size_t)(h / 2) * w + w / 2) * 4 + 3] == 0 && px[3] == 255 && corner(px, w, 2, 2) == 0;
	/* nothing black shines through at the edge of the hole: colours were weighed by their alpha */
	for (uint32_t i = 0; px != NULL && exact && i < w * h; i++) {
		const uint8_t *p = px + (size_t)i * 4;
		good = good && (p[3] < 32 || p[0] > 180 || p[1] > 150 || p[2] > 180);
	}
	ok(good, "%s keeps its hole%s", name, err.text);
	mem_free(px);
	image_thumbs_clear(&t);
	(void)close(fd);
	buf_clear(&b);
}

static void
becomes(const char *name, struct buf b, enum image_format as, enum image_format want)
{
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	int fd = make_fd(b.p, b.len);
	bool good =
	    image_thumbs_make(fd, &small, 1, as, &image_limits_default, &t, &err) == 0 && t.thumb[0].format == want;
	struct image_info i;
	good = good && image_sniff(t.thumb[0].data.p, t.thumb[0].data.len, &i, &err) == 0 && i.format == want &&
	       i.width == t.thumb[0].width && i.height == t.thumb[0].height;
	ok(good, "%s becomes %s", name, image_format_type(want));
	image_thumbs_clear(&t);
	(void)close(fd);
	buf_clear(&b);
}

static void
the_set(void)
{
	struct image_thumbs t;
	struct err err = {0};
	struct buf b = make_jpeg(1000, 700, 0, 6);
	int fd = make_fd(b.p, b.len);
	char got[128] = "";
	if (image_thumbs_make(fd, image_set, IMAGE_SET_LEN, IMAGE_UNKNOWN, &image_limits_default, &t, &err) == 0)
		for (size_t i = 0; i < t.n; i++)
			(void)snprintf(got + strlen(got), sizeof got - strlen(got), "%ux%u%s ", t.thumb[i].width,
				       t.thumb[i].height, t.thumb[i].method == IMAGE_CROP ? "c" : "s");
	is_str(got, "32x32c 96x96c 168x240s 336x480s 420x600s ", "the five of a picture that lies on its side");
	ok(t.source.width == 700 && t.source.height == 1000 && t.source.orientation == 6,
	   "and its size as it is shown");
	image_thumbs_clear(&t);
	(void)close(fd);
	buf_clear(&b);
}

static void
refused(const char *name, struct buf b, const struct image_limits *limits, enum err_code code)
{
	struct image_thumbs t;
	struct err err = {0};
	int fd = make_fd(b.p, b.len);
	int rc = image_thumbs_make(fd, image_set, IMAGE_SET_LEN, IMAGE_UNKNOWN, limits, &t, &err);
	ok(rc < 0 && err.code == code && t.thumb == NULL, "%s: %s", name, err.text);
	(void)close(fd);
	buf_clear(&b);
}

static void
limits(void)
{
	struct image_limits px = image_limits_default, mem = px, scans = px;
	px.max_pixels = 240 * 120;
	mem.max_memory = 100000;
	scans.max_scans = 3;
	refused("a JPEG that reaches the pixel limit", make_jpeg(240, 120, 0, 0), &px, ERR_LIMIT);
	refused("a PNG", make_png(240, 120, 0), &px, ERR_LIMIT);
	refused("a WebP", make_webp(240, 120, 0), &px, ERR_LIMIT);
	refused("a GIF", make_gif(240, 120, 0, 1), &px, ERR_LIMIT);
	refused("a progressive JPEG beyond the memory limit", make_jpeg(240, 120, MAKE_PROGRESSIVE, 0), &mem,
		ERR_LIMIT);
	refused("an interlaced PNG", make_png(240, 120, MAKE_INTERLACED), &mem, ERR_LIMIT);
	refused("a lossless WebP", make_webp(240, 120, MAKE_LOSSLESS), &mem, ERR_LIMIT);
	refused("a JPEG of too many scans", make_jpeg(240, 120, MAKE_PROGRESSIVE, 0), &scans, ERR_LIMIT);
}

/* Everything up to the cut is shown, and a warning says that there was more. */
static void
cut(const char *name, struct buf b)
{
	struct image_thumbs t = {.n = 0};
	struct err err = {0};
	uint32_t w, h;
	b.len = b.len * 7 / 10;
	uint8_t *px = thumb(&b, &small, &w, &h, &t, &err);
	ok(px != NULL && t.warning.code == ERR_INPUT && corner(px, w, 2, 2) == 0 && corner(px, w, w - 3, 2) == 1,
	   "%s that was cut: %s%s", name, t.warning.text, err.text);
	mem_free(px);
	image_thumbs_clear(&t);
	buf_clear(&b);
}

int
main(void)
{
	formats();
	orientations();
	transparent("PNG", make_png(240, 120, MAKE_ALPHA), true);
	transparent("palette PNG", make_png(240, 120, MAKE_ALPHA | MAKE_PALETTE), true);
	transparent("lossless WebP", make_webp(240, 120, MAKE_ALPHA | MAKE_LOSSLESS), true);
	transparent("WebP", make_webp(240, 120, MAKE_ALPHA), false);
	transparent("GIF", make_gif(240, 120, MAKE_ALPHA, 1), true);
	becomes("JPEG", make_jpeg(240, 120, 0, 0), IMAGE_UNKNOWN, IMAGE_JPEG);
	becomes("grey JPEG", make_jpeg(240, 120, MAKE_GRAY, 0), IMAGE_UNKNOWN, IMAGE_JPEG);
	becomes("WebP", make_webp(240, 120, 0), IMAGE_UNKNOWN, IMAGE_JPEG);
	becomes("lossless WebP", make_webp(240, 120, MAKE_LOSSLESS), IMAGE_UNKNOWN, IMAGE_JPEG);
	becomes("PNG", make_png(240, 120, 0), IMAGE_UNKNOWN, IMAGE_PNG);
	becomes("grey PNG", make_png(240, 120, MAKE_GRAY), IMAGE_UNKNOWN, IMAGE_PNG);
	becomes("GIF", make_gif(240, 120, 0, 1), IMAGE_UNKNOWN, IMAGE_PNG);
	becomes("PNG on demand", make_png(240, 120, MAKE_ALPHA), IMAGE_JPEG, IMAGE_JPEG);
	becomes("grey PNG on demand", make_png(240, 120, MAKE_GRAY), IMAGE_JPEG, IMAGE_JPEG);
	becomes("JPEG on demand", make_jpeg(240, 120, 0, 0), IMAGE_PNG, IMAGE_PNG);
	the_set();
	limits();
	cut("JPEG", make_jpeg(240, 120, 0, 0));
	cut("PNG", make_png(240, 120, MAKE_16));
	cut("interlaced PNG", make_png(240, 120, MAKE_INTERLACED));
	cut("WebP", make_webp(240, 240, 0));
	cut("GIF", make_gif(240, 120, 0, 1));
	return done();
}
