/* Does a record keep what it was given, and does its state call for the right stage? */
#include "preview/preview.h"
#include "tests/unit/tap.h"

static struct record
read_rec(const char *line)
{
	struct record rec;
	struct err err;
	(void)record_read(&rec, line, strlen(line), &err);
	return rec;
}

static const char *
text(const struct record *rec, struct buf *b)
{
	buf_reset(b);
	(void)record_write(rec, b);
	return b->p;
}

static void
wire_form(void)
{
	struct buf b;
	struct err err;
	buf_init(&b, RECORD_LINE_MAX * 2);
	struct record rec = read_rec(" http://example.org/ ");
	is_str(text(&rec, &b), "{\"v\":1,\"url\":\"http://example.org/\"}\n", "a bare URL becomes a record");
	record_clear(&rec);
	rec = read_rec("{\"url\":\"http://a/\",\"x\":{\"y\":[1,2.5,null]},\"id\":7}");
	is_str(text(&rec, &b), "{\"url\":\"http://a/\",\"x\":{\"y\":[1,2.5,null]},\"id\":7,\"v\":1}\n",
	       "what is not known is passed on");
	record_clear(&rec);

	is_int(record_read(&rec, "{\"v\":2,\"url\":\"http://a/\"}", 24, &err), -1, "another version is refused");
	ok(record_failed(&rec), "and the record says so");
	record_clear(&rec);
	is_int(record_read(&rec, "{\"v\":1", 6, &err), -1, "half an object is refused");
	ok(record_failed(&rec) && strcmp(record_url(&rec), "") == 0, "and answered all the same");
	record_clear(&rec);
	is_int(record_read(&rec, "{\"v\":1,\"id\":3}", 14, &err), -1, "a record without url is refused");
	is_int(json_int_or(rec.j, "id", 0), 3, "but keeps its id");
	record_clear(&rec);

	char *longer = mem_alloc(RECORD_URL_MAX + 20);
	(void)memset(longer, 'a', RECORD_URL_MAX + 10);
	is_int(record_read(&rec, longer, RECORD_URL_MAX + 10, &err), -1, "an endless URL is refused");
	is_int(err.code, ERR_LIMIT, "as a limit");
	record_clear(&rec);
	mem_free(longer);

	rec = read_rec("http://a/");
	char *big = mem_alloc(RECORD_LINE_MAX + 1);
	(void)memset(big, 'x', RECORD_LINE_MAX);
	json_set_str(rec.j, "big", big);
	buf_reset(&b);
	is_int(record_write(&rec, &b), -1, "a record over the line limit is not written");
	is_int((long long)b.len, 0, "not even in part");
	mem_free(big);
	record_clear(&rec);
	buf_clear(&b);
}

static void
wishes(void)
{
	struct record rec = read_rec("http://a/");
	char *rel = NULL, *url = NULL;
	record_want(&rec, "page", "http://a/");
	record_want(&rec, "page", "http://a/");
	record_want(&rec, "image", "http://a/i");
	is_int((long long)record_wants(&rec), 2, "a wish is made once");
	ok(record_want_at(&rec, 1, &rel, &url), "the second wish is there");
	is_str(rel, "image", "with its rel");
	is_str(url, "http://a/i", "and its url");
	mem_free(rel);
	mem_free(url);
	ok(!record_want_at(&rec, 2, &rel, &url), "no third one");
	mem_free(rel);
	mem_free(url);
	ok(record_wants_rel(&rec, "image") && !record_wants_rel(&rec, "oembed"), "wishes are found by rel");
	struct record_doc doc = {
	    .rel = "page", .url = "http://a/", .type = "text/html", .status = 200, .media_id = "m"};
	record_add_doc(&rec, &doc);
	record_want_done(&rec, "page", "http://a/");
	is_int((long long)record_wants(&rec), 1, "a fulfilled wish is gone");
	record_want(&rec, "page", "http://a/");
	is_int((long long)record_wants(&rec), 1, "what is there is not wanted again");
	record_want_done(&rec, "image", "http://a/i");
	ok(!json_has(rec.j, "want"), "no empty list stays behind");
	for (int i = 0; i < 100; i++) {
		char u[32];
		(void)snprintf(u, sizeof u, "http://a/%d", i);
		record_want(&rec, "image", u);
	}
	is_int((long long)record_wants(&rec), RECORD_WANT_MAX, "wishes have a ceiling");
	record_clear(&rec);
}

