/* What is a person told of each answer on the way?  mxpreview-fetch -v, and -v -v with the header lines. */
#include "cmd/fetch-tell.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MAX_SHOWN = 512 };

/* ", holds for 600 s (max-age)"; of a redirect only what it says itself. */
static void
freshness(char *out, size_t max, const struct net_hop *h, const struct net_bounds *b, int64_t now)
{
	struct net_fresh f;
	out[0] = '\0';
	if (h->r == NULL || h->status < 200 || h->status >= 400)
		return;
	net_fresh(&h->r->said, h->r->last_modified, b, now, &f);
	if (h->status >= 300 && h->status != 304 && !f.said)
		return;
	(void)snprintf(out, max, ", holds for %lld s (%s)%s%s", (long long)(f.lifetime / 1000), f.by,
		       f.no_store ? ", is not kept" : "", f.vary_language ? ", in this language" : "");
}

void
fetch_tell_hop(const struct cmd *c, const struct net_bounds *b, const struct net_hop *h)
{
	char fresh[128];
	const char *from = h->address != NULL && *h->address != '\0' ? h->address : "?";
	if (h->why != NULL) {
		cmd_note(c, "%s: refused: %s", h->url, h->why);
		return;
	}
	if (h->agent != NULL) {
		cmd_note(c, "%s: asked once more, as %s", h->url, h->agent);
		return;
	}
	freshness(fresh, sizeof fresh, h, b, cmd_now());
	cmd_note(c, "%s: %d from %s%s", h->url, h->status, from, fresh);
}

void
fetch_tell_line(const struct cmd *c, bool sent, const char *p, size_t n)
{
	cmd_note(c, "%c %.*s", sent ? '>' : '<', (int)(n < LINE_MAX_SHOWN ? n : LINE_MAX_SHOWN), p);
}
