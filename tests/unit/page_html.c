/* Does reading a page end well whatever it is?  Corpora, hostile shapes with a clock, and libxml2 as the other opinion. */
#include "page/int.h"

#include <dirent.h>
#include <libxml/HTMLparser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/unit/tap.h"

static double
seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct json *
og_of(const char *p, size_t n, struct page_charsets *c)
{
	struct json *html = page_html(p, n, &(struct page_options){.url = "https://example.org/", .charsets = c});
	struct json *og = page_merge(html, NULL, 0);
	json_free(html);
	return og;
}

/* ---- corpora: nothing but an object comes out ------------------------------------------------------------ */

struct walk {
	struct page_charsets *c;
	size_t files, bad;
};

static void
one_file(struct walk *w, const char *path)
{
	struct buf b;
	struct err err = {.code = ERR_NONE};
	buf_init(&b, (size_t)32 << 20);
	if (io_read_file(path, b.max, &b, &err) == 0 && b.len > 0) {
		struct json *og = og_of(b.p, b.len, w->c);
		struct buf out;
		buf_init(&out, (size_t)1 << 20);
		w->files++;
		if (json_write(og, 0, &out) < 0 || !utf8_valid(out.p, out.len)) {
			w->bad++;
			(void)printf("# %s\n", path);
		}
		buf_clear(&out);
		json_free(og);
	}
	buf_clear(&b);
}

static void
walk_dir(struct walk *w, const char *path, int depth)
{
	enum { DEPTH_MAX = 4 };
	DIR *d = depth > DEPTH_MAX ? NULL : opendir(path);
	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		char *sub = mem_printf("%s/%s", path, e->d_name);
		struct stat st;
		if (e->d_name[0] != '.' && stat(sub, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				walk_dir(w, sub, depth + 1);
			else
				one_file(w, sub);
		}
		mem_free(sub);
	}
	if (d != NULL)
		(void)closedir(d);
}

static void
corpora(struct page_charsets *c)
{
	static const char *const dirs[] = {"html", "html5lib-tests", "encoding-whatwg", "gif/afl", "json/test_parsing"};
	const char *shared = getenv("MX_SHARED");
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		char *path = mem_printf("%s/corpora/%s", shared != NULL ? shared : "../shared", dirs[i]);
		struct walk w = {c, 0, 0};
		walk_dir(&w, path, 0);
		if (w.files == 0)
			(void)ok(1, "corpus %s # SKIP not here", dirs[i]);
		else
			(void)ok(w.bad == 0, "corpus %s: %zu files, %zu bad", dirs[i], w.files, w.bad);
		mem_free(path);
	}
}

/* ---- hostile shapes: twice the size takes no more than about twice the time ---------------------------------- */

struct shape {
	const char *name, *head, *unit, *tail;
};

static double
time_of(const struct shape *s, size_t size, struct page_charsets *c)
{
	struct buf b;
	buf_init(&b, size + 4096);
	(void)buf_adds(&b, s->head);
	while (b.len < size)
		(void)buf_adds(&b, s->unit);
	(void)buf_adds(&b, s->tail);
	double t = seconds();
	json_free(og_of(b.p, b.len, c));
	t = seconds() - t;
	buf_clear(&b);
	return t;
}

