/* Which documents does a record want, and what became of each? */
#include "preview/stage_fetch.h"

#include <string.h>

#include "matrix/matrix.h"
#include "net/net.h"
#include "preview/stage_media.h"
#include "store/store.h"

/* Content types of spec A.6, and what else a preview can be made of; what an image is wanted for is not served by a
 * page.  Of a film or a sound the name and type are all there is to know. */
static const char *const page_types[] = {"text/html",
					 "application/xhtml",
					 "image/",
					 "application/json",
					 "application/activity+json",
					 "application/ld+json",
					 "text/plain",
					 "text/markdown",
					 "text/x-markdown",
					 "application/rss+xml",
					 "application/atom+xml",
					 "application/rdf+xml",
					 "application/xml",
					 "text/xml",
					 "application/pdf",
					 "audio/",
					 "video/",
					 NULL};
static const char *const brief_types[] = {"audio/", "video/", NULL};
static const char *const image_types[] = {"image/", NULL};
static const char *const manifest_types[] = {"application/manifest+json", "application/json", NULL};
static const char *const oembed_types[] = {"application/json",	       "application/xml", "application/javascript",
					   "application/x-javascript", "text/",		  NULL};

struct job { /* one record */
	struct job *next, *prev;
	struct stage_fetch *st;
	struct record rec;
	size_t bytes;
	char *language;	     /* Accept-Language of its own, or "" */
	size_t open;	     /* documents under way, and one while they are being started */
	struct err page_err; /* why the page did not come */
	char *page_url;
	struct doc *docs;
};

struct doc { /* one document under way */
	struct doc *next;
	struct job *job;
	char *rel, *url;
	struct record_doc have;	 /* what may be named again if the answer is 304; have.j is ours or NULL */
	struct net_fresh on_way; /* the shortest-lived redirect, if .said */
	bool vary_language;	 /* a redirect depends on it */
	struct store_writer *writer;
	struct stage_media *media; /* it is one, and is brought there */
	char id[STORE_ID_MAX];
};

struct stage_fetch {
	struct stage_fetch_options o;
	struct job *jobs;
	size_t pending, bytes;
};

/* ---- jobs ------------------------------------------------------------------------------------------- */

struct stage_fetch *
stage_fetch_new(const struct stage_fetch_options *o)
{
	struct stage_fetch *st = mem_alloc(sizeof *st);
	st->o = *o;
	return st;
}

size_t
stage_fetch_pending(const struct stage_fetch *st)
{
	return st->pending;
}

size_t
stage_fetch_bytes(const struct stage_fetch *st)
{
	return st->bytes;
}

static struct job *
job_new(struct stage_fetch *st, struct record *rec, size_t bytes)
{
	struct job *j = mem_alloc(sizeof *j);
	j->st = st;
	j->bytes = bytes;
	st->bytes += bytes;
	j->rec = *rec;
	rec->j = NULL;
	j->open = 1;
	j->next = st->jobs;
	if (st->jobs != NULL)
		st->jobs->prev = j;
	st->jobs = j;
	st->pending++;
	return j;
}

static void
doc_free(struct doc *d)
{
	store_blob_abort(d->writer);
	stage_media_free(d->media);
	record_doc_clear(&d->have);
	mem_free(d->rel);
	mem_free(d->url);
	mem_free(d);
}

static void
job_free(struct job *j)
{
	if (j->prev != NULL)
		j->prev->next = j->next;
	else
		j->st->jobs = j->next;
	if (j->next != NULL)
		j->next->prev = j->prev;
	j->st->pending--;
	j->st->bytes -= j->bytes;
	while (j->docs != NULL) {
		struct doc *d = j->docs;
		j->docs = d->next;
		doc_free(d);
	}
	record_clear(&j->rec);
	mem_free(j->language);
	mem_free(j->page_url);
	mem_free(j);
}

void
stage_fetch_free(struct stage_fetch *st)
{
	if (st == NULL)
		return;
	while (st->jobs != NULL)
		job_free(st->jobs);
	mem_free(st);
}

/* ---- the end of a record ------------------------------------------------------------------------------- */

