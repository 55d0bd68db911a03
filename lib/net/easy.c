/* Which options hold for every transfer?  Nothing from the environment, nothing that was not asked for. */
#include "net/net.h"

#include <string.h>
#include <sys/stat.h>

#include "net/int.h"

#define CA_PATH "/etc/ssl/certs"

/* The clock of the body starts again when so much has come as the slowest may send in that time. */
static void
arrived(struct transfer *t, int64_t n)
{
	const struct net_options *o = &t->net->o;
	t->piece += n;
	if (t->piece < o->min_speed * o->idle_timeout / 1000)
		return;
	t->piece = 0;
	t->since = o->clock();
}

/* What is said with an error; the error itself is known. */
static size_t
refusal(struct transfer *t, const char *p, size_t n)
{
	size_t room = t->body < NET_BRIEF_MAX ? (size_t)(NET_BRIEF_MAX - t->body) : 0, told = n < room ? n : room;
	t->body += (int64_t)told;
	t->req.refusal(t->req.arg, p, told);
	arrived(t, (int64_t)n);
	return told == n ? n : 0;
}

static size_t
body(char *p, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t n = size * count;
	if (t->err.code != ERR_NONE && !t->skip)
		return 0;
	if (t->err.code != ERR_NONE && t->req.refusal != NULL)
		return refusal(t, p, n);
	if (!t->brief && (int64_t)n >= t->site.max_body - t->body) {
		if (t->err.code == ERR_NONE)
			(void)net_fail_large(t);
		return 0;
	}
	int64_t brief = t->robots ? (int64_t)NET_ROBOTS_MAX : NET_BRIEF_MAX;
	if (t->brief && !t->skip && (int64_t)n >= brief - t->body) {
		n = (size_t)(brief - t->body);
		t->enough = t->req.data == NULL || t->req.data(t->req.arg, p, n, &t->err) == 0;
		return 0;
	}
	t->body += (int64_t)n;
	if (t->encoded && net_pin_ratio(t, t->body) < 0)
		return 0;
	if (!t->skip && t->req.data != NULL && t->req.data(t->req.arg, p, n, &t->err) < 0)
		return 0;
	arrived(t, (int64_t)n);
	return n;
}

/* The bundle of all certificates takes 17 ms to read and is read by every process; from the hashed directory only the
 * ones needed are read, and none for http. */
static void
set_trust(CURL *e, const struct net_options *o)
{
	struct stat st;
	const char *path = o->ca_path;
	if (path == NULL && o->ca_file == NULL && stat(CA_PATH, &st) == 0 && S_ISDIR(st.st_mode))
		path = CA_PATH;
	if (path != NULL || o->ca_file != NULL) {
		(void)curl_easy_setopt(e, CURLOPT_CAPATH, path);
		(void)curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
	}
	(void)curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static void
set_closed(CURL *e)
{
	(void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
	(void)curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
}

/* Only the owner's proxy, for everything or for nothing. */
static void
set_way(CURL *e, const struct net_options *o)
{
	(void)curl_easy_setopt(e, CURLOPT_PROXY, o->proxy != NULL ? o->proxy : "");
	(void)curl_easy_setopt(e, CURLOPT_NOPROXY, o->proxy != NULL ? "" : "*");
	(void)curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

CURL *
net_easy_new(struct net *n)
{
	CURL *e = curl_easy_init();
	if (e == NULL)
		return NULL;
	set_closed(e);
	set_way(e, &n->o);
	set_trust(e, &n->o);
	net_pin_set(e, n);
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver thread that hangs */
	(void)curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)n->o.connect_timeout);
	(void)curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, br, zstd");
	(void)curl_easy_setopt(e, CURLOPT_COOKIEFILE, ""); /* an engine without a file */
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, body);
	(void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, net_head_line);
	return e;
}

/* libcurl's debug callback.  What goes out comes as one piece. */
static int
debug(CURL *e, curl_infotype what, char *p, size_t n, void *arg)
{
	struct transfer *t = arg;
	(void)e;
	if (what != CURLINFO_HEADER_OUT && what != CURLINFO_HEADER_IN)
		return 0;
	while (n > 0) {
		const char *lf = memchr(p, '\n', n);
		size_t whole = lf != NULL ? (size_t)(lf - p) + 1 : n, len = whole;
		while (len > 0 && (p[len - 1] == '\r' || p[len - 1] == '\n'))
			len--;
		if (len > 0 && !str_istarts(p, "Proxy-Authorization:") && !str_istarts(p, "Authorization:"))
			t->req.line(t->req.arg, what == CURLINFO_HEADER_OUT, p, len);
		p += whole;
		n -= whole;
	}
	return 0;
}

void
net_easy_tell(struct transfer *t)
{
	(void)curl_easy_setopt(t->easy, CURLOPT_VERBOSE, (long)(t->req.line != NULL));
	(void)curl_easy_setopt(t->easy, CURLOPT_DEBUGFUNCTION, t->req.line != NULL ? debug : NULL);
	(void)curl_easy_setopt(t->easy, CURLOPT_DEBUGDATA, t);
}

struct curl_slist *
net_easy_language(const char *value)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,;=.*- ";
	enum { LANGUAGE_MAX = 256 };
	size_t n = strlen(value);
	if (n == 0 || n > LANGUAGE_MAX || strspn(value, fit) != n)
		return NULL;
	char *line = mem_printf("Accept-Language: %s", value);
	struct curl_slist *list = curl_slist_append(NULL, line);
	mem_free(line);
	return list;
}

static void
append(struct curl_slist **list, const char *name, const char *value)
{
	char *line = mem_printf("%s: %s", name, value);
	*list = curl_slist_append(*list, line);
	mem_free(line);
}

/* Validators speak of one URL: a redirect to another one, or from another one, is asked for whole. */
static void
append_validators(struct transfer *t)
{
	int64_t ms = 0;
	t->conditional = false;
	if (t->req.validates == NULL || !str_eq(t->req.validates, t->response.final_url))
		return;
	if (net_head_validator(t->req.etag))
		append(&t->headers, "If-None-Match", t->req.etag);
	if (net_head_validator(t->req.last_modified) && net_date(t->req.last_modified, 0, &ms))
		append(&t->headers, "If-Modified-Since", t->req.last_modified);
	t->conditional = t->headers != NULL;
}

/* Nothing of these outlives the URL's own hop. */
static void
append_service(struct transfer *t)
{
	const struct net_service *s = net_site_service(t);
	if (s != NULL && s->host != NULL)
		append(&t->headers, "Host", s->host);
	if (s != NULL && s->authorization != NULL)
		append(&t->headers, "Authorization", s->authorization);
}

void
net_easy_headers(struct transfer *t)
{
	struct curl_slist *language = NULL;
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (t->req.service != NULL) {
		append_service(t);
		(void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
		return;
	}
	append_validators(t);
	const char *own = t->req.accept_language;
	if (own == NULL && !str_eq(t->site.accept_language, t->net->o.accept_language))
		own = t->site.accept_language;
	if (own != NULL)
		language = net_easy_language(own);
	if (t->headers == NULL) {
		t->headers = language;
	} else if (language != NULL || t->net->headers != NULL) {
		t->headers = curl_slist_append(t->headers, (language != NULL ? language : t->net->headers)->data);
		curl_slist_free_all(language);
	}
	(void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers != NULL ? t->headers : t->net->headers);
}
