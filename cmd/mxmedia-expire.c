/* What goes?  Previews whose time is over, media by age, size, owner or name, what nothing names any more. */
#include "cmd/expire.h"

#include <getopt.h>
#include <string.h>

static const char usage[] =
    "usage: mxmedia-expire [-hnqvV] [-c FILE] [-d DIR] [--nowait] all|previews|retention\n"
    "       mxmedia-expire [-nqv] [--grace AGE] [--rows] orphans\n"
    "       mxmedia-expire [-nqv] [--local] --keep SIZE budget\n"
    "       mxmedia-expire [-nqv] --before TIME [--size-gt N] [--keep-profiles yes|no] [--unreferenced] local\n"
    "       mxmedia-expire [-nqv] --before TIME remote\n"
    "       mxmedia-expire [-nqv] [--from N] [--limit N] [--order-by KEY] [--dir f|b] user USER\n"
    "       mxmedia-expire [-nqv] delete [MXC ...]\n"
    "\n"
    "all: what a timer runs: previews, retention, budget, and orphans once a day, as the configuration says.\n"
    "previews: what is over; retention: by local_media_lifetime and remote_media_lifetime; budget: what was not used\n"
    "for longest; local, remote: what was not used since; user: a page of somebody's media; delete: by name, from\n"
    "standard input if none is given; orphans: files without rows, and rows without files.\n"
    "\n"
    "  -n, --dry-run         print what would go, one JSON object a line, and do nothing\n"
    "      --before TIME     RFC 3339, ms since the epoch, or an age (30d)\n"
    "      --size-gt N       only what is larger (K, M, G)\n"
    "      --keep-profiles W avatars stay: yes (the default) or no\n"
    "      --unreferenced    only what no event that mxmedia-index has read names\n"
    "      --keep SIZE       as much as may stay (K, M, G)\n"
    "      --local           budget: uploads too\n"
    "      --from N, --limit N, --order-by KEY, --dir f|b\n"
    "                        which page of the user's media: 0, 100, the newest first\n"
    "      --grace AGE       orphans: how old a file must be, instead of orphan_grace\n"
    "      --rows            orphans: uploads whose file is gone lose their row, too\n"
    "      --by USER         who does it, for the log\n"
    "      --reason TEXT     why, for the log\n"
    "      --nowait          exit with 75 if another expiry runs\n"
    "      --server-name N   the server whose media are ours\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what goes\n"
    "      --no-sandbox      accepted for likeness; this command parses nothing from the net\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum {
	OPT_BEFORE = CMD_OPT_FIRST,
	OPT_SIZE,
	OPT_PROFILES,
	OPT_UNREFERENCED,
	OPT_KEEP,
	OPT_LOCAL,
	OPT_FROM,
	OPT_LIMIT,
	OPT_ORDER,
	OPT_DIR,
	OPT_GRACE,
	OPT_ROWS,
	OPT_BY,
	OPT_REASON,
	OPT_NOWAIT,
	OPT_SERVER_NAME
};

static const struct option options[] = {
    CMD_LONG,
    {"dry-run", no_argument, NULL, 'n'},
    {"before", required_argument, NULL, OPT_BEFORE},
    {"size-gt", required_argument, NULL, OPT_SIZE},
    {"keep-profiles", required_argument, NULL, OPT_PROFILES},
    {"unreferenced", no_argument, NULL, OPT_UNREFERENCED},
    {"keep", required_argument, NULL, OPT_KEEP},
    {"local", no_argument, NULL, OPT_LOCAL},
    {"from", required_argument, NULL, OPT_FROM},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"order-by", required_argument, NULL, OPT_ORDER},
    {"dir", required_argument, NULL, OPT_DIR},
    {"grace", required_argument, NULL, OPT_GRACE},
    {"rows", no_argument, NULL, OPT_ROWS},
    {"by", required_argument, NULL, OPT_BY},
    {"reason", required_argument, NULL, OPT_REASON},
    {"nowait", no_argument, NULL, OPT_NOWAIT},
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {NULL, 0, NULL, 0},
};

/* ---- options ------------------------------------------------------------------------------------------------ */

static int64_t
number(const struct expire *a, const char *option, const char *arg, int (*read)(const char *, int64_t *))
{
	int64_t v = 0;
	if (read(arg, &v) < 0 || v < 0)
		cmd_misuse(&a->c, usage, "%s: not understood: %s", option, arg);
	return v;
}

static bool
yes_or_no(const struct expire *a, const char *arg)
{
	bool yes = str_eq(arg, "yes") || str_eq(arg, "true"), no = str_eq(arg, "no") || str_eq(arg, "false");
	if (!yes && !no)
		cmd_misuse(&a->c, usage, "--keep-profiles: yes or no: %s", arg);
	return yes;
}

static void
set_order(struct expire *a, const char *key)
{
	static const char *const column[] = {"media_id",     "upload_name", "created_ts",     "last_access_ts",
					     "media_length", "media_type",  "quarantined_by", "safe_from_quarantine"};
	for (size_t i = 0; i < sizeof column / sizeof column[0]; i++)
		if (str_eq(key, column[i]))
			a->page.order = column[i];
	if (!str_eq(a->page.order, key))
		cmd_misuse(&a->c, usage, "--order-by: no such key: %s", key);
}