/* Without its page a record fails, unless a provider's answer stands in for it. */
static void
settle_page(struct job *j)
{
	if (j->page_err.code == ERR_NONE)
		return;
	if (!record_has_doc(&j->rec, "oembed") && !record_has_doc(&j->rec, "page")) {
		record_fail(&j->rec, "fetch", &j->page_err);
		return;
	}
	record_warn(&j->rec, "fetch", "page", j->page_url, &j->page_err);
	err_clear(&j->page_err);
}

static void
release(struct job *j)
{
	if (--j->open > 0)
		return;
	settle_page(j);
	struct record rec = j->rec;
	struct err err = j->page_err;
	struct stage_fetch *st = j->st;
	j->rec.j = NULL;
	job_free(j);
	st->o.done(st->o.arg, &rec, &err);
}

/* A document did not come. */
static void
give_up(struct job *j, const char *rel, const char *url, const struct err *err)
{
	if (!str_eq(rel, "page") && !str_eq(rel, "media")) {
		record_warn(&j->rec, "fetch", rel, url, err);
		return;
	}
	j->page_err = *err;
	mem_free(j->page_url);
	j->page_url = mem_strdup(url);
}

/* ---- one document ------------------------------------------------------------------------------------------ */

static int
open_blob(struct doc *d, struct err *err)
{
	struct stage_fetch *st = d->job->st;
	store_blob_new_id(d->id, st->o.now());
	d->writer = store_blob_create(st->o.blobs, d->id, err);
	return d->writer != NULL ? 0 : -1;
}

static int
begin(void *arg, const struct net_response *r, struct err *err)
{
	struct doc *d = arg;
	(void)r;
	store_blob_abort(d->writer); /* of an answer before this one */
	d->writer = NULL;
	return open_blob(d, err);
}

static int
data(void *arg, const void *p, size_t n, struct err *err)
{
	struct doc *d = arg;
	return store_blob_write(d->writer, p, n, err);
}

/* What the answer says of its own age.  A 304 that says nothing leaves what was said before (RFC 9111 §4.3.4); a
 * redirect on the way ends no later than it says itself. */
static void
date_doc(const struct doc *d, const struct net_response *r, struct record_doc *doc)
{
	struct stage_fetch *st = d->job->st;
	struct net_fresh f;
	int64_t now = st->o.now();
	const char *changed = r->last_modified != NULL ? r->last_modified : doc->last_modified;
	net_fresh(&r->said, changed, &st->o.bounds, now, &f);
	int64_t lifetime = f.lifetime, before = d->have.expires_ts - d->have.fetched_ts;
	doc->no_store = f.no_store;
	doc->vary_language = f.vary_language || d->vary_language || (r->not_modified && d->have.vary_language);
	doc->stale_while_revalidate = f.stale_while_revalidate;
	doc->stale_if_error = f.stale_if_error;
	if (r->not_modified && r->said.cache_control == NULL && !f.said) {
		if (before >= st->o.bounds.min_ttl && before <= st->o.bounds.max_ttl)
			lifetime = before;
		doc->stale_while_revalidate = d->have.stale_while_revalidate;
		doc->stale_if_error = d->have.stale_if_error;
	}
	if (d->on_way.said && d->on_way.lifetime < lifetime)
		lifetime = d->on_way.lifetime;
	doc->fetched_ts = now;
	doc->expires_ts = now + lifetime;
}

static bool
full(const struct record *rec)
{
	struct record_doc last;
	if (!record_doc_at(rec, RECORD_DOCS_MAX - 1, &last))
		return false;
	record_doc_clear(&last);
	return true;
}

/* The file is whole.  A picture must be durable before anybody is told its name; a page is read once and can be had
 * again. */
static int
keep(struct doc *d, const struct net_response *r, struct err *err)
{
	char sha256[HASH_HEX_LEN + 1];
	int64_t bytes = 0;
	struct store_writer *w = d->writer;
	d->writer = NULL;
	bool picture = str_eq(d->rel, "image") || record_type_is(r->type, "image/") ||
		       record_type_is(r->type, "application/octet-stream"); /* or it has no type */
	enum store_keep how = picture ? STORE_KEEP : STORE_SCRATCH;
	if (store_blob_commit(w, how, &bytes, sha256, err) < 0)
		return -1;
	struct record_doc doc = {
	    .rel = d->rel,
	    .url = d->url,
	    .final_url = r->final_url,
	    .type = r->type,
	    .media_id = d->id,
	    .sha256 = sha256,
	    .name = r->name,
	    .etag = r->etag,
	    .last_modified = r->last_modified,
	    .user_agent = r->agent,
	    .link = str_eq(d->rel, "page") ? r->link : NULL,
	    .refresh = str_eq(d->rel, "page") ? r->refresh : NULL,
	    .status = r->status,
	    .hops = r->hops,
	    .bytes = bytes,
	    .length = r->length,
	};
	date_doc(d, r, &doc);
	record_add_doc(&d->job->rec, &doc);
	return 0;
}

