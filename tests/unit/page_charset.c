/* Is every charset known by its labels, decided on the right evidence, and decoded to the right characters? */
#include "page/int.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static char *
shared(const char *rest)
{
	const char *s = getenv("MX_SHARED");
	return mem_printf("%s/corpora/%s", s != NULL ? s : "../shared", rest);
}

static bool
load(const char *rest, struct buf *b)
{
	char *path = shared(rest);
	struct err err = {.code = ERR_NONE};
	buf_init(b, (size_t)8 << 20);
	bool there = io_read_file(path, b->max, b, &err) == 0;
	mem_free(path);
	return there;
}

/* ---- labels ---------------------------------------------------------------------------------------------- */

static void
each_encoding(const struct json *e, size_t *checked, size_t *wrong)
{
	struct json *labels = json_get(e, "labels");
	const char *name = json_str(e, "name");
	bool ours = strcmp(name, "replacement") != 0 && strcmp(name, "x-user-defined") != 0;
	for (size_t i = 0; i < json_len(labels); i++) {
		struct json *l = json_at(labels, i);
		char *loud = mem_printf(" \t%s\n", json_value_str(l));
		const char *got = page_charset_label(loud, strlen(loud));
		(*checked)++;
		*wrong += ours ? !str_eq(got, name) : got != NULL;
		json_free(l);
		mem_free(loud);
	}
	json_free(labels);
}

static void
labels(void)
{
	struct buf b;
	size_t checked = 0, wrong = 0;
	static const char *const none[] = {"",	   "utf-9",  "unicode_escape", "ISO-2022-CN-EXT", "UTF-8//TRANSLIT",
					   "utf7", "latin11"};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		(void)ok(page_charset_label(none[i], strlen(none[i])) == NULL, "no charset is called '%s'", none[i]);
	if (!load("encoding-whatwg/encodings.json", &b)) {
		(void)ok(1, "every label of the standard # SKIP not here");
		return;
	}
	struct json *groups = json_parse(b.p, b.len, NULL);
	for (size_t i = 0; i < json_len(groups); i++) {
		struct json *g = json_at(groups, i), *encodings = json_get(g, "encodings");
		for (size_t k = 0; k < json_len(encodings); k++) {
			struct json *e = json_at(encodings, k);
			each_encoding(e, &checked, &wrong);
			json_free(e);
		}
		json_free(encodings);
		json_free(g);
	}
	(void)ok(checked > 200 && wrong == 0, "every label of the standard (%zu, %zu wrong)", checked, wrong);
	json_free(groups);
	buf_clear(&b);
}

/* ---- characters -------------------------------------------------------------------------------------------- */

/* The bytes of a pointer of an index, as the decoders of the standard have it. */
typedef size_t bytes_of(unsigned pointer, char *out);

static size_t
single(unsigned p, char *out)
{
	out[0] = (char)(p + 0x80);
	return 1;
}

static size_t
euc_kr(unsigned p, char *out)
{
	out[0] = (char)(p / 190 + 0x81);
	out[1] = (char)(p % 190 + 0x41);
	return 2;
}

static size_t
big5(unsigned p, char *out)
{
	unsigned trail = p % 157;
	out[0] = (char)(p / 157 + 0x81);
	out[1] = (char)(trail + (trail < 0x3F ? 0x40 : 0x62));
	return 2;
}

static size_t
gb18030(unsigned p, char *out)
{
	unsigned trail = p % 190;
	out[0] = (char)(p / 190 + 0x81);
	out[1] = (char)(trail + (trail < 0x3F ? 0x40 : 0x41));
	return 2;
}

static size_t
shift_jis(unsigned p, char *out)
{
	unsigned lead = p / 188, trail = p % 188;
	out[0] = (char)(lead + (lead < 0x1F ? 0x81 : 0xC1));
	out[1] = (char)(trail + (trail < 0x3F ? 0x40 : 0x41));
	return 2;
}

static size_t
euc_jp(unsigned p, char *out)
{
	out[0] = (char)(p / 94 + 0xA1);
	out[1] = (char)(p % 94 + 0xA1);
	return p < 94 * 94 ? 2 : 0;
}

