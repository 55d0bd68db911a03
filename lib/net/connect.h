/* net, inside: the connector, and what is said between it and the process that fetches.  One message is one packet; a
 * packet of another size is none. */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/connector.h"

#define CONNECT_NAME_MAX 255	/* bytes of a host name, RFC 1035 §2.3.4, with the dot at its end */
#define CONNECT_ADDRESSES_MAX 8 /* of a name are told; all are judged */

enum connect_verdict {
	CONNECT_OK,
	CONNECT_DENIED, /* by the policy */
	CONNECT_NONE,	/* no such name, no address, no answer */
	CONNECT_FAILED, /* no says why */
};

/* On the lookup channel.  Answers come in any order; id is the asker's.  Those of the two kinds differ in size. */
enum connect_kind { CONNECT_ADDRESS, CONNECT_SRV };
struct connect_name {
	uint32_t id;
	int32_t kind;
	char host[CONNECT_NAME_MAX + 1];
};

struct connect_addresses {
	uint32_t id;
	int32_t verdict;
	uint32_t n;
	struct in6_addr address[CONNECT_ADDRESSES_MAX]; /* IPv4 as IPv4-mapped; what is mapped itself was refused */
};

#define CONNECT_SERVICES_MAX 16 /* of a name are told */

struct connect_service { /* target as a name server wrote it: whatever bytes, "." for the root */
	uint16_t priority, weight, port;
	char target[CONNECT_NAME_MAX + 1];
};

struct connect_services {
	uint32_t id;
	uint32_t n;
	struct connect_service service[CONNECT_SERVICES_MAX];
};

/* On the open channel: one answer to each question, with a descriptor if the verdict is OK. */
struct connect_open {
	struct in6_addr address;
	uint16_t port; /* host order */
};

struct connect_opened {
	int32_t verdict;
	int32_t no; /* errno */
};

/* Asks and waits for the answer; *fd is yours, -1: none came.  -1: the connector is gone. */
int net_connect_ask(int channel, const struct connect_open *ask, struct connect_opened *said, int *fd);
int net_connect_answer(int channel, const struct connect_opened *said,
		       int fd); /* fd stays yours; -1: none, or nobody there */

socklen_t net_connect_sockaddr(const struct in6_addr *a, int port, struct sockaddr_storage *ss);
int net_connect_address(const struct sockaddr *sa, struct in6_addr *a, int *port); /* -1: not one to be told */

/* ---- the connector: connector.c opens, resolve.c resolves ----------------------------------------------- */

struct connector {
	const struct net_connector *o;
	pthread_mutex_t lock; /* of all below */
	int64_t workers, idle;
	struct in6_addr proxy[CONNECT_ADDRESSES_MAX]; /* where the proxy was found last */
	size_t n_proxy;
};

/* srv_resolve.c: the SRV records in an answer of n bytes, as it came; and those of ask->host.  Nothing in what they say is
 * judged: a target is looked up like any other name. */
void net_srv_read(const unsigned char *answer, size_t n, struct connect_services *said);
void net_srv_resolve(const struct connect_name *ask, struct connect_services *said);

int net_connector_worker(struct connector *c); /* one more thread that resolves; -1: errno */
bool net_connector_is_proxy(struct connector *c, const struct in6_addr *a);

#endif
