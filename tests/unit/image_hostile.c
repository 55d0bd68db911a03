/* Does any file bring the decoders down?  Cut at every place, bits turned over, lies, and the corpora where they are. */
#include "image/image.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "image_make_bmp.h"
#include "image_make_film.h"
#include "tap.h"

enum {
	CPU_MS = 2000, /* of one file */
	CUTS = 100,    /* places at which a file is cut */
	FLIPS = 600,   /* damaged copies of each format; as many as MX_FLIPS says */
	SAMPLE = 7,    /* one file of so many of the corpora; all of them with MX_THOROUGH */
	RSS_MIB = 260  /* the memory limit, the codecs' own needs and what a sanitizer adds not counted */
};

static uint32_t seed = 4711;

static uint32_t
next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static long
cpu_ms(void)
{
	struct rusage r;
	(void)getrusage(RUSAGE_SELF, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000 + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1000;
}

/* True when it came to an end as it should: a picture with its parts, or an error with a text, in time. */
static bool
survives(int fd)
{
	struct image_thumbs t;
	struct err err = {0};
	long start = cpu_ms();
	int rc = image_thumbs_make(fd, image_set, IMAGE_SET_LEN, IMAGE_UNKNOWN, &image_limits_default, &t, &err);
	bool good = rc == 0 ? t.n > 0 && t.thumb[0].data.len > 0 : err.code != ERR_NONE && err.text[0] != '\0';
	if (err.code == ERR_BUG) {
		(void)printf("# %s\n", err.text);
		good = false;
	}
	if (rc == 0)
		image_thumbs_clear(&t);
	return good && cpu_ms() - start <= CPU_MS;
}

/* The same as an animation. */
static bool
survives_moving(int fd)
{
	static const struct image_size size = {40, 40, IMAGE_CROP};
	struct image_thumb t;
	struct err err = {0};
	long start = cpu_ms();
	int rc = image_anim_make(fd, &size, &image_limits_default, NULL, NULL, &t, &err);
	bool good = rc == 0 ? t.data.len > 0 : err.code != ERR_NONE && err.code != ERR_BUG && err.text[0] != '\0';
	if (rc == 0)
		buf_clear(&t.data);
	return good && cpu_ms() - start <= CPU_MS;
}

static bool
survives_bytes(const void *p, size_t n)
{
	int fd = make_fd(p, n);
	bool good = survives(fd) && survives_moving(fd);
	(void)close(fd);
	return good;
}

static void
damaged(const char *name, struct buf b)
{
	bool good = true;
	for (size_t i = 0; i <= CUTS; i++)
		good = good && survives_bytes(b.p, b.len * i / CUTS);
	ok(good, "%s: cut at every hundredth", name);
	char *copy = mem_alloc(b.len);
	good = true;
	const char *wish = getenv("MX_FLIPS");
	long flips = wish != NULL ? strtol(wish, NULL, 10) : FLIPS;
	for (long i = 0; i < flips; i++) {
		(void)memcpy(copy, b.p, b.len);
		for (uint32_t k = 1 + next() % 8; k > 0; k--)
			copy[(i & 1) != 0 ? next() % b.len : next() % (b.len < 700 ? b.len : 700)] ^=
			    (char)(1u << next() % 8);
		good = good && survives_bytes(copy, b.len);
	}
	ok(good, "%s: %ld copies with bits turned over", name, flips);
	mem_free(copy);
	buf_clear(&b);
}

/* ---- lies ---------------------------------------------------------------------------------------------- */

/* A PNG whose chunk pCAL claims two GB: libpng would believe it. */
static void
lying_chunk(void)
{
	struct buf b = make_png(20, 20, 0);
	struct buf lie;
	static const uint8_t chunk[12] = {0x73, 0, 0, 0, 'p', 'C', 'A', 'L', 'x', 0, 0, 0};
	buf_init(&lie, 1 << 20);
	(void)buf_add(&lie, b.p, 33);
	(void)buf_add(&lie, chunk, sizeof chunk);
	(void)buf_add(&lie, b.p + 33, b.len - 33);
	ok(survives_bytes(lie.p, lie.len), "a PNG chunk that claims two GB");
	buf_clear(&lie);
	buf_clear(&b);
}

/* The last scan of a progressive file a thousand times over. */
static void
many_scans(void)
{
	struct buf b = make_jpeg(800, 800, MAKE_PROGRESSIVE, 0), many;
	size_t last = 0;
	struct image_thumbs t;
	struct err err = {0};
	for (size_t i = 0; i + 1 < b.len; i++)
		if ((uint8_t)b.p[i] == 0xFF && (uint8_t)b.p[i + 1] == 0xDA)
			last = i;
	buf_init(&many, 64 << 20);
	(void)buf_add(&many, b.p, last);
	for (int i = 0; i < 1000; i++)
		(void)buf_add(&many, b.p + last, b.len - 2 - last);
	int fd = make_fd(many.p, many.len);
	long start = cpu_ms();
	int rc = image_thumbs_make(fd, image_set, IMAGE_SET_LEN, IMAGE_UNKNOWN, &image_limits_default, &t, &err);
	ok(rc < 0 && err.code == ERR_LIMIT && cpu_ms() - start < 500, "a thousand scans: %s", err.text);
	(void)close(fd);
	buf_clear(&many);
	buf_clear(&b);
}

/* The size in the header changed to the largest there is. */
static void
huge(const char *name, struct buf b, size_t at, const char *bytes, size_t n)
{
	struct image_thumbs t;
	struct err err = {0};
	(void)memcpy(b.p + at, bytes, n);
	int fd = make_fd(b.p, b.len);
	int rc = image_thumbs_make(fd, image_set, IMAGE_SET_LEN, IMAGE_UNKNOWN, &image_limits_default, &t, &err);
	ok(rc < 0, "%s that claims to be huge: %s", name, err.text);
	(void)close(fd);
	buf_clear(&b);
}

static void
lies(void)
{
	struct buf jpeg = make_jpeg(40, 20, 0, 0);
	size_t sof = 0;
	for (size_t i = 0; i + 1 < jpeg.len && sof == 0; i++)
		if ((uint8_t)jpeg.p[i] == 0xFF && (uint8_t)jpeg.p[i + 1] == 0xC0)
			sof = i;
	huge("a JPEG", jpeg, sof + 5, "\xFF\xDC\xFF\xDC", 4);
	huge("a PNG", make_png(40, 20, 0), 16, "\0\0\xFF\xDC\0\0\xFF\xDC", 8);
	huge("a WebP", make_webp(40, 20, 0), 26, "\xFF\x3F\xFF\x3F", 4);
	huge("a BMP", make_bmp(40, 20, 24, 0), 18, "\xDC\xFF\0\0\xDC\xFF\0\0", 8);
	huge("a GIF", make_gif(40, 20, 0, 1), 6, "\xFF\xFF\xFF\xFF", 4);
	huge("a GIF frame", make_gif(40, 20, 0, 1), 13 + 768 + 8 + 5, "\xFF\xFF\xFF\xFF", 4);
	lying_chunk();
	many_scans();
}

/* ---- corpora ------------------------------------------------------------------------------------------------- */

struct walk {
	size_t seen, tried, bad, every;
};

static void
visit(const char *path, struct walk *w)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return;
	if (S_ISREG(st.st_mode)) {
		int fd = w->seen++ % w->every == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd < 0)
			return;
		w->tried++;
		if (!survives(fd) || !survives_moving(fd)) {
			w->bad++;
			(void)printf("# %s\n", path);
		}
		(void)close(fd);
		return;
	}
	DIR *d = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		char *sub = mem_printf("%s/%s", path, e->d_name);
		visit(sub, w);
		mem_free(sub);
	}
	if (d != NULL)
		(void)closedir(d);
}

