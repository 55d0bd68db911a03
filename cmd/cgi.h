/* cgi: requests from a web server, and their answers.  The same program is started for one request (CGI, RFC 3875) or
 * stays and has many in hand at once (FastCGI): a command sees no difference.
 *
 *	asked(q)            head and route are known; q->web, q->match
 *	cgi_take_body(q)    only if it wants the body: then body(q, …) piece by piece, and ended(q, complete)
 *	cgi_answer(q, a)    exactly once for every q that was asked, at once or later; q is gone afterwards
 *
 * OPTIONS, unknown paths, wrong methods and malformed requests are answered before anybody is asked. */
#ifndef CMD_CGI_H
#define CMD_CGI_H

#include <poll.h>

#include "cmd/cmd.h"
#include "web/web.h"

#define CGI_CONNECTIONS_MAX 1024 /* of the web server; more wait in line */
#define CGI_REQUESTS_MAX 4096	 /* in hand at once; more are told that we are overloaded */
#define CGI_PER_CONNECTION 64	 /* requests that share a connection */
#define CGI_GRACE 60000		 /* ms after SIGTERM in which what is in hand may be answered */
#define CGI_HEAD_TIME 60000	 /* ms for the variables of a request to arrive, and an answer to be taken */

struct cgi;

struct cgi_request {
	struct web_request web;
	struct web_match match;
	struct cgi *cgi;
	void *own; /* the command's */
	bool gone; /* nobody waits for the answer any more; it must be given all the same */
};

struct cgi_conf {
	const struct cmd *c;
	const struct web_route *routes;
	const struct web_trust *trust; /* borrowed; may change what it says between requests */
	void (*asked)(void *arg, struct cgi_request *q);
	/* These two only after cgi_take_body; NULL if that is never called.  complete: as long as the request said. */
	void (*body)(void *arg, struct cgi_request *q, const void *p, size_t n);
	void (*ended)(void *arg, struct cgi_request *q, bool complete);
	void (*gone)(void *arg, struct cgi_request *q); /* it has just become so; may be NULL */
	/* Moves what else moves, and waits for extra and that, as desk_step(); NULL: there is nothing else. */
	int (*step)(void *arg, struct pollfd *extra, int timeout, struct err *err);
	void (*hangup)(void *arg); /* SIGHUP: the configuration is to be read again; NULL: it ends the process */
	void (*tick)(void *arg);   /* about once a second while there is something in hand; may be NULL */
	void *arg;
};

/* What the command line says; zeroed at first. */
struct cgi_options {
	bool fastcgi;	    /* standard input is a listening socket, whatever it looks like */
	const char *socket; /* listen there */
	unsigned mode;	    /* its permissions; 0: 0660 */
};
enum { CGI_OPT_FASTCGI = CMD_OPT_FIRST + 500, CGI_OPT_MODE };
#define CGI_SHORT "s:"
#define CGI_LONG                                                                                   \
	{"fastcgi", no_argument, NULL, CGI_OPT_FASTCGI}, {"socket", required_argument, NULL, 's'}, \
	{                                                                                          \
		"mode", required_argument, NULL, CGI_OPT_MODE                                      \
	}
/* Handles an option of these (true).  -1 in *bad: its argument is none. */
bool cgi_option(struct cgi_options *o, int opt, const char *arg, bool *bad);
bool cgi_resident(const struct cgi_options *o); /* FastCGI: by option, or because standard input listens */

struct cgi *cgi_new(const struct cgi_conf *conf, const struct cgi_options *o, struct err *err);
/* Until the request is answered, or SIGTERM comes: 0 when everybody had his answer, the exit status when it could not be
 * written, -1 and err. */
int cgi_run(struct cgi *g, struct err *err);
void cgi_free(struct cgi *g);

const char *cgi_variable(const struct cgi_request *q, const char *name); /* of the web server; NULL: not set */
void cgi_take_body(struct cgi_request *q);
void cgi_answer(struct cgi_request *q, struct web_answer *take);
void cgi_answer_error(struct cgi_request *q, const struct err *err);
size_t cgi_in_hand(const struct cgi *g);
void cgi_wake(struct cgi *g); /* the loop is not to wait before it looks around again */

/* Answers the one request of CGI when even the loop could not be had; nothing by FastCGI. */
void cgi_refuse(const struct cmd *c, const struct cgi_options *o, const struct err *err);
int cgi_poll(struct pollfd *extra, int timeout, struct err *err); /* a step where nothing else moves */

/* One more descriptor that the loop waits for. */
struct cgi_source {
	void (*ready)(struct cgi_source *s, unsigned events); /* EPOLLIN … */
	int fd;
	unsigned events; /* 0: not waited for */
};
int cgi_watch(struct cgi *g, struct cgi_source *s, unsigned events, struct err *err);

#endif
