/* media, the statistics and lists of spec F.7 and F.9: what is asked for, and what is answered, by mxmedia-stat and over
 * HTTP alike. */
#ifndef MEDIA_STAT_H
#define MEDIA_STAT_H

#include "json/json.h"
#include "store/expire.h"
#include "store/stat.h"

#define MEDIA_LIMIT 100	      /* of a page, if nothing else is asked for */
#define MEDIA_LIMIT_MAX 10000 /* a longer one is cut: next_token tells where it goes on */

/* ---- users with media: F.9 ------------------------------------------------------------------------------------ */

/* Strings are borrowed from what was given. */
struct media_users {
	struct store_users ask;
};
void media_users_init(struct media_users *q);
/* order_by, dir, from, limit, from_ts, until_ts, search_term; anything else is not looked at.  Errors are 400
 * M_INVALID_PARAM. */
int media_users_set(struct media_users *q, const char *key, const char *value, struct err *err);
/* {"users":[{user_id,displayname,media_count,media_length}],"total","next_token"}; NULL and err. */
struct json *media_users_answer(struct store *s, const struct media_users *q, struct err *err);

/* ---- media of one user: F.7 ----------------------------------------------------------------------------------- */

struct media_list {
	struct store_user_page page;
	bool ordered, directed; /* order_by, dir was said: if neither is, the newest come first */
};
void media_list_init(struct media_list *q, const char *user);
int media_list_set(struct media_list *q, const char *key, const char *value,
		   struct err *err); /* order_by dir from limit */
struct store_user_page media_list_page(const struct media_list *q);
/* {"media":[…],"total","next_token"}; a page of none has no next one. */
struct json *media_list_answer(struct store *s, const struct media_list *q, struct err *err);
/* An item of that list, its keys in the order of the spec. */
struct json *media_list_item(const struct store_medium *m);

#endif
