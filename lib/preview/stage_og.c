/* What does the page say?  Parses it once, keeps what it found in "html", and merges that into "og".
 *
 * The record's "html" member holds everything that a later merge needs, so that no page is parsed twice:
 *
 *   declared    object: og:*, article:*, profile:* members in the page's own words (twitter:* mapped as in spec B.2,
 *               title and description from the best declared source), without og:image and what describes it
 *   inferred    object: og:title and og:description concluded from <title>, headings and text; oEmbed goes before them
 *   images      array, best first, at most PAGE_IMAGES_MAX: {url, source, declared, secure_url, type, width, height, alt};
 *               absolute http, https or data:image URLs.  The next one is there for when the first cannot be had
 *   sources     object: for og:title, og:description, og:site_name the source that won: og twitter meta dc title h1 h2
 *               h3 text.  An image carries its own: og twitter itemprop link img-size img poster icon
 *   extra       object: members of book: product: music: video: place:
 *   oembed      the oEmbed answer the page links to (JSON), absolute
 *   canonical   link rel=canonical, absolute
 *   lang        of the html element
 *   charset     name in the Encoding standard; charset_by: bom header meta xml utf-8 detected default
 *   pending     "oembed" while an oEmbed answer that may bring the image is still being fetched
 *
 * Members that would be empty are absent. */
#include "preview/stages.h"

#include <string.h>

#include "image/image.h"
#include "page/page.h"
#include "preview/stage_body.h"

enum kind { KIND_NONE, KIND_HTML, KIND_IMAGE, KIND_OTHER };

/* No type, or the type of those who know none: the bytes decide. */
static bool
untyped(const char *type)
{
	return type == NULL || *type == '\0' || record_type_is(type, "application/octet-stream");
}

static int
looks_html(const struct stage_og *st, const struct record_doc *doc, bool *is, struct err *err)
{
	enum { LOOK = 4096 };
	struct stage_body b;
	if (stage_body_open(&b, st->blobs, doc, LOOK, err) < 0)
		return -1;
	*is = b.n > 0 && page_looks_html(b.p, b.n);
	stage_body_close(&b);
	return 0;
}

static int
kind_of(const struct stage_og *st, const struct record_doc *doc, enum kind *kind, struct err *err)
{
	bool html = page_type_is_html(doc->type);
	if (!html && untyped(doc->type) && looks_html(st, doc, &html, err) < 0)
		return -1;
	*kind = html ? KIND_HTML : record_type_is(doc->type, "image/") ? KIND_IMAGE : KIND_OTHER;
	return 0;
}

/* ---- other documents (spec A.7) ---------------------------------------------------------------------------- */

static int
describe_image(const struct stage_og *st, struct record *rec, const struct record_doc *doc, struct err *err)
{
	struct stage_body b;
	struct image_info info;
	if (stage_body_open(&b, st->blobs, doc, IMAGE_SNIFF_BYTES, err) < 0)
		return -1;
	struct json *og = json_object();
	if (doc->name != NULL)
		json_set_str(og, "og:description", doc->name);
	json_set_str(og, "og:image", doc->final_url != NULL ? doc->final_url : record_url(rec));
	json_set_str(og, "og:image:type", doc->type);
	json_set_int(og, "matrix:image:size", doc->bytes);
	if (b.n > 0 && image_sniff(b.p, b.n, &info, NULL) == 0 && info.width > 0 && info.height > 0) {
		json_set_int(og, "og:image:width", info.width);
		json_set_int(og, "og:image:height", info.height);
	}
	stage_body_close(&b);
	json_set(rec->j, "og", og);
	return 0;
}

/* ---- merging ------------------------------------------------------------------------------------------------- */

static void
merge(const struct stage_og *st, struct record *rec)
{
	struct json *html = json_get(rec->j, "html"), *oembed = json_get(rec->j, "oembed");
	struct json *answer = json_get(oembed, "og");
	unsigned flags =
	    (st->oembed_first ? (unsigned)PAGE_OEMBED_FIRST : 0U) | (st->synapse ? (unsigned)PAGE_NULLS : 0U);
	struct json *og = page_merge(html, answer, flags);
	bool pending = json_has(html, "pending");
	if (!pending && !str_isblank(json_str(og, "og:image")))
		record_want(rec, "image", json_str(og, "og:image"));
	json_set(rec->j, "og", og);
	json_free(answer);
	json_free(oembed);
	json_free(html);
}

