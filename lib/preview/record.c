/* What does a record say, and how is it changed?  The wire form is mxpreview(5). */
#include "preview/preview.h"

#include <string.h>

enum { SHOWN_MAX = 200 }; /* characters of a URL that is too long, to name it by */

static bool
url_fits(const char *url)
{
	size_t n = strlen(url);
	return n > 0 && n <= (str_istarts(url, "data:") ? RECORD_DATA_URL_MAX : RECORD_URL_MAX);
}

void
record_from_url(struct record *rec, const char *url)
{
	rec->j = json_object();
	json_set_int(rec->j, "v", RECORD_VERSION);
	json_set_str(rec->j, "url", url);
}

/* What a record must be before any filter touches it. */
static int
check(const struct record *rec, struct err *err)
{
	static const struct {
		const char *key;
		enum json_type type;
	} shape[] = {
	    {"url", JSON_STRING},     {"want", JSON_ARRAY},   {"docs", JSON_ARRAY},   {"html", JSON_OBJECT},
	    {"oembed", JSON_OBJECT},  {"og", JSON_OBJECT},    {"image", JSON_OBJECT}, {"thumbs", JSON_ARRAY},
	    {"warnings", JSON_ARRAY}, {"cache", JSON_OBJECT}, {"error", JSON_OBJECT}, {"dropped", JSON_ARRAY},
	};
	int64_t version = 0;
	const char *url = json_str(rec->j, "url");
	if (json_has(rec->j, "v") && (!json_int(rec->j, "v", &version) || version != RECORD_VERSION))
		return err_http(err, ERR_UNSUPPORTED, 400, NULL, "record version is not %d", RECORD_VERSION);
	for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
		struct json *v = json_get(rec->j, shape[i].key);
		bool good = v == NULL || json_type(v) == shape[i].type;
		json_free(v);
		if (!good)
			return err_http(err, ERR_INPUT, 400, "M_BAD_JSON", "record's %s is of the wrong type",
					shape[i].key);
	}
	if (url == NULL || url[0] == '\0')
		return err_http(err, ERR_INPUT, 400, "M_MISSING_PARAM", "record has no url");
	if (strlen(url) > RECORD_URL_MAX)
		return err_http(err, ERR_LIMIT, 400, NULL, "url is longer than %d bytes", RECORD_URL_MAX);
	return 0;
}

static int
read_json(struct record *rec, const char *line, size_t len, struct err *err)
{
	rec->j = json_parse(line, len, err);
	if (rec->j != NULL && json_type(rec->j) != JSON_OBJECT) {
		json_free(rec->j);
		rec->j = NULL;
		return err_http(err, ERR_INPUT, 400, "M_NOT_JSON", "record is not a JSON object");
	}
	if (rec->j == NULL)
		return -1;
	if (!json_has(rec->j, "v"))
		json_set_int(rec->j, "v", RECORD_VERSION);
	return check(rec, err);
}

int
record_read(struct record *rec, const char *line, size_t len, struct err *err)
{
	int rc = 0;
	rec->j = NULL;
	while (len > 0 && str_isspace((unsigned char)*line))
		line++, len--;
	while (len > 0 && str_isspace((unsigned char)line[len - 1]))
		len--;
	if (len > 0 && *line == '{') {
		rc = read_json(rec, line, len, err);
	} else {
		char *url = mem_strndup(line, len <= RECORD_URL_MAX ? len : utf8_cut(line, RECORD_URL_MAX, SHOWN_MAX));
		record_from_url(rec, url);
		rc = check(rec, err);
		if (rc == 0 && len > RECORD_URL_MAX)
			rc = err_http(err, ERR_LIMIT, 400, NULL, "url is longer than %d bytes", RECORD_URL_MAX);
		else if (rc == 0 && memchr(line, '\0', len) != NULL)
			rc = err_http(err, ERR_INPUT, 400, NULL, "url holds a NUL byte");
		mem_free(url);
	}
	if (rc < 0) {
		if (err->status == 0)
			err->status = 400;
		if (rec->j == NULL)
			record_from_url(rec, "");
		record_fail(rec, "record", err);
	}
	return rc;
}

int
record_write(const struct record *rec, struct buf *out)
{
	size_t before = out->len;
	if (json_write(rec->j, 0, out) < 0 || out->len - before >= RECORD_LINE_MAX || buf_addc(out, '\n') < 0) {
		out->len = before;
		if (out->p != NULL)
			out->p[before] = '\0';
		return -1;
	}
	return 0;
}

void
record_clear(struct record *rec)
{
	json_free(rec->j);
	rec->j = NULL;
}

const char *
record_url(const struct record *rec)
{
	const char *url = json_str(rec->j, "url");
	return url != NULL ? url : "";
}

bool
record_failed(const struct record *rec)
{
	return json_has(rec->j, "error");
}

