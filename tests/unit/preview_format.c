/* Are an answer of the cache, and what it was made of, a card and an explanation like any other? */
#include "preview/format.h"
#include "tests/unit/tap.h"

static struct record
read_rec(const char *line)
{
	struct record rec;
	struct err err;
	is_int(record_read(&rec, line, strlen(line), &err), 0, "a record");
	return rec;
}

static void
is_json(struct json *take, const char *want, const char *name)
{
	struct buf b;
	buf_init(&b, RECORD_LINE_MAX);
	(void)json_write(take, 0, &b);
	is_str(b.p, want, name);
	buf_clear(&b);
	json_free(take);
}

static struct json *
member(struct json *take, const char *key)
{
	struct json *value = json_get(take, key);
	json_free(take);
	return value;
}

/* What a cache keeps beside the answer, under the record's own names. */
static const char known[] =
    "{\"v\":1,\"url\":\"https://example.org/a\",\"cache\":{\"hit\":true,\"expires_ts\":5},"
    "\"og\":{\"og:title\":\"T\",\"og:description\":\"From oEmbed\",\"og:image\":\"mxc://h/i\",\"og:x\":\"y\"},"
    "\"oembed\":{\"og\":{\"og:title\":\"O\",\"og:description\":\"From oEmbed\"}},"
    "\"html\":{\"base\":\"https://cdn.example/b/\",\"declared\":{\"og:title\":\"T\"},\"inferred\":{\"og:title\":\"P\"},"
    "\"lists\":{\"og:participant:avatar[]\":[\"a.png\",\"\"]},"
    "\"extra\":{\"author\":\"Ann\",\"og:site_name\":\"Site\",\"og:site_icon\":\"/i.png\"},"
    "\"sources\":{\"og:title\":\"og\",\"author\":\"meta\"},"
    "\"where\":{\"og:title\":{\"source\":\"og\",\"from\":\"meta property=og:title\",\"offset\":7,\"line\":2}},"
    "\"others\":{\"og:title\":[{\"source\":\"title\",\"value\":\"P\",\"why\":\"a source that comes "
    "later\",\"line\":3}]},"
    "\"charset\":\"UTF-8\",\"charset_by\":\"header\"}}";

static void
explained(void)
{
	struct record rec = read_rec(known);
	is_json(member(format_explain(&rec), "fields"),
		"[{\"field\":\"og:title\",\"value\":\"T\",\"source\":\"og\",\"from\":\"meta "
		"property=og:title\",\"offset\":7,"
		"\"line\":2,\"others\":[{\"source\":\"oembed\",\"value\":\"O\",\"why\":\"what the page declares goes "
		"before "
		"oEmbed\"},{\"source\":\"title\",\"value\":\"P\",\"why\":\"a source that comes later\",\"line\":3}]},"
		"{\"field\":\"og:description\",\"value\":\"From oEmbed\",\"source\":\"oembed\"},"
		"{\"field\":\"og:image\",\"value\":\"mxc://h/i\",\"source\":\"cache\"},"
		"{\"field\":\"og:x\",\"value\":\"y\",\"source\":\"cache\"}]",
		"what is known of an answer is told, for the rest the cache is the source");
	is_json(member(format_explain(&rec), "charset"), "{\"name\":\"UTF-8\",\"by\":\"header\"}", "the charset");
	is_json(member(format_explain(&rec), "cache"), "{\"hit\":true,\"expires_ts\":5}", "and that it was known");
	record_clear(&rec);
	rec = read_rec(
	    "{\"v\":1,\"url\":\"https://example.org/a\",\"cache\":{\"hit\":true},\"og\":{\"og:title\":\"T\"}}");
	is_json(member(format_explain(&rec), "fields"),
		"[{\"field\":\"og:title\",\"value\":\"T\",\"source\":\"cache\"}]", "an answer alone");
	record_clear(&rec);
}

static void
carded(void)
{
	struct record rec = read_rec(known);
	struct json *card = format_card(&rec);
	is_str(json_str(card, "og:site_icon"), "https://cdn.example/i.png", "the icon counts from the base");
	is_str(json_str(card, "og:site_name"), "Site", "the name of the site");
	is_json(json_get(card, "og:participant:avatar[]"), "[\"https://cdn.example/b/a.png\",\"\"]", "lists are lists");
	ok(format_card_complete(card), "nothing is missing");
	json_free(card);
	record_clear(&rec);
	rec = read_rec(
	    "{\"v\":1,\"url\":\"https://www.example.org/a\",\"cache\":{\"hit\":true},\"og\":{\"og:title\":\"T\"}}");
	is_json(format_card(&rec),
		"{\"og:title\":\"T\",\"og:site_name\":\"example.org\",\"og:site_icon\":\"https://www.example.org/"
		"favicon.ico\","
		"\"missing\":[\"og:description\"]}",
		"from an answer alone a card is made as far as it goes");
	record_clear(&rec);
}

static void
tabled(void)
{
	struct record rec = read_rec(known);
	struct json *e = format_explain(&rec);
	struct buf b;
	buf_init(&b, FORMAT_TABLE_MAX);
	format_table(e, 80, false, &b);
	ok(strstr(b.p, "og:title        og          T\n") != NULL, "a table of it");
	ok(strstr(b.p, "line 2, byte 7, meta property=og:title\n") != NULL, "with places");
	ok(strstr(b.p, "title       P (a source that comes later; line 3, byte 0)\n") != NULL, "and runners-up");
	buf_clear(&b);
	json_free(e);
	record_clear(&rec);
}

int
main(void)
{
	explained();
	carded();
	tabled();
	return done();
}
