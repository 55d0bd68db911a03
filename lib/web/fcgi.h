/* web, FastCGI: the records between a web server and a responder (FastCGI 1.0 §3, §4, §5).  Bytes in, bytes out. */
#ifndef WEB_FCGI_H
#define WEB_FCGI_H

#include "web/web.h"

#define WEB_FCGI_HEADER 8
#define WEB_FCGI_RECORD_MAX (WEB_FCGI_HEADER + 65535 + 255) /* bytes of one record with its padding */
#define WEB_FCGI_VARIABLES_MAX ((size_t)128 * 1024)	    /* bytes of all variables of a request */
#define WEB_FCGI_VARIABLES 512				    /* of a request */

enum web_fcgi_type {
	WEB_FCGI_BEGIN = 1,
	WEB_FCGI_ABORT = 2,
	WEB_FCGI_END = 3,
	WEB_FCGI_PARAMS = 4,
	WEB_FCGI_STDIN = 5,
	WEB_FCGI_STDOUT = 6,
	WEB_FCGI_STDERR = 7,
	WEB_FCGI_DATA = 8,
	WEB_FCGI_GET_VALUES = 9,
	WEB_FCGI_VALUES = 10,
	WEB_FCGI_UNKNOWN = 11
};
enum { WEB_FCGI_RESPONDER = 1, WEB_FCGI_KEEP = 1 };
enum web_fcgi_end { WEB_FCGI_DONE = 0, WEB_FCGI_CANNOT_MPX = 1, WEB_FCGI_OVERLOADED = 2, WEB_FCGI_UNKNOWN_ROLE = 3 };

struct web_fcgi_record {
	unsigned type, id;
	const char *p; /* borrowed */
	size_t n;
};
/* The record that p[0..n) begins with: its length with padding, 0 if it is not whole yet, -1 if it is none. */
ssize_t web_fcgi_next(const char *p, size_t n, struct web_fcgi_record *out, struct err *err);

/* name-value pairs as NUL-terminated strings: name, value, name, … ; -1 if they are malformed or too many. */
struct web_fcgi_variables {
	char *bytes; /* owned */
	const char **pair;
	size_t n; /* pairs */
};
int web_fcgi_variables(struct web_fcgi_variables *v, const char *p, size_t n, struct err *err);
void web_fcgi_variables_clear(struct web_fcgi_variables *v);
web_variable web_fcgi_variable; /* arg is the struct; the last of a name counts */

/* To out, which must have room: -1 else. */
int web_fcgi_put(struct buf *out, enum web_fcgi_type type, unsigned id, const void *p, size_t n); /* n 0: its end */
int web_fcgi_put_end(struct buf *out, unsigned id, uint32_t status, enum web_fcgi_end how);
/* The answer to GET_VALUES of p[0..n). */
int web_fcgi_put_values(struct buf *out, const char *p, size_t n, unsigned connections, unsigned requests);
int web_fcgi_put_unknown(struct buf *out, unsigned type);

#endif
