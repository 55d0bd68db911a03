/* Who goes there?  The only process with a network: brings what records want, or one document for a person. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/connect.h"
#include "cmd/fetch-site.h"
#include "cmd/fetch-tell.h"
#include "cmd/sandbox.h"
#include "net/net.h"
#include "preview/stage_fetch.h"
#include "store/store.h"
#include "url/url.h"

/* Records are read ahead of the transfers, so that a host that is full or dead does not hold up the others: so many, of a
 * few KB each, and of so many bytes. */
enum { AHEAD_MIN = 1024, AHEAD_PER_JOB = 64, AHEAD_BYTES = 16 << 20, WISHES_MAX = 64, WAIT_MAX = 1000 };

static const char usage[] =
    "usage: mxpreview-fetch [-hqvV] [-c FILE] [-d DIR] [-j N] [--allow-ip CIDR]... [--lang TAGS]\n"
    "                       [URL ...]\n"
    "       mxpreview-fetch --body [-hqvV] [-c FILE] [--allow-ip CIDR]... [--lang TAGS] URL ...\n"
    "\n"
    "Brings the documents that records want: records (or URLs) from standard input, or URLs as operands; records to\n"
    "standard output as they are done, in any order.\n"
    "\n"
    "      --body            the documents themselves to standard output, nothing to the store\n"
    "  -j, --jobs N          transfers in flight at once\n"
    "      --allow-ip CIDR   addresses that may be fetched from although they are not public; repeatable\n"
    "      --lang TAGS       languages to ask for, as in Accept-Language; a record's own go before them\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where documents are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say each answer on the way; twice: the lines of its head, and of the question\n"
    "      --no-sandbox      do not close in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_BODY = CMD_OPT_FIRST, OPT_ALLOW_IP, OPT_LANG };

static const struct option options[] = {
    CMD_LONG,
    {"jobs", required_argument, NULL, 'j'},
    {"body", no_argument, NULL, OPT_BODY},
    {"allow-ip", required_argument, NULL, OPT_ALLOW_IP},
    {"lang", required_argument, NULL, OPT_LANG},
    {NULL, 0, NULL, 0},
};

struct app {
	struct cmd c;
	const char *wish[WISHES_MAX][2]; /* key and value of what options set, applied after the file */
	size_t wishes;
	bool body;
	const char *ca_file, *ca_path; /* from the environment, or NULL */
	char **urls;		       /* operands, NULL-terminated */
	struct url_policy *policy;
	struct cmd_connector connector;
	struct fetch_site site;
	struct net *net;
	struct store_blobs blobs;
	struct stage_fetch *stage;
	struct io_lines in;
	bool readable, eof;
	bool failed, again; /* what the exit status is made of */
};

/* ---- options --------------------------------------------------------------------------------------- */

static void
wish(struct app *a, const char *key, const char *value)
{
	if (a->wishes == WISHES_MAX) {
		cmd_warn(&a->c, "more than %d options", WISHES_MAX);
		exit(EXIT_USAGE);
	}
	a->wish[a->wishes][0] = key;
	a->wish[a->wishes++][1] = value;
}

static void
parse_options(struct app *a, int argc, char **argv)
{
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT "j:", options, NULL)) != -1) {
		if (opt == 'j')
			wish(a, "jobs", optarg);
		else if (opt == OPT_ALLOW_IP)
			wish(a, "allow_ip", optarg);
		else if (opt == OPT_LANG)
			wish(a, "accept_language", optarg);
		else if (opt == OPT_BODY)
			a->body = true;
		else if (!cmd_option(&a->c, opt, optarg, usage))
			cmd_usage(&a->c, usage);
	}
	a->urls = argv + optind;
	if (a->body && a->urls[0] == NULL)
		cmd_usage(&a->c, usage);
}

static void
configure(struct app *a)
{
	cmd_configure(&a->c);
	for (size_t i = 0; i < a->wishes; i++)
		cmd_set(&a->c, a->wish[i][0], a->wish[i][1]);
}

/* ---- doors --------------------------------------------------------------------------------------------- */

/* What OpenSSL's own tools take their certificates from.  Debian's bundle holds what stands in the hashed directory,
 * which is the default and much quicker to read: naming it changes nothing. */
