/* net, inside: one transfer, and who does what to it. */
#ifndef NET_INT_H
#define NET_INT_H

#include <curl/curl.h>
#include <netinet/in.h>

#include "net/net.h"
#include "net/outcome.h"

enum phase { PHASE_CONNECT, PHASE_HEADERS, PHASE_BODY };

/* A socket that libcurl opened: lives as long as the connection, over many transfers. */
struct net_conn {
	curl_socket_t fd;
	int port; /* local; 0: not looked up yet */
	struct in6_addr peer;
};

/* One chain of redirects.  req, url and response outlive its hops; the rest is reset by each. */
struct transfer {
	struct transfer *next, *prev;
	struct net *net;
	struct net_request req; /* its strings are ours */
	struct host *host;	/* in flight there; NULL: not in flight */
	char *name;		/* of this hop, as it will be looked up */
	int port;
	char *place; /* name and port */
	CURL *easy;
	CURLU *url;
	struct curl_slist *headers; /* of its own, or NULL */
	struct curl_slist *pins;    /* what the name was looked up to, or NULL */
	struct curl_slist *way;	    /* to another name than the URL's, or NULL */
	struct net_response response;
	struct err err;		/* the verdict, once there is one */
	int64_t started, since; /* the chain; the phase, or the last piece of the body */
	int64_t total_timeout;	/* of the site where the chain began; 0: not known yet */
	bool begun;		/* under way: started counts */
	int64_t parked;		/* since when it stands in line again: that is not counted */
	bool robots;		/* a robots.txt */
	size_t agent;		/* of user_agent_fallback, from 1; 0: the usual one */

	/* this hop */
	struct net_site site;
	enum phase phase;
	bool sent;	  /* the request */
	bool may;	  /* robots.txt was asked */
	bool waiting;	  /* for its name; libcurl does not know of it yet */
	int no;		  /* errno of the connector's last vain attempt */
	bool conditional; /* validators were sent */
	bool blocked;	  /* an address was refused */
	bool head_done;	  /* the final response's headers have ended */
	bool skip;	  /* the body is read to keep the connection, and dropped */
	bool encoded;	  /* a Content-Encoding was seen */
	char *location;	  /* of a redirect, to be followed */
	bool brief;	  /* the beginning of the body does */
	bool enough;	  /* and it is here */
	int64_t length;	  /* Content-Length or -1 */
	int64_t body;	  /* decoded bytes so far */
	int64_t piece;	  /* of these since `since` */
	int64_t head_bytes, head_lines;
	curl_socket_t fd; /* CURL_SOCKET_BAD: not known */
	uint64_t wire_from;
	int64_t looked; /* when its socket was last asked how much it received */
};

struct net {
	struct net_options o;
	CURLM *multi;
	struct curl_slist *headers;
	struct transfer *active;
	struct transfer *fresh, *fresh_last; /* to be judged, or to be let go on */
	struct queue *queue;
	struct robots *robots;
	size_t n_active, n_queued; /* queued: all that are not active */
	CURL **idle;		   /* easy handles at rest, o.jobs of them at most */
	size_t n_idle;
	struct net_conn *conn;
	size_t n_conn;
	struct lookup *lookup; /* names asked for and known */
	size_t n_lookup;
	uint32_t last_id;
	char *proxy_host; /* or NULL */
	int proxy_port;
	struct srv *srv; /* services asked for */
	bool gone;	 /* the connector */
};

/* srv.c: which places has a service?  net_srv_work calls back. */
struct connect_services;
void net_srv_take(struct net *n, struct connect_services *said);
void net_srv_work(struct net *n);
int64_t net_srv_left(const struct net *n, int64_t now, int64_t max_ms);
void net_srv_free(struct net *n);

void net_transfer_free(struct transfer *t); /* net.c */

/* site.c: what holds for the host of a hop? */
const struct net_service *net_site_service(const struct transfer *t); /* of the first hop alone; NULL: none */
void net_site_find(struct transfer *t, const char *host);
void net_site_set(struct transfer *t); /* tells the library */
int64_t net_site_wire(const struct transfer *t);

/* easy.c: which options hold for every transfer? */
CURL *net_easy_new(struct net *n);
struct curl_slist *net_easy_language(const char *value); /* NULL: value is not fit to be sent */
void net_easy_tell(struct transfer *t);			 /* the lines of heads, if they are asked for */
void net_easy_headers(struct transfer *t);		 /* those of this hop */

/* hop.c: may this hop be made, and where does it lead? */
int net_hop_first(struct transfer *t);		     /* judges req.url; -1: t->err */
int net_hop_redirect(struct transfer *t);	     /* judges t->location */
int net_refuse(struct err *err, enum url_verdict v); /* always -1 */

/* lookup.c: where is this host?  Remembered for a while. */
enum lookup_state { LOOKUP_KNOWN, LOOKUP_REFUSED, LOOKUP_NONE, LOOKUP_WAIT };
enum lookup_state net_lookup(struct transfer *t); /* KNOWN: easy is pinned to what was found */
void net_lookup_unpin(struct transfer *t);
int net_lookup_read(struct net *n); /* how many answers came */
void net_lookup_free(struct net *n);

/* pin.c: every address judged right before connecting, every received byte counted. */
void net_pin_set(CURL *easy, struct net *n);
void net_pin_attach(CURL *easy, struct transfer *t);
int net_pin_ratio(struct transfer *t, int64_t decoded); /* for what was received; -1: t->err */

/* head.c: what do the headers say? */
size_t net_head_line(char *p, size_t size, size_t many, void *arg);
void net_head_reset(struct transfer *t);
bool net_head_validator(const char *value); /* may it be sent back? */

int net_fail_code(struct transfer *t, CURLcode code); /* fail.c */
void net_response_clear(struct net_response *r);

#endif
