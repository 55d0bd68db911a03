/* net, bearer: asks the owner's own homeserver in the name of a client.  Its address is the owner's wish, so that nobody
 * judges it; nothing is followed, and nothing but the answer is kept. */
#ifndef NET_BEARER_H
#define NET_BEARER_H

#include "base/base.h"

#define NET_BEARER_BODY_MAX ((size_t)64 * 1024) /* bytes of an answer */
#define NET_BEARER_CONNECTIONS 32		/* at once; more wait */

struct net_bearer_options {
	const char *user_agent; /* borrowed */
	int64_t timeout;	/* ms for one answer, all of it */
};

struct net_bearer;
struct net_bearer *net_bearer_new(const struct net_bearer_options *o, struct err *err);
void net_bearer_free(struct net_bearer *b); /* drops what is in flight without calling done */

/* status 0: there was no answer, err says why (502, 504).  None of them is in an error's text: neither token nor body. */
typedef void net_bearer_done(void *arg, int status, const char *body, size_t n, const struct err *err);
int net_bearer_get(struct net_bearer *b, const char *url, const char *token, net_bearer_done *done, void *arg,
		   struct err *err);
size_t net_bearer_pending(const struct net_bearer *b);
/* Moves what can be moved; waits until then, or until fd (-1: none) can be read. */
int net_bearer_work(struct net_bearer *b, int fd, int timeout, bool *readable, struct err *err);

#endif