/* Four bytes for what has no two. */
static size_t
gb18030_range(unsigned p, char *out)
{
	out[0] = (char)(p / (10 * 126 * 10) + 0x81);
	out[1] = (char)(p / (10 * 126) % 10 + 0x30);
	out[2] = (char)(p / 10 % 126 + 0x81);
	out[3] = (char)(p % 10 + 0x30);
	return 4;
}

/* Between the two escapes that lead to JIS X 0208 and back. */
static size_t
iso_2022_jp(unsigned p, char *out)
{
	(void)memcpy(out, "\x1B$B..\x1B(B", 8);
	out[3] = (char)(p / 94 + 0x21);
	out[4] = (char)(p % 94 + 0x21);
	return p < 94 * 94 ? 8 : 0;
}

struct count {
	size_t checked, wrong;
};

static void
index_line(const struct charset *set, struct page_charsets *c, const char *line, bytes_of *f, struct count *n)
{
	char *end = NULL, bytes[8] = "", want[4];
	unsigned long pointer = strtoul(line, &end, 10);
	uint32_t cp = (uint32_t)strtoul(end, NULL, 16);
	size_t len = f((unsigned)pointer, bytes), want_len = utf8_put(want, cp);
	struct buf out;
	if (len == 0)
		return;
	buf_init(&out, 64);
	page_charset_reset(set, c);
	(void)page_charset_convert(set, c, bytes, len, true, &out, NULL);
	n->checked++;
	n->wrong += out.len != want_len || memcmp(out.p, want, want_len) != 0;
	buf_clear(&out);
}

/* At most `differ` characters are other ones: libc's tables are not the standard's everywhere. */
static void
index_file(const char *label, const char *file, bytes_of *f, size_t differ, struct page_charsets *c)
{
	const struct charset *set = page_charset_by_label(label, strlen(label));
	char *path = mem_printf("encoding-whatwg/index-%s.txt", file);
	struct buf b;
	struct count n = {0, 0};
	if (!load(path, &b) || !page_charset_readable(set, c)) {
		(void)ok(1, "%s # SKIP not here", label);
		mem_free(path);
		return;
	}
	for (char *line = b.p; line != NULL && *line != '\0';) {
		char *next = strchr(line, '\n');
		const char *first = line + strspn(line, " \t");
		if (*first >= '0' && *first <= '9')
			index_line(set, c, first, f, &n);
		line = next == NULL ? NULL : next + 1;
	}
	(void)ok(n.checked > 0 && n.wrong <= differ, "%s: %zu of %zu characters differ (at most %zu)", label, n.wrong,
		 n.checked, differ);
	buf_clear(&b);
	mem_free(path);
}

static void
indexes(struct page_charsets *c)
{
	static const char *const singles[] = {
	    "ibm866",	    "iso-8859-2",   "iso-8859-3",    "iso-8859-4",   "iso-8859-5",   "iso-8859-6",
	    "iso-8859-7",   "iso-8859-8",   "iso-8859-10",   "iso-8859-13",  "iso-8859-14",  "iso-8859-15",
	    "iso-8859-16",  "koi8-r",	    "koi8-u",	     "macintosh",    "windows-874",  "windows-1250",
	    "windows-1251", "windows-1252", "windows-1253",  "windows-1254", "windows-1255", "windows-1256",
	    "windows-1257", "windows-1258", "x-mac-cyrillic"};
	for (size_t i = 0; i < sizeof singles / sizeof singles[0]; i++)
		index_file(singles[i], singles[i], single, 0, c);
	index_file("euc-kr", "euc-kr", euc_kr, 0, c);
	index_file("gb18030", "gb18030", gb18030, 10, c);
	index_file("gb18030", "gb18030-ranges", gb18030_range, 0, c); /* the first of each range */
	index_file("iso-2022-jp", "jis0208", iso_2022_jp, 463, c);    /* these, and NEC's own signs of row 13 */
	index_file("big5", "big5", big5, 150, c);		      /* other choices of Hong Kong's code */
	index_file("shift_jis", "jis0208", shift_jis, 10, c);
	index_file("euc-jp", "jis0208", euc_jp, 374, c); /* NEC's second copy of IBM's kanji */
}

/* ---- declarations: html5lib's encoding tests ------------------------------------------------------------------ */

