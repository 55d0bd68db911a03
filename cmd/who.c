/* May this client ask, and what is he called? */
#include "cmd/who.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/who-int.h"
#include "url/url.h"

enum { USER_NAME_MAX = 255 };

enum way { NOBODY, BY_HEADER, BY_TOKEN, BY_HOMESERVER };

/* A request that waits for the homeserver. */
struct wait {
	struct wait *next;
	char hash[HASH_HEX_LEN + 1];
	struct cgi_request *q;
	who_told *f;
	void *arg;
};

struct who {
	const struct cmd *c;
	struct store *store;
	enum way way;
	struct web_trust trust;
	struct url_cidr *cidr;
	struct who_tokens tokens;
	struct store_rates *rates; /* NULL: no limit */
	struct who_home *home;
	struct wait *waits;
};

/* ---- rates ------------------------------------------------------------------------------------ */

static int
count(const struct who *w, const char *name, struct err *err)
{
	const struct store_limit limit = {w->c->conf.rate_per_second, w->c->conf.rate_burst};
	int64_t early = w->rates != NULL ? store_rates_ask(w->rates, name, &limit, cmd_now()) : 0;
	if (early <= 0)
		return 0;
	(void)err_http(err, ERR_LIMIT, 429, "M_LIMIT_EXCEEDED", "Too Many Requests");
	err->retry_after = early;
	return -1;
}

/* Of IPv6 the network counts: a customer has all the addresses below it. */
static int
count_address(const struct who *w, const char *address, struct err *err)
{
	struct in6_addr a;
	char name[WEB_ADDRESS_MAX + 8] = "";
	if (w->rates == NULL || *address == '\0')
		return 0;
	if (inet_pton(AF_INET6, address, &a) == 1) {
		(void)memset(a.s6_addr + 8, 0, 8);
		name[0] = '/';
		(void)inet_ntop(AF_INET6, &a, name + 1, WEB_ADDRESS_MAX);
	} else {
		(void)snprintf(name, sizeof name, "/%s", address);
	}
	return count(w, name, err);
}

/* ---- the verdict ------------------------------------------------------------------------------ */

static bool
listed(const struct who *w, const char *user)
{
	const struct conf_list *l = &w->c->conf.admin;
	for (size_t i = 0; user != NULL && i < l->n; i++)
		if (str_eq(l->v[i], user))
			return true;
	return false;
}

static void
judge(const struct who *w, struct cgi_request *q, struct who_is is, bool guest, who_told *f, void *arg)
{
	enum web_who wanted = q->match.route->who;
	struct err err;
	int rc = 0;
	is.admin = is.admin || listed(w, is.user);
	if (is.user != NULL)
		rc = count(w, is.user, &err);
	if (rc == 0 && guest && wanted > WEB_GUEST)
		rc = err_http(&err, ERR_DENIED, 403, "M_GUEST_ACCESS_FORBIDDEN", "Guest access not allowed");
	if (rc == 0 && wanted == WEB_ADMIN && !is.admin)
		rc = err_http(&err, ERR_DENIED, 403, "M_FORBIDDEN", "You are not a server admin");
	f(arg, q, &is, rc < 0 ? &err : NULL);
}

static void
refuse(struct cgi_request *q, const struct err *err, who_told *f, void *arg)
{
	static const struct who_is nobody;
	f(arg, q, &nobody, err);
}

static int
unknown(struct err *err)
{
	return err_http(err, ERR_DENIED, 401, "M_UNKNOWN_TOKEN", "Invalid access token passed.");
}

/* ---- by header -------------------------------------------------------------------------------- */

/* The variable of a header; REMOTE_USER is one by itself, which no client can set. */
static const char *
named_by_server(const struct who *w, const struct cgi_request *q)
{
	char name[128] = "HTTP_";
	const char *header = w->c->conf.auth_header;
	if (str_eq(header, "REMOTE_USER"))
		return cgi_variable(q, "REMOTE_USER");
	size_t n = strlen(name);
	if (!q->web.trusted || header == NULL || strlen(header) >= sizeof name - n)
		return NULL;
	for (; *header != '\0'; header++)
		name[n++] = (char)(*header == '-'		      ? '_'
				   : *header >= 'a' && *header <= 'z' ? *header - 'a' + 'A'
								      : *header);
	name[n] = '\0';
	return cgi_variable(q, name);
}

/* Who is known by a header may have been sent by somebody's page: a browser that is logged in sends that header, or a
 * cookie, with forms of other sites, too.  A token is never sent so.  (Fetch Metadata; Origin: RFC 6454 §7) */
