/* Why this answer?  What is known of a record, ordered by the question a reader has.
 *
 *   url, final_url, hops   what was asked, where it was found, redirects on the way
 *   og, html, oembed       the answer, and what it was made of (mxpreview-og(1) --explain has the first two as well)
 *   fields                 array: {field, value, source, from, offset, line, others: [{source, value, why, from, offset,
 *                          line}]}; sources as in html.sources, and oembed, author (of an oEmbed answer), file (what was
 *                          stored), cache.  from, offset and line: where in the page it stands, if it does
 *   beside                 the same for what html.extra has beside the answer
 *   skipped                array: {what, why, count, limit, offset, line}: what limits and rules left out
 *   charset                {name, by}
 *   docs                   array: {rel, url, final_url, hops, status, type, bytes}
 *   stages                 array: {stage, runs, ms, bytes}: bytes that were read
 *   cache, warnings, error as in the record; cache.hit is false if the answer was not known
 *
 * Members that would be empty are absent.
 *
 * An answer of the cache is explained as far as its record has what was known when it was made: html (declared, inferred,
 * images, extra, sources, where, others, skipped, charset, charset_by), oembed, docs and warnings, under their own names;
 * if it has no docs, the source of what none of them tells is "cache". */
#include "preview/format.h"

#include <string.h>

struct reader {
	const struct record *rec;
	struct json *og, *html, *oembed, *fields;
	struct json *declared, *inferred, *answer, *sources, *where, *others; /* of html and oembed */
};

/* ---- fields ----------------------------------------------------------------------------------------------- */

enum layer { DECLARED, OEMBED, INFERRED, LAYERS };

/* Numbers and texts of one member are compared as texts. */
static char *
text_of(const struct json *value)
{
	int64_t n = 0;
	const char *s = json_value_str(value);
	if (s != NULL)
		return mem_strdup(s);
	return json_value_int(value, &n) ? mem_printf("%lld", (long long)n) : NULL;
}

static char *
member_text(const struct json *object, const char *key)
{
	struct json *value = json_get(object, key);
	char *text = value != NULL ? text_of(value) : NULL;
	json_free(value);
	return text;
}

static void
copy_members(struct json *to, const struct json *from, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (json_has(from, *keys))
			json_set(to, *keys, json_get(from, *keys));
}

static const char *const place[] = {"from", "offset", "line", NULL};

/* at has its place in the page, or is NULL. */
static void
add_other(struct json *others, const char *source, const char *value, const char *why, const struct json *at)
{
	struct json *one = json_object();
	json_set_str(one, "source", source);
	json_set_str(one, "value", value);
	json_set_str(one, "why", why);
	copy_members(one, at, place);
	json_add(others, one);
}

static const char *
why_lost(enum layer won, enum layer lost)
{
	if (lost == DECLARED)
		return "merge = oembed-first puts oEmbed in front";
	if (won == DECLARED)
		return lost == OEMBED ? "what the page declares goes before oEmbed"
				      : "what the page declares goes before what is concluded from it";
	return "oEmbed goes before what is concluded from the page";
}

static const char *
source_of(const struct reader *r, enum layer layer, const char *key, const struct json *at, bool first)
{
	const char *named = json_str(r->sources, key);
	if (layer == OEMBED)
		return "oembed";
	if (first && (named != NULL || json_str(at, "source") != NULL))
		return named != NULL ? named : json_str(at, "source");
	return layer == DECLARED ? "page" : "text";
}

/* What the page has in other places, where only its first usable source counts. */
static void
add_page_others(const struct reader *r, const char *key, const char *won, struct json *to)
{
	struct json *list = json_get(r->others, key);
	for (size_t i = 0, n = json_len(list); i < n; i++) {
		struct json *one = json_at(list, i);
		const char *source = json_str(one, "source"), *value = json_str(one, "value"),
			   *why = json_str(one, "why");
		if (source != NULL && value != NULL)
			add_other(to, source, value,
				  str_eq(value, won) ? "says the same"
				  : why != NULL	     ? why
						     : "a source that comes later",
				  one);
		json_free(one);
	}
	json_free(list);
}

