/* preview, the stages: one function each, one file each, so that a command links only its own libraries.
 * All: 0 when the record may go on (also when it had nothing to do), -1 and err when the record failed for good
 * (the caller then calls record_fail).  A failing secondary document is a warning, not an error. */
#ifndef PREVIEW_STAGES_H
#define PREVIEW_STAGES_H

#include "preview/preview.h"

struct store_blobs;
struct page_charsets;
struct page_providers;
struct image_limits;

struct stage_og {
	const struct store_blobs *blobs;
	bool oembed_first;		/* merge = oembed-first */
	bool synapse;			/* compat = synapse: null title/description */
	struct page_charsets *charsets; /* opened before the door closed; NULL: UTF-8, -16, -32 and single-byte only */
};
int stage_og(const struct stage_og *st, struct record *rec, struct err *err);

struct stage_oembed {
	const struct store_blobs *blobs;
	const struct page_providers *providers;
};
int stage_oembed(const struct stage_oembed *st, struct record *rec, struct err *err);

struct stage_thumb {
	const struct store_blobs *blobs;
	const struct image_limits *limits;
	bool blurhash; /* the picture's is told, too */
};
int stage_thumb(const struct stage_thumb *st, struct record *rec, struct err *err);
struct image_thumb;
struct json *stage_thumb_json(const struct image_thumb *t); /* what a record says of it; yours */
/* Instead of it, when whoever looked at the picture did not come back; why says what happened. */
void stage_thumb_lost(struct record *rec, const struct err *why);

struct store;
struct url_policy;

struct stage_cache {
	struct store *store;
	const struct store_blobs *blobs; /* NULL: pictures are not compared, and nothing is removed */
	/* What was fetched must be allowed still to be used again: stage_forbids, or NULL where nobody asks. */
	bool (*forbids)(const struct url_policy *policy, const char *url, bool page);
	const struct url_policy *policy;
	bool rules;	      /* the owner has rules: documents of answers that are fresh are held against them, too */
	const char *language; /* Accept-Language where a record asks for none; NULL: none is sent */
	int64_t min_ttl, ttl, max_ttl, no_store_ttl, stale_while_revalidate, stale_if_error; /* ms */
	int64_t failure_ttl, failure_max_ttl;
	int64_t (*now)(void); /* ms since the epoch */
	bool authenticated;   /* pictures are for those who say who they are */
	bool details; /* answers come with what they were made of; one that is kept without counts as not known */
};
/* Adds "og" and "cache" when the answer is known, "error" and "cache" when a failure is remembered. */
int stage_cache_get(const struct stage_cache *st, struct record *rec, struct err *err);
/* Who got this answer in another language than the asker's?  True: it is not for the asker. */
bool stage_cache_foreign(const struct stage_cache *st, const struct record *rec, const struct record *asker);

/* Apart, for it needs room url.  What is no http URL, or none at all, is not forbidden: it is not asked for either. */
bool stage_forbids(const struct url_policy *policy, const char *url, bool page);
bool stage_forbids_by_rule(const struct url_policy *policy, const char *url, bool page); /* of URLs or sites */
/* May it be asked about?  The owner's rules come before every cache (DESIGN 6.2).  rules_only: addresses and ports are
 * judged by whoever asks them. */
int stage_allowed(const struct url_policy *policy, const char *url, bool rules_only, struct err *err);
/* A person may have pasted a password with the URL: it is not sent, so it is not kept or shown either. */
void stage_drop_userinfo(struct record *rec);
/* Do the rules, as they are now, forbid to fetch this document, or where it was in the end? */
bool stage_cache_forbids(const struct stage_cache *st, const struct json *doc);

/* An answer whose time is over, with all that it was made of. */
struct stage_stale {
	struct json *og, *details; /* owned; NULL: there is none */
	char *language;		   /* owned */
	int64_t download_ts, expires_ts, stale_ts, error_ts;
};
int stage_cache_stale(const struct stage_cache *st, const struct record *rec, struct stage_stale *out, struct err *err);
void stage_stale_clear(struct stage_stale *old);
/* Answers with it all the same.  error is that of a record that failed meanwhile (a warning), or NULL. */
void stage_cache_answer_stale(const struct stage_cache *st, struct record *rec, const struct stage_stale *old,
			      const struct json *error);
/* May an answer stand in for this failure?  Not when the page is gone for good or forbidden (RFC 5861 §4). */
bool stage_cache_bridges(const struct json *error);

/* Takes a picture that is in quarantine out of the answer, with all that describes it. */
int stage_hide(const struct stage_cache *st, struct record *rec, struct err *err);

/* Puts a finished record (after stage_finish) or a failed one away; cached and unfinished ones are left alone.  renewed:
 * the answer that lives on, or NULL.  ERR_NOTFOUND: a picture that was shared is gone meanwhile, it must be asked for. */
int stage_cache_put(const struct stage_cache *st, struct record *rec, const struct stage_stale *renewed,
		    struct err *err);

/* What need not be asked for, or only whether it has changed?  To be called whenever a record is about to go to a stage;
 * old may be NULL.  anew: pictures are asked for even if they are fresh.  True: nothing has changed, "og" is that of old
 * and the record is done. */
bool stage_reuse(const struct stage_cache *st, const struct stage_stale *old, bool anew, struct record *rec);

/* The members of a record that an answer was made of, as kept beside it.  A document among them says no more how it came
 * here (not_modified, reused, kept, spare: see stage_reuse.c). */
char *stage_details_text(const struct record *rec); /* JSON, yours; NULL if it cannot be kept */
struct json *stage_details_parse(const char *text); /* yours; NULL if it is none */
void stage_details_set(struct record *rec, const struct json *details);
struct json *stage_details_doc(const struct json *doc); /* a document as it is kept; yours */

#endif
