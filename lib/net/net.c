/* What is a net made of?  Its options, its birth and its end. */
#include "net/net.h"

#include "net/connector.h"
#include "net/queue.h"

/* Connections that are kept, for few jobs, too: one job may well go round a number of hosts. */
enum { KEPT_MIN = 32 };

void
net_options_default(struct net_options *o)
{
	*o = (struct net_options){
	    .user_agent = "mxpreview (link preview bot)",
	    .accept_language = "en-US,en;q=0.9",
	    .max_body = 10 << 20,
	    .max_ratio = 100,
	    .max_header_bytes = 64 << 10,
	    .max_header_count = 200,
	    .max_redirects = 20,
	    .connect_timeout = 10000,
	    .header_timeout = 20000,
	    .idle_timeout = 10000,
	    .min_speed = 256,
	    .total_timeout = 30000,
	    .jobs = 16,
	    .retry_after_max = 60000,
	    .lookup_fd = -1,
	    .open_fd = -1,
	};
}

static int
check(struct net_options *o, struct err *err)
{
	if (o->policy == NULL || o->clock == NULL)
		return err_set(err, ERR_BUG, "net needs a policy and a clock");
	if (o->max_body <= 0 || o->max_ratio <= 0 || o->min_speed < 0 || o->max_header_bytes <= 0 ||
	    o->max_header_count <= 0 || o->max_redirects < 0 || o->connect_timeout <= 0 || o->header_timeout <= 0 ||
	    o->idle_timeout <= 0 || o->total_timeout <= 0)
		return err_set(err, ERR_INPUT, "a limit of fetch is not positive");
	if (o->jobs < 1 || o->jobs > NET_JOBS_MAX)
		return err_set(err, ERR_INPUT, "jobs must be 1 to %d", NET_JOBS_MAX);
	for (const char *p = o->user_agent; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(err, ERR_INPUT, "control character in the user agent");
	if (o->max_wire <= 0)
		o->max_wire = o->max_body + o->max_body / 4 + (256 << 10);
	if (o->max_per_host <= 0)
		o->max_per_host = (o->jobs + 1) / 2;
	return 0;
}

static int
start(struct net *n, struct err *err)
{
	if (n->o.proxy != NULL && net_proxy_parse(n->o.proxy, &n->proxy_host, &n->proxy_port, err) < 0)
		return -1;
	if (n->o.accept_language != NULL && n->o.accept_language[0] != '\0')
		n->headers = net_easy_language(n->o.accept_language);
	n->queue = mem_alloc(sizeof *n->queue);
	n->queue->due = INT64_MAX;
	n->idle = mem_array((size_t)n->o.jobs, sizeof(CURL *));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		n->multi = curl_multi_init();
	if (n->multi == NULL)
		return err_set(err, ERR_SYS, "libcurl does not start");
	(void)curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS,
				(long)(n->o.jobs > KEPT_MIN / 2 ? 2 * n->o.jobs : KEPT_MIN));
	/* One transfer at a time on a connection: what its socket receives is counted against it. */
	(void)curl_multi_setopt(n->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return 0;
}

struct net *
net_new(const struct net_options *o, struct err *err)
{
	struct net *n = mem_alloc(sizeof *n);
	n->o = *o;
	if (check(&n->o, err) == 0 && start(n, err) == 0)
		return n;
	n->o.lookup_fd = n->o.open_fd = -1; /* still the caller's */
	net_free(n);
	return NULL;
}

static void
service_free(struct net_service *s)
{
	if (s == NULL)
		return;
	mem_free((void *)(uintptr_t)s->authorization);
	mem_free((void *)(uintptr_t)s->host);
	mem_free((void *)(uintptr_t)s->connect);
	mem_free(s);
}

void
net_transfer_free(struct transfer *t)
{
	service_free((struct net_service *)(uintptr_t)t->req.service);
	net_response_clear(&t->response);
	mem_free(t->response.final_url);
	mem_free((void *)(uintptr_t)t->req.url);
	mem_free((void *)(uintptr_t)t->req.accept_language);
	mem_free((void *)(uintptr_t)t->req.validates);
	mem_free((void *)(uintptr_t)t->req.etag);
	mem_free((void *)(uintptr_t)t->req.last_modified);
	mem_free(t->location);
	mem_free(t->name);
	mem_free(t->place);
	if (t->easy != NULL)
		curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->pins);
	curl_slist_free_all(t->way);
	curl_slist_free_all(t->headers);
	curl_url_cleanup(t->url);
	mem_free(t);
}

void
net_free(struct net *n)
{
	if (n == NULL)
		return;
	while (n->active != NULL) {
		struct transfer *t = n->active;
		n->active = t->next;
		(void)curl_multi_remove_handle(n->multi, t->easy);
		net_transfer_free(t);
	}
	while (n->fresh != NULL) {
		struct transfer *t = n->fresh;
		n->fresh = t->next;
		net_transfer_free(t);
	}
	for (struct transfer *t; (t = net_queue_drop(n)) != NULL;)
		net_transfer_free(t);
	net_queue_free(n);
	net_robots_free(n);
	while (n->n_idle > 0)
		curl_easy_cleanup(n->idle[--n->n_idle]);
	if (n->multi != NULL)
		(void)curl_multi_cleanup(n->multi);
	curl_slist_free_all(n->headers);
	mem_free(n->idle);
	mem_free(n->conn);
	mem_free(n->proxy_host);
	net_lookup_free(n);
	net_srv_free(n);
	io_close(&n->o.lookup_fd);
	io_close(&n->o.open_fd);
	mem_free(n);
	curl_global_cleanup();
}
