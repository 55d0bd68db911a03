/* origin: the web server of the tests, inside.  What it can do is told in main.c. */
#ifndef TESTS_ORIGIN_H
#define TESTS_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_MAX 65536  /* bytes of one request head; also what may be pipelined behind it */
#define OUT_MAX 65536 /* bytes on their way to one client */
#define SEGS 4	      /* parts of one response */
#define PATHS 4096    /* chains of the tables behind /count and /set */

enum seg_kind { DATA, FILL, REPEAT, FROM_FILE };

/* A part of a response: DATA once, FILL with 'x', REPEAT data over and over, or FROM_FILE; left bytes in all. */
struct seg {
	enum seg_kind kind;
	int64_t delay; /* ms before it starts */
	int64_t every; /* ms before each further byte; 0: as fast as it goes */
	int64_t left;
	char *p;
	size_t len, off;
	int fd;
	bool chunked, started;
};

enum end { END_KEEP, END_CLOSE, END_RESET, END_HANG };

struct conn {
	struct conn *next, *prev;
	int fd;
	uint32_t events;
	bool busy, blocked, eof;
	int64_t wake; /* monotonic ms; 0: not waiting */
	enum end end;
	struct seg seg[SEGS];
	int nseg, cur;
	size_t in_len, out_len, out_off;
	char in[IN_MAX + 1], out[OUT_MAX];
};

struct request {
	char *method, *target, *path, *query, *headers; /* path is decoded, query is not; "" where absent */
	bool http10, head;
};

struct fact { /* how often something was asked for, or what was set */
	struct fact *next;
	unsigned long n;
	char *text; /* or NULL */
	char name[];
};

struct server {
	int epoll, listener, root, log, times;
	struct conn *conns;
	struct fact *facts[PATHS];
};

/* main.c */
void die(const char *what) __attribute__((noreturn));
void *must(void *p);
int64_t now_ms(void);

/* conn.c: how do many connections live beside each other? */
void serve(struct server *s);

/* request.c: what does the client ask for? */
bool next_request(struct server *s, struct conn *c); /* takes one off the front of the input; false: there is none */
char *param_at(const struct request *r, const char *name, int i); /* the i-th of that name, decoded; NULL; yours */
int64_t param_int(const struct request *r, const char *name, int64_t otherwise);
char *header_of(const struct request *r, const char *name); /* "" if absent; yours */
bool has_header(const struct request *r, const char *name, const char *part);

/* response.c: what goes back? */
enum { NO_LENGTH = -1, CHUNKED = -2, NO_BODY = -3 };
struct seg *add_seg(struct conn *c, enum seg_kind kind, int64_t left);
struct seg *add_data(struct conn *c, char *p, size_t len); /* takes p */
/* The head of a response as one part; more is further header lines, each with its CRLF. */
struct seg *add_head(struct conn *c, const struct request *r, int status, const char *type, int64_t length,
		     const char *more);
void reply(struct conn *c, const struct request *r, int status, const char *type, const char *more, const char *body);
void reply_page(struct conn *c, const struct request *r, int status, const char *title, const char *more);
void reply_redirect(struct conn *c, const struct request *r, int status, const char *to, const char *more);
void drop_segs_from(struct conn *c, int from);

/* facts.c: what is remembered? */
struct fact *fact_find(const struct server *s, const char *name); /* or NULL */
struct fact *fact_make(struct server *s, const char *name);
void facts_free(struct server *s);

/* One function per path. */
typedef void serve_path(struct server *s, struct conn *c, const struct request *r);
void route(struct server *s, struct conn *c, const struct request *r);	  /* routes.c: counted and logged */
void dispatch(struct server *s, struct conn *c, const struct request *r); /* neither */
serve_path do_file;
serve_path do_status, do_redirect, do_hops, do_loop, do_cookie, do_cookie_check, do_echo, do_count; /* plain.c */
serve_path do_slow, do_hang, do_drip, do_big, do_endless, do_lie, do_nolength, do_gzip, do_gziphtml, do_headers,
    do_endless_headers, do_endless_1xx, do_reset, do_close, do_raw;	     /* hostile.c */
serve_path do_cond, do_lang, do_flip, do_set, do_switch, do_robots, do_wall; /* fresh.c */

#endif
