/* What of a finished record is kept, and for how long? */
#include "preview/stages.h"

#include <string.h>

#include "store/cache.h"

/* Where the other side could not be reached or broke off, it may be back soon: percent from one failure to the next. */
enum { GROWTH = 200, GROWTH_BRIEF = 150 };

/* ---- for how long ---------------------------------------------------------------------------------------- */

struct life {
	int64_t expires_ts, stale_ts, error_ts;
	bool no_store, vary_language;
};

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
within(int64_t v, int64_t lo, int64_t hi)
{
	return v > hi ? hi : v < lo ? lo : v;
}

/* What a provider says of its own answer counts for the preview (spec A.3). */
static bool
cache_age(const struct record *rec, int64_t max, int64_t *ms)
{
	struct json *oembed = json_get(rec->j, "oembed");
	int64_t age = 0;
	bool said = json_int(oembed, "cache_age", &age) && age >= 0;
	json_free(oembed);
	*ms = age > max / 1000 ? max : age * 1000;
	return said;
}

/* A preview holds as long as everything it was read from does.  Its picture has a time of its own. */
static struct life
life_of(const struct stage_cache *st, const struct record *rec, int64_t now)
{
	struct life l = {.expires_ts = INT64_MAX};
	struct record_doc d;
	int64_t revalidate = st->stale_while_revalidate, error = st->stale_if_error, age;
	for (size_t i = 0; i < RECORD_DOCS_MAX && record_doc_at(rec, i, &d); i++) {
		bool read = str_eq(d.rel, "page") || str_eq(d.rel, "oembed");
		l.vary_language |= d.vary_language;
		l.no_store |= d.no_store && read;
		if (read && d.expires_ts > 0)
			l.expires_ts = least(l.expires_ts, d.expires_ts);
		if (read) {
			revalidate = least(revalidate, d.stale_while_revalidate);
			error = least(error, d.stale_if_error);
		}
		record_doc_clear(&d);
	}
	if (cache_age(rec, st->max_ttl, &age))
		l.expires_ts = now + age;
	else if (l.expires_ts == INT64_MAX)
		l.expires_ts = now + st->ttl;
	l.expires_ts = within(l.expires_ts, now + least(st->min_ttl, st->max_ttl), now + st->max_ttl);
	if (l.no_store)
		l.expires_ts = now + st->no_store_ttl;
	l.stale_ts = l.expires_ts + (l.no_store ? 0 : revalidate);
	l.error_ts = l.expires_ts + (l.no_store ? 0 : error);
	return l;
}

/* ---- failures --------------------------------------------------------------------------------------------- */

/* Would asking again soon give the same?  What the owner's rules or the question itself are to blame for costs
 * nothing to find out again, and must not outlive a change of the rules; what is ours to blame for neither. */
static bool
worth_remembering(const struct json *error)
{
	int64_t status = json_int_or(error, "status", 0);
	const char *class = json_str(error, "class");
	if (!str_eq(json_str(error, "stage"), "fetch"))
		return false;
	return class != NULL ? !str_eq(class, "denied") : status == 502 || status == 504 || status == 404;
}

static bool
brief(const char *class, int64_t status)
{
	if (class == NULL)
		return status == 504;
	return str_eq(class, "connect") || str_eq(class, "timeout") || str_eq(class, "broken");
}

static int
put_failure(const struct stage_cache *st, const struct record *rec, struct err *err)
{
	struct json *e = json_get(rec->j, "error");
	const char *code = json_str(e, "errcode"), *text = json_str(e, "error"), *class = json_str(e, "class");
	struct store_failure f = {.url = record_url(rec),
				  .status = json_int_or(e, "status", 0),
				  .http_status = json_int_or(e, "http_status", 0),
				  .errcode = code != NULL ? code : "M_UNKNOWN",
				  .error = text != NULL ? text : "",
				  .class = class,
				  .now = st->now(),
				  .first = st->failure_ttl,
				  .max = st->failure_max_ttl,
				  .growth = brief(class, json_int_or(e, "status", 0)) ? GROWTH_BRIEF : GROWTH,
				  .at_least = json_int_or(e, "retry_after_ms", 0)};
	int rc = worth_remembering(e) && st->failure_ttl > 0 ? store_cache_put_failure(st->store, &f, err) : 0;
	json_free(e);
	return rc;
}

/* ---- previews ---------------------------------------------------------------------------------------------- */

