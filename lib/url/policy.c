/* May we go there?  The owner's rules, and the addresses nobody may reach. */
#include "url/url.h"

#include <string.h>

#include "url/int.h"

#define POLICY_RULES_MAX 65536 /* of each kind */

struct cidrs {
	struct url_cidr *v;
	size_t n;
};

struct url_policy {
	struct cidrs allow, deny;
	struct url_rule **rule;
	size_t rules;
	struct url_hosts *sites; /* → 1 if open */
	bool closed;		 /* sites that are not named */
};

struct url_policy *
url_policy_new(void)
{
	struct url_policy *p = mem_alloc(sizeof *p);
	p->sites = url_hosts_new();
	return p;
}

void
url_policy_free(struct url_policy *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->rules; i++)
		url_rule_free(p->rule[i]);
	url_hosts_free(p->sites);
	mem_free(p->rule);
	mem_free(p->allow.v);
	mem_free(p->deny.v);
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
url_policy_deny_url(struct url_policy *p, const char *rule, struct err *err)
{
	if (p->rules >= POLICY_RULES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d URL rules", POLICY_RULES_MAX);
	struct url_rule *r = url_rule_new(rule, err);
	if (r == NULL)
		return -1;
	p->rule = mem_realloc(p->rule, (p->rules + 1) * sizeof *p->rule);
	p->rule[p->rules++] = r;
	return 0;
}

int
url_policy_site(struct url_policy *p, const char *host, bool open, struct err *err)
{
	if (host != NULL)
		return url_hosts_add(p->sites, host, open, err);
	p->closed = !open;
	return 0;
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

static bool
addr_ok(const struct url_policy *p, const struct url_addr *a)
{
	struct url_addr inner[URL_EMBEDDED_MAX];
	if (a->scoped)
		return false;
	if (a->v4)
		return addr4_ok(p, a);
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
	return url_addr_from_sockaddr(&a, sa) && addr_ok(p, &a) ? URL_OK : URL_DENIED_ADDRESS;
}

/* ---- the whole URL ------------------------------------------------------------------------------ */

/* "bad ports" of the WHATWG fetch standard §2.9: services that understand HTTP's first line as something else. */
static bool
bad_port(int port)
{
	static const unsigned short bad[] = {
	    0,
	    1,
	    7,
	    9,
	    11,
	    13,
	    15,
	    17,
	    19,
	    20,
	    21,
	    22,
	    23,
	    25,
	    37,
	    42,
	    43,
	    53,
	    69,
	    77,
	    79,
	    87,
	    95,
	    101,
	    102,
	    103,
	    104,
	    109,
	    110,
	    111,
	    113,
	    115,
	    117,
	    119,
	    123,
	    135,
	    137,
	    139,
	    143,
	    161,
	    179,
	    389,
	    427,
	    465,
	    512,
	    513,
	    514,
	    515,
	    526,
	    530,
	    531,
	    532,
	    540,
	    548,
	    554,
	    556,
	    563,
	    587,
	    601,
	    636,
	    989,
	    990,
	    993,
	    995,
	    1719,
	    1720,
	    1723,
	    2049,
	    3659,
	    4045,
	    4190,
	    5060,
	    5061,
	    6000,
	    6566,
	    6665,
	    6666,
	    6667,
	    6668,
	    6669,
	    6679,
	    6697,
	    10080,
	    /* and what answers to a GET with harm */
	    6379,
	    11211,
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (bad[i] == port)
			return true;
	return false;
}

static bool
site_open(const struct url_policy *p, const char *host)
{
	size_t open[URL_HOSTS_MAX];
	return url_hosts_find(p->sites, host, open) > 0 ? open[0] != 0 : !p->closed;
}

enum url_verdict
url_policy_check(const struct url_policy *p, const struct url *u)
{
	struct url_addr a;
	if (!str_eq(u->scheme, "http") && !str_eq(u->scheme, "https"))
		return URL_DENIED_SCHEME;
	if (!site_open(p, u->host))
		return URL_DENIED_SITE;
	if (url_rules_match(p->rule, p->rules, u))
		return URL_DENIED_RULE;
	if (u->port >= 0 && bad_port(u->port))
		return URL_DENIED_PORT;
	if (url_addr_from_host(&a, u->host) && !addr_ok(p, &a))
		return URL_DENIED_ADDRESS;
	return u->username != NULL || u->password != NULL ? URL_DENIED_USERINFO : URL_OK;
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
