/* Who is fetched when?  The queue, the transfers in flight, their clocks, and their end. */
#include "net/net.h"

#include <string.h>

#include "net/connector.h"
#include "net/int.h"

/* ---- birth and death ---------------------------------------------------------------------------- */

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

struct net *
net_new(const struct net_options *o, struct err *err)
{
	struct net *n = mem_alloc(sizeof *n);
	n->o = *o;
	if (check(&n->o, err) < 0) {
		mem_free(n);
		return NULL;
	}
	if (n->o.accept_language != NULL && n->o.accept_language[0] != '\0')
		n->headers = net_easy_language(n->o.accept_language);
	if (n->o.proxy != NULL && net_proxy_parse(n->o.proxy, &n->proxy_host, &n->proxy_port, err) < 0) {
		mem_free(n);
		return NULL;
	}
	n->idle = mem_array((size_t)n->o.jobs, sizeof(CURL *));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		n->multi = curl_multi_init();
	if (n->multi == NULL) {
		net_free(n);
		(void)err_set(err, ERR_SYS, "libcurl does not start");
		return NULL;
	}
	(void)curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS, (long)(2 * n->o.jobs));
	/* One transfer at a time on a connection: what its socket receives is counted against it. */
	(void)curl_multi_setopt(n->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return n;
}

static void
transfer_free(struct transfer *t)
{
	net_response_clear(&t->response);
	mem_free(t->response.final_url);
	mem_free((void *)(uintptr_t)t->req.url);
	mem_free((void *)(uintptr_t)t->req.accept_language);
	mem_free((void *)(uintptr_t)t->req.validates);
	mem_free((void *)(uintptr_t)t->req.etag);
	mem_free((void *)(uintptr_t)t->req.last_modified);
	mem_free(t->location);
	mem_free(t->host);
	mem_free(t->name);
	curl_slist_free_all(t->pins);
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
		curl_easy_cleanup(t->easy);
		transfer_free(t);
	}
	while (n->queue != NULL) {
		struct transfer *t = n->queue;
		n->queue = t->next;
		transfer_free(t);
	}
	while (n->n_idle > 0)
		curl_easy_cleanup(n->idle[--n->n_idle]);
	if (n->multi != NULL)
		(void)curl_multi_cleanup(n->multi);
	curl_slist_free_all(n->headers);
	mem_free(n->idle);
	mem_free(n->conn);
	mem_free(n->proxy_host);
	net_lookup_free(n);
	io_close(&n->o.lookup_fd);
	io_close(&n->o.open_fd);
	mem_free(n);
	curl_global_cleanup();
}

/* ---- queue ------------------------------------------------------------------------------------------ */

void
net_add(struct net *n, const struct net_request *req)
{
	struct transfer *t = mem_alloc(sizeof *t);
	t->net = n;
	t->req = *req;
	t->req.url = mem_strdup(req->url);
	t->req.accept_language = mem_strdup(req->accept_language);
	t->req.validates = mem_strdup(req->validates);
	t->req.etag = mem_strdup(req->etag);
	t->req.last_modified = mem_strdup(req->last_modified);
	t->fd = CURL_SOCKET_BAD;
	if (n->queue == NULL)
		n->queue = t;
	else
		n->queue_last->next = t;
	n->queue_last = t;
	n->n_queued++;
}

size_t
net_pending(const struct net *n)
{
	return n->n_active + n->n_queued;
}

static void
link_active(struct transfer *t)
{
	struct net *n = t->net;
	t->prev = NULL;
	t->next = n->active;
	if (n->active != NULL)
		n->active->prev = t;
	n->active = t;
	n->n_active++;
}

static void
unlink_active(struct transfer *t)
{
	struct net *n = t->net;
	if (t->prev != NULL)
		t->prev->next = t->next;
	else
		n->active = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	n->n_active--;
}

/* The end of a request that was judged or fetched; frees t. */
static void
finish(struct transfer *t)
{
	if (t->err.code == ERR_NONE && !t->head_done)
		(void)err_set(&t->err, ERR_BUG, "fetch ended without an answer");
	t->req.done(t->req.arg, &t->response, &t->err);
	transfer_free(t);
}