static void
haves(void)
{
	struct record rec = read_rec("http://a/");
	struct record_doc doc = {0}, have = {.rel = "page",
					     .url = "http://old/",
					     .final_url = "http://a/b",
					     .type = "text/html",
					     .etag = "\"1\"",
					     .status = 200,
					     .media_id = "m",
					     .bytes = 3,
					     .expires_ts = 5,
					     .stale_if_error = 7,
					     .vary_language = true};
	record_want_have(&rec, "page", "http://a/", &have);
	ok(!json_has(rec.j, "want"), "what is not wanted is not had");
	record_want(&rec, "page", "http://a/");
	record_want(&rec, "image", "http://a/i");
	record_want_have(&rec, "page", "http://a/", &have);
	is_int((long long)record_wants(&rec), 2, "a want that has something is still one want");
	struct json *want = json_get(rec.j, "want"), *first = json_at(want, 0), *second = json_at(want, 1);
	record_doc_view(&doc, json_get(first, "have"));
	is_str(doc.etag, "\"1\"", "its validator is there");
	is_str(doc.final_url, "http://a/b", "and the URL it is of");
	ok(doc.vary_language && doc.stale_if_error == 7 && !doc.no_store && !doc.not_modified, "and how it was kept");
	ok(!json_has(second, "have"), "the other want has nothing");
	doc.not_modified = doc.no_store = true;
	doc.stale_while_revalidate = 9;
	record_want_done(&rec, "page", "http://a/");
	record_add_doc(&rec, &doc);
	record_doc_clear(&doc);
	json_free(first);
	json_free(second);
	json_free(want);
	ok(record_doc(&rec, "page", &doc), "it becomes a document");
	ok(doc.not_modified && doc.no_store && doc.vary_language && doc.stale_while_revalidate == 9 &&
	       doc.stale_if_error == 7,
	   "with all that is known of its age");
	record_doc_clear(&doc);
	record_clear(&rec);
}

