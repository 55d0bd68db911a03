/* Whose turn is it?  Host after host, at each no more than it may bear, no sooner than it wants. */
#include "net/queue.h"

#include <string.h>

/* ---- lines of hosts ------------------------------------------------------------------------------- */

static struct line *
line_of(struct queue *q, enum host_line line)
{
	return line == LINE_READY ? &q->ready : &q->later;
}

static void
stand(struct queue *q, struct host *h, enum host_line line)
{
	if (h->line == line)
		return;
	if (h->line != LINE_NONE) {
		struct line *l = line_of(q, h->line);
		*(h->prev != NULL ? &h->prev->next : &l->first) = h->next;
		*(h->next != NULL ? &h->next->prev : &l->last) = h->prev;
	}
	h->line = line;
	h->next = h->prev = NULL;
	if (line == LINE_NONE)
		return;
	struct line *l = line_of(q, line);
	h->prev = l->last;
	*(l->last != NULL ? &l->last->next : &l->first) = h;
	l->last = h;
}

static int64_t
later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Retry-After that is longer than anybody here waits. */
static bool
held_too_long(const struct net *n, const struct host *h, int64_t now)
{
	return h->held_until - now > n->o.retry_after_max;
}

/* May it be asked, apart from its clock?  With an interval nobody sets out before the one ahead has asked. */
static bool
has_room(const struct net *n, const struct host *h)
{
	return h->active < n->o.max_per_host && (h->interval == 0 || h->unsent == 0);
}

/* After any change: where does it stand now? */
static void
settle(struct net *n, struct host *h)
{
	struct queue *q = n->queue;
	int64_t now = n->o.clock(), at = later_of(h->not_before, h->held_until);
	enum host_line line = LINE_NONE;
	if (h->first != NULL && held_too_long(n, h, now))
		line = LINE_READY; /* to be told so */
	else if (h->first != NULL && has_room(n, h))
		line = at > now ? LINE_LATER : LINE_READY;
	stand(q, h, line);
	if (line == LINE_LATER && at < q->due)
		q->due = at;
}

/* ---- the table --------------------------------------------------------------------------------------- */

static struct host **
chain_of(struct queue *q, const char *place)
{
	return &q->chain[str_hash(place, strlen(place)) % HOST_CHAINS];
}

/* Nothing would be forgotten with it; or, if so asked, only what it wants. */
static bool
at_rest(const struct host *h, int64_t now, bool anyway)
{
	return h->first == NULL && h->active == 0 && (anyway || (h->not_before <= now && h->held_until <= now));
}

static void
sweep(struct net *n, bool anyway)
{
	struct queue *q = n->queue;
	int64_t now = n->o.clock();
	for (size_t i = 0; i < HOST_CHAINS; i++) {
		for (struct host **at = &q->chain[i]; *at != NULL;) {
			struct host *h = *at;
			if (!at_rest(h, now, anyway)) {
				at = &h->chain;
				continue;
			}
			*at = h->chain;
			stand(q, h, LINE_NONE);
			mem_free(h->place);
			mem_free(h);
			q->n--;
		}
	}
}

static struct host *
find(struct net *n, const char *place)
{
	struct host *h = *chain_of(n->queue, place);
	while (h != NULL && !str_eq(h->place, place))
		h = h->chain;
	return h;
}

static struct host *
host_of(struct transfer *t)
{
	struct net *n = t->net;
	struct host *h = find(n, t->place);
	if (h == NULL) {
		if (n->queue->n >= HOSTS_MAX)
			sweep(n, false);
		if (n->queue->n >= HOSTS_MAX)
			sweep(n, true);
		struct host **chain = chain_of(n->queue, t->place);
		h = mem_alloc(sizeof *h);
		h->place = mem_strdup(t->place);
		h->chain = *chain;
		*chain = h;
		n->queue->n++;
	}
	h->interval = t->site.min_interval;
	return h;
}

/* ---- transfers ------------------------------------------------------------------------------------------ */

static void
set_out(struct net *n, struct host *h, struct transfer *t)
{
	t->host = h;
	t->sent = false;
	h->active++;
	h->unsent++;
	settle(n, h);
}

