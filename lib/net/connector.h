/* net, the other process: who looks up, judges and connects.  Its two channels go to net_new (net/net.h). */
#ifndef NET_CONNECTOR_H
#define NET_CONNECTOR_H

#include "base/base.h"
#include "url/url.h"

/* Looks up names and opens connections for whoever holds the other ends of two SOCK_SEQPACKET pairs; judges every
 * address and port itself, whatever it is asked.  One bad address refuses a name, and names are absolute.  It starts
 * threads.  0 when the other side is gone; the caller then ends the process without waiting for them. */
struct net_connector {
	const struct url_policy *policy;
	int lookup_fd, open_fd;
	int64_t max_lookups;	/* at once; more wait */
	const char *proxy_host; /* without brackets: the only name, its addresses and port the only ones.  NULL: none */
	int proxy_port;
};

int net_connector(const struct net_connector *o, struct err *err);
/* Host and port of an http:// proxy, which may name a user.  *host is yours. */
int net_proxy_parse(const char *proxy, char **host, int *port, struct err *err);

#endif
