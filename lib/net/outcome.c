/* What does each outcome of a fetch mean to whoever asked?  The one table; mxpreview(7) has it too, and a test compares. */
#include "net/net.h"

#include "net/int.h"

#define DOWNLOAD "Failed to download content: "
#define BODY "Failed to download remote body: "

struct row {
	enum err_code code;
	int status;	     /* what a Matrix client is told (spec A.6) */
	const char *errcode; /* NULL: M_UNKNOWN */
	const char *class;
	const char *text; /* a detail may follow */
};

static const struct row rows[] = {
    [OUT_BAD_URL] = {ERR_INPUT, 400, NULL, NULL, "URL is malformed"},
    [OUT_DATA_URL] = {ERR_DENIED, 500, NULL, "denied", "Previewing of data: URLs is forbidden"},
    [OUT_BAD_DATA] = {ERR_INPUT, 500, NULL, "broken", "Failed to parse data URL: "},
    [OUT_SCHEME] = {ERR_INPUT, 400, NULL, "denied", ""},
    [OUT_DENIED] = {ERR_DENIED, 403, NULL, "denied", ""},
    [OUT_ROBOTS] = {ERR_DENIED, 403, NULL, "robots", "robots.txt of the site forbids it"},
    [OUT_NO_ROBOTS] = {ERR_REMOTE, 502, NULL, "robots", "robots.txt of the site cannot be had"},
    [OUT_HELD] = {ERR_REMOTE, 502, NULL, "status", "The site wants to be left alone for a while"},

    [OUT_DNS] = {ERR_REMOTE, 502, NULL, "dns", "DNS resolution failure during URL preview generation"},
    [OUT_REFUSED] = {ERR_REMOTE, 502, NULL, "connect", DOWNLOAD "connection refused"},
    [OUT_UNREACHABLE] = {ERR_REMOTE, 502, NULL, "connect", DOWNLOAD "host unreachable"},
    [OUT_CONNECT] = {ERR_REMOTE, 502, NULL, "connect", DOWNLOAD "connection failed"},
    [OUT_CONNECT_TIME] = {ERR_REMOTE, 504, NULL, "timeout", "Timeout connecting to remote server"},
    [OUT_CERTIFICATE] = {ERR_REMOTE, 502, NULL, "tls", DOWNLOAD "certificate "},
    [OUT_TLS] = {ERR_REMOTE, 502, NULL, "tls", DOWNLOAD "TLS handshake failed"},
    [OUT_NO_CA] = {ERR_SYS, 500, NULL, NULL, DOWNLOAD "no usable CA certificates here"},

    /* The reference cannot tell the second from the first. */
    [OUT_HEADER_TIME] = {ERR_REMOTE, 504, NULL, "timeout", "Timeout waiting for response from remote server"},
    [OUT_NO_ANSWER] = {ERR_REMOTE, 504, NULL, "broken", "Timeout waiting for response from remote server"},
    [OUT_MALFORMED] = {ERR_REMOTE, 502, NULL, "broken", DOWNLOAD "malformed response"},
    [OUT_HEADERS_LARGE] = {ERR_LIMIT, 502, "M_TOO_LARGE", "too-large", "Response headers are too large"},
    [OUT_REDIRECTS] = {ERR_REMOTE, 502, NULL, "redirect", DOWNLOAD "too many redirects"},
    [OUT_BAD_REDIRECT] = {ERR_REMOTE, 502, NULL, "redirect", DOWNLOAD "bad redirect"},
    [OUT_STATUS] = {ERR_REMOTE, 502, NULL, "status", "Got error "},
    [OUT_TYPE] = {ERR_REMOTE, 502, NULL, "type", "Requested file's content type not allowed for this operation: "},

    [OUT_LARGE] = {ERR_LIMIT, 502, "M_TOO_LARGE", "too-large", "Requested file is too large > "},
    [OUT_RATIO] = {ERR_LIMIT, 502, "M_TOO_LARGE", "too-large", "Requested file is compressed more than "},
    [OUT_BODY_TIME] = {ERR_REMOTE, 502, NULL, "timeout", BODY "timeout"},
    [OUT_TOTAL_TIME] = {ERR_LIMIT, 502, "M_TOO_LARGE", "timeout", "Requested file took too long to download"},
    [OUT_BODY_RESET] = {ERR_REMOTE, 502, NULL, "broken", BODY "connection reset"},
    [OUT_BODY_SHORT] = {ERR_REMOTE, 502, NULL, "broken", BODY "connection closed early"},
    [OUT_ENCODING] = {ERR_REMOTE, 502, NULL, "broken", BODY "bad content encoding"},
    [OUT_STACKED] = {ERR_REMOTE, 502, NULL, "broken", BODY "stacked content encodings"},
    [OUT_BODY_MALFORMED] = {ERR_REMOTE, 502, NULL, "broken", BODY "malformed response"},

    [OUT_GONE] = {ERR_BUSY, 503, NULL, NULL, "the connector is gone"},
};

int
net_outcome(struct err *err, enum net_outcome o, const char *detail)
{
	const struct row *r = &rows[o];
	(void)err_http(err, r->code, r->status, r->errcode, "%s%s", r->text, detail != NULL ? detail : "");
	if (err != NULL)
		err->class = r->class;
	return -1;
}
