/* Which places has a service?  The connector is asked; what it says is told to whoever asked, and to nobody else. */
#include "net/net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/connect.h"
#include "net/int.h"

struct srv {
	struct srv *next;
	char *name;
	uint32_t id;
	bool sent, answered;
	int64_t until;
	struct connect_services said;
	void (*done)(void *arg, const struct net_srv *v, size_t n);
	void *arg;
};

/* Without room in the channel it is sent with the next call. */
static void
ask(struct net *n, struct srv *q)
{
	struct connect_name name = {.id = q->id, .kind = CONNECT_SRV};
	(void)memcpy(name.host, q->name, strlen(q->name) + 1);
	if (send(n->o.lookup_fd, &name, sizeof name, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		q->sent = true;
	else
		n->gone |= errno != EAGAIN && errno != EINTR;
}

void
net_srv(struct net *n, const char *name, void (*done)(void *arg, const struct net_srv *v, size_t n), void *arg)
{
	struct srv *q = mem_alloc(sizeof *q), **at = &n->srv;
	while (*at != NULL)
		at = &(*at)->next;
	*at = q;
	q->name = mem_strdup(name);
	q->done = done;
	q->arg = arg;
	q->id = ++n->last_id;
	q->until = n->o.clock() + n->o.connect_timeout;
	q->answered = n->o.lookup_fd < 0 || n->proxy_host != NULL || strlen(name) > CONNECT_NAME_MAX;
	if (!q->answered)
		ask(n, q);
}

void
net_srv_free(struct net *n)
{
	while (n->srv != NULL) {
		struct srv *q = n->srv;
		n->srv = q->next;
		mem_free(q->name);
		mem_free(q);
	}
}

/* From a process that a name server may have taken over: its strings need an end. */
void
net_srv_take(struct net *n, struct connect_services *said)
{
	for (struct srv *q = n->srv; q != NULL; q = q->next) {
		if (q->id != said->id || !q->sent || q->answered)
			continue;
		for (uint32_t i = 0; i < said->n; i++)
			said->service[i].target[CONNECT_NAME_MAX] = '\0';
		q->said = *said;
		q->answered = true;
		return;
	}
}

static void
tell(struct srv *q)
{
	struct net_srv v[CONNECT_SERVICES_MAX];
	for (uint32_t i = 0; i < q->said.n; i++)
		v[i] = (struct net_srv){.target = q->said.service[i].target,
					.priority = q->said.service[i].priority,
					.weight = q->said.service[i].weight,
					.port = q->said.service[i].port};
	q->done(q->arg, v, q->said.n);
	mem_free(q->name);
	mem_free(q);
}

void
net_srv_work(struct net *n)
{
	int64_t now = n->srv != NULL ? n->o.clock() : 0;
	for (struct srv **at = &n->srv, *q; (q = *at) != NULL;) {
		if (!q->answered && !q->sent)
			ask(n, q);
		if (!q->answered && now < q->until && !n->gone) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		tell(q); /* more may be asked meanwhile: at the end of the list */
	}
}

int64_t
net_srv_left(const struct net *n, int64_t now, int64_t max_ms)
{
	for (const struct srv *q = n->srv; q != NULL; q = q->next) {
		int64_t left = q->answered ? 0 : q->until - now;
		max_ms = left < max_ms ? (left > 0 ? left : 0) : max_ms;
	}
	return max_ms;
}
