/* Who else can speak of this URL?  First pass: ask for the page, and its provider if one is known.  Second pass: read
 * the provider's answer.
 *
 * The record's "oembed" member: {"og":{…members in the answer's words…},"author_name":…,"stub_title":…,
 * "cache_age":seconds}; stub_title is a title that says no more than the provider's name or the URL.  An answer that
 * cannot be read gives {"og":{}} and a warning. */
#include "preview/stages.h"

#include "page/page.h"
#include "preview/stage_body.h"

static void
ask(const struct stage_oembed *st, struct record *rec)
{
	char *endpoint = page_providers_match(st->providers, record_url(rec));
	record_want(rec, "page", record_url(rec));
	if (endpoint != NULL)
		record_want(rec, "oembed", endpoint);
	mem_free(endpoint);
}

/* Providers send answers under many names; what a page or a picture is sent as is never one. */
static bool
type_read(const char *type)
{
	static const char *const types[] = {"application/json",		"application/xml",
					    "application/javascript",	"application/x-javascript",
					    "application/octet-stream", "text/"};
	bool read = type == NULL || *type == '\0';
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		read = read || record_type_is(type, types[i]);
	return read;
}

static struct json *
convert(const struct stage_oembed *st, const struct record *rec, const struct record_doc *doc, struct err *err)
{
	struct stage_body b;
	struct json *out = NULL;
	if (stage_body_open(&b, st->blobs, doc, PAGE_OEMBED_MAX + 1, err) < 0)
		return NULL;
	const char *base = doc->final_url != NULL ? doc->final_url : doc->url;
	if (!type_read(doc->type))
		(void)err_set(err, ERR_UNSUPPORTED, "oembed: answer is %s", doc->type);
	else
		out = page_oembed(b.n > 0 ? b.p : "", b.n, record_url(rec), base, doc->type, err);
	stage_body_close(&b);
	return out;
}

int
stage_oembed(const struct stage_oembed *st, struct record *rec, struct err *err)
{
	struct record_doc doc;
	if (record_failed(rec) || record_cached(rec))
		return 0;
	if (!record_doc(rec, "oembed", &doc)) {
		if (!record_has_doc(rec, "page") && record_wants(rec) == 0)
			ask(st, rec);
		return 0;
	}
	if (!json_has(rec->j, "oembed")) {
		struct json *out = convert(st, rec, &doc, err);
		if (out == NULL) {
			record_warn(rec, "oembed", "oembed", doc.url, err);
			err_clear(err);
			out = json_object();
			json_set(out, "og", json_object());
		}
		json_set(rec->j, "oembed", out);
		json_del(rec->j, "og"); /* merged anew, with this */
	}
	record_doc_clear(&doc);
	return 0;
}
