/* What is known already?  The head and the tail of a pipeline made by hand, and a look into the store. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "preview/stages.h"
#include "store/cache.h"

static const char usage[] =
    "usage: mxpreview-cache [-hqvV] [-c FILE] [-d DIR] [--server-name NAME] get|put|list\n"
    "       mxpreview-cache [-hqvV] [-c FILE] [-d DIR] show|forget URL ...\n"
    "\n"
    "get, put: filters of records; get answers what is known, put keeps what was found out.\n"
    "list: all previews, newest first; show: those of a URL with their JSON; forget: removes them.\n"
    "\n"
    "      --server-name N   the server in mxc:// names (put)\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      accepted for likeness; this command parses nothing from the net\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_SERVER_NAME = CMD_OPT_FIRST };

static const struct option options[] = {
    CMD_LONG,
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {NULL, 0, NULL, 0},
};

struct app {
	struct cmd c;
	const char *server_name;
	struct store *store;
	struct stage_cache cache;
	int64_t shown;
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
	return told(a, stage_cache_put(&a->cache, rec, err), err);
}

/* ---- looking through ---------------------------------------------------------------------------------- */

static struct json *
row(const char *url, const struct store_preview *p)
{
	struct json *j = json_object();
	json_set_str(j, "url", url);
	json_set_int(j, "status", p->status);
	json_set_str(j, "media_id", p->media_id);
	if (p->etag != NULL)
		json_set_str(j, "etag", p->etag);
	json_set_int(j, "download_ts", p->download_ts);
	json_set_int(j, "expires_ts", p->expires_ts);
	return j;
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

static int
list_one(void *arg, const char *url, const struct store_preview *p)
{
	return print(arg, row(url, p));
}

static int
show_one(void *arg, const char *url, const struct store_preview *p)
{
	struct app *a = arg;
	struct err err;
	struct json *j = row(url, p);
	if (p->failure) {
		json_set_str(j, "errcode", p->errcode);
		json_set_str(j, "error", p->error);
	} else {
		json_set(j, "og", p->og != NULL ? json_parse(p->og, strlen(p->og), &err) : NULL);
	}
	return print(a, j);
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

/* ---- */

static int
each_url(struct app *a, const char *verb, char **urls)
{
	struct err err;
	int status = 0;
	if (*urls == NULL)
		cmd_usage(&a->c, usage);
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
	if (str_eq(verb, "get"))
		return cmd_filter(&a->c, "cache", get_one, a);
	if (str_eq(verb, "put"))
		return cmd_filter_all(&a->c, "cache", put_one, a);
	if (str_eq(verb, "list"))
		return store_cache_list(a->store, list_one, a, &err) == 0 ? 0 : cmd_fail(&a->c, &err, NULL);
	return each_url(a, verb, argv + 1);
}

static void
check_operands(const struct app *a, char **argv)
{
	static const char *const verbs[] = {"get", "put", "list", "show", "forget"};
	for (size_t i = 0; argv[0] != NULL && i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_eq(argv[0], verbs[i]) && (i > 2 || argv[1] == NULL))
			return;
	if (argv[0] != NULL)
		cmd_misuse(&a->c, usage, "not understood: %s", argv[0]);
	cmd_usage(&a->c, usage);
}

int
main(int argc, char **argv)
{
	struct app a = {0};
	struct err err;
	int opt, status;

	cmd_init(&a.c, argv[0]);
	while ((opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1) {
		if (opt == OPT_SERVER_NAME)
			a.server_name = optarg;
		else if (!cmd_option(&a.c, opt, optarg, usage))
			cmd_usage(&a.c, usage);
	}
	check_operands(&a, argv + optind);

	cmd_configure(&a.c);
	if (a.server_name != NULL)
		cmd_set(&a.c, "server_name", a.server_name);

	a.store = store_open(a.c.store, &err);
	a.cache = (struct stage_cache){.store = a.store,
				       .ttl = a.c.conf.ttl,
				       .max_ttl = a.c.conf.max_ttl,
				       .failure_ttl = a.c.conf.failure_ttl,
				       .now = cmd_now};

	status = a.store != NULL ? run(&a, argv + optind) : cmd_fail(&a.c, &err, NULL);
	store_close(a.store);
	return cmd_leave(&a.c, status);
}
