/* What does an attribute say, once it is decoded? */
#include "page/int.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 16384, LINK_BYTES_MAX = 8192, STYLE_MAX = 512 };

char *
page_attr_text(const struct html_tag *tag, const char *name)
{
	const struct html_attr *a = page_html_attr(tag, name);
	struct buf b;
	if (a == NULL || a->value_len == 0)
		return NULL;
	buf_init(&b, TEXT_BYTES_MAX);
	page_entity_decode(&b, a->value, a->value_len, true);
	char *text = b.len > 0 ? page_text_clean(b.p, b.len) : NULL;
	buf_clear(&b);
	return text;
}

static char *
trimmed(const char *p, size_t n)
{
	while (n > 0 && str_isspace((unsigned char)*p))
		p++, n--;
	while (n > 0 && str_isspace((unsigned char)p[n - 1]))
		n--;
	return n > 0 ? mem_strndup(p, n) : NULL;
}

char *
page_attr_url(const struct html_tag *tag, const char *name)
{
	const struct html_attr *a = page_html_attr(tag, name);
	struct buf b;
	if (a == NULL || a->value_len == 0 || a->value_len > PAGE_DATA_URL_MAX)
		return NULL;
	buf_init(&b, PAGE_DATA_URL_MAX);
	page_entity_decode(&b, a->value, a->value_len, true);
	char *url = b.len > 0 && !b.full ? trimmed(b.p, b.len) : NULL;
	buf_clear(&b);
	if (url != NULL && !str_istarts(url, "data:") && strlen(url) > LINK_BYTES_MAX) {
		mem_free(url);
		return NULL;
	}
	return url;
}

static bool
value_is(const struct html_attr *a, const char *const *words, size_t n)
{
	for (size_t i = 0; a != NULL && i < n; i++)
		if (str_nieq(a->value, a->value_len, words[i]))
			return true;
	return false;
}

/* Letter case and white space left out of account. */
static bool
value_holds(const struct html_attr *a, const char *const *words, size_t n)
{
	char v[STYLE_MAX];
	size_t len = 0;
	for (size_t i = 0; a != NULL && i < a->value_len && len + 1 < sizeof v; i++)
		if (!str_isspace((unsigned char)a->value[i]))
			v[len++] = (char)str_lower((unsigned char)a->value[i]);
	v[len] = '\0';
	for (size_t i = 0; len > 0 && i < n; i++)
		if (strstr(v, words[i]) != NULL)
			return true;
	return false;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool
page_attr_decoration(const struct html_tag *tag)
{
	static const char *const words[] = {"avatar",  "gravatar", "icon",	"logo",	   "sprite",
					    "emoji",   "badge",	   "spacer",	"smiley",  "flag-",
					    "sponsor", "advert",   "banner-ad", "tracking"};
	return value_holds(page_html_attr(tag, "class"), words, COUNT(words)) ||
	       value_holds(page_html_attr(tag, "id"), words, COUNT(words));
}

/* A class or id as consent banners and helps for screen readers have them.  The gist is in each of the names: most values
 * are done with after that. */
static bool
names_notice(const struct html_attr *a)
{
	static const char *const gist[] = {"ookie",  "consent", "gdpr",	  "onetrust", "usercentrics",
					   "didomi", "sr-only", "hidden", "screen-r", "skip-"};
	static const char *const names[] = {
	    "cookie-banner",   "cookie-notice",	     "cookie-consent", "cookieconsent",	 "cookie-bar",
	    "cookie-law",      "cookiebanner",	     "cookie-policy",  "cookie_notice",	 "cookie-message",
	    "onetrust",	       "cybotcookiebot",     "gdpr",	       "consent-banner", "usercentrics",
	    "cookie_banner",   "cookie-popup",	     "cookie-dialog",  "cookie-modal",	 "cookie-overlay",
	    "cookie-warning",  "consent-manager",    "consent-modal",  "consent-popup",	 "consent-root",
	    "consent-overlay", "cookies-banner",     "cookie-wall",    "didomi",	 "sr-only",
	    "visually-hidden", "screen-reader-text", "visuallyhidden", "skip-link"};
	return a != NULL && value_holds(a, gist, COUNT(gist)) && value_holds(a, names, COUNT(names));
}

/* Is this element's content not for reading, whatever its name (spec B.6 and what stylesheets hide in the open)? */
bool
page_attr_hidden(const struct html_tag *tag)
{
	static const char *const roles[] = {"directory",   "menu",   "menubar", "toolbar",     "navigation", "search",
					    "contentinfo", "banner", "dialog",	"alertdialog", "tablist"};
	static const char *const yes[] = {"true"};
	static const char *const styles[] = {"display:none", "visibility:hidden"};
	if (tag->el == EL_DIALOG && page_html_attr(tag, "open") == NULL)
		return true;
	if (tag->n == 0 || tag->el == EL_BODY || tag->el == EL_HTML || tag->el == EL_MAIN)
		return false;
	return page_html_attr(tag, "hidden") != NULL || value_is(page_html_attr(tag, "aria-hidden"), yes, COUNT(yes)) ||
	       value_is(page_html_attr(tag, "role"), roles, COUNT(roles)) ||
	       value_holds(page_html_attr(tag, "style"), styles, COUNT(styles)) ||
	       names_notice(page_html_attr(tag, "id")) || names_notice(page_html_attr(tag, "class"));
}
