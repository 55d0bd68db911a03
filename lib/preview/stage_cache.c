/* Is the answer known, and may it be told? */
#include "preview/stages.h"

#include <string.h>

#include "store/cache.h"

/* The time a record asks about.  Nothing has been cached in the future: it would never be answered. */
static void
ask(const struct stage_cache *st, const struct record *rec, char **language, struct store_question *q)
{
	int64_t now = st->now(), ts = json_int_or(rec->j, "ts", now);
	*language = record_language(rec, st->language);
	*q = (struct store_question){.url = record_url(rec),
				     .language = *language,
				     .ts = ts <= 0 || ts > now ? now : ts,
				     .now = now,
				     .details = st->details || st->rules};
}

static void
say_hit(struct record *rec, int64_t download_ts, int64_t expires_ts, const char *language, bool stale)
{
	struct json *cache = json_object();
	json_set_bool(cache, "hit", true);
	json_set_int(cache, "download_ts", download_ts);
	json_set_int(cache, "expires_ts", expires_ts);
	if (language != NULL && *language != '\0')
		json_set_str(cache, "language", language);
	if (stale)
		json_set_bool(cache, "stale", true);
	json_set(rec->j, "cache", cache);
}

bool
stage_cache_forbids(const struct stage_cache *st, const struct json *doc)
{
	bool page = str_eq(json_str(doc, "rel"), "page");
	return st->forbids != NULL && (st->forbids(st->policy, json_str(doc, "url"), page) ||
				       st->forbids(st->policy, json_str(doc, "final_url"), page));
}

/* Some document of the answer may not be fetched any more. */
static bool
forbidden(const struct stage_cache *st, const struct json *details)
{
	struct json *docs = json_get(details, "docs");
	bool is = false;
	for (size_t i = 0, n = json_len(docs); i < n && !is; i++) {
		struct json *d = json_at(docs, i);
		is = stage_cache_forbids(st, d);
		json_free(d);
	}
	json_free(docs);
	return is;
}

/* False if what is stored is no JSON any more, lacks what is asked for, or may not be had any more: then it is found out
 * anew. */
static bool
answer(const struct stage_cache *st, struct record *rec, const struct store_preview *p)
{
	struct json *details = st->details || st->rules ? stage_details_parse(p->details) : NULL;
	bool lacks = (st->details && details == NULL) || (st->rules && forbidden(st, details));
	struct json *og = lacks ? NULL : json_parse(p->og, strlen(p->og), NULL);
	if (og != NULL && st->details)
		stage_details_set(rec, details);
	if (og != NULL)
		json_set(rec->j, "og", og);
	json_free(details);
	return og != NULL;
}

static void
recall(struct record *rec, const struct store_preview *p)
{
	struct json *e = json_object();
	json_set_str(e, "stage", "cache");
	json_set_int(e, "status", p->status);
	json_set_str(e, "errcode", p->errcode);
	json_set_str(e, "error", p->error);
	if (p->class != NULL && *p->class != '\0')
		json_set_str(e, "class", p->class);
	if (p->http_status > 0)
		json_set_int(e, "http_status", p->http_status);
	json_set(rec->j, "error", e);
	say_hit(rec, p->download_ts, p->expires_ts, NULL, false);
}

/* An old answer goes before a failure, as long as it may. */
static int
failed_before(const struct stage_cache *st, struct record *rec, const struct store_preview *p, struct err *err)
{
	struct stage_stale old;
	recall(rec, p);
	struct json *error = json_get(rec->j, "error");
	int rc = stage_cache_bridges(error) ? stage_cache_stale(st, rec, &old, err) : 1;
	if (rc == 0 && old.og != NULL && st->now() < old.error_ts)
		stage_cache_answer_stale(st, rec, &old, error);
	if (rc <= 0)
		stage_stale_clear(&old);
	json_free(error);
	return rc < 0 ? -1 : 0;
}

