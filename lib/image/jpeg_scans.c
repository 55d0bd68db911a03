/* How many scans has a JPEG file, and where do they lie?  Counted before any of them is decoded. */
#include "image/int.h"

#include <string.h>

enum { SOS = 0xDA, EOI = 0xD9 };

/* The next marker at or after the reader, past stuffing, fill bytes and restart markers: its code, or -1 at the end.
 * *at is the offset of its FF. */
static int
next_marker(struct image_src *s, off_t *at)
{
	for (;;) {
		if (s->pos == s->len && image_src_fill(s) == 0)
			return -1;
		const uint8_t *ff = memchr(s->buf + s->pos, 0xFF, s->len - s->pos);
		if (ff == NULL) {
			s->pos = s->len;
			continue;
		}
		s->pos = (size_t)(ff - s->buf);
		*at = image_src_tell(s);
		uint8_t c = 0xFF;
		s->pos++;
		if (image_src_read(s, &c, 1) != 1)
			return -1;
		if (c == 0xFF) /* fill: the next one may be the marker's */
			s->pos--;
		else if (c != 0 && c != 1 && (c < 0xD0 || c > 0xD8))
			return c;
	}
}

/* T.81 B.2.3: length, components, their tables, spectral selection, successive approximation. */
static void
read_header(struct image_src *s, struct image_scan *out)
{
	uint8_t h[3 + 4 * 2 + 3];
	if (image_src_read(s, h, 3) != 3 || h[2] < 1 || h[2] > 4)
		return;
	size_t n = (size_t)h[2] * 2 + 3;
	if (image_src_read(s, h + 3, n) != n)
		return;
	const uint8_t *tail = h + n;
	out->components = h[2];
	out->component = h[3];
	out->ss = tail[0];
	out->se = tail[1];
	out->ah = tail[2] >> 4;
	out->al = tail[2] & 15;
}

static void
skip_segment(struct image_src *s)
{
	uint8_t len[2];
	if (image_src_read(s, len, 2) == 2 && image_be16(len) >= 2)
		image_src_skip(s, image_be16(len) - 2);
}

int
image_jpeg_scans(struct image_src *src, off_t from, int max, struct image_scans *out, struct err *err)
{
	off_t at = 0;
	int marker;
	*out = (struct image_scans){.scan = mem_array((size_t)max, sizeof *out->scan)};
	image_src_seek(src, from);
	while ((marker = next_marker(src, &at)) >= 0 && marker != EOI) {
		if (out->n > 0 && out->scan[out->n - 1].end < 0)
			out->scan[out->n - 1].end = at;
		if (marker != SOS) {
			skip_segment(src);
			continue;
		}
		if (out->n == (size_t)max)
			return err_set(err, ERR_LIMIT, "JPEG with more than %d scans", max);
		out->scan[out->n] = (struct image_scan){.start = at, .end = -1};
		read_header(src, &out->scan[out->n++]);
	}
	if (marker == EOI && out->n > 0 && out->scan[out->n - 1].end < 0)
		out->scan[out->n - 1].end = at;
	return 0;
}
