/* What need not be asked for, or only whether it has changed?
 *
 * Between two stages a record passes here.  What it wants and what is known already is put into it; what is known but
 * whose time is over goes along with the want as "have".  A page that has not changed brings back what was read from it.
 *
 * Members of a document that say how it came here, and that no filter needs:
 *   not_modified   fetch asked, and it has not changed
 *   reused         its medium was in the store before
 *   kept           so was all that is known of its address: nothing of it is to be put away
 *   spare          the medium that was brought and is not needed: the store has these bytes under media_id already
 *
 * fetch is believed here as elsewhere about which bytes came from which address.  It is not believed about their hash:
 * pictures of two addresses become one only after their bytes were compared. */
#include "preview/record.h"
#include "preview/stages.h"

#include <string.h>

#include "store/cache.h"

struct pass {
	const struct stage_cache *st;
	const struct stage_stale *old;
	bool anew;
	struct record *rec;
	char *language;
	int64_t now;
};

/* ---- documents as JSON ----------------------------------------------------------------------------------- */

/* The last of a list with that rel, and URL or any; yours. */
static struct json *
find(const struct json *docs, const char *rel, const char *url)
{
	for (size_t i = json_len(docs); i > 0; i--) {
		struct json *d = json_at(docs, i - 1);
		if (str_eq(json_str(d, "rel"), rel) && (url == NULL || str_eq(json_str(d, "url"), url)))
			return d;
		json_free(d);
	}
	return NULL;
}

static struct json *
find_in(const struct json *of, const char *rel, const char *url)
{
	struct json *docs = json_get(of, "docs"), *d = find(docs, rel, url);
	json_free(docs);
	return d;
}

static void
add_doc(const struct pass *p, const struct json *doc, bool kept)
{
	struct json *d = stage_details_doc(doc);
	json_set_bool(d, "reused", true);
	if (kept)
		json_set_bool(d, "kept", true);
	record_add_to(p->rec, "docs", d, RECORD_DOCS_MAX);
}

static void
replace_last(const struct pass *p, const char *rel, const struct json *by)
{
	struct json *docs = json_get(p->rec->j, "docs"), *now = json_array();
	size_t n = json_len(docs), at = n;
	for (size_t i = 0; i < n; i++) {
		struct json *d = json_at(docs, i);
		at = str_eq(json_str(d, "rel"), rel) ? i : at;
		json_free(d);
	}
	for (size_t i = 0; i < n; i++)
		json_add(now, i == at ? json_copy(by) : json_at(docs, i));
	json_set(p->rec->j, "docs", now);
	json_free(docs);
}

static void
take(const struct pass *p, const struct json *from, const char *key)
{
	if (json_has(from, key))
		json_set(p->rec->j, key, json_get(from, key));
}

static void
ask_whether_changed(const struct pass *p, const char *rel, const char *url, const struct json *doc)
{
	struct record_doc have;
	record_doc_view(&have, stage_details_doc(doc));
	record_want_have(p->rec, rel, url, &have);
	record_doc_clear(&have);
}

/* ---- pictures, by their address and by their content -------------------------------------------------------- */

/* What is known of the picture at an address: {doc, image, thumbs}; yours. */
static struct json *
known_image(const struct pass *p, const char *url, bool *fresh)
{
	struct store_found f;
	struct err ignored;
	if (store_image_get(p->st->store, url, p->language, &f, &ignored) < 0)
		return NULL;
	struct json *known = f.found ? stage_details_parse(f.text) : NULL;
	*fresh = f.expires_ts > p->now;
	store_found_clear(&f);
	return known;
}

/* Is it so small that mxpreview-thumb may want another one in its place?  Then it is to judge. */
static bool
doubtful(const struct pass *p, const struct json *known, const char *url)
{
	struct json *image = json_get(known, "image");
	bool small =
	    json_int_or(image, "width", 0) <= RECORD_SPACER_MAX || json_int_or(image, "height", 0) <= RECORD_SPACER_MAX;
	json_free(image);
	return small && record_image_spare(p->rec, url);
}

