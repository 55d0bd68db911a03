/* Who is fetched when?  The queue, the transfers in flight, their clocks, and their end. */
#include "net/net.h"

#include <string.h>

#include "net/queue.h"

/* ---- queue ------------------------------------------------------------------------------------------ */

void
net_fresh_put(struct transfer *t)
{
	struct net *n = t->net;
	t->next = t->prev = NULL;
	*(n->fresh != NULL ? &n->fresh_last->next : &n->fresh) = t;
	n->fresh_last = t;
	n->n_queued++;
}

static const struct net_service *
copy_service(const struct net_service *s)
{
	if (s == NULL)
		return NULL;
	struct net_service *own = mem_alloc(sizeof *own);
	*own = *s;
	own->authorization = mem_strdup(s->authorization);
	own->host = mem_strdup(s->host);
	own->connect = mem_strdup(s->connect);
	return own;
}

void
net_add(struct net *n, const struct net_request *req)
{
	struct transfer *t = mem_alloc(sizeof *t);
	t->net = n;
	t->req = *req;
	t->req.service = copy_service(req->service);
	t->req.url = mem_strdup(req->url);
	t->req.accept_language = mem_strdup(req->accept_language);
	t->req.validates = mem_strdup(req->validates);
	t->req.etag = mem_strdup(req->etag);
	t->req.last_modified = mem_strdup(req->last_modified);
	t->fd = CURL_SOCKET_BAD;
	net_fresh_put(t);
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

/* The end of a chain that is not in flight, or not any more: gives its handle back, with the connections. */
static void
end(struct transfer *t)
{
	struct net *n = t->net;
	if (t->easy != NULL)
		net_lookup_unpin(t);
	if (t->easy != NULL && n->n_idle < (size_t)n->o.jobs) {
		n->idle[n->n_idle++] = t->easy;
		t->easy = NULL;
	}
	if (t->err.code == ERR_NONE && !t->head_done)
		(void)err_set(&t->err, ERR_BUG, "fetch ended without an answer");
	t->req.done(t->req.arg, &t->response, &t->err);
	net_transfer_free(t);
}

static void
leave(struct transfer *t)
{
	net_queue_left(t);
	unlink_active(t);
	end(t);
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
	net_site_set(t);
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

/* Waiting for its turn is not held against a chain. */
static void
begin(struct transfer *t)
{
	int64_t now = t->net->o.clock();
	t->started = t->begun ? t->started + now - t->parked : now;
	t->begun = true;
	link_active(t);
	if ((t->easy == NULL && take_easy(t) < 0) || launch(t) < 0)
		leave(t);
}

/* A hop that was judged, and is not in flight: to where it belongs. */
static void
admit(struct transfer *t)
{
	switch (net_robots_ask(t)) {
	case ROBOTS_REFUSE:
		end(t);
		break;
	case ROBOTS_WAIT:
		break;
	case ROBOTS_ALLOW:
		if (t->begun && (int64_t)t->net->n_active < t->net->o.jobs && net_queue_pass(t))
			begin(t);
		else
			net_queue_put(t);
	}
}

static bool
goes_on(struct transfer *t, CURLcode code)
{
	if (t->err.code == ERR_NONE && t->head_done && t->location != NULL)
		return net_hop_redirect(t) == 0;
	if (code != CURLE_OK && !t->enough)
		(void)net_fail_code(t, code);
	net_queue_hold(t);
	return net_agent_again(t);
}

/* One hop is over: the next one, or the end. */
static void
hop_over(struct transfer *t, CURLcode code)
{
	t->waiting = false;
	(void)curl_multi_remove_handle(t->net->multi, t->easy);
	net_queue_left(t);
	unlink_active(t);
	t->parked = t->net->o.clock();
	if (goes_on(t, code))
		admit(t);
	else
		end(t);
}

/* Those go on whose names have been looked up. */
static void
wake(struct net *n)
{
	int answers = net_lookup_read(n);
	net_srv_work(n);
	if (answers == 0)
		return;
	for (struct transfer *t = n->active, *next; t != NULL; t = next) {
		next = t->next;
		if (t->waiting && set_out(t) < 0)
			leave(t);
	}
}

/* ---- starting what may start ---------------------------------------------------------------------------- */

/* url is set from then on. */
static int
prepare(struct transfer *t)
{
	if (t->url != NULL)
		return t->err.code == ERR_NONE ? 0 : -1;
	t->url = curl_url();
	if (t->url == NULL)
		return err_set(&t->err, ERR_SYS, "libcurl gives no URL");
	return net_hop_first(t);
}

static struct transfer *
take_fresh(struct net *n)
{
	struct transfer *t = n->fresh;
	if (t == NULL)
		return NULL;
	n->fresh = t->next;
	t->next = NULL;
	n->n_queued--;
	return t;
}

/* All that came are judged, so that each stands at its host; then as many set out as may. */
static void
start(struct net *n)
{
	struct transfer *t;
	while ((t = take_fresh(n)) != NULL) {
		if (prepare(t) < 0)
			end(t);
		else
			admit(t);
	}
	while ((int64_t)n->n_active < n->o.jobs && (t = net_queue_take(n)) != NULL) {
		if (t->err.code != ERR_NONE)
			end(t);
		else
			begin(t);
	}
}

/* ---- clocks ------------------------------------------------------------------------------------------------ */

static int64_t
deadline(const struct transfer *t, bool *total)
{
	const struct net_options *o = &t->net->o;
	const int64_t allowed[] = {[PHASE_CONNECT] = o->connect_timeout,
				   [PHASE_HEADERS] = t->site.header_timeout,
				   [PHASE_BODY] = o->idle_timeout};
	int64_t phase = t->since + allowed[t->phase], whole = t->started + t->total_timeout;
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
	if (n->fresh != NULL)
		return 0;
	max_ms = net_srv_left(n, now, max_ms);
	if ((int64_t)n->n_active < n->o.jobs)
		max_ms = net_queue_left_ms(n, max_ms);
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
	for (struct transfer *t; (t = take_fresh(n)) != NULL || (t = net_queue_drop(n)) != NULL;) {
		if (t->err.code == ERR_NONE)
			(void)net_outcome(&t->err, OUT_GONE, NULL);
		end(t);
	}
	net_srv_work(n);
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
