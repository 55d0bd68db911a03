/* Do animations stay what they are: frame by frame, as long, as often? */
#include "image/image.h"

#include <webp/demux.h>

#include "image_make_film.h"
#include "tap.h"

static const struct image_size half = {20, 20, IMAGE_SCALE};

/* ---- what comes out ---------------------------------------------------------------------------------------- */

static int
make(const struct buf *b, bool (*enough)(void *), struct image_thumb *t, struct err *err)
{
	int fd = make_fd(b->p, b->len);
	int rc = image_anim_make(fd, &half, &image_limits_default, enough, NULL, t, err);
	(void)close(fd);
	return rc;
}

static char
colour_at(const uint8_t *px, uint32_t x, uint32_t y)
{
	static const char name[] = "?bg?r??w";
	const uint8_t *p = px + (y * 20 + x) * 4;
	return p[3] < 60 ? '-' : name[(p[0] > 125) * 4 + (p[1] > 125) * 2 + (p[2] > 125)];
}

/* "rrrr@50 rrrg@120 … x3": each frame, when it ends, how often all plays. */
static void
tell(const struct buf *b, char *out, size_t size)
{
	WebPData data = {(const uint8_t *)b->p, b->len};
	WebPAnimInfo info = {0};
	WebPAnimDecoder *d = WebPAnimDecoderNew(&data, NULL);
	uint8_t *px;
	int end;
	out[0] = '\0';
	if (d == NULL || !WebPAnimDecoderGetInfo(d, &info) || info.canvas_width != 20 || info.canvas_height != 20)
		return;
	while (WebPAnimDecoderHasMoreFrames(d) && WebPAnimDecoderGetNext(d, &px, &end)) {
		size_t n = strlen(out);
		(void)snprintf(out + n, size - n, "%c%c%c%c@%d ", colour_at(px, 5, 5), colour_at(px, 15, 5),
			       colour_at(px, 5, 15), colour_at(px, 15, 15), end);
	}
	size_t n = strlen(out);
	(void)snprintf(out + n, size - n, "x%u", info.loop_count);
	WebPAnimDecoderDelete(d);
}

static void
becomes(const char *name, struct buf b, const char *want)
{
	struct image_thumb t;
	struct err err = {0};
	char got[200] = "";
	int rc = make(&b, NULL, &t, &err);
	if (rc == 0)
		tell(&t.data, got, sizeof got);
	if (!ok(rc == 0 && strcmp(got, want) == 0 && t.width == 20 && t.height == 20 && t.format == IMAGE_WEBP, "%s",
		name))
		(void)printf("# got  %s %s\n# want %s\n", got, err.text, want);
	if (rc == 0)
		buf_clear(&t.data);
	buf_clear(&b);
}

static bool
at_once(void *arg)
{
	(void)arg;
	return true;
}

static void
refused(const char *name, struct buf b, bool (*enough)(void *), enum err_code code)
{
	struct image_thumb t;
	struct err err = {0};
	int rc = make(&b, enough, &t, &err);
	ok(rc < 0 && err.code == code && t.data.p == NULL, "%s: %s", name, err.text);
	buf_clear(&b);
}

static void
limits(void)
{
	struct piece *many = mem_array(IMAGE_ANIM_FRAMES + 1, sizeof *many);
	for (size_t i = 0; i <= IMAGE_ANIM_FRAMES; i++)
		many[i] = (struct piece){(uint32_t)i % 40, 0, 1, 1, "rgbw"[i % 4], 10, 1};
	struct buf most = gif_of(many, IMAGE_ANIM_FRAMES, 0), gif = gif_of(film, 4, 0);
	struct image_thumb t;
	struct err err = {0};
	ok(make(&most, NULL, &t, &err) == 0, "as many frames as may be: %s", err.text);
	buf_clear(&t.data);
	buf_clear(&most);
	refused("one more", gif_of(many, IMAGE_ANIM_FRAMES + 1, 0), NULL, ERR_LIMIT);
	refused("whoever has no time", gif_of(film, 4, 0), at_once, ERR_LIMIT);
	(void)memcpy(gif.p + 6, "\xFF\xFF\xFF\xFF", 4);
	refused("a canvas that claims to be huge", gif, NULL, ERR_LIMIT);
	refused("a GIF that does not move", gif_of(film, 1, 0), NULL, ERR_UNSUPPORTED);
	refused("a PNG", make_png(40, 40, 0), NULL, ERR_UNSUPPORTED);
	refused("a WebP", make_webp(40, 40, 0), NULL, ERR_UNSUPPORTED);
	refused("a JPEG", make_jpeg(40, 40, 0, 0), NULL, ERR_UNSUPPORTED);
	mem_free(many);
}

int
main(void)
{
	static const char want[] = "rrrr@50 rrrg@120 brrr@210 -wrr@320 ";
	char text[64];
	const struct {
		int gif, out;
	} loops[] = {{-1, 1}, {0, 0}, {2, 3}};
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(text, sizeof text, "%sx%d", want, loops[i].out);
		becomes("GIF", gif_of(film, 4, loops[i].gif), text);
	}
	(void)snprintf(text, sizeof text, "%sx5", want);
	becomes("PNG", png_of(film, 4, 5, false), text);
	becomes("PNG whose first picture is none of them", png_of(film, 4, 5, true), text);
	becomes("WebP", webp_of(5), text);
	limits();
	return done();
}