static void
take_image(const struct pass *p, const struct json *known, const char *url)
{
	if (doubtful(p, known, url))
		return;
	take(p, known, "image");
	take(p, known, "thumbs");
}

static void
want_image(const struct pass *p, const char *url)
{
	bool fresh = false;
	struct json *known = known_image(p, url, &fresh), *doc = json_get(known, "doc");
	bool may = doc != NULL && !p->anew && !stage_cache_forbids(p->st, doc);
	if (may && fresh) {
		add_doc(p, doc, true);
		record_want_done(p->rec, "image", url);
		take_image(p, known, url);
	} else if (may) {
		ask_whether_changed(p, "image", url, doc);
	}
	json_free(doc);
	json_free(known);
}

/* It has not changed: neither have its size and its thumbnails. */
static void
image_unchanged(const struct pass *p, const struct json *doc)
{
	bool fresh;
	struct json *known = known_image(p, json_str(doc, "url"), &fresh), *was = json_get(known, "doc");
	if (str_eq(json_str(was, "media_id"), json_str(doc, "media_id")))
		take_image(p, known, json_str(doc, "url"));
	json_free(was);
	json_free(known);
}

/* Bytes that the store has already need no thumbnails again.  What they are called and were sent as must be the same, too:
 * both are shown with the medium. */
static void
find_twin(const struct pass *p, const struct json *doc)
{
	struct store_found f;
	struct err ignored;
	const char *id = json_str(doc, "media_id"), *sha256 = json_str(doc, "sha256");
	if (p->st->blobs == NULL || id == NULL || sha256 == NULL || !store_id_fetched(id) ||
	    store_image_twin(p->st->store, sha256, json_str(doc, "type"), json_str(doc, "name"), &f, &ignored) < 0)
		return;
	struct json *known = f.found && !str_eq(f.media_id, id) ? stage_details_parse(f.text) : NULL;
	if (json_has(known, "image") && !doubtful(p, known, json_str(doc, "url")) &&
	    store_blobs_same(p->st->blobs, id, f.media_id)) {
		struct json *d = json_copy(doc);
		json_set_str(d, "spare", id);
		json_set_str(d, "media_id", f.media_id);
		json_set_bool(d, "reused", true);
		replace_last(p, "image", d);
		take(p, known, "image");
		take(p, known, "thumbs");
		json_free(d);
	}
	json_free(known);
	store_found_clear(&f);
}

static void
image_came(const struct pass *p)
{
	struct record_doc d;
	if (json_has(p->rec->j, "thumbs") || record_wants(p->rec) > 0 || !record_image_doc(p->rec, &d))
		return;
	if (str_eq(d.rel, "image") && d.not_modified)
		image_unchanged(p, d.j);
	else if (str_eq(d.rel, "image") && !json_is_true(d.j, "reused") && json_has(p->rec->j, "og"))
		find_twin(p, d.j);
	record_doc_clear(&d);
}

/* ---- an answer whose time is over ----------------------------------------------------------------------------- */

static void
want_other(const struct pass *p, const char *rel, const char *url)
{
	struct json *doc = find_in(p->old->details, rel, url);
	bool oembed = str_eq(rel, "oembed") && json_has(p->old->details, "oembed");
	if (doc != NULL && oembed && !p->anew && json_int_or(doc, "expires_ts", 0) > p->now) {
		record_want_done(p->rec, rel, url);
		add_doc(p, doc, true);
		take(p, p->old->details, "oembed");
	} else if (doc != NULL && (oembed || !str_eq(rel, "oembed"))) {
		ask_whether_changed(p, rel, url, doc);
	}
	json_free(doc);
}

enum state { SAME, CHANGED, ASKED };

/* Is a document of the old answer the same now?  What is not in the record yet is taken over while it is fresh, and when
 * it cannot be had; else it is asked for. */