static bool
sent_by_other_site(const struct cgi_request *q)
{
	const char *site = cgi_variable(q, "HTTP_SEC_FETCH_SITE"), *origin = cgi_variable(q, "HTTP_ORIGIN");
	const char *host = cgi_variable(q, "HTTP_HOST"), *named = origin != NULL ? strstr(origin, "://") : NULL;
	if ((q->web.method & (WEB_GET | WEB_HEAD | WEB_OPTIONS)) != 0)
		return false;
	if (site != NULL && *site != '\0')
		return !str_eq(site, "same-origin") && !str_eq(site, "none");
	if (origin == NULL || *origin == '\0')
		return false;
	return named == NULL || !str_ieq(named + 3, host);
}

static void
by_header(const struct who *w, struct cgi_request *q, who_told *f, void *arg)
{
	const char *said = named_by_server(w, q);
	struct err err;
	if (sent_by_other_site(q)) {
		(void)err_http(&err, ERR_DENIED, 403, "M_FORBIDDEN", "Requests of other sites' pages are refused");
		refuse(q, &err, f, arg);
		return;
	}
	if (said == NULL || *said == '\0') {
		(void)err_http(&err, ERR_DENIED, 401, "M_MISSING_TOKEN", "Missing access token");
		refuse(q, &err, f, arg);
		return;
	}
	char *user = *said == '@' ? mem_strdup(said) : mem_printf("@%s:%s", said, w->c->conf.server_name);
	if (who_is_user(user)) {
		judge(w, q, (struct who_is){.user = user}, false, f, arg);
	} else {
		(void)unknown(&err);
		refuse(q, &err, f, arg);
	}
	mem_free(user);
}

/* ---- by the homeserver ------------------------------------------------------------------------ */

/* Is an admin asked for whom only the homeserver can know? */
static bool
wants_admin(const struct who *w, const struct cgi_request *q)
{
	return q->match.route->who == WEB_ADMIN && w->c->conf.homeserver_admin;
}

static void
remember(const struct who *w, const char *hash, const struct who_said *said)
{
	struct err err;
	int64_t now = cmd_now();
	struct store_token t = {.user = (char *)(uintptr_t)said->user,
				.guest = said->guest,
				.admin = said->admin,
				.expires_ts = now + w->c->conf.token_ttl};
	if (w->store == NULL || w->c->conf.token_ttl == 0)
		return;
	if (store_token_put(w->store, hash, &t, now, &err) < 0)
		cmd_warn(w->c, "%s", err.text);
}

static void
homeserver_said(void *arg, const char *hash, const struct who_said *said)
{
	struct who *w = arg;
	struct wait *mine = NULL;
	if (said->err == NULL)
		remember(w, hash, said);
	for (struct wait **at = &w->waits; *at != NULL;) {
		struct wait *one = *at;
		bool more = said->err == NULL && !said->admin_asked && wants_admin(w, one->q);
		if (strcmp(one->hash, hash) != 0 || more) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		one->next = mine;
		mine = one;
	}
	while (mine != NULL) {
		struct wait *one = mine;
		mine = one->next;
		if (said->err != NULL)
			refuse(one->q, said->err, one->f, one->arg);
		else
			judge(w, one->q, (struct who_is){.user = said->user, .admin = said->admin == 1}, said->guest,
			      one->f, one->arg);
		mem_free(one);
	}
}

static void
by_homeserver(struct who *w, struct cgi_request *q, const char *token, const char *hash, who_told *f, void *arg)
{
	struct store_token t;
	struct err err;
	if (w->store == NULL || store_token_get(w->store, hash, cmd_now(), &t, &err) < 0)
		t = (struct store_token){.admin = STORE_ADMIN_UNKNOWN};
	if (t.user != NULL && (t.admin != STORE_ADMIN_UNKNOWN || !wants_admin(w, q) || listed(w, t.user))) {
		judge(w, q, (struct who_is){.user = t.user, .admin = t.admin == 1}, t.guest, f, arg);
	} else {
		struct wait *one = mem_alloc(sizeof *one);
		*one = (struct wait){.next = w->waits, .q = q, .f = f, .arg = arg};
		(void)memcpy(one->hash, hash, sizeof one->hash);
		w->waits = one;
		who_home_ask(w->home, q->cgi, token, hash, wants_admin(w, q));
	}
	store_token_clear(&t);
}

/* ---- asking ----------------------------------------------------------------------------------- */

static void
by_token(struct who *w, struct cgi_request *q, who_told *f, void *arg)
{
	char hash[HASH_HEX_LEN + 1];
	struct err err;
	const char *token = web_token(&q->web, &err);
	if (token == NULL) {
		refuse(q, &err, f, arg);
		return;
	}
	hash_short(token, strlen(token), hash);
	if (w->way == BY_HOMESERVER) {
		by_homeserver(w, q, token, hash, f, arg);
		return;
	}
	const struct who_token *t = who_tokens_find(&w->tokens, hash);
	if (t != NULL) {
		judge(w, q, (struct who_is){.user = t->user, .admin = t->admin}, false, f, arg);
		return;
	}
	(void)unknown(&err);
	refuse(q, &err, f, arg);
}

