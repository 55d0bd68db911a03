/* Where is this host?  The connector is asked once, the answer remembered for a while; libcurl is told and asks nobody. */
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "net/connect.h"
#include "net/int.h"

/* Names remembered or on their way; ms for which an answer counts, and one that was none.  Whatever is remembered, each
 * address is judged anew when it is connected to. */
enum { NAMES_MAX = 512, KEPT = 30000, KEPT_VAIN = 5000 };

struct lookup {
	char *host;
	uint64_t hash;
	uint32_t id;
	bool waiting;
	int64_t since; /* the answer */
	struct connect_addresses said;
};

/* ---- the table ----------------------------------------------------------------------------------- */

static void
forget(struct net *n, size_t i)
{
	mem_free(n->lookup[i].host);
	n->lookup[i] = n->lookup[--n->n_lookup];
}

static bool
stale(const struct lookup *l, int64_t now)
{
	return !l->waiting && now - l->since > (l->said.verdict == CONNECT_OK ? KEPT : KEPT_VAIN);
}

static struct lookup *
find(struct net *n, const char *host, uint64_t hash)
{
	int64_t now = n->o.clock();
	for (size_t i = 0; i < n->n_lookup; i++) {
		if (n->lookup[i].hash != hash || !str_eq(n->lookup[i].host, host))
			continue;
		if (!stale(&n->lookup[i], now))
			return &n->lookup[i];
		forget(n, i);
		break;
	}
	return NULL;
}

/* Room for one more: the answer that is oldest goes.  false: all are still waited for. */
static bool
make_room(struct net *n)
{
	size_t oldest = n->n_lookup;
	if (n->n_lookup < NAMES_MAX)
		return true;
	for (size_t i = 0; i < n->n_lookup; i++)
		if (!n->lookup[i].waiting && (oldest == n->n_lookup || n->lookup[i].since < n->lookup[oldest].since))
			oldest = i;
	if (oldest == n->n_lookup)
		return false;
	forget(n, oldest);
	return true;
}

void
net_lookup_free(struct net *n)
{
	while (n->n_lookup > 0)
		forget(n, n->n_lookup - 1);
	mem_free(n->lookup);
}

/* ---- questions and answers ------------------------------------------------------------------------- */

/* Without room here or in the channel it is asked again when the next answer has come. */
static void
ask(struct net *n, const char *host, uint64_t hash)
{
	struct connect_name name = {.id = ++n->last_id};
	if (!make_room(n))
		return;
	(void)memcpy(name.host, host, strlen(host) + 1);
	if (send(n->o.lookup_fd, &name, sizeof name, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		n->gone |= errno != EAGAIN && errno != EINTR;
		return;
	}
	n->lookup = mem_realloc(n->lookup, (n->n_lookup + 1) * sizeof *n->lookup);
	n->lookup[n->n_lookup++] =
	    (struct lookup){.host = mem_strdup(host), .hash = hash, .id = name.id, .waiting = true};
}

static void
take(struct net *n, const struct connect_addresses *said)
{
	for (size_t i = 0; i < n->n_lookup; i++) {
		if (n->lookup[i].id != said->id || !n->lookup[i].waiting)
			continue;
		n->lookup[i].waiting = false;
		n->lookup[i].since = n->o.clock();
		n->lookup[i].said = *said;
		return;
	}
}

union packet {
	struct connect_addresses addresses;
	struct connect_services services;
};

/* false: nothing that the connector says. */
static bool
take_packet(struct net *n, union packet *p, size_t len)
{
	if (len == sizeof p->addresses && p->addresses.n <= CONNECT_ADDRESSES_MAX)
		take(n, &p->addresses);
	else if (len == sizeof p->services && p->services.n <= CONNECT_SERVICES_MAX)
		net_srv_take(n, &p->services);
	else
		return false;
	return true;
}

int
net_lookup_read(struct net *n)
{
	union packet p;
	int many = 0;
	if (n->o.lookup_fd < 0)
		return 0;
	for (;;) {
		ssize_t got = recv(n->o.lookup_fd, &p, sizeof p, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return many;
		if (got <= 0 || !take_packet(n, &p, (size_t)got)) {
			n->gone = true;
			return many;
		}
		many++;
	}
}

/* ---- for libcurl ------------------------------------------------------------------------------------- */

/* "+host:port:address,…" as CURLOPT_RESOLVE has it: an entry of libcurl's own table of names, which it drops after a
 * minute.  With a dot at the end and without: to us they are one. */
static void
pin(struct transfer *t, const char *host, int port, const struct connect_addresses *said)
{
	char text[INET6_ADDRSTRLEN];
	for (int dot = 0; dot < 2; dot++) {
		struct buf b;
		buf_init(&b, CONNECT_NAME_MAX + (size_t)CONNECT_ADDRESSES_MAX * sizeof text + 16);
		(void)buf_addf(&b, "+%s%s:%d:", host, dot ? "." : "", port);
		for (uint32_t i = 0; i < said->n; i++) {
			const struct in6_addr *a = &said->address[i];
			bool v4 = IN6_IS_ADDR_V4MAPPED(a);
			(void)inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? (const void *)(a->s6_addr + 12) : a, text,
					sizeof text);
			(void)buf_addf(&b, v4 ? "%s%s" : "%s[%s]", i > 0 ? "," : "", text);
		}
		t->pins = curl_slist_append(t->pins, b.p);
		buf_clear(&b);
	}
	(void)curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->pins);
}

void
net_lookup_unpin(struct transfer *t)
{
	(void)curl_easy_setopt(t->easy, CURLOPT_RESOLVE, NULL);
	(void)curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, NULL);
	curl_slist_free_all(t->pins);
	curl_slist_free_all(t->way);
	t->pins = t->way = NULL;
}

/* To another name than the URL's, if so asked.  libcurl takes no connection for this that leads elsewhere. */
static void
lead(struct transfer *t)
{
	const struct net_service *s = net_site_service(t);
	if (s == NULL || s->connect == NULL)
		return;
	char *text = mem_printf("::%s:%d", t->name, t->port);
	t->way = curl_slist_append(NULL, text);
	(void)curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->way);
	mem_free(text);
}

static bool
literal(const char *host)
{
	return strchr(host, ':') != NULL || inet_pton(AF_INET, host, &(struct in_addr){0}) == 1;
}

enum lookup_state
net_lookup(struct transfer *t)
{
	struct net *n = t->net;
	bool proxy = n->proxy_host != NULL;
	char host[CONNECT_NAME_MAX + 1] = "";
	if (n->o.lookup_fd < 0 || (!proxy && literal(t->name))) {
		net_lookup_unpin(t);
		lead(t);
		return LOOKUP_KNOWN;
	}
	const char *name = proxy ? n->proxy_host : t->name;
	size_t len = strlen(name);
	len -= len > 0 && name[len - 1] == '.';
	if (len == 0 || len > CONNECT_NAME_MAX - 2) /* the pin adds a dot */
		return LOOKUP_NONE;
	(void)memcpy(host, name, len);
	uint64_t hash = str_hash(host, len);
	const struct lookup *l = find(n, host, hash);
	if (l == NULL)
		ask(n, host, hash);
	if (l == NULL || l->waiting)
		return LOOKUP_WAIT;
	if (l->said.verdict != CONNECT_OK)
		return l->said.verdict == CONNECT_DENIED ? LOOKUP_REFUSED : LOOKUP_NONE;
	net_lookup_unpin(t);
	if (!literal(host))
		pin(t, host, proxy ? n->proxy_port : t->port, &l->said);
	lead(t);
	return LOOKUP_KNOWN;
}
