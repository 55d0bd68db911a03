/* What is known already?  The head and the tail of a pipeline made by hand, and a look into the store. */
#include "cmd/cache-look.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preview/stages.h"
#include "store/store.h"
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
	struct url_policy *policy; /* of get; else NULL */
	struct stage_cache cache;
	struct cache_look look;
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

/* What was cached before it was forbidden is forbidden. */
static int
get_one(void *arg, struct record *rec, struct err *err)
{
	struct app *a = arg;
	if (stage_allowed(a->policy, record_url(rec), true, err) < 0)
		return -1;
	stage_drop_userinfo(rec);
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

static int
run(struct app *a, char **argv)
{
	const char *verb = argv[0];
	struct err err;
	if (str_eq(verb, "get"))
		return cmd_filter(&a->c, "cache", get_one, a);
	if (str_eq(verb, "put"))
		return cmd_filter_all(&a->c, "cache", put_one, a);
	if (argv[1] != NULL)
		return cache_each_url(&a->look, verb, argv + 1);
	int rc = cache_look(&a->look, verb, &err);
	return rc == 0 ? 0 : cmd_fail(&a->c, &err, NULL);
}

/* What is asked for one by one needs no filter, and what goes for all of a kind needs one. */
static void
check_operands(const struct app *a, char **argv)
{
	static const char *const all[] = {"get", "put", "list", "stat"}, *const some[] = {"show", "forget"};
	bool named = argv[0] != NULL && argv[1] != NULL;
	for (size_t i = 0; argv[0] != NULL && i < sizeof all / sizeof all[0]; i++)
		if (str_eq(argv[0], all[i]) && !named)
			return;
		else if (str_eq(argv[0], all[i]))
			cmd_misuse(&a->c, usage, "%s takes no operands: %s", argv[0], argv[1]);
	for (size_t i = 0; argv[0] != NULL && i < sizeof some / sizeof some[0]; i++)
		if (str_eq(argv[0], some[i]) && named != cache_filtered(&a->look))
			return;
		else if (str_eq(argv[0], some[i]))
			cmd_misuse(&a->c, usage, "%s takes URLs or a filter (--host, --before)%s", argv[0],
				   named ? ", not both" : "");
	if (argv[0] != NULL)
		cmd_misuse(&a->c, usage, "not understood: %s", argv[0]);
	cmd_usage(&a->c, usage);
}

static void
parse_options(struct app *a, int argc, char **argv)
{
	int opt;
	a->look.table = isatty(STDOUT_FILENO);
	while ((opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1) {
		if (opt == OPT_SERVER_NAME)
			a->server_name = optarg;
		else if (opt == OPT_HOST)
			a->look.host = optarg;
		else if (opt == OPT_FAILURES)
			a->look.failures = true;
		else if (opt == OPT_FORMAT && (str_eq(optarg, "json") || str_eq(optarg, "table")))
			a->look.table = str_eq(optarg, "table");
		else if (opt == OPT_FORMAT)
			cmd_misuse(&a->c, usage, "no such format: %s", optarg);
		else if ((opt == OPT_BEFORE || opt == OPT_OLDER_THAN) &&
			 (cmd_when(optarg, &a->look.before) < 0 || a->look.before <= 0))
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
	a.look.c = &a.c;
	a.look.store = a.store;
	cmd_cache(&a.c, &a.cache);
	a.cache.store = a.store;
	a.cache.blobs = &a.blobs;
	if (str_eq(argv[optind], "get")) {
		a.cache.policy = a.policy = cmd_policy(&a.c);
		a.cache.rules = url_policy_has_rules(a.policy);
		a.cache.forbids = stage_forbids_by_rule;
	}

	status = opened ? run(&a, argv + optind) : cmd_fail(&a.c, &err, NULL);
	url_policy_free(a.policy);
	store_blobs_close(&a.blobs);
	store_close(a.store);
	return cmd_leave(&a.c, status);
}
