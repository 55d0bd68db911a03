/* What do small files cost that claim, or unpack to, very much?  Each ends within its time and memory, with a word. */
#include "image/image.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <zlib.h>

#include "image_make_bmp.h"
#include "image_make_film.h"
#include "tap.h"

#if defined(__SANITIZE_ADDRESS__)
enum { SLOWER = 5 }; /* what the sanitizers cost, at most */
#else
enum { SLOWER = 1 };
#endif

enum {
	CPU_MS = 2000 * SLOWER, /* of one file */
	RSS_MIB = 260,		/* the memory limit, the codecs' own needs and what a test needs to build its bombs */
	BOMB_MAX = 64 << 20	/* bytes of a file of the corpora, unpacked */
};

static long
cpu_ms(void)
{
	struct rusage r;
	(void)getrusage(RUSAGE_SELF, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000 + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1000;
}

static const char *keep; /* a directory: bombs are left there for the benchmark, and not tried */

static void
lay_down(const char *name, const struct buf *b)
{
	struct err err;
	char *path = mem_printf("%s/%s", keep, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ok(fd >= 0 && io_write(fd, b->p, b->len, &err) == 0, "%s", path);
	io_close(&fd);
	mem_free(path);
}

/* Both ways through it: still and animated. */
static void
bomb(const char *name, struct buf b)
{
	if (keep != NULL) {
		lay_down(name, &b);
		buf_clear(&b);
		return;
	}
	static const struct image_size size = {320, 240, IMAGE_SCALE};
	struct image_thumbs t = {.n = 0};
	struct image_thumb moving = {.width = 0};
	struct err err = {0}, anim = {0};
	int fd = make_fd(b.p, b.len);
	long start = cpu_ms();
	int rc = image_thumbs_make(fd, image_set, IMAGE_SET_LEN, IMAGE_UNKNOWN, &image_limits_default, &t, &err);
	long still = cpu_ms() - start;
	int rc2 = image_anim_make(fd, &size, &image_limits_default, NULL, NULL, &moving, &anim);
	long all = cpu_ms() - start;
	bool told = rc == 0 ? t.n > 0 : err.code != ERR_NONE && err.code != ERR_BUG && err.text[0] != '\0';
	told = told && (rc2 == 0 || (anim.code != ERR_NONE && anim.code != ERR_BUG && anim.text[0] != '\0'));
	ok(told && still <= CPU_MS && all - still <= 3 * CPU_MS, "%s: %zu bytes, %ld ms, animated %ld ms: %s%s; %s",
	   name, b.len, still, all - still, rc == 0 ? "a picture " : err.text, rc == 0 ? t.warning.text : "",
	   rc2 == 0 ? "it moves" : anim.text);
	if (rc == 0)
		image_thumbs_clear(&t);
	if (rc2 == 0)
		buf_clear(&moving.data);
	(void)close(fd);
	buf_clear(&b);
}

static struct buf
patched(struct buf b, size_t at, const char *bytes, size_t n)
{
	(void)memcpy(b.p + at, bytes, n);
	return b;
}

/* ---- PNG -------------------------------------------------------------------------------------------------- */

/* head, then n zeros, packed; yours.  In pieces a packer would not need all of them: libdeflate does. */
static char *
packed(const char *head, size_t head_len, size_t n, size_t *len)
{
	char *zeros = mem_alloc(head_len + n);
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(3);
	size_t room = 64 + head_len + n / 100;
	char *out = mem_alloc(room);
	(void)memcpy(out, head, head_len);
	*len = head_len + libdeflate_zlib_compress(z, zeros, n, out + head_len, room - head_len);
	libdeflate_free_compressor(z);
	mem_free(zeros);
	return out;
}

static struct buf
png_bomb(uint32_t w, uint32_t h, int depth, int type, int lace, const char *extra, size_t zeros)
{
	struct buf b;
	uint8_t ihdr[13] = {0};
	size_t n;
	be32(ihdr, w);
	be32(ihdr + 4, h);
	ihdr[8] = (uint8_t)depth;
	ihdr[9] = (uint8_t)type;
	ihdr[12] = (uint8_t)lace;
	buf_init(&b, SIZE_MAX / 2);
	(void)buf_add(&b, "\x89PNG\r\n\x1A\n", 8);
	chunk(&b, "IHDR", ihdr, 13);
	if (extra != NULL) { /* a chunk that unpacks to as much, before a small picture */
		char *bytes = packed("name\0\0", 6, zeros, &n);
		chunk(&b, extra, bytes, n);
		mem_free(bytes);
		zeros = (size_t)h * (w * 4 + 1);
	}
	char *data = packed("", 0, zeros, &n);
	chunk(&b, "IDAT", data, n);
	chunk(&b, "IEND", "", 0);
	mem_free(data);
	return b;
}

static void
pngs(void)
{
	size_t most = (size_t)5700 * (5700 * 8 + 1);
	bomb("PNG of 65500 x 65500", png_bomb(65500, 65500, 8, 2, 0, NULL, 1000));
	bomb("PNG, the largest there is", png_bomb(5700, 5700, 16, 6, 0, NULL, most));
	bomb("PNG, interlaced, the largest there is", png_bomb(5700, 5700, 16, 6, 1, NULL, most));
	bomb("PNG of ten rows with 128 MB of data", png_bomb(10, 10, 8, 6, 0, NULL, 128 << 20));
	bomb("PNG with 128 MB of text", png_bomb(10, 10, 8, 6, 0, "zTXt", 128 << 20));
	bomb("PNG with a profile of 128 MB", png_bomb(10, 10, 8, 6, 0, "iCCP", 128 << 20));
	bomb("PNG of one row of 33 million", png_bomb(33000000, 1, 1, 0, 0, NULL, 5000000));
	bomb("PNG of a million rows", png_bomb(33, 1000000, 8, 6, 0, NULL, (size_t)1000000 * 133));
}

/* ---- animations ---------------------------------------------------------------------------------------------- */

/* The frame of an animation of two, again and again. */
static struct buf
webp_frames(int n)
{
	struct buf still = make_webp(64, 64, MAKE_LOSSLESS), out;
	WebPData data, file = {(const uint8_t *)still.p, still.len};
	WebPMux *mux = WebPMuxNew();
	WebPMuxAnimParams params = {.loop_count = 0};
	WebPMuxFrameInfo frame = {.bitstream = file, .duration = 10, .id = WEBP_CHUNK_ANMF};
	for (int i = 0; i < n; i++)
		(void)WebPMuxPushFrame(mux, &frame, 0);
	(void)WebPMuxSetAnimationParams(mux, &params);
	(void)WebPMuxAssemble(mux, &data);
	buf_init(&out, SIZE_MAX / 2);
	(void)buf_add(&out, data.bytes, data.size);
	WebPDataClear(&data);
	WebPMuxDelete(mux);
	buf_clear(&still);
	return out;
}

/* A canvas as large as may be, and so many frames of one pixel. */
static struct buf
gif_frames(uint32_t side, int n)
{
	static const uint8_t frame[] = {0x21, 0xF9, 4, 8, 1, 0, 0, 0, 0x2C, 0, 0, 0,
					0,    1,    0, 1, 0, 0, 2, 2, 0x44, 1, 0};
	uint8_t head[19] = {'G', 'I', 'F', '8', '9', 'a', 0, 0, 0, 0, 0xF0, 0, 0, 255, 0, 0, 0, 0, 255};
	struct buf b;
	head[6] = head[8] = (uint8_t)side;
	head[7] = head[9] = (uint8_t)(side >> 8);
	buf_init(&b, SIZE_MAX / 2);
	(void)buf_add(&b, head, sizeof head);
	for (int i = 0; i < n; i++)
		(void)buf_add(&b, frame, sizeof frame);
	(void)buf_addc(&b, 0x3B);
	return b;
}

static void
animations(void)
{
	bomb("GIF of 10000 frames", gif_frames(64, 10000));
	bomb("GIF of 1000 frames of 5700 x 5700", gif_frames(5700, 1000));
	bomb("GIF of 5792 x 5792", gif_frames(5792, 1));
	bomb("WebP of 10000 frames", webp_frames(10000));
	bomb("WebP of 1000 frames", webp_frames(1000));
}

/* ---- the others ------------------------------------------------------------------------------------------------ */

/* All scans that are allowed, over as large a picture as may be. */
static struct buf
jpeg_scans(uint32_t side, int scans)
{
	struct buf b = make_jpeg(side, side, MAKE_PROGRESSIVE, 0), out;
	size_t last = 0;
	for (size_t i = 0; i + 1 < b.len; i++)
		if ((uint8_t)b.p[i] == 0xFF && (uint8_t)b.p[i + 1] == 0xDA)
			last = i;
	buf_init(&out, SIZE_MAX / 2);
	(void)buf_add(&out, b.p, last);
	for (int i = 0; i < scans; i++) /* scans that hold nothing: runs to the ends of their bands */
		(void)buf_add(&out, b.p + last, b.len - last < 400 ? b.len - last : 400);
	(void)buf_add(&out, "\xFF\xD9", 2);
	buf_clear(&b);
	return out;
}

static void
others(void)
{
	struct buf jpeg = make_jpeg(40, 20, MAKE_PROGRESSIVE, 0);
	size_t sof = 0;
	for (size_t i = 0; i + 1 < jpeg.len && sof == 0; i++)
		if ((uint8_t)jpeg.p[i] == 0xFF && (uint8_t)jpeg.p[i + 1] == 0xC2)
			sof = i;
	bomb("progressive JPEG of 65500 x 65500", patched(jpeg, sof + 5, "\xFF\xDC\xFF\xDC", 4));
	bomb("progressive JPEG of 5000 x 5000 with 80 more scans", jpeg_scans(5000, 80));
	bomb("progressive JPEG with 5000 more scans", jpeg_scans(800, 5000));
	bomb("WebP of 16383 x 16383", patched(make_webp(40, 20, 0), 26, "\xFF\x3F\xFF\x3F", 4));
	bomb("BMP of 65500 x 65500", patched(make_bmp(40, 20, 1, 0), 18, "\xDC\xFF\0\0\xDC\xFF\0\0", 8));
	bomb("BMP with run lengths of 5700 x 5700",
	     patched(make_bmp(40, 20, 8, BMP_RLE), 18, "\x44\x16\0\0\x44\x16\0\0", 8));
}

/* ---- corpora ------------------------------------------------------------------------------------------------------ */

static bool
unpack(const char *path, struct buf *out)
{
	char piece[65536];
	gzFile f = gzopen(path, "rb");
	int n = 0;
	buf_init(out, BOMB_MAX);
	while (f != NULL && (n = gzread(f, piece, sizeof piece)) > 0)
		if (buf_add(out, piece, (size_t)n) < 0)
			break;
	return f != NULL && gzclose(f) == Z_OK && n == 0;
}

static void
corpus(const char *shared)
{
	static const char *const kinds[] = {"png-", "jpeg-", "gif-", "webp-"};
	char *dir = mem_printf("%s/corpora/bombs", shared);
	DIR *d = opendir(dir);
	if (d == NULL)
		ok(1, "the corpus of bombs is not here");
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		for (size_t i = 0; i < 4; i++) {
			struct buf b;
			size_t len = strlen(e->d_name);
			if (strncmp(e->d_name, kinds[i], strlen(kinds[i])) != 0)
				continue;
			char *path = mem_printf("%s/%s", dir, e->d_name);
			bool gz = len > 3 && strcmp(e->d_name + len - 3, ".gz") == 0;
			struct err err;
			if (!gz)
				buf_init(&b, BOMB_MAX);
			if (gz ? unpack(path, &b) : io_read_file(path, BOMB_MAX, &b, &err) == 0)
				bomb(e->d_name, b);
			else
				ok(false, "%s", e->d_name);
			mem_free(path);
		}
	if (d != NULL)
		(void)closedir(d);
	mem_free(dir);
}

int
main(int argc, char **argv)
{
	const char *shared = getenv("MX_SHARED");
	struct rusage r;
	keep = argc > 1 ? argv[1] : NULL;
	others();
	animations();
	if (keep == NULL)
		corpus(shared != NULL ? shared : "../shared");
	(void)getrusage(RUSAGE_SELF, &r);
#if !defined(__SANITIZE_ADDRESS__)
	ok(keep != NULL || r.ru_maxrss < (long)RSS_MIB * 1024, "all of it took %ld MiB", r.ru_maxrss / 1024);
#endif
	pngs();
	return done();
}