static enum state
state_of(const struct pass *p, const struct json *was)
{
	const char *rel = json_str(was, "rel"), *url = json_str(was, "url");
	struct json *is = find_in(p->rec->j, rel, url);
	enum state s = SAME;
	if (is != NULL) {
		bool same = json_is_true(is, "not_modified") || json_is_true(is, "reused");
		s = same && str_eq(json_str(is, "media_id"), json_str(was, "media_id")) ? SAME : CHANGED;
	} else if (str_eq(rel, "page") && record_refused(p->rec, rel, url)) {
		s = CHANGED;
	} else if (json_int_or(was, "expires_ts", 0) > p->now || record_refused(p->rec, rel, url)) {
		add_doc(p, was, true);
	} else {
		record_want(p->rec, rel, url);
		s = record_wants(p->rec) > 0 ? ASKED : CHANGED;
	}
	json_free(is);
	return s;
}

/* The pages that led to the answer, in their order. */
static enum state
state_of_pages(const struct pass *p)
{
	struct json *docs = json_get(p->old->details, "docs");
	enum state all = SAME;
	for (size_t i = 0, n = json_len(docs); i < n && all == SAME; i++) {
		struct json *was = json_at(docs, i);
		if (str_eq(json_str(was, "rel"), "page"))
			all = state_of(p, was);
		json_free(was);
	}
	json_free(docs);
	return all;
}

static enum state
state_of_oembed(const struct pass *p)
{
	struct json *was = find_in(p->old->details, "oembed", NULL);
	enum state s = was != NULL ? state_of(p, was) : SAME;
	json_free(was);
	return s;
}

/* Only the one that is shown. */
static enum state
state_of_image(const struct pass *p)
{
	struct record was = {.j = p->old->details};
	struct record_doc d;
	if (!record_image_doc(&was, &d))
		return SAME;
	enum state s = str_eq(d.rel, "image") ? state_of(p, d.j) : SAME;
	record_doc_clear(&d);
	return s;
}

/* The page has not changed: what was read from it then is what is read from it now, and if the rest has not changed
 * either the answer is what it was. */
static bool
revive(const struct pass *p)
{
	const struct json *details = p->old->details;
	enum state s = state_of_pages(p);
	if (s != SAME || record_wants(p->rec) > 0)
		return false;
	take(p, details, "html");
	s = state_of_oembed(p);
	if (s == ASKED)
		return false;
	if (s == SAME && !json_has(p->rec->j, "oembed"))
		take(p, details, "oembed");
	if (s == SAME)
		s = state_of_image(p);
	if (s != SAME)
		return false; /* the chain goes on: html is there, og is not */
	take(p, details, "image");
	take(p, details, "thumbs");
	json_set(p->rec->j, "og", json_copy(p->old->og));
	return true;
}

/* The page is here, has not changed, and nothing was made of it yet. */
static bool
to_revive(const struct pass *p)
{
	struct json *page = find_in(p->rec->j, "page", NULL);
	bool is = json_is_true(page, "not_modified") && !json_has(p->rec->j, "og") && record_wants(p->rec) == 0;
	json_free(page);
	return is;
}

/* ---- */

static void
look_at_wants(const struct pass *p)
{
	char *rel, *url;
	size_t n = record_wants(p->rec);
	for (size_t i = n; i > 0; i--) { /* backwards: one that is done leaves the list */
		if (!record_want_at(p->rec, i - 1, &rel, &url)) {
			/* it has gone */
		} else if (str_eq(rel, "image")) {
			want_image(p, url);
		} else if (p->old != NULL) {
			want_other(p, rel, url);
		}
		mem_free(rel);
		mem_free(url);
	}
}

bool
stage_reuse(const struct stage_cache *st, const struct stage_stale *old, bool anew, struct record *rec)
{
	struct pass p = {.st = st, .old = old, .anew = anew, .rec = rec, .now = st->now()};
	bool done = false;
	if (record_failed(rec) || record_cached(rec))
		return false;
	p.language = record_language(rec, st->language);
	if (old != NULL && to_revive(&p))
		done = revive(&p);
	if (!done) {
		look_at_wants(&p);
		image_came(&p);
		done = old != NULL && to_revive(&p) && revive(&p); /* what it wanted may be known */
	}
	mem_free(p.language);
	return done;
}
