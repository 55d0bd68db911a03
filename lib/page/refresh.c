/* Where is the reader sent?  The value of a Refresh header or of meta http-equiv=refresh (HTML §4.2.5.3). */
#include "page/page.h"

#include <stdlib.h>
#include <string.h>

#include "url/url.h"

enum { SOON = 5 }; /* seconds; what stays longer was made to be read */

/* What stands behind the time, "url=" or not, up to its closing quote; NULL if it is not soon, or there is no time.
 * Yours. */
static char *
target(const char *p)
{
	char quote[2] = "";
	p += strspn(p, " \t\r\n\f");
	if (*p < '0' || *p > '9' || strtol(p, NULL, 10) > SOON)
		return NULL;
	p += strspn(p, "0123456789.");
	p += strspn(p, " \t\r\n\f;,");
	if (str_istarts(p, "url")) {
		const char *is = p + strlen("url") + strspn(p + strlen("url"), " \t\r\n\f");
		p = *is == '=' ? is + 1 + strspn(is + 1, " \t\r\n\f") : p;
	}
	if (*p == '\'' || *p == '"')
		quote[0] = *p++;
	return mem_strndup(p, strcspn(p, quote));
}

char *
page_refresh(const char *value, const char *url, const char *base)
{
	char *ref = value == NULL ? NULL : target(value);
	char *to = ref == NULL || *ref == '\0' ? NULL : url_resolve(base != NULL ? base : "", ref, NULL);
	size_t n = to == NULL ? 0 : strcspn(to, "#");
	bool itself = to != NULL && url != NULL && strcspn(url, "#") == n && memcmp(to, url, n) == 0;
	mem_free(ref);
	if (to != NULL && !itself && url_is_http(to) && strlen(to) <= URL_MAX)
		return to;
	mem_free(to);
	return NULL;
}
