/* Does the engine refuse before it connects, answer every request once, and keep its promises when dropped? */
#include "net/net.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/connector.h"
#include "tests/unit/tap.h"

static int64_t
monotonic(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct answer {
	int done, status;
	enum err_code code;
	char text[ERR_TEXT_MAX];
	struct net *again; /* ask once more from inside done */
};

static void
on_done(void *arg, const struct net_response *r, const struct err *err)
{
	struct answer *a = arg;
	(void)r;
	a->done++;
	a->code = err->code;
	a->status = err_status(err);
	(void)snprintf(a->text, sizeof a->text, "%s", err->text);
	if (a->again != NULL) {
		struct net_request req = {.url = "http://127.0.0.2/", .arg = a, .done = on_done};
		net_add(a->again, &req);
		a->again = NULL;
	}
}

static const struct {
	const char *url;
	bool secondary;
	int status;
	const char *text;
} rows[] = {
    {"http://127.0.0.1/", false, 403, "IP address blocked"},
    {"http://[::ffff:127.0.0.1]/", false, 403, "IP address blocked"},
    {"http://0x7f.1/", false, 403, "IP address blocked"},
    {"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", false, 400, NULL},
    {"http://127.0.0.1.:80/", false, 403, "IP address blocked"},
    {"http://u:p@127.0.0.1/", false, 403, "IP address blocked"},
    {"http://u:p@192.0.1.1/", true, 403, "URL with user name or password refused"},
    {"http://blocked.example:80/", false, 403, "URL blocked by url pattern blocklist entry"},
    {"http://BLOCKED.example./", false, 403, "URL blocked by url pattern blocklist entry"},
    {"http://h:80/", false, 403, "URL blocked by url pattern blocklist entry"},
    {"http://192.0.1.1:22/", false, 403, "port blocked"},
    {"ftp://192.0.1.1/", false, 400, "URL scheme is not http or https"},
    {"file:///etc/passwd", false, 400, "URL scheme is not http or https"},
    {"data:,x", false, 500, "Previewing of data: URLs is forbidden"},
    {"nonsense", false, 400, "not an absolute URL"},
    {"http://", false, 400, NULL},
    {"http://a b/", false, 400, NULL},
    {"http://h:99999/", false, 400, NULL},
    {"http://[fe80::1%25lo]/", false, 400, NULL},
    {"http://localhost:65000/", false, 502, "DNS resolution failure during URL preview generation"},
};

static void
run(struct net *n)
{
	struct err err = {0};
	bool readable = false;
	for (int i = 0; i < 1000 && net_pending(n) > 0; i++)
		if (net_work(n, &err) < 0 || net_wait(n, -1, 20, &readable, &err) < 0)
			break;
}

static void
refusals(struct net *n)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct answer a = {0};
		struct net_request req = {
		    .url = rows[i].url, .secondary = rows[i].secondary, .arg = &a, .done = on_done};
		net_add(n, &req);
		is_int(a.done, 0, "nothing is answered before net_work");
		run(n);
		is_int(a.done, 1, rows[i].url);
		is_int(a.status, rows[i].status, "status");
		if (rows[i].text != NULL)
			is_str(a.text, rows[i].text, "text");
	}
}

static void
options(const struct url_policy *p)
{
	struct net_options o;
	struct err err = {0};
	net_options_default(&o);
	ok(net_new(&o, &err) == NULL && err.code == ERR_BUG, "a net needs a policy and a clock");
	o.policy = p;
	o.clock = monotonic;
	o.jobs = 0;
	ok(net_new(&o, &err) == NULL && err.code == ERR_INPUT, "and a job");
	o.jobs = NET_JOBS_MAX + 1;
	ok(net_new(&o, &err) == NULL && err.code == ERR_INPUT, "not too many");
	o.jobs = 1;
	o.user_agent = "x\r\nHost: y";
	ok(net_new(&o, &err) == NULL && err.code == ERR_INPUT, "no line breaks in the user agent");
}

static void
all(struct net_options *o)
{
	struct err err = {0};
	struct net *n = net_new(o, &err);
	if (!ok(n != NULL, "a net"))
		return;
	refusals(n);

	struct answer a = {.again = n};
	struct net_request req = {.url = "http://127.0.0.1/", .arg = &a, .done = on_done};
	for (int i = 0; i < 5; i++)
		net_add(n, &req);
	run(n);
	is_int(a.done, 6, "a request may be added from inside done");
	is_int((long long)net_pending(n), 0, "and nothing is left");
	net_add(n, &req);
	net_free(n);
	is_int(a.done, 6, "what is dropped is not answered");
}

static pid_t
connector(struct net_options *o)
{
	int lookup[2], opens[2];
	struct err err;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lookup) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, opens) < 0)
		exit(1);
	pid_t pid = fork();
	if (pid == 0) {
		struct net_connector c = {
		    .policy = o->policy, .lookup_fd = lookup[1], .open_fd = opens[1], .max_lookups = 4};
		(void)close(lookup[0]);
		(void)close(opens[0]);
		_exit(net_connector(&c, &err) < 0 ? 1 : 0);
	}
	(void)close(lookup[1]);
	(void)close(opens[1]);
	o->lookup_fd = lookup[0];
	o->open_fd = opens[0];
	return pid;
}

static void
by_connector(struct net_options *o)
{
	int status = -1;
	pid_t pid = connector(o);
	all(o);
	ok(waitpid(pid, &status, 0) == pid && status == 0, "the connector ends with the net");
}

static void
without_connector(struct net_options *o)
{
	struct err err = {0};
	struct answer a = {0};
	struct net_request req = {.url = "http://name.invalid/", .arg = &a, .done = on_done};
	pid_t pid = connector(o);
	struct net *n = net_new(o, &err);
	if (!ok(n != NULL, "a net"))
		return;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	for (int i = 0; i < 5; i++)
		net_add(n, &req);
	run(n);
	is_int(a.done, 5, "without a connector all are answered");
	is_int(a.code, ERR_BUSY, "to be asked again");
	is_str(a.text, "the connector is gone", "and told why");
	is_int(net_work(n, &err), -1, "there is nothing more to do");
	is_str(err.text, "the connector is gone", "the net says so");
	net_free(n);
}

int
main(void)
{
	struct err err = {0};
	struct net_options o;
	struct url_policy *p = url_policy_new();
	(void)url_policy_deny_url(p, "netloc=blocked.example", &err);
	(void)url_policy_deny_url(p, "hostname=h port=80", &err);
	options(p);
	net_options_default(&o);
	o.policy = p;
	o.clock = monotonic;
	o.jobs = 2;
	all(&o);
	by_connector(&o);
	without_connector(&o);
	url_policy_free(p);
	return done();
}
