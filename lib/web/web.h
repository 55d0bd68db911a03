/* web: one HTTP request, and its answer.  Both as data: what a web server says by CGI variables, who may ask what, and
 * what Matrix clients expect to read in an answer.  Nothing here reads, writes or waits. */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "base/base.h"

struct url_cidr;

/* ---- request ----------------------------------------------------------------------------- */

#define WEB_TARGET_MAX ((size_t)32 * 1024) /* bytes of path and query as sent; over: 414 */
#define WEB_SEGMENTS_MAX 16		   /* of a path; over: 404 */
#define WEB_PARAMS_MAX 256		   /* of a query; over: 400 */
#define WEB_HEADER_MAX 8192		   /* bytes of one header; over: 431 */
#define WEB_TOKEN_MAX 4096		   /* bytes of an access token; over: unknown */
#define WEB_ADDRESS_MAX 46		   /* bytes of an address with its NUL */

enum web_method {
	WEB_GET = 1,
	WEB_HEAD = 2,
	WEB_POST = 4,
	WEB_PUT = 8,
	WEB_DELETE = 16,
	WEB_OPTIONS = 32,
	WEB_OTHER = 64
};

struct web_param {
	const char *name, *value; /* decoded, UTF-8 or not, without NUL */
};

/* Headers are borrowed from whoever told them and NULL where absent; all else is owned. */
struct web_request {
	enum web_method method;
	const char
	    *segment[WEB_SEGMENTS_MAX]; /* of the path, each decoded by itself: UTF-8 without NUL, '/' where %2F was */
	size_t segments;
	size_t script; /* so many of them are the script's name, if the web server is right */
	struct web_param *param;
	size_t params;
	const char *authorization, *if_none_match, *range, *if_range, *accept_language, *type;
	int64_t length;		       /* of the body; -1: not said */
	char address[WEB_ADDRESS_MAX]; /* the client's, as text of its numbers; "" if it is not known */
	bool trusted;		       /* what asks is one of web_trust: its headers are believed */
	char *bytes;		       /* what segments and parameters point into */
};

/* A CGI variable (RFC 3875), NULL where it is not set. */
typedef const char *web_variable(void *arg, const char *name);

/* Who may say X-Forwarded-For, and name the user. */
struct web_trust {
	const struct url_cidr *cidr;
	size_t n;
	bool local; /* also who asks through a Unix socket of the web server: REMOTE_ADDR is no address */
};

/* REQUEST_URI counts before PATH_INFO, for servers decode %2F in the latter.
 * -1: err has the status of the answer; r can be answered and is to be cleared all the same. */
int web_request_read(struct web_request *r, web_variable *get, void *arg, const struct web_trust *trust,
		     struct err *err);
void web_request_clear(struct web_request *r);

/* %XX of s[0..n) into out[n + 1], '+' as space if plus; its length, or -1: a '%' without two digits, or a NUL. */
ssize_t web_decode(const char *s, size_t n, bool plus, char *out);

/* The first of that name counts.  Errors are the reference's (spec A.1, F): 400 M_MISSING_PARAM, M_INVALID_PARAM. */
const char *web_param(const struct web_request *r, const char *name); /* NULL: absent */
int web_param_string(const struct web_request *r, const char *name, const char **out, struct err *err); /* required */
int web_param_int(const struct web_request *r, const char *name, int64_t *io, struct err *err);		/* 0, 1, … */
int web_param_int_must(const struct web_request *r, const char *name, int64_t *out, struct err *err);	/* required */
int web_param_bool(const struct web_request *r, const char *name, bool *io, struct err *err); /* true, false */
/* One of the words ("f", "b", NULL), by its number. */
int web_param_word(const struct web_request *r, const char *name, const char *const *words, size_t *io,
		   struct err *err);

/* The access token: "Authorization: Bearer …", else ?access_token=.  Borrowed; NULL and err: 401 M_MISSING_TOKEN, or
 * M_UNKNOWN_TOKEN for what cannot be one. */
const char *web_token(const struct web_request *r, struct err *err);