/* It has not changed: what is had is named again, with what the answer renewed. */
static void
renew(struct doc *d, const struct net_response *r)
{
	struct record_doc doc = d->have;
	doc.rel = d->rel;
	doc.url = d->url;
	doc.hops = r->hops;
	doc.etag = r->etag != NULL ? r->etag : doc.etag;
	doc.last_modified = r->last_modified != NULL ? r->last_modified : doc.last_modified;
	doc.user_agent = r->agent;
	doc.not_modified = true;
	date_doc(d, r, &doc);
	record_add_doc(&d->job->rec, &doc);
}

/* What the record named may be gone, or cut short by a power cut. */
static bool
still_there(const struct doc *d)
{
	const struct record_doc *h = &d->have;
	return h->final_url != NULL && h->media_id != NULL && store_id_fetched(h->media_id) &&
	       store_blob_is(d->job->st->o.blobs, h->media_id, h->bytes);
}

static void
forget(struct doc *d)
{
	struct doc **at = &d->job->docs;
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	doc_free(d);
}

static void ask(struct doc *d);

static void
done(void *arg, const struct net_response *r, const struct err *fetched)
{
	struct doc *d = arg;
	struct job *j = d->job;
	struct err err = *fetched;
	if (err.code == ERR_NONE && r->not_modified && !still_there(d)) {
		record_doc_clear(&d->have);
		ask(d);
		return;
	}
	if (err.code == ERR_NONE && full(&j->rec))
		(void)err_set(&err, ERR_LIMIT, "more than %d documents", RECORD_DOCS_MAX);
	if (err.code == ERR_NONE && r->not_modified)
		renew(d, r);
	else if (err.code == ERR_NONE)
		(void)keep(d, r, &err);
	if (err.code != ERR_NONE)
		give_up(j, d->rel, d->url, &err);
	forget(d);
	release(j);
}

/* Of a chain the redirect that ends first counts: what it led to may be another one then. */
static void
hop(void *arg, const struct net_hop *h)
{
	struct doc *d = arg;
	struct stage_fetch *st = d->job->st;
	struct net_fresh f;
	if (h->r != NULL && h->status / 100 == 3 && h->status != 304) {
		net_fresh(&h->r->said, NULL, &st->o.bounds, st->o.now(), &f);
		d->vary_language |= f.vary_language;
		if (f.said && (!d->on_way.said || f.lifetime < d->on_way.lifetime))
			d->on_way = f;
	}
	if (st->o.hop != NULL)
		st->o.hop(st->o.arg, h);
}

static void
line(void *arg, bool sent, const char *p, size_t n)
{
	const struct doc *d = arg;
	const struct stage_fetch *st = d->job->st;
	st->o.line(st->o.arg, sent, p, n);
}

static const char *const *
types_of(const char *rel)
{
	if (str_eq(rel, "image") || str_eq(rel, "icon"))
		return image_types;
	if (str_eq(rel, "manifest"))
		return manifest_types;
	return str_eq(rel, "oembed") ? oembed_types : page_types;
}

static void
ask(struct doc *d)
{
	struct job *j = d->job;
	struct net_request req = {
	    .url = d->url,
	    .accept_language = j->language[0] != '\0' ? j->language : NULL,
	    .validates = d->have.final_url,
	    .etag = d->have.etag,
	    .last_modified = d->have.last_modified,
	    .secondary = !str_eq(d->rel, "page"),
	    .types = types_of(d->rel),
	    .brief = str_eq(d->rel, "page") ? brief_types : NULL,
	    .untyped = true,
	    .arg = d,
	    .line = j->st->o.line != NULL ? line : NULL,
	    .hop = hop,
	    .begin = begin,
	    .data = data,
	    .done = done,
	};
	net_add(j->st->o.net, &req);
}

