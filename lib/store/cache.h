/* store, the cache: what is known about URLs, and until when.  Finished previews (spec A.3, tables of F.10) with the
 * lifetimes of RFC 9111 and RFC 5861, pictures that pages share, failures. */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include "store/store.h"

struct store_preview {
	bool found;
	bool some_shut; /* some picture of some preview is in quarantine; not this one's, perhaps */
	bool failure;	/* a remembered failure: status, errcode, error, class, failures are set instead of og */
	char *og;	/* JSON text; owned, as the others */
	char *details;	/* JSON text: what it was made of; NULL where it was not asked for or is not there */
	char *language; /* the Accept-Language it is for; "": for everybody */
	char *media_id; /* of the main fetch; may be NULL */
	char *etag;
	char *errcode, *error, *class;
	int64_t status, download_ts, expires_ts;
	int64_t stale_ts;    /* until when it may be shown while it is asked for anew … */
	int64_t error_ts;    /* … and when that fails */
	int64_t failures;    /* in a row */
	int64_t http_status; /* what the other side said, if it was that which failed */
};
void store_preview_clear(struct store_preview *p);

struct store_question {
	const char *url, *language;
	int64_t ts, now; /* ts <= now */
	bool details;
};
/* The row with the largest download_ts <= ts, else the smallest one after it; usable if expires_ts > ts (spec A.3).
 * If it is not, the answer that a question of now would get, and last a failure that has not expired by now: whoever
 * waited for somebody else's fetch asked before it was there.  Not found is 0 with found == false. */
int store_cache_get(struct store *s, const struct store_question *q, struct store_preview *out, struct err *err);
/* The newest answer, expired or not, with its details. */
int store_cache_newest(struct store *s, const struct store_question *q, struct store_preview *out, struct err *err);

struct store_media { /* a row of local_media_repository with url_cache set */
	const char *media_id, *type, *name, *url, *sha256, *user;
	int64_t bytes, created_ts;
	const struct store_thumb *thumb; /* rows of …_thumbnails */
	size_t thumbs;
	bool reused; /* it is there already: only its last_access_ts is set.  If it is not, the put is ERR_NOTFOUND */
};
/* A picture by its address, for all pages that show it.  text is the caller's JSON. */
struct store_image {
	const char *url, *language, *media_id, *text;
	int64_t expires_ts;
};
struct store_put {
	const char *url, *language, *og, *details, *etag, *media_id;
	int64_t status, now, download_ts, expires_ts, stale_ts, error_ts;
	bool no_store;	    /* goes with the first put after expires_ts */
	bool authenticated; /* its media are for those who say who they are */
	bool renew;	    /* the row of download_ts lives on; if it is gone meanwhile, a new one is made */
	const struct store_media *media;
	size_t n_media;
	const struct store_image *image; /* may be NULL */
};
int store_cache_put(struct store *s, const struct store_put *put, struct err *err); /* one transaction */

struct store_failure {
	const char *url, *errcode, *error, *class;
	int64_t status, http_status, now;
	int64_t first, max; /* ms it is remembered: the first time, at most */
	int64_t growth;	    /* percent of that for each further one in a row */
	int64_t at_least;   /* ms: the other side's own wish, up to max */
};
int store_cache_put_failure(struct store *s, const struct store_failure *f, struct err *err);

struct store_found {
	bool found;
	char *media_id, *text; /* owned */
	int64_t expires_ts;
};
void store_found_clear(struct store_found *f);
/* The picture of an address, expired or not; not if its medium is gone or quarantined. */
int store_image_get(struct store *s, const char *url, const char *language, struct store_found *out, struct err *err);
/* A picture of the same content, type and name that is neither gone nor quarantined. */
int store_image_twin(struct store *s, const char *sha256, const char *type, const char *name, struct store_found *out,
		     struct err *err);
/* Is it in quarantine? */
int store_media_shut(struct store *s, const char *media_id, bool *is, struct err *err);
int store_media_has(struct store *s, const char *media_id, bool *has, struct err *err);

/* In the order in which they were put, newest first, without og; f returns 0 to go on, anything else to stop. */
typedef int store_row(void *arg, const char *url, const struct store_preview *p);
int store_cache_list(struct store *s, store_row *f, void *arg, struct err *err);
int store_failure_list(struct store *s, store_row *f, void *arg, struct err *err); /* by URL */
/* The rows of one URL, newest first, then its remembered failure if there is one. */
int store_cache_show(struct store *s, const char *url, store_row *f, void *arg, struct err *err);
int store_cache_forget(struct store *s, const char *url, int64_t *forgotten, struct err *err); /* rows, not files */
/* The rows and failures that f chooses (not 0). */
int store_cache_forget_if(struct store *s, store_row *f, void *arg, int64_t *forgotten, struct err *err);

struct store_stat {
	int64_t previews, fresh, failures, failures_fresh, media, media_bytes, thumbs, thumb_bytes, images,
	    images_fresh;
};
int store_cache_stat(struct store *s, int64_t now, struct store_stat *out, struct err *err);

#endif
