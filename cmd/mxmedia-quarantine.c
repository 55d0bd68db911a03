/* What may nobody have any more?  Quarantine of media: by name, room, user and content, with a log and a way back. */
#include "cmd/quarantine.h"

#include <getopt.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "matrix/matrix.h"
#include "store/expire.h"

static const char usage[] =
    "usage: mxmedia-quarantine [OPTION ...] add|remove|protect|unprotect [MXC ...]\n"
    "       mxmedia-quarantine [OPTION ...] add|remove|protect|unprotect --room ROOM|--user USER [--referenced]\n"
    "       mxmedia-quarantine [OPTION ...] block|unblock [MXC|sha256:HASH ...]\n"
    "       mxmedia-quarantine [OPTION ...] undo ACTION|--last\n"
    "       mxmedia-quarantine [OPTION ...] list|changes [--from KEY] [--limit N] [--all]\n"
    "       mxmedia-quarantine [OPTION ...] show MXC ...|room ROOM|user USER\n"
    "       mxmedia-quarantine [OPTION ...] hashes export|import\n"
    "       mxmedia-quarantine [OPTION ...] sheet [MXC ...|--room ROOM|--user USER|--quarantined|--since TIME]\n"
    "\n"
    "Media are named mxc://server/id, or by an id alone if they are ours; without operands they are read from\n"
    "standard input, one on each line: names, or JSON with \"mxc\", \"media_id\" or \"sha256\".\n"
    "\n"
    "      --room ROOM       what events of a room refer to\n"
    "      --user USER       what a user of ours has uploaded, or had fetched for previews\n"
    "      --referenced      and what the user's events refer to\n"
    "      --sha256 HASH     all that have this content (hex or base64); may be given several times\n"
    "  -n, --dry-run         only say how many would be changed\n"
    "      --by USER         who does it (default: your login name)\n"
    "      --reason TEXT     why\n"
    "      --from KEY        where a page begins: what the last one gave as its end\n"
    "      --limit N         items of a page (100), up to 1000\n"
    "      --all             all pages, one medium on each line (list)\n"
    "      --last            your last action that can be undone (undo)\n"
    "      --quarantined     what is in quarantine (sheet)\n"
    "      --since TIME      our uploads in use since: RFC 3339, ms since the epoch, or an age (sheet)\n"
    "      --server-name N   our server in mxc:// names\n"
    "  -y, --yes             accepted for likeness; nothing is asked\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      accepted for likeness; this command parses nothing from the net\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum {
	OPT_ROOM = CMD_OPT_FIRST,
	OPT_USER,
	OPT_REFERENCED,
	OPT_SHA256,
	OPT_BY,
	OPT_REASON,
	OPT_FROM,
	OPT_LIMIT,
	OPT_ALL,
	OPT_LAST,
	OPT_QUARANTINED,
	OPT_SINCE,
	OPT_SERVER_NAME
};

static const struct option options[] = {
    CMD_LONG,
    {"room", required_argument, NULL, OPT_ROOM},
    {"user", required_argument, NULL, OPT_USER},
    {"referenced", no_argument, NULL, OPT_REFERENCED},
    {"sha256", required_argument, NULL, OPT_SHA256},
    {"by", required_argument, NULL, OPT_BY},
    {"reason", required_argument, NULL, OPT_REASON},
    {"from", required_argument, NULL, OPT_FROM},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"all", no_argument, NULL, OPT_ALL},
    {"last", no_argument, NULL, OPT_LAST},
    {"quarantined", no_argument, NULL, OPT_QUARANTINED},
    {"since", required_argument, NULL, OPT_SINCE},
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {"dry-run", no_argument, NULL, 'n'},
    {"yes", no_argument, NULL, 'y'},
    {NULL, 0, NULL, 0},
};

enum { REASON_MAX = 1000, BY_MAX = 255 }; /* bytes */

/* ---- verbs --------------------------------------------------------------------------------------------------- */

/* Which media a verb takes, and which options besides. */
enum {
	NAMES = 1,   /* operands or standard input */
	CHOICE = 2,  /* --room, --user */
	CONTENT = 4, /* --sha256, sha256:… */
	WRITES = 8,  /* --by, --reason, -n */
	PAGES = 16,  /* --from, --limit */
	ONE = 32,    /* exactly one operand */
	SOME = 64,   /* one operand or more */
	LAST = 128,  /* --last */
	SHEET = 256  /* --quarantined, --since */
};

static int
do_change(struct quarantine *a)
{
	static const struct {
		const char *verb;
		enum store_change change;
	} of[] = {{"add", STORE_QUARANTINE},	  {"remove", STORE_UNQUARANTINE}, {"protect", STORE_PROTECT},
		  {"unprotect", STORE_UNPROTECT}, {"block", STORE_BLOCK},	  {"unblock", STORE_UNBLOCK}};
	size_t i = 0;
	while (!str_eq(a->verb, of[i].verb))
		i++;
	return quarantine_change(a, of[i].change);
}