bool
record_cached(const struct record *rec)
{
	struct json *cache = json_get(rec->j, "cache");
	bool hit = false;
	(void)json_bool(cache, "hit", &hit);
	json_free(cache);
	return hit;
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
	    .status = json_int_or(take, "status", 0),
	    .bytes = json_int_or(take, "bytes", 0),
	    .fetched_ts = json_int_or(take, "fetched_ts", 0),
	    .expires_ts = json_int_or(take, "expires_ts", 0),
	    .hops = json_int_or(take, "hops", 0),
	    .length = json_int_or(take, "length", 0),
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
set_known(struct json *j, const char *key, const char *value)
{
	if (value != NULL)
		json_set_str(j, key, value);
}

static void
add_to(struct record *rec, const char *key, struct json *take, size_t max)
{
	struct json *list = json_get(rec->j, key);
	if (list == NULL || json_type(list) != JSON_ARRAY) {
		json_free(list);
		list = json_array();
	}
	json_set_null(rec->j, key); /* so that the list is changed in place, not copied */
	if (json_len(list) < max)
		json_add(list, take);
	else
		json_free(take);
	json_set(rec->j, key, list);
}

void
record_add_doc(struct record *rec, const struct record_doc *doc)
{
	struct json *d = json_object();
	json_set_str(d, "rel", doc->rel);
	json_set_str(d, "url", doc->url);
	set_known(d, "final_url", doc->final_url);
	if (doc->hops > 0)
		json_set_int(d, "hops", doc->hops);
	json_set_int(d, "status", doc->status);
	set_known(d, "type", doc->type);
	set_known(d, "media_id", doc->media_id);
	json_set_int(d, "bytes", doc->bytes);
	if (doc->length > doc->bytes)
		json_set_int(d, "length", doc->length);
	set_known(d, "sha256", doc->sha256);
	set_known(d, "name", doc->name);
	set_known(d, "etag", doc->etag);
	set_known(d, "last_modified", doc->last_modified);
	set_known(d, "link", doc->link);
	set_known(d, "refresh", doc->refresh);
	json_set_int(d, "fetched_ts", doc->fetched_ts);
	json_set_int(d, "expires_ts", doc->expires_ts);
	add_to(rec, "docs", d, RECORD_DOCS_MAX);
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
	*rel = mem_strdup(r != NULL ? r : "");
	*url = mem_strdup(u != NULL ? u : "");
	json_free(w);
	return w != NULL;
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
	add_to(rec, "want", w, RECORD_WANT_MAX);
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

/* ---- errors --------------------------------------------------------------------------------- */

static struct json *
error_object(const char *stage, const struct err *err)
{
	struct json *e = json_object();
	json_set_str(e, "stage", stage);
	json_set_int(e, "status", err_status(err));
	json_set_str(e, "errcode", err_errcode(err));
	json_set_str(e, "error", err->text);
	return e;
}

void
record_fail(struct record *rec, const char *stage, const struct err *err)
{
	json_set(rec->j, "error", error_object(stage, err));
}

void
record_warn(struct record *rec, const char *stage, const char *rel, const char *url, const struct err *err)
{
	struct json *w = error_object(stage, err);
	if (rel != NULL)
		json_set_str(w, "rel", rel);
	if (url != NULL)
		json_set_str(w, "url", strlen(url) <= RECORD_URL_MAX ? url : "data:");
	add_to(rec, "warnings", w, RECORD_WARNINGS_MAX);
}

/* Which warnings tell of a document that was asked for in vain: those of fetch.  A long data: URL is only "data:" there. */
static bool
tells_of(const struct json *warning, const char *rel, const char *url)
{
	const char *at = json_str(warning, "url");
	if (!str_eq(json_str(warning, "rel"), rel) || at == NULL)
		return false;
	return url == NULL || str_eq(at, url) || (str_eq(at, "data:") && str_istarts(url, "data:"));
}

size_t
record_refusals(const struct record *rec, const char *rel)
{
	struct json *warnings = json_get(rec->j, "warnings");
	size_t found = 0;
	for (size_t i = 0, n = json_len(warnings); i < n; i++) {
		struct json *w = json_at(warnings, i);
		found += tells_of(w, rel, NULL);
		json_free(w);
	}
	json_free(warnings);
	return found;
}

bool
record_refused(const struct record *rec, const char *rel, const char *url)
{
	struct json *warnings = json_get(rec->j, "warnings");
	bool is = false;
	for (size_t i = 0, n = json_len(warnings); i < n && url != NULL && !is; i++) {
		struct json *w = json_at(warnings, i);
		is = tells_of(w, rel, url);
		json_free(w);
	}
	json_free(warnings);
	return is;
}

bool
record_image_refused(const struct record *rec)
{
	struct json *og = json_get(rec->j, "og");
	struct record_doc doc;
	bool refused = record_refused(rec, "image", json_str(og, "og:image"));
	json_free(og);
	if (!refused || !record_image_doc(rec, &doc))
		return refused;
	record_doc_clear(&doc);
	return false;
}
