/* What do the headers say, and may the body come? */
#include "net/net.h"

#include <string.h>

#include "net/int.h"

/* A body of at most this is read and dropped so that the connection can be used again; a longer one costs it. */
enum { DRAIN_MAX = 4096, LOCATION_MAX = URL_MAX };

void
net_response_clear(struct net_response *r)
{
	mem_free(r->type);
	mem_free(r->name);
	mem_free(r->etag);
	mem_free(r->last_modified);
	mem_free(r->link);
	mem_free(r->refresh);
	r->type = r->name = r->etag = r->last_modified = r->link = r->refresh = NULL;
	mem_free(r->said.cache_control);
	mem_free(r->said.vary);
	mem_free(r->said.expires);
	mem_free(r->said.date);
	mem_free(r->said.age);
	mem_free(r->said.retry_after);
	r->said = (struct net_said){0};
	r->not_modified = false;
	r->status = 0;
}

void
net_head_reset(struct transfer *t)
{
	net_response_clear(&t->response);
	mem_free(t->location);
	t->location = NULL;
	t->length = -1;
	t->encoded = t->skip = t->head_done = t->blocked = t->brief = t->enough = false;
	t->response.length = -1;
	t->body = t->head_bytes = t->head_lines = 0;
	t->phase = PHASE_CONNECT;
	t->fd = CURL_SOCKET_BAD;
	t->wire_from = 0;
}

/* ---- one line ------------------------------------------------------------------------------------ */

/* The value of "Name: value" without the blanks around it, yours; NULL if the line is another header. */
static char *
value_of(const char *p, size_t n, const char *name)
{
	size_t len = strlen(name);
	if (n <= len || p[len] != ':' || !str_nieq(p, len, name))
		return NULL;
	p += len + 1;
	n -= len + 1;
	while (n > 0 && str_isspace((unsigned char)*p))
		p++, n--;
	while (n > 0 && str_isspace((unsigned char)p[n - 1]))
		n--;
	return mem_strndup(p, n);
}

/* The first of several counts, as in spec A.6. */
static void
take_first(char **where, const char *p, size_t n, const char *name)
{
	char *v = *where == NULL ? value_of(p, n, name) : NULL;
	if (v != NULL)
		*where = v;
}

static bool
printable(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || (unsigned char)*s > '~')
			return false;
	return true;
}

bool
net_head_validator(const char *value)
{
	return value != NULL && *value != '\0' && strlen(value) <= NET_TYPE_MAX && printable(value);
}

/* A validator is sent back one day: only as it came, and never a strange one. */
static void
take_validator(char **where, const char *p, size_t n, const char *name)
{
	take_first(where, p, n, name);
	if (*where != NULL && !net_head_validator(*where)) {
		mem_free(*where);
		*where = NULL;
	}
}

static void
take_type(struct transfer *t, const char *p, size_t n)
{
	take_first(&t->response.type, p, n, "Content-Type");
	if (t->response.type == NULL)
		return;
	if (strlen(t->response.type) > NET_TYPE_MAX)
		t->response.type[NET_TYPE_MAX] = '\0';
	for (char *c = t->response.type; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
}

static void
take_length(struct transfer *t, const char *p, size_t n)
{
	char *v = value_of(p, n, "Content-Length");
	int64_t length = 0;
	if (v != NULL && str_int64(v, &length) == 0 && length >= 0)
		t->length = length;
	mem_free(v);
}

/* Encodings over encodings serve bombs only. */
static int
take_encoding(struct transfer *t, const char *p, size_t n)
{
	char *v = value_of(p, n, "Content-Encoding");
	if (v == NULL)
		return 0;
	bool stacked = t->encoded || strchr(v, ',') != NULL;
	t->encoded = true;
	mem_free(v);
	return stacked ? net_outcome(&t->err, OUT_STACKED, NULL) : 0;
}

static void
take_name(struct transfer *t, const char *p, size_t n)
{
	char *v = t->response.name == NULL ? value_of(p, n, "Content-Disposition") : NULL;
	if (v != NULL)
		t->response.name = net_disposition_name(v);
	mem_free(v);
}

/* Several are one list (RFC 9110 §5.3).  What is not printable ASCII is no link of ours. */
static void
take_link(struct transfer *t, const char *p, size_t n)
{
	char *v = value_of(p, n, "Link"), *had = t->response.link;
	size_t len = had != NULL ? strlen(had) + 2 : 0;
	if (v != NULL && *v != '\0' && printable(v) && len + strlen(v) <= NET_LINK_MAX) {
		t->response.link = had != NULL ? mem_printf("%s, %s", had, v) : mem_strdup(v);
		mem_free(had);
	}
	mem_free(v);
}

static void
take_refresh(struct transfer *t, const char *p, size_t n)
{
	take_first(&t->response.refresh, p, n, "Refresh");
	if (t->response.refresh != NULL &&
	    (strlen(t->response.refresh) > NET_LINK_MAX || !printable(t->response.refresh))) {
		mem_free(t->response.refresh);
		t->response.refresh = NULL;
	}
}

/* Lists of several lines are one.  What is longer than anybody needs is taken for the strictest. */
static void
take_list(char **where, const char *strictest, const char *p, size_t n, const char *name)
{
	char *v = value_of(p, n, name), *had = *where;
	if (v == NULL)
		return;
	if ((had != NULL ? strlen(had) + 2 : 0) + strlen(v) > NET_SAID_MAX)
		*where = mem_strdup(strictest);
	else
		*where = had != NULL ? mem_printf("%s, %s", had, v) : mem_strdup(v);
	mem_free(had);
	mem_free(v);
}

static void
take_said(struct net_said *said, const char *p, size_t n)
{
	take_list(&said->cache_control, "no-cache", p, n, "Cache-Control");
	take_list(&said->vary, "*", p, n, "Vary");
	take_first(&said->expires, p, n, "Expires");
	take_first(&said->date, p, n, "Date");
	take_first(&said->age, p, n, "Age");
	take_first(&said->retry_after, p, n, "Retry-After");
}

/* ---- the verdict ------------------------------------------------------------------------------------ */

static bool
redirects(const struct transfer *t)
{
	int s = t->response.status;
	return (s == 301 || s == 302 || s == 303 || s == 307 || s == 308) && t->location != NULL &&
	       t->location[0] != '\0';
}

static bool
type_among(const struct transfer *t, const char *const *types)
{
	for (; types != NULL && *types != NULL; types++)
		if (str_istarts(t->response.type, *types))
			return true;
	return false;
}

static bool
type_allowed(const struct transfer *t, bool missing)
{
	return t->req.types == NULL || (missing && t->req.untyped) || type_among(t, t->req.types);
}

static int
judge(struct transfer *t)
{
	bool missing = t->response.type == NULL;
	if (t->response.status == 304 && t->conditional) {
		t->response.not_modified = true;
		return 0;
	}
	if (t->response.status < 200 || t->response.status > 299)
		return net_fail_status(t);
	if (missing)
		t->response.type = mem_strdup("application/octet-stream");
	if (!type_allowed(t, missing))
		return net_outcome(&t->err, OUT_TYPE, t->response.type);
	t->response.length = t->length;
	t->brief = t->robots || type_among(t, t->req.brief);
	if (!t->brief && t->length >= t->site.max_body)
		return net_fail_large(t);
	if (t->req.begin != NULL)
		return t->req.begin(t->req.arg, &t->response, &t->err);
	return 0;
}

static void
tell(struct transfer *t)
{
	char *address = NULL;
	if (t->req.hop == NULL)
		return;
	(void)curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &address);
	t->req.hop(t->req.arg, &(struct net_hop){.url = t->response.final_url,
						 .address = address,
						 .status = t->response.status,
						 .r = &t->response});
}

