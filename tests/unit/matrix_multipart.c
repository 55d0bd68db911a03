/* Is the file in a multipart answer found whatever the pieces in which it comes?  And what is no such answer? */
#include "matrix/matrix.h"

#include <stdlib.h>

#include "tap.h"

#define TYPE "multipart/mixed; boundary=b0undary"
#define JSON "--b0undary\r\nContent-Type: application/json\r\n\r\n{}"
#define NEXT "\r\n--b0undary\r\n"
#define END "\r\n--b0undary--"

struct got {
	struct buf body, said;
	int begun;
};

static int
begin(void *arg, const struct matrix_part *part, struct err *err)
{
	struct got *g = arg;
	(void)err;
	g->begun++;
	(void)buf_addf(&g->said, "%s|%s|%s|%lld", part->type != NULL ? part->type : "-",
		       part->disposition != NULL ? part->disposition : "-",
		       part->location != NULL ? part->location : "-", (long long)part->length);
	return 0;
}

static int
data(void *arg, const void *p, size_t n, struct err *err)
{
	(void)err;
	return buf_add(&((struct got *)arg)->body, p, n);
}

/* 0, or -1; pieces of the length that next() gives. */
static int
feed(const char *type, const char *p, size_t n, size_t (*next)(void), struct got *g)
{
	struct err err = {0};
	const struct matrix_multipart_sink sink = {.arg = g, .begin = begin, .data = data};
	*g = (struct got){.begun = 0};
	buf_init(&g->body, 1 << 20);
	buf_init(&g->said, 65536);
	struct matrix_multipart *m = matrix_multipart_new(type, &sink, &err);
	int rc = m != NULL ? 0 : -1;
	while (rc == 0 && n > 0) {
		size_t k = next();
		k = k < n ? k : n;
		char *piece = mem_alloc(k); /* a read too far is seen by a sanitizer */
		(void)memcpy(piece, p, k);
		rc = matrix_multipart_feed(m, piece, k, &err);
		mem_free(piece);
		p += k;
		n -= k;
	}
	if (rc == 0)
		rc = matrix_multipart_end(m, &err);
	matrix_multipart_free(m);
	return rc;
}

static void
clear(struct got *g)
{
	buf_clear(&g->body);
	buf_clear(&g->said);
}

static size_t
whole(void)
{
	return SIZE_MAX;
}

static size_t
one(void)
{
	return 1;
}

static size_t
any(void)
{
	return (size_t)(random() % 9) + 1;
}

struct row {
	const char *type, *text, *said, *body; /* body NULL: refused */
};

