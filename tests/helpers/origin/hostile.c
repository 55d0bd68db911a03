/* What may a hostile server do? */
#include "origin.h"

#include <zlib.h>

#define HEAD_MAX (64 << 20)
#define GZIP_BLOCK (1 << 20)

void
do_slow(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	reply_page(c, r, 200, "Slow", "");
	c->seg[0].delay = param_int(r, "headers", 0);
	c->seg[1].delay = param_int(r, "body", 0);
}

void
do_hang(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)r;
	c->end = END_HANG;
}

void
do_drip(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	int64_t n = param_int(r, "n", 10), lead = param_int(r, "lead", 0);
	(void)add_head(c, r, 200, "text/html", lead + n, "");
	if (lead > 0)
		(void)add_seg(c, FILL, lead);
	struct seg *g = add_seg(c, FILL, n);
	g->delay = g->every = param_int(r, "ms", 100);
}

void
do_big(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	int64_t n = param_int(r, "n", 1 << 20);
	bool chunked = param_int(r, "chunked", 0) != 0;
	(void)add_head(c, r, 200, "text/html", chunked ? CHUNKED : n, "");
	add_seg(c, FILL, n)->chunked = chunked;
}

void
do_endless(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)add_head(c, r, 200, "text/html", CHUNKED, "");
	add_seg(c, FILL, INT64_MAX)->chunked = true;
}

void
do_lie(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	c->end = END_CLOSE;
	(void)add_head(c, r, 200, "text/html", param_int(r, "declare", 1000), "");
	(void)add_seg(c, FILL, param_int(r, "send", 10));
}

void
do_nolength(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)add_head(c, r, 200, "text/html", NO_LENGTH, "");
	(void)add_seg(c, FILL, param_int(r, "n", 1000));
}

static char *
gzip_of(const void *p, size_t n, int window, int flush, size_t *len)
{
	z_stream z = {0};
	if (deflateInit2(&z, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		die("zlib");
	size_t cap = deflateBound(&z, (uLong)n) + 64;
	char *out = must(malloc(cap));
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)cap;
	(void)deflate(&z, flush);
	*len = cap - z.avail_out;
	(void)deflateEnd(&z);
	return out;
}

static void
put32(char *p, unsigned long v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (8 * i));
}

/* A gzip stream (RFC 1952) of any length costs nothing: the deflated form of one block of zeros ends on a byte
 * boundary (full flush) and refers to nothing before it, so that it may simply be said again and again. */
void
do_gzip(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	int64_t n = param_int(r, "n", 1 << 20), times = n / GZIP_BLOCK;
	size_t rest = (size_t)(n % GZIP_BLOCK), len, len_rest;
	char *zeros = must(calloc(1, GZIP_BLOCK));
	char *block = gzip_of(zeros, GZIP_BLOCK, -15, Z_FULL_FLUSH, &len);
	char *last = gzip_of(zeros, rest, -15, Z_FINISH, &len_rest);
	unsigned long crc = 0, crc_block = crc32(0, (Bytef *)zeros, GZIP_BLOCK);
	for (int64_t i = 0; i < times; i++)
		crc = crc32_combine(crc, crc_block, GZIP_BLOCK);
	crc = crc32_combine(crc, crc32(0, (Bytef *)zeros, (uInt)rest), (z_off_t)rest);
	free(zeros);
	last = must(realloc(last, len_rest + 8));
	put32(last + len_rest, crc);
	put32(last + len_rest + 4, (unsigned long)n);

	int64_t length = 10 + times * (int64_t)len + (int64_t)len_rest + 8;
	(void)add_head(c, r, 200, "text/html", length, "Content-Encoding: gzip\r\n");
	char *magic = must(calloc(1, 10));
	memcpy(magic, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	(void)add_data(c, magic, 10);
	struct seg *g = add_seg(c, REPEAT, times * (int64_t)len);
	g->p = block;
	g->len = len;
	(void)add_data(c, last, len_rest + 8);
}

void
do_gziphtml(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	char *title = param_at(r, "title", 0), *html = NULL;
	int n = asprintf(&html, "<!DOCTYPE html><title>%s</title><p>Compressed</p>\n", title == NULL ? "Gzip" : title);
	if (n < 0)
		die("memory");
	size_t len;
	char *z = gzip_of(html, (size_t)n, 15 + 16, Z_FINISH, &len);
	(void)add_head(c, r, 200, "text/html", (int64_t)len, "Content-Encoding: gzip\r\n");
	(void)add_data(c, z, len);
	free(title);
	free(html);
}

void
do_headers(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	int64_t n = param_int(r, "n", 10), size = param_int(r, "size", 10);
	char *more = NULL;
	size_t len = 0;
	FILE *f = must(open_memstream(&more, &len));
	for (int64_t i = 0; i < n && ftell(f) + size < HEAD_MAX; i++) {
		(void)fprintf(f, "X-Filler-%lld: ", (long long)i);
		for (int64_t k = 0; k < size; k++)
			(void)fputc('x', f);
		(void)fputs("\r\n", f);
	}
	if (fclose(f) != 0)
		die("memory");
	reply_page(c, r, 200, "Many headers", more);
	free(more);
}

static void
repeat(struct conn *c, const char *first, const char *again)
{
	(void)add_data(c, must(strdup(first)), strlen(first));
	struct seg *g = add_seg(c, REPEAT, INT64_MAX);
	g->p = must(strdup(again));
	g->len = strlen(again);
}

void
do_endless_headers(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)r;
	repeat(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", "X-Filler: and so it goes on and on\r\n");
}

void
do_endless_1xx(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)r;
	repeat(c, "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
}

void
do_reset(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	c->end = END_RESET;
	(void)add_head(c, r, 200, "text/html", 100000, "");
	(void)add_seg(c, FILL, 1000);
	/* What was sent may be thrown away by a reset that follows at once: let it be read first. */
	add_seg(c, FILL, 1)->delay = 30;
}

void
do_close(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)r;
	c->end = END_CLOSE;
}

static int
base64_digit(int ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ch >= '0' && ch <= '9')
		return ch - '0' + 52;
	return ch == '+' || ch == '-' || ch == ' ' ? 62 : ch == '/' || ch == '_' ? 63 : -1;
}

void
do_raw(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	char *text = param_at(r, "b64", 0);
	size_t o = 0;
	unsigned acc = 0;
	int bits = 0;
	for (char *p = text; p != NULL && *p != '\0'; p++) {
		int d = base64_digit((unsigned char)*p);
		if (d < 0)
			continue;
		acc = (acc << 6 | (unsigned)d) & 0xffff;
		bits += 6;
		if (bits >= 8)
			text[o++] = (char)(acc >> (bits -= 8));
	}
	c->end = END_CLOSE;
	if (text != NULL)
		(void)add_data(c, text, o);
}