/* ---- one hop ------------------------------------------------------------------------------------------ */

/* On, as soon as it is known where. */
static int
set_out(struct transfer *t)
{
	enum lookup_state state = net_lookup(t);
	t->waiting = state == LOOKUP_WAIT;
	if (t->waiting)
		return 0;
	if (state != LOOKUP_KNOWN)
		return net_fail_dns(&t->err);
	(void)curl_easy_setopt(t->easy, CURLOPT_CURLU, t->url);
	CURLMcode code = curl_multi_add_handle(t->net->multi, t->easy);
	return code == CURLM_OK ? 0 : err_set(&t->err, ERR_SYS, "libcurl: %s", curl_multi_strerror(code));
}

static int
launch(struct transfer *t)
{
	net_head_reset(t);
	net_easy_headers(t);
	t->no = 0;
	t->piece = 0;
	t->since = t->net->o.clock();
	return set_out(t);
}

static int
take_easy(struct transfer *t)
{
	struct net *n = t->net;
	CURL *e = n->n_idle > 0 ? n->idle[--n->n_idle] : net_easy_new(n);
	if (e == NULL)
		return err_set(&t->err, ERR_SYS, "libcurl gives no handle");
	t->easy = e;
	net_pin_attach(e, t);
	(void)curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	(void)curl_easy_setopt(e, CURLOPT_COOKIELIST, "ALL"); /* nothing of the chain before */
	net_easy_tell(t);
	return 0;
}

/* Gives the handle back, with its connections, and ends. */
static void
leave(struct transfer *t)
{
	struct net *n = t->net;
	unlink_active(t);
	if (t->easy != NULL)
		net_lookup_unpin(t);
	if (t->easy != NULL && n->n_idle < (size_t)n->o.jobs)
		n->idle[n->n_idle++] = t->easy;
	else
		curl_easy_cleanup(t->easy);
	t->easy = NULL;
	finish(t);
}

static void
begin(struct transfer *t)
{
	t->started = t->net->o.clock();
	link_active(t);
	if (take_easy(t) < 0 || launch(t) < 0)
		leave(t);
}

/* One hop is over: the next one, or the end. */
static void
hop_over(struct transfer *t, CURLcode code)
{
	t->waiting = false;
	(void)curl_multi_remove_handle(t->net->multi, t->easy);
	if (t->enough)
		code = CURLE_OK;
	if (t->err.code == ERR_NONE && t->head_done && t->location != NULL) {
		if (net_hop_redirect(t) == 0 && launch(t) == 0)
			return;
	} else if (code != CURLE_OK) {
		(void)net_fail_code(t, code);
	}
	leave(t);
}

/* Those go on whose names have been looked up. */
static void
wake(struct net *n)
{
	if (net_lookup_read(n) == 0)
		return;
	for (struct transfer *t = n->active, *next; t != NULL; t = next) {
		next = t->next;
		if (t->waiting && set_out(t) < 0)
			leave(t);
	}
}

/* ---- starting what may start ---------------------------------------------------------------------------- */

static bool
host_busy(const struct net *n, const char *host)
{
	int64_t same = 0;
	for (const struct transfer *t = n->active; t != NULL; t = t->next)
		same += str_eq(t->host, host);
	return same >= n->o.max_per_host;
}

/* Judged when it reaches the front for the first time; url is set from then on. */
static int
prepare(struct transfer *t)
{
	if (t->url != NULL)
		return 0;
	t->url = curl_url();
	if (t->url == NULL)
		return err_set(&t->err, ERR_SYS, "libcurl gives no URL");
	return net_hop_first(t);
}

static struct transfer *
dequeue(struct net *n, struct transfer *before, struct transfer *t)
{
	if (before == NULL)
		n->queue = t->next;
	else
		before->next = t->next;
	if (n->queue_last == t)
		n->queue_last = before;
	n->n_queued--;
	t->next = NULL;
	return t;
}

