/* Is the oEmbed link found in a Link: header, and only that? */
#include "page/page.h"
#include "tap.h"

static void
finds(const char *header, const char *want, const char *name)
{
	char *url = page_oembed_link(header, "https://example.org/a/b");
	is_str(url, want, name);
	mem_free(url);
}

#define OE "; rel=alternate; type=application/json+oembed"

int
main(void)
{
	finds("<https://o.example/?u=1>; rel=\"alternate\"; type=\"application/json+oembed\"", "https://o.example/?u=1",
	      "a link as the standard writes it");
	finds("<https://o.example/>" OE, "https://o.example/", "tokens instead of strings");
	finds("<../o?x>" OE, "https://example.org/o?x", "relative to where the page came from");
	finds("<//o.example/o>;rel=ALTERNATE;TYPE=text/json+oembed", "https://o.example/o", "in any letter case");
	finds("<https://a.example/s.css>; rel=preload; as=style, <https://o.example/>" OE, "https://o.example/",
	      "behind another one");
	finds("<https://a.example/,;>; rel=next; title=\"a, <b>; rel=alternate\", <https://o.example/,x>" OE,
	      "https://o.example/,x", "commas and brackets inside strings and addresses part nothing");
	finds("<https://x.example/>; rel=alternate; type=text/xml+oembed, <https://o.example/>" OE,
	      "https://o.example/", "JSON goes before XML");
	finds("<https://x.example/>; rel=alternate; type=application/xml+oembed", "https://x.example/",
	      "XML where there is no JSON");
	finds("<https://o.example/>; rel=\"nofollow alternate\"; type=\"application/json+oembed; charset=utf-8\"",
	      "https://o.example/", "lists of relations, parameters of the type");
	finds("<https://o.example/>; title*=utf-8''x; rel = alternate ; type = application/json+oembed ; x",
	      "https://o.example/", "blanks around the sign, other parameters");
	finds("<https://o.example/>; title=\"a\\\"b\"" OE, "https://o.example/", "an escaped quote");
	finds("<https://o.example/>; rel=next" OE, NULL, "the first rel counts");
	finds("<https://o.example/>; rel=alternate; type=text/html", NULL, "another type");
	finds("<https://o.example/>; type=application/json+oembed", NULL, "no rel");
	finds("<https://o.example/>; anchor=\"#x\"" OE, NULL, "said of another document");
	finds("<javascript:alert(1)>" OE, NULL, "no web address");
	finds("<https://o.example/" OE, NULL, "an open bracket");
	finds("https://o.example/" OE, NULL, "no bracket");
	finds("<https://o.example/>; rel=\"alternate", NULL, "an open string");
	finds("<>" OE, "https://example.org/a/b", "an empty reference is the page itself");
	finds("", NULL, "nothing");
	finds(NULL, NULL, "no header");
	finds(";,<>;=,;\"<", NULL, "nonsense");
	return done();
}
