/* What does the homeserver say of a token?  A process of its own asks, for HTTP and TLS are nobody else's business here:
 * tokens to its stdin, never into its arguments. */
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cmd/chain.h"
#include "cmd/who-int.h"
#include "json/json.h"
#include "preview/desk.h"

enum { PIPE_MAX = 4 << 20, LINE = 16384, MARGIN = 5000, WARN_EVERY = 60000 };

struct inquiry {
	struct inquiry *next;
	char hash[HASH_HEX_LEN + 1];
	bool admin;
	int64_t since;
};

struct who_home {
	struct cgi_source from, to; /* first: its stdout; and its stdin */
	const struct cmd *c;
	who_home_said *said;
	void *arg;
	struct cgi *g;
	pid_t pid;	/* 0: not running */
	int64_t warned; /* 0: all is well */
	struct io_lines lines;
	struct buf pipe;
	struct inquiry *inquiries;
};

/* ---- inquiries -------------------------------------------------------------------------------- */

/* Those that this answers; admin: also who wants to know that. */
static bool
take(struct who_home *h, const char *hash, bool admin)
{
	bool any = false;
	for (struct inquiry **at = &h->inquiries; *at != NULL;) {
		struct inquiry *i = *at;
		if (strcmp(i->hash, hash) != 0 || (i->admin && !admin)) {
			at = &i->next;
			continue;
		}
		*at = i->next;
		mem_free(i);
		any = true;
	}
	return any;
}

static void
fail(struct who_home *h, const char *hash, int status, const char *why)
{
	struct err err;
	(void)err_http(&err, ERR_REMOTE, status, "M_UNKNOWN", "%s", why);
	h->said(h->arg, hash, &(struct who_said){.admin = STORE_ADMIN_UNKNOWN, .err = &err});
}

/* ---- the process ------------------------------------------------------------------------------ */

static void
end(struct who_home *h, bool now)
{
	struct err ignored;
	if (h->pid == 0)
		return;
	if (h->g != NULL) {
		(void)cgi_watch(h->g, &h->from, 0, &ignored);
		(void)cgi_watch(h->g, &h->to, 0, &ignored);
	}
	if (now)
		(void)kill(h->pid, SIGKILL);
	io_close(&h->to.fd);
	io_close(&h->from.fd);
	(void)router_child_end(h->pid);
	io_lines_clear(&h->lines);
	if (h->pipe.p != NULL)
		explicit_bzero(h->pipe.p, h->pipe.len);
	buf_clear(&h->pipe);
	h->pid = 0;
}

/* Everybody who waits hears why he waits in vain. */
static void
give_up(struct who_home *h, int status, const char *why)
{
	end(h, true);
	cmd_warn(h->c, "mxpreview-whoami: %s", why);
	while (h->inquiries != NULL) {
		char hash[HASH_HEX_LEN + 1];
		(void)memcpy(hash, h->inquiries->hash, sizeof hash);
		(void)take(h, hash, true);
		fail(h, hash, status, "the homeserver cannot be asked");
	}
}

static int
start(struct who_home *h, struct err *err)
{
	char *dir = io_program_dir(), *path = mem_printf("%s/mxpreview-whoami", dir);
	const char *argv[10] = {path};
	size_t n = 1;
	if (h->c->config_path != NULL) {
		argv[n++] = "-c";
		argv[n++] = h->c->config_path;
	}
	if (h->c->quiet)
		argv[n++] = "-q";
	if (h->c->no_sandbox)
		argv[n++] = "--no-sandbox";
	int rc = router_child_start((char *const *)argv, &h->pid, &h->to.fd, &h->from.fd, err);
	mem_free(path);
	mem_free(dir);
	if (rc == 0)
		io_lines_init(&h->lines, h->from.fd, LINE);
	else
		h->pid = 0;
	return rc;
}

static void
talk(struct who_home *h)
{
	struct err err;
	while (h->pipe.len > 0) {
		ssize_t n = write(h->to.fd, h->pipe.p, h->pipe.len);
		if (n <= 0)
			break; /* full; or gone, which shows at its stdout */
		explicit_bzero(h->pipe.p, (size_t)n);
		buf_drop(&h->pipe, (size_t)n);
	}
	if (cgi_watch(h->g, &h->to, h->pipe.len > 0 ? EPOLLOUT : 0, &err) < 0)
		cmd_warn(h->c, "%s", err.text);
}

/* Clients are told each time, whoever keeps the server now and then. */
static void
complain(struct who_home *h, const struct err *err)
{
	int64_t now = cmd_clock();
	if (h->warned != 0 && now - h->warned < WARN_EVERY)
		return;
	h->warned = now != 0 ? now : 1;
	cmd_warn(h->c, "%s: %s", h->c->conf.homeserver, err->text);
}

