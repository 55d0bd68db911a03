/* What may a web server do to its visitors?  The hostile origin of the tests, and the quick one of the benchmarks.
 *
 * origin [--root DIR] [--log FILE] [--bind ADDR] [--port N]: prints its port on the first line of stdout and serves
 * until killed.  Every response accepts ?type=T (Content-Type; empty: none) and ?h=Name:%20value (repeatable).
 *
 *   /FILE                    from DIR; type by extension
 *   /status/CODE             that status with a small HTML body
 *   /redirect?to=URL&code=C  /hops/N  /loop  /cookie (-> /cookie-check: 200 if the cookie came back, else 400)
 *   /slow?headers=MS&body=MS /hang  /drip?n=BYTES&ms=INTERVAL
 *   /big?n=N[&chunked=1]  /endless  /lie?declare=N&send=M  /nolength?n=N
 *   /gzip?n=N (N zero bytes)  /gziphtml?title=T
 *   /headers?n=N&size=S  /endless-headers  /endless-1xx
 *   /reset  /close  /echo  /count?path=P  /raw?b64=BYTES */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define IN_MAX 65536  /* bytes of one request head; also what may be pipelined behind it */
#define OUT_MAX 65536 /* bytes on their way to one client */
#define SEGS 4	      /* parts of one response */
#define PATHS 4096    /* chains of the table behind /count */
#define HEAD_MAX (64 << 20)
#define GZIP_BLOCK (1 << 20)

enum seg_kind { DATA, FILL, REPEAT, FROM_FILE };

/* A part of a response: DATA once, FILL with 'x', REPEAT data over and over, or FROM_FILE; left bytes in all. */
struct seg {
	enum seg_kind kind;
	int64_t delay; /* ms before it starts */
	int64_t every; /* ms before each further byte; 0: as fast as it goes */
	int64_t left;
	char *p;
	size_t len, off;
	int fd;
	bool chunked, started;
};

enum end { END_KEEP, END_CLOSE, END_RESET, END_HANG };

struct conn {
	struct conn *next, *prev;
	int fd;
	uint32_t events;
	bool busy, blocked, eof;
	int64_t wake; /* monotonic ms; 0: not waiting */
	enum end end;
	struct seg seg[SEGS];
	int nseg, cur;
	size_t in_len, out_len, out_off;
	char in[IN_MAX + 1], out[OUT_MAX];
};

struct request {
	char *method, *target, *path, *query, *headers; /* path is decoded, query is not; "" where absent */
	bool http10, head;
};

struct count {
	struct count *next;
	unsigned long n;
	char path[];
};