/* Nothing is waited for any more: what the page has must do. */
static void
settle(struct record *rec)
{
	struct json *html = json_get(rec->j, "html");
	if (html == NULL)
		return;
	json_del(html, "pending");
	json_set(rec->j, "html", html);
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static bool
has_doc(const struct record *rec, const char *rel)
{
	struct record_doc doc;
	bool there = record_doc(rec, rel, &doc);
	if (there)
		record_doc_clear(&doc);
	return there;
}

/* Was this oEmbed answer asked for before, in vain? */
static bool
refused(const struct record *rec, const char *url)
{
	struct json *warnings = json_get(rec->j, "warnings");
	bool is = false;
	for (size_t i = 0, n = json_len(warnings); i < n && !is; i++) {
		struct json *w = json_at(warnings, i);
		is = str_eq(json_str(w, "rel"), "oembed") && str_eq(json_str(w, "url"), url);
		json_free(w);
	}
	json_free(warnings);
	return is;
}

static bool
declares_image(const struct json *html)
{
	struct json *images = json_get(html, "images"), *first = json_at(images, 0);
	bool declared = false;
	(void)json_bool(first, "declared", &declared);
	json_free(first);
	json_free(images);
	return declared;
}

/* An oEmbed answer is here unread, or will come: then it may have the better picture. */
static bool
oembed_awaited(struct record *rec, const struct json *html)
{
	const char *link = json_str(html, "oembed");
	bool here = has_doc(rec, "oembed");
	if (json_has(rec->j, "oembed"))
		return false;
	if (!here && link != NULL && !refused(rec, link))
		record_want(rec, "oembed", link);
	return here || record_wants_rel(rec, "oembed");
}

static int
read_page(const struct stage_og *st, struct record *rec, const struct record_doc *doc, struct err *err)
{
	struct stage_body b;
	if (stage_body_open(&b, st->blobs, doc, STAGE_BODY_MAX, err) < 0)
		return -1;
	struct json *html = page_html(b.p, b.n,
				      &(struct page_options){.url = doc->final_url != NULL ? doc->final_url : doc->url,
							     .type = doc->type,
							     .charsets = st->charsets,
							     .nodes_apart = st->synapse});
	stage_body_close(&b);
	if (oembed_awaited(rec, html) && (st->oembed_first || !declares_image(html)))
		json_set_str(html, "pending", "oembed");
	json_set(rec->j, "html", html);
	return 0;
}

static int
html(const struct stage_og *st, struct record *rec, const struct record_doc *doc, struct err *err)
{
	if (!json_has(rec->j, "html")) {
		if (read_page(st, rec, doc, err) < 0)
			return -1;
	} else {
		settle(rec);
	}
	merge(st, rec);
	return 0;
}

/* Neither a page nor a picture: an oEmbed answer if there is one, else its name. */
static void
other(const struct stage_og *st, struct record *rec, const struct record_doc *doc)
{
	merge(st, rec);
	struct json *og = json_get(rec->j, "og");
	if (json_len(og) == 0 && doc != NULL && !str_isblank(doc->name)) {
		json_set_str(og, "og:title", doc->name);
		json_set(rec->j, "og", og);
	} else {
		json_free(og);
	}
}

/* Nothing to do: it is described, and not in wait of an oEmbed answer that has come or been given up. */
static bool
settled(const struct record *rec)
{
	struct json *member = json_get(rec->j, "html");
	bool pending = json_has(member, "pending");
	json_free(member);
	return json_has(rec->j, "og") && (!pending || record_wants(rec) > 0);
}

int
stage_og(const struct stage_og *st, struct record *rec, struct err *err)
{
	struct record_doc doc;
	enum kind kind = KIND_NONE;
	if (record_failed(rec) || record_cached(rec) || settled(rec))
		return 0;
	bool page = record_doc(rec, "page", &doc);
	if (!page && !has_doc(rec, "oembed"))
		return 0; /* nothing was fetched yet */
	int rc = page ? kind_of(st, &doc, &kind, err) : 0;
	if (rc == 0 && kind == KIND_HTML)
		rc = html(st, rec, &doc, err);
	else if (rc == 0 && kind == KIND_IMAGE)
		rc = describe_image(st, rec, &doc, err);
	else if (rc == 0)
		other(st, rec, page ? &doc : NULL);
	if (page)
		record_doc_clear(&doc);
	return rc;
}
