/* What is left of hostile words in a card, and in lines for people? */
#include "preview/format.h"

#include <locale.h>
#include <wchar.h>

#include "tests/unit/tap.h"

static struct record
read_rec(const char *line)
{
	struct record rec;
	struct err err;
	(void)record_read(&rec, line, strlen(line), &err);
	return rec;
}

static char *
html_of(const char *line, const struct format_picture *pic)
{
	struct record rec = read_rec(line);
	struct buf b;
	buf_init(&b, 1 << 20);
	format_html(&rec, pic, false, &b);
	record_clear(&rec);
	return buf_take(&b);
}

static void
has(const char *text, const char *part, bool want, const char *name)
{
	ok((strstr(text, part) != NULL) == want, "%s", name);
}

static void
escaped(void)
{
	struct format_picture pic = {.src = (char *)"x\"><b>", .width = 640, .height = 300};
	char *h =
	    html_of("{\"url\":\"https://e.example/?a&b\",\"og\":{\"og:title\":\"<&>\\\"'\",\"og:image:alt\":\"\\\" "
		    "onload=x\"},\"html\":{\"lang\":\"en\\\" x=\\\"\",\"extra\":{\"dir\":\"up\"}}}",
		    &pic);
	has(h, ">&lt;&amp;&gt;&quot;&#39;</a>", true, "five characters are escaped");
	has(h, "href=\"https://e.example/?a&amp;b\"", true, "in addresses, too");
	has(h, "src=\"x&quot;&gt;&lt;b&gt;\"", true, "also in what the caller names");
	has(h, "alt=\"&quot; onload=x\"", true, "and in alternative texts");
	has(h, "lang=", false, "a language that is none is left out");
	has(h, "dir=\"auto\"", true, "and a direction");
	has(h, "mxcard-side", false, "a wide picture is as wide as the card");
	mem_free(h);
	pic.width = 300;
	h = html_of("{\"url\":\"https://e.example/\",\"og\":{}}", &pic);
	has(h, "class=\"mxcard mxcard-side\"", true, "another one stands beside the words");
	has(h, ">https://e.example/</a>", true, "without a title the address is it");
	mem_free(h);
}

static void
unlinked(void)
{
	static const char *const bad[] = {
	    "javascript:alert(1)",   "data:text/html,x", "vbscript:x", "file:///etc/passwd",
	    "//no-scheme.example/x", "mailto:a@b",	 " ",	       "https:///"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *line =
		    mem_printf("{\"url\":\"%s\",\"og\":{\"og:title\":\"T\",\"og:url\":\"javascript:x\"}}", bad[i]);
		char *h = html_of(line, NULL);
		has(h, "href", false, bad[i]);
		mem_free(h);
		mem_free(line);
	}
}

/* No line is wider than 40 columns, but for the address; n of them. */
static size_t
lines_of(const char *text, bool *fit)
{
	size_t lines = 0;
	*fit = true;
	while (*text != '\0') {
		const char *end = strchr(text, '\n');
		unsigned columns = 0;
		bool address = str_starts(text, "http");
		for (size_t n = (size_t)(end - text); n > 0;) {
			uint32_t cp;
			size_t step = utf8_next(text, n, &cp);
			int w = wcwidth((wchar_t)cp);
			columns += w > 0 ? (unsigned)w : 0;
			*fit = *fit && cp >= ' ' && w >= 0 && cp != 0x202E && cp != 0x2066;
			text += step;
			n -= step;
		}
		*fit = *fit && (address || columns <= 40);
		text = end + 1;
		lines++;
	}
	return lines;
}

static void
lined(const char *title, size_t want, const char *name)
{
	struct record rec;
	struct buf b;
	bool fit = false;
	struct json *og = json_object();
	record_from_url(&rec, "https://e.example/");
	json_set_str(og, "og:title", title);
	json_set(rec.j, "og", og);
	buf_init(&b, 1 << 20);
	format_text(&rec, 10, false, &b); /* the least is 40 */
	is_int((int64_t)lines_of(b.p, &fit), (int64_t)want, name);
	ok(fit, "%s", name);
	buf_clear(&b);
	record_clear(&rec);
}

static void
repeated(const char *part, size_t n, size_t want, const char *name)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < n; i++)
		(void)buf_adds(&b, part);
	lined(b.p, want, name);
	buf_clear(&b);
}

static void
bundled(void)
{
	struct record rec = read_rec("{\"url\":\"https://e.example/\",\"og\":{\"og:title\":null,\"og:image:width\":3,"
				     "\"matrix:image:size\":4,\"x\":\"y\"}}");
	struct json *j = format_bundled(&rec, false);
	struct buf b;
	buf_init(&b, 4096);
	(void)json_write(j, 0, &b);
	is_str(b.p, "{\"matched_url\":\"https://e.example/\",\"og:image:width\":3,\"matrix:image:size\":4}",
	       "an element has what clients know");
	buf_clear(&b);
	json_free(j);
	record_clear(&rec);
	rec = read_rec("{\"url\":\"https://e.example/\"}");
	j = format_bundled(&rec, true);
	ok(!json_has(j, "matrix:matched_url") && json_has(j, "url"), "an unfinished record is none");
	json_free(j);
	record_clear(&rec);
}

int
main(void)
{
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	escaped();
	unlinked();
	repeated("w", 4096, 103 + 2, "a word of 4 kB");
	repeated("漢", 100, 5 + 2, "wide characters");
	repeated("ab ", 100, 8 + 2, "words");
	lined("\x1b[2J\x07\r\n\t\xc2\x9b"
	      "1m\u202eevil\u2066",
	      1 + 2, "controls");
	repeated("a\u0301", 30, 1 + 2, "marks take no room");
	repeated("\u0301", 4000, 1 + 2, "a heap of marks is cut");
	bundled();
	return done();
}
