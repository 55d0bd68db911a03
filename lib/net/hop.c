/* May this hop be made, and where does it lead?  libcurl's own parser is the only one that counts. */
#include "net/net.h"

#include <string.h>

#include "net/int.h"

/* A part as libcurl will use it; NULL if absent.  Hosts in Punycode: what is looked up is what is judged. */
static int
part(CURLU *url, CURLUPart what, char **out)
{
	char *text = NULL;
	CURLUcode code = curl_url_get(url, what, &text, what == CURLUPART_HOST ? CURLU_PUNYCODE : 0);
	*out = code == CURLUE_OK ? mem_strdup(text) : NULL;
	curl_free(text);
	return code == CURLUE_BAD_HOSTNAME || code == CURLUE_LACKS_IDN ? -1 : 0;
}

static int
parts(CURLU *url, struct url *u, struct err *err)
{
	char *port = NULL;
	int64_t n = -1;
	int bad = part(url, CURLUPART_SCHEME, &u->scheme) | part(url, CURLUPART_USER, &u->username) |
		  part(url, CURLUPART_PASSWORD, &u->password) | part(url, CURLUPART_HOST, &u->host) |
		  part(url, CURLUPART_PATH, &u->path) | part(url, CURLUPART_QUERY, &u->query) |
		  part(url, CURLUPART_FRAGMENT, &u->fragment) | part(url, CURLUPART_PORT, &port);
	u->port = port != NULL && str_int64(port, &n) == 0 ? (int)n : -1;
	char *normal = u->host != NULL ? url_host_normal(u->host) : NULL; /* mapping may have made it no host */
	if (bad != 0 || u->scheme == NULL || normal == NULL)
		bad = net_outcome(err, OUT_BAD_URL, NULL);
	mem_free(port);
	mem_free(normal);
	if (bad != 0)
		return -1;
	str_tolower(u->scheme);
	str_tolower(u->host);
	return 0;
}

static int
set_url(CURLU *url, const char *text, struct err *err)
{
	CURLUcode code = curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
	return code == CURLUE_OK ? 0 : net_outcome(err, OUT_BAD_URL, NULL);
}

/* Asked first: other schemes need not have a host. */
static bool
scheme_ok(CURLU *url)
{
	char *scheme = NULL;
	bool ok = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  (str_ieq(scheme, "http") || str_ieq(scheme, "https"));
	curl_free(scheme);
	return ok;
}

static void
name_host(struct transfer *t, const struct url *u)
{
	const struct net_service *s = net_site_service(t);
	mem_free(t->name);
	t->name = mem_strdup(s != NULL && s->connect != NULL ? s->connect : u->host);
	mem_free(t->place);
	t->port = u->port >= 0 ? u->port : str_eq(u->scheme, "https") ? 443 : 80;
	size_t len = strlen(t->name); /* "example.org." and "example.org" are one */
	len -= len > 1 && t->name[len - 1] == '.';
	t->place = mem_printf("%.*s:%d", (int)len, t->name, t->port);
}

static enum url_verdict
ask_policy(const struct transfer *t, const struct url *u)
{
	const struct url_policy *p = t->net->o.policy;
	if (t->req.service != NULL)
		return url_policy_check_service(p, u);
	if (t->robots && t->response.hops == 0)
		return url_policy_check_robots(p, u);
	return t->req.secondary ? url_policy_check_secondary(p, u) : url_policy_check(p, u);
}

/* The URL in t->url.  A person's own userinfo is dropped, not sent; nobody else may bring one. */
static int
judge(struct transfer *t, bool drop_userinfo)
{
	struct url u = {.port = -1};
	int rc = scheme_ok(t->url) ? parts(t->url, &u, &t->err) : net_refuse(&t->err, URL_DENIED_SCHEME);
	if (rc == 0 && t->req.service != NULL && t->req.service->tls_only && !str_eq(u.scheme, "https"))
		rc = net_outcome(&t->err, OUT_BAD_REDIRECT, NULL);
	if (rc == 0) {
		enum url_verdict v = ask_policy(t, &u);
		if (v == URL_DENIED_USERINFO && drop_userinfo) {
			(void)curl_url_set(t->url, CURLUPART_USER, NULL, 0);
			(void)curl_url_set(t->url, CURLUPART_PASSWORD, NULL, 0);
			v = URL_OK;
		}
		if (v != URL_OK)
			rc = net_refuse(&t->err, v);
		else
			name_host(t, &u);
		net_site_find(t, u.host);
	}
	url_clear(&u);
	return rc;
}

