/* net, inside: what came of a transfer. */
#ifndef NET_OUTCOME_H
#define NET_OUTCOME_H

#include "base/base.h"

struct transfer;

/* outcome.c: what does it mean to whoever asked? */
enum net_outcome {
	OUT_BAD_URL,
	OUT_DATA_URL,
	OUT_BAD_DATA,
	OUT_SCHEME,
	OUT_DENIED,
	OUT_ROBOTS,
	OUT_NO_ROBOTS,
	OUT_HELD,
	OUT_DNS,
	OUT_REFUSED,
	OUT_UNREACHABLE,
	OUT_CONNECT,
	OUT_CONNECT_TIME,
	OUT_CERTIFICATE,
	OUT_TLS,
	OUT_NO_CA,
	OUT_HEADER_TIME,
	OUT_NO_ANSWER,
	OUT_MALFORMED,
	OUT_HEADERS_LARGE,
	OUT_REDIRECTS,
	OUT_BAD_REDIRECT,
	OUT_STATUS,
	OUT_TYPE,
	OUT_LARGE,
	OUT_RATIO,
	OUT_BODY_TIME,
	OUT_TOTAL_TIME,
	OUT_BODY_RESET,
	OUT_BODY_SHORT,
	OUT_ENCODING,
	OUT_STACKED,
	OUT_BODY_MALFORMED,
	OUT_GONE
};
int net_outcome(struct err *err, enum net_outcome o, const char *detail); /* detail or NULL ends its text; always -1 */

/* fail.c: which outcome is a transfer that failed? */
int net_fail_time(struct transfer *t, bool total);
int net_fail_large(struct transfer *t);
int net_fail_status(struct transfer *t);
int net_fail_ratio(struct transfer *t);
int net_fail_dns(struct err *err);
int net_fail_held(struct transfer *t, int status, int64_t ms);

#endif
