/* May we go there?  The owner's rules, and the addresses nobody may reach. */
#include "url/url.h"

#include <string.h>

#include "url/int.h"

#define POLICY_RULES_MAX 65536 /* of each kind */

struct cidrs {
	struct url_cidr *v;
	size_t n;
};

struct rules {
	struct url_rule **v;
	size_t n;
};

struct url_policy {
	struct cidrs allow, deny, nat64;
	struct rules deny_url, allow_url, allow_secondary;
	struct url_ports *ports;
	struct url_hosts *sites; /* → 1 if open */
	bool closed;		 /* sites that are not named */
	bool named;		 /* some site is */
};

struct url_policy *
url_policy_new(void)
{
	struct url_policy *p = mem_alloc(sizeof *p);
	p->sites = url_hosts_new();
	p->ports = url_ports_new();
	return p;
}

static void
free_rules(struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		url_rule_free(r->v[i]);
	mem_free(r->v);
}

void
url_policy_free(struct url_policy *p)
{
	if (p == NULL)
		return;
	free_rules(&p->deny_url);
	free_rules(&p->allow_url);
	free_rules(&p->allow_secondary);
	url_hosts_free(p->sites);
	url_ports_free(p->ports);
	mem_free(p->allow.v);
	mem_free(p->deny.v);
	mem_free(p->nat64.v);
	mem_free(p);
}

/* ---- filling -------------------------------------------------------------------------------- */