static void
encoding_test(const char *data, size_t n, const char *label, size_t label_n, struct count *count)
{
	bool xml = false;
	size_t bom = 0;
	const struct charset *want = page_charset_by_label(label, label_n), *got = page_charset_from_bom(data, n, &bom);
	if (got == NULL)
		got = page_charset_from_meta(data, n, &xml);
	if (got == NULL)
		got = page_charset_windows_1252();
	count->checked++;
	if (got != want) {
		count->wrong++;
		(void)printf("# %.*s instead of %.*s\n", 20, got->name, (int)label_n, label);
		for (size_t i = 0; i < n && i < 300 && getenv("VERBOSE") != NULL; i++)
			(void)putchar(data[i] == '\n' ? '~' : data[i]);
		if (getenv("VERBOSE") != NULL)
			(void)putchar('\n');
	}
}

static void
encoding_file(const char *name, size_t differ)
{
	static const char head[] = "#data\n", mid[] = "\n#encoding\n";
	char *path = mem_printf("html5lib-tests/encoding/%s", name);
	struct buf b;
	struct count count = {0, 0};
	if (!load(path, &b)) {
		(void)ok(1, "%s # SKIP not here", name);
		mem_free(path);
		return;
	}
	const char *p = b.p, *end = b.p + b.len;
	while ((p = memmem(p, (size_t)(end - p), head, sizeof head - 1)) != NULL) {
		p += sizeof head - 1;
		const char *e = memmem(p, (size_t)(end - p), mid, sizeof mid - 1);
		if (e == NULL)
			break;
		const char *label = e + sizeof mid - 1, *nl = memchr(label, '\n', (size_t)(end - label));
		size_t label_n = nl == NULL ? (size_t)(end - label) : (size_t)(nl - label);
		encoding_test(p, (size_t)(e - p), label, label_n, &count);
		p = label;
	}
	(void)ok(count.checked > 0 && count.wrong <= differ, "%s: %zu of %zu differ", name, count.wrong, count.checked);
	buf_clear(&b);
	mem_free(path);
}

/* ---- whole pages: the bytes of every single-byte charset, and one in Big5 that says nothing of it ---------------- */

/* A title of all that is in the upper half, in the page's own charset, is read as the index has it. */
static void
whole_page(const char *label, struct page_charsets *c)
{
	const struct charset *set = page_charset_by_label(label, strlen(label));
	struct buf page, want;
	buf_init(&page, 4096);
	buf_init(&want, 4096);
	(void)buf_addf(&page, "<meta charset=%s><title>x", label);
	(void)buf_addc(&want, 'x');
	for (unsigned b = 0xA1; b <= 0xFF;
	     b++) { /* 80 to 9F and A0 may be controls and spaces: they do not get through */
		char utf8[4];
		uint32_t cp = set->high[b - 0x80];
		if (cp == 0xFFFD || cp == 0xAD || (cp >= 0x80 && cp < 0xA1) || (cp >= 0x200E && cp <= 0x200F))
			continue;
		(void)buf_addc(&page, (char)b);
		(void)buf_add(&want, utf8, utf8_put(utf8, cp));
	}
	(void)buf_adds(&page, "</title>");
	struct json *j = page_html(page.p, page.len, &(struct page_options){.charsets = c}),
		    *og = page_merge(j, NULL, 0);
	(void)ok(str_eq(json_str(og, "og:title"), want.p) && str_eq(json_str(j, "charset"), set->name),
		 "a page in %s is read as such (%s)", label, json_str(j, "charset_by"));
	json_free(og);
	json_free(j);
	buf_clear(&page);
	buf_clear(&want);
}

static void
whole_pages(struct page_charsets *c)
{
	const struct charset *set = NULL;
	struct buf b;
	for (size_t i = 0; (set = page_charset_at(i)) != NULL; i++)
		if (set->kind == CHARSET_TABLE)
			whole_page(set->name, c);
	if (!load("html5lib-tests/encoding/chardet/test_big5.txt", &b)) {
		(void)ok(1, "chardet/test_big5.txt # SKIP not here");
		return;
	}
	const char *by = NULL, *name = page_charset_name(b.p, b.len, NULL, c, &by);
	(void)is_str(name, "Big5", "chardet/test_big5.txt");
	(void)is_str(by, "detected", "which says nothing of it");
	buf_clear(&b);
}