void
who_ask(struct who *w, struct cgi_request *q, who_told *f, void *arg)
{
	static const struct who_is nobody;
	struct err err;
	if (count_address(w, q->web.address, &err) < 0)
		refuse(q, &err, f, arg);
	else if (q->match.route->who == WEB_ANYONE)
		f(arg, q, &nobody, NULL);
	else if (w->way == NOBODY)
		judge(w, q, nobody, false, f, arg);
	else if (w->way == BY_HEADER)
		by_header(w, q, f, arg);
	else
		by_token(w, q, f, arg);
}

bool
who_started(const struct who *w)
{
	return w->home != NULL && who_home_started(w->home);
}

void
who_tick(struct who *w)
{
	if (w->home != NULL)
		who_home_tick(w->home);
}

/* ---- life ------------------------------------------------------------------------------------- */

static int
read_trust(struct who *w, struct err *err)
{
	const struct conf_list *l = &w->c->conf.trusted_proxy;
	mem_free(w->cidr);
	w->cidr = mem_array(l->n, sizeof *w->cidr);
	w->trust = (struct web_trust){.cidr = w->cidr};
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(l->v[i], "unix"))
			w->trust.local = true;
		else if (url_cidr_parse(&w->cidr[w->trust.n++], l->v[i], err) < 0)
			return err_add(err, "trusted_proxy");
	}
	return 0;
}

static int
read_way(struct who *w, struct err *err)
{
	static const char *const ways[] = {"none", "header", "tokens", "homeserver"};
	const struct conf *conf = &w->c->conf;
	struct who_tokens tokens = {0};
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (str_eq(conf->auth, ways[i]))
			w->way = (enum way)i;
	if (w->way == BY_HEADER && conf->auth_header == NULL)
		return err_set(err, ERR_INPUT, "auth = header: auth_header does not say which");
	if (w->way == BY_TOKEN && conf->auth_tokens.n == 0)
		return err_set(err, ERR_INPUT, "auth = tokens: auth_tokens does not say where they are");
	if (w->way == BY_TOKEN && who_tokens_read(&tokens, &conf->auth_tokens, err) < 0)
		return -1;
	who_tokens_clear(&w->tokens);
	w->tokens = tokens;
	if (w->way == BY_HOMESERVER && w->home == NULL)
		w->home = who_home_new(w->c, homeserver_said, w);
	return 0;
}

static int
open_rates(struct who *w, struct err *err)
{
	if (w->c->conf.rate_per_second > 0 && w->rates == NULL)
		w->rates = store_rates_open(w->c->store, err);
	return w->c->conf.rate_per_second > 0 && w->rates == NULL ? -1 : 0;
}

int
who_renew(struct who *w, struct err *err)
{
	if (read_trust(w, err) < 0 || read_way(w, err) < 0 || open_rates(w, err) < 0)
		return -1;
	if (w->home != NULL)
		who_home_renew(w->home);
	return 0;
}

struct who *
who_new(const struct cmd *c, struct store *store, struct err *err)
{
	static const struct rlimit none;
	struct who *w = mem_alloc(sizeof *w);
	*w = (struct who){.c = c, .store = store};
	(void)setrlimit(RLIMIT_CORE, &none); /* tokens do not end up in files */
	if (who_renew(w, err) == 0)
		return w;
	who_free(w);
	return NULL;
}

const struct web_trust *
who_trust(const struct who *w)
{
	return &w->trust;
}

void
who_free(struct who *w)
{
	if (w == NULL)
		return;
	who_home_free(w->home);
	while (w->waits != NULL) {
		struct wait *one = w->waits;
		w->waits = one->next;
		mem_free(one);
	}
	who_tokens_clear(&w->tokens);
	store_rates_close(w->rates);
	mem_free(w->cidr);
	mem_free(w);
}

int
who_hash_token(const struct cmd *c)
{
	char hash[HASH_HEX_LEN + 2];
	struct buf b;
	struct err err;
	int status = EXIT_REFUSED;
	buf_init(&b, WEB_TOKEN_MAX + 2);
	if (io_read_all(STDIN_FILENO, WEB_TOKEN_MAX + 2, &b, &err) < 0) {
		status = cmd_fail(c, &err, "standard input");
	} else {
		while (b.len > 0 && str_isspace(b.p[b.len - 1]))
			b.p[--b.len] = '\0';
		if (b.len == 0) {
			cmd_warn(c, "standard input: no token");
		} else {
			hash_short(b.p, b.len, hash);
			hash[HASH_HEX_LEN] = '\n';
			status = cmd_out(c, hash, HASH_HEX_LEN + 1) == 0 ? 0 : EXIT_REFUSED;
		}
		explicit_bzero(b.p, b.len);
	}
	buf_clear(&b);
	return status;
}
