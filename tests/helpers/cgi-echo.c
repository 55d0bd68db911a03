/* What does the loop of cmd/cgi.h do with bodies and files?  A program of no use: cgi-echo [-s SOCKET] FILE.
 *
 *	POST /echo    how long the body was, and the FNV of it
 *	POST /later   the same, but it takes the body only a tick later
 *	POST /refuse  413 without looking at it
 *	GET  /file    FILE, or the part that is asked for
 *	GET  /cut     FILE, announced as one byte longer than it is */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cgi.h"

enum { ECHO, LATER, REFUSE, FILE_, CUT };

static const struct web_route routes[] = {
    {WEB_POST, "/echo", WEB_ANYONE, ECHO},     {WEB_POST, "/later", WEB_ANYONE, LATER},
    {WEB_POST, "/refuse", WEB_ANYONE, REFUSE}, {WEB_GET, "/file", WEB_ANYONE, FILE_},
    {WEB_GET, "/cut", WEB_ANYONE, CUT},	       {0, NULL, WEB_ANYONE, 0},
};

struct one {
	struct one *next;
	struct cgi_request *q;
	uint64_t bytes, sum;
	bool later;
};

struct app {
	struct cmd c;
	const char *path;
	struct one *list;
};

static void
tell_file(const struct app *a, struct cgi_request *q, bool cut)
{
	struct web_answer answer;
	struct stat st;
	web_answer_init(&answer, 200);
	answer.fd = open(a->path, O_RDONLY | O_CLOEXEC);
	if (answer.fd < 0 || fstat(answer.fd, &st) < 0)
		abort();
	answer.length = st.st_size + (cut ? 1 : 0);
	web_medium_headers(&answer, &(struct web_medium){.type = "application/octet-stream", .etag = "e"});
	web_answer_range(&answer, &q->web, "e");
	cgi_answer(q, &answer);
}

static void
asked(void *arg, struct cgi_request *q)
{
	struct app *a = arg;
	struct err err;
	int what = q->match.route->handler;
	if (what == FILE_ || what == CUT) {
		tell_file(a, q, what == CUT);
		return;
	}
	if (what == REFUSE) {
		(void)err_http(&err, ERR_LIMIT, 413, "M_TOO_LARGE", "too large");
		cgi_answer_error(q, &err);
		return;
	}
	struct one *one = mem_alloc(sizeof *one);
	*one = (struct one){.next = a->list, .q = q, .sum = UINT64_C(14695981039346656037), .later = what == LATER};
	a->list = one;
	q->own = one;
	if (what == ECHO)
		cgi_take_body(q);
	else
		cgi_wake(q->cgi);
}

static void
body(void *arg, struct cgi_request *q, const void *p, size_t n)
{
	struct one *one = q->own;
	const unsigned char *s = p;
	(void)arg;
	one->bytes += n;
	for (size_t i = 0; i < n; i++)
		one->sum = (one->sum ^ s[i]) * UINT64_C(1099511628211);
}

static void
drop(struct app *a, struct one *gone)
{
	for (struct one **at = &a->list; *at != NULL; at = &(*at)->next)
		if (*at == gone) {
			*at = gone->next;
			mem_free(gone);
			return;
		}
}

static void
ended(void *arg, struct cgi_request *q, bool complete)
{
	struct app *a = arg;
	struct one *one = q->own;
	struct web_answer answer;
	web_answer_init(&answer, 200);
	web_json_headers(&answer);
	(void)buf_addf(&answer.body, "{\"bytes\":%llu,\"sum\":\"%llx\",\"complete\":%s}",
		       (unsigned long long)one->bytes, (unsigned long long)one->sum, complete ? "true" : "false");
	drop(a, one);
	cgi_answer(q, &answer);
}

static void
gone(void *arg, struct cgi_request *q)
{
	struct app *a = arg;
	struct err err;
	cmd_warn(&a->c, "gone");
	if (q->own != NULL)
		drop(a, q->own);
	(void)err_set(&err, ERR_BUSY, "gone");
	cgi_answer_error(q, &err);
}

/* Each step, so that the connection has waited once. */
static int
step(void *arg, struct pollfd *extra, int timeout, struct err *err)
{
	struct app *a = arg;
	bool waits = false;
	for (const struct one *one = a->list; one != NULL; one = one->next)
		waits = waits || one->later;
	int rc = cgi_poll(extra, waits ? 10 : timeout, err);
	for (struct one *one = a->list, *next; one != NULL; one = next) {
		next = one->next;
		if (!one->later)
			continue;
		one->later = false;
		cgi_take_body(one->q);
		break; /* the list may be another one now */
	}
	return rc;
}

int
main(int argc, char **argv)
{
	struct app a = {0};
	struct cgi_options o = {0};
	struct err err;
	cmd_init(&a.c, argv[0]);
	if (argc == 4)
		o.socket = argv[2];
	a.path = argv[argc - 1];
	struct cgi_conf conf = {.c = &a.c,
				.routes = routes,
				.asked = asked,
				.body = body,
				.ended = ended,
				.gone = gone,
				.step = step,
				.arg = &a};
	struct cgi *g = cgi_new(&conf, &o, &err);
	int status = g == NULL ? cmd_fail(&a.c, &err, NULL) : cgi_run(g, &err);
	if (status < 0)
		status = cmd_fail(&a.c, &err, NULL);
	cgi_free(g);
	return cmd_leave(&a.c, status);
}