static int
add_cidr(struct cidrs *list, const char *text, struct err *err)
{
	struct url_cidr c;
	if (url_cidr_parse(&c, text, err) < 0)
		return -1;
	if (list->n >= POLICY_RULES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d address ranges", POLICY_RULES_MAX);
	list->v = mem_realloc(list->v, (list->n + 1) * sizeof *list->v);
	list->v[list->n++] = c;
	return 0;
}

int
url_policy_allow_ip(struct url_policy *p, const char *cidr, struct err *err)
{
	return add_cidr(&p->allow, cidr, err);
}

int
url_policy_deny_ip(struct url_policy *p, const char *cidr, struct err *err)
{
	return add_cidr(&p->deny, cidr, err);
}

int
url_policy_nat64(struct url_policy *p, const char *prefix, struct err *err)
{
	struct url_cidr c;
	struct url_addr a = {0}, v4;
	if (url_cidr_parse(&c, prefix, err) < 0)
		return -1;
	if (strchr(prefix, ':') == NULL || !url_addr_nat64(&a, c.bits, &v4) || (c.bits == 96 && c.addr[8] != 0))
		return err_set(err, ERR_INPUT, "not a NAT64 prefix of 32, 40, 48, 56, 64 or 96 bits: %s", prefix);
	return add_cidr(&p->nat64, prefix, err);
}

static int
add_rule(struct rules *rules, const char *text, struct err *err)
{
	if (rules->n >= POLICY_RULES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d URL rules", POLICY_RULES_MAX);
	struct url_rule *r = url_rule_new(text, err);
	if (r == NULL)
		return -1;
	rules->v = mem_realloc(rules->v, (rules->n + 1) * sizeof(struct url_rule *));
	rules->v[rules->n++] = r;
	return 0;
}

int
url_policy_deny_url(struct url_policy *p, const char *rule, struct err *err)
{
	return add_rule(&p->deny_url, rule, err);
}

int
url_policy_allow_url(struct url_policy *p, const char *rule, struct err *err)
{
	return add_rule(&p->allow_url, rule, err);
}

int
url_policy_allow_secondary(struct url_policy *p, const char *rule, struct err *err)
{
	return add_rule(&p->allow_secondary, rule, err);
}

int
url_policy_allow_port(struct url_policy *p, const char *ports, struct err *err)
{
	return url_ports_add(p->ports, ports, true, err);
}

int
url_policy_deny_port(struct url_policy *p, const char *ports, struct err *err)
{
	return url_ports_add(p->ports, ports, false, err);
}

int
url_policy_site(struct url_policy *p, const char *host, bool open, struct err *err)
{
	p->named = true;
	if (host != NULL)
		return url_hosts_add(p->sites, host, open, err);
	p->closed = !open;
	return 0;
}

bool
url_policy_has_rules(const struct url_policy *p)
{
	return p->named || p->deny_url.n > 0 || p->allow_url.n > 0 || p->allow_secondary.n > 0;
}

bool
url_verdict_by_rule(enum url_verdict v)
{
	return v == URL_DENIED_SITE || v == URL_DENIED_RULE || v == URL_DENIED_UNLISTED;
}

/* ---- addresses -------------------------------------------------------------------------------- */

static bool
listed(const struct cidrs *list, const struct url_addr *a)
{
	for (size_t i = 0; i < list->n; i++)
		if (url_cidr_match(&list->v[i], a))
			return true;
	return false;
}

/* An IPv4 address: the owner's "allow" wins, then the owner's "deny", then the registries. */
static bool
addr4_ok(const struct url_policy *p, const struct url_addr *a)
{
	return listed(&p->allow, a) || (!listed(&p->deny, a) && url_addr_special(a) == NULL);
}

/* Does an "allow" name this IPv6 address?  One that opens a NAT64 prefix opens the way to public IPv4 addresses, not
 * to the private ones behind the translator; only a longer range than the prefix names those. */
static bool
addr6_allowed(const struct url_policy *p, const struct url_addr *a)
{
	struct url_addr v4;
	static const unsigned char nat64[5] = {0x00, 0x64, 0xff, 0x9b, 0x00};
	if (url_addr_mapped(a, &v4))
		return listed(&p->allow, &v4);
	bool translated = memcmp(a->b, nat64, sizeof nat64) == 0 && a->b[5] <= 1;
	if (translated && a->b[5] == 0 && url_addr_nat64(a, 96, &v4) && listed(&p->allow, &v4))
		return true;
	for (size_t i = 0; i < p->allow.n; i++) {
		const struct url_cidr *c = &p->allow.v[i];
		if (!url_cidr_match(c, a))
			continue;
		if (!translated || c->bits > 96 || (url_addr_nat64(a, c->bits, &v4) && addr4_ok(p, &v4)))
			return true;
	}
	return false;
}

/* Judged for every NAT64 prefix of the owner's that it is within; false: within none.  The octet at bit 64 is zero
 * (RFC 6052 §2.2). */
static bool
translated(const struct url_policy *p, const struct url_addr *a, bool *ok)
{
	struct url_addr v4;
	bool within = false;
	*ok = a->b[8] == 0 && !listed(&p->deny, a);
	for (size_t i = 0; i < p->nat64.n; i++) {
		if (!url_cidr_match(&p->nat64.v[i], a))
			continue;
		within = true;
		*ok = *ok && url_addr_nat64(a, p->nat64.v[i].bits, &v4) && addr4_ok(p, &v4);
	}
	return within;
}

static bool
addr_ok(const struct url_policy *p, const struct url_addr *a)
{
	struct url_addr inner[URL_EMBEDDED_MAX];
	bool ok = false;
	if (a->scoped)
		return false;
	if (a->v4)
		return addr4_ok(p, a);
	if (translated(p, a, &ok))
		return ok;
	if (addr6_allowed(p, a))
		return true;
	if (listed(&p->deny, a) || url_addr_special(a) != NULL)
		return false;
	for (size_t i = 0, n = url_addr_embedded(a, inner); i < n; i++)
		if (listed(&p->deny, &inner[i]))
			return false;
	return true;
}

enum url_verdict
url_policy_check_addr(const struct url_policy *p, const struct sockaddr *sa)
{
	struct url_addr a;
	int port = 0;
	if (!url_addr_from_sockaddr(&a, sa) || !addr_ok(p, &a))
		return URL_DENIED_ADDRESS;
	port = url_addr_port(sa);
	return port == 0 || url_ports_ok(p->ports, port) ? URL_OK : URL_DENIED_PORT;
}

/* ---- the whole URL ------------------------------------------------------------------------------ */

enum kind { PAGE, SECONDARY, ROBOTS, SERVICE };

/* That previews are only of some sites does not close services elsewhere. */
static bool
site_open(const struct url_policy *p, const char *host, enum kind kind)
{
	size_t open[URL_HOSTS_MAX];
	return url_hosts_find(p->sites, host, open) > 0 ? open[0] != 0 : !p->closed || kind == SERVICE;
}

static bool
url_listed(const struct url_policy *p, const struct url *u, enum kind kind)
{
	if (kind == ROBOTS || kind == SERVICE || p->allow_url.n == 0 ||
	    url_rules_match(p->allow_url.v, p->allow_url.n, u, false))
		return true;
	return kind == SECONDARY && url_rules_match(p->allow_secondary.v, p->allow_secondary.n, u, false);
}

static enum url_verdict
check(const struct url_policy *p, const struct url *u, enum kind kind)
{
	struct url_addr a;
	if (!str_eq(u->scheme, "http") && !str_eq(u->scheme, "https"))
		return URL_DENIED_SCHEME;
	if (!site_open(p, u->host, kind))
		return URL_DENIED_SITE;
	if (url_rules_match(p->deny_url.v, p->deny_url.n, u, true))
		return URL_DENIED_RULE;
	if (!url_listed(p, u, kind))
		return URL_DENIED_UNLISTED;
	if (!url_ports_ok(p->ports, u->port >= 0 ? u->port : url_default_port(u->scheme)))
		return URL_DENIED_PORT;
	if (url_addr_from_host(&a, u->host) && !addr_ok(p, &a))
		return URL_DENIED_ADDRESS;
	return u->username != NULL || u->password != NULL ? URL_DENIED_USERINFO : URL_OK;
}

enum url_verdict
url_policy_check(const struct url_policy *p, const struct url *u)
{
	return check(p, u, PAGE);
}

enum url_verdict
url_policy_check_secondary(const struct url_policy *p, const struct url *u)
{
	return check(p, u, SECONDARY);
}

enum url_verdict
url_policy_check_robots(const struct url_policy *p, const struct url *u)
{
	return check(p, u, ROBOTS);
}

enum url_verdict
url_policy_check_service(const struct url_policy *p, const struct url *u)
{
	return check(p, u, SERVICE);
}

const char *
url_verdict_text(enum url_verdict v)
{
	switch (v) {
	case URL_OK:
		return "allowed";
	case URL_DENIED_SITE:
		return "URL previews are disabled for this site";
	case URL_DENIED_RULE:
		return "URL blocked by url pattern blocklist entry";
	case URL_DENIED_UNLISTED:
		return "URL is not among those that may be previewed";
	case URL_DENIED_ADDRESS:
		return "IP address blocked";
	case URL_DENIED_SCHEME:
		return "URL scheme is not http or https";
	case URL_DENIED_PORT:
		return "port blocked";
	case URL_DENIED_USERINFO:
		return "URL with user name or password refused";
	}
	return "refused";
}
