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
};
int stage_thumb(const struct stage_thumb *st, struct record *rec, struct err *err);

struct store;

struct stage_cache {
	struct store *store;
	int64_t ttl, max_ttl, failure_ttl; /* ms */
	int64_t (*now)(void);		   /* ms since the epoch */
	bool details; /* answers come with what they were made of; one that is kept without counts as not known */
};
/* Adds "og" and "cache" when the answer is known, "error" and "cache" when a failure is remembered. */
int stage_cache_get(const struct stage_cache *st, struct record *rec, struct err *err);
/* Puts a finished record (after stage_finish) or a failed one away; cached and unfinished ones are left alone. */
int stage_cache_put(const struct stage_cache *st, struct record *rec, struct err *err);

/* The members of a record that an answer was made of, as kept beside it. */
char *stage_details_text(const struct record *rec); /* JSON, yours; NULL if it cannot be kept */
struct json *stage_details_parse(const char *text); /* yours; NULL if it is none */
void stage_details_set(struct record *rec, const struct json *details);

#endif
