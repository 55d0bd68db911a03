/* What does the page say?  Parses it once, keeps what it found in "html", and merges that into "og".
 *
 * The record's "html" member holds everything that a later merge needs, so that no page is parsed twice:
 *
 *   declared    object: og:*, article:*, profile:* members in the page's own words (twitter:* mapped as in spec B.2,
 *               title and description from the best declared source), without og:image and what describes it
 *   inferred    object: og:title and og:description concluded from <title>, headings and text; oEmbed goes before them
 *   images      array, best first, at most PAGE_IMAGES_MAX: {url, source, declared, secure_url, type, width, height, alt, fill, template};
 *               absolute http, https or data:image URLs.  The next one is there for when the first cannot be had
 *   sources     object: for og:title, og:description, og:site_name and what stands in extra the source that won: og
 *               twitter json-ld meta itemprop dc title h1 h2 h3 text.  An image carries its own: og twitter json-ld
 *               itemprop link img-size img poster icon
 *   extra       object: members of book: product: music: video: place:, and beside the answer, where the page tells:
 *               author (names, parted by ", "), published, modified (ISO 8601), section, tags (array), type (schema.org),
 *               theme_color, price, currency, availability, dir ("rtl", "ltr"), "og:site_icon" (absolute), video
 *               {url, player, type, width, height}, audio {url}, and site_name: the host, when the page has no better
 *   oembed      the oEmbed answer the page links to (JSON, else XML; else that of its Link: header), absolute
 *   canonical   link rel=canonical, absolute
 *   manifest    the web app manifest, absolute, if the page links no icon of at least 32 pixels itself
 *   refresh     where a meta or the Refresh: header sends the reader within seconds, absolute
 *   lang        of the html element
 *   charset     name in the Encoding standard; charset_by: bom header meta xml utf-8 detected default
 *   base        of <base href>, absolute
 *   lists       members whose names end in "[]": arrays of strings, "" where one could not be used
 *   where       if the record has "explain": per member where in the page it stands, {source, from, offset, line}; an image has
 *               these itself (no source twice)
 *   others      then also: per member what did not win, an array of {source, value, why, from, offset, line}
 *   skipped     and what limits and rules left out, an array of {what, why, count, limit, offset, line}
 *   pending     "oembed" while an oEmbed answer that may bring the image is still being fetched
 *
 * If the record has "icons" (true), the manifest is wanted, too, and its icon goes into "icon" and html.extra.
 *
 * Members that would be empty are absent. */
#include "preview/stages.h"

#include <string.h>

#include "image/image.h"
#include "page/page.h"
#include "preview/stage_body.h"
#include "preview/stage_og.h"

enum kind { KIND_NONE, KIND_HTML, KIND_DOC, KIND_IMAGE, KIND_OTHER };

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
	bool xml = record_type_is(doc->type, "application/xml") || record_type_is(doc->type, "text/xml");
	if (!html && (xml || untyped(doc->type)) && looks_html(st, doc, &html, err) < 0)
		return -1;
	*kind = html				      ? KIND_HTML
		: record_type_is(doc->type, "image/") ? KIND_IMAGE
		: page_doc_type(doc->type)	      ? KIND_DOC
						      : KIND_OTHER;
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

/* ---- images that could not be had -------------------------------------------------------------------------- */

/* Drops the images that were asked for in vain; all of them once enough were. */
static void
drop_refused_images(const struct record *rec, struct json *html)
{
	bool enough = record_refusals(rec, "image") >= RECORD_IMAGE_TRIES;
	struct json *images = json_get(html, "images"), *left = json_array();
	for (size_t i = 0, n = json_len(images); i < n && !enough; i++) {
		struct json *image = json_at(images, i);
		if (record_refused(rec, "image", json_str(image, "url")))
			json_free(image);
		else
			json_add(left, image);
	}
	if (images != NULL)
		json_set(html, "images", left);
	else
		json_free(left);
	json_free(images);
}

static void
keep_other(void *arg, const char *key, const struct json *value)
{
	if (!str_eq(key, "og:image") && !str_starts(key, "og:image:"))
		json_set(arg, key, json_copy(value));
}

