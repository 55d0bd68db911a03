/* who: may this client ask, and what is he called?  The gate before every handler: rate of the address, token or header,
 * guest, admin, rate of the user. */
#ifndef CMD_WHO_H
#define CMD_WHO_H

#include "cmd/cgi.h"

struct store;
struct who;

struct who_is {
	const char *user; /* "@alice:example.org"; NULL: nobody asked (auth = none, WEB_ANYONE) */
	bool admin;	  /* by the list, the token file, or the homeserver; only asked for where the route wants it */
};

/* Borrows both.  store may be NULL where auth is not homeserver. */
struct who *who_new(const struct cmd *c, struct store *store, struct err *err);
void who_free(struct who *w);
/* The configuration has changed: answers of before still come. */
int who_renew(struct who *w, struct err *err);
const struct web_trust *who_trust(const struct who *w); /* for cgi_conf */

/* f is called once, at once or later; *is is its to look at during the call.  err is NULL if he may, else what he is to be
 * told: 401, 403, 429, 502. */
typedef void who_told(void *arg, struct cgi_request *q, const struct who_is *is, const struct err *err);
void who_ask(struct who *w, struct cgi_request *q, who_told *f, void *arg);
bool who_started(const struct who *w); /* is there a process that must be ended? */
void who_tick(struct who *w);	       /* about once a second: who was asked and does not answer is given up */

/* --hash-token: a token from standard input, its line for auth_tokens to standard output.  The exit status. */
int who_hash_token(const struct cmd *c);

#endif
