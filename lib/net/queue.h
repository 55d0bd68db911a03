/* net, inside: whose turn is it?  Transfers stand in line at the host of their next hop. */
#ifndef NET_QUEUE_H
#define NET_QUEUE_H

#include "net/int.h"

/* A host and port: what it wants, and who waits for it. */
struct host {
	struct host *chain;	  /* in the table */
	struct host *next, *prev; /* in the line that it stands in */
	enum host_line { LINE_NONE, LINE_READY, LINE_LATER } line;
	char *place;		       /* "example.org:443" */
	struct transfer *first, *last; /* who waits; hops of chains under way before new ones */
	int64_t active;		       /* in flight */
	int64_t unsent;		       /* of these not yet asked: the interval has not begun */
	int64_t interval;	       /* between two requests */
	int64_t not_before;	       /* by the interval */
	int64_t held_until;	       /* by Retry-After */
	int held_by;		       /* the status it came with */
};

#define HOST_CHAINS 1024
#define HOSTS_MAX 4096 /* remembered; who waits or is in flight is never forgotten */

struct queue {
	struct host *chain[HOST_CHAINS];
	size_t n;
	struct line {
		struct host *first, *last;
	} ready, later;
	int64_t due; /* nobody in `later` before that */
};

/* All by the place of t's hop.  A transfer is in one line or in flight, never both. */
void net_queue_put(struct transfer *t);
bool net_queue_pass(struct transfer *t); /* straight on, without standing in line: in flight now; false: not yet */
/* The next whose turn it is, host by host, counted in flight; or with a verdict, not counted, if its host wants to be
 * left alone for too long.  NULL: nobody's. */
struct transfer *net_queue_take(struct net *n);
void net_queue_sent(struct transfer *t);			/* the request goes out now */
void net_queue_left(struct transfer *t);			/* the hop is over */
void net_queue_hold(struct transfer *t);			/* for retry_after of t->err */
int64_t net_queue_left_ms(const struct net *n, int64_t max_ms); /* until it may be somebody's turn */
struct transfer *net_queue_drop(struct net *n);			/* anybody; NULL: nobody is left */
void net_queue_free(struct net *n);				/* the lines are empty */

/* robots_ask.c: what does the site's robots.txt say of this hop? */
enum robots_verdict { ROBOTS_ALLOW, ROBOTS_REFUSE, ROBOTS_WAIT };
/* REFUSE: t->err says why; WAIT: it is with them until that is known, and comes back through net_fresh_put. */
enum robots_verdict net_robots_ask(struct transfer *t);
void net_robots_free(struct net *n); /* and who waits */

/* agent.c: is a page that was refused asked for once more, under another name?  true: t is ready for that. */
bool net_agent_again(struct transfer *t);

/* fetch.c */
void net_fresh_put(struct transfer *t);

#endif