/* An ordinary member: which layer has this value, and what do the others say? */
static char *
judge_layers(const struct reader *r, const char *key, const char *value, struct json *field, struct json *others)
{
	const struct json *const objects[LAYERS] = {r->declared, r->answer, r->inferred};
	char *text[LAYERS];
	int won = -1, first = -1;
	char *source = NULL;
	for (int i = 0; i < LAYERS; i++) {
		text[i] = member_text(objects[i], key);
		if (won < 0 && str_eq(text[i], value))
			won = i;
		if (first < 0 && text[i] != NULL && i != OEMBED)
			first = i;
	}
	struct json *at = json_get(r->where, key);
	if (won >= 0)
		source = mem_strdup(source_of(r, (enum layer)won, key, at, won == first));
	if (won >= 0 && won == first)
		copy_members(field, at, place);
	for (int i = 0; i < LAYERS; i++) {
		if (won >= 0 && i != won && text[i] != NULL && (i == OEMBED || r->others == NULL || i == first))
			add_other(others, source_of(r, (enum layer)i, key, at, i == first), text[i],
				  str_eq(text[i], value) ? "says the same" : why_lost((enum layer)won, (enum layer)i),
				  i == first ? at : NULL);
	}
	json_free(at);
	for (int i = 0; i < LAYERS; i++)
		mem_free(text[i]);
	add_page_others(r, key, value, others);
	return source;
}

/* ---- the image ------------------------------------------------------------------------------------------------ */

/* Why this address brought no picture, yours; NULL if it was not tried or is not to blame. */
static char *
failure_of(const struct reader *r, const char *url)
{
	struct json *warnings = json_get(r->rec->j, "warnings");
	char *why = NULL;
	for (size_t i = 0, n = json_len(warnings); i < n && why == NULL; i++) {
		struct json *w = json_at(warnings, i);
		if (str_eq(json_str(w, "rel"), "image") && str_eq(json_str(w, "url"), url))
			why = mem_strdup(json_str(w, "error"));
		json_free(w);
	}
	json_free(warnings);
	return why;
}

/* Of several candidates: the one that was stored, and all the others. */
static char *
judge_candidates(const struct reader *r, const char *stored, struct json *field, struct json *others)
{
	struct json *images = json_get(r->html, "images");
	char *source = NULL;
	for (size_t i = 0, n = json_len(images); i < n; i++) {
		struct json *image = json_at(images, i);
		const char *url = json_str(image, "url"), *from = json_str(image, "source");
		char *why = url != NULL ? failure_of(r, url) : NULL;
		if (source == NULL && stored != NULL && str_eq(url, stored)) {
			source = mem_strdup(from);
			copy_members(field, image, place);
		} else if (url != NULL && from != NULL) {
			add_other(others, from, url, why != NULL ? why : "a candidate that comes later", image);
		}
		mem_free(why);
		json_free(image);
	}
	json_free(images);
	return source;
}

/* The source of the image that was stored, or will be (value); NULL: nobody knows. */
static char *
judge_images(const struct reader *r, const char *value, struct json *field, struct json *others)
{
	struct record_doc doc = {0};
	char *oembed = member_text(r->answer, "og:image");
	bool there = record_image_doc(r->rec, &doc);
	const char *url = there ? doc.url : value;
	char *source = judge_candidates(r, url, field, others);
	if (oembed != NULL && str_eq(oembed, url) && source == NULL)
		source = mem_strdup("oembed");
	else if (oembed != NULL)
		add_other(others, "oembed", oembed, "what the page declares goes before oEmbed", NULL);
	add_page_others(r, "og:image", url, others);
	if (there)
		record_doc_clear(&doc);
	mem_free(oembed);
	return source;
}

/* Is this member measured on what was stored? */
static bool
measured(const struct reader *r, const char *key)
{
	static const char *const keys[] = {"og:image:type", "og:image:width", "og:image:height", "matrix:image:size"};
	struct record_doc doc;
	if (!record_image_doc(r->rec, &doc))
		return false;
	record_doc_clear(&doc);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (str_eq(key, keys[i]))
			return true;
	return false;
}

