/* What is known already?  The head and the tail of a pipeline made by hand, and a look into the store. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preview/stages.h"
#include "store/cache.h"
#include "url/url.h"

static const char usage[] =
    "usage: mxpreview-cache [-hqvV] [-c FILE] [-d DIR] [--server-name NAME] get|put\n"
    "       mxpreview-cache [-hqvV] [-c FILE] [-d DIR] [FILTER ...] [--format json|table] list|stat\n"
    "       mxpreview-cache [-hqvV] [-c FILE] [-d DIR] [FILTER ...] show|forget [URL ...]\n"
    "\n"
    "get, put: filters of records; get answers what is known, put keeps what was found out.\n"
    "list: all previews, newest first; show: those of a URL with their JSON; forget: removes them; stat: how many\n"
    "there are.  show and forget want URLs or a filter.\n"
    "\n"
    "      --host HOST       only what is of that host or below it\n"
    "      --before TIME     only what is older: RFC 3339, ms since the epoch, or an age (30d)\n"
    "      --older-than AGE  the same\n"
    "      --failures        failures instead of previews (list)\n"
    "      --format FORMAT   json: one object a line; table: for people.  On a terminal a table, else json\n"
    "      --server-name N   the server in mxc:// names (put)\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      accepted for likeness; this command parses nothing from the net\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_SERVER_NAME = CMD_OPT_FIRST, OPT_HOST, OPT_BEFORE, OPT_OLDER_THAN, OPT_FAILURES, OPT_FORMAT };

static const struct option options[] = {
    CMD_LONG,
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {"host", required_argument, NULL, OPT_HOST},
    {"before", required_argument, NULL, OPT_BEFORE},
    {"older-than", required_argument, NULL, OPT_OLDER_THAN},
    {"failures", no_argument, NULL, OPT_FAILURES},
    {"format", required_argument, NULL, OPT_FORMAT},
    {NULL, 0, NULL, 0},
};

struct app {
	struct cmd c;
	const char *server_name;
	struct store *store;
	struct store_blobs blobs;
	struct stage_cache cache;
	const char *host; /* filters: NULL and 0 let everything pass */
	int64_t before;
	bool failures, table;
	int64_t shown;
	int64_t only; /* while rows of one URL are shown: that of this time */
	bool warned;
};

/* ---- filters ---------------------------------------------------------------------------------------- */

/* The records carry what went wrong; who throws them away is told once that the database does not work. */
static int
told(struct app *a, int rc, const struct err *err)
{
	if (rc < 0 && !a->warned)
		cmd_warn(&a->c, "%s", err->text);
	a->warned = a->warned || rc < 0;
	return rc;
}

static int
get_one(void *arg, struct record *rec, struct err *err)
{
	struct app *a = arg;
	return told(a, stage_cache_get(&a->cache, rec, err), err);
}

/* Failed records come here too: they are remembered. */
static int
put_one(void *arg, struct record *rec, struct err *err)
{
	struct app *a = arg;
	stage_finish(rec, a->c.conf.server_name);
	return told(a, stage_cache_put(&a->cache, rec, NULL, err), err);
}

/* ---- which rows ----------------------------------------------------------------------------------------- */

static bool
filtered(const struct app *a)
{
	return a->host != NULL || a->before != 0;
}

/* The host itself or one below it. */
static bool
of_host(const char *url, const char *host)
{
	struct url u;
	bool is = false;
	if (url_parse(&u, url, NULL) < 0)
		return false;
	size_t n = u.host != NULL ? strlen(u.host) : 0, m = strlen(host);
	if (n >= m && str_ieq(u.host + n - m, host))
		is = n == m || u.host[n - m - 1] == '.';
	url_clear(&u);
	return is;
}

static bool
passes(const struct app *a, const char *url, const struct store_preview *p)
{
	return (a->before == 0 || p->download_ts < a->before) && (a->host == NULL || of_host(url, a->host));
}

/* ---- looking through ---------------------------------------------------------------------------------- */