static const char *
trust(const char *v)
{
	if (v == NULL || v[0] == '\0' || access(v, R_OK) < 0 || str_eq(v, "/etc/ssl/certs/ca-certificates.crt"))
		return NULL;
	return v;
}

static struct net *
open_net(struct app *a, struct err *err)
{
	const struct conf *conf = &a->c.conf;
	struct net_options o;
	net_options_default(&o);
	o.policy = a->policy;
	o.user_agent = conf->user_agent;
	o.accept_language = conf->accept_language;
	o.ca_file = a->ca_file;
	o.ca_path = a->ca_path;
	o.max_body = conf->max_spider_size;
	o.max_ratio = conf->max_ratio;
	o.max_header_bytes = conf->max_header_bytes;
	o.max_header_count = conf->max_header_count;
	o.max_redirects = conf->max_redirects;
	o.connect_timeout = conf->connect_timeout;
	o.header_timeout = conf->header_timeout;
	o.idle_timeout = conf->idle_timeout;
	o.min_speed = conf->min_speed;
	o.total_timeout = conf->total_timeout;
	o.jobs = conf->jobs < NET_JOBS_MAX ? conf->jobs : NET_JOBS_MAX;
	o.clock = cmd_clock;
	o.http2 = conf->http2;
	o.proxy = conf->proxy;
	o.lookup_fd = a->connector.lookup_fd;
	/* Only behind a filter does libcurl's connect(2) leave a socket alone that the connector has set out. */
	if (!a->c.no_sandbox && sandbox_filters())
		o.open_fd = a->connector.open_fd;
	fetch_site_options(&a->site, &o);
	struct net *net = net_new(&o, err);
	if (net == NULL)
		return NULL;
	a->connector.lookup_fd = -1; /* the net's now */
	if (o.open_fd >= 0)
		a->connector.open_fd = -1;
	return net;
}

/* With a proxy names are looked up there: cmd_policy() has seen that the owner knows. */
static int
open_connector(struct app *a, struct err *err)
{
	const struct conf *conf = &a->c.conf;
	struct net_connector o = {.policy = a->policy};
	char *host = NULL;
	if (conf->proxy != NULL && net_proxy_parse(conf->proxy, &host, &o.proxy_port, err) < 0)
		return -1;
	o.proxy_host = host;
	int rc = cmd_connector_start(&a->c, &a->connector, &o, err);
	mem_free(host);
	return rc;
}

/* Standard input must not hold up the transfers when half a line has come.  A pipe or terminal is opened anew, because
 * O_NONBLOCK on the descriptor that was inherited would change it for others too. */
static int
open_input(struct err *err)
{
	struct stat st;
	if (fstat(STDIN_FILENO, &st) < 0)
		return err_sys(err, "standard input");
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		int fd = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (fd >= 0)
			return fd;
	}
	if (!S_ISREG(st.st_mode) && io_nonblock(STDIN_FILENO, err) < 0)
		return -1;
	return STDIN_FILENO;
}

static struct net_bounds
bounds(const struct conf *conf)
{
	return (struct net_bounds){.min_ttl = conf->min_ttl,
				   .ttl = conf->ttl,
				   .max_ttl = conf->max_ttl,
				   .stale_while_revalidate = conf->stale_while_revalidate,
				   .stale_if_error = conf->stale_if_error};
}

static void
on_hop(void *arg, const struct net_hop *h)
{
	const struct app *a = arg;
	const struct net_bounds b = bounds(&a->c.conf);
	fetch_tell_hop(&a->c, &b, h);
}

static void
on_line(void *arg, bool sent, const char *p, size_t n)
{
	const struct app *a = arg;
	fetch_tell_line(&a->c, sent, p, n);
}

static void on_record(void *arg, struct record *rec, const struct err *err);

