/* preview: the corridor.  The record, the stages in their order, and the router that walks records through them. */
#ifndef PREVIEW_PREVIEW_H
#define PREVIEW_PREVIEW_H

#include "base/base.h"
#include "json/json.h"

/* ---- record: mxpreview(5), one JSON object a line --------------------------------------- */

#define RECORD_VERSION 1
#define RECORD_LINE_MAX ((size_t)1 << 20)	 /* bytes of one line, read or written */
#define RECORD_URL_MAX 8192			 /* bytes of any URL in a record */
#define RECORD_DATA_URL_MAX ((size_t)256 * 1024) /* bytes of a data: URL that is wanted */
#define RECORD_DOCS_MAX 16
#define RECORD_WANT_MAX 16
#define RECORD_WARNINGS_MAX 32
#define RECORD_SPACER_MAX \
	10 /* pixels of a picture's shorter side: it only keeps a place, or tells that somebody looked */
#define RECORD_UNTYPED "application/octet-stream" /* what is said of a document that was sent without a type */
#define RECORD_IMAGE_TRIES 3			  /* pictures that are tried, one after the other */

/* What a filter does not know it passes on: the JSON object itself is the state. */
struct record {
	struct json *j; /* owned */
};

/* A document that fetch brought.  Strings are borrowed from j; NULL or 0 where unknown. */
struct record_doc {
	const char *rel;       /* "page", "oembed", "image", "manifest" */
	const char *url;       /* as wanted */
	const char *final_url; /* after redirects: the base of relative URLs */
	const char *type;      /* Content-Type as sent */
	const char *media_id;  /* names the blob in the store */
	const char *sha256;
	const char *name; /* from Content-Disposition */
	const char *etag, *last_modified;
	const char *link;	/* the Link: headers, joined */
	const char *refresh;	/* the Refresh: header */
	const char *user_agent; /* of user_agent_fallback, if not the usual one was answered */
	int64_t status, bytes, fetched_ts, expires_ts;
	int64_t stale_while_revalidate, stale_if_error; /* ms after expires_ts, as the response allows */
	bool no_store, vary_language;			/* not to be kept; another one for other languages */
	bool not_modified;				/* the bytes are those of what the want carried in "have" */
	int64_t hops;					/* redirects followed */
	int64_t length;					/* what it says to be long, if only its beginning is here */
	struct json *j;					/* what the strings are borrowed from; owned by the view */
};

/* A line is a record or a bare URL.  On -1 rec still is a record that carries the error (stage "record"), so that
 * no input line goes unanswered. */
int record_read(struct record *rec, const char *line, size_t len, struct err *err);
void record_from_url(struct record *rec, const char *url);
int record_write(const struct record *rec, struct buf *out); /* with LF; -1: over RECORD_LINE_MAX, out unchanged */
void record_clear(struct record *rec);

const char *record_url(const struct record *rec); /* borrowed; "" only if the record failed at birth */
bool record_failed(const struct record *rec);	  /* carries "error" */
bool record_cached(const struct record *rec);	  /* answered by the cache: "cache":{"hit":true} */

bool record_doc(const struct record *rec, const char *rel, struct record_doc *out); /* the last of that rel */
bool record_has_doc(const struct record *rec, const char *rel);
bool record_doc_at(const struct record *rec, size_t i, struct record_doc *out); /* false past the end */
bool record_image_doc(const struct record *rec, struct record_doc *out); /* rel image, else a page that is image/… */
void record_image_drop(struct record *rec, const struct record_doc *doc,
		       const struct err *err);			     /* of no use: a warning */
bool record_image_spare(const struct record *rec, const char *than); /* is there another one that may be tried? */
void record_doc_view(struct record_doc *doc, struct json *take);     /* the strings are borrowed from it */
void record_doc_clear(struct record_doc *doc);
void record_add_doc(struct record *rec, const struct record_doc *doc); /* doc->j is ignored */
bool record_type_is(const char *content_type, const char *prefix);     /* ASCII case-insensitive prefix; NULL-safe */

/* Ask fetch for a document.  Nothing happens when that url+rel is wanted or there already. */
void record_want(struct record *rec, const char *rel, const char *url);
/* Let fetch ask whether the document that is had of an open want still holds; doc->rel and doc->url are ignored. */
void record_want_have(struct record *rec, const char *rel, const char *url, const struct record_doc *have);
struct json *record_doc_json(const struct record_doc *doc); /* the object as it stands in "docs"; yours */
size_t record_wants(const struct record *rec);		    /* how many are open */
bool record_want_at(const struct record *rec, size_t i, char **rel, char **url); /* both yours; NULL past the end */
bool record_wants_rel(const struct record *rec, const char *rel);
void record_want_done(struct record *rec, const char *rel, const char *url); /* got, or given up */

/* The Accept-Language that fetch sends for this record, dflt being the configured one; yours.  "" if none is sent. */
char *record_language(const struct record *rec, const char *dflt);

void record_fail(struct record *rec, const char *stage, const struct err *err); /* the record's end */
void record_warn(struct record *rec, const char *stage, const char *rel, const char *url, const struct err *err);

/* Was it asked for in vain?  How many of that rel were? */
bool record_refused(const struct record *rec, const char *rel, const char *url);
size_t record_refusals(const struct record *rec, const char *rel);
bool record_image_refused(const struct record *rec); /* the image that "og" names, and no other came */

/* ---- stage: what a record's state calls for ---------------------------------------------- */

enum stage { STAGE_OEMBED = 0, STAGE_FETCH, STAGE_OG, STAGE_THUMB, STAGE_DONE };

extern const char *const stage_name[STAGE_DONE]; /* "oembed", "fetch", "og", "thumb" */
enum stage stage_next(const struct record *rec);

/* Runs when the chain is done and before the record is put away: gives the image its mxc:// name (A.8), drops
 * og:image* when there is none, author_name for a missing title, prunes long members (A.7). */
void stage_finish(struct record *rec, const char *server_name);

/* The stages themselves are declared in preview/stages.h, so that a command links only the ones it runs. */

#endif