static void
set_some(struct json *j, const char *key, int64_t value)
{
	if (value > 0)
		json_set_int(j, key, value);
}

static struct json *
row(const char *url, const struct store_preview *p)
{
	struct json *j = json_object();
	json_set_str(j, "url", url);
	json_set_int(j, "status", p->status);
	json_set_str(j, "media_id", p->media_id);
	if (p->etag != NULL)
		json_set_str(j, "etag", p->etag);
	if (p->language != NULL && *p->language != '\0')
		json_set_str(j, "language", p->language);
	json_set_int(j, "download_ts", p->download_ts);
	json_set_int(j, "expires_ts", p->expires_ts);
	set_some(j, "stale_ts", p->stale_ts > p->expires_ts ? p->stale_ts : 0);
	set_some(j, "error_ts", p->error_ts > p->expires_ts ? p->error_ts : 0);
	return j;
}

static void
set_failure(struct json *j, const struct store_preview *p)
{
	json_del(j, "media_id");
	json_set_str(j, "errcode", p->errcode);
	json_set_str(j, "error", p->error);
	if (p->class != NULL && *p->class != '\0')
		json_set_str(j, "class", p->class);
	set_some(j, "http_status", p->http_status);
	json_set_int(j, "failures", p->failures);
}

static int
print(struct app *a, struct json *take)
{
	struct buf line;
	buf_init(&line, RECORD_LINE_MAX);
	(void)json_write(take, 0, &line);
	(void)buf_addc(&line, '\n');
	int rc = cmd_out(&a->c, line.p, line.len);
	buf_clear(&line);
	json_free(take);
	a->shown++;
	return rc < 0 || cmd_stop ? 1 : 0;
}

/* "3d", "12h", "5m", "7s": the largest unit. */
static void
add_span(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		char letter;
	} unit[] = {{86400000, 'd'}, {3600000, 'h'}, {60000, 'm'}, {1000, 's'}};
	size_t i = 0;
	while (i < 3 && ms < unit[i].ms)
		i++;
	(void)buf_addf(out, "%4lld%c ", (long long)(ms / unit[i].ms), unit[i].letter);
}

/* For a terminal: nothing in a URL may speak to it. */
static int
print_row(struct app *a, const char *url, const struct store_preview *p)
{
	struct buf line;
	int64_t now = cmd_now(), left = p->expires_ts - now;
	uint32_t cp;
	buf_init(&line, RECORD_LINE_MAX);
	if (a->shown++ == 0)
		(void)buf_adds(&line, "  age   left status url\n");
	add_span(&line, now > p->download_ts ? now - p->download_ts : 0);
	if (left > 0)
		add_span(&line, left);
	else
		(void)buf_adds(&line, "    - ");
	(void)buf_addf(&line, " %5lld ", (long long)p->status);
	for (size_t n = strlen(url), at = 0, len; at < n; at += len) {
		len = utf8_next(url + at, n - at, &cp);
		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
			(void)buf_addc(&line, '?');
		else
			(void)buf_add(&line, url + at, len);
	}
	(void)buf_addc(&line, '\n');
	int rc = cmd_out(&a->c, line.p, line.len);
	buf_clear(&line);
	return rc < 0 || cmd_stop ? 1 : 0;
}

static int
list_one(void *arg, const char *url, const struct store_preview *p)
{
	struct app *a = arg;
	if (!passes(a, url, p))
		return cmd_stop != 0;
	if (a->table)
		return print_row(a, url, p);
	struct json *j = row(url, p);
	if (p->failure)
		set_failure(j, p);
	return print(a, j);
}

static int
show_one(void *arg, const char *url, const struct store_preview *p)
{
	struct app *a = arg;
	struct err err;
	if (!passes(a, url, p) || (a->only != 0 && (p->failure || p->download_ts != a->only)))
		return 0;
	struct json *j = row(url, p);
	if (p->failure)
		set_failure(j, p);
	else
		json_set(j, "og", p->og != NULL ? json_parse(p->og, strlen(p->og), &err) : NULL);
	return print(a, j);
}

