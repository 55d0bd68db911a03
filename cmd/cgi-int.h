/* cgi, inside: what its files promise each other. */
#ifndef CMD_CGI_INT_H
#define CMD_CGI_INT_H

#include <sys/epoll.h>

#include "cmd/cgi.h"
#include "web/fcgi.h"

struct connection;

/* A request and all that belongs to it. */
struct ask {
	struct cgi_request q;  /* first: what a command holds is this */
	struct ask *next;      /* of the same connection */
	struct connection *on; /* NULL: CGI, or the connection is gone */
	unsigned id;
	bool keep;	 /* the connection lives on */
	struct buf said; /* its variables, as they come */
	struct web_fcgi_variables variables;
	bool begun;		/* the variables are complete */
	bool asked;		/* the command has it */
	bool taken, all, ended; /* the body is wanted; has come; the command knows */
	int64_t body;		/* bytes of it so far */
	bool answered;
	struct web_answer answer; /* while its file is being sent */
};

struct cgi {
	struct cgi_conf conf;
	struct cgi_options options;
	size_t in_hand; /* asked and not answered */
	int epoll;	/* -1: not needed yet */
	struct cgi_source listen;
	struct connection *connections;
	size_t n_connections, n_asks;
	struct buf scratch; /* the answer that is being written */
	int64_t ticked, stopped;
	int64_t crowded; /* until then no connection is taken: there are no descriptors left */
	bool awake, done;
	char **environment; /* CGI: all that was said, whatever the environment is now */
	int status;	    /* CGI: what became of the one answer */
	int64_t unread;	    /* CGI: bytes of its body that nobody has asked for */
};

/* cgi-socket.c: g->listen.fd; and no more */
int cgi_listen(struct cgi *g, struct err *err);
void cgi_listen_no_more(struct cgi *g);

/* cgi.c */
struct ask *cgi_ask_new(struct cgi *g);
void cgi_ask_free(struct ask *a);
void cgi_begin(struct ask *a, web_variable *get, void *arg); /* the head is there */
void cgi_body(struct ask *a, const void *p, size_t n);
void cgi_body_end(struct ask *a);
void cgi_gone(struct ask *a);
int cgi_step(struct cgi *g, int timeout, struct err *err);

/* cgi-fast.c */
int cgi_fast_run(struct cgi *g, struct err *err);
void cgi_fast_resume(struct connection *c);
void cgi_fast_answer(struct ask *a);
void cgi_fast_free(struct cgi *g);

#endif
