/* What does the site's robots.txt say of this hop?  Each origin is asked once, whoever waits, and the answer kept. */
#include <string.h>

#include "net/queue.h"

/* What is remembered: origins, bytes of all texts; ms for which an answer holds (RFC 9309 §2.4), and one that was none. */
enum { ORIGINS_MAX = 512, BYTES_MAX = 4 << 20, KEPT = 24 * 3600 * 1000, KEPT_CLOSED = 300 * 1000, TOKEN_MAX = 64 };

struct robots {
	struct robots *next;
	struct net *net;
	char *origin;
	bool asking;
	bool closed; /* it could not be had */
	struct buf text;
	int64_t until;
	struct transfer *waiters, *waiters_last;
};

/* ---- what is remembered ---------------------------------------------------------------------------- */

static void
forget(struct robots **at)
{
	struct robots *r = *at;
	*at = r->next;
	buf_clear(&r->text);
	mem_free(r->origin);
	mem_free(r);
}

void
net_robots_free(struct net *n)
{
	while (n->robots != NULL) {
		while (n->robots->waiters != NULL) {
			struct transfer *t = n->robots->waiters;
			n->robots->waiters = t->next;
			net_transfer_free(t);
		}
		forget(&n->robots);
	}
}

/* The newest stands first: what is over, or too much, goes from behind. */
static void
sweep(struct net *n)
{
	int64_t now = n->o.clock();
	size_t origins = 0, bytes = 0;
	for (struct robots **at = &n->robots; *at != NULL;) {
		const struct robots *r = *at;
		bytes += r->text.len;
		if (!r->asking && (r->until <= now || ++origins > ORIGINS_MAX || bytes > BYTES_MAX)) {
			bytes -= r->text.len;
			forget(at);
		} else {
			at = &(*at)->next;
		}
	}
}

static struct robots *
find(struct net *n, const char *origin)
{
	struct robots *r = n->robots;
	while (r != NULL && !str_eq(r->origin, origin))
		r = r->next;
	return r != NULL && (r->asking || r->until > n->o.clock()) ? r : NULL;
}

/* ---- one hop ---------------------------------------------------------------------------------------------- */

static char *
text_of(CURLU *url, CURLUPart what)
{
	char *text = NULL;
	if (curl_url_get(url, what, &text, 0) != CURLUE_OK)
		return NULL;
	char *copy = mem_strdup(text);
	curl_free(text);
	return copy;
}

static char *
origin_of(const struct transfer *t)
{
	char *scheme = text_of(t->url, CURLUPART_SCHEME);
	char *origin = mem_printf("%s://%s:%d", scheme != NULL ? scheme : "http", t->name, t->port);
	mem_free(scheme);
	str_tolower(origin);
	return origin;
}

/* The product token: "mxpreview" of "mxpreview/0.1 (link preview bot)".  Also for those whose page is asked for under
 * another name: that one is a mask, not who comes. */
static void
token_of(const struct transfer *t, char token[TOKEN_MAX])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	const char *agent = t->site.user_agent != NULL ? t->site.user_agent : "";
	size_t n = strspn(agent, letters);
	n = n < TOKEN_MAX ? n : TOKEN_MAX - 1;
	(void)memcpy(token, agent, n);
	token[n] = '\0';
}

static bool
allowed(const struct transfer *t, const struct robots *r)
{
	char token[TOKEN_MAX];
	char *path = text_of(t->url, CURLUPART_PATH), *query = text_of(t->url, CURLUPART_QUERY);
	char *whole =
	    mem_printf("%s%s%s", path != NULL ? path : "/", query != NULL ? "?" : "", query != NULL ? query : "");
	token_of(t, token);
	bool may = net_robots_allow(r->text.p != NULL ? r->text.p : "", r->text.len, token, whole);
	mem_free(whole);
	mem_free(path);
	mem_free(query);
	return may;
}

static enum robots_verdict
judge(struct transfer *t, const struct robots *r)
{
	t->may = !r->closed && allowed(t, r);
	if (t->may)
		return ROBOTS_ALLOW;
	(void)net_outcome(&t->err, r->closed ? OUT_NO_ROBOTS : OUT_ROBOTS, NULL);
	if (t->begun && t->req.hop != NULL)
		t->req.hop(t->req.arg, &(struct net_hop){.url = t->response.final_url, .why = t->err.text});
	return ROBOTS_REFUSE;
}