/* A row of the list has no "og": it is looked up. */
static int
show_listed(void *arg, const char *url, const struct store_preview *p)
{
	struct app *a = arg;
	struct err err;
	if (!passes(a, url, p))
		return cmd_stop != 0;
	a->only = p->download_ts;
	if (store_cache_show(a->store, url, show_one, a, &err) < 0)
		return 1;
	return cmd_stop != 0;
}

static int
forget_one(struct app *a, const char *url, struct err *err)
{
	int64_t n = 0;
	if (store_cache_forget(a->store, url, &n, err) < 0)
		return -1;
	struct json *j = json_object();
	json_set_str(j, "url", url);
	json_set_int(j, "forgotten", n);
	(void)print(a, j);
	return n > 0 ? 0 : err_set(err, ERR_NOTFOUND, "%s: not in the cache", url);
}

static int
chosen(void *arg, const char *url, const struct store_preview *p)
{
	return passes(arg, url, p);
}

static int
forget_filtered(struct app *a, struct err *err)
{
	int64_t n = 0;
	int rc = store_cache_forget_if(a->store, chosen, a, &n, err);
	struct json *j = json_object();
	json_set_int(j, "forgotten", n);
	(void)print(a, j);
	return rc;
}

/* ---- counting -------------------------------------------------------------------------------------------- */

struct tally {
	const struct app *a;
	int64_t now, n, fresh;
};

static int
count_one(void *arg, const char *url, const struct store_preview *p)
{
	struct tally *t = arg;
	if (passes(t->a, url, p)) {
		t->n++;
		t->fresh += p->expires_ts > t->now;
	}
	return cmd_stop != 0;
}

/* With a filter: what has a URL of its own. */
static int
count_filtered(struct app *a, int64_t now, struct store_stat *s, struct err *err)
{
	struct tally previews = {.a = a, .now = now}, failures = previews;
	if (store_cache_list(a->store, count_one, &previews, err) < 0 ||
	    store_failure_list(a->store, count_one, &failures, err) < 0)
		return -1;
	*s = (struct store_stat){
	    .previews = previews.n, .fresh = previews.fresh, .failures = failures.n, .failures_fresh = failures.fresh};
	return 0;
}

static int
stat_all(struct app *a, struct err *err)
{
	struct store_stat s = {0};
	int64_t now = cmd_now();
	int rc = filtered(a) ? count_filtered(a, now, &s, err) : store_cache_stat(a->store, now, &s, err);
	if (rc < 0)
		return -1;
	const struct {
		const char *key;
		int64_t n;
		bool always;
	} rows[] = {{"previews", s.previews, true},
		    {"fresh", s.fresh, true},
		    {"stale", s.previews - s.fresh, true},
		    {"failures", s.failures, true},
		    {"failures_fresh", s.failures_fresh, true},
		    {"images", s.images, false},
		    {"images_fresh", s.images_fresh, false},
		    {"media", s.media, false},
		    {"media_bytes", s.media_bytes, false},
		    {"thumbs", s.thumbs, false},
		    {"thumb_bytes", s.thumb_bytes, false}};
	struct json *j = json_object();
	struct buf text;
	buf_init(&text, RECORD_LINE_MAX);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!rows[i].always && filtered(a))
			continue;
		json_set_int(j, rows[i].key, rows[i].n);
		(void)buf_addf(&text, "%-14s %12lld\n", rows[i].key, (long long)rows[i].n);
	}
	if (a->table) {
		(void)cmd_out(&a->c, text.p, text.len);
		json_free(j);
	} else {
		(void)print(a, j);
	}
	buf_clear(&text);
	return 0;
}

/* ---- */

