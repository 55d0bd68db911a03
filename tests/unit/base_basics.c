/* Do buffers keep their ceilings, lines their ends and strings their meaning? */
#include "base/base.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <unistd.h>

static void
buffers(void)
{
	struct buf b;
	buf_init(&b, 10);
	is_int(buf_reserve(&b, 10), 0, "room is made");
	is_str(b.p, "", "for nothing, so far");
	buf_clear(&b);
	is_int(buf_adds(&b, "12345"), 0, "five bytes fit");
	is_int(buf_adds(&b, "678901"), -1, "six more do not");
	is_str(b.p, "12345", "and nothing of them is added");
	ok(b.full, "the buffer remembers");
	is_int(buf_addf(&b, "%d", 67890), 0, "exactly the ceiling fits");
	is_int(buf_addc(&b, 'x'), -1, "one more does not");
	buf_drop(&b, 8);
	is_str(b.p, "90", "dropped from the front");
	buf_drop(&b, 99);
	is_int((long long)b.len, 0, "dropping more than there is empties it");
	struct buf room;
	buf_init(&room, 100);
	is_int(buf_reserve(&room, 10), 0, "room for ten bytes");
	is_str(room.p, "", "is an empty string until then");
	buf_clear(&room);
	char *s = buf_take(&b);
	is_str(s, "", "taking an empty buffer gives an empty string");
	mem_free(s);
	buf_clear(&b);
}

static void
numbers(void)
{
	int64_t v = 0;
	ok(str_ascii("~\x7f") && !str_ascii("a\x80"), "ASCII");
	ok(str_size("10M", &v) == 0 && v == 10485760, "10M");
	ok(str_size("17", &v) == 0 && v == 17, "17");
	ok(str_size("1.5M", &v) < 0 && str_size("", &v) < 0 && str_size("9999999999G", &v) < 0, "no size");
	ok(str_duration("90s", &v) == 0 && v == 90000, "90s");
	ok(str_duration("1h", &v) == 0 && v == 3600000, "1h");
	ok(str_duration("250", &v) == 0 && v == 250, "bare milliseconds");
	ok(str_duration("1y", &v) == 0 && v == 365 * INT64_C(86400000), "1y");
	ok(str_duration("1h30m", &v) < 0 && str_duration("-1s", &v) < 0, "no duration");
	ok(str_int64("-5", &v) == 0 && v == -5, "-5");
	ok(str_int64("9223372036854775808", &v) < 0 && str_int64("5 ", &v) < 0 && str_int64("+5", &v) < 0,
	   "no integer");
}

static void
globs(void)
{
	ok(str_glob("*", ""), "* matches nothing");
	ok(str_glob("a*c", "abbbc") && !str_glob("a*c", "abbbd"), "a*c");
	ok(str_glob("?b[c-e]", "abd") && !str_glob("?b[c-e]", "abf"), "?b[c-e]");
	ok(str_glob("[!a]x", "bx") && !str_glob("[!a]x", "ax"), "[!a]x");
	ok(str_glob("[]]", "]") && str_glob("[", "["), "odd brackets");
	ok(str_glob("*.example.org", "a.b.example.org") && !str_glob("*.example.org", "example.org"), "subdomains");
	char many[2001];
	(void)memset(many, 'a', 2000);
	many[2000] = '\0';
	ok(!str_glob("*a*a*a*a*a*a*a*a*a*a*b", many), "no exponential time");
}

static void
utf8(void)
{
	uint32_t cp;
	ok(utf8_next("\xc3\xa9", 2, &cp) == 2 && cp == 0xE9, "two bytes");
	ok(utf8_next("\xed\xa0\x80", 3, &cp) == 1 && cp == 0xFFFD, "no surrogates");
	ok(utf8_next("\xc0\x80", 2, &cp) == 1 && cp == 0xFFFD, "no overlong NUL");
	ok(utf8_next("\xf4\x90\x80\x80", 4, &cp) == 1, "nothing above U+10FFFF");
	ok(utf8_next("\xe2\x82", 2, &cp) == 1 && cp == 0xFFFD, "cut off");
	ok(utf8_valid("a\xe2\x82\xac", 4) && !utf8_valid("a\xe2\x82", 3), "valid");
	is_int((long long)utf8_count("a\xe2\x82\xac\xf0\x9f\x98\x80", 8), 3, "three characters");
	is_int((long long)utf8_cut("a\xe2\x82\xac\xf0\x9f\x98\x80", 8, 2), 4, "the first two take four bytes");
	char out[4];
	is_int((long long)utf8_put(out, 0xD800), 3, "a surrogate is written as U+FFFD");
	for (uint32_t c = 1; c < 0x110000; c += 7) {
		size_t n = utf8_put(out, c);
		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		if (utf8_next(out, n, &cp) != n || cp != c) {
			ok(0, "round trip of U+%X", c);
			return;
		}
	}
	ok(1, "every seventh code point makes the round trip");
}