/* A chain that is under way goes before new ones, behind others that are. */
void
net_queue_put(struct transfer *t)
{
	struct host *h = host_of(t);
	struct transfer *before = NULL, *behind = h->first;
	if (!t->begun) {
		before = h->last;
		behind = NULL;
	}
	for (; behind != NULL && behind->begun; behind = behind->next)
		before = behind;
	t->prev = before;
	t->next = behind;
	*(before != NULL ? &before->next : &h->first) = t;
	*(behind != NULL ? &behind->prev : &h->last) = t;
	t->net->n_queued++;
	settle(t->net, h);
}

static struct transfer *
pull(struct net *n, struct host *h)
{
	struct transfer *t = h->first;
	h->first = t->next;
	*(h->first != NULL ? &h->first->prev : &h->last) = NULL;
	t->next = t->prev = NULL;
	n->n_queued--;
	return t;
}

bool
net_queue_pass(struct transfer *t)
{
	struct net *n = t->net;
	struct host *h = host_of(t);
	bool others = h->first != NULL && h->first->begun;
	if (others || !has_room(n, h) || later_of(h->not_before, h->held_until) > n->o.clock())
		return false;
	set_out(n, h, t);
	return true;
}

/* Those whose time has come. */
static void
wake(struct net *n)
{
	struct queue *q = n->queue;
	struct host *next = q->later.first;
	if (next == NULL || n->o.clock() < q->due)
		return;
	q->due = INT64_MAX;
	for (struct host *h = next; h != NULL; h = next) {
		next = h->next;
		settle(n, h);
	}
}

struct transfer *
net_queue_take(struct net *n)
{
	struct host *h = NULL;
	wake(n);
	while ((h = n->queue->ready.first) != NULL) {
		settle(n, h); /* what was too long to wait may not be any more */
		if (h->line == LINE_READY)
			break;
	}
	if (h == NULL)
		return NULL;
	struct transfer *t = pull(n, h);
	stand(n->queue, h, LINE_NONE); /* settled again, it stands behind the others */
	int64_t now = n->o.clock();
	if (h->held_until > now) {
		(void)net_fail_held(t, h->held_by, h->held_until - now);
		settle(n, h);
	} else {
		set_out(n, h, t);
	}
	return t;
}

void
net_queue_sent(struct transfer *t)
{
	struct host *h = t->host;
	if (h == NULL)
		return;
	if (!t->sent)
		h->unsent--;
	t->sent = true;
	h->not_before = later_of(h->not_before, t->net->o.clock() + h->interval);
	settle(t->net, h);
}

void
net_queue_left(struct transfer *t)
{
	struct host *h = t->host;
	if (h == NULL)
		return;
	if (!t->sent)
		h->unsent--;
	h->active--;
	t->host = NULL;
	settle(t->net, h);
}

void
net_queue_hold(struct transfer *t)
{
	struct host *h = find(t->net, t->place);
	if (h == NULL || t->err.retry_after == 0)
		return;
	h->held_until = later_of(h->held_until, t->net->o.clock() + t->err.retry_after);
	h->held_by = t->err.http_status;
	settle(t->net, h);
}

int64_t
net_queue_left_ms(const struct net *n, int64_t max_ms)
{
	const struct queue *q = n->queue;
	if (q->later.first == NULL)
		return max_ms;
	int64_t left = q->due - n->o.clock();
	return left < 0 ? 0 : left < max_ms ? left : max_ms;
}

struct transfer *
net_queue_drop(struct net *n)
{
	for (size_t i = 0; n->queue != NULL && i < HOST_CHAINS; i++)
		for (struct host *h = n->queue->chain[i]; h != NULL; h = h->chain)
			if (h->first != NULL) {
				struct transfer *t = pull(n, h);
				settle(n, h);
				return t;
			}
	return NULL;
}

void
net_queue_free(struct net *n)
{
	for (size_t i = 0; n->queue != NULL && i < HOST_CHAINS; i++) {
		for (struct host *h = n->queue->chain[i], *next; h != NULL; h = next) {
			next = h->chain;
			mem_free(h->place);
			mem_free(h);
		}
	}
	mem_free(n->queue);
}
