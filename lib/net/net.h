/* net: go there.  Many bounded HTTP fetches at once; every URL and every address is judged before it is used. */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/base.h"
#include "net/pure.h"
#include "url/url.h"

struct net_site { /* what may differ from host to host; strings are borrowed for the life of the net */
	const char *user_agent, *accept_language;
	int64_t header_timeout, max_body;
	int64_t total_timeout; /* counts where a chain begins */
	int64_t min_interval;  /* between the beginnings of two requests to the host */
	bool http2;	       /* may be spoken where TLS negotiates it */
	bool robots;	       /* robots.txt is asked first, and obeyed */
	char *const *agents;   /* tried in turn, NET_AGENTS_MAX at most, where a page is refused or empty */
	size_t n_agents;
};

/* What a robots.txt said. */
struct net_robots {
	struct buf text; /* its beginning */
	bool closed;	 /* it could not be had: nothing is allowed */
	int64_t left;	 /* ms for which that holds */
};

/* Every ceiling of a fetch.  Times in ms, sizes in bytes.  Strings and policy are borrowed for the life of the net. */
struct net_options {
	const struct url_policy *policy;
	const char *user_agent;
	const char *accept_language;
	const char *ca_file;	  /* NULL: the hashed directory; a bundle costs 17 ms of CPU in each process */
	const char *ca_path;	  /* NULL: /etc/ssl/certs where it exists, else the library's own default */
	int64_t max_body;	  /* decoded bytes; reaching it refuses (spec K.6) */
	int64_t max_wire;	  /* received on the socket for one response: chunk extensions and what else no other
				     counter sees; 0: max_body + a quarter + 256K */
	int64_t max_ratio;	  /* decoded to received bytes, beyond NET_RATIO_FREE decoded ones */
	int64_t max_header_bytes; /* of one response, with its 1xx responses and trailers */
	int64_t max_header_count; /* lines, likewise */
	int64_t max_redirects;
	int64_t connect_timeout; /* lookup, TCP and TLS */
	int64_t header_timeout;	 /* from the request to the end of the headers */
	int64_t idle_timeout;	 /* the body: within it at least min_speed times its seconds must come, or anything */
	int64_t min_speed;	 /* bytes a second */
	int64_t total_timeout;	 /* the whole chain, from its start */
	int64_t jobs;		 /* transfers in flight, 1 … NET_JOBS_MAX */
	int64_t max_per_host;	 /* of these to one host and port; 0: half of jobs, rounded up */
	int64_t min_interval;	 /* between the beginnings of two requests to one host and port */
	int64_t retry_after_max; /* longer than that nobody waits for a host that said Retry-After */
	int64_t (*clock)(void);	 /* monotonic ms */
	int64_t (*now)(void);	 /* ms since the epoch; NULL: dates in Retry-After are not understood */
	bool http2;		 /* offer it in TLS handshakes */
	const char *proxy; /* "http://host:port" through which everything goes, or NULL.  Its own address is then the
				  * only one there is to judge: that is for its owner to want */
	/* The channels to a process that runs net_connector; the net's if it is made.  -1: the library looks names up, this process
	 * connects.  open_fd: connect(2) of this process must do nothing and fail with EINPROGRESS (cmd/sandbox.h). */
	int lookup_fd, open_fd;
	/* What holds for the host of a hop; *out holds what the options say.  NULL: nothing else. */
	void (*site)(void *arg, const char *host, struct net_site *out);
	/* Where each origin's robots.txt is kept beyond the life of the net; NULL: nowhere.  load: false: not there. */
	bool (*robots_load)(void *arg, const char *origin, struct net_robots *out);
	void (*robots_save)(void *arg, const char *origin, const struct net_robots *r);
	void *site_arg; /* of these three */
};

#define NET_JOBS_MAX 256
#define NET_TYPE_MAX 256  /* bytes kept of Content-Type, ETag and Last-Modified */
#define NET_LINK_MAX 2048 /* bytes kept of all Link headers, and of Refresh */
#define NET_BRIEF_MAX (64 << 10)
#define NET_NAME_MAX 255 /* bytes of a download name */
#define NET_RATIO_FREE (1 << 20)
#define NET_AGENTS_MAX 2

void net_options_default(struct net_options *o); /* the defaults of mxpreview.conf(5); policy and clock stay NULL */

