/* page: what does it say?  HTML in any charset to Open Graph, oEmbed answers to Open Graph, oEmbed providers. */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include "base/base.h"
#include "json/json.h"

/* ---- limits: what one page may cost, whatever it says ------------------------------------ */

#define PAGE_TAGS_MAX 50			  /* members kept per namespace; what comes after is ignored */
#define PAGE_KEY_MAX 50				  /* code points of a member's name */
#define PAGE_VALUE_MAX 1000			  /* code points of a member's value */
#define PAGE_PROPS_BYTES_MAX ((size_t)64 * 1024)  /* all kept values of one page */
#define PAGE_IMAGES_MAX 8			  /* image candidates */
#define PAGE_DATA_URL_MAX ((size_t)128 * 1024)	  /* bytes of a data: image */
#define PAGE_SUMMARY_MIN 200			  /* code points: enough text for a description (spec B.7) */
#define PAGE_SUMMARY_MAX 500			  /* code points: a description is cut there */
#define PAGE_DEPTH_MAX 512			  /* open elements that are told apart */
#define PAGE_WINDOW ((size_t)512 * 1024)	  /* bytes of a converted page in memory at once */
#define PAGE_OEMBED_MAX ((size_t)4 * 1024 * 1024) /* bytes of an oEmbed answer */
#define PAGE_MANIFEST_MAX ((size_t)256 * 1024)	  /* bytes of a web app manifest */
#define PAGE_CACHE_AGE_MAX (24 * 60 * 60)	  /* seconds (spec A.2: at most 24 h) */
#define PAGE_PROVIDERS_MAX 8192			  /* URL patterns of all provider files */
#define PAGE_PROVIDERS_FILE_MAX ((size_t)8 << 20) /* bytes of one */
#define PAGE_PROVIDERS_VALUES_MAX 65536		  /* objects and arrays in one */

/* ---- charset ----------------------------------------------------------------------------- */

/* The converters of the multi-byte charsets.  They are loaded by iconv_open(3), which opens files: open this
 * before the door closes.  One that the system lacks is passed over; its pages are then read by detection. */
struct page_charsets;
struct page_charsets *page_charsets_open(void);
void page_charsets_close(struct page_charsets *c);

/* The canonical name of a label (Encoding standard: "latin1" is windows-1252, "gb2312" is GBK); NULL if unknown. */
const char *page_charset_label(const char *label, size_t n);

/* The charset these bytes are read in, and by which evidence: "bom", "header", "meta", "xml", "utf-8", "detected" or
 * "default".  c may be NULL, as in page_options. */
const char *page_charset_name(const void *p, size_t n, const char *content_type, struct page_charsets *c,
			      const char **evidence);

/* ---- html --------------------------------------------------------------------------------- */

struct page_options {
	const char *url;		/* where it came from, after redirects: the base of relative URLs */
	const char *type;		/* Content-Type as sent, or NULL */
	struct page_charsets *charsets; /* NULL: multi-byte charsets other than UTF-* are not converted */
	bool explain;			/* also what did not win: member "others" */
	bool nodes_apart;		/* every text node its own paragraph, as the reference has it (spec B.6) */
};

/* Reads a page of n bytes in one pass, in bounded memory, and stops as soon as nothing more is wanted.  Any bytes are
 * a page.  The result is the record's "html" member, layout in preview/stage_og.c; yours. */
struct json *page_html(const void *bytes, size_t n, const struct page_options *o);

/* Content-Type says HTML or XHTML; these bytes look like HTML (for octet-stream and no type at all). */
bool page_type_is_html(const char *content_type);
bool page_looks_html(const void *bytes, size_t n);

/* Reads what is neither HTML nor a picture, by its type: plain text, Markdown, feeds, ActivityStreams, the title of a
 * PDF; of audio and video only the type is known.  Bounded as a page is.  The result is laid out as that of page_html. */
struct json *page_doc(const void *bytes, size_t n, const struct page_options *o);
bool page_doc_type(const char *content_type);		 /* is it one of those? */
const char *page_doc_sniff(const void *bytes, size_t n); /* the type of what looks like a feed, JSON or PDF; or NULL */

enum { PAGE_OEMBED_FIRST = 1, PAGE_NULLS = 2 };

/* Merges per member into one "og" object: what the page declares, then oEmbed, then what was inferred from the page
 * (PAGE_OEMBED_FIRST: oEmbed before all).  The members of an image, video or audio stay together: they come from the
 * source that gave it.  html ("html" of the record) and oembed ("og" of the record's "oembed") may be NULL.
 * PAGE_NULLS: null where title or description is missing. */
struct json *page_merge(const struct json *html, const struct json *oembed, unsigned flags);

/* ---- oembed -------------------------------------------------------------------------------- */

/* An oEmbed answer (https://oembed.com §2.3; spec C.5), JSON or XML, as {"og":{…},"author_name":…,"stub_title":…,
 * "cache_age":seconds}.  url is the page being previewed, base the final URL of the answer,
 * type its Content-Type or NULL, for its charset: UTF-8, -16, -32 or a single-byte one.  NULL and err if it is no
 * oEmbed 1.0 object. */
struct json *page_oembed(const void *p, size_t n, const char *url, const char *base, const char *type, struct err *err);

/* The oEmbed answer that a Link: header (RFC 8288; several joined by commas) names: JSON, else XML.  Yours; NULL. */
char *page_oembed_link(const char *header, const char *base);

/* Where a Refresh header or its meta sends the reader within seconds: absolute, and not the page itself.  Yours; NULL. */
char *page_refresh(const char *value, const char *url, const char *base);

/* The best icon of a web app manifest: {"url":absolute,"size":pixels}, {} if it has none.  Yours; NULL and err if it is no
 * JSON. */
struct json *page_manifest_icon(const void *p, size_t n, const char *base, struct err *err);

struct page_providers;
struct page_providers *page_providers_new(void);
void page_providers_free(struct page_providers *p);

/* Providers of this name, or whose endpoint's host is it or below it, are passed over by what is added from now on. */
void page_providers_disable(struct page_providers *p, const char *name);

/* Told of everything that cannot be used: a provider's name, what of it (a URL, a scheme), and why.  May be NULL. */
typedef void page_providers_drop(void *arg, const char *provider, const char *what, const char *why);

/* The usable part of a provider list (spec C.1), in the same format; yours.  strict: from somebody who is not the owner,
 * so that no pattern may speak for a whole top-level domain.  NULL if the text as a whole is not a JSON array. */
struct json *page_providers_clean(const char *text, size_t n, bool strict, page_providers_drop *drop, void *arg,
				  struct err *err);

/* The owner's lists are asked first, the last one of them before the others; then the built-in table; then public ones.
 * -1 as page_providers_clean. */
enum page_providers_kind { PAGE_PROVIDERS_OWN, PAGE_PROVIDERS_PUBLIC };
void page_providers_add_builtin(struct page_providers *p);
int page_providers_add(struct page_providers *p, const char *text, size_t n, enum page_providers_kind kind,
		       page_providers_drop *drop, void *arg, struct err *err);
size_t page_providers_count(const struct page_providers *p); /* patterns */

/* The URL to ask for this page's oEmbed answer, yours; NULL if no provider knows it. */
char *page_providers_match(const struct page_providers *p, const char *url);

#endif