/* The empty line.  -1: nothing more is wanted of this response. */
static int
end_of_head(struct transfer *t)
{
	if (t->response.status / 100 == 1 && t->response.status != 101)
		return 0; /* another head follows */
	t->head_done = true;
	t->phase = PHASE_BODY;
	tell(t);
	bool redirect = redirects(t);
	if (!redirect) {
		mem_free(t->location);
		t->location = NULL;
		if (judge(t) == 0)
			return 0;
	}
	bool told = t->req.refusal != NULL && t->err.http_status >= 400; /* what is said of it is of interest */
	t->skip = told || (t->length >= 0 && t->length <= DRAIN_MAX);
	return t->skip ? 0 : -1;
}

static void
status_line(struct transfer *t, const char *p, size_t n)
{
	const char *sp = memchr(p, ' ', n);
	size_t left = sp != NULL ? n - (size_t)(sp - p) : 0;
	net_response_clear(&t->response);
	mem_free(t->location);
	t->location = NULL;
	t->length = -1;
	t->encoded = false;
	if (left >= 4)
		t->response.status = (sp[1] - '0') * 100 + (sp[2] - '0') * 10 + (sp[3] - '0');
}

static int
count(struct transfer *t, size_t n)
{
	t->head_bytes += (int64_t)n;
	t->head_lines++;
	if (t->head_bytes <= t->net->o.max_header_bytes && t->head_lines <= t->net->o.max_header_count)
		return 0;
	if (t->err.code != ERR_NONE)
		return -1;
	return net_outcome(&t->err, OUT_HEADERS_LARGE, NULL);
}

static int
header(struct transfer *t, const char *p, size_t n)
{
	if (n >= 5 && str_nieq(p, 5, "HTTP/")) {
		status_line(t, p, n);
		return 0;
	}
	take_type(t, p, n);
	take_length(t, p, n);
	take_name(t, p, n);
	take_validator(&t->response.etag, p, n, "ETag");
	take_validator(&t->response.last_modified, p, n, "Last-Modified");
	take_first(&t->location, p, n, "Location");
	take_link(t, p, n);
	take_refresh(t, p, n);
	take_said(&t->response.said, p, n);
	if (t->location != NULL && strlen(t->location) > LOCATION_MAX)
		return net_outcome(&t->err, OUT_BAD_REDIRECT, NULL);
	return take_encoding(t, p, n);
}

/* libcurl's header callback: every line of every response on the way, status lines and trailers too. */
size_t
net_head_line(char *p, size_t size, size_t many, void *arg)
{
	struct transfer *t = arg;
	size_t n = size * many;
	int rc = count(t, n);
	if (rc == 0 && !t->head_done)
		rc = n > 0 && (p[0] == '\r' || p[0] == '\n') ? end_of_head(t) : header(t, p, n);
	return rc == 0 ? n : 0;
}
