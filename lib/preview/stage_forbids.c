/* May this not be fetched any more?  The rules may be younger than what is known.  And what of a URL is not fetched
 * with? */
#include "preview/stages.h"

#include <string.h>

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

void
stage_drop_userinfo(struct record *rec)
{
	struct url u;
	struct err ignored;
	if (strchr(record_url(rec), '@') == NULL || url_parse(&u, record_url(rec), &ignored) < 0)
		return;
	if (u.username != NULL || u.password != NULL) {
		mem_free(u.username);
		mem_free(u.password);
		u.username = u.password = NULL;
		char *text = url_text(&u);
		json_set_str(rec->j, "url", text);
		mem_free(text);
	}
	url_clear(&u);
}
