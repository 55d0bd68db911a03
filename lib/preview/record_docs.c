/* Which documents does a record have, and which does it want? */
#include "preview/record.h"

#include <string.h>

static bool
url_fits(const char *url)
{
	size_t n = strlen(url);
	return n > 0 && n <= (str_istarts(url, "data:") ? RECORD_DATA_URL_MAX : RECORD_URL_MAX);
}

/* ---- docs ------------------------------------------------------------------------------- */

void
record_doc_view(struct record_doc *d, struct json *take)
{
	*d = (struct record_doc){
	    .rel = json_str(take, "rel"),
	    .url = json_str(take, "url"),
	    .final_url = json_str(take, "final_url"),
	    .type = json_str(take, "type"),
	    .media_id = json_str(take, "media_id"),
	    .sha256 = json_str(take, "sha256"),
	    .name = json_str(take, "name"),
	    .etag = json_str(take, "etag"),
	    .last_modified = json_str(take, "last_modified"),
	    .link = json_str(take, "link"),
	    .refresh = json_str(take, "refresh"),
	    .user_agent = json_str(take, "user_agent"),
	    .status = json_int_or(take, "status", 0),
	    .bytes = json_int_or(take, "bytes", 0),
	    .fetched_ts = json_int_or(take, "fetched_ts", 0),
	    .expires_ts = json_int_or(take, "expires_ts", 0),
	    .hops = json_int_or(take, "hops", 0),
	    .length = json_int_or(take, "length", 0),
	    .stale_while_revalidate = json_int_or(take, "stale_while_revalidate", 0),
	    .stale_if_error = json_int_or(take, "stale_if_error", 0),
	    .no_store = json_is_true(take, "no_store"),
	    .vary_language = json_is_true(take, "vary_language"),
	    .not_modified = json_is_true(take, "not_modified"),
	    .j = take,
	};
}

bool
record_doc_at(const struct record *rec, size_t i, struct record_doc *out)
{
	struct json *docs = json_get(rec->j, "docs");
	struct json *d = json_at(docs, i);
	json_free(docs);
	if (d != NULL)
		record_doc_view(out, d);
	return d != NULL;
}

/* The last document of a rel (or of any rel when it is NULL) and a URL (or of any): what came later stands for what came
 * before. */
static bool
find_doc(const struct record *rec, const char *rel, const char *url, struct record_doc *out)
{
	struct json *docs = json_get(rec->j, "docs");
	size_t n = json_len(docs);
	json_free(docs);
	for (size_t i = n < RECORD_DOCS_MAX ? n : RECORD_DOCS_MAX; i > 0 && record_doc_at(rec, i - 1, out); i--) {
		if ((rel == NULL || str_eq(out->rel, rel)) && (url == NULL || str_eq(out->url, url)))
			return true;
		record_doc_clear(out);
	}
	return false;
}

bool
record_doc(const struct record *rec, const char *rel, struct record_doc *out)
{
	return find_doc(rec, rel, NULL, out);
}

bool
record_has_doc(const struct record *rec, const char *rel)
{
	struct record_doc doc;
	bool there = record_doc(rec, rel, &doc);
	if (there)
		record_doc_clear(&doc);
	return there;
}

bool
record_type_is(const char *content_type, const char *prefix)
{
	return content_type != NULL && str_istarts(content_type, prefix);
}

void
record_doc_clear(struct record_doc *doc)
{
	json_free(doc->j);
	*doc = (struct record_doc){0};
}

static void
set_flag(struct json *j, const char *key, bool value)
{
	if (value)
		json_set_bool(j, key, true);
}

