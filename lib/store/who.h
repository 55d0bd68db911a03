/* store, who asks: tokens that a homeserver knew a moment ago, and how often somebody asked lately. */
#ifndef STORE_WHO_H
#define STORE_WHO_H

#include "store/store.h"

/* ---- tokens, by their SHA-256: the token itself is nowhere ------------------------------------- */

enum { STORE_ADMIN_UNKNOWN = -1 };
struct store_token {
	char *user; /* owned; NULL: not known */
	bool guest;
	int admin; /* 0, 1, or STORE_ADMIN_UNKNOWN: nobody asked yet */
	int64_t expires_ts;
};
void store_token_clear(struct store_token *t);
int store_token_get(struct store *s, const char *hash, int64_t now, struct store_token *out, struct err *err);
int store_token_put(struct store *s, const char *hash, const struct store_token *t, int64_t now, struct err *err);
int store_token_forget(struct store *s, const char *hash, struct err *err);

/* ---- rate: a bucket for each name, shared by all processes; links no database ------------------- */

/* DIR/rates: a fixed number of slots in shared memory, so that counting needs neither lock nor database.  A name that has
 * been quiet loses its slot to another one; when all that are possible are busy, the one that waits least does. */
struct store_rates;
struct store_rates *store_rates_open(const char *dir, struct err *err); /* creates it */
void store_rates_close(struct store_rates *r);
struct store_limit {
	int64_t per_second, burst; /* 0 per second: no limit; a burst of 0 counts as 1 */
};
/* One more from that name at now (ms).  0: fine; else how many ms too early it came, and it does not count. */
int64_t store_rates_ask(struct store_rates *r, const char *name, const struct store_limit *limit, int64_t now);
/* The same for so many at once, bytes perhaps; of more than a burst only with an empty bucket. */
int64_t store_rates_take(struct store_rates *r, const char *name, const struct store_limit *limit, int64_t amount,
			 int64_t now);
/* What is known only afterwards: so many more, or with a negative amount less.  A full bucket does not run over. */
void store_rates_charge(struct store_rates *r, const char *name, const struct store_limit *limit, int64_t amount,
			int64_t now);

#endif