static int
each_url(struct app *a, const char *verb, char **urls)
{
	struct err err;
	int status = 0;
	for (; *urls != NULL && !cmd_stop; urls++) {
		int64_t before = a->shown;
		int rc = str_eq(verb, "forget") ? forget_one(a, *urls, &err)
						: store_cache_show(a->store, *urls, show_one, a, &err);
		if (rc == 0 && a->shown == before)
			rc = err_set(&err, ERR_NOTFOUND, "%s: not in the cache", *urls);
		if (rc < 0)
			status = cmd_fail(&a->c, &err, NULL);
	}
	return status;
}

static int
run(struct app *a, char **argv)
{
	const char *verb = argv[0];
	struct err err;
	int rc;
	if (str_eq(verb, "get"))
		return cmd_filter(&a->c, "cache", get_one, a);
	if (str_eq(verb, "put"))
		return cmd_filter_all(&a->c, "cache", put_one, a);
	if (argv[1] != NULL)
		return each_url(a, verb, argv + 1);
	if (str_eq(verb, "list"))
		rc = a->failures ? store_failure_list(a->store, list_one, a, &err)
				 : store_cache_list(a->store, list_one, a, &err);
	else if (str_eq(verb, "stat"))
		rc = stat_all(a, &err);
	else if (str_eq(verb, "show"))
		rc = store_cache_list(a->store, show_listed, a, &err);
	else
		rc = forget_filtered(a, &err);
	return rc == 0 ? 0 : cmd_fail(&a->c, &err, NULL);
}

/* What is asked for one by one needs no filter, and what goes for all of a kind needs one. */
static void
check_operands(const struct app *a, char **argv)
{
	static const char *const verbs[] = {"get", "put", "list", "stat", "show", "forget"};
	for (size_t i = 0; argv[0] != NULL && i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_eq(argv[0], verbs[i]) && (i < 4 ? argv[1] == NULL : (argv[1] != NULL) != filtered(a)))
			return;
	if (argv[0] != NULL)
		cmd_misuse(&a->c, usage, "not understood: %s", argv[0]);
	cmd_usage(&a->c, usage);
}

static void
parse_options(struct app *a, int argc, char **argv)
{
	int opt;
	a->table = isatty(STDOUT_FILENO);
	while ((opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1) {
		if (opt == OPT_SERVER_NAME)
			a->server_name = optarg;
		else if (opt == OPT_HOST)
			a->host = optarg;
		else if (opt == OPT_FAILURES)
			a->failures = true;
		else if (opt == OPT_FORMAT && (str_eq(optarg, "json") || str_eq(optarg, "table")))
			a->table = str_eq(optarg, "table");
		else if (opt == OPT_FORMAT)
			cmd_misuse(&a->c, usage, "no such format: %s", optarg);
		else if ((opt == OPT_BEFORE || opt == OPT_OLDER_THAN) &&
			 (cmd_when(optarg, &a->before) < 0 || a->before <= 0))
			cmd_misuse(&a->c, usage, "not a time: %s", optarg);
		else if (opt != OPT_BEFORE && opt != OPT_OLDER_THAN && !cmd_option(&a->c, opt, optarg, usage))
			cmd_usage(&a->c, usage);
	}
}

int
main(int argc, char **argv)
{
	struct app a = {.blobs = {.dirfd = -1}};
	struct err err;
	int status;

	cmd_init(&a.c, argv[0]);
	parse_options(&a, argc, argv);
	check_operands(&a, argv + optind);

	cmd_configure(&a.c);
	if (a.server_name != NULL)
		cmd_set(&a.c, "server_name", a.server_name);

	a.store = store_open(a.c.store, &err);
	bool opened = a.store != NULL && store_blobs_open(&a.blobs, a.c.store, true, &err) == 0;
	cmd_cache(&a.c, &a.cache);
	a.cache.store = a.store;
	a.cache.blobs = &a.blobs;

	status = opened ? run(&a, argv + optind) : cmd_fail(&a.c, &err, NULL);
	store_blobs_close(&a.blobs);
	store_close(a.store);
	return cmd_leave(&a.c, status);
}