static int
open_stage(struct app *a, struct err *err)
{
	if (store_blobs_open(&a->blobs, a->c.store, true, err) < 0)
		return -1;
	a->stage = stage_fetch_new(&(struct stage_fetch_options){
	    .net = a->net,
	    .blobs = &a->blobs,
	    .bounds = bounds(&a->c.conf),
	    .media_max = a->c.conf.max_upload_size,
	    .media_timeout = a->c.conf.media_timeout,
	    .now = cmd_now,
	    .arg = a,
	    .done = on_record,
	    .hop = a->c.verbose > 0 ? on_hop : NULL,
	    .line = a->c.verbose > 1 ? on_line : NULL,
	});
	int fd = a->urls[0] == NULL ? open_input(err) : -1;
	if (fd < 0 && a->urls[0] == NULL)
		return -1;
	io_lines_init(&a->in, fd, RECORD_LINE_MAX);
	a->readable = true;
	return 0;
}

static int
open_doors(struct app *a, struct err *err)
{
	a->ca_file = trust(getenv("SSL_CERT_FILE"));
	a->ca_path = trust(getenv("SSL_CERT_DIR"));
	(void)unsetenv("SSLKEYLOGFILE"); /* libcurl would write the secrets of every connection there */
	a->policy = cmd_policy(&a->c);
	a->site = (struct fetch_site){
	    .c = &a->c, .sites = conf_sites_new(&a->c.conf, err), .blobs = a->body ? NULL : &a->blobs};
	if (a->site.sites == NULL || open_connector(a, err) < 0)
		return -1;
	a->net = open_net(a, err);
	if (a->net == NULL)
		return -1;
	return a->body ? 0 : open_stage(a, err);
}

static int
close_in(struct app *a, struct err *err)
{
	struct sandbox want = {.kind = SANDBOX_FETCH};
	char *blobs = NULL;
	size_t n = 0;
	if (a->ca_file != NULL)
		want.read[n++] = a->ca_file;
	if (a->ca_path != NULL)
		want.read[n++] = a->ca_path;
	if (!a->body) /* the blobs only: the database beside them is nobody's business here */
		want.write[0] = blobs = mem_printf("%s/" STORE_URL_CACHE, a->c.store);
	int rc = cmd_close_in(&a->c, &want, err);
	mem_free(blobs);
	return rc;
}

/* ---- records --------------------------------------------------------------------------------------------- */

static void
remember(struct app *a, const struct err *err)
{
	if (err_exit(err) == EXIT_AGAIN)
		a->again = true;
	else if (err->code != ERR_NONE)
		a->failed = true;
}

static void
on_record(void *arg, struct record *rec, const struct err *err)
{
	struct app *a = arg;
	if (err->code != ERR_NONE)
		cmd_note(&a->c, "%s: %s", record_url(rec), err->text);
	remember(a, err);
	(void)cmd_out_record(&a->c, rec);
	record_clear(rec);
}

/* One line of input.  What is no record is answered at once. */
static void
take_line(struct app *a, int kind, const char *line, size_t len)
{
	struct record rec;
	struct err err = {0};
	if (kind == IO_LINE_LONG) {
		(void)err_http(&err, ERR_LIMIT, 400, "M_TOO_LARGE", "line is longer than %zu bytes", RECORD_LINE_MAX);
		record_from_url(&rec, "");
		record_fail(&rec, "record", &err);
		on_record(a, &rec, &err);
	} else if (record_read(&rec, line, len, &err) < 0) {
		on_record(a, &rec, &err);
	} else {
		stage_fetch_add(a->stage, &rec, len);
	}
}

static bool
room(const struct app *a)
{
	size_t most = (size_t)a->c.conf.jobs * AHEAD_PER_JOB;
	return stage_fetch_pending(a->stage) < (most > AHEAD_MIN ? most : AHEAD_MIN) &&
	       stage_fetch_bytes(a->stage) < AHEAD_BYTES;
}

static int
read_lines(struct app *a, struct err *err)
{
	char *line = NULL;
	size_t len = 0;
	while (a->readable && !a->eof && room(a)) {
		int kind = io_lines_next(&a->in, &line, &len, err);
		if (kind < 0)
			return err_add(err, "standard input");
		if (kind == IO_LINE_EOF)
			a->eof = true;
		else if (kind == IO_LINE_AGAIN)
			a->readable = false;
		else if (kind == IO_LINE_LONG || !cmd_blank(line, len))
			take_line(a, kind, line, len);
	}
	return 0;
}

