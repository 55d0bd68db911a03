/* What is said of a transfer that failed?  The table of spec A.6, without the library's own words. */
#include "net/net.h"

#include <errno.h>

#include "net/int.h"

#define DOWNLOAD "Failed to download content: "
#define BODY "Failed to download remote body: "

int
net_fail_dns(struct err *err)
{
	return err_http(err, ERR_REMOTE, 502, NULL, "DNS resolution failure during URL preview generation");
}

int
net_fail_large(struct transfer *t)
{
	return err_http(&t->err, ERR_LIMIT, 502, "M_TOO_LARGE", "Requested file is too large > %lld bytes",
			(long long)t->net->o.max_body);
}

int
net_fail_time(struct transfer *t, bool total)
{
	if (t->phase == PHASE_CONNECT)
		return err_http(&t->err, ERR_REMOTE, 504, NULL, "Timeout connecting to remote server");
	if (t->phase == PHASE_HEADERS)
		return err_http(&t->err, ERR_REMOTE, 504, NULL, "Timeout waiting for response from remote server");
	if (total)
		return err_http(&t->err, ERR_LIMIT, 502, "M_TOO_LARGE", "Requested file took too long to download");
	return err_http(&t->err, ERR_REMOTE, 502, NULL, BODY "timeout");
}

int
net_refuse_data(struct err *err)
{
	return err_http(err, ERR_DENIED, 500, NULL, "Previewing of data: URLs is forbidden");
}

int
net_refuse(struct err *err, enum url_verdict v)
{
	return err_http(err, ERR_DENIED, 403, NULL, "%s", url_verdict_text(v));
}

static int
fail_connect(struct transfer *t)
{
	long no = 0;
	const char *why = "connection failed";
	if (t->blocked)
		return net_fail_dns(&t->err);
	(void)curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &no);
	if (no == ETIMEDOUT)
		return net_fail_time(t, false);
	if (no == ECONNREFUSED)
		why = "connection refused";
	else if (no == EHOSTUNREACH || no == ENETUNREACH || no == EADDRNOTAVAIL)
		why = "host unreachable";
	return err_http(&t->err, ERR_REMOTE, 502, NULL, DOWNLOAD "%s", why);
}

/* The connection broke. */
static int
fail_broken(struct transfer *t, const char *why)
{
	if (t->phase == PHASE_BODY)
		return err_http(&t->err, ERR_REMOTE, 502, NULL, BODY "%s", why);
	t->phase = PHASE_HEADERS;
	return net_fail_time(t, false); /* the reference cannot tell these from a timeout */
}

int
net_fail_code(struct transfer *t, CURLcode code)
{
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
		if (t->phase == PHASE_CONNECT)
			return err_http(&t->err, ERR_INPUT, 400, NULL, "URL is malformed");
		return err_http(&t->err, ERR_REMOTE, 502, NULL, DOWNLOAD "malformed response");
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return fail_broken(t, "connection reset");
	case CURLE_PARTIAL_FILE:
		return fail_broken(t, "connection closed early");
	case CURLE_BAD_CONTENT_ENCODING:
		return err_http(&t->err, ERR_REMOTE, 502, NULL, BODY "bad content encoding");
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return err_http(&t->err, ERR_REMOTE, 502, NULL, DOWNLOAD "certificate not trusted");
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return err_http(&t->err, ERR_REMOTE, 502, NULL, DOWNLOAD "TLS handshake failed");
	case CURLE_SSL_CACERT_BADFILE:
		return err_http(&t->err, ERR_SYS, 500, NULL, DOWNLOAD "no usable CA certificates here");
	case CURLE_WRITE_ERROR: /* our own callbacks leave a verdict; this one is a decoder's */
		return fail_broken(t, "bad content encoding");
	default:
		if (t->phase == PHASE_BODY)
			return err_http(&t->err, ERR_REMOTE, 502, NULL, BODY "malformed response");
		return err_http(&t->err, ERR_REMOTE, 502, NULL, DOWNLOAD "malformed response");
	}
}