static void
languages(void)
{
	static const char *const rows[][3] = {
	    {"{\"url\":\"u\"}", "en;q=0.9", "a record that asks for no language gets the configured ones"},
	    {"{\"url\":\"u\",\"lang\":[]}", "en;q=0.9", "an empty list is none"},
	    {"{\"url\":\"u\",\"lang\":\"de\"}", "en;q=0.9", "what is no list is none"},
	    {"{\"url\":\"u\",\"lang\":[\"de-CH\",\"fr\"]}", "de-CH,fr;q=0.9", "its own go before, best first"},
	    {"{\"url\":\"u\",\"lang\":[\"x\\r\\ny\",7,\"fr\"]}", "fr", "what is no tag is passed over"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct record rec = read_rec(rows[i][0]);
		char *language = record_language(&rec, "en;q=0.9");
		is_str(language, rows[i][1], rows[i][2]);
		mem_free(language);
		record_clear(&rec);
	}
	struct record rec = read_rec("u");
	char *language = record_language(&rec, NULL);
	is_str(language, "", "and none where none is configured");
	mem_free(language);
	record_clear(&rec);
}

static void
failures(void)
{
	struct err err;
	struct record rec = read_rec("http://a/");
	(void)err_http(&err, ERR_REMOTE, 502, NULL, "Got error 429");
	err.class = "status";
	err.http_status = 429;
	err.retry_after = 1500;
	record_fail(&rec, "fetch", &err);
	struct json *e = json_get(rec.j, "error");
	is_str(json_str(e, "class"), "status", "a failure tells of which kind it is");
	ok(json_int_or(e, "http_status", 0) == 429 && json_int_or(e, "retry_after_ms", 0) == 1500,
	   "what the page answered, and when to ask again");
	json_free(e);
	(void)err_set(&err, ERR_SYS, "x");
	record_fail(&rec, "fetch", &err);
	e = json_get(rec.j, "error");
	ok(!json_has(e, "class") && !json_has(e, "http_status") && !json_has(e, "retry_after_ms"),
	   "the next failure does not inherit that");
	json_free(e);
	record_clear(&rec);
}

struct step {
	const char *line;
	enum stage stage;
	const char *name;
};

static void
stages(void)
{
#define PAGE "{\"rel\":\"page\",\"url\":\"u\",\"type\":\"text/html\",\"media_id\":\"m\"}"
#define PICTURE "{\"rel\":\"image\",\"url\":\"i\",\"type\":\"image/png\",\"media_id\":\"2026-11-21_n\"}"
#define OEMBED "{\"rel\":\"oembed\",\"url\":\"o\",\"type\":\"application/json\",\"media_id\":\"k\"}"
#define REFUSED "{\"stage\":\"fetch\",\"rel\":\"image\",\"url\":\"i\"}"
	static const struct step steps[] = {
	    {"{\"url\":\"u\"}", STAGE_OEMBED, "a new record asks the provider table"},
	    {"{\"url\":\"u\",\"want\":[{\"rel\":\"page\",\"url\":\"u\"}]}", STAGE_FETCH, "what is wanted is fetched"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "]}", STAGE_OG, "a page is read"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "," OEMBED "],\"html\":{},\"og\":{}}", STAGE_OEMBED,
	     "an oEmbed answer is converted"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "," OEMBED "],\"html\":{},\"oembed\":{}}", STAGE_OG, "and merged"},
	    {"{\"url\":\"u\",\"docs\":[" OEMBED "],\"oembed\":{}}", STAGE_OG, "an oEmbed answer alone is enough"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "],\"html\":{\"pending\":\"oembed\"},\"og\":{}}", STAGE_OG,
	     "a pending image is settled when nothing is wanted any more"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "," PICTURE "],\"html\":{},\"og\":{}}", STAGE_THUMB,
	     "a picture is made small"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "," PICTURE "],\"html\":{},\"og\":{},\"thumbs\":[]}", STAGE_DONE, "once"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "],\"html\":{},\"og\":{}}", STAGE_DONE,
	     "without a picture nothing is left"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "],\"html\":{},\"og\":{\"og:image\":\"i\"},\"warnings\":[" REFUSED "]}",
	     STAGE_OG, "when the image could not be had, the next one is asked for"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "],\"html\":{},\"og\":{\"og:image\":\"j\"},\"warnings\":[" REFUSED
	     "],\"want\":[{\"rel\":\"image\",\"url\":\"j\"}]}",
	     STAGE_FETCH, "and fetched"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "],\"html\":{},\"og\":{},\"warnings\":[" REFUSED "]}", STAGE_DONE,
	     "when there is none left, nothing is"},
	    {"{\"url\":\"u\",\"docs\":[" PAGE "," PICTURE
	     "],\"html\":{},\"og\":{\"og:image\":\"i\"},\"warnings\":[" REFUSED "]}",
	     STAGE_THUMB, "a picture that came after all is made small"},
	    {"{\"url\":\"u\",\"want\":[{}],\"error\":{}}", STAGE_DONE, "a failed record is done"},
	    {"{\"url\":\"u\",\"want\":[{}],\"cache\":{\"hit\":true}}", STAGE_DONE, "a cached one too"},
	};
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct record rec = read_rec(steps[i].line);
		is_int(stage_next(&rec), steps[i].stage, steps[i].name);
		record_clear(&rec);
	}
}

static void
refusals(void)
{
	struct err err = {.code = ERR_REMOTE};
	struct record rec = read_rec("http://a/");
	char *data = mem_alloc(RECORD_URL_MAX + 100);
	(void)memset(data, 'x', RECORD_URL_MAX + 50);
	(void)memcpy(data, "data:image/png,", 15);
	ok(!record_refused(&rec, "image", "i") && record_refusals(&rec, "image") == 0, "nothing was refused yet");
	record_warn(&rec, "fetch", "image", "i", &err);
	ok(record_refused(&rec, "image", "i") && !record_refused(&rec, "image", "j"), "what was asked for in vain");
	ok(!record_refused(&rec, "oembed", "i"), "is told apart by rel");
	ok(!record_refused(&rec, "image", data) && !record_refused(&rec, "image", NULL), "and by address");
	record_warn(&rec, "fetch", "image", data, &err);
	ok(record_refused(&rec, "image", data), "a long data: URL is known again");
	is_int((long long)record_refusals(&rec, "image"), 2, "they are counted");
	mem_free(data);
	record_clear(&rec);
}

