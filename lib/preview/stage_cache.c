/* Is the answer known, and what of a finished record is kept? */
#include "preview/stages.h"

#include <string.h>

#include "store/cache.h"

enum { OEMBED_MIN_TTL = 60000 }; /* ms: a provider's cache_age of 0 must not make every question a fetch */

/* ---- get ---------------------------------------------------------------------------------------- */

static void
say_hit(struct record *rec, const struct store_preview *p)
{
	struct json *cache = json_object();
	json_set_bool(cache, "hit", true);
	json_set_int(cache, "download_ts", p->download_ts);
	json_set_int(cache, "expires_ts", p->expires_ts);
	json_set(rec->j, "cache", cache);
}

/* False if what is stored is no JSON any more, or lacks what is asked for: then it is found out anew. */
static bool
answer(const struct stage_cache *st, struct record *rec, const struct store_preview *p)
{
	struct json *details = st->details ? stage_details_parse(p->details) : NULL;
	struct json *og = st->details && details == NULL ? NULL : json_parse(p->og, strlen(p->og), NULL);
	if (og != NULL && details != NULL)
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
	json_set(rec->j, "error", e);
}

int
stage_cache_get(const struct stage_cache *st, struct record *rec, struct err *err)
{
	struct store_preview p;
	int64_t now = st->now(), ts = json_int_or(rec->j, "ts", now);
	if (ts <= 0 || ts > now) /* nothing has been cached in the future: it would never be answered */
		ts = now;
	struct store_question q = {
	    .url = record_url(rec), .language = "", .ts = ts, .now = now, .details = st->details};
	if (store_cache_get(st->store, &q, &p, err) < 0)
		return -1;
	if (p.found && p.failure)
		recall(rec, &p);
	if (p.found && (p.failure || answer(st, rec, &p)))
		say_hit(rec, &p);
	store_preview_clear(&p);
	return 0;
}

/* ---- put ---------------------------------------------------------------------------------------- */

/* How long: what the provider says within bounds, else the owner's ttl. */
static int64_t
lifetime(const struct stage_cache *st, const struct record *rec)
{
	struct json *oembed = json_get(rec->j, "oembed");
	int64_t age = 0, ttl = st->ttl;
	if (json_int(oembed, "cache_age", &age) && age >= 0)
		ttl = age > st->max_ttl / 1000	    ? st->max_ttl
		      : age * 1000 < OEMBED_MIN_TTL ? OEMBED_MIN_TTL
						    : age * 1000;
	json_free(oembed);
	return ttl > st->max_ttl ? st->max_ttl : ttl;
}

/* Would asking again soon give the same?  What the owner's rules or the question itself are to blame for costs
 * nothing to find out again, and must not outlive a change of the rules; what is ours to blame for neither. */
static bool
worth_remembering(const struct json *error)
{
	int64_t status = json_int_or(error, "status", 0);
	return str_eq(json_str(error, "stage"), "fetch") && (status == 502 || status == 504 || status == 404);
}

static int
put_failure(const struct stage_cache *st, const struct record *rec, struct err *err)
{
	struct json *e = json_get(rec->j, "error");
	int64_t now = st->now();
	int rc = 0;
	if (worth_remembering(e) && st->failure_ttl > 0) {
		const char *code = json_str(e, "errcode"), *text = json_str(e, "error");
		struct store_failure f = {.url = record_url(rec),
					  .status = json_int_or(e, "status", 0),
					  .errcode = code != NULL ? code : "M_UNKNOWN",
					  .error = text != NULL ? text : "",
					  .now = now,
					  .first = st->failure_ttl,
					  .max = st->failure_ttl,
					  .growth = 100};
		rc = store_cache_put_failure(st->store, &f, err);
	}
	json_free(e);
	return rc;
}

struct parcel {
	struct store_put put;
	struct record_doc doc[RECORD_DOCS_MAX];
	struct record_doc image;
	struct store_media media[RECORD_DOCS_MAX];
	struct store_thumb *thumb;
	struct json **keep; /* what the thumbnails' strings are borrowed from */
	size_t n, thumbs;
};

