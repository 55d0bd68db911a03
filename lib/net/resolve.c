/* Which addresses has a name?  Threads of the connector, one for each name that is being looked up: a server that does
 * not answer holds up nobody else. */
#include "net/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>
#include <sys/socket.h>

/* Threads that wait for work beyond these end.  The resolver needs a few KiB of stack, and one page of malloc. */
enum { IDLE_MAX = 4, STACK = 256 << 10 };

/* Names are absolute: no search domain makes "localhost" or "printer" another host, and no alias file of the
 * environment does.  The configuration is read again each time, as the C library would if it were not changed here.
 * It is read from scratch: what an earlier call left changed here would be taken for a wish of the configuration's, be
 * found unchanged, and be read anew behind our back. */
static void
configure(void)
{
	_res.options = RES_INIT | RES_DEFAULT;
	_res.retrans = _res.retry = 0;
	(void)res_init();
	_res.options &= ~(unsigned long)(RES_DEFNAMES | RES_DNSRCH);
	_res.options |= RES_NOALIASES;
}

static bool
well_formed(const char *host)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:";
	size_t n = strnlen(host, CONNECT_NAME_MAX + 1);
	return n > 0 && n <= CONNECT_NAME_MAX && strspn(host, fit) == n;
}

static void
keep(struct connect_addresses *said, const struct in6_addr *a)
{
	for (uint32_t i = 0; i < said->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&said->address[i], a))
			return;
	if (said->n < CONNECT_ADDRESSES_MAX)
		said->address[said->n++] = *a;
}

/* One refused address refuses the name (spec A.5). */
static int
judge(const struct connector *c, const struct addrinfo *ai, struct connect_addresses *said)
{
	bool trusted = c->o->proxy_host != NULL;
	for (; ai != NULL; ai = ai->ai_next) {
		struct in6_addr a;
		int port;
		if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
			continue;
		if (net_connect_address(ai->ai_addr, &a, &port) < 0 ||
		    (!trusted && url_policy_check_addr(c->o->policy, ai->ai_addr) != URL_OK)) {
			said->n = 0;
			return CONNECT_DENIED;
		}
		keep(said, &a);
	}
	return said->n > 0 ? CONNECT_OK : CONNECT_NONE;
}

static void
keep_proxy(struct connector *c, const struct connect_addresses *said)
{
	(void)pthread_mutex_lock(&c->lock);
	(void)memcpy(c->proxy, said->address, sizeof c->proxy);
	c->n_proxy = said->n;
	(void)pthread_mutex_unlock(&c->lock);
}

bool
net_connector_is_proxy(struct connector *c, const struct in6_addr *a)
{
	bool is = false;
	(void)pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n_proxy; i++)
		is = is || IN6_ARE_ADDR_EQUAL(&c->proxy[i], a);
	(void)pthread_mutex_unlock(&c->lock);
	return is;
}

static void
resolve(struct connector *c, const struct connect_name *ask, struct connect_addresses *said)
{
	static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *ai = NULL;
	*said = (struct connect_addresses){.id = ask->id, .verdict = CONNECT_NONE};
	if (!well_formed(ask->host))
		return;
	if (c->o->proxy_host != NULL && !str_ieq(ask->host, c->o->proxy_host)) {
		said->verdict = CONNECT_DENIED;
		return;
	}
	configure();
	if (getaddrinfo(ask->host, NULL, &hints, &ai) == 0) {
		said->verdict = judge(c, ai, said);
		freeaddrinfo(ai);
	}
	if (c->o->proxy_host != NULL)
		keep_proxy(c, said);
}

/* ---- threads ------------------------------------------------------------------------------------------ */

/* There is a name to look up: whoever takes it leaves one behind who waits for the next, while there may be more. */
static void
busy(struct connector *c)
{
	(void)pthread_mutex_lock(&c->lock);
	bool more = --c->idle == 0 && c->workers < c->o->max_lookups;
	(void)pthread_mutex_unlock(&c->lock);
	if (more)
		(void)net_connector_worker(c); /* without it the names wait for this one */
}

/* false: there are enough who wait. */
static bool
rest(struct connector *c)
{
	(void)pthread_mutex_lock(&c->lock);
	bool stay = c->idle < IDLE_MAX;
	c->idle += stay;
	c->workers -= !stay;
	(void)pthread_mutex_unlock(&c->lock);
	return stay;
}

/* false: nobody is there any more.  Where everything goes through a proxy there are no names but its own. */
static bool
answer(struct connector *c, const struct connect_name *ask)
{
	struct connect_addresses said;
	if (ask->kind == CONNECT_SRV) {
		struct connect_services found = {.id = ask->id};
		if (well_formed(ask->host) && c->o->proxy_host == NULL) {
			configure();
			net_srv_resolve(ask, &found);
		}
		return send(c->o->lookup_fd, &found, sizeof found, MSG_NOSIGNAL) >= 0;
	}
	resolve(c, ask, &said);
	return send(c->o->lookup_fd, &said, sizeof said, MSG_NOSIGNAL) >= 0;
}

static void *
work(void *arg)
{
	struct connector *c = arg;
	struct connect_name ask;
	do {
		ssize_t n;
		while ((n = recv(c->o->lookup_fd, &ask, sizeof ask, 0)) < 0 && errno == EINTR)
			;
		if (n != (ssize_t)sizeof ask)
			return NULL; /* the end, which the other channel sees too */
		busy(c);
		if (!answer(c, &ask))
			return NULL;
	} while (rest(c));
	return NULL;
}

int
net_connector_worker(struct connector *c)
{
	pthread_t thread;
	pthread_attr_t attr;
	(void)pthread_mutex_lock(&c->lock);
	c->workers++;
	c->idle++;
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	int no = pthread_create(&thread, &attr, work, c);
	(void)pthread_attr_destroy(&attr);
	if (no == 0)
		return 0;
	(void)pthread_mutex_lock(&c->lock);
	c->workers--;
	c->idle--;
	(void)pthread_mutex_unlock(&c->lock);
	errno = no;
	return -1;
}
