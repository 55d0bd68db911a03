/* Is a page that was refused asked for once more, under another name? */
#include "net/queue.h"

/* What a site that only answers the preview bots it knows says to others.  Who says when to come again means that. */
static bool
refused(const struct transfer *t)
{
	int s = t->err.http_status;
	if (t->err.code == ERR_NONE)
		return t->response.status / 100 == 2 && t->body == 0 && !t->enough;
	return s == 401 || s == 403 || s == 406 || (s == 429 && t->err.retry_after == 0);
}

bool
net_agent_again(struct transfer *t)
{
	if (t->req.secondary || t->robots || !t->head_done || !refused(t) || t->agent >= NET_AGENTS_MAX ||
	    t->agent >= t->site.n_agents)
		return false;
	const char *agent = t->site.agents[t->agent++];
	if (t->req.hop != NULL)
		t->req.hop(t->req.arg, &(struct net_hop){.url = t->response.final_url, .agent = agent});
	err_clear(&t->err);
	return true;
}
