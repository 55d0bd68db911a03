/* Who answers which path? */
#include "origin.h"

#include <unistd.h>

struct route {
	const char *path; /* one that ends with '/' is a prefix */
	serve_path *run;
};

static const struct route routes[] = {
    {"/status/", do_status},
    {"/redirect", do_redirect},
    {"/hops/", do_hops},
    {"/loop", do_loop},
    {"/cookie", do_cookie},
    {"/cookie-check", do_cookie_check},
    {"/slow", do_slow},
    {"/hang", do_hang},
    {"/drip", do_drip},
    {"/big", do_big},
    {"/endless", do_endless},
    {"/lie", do_lie},
    {"/nolength", do_nolength},
    {"/gzip", do_gzip},
    {"/gziphtml", do_gziphtml},
    {"/headers", do_headers},
    {"/endless-headers", do_endless_headers},
    {"/endless-1xx", do_endless_1xx},
    {"/reset", do_reset},
    {"/close", do_close},
    {"/echo", do_echo},
    {"/count", do_count},
    {"/raw", do_raw},
    {"/cond", do_cond},
    {"/lang", do_lang},
    {"/flip", do_flip},
    {"/set", do_set},
    {"/switch/", do_switch},
    {"/robots.txt", do_robots},
    {"/wall", do_wall},
};

static void
log_request(const struct server *s, const struct request *r)
{
	char line[IN_MAX];
	int n = snprintf(line, sizeof line, "%s %s\n", r->method, r->target);
	if (s->log >= 0 && n > 0 && write(s->log, line, (size_t)n) < 0)
		die("log");
	if (s->times < 0)
		return;
	char *host = header_of(r, "Host");
	n = snprintf(line, sizeof line, "%lld %s %s\n", (long long)now_ms(), host, r->target);
	if (n > 0 && write(s->times, line, (size_t)n) < 0)
		die("times");
	free(host);
}

void
dispatch(struct server *s, struct conn *c, const struct request *r)
{
	serve_path *run = do_file;
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		size_t n = strlen(routes[i].path);
		bool prefix = routes[i].path[n - 1] == '/';
		if (prefix ? strncmp(r->path, routes[i].path, n) == 0 : strcmp(r->path, routes[i].path) == 0)
			run = routes[i].run;
	}
	run(s, c, r);
}

void
route(struct server *s, struct conn *c, const struct request *r)
{
	log_request(s, r);
	fact_make(s, r->target)->n++;
	if (strcmp(r->path, r->target) != 0)
		fact_make(s, r->path)->n++;
	c->end = r->http10 || has_header(r, "connection", "close") ? END_CLOSE : END_KEEP;
	dispatch(s, c, r);
}