static int
feed(struct app *a, struct err *err)
{
	if (a->in.fd >= 0)
		return read_lines(a, err);
	while (*a->urls != NULL && room(a))
		take_line(a, IO_LINE_OK, *a->urls, strlen(*a->urls)), a->urls++;
	a->eof = *a->urls == NULL;
	return 0;
}

static int
filter(struct app *a, struct err *err)
{
	while (!cmd_stop) {
		bool readable = false;
		if (feed(a, err) < 0 || net_work(a->net, err) < 0)
			return -1;
		if (a->eof && stage_fetch_pending(a->stage) == 0)
			return 0;
		if (cmd_flush(&a->c) < 0)
			return 0; /* cmd_leave says why */
		bool listen = !a->eof && !a->readable && a->in.fd >= 0;
		if (room(a) && !a->eof && !listen)
			continue; /* records went through without waiting: there is more to read */
		if (net_wait(a->net, listen && room(a) ? a->in.fd : -1, WAIT_MAX, &readable, err) < 0)
			return -1;
		a->readable |= readable;
	}
	return 0;
}

/* ---- bodies ---------------------------------------------------------------------------------------------- */

struct body {
	struct app *a;
	struct err err;
	bool done;
};

static int
body_data(void *arg, const void *p, size_t n, struct err *err)
{
	const struct body *b = arg;
	return cmd_out(&b->a->c, p, n) == 0 ? 0 : err_set(err, ERR_SYS, "standard output");
}

static void
body_hop(void *arg, const struct net_hop *h)
{
	const struct body *b = arg;
	on_hop(b->a, h);
}

static void
body_line(void *arg, bool sent, const char *p, size_t n)
{
	const struct body *b = arg;
	on_line(b->a, sent, p, n);
}

static void
body_done(void *arg, const struct net_response *r, const struct err *err)
{
	struct body *b = arg;
	(void)r;
	b->err = *err;
	b->done = true;
}

static int
one_body(struct app *a, const char *url, struct err *err)
{
	struct body b = {.a = a};
	bool readable = false;
	net_add(a->net, &(struct net_request){.url = url,
					      .arg = &b,
					      .line = a->c.verbose > 1 ? body_line : NULL,
					      .hop = body_hop,
					      .data = body_data,
					      .done = body_done});
	while (!b.done && !cmd_stop)
		if (net_work(a->net, err) < 0 || (!b.done && net_wait(a->net, -1, WAIT_MAX, &readable, err) < 0))
			return -1;
	if (cmd_flush(&a->c) < 0)
		return 0; /* cmd_leave says why */
	if (b.err.code != ERR_NONE)
		cmd_warn(&a->c, "%s: %s", url, b.err.text);
	remember(a, &b.err);
	return 0;
}

static int
bodies(struct app *a, struct err *err)
{
	int rc = 0;
	for (; rc == 0 && *a->urls != NULL && !cmd_stop; a->urls++)
		rc = one_body(a, *a->urls, err);
	return rc;
}

/* ---- main -------------------------------------------------------------------------------------------------- */

static void
close_doors(struct app *a)
{
	net_free(a->net);
	cmd_connector_wait(&a->connector);
	stage_fetch_free(a->stage);
	if (!a->body && a->stage != NULL) {
		io_lines_clear(&a->in);
		store_blobs_close(&a->blobs);
	}
	conf_sites_free(a->site.sites);
	url_policy_free(a->policy);
}

int
main(int argc, char **argv)
{
	struct app a = {.connector = {.lookup_fd = -1, .open_fd = -1}};
	struct err err = {0};
	cmd_init(&a.c, argv[0]);
	parse_options(&a, argc, argv);
	configure(&a);

	int status = 0;
	if (open_doors(&a, &err) < 0)
		status = cmd_fail(&a.c, &err, NULL) == 1 && err.code == ERR_INPUT ? EXIT_USAGE : err_exit(&err);
	else if (close_in(&a, &err) < 0 || (a.body ? bodies(&a, &err) : filter(&a, &err)) < 0)
		status = cmd_fail(&a.c, &err, NULL);

	close_doors(&a);
	if (status == 0)
		status = a.failed || cmd_stop ? EXIT_REFUSED : a.again ? EXIT_AGAIN : 0;
	return cmd_leave(&a.c, status);
}