int
stage_cache_get(const struct stage_cache *st, struct record *rec, struct err *err)
{
	struct store_preview p;
	struct store_question q;
	char *language;
	ask(st, rec, &language, &q);
	int rc = store_cache_get(st->store, &q, &p, err);
	if (rc == 0 && p.found && p.failure)
		rc = failed_before(st, rec, &p, err);
	else if (rc == 0 && p.found && answer(st, rec, &p))
		say_hit(rec, p.download_ts, p.expires_ts, p.language, false);
	if (rc == 0 && p.some_shut && !p.failure)
		rc = stage_hide(st, rec, err);
	store_preview_clear(&p);
	mem_free(language);
	return rc;
}

bool
stage_cache_foreign(const struct stage_cache *st, const struct record *rec, const struct record *asker)
{
	struct json *cache = json_get(rec->j, "cache");
	struct record_doc doc;
	bool varies = json_has(cache, "language");
	json_free(cache);
	for (size_t i = 0; !varies && i < RECORD_DOCS_MAX && record_doc_at(rec, i, &doc); i++) {
		varies = doc.vary_language;
		record_doc_clear(&doc);
	}
	if (!varies)
		return false;
	char *one = record_language(rec, st->language), *other = record_language(asker, st->language);
	bool foreign = !str_eq(one, other);
	mem_free(one);
	mem_free(other);
	return foreign;
}

/* ---- answers whose time is over ------------------------------------------------------------------------- */

void
stage_stale_clear(struct stage_stale *old)
{
	json_free(old->og);
	json_free(old->details);
	mem_free(old->language);
	*old = (struct stage_stale){0};
}

/* What was not to be kept is not asked about again, nor what was kept in part or may not be had any more. */
static bool
usable(const struct stage_cache *st, const struct json *details)
{
	struct json *docs = json_get(details, "docs");
	bool is = json_len(docs) > 0 && !json_has(details, "cut") && !forbidden(st, details);
	for (size_t i = 0, n = json_len(docs); i < n && is; i++) {
		struct json *d = json_at(docs, i);
		bool never = false;
		is = !json_bool(d, "no_store", &never) || !never || str_eq(json_str(d, "rel"), "image");
		json_free(d);
	}
	json_free(docs);
	return is;
}

int
stage_cache_stale(const struct stage_cache *st, const struct record *rec, struct stage_stale *out, struct err *err)
{
	struct store_preview p;
	struct store_question q;
	char *language;
	*out = (struct stage_stale){0};
	ask(st, rec, &language, &q);
	int rc = store_cache_newest(st->store, &q, &p, err);
	struct json *details = rc == 0 && p.found ? stage_details_parse(p.details) : NULL;
	if (details != NULL && usable(st, details)) {
		*out = (struct stage_stale){.og = json_parse(p.og, strlen(p.og), NULL),
					    .details = json_copy(details),
					    .language = mem_strdup(p.language),
					    .download_ts = p.download_ts,
					    .expires_ts = p.expires_ts,
					    .stale_ts = p.stale_ts,
					    .error_ts = p.error_ts};
		if (out->og == NULL)
			stage_stale_clear(out);
	}
	json_free(details);
	store_preview_clear(&p);
	mem_free(language);
	return rc;
}

bool
stage_cache_bridges(const struct json *error)
{
	int64_t status = json_int_or(error, "http_status", json_int_or(error, "status", 0));
	return status != 404 && status != 410 && status != 451 && status != 403 && status != 400 &&
	       !str_eq(json_str(error, "class"), "denied");
}

static void
warn(struct record *rec, const struct json *error)
{
	struct json *list = json_get(rec->j, "warnings"), *w = json_copy(error);
	if (list == NULL || json_type(list) != JSON_ARRAY) {
		json_free(list);
		list = json_array();
	}
	json_set_str(w, "rel", "page");
	json_set_str(w, "url", record_url(rec));
	json_add(list, w);
	json_set(rec->j, "warnings", list);
}

void
stage_cache_answer_stale(const struct stage_cache *st, struct record *rec, const struct stage_stale *old,
			 const struct json *error)
{
	struct err ignored;
	json_set(rec->j, "og", json_copy(old->og));
	if (stage_hide(st, rec, &ignored) < 0) /* then without any answer's picture */
		json_set(rec->j, "og", json_object());
	if (st->details)
		stage_details_set(rec, old->details);
	if (error != NULL)
		warn(rec, error);
	json_del(rec->j, "error");
	say_hit(rec, old->download_ts, old->expires_ts, old->language, true);
}
