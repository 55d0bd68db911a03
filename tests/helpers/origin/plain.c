/* What does an ordinary server do? */
#include "origin.h"

void
do_status(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	int code = (int)strtol(r->path + strlen("/status/"), NULL, 10);
	char title[32];
	(void)snprintf(title, sizeof title, "Status %d", code);
	reply_page(c, r, code < 100 || code > 999 ? 400 : code, title, "");
}

void
do_redirect(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	char *to = param_at(r, "to", 0);
	reply_redirect(c, r, (int)param_int(r, "code", 302), to == NULL ? "/" : to, "");
	free(to);
}

void
do_hops(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	long n = strtol(r->path + strlen("/hops/"), NULL, 10);
	char to[64];
	(void)snprintf(to, sizeof to, "/hops/%ld", n - 1);
	if (n > 0)
		reply_redirect(c, r, 302, to, "");
	else
		reply_page(c, r, 200, "Arrived", "");
}

void
do_loop(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	reply_redirect(c, r, 302, "/loop", "");
}

void
do_cookie(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	reply_redirect(c, r, 302, "/cookie-check", "Set-Cookie: biscuit=warm; Path=/\r\n");
}

void
do_cookie_check(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	bool here = has_header(r, "cookie", "biscuit=warm");
	reply_page(c, r, here ? 200 : 400, here ? "Cookie came back" : "No cookie", "");
}

void
do_echo(struct server *s, struct conn *c, const struct request *r)
{
	(void)s;
	reply(c, r, 200, "text/plain", "", r->headers);
}

/* P without '?' counts every request for that path, P with it the exact target. */
void
do_count(struct server *s, struct conn *c, const struct request *r)
{
	char *path = param_at(r, "path", 0), text[32];
	const struct fact *found = path == NULL ? NULL : fact_find(s, path);
	(void)snprintf(text, sizeof text, "%lu\n", found == NULL ? 0 : found->n);
	reply(c, r, 200, "text/plain", "", text);
	free(path);
}
