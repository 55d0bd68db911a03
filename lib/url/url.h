/* url: may we go there?  URLs (RFC 3986, read as leniently as browsers do), addresses, and the owner's policy. */
#ifndef URL_URL_H
#define URL_URL_H

#include "base/base.h"

struct sockaddr;

/* ---- url ------------------------------------------------------------------------------- */

#define URL_MAX 8192 /* bytes of a URL that is not data: */

/* Parts as in RFC 3986.  Owned strings; NULL where the part is absent, except path ("" or starting with '/').
 * scheme and host are lower case; an IPv6 host keeps its brackets.  port is -1 when absent. */
struct url {
	char *scheme, *username, *password, *host, *path, *query, *fragment;
	int port;
};

int url_parse(struct url *u, const char *text, struct err *err); /* absolute URLs with an authority only */
void url_clear(struct url *u);
char *url_text(const struct url *u); /* recomposed; yours */

/* ref against base, as a browser resolves an href (RFC 3986 §5 + leading/trailing space stripped, TAB/CR/LF removed,
 * '\' as '/', spaces and non-ASCII percent-encoded as UTF-8 in path and query, dot segments removed).
 * NULL and err if the result is not an absolute URL or longer than URL_MAX; a data: ref is returned as it is, other
 * refs without an authority (mailto:) too.  base may be NULL: then ref must be absolute.  Yours. */
char *url_resolve(const char *base, const char *ref, struct err *err);
bool url_is_http(const char *text);   /* scheme http or https, any case */
char *url_form_encode(const char *s); /* application/x-www-form-urlencoded; yours */
size_t url_decode(char *s, size_t n); /* %XX in place, other '%' stay; the new length, may now hold NULs */

/* ---- host --------------------------------------------------------------------------------- */

/* One text for all spellings of a host: lower case, no dot at the end, A-labels (UTS #46), IPv4 as four decimal numbers,
 * IPv6 in brackets as RFC 5952 has it.  NULL if it cannot be a host.  Yours. */
char *url_host_normal(const char *host);

/* Names in any spelling, each with a number; "example.org" with the hosts below it, "=example.org" without. */
struct url_hosts;
#define URL_HOSTS_MAX 256 /* names that can speak of one host: its labels and itself */
struct url_hosts *url_hosts_new(void);
void url_hosts_free(struct url_hosts *h);
int url_hosts_add(struct url_hosts *h, const char *text, size_t value, struct err *err);
/* The numbers of all names that speak of the host, the most specific one first; returns how many. */
size_t url_hosts_find(const struct url_hosts *h, const char *host, size_t value[URL_HOSTS_MAX]);

/* ---- addr: one judge for every address --------------------------------------------------- */

struct url_cidr {
	unsigned char addr[16]; /* IPv4 as IPv4-mapped */
	unsigned bits;		/* 0 … 128 */
};

int url_cidr_parse(struct url_cidr *c, const char *text, struct err *err); /* "10.0.0.0/8", "::1", "fe80::/10" */

/* ---- policy --------------------------------------------------------------------------- */

struct url_policy;

struct url_policy *url_policy_new(void); /* default deny: only global unicast minus the special registries */
void url_policy_free(struct url_policy *p);
int url_policy_allow_ip(struct url_policy *p, const char *cidr, struct err *err); /* wins over every deny */
int url_policy_deny_ip(struct url_policy *p, const char *cidr, struct err *err);
/* One rule of spec A.4: "key=pattern key=pattern …", all must match; keys scheme netloc path query fragment username
 * password hostname port, and url (the whole, as it is asked for); pattern glob, or regular expression if it begins with
 * '^'.  domain=NAME is a host with all below it, a URL instead of key=pattern just that one.  Where there are rules that
 * allow, nothing but what they speak of is allowed, and what is denied is not. */
int url_policy_deny_url(struct url_policy *p, const char *rule, struct err *err);
int url_policy_allow_url(struct url_policy *p, const char *rule, struct err *err);
int url_policy_allow_secondary(struct url_policy *p, const char *rule, struct err *err); /* beside allow_url */
/* "443", "8000-8100".  Ports that are allowed are all that are; denied wins.  None allowed: all but those that browsers
 * block. */
int url_policy_allow_port(struct url_policy *p, const char *ports, struct err *err);
int url_policy_deny_port(struct url_policy *p, const char *ports, struct err *err);
/* A prefix of this network's own NAT64 (RFC 6052): an address within is judged by the IPv4 address that it carries. */
int url_policy_nat64(struct url_policy *p, const char *prefix, struct err *err);
/* Whether the host (as in url_hosts_add; NULL: all that are not named) may be asked at all. */
int url_policy_site(struct url_policy *p, const char *host, bool open, struct err *err);

/* In the order in which they are looked for, SCHEME first; USERINFO last, so that a caller may drop the userinfo of a
 * URL it was given by a person and ask again. */
enum url_verdict {
	URL_OK = 0,
	URL_DENIED_SITE,
	URL_DENIED_RULE,
	URL_DENIED_UNLISTED,
	URL_DENIED_ADDRESS,
	URL_DENIED_SCHEME,
	URL_DENIED_PORT,
	URL_DENIED_USERINFO
};

bool url_policy_has_rules(const struct url_policy *p); /* of URLs or sites, whatever they say */
bool url_verdict_by_rule(enum url_verdict v);	       /* it is such a rule that denies */

/* The parts as the fetching library parsed them.  Literal IP hosts are judged here too. */
enum url_verdict url_policy_check(const struct url_policy *p, const struct url *u);
/* The same for what a document names: pictures, oEmbed endpoints. */
enum url_verdict url_policy_check_secondary(const struct url_policy *p, const struct url *u);
/* The same for the robots.txt of an origin something of which may be asked for: no list of what is allowed need name it. */
enum url_verdict url_policy_check_robots(const struct url_policy *p, const struct url *u);
/* The same for a service of another server: nothing that says which sites alone have previews need name it. */
enum url_verdict url_policy_check_service(const struct url_policy *p, const struct url *u);
/* The address, and the port unless it is 0. */
enum url_verdict url_policy_check_addr(const struct url_policy *p, const struct sockaddr *sa);
const char *url_verdict_text(enum url_verdict v);

#endif
