/* What has the owner forbidden or allowed?  Apart from cmd.c, so that only those who judge URLs link the policy. */
#include "cmd/cmd.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "url/url.h"

typedef int rule_setter(struct url_policy *p, const char *text, struct err *err);

static int
fill_list(struct url_policy *p, const struct conf_list *l, rule_setter *f, const char *key, struct err *err)
{
	for (size_t i = 0; i < l->n; i++)
		if (f(p, l->v[i], err) < 0)
			return l->where[i] != NULL ? err_add(err, "%s: %s", l->where[i], key) : err_add(err, "%s", key);
	return 0;
}

static int
fill_lists(struct url_policy *p, const struct conf *conf, struct err *err)
{
	const struct {
		const struct conf_list *list;
		rule_setter *f;
		const char *key;
	} lists[] = {
	    {&conf->allow_ip, url_policy_allow_ip, "allow_ip"},
	    {&conf->deny_ip, url_policy_deny_ip, "deny_ip"},
	    {&conf->nat64_prefix, url_policy_nat64, "nat64_prefix"},
	    {&conf->allow_port, url_policy_allow_port, "allow_port"},
	    {&conf->deny_port, url_policy_deny_port, "deny_port"},
	    {&conf->allow_url, url_policy_allow_url, "allow_url"},
	    {&conf->allow_url_secondary, url_policy_allow_secondary, "allow_url_secondary"},
	    {&conf->deny_url, url_policy_deny_url, "deny_url"},
	};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		if (fill_list(p, lists[i].list, lists[i].f, lists[i].key, err) < 0)
			return -1;
	return 0;
}

static int
fill_sites(struct url_policy *p, const struct conf *conf, struct err *err)
{
	const char *name = NULL;
	bool says = false, open = false;
	struct conf_sites *check = conf_sites_new(conf, err); /* it knows the lines */
	if (check == NULL)
		return -1;
	conf_sites_free(check);
	(void)url_policy_site(p, NULL, conf->preview, err);
	for (size_t i = 0; (name = conf_section(conf, i, &says, &open)) != NULL; i++)
		if (says && url_policy_site(p, name, open, err) < 0)
			return -1;
	return 0;
}

static const char *
address_text(const struct sockaddr *sa, char text[INET6_ADDRSTRLEN])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	if (sa != NULL && sa->sa_family == AF_INET) {
		(void)memcpy(&in, sa, sizeof in);
		return inet_ntop(AF_INET, &in.sin_addr, text, INET6_ADDRSTRLEN);
	}
	if (sa == NULL || sa->sa_family != AF_INET6)
		return NULL;
	(void)memcpy(&in6, sa, sizeof in6);
	return inet_ntop(AF_INET6, &in6.sin6_addr, text, INET6_ADDRSTRLEN);
}

/* What listens here may trust whoever comes from here, also at a public address. */
static int
fill_own(struct url_policy *p, struct err *err)
{
	struct ifaddrs *list = NULL;
	char text[INET6_ADDRSTRLEN];
	int rc = 0;
	if (getifaddrs(&list) < 0)
		return err_sys(err, "addresses of this machine");
	for (const struct ifaddrs *a = list; a != NULL && rc == 0; a = a->ifa_next)
		if (address_text(a->ifa_addr, text) != NULL)
			rc = url_policy_deny_ip(p, text, err);
	freeifaddrs(list);
	return rc;
}

/* Behind a proxy addresses cannot be judged: names are looked up there. */
static int
check_proxy(const struct conf *conf, struct err *err)
{
	if (conf->proxy == NULL || conf->proxy_enforces_addresses)
		return 0;
	return err_set(err, ERR_INPUT,
		       "proxy: behind one no address can be judged here; if it lets nothing through to networks that "
		       "are not public, say proxy_enforces_addresses = true");
}

struct url_policy *
cmd_policy_new(const struct conf *conf, struct err *err)
{
	struct url_policy *p = url_policy_new();
	if (check_proxy(conf, err) == 0 && fill_lists(p, conf, err) == 0 && fill_sites(p, conf, err) == 0 &&
	    (!conf->deny_own_addresses || fill_own(p, err) == 0))
		return p;
	url_policy_free(p);
	return NULL;
}

struct url_policy *
cmd_policy(const struct cmd *c)
{
	struct err err;
	struct url_policy *p = cmd_policy_new(&c->conf, &err);
	if (p == NULL) {
		cmd_warn(c, "%s", err.text);
		exit(EXIT_USAGE);
	}
	return p;
}