static void
corpora(const char *shared)
{
	static const char *const name[] = {"png", "jpeg", "gif", "webp", "bombs"};
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		struct walk w = {.every = getenv("MX_THOROUGH") != NULL ? 1 : SAMPLE};
		char *path = mem_printf("%s/corpora/%s", shared, name[i]);
		visit(path, &w);
		if (w.tried == 0)
			ok(1, "corpus %s is not here", name[i]);
		else
			ok(w.bad == 0, "corpus %s: %zu files of %zu", name[i], w.tried, w.seen);
		mem_free(path);
	}
}

int
main(void)
{
	const char *shared = getenv("MX_SHARED");
	damaged("JPEG", make_jpeg(90, 70, 0, 6));
	damaged("progressive JPEG", make_jpeg(90, 70, MAKE_PROGRESSIVE, 0));
	damaged("grey JPEG", make_jpeg(90, 70, MAKE_GRAY, 0));
	damaged("CMYK JPEG", make_jpeg(90, 70, MAKE_CMYK, 0));
	damaged("PNG", make_png(90, 70, MAKE_ALPHA));
	damaged("interlaced 16 bit PNG", make_png(90, 70, MAKE_16 | MAKE_INTERLACED));
	damaged("palette PNG", make_png(90, 70, MAKE_PALETTE | MAKE_ALPHA));
	damaged("WebP", make_webp(90, 70, 0));
	damaged("WebP with alpha", make_webp(90, 70, MAKE_ALPHA));
	damaged("lossless WebP", make_webp(90, 70, MAKE_ALPHA | MAKE_LOSSLESS));
	damaged("GIF", make_gif(90, 70, MAKE_ALPHA, 2));
	damaged("interlaced GIF", make_gif(90, 70, MAKE_INTERLACED, 1));
	damaged("animated GIF", gif_of(film, 4, 2));
	damaged("animated PNG", png_of(film, 4, 2, true));
	damaged("animated WebP", webp_of(2));
	damaged("BMP", make_bmp(90, 70, 16, BMP_FIELDS));
	damaged("BMP with run lengths", make_bmp(90, 70, 8, BMP_RLE));
	damaged("BMP with a palette", make_bmp(90, 70, 4, BMP_DOWN));
	damaged("ICO", make_ico((const struct icon_entry[]){{16, 8, 0}, {48, 32, BMP_HOLE}}, 2));
	damaged("ICO with a PNG", make_ico((const struct icon_entry[]){{16, 8, 0}, {64, 0, 0}}, 2));
	lies();
	corpora(shared != NULL ? shared : "../shared");
	struct rusage r;
	(void)getrusage(RUSAGE_SELF, &r);
#if !defined(__SANITIZE_ADDRESS__)
	ok(r.ru_maxrss < (long)RSS_MIB * 1024, "all of it took %ld MiB", r.ru_maxrss / 1024);
#endif
	return done();
}