static void
pack_thumbs(struct parcel *p, const struct record *rec)
{
	struct json *list = json_get(rec->j, "thumbs");
	size_t n = list != NULL && json_type(list) == JSON_ARRAY ? json_len(list) : 0;
	p->thumb = mem_array(n, sizeof *p->thumb);
	p->keep = mem_array(n, sizeof(struct json *));
	for (size_t i = 0; i < n; i++) {
		struct json *t = json_at(list, i);
		int64_t w = json_int_or(t, "width", 0), h = json_int_or(t, "height", 0),
			bytes = json_int_or(t, "bytes", 0);
		const char *type = json_str(t, "type"), *method = json_str(t, "method");
		if (w < 1 || h < 1 || w > UINT32_MAX || h > UINT32_MAX || bytes < 0 || type == NULL || method == NULL) {
			json_free(t);
			continue;
		}
		p->keep[p->thumbs] = t;
		p->thumb[p->thumbs++] = (struct store_thumb){.width = (uint32_t)w,
							     .height = (uint32_t)h,
							     .type = type,
							     .method = method,
							     .bytes = (size_t)bytes};
	}
	json_free(list);
}

static void
pack_media(struct parcel *p, const struct record *rec)
{
	bool has_image = record_image_doc(rec, &p->image);
	for (size_t i = 0; i < RECORD_DOCS_MAX && record_doc_at(rec, i, &p->doc[p->n]); i++) {
		const struct record_doc *d = &p->doc[p->n];
		if (d->media_id == NULL || !store_id_fetched(d->media_id)) {
			record_doc_clear(&p->doc[p->n]);
			continue;
		}
		struct store_media *m = &p->media[p->n++];
		*m = (struct store_media){.media_id = d->media_id,
					  .type = d->type,
					  .name = d->name,
					  .url = d->url,
					  .sha256 = d->sha256,
					  .user = json_str(rec->j, "user"),
					  .bytes = d->bytes,
					  .created_ts = d->fetched_ts};
		if (has_image && str_eq(p->image.media_id, d->media_id)) {
			m->type = p->image.type;
			m->thumb = p->thumb;
			m->thumbs = p->thumbs;
		}
	}
}

static void
parcel_clear(struct parcel *p)
{
	record_doc_clear(&p->image);
	for (size_t i = 0; i < p->n; i++)
		record_doc_clear(&p->doc[i]);
	for (size_t i = 0; i < p->thumbs; i++)
		json_free(p->keep[i]);
	mem_free(p->keep);
	mem_free(p->thumb);
}

static int
put_parcel(const struct stage_cache *st, const struct record *rec, const char *og, struct err *err)
{
	struct parcel p = {0};
	struct record_doc page;
	bool has_page = record_doc(rec, "page", &page) || record_doc(rec, "oembed", &page);
	int64_t now = st->now();
	char *details = stage_details_text(rec);
	pack_thumbs(&p, rec);
	pack_media(&p, rec);
	p.put = (struct store_put){.url = record_url(rec),
				   .og = og,
				   .details = details,
				   .etag = has_page ? page.etag : NULL,
				   .media_id = has_page ? page.media_id : NULL,
				   .status = has_page && page.status / 100 == 2 ? page.status : 200,
				   .now = now,
				   .download_ts = now,
				   .expires_ts = now + lifetime(st, rec),
				   .media = p.media,
				   .n_media = p.n};
	int rc = store_cache_put(st->store, &p.put, err);
	if (has_page)
		record_doc_clear(&page);
	parcel_clear(&p);
	mem_free(details);
	return rc;
}

int
stage_cache_put(const struct stage_cache *st, struct record *rec, struct err *err)
{
	struct buf text;
	int rc = 0;
	if (record_cached(rec))
		return 0;
	if (record_failed(rec))
		return put_failure(st, rec, err);
	struct json *og = json_get(rec->j, "og");
	if (og == NULL)
		return 0;
	buf_init(&text, RECORD_LINE_MAX);
	if (json_write(og, 0, &text) < 0)
		rc = err_set(err, ERR_LIMIT, "preview is longer than %zu bytes", RECORD_LINE_MAX);
	else
		rc = put_parcel(st, rec, text.p, err);
	buf_clear(&text);
	json_free(og);
	return rc;
}
