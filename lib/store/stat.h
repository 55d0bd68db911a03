/* store, the statistics: how many media there are, whose, and how old.  Each of these reads what it counts. */
#ifndef STORE_STAT_H
#define STORE_STAT_H

#include "store/expire.h"

struct store_amount {
	int64_t count, bytes;
};

/* By when media were last put or served: within edge[0] ms, within edge[1] …, and what is older. */
#define STORE_AGES 6
struct store_summary {
	struct store_amount upload, url_cache, remote;	     /* all media are one of these … */
	struct store_amount quarantined, protected, pending; /* … and may be some of these */
	struct store_amount local_thumbnails, remote_thumbnails;
	struct store_amount age[STORE_AGES];
	int64_t blocked_media, blocked_hashes, references;
};
int store_summary(struct store *s, int64_t now, const int64_t edge[STORE_AGES - 1], struct store_summary *out,
		  struct err *err);

/* ---- whose ------------------------------------------------------------------------------------------------ */

/* Spec F.9.  order is user_id, displayname, media_length or media_count; what is equal comes by user_id.  Times of 0 are
 * none; search is looked for in the user's name before the colon, and in the displayname, as it is. */
#define STORE_SEARCH_MAX 255 /* bytes */
struct store_users {
	const char *order, *search; /* search NULL: all */
	bool backwards;
	int64_t from, limit, from_ts, until_ts;
};
struct store_user {
	const char *user, *displayname; /* displayname may be NULL */
	int64_t count;
	int64_t bytes; /* -1: none has a content yet */
};
/* Of a page; *total: how many users there are without from and limit. */
typedef void store_user_row(void *arg, const struct store_user *u);
int store_users(struct store *s, const struct store_users *ask, store_user_row *f, void *arg, int64_t *total,
		struct err *err);

/* Servers whose media are kept, those with most first: by bytes, or by count. */
typedef void store_origin_row(void *arg, const char *origin, const struct store_amount *a);
int store_origins(struct store *s, bool by_count, int64_t limit, store_origin_row *f, void *arg, struct err *err);

/* ---- of one user (spec F.7) --------------------------------------------------------------------------------- */

typedef void store_medium_row(void *arg, const struct store_medium *m);
int store_user_media(struct store *s, const struct store_user_page *page, store_medium_row *f, void *arg,
		     int64_t *total, struct err *err);

#endif