/* What the final response said.  Owned by the net, valid during the callbacks. */
struct net_response {
	int status;
	char *final_url; /* after redirects, without userinfo */
	char *type;	 /* Content-Type as sent, printable ASCII; "application/octet-stream" if missing */
	char *name;	 /* download name from Content-Disposition (spec A.6), UTF-8; or NULL */
	char *etag;	 /* these two: or NULL */
	char *last_modified;
	char *link; /* every Link: header, joined by ", "; those that would pass NET_LINK_MAX are left out; or NULL */
	char *refresh;	/* Refresh: as sent, within NET_LINK_MAX; or NULL */
	int64_t length; /* what Content-Length says; -1: nothing */
	int hops;	/* redirects followed */
	struct net_said said;
	const char *agent; /* of net_site.agents, if it is the one that was answered */
	bool not_modified; /* 304 to the validators that were sent: there is no body and begin was not called */
};

/* One response on the way, redirects too; or where a redirect leads that is not followed. */
struct net_hop {
	const char *url, *address;
	int status;
	const struct net_response *r;
	const char *why;   /* it is not followed; NULL: it is a response */
	const char *agent; /* or it is asked once more, by this name */
};

/* What is asked of a service, not of a site: no robots.txt is asked, no list of what may be previewed need name it, no
 * language is sent.  Strings are copied; NULL where nothing is wanted.  The first three are of the URL itself: what it
 * redirects to, be it the same place, is asked plainly. */
struct net_service {
	const char *authorization; /* that header.  It is told to nobody else */
	const char *host;	   /* the Host header */
	const char *connect;	   /* a name that is looked up, judged and connected to in place of the URL's */
	bool tls_only;		   /* nothing but https is followed */
	int64_t max_body, header_timeout, total_timeout; /* 0: as for everybody */
};

struct net_request {
	const struct net_service *service; /* copied; NULL: it is a site */
	const char *url;		   /* copied */
	const char *accept_language; /* copied; NULL: the option's.  Only letters, digits and ",;=.*- " are sent */
	/* Copied: the validators of what is known already, sent to the hop whose URL is validates and to no other.  An
	 * ETag that is not printable or too long and a Last-Modified that is no HTTP-date are not sent. */
	const char *validates, *etag, *last_modified;
	bool secondary;		  /* named by a document, not by a person: userinfo is refused, not dropped */
	const char *const *types; /* allowed Content-Type prefixes, NULL-terminated, static; NULL: all */
	const char *const *brief; /* Content-Type prefixes of which NET_BRIEF_MAX bytes do, however long they are;
				      * NULL: none */
	bool untyped;		  /* a missing Content-Type is allowed (it counts as application/octet-stream) */
	void *arg;		  /* of the callbacks */
	/* All callbacks but done may be NULL.  None may call net_work, net_wait or net_free; net_add is fine. */
	/* A line of a head, without its end, as it went out or came in; what speaks of a password is left out. */
	void (*line)(void *arg, bool sent, const char *p, size_t n);
	void (*hop)(void *arg, const struct net_hop *h); /* each response, as it comes */
	/* Headers accepted; -1 refuses.  Called again when an empty page is asked for once more. */
	int (*begin)(void *arg, const struct net_response *r, struct err *err);
	int (*data)(void *arg, const void *p, size_t n, struct err *err); /* decoded; -1 ends the transfer */
	/* The beginning of the body of an answer that is an error, NET_BRIEF_MAX at most. */
	void (*refusal)(void *arg, const void *p, size_t n);
	/* Exactly once for every request that was added, unless net_free comes first.  err->code is ERR_NONE on success,
	 * else err carries the status and text of spec A.6; r is what is known then. */
	void (*done)(void *arg, const struct net_response *r, const struct err *err);
};

struct net;

struct net *net_new(const struct net_options *o, struct err *err);
void net_free(struct net *n);				    /* drops what is in flight without calling done */
void net_add(struct net *n, const struct net_request *req); /* queued; done may come only from net_work */
size_t net_pending(const struct net *n);		    /* queued and in flight */

struct net_srv {
	const char *target; /* whatever a name server may write; "." for the root */
	int priority, weight, port;
};
/* The SRV records of a name; done is called once, from net_work, unless net_free comes first.  None are told where there are
 * none, none can be had within connect_timeout, there is no connector, or a proxy looks names up. */
void net_srv(struct net *n, const char *name, void (*done)(void *arg, const struct net_srv *v, size_t n), void *arg);

/* Does whatever can be done without waiting. */
int net_work(struct net *n, struct err *err);
/* Waits until there is something to do, at most max_ms, or until fd (-1: none) can be read: then *readable. */
int net_wait(struct net *n, int fd, int64_t max_ms, bool *readable, struct err *err);

#endif