static void
shapes(struct page_charsets *c)
{
	static const struct shape all[] = {
	    {"empty tags", "", "<a>", ""},
	    {"nested elements", "", "<div>", ""},
	    {"nested and hidden", "<div hidden>", "<div><b>", ""},
	    {"misnested formatting", "", "<b><i></b>", ""},
	    {"end tags of nothing", "", "</p></x></b>", ""},
	    {"end tags above a deep stack", "<div><div><div><div><div><div><div><div><b><b><b><b>", "<x></y></i>", ""},
	    {"metas", "", "<meta property=\"og:title\" content=\"x\">", ""},
	    {"different metas", "", "<meta property=\"og:image:alt\" name=\"og:y\" content=\" \">", ""},
	    {"images", "", "<img src=a width=11 height=11>", ""},
	    {"lazy images", "", "<img src=data:, srcset=\"a 1w,b 2w,c\" data-src=blank.gif>", ""},
	    {"attributes", "<a ", "b=c ", ">"},
	    {"attributes of a meta", "<meta ", "property=og:title content=\"x\" ", ">"},
	    {"names in one property", "<meta content=x property=\"", "og:a ", "\">"},
	    {"unquoted quotes", "<a ", "=\"' ", ""},
	    {"one attribute", "<meta property=og:title content=\"", "x &amp; ", "\">"},
	    {"one srcset", "<img srcset=\"", "a.png 1w, ", "\">"},
	    {"entities", "<title>", "&amp;", ""},
	    {"half entities", "<p>", "&CounterClockwiseContourIntegra", ""},
	    {"numbers", "<p>&#", "0", ""},
	    {"numbers in another charset", "<meta charset=windows-1251><p>&#", "0", ""},
	    {"ampersands", "<p>", "&", ""},
	    {"angle brackets", "<p>", "<", ""},
	    {"end tag beginnings", "<title>", "</titl", ""},
	    {"script ends that are none", "<script>", "</scrip<!--<script", ""},
	    {"dashes", "<!--", "--", ""},
	    {"comment ends that are none", "<!--", "-- >", ""},
	    {"script dashes", "<script><!--", "-", ""},
	    {"declarations", "", "<!", ""},
	    {"processing instructions", "", "<?x>", ""},
	    {"cdata", "<svg><![CDATA[", "]]", ""},
	    {"svg in and out", "", "<svg><p>", ""},
	    {"templates", "", "<template><h1>", ""},
	    {"headings", "", "<h1>", ""},
	    {"open titles", "<svg>", "<title>", ""},
	    {"blanks", "<p>", " \n\t ", ""},
	    {"no break spaces", "<p>", "\xC2\xA0", ""},
	    {"bad bytes", "<meta charset=utf-8><p>", "\xFF", ""},
	    {"bad double bytes", "<meta charset=gbk><p>", "\xFF\xFF\xFF\xD6\xD0\xD6\xD0", ""},
	    {"text", "<p hidden>", "lorem ipsum dolor ", ""},
	};
	const size_t size = (size_t)2 << 20;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		double once = time_of(&all[i], size, c), twice = time_of(&all[i], 2 * size, c);
		/* the clock is coarse and the machine is shared: only what is far off counts */
		(void)ok(twice < 5 * once + 0.05 && twice < 4, "%s: linear", all[i].name);
		if (getenv("VERBOSE") != NULL)
			(void)printf("# %s: %.1f ms for 2 MiB, %.1f ms for 4\n", all[i].name, once * 1e3, twice * 1e3);
	}
}

/* ---- libxml2: what plain pages say to it, they say to us ----------------------------------------------------------- */

static uint32_t
draw(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (*seed >> 8) % n;
}

static void
words(struct buf *b, uint32_t *seed, uint32_t n)
{
	static const char *const list[] = {
	    "alpha", "beta",	"&amp;", "d\xC3\xA9j\xC3\xA0",	    "&eacute;t&eacute;", "x<b>y</b>z",
	    "gamma", "&#8364;", "end.",	 "\xE6\x97\xA5\xE6\x9C\xAC"};
	for (uint32_t i = 0; i < n; i++)
		(void)buf_addf(b, "%s%s", i > 0 ? " " : "", list[draw(seed, 10)]);
}

/* A page as a person would write it: valid enough for HTML 4 and 5 to agree. */
static void
generate(struct buf *b, uint32_t seed)
{
	buf_reset(b);
	(void)buf_adds(b, "<!DOCTYPE html>\n<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; "
			  "charset=utf-8\">\n<title>T ");
	(void)buf_addf(b, "%u &amp; more</title>", seed);
	if (draw(&seed, 2) == 0)
		(void)buf_addf(b, "<meta property=\"og:title\" content=\"OG &quot;%u&quot;\">", draw(&seed, 100));
	if (draw(&seed, 2) == 0)
		(void)buf_addf(b, "<META NAME='description' CONTENT='D %u &lt; x'/>", draw(&seed, 100));
	if (draw(&seed, 3) == 0)
		(void)buf_adds(b, "<script>if (a < b && \"<title>no</title>\") {}</script><style>p > a {}</style>");
	(void)buf_adds(b, "</head>\n<body>\n");
	for (uint32_t i = draw(&seed, 30) + 1; i > 0; i--) {
		static const char *const tags[] = {"p", "div", "h2", "blockquote", "ul"};
		const char *tag = tags[draw(&seed, 5)];
		(void)buf_addf(b, "<%s>%s", tag, strcmp(tag, "ul") == 0 ? "<li>" : "");
		words(b, &seed, draw(&seed, 12) + 1);
		(void)buf_addf(b, "</%s>\n", tag);
		if (draw(&seed, 6) == 0)
			(void)buf_addf(b, "<!-- %u --><img src=\"/i%u.png\" width=%u height=20>", i, i,
				       20 + draw(&seed, 400));
	}
	(void)buf_adds(b, "</body></html>\n");
}

