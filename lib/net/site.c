/* What holds for the host of this hop? */
#include "net/net.h"

#include "net/int.h"

const struct net_service *
net_site_service(const struct transfer *t)
{
	return t->response.hops == 0 ? t->req.service : NULL;
}

static void
serve(struct net_site *site, const struct net_service *s)
{
	site->robots = false;
	site->n_agents = 0;
	if (s->max_body > 0)
		site->max_body = s->max_body;
	if (s->header_timeout > 0)
		site->header_timeout = s->header_timeout;
	if (s->total_timeout > 0)
		site->total_timeout = s->total_timeout;
}

void
net_site_find(struct transfer *t, const char *host)
{
	const struct net_options *o = &t->net->o;
	t->site = (struct net_site){.user_agent = o->user_agent,
				    .accept_language = o->accept_language,
				    .header_timeout = o->header_timeout,
				    .total_timeout = o->total_timeout,
				    .max_body = o->max_body,
				    .http2 = o->http2,
				    .min_interval = o->min_interval};
	t->may = false;
	if (o->site != NULL)
		o->site(o->site_arg, host, &t->site);
	if (t->req.service != NULL)
		serve(&t->site, t->req.service);
	if (t->total_timeout == 0)
		t->total_timeout = t->site.total_timeout;
}

void
net_site_set(struct transfer *t)
{
	t->response.agent = t->agent > 0 && t->agent <= t->site.n_agents ? t->site.agents[t->agent - 1] : NULL;
	/* HTTP/2 only where TLS has agreed on it. */
	long version = t->site.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
	(void)curl_easy_setopt(t->easy, CURLOPT_USERAGENT,
			       t->response.agent != NULL ? t->response.agent : t->site.user_agent);
	(void)curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, version);
}

/* The owner's ceiling for one, as many bytes more as the site's documents may have. */
int64_t
net_site_wire(const struct transfer *t)
{
	const struct net_options *o = &t->net->o;
	int64_t more = t->site.max_body - o->max_body;
	return o->max_wire + more + more / 4;
}
