/* url, inside: how a URL's text is cut into parts, shared by url.c and resolve.c; what addr.c tells policy.c. */
#ifndef URL_INT_H
#define URL_INT_H

#include "url/url.h"

struct url_slice {
	const char *p;
	size_t n;
};

/* RFC 3986 appendix B, with the leniency of the WHATWG URL standard for "special" schemes. */
struct url_parts {
	struct url_slice scheme, authority, path, query, fragment;
	bool has_scheme, has_authority, has_query, has_fragment;
	bool special; /* '\' is '/', any number of slashes before the authority */
};

char *url_clean(const char *text); /* C0 and space stripped at both ends, TAB CR LF removed; yours */
/* base_scheme: of the URL that s is read against (same-scheme "http:x" is relative then), or an empty slice. */
void url_split(struct url_parts *out, const char *s, struct url_slice base_scheme);
/* Fills username, password, host, port of u. */
int url_authority(struct url *u, struct url_slice text, const struct url_parts *parts, struct err *err);
bool url_host_ok(const char *host); /* no byte in it that a host may not have */
char *url_slice_lower(struct url_slice s);
int url_default_port(const char *scheme); /* 80, 443, … or -1 */

/* ---- addr ---- */

struct url_addr {
	bool v4; /* an IPv4 address of its own; b then holds it IPv4-mapped */
	unsigned char b[16];
	bool scoped; /* came with a zone: never acceptable */
};

enum { URL_EMBEDDED_MAX = 8 };

bool url_addr_from_sockaddr(struct url_addr *a, const struct sockaddr *sa); /* false: neither IPv4 nor IPv6 */
int url_addr_port(const struct sockaddr *sa);				    /* of either family */
/* A host as it stands in a URL: every form of IPv4 that inet_aton(3) and browsers take, IPv6 in brackets. */
bool url_addr_from_host(struct url_addr *a, const char *host);
const char *url_addr_special(const struct url_addr *a); /* the source of the rule that forbids it, or NULL */
/* Every IPv4 address that a may stand for in some translation scheme; returns how many. */
size_t url_addr_embedded(const struct url_addr *a, struct url_addr out[URL_EMBEDDED_MAX]);
bool url_addr_mapped(const struct url_addr *a, struct url_addr *v4);
bool url_addr_nat64(const struct url_addr *a, unsigned prefix_bits, struct url_addr *v4); /* RFC 6052 §2.2 */
bool url_cidr_match(const struct url_cidr *c, const struct url_addr *a);

/* ---- ports ---- */

struct url_ports;
struct url_ports *url_ports_new(void);
void url_ports_free(struct url_ports *p);
int url_ports_add(struct url_ports *p, const char *text, bool allow, struct err *err); /* "80", "8000-8100" */
bool url_ports_ok(const struct url_ports *p, int port);

/* ---- pattern ---- */

struct url_pattern; /* a glob, or a regular expression if it begins with '^' */
struct url_pattern *url_pattern_new(const char *text, bool caseless, struct err *err);
void url_pattern_free(struct url_pattern *p);
bool url_pattern_match(struct url_pattern *p, const char *value, bool doubt); /* doubt: the answer for lack of memory */

/* ---- rule ---- */

struct url_rule;
struct url_rule *url_rule_new(const char *text, struct err *err);
void url_rule_free(struct url_rule *r);
bool url_rules_match(struct url_rule *const *rule, size_t n, const struct url *u, bool doubt); /* any of them */

#endif