/* ---- one field after the other ------------------------------------------------------------------------------- */

static void
explain_field(void *arg, const char *key, const struct json *value)
{
	const struct reader *r = arg;
	struct json *one = json_object(), *others = json_array();
	char *text = text_of(value), *source = NULL;
	json_set_str(one, "field", key);
	json_set(one, "value", json_copy(value));
	json_set_null(one, "source"); /* its place in the order */
	if (str_eq(key, "og:image"))
		source = judge_images(r, text, one, others);
	else if (measured(r, key))
		source = mem_strdup("file");
	else
		source = judge_layers(r, key, text, one, others);
	if (source != NULL)
		json_set_str(one, "source", source);
	else if (text != NULL && str_eq(text, json_str(r->oembed, "author_name")))
		json_set_str(one, "source", "author");
	else
		json_set_str(one, "source", record_cached(r->rec) && !json_has(r->rec->j, "docs") ? "cache" : "file");
	if (json_len(others) > 0)
		json_set(one, "others", json_copy(others));
	json_add(r->fields, one);
	json_free(others);
	mem_free(source);
	mem_free(text);
}

/* Pictures were found, but none could be had. */
static void
explain_no_image(const struct reader *r)
{
	struct json *others = json_array(), *one = json_object();
	mem_free(judge_images(r, NULL, one, others));
	json_set_str(one, "field", "og:image");
	json_set_null(one, "value");
	json_set_str(one, "source", "none");
	if (json_len(others) > 0) {
		json_set(one, "others", others);
		json_add(r->fields, one);
	} else {
		json_free(others);
		json_free(one);
	}
}

/* What the page says beside the answer: a list or an object has the place of its beginning. */
static void
explain_beside(void *arg, const char *key, const struct json *value)
{
	const struct reader *r = arg;
	struct json *one = json_object(), *others = json_array(), *at = json_get(r->where, key);
	const char *source = json_str(r->sources, key);
	if (source == NULL)
		source = json_str(at, "source");
	json_set_str(one, "field", key);
	json_set(one, "value", json_copy(value));
	json_set_str(one, "source", source != NULL ? source : "page");
	copy_members(one, at, place);
	add_page_others(r, key, json_value_str(value), others);
	if (json_len(others) > 0)
		json_set(one, "others", others);
	else
		json_free(others);
	json_add(r->fields, one);
	json_free(at);
}

static void
explain_fields(const struct record *rec, struct json *out)
{
	struct reader r = {.rec = rec,
			   .og = json_get(rec->j, "og"),
			   .html = json_get(rec->j, "html"),
			   .oembed = json_get(rec->j, "oembed"),
			   .fields = json_array()};
	struct json *extra = json_get(r.html, "extra");
	r.declared = json_get(r.html, "declared");
	r.inferred = json_get(r.html, "inferred");
	r.sources = json_get(r.html, "sources");
	r.where = json_get(r.html, "where");
	r.others = json_get(r.html, "others");
	r.answer = json_get(r.oembed, "og");
	if (!record_failed(rec))
		json_each(r.og, explain_field, &r);
	if (!record_failed(rec) && !json_has(r.og, "og:image"))
		explain_no_image(&r);
	json_set_some(out, "fields", r.fields);
	r.fields = json_array();
	if (!record_failed(rec))
		json_each(extra, explain_beside, &r);
	json_set_some(out, "beside", r.fields);
	struct json *const done[] = {r.og,	r.html,	 r.oembed, r.declared, r.inferred,
				     r.sources, r.where, r.others, r.answer,   extra};
	for (size_t i = 0; i < sizeof done / sizeof done[0]; i++)
		json_free(done[i]);
}