static const struct row rows[] = {
    {TYPE, JSON NEXT "Content-Type: image/png\r\nContent-Disposition: inline; filename=a.png\r\n\r\nPNG" END,
     "image/png|inline; filename=a.png|-|-1", "PNG"},
    {TYPE, JSON NEXT "\r\nPNG" END "\r\n", "-|-|-|-1", "PNG"},
    {TYPE, "preamble\r\n" JSON NEXT "\r\nPNG" END "\r\nepilogue \r\n--b0undary\r\nmore", "-|-|-|-1", "PNG"},
    {TYPE, "\r\n" JSON NEXT "\r\n\r\n" END, "-|-|-|-1", "\r\n"},
    {TYPE, JSON "  \t" NEXT "\r\n" END, "-|-|-|-1", ""},
    {TYPE, JSON NEXT "\r\n--b0undary--", "-|-|-|-1", ""},
    {TYPE, JSON NEXT "Location: https://cdn.example/x\r\n\r\n" END, "-|-|https://cdn.example/x|-1", ""},
    {TYPE, JSON NEXT "Location:\thttps://cdn.example/x \t\r\n\r\n--b0undary--", "-|-|https://cdn.example/x|-1", ""},
    {TYPE, JSON NEXT "Content-Length: 3\r\n\r\nPNG" END, "-|-|-|3", "PNG"},
    {TYPE, JSON NEXT "\r\na\r\n--b0undar\r\n--b0undarx\r\n-\r\r\n--\r\n" END, "-|-|-|-1",
     "a\r\n--b0undar\r\n--b0undarx\r\n-\r\r\n--\r\n"},
    {TYPE, JSON NEXT "\r\na\n--b0undary\nb" END, "-|-|-|-1", "a\n--b0undary\nb"},
    {TYPE, JSON "\r\n--b0undary \t \r\n\r\nPNG" END, "-|-|-|-1", "PNG"},
    {"multipart/mixed; charset=x;  boundary=\"b0undary\"", JSON NEXT "\r\nPNG" END, "-|-|-|-1", "PNG"},
    {"Multipart/Mixed;BOUNDARY=b0undary", JSON NEXT "\r\nPNG" END, "-|-|-|-1", "PNG"},
    {"multipart/mixed; boundary=-", "---\r\n\r\n{}\r\n---\r\n\r\nPNG-\r\n--x\r\n-----", "-|-|-|-1", "PNG-\r\n--x"},
    {TYPE, "--b0undary\r\n\r\n{\"a\":1}" NEXT "\r\nPNG" END, "-|-|-|-1", "PNG"},
    /* the type */
    {"multipart/mixed", JSON NEXT "\r\nPNG" END, NULL, NULL},
    {"multipart/mixed; boundary=", JSON NEXT "\r\nPNG" END, NULL, NULL},
    {"multipart/mixed; boundary=\"b0undary", JSON NEXT "\r\nPNG" END, NULL, NULL},
    {"multipart/mixed; boundary=\"b\r\nx\"", JSON NEXT "\r\nPNG" END, NULL, NULL},
    {"multipart/form-data; boundary=b0undary", JSON NEXT "\r\nPNG" END, NULL, NULL},
    {"application/json", JSON NEXT "\r\nPNG" END, NULL, NULL},
    {"multipart/mixed; boundary=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddaaaaaaaaaabbbbbbbbbbccccccccccd", "", NULL,
     NULL},
    /* the end */
    {TYPE, "", NULL, NULL},
    {TYPE, JSON, NULL, NULL},
    {TYPE, JSON NEXT "\r\nPNG", NULL, NULL},
    {TYPE, JSON NEXT "\r\nPNG\r\n--b0undary", NULL, NULL},
    {TYPE, JSON NEXT "\r\nPNG\r\n--b0undary-", NULL, NULL},
    {TYPE, JSON NEXT "Content-Type: image/png\r\n", NULL, NULL},
    /* parts */
    {TYPE, JSON END, NULL, NULL},
    {TYPE, JSON NEXT "\r\nPNG" NEXT "\r\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" END, NULL, NULL},
    {TYPE, "--b0undary\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" NEXT "\r\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "Content-Transfer-Encoding: base64\r\n\r\nUE5H" END, NULL, NULL},
    {TYPE, "--b0undary\r\nContent-Type: text/html\r\n\r\n{}" NEXT "\r\nPNG" END, NULL, NULL},
    {TYPE, "--b0undary\r\n\r\n[]" NEXT "\r\nPNG" END, NULL, NULL},
    {TYPE, "--b0undary\r\n\r\n" NEXT "\r\nPNG" END, NULL, NULL},
    {TYPE, "--b0undary\r\n\r\n{" NEXT "\r\nPNG" END, NULL, NULL},
    /* heads */
    {TYPE, JSON NEXT " folded: x\r\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "A: x\r\n y\r\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "A: x\n\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "A: x\ry\r\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "A: x\x01\r\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON "\r\n--b0undary \r\rx\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON "\r\n--b0undaryx\r\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON "\r\n--b0undary\n\r\nPNG" END, NULL, NULL},
    /* lengths */
    {TYPE, JSON NEXT "Content-Length: 2\r\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "Content-Length: 4\r\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "Content-Length: -3\r\n\r\nPNG" END, NULL, NULL},
    {TYPE, JSON NEXT "Content-Length: 99999999999999999999\r\n\r\nPNG" END, NULL, NULL},
};

static void
check(const struct row *r, size_t i, size_t (*next)(void), const char *how)
{
	struct got g;
	int rc = feed(r->type, r->text, strlen(r->text), next, &g);
	if (!ok(rc == (r->body != NULL ? 0 : -1), "row %zu %s: %s", i, how, r->body != NULL ? "read" : "refused") ||
	    r->body == NULL) {
		clear(&g);
		return;
	}
	is_str(g.said.p, r->said, "its head");
	is_str(g.body.p != NULL ? g.body.p : "", r->body, "its bytes");
	clear(&g);
}

/* What is long is refused before it is kept. */
static void
bounds(void)
{
	struct got g;
	struct buf b;
	buf_init(&b, 1 << 20);
	(void)buf_adds(&b, "--b0undary\r\n\r\n{");
	while (b.len < 100000)
		(void)buf_addc(&b, ' ');
	(void)buf_adds(&b, "}" NEXT "\r\nPNG" END);
	is_int(feed(TYPE, b.p, b.len, whole, &g), -1, "a long first part");
	clear(&g);
	buf_reset(&b);
	(void)buf_adds(&b, JSON NEXT);
	while (b.len < 100000)
		(void)buf_adds(&b, "A: bcdefgh\r\n");
	(void)buf_adds(&b, "\r\nPNG" END);
	is_int(feed(TYPE, b.p, b.len, whole, &g), -1, "a long head");
	clear(&g);
	buf_reset(&b);
	while (b.len < 100000)
		(void)buf_adds(&b, "A: bcdefgh\r\n");
	(void)buf_adds(&b, JSON NEXT "\r\nPNG" END);
	is_int(feed(TYPE, b.p, b.len, whole, &g), -1, "a long preamble");
	clear(&g);
	buf_clear(&b);
}

/* Bytes that look like delimiters, in random pieces: what goes in comes out. */
static void
random_files(void)
{
	static const char *const bits[] = {"\r", "\n",	  "\r\n", "-",	     "--", "b0undary", "\r\n--b0undar",
					   "x",	 "\r\n-", "b0",	  "\r\r\n--"};
	int bad = 0;
	for (int i = 0; i < 4000; i++) {
		struct got g;
		struct buf file, text;
		buf_init(&file, 4096);
		buf_init(&text, 8192);
		for (long n = random() % 30; n > 0; n--)
			(void)buf_adds(&file, bits[(size_t)random() % (sizeof bits / sizeof bits[0])]);
		(void)buf_adds(&file, "");
		bool hidden = file.p != NULL &&
			      (strstr(file.p, "\r\n--b0undary") != NULL || strncmp(file.p, "--b0undary", 10) == 0);
		(void)buf_addf(&text, "%s%s\r\n%s%s", JSON, NEXT, file.p != NULL ? file.p : "", END);
		if (!hidden) {
			int rc = feed(TYPE, text.p, text.len, any, &g);
			bad += rc != 0 || g.body.len != file.len ||
			       (file.len > 0 && file.p != NULL && memcmp(g.body.p, file.p, file.len) != 0);
			clear(&g);
		}
		buf_clear(&file);
		buf_clear(&text);
	}
	is_int(bad, 0, "files that look like boundaries come out as they went in");
}

/* Answers of which a byte or some are wrong end, without a crash, and in the same way whatever the pieces. */
static void
mutated(void)
{
	static const char good[] =
	    JSON NEXT "Content-Type: image/png\r\nContent-Length: 8\r\n\r\nPNG\r\n--x" END "\r\n";
	int differ = 0;
	for (int i = 0; i < 20000; i++) {
		struct got a, b;
		char text[sizeof good];
		(void)memcpy(text, good, sizeof good);
		for (long n = random() % 4; n >= 0; n--)
			text[(size_t)random() % (sizeof good - 1)] =
			    (char)(random() % 3 == 0 ? random() : "\r\n-b{}: "[random() % 8]);
		int x = feed(TYPE, text, sizeof good - 1, whole, &a), y = feed(TYPE, text, sizeof good - 1, any, &b);
		differ += x != y || (x == 0 && (a.body.len != b.body.len ||
						(a.body.len > 0 && memcmp(a.body.p, b.body.p, a.body.len) != 0)));
		clear(&a);
		clear(&b);
	}
	is_int(differ, 0, "broken answers end alike in all pieces");
}

int
main(void)
{
	srandom(17);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		check(&rows[i], i, whole, "whole");
		check(&rows[i], i, one, "byte by byte");
		check(&rows[i], i, any, "in pieces");
	}
	bounds();
	random_files();
	mutated();
	return done();
}
