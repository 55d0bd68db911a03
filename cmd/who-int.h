/* who, inside: what its files promise each other. */
#ifndef CMD_WHO_INT_H
#define CMD_WHO_INT_H

#include "cmd/who.h"
#include "store/who.h"

/* ---- who-tokens.c: the files of auth_tokens ---- */

#define WHO_TOKENS_MAX 100000		      /* in all files */
#define WHO_TOKEN_FILE_MAX ((size_t)16 << 20) /* bytes of one */

struct who_token {
	char hash[HASH_HEX_LEN + 1];
	char *user;
	bool admin;
};
struct who_tokens {
	struct who_token *v; /* by hash */
	size_t n;
};
int who_tokens_read(struct who_tokens *t, const struct conf_list *files, struct err *err);
void who_tokens_clear(struct who_tokens *t);
const struct who_token *who_tokens_find(const struct who_tokens *t, const char *hash);
bool who_is_user(const char *s); /* "@…:…" without blanks */

/* ---- who-home.c: mxpreview-whoami, started when first needed ---- */

struct who_home;
struct who_said { /* of one token; strings are borrowed for the call */
	const char *user;
	bool guest;
	int admin;	       /* 0, 1, STORE_ADMIN_UNKNOWN */
	bool admin_asked;      /* that much was asked for */
	const struct err *err; /* NULL, or why it is not known */
};
typedef void who_home_said(void *arg, const char *hash, const struct who_said *said);
struct who_home *who_home_new(const struct cmd *c, who_home_said *said, void *arg);
void who_home_free(struct who_home *h);
/* The answer comes through said; at once if it cannot be asked. */
void who_home_ask(struct who_home *h, struct cgi *g, const char *token, const char *hash, bool admin);
void who_home_renew(struct who_home *h); /* another homeserver, perhaps */
bool who_home_started(const struct who_home *h);
void who_home_tick(struct who_home *h);

#endif