/* What the reading of the page left out, and what was never brought. */
static struct json *
explain_skipped(const struct record *rec)
{
	struct json *html = json_get(rec->j, "html"), *list = json_get(html, "skipped");
	struct record_doc doc;
	if (list == NULL)
		list = json_array();
	for (size_t i = 0; i < RECORD_DOCS_MAX && record_doc_at(rec, i, &doc); i++) {
		if (doc.length > doc.bytes) {
			struct json *one = json_object();
			json_set_str(one, "what", "bytes");
			json_set_str(one, "why", "not brought: beyond the limit for its size");
			json_set_int(one, "count", doc.length - doc.bytes);
			json_set_str(one, "rel", doc.rel);
			json_add(list, one);
		}
		record_doc_clear(&doc);
	}
	json_free(html);
	return list;
}

/* ---- documents and stages --------------------------------------------------------------------------------------- */

static struct json *
explain_docs(const struct record *rec)
{
	static const char *const keys[] = {"rel", "url", "final_url", "hops", "status", "type", "bytes", NULL};
	struct json *list = json_array();
	struct record_doc doc;
	for (size_t i = 0; i < RECORD_DOCS_MAX && record_doc_at(rec, i, &doc); i++) {
		struct json *one = json_object();
		copy_members(one, doc.j, keys);
		json_add(list, one);
		record_doc_clear(&doc);
	}
	return list;
}

/* What a stage reads: fetch everything, the others what is theirs. */
static int64_t
bytes_of(const struct record *rec, enum stage s)
{
	static const char *const rels[STAGE_DONE] = {
	    [STAGE_OEMBED] = "oembed", [STAGE_OG] = "page", [STAGE_THUMB] = "image"};
	struct record_doc doc;
	int64_t sum = 0;
	for (size_t i = 0; i < RECORD_DOCS_MAX && record_doc_at(rec, i, &doc); i++) {
		if (s == STAGE_FETCH || str_eq(doc.rel, rels[s]))
			sum += doc.bytes;
		record_doc_clear(&doc);
	}
	return sum;
}

static struct json *
explain_stages(const struct record *rec)
{
	struct json *list = json_array(), *trace = json_get(rec->j, "trace");
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		int64_t ms = 0, runs = 0;
		for (size_t i = 0, n = json_len(trace); i < n; i++) {
			struct json *one = json_at(trace, i);
			if (str_eq(json_str(one, "stage"), stage_name[s])) {
				ms += json_int_or(one, "ms", 0);
				runs++;
			}
			json_free(one);
		}
		if (runs == 0)
			continue;
		struct json *one = json_object();
		json_set_str(one, "stage", stage_name[s]);
		json_set_int(one, "runs", runs);
		json_set_int(one, "ms", ms);
		json_set_int(one, "bytes", bytes_of(rec, s));
		json_add(list, one);
	}
	json_free(trace);
	return list;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static void
explain_charset(const struct record *rec, struct json *out)
{
	struct json *html = json_get(rec->j, "html");
	if (json_str(html, "charset") != NULL) {
		struct json *charset = json_object();
		json_set_str(charset, "name", json_str(html, "charset"));
		json_set_str(charset, "by", json_str(html, "charset_by"));
		json_set(out, "charset", charset);
	}
	json_free(html);
}

static void
explain_cache(const struct record *rec, struct json *out)
{
	struct json *cache = json_get(rec->j, "cache");
	if (cache == NULL) {
		cache = json_object();
		json_set_bool(cache, "hit", false);
	}
	json_set(out, "cache", cache);
}

struct json *
format_explain(const struct record *rec)
{
	static const char *const members[] = {"og", "html", "oembed", "warnings", "error", NULL};
	struct json *out = json_object();
	struct record_doc page = {0};
	json_set_str(out, "url", record_url(rec));
	if (record_doc(rec, "page", &page)) {
		if (page.final_url != NULL)
			json_set_str(out, "final_url", page.final_url);
		json_set_int(out, "hops", page.hops);
		record_doc_clear(&page);
	}
	explain_cache(rec, out);
	explain_fields(rec, out);
	json_set_some(out, "skipped", explain_skipped(rec));
	explain_charset(rec, out);
	json_set_some(out, "docs", explain_docs(rec));
	json_set_some(out, "stages", explain_stages(rec));
	copy_members(out, rec->j, members);
	return out;
}