struct parcel {
	struct store_put put;
	struct record_doc doc[RECORD_DOCS_MAX];
	struct record_doc shown; /* the picture */
	struct store_media media[RECORD_DOCS_MAX];
	struct store_thumb *thumb;
	struct json **keep; /* what the thumbnails' strings are borrowed from */
	struct store_image image;
	char *image_text, *image_url;
	size_t n, thumbs;
	char drop[RECORD_DOCS_MAX][STORE_ID_MAX]; /* blobs that nobody needs when this is put away */
	size_t drops;
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
drop_later(struct parcel *p, const char *id)
{
	if (id == NULL || !store_id_fetched(id) || p->drops == RECORD_DOCS_MAX)
		return;
	(void)memcpy(p->drop[p->drops++], id, strlen(id) + 1); /* a valid id is shorter than STORE_ID_MAX */
}

/* One document; false if it brings no row. */
static bool
pack_doc(struct parcel *p, const struct record *rec, const struct record_doc *d)
{
	bool reused = d->not_modified || json_is_true(d->j, "reused"), shown = str_eq(p->shown.media_id, d->media_id);
	if (d->media_id == NULL || !store_id_fetched(d->media_id))
		return false;
	drop_later(p, json_str(d->j, "spare"));
	if (d->no_store && !shown && !str_eq(d->rel, "image")) {
		drop_later(p, d->media_id);
		return false;
	}
	struct store_media *m = &p->media[p->n];
	*m = (struct store_media){.media_id = d->media_id,
				  .type = d->type,
				  .name = d->name,
				  .url = d->url,
				  .sha256 = d->sha256,
				  .user = json_str(rec->j, "user"),
				  .bytes = d->bytes,
				  .created_ts = d->fetched_ts,
				  .reused = reused};
	if (shown) {
		m->type = p->shown.type;
		m->thumb = p->thumb;
		m->thumbs = p->thumbs;
	}
	return true;
}

static void
pack_media(struct parcel *p, const struct record *rec)
{
	for (size_t i = 0; i < RECORD_DOCS_MAX && record_doc_at(rec, i, &p->doc[p->n]); i++) {
		if (pack_doc(p, rec, &p->doc[p->n]))
			p->n++;
		else
			record_doc_clear(&p->doc[p->n]);
	}
}

/* The picture that is shown, for other pages that show it. */
static void
pack_image(struct parcel *p, const struct record *rec, const char *language)
{
	const struct record_doc *d = &p->shown;
	struct buf text;
	bool worth = str_eq(d->rel, "image") && d->media_id != NULL && store_id_fetched(d->media_id) && !d->no_store &&
		     d->url != NULL && str_istarts(d->url, "http") && !json_is_true(d->j, "kept") &&
		     json_has(rec->j, "image") && json_has(rec->j, "thumbs");
	struct json *known = json_object();
	buf_init(&text, RECORD_LINE_MAX);
	if (worth)
		json_set(known, "doc", stage_details_doc(d->j));
	json_set(known, "image", json_get(rec->j, "image"));
	json_set(known, "thumbs", json_get(rec->j, "thumbs"));
	if (worth && json_write(known, 0, &text) == 0) {
		p->image_text = buf_take(&text);
		p->image_url = mem_strdup(d->url);
		p->image = (struct store_image){.url = p->image_url,
						.language = d->vary_language ? language : "",
						.media_id = d->media_id,
						.text = p->image_text,
						.expires_ts = d->expires_ts};
		p->put.image = &p->image;
	}
	buf_clear(&text);
	json_free(known);
}

static void
parcel_clear(struct parcel *p)
{
	record_doc_clear(&p->shown);
	for (size_t i = 0; i < p->n; i++)
		record_doc_clear(&p->doc[i]);
	for (size_t i = 0; i < p->thumbs; i++)
		json_free(p->keep[i]);
	mem_free(p->keep);
	mem_free(p->thumb);
	mem_free(p->image_text);
	mem_free(p->image_url);
}

/* Files without a row go at once.  One that has a row is somebody else's, whatever a filter says of it. */
static void
drop_files(const struct stage_cache *st, const struct parcel *p)
{
	struct err ignored;
	for (size_t i = 0; i < p->drops && st->blobs != NULL; i++) {
		bool has = true;
		if (store_media_has(st->store, p->drop[i], &has, &ignored) == 0 && !has)
			store_blob_remove(st->blobs, p->drop[i]);
	}
}

static void
pack(struct parcel *p, const struct stage_cache *st, const struct record *rec, const struct stage_stale *renewed,
     const char *language)
{
	int64_t now = st->now();
	struct life l = life_of(st, rec, now);
	(void)record_image_doc(rec, &p->shown);
	pack_thumbs(p, rec);
	pack_media(p, rec);
	p->put.now = now;
	p->put.url = record_url(rec);
	p->put.language = l.vary_language ? language : "";
	p->put.status = 200;
	p->put.download_ts = now;
	p->put.expires_ts = l.expires_ts;
	p->put.stale_ts = l.stale_ts;
	p->put.error_ts = l.error_ts;
	p->put.no_store = l.no_store;
	p->put.media = p->media;
	p->put.n_media = p->n;
	p->put.authenticated = st->authenticated;
	if (renewed != NULL) {
		p->put.renew = true;
		p->put.download_ts = renewed->download_ts;
		p->put.language = renewed->language;
	}
	pack_image(p, rec, language);
}

static int
put_parcel(const struct stage_cache *st, const struct record *rec, const struct stage_stale *renewed, const char *og,
	   struct err *err)
{
	struct parcel p = {0};
	struct record_doc page = {0};
	if (!record_doc(rec, "page", &page))
		(void)record_doc(rec, "oembed", &page);
	char *details = stage_details_text(rec), *language = record_language(rec, st->language);
	pack(&p, st, rec, renewed, language);
	p.put.og = og;
	p.put.details = details;
	p.put.etag = page.etag;
	p.put.media_id = page.no_store && !record_type_is(page.type, "image/") ? NULL : page.media_id;
	if (page.status / 100 == 2)
		p.put.status = page.status;
	int rc = store_cache_put(st->store, &p.put, err);
	if (rc == 0)
		drop_files(st, &p);
	parcel_clear(&p);
	record_doc_clear(&page);
	mem_free(language);
	mem_free(details);
	return rc;
}

int
stage_cache_put(const struct stage_cache *st, struct record *rec, const struct stage_stale *renewed, struct err *err)
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
		rc = put_parcel(st, rec, renewed, text.p, err);
	buf_clear(&text);
	json_free(og);
	return rc == 0 ? stage_hide(st, rec, err) : rc;
}