struct json *
record_doc_json(const struct record_doc *doc)
{
	struct json *d = json_object();
	record_set_known(d, "rel", doc->rel);
	record_set_known(d, "url", doc->url);
	record_set_known(d, "final_url", doc->final_url);
	record_set_some(d, "hops", doc->hops);
	json_set_int(d, "status", doc->status);
	record_set_known(d, "type", doc->type);
	record_set_known(d, "media_id", doc->media_id);
	json_set_int(d, "bytes", doc->bytes);
	if (doc->length > doc->bytes)
		json_set_int(d, "length", doc->length);
	record_set_known(d, "sha256", doc->sha256);
	record_set_known(d, "name", doc->name);
	record_set_known(d, "etag", doc->etag);
	record_set_known(d, "last_modified", doc->last_modified);
	record_set_known(d, "link", doc->link);
	record_set_known(d, "refresh", doc->refresh);
	record_set_known(d, "user_agent", doc->user_agent);
	json_set_int(d, "fetched_ts", doc->fetched_ts);
	json_set_int(d, "expires_ts", doc->expires_ts);
	record_set_some(d, "stale_while_revalidate", doc->stale_while_revalidate);
	record_set_some(d, "stale_if_error", doc->stale_if_error);
	set_flag(d, "no_store", doc->no_store);
	set_flag(d, "vary_language", doc->vary_language);
	set_flag(d, "not_modified", doc->not_modified);
	return d;
}

void
record_add_doc(struct record *rec, const struct record_doc *doc)
{
	record_add_to(rec, "docs", record_doc_json(doc), RECORD_DOCS_MAX);
}

/* ---- want -------------------------------------------------------------------------------- */

size_t
record_wants(const struct record *rec)
{
	struct json *want = json_get(rec->j, "want");
	size_t n = want != NULL && json_type(want) == JSON_ARRAY ? json_len(want) : 0;
	json_free(want);
	return n;
}

/* The i-th wish as an object; NULL past the end. */
static struct json *
want_at(const struct record *rec, size_t i)
{
	struct json *want = json_get(rec->j, "want");
	struct json *w = json_at(want, i);
	json_free(want);
	return w;
}

bool
record_want_at(const struct record *rec, size_t i, char **rel, char **url)
{
	struct json *w = want_at(rec, i);
	const char *r = json_str(w, "rel"), *u = json_str(w, "url");
	*rel = *url = NULL;
	if (w == NULL)
		return false;
	*rel = mem_strdup(r != NULL ? r : "");
	*url = mem_strdup(u != NULL ? u : "");
	json_free(w);
	return true;
}

static bool
wanted(const struct record *rec, const char *rel, const char *url)
{
	bool found = false;
	for (size_t i = 0, n = record_wants(rec); i < n && !found; i++) {
		struct json *w = want_at(rec, i);
		found = str_eq(json_str(w, "rel"), rel) && (url == NULL || str_eq(json_str(w, "url"), url));
		json_free(w);
	}
	return found;
}

bool
record_wants_rel(const struct record *rec, const char *rel)
{
	return wanted(rec, rel, NULL);
}

void
record_want(struct record *rec, const char *rel, const char *url)
{
	struct record_doc doc;
	if (!url_fits(url) || wanted(rec, rel, url))
		return;
	if (find_doc(rec, rel, url, &doc)) {
		record_doc_clear(&doc);
		return;
	}
	struct json *w = json_object();
	json_set_str(w, "rel", rel);
	json_set_str(w, "url", url);
	record_add_to(rec, "want", w, RECORD_WANT_MAX);
}

void
record_want_have(struct record *rec, const char *rel, const char *url, const struct record_doc *have)
{
	struct json *wants = json_array();
	for (size_t i = 0, n = record_wants(rec); i < n; i++) {
		struct json *w = want_at(rec, i);
		if (str_eq(json_str(w, "rel"), rel) && str_eq(json_str(w, "url"), url))
			json_set(w, "have", record_doc_json(have));
		json_add(wants, w);
	}
	if (json_len(wants) > 0)
		json_set(rec->j, "want", wants);
	else
		json_free(wants);
}

void
record_want_done(struct record *rec, const char *rel, const char *url)
{
	struct json *left = json_array();
	bool dropped = false;
	for (size_t i = 0, n = record_wants(rec); i < n; i++) {
		struct json *w = want_at(rec, i);
		const char *r = json_str(w, "rel"), *u = json_str(w, "url");
		if (!dropped && str_eq(r != NULL ? r : "", rel) && str_eq(u != NULL ? u : "", url)) {
			dropped = true;
			json_free(w);
		} else {
			json_add(left, w);
		}
	}
	if (json_len(left) > 0) {
		json_set(rec->j, "want", left);
	} else {
		json_free(left);
		json_del(rec->j, "want");
	}
}