/* The rules also see the URL as it was written: an explicit default port is gone after normalisation. */
static int
judge_written(struct transfer *t)
{
	struct url u;
	enum url_verdict v = URL_OK;
	if (url_parse(&u, t->req.url, &t->err) < 0) {
		t->err.status = 400;
		return -1;
	}
	v = ask_policy(t, &u);
	url_clear(&u);
	return v == URL_OK || v == URL_DENIED_USERINFO ? 0 : net_refuse(&t->err, v);
}

static void
keep_final(struct transfer *t)
{
	char *text = NULL;
	mem_free(t->response.final_url);
	t->response.final_url = NULL;
	if (curl_url_get(t->url, CURLUPART_URL, &text, CURLU_PUNYCODE) == CURLUE_OK)
		t->response.final_url = mem_strdup(text);
	curl_free(text);
}

int
net_hop_first(struct transfer *t)
{
	char *text = NULL;
	if (str_istarts(t->req.url, "data:"))
		return net_refuse_data(&t->err);
	if (!url_is_http(t->req.url) && strchr(t->req.url, ':') != NULL)
		return net_outcome(&t->err, OUT_SCHEME, url_verdict_text(URL_DENIED_SCHEME));
	if (judge_written(t) < 0)
		return -1;
	text = url_resolve(NULL, t->req.url, &t->err);
	if (text == NULL) {
		t->err.status = 400;
		return -1;
	}
	int rc = set_url(t->url, text, &t->err);
	mem_free(text);
	if (rc == 0)
		rc = judge(t, !t->req.secondary);
	if (rc == 0)
		keep_final(t);
	return rc;
}

/* Told where it would have led. */
static int
not_followed(struct transfer *t)
{
	char *text = NULL;
	(void)curl_url_set(t->url, CURLUPART_USER, NULL, 0);
	(void)curl_url_set(t->url, CURLUPART_PASSWORD, NULL, 0);
	if (t->req.hop != NULL && curl_url_get(t->url, CURLUPART_URL, &text, CURLU_PUNYCODE) == CURLUE_OK)
		t->req.hop(t->req.arg, &(struct net_hop){.url = text, .why = t->err.text});
	curl_free(text);
	return -1;
}

static bool
same_part(CURLU *a, CURLU *b, CURLUPart what)
{
	unsigned flags = what == CURLUPART_HOST ? CURLU_PUNYCODE : CURLU_DEFAULT_PORT;
	char *x = NULL, *y = NULL;
	(void)curl_url_get(a, what, &x, flags);
	(void)curl_url_get(b, what, &y, flags);
	bool same = x == y || str_ieq(x, y);
	curl_free(x);
	curl_free(y);
	return same;
}

/* Does libcurl itself read Location as leading to the same place?  Whoever writes one that two readers take for two hosts,
 * or that one of them cannot read, wants one of them to judge and the other one to go there. */
static bool
plain(CURLU *base, CURLU *resolved, const char *location)
{
	CURLU *other = curl_url_dup(base);
	bool same = other != NULL &&
		    curl_url_set(other, CURLUPART_URL, location,
				 CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE | CURLU_ALLOW_SPACE) == CURLUE_OK &&
		    same_part(other, resolved, CURLUPART_SCHEME) && same_part(other, resolved, CURLUPART_HOST) &&
		    same_part(other, resolved, CURLUPART_PORT);
	curl_url_cleanup(other);
	return same;
}

/* Location against the URL that it came from, as browsers do; the library is given the result. */
static int
follow(struct transfer *t)
{
	char *base = NULL;
	CURLU *from = curl_url_dup(t->url);
	int rc = -1;
	if (from != NULL && curl_url_get(from, CURLUPART_URL, &base, 0) == CURLUE_OK) {
		char *text = url_resolve(base, t->location, &t->err);
		if (text != NULL && set_url(t->url, text, &t->err) == 0 && plain(from, t->url, t->location))
			rc = 0;
		mem_free(text);
	}
	curl_free(base);
	curl_url_cleanup(from);
	return rc;
}

/* Where does Location lead? */
int
net_hop_redirect(struct transfer *t)
{
	if (t->response.hops >= (t->robots ? NET_ROBOTS_HOPS : t->net->o.max_redirects))
		return net_outcome(&t->err, OUT_REDIRECTS, NULL);
	t->response.hops++;
	if (follow(t) < 0)
		return net_outcome(&t->err, OUT_BAD_REDIRECT, NULL);
	if (judge(t, false) < 0)
		return not_followed(t);
	keep_final(t);
	return 0;
}