static bool
page_option(struct expire *a, int opt, const char *arg)
{
	switch (opt) {
	case OPT_FROM:
		a->page.from = number(a, "--from", arg, str_int64);
		return true;
	case OPT_LIMIT:
		a->page.limit = number(a, "--limit", arg, str_int64);
		if (a->page.limit > EXPIRE_PAGE_MAX)
			cmd_misuse(&a->c, usage, "--limit: at most %d", EXPIRE_PAGE_MAX);
		return true;
	case OPT_ORDER:
		set_order(a, arg);
		return true;
	case OPT_DIR:
		if (!str_eq(arg, "f") && !str_eq(arg, "b"))
			cmd_misuse(&a->c, usage, "--dir: f or b: %s", arg);
		a->dir = arg;
		return true;
	default:
		return false;
	}
}

static bool
choice_option(struct expire *a, int opt, const char *arg)
{
	switch (opt) {
	case OPT_BEFORE:
		a->before = number(a, "--before", arg, cmd_when);
		return true;
	case OPT_SIZE:
		a->size = number(a, "--size-gt", arg, str_size);
		return true;
	case OPT_PROFILES:
		a->avatars_go = !yes_or_no(a, arg);
		return true;
	case OPT_UNREFERENCED:
		a->unreferenced = true;
		return true;
	case OPT_KEEP:
		a->keep = number(a, "--keep", arg, str_size);
		return true;
	case OPT_LOCAL:
		a->uploads = true;
		return true;
	case OPT_GRACE:
		a->grace = number(a, "--grace", arg, str_duration);
		return true;
	case OPT_ROWS:
		a->rows = true;
		return true;
	default:
		return page_option(a, opt, arg);
	}
}

static void
parse_options(struct expire *a, int argc, char **argv)
{
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT "n", options, NULL)) != -1) {
		if (opt == 'n')
			a->e.dry = true;
		else if (opt == OPT_BY)
			a->e.by = optarg;
		else if (opt == OPT_REASON)
			a->e.reason = optarg;
		else if (opt == OPT_NOWAIT)
			a->nowait = true;
		else if (opt == OPT_SERVER_NAME)
			a->server_name = optarg;
		else if (!choice_option(a, opt, optarg) && !cmd_option(&a->c, opt, optarg, usage))
			cmd_usage(&a->c, usage);
	}
}

/* ---- verbs --------------------------------------------------------------------------------------------------- */

static const struct verb {
	const char *name;
	int (*run)(struct expire *a, struct err *err);
	bool before, keep; /* needs --before, --keep */
	int operands;	   /* so many; -1: any number */
} verbs[] = {
    {"all", expire_all, false, false, 0},
    {"previews", expire_previews, false, false, 0},
    {"retention", expire_retention, false, false, 0},
    {"budget", expire_budget, false, true, 0},
    {"local", expire_local, true, false, 0},
    {"remote", expire_remote, true, false, 0},
    {"user", expire_user, false, false, 1},
    {"delete", expire_delete, false, false, -1},
    {"orphans", expire_orphans, false, false, 0},
};

static const struct verb *
find_verb(struct expire *a, int argc, char **argv)
{
	const struct verb *v = NULL;
	if (argc == 0)
		cmd_usage(&a->c, usage);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_eq(argv[0], verbs[i].name))
			v = &verbs[i];
	if (v == NULL)
		cmd_misuse(&a->c, usage, "not understood: %s", argv[0]);
	if (v->operands >= 0 && argc - 1 > v->operands)
		cmd_misuse(&a->c, usage, "%s: not understood: %s", v->name, argv[1 + v->operands]);
	if (argc - 1 < v->operands)
		cmd_misuse(&a->c, usage, "user: whose media?");
	if (v->before && a->before < 0)
		cmd_misuse(&a->c, usage, "%s needs --before TIME", v->name);
	if (v->before && a->before < STORE_BEFORE_MIN)
		cmd_misuse(&a->c, usage, "--before: that was in 1970; is it in seconds? It is meant in ms");
	if (v->keep && a->keep < 0)
		cmd_misuse(&a->c, usage, "%s needs --keep SIZE", v->name);
	a->operands = argv + 1;
	return v;
}

int
main(int argc, char **argv)
{
	struct expire a = {.blobs = {.dirfd = -1}, .before = -1, .keep = -1, .grace = -1, .lock = -1};
	struct err err;
	int status;

	cmd_init(&a.c, argv[0]);
	expire_init(&a);
	parse_options(&a, argc, argv);
	const struct verb *verb = find_verb(&a, argc - optind, argv + optind);

	cmd_configure(&a.c);
	cmd_mind_owner(&a.c);
	if (a.server_name != NULL)
		cmd_set(&a.c, "server_name", a.server_name);

	status = expire_open(&a, &err) < 0 ? cmd_fail(&a.c, &err, NULL) : expire_run(&a, verb->run);
	store_sweep_unlock(&a.lock);
	store_blobs_close(&a.blobs);
	store_close(a.store);
	return cmd_leave(&a.c, status);
}