static char *
xpath(xmlDocPtr doc, const char *expr)
{
	xmlXPathContextPtr ctx = xmlXPathNewContext(doc);
	xmlXPathObjectPtr o = xmlXPathEvalExpression((const xmlChar *)expr, ctx);
	xmlChar *s = xmlXPathCastToString(o);
	char *out = page_text_clean((const char *)s, strlen((const char *)s));
	xmlFree(s);
	xmlXPathFreeObject(o);
	xmlXPathFreeContext(ctx);
	return out;
}

static bool
agree(xmlDocPtr doc, const char *expr, const struct json *from, const char *key)
{
	char *theirs = xpath(doc, expr);
	const char *ours = json_str(from, key);
	bool same = str_eq(theirs, ours);
	if (!same)
		(void)printf("# %s: ours %s, libxml2's %s\n", key, ours != NULL ? ours : "none",
			     theirs != NULL ? theirs : "none");
	mem_free(theirs);
	return same;
}

static void
against_libxml2(void)
{
	enum { PAGES = 400 };
	struct buf b;
	size_t differ = 0;
	buf_init(&b, (size_t)1 << 20);
	for (uint32_t seed = 1; seed <= PAGES; seed++) {
		generate(&b, seed);
		htmlDocPtr doc = htmlReadMemory(b.p, (int)b.len, NULL, NULL,
						HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
		struct json *html = page_html(b.p, b.len, &(struct page_options){.url = NULL});
		struct json *declared = json_get(html, "declared"), *inferred = json_get(html, "inferred");
		bool same = agree(doc, "//meta[@property='og:title']/@content", declared, "og:title") &&
			    agree(doc, "//meta[@name='description']/@content", declared, "og:description") &&
			    agree(doc, "//title", inferred, "og:title");
		char *body = xpath(doc, "//body"), *text = NULL;
		const char *ours = json_str(inferred, "og:description");
		text = ours == NULL ? NULL : page_text_clean(ours, strlen(ours));
		size_t n = text == NULL ? 0 : strlen(text);
		same = same && text != NULL && body != NULL && strncmp(body, text, n < 150 ? n : 150) == 0;
		differ += !same;
		mem_free(text);
		mem_free(body);
		json_free(inferred);
		json_free(declared);
		json_free(html);
		xmlFreeDoc(doc);
	}
	buf_clear(&b);
	(void)ok(differ == 0, "libxml2 reads %d generated pages the same (%zu differ)", PAGES, differ);
}

/* ---- enough is enough ------------------------------------------------------------------------------------------------ */

static void
early(struct page_charsets *c)
{
	static const char head[] = "<head><title>T</title><meta name=description content=D>"
				   "<meta property='og:image' content='/i.png'></head><body>",
			  late[] = "<meta property='og:title' content=late>";
	struct buf b;
	buf_init(&b, (size_t)1 << 20);
	(void)buf_adds(&b, head);
	(void)buf_adds(&b, late);
	struct json *og = og_of(b.p, b.len, c);
	(void)is_str(json_str(og, "og:title"), "T", "a head that says everything is not read past");
	json_free(og);
	og = og_of(late, sizeof late - 1, c);
	(void)is_str(json_str(og, "og:title"), "late", "one that does not is");
	json_free(og);
	buf_clear(&b);
}

int
main(void)
{
	struct page_charsets *c = page_charsets_open();
	corpora(c);
	shapes(c);
	against_libxml2();
	early(c);
	page_charsets_close(c);
	xmlCleanupParser();
	return done();
}
