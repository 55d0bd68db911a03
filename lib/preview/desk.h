/* preview, the desk: takes questions, gives answers.  Policy, then the cache, then one of many who ask the same goes
 * and finds out (in this process and in others on the same store), then the answer is put away. */
#ifndef PREVIEW_DESK_H
#define PREVIEW_DESK_H

#include "preview/router.h"

struct store;
struct url_policy;
struct stage_cache;

#define DESK_LOCK_PATIENCE 180000 /* ms after which a process that holds a URL is taken for stopped */
#define DESK_LOCK_RETRY 20	  /* ms between looks whether another process is done with the same URL */

struct desk;

struct desk_conf {
	struct router_conf router; /* done, look, note and arg are the desk's own: leave them empty */
	struct store *store;
	const struct stage_cache *cache;
	const struct url_policy *policy;
	const char *server_name;
	bool refresh;	   /* do not answer from the cache, and ask for everything anew */
	bool resident;	   /* there is time after an answer: old ones are told at once, and asked for anew behind */
	size_t max_behind; /* so many of these at once; more are told, and asked for anew by who asks next */
	/* The answer to a question, failed or not; the record is the callee's. */
	void (*answer)(void *arg, struct record *rec);
	void (*note)(void *arg, const char *text); /* one line for people */
	void *arg;
};

struct desk *desk_new(const struct desk_conf *conf);
void desk_free(struct desk *d, bool now); /* as router_free; unanswered questions are dropped */
/* New policy, server name, patience and max_behind, taken from conf and borrowed as before; what the desk knew of them may go.  Filters
 * end after what they have in hand, and are started anew. */
void desk_renew(struct desk *d, const struct desk_conf *conf);
void desk_ask(struct desk *d, struct record *take);
size_t desk_busy(const struct desk *d);	  /* questions without an answer */
size_t desk_behind(const struct desk *d); /* old answers being asked for anew */
int desk_step(struct desk *d, struct pollfd *extra, int timeout, struct err *err); /* as router_step */

#endif