/* The same for the one of an oEmbed answer, with what describes it.  Yours. */
static struct json *
without_refused_image(const struct record *rec, struct json *take)
{
	const char *url = json_str(take, "og:image");
	if (url == NULL || (!record_refused(rec, "image", url) && record_refusals(rec, "image") < RECORD_IMAGE_TRIES))
		return take;
	struct json *left = json_object();
	json_each(take, keep_other, left);
	json_free(take);
	return left;
}

/* ---- merging ------------------------------------------------------------------------------------------------- */

static void
merge(const struct stage_og *st, struct record *rec)
{
	struct json *html = json_get(rec->j, "html"), *oembed = json_get(rec->j, "oembed");
	struct json *answer = without_refused_image(rec, json_get(oembed, "og"));
	unsigned flags =
	    (st->oembed_first ? (unsigned)PAGE_OEMBED_FIRST : 0U) | (st->synapse ? (unsigned)PAGE_NULLS : 0U);
	drop_refused_images(rec, html); /* in this copy only */
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

bool
stage_og_declares_image(const struct json *html)
{
	struct json *images = json_get(html, "images"), *first = json_at(images, 0);
	bool declared = json_is_true(first, "declared");
	json_free(first);
	json_free(images);
	return declared;
}

/* An oEmbed answer is here unread, or will come: then it may have the better picture. */
static bool
oembed_awaited(struct record *rec, const struct json *html)
{
	const char *link = json_str(html, "oembed");
	bool here = record_has_doc(rec, "oembed");
	if (json_has(rec->j, "oembed"))
		return false;
	if (!here && link != NULL && !record_refused(rec, "oembed", link))
		record_want(rec, "oembed", link);
	return here || record_wants_rel(rec, "oembed");
}

/* What stands in the page goes before what its server sends along. */
static void
link_of_header(struct json *html, const struct record_doc *doc)
{
	char *link = json_has(html, "oembed")
			 ? NULL
			 : page_oembed_link(doc->link, doc->final_url != NULL ? doc->final_url : doc->url);
	if (link != NULL)
		json_set_str(html, "oembed", link);
	mem_free(link);
}

/* The header was there first. */
static void
refresh_of_header(struct json *html, const struct record_doc *doc)
{
	const char *url = doc->final_url != NULL ? doc->final_url : doc->url;
	char *to = page_refresh(doc->refresh, url, url);
	if (to != NULL)
		json_set_str(html, "refresh", to);
	mem_free(to);
}

/* ---- the icon of a web app manifest: only for who asks ------------------------------------------------------------- */

static void
want_manifest(struct record *rec, const struct json *html)
{
	const char *url = json_str(html, "manifest");
	if (json_is_true(rec->j, "icons") && url != NULL)
		record_want(rec, "manifest", url);
}

static struct json *
read_manifest(const struct stage_og *st, const struct record_doc *doc, struct err *err)
{
	struct stage_body b;
	if (stage_body_open(&b, st->blobs, doc, PAGE_MANIFEST_MAX + 1, err) < 0)
		return NULL;
	const char *base = doc->final_url != NULL ? doc->final_url : doc->url;
	struct json *icon = page_manifest_icon(b.n > 0 ? b.p : "", b.n, base, err);
	stage_body_close(&b);
	return icon;
}

static void
set_icon(struct record *rec, const char *url)
{
	struct json *html = json_get(rec->j, "html"), *extra = json_get(html, "extra"),
		    *sources = json_get(html, "sources");
	if (html != NULL) {
		extra = extra != NULL ? extra : json_object();
		sources = sources != NULL ? sources : json_object();
		json_set_str(extra, "og:site_icon", url);
		json_set_str(sources, "og:site_icon", "manifest");
		json_set(html, "extra", extra);
		json_set(html, "sources", sources);
		json_set(rec->j, "html", html);
	}
}

/* One that cannot be read is a warning, and no icon. */
static void
take_manifest(const struct stage_og *st, struct record *rec)
{
	struct record_doc doc;
	struct err err = {0};
	if (json_has(rec->j, "icon") || !record_doc(rec, "manifest", &doc))
		return;
	struct json *icon = read_manifest(st, &doc, &err);
	if (icon == NULL)
		record_warn(rec, "og", "manifest", doc.url, &err);
	else if (json_str(icon, "url") != NULL)
		set_icon(rec, json_str(icon, "url"));
	json_set(rec->j, "icon", icon != NULL ? icon : json_object());
	record_doc_clear(&doc);
}

static int
read_page(const struct stage_og *st, struct record *rec, const struct record_doc *doc, bool page, struct err *err)
{
	struct stage_body b;
	if (stage_body_open(&b, st->blobs, doc, STAGE_BODY_MAX, err) < 0)
		return -1;
	struct page_options o = {.url = doc->final_url != NULL ? doc->final_url : doc->url,
				 .type = doc->type,
				 .charsets = st->charsets,
				 .explain = json_has(rec->j, "explain"),
				 .nodes_apart = st->synapse};
	const char *p = b.n > 0 ? b.p : "";
	struct json *html = page ? page_html(p, b.n, &o) : page_doc(p, b.n, &o);
	stage_body_close(&b);
	link_of_header(html, doc);
	refresh_of_header(html, doc);
	if (stage_og_redirects(rec, html, doc->final_url != NULL ? doc->final_url : doc->url)) {
		json_free(html);
		return 0;
	}
	want_manifest(rec, html);
	if (oembed_awaited(rec, html) && (st->oembed_first || !stage_og_declares_image(html)))
		json_set_str(html, "pending", "oembed");
	json_set(rec->j, "html", html);
	return 0;
}

static int
html(const struct stage_og *st, struct record *rec, const struct record_doc *doc, bool page, struct err *err)
{
	if (!json_has(rec->j, "html")) {
		if (read_page(st, rec, doc, page, err) < 0)
			return -1;
		if (!json_has(rec->j, "html"))
			return 0; /* it was but a redirect */
	} else {
		settle(rec);
	}
	merge(st, rec);
	return 0;
}

/* A document that has no title of its own is called what its file is. */
static void
name(struct record *rec, const struct record_doc *doc)
{
	struct json *og = json_get(rec->j, "og");
	if (str_isblank(json_str(og, "og:title")) && !str_isblank(doc->name)) {
		json_set_str(og, "og:title", doc->name);
		json_set(rec->j, "og", og);
	} else {
		json_free(og);
	}
}

/* Nothing to do: it is described, and neither in wait of an oEmbed answer that has come or been given up, nor of an
 * image that cannot be had. */
static bool
settled(const struct record *rec)
{
	struct json *member = json_get(rec->j, "html");
	bool pending = json_has(member, "pending");
	json_free(member);
	if (!json_has(rec->j, "og"))
		return false;
	return record_wants(rec) > 0 || (!pending && !record_image_refused(rec));
}

int
stage_og(const struct stage_og *st, struct record *rec, struct err *err)
{
	struct record_doc doc;
	enum kind kind = KIND_NONE;
	if (record_failed(rec) || record_cached(rec))
		return 0;
	take_manifest(st, rec);
	if (settled(rec))
		return 0;
	bool page = record_doc(rec, "page", &doc);
	if (!page && !record_has_doc(rec, "oembed"))
		return 0; /* nothing was fetched yet */
	int rc = page ? kind_of(st, &doc, &kind, err) : 0;
	if (rc == 0 && (kind == KIND_HTML || kind == KIND_DOC))
		rc = html(st, rec, &doc, kind == KIND_HTML, err);
	else if (rc == 0 && kind == KIND_IMAGE)
		rc = describe_image(st, rec, &doc, err);
	else if (rc == 0) /* an oEmbed answer, if there is one */
		merge(st, rec);
	if (rc == 0 && (kind == KIND_DOC || kind == KIND_OTHER))
		name(rec, &doc);
	if (page)
		record_doc_clear(&doc);
	return rc;
}
