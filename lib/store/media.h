/* store, the media: uploads, and copies of what other servers keep (spec E; tables of F.10). */
#ifndef STORE_MEDIA_H
#define STORE_MEDIA_H

#include "store/store.h"

/* The name of a medium, borrowed.  origin NULL: ours. */
struct store_name {
	const char *origin, *id;
};

/* A row of local_media_repository or remote_media_cache. */
struct store_medium {
	bool found;
	char *origin; /* NULL: ours; owned, as the others, which may all be NULL but media_id */
	char *media_id, *type, *name, *quarantined_by, *sha256;
	char *user, *url_cache; /* of ours only */
	char *filesystem_id;	/* of another server's only */
	int64_t bytes;		/* -1: its content has not come yet */
	int64_t created_ts;
	int64_t last_access_ts; /* -1: never told */
	bool authenticated, protected;
};
void store_medium_clear(struct store_medium *m);
/* Not found is 0 with found == false. */
int store_medium_get(struct store *s, const struct store_name *name, struct store_medium *out, struct err *err);
/* Where its file stands; borrows from m. */
struct store_file store_medium_file(const struct store_medium *m);

#endif
