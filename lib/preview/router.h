/* preview, the router: walks many records at once through one long-lived process per stage. */
#ifndef PREVIEW_ROUTER_H
#define PREVIEW_ROUTER_H

#include <poll.h>

#include "preview/preview.h"

#define ROUTER_RESTARTS_MAX 3 /* of a filter that ends again and again without a single answer */

#define ROUTER_STEPS_MAX 24 /* of one record; the longest honest way, three pictures tried, is 17 */

struct router;

struct router_conf {
	char *const *argv[STAGE_DONE]; /* argv[stage][0] is the path of the filter; borrowed */
	int64_t patience[STAGE_DONE];  /* ms without an answer after which a filter is ended and started anew */
	int64_t (*now)(void);	       /* any clock in ms */
	bool trace;		       /* records get "trace":[{stage,ms}], one for each answer of a filter */
	/* A record is about to be handed to the filter its state calls for: what is known need not be asked.  May be NULL. */
	void (*look)(void *arg, struct record *rec);
	/* A record that is done or failed.  It is the callee's from now on. */
	void (*done)(void *arg, struct record *rec);
	void (*note)(void *arg, const char *text); /* one line for people: a filter ended, was started again */
	void *arg;
};

struct router *router_new(const struct router_conf *conf);
/* Ends the filters (at once if now, else after what they have in hand) and waits for them. */
void router_free(struct router *r, bool now);

/* Each filter ends when what it has in hand is done, and a new one gets what is asked from now on. */
void router_renew(struct router *r, const int64_t patience[STAGE_DONE]);

void router_submit(struct router *r, struct record *take); /* starts the filters it needs */
size_t router_busy(const struct router *r);		   /* records not done yet */

/* Moves bytes for at most timeout ms (-1: until something happens); extra is one more descriptor to wait for, or NULL.
 * A filter that dies costs nobody but the record that kills it: what it had in hand is asked again, one at a time;
 * a record in whose hands a filter ends twice fails (stages fetch and og) or goes on with a warning (oembed, thumb). */
int router_step(struct router *r, struct pollfd *extra, int timeout, struct err *err);
int router_pids(const struct router *r, pid_t pid[STAGE_DONE]); /* 0 where not running; how many run */

/* believe.c: leaves in a record that came back from a filter what is that filter's business, and else what it was. */
void router_believe(struct record *now, const struct record *was, enum stage s);

/* child.c: a filter's process; in and out are our ends. */
int router_child_start(char *const *argv, pid_t *pid, int *in, int *out, struct err *err);
int router_child_end(pid_t pid); /* its stdin is closed; what does not end by itself is ended.  As waitpid */

#endif
