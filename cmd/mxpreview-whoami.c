/* Whose access token is this?  Asks the homeserver: tokens in, users out. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/sandbox.h"
#include "net/bearer.h"
#include "url/url.h"

enum { LINE_MAX_ = 16384, PENDING_MAX = 256, USER_MAX = 255 };

static const char usage[] =
    "usage: mxpreview-whoami [-ahqvV] [-c FILE] [-d DIR] [--homeserver URL]\n"
    "\n"
    "Reads access tokens from standard input, one a line, and prints one line of JSON for each: the SHA-256 of the\n"
    "token and what the homeserver says of it.\n"
    "\n"
    "  -a, --admin           ask also whether they are server admins\n"
    "      --homeserver URL  which homeserver is asked\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       not used\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      do not close itself in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_HOMESERVER = CMD_OPT_FIRST };
static const struct option options[] = {
    CMD_LONG,
    {"admin", no_argument, NULL, 'a'},
    {"homeserver", required_argument, NULL, OPT_HOMESERVER},
    {NULL, 0, NULL, 0},
};

struct app {
	struct cmd c;
	struct net_bearer *b;
	const char *homeserver;
	bool admin;
	int status;
};

struct job {
	struct app *app;
	char *token;
	struct json *out; /* what is said */
	bool admin;	  /* is asked, too */
};

/* ---- answers ---------------------------------------------------------------------------------- */

static void
tell(struct job *j)
{
	struct app *a = j->app;
	struct buf b;
	buf_init(&b, LINE_MAX_);
	if (json_write(j->out, 0, &b) == 0 && buf_addc(&b, '\n') == 0)
		(void)cmd_out(&a->c, b.p, b.len);
	buf_clear(&b);
	explicit_bzero(j->token, strlen(j->token));
	mem_free(j->token);
	json_free(j->out);
	mem_free(j);
}

static void
refuse(struct job *j, int status, const char *errcode, const char *why)
{
	json_set_int(j->out, "status", status);
	json_set_str(j->out, "errcode", errcode);
	json_set_str(j->out, "error", why);
	j->app->status = EXIT_REFUSED;
	tell(j);
}

static bool
is_user(const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;
	if (n < 3 || n > USER_MAX || *s != '@' || strchr(s, ':') == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= 0x20 || s[i] == 0x7F)
			return false;
	return true;
}

/* An admin's token may ask; that of anybody else is refused, and that is an answer, too. */
static void
admin_said(void *arg, int status, const char *body, size_t n, const struct err *err)
{
	struct job *j = arg;
	struct json *said = status == 200 ? json_parse(body, n, NULL) : NULL;
	if (status == 0)
		cmd_warn(&j->app->c, "%s", err->text);
	if (status == 200 || status == 403 || status == 404)
		json_set_bool(j->out, "admin", json_is_true(said, "admin"));
	else
		json_set_null(j->out, "admin"); /* it was asked, and is not known */
	json_free(said);
	tell(j);
}

static void
ask_admin(struct job *j)
{
	struct err err;
	char *user = url_form_encode(json_str(j->out, "user_id"));
	char *url = mem_printf("%s/_synapse/admin/v1/users/%s/admin", j->app->homeserver, user);
	if (net_bearer_get(j->app->b, url, j->token, admin_said, j, &err) < 0)
		refuse(j, 500, "M_UNKNOWN", err.text);
	mem_free(url);
	mem_free(user);
}

static void
user_said(void *arg, int status, const char *body, size_t n, const struct err *err)
{
	struct job *j = arg;
	struct json *said = status == 200 ? json_parse(body, n, NULL) : NULL;
	const char *user = json_str(said, "user_id");
	if (status == 0)
		refuse(j, err_status(err), err_errcode(err), err->text);
	else if (status == 401 || status == 403)
		refuse(j, 401, "M_UNKNOWN_TOKEN", "Invalid access token passed.");
	else if (!is_user(user))
		refuse(j, 502, "M_UNKNOWN", "the homeserver does not say who it is");
	else {
		json_set_int(j->out, "status", 200);
		json_set_str(j->out, "user_id", user);
		json_set_bool(j->out, "guest", json_is_true(said, "is_guest"));
		if (j->admin)
			ask_admin(j);
		else
			tell(j);
	}
	json_free(said);
}

/* ---- questions -------------------------------------------------------------------------------- */