static int
do_hashes(struct quarantine *a)
{
	return str_eq(a->operands[0], "export") ? quarantine_export(a) : quarantine_import(a);
}

static const struct verb {
	const char *name;
	int (*run)(struct quarantine *a);
	unsigned takes;
} verbs[] = {
    {"add", do_change, NAMES | CHOICE | CONTENT | WRITES},
    {"remove", do_change, NAMES | CHOICE | CONTENT | WRITES},
    {"protect", do_change, NAMES | CHOICE | WRITES},
    {"unprotect", do_change, NAMES | CHOICE | WRITES},
    {"block", do_change, NAMES | CHOICE | CONTENT | WRITES},
    {"unblock", do_change, NAMES | CHOICE | CONTENT | WRITES},
    {"undo", quarantine_undo, WRITES | LAST},
    {"list", quarantine_list, PAGES},
    {"changes", quarantine_changes, PAGES},
    {"show", quarantine_show, SOME | PAGES},
    {"room", quarantine_room, ONE},
    {"user", quarantine_user, ONE},
    {"sheet", quarantine_sheet, NAMES | CHOICE | PAGES | SHEET},
    {"hashes", do_hashes, ONE | WRITES},
};

static const struct verb *
find_verb(struct quarantine *a, char **argv)
{
	if (argv[0] == NULL)
		cmd_usage(&a->c, usage);
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_eq(argv[0], verbs[i].name))
			return &verbs[i];
	cmd_misuse(&a->c, usage, "not understood: %s", argv[0]);
}

static void
refuse(struct quarantine *a, bool given, bool may, const char *what)
{
	if (given && !may)
		cmd_misuse(&a->c, usage, "%s takes no %s", a->verb, what);
}

static int64_t
number(const char *text)
{
	int64_t n = 0;
	return str_int64(text, &n) == 0 ? n : -1;
}

static void
check_operands(struct quarantine *a, unsigned takes)
{
	size_t n = 0;
	while (a->operands[n] != NULL)
		n++;
	const char *room = str_eq(a->verb, "room") ? a->operands[0] : a->room;
	const char *user = str_eq(a->verb, "user") ? a->operands[0] : a->user;
	int chosen = (a->room != NULL) + (a->user != NULL) + a->quarantined + (a->since > 0);
	bool undo = str_eq(a->verb, "undo");
	if (undo && (n > 1 || (n == 1) == a->last || (n == 1 && number(a->operands[0]) < 1)))
		cmd_misuse(&a->c, usage, "undo takes the number of an action, or --last");
	if (!str_eq(a->verb, "list") && a->from != NULL && number(a->from) < 0)
		cmd_misuse(&a->c, usage, "%s --from takes a number", a->verb);
	if ((takes & ONE) != 0 && n != 1)
		cmd_misuse(&a->c, usage, "%s takes one operand", a->verb);
	if ((takes & SOME) != 0 && n == 0)
		cmd_misuse(&a->c, usage, "%s takes media", a->verb);
	if ((takes & (NAMES | ONE | SOME | LAST)) == 0 && n > 0)
		cmd_misuse(&a->c, usage, "%s takes no operands: %s", a->verb, a->operands[0]);
	if (str_eq(a->verb, "hashes") && !str_eq(a->operands[0], "export") && !str_eq(a->operands[0], "import"))
		cmd_misuse(&a->c, usage, "not understood: hashes %s", a->operands[0]);
	if (room != NULL && !matrix_room_valid(room))
		cmd_misuse(&a->c, usage, "%s: not the id of a room (!...)", room);
	if (user != NULL && !matrix_user_valid(user))
		cmd_misuse(&a->c, usage, "%s: not the id of a user (@name:server)", user);
	if (chosen + (n > 0 || a->n_hashes > 0) > 1)
		cmd_misuse(&a->c, usage, "media, a room, a user: only one of them");
	if ((takes & NAMES) != 0 && chosen == 0 && n == 0 && a->n_hashes == 0 && isatty(STDIN_FILENO))
		cmd_misuse(&a->c, usage, "which media?");
	if (a->referenced && a->user == NULL)
		cmd_misuse(&a->c, usage, "--referenced goes with --user");
}

static void
check(struct quarantine *a, const struct verb *v)
{
	unsigned takes = v->takes;
	refuse(a, a->room != NULL, (takes & CHOICE) != 0, "--room");
	refuse(a, a->user != NULL, (takes & CHOICE) != 0, "--user");
	refuse(a, a->n_hashes > 0, (takes & CONTENT) != 0, "--sha256");
	refuse(a, a->dry, (takes & WRITES) != 0, "--dry-run");
	refuse(a, a->reason != NULL, (takes & WRITES) != 0, "--reason");
	refuse(a, a->by != NULL, (takes & WRITES) != 0, "--by");
	refuse(a, a->from != NULL, (takes & PAGES) != 0 && (takes & SOME) == 0, "--from");
	refuse(a, a->limit > 0, (takes & PAGES) != 0, "--limit");
	refuse(a, a->all, str_eq(a->verb, "list"), "--all");
	refuse(a, a->last, (takes & LAST) != 0, "--last");
	refuse(a, a->quarantined, (takes & SHEET) != 0, "--quarantined");
	refuse(a, a->since > 0, (takes & SHEET) != 0, "--since");
	check_operands(a, takes);
	if (a->limit == 0)
		a->limit = QUARANTINE_LIMIT;
}

