/* May this not be fetched any more?  The rules may be younger than what is known.  And what of a URL is not fetched
 * with? */
#include "preview/stages.h"

#include <string.h>

#include "url/url.h"

/* What cannot be parsed is denied by nobody: fetch says what is wrong with it, and it is not cached either.  Nor is
 * userinfo, which a person may have pasted: it is dropped. */
static enum url_verdict
judge(const struct url_policy *policy, const char *url, bool page)
{
	struct url u;
	struct err ignored;
	if (url == NULL || url_parse(&u, url, &ignored) < 0)
		return URL_OK;
	enum url_verdict v = page ? url_policy_check(policy, &u) : url_policy_check_secondary(policy, &u);
	url_clear(&u);
	return v != URL_DENIED_USERINFO ? v : URL_OK;
}

bool
stage_forbids(const struct url_policy *policy, const char *url, bool page)
{
	return url != NULL && url_is_http(url) && judge(policy, url, page) != URL_OK;
}

bool
stage_forbids_by_rule(const struct url_policy *policy, const char *url, bool page)
{
	return url_verdict_by_rule(judge(policy, url, page));
}

int
stage_allowed(const struct url_policy *policy, const char *url, bool rules_only, struct err *err)
{
	enum url_verdict v = judge(policy, url, true);
	if (v == URL_OK || (rules_only && !url_verdict_by_rule(v)))
		return 0;
	(void)err_http(err, ERR_DENIED, v == URL_DENIED_SCHEME ? 400 : 403, "M_UNKNOWN", "%s", url_verdict_text(v));
	err->class = "denied"; /* as mxpreview-fetch says it */
	return -1;
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