struct server {
	int epoll, listener, root, log;
	struct conn *conns;
	struct count *counts[PATHS];
};

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void
die(const char *what)
{
	(void)fprintf(stderr, "origin: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *
must(void *p)
{
	if (p == NULL)
		die("memory");
	return p;
}

static int64_t
now_ms(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- the request ------------------------------------------------------------------------- */

static int
hex(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Percent-decodes s[0..n); '+' stays what it is. */
static char *
decode(const char *s, size_t n)
{
	char *out = must(malloc(n + 1));
	size_t o = 0;
	for (size_t i = 0; i < n; i++, o++) {
		int a = i + 2 < n ? hex((unsigned char)s[i + 1]) : -1, b = a < 0 ? -1 : hex((unsigned char)s[i + 2]);
		out[o] = s[i];
		if (s[i] == '%' && b >= 0) {
			out[o] = (char)(a * 16 + b);
			i += 2;
		}
	}
	out[o] = '\0';
	return out;
}

/* The value of the i-th parameter of that name, decoded, or NULL. */
static char *
param_at(const struct request *r, const char *name, int i)
{
	size_t len = strlen(name);
	for (const char *p = r->query; *p != '\0';) {
		size_t n = strcspn(p, "&");
		if (n > len && strncmp(p, name, len) == 0 && p[len] == '=' && i-- == 0)
			return decode(p + len + 1, n - len - 1);
		p += n + (p[n] == '&');
	}
	return NULL;
}

static int64_t
param_int(const struct request *r, const char *name, int64_t otherwise)
{
	char *s = param_at(r, name, 0);
	int64_t v = s == NULL ? otherwise : strtoll(s, NULL, 10);
	free(s);
	return v < 0 ? 0 : v;
}

static bool
has_header(const struct request *r, const char *name, const char *part)
{
	size_t len = strlen(name);
	for (const char *p = r->headers; *p != '\0';) {
		size_t n = strcspn(p, "\r\n");
		if (n > len && strncasecmp(p, name, len) == 0 && p[len] == ':' && memmem(p, n, part, strlen(part)))
			return true;
		p += n + strspn(p + n, "\r\n");
	}
	return false;
}

/* ---- the response ------------------------------------------------------------------------ */

static struct seg *
add_seg(struct conn *c, enum seg_kind kind, int64_t left)
{
	struct seg *s = &c->seg[c->nseg++];
	*s = (struct seg){.kind = kind, .left = left, .fd = -1};
	return s;
}

/* Takes p. */
static struct seg *
add_data(struct conn *c, char *p, size_t len)
{
	struct seg *s = add_seg(c, DATA, (int64_t)len);
	s->p = p;
	s->len = len;
	return s;
}

enum { NO_LENGTH = -1, CHUNKED = -2 };

/* The head of a response as one part; more is further header lines, each with its CRLF. */
static struct seg *
add_head(struct conn *c, const struct request *r, int status, const char *type, int64_t length, const char *more)
{
	char *p = NULL, *t = param_at(r, "type", 0), *h;
	size_t len = 0;
	FILE *f = must(open_memstream(&p, &len));
	(void)fprintf(f, "HTTP/1.1 %d %s\r\n", status, status < 400 ? "OK" : "No");
	if (t == NULL && type != NULL)
		(void)fprintf(f, "Content-Type: %s\r\n", type);
	else if (t != NULL && *t != '\0')
		(void)fprintf(f, "Content-Type: %s\r\n", t);
	free(t);
	if (length >= 0)
		(void)fprintf(f, "Content-Length: %lld\r\n", (long long)length);
	else if (length == CHUNKED)
		(void)fputs("Transfer-Encoding: chunked\r\n", f);
	if (length == NO_LENGTH && c->end == END_KEEP)
		c->end = END_CLOSE;
	if (c->end == END_CLOSE)
		(void)fputs("Connection: close\r\n", f);
	for (int i = 0; (h = param_at(r, "h", i)) != NULL; i++, free(h))
		(void)fprintf(f, "%s\r\n", h);
	(void)fprintf(f, "%s\r\n", more);
	if (fclose(f) != 0)
		die("memory");
	return add_data(c, p, len);
}

static void
reply(struct conn *c, const struct request *r, int status, const char *type, const char *more, const char *body)
{
	bool none = status / 100 == 1 || status == 204 || status == 304;
	size_t len = none ? 0 : strlen(body);
	(void)add_head(c, r, status, type, none ? NO_LENGTH : (int64_t)len, more);
	if (len > 0)
		(void)add_data(c, must(strdup(body)), len);
}

static void
reply_page(struct conn *c, const struct request *r, int status, const char *title, const char *more)
{
	char *body = NULL;
	if (asprintf(&body, "<!DOCTYPE html><html><head><title>%s</title></head><body><p>%s</p></body></html>\n", title,
		     title) < 0)
		die("memory");
	reply(c, r, status, "text/html", more, body);
	free(body);
}

static void
reply_redirect(struct conn *c, const struct request *r, int status, const char *to, const char *more)
{
	char *line = NULL;
	if (asprintf(&line, "Location: %s\r\n%s", to, more) < 0)
		die("memory");
	reply_page(c, r, status, "Over there", line);
	free(line);
}

/* ---- one function per path ---------------------------------------------------------------- */

static void
do_status(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	int code = (int)strtol(r->path + strlen("/status/"), NULL, 10);
	char title[32];
	(void)snprintf(title, sizeof title, "Status %d", code);
	reply_page(c, r, code < 100 || code > 999 ? 400 : code, title, "");
}

static void
do_redirect(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	char *to = param_at(r, "to", 0);
	reply_redirect(c, r, (int)param_int(r, "code", 302), to == NULL ? "/" : to, "");
	free(to);
}

static void
do_hops(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	long n = strtol(r->path + strlen("/hops/"), NULL, 10);
	char to[64];
	(void)snprintf(to, sizeof to, "/hops/%ld", n - 1);
	if (n > 0)
		reply_redirect(c, r, 302, to, "");
	else
		reply_page(c, r, 200, "Arrived", "");
}

static void
do_loop(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	reply_redirect(c, r, 302, "/loop", "");
}

static void
do_cookie(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	reply_redirect(c, r, 302, "/cookie-check", "Set-Cookie: biscuit=warm; Path=/\r\n");
}

static void
do_cookie_check(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	bool here = has_header(r, "cookie", "biscuit=warm");
	reply_page(c, r, here ? 200 : 400, here ? "Cookie came back" : "No cookie", "");
}

static void
do_slow(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	reply_page(c, r, 200, "Slow", "");
	c->seg[0].delay = param_int(r, "headers", 0);
	c->seg[1].delay = param_int(r, "body", 0);
}

static void
do_hang(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)r;
	c->end = END_HANG;
}

static void
do_drip(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	int64_t n = param_int(r, "n", 10);
	(void)add_head(c, r, 200, "text/html", n, "");
	struct seg *g = add_seg(c, FILL, n);
	g->delay = g->every = param_int(r, "ms", 100);
}

static void
do_big(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	int64_t n = param_int(r, "n", 1 << 20);
	bool chunked = param_int(r, "chunked", 0) != 0;
	(void)add_head(c, r, 200, "text/html", chunked ? CHUNKED : n, "");
	add_seg(c, FILL, n)->chunked = chunked;
}

static void
do_endless(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)add_head(c, r, 200, "text/html", CHUNKED, "");
	add_seg(c, FILL, INT64_MAX)->chunked = true;
}

static void
do_lie(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	c->end = END_CLOSE;
	(void)add_head(c, r, 200, "text/html", param_int(r, "declare", 1000), "");
	(void)add_seg(c, FILL, param_int(r, "send", 10));
}

static void
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
static void
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

static void
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

static void
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

static void
do_endless_headers(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)r;
	repeat(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", "X-Filler: and so it goes on and on\r\n");
}

static void
do_endless_1xx(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)r;
	repeat(c, "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
}

static void
do_reset(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	c->end = END_RESET;
	(void)add_head(c, r, 200, "text/html", 100000, "");
	(void)add_seg(c, FILL, 1000);
	/* What was sent may be thrown away by a reset that follows at once: let it be read first. */
	add_seg(c, FILL, 1)->delay = 30;
}

static void
do_close(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	(void)r;
	c->end = END_CLOSE;
}

static void
do_echo(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	reply(c, r, 200, "text/plain", "", r->headers);
}

static struct count **
find_count(struct server *s, const char *path)
{
	uint32_t h = 2166136261U;
	for (const char *p = path; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619U;
	struct count **at = &s->counts[h % PATHS];
	while (*at != NULL && strcmp((*at)->path, path) != 0)
		at = &(*at)->next;
	return at;
}

static void
count_one(struct server *s, const char *path)
{
	struct count **at = find_count(s, path);
	if (*at == NULL) {
		size_t n = strlen(path) + 1;
		*at = must(calloc(1, sizeof **at + n));
		memcpy((*at)->path, path, n);
	}
	(*at)->n++;
}

/* P without '?' counts every request for that path, P with it the exact target. */
static void
do_count(struct server *s, struct conn *c, const struct request *r)
{
	char *path = param_at(r, "path", 0), text[32];
	struct count *found = path == NULL ? NULL : *find_count(s, path);
	(void)snprintf(text, sizeof text, "%lu\n", found == NULL ? 0 : found->n);
	reply(c, r, 200, "text/plain", "", text);
	free(path);
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

static void
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

static const char *
type_of(const char *path)
{
	static const char *const types[][2] = {
	    {"html", "text/html"},	  {"htm", "text/html"},	      {"xhtml", "application/xhtml+xml"},
	    {"txt", "text/plain"},	  {"css", "text/css"},	      {"js", "text/javascript"},
	    {"json", "application/json"}, {"xml", "application/xml"}, {"jpg", "image/jpeg"},
	    {"jpeg", "image/jpeg"},	  {"png", "image/png"},	      {"webp", "image/webp"},
	    {"gif", "image/gif"},	  {"svg", "image/svg+xml"},   {"ico", "image/x-icon"},
	    {"mp4", "video/mp4"},	  {"pdf", "application/pdf"},
	};
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++)
		if (strcasecmp(dot + 1, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

/* Whether path stays below the root: relative, without a ".." segment. */
static bool
stays_below(const char *path)
{
	for (const char *p = path; *p != '\0';) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return false;
		p += n + (p[n] == '/');
	}
	return *path != '/';
}

static void
do_file(struct server *s, struct conn *c, const struct request *r)
{
	const char *path = r->path[0] == '/' ? r->path + 1 : r->path;
	struct stat st;
	if (*path == '\0')
		path = "index.html";
	int fd = s->root < 0 || !stays_below(path) ? -1 : openat(s->root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		reply_page(c, r, 404, "Not here", "");
		return;
	}
	(void)add_head(c, r, 200, type_of(path), st.st_size, "");
	add_seg(c, FROM_FILE, st.st_size)->fd = fd;
}

struct route {
	const char *path; /* one that ends with '/' is a prefix */
	void (*run)(struct server *s, struct conn *c, const struct request *r);
};

static const struct route routes[] = {
    {"/status/", do_status},
    {"/redirect", do_redirect},
    {"/hops/", do_hops},
    {"/loop", do_loop},
    {"/cookie", do_cookie},
    {"/cookie-check", do_cookie_check},
    {"/slow", do_slow},
    {"/hang", do_hang},
    {"/drip", do_drip},
    {"/big", do_big},
    {"/endless", do_endless},
    {"/lie", do_lie},
    {"/nolength", do_nolength},
    {"/gzip", do_gzip},
    {"/gziphtml", do_gziphtml},
    {"/headers", do_headers},
    {"/endless-headers", do_endless_headers},
    {"/endless-1xx", do_endless_1xx},
    {"/reset", do_reset},
    {"/close", do_close},
    {"/echo", do_echo},
    {"/count", do_count},
    {"/raw", do_raw},
};

/* ---- connections --------------------------------------------------------------------------- */

static void
log_request(const struct server *s, const struct request *r)
{
	char line[IN_MAX];
	int n = snprintf(line, sizeof line, "%s %s\n", r->method, r->target);
	if (s->log >= 0 && n > 0 && write(s->log, line, (size_t)n) < 0)
		die("log");
}

static void
answer(struct server *s, struct conn *c, const struct request *r)
{
	void (*run)(struct server *, struct conn *, const struct request *) = do_file;
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		size_t n = strlen(routes[i].path);
		bool prefix = routes[i].path[n - 1] == '/';
		if (prefix ? strncmp(r->path, routes[i].path, n) == 0 : strcmp(r->path, routes[i].path) == 0)
			run = routes[i].run;
	}
	log_request(s, r);
	count_one(s, r->target);
	if (strcmp(r->path, r->target) != 0)
		count_one(s, r->path);
	c->end = r->http10 || has_header(r, "connection", "close") ? END_CLOSE : END_KEEP;
	run(s, c, r);
}

static void
drop_segs_from(struct conn *c, int from)
{
	for (int i = from; i < c->nseg; i++) {
		free(c->seg[i].p);
		if (c->seg[i].fd >= 0)
			(void)close(c->seg[i].fd);
	}
	c->nseg = c->nseg < from ? c->nseg : from;
}

static void
drop_segs(struct conn *c)
{
	drop_segs_from(c, 0);
	c->cur = 0;
}

static void
drop(struct server *s, struct conn *c, bool reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	if (reset)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	drop_segs(c);
	(void)close(c->fd);
	if (c->next != NULL)
		c->next->prev = c->prev;
	*(c->prev != NULL ? &c->prev->next : &s->conns) = c->next;
	free(c);
}

/* Takes one request off the front of the input.  False: there is none yet (or it is no HTTP: the connection ends). */
static bool
next_request(struct server *s, struct conn *c)
{
	struct request r = {0};
	c->in[c->in_len] = '\0';
	char *blank = memmem(c->in, c->in_len, "\r\n\r\n", 4);
	if (blank == NULL) {
		c->eof = c->eof || c->in_len == IN_MAX;
		return false;
	}
	size_t used = (size_t)(blank + 4 - c->in);
	blank[2] = '\0';
	char *eol = strstr(c->in, "\r\n"), *save = NULL;
	*eol = '\0';
	r.headers = eol + 2;
	r.method = strtok_r(c->in, " ", &save);
	r.target = strtok_r(NULL, " ", &save);
	char *version = strtok_r(NULL, " ", &save);
	c->busy = true;
	if (r.target == NULL || version == NULL || *r.target != '/') {
		c->end = END_CLOSE;
	} else {
		char *mark = strchr(r.target, '?');
		r.query = mark == NULL ? strchr(r.target, '\0') : mark + 1;
		r.path = decode(r.target, mark == NULL ? strlen(r.target) : (size_t)(mark - r.target));
		r.http10 = strcmp(version, "HTTP/1.0") == 0;
		r.head = strcmp(r.method, "HEAD") == 0;
		answer(s, c, &r);
		free(r.path);
		if (r.head)
			drop_segs_from(c, 1);
	}
	c->in_len -= used;
	memmove(c->in, c->in + used, c->in_len);
	return true;
}

/* Moves at most room bytes of a part to out; *n says how many. */
static bool
take(struct seg *g, char *out, size_t room, size_t *n)
{
	size_t want = g->left < (int64_t)room ? (size_t)g->left : room;
	*n = want;
	if (g->every > 0 && want > 1)
		*n = want = 1;
	if (g->kind == FILL) {
		memset(out, 'x', want);
	} else if (g->kind == FROM_FILE) {
		ssize_t got = read(g->fd, out, want);
		*n = got > 0 ? (size_t)got : 0;
	} else {
		for (size_t done = 0; done < want;) {
			size_t k = g->len - g->off < want - done ? g->len - g->off : want - done;
			memcpy(out + done, g->p + g->off, k);
			g->off = (g->off + k) % g->len;
			done += k;
		}
	}
	if (g->left != INT64_MAX)
		g->left -= (int64_t)*n;
	return *n > 0 || want == 0;
}

/* One chunk of RFC 9112 §7.1, or the last one. */
static void
take_chunk(struct seg *g, char *out, size_t room, size_t *n)
{
	char head[32];
	size_t body = 0;
	(void)take(g, out + 12, room - 12 - 2 - 5, &body);
	int h = snprintf(head, sizeof head, "%06zx\r\n", body);
	if (body > 0) {
		memmove(out + h, out + 12, body);
		memcpy(out, head, (size_t)h);
		memcpy(out + h + body, "\r\n", 2);
		*n = (size_t)h + body + 2;
	} else {
		*n = 0;
	}
	if (g->left == 0) {
		memcpy(out + *n, "0\r\n\r\n", 5);
		*n += 5;
	}
}

/* Fills out until it is full, a pause is due (wake is set) or nothing is left (true). */
static bool
refill(struct conn *c)
{
	while (c->cur < c->nseg) {
		struct seg *g = &c->seg[c->cur];
		size_t room = OUT_MAX - c->out_len, n = 0;
		int64_t pause = g->started ? g->every : g->delay;
		if (pause > 0 && c->wake == 0 && g->left > 0) {
			c->wake = now_ms() + pause + 1; /* now_ms is rounded down */
			return false;
		}
		if (c->wake != 0 && now_ms() < c->wake)
			return false;
		if (room < 1024)
			return false;
		c->wake = 0;
		g->started = true;
		if (g->chunked)
			take_chunk(g, c->out + c->out_len, room, &n);
		else if (!take(g, c->out + c->out_len, room, &n))
			g->left = 0;
		c->out_len += n;
		if (g->left == 0)
			c->cur++;
	}
	return true;
}

/* Sends what can be sent.  True: the response is complete. */
static bool
send_some(struct conn *c, bool *dead)
{
	for (;;) {
		bool whole = refill(c);
		while (c->out_off < c->out_len) {
			ssize_t n = send(c->fd, c->out + c->out_off, c->out_len - c->out_off, MSG_NOSIGNAL);
			if (n < 0) {
				*dead = errno != EAGAIN && errno != EINTR;
				c->blocked = true;
				return false;
			}
			c->out_off += (size_t)n;
		}
		c->out_off = c->out_len = 0;
		c->blocked = false;
		if (whole)
			return true;
		if (c->wake != 0)
			return false;
	}
}

static void
watch(struct server *s, struct conn *c)
{
	uint32_t want = (c->eof || c->in_len == IN_MAX ? 0 : EPOLLIN) | (c->blocked ? EPOLLOUT : 0);
	struct epoll_event ev = {.events = want, .data.ptr = c};
	if (want != c->events && epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		die("epoll");
	c->events = want;
}

/* Goes on with a connection as far as it goes: response, next request, response … */
static void
go_on(struct server *s, struct conn *c)
{
	bool dead = false;
	while (c->busy || next_request(s, c)) {
		if (!send_some(c, &dead)) {
			if (dead)
				break;
			watch(s, c);
			return;
		}
		drop_segs(c);
		if (c->end == END_HANG && !c->eof) {
			watch(s, c);
			return;
		}
		dead = c->end != END_KEEP;
		if (dead)
			break;
		c->busy = false;
	}
	if (dead || c->eof)
		drop(s, c, c->end == END_RESET);
	else
		watch(s, c);
}

static void
receive(struct server *s, struct conn *c)
{
	ssize_t n = c->in_len == IN_MAX ? 0 : recv(c->fd, c->in + c->in_len, IN_MAX - c->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		c->eof = true;
	else
		c->in_len += (size_t)n;
	go_on(s, c);
}

static void
welcome(struct server *s)
{
	for (;;) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
		if (fd < 0)
			return;
		struct conn *c = must(malloc(sizeof *c));
		memset(c, 0, offsetof(struct conn, in));
		c->fd = fd;
		c->events = EPOLLIN;
		c->next = s->conns;
		if (c->next != NULL)
			c->next->prev = c;
		s->conns = c;
		struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
			die("epoll");
	}
}

/* Wakes who has slept enough; returns the ms until the next one is due, -1 for none. */
static int
wake_up(struct server *s)
{
	int64_t now = now_ms(), next = -1;
	for (struct conn *c = s->conns, *after; c != NULL; c = after) {
		after = c->next;
		if (c->wake != 0 && c->wake <= now)
			go_on(s, c);
	}
	for (struct conn *c = s->conns; c != NULL; c = c->next)
		if (c->wake != 0 && (next < 0 || c->wake - now < next))
			next = c->wake <= now ? 1 : c->wake - now;
	return next > 1000 ? 1000 : (int)next;
}

static int
listen_on(const char *address, uint16_t port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a;
	int one = 1;
	memset(&a, 0, sizeof a);
	bool v6 = strchr(address, ':') != NULL;
	socklen_t len = v6 ? sizeof a.in6 : sizeof a.in;
	a.any.sa_family = v6 ? AF_INET6 : AF_INET;
	*(v6 ? &a.in6.sin6_port : &a.in.sin_port) = htons(port);
	errno = EINVAL;
	if (inet_pton(a.any.sa_family, address, v6 ? (void *)&a.in6.sin6_addr : (void *)&a.in.sin_addr) != 1)
		die(address);
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 || bind(fd, &a.any, len) != 0 ||
	    listen(fd, 4096) != 0 || getsockname(fd, &a.any, &len) != 0)
		die(address);
	(void)printf("%d\n", ntohs(v6 ? a.in6.sin6_port : a.in.sin_port));
	if (fflush(stdout) != 0)
		die("stdout");
	return fd;
}

static void
serve(struct server *s)
{
	struct epoll_event ev[256], l = {.events = EPOLLIN, .data.ptr = NULL};
	sigset_t quiet, none;
	struct sigaction sa = {.sa_handler = on_signal};
	(void)sigemptyset(&none);
	(void)sigemptyset(&quiet);
	(void)sigaddset(&quiet, SIGTERM);
	(void)sigaddset(&quiet, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &quiet, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGINT, &sa, NULL);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &l) != 0)
		die("epoll");
	while (!stop) {
		int timeout = wake_up(s), n = epoll_pwait(s->epoll, ev, 256, timeout, &none);
		for (int i = 0; i < n; i++) {
			struct conn *c = ev[i].data.ptr;
			if (c == NULL)
				welcome(s);
			else if ((ev[i].events & (EPOLLERR | EPOLLHUP)) != 0)
				drop(s, c, false);
			else if ((ev[i].events & EPOLLIN) != 0)
				receive(s, c);
			else
				go_on(s, c);
		}
	}
	for (struct conn *c = s->conns, *after; c != NULL; c = after) {
		after = c->next;
		drop(s, c, false);
	}
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {{"root", required_argument, NULL, 'r'},
					      {"log", required_argument, NULL, 'l'},
					      {"bind", required_argument, NULL, 'b'},
					      {"port", required_argument, NULL, 'p'},
					      {NULL, 0, NULL, 0}};
	struct server *s = must(calloc(1, sizeof *s));
	const char *address = "127.0.0.1";
	uint16_t port = 0;
	s->root = s->log = -1;
	for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (o == 'r' && (s->root = open(optarg, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
			die(optarg);
		else if (o == 'l' && (s->log = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) < 0)
			die(optarg);
		else if (o == 'b')
			address = optarg;
		else if (o == 'p')
			port = (uint16_t)strtoul(optarg, NULL, 10);
		else if (o == '?')
			exit(2);
	}
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	s->listener = listen_on(address, port);
	serve(s);
	for (size_t i = 0; i < PATHS; i++)
		for (struct count *k = s->counts[i], *after; k != NULL; k = after) {
			after = k->next;
			free(k);
		}
	free(s);
	return 0;
}
