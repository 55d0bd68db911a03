/* What does a record say, and how is it changed?  The wire form is mxpreview(5). */
#include "preview/record.h"

#include <string.h>

enum { SHOWN_MAX = 200 }; /* characters of a URL that is too long, to name it by */
enum { LANGUAGE_MAX = 256, LANGUAGES_MAX = 8, TAG_MAX = 35 };

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
	    {"icon", JSON_OBJECT},
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
	bool hit = json_is_true(cache, "hit");
	json_free(cache);
	return hit;
}

/* ---- language ------------------------------------------------------------------------------ */

/* "lang":["de","en"] as Accept-Language: de,en;q=0.9.  Only language tags get through (RFC 5646 letters). */
char *
record_language(const struct record *rec, const char *dflt)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	struct json *list = json_get(rec->j, "lang");
	struct buf b;
	buf_init(&b, LANGUAGE_MAX);
	for (size_t i = 0, used = 0; i < json_len(list) && used < LANGUAGES_MAX; i++) {
		struct json *v = json_type(list) == JSON_ARRAY ? json_at(list, i) : NULL;
		const char *tag = json_value_str(v);
		size_t n = tag != NULL ? strlen(tag) : 0;
		if (n > 0 && n <= TAG_MAX && strspn(tag, fit) == n) {
			(void)buf_addf(&b, used == 0 ? "%s" : ",%s;q=0.%d", tag, (int)(10 - used));
			used++;
		}
		json_free(v);
	}
	json_free(list);
	return b.len == 0 && dflt != NULL ? mem_strdup(dflt) : buf_take(&b);
}

/* ---- what is there is told ------------------------------------------------------------------ */

void
record_set_known(struct json *j, const char *key, const char *value)
{
	if (value != NULL)
		json_set_str(j, key, value);
}

void
record_set_some(struct json *j, const char *key, int64_t value)
{
	if (value > 0)
		json_set_int(j, key, value);
}

void
record_add_to(struct record *rec, const char *key, struct json *take, size_t max)
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

/* ---- errors --------------------------------------------------------------------------------- */

static struct json *
error_object(const char *stage, const struct err *err)
{
	struct json *e = json_object();
	json_set_str(e, "stage", stage);
	json_set_int(e, "status", err_status(err));
	json_set_str(e, "errcode", err_errcode(err));
	json_set_str(e, "error", err->text);
	record_set_known(e, "class", err->class);
	record_set_some(e, "http_status", err->http_status);
	record_set_some(e, "retry_after_ms", err->retry_after);
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
	record_add_to(rec, "warnings", w, RECORD_WARNINGS_MAX);
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
