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
	struct json *out = page_oembed(b.p, b.len, "https://example.org/", "https://example.org/", err);
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
	struct json *out = page_oembed(text, strlen(text), NULL, NULL, &err);
	ok(out == NULL && err.code != ERR_NONE, "%s: %s", name, err.text);
	json_free(out);
}

static void
read_as(const char *name, const char *p, size_t n, const char *title)
{
	struct err err = {0};
	struct json *out = page_oembed(p, n, NULL, NULL, &err), *og = json_get(out, "og");
	is_str(json_str(og, "og:title"), title, name);
	json_free(og);
	json_free(out);
}

int
main(void)
{
	static const char latin[] =
	    "<?xml version='1.0' encoding='ISO-8859-1'?><oembed><type>link</type><title>\xFC</title></oembed>";
	static const char marked[] = "\xEF\xBB\xBF\n <oembed><type>link</type><title>T</title></oembed>";
	bounded();
	refused("a billion laughs",
		"<!DOCTYPE oembed [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><oembed><title>&b;</title></oembed>");
	refused("an outside entity", "<!DOCTYPE oembed [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><oembed>&a;</oembed>");
	refused("a page", "<!DOCTYPE html><html><title>T</title></html>");
	refused("an encoding that iconv would load", "<?xml version='1.0' encoding='UTF-7'?><oembed/>");
	refused("an endless declaration", "<?xml version='1.0' encoding='utf-8' ");
	refused("two roots", "<oembed><title>T</title></oembed><oembed/>");
	refused("nothing", "<");
	refused("another encoding than declared", "<oembed><type>link</type><title>\xFC</title></oembed>");
	read_as("ISO-8859-1 is read", latin, sizeof latin - 1, "ü");
	read_as("a byte order mark and blanks are passed over", marked, sizeof marked - 1, "T");
	return done();
}