static bool
is_token(const char *s)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < n; i++)
		if (s[i] <= 0x20 || s[i] > 0x7E)
			return false;
	return n > 0 && n <= 4096;
}

/* A token, or {"token":…,"admin":true}. */
static void
ask(struct app *a, const char *line, size_t len)
{
	struct err err;
	struct json *q = *line == '{' ? json_parse(line, len, NULL) : NULL;
	const char *token = q != NULL ? json_str(q, "token") : line;
	char hash[HASH_HEX_LEN + 1];
	struct job *j = mem_alloc(sizeof *j);
	*j = (struct job){.app = a, .out = json_object(), .token = mem_strdup(token != NULL ? token : "")};
	j->admin = a->admin || json_is_true(q, "admin");
	hash_short(j->token, strlen(j->token), hash);
	json_set_str(j->out, "token", hash);
	json_free(q);
	if (!is_token(j->token)) {
		refuse(j, 401, "M_UNKNOWN_TOKEN", "Invalid access token passed.");
		return;
	}
	char *url = mem_printf("%s/_matrix/client/v3/account/whoami", a->homeserver);
	if (net_bearer_get(a->b, url, j->token, user_said, j, &err) < 0)
		refuse(j, 500, "M_UNKNOWN", err.text);
	mem_free(url);
}

static int
read_tokens(struct app *a, struct io_lines *in, struct err *err)
{
	char *line = NULL;
	size_t len = 0;
	int kind;
	while ((kind = io_lines_next(in, &line, &len, err)) > IO_LINE_EOF && kind != IO_LINE_AGAIN) {
		if (kind == IO_LINE_LONG)
			ask(a, "", 0);
		else if (!cmd_blank(line, len))
			ask(a, line, len);
		explicit_bzero(line, len);
		if (!io_lines_waiting(in))
			break;
	}
	return kind;
}

static void
work(struct app *a)
{
	struct io_lines in;
	struct err err;
	int kind = IO_LINE_AGAIN;
	io_lines_init(&in, STDIN_FILENO, LINE_MAX_);
	while (!cmd_stop && (kind > IO_LINE_EOF || net_bearer_pending(a->b) > 0)) {
		bool listen = kind > IO_LINE_EOF && net_bearer_pending(a->b) < PENDING_MAX, readable = false;
		if (cmd_flush(&a->c) < 0)
			break;
		if (listen && io_lines_waiting(&in))
			readable = true;
		else if (net_bearer_work(a->b, listen ? STDIN_FILENO : -1, 1000, &readable, &err) < 0) {
			a->status = cmd_fail(&a->c, &err, NULL);
			break;
		}
		if (readable)
			kind = read_tokens(a, &in, &err);
	}
	if (kind < 0)
		a->status = cmd_fail(&a->c, &err, "standard input");
	io_lines_clear(&in);
}

static int
prepare(struct app *a, struct err *err)
{
	static const struct rlimit none;
	struct net_bearer_options o = {.user_agent = a->c.conf.user_agent, .timeout = a->c.conf.homeserver_timeout};
	struct sandbox want = {
	    .kind = SANDBOX_CONNECT,
	    .read = {"/etc/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", NULL}};
	(void)setrlimit(RLIMIT_CORE, &none); /* tokens do not end up in files */
	a->b = net_bearer_new(&o, err);
	return a->b == NULL ? -1 : cmd_close_in(&a->c, &want, err);
}

int
main(int argc, char **argv)
{
	struct app a = {0};
	const char *homeserver = NULL;
	struct err err;
	int opt;

	cmd_init(&a.c, argv[0]);
	while ((opt = getopt_long(argc, argv, CMD_SHORT "a", options, NULL)) != -1) {
		if (opt == 'a')
			a.admin = true;
		else if (opt == OPT_HOMESERVER)
			homeserver = optarg;
		else if (!cmd_option(&a.c, opt, optarg, usage))
			cmd_usage(&a.c, usage);
	}
	if (optind < argc)
		cmd_misuse(&a.c, usage, "a token is read from standard input, never from the command line");

	cmd_configure(&a.c);
	if (homeserver != NULL)
		cmd_set(&a.c, "homeserver", homeserver);
	a.homeserver = a.c.conf.homeserver;

	if (prepare(&a, &err) < 0)
		a.status = cmd_fail(&a.c, &err, NULL);
	else
		work(&a);

	net_bearer_free(a.b);
	if (cmd_stop)
		a.status = EXIT_REFUSED;
	return cmd_leave(&a.c, a.status);
}