/* ---- data: URLs ---------------------------------------------------------------------------------------------- */

static int
unpack(struct doc *d, struct net_response *r, struct err *err)
{
	struct buf body;
	int rc = -1;
	buf_init(&body, NET_DATA_MAX);
	if (str_eq(d->rel, "page"))
		rc = net_refuse_data(err);
	else if (net_data_parse(d->url, &r->type, &body, err) == 0 && open_blob(d, err) == 0)
		rc = data(d, body.p != NULL ? body.p : "", body.len, err);
	buf_clear(&body);
	return rc;
}

/* No network, the same end.  A long URL is only "data:" in the record: its bytes are in the store. */
static void
take_data(struct doc *d)
{
	struct net_response r = {.status = 200, .final_url = mem_strdup("data:")};
	struct err err = {0};
	(void)unpack(d, &r, &err);
	if (strlen(d->url) > RECORD_URL_MAX)
		d->url[sizeof "data:" - 1] = '\0';
	done(d, &r, &err);
	mem_free(r.type);
	mem_free(r.final_url);
}

/* ---- media of other homeservers ---------------------------------------------------------------------------- */

static void
media_done(void *arg, const struct record_doc *doc, const struct err *brought)
{
	struct doc *d = arg;
	struct job *j = d->job;
	struct err err = *brought;
	if (err.code == ERR_NONE && full(&j->rec))
		(void)err_set(&err, ERR_LIMIT, "more than %d documents", RECORD_DOCS_MAX);
	if (err.code == ERR_NONE)
		record_add_doc(&j->rec, doc);
	else
		give_up(j, d->rel, d->url, &err);
	forget(d);
	release(j);
}

static void
take_media(struct doc *d, const struct json *want)
{
	const struct stage_media_ask ask = {
	    .o = &d->job->st->o,
	    .url = d->url,
	    .authorization = json_str(want, "authorization"),
	    .timeout_ms = json_int_or(want, "timeout_ms", MATRIX_MEDIA_TIMEOUT),
	    .arg = d,
	    .done = media_done,
	};
	struct err err;
	d->media = stage_media_new(&ask, &err);
	if (d->media != NULL)
		stage_media_start(d->media);
	else
		media_done(d, NULL, &err);
}

/* ---- a record ---------------------------------------------------------------------------------------------------- */

static void
start(struct job *j, const char *rel, const char *url, const struct json *want)
{
	struct doc *d = mem_alloc(sizeof *d);
	d->job = j;
	d->rel = mem_strdup(rel);
	d->url = mem_strdup(url);
	record_doc_view(&d->have, json_get(want, "have"));
	if (!still_there(d))
		record_doc_clear(&d->have);
	d->next = j->docs;
	j->docs = d;
	j->open++;
	if (str_eq(rel, "media"))
		take_media(d, want);
	else if (str_istarts(url, "data:"))
		take_data(d);
	else
		ask(d);
}

static bool
has_docs(const struct record *rec)
{
	struct record_doc doc;
	if (!record_doc_at(rec, 0, &doc))
		return false;
	record_doc_clear(&doc);
	return true;
}

/* At most RECORD_WANT_MAX: one line must not order more. */
static void
start_all(struct job *j)
{
	struct json *wanted = json_get(j->rec.j, "want");
	json_del(j->rec.j, "want");
	for (size_t i = 0; i < RECORD_WANT_MAX && i < json_len(wanted); i++) {
		struct json *w = json_at(wanted, i);
		const char *rel = json_str(w, "rel"), *url = json_str(w, "url");
		if (rel != NULL && url != NULL && *url != '\0')
			start(j, rel, url, w);
		json_free(w);
	}
	json_free(wanted);
}

void
stage_fetch_add(struct stage_fetch *st, struct record *rec, size_t bytes)
{
	struct job *j = job_new(st, rec, bytes);
	if (!record_failed(&j->rec) && !record_cached(&j->rec)) {
		if (record_wants(&j->rec) == 0 && !has_docs(&j->rec))
			record_want(&j->rec, str_starts(record_url(&j->rec), MATRIX_MXC) ? "media" : "page",
				    record_url(&j->rec));
		j->language = record_language(&j->rec, NULL);
		start_all(j);
	}
	release(j);
}
