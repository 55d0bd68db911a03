/* What does the owner want of this site, and what does its robots.txt say that was asked before? */
#include "cmd/fetch-site.h"

static void
on_site(void *arg, const char *host, struct net_site *out)
{
	const struct fetch_site *s = arg;
	struct conf_site site;
	conf_site(s->sites, host, &site);
	*out = (struct net_site){.user_agent = site.user_agent,
				 .accept_language = site.accept_language,
				 .header_timeout = site.header_timeout,
				 .total_timeout = site.total_timeout,
				 .max_body = site.max_spider_size,
				 .min_interval = site.min_interval,
				 .http2 = site.http2,
				 .robots = site.robots,
				 .agents = site.user_agent_fallback.v,
				 .n_agents = site.user_agent_fallback.n};
}

static bool
load(void *arg, const char *origin, struct net_robots *out)
{
	const struct fetch_site *s = arg;
	struct store_robots had = {.closed = false};
	if (s->blobs == NULL)
		return false;
	had.text = out->text;
	bool there = store_robots_get(s->blobs, origin, &had);
	out->text = had.text;
	out->closed = had.closed;
	out->left = had.expires_ts - cmd_now();
	return there;
}

/* What cannot be kept is asked again. */
static void
save(void *arg, const char *origin, const struct net_robots *r)
{
	const struct fetch_site *s = arg;
	struct store_robots keep = {.text = r->text, .closed = r->closed, .expires_ts = cmd_now() + r->left};
	struct err err;
	if (s->blobs != NULL && store_robots_put(s->blobs, origin, &keep, &err) < 0)
		cmd_note(s->c, "robots.txt of %s: %s", origin, err.text);
}

void
fetch_site_options(struct fetch_site *s, struct net_options *o)
{
	o->min_interval = s->c->conf.min_interval;
	o->max_per_host = s->c->conf.jobs_per_host;
	o->retry_after_max = s->c->conf.retry_after_max;
	o->now = cmd_now;
	o->site = on_site;
	o->robots_load = load;
	o->robots_save = save;
	o->site_arg = s;
}
