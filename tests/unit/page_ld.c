/* Is JSON-LD read as it is meant, and does any other text end well? */
#include "page/int.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static void
value_is(const char *json, const char *name, const char *want, const char *what)
{
	struct ld l;
	char *got = NULL;
	if (page_ld_parse(&l, json, strlen(json)) == 0 && l.nodes > 1) {
		size_t i = page_ld_get(&l, 1, name);
		got = i == 0 ? NULL : page_ld_name(&l, i, LD_FOLLOW_MAX);
	}
	is_str(got != NULL ? got : "(none)", want, what);
	mem_free(got);
	page_ld_clear(&l);
}

static void
reading(void)
{
	value_is("{\"name\":\"x\"}", "name", "x", "a string");
	value_is("{\"name\":-1.5e3}", "name", "-1.5e3", "a number as it is written");
	value_is("{\"name\":null}", "name", "(none)", "null is nothing");
	value_is("{\"schema:name\":\"x\"}", "name", "x", "a name with its vocabulary");
	value_is("{\"surname\":\"x\"}", "name", "(none)", "another name that ends alike");
	value_is("{\"a\":{\"name\":\"in\"},\"name\":\"out\"}", "name", "out", "members of members are not its own");
	value_is("{\"name\":\"a\\\"b\\\\\\u00e9\\ud83d\\ude00\\ud83d\\n/\"}", "name",
		 "a\"b\\\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD /", "escapes, pairs and half a pair");
	value_is("{\"name\":{\"@value\":\"v\",\"@language\":\"en\"}}", "name", "v", "a value with a language");
	value_is("{\"name\":[null,\"\",{\"name\":\"deep\"}]}", "name", "deep", "the first of a list that has text");
	value_is("{\"name\":\"1 < 2 <b>bold</b> <unclosed\"}", "name", "1 < 2 bold <unclosed", "tags go, signs stay");
	value_is("\xEF\xBB\xBF <!-- /* <![CDATA[ */ {\"name\":\"x\" /* y */ , // z\n} /* ]]> */ -->", "name", "x",
		 "wrappings and comments");
	value_is("{\"name\":\"x\"", "name", "(none)", "an object without end is broken");
	value_is("{\"name\":\"x\"]", "name", "(none)", "so is one with the wrong end");
	value_is("{\"name\" \"x\"}", "name", "(none)", "and one without its colon");
	value_is("{\"name\":\"x\"}}", "name", "x", "what follows does not matter");
}

static const char sample[] =
    "//<![CDATA[\n{\"@context\":\"https://schema.org\",\"@graph\":[{\"@type\":[\"WebPage\",\"FAQPage\"],\"name\":\"P\","
    "\"mainEntity\":{\"@id\":\"#q\"}},{\"@type\":\"Question\",\"@id\":\"#q\",\"name\":\"Q "
    "\\u00e9\\ud83d\\ude00\",\"image\":"
    "[\"a.jpg\",{\"@id\":\"#i\"}]},{\"@type\":\"ImageObject\",\"@id\":\"#i\",\"url\":\"b.jpg\",\"width\":{\"value\":"
    "\"640px\"}},"
    "{\"@type\":\"Product\",\"name\":\"<b>N</"
    "b>\",\"offers\":[{\"price\":1.5,\"priceSpecification\":[{\"priceCurrency\":"
    "\"EUR\"}]}],\"keywords\":[\"a\",\"b\"],\"author\":[{\"name\":\"A\"},\"B\"],\"video\":[{\"embedUrl\":\"e\"}]}]}\n//"
    "]]>";

static void
read_one(const char *p, size_t n)
{
	struct page_facts f;
	char *copy = mem_alloc(n); /* exactly as long, so that one byte too far is seen */
	(void)memcpy(copy, p, n);
	page_facts_init(&f);
	page_ld_read(&f, copy, n);
	page_ld_finish(&f);
	page_facts_clear(&f);
	mem_free(copy);
}

static void
hostile(void)
{
	enum { ROUNDS = 20000, CHANGES = 6 };
	static const char bytes[] = "{}[]\",:\\/*<>!-u0d8@#a \n\x80\xFF";
	uint32_t seed = 1;
	char text[sizeof sample];
	for (size_t n = 1; n < sizeof sample; n++)
		read_one(sample, n);
	(void)ok(true, "every beginning of a script");
	for (int i = 0; i < ROUNDS; i++) {
		(void)memcpy(text, sample, sizeof sample);
		for (int k = 0; k < CHANGES; k++) {
			seed = seed * 1664525U + 1013904223U;
			text[(seed >> 8) % (sizeof sample - 1)] = bytes[(seed >> 24) % (sizeof bytes - 1)];
		}
		read_one(text, sizeof sample - 1);
	}
	(void)ok(true, "%d scripts with some bytes changed", ROUNDS);
}

static void
limits(void)
{
	struct ld l;
	struct buf b;
	buf_init(&b, LD_BYTES_MAX * 2);
	for (int i = 0; i < LD_NODES_MAX * 2; i++)
		(void)buf_adds(&b, i == 0 ? "[1" : ",1");
	(void)buf_adds(&b, "]");
	is_int(page_ld_parse(&l, b.p, b.len), -1, "too many values are refused");
	buf_reset(&b);
	for (int i = 0; i < JSON_DEPTH_MAX * 2; i++)
		(void)buf_adds(&b, "[");
	is_int(page_ld_parse(&l, b.p, b.len), -1, "so is too deep a nesting");
	buf_clear(&b);
}

int
main(void)
{
	reading();
	hostile();
	limits();
	return done();
}
