/* What has the owner forbidden or allowed?  Apart from cmd.c, so that only those who judge URLs link the policy. */
#include "cmd/cmd.h"

#include <stdlib.h>

#include "url/url.h"

typedef int rule_setter(struct url_policy *p, const char *text, struct err *err);

static int
fill_list(struct url_policy *p, const struct conf_list *l, rule_setter *f, const char *key, struct err *err)
{
	for (size_t i = 0; i < l->n; i++)
		if (f(p, l->v[i], err) < 0)
			return err_add(err, "%s", key);
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

struct url_policy *
cmd_policy(const struct cmd *c)
{
	struct err err;
	const struct conf *conf = &c->conf;
	struct url_policy *p = url_policy_new();
	if (fill_list(p, &conf->allow_ip, url_policy_allow_ip, "allow_ip", &err) < 0 ||
	    fill_list(p, &conf->deny_ip, url_policy_deny_ip, "deny_ip", &err) < 0 ||
	    fill_list(p, &conf->deny_url, url_policy_deny_url, "deny_url", &err) < 0 || fill_sites(p, conf, &err) < 0) {
		cmd_warn(c, "%s", err.text);
		exit(EXIT_USAGE);
	}
	return p;
}
