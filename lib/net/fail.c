/* Which outcome is a transfer that failed?  What is said of it stands in outcome.c, without the library's own words. */
#include "net/net.h"

#include <errno.h>
#include <stdio.h>

#include "net/int.h"

enum { DETAIL_MAX = 32 };

int
net_fail_dns(struct err *err)
{
	return net_outcome(err, OUT_DNS, NULL);
}

int
net_fail_large(struct transfer *t)
{
	char detail[DETAIL_MAX];
	(void)snprintf(detail, sizeof detail, "%lld bytes", (long long)t->site.max_body);
	return net_outcome(&t->err, OUT_LARGE, detail);
}

int
net_fail_ratio(struct transfer *t)
{
	char detail[DETAIL_MAX];
	(void)snprintf(detail, sizeof detail, "%lld times", (long long)t->net->o.max_ratio);
	return net_outcome(&t->err, OUT_RATIO, detail);
}

int
net_fail_time(struct transfer *t, bool total)
{
	if (t->phase == PHASE_CONNECT)
		return net_outcome(&t->err, OUT_CONNECT_TIME, NULL);
	if (t->phase == PHASE_HEADERS)
		return net_outcome(&t->err, OUT_HEADER_TIME, NULL);
	return net_outcome(&t->err, total ? OUT_TOTAL_TIME : OUT_BODY_TIME, NULL);
}

/* A date means nothing to whoever does not know today's. */
static int64_t
retry_after(const struct transfer *t)
{
	const char *v = t->response.said.retry_after;
	if (v == NULL || (t->net->o.now == NULL && (*v < '0' || *v > '9')))
		return 0;
	return net_retry_after(v, t->net->o.now != NULL ? t->net->o.now() : 0);
}

int
net_fail_status(struct transfer *t)
{
	char detail[DETAIL_MAX];
	(void)snprintf(detail, sizeof detail, "%d", t->response.status);
	(void)net_outcome(&t->err, OUT_STATUS, detail);
	t->err.http_status = t->response.status;
	if (t->response.status == 429 || t->response.status == 503)
		t->err.retry_after = retry_after(t);
	return -1;
}

int
net_fail_held(struct transfer *t, int status, int64_t ms)
{
	(void)net_outcome(&t->err, OUT_HELD, NULL);
	t->err.http_status = status;
	t->err.retry_after = ms;
	return -1;
}

int
net_refuse_data(struct err *err)
{
	return net_outcome(err, OUT_DATA_URL, NULL);
}

int
net_refuse(struct err *err, enum url_verdict v)
{
	return net_outcome(err, OUT_DENIED, url_verdict_text(v));
}

static int
fail_connect(struct transfer *t)
{
	long no = 0;
	enum net_outcome o = OUT_CONNECT;
	if (t->blocked)
		return net_fail_dns(&t->err);
	(void)curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &no);
	no = no != 0 ? no : t->no;
	if (no == ETIMEDOUT)
		o = OUT_CONNECT_TIME;
	else if (no == ECONNREFUSED)
		o = OUT_REFUSED;
	else if (no == EHOSTUNREACH || no == ENETUNREACH || no == EADDRNOTAVAIL)
		o = OUT_UNREACHABLE;
	return net_outcome(&t->err, o, NULL);
}

/* The numbers are those of X509_verify_cert_error_string(3), which never change.  libcurl looks at the name itself, after
 * the certificate was found good, and leaves 0 or 1. */
static int
fail_certificate(struct transfer *t)
{
	long why = 0;
	const char *detail = "not trusted";
	(void)curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &why);
	switch (why) {
	case 0:
	case 1:
	case 62:
	case 64:
		detail = "is for another name";
		break;
	case 9:
		detail = "is not valid yet";
		break;
	case 10:
		detail = "has expired";
		break;
	case 18:
	case 19:
		detail = "is self-signed";
		break;
	case 2:
	case 20:
	case 21:
		detail = "is not from a known authority";
		break;
	default:
		break;
	}
	return net_outcome(&t->err, OUT_CERTIFICATE, detail);
}

/* The connection broke. */
static int
fail_broken(struct transfer *t, enum net_outcome in_body)
{
	return net_outcome(&t->err, t->phase == PHASE_BODY ? in_body : OUT_NO_ANSWER, NULL);
}

int
net_fail_code(struct transfer *t, CURLcode code)
{
	long no = 0;
	if (t->err.code != ERR_NONE)
		return -1;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return net_fail_dns(&t->err);
	case CURLE_COULDNT_CONNECT:
		return fail_connect(t);
	case CURLE_OPERATION_TIMEDOUT:
		return net_fail_time(t, false);
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL: /* also what is said of HTTP/0.9 */
		return net_outcome(&t->err, t->phase == PHASE_CONNECT ? OUT_BAD_URL : OUT_MALFORMED, NULL);
	case CURLE_RECV_ERROR: /* also what is said of chunks that are none: then the system has no errno */
		(void)curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &no);
		return fail_broken(t, no != 0 ? OUT_BODY_RESET : OUT_BODY_MALFORMED);
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
		return fail_broken(t, OUT_BODY_RESET);
	case CURLE_PARTIAL_FILE:
		return fail_broken(t, OUT_BODY_SHORT);
	case CURLE_WRITE_ERROR: /* our own callbacks leave a verdict; this one is a decoder's */
		return fail_broken(t, OUT_ENCODING);
	case CURLE_BAD_CONTENT_ENCODING:
		return net_outcome(&t->err, OUT_ENCODING, NULL);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return fail_certificate(t);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return net_outcome(&t->err, OUT_TLS, NULL);
	case CURLE_SSL_CACERT_BADFILE:
		return net_outcome(&t->err, OUT_NO_CA, NULL);
	default:
		return net_outcome(&t->err, t->phase == PHASE_BODY ? OUT_BODY_MALFORMED : OUT_MALFORMED, NULL);
	}
}