/* ---- asking ------------------------------------------------------------------------------------------- */

static int
on_data(void *arg, const void *p, size_t n, struct err *err)
{
	struct robots *r = arg;
	return buf_add(&r->text, p, n) == 0 ? 0 : err_set(err, ERR_BUG, "robots.txt over its ceiling");
}

/* Of ours, it says nothing of the site. */
static bool
ours(const struct err *err)
{
	return err->code == ERR_BUSY || err->code == ERR_SYS || err->code == ERR_BUG;
}

/* Everybody who waited.  Where nobody answered the page would not have come either, and its reader is told why. */
static void
wake(struct robots *r, const struct err *err)
{
	bool nobody = str_eq(err->class, "dns") || str_eq(err->class, "connect") || str_eq(err->class, "tls") ||
		      str_eq(err->class, "timeout") || ours(err);
	while (r->waiters != NULL) {
		struct transfer *t = r->waiters;
		r->waiters = t->next;
		t->net->n_queued--;
		if (judge(t, r) != ROBOTS_ALLOW && nobody)
			t->err = *err;
		net_fresh_put(t);
	}
	r->waiters_last = NULL;
}

/* RFC 9309 §2.3.1: who has none, or leads in circles, allows everything; whoever cannot say allows nothing. */
static void
on_done(void *arg, const struct net_response *response, const struct err *err)
{
	struct robots *r = arg;
	const struct net_options *o = &r->net->o;
	bool none = err->http_status / 100 == 4 || str_eq(err->class, "redirect");
	(void)response;
	if (err->code != ERR_NONE)
		buf_reset(&r->text);
	r->closed = err->code != ERR_NONE && !none;
	r->asking = false;
	struct net_robots said = {.text = r->text, .closed = r->closed, .left = r->closed ? KEPT_CLOSED : KEPT};
	r->until = ours(err) ? 0 : o->clock() + said.left;
	if (o->robots_save != NULL && !ours(err))
		o->robots_save(o->site_arg, r->origin, &said);
	wake(r, err);
	sweep(r->net);
}

static bool
load(struct robots *r)
{
	const struct net_options *o = &r->net->o;
	struct net_robots had = {.left = 0};
	buf_init(&had.text, NET_ROBOTS_MAX);
	if (o->robots_load == NULL || !o->robots_load(o->site_arg, r->origin, &had) || had.left <= 0) {
		buf_clear(&had.text);
		return false;
	}
	r->text = had.text;
	r->closed = had.closed;
	r->until = o->clock() + (had.left < KEPT ? had.left : KEPT);
	return true;
}

/* Takes origin. */
static struct robots *
add(struct net *n, char *origin)
{
	struct robots *r = mem_alloc(sizeof *r);
	r->net = n;
	r->origin = origin;
	buf_init(&r->text, NET_ROBOTS_MAX);
	sweep(n);
	r->next = n->robots;
	n->robots = r;
	if (load(r))
		return r;
	char *url = mem_printf("%s/robots.txt", origin);
	struct net_request req = {.url = url, .secondary = true, .arg = r, .data = on_data, .done = on_done};
	net_add(n, &req);
	n->fresh_last->robots = true;
	r->asking = true;
	mem_free(url);
	return r;
}

static void
wait_for(struct robots *r, struct transfer *t)
{
	t->next = t->prev = NULL;
	*(r->waiters != NULL ? &r->waiters_last->next : &r->waiters) = t;
	r->waiters_last = t;
	t->net->n_queued++;
}

enum robots_verdict
net_robots_ask(struct transfer *t)
{
	if (!t->site.robots || t->robots || t->may)
		return ROBOTS_ALLOW;
	char *origin = origin_of(t);
	struct robots *r = find(t->net, origin);
	if (r != NULL)
		mem_free(origin);
	else
		r = add(t->net, origin);
	if (!r->asking)
		return judge(t, r);
	wait_for(r, t);
	return ROBOTS_WAIT;
}
