/* May this not be fetched any more?  The rules may be younger than what is known. */
#include "preview/stages.h"

#include "url/url.h"

bool
stage_forbids(const struct url_policy *policy, const char *url, bool page)
{
	struct url u;
	struct err ignored;
	if (url == NULL || !url_is_http(url) || url_parse(&u, url, &ignored) < 0)
		return false;
	enum url_verdict v = page ? url_policy_check(policy, &u) : url_policy_check_secondary(policy, &u);
	url_clear(&u);
	return v != URL_OK && v != URL_DENIED_USERINFO;
}
