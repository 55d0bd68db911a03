/* preview, the fetch stage: unlike the others it keeps many records in flight, so it is fed and gives back. */
#ifndef PREVIEW_STAGE_FETCH_H
#define PREVIEW_STAGE_FETCH_H

#include "net/net.h"
#include "preview/preview.h"

struct store_blobs;

/* Borrowed for the life of the stage. */
struct stage_fetch_options {
	struct net *net;
	const struct store_blobs *blobs;
	struct net_bounds bounds; /* of expires_ts */
	int64_t media_max;	  /* bytes of a medium of another homeserver */
	int64_t media_timeout;	  /* ms for each place that is asked for it */
	int64_t (*now)(void);	  /* ms since the epoch */
	void *arg;		  /* of the callbacks */
	/* A record is as complete as it will be: take it (record_clear is yours).  err->code is ERR_NONE, or the record
	 * failed here and carries the error. */
	void (*done)(void *arg, struct record *rec, const struct err *err);
	void (*hop)(void *arg, const struct net_hop *h);	     /* may be NULL; one per response */
	void (*line)(void *arg, bool sent, const char *p, size_t n); /* may be NULL; one per line of a head */
};

struct stage_fetch;

struct stage_fetch *stage_fetch_new(const struct stage_fetch_options *o);
void
stage_fetch_free(struct stage_fetch *st); /* after net_free; drops records in flight and removes their temp files */
/* Takes the record (rec->j becomes NULL) and brings every document it wants; wants nothing and has none: its page.
 * Records that failed, were answered by the cache or want nothing are done at once.  Then call net_work(). */
void stage_fetch_add(struct stage_fetch *st, struct record *rec, size_t bytes); /* bytes: what it was read from */
size_t stage_fetch_pending(const struct stage_fetch *st);			/* records */
size_t stage_fetch_bytes(const struct stage_fetch *st);				/* of these */

#endif