/* Queued requests in their order, except that a host with max_per_host in flight lets others pass. */
static void
start(struct net *n)
{
	struct transfer *before = NULL, *t = n->queue;
	while (t != NULL && (int64_t)n->n_active < n->o.jobs) {
		struct transfer *next = t->next;
		if (prepare(t) < 0) {
			finish(dequeue(n, before, t));
			next = before != NULL ? before->next : n->queue;
		} else if (host_busy(n, t->host)) {
			before = t;
		} else {
			begin(dequeue(n, before, t));
		}
		t = next;
	}
}

/* ---- clocks ------------------------------------------------------------------------------------------------ */

static int64_t
deadline(const struct transfer *t, bool *total)
{
	const struct net_options *o = &t->net->o;
	const int64_t allowed[] = {
	    [PHASE_CONNECT] = o->connect_timeout, [PHASE_HEADERS] = o->header_timeout, [PHASE_BODY] = o->idle_timeout};
	int64_t phase = t->since + allowed[t->phase], whole = t->started + o->total_timeout;
	*total = whole <= phase;
	return *total ? whole : phase;
}

/* A chain whose time is up ends, however alive it is. */
static void
expire(struct net *n)
{
	int64_t now = n->o.clock();
	for (struct transfer *t = n->active, *next; t != NULL; t = next) {
		bool total = false;
		next = t->next;
		if (deadline(t, &total) > now)
			continue;
		/* While a body is only drained the verdict, or the way on, is known. */
		if (t->err.code == ERR_NONE && (total || !t->skip))
			(void)net_fail_time(t, total);
		hop_over(t, CURLE_OPERATION_TIMEDOUT);
	}
}

static int64_t
until_next(const struct net *n, int64_t max_ms)
{
	int64_t now = n->o.clock();
	for (const struct transfer *t = n->active; t != NULL; t = t->next) {
		bool total = false;
		int64_t left = deadline(t, &total) - now;
		if (left < max_ms)
			max_ms = left > 0 ? left : 0;
	}
	return max_ms;
}

/* Without the connector nothing can be reached any more; everybody is told. */
static int
give_up(struct net *n, struct err *err)
{
	while (n->active != NULL) {
		struct transfer *t = n->active;
		if (t->err.code == ERR_NONE)
			(void)net_outcome(&t->err, OUT_GONE, NULL);
		(void)curl_multi_remove_handle(n->multi, t->easy);
		leave(t);
	}
	while (n->queue != NULL) {
		struct transfer *t = dequeue(n, NULL, n->queue);
		(void)net_outcome(&t->err, OUT_GONE, NULL);
		finish(t);
	}
	return net_outcome(err, OUT_GONE, NULL);
}

/* ---- the engine ---------------------------------------------------------------------------------------------- */

static void
collect(struct net *n)
{
	int left = 0;
	for (CURLMsg *m; (m = curl_multi_info_read(n->multi, &left)) != NULL;) {
		struct transfer *t = NULL;
		CURLcode code = m->data.result;
		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		hop_over(t, code);
	}
}

int
net_work(struct net *n, struct err *err)
{
	int running = 0;
	wake(n);
	start(n);
	CURLMcode code = curl_multi_perform(n->multi, &running);
	if (code != CURLM_OK)
		return err_set(err, ERR_SYS, "libcurl: %s", curl_multi_strerror(code));
	collect(n);
	expire(n);
	start(n);
	return n->gone ? give_up(n, err) : 0;
}

int
net_wait(struct net *n, int fd, int64_t max_ms, bool *readable, struct err *err)
{
	struct curl_waitfd extra[] = {{.fd = n->o.lookup_fd, .events = CURL_WAIT_POLLIN},
				      {.fd = fd, .events = CURL_WAIT_POLLIN}};
	unsigned from = n->o.lookup_fd < 0, to = fd < 0 ? 1 : 2;
	int64_t ms = until_next(n, max_ms);
	CURLMcode code = curl_multi_poll(n->multi, extra + from, to - from, (int)ms, NULL);
	*readable = fd >= 0 && extra[1].revents != 0;
	return code == CURLM_OK ? 0 : err_set(err, ERR_SYS, "libcurl: %s", curl_multi_strerror(code));
}