/* Who does it, if nobody says so: the person at the keyboard. */
static const char *
login_name(void)
{
	const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	if (sudo != NULL && *sudo != '\0')
		return sudo;
	const struct passwd *pw = getpwuid(getuid());
	return pw != NULL ? pw->pw_name : "unknown";
}

/* What was never seen can be blocked before the first medium comes. */
static bool
makes_store(const struct quarantine *a)
{
	return str_eq(a->verb, "block") || (str_eq(a->verb, "hashes") && str_eq(a->operands[0], "import"));
}

/* ---- options ------------------------------------------------------------------------------------------------- */

static const char *
text_of(struct quarantine *a, const char *option, const char *text, size_t max)
{
	size_t n = 0;
	while (n <= max && text[n] != '\0')
		n++;
	if (n == 0 || n > max || !utf8_valid(text, n))
		cmd_misuse(&a->c, usage, "%s: text of 1 to %zu bytes is wanted", option, max);
	return text;
}

static bool
own_option(struct quarantine *a, int opt)
{
	switch (opt) {
	case OPT_ROOM:
		a->room = text_of(a, "--room", optarg, BY_MAX);
		return true;
	case OPT_USER:
		a->user = text_of(a, "--user", optarg, BY_MAX);
		return true;
	case OPT_SHA256:
		a->hashes[a->n_hashes++] = optarg;
		return true;
	case OPT_BY:
		a->by = text_of(a, "--by", optarg, BY_MAX);
		if (str_eq(a->by, "system"))
			cmd_misuse(&a->c, usage, "--by system: that is what nobody does");
		return true;
	case OPT_REASON:
		a->reason = text_of(a, "--reason", optarg, REASON_MAX);
		return true;
	case OPT_FROM:
		a->from = optarg;
		return true;
	case OPT_LIMIT:
		if (str_int64(optarg, &a->limit) < 0 || a->limit < 1 || a->limit > STORE_PAGE_MAX)
			cmd_misuse(&a->c, usage, "--limit %s: 1 to %d", optarg, STORE_PAGE_MAX);
		return true;
	case OPT_SINCE:
		if (cmd_when(optarg, &a->since) < 0 || a->since <= 0)
			cmd_misuse(&a->c, usage, "not a time: %s", optarg);
		if (a->since < STORE_BEFORE_MIN)
			cmd_misuse(&a->c, usage, "--since: that was in 1970; is it in seconds? It is meant in ms");
		return true;
	case OPT_SERVER_NAME:
		a->server_name = optarg;
		return true;
	default:
		return false;
	}
}

static bool
flag(struct quarantine *a, int opt)
{
	bool *is = opt == 'n'		    ? &a->dry
		   : opt == OPT_REFERENCED  ? &a->referenced
		   : opt == OPT_ALL	    ? &a->all
		   : opt == OPT_LAST	    ? &a->last
		   : opt == OPT_QUARANTINED ? &a->quarantined
					    : NULL;
	if (is != NULL)
		*is = true;
	return is != NULL || opt == 'y';
}

static void
parse_options(struct quarantine *a, int argc, char **argv)
{
	int opt;
	a->hashes = mem_array((size_t)argc, sizeof *a->hashes);
	while ((opt = getopt_long(argc, argv, CMD_SHORT "ny", options, NULL)) != -1)
		if (!own_option(a, opt) && !flag(a, opt) && !cmd_option(&a->c, opt, optarg, usage))
			cmd_usage(&a->c, usage);
}

int
main(int argc, char **argv)
{
	struct quarantine a = {.blobs = {.dirfd = -1}};
	struct err err;

	cmd_init(&a.c, argv[0]);
	parse_options(&a, argc, argv);
	const struct verb *v = find_verb(&a, argv + optind);
	a.verb = v->name;
	a.operands = argv + optind + 1;
	check(&a, v);

	cmd_configure(&a.c);
	cmd_mind_owner(&a.c);
	if (a.server_name != NULL)
		cmd_set(&a.c, "server_name", a.server_name);
	a.server_name = a.c.conf.server_name;
	if (a.by == NULL && (v->takes & WRITES) != 0)
		a.by = login_name();

	bool there = makes_store(&a) || store_there(a.c.store, &err) == 0;
	a.store = there ? store_open(a.c.store, &err) : NULL;
	bool opened = a.store != NULL && store_blobs_open(&a.blobs, a.c.store, true, &err) == 0;
	int status = opened ? v->run(&a) : cmd_fail(&a.c, &err, NULL);

	store_blobs_close(&a.blobs);
	store_close(a.store);
	mem_free(a.hashes);
	return cmd_leave(&a.c, status);
}
