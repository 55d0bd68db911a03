/* preview, inside: one medium of another homeserver, for the fetch stage. */
#ifndef PREVIEW_STAGE_MEDIA_H
#define PREVIEW_STAGE_MEDIA_H

#include "matrix/matrix.h"
#include "preview/stage_fetch.h"
#include "store/store.h"

#define STAGE_MEDIA_AUTHORIZATION_MAX 2048 /* bytes of that header */

struct stage_media_ask {
	const struct stage_fetch_options *o;
	const char *url;	   /* mxc://server/id; copied, as the next */
	const char *authorization; /* of the federation endpoint; NULL: that is not asked */
	int64_t timeout_ms;	   /* as it stands in what was signed */
	void *arg;
	/* Once, from net_work; doc or err->code.  Its strings are valid in the call. */
	void (*done)(void *arg, const struct record_doc *doc, const struct err *err);
};

#define STAGE_MEDIA_ELSEWHERE MATRIX_MEDIA_WAYS /* where the answer says that the file is */

struct stage_media {
	struct stage_media_ask ask;
	struct matrix_mxc name;
	struct matrix_discovery *where;
	size_t place;
	int way;	 /* enum matrix_media, or STAGE_MEDIA_ELSEWHERE */
	struct buf text; /* what .well-known says, or what is said with an error */
	struct matrix_multipart *parts;
	struct store_writer *writer;
	char id[STORE_ID_MAX];
	int64_t bytes;
	char *type, *filename, *location;
	char *from; /* the URL that was asked */
};

/* NULL: this is never brought.  Else free it when done has been called, or after net_free. */
struct stage_media *stage_media_new(const struct stage_media_ask *ask, struct err *err);
void stage_media_free(struct stage_media *m);
/* stage_media_where.c.  Its bytes are in a new blob, SCRATCH: nobody has been told its name. */
void stage_media_start(struct stage_media *m);

/* For it: a question, a body that is kept as text, the end, and what comes when the places are known. */
void stage_media_request(struct stage_media *m, const char *url, const struct net_service *service,
			 struct net_request req);
int stage_media_text(void *arg, const void *p, size_t n, struct err *err);
void stage_media_fail(struct stage_media *m, const struct err *why);
void stage_media_begin(struct stage_media *m);

#endif