/* A picture that came and was of no use. */
static void
dropping(void)
{
	struct err err = {.code = ERR_INPUT};
	struct record_doc doc;
	struct record rec = read_rec(
	    "{\"url\":\"u\",\"html\":{\"images\":[{\"url\":\"i\"},{\"url\":\"j\"},{\"url\":\"k\"},{\"url\":\"l\"}]},"
	    "\"og\":{\"og:image\":\"i\"},\"thumbs\":[],\"image\":{\"media_id\":\"b\",\"type\":\"image/gif\"},\"docs\":["
	    "{\"rel\":\"page\",\"url\":\"u\",\"type\":\"text/html\",\"media_id\":\"a\"},"
	    "{\"rel\":\"image\",\"url\":\"i\",\"type\":\"application/octet-stream\",\"media_id\":\"b\"}]}");
	ok(record_image_doc(&rec, &doc), "there is a picture");
	is_str(doc.type, "image/gif", "its type is that of its bytes when it was sent without one");
	ok(record_image_spare(&rec, "i"), "there are others");
	record_image_drop(&rec, &doc, &err);
	record_doc_clear(&doc);
	ok(!record_image_doc(&rec, &doc), "a picture that was dropped is none");
	ok(!json_has(rec.j, "thumbs") && !json_has(rec.j, "image"), "and nothing tells of it");
	ok(record_image_refused(&rec) && stage_next(&rec) == STAGE_OG, "the next one is to be chosen");
	ok(record_image_spare(&rec, "j"), "a second one may be given up for a third");
	record_warn(&rec, "fetch", "image", "j", &err);
	ok(!record_image_spare(&rec, "k"), "the third is the last");
	record_clear(&rec);
	rec = read_rec("{\"url\":\"u\",\"html\":{\"images\":[{\"url\":\"data:a\"},{\"url\":\"data:b\"}]},"
		       "\"oembed\":{\"og\":{\"og:image\":\"i\"}}}");
	ok(record_image_spare(&rec, "data:"), "that of an oEmbed answer is another one");
	record_warn(&rec, "fetch", "image", "i", &err);
	ok(!record_image_spare(&rec, "data:"), "one data: URL stands for all");
	record_clear(&rec);
}

static void
finishing(void)
{
	struct buf b;
	buf_init(&b, RECORD_LINE_MAX * 2);
	struct record rec = read_rec("{\"url\":\"u\",\"docs\":[{\"rel\":\"image\",\"url\":\"i\",\"type\":\"image/png; "
				     "x=1\",\"media_id\":\"2026-11-21_n\",\"bytes\":5}],"
				     "\"image\":{\"width\":3,\"height\":4},\"og\":{\"og:title\":\"T\",\"og:image\":"
				     "\"http://i\",\"og:image:width\":\"9\","
				     "\"og:image:alt\":\"A\"}}");
	stage_finish(&rec, "example.org");
	struct json *og = json_get(rec.j, "og");
	(void)json_write(og, 0, &b);
	is_str(b.p,
	       "{\"og:title\":\"T\",\"og:image\":\"mxc://example.org/"
	       "2026-11-21_n\",\"og:image:width\":3,\"og:image:alt\":\"A\","
	       "\"og:image:type\":\"image/png; x=1\",\"matrix:image:size\":5,\"og:image:height\":4}",
	       "the image gets its mxc name, its measured size and keeps its text");
	json_free(og);
	record_clear(&rec);

	rec = read_rec("{\"url\":\"u\",\"docs\":[],\"oembed\":{\"author_name\":\"Ann\"},"
		       "\"og\":{\"og:image\":\"http://i\",\"og:image:width\":\"9\",\"og:image_x\":\"stays\"}}");
	stage_finish(&rec, "example.org");
	og = json_get(rec.j, "og");
	buf_reset(&b);
	(void)json_write(og, 0, &b);
	is_str(b.p, "{\"og:image_x\":\"stays\",\"og:title\":\"Ann\"}",
	       "a lost image takes what described it along; the author stands in for a title");
	json_free(og);
	record_clear(&rec);
	buf_clear(&b);
}

int
main(void)
{
	wire_form();
	wishes();
	haves();
	languages();
	failures();
	stages();
	refusals();
	dropping();
	finishing();
	return done();
}
