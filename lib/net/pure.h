/* net, what needs no network: data: URLs, download names, freshness and robots.txt. */
#ifndef NET_PURE_H
#define NET_PURE_H

#include "base/base.h"

#define NET_SAID_MAX 1024 /* bytes kept of all headers of one name that tell how long an answer holds */
#define NET_RETRY_MAX ((int64_t)7 * 24 * 3600 * 1000) /* ms: the longest Retry-After that is believed */

/* What one response says of its own age, as it came: lists joined by ", ", of others the first; NULL where absent. */
struct net_said {
	char *cache_control, *vary; /* lists */
	char *expires, *date, *age, *retry_after;
};

#define NET_DATA_MAX ((size_t)1 << 20) /* decoded bytes of a data: URL */

/* data: URLs, RFC 2397 as spec A.6 reads them: type lower case without parameters ("text/plain" if unusable). */
int net_data_parse(const char *url, char **type, struct buf *out, struct err *err);

/* The download name in a Content-Disposition value, by the table of spec A.6; NULL if there is none.  Yours. */
char *net_disposition_name(const char *value);

/* How long may an answer be told again?  RFC 9111 §4.2 for a shared cache, RFC 5861.  All times in ms; now is ms since the
 * epoch. */
struct net_bounds {
	int64_t min_ttl, ttl, max_ttl; /* ttl: when nothing is said; also the most that a guess gives */
	int64_t stale_while_revalidate, stale_if_error; /* the most of each */
};
struct net_fresh {
	int64_t lifetime; /* from now on; within [min_ttl, max_ttl] */
	int64_t stale_while_revalidate, stale_if_error;
	bool no_store;	    /* not to be kept longer than those wait who asked */
	bool vary_language; /* another one for other languages */
	bool said;	    /* the response itself fixed the lifetime; false: it is a guess or the owner's ttl */
	const char *by;	    /* what fixed it: "max-age", "heuristic" … */
};
void net_fresh(const struct net_said *said, const char *last_modified, const struct net_bounds *b, int64_t now,
	       struct net_fresh *out);
bool net_date(const char *text, int64_t now, int64_t *ms); /* HTTP-date in its three forms; false: it is none */
int64_t net_retry_after(const char *value, int64_t now); /* ms from now, 0 … NET_RETRY_MAX; 0 for NULL and nonsense */

/* Does a robots.txt (RFC 9309, its first NET_ROBOTS_MAX bytes) let the product token agent have path, that is path and
 * query of a URL?  Groups that name the agent count, else those for "*"; the longest matching rule decides. */
#define NET_ROBOTS_MAX ((size_t)512 * 1024)
#define NET_ROBOTS_HOPS 5
bool net_robots_allow(const char *text, size_t n, const char *agent, const char *path);

/* Spec A.6: the errors this room gives, for callers that refuse before asking. */
int net_refuse_data(struct err *err); /* the main document is a data: URL */

#endif