/* By one code point after the other, as utf8_next() reads them. */
static bool
valid_slowly(const char *s, size_t n, size_t *beyond)
{
	uint32_t cp;
	*beyond = 0;
	for (size_t i = 0, k; i < n; i += k) {
		k = utf8_next(s + i, n - i, &cp);
		if (k == 1 && (unsigned char)s[i] >= 0x80)
			return false;
		*beyond += k > 1;
	}
	return true;
}

/* Every four bytes out of those at the borders of all ranges, at every place of a block, whole and cut off. */
static void
utf8_blocks(void)
{
	static const unsigned char edge[] = {'a',  0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
					     0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
	enum { EDGES = sizeof edge, LEN = 70 };
	char s[LEN];
	size_t wrong = 0, good = 0;
	(void)memset(s, 'x', sizeof s);
	for (size_t i = 0; i < (size_t)EDGES * EDGES * EDGES * EDGES; i++) {
		size_t at = i % (LEN - 4), n = i % 3 == 0 ? at + 1 + i % 4 : LEN, fast = 0, slow = 0;
		for (size_t k = 0, v = i; k < 4; k++, v /= EDGES)
			s[at + k] = (char)edge[v % EDGES];
		bool is = valid_slowly(s, n, &slow);
		wrong += utf8_scan(s, n, &fast) != is || (is && fast != slow);
		good += is;
		(void)memset(s + at, 'x', 4);
	}
	ok(wrong == 0 && good > 1000, "blocks are judged as their characters are: %zu wrong, %zu valid", wrong, good);
}

static void
lines(void)
{
	int p[2];
	struct io_lines l;
	struct err err;
	char *line = NULL;
	size_t len = 0;
	static const char text[] = "one\r\ntwo\n\n0123456789abcdef\nlast";
	if (pipe(p) < 0)
		return;
	(void)io_write(p[1], text, sizeof text - 1, &err);
	(void)close(p[1]);
	io_lines_init(&l, p[0], 10);
	is_int(io_lines_next(&l, &line, &len, &err), IO_LINE_OK, "a line");
	is_str(line, "one", "without CR LF");
	(void)io_lines_next(&l, &line, &len, &err);
	is_str(line, "two", "the next");
	is_int(io_lines_next(&l, &line, &len, &err), IO_LINE_OK, "an empty line is a line");
	is_int((long long)len, 0, "of no bytes");
	is_int(io_lines_next(&l, &line, &len, &err), IO_LINE_LONG, "a line over the limit is named");
	is_int(io_lines_next(&l, &line, &len, &err), IO_LINE_OK, "and the next is whole");
	is_str(line, "last", "also without LF at the end");
	is_int(io_lines_next(&l, &line, &len, &err), IO_LINE_EOF, "then the end");
	io_lines_clear(&l);
	(void)close(p[0]);
}

/* Both ways to SHA-256 are one, whatever the length. */
static void
short_hashes(void)
{
	char text[200], a[HASH_HEX_LEN + 1], b[HASH_HEX_LEN + 1];
	size_t differ = 0;
	for (size_t n = 0; n < sizeof text; n++) {
		struct hash *h = hash_new();
		text[n] = (char)(n * 7);
		hash_add(h, text, n);
		hash_hex(h, a);
		hash_free(h);
		hash_short(text, n, b);
		differ += strcmp(a, b) != 0;
	}
	is_int((long long)differ, 0, "what is short is hashed to the same");
}

static void
errors(void)
{
	struct err err;
	is_int(err_http(&err, ERR_LIMIT, 502, "M_TOO_LARGE", "%s", "big"), -1, "-1 for the caller to return");
	(void)err_add(&err, "fetch %s", "x");
	is_str(err.text, "fetch x: big", "each level adds what it knows");
	is_int(err_status(&err), 502, "status as set");
	(void)err_set(&err, ERR_NOTFOUND, "gone");
	ok(err_status(&err) == 404 && strcmp(err_errcode(&err), "M_NOT_FOUND") == 0, "status and errcode derived");
	errno = ENOSPC;
	(void)err_sys(&err, "write");
	is_int(err_exit(&err), 75, "a full disk means: try again");
	char hex[HASH_HEX_LEN + 1];
	struct hash *h = hash_new();
	hash_add(h, "abc", 3);
	hash_hex(h, hex);
	hash_free(h);
	is_str(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "SHA-256 of abc (FIPS 180-4)");
}

int
main(void)
{
	short_hashes();
	buffers();
	numbers();
	globs();
	utf8();
	utf8_blocks();
	lines();
	errors();
	return done();
}