static void
told(struct who_home *h, const char *line, size_t len)
{
	struct json *j = json_parse(line, len, NULL);
	const char *token = json_str(j, "token"), *user = json_str(j, "user_id");
	struct who_said said = {.user = user, .admin = STORE_ADMIN_UNKNOWN};
	struct err err;
	bool admin = false, known = json_bool(j, "admin", &admin);
	int64_t status = json_int_or(j, "status", 502);
	said.admin_asked = status != 200 || json_has(j, "admin");
	if (token == NULL || !take(h, token, said.admin_asked)) {
		json_free(j);
		return;
	}
	said.guest = json_is_true(j, "guest");
	if (known)
		said.admin = admin;
	if (status == 401)
		(void)err_http(&err, ERR_DENIED, 401, "M_UNKNOWN_TOKEN", "Invalid access token passed.");
	else if (status != 200 || !who_is_user(user))
		(void)err_http(&err, ERR_REMOTE, status == 504 ? 504 : 502, "M_UNKNOWN", "%s",
			       json_str(j, "error") != NULL ? json_str(j, "error") : "the homeserver cannot be asked");
	said.err = status == 200 && who_is_user(user) ? NULL : &err;
	if (said.err != NULL && status != 401)
		complain(h, &err);
	else
		h->warned = 0;
	h->said(h->arg, token, &said);
	json_free(j);
}

static void
hear(struct cgi_source *s, unsigned events)
{
	struct who_home *h = (struct who_home *)s;
	struct err err;
	char *line = NULL;
	size_t len = 0;
	int kind = IO_LINE_AGAIN;
	(void)events;
	while (h->pid != 0 && (kind = io_lines_next(&h->lines, &line, &len, &err)) != IO_LINE_AGAIN) {
		if (kind <= IO_LINE_EOF) {
			give_up(h, 502, "it ended");
			return;
		}
		if (kind == IO_LINE_OK)
			told(h, line, len);
	}
}

static void
writable(struct cgi_source *s, unsigned events)
{
	struct who_home *h = (struct who_home *)((char *)s - offsetof(struct who_home, to));
	(void)events;
	talk(h);
}

/* ---- asking ----------------------------------------------------------------------------------- */

/* Who asks for the same while the answer is on its way waits for it, too. */
static bool
asked_already(const struct who_home *h, const char *hash, bool admin)
{
	for (const struct inquiry *i = h->inquiries; i != NULL; i = i->next)
		if (strcmp(i->hash, hash) == 0 && (i->admin || !admin))
			return true;
	return false;
}

void
who_home_ask(struct who_home *h, struct cgi *g, const char *token, const char *hash, bool admin)
{
	struct err err;
	h->g = g;
	if (asked_already(h, hash, admin))
		return;
	if (h->pid == 0 && start(h, &err) < 0) {
		cmd_warn(h->c, "%s", err.text);
		fail(h, hash, 500, "the homeserver cannot be asked");
		return;
	}
	struct json *q = json_object();
	json_set_str(q, "token", token);
	json_set_bool(q, "admin", admin);
	size_t before = h->pipe.len;
	if (json_write(q, 0, &h->pipe) < 0 || buf_addc(&h->pipe, '\n') < 0 ||
	    cgi_watch(g, &h->from, EPOLLIN, &err) < 0) {
		h->pipe.len = before;
		fail(h, hash, 503, "too many wait for the homeserver");
	} else {
		struct inquiry *i = mem_alloc(sizeof *i);
		*i = (struct inquiry){.next = h->inquiries, .admin = admin, .since = cmd_clock()};
		(void)memcpy(i->hash, hash, sizeof i->hash);
		h->inquiries = i;
		talk(h);
	}
	json_free(q);
}

bool
who_home_started(const struct who_home *h)
{
	return h->pid != 0;
}

void
who_home_tick(struct who_home *h)
{
	int64_t patience = 2 * h->c->conf.homeserver_timeout + MARGIN;
	for (const struct inquiry *i = h->inquiries; i != NULL; i = i->next)
		if (cmd_clock() - i->since > patience) {
			give_up(h, 504, "no answer in time");
			return;
		}
}

/* ---- life ------------------------------------------------------------------------------------- */

struct who_home *
who_home_new(const struct cmd *c, who_home_said *said, void *arg)
{
	struct who_home *h = mem_alloc(sizeof *h);
	*h = (struct who_home){
	    .from = {.ready = hear, .fd = -1}, .to = {.ready = writable, .fd = -1}, .c = c, .said = said, .arg = arg};
	buf_init(&h->pipe, PIPE_MAX);
	return h;
}

/* What is on its way is asked for in vain; the next one starts it anew. */
void
who_home_renew(struct who_home *h)
{
	if (h->pid != 0)
		give_up(h, 502, "another configuration");
}

void
who_home_free(struct who_home *h)
{
	if (h == NULL)
		return;
	end(h, false);
	while (h->inquiries != NULL) {
		struct inquiry *i = h->inquiries;
		h->inquiries = i->next;
		mem_free(i);
	}
	mem_free(h);
}
