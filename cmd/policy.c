/* What has the owner forbidden or allowed?  Apart from cmd.c, so that only those who judge URLs link the policy. */
#include "cmd/cmd.h"

#include <stdlib.h>

#include "url/url.h"

static int
fill(struct url_policy *p, const struct conf *conf, struct err *err)
{
	for (size_t i = 0; i < conf->allow_ip.n; i++)
		if (url_policy_allow_ip(p, conf->allow_ip.v[i], err) < 0)
			return err_add(err, "allow_ip");
	for (size_t i = 0; i < conf->deny_ip.n; i++)
		if (url_policy_deny_ip(p, conf->deny_ip.v[i], err) < 0)
			return err_add(err, "deny_ip");
	for (size_t i = 0; i < conf->deny_url.n; i++)
		if (url_policy_deny_url(p, conf->deny_url.v[i], err) < 0)
			return err_add(err, "deny_url");
	return 0;
}

struct url_policy *
cmd_policy(const struct cmd *c)
{
	struct err err;
	struct url_policy *p = url_policy_new();
	if (fill(p, &c->conf, &err) < 0) {
		cmd_warn(c, "%s", err.text);
		exit(EXIT_USAGE);
	}
	return p;
}