/* ---- decisions --------------------------------------------------------------------------------------------------- */

static void
decides(struct page_charsets *c, const char *page, const char *type, const char *want, const char *by, const char *name)
{
	const char *evidence = NULL, *got = page_charset_name(page, strlen(page), type, c, &evidence);
	(void)is_str(got, want, name);
	(void)is_str(evidence, by, name);
}

static void
decisions(struct page_charsets *c)
{
	decides(c, "plain", NULL, "UTF-8", "default", "ASCII is UTF-8");
	decides(c, "caf\xC3\xA9", NULL, "UTF-8", "utf-8", "valid UTF-8 needs no declaration");
	decides(c, "caf\xE9", NULL, "windows-1252", "default", "one byte that is none is windows-1252");
	decides(c, "caf\xE9", "text/html; charset=\"ISO-8859-2\"", "ISO-8859-2", "header", "the header is believed");
	decides(c, "caf\xE9", "text/html;charset = 'latin1'", "windows-1252", "header", "in single quotes too");
	decides(c, "caf\xC3\xA9", "text/html;charset=latin1", "UTF-8", "utf-8", "unless it is UTF-8 all the same");
	decides(c, "\xEF\xBB\xBFx", "text/html;charset=koi8-r", "UTF-8", "bom", "a mark goes before it");
	decides(c, "<?xml version='1.0' encoding='koi8-r'?>\xC1", NULL, "KOI8-R", "xml", "an XML declaration");
	decides(c, "<!-- <meta charset=koi8-r> --><meta charset=big5>", NULL, "Big5", "meta", "not one in a comment");
	decides(c, "<script>'<meta charset=koi8-r>'</script>\xC1", NULL, "KOI8-R", "meta", "but one in a script");
	decides(c, "<meta charset=utf-16>x", NULL, "UTF-8", "meta", "UTF-16 cannot be declared in ASCII");
	decides(c, "<meta charset=x-user-defined>\xE9", NULL, "windows-1252", "default", "nor what is no charset");
	decides(NULL, "<meta charset=gbk>\xE9", NULL, "windows-1252", "default",
		"what cannot be converted is not chosen");
}

/* A page that is fed in pieces says what it says whole. */
static void
windows(struct page_charsets *c)
{
	enum { COPIES = 40000, NOISE = 64 };
	struct buf b;
	buf_init(&b, (size_t)64 << 20);
	(void)buf_adds(&b, "<meta charset=shift_jis><title>\x93\xFA\x96{</title><p>");
	for (int i = 0; i < COPIES; i++)
		(void)buf_adds(&b, "<script>var x = '\x93\xFA\x96{ &amp;'; </script><!-- \x93\xFA -->");
	(void)buf_adds(&b, "<meta name=description content='\x93\xFA\x96{ at the end'>");
	struct json *j = page_html(b.p, b.len, &(struct page_options){.charsets = c}), *og = page_merge(j, NULL, 0);
	(void)is_str(json_str(og, "og:title"), "\xE6\x97\xA5\xE6\x9C\xAC", "a page of many windows: its title");
	(void)is_str(json_str(og, "og:description"), "\xE6\x97\xA5\xE6\x9C\xAC at the end", "and what comes last");
	json_free(og);
	json_free(j);
	buf_reset(&b);
	(void)buf_adds(&b, "<meta charset=windows-1251><title>x</title><img alt='");
	while (b.len < 2 * PAGE_WINDOW)
		(void)buf_adds(&b, "\xC0>\" \xC1=");
	(void)buf_adds(&b, "'><meta name=description content=D>");
	j = page_html(b.p, b.len, &(struct page_options){.charsets = c});
	og = page_merge(j, NULL, 0);
	(void)is_str(json_str(og, "og:description"), "D", "a tag longer than a window is passed over");
	json_free(og);
	json_free(j);
	buf_clear(&b);
}

int
main(void)
{
	struct page_charsets *c = page_charsets_open();
	labels();
	indexes(c);
	decisions(c);
	encoding_file("tests1.dat", 0);
	encoding_file("tests2.dat", 0);
	encoding_file("test-yahoo-jp.dat", 0);
	whole_pages(c);
	windows(c);
	page_charsets_close(c);
	return done();
}
