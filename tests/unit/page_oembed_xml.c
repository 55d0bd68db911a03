/* Does an XML answer cost what it may cost, whatever its shape? */
#include "page/page.h"
#include "tap.h"

#include <time.h>

static double
seconds(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* head, n times the piece (with its number where it has an @), tail; what came of it, in how many seconds. */
static struct json *
answer(const char *head, const char *piece, size_t n, const char *tail, struct err *err, double *took)
{
	struct buf b;
	buf_init(&b, PAGE_OEMBED_MAX);
	(void)buf_adds(&b, head);
	for (size_t i = 0; i < n && b.len + strlen(piece) + strlen(tail) + 24 < b.max; i++)
		for (const char *p = piece; *p != '\0'; p++)
			(void)(*p == '@' ? buf_addf(&b, "%zu", i) : buf_addc(&b, *p));
	(void)buf_adds(&b, tail);
	double from = seconds();
	err_clear(err);
	struct json *out = page_oembed(b.p, b.len, "https://example.org/", "https://example.org/", NULL, err);
	*took = seconds() - from;
	buf_clear(&b);
	return out;
}

enum { MANY = 1 << 22 };

static void
hostile(const char *name, const char *head, const char *piece, const char *tail)
{
	struct err err;
	double took = 0;
	struct json *out = answer(head, piece, MANY, tail, &err, &took);
	ok(took < 4, "%s: %.2f s", name, took);
	ok(out != NULL || err.code != ERR_NONE, "and ends with an answer or a word: %s",
	   out != NULL ? "answer" : err.text);
	json_free(out);
}

static void
bounded(void)
{
	hostile("open elements", "<oembed>", "<a>", "");
	hostile("members", "<oembed>", "<a@>x</a@>", "<title>T</title></oembed>");
	hostile("attributes of one tag", "<oembed", " a@=''", "><title>T</title></oembed>");
	hostile("attributes with blanks", "<oembed", " a@ = \"\"", "/>");
	hostile("namespaces", "<oembed", " xmlns:a@='b'", "/>");
	hostile("a name", "<oembed><", "a", "/></oembed>");
	hostile("a long text", "<oembed><title>", "abc &amp; ", "</title></oembed>");
	hostile("one value", "<oembed><title x='", "aaaaaaaaaa", "'>T</title></oembed>");
	hostile("pieces of CDATA", "<oembed><html>", "<![CDATA[x]]>", "</html></oembed>");
	hostile("comments", "<oembed><title>T</title>", "<!---->", "</oembed>");
	hostile("instructions", "", "<?a b?>", "<oembed/>");
	hostile("entities of its own", "<!DOCTYPE oembed [", "<!ENTITY e@ 'x'>", "]><oembed/>");
	hostile("a parameter entity", "<!DOCTYPE oembed [<!ENTITY % a 'x'>", "%a;", "]><oembed/>");
	hostile("references", "<oembed><title>", "&#65;", "</title></oembed>");
	hostile("unknown references", "<oembed><title>", "&x;", "</title></oembed>");
}

static void
refused(const char *name, const char *text)
{
	struct err err = {0};
	struct json *out = page_oembed(text, strlen(text), NULL, NULL, NULL, &err);
	ok(out == NULL && err.code != ERR_NONE, "%s: %s", name, err.text);
	json_free(out);
}

static void
read_as(const char *name, const char *type, const char *p, size_t n, const char *title)
{
	struct err err = {0};
	struct json *out = page_oembed(p, n, NULL, NULL, type, &err), *og = json_get(out, "og");
	is_str(json_str(og, "og:title"), title, name);
	json_free(og);
	json_free(out);
}

/* In two bytes each, low (little) or high first. */
static void
wide(const char *name, const char *text, bool little, bool mark)
{
	struct buf b;
	buf_init(&b, 1024);
	if (mark)
		(void)buf_add(&b, little ? "\xFF\xFE" : "\xFE\xFF", 2);
	for (const char *p = text; *p != '\0'; p++) {
		unsigned unit = *p == '~' ? 0x2713 : (unsigned char)*p; /* a character beyond all others' reach */
		(void)buf_addc(&b, (char)(little ? unit & 0xFF : unit >> 8));
		(void)buf_addc(&b, (char)(little ? unit >> 8 : unit & 0xFF));
	}
	read_as(name, NULL, b.p, b.len, "✓");
	buf_clear(&b);
}

static void
charsets(void)
{
#define ANSWER(declaration, title) declaration "<oembed><type>link</type><title>" title "</title></oembed>"
	static const struct {
		const char *name, *type, *bytes, *title;
	} cases[] = {
	    {"a byte order mark and blanks are passed over", NULL, "\xEF\xBB\xBF\n " ANSWER("", "T"), "T"},
	    {"ISO-8859-1 means windows-1252", NULL, ANSWER("<?xml version='1.0' encoding='ISO-8859-1'?>", "\xFC \x80"),
	     "ü €"},
	    {"windows-1252", NULL, ANSWER("<?xml version='1.0' encoding='windows-1252'?>", "\x93\xFC\x94"), "“ü”"},
	    {"ISO-8859-2, in double quotes", NULL, ANSWER("<?xml version=\"1.0\" encoding=\"iso-8859-2\"?>\n", "\xB1"),
	     "ą"},
	    {"KOI8-R", NULL, ANSWER("<?xml version='1.0' encoding='koi8-r'?>", "\xC4\xC1"), "да"},
	    {"the Content-Type goes before the declaration", "text/xml; charset=windows-1251",
	     ANSWER("<?xml version='1.0' encoding='koi8-r'?>", "\xE4\xE0"), "да"},
	    {"UTF-8 that is called something else", "text/xml; charset=iso-8859-1",
	     ANSWER("<?xml version='1.0' encoding='windows-1252'?>", "ü"), "ü"},
	    {"UTF-8 that is called UTF-16", NULL, ANSWER("<?xml version='1.0' encoding='utf-16'?>", "ü"), "ü"},
	    {"a label that nobody knows", NULL, ANSWER("<?xml version='1.0' encoding='x-none'?>", "ü"), "ü"},
	    {"UTF-8 with one bad byte", NULL, ANSWER("", "ü ö ä \xFC"), "ü ö ä \xEF\xBF\xBD"},
	    {"nothing declared, and no UTF-8", NULL, ANSWER("", "\xFC"), "ü"},
	    {"JSON in what its header says", "application/json; charset=windows-1251",
	     "{\"type\":\"link\",\"title\":\"\xE4\xE0\"}", "да"},
	    {"JSON in windows-1252 without a word", "application/json", "{\"type\":\"link\",\"title\":\"caf\xE9\"}",
	     "café"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		read_as(cases[i].name, cases[i].type, cases[i].bytes, strlen(cases[i].bytes), cases[i].title);
	wide("UTF-16LE with a mark", ANSWER("<?xml version='1.0' encoding='utf-16'?>", "~"), true, true);
	wide("UTF-16BE with a mark", ANSWER("<?xml version='1.0' encoding='utf-16'?>", "~"), false, true);
	wide("UTF-16LE without a mark", ANSWER("", "~"), true, false);
	wide("UTF-16BE without a mark", ANSWER("<?xml version='1.0'?>", "~"), false, false);
	wide("JSON in UTF-16", "{\"type\":\"link\",\"title\":\"~\"}", true, false);
#undef ANSWER
}

int
main(void)
{
	bounded();
	refused("a billion laughs",
		"<!DOCTYPE oembed [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><oembed><title>&b;</title></oembed>");
	refused("an outside entity", "<!DOCTYPE oembed [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><oembed>&a;</oembed>");
	refused("a page", "<!DOCTYPE html><html><title>T</title></html>");
	refused("an endless declaration", "<?xml version='1.0' encoding='utf-8' ");
	refused("two roots", "<oembed><title>T</title></oembed><oembed/>");
	refused("nothing", "<");
	refused("a double-byte encoding",
		"<?xml version='1.0' encoding='gb2312'?><oembed><title>\xC4\xE3</title></oembed>");
	charsets();
	return done();
}
