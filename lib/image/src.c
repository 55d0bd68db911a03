/* How are the file's bytes read without holding them?  By pread through one small buffer. */
#include "image/int.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
image_src_init(struct image_src *s, int fd)
{
	*s = (struct image_src){.fd = fd, .buf = mem_alloc(IMAGE_SRC_BUF)};
}

void
image_src_init_mem(struct image_src *s, const uint8_t *p, size_t n)
{
	image_src_init(s, -1);
	s->mem = p;
	s->mem_len = n;
}

void
image_src_clear(struct image_src *s)
{
	mem_free(s->buf);
	s->buf = NULL;
}

off_t
image_src_tell(const struct image_src *s)
{
	return s->off - s->base - (off_t)(s->len - s->pos);
}

void
image_src_seek(struct image_src *s, off_t off)
{
	off_t start = s->off - (off_t)s->len;
	off += s->base;
	if (off >= start && off <= s->off) {
		s->pos = (size_t)(off - start);
		return;
	}
	s->off = off;
	s->pos = s->len = 0;
}

void
image_src_within(struct image_src *s, off_t base)
{
	s->base = base;
	image_src_seek(s, 0);
}

static size_t
copy_at(const struct image_src *s, uint8_t *p, size_t n)
{
	size_t left = (uint64_t)s->off < s->mem_len ? s->mem_len - (size_t)s->off : 0;
	n = n < left ? n : left;
	if (n > 0)
		(void)memcpy(p, s->mem + s->off, n);
	return n;
}

/* pread, so that two readers of one descriptor do not disturb each other. */
static size_t
read_at(struct image_src *s, uint8_t *p, size_t n)
{
	for (;;) {
		ssize_t k = pread(s->fd, p, n, s->off);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			s->sys = errno;
		return k > 0 ? (size_t)k : 0;
	}
}

size_t
image_src_fill(struct image_src *s)
{
	s->pos = 0;
	s->len = s->mem != NULL ? copy_at(s, s->buf, IMAGE_SRC_BUF) : read_at(s, s->buf, IMAGE_SRC_BUF);
	s->off += (off_t)s->len;
	return s->len;
}

size_t
image_src_read(struct image_src *s, void *p, size_t n)
{
	uint8_t *to = p;
	size_t got = 0;
	while (got < n) {
		if (s->pos == s->len && image_src_fill(s) == 0)
			break;
		size_t k = s->len - s->pos < n - got ? s->len - s->pos : n - got;
		(void)memcpy(to + got, s->buf + s->pos, k);
		s->pos += k;
		got += k;
	}
	return got;
}

void
image_src_skip(struct image_src *s, uint64_t n)
{
	off_t at = image_src_tell(s);
	uint64_t most = (uint64_t)(INT64_MAX - s->base - at);
	if (n > most)
		n = most;
	image_src_seek(s, at + (off_t)n);
}
