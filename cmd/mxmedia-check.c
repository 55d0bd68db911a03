/* Is the store what its database says?  Every row has its file, every file its row, and nothing else is there. */
#include "cmd/cmd.h"
#include "cmd/flaw.h"

#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

static const char usage[] =
    "usage: mxmedia-check [-hqvV] [-c FILE] [-d DIR] [--deep] [--repair] [--grace AGE] [--server-name NAME]\n"
    "\n"
    "One JSON object for each flaw, last one with counts.  Exits with 1 if a flaw is left.\n"
    "\n"
    "      --deep            read every file and compare its hash\n"
    "      --repair          remove what nothing names, and rows of what can be had again\n"
    "      --grace AGE       how old a file without a row must be, instead of orphan_grace\n"
    "      --server-name N   the server whose media are ours\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      accepted for likeness; this command parses nothing from the net\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_DEEP = CMD_OPT_FIRST, OPT_REPAIR, OPT_GRACE, OPT_SERVER_NAME, BLOCK = 65536 };

static const struct option options[] = {
    CMD_LONG,
    {"deep", no_argument, NULL, OPT_DEEP},
    {"repair", no_argument, NULL, OPT_REPAIR},
    {"grace", required_argument, NULL, OPT_GRACE},
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {NULL, 0, NULL, 0},
};

struct check {
	struct cmd c;
	struct store *store;
	struct store_blobs blobs;
	struct store_expiry e;
	struct store_inspection in;
	const char *server_name;
	int64_t grace;
	int lock;
};

static void
print(struct json *take)
{
	(void)cmd_out_json(NULL, take, RECORD_LINE_MAX);
}

static void
found(void *arg, const struct store_finding *f)
{
	const struct check *a = arg;
	print(flaw_json(f, a->c.conf.server_name));
}

/* Streams the file through the hash; what cannot be read is not sound. */
static bool
sound(int fd, const struct store_medium *m)
{
	static char block[BLOCK];
	char hex[HASH_HEX_LEN + 1];
	struct hash *h = hash_new();
	ssize_t n;
	while ((n = read(fd, block, sizeof block)) > 0)
		hash_add(h, block, (size_t)n);
	hash_hex(h, hex);
	hash_free(h);
	return n == 0 && str_ieq(hex, m->sha256);
}

static int
inspect(struct check *a, struct err *err)
{
	static int (*const part[])(struct store_inspection *, struct err *) = {store_check_database, store_orphans_rows,
									       store_orphans_files};
	int rc = 0;
	for (size_t i = 0; i < sizeof part / sizeof part[0] && rc == 0 && !cmd_stop; i++)
		rc = part[i](&a->in, err);
	return rc;
}

/* What is left is what was found and not mended. */
static int
summary(const struct check *a)
{
	struct json *j = json_object(), *flaws = json_object();
	int64_t all = 0, mended = 0;
	for (size_t i = 0; i < STORE_FLAWS; i++) {
		all += a->in.n[i];
		mended += a->in.mended[i];
	}
	json_set_int(j, "media", a->in.media);
	json_set_int(j, "files", a->in.files);
	flaw_counts(flaws, &a->in);
	json_set(j, "flaws", flaws);
	json_set_int(j, "found", all);
	json_set_int(j, "mended", mended);
	print(j);
	return all > mended ? EXIT_REFUSED : 0;
}

static int
open_all(struct check *a, struct err *err)
{
	if (store_blobs_open(&a->blobs, a->c.store, false, err) < 0)
		return -1;
	if (faccessat(a->blobs.dirfd, "mxpreview.db", F_OK, 0) < 0)
		return err_set(err, ERR_NOTFOUND, "%s: no store is there", a->c.store);
	if (store_blocks_small(&a->blobs))
		cmd_warn(&a->c, "%s: blocks of less than 4096 bytes: a full disk ends every reader with SIGBUS",
			 a->c.store);
	if (!a->e.dry && store_expire_lock(&a->blobs, true, &a->lock, err) < 0)
		return -1;
	a->store = store_open(a->c.store, err);
	return a->store != NULL ? 0 : -1;
}

static int
run(struct check *a)
{
	struct err err;
	if (open_all(a, &err) < 0)
		return cmd_fail(&a->c, &err, NULL);
	a->e.store = a->store;
	a->e.blobs = &a->blobs;
	a->e.now = cmd_now();
	a->in = (struct store_inspection){.e = &a->e,
					  .grace = a->grace >= 0 ? a->grace : a->c.conf.orphan_grace,
					  .sound = a->in.sound,
					  .found = found,
					  .arg = a};
	int rc = inspect(a, &err), status = summary(a);
	if (rc < 0)
		status = cmd_fail(&a->c, &err, NULL);
	if (a->e.file.code != ERR_NONE)
		status = cmd_fail(&a->c, &a->e.file, NULL);
	return cmd_stop ? EXIT_REFUSED : status;
}

static void
parse_options(struct check *a, int argc, char **argv)
{
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1) {
		if (opt == OPT_DEEP)
			a->in.sound = sound;
		else if (opt == OPT_REPAIR)
			a->e.dry = false;
		else if (opt == OPT_SERVER_NAME)
			a->server_name = optarg;
		else if (opt == OPT_GRACE && (str_duration(optarg, &a->grace) < 0 || a->grace < 0))
			cmd_misuse(&a->c, usage, "--grace: not understood: %s", optarg);
		else if (opt != OPT_GRACE && !cmd_option(&a->c, opt, optarg, usage))
			cmd_usage(&a->c, usage);
	}
	if (optind < argc)
		cmd_misuse(&a->c, usage, "not understood: %s", argv[optind]);
}

int
main(int argc, char **argv)
{
	struct check a = {.blobs = {.dirfd = -1}, .grace = -1, .lock = -1};
	int status;

	cmd_init(&a.c, argv[0]);
	a.e = (struct store_expiry){.dry = true, .verb = "repair", .by = "system", .stop = &cmd_stop};
	parse_options(&a, argc, argv);

	cmd_configure(&a.c);
	if (a.server_name != NULL)
		cmd_set(&a.c, "server_name", a.server_name);

	status = run(&a);
	store_sweep_unlock(&a.lock);
	store_blobs_close(&a.blobs);
	store_close(a.store);
	return cmd_leave(&a.c, status);
}