/* ---- routes ------------------------------------------------------------------------------- */

enum web_who {
	WEB_ANYONE, /* nobody is asked who he is */
	WEB_GUEST,  /* a token, also a guest's */
	WEB_USER,   /* a token that is no guest's */
	WEB_ADMIN   /* a server admin's */
};

/* pattern: segments by '/'; a word is itself, (a|b) one of these, {name} any that is not empty, {name?} at the end any
 * or none.  The first row that fits counts; a row without pattern ends the table. */
struct web_route {
	unsigned methods; /* of enum web_method; HEAD is allowed where GET is, OPTIONS everywhere */
	const char *pattern;
	enum web_who who;
	int handler; /* the command's own number */
};

#define WEB_CAPTURES_MAX 4
struct web_match {
	const struct web_route *route;
	const char *name[WEB_CAPTURES_MAX];  /* from the table: "server?}" ends where the name ends */
	const char *value[WEB_CAPTURES_MAX]; /* segments of the request */
	size_t n;
	unsigned methods; /* what the path allows, for 405 */
};
/* The whole path, else what is behind the script's name.  -1: 404 or 405 M_UNRECOGNIZED. */
int web_route(const struct web_route *table, const struct web_request *r, struct web_match *m, struct err *err);
const char *web_match_value(const struct web_match *m, const char *name); /* NULL: none of that name */

/* ---- answer ------------------------------------------------------------------------------- */

#define WEB_HEAD_MAX ((size_t)16 * 1024)       /* bytes of all headers of an answer */
#define WEB_BODY_MAX ((size_t)2 * 1024 * 1024) /* bytes of a body in memory */

/* Either body, or length bytes of the file fd from offset on. */
struct web_answer {
	int status;
	struct buf head; /* "Name: value" lines, CRLF */
	struct buf body;
	int fd; /* -1: none; owned */
	int64_t offset, length;
};

void web_answer_init(struct web_answer *a, int status); /* with what every answer has: CORS */
void web_answer_clear(struct web_answer *a);
/* A value that could end its line, or is too long, is left out with its name. */
void web_header(struct web_answer *a, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Type and "not to be cached" of an answer in JSON, whose text the caller adds to body. */
void web_json_headers(struct web_answer *a);
void web_json(struct web_answer *a, const char *text, size_t n); /* the same with its text */
/* Initialises: {"errcode","error"} with the err's status; retry_after gives retry_after_ms and Retry-After. */
void web_error(struct web_answer *a, const struct err *err);
void web_preflight(struct web_answer *a); /* initialises: 204, the answer to OPTIONS */

/* A medium as it is told (spec E.3).  Borrowed strings; name and etag may be NULL. */
struct web_medium {
	const char *type, *name;
	const char *etag; /* without quotes */
	bool thumbnail;	  /* then the three headers against scripts are left out */
};
void web_medium_headers(struct web_answer *a, const struct web_medium *m);

/* "Status: …", the headers, Content-Length and an empty line.  A body is sent unless HEAD, 204 or 304: then true. */
bool web_head(const struct web_answer *a, enum web_method method, struct buf *out);

/* ---- parts and versions (RFC 9110 §13, §14) ------------------------------------------------ */

/* Is this version (etag without quotes) one that the client has?  header: If-None-Match, may be NULL. */
bool web_none_match(const char *header, const char *etag);

enum web_range {
	WEB_RANGE_ALL,	/* 200: none is asked for, or not in a way that must be understood */
	WEB_RANGE_PART, /* 206 */
	WEB_RANGE_NONE	/* 416 */
};
struct web_span {
	int64_t first, length;
};
/* A single range of size bytes; several are answered with everything.  if_range and etag may be NULL. */
enum web_range web_range(const char *range, const char *if_range, const char *etag, int64_t size, struct web_span *out);
/* Narrows an answer whose fd, offset and length are set (200) to what was asked for: 200, 206 or 416. */
void web_answer_range(struct web_answer *a, const struct web_request *r, const char *etag);

#endif
