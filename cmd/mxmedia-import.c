/* Take over the media of a reference server: its database is read, its files are copied, linked, or stay where they are. */
#include "cmd/import.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: mxmedia-import [-hnqvV] [-c FILE] [-d DIR] [--copy|--link|--in-place] [--again] [--media-only]\n"
    "                      [--report FILE] [--server-name NAME] --db FILE --media-store DIR\n"
    "\n"
    "Takes over the media of a Synapse that keeps its data in SQLite: rows, files, thumbnails, quarantine, hashes; "
    "and\n"
    "which events and profiles name which media.  Prints each row that is not taken over, with the reason, and a "
    "summary.\n"
    "Neither its database nor its files are changed.\n"
    "\n"
    "      --db FILE         its database, homeserver.db\n"
    "      --media-store DIR its directory of media, media_store\n"
    "      --copy            copy the files (the default)\n"
    "      --link            give them a second name: needs no space, on the same file system only\n"
    "      --in-place        leave them where they are: our store is that directory\n"
    "      --again           from the beginning, after a run that was interrupted\n"
    "      --media-only      no events, profiles and avatars\n"
    "      --report FILE     rows that are not taken over are written there\n"
    "      --server-name N   the server in mxc:// names\n"
    "  -n, --dry-run         take nothing over, but look at rows and lengths of files\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      accepted for likeness\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum {
	OPT_DB = CMD_OPT_FIRST,
	OPT_MEDIA_STORE,
	OPT_COPY,
	OPT_LINK,
	OPT_IN_PLACE,
	OPT_AGAIN,
	OPT_MEDIA_ONLY,
	OPT_REPORT,
	OPT_SERVER_NAME
};

static const struct option options[] = {
    CMD_LONG,
    {"db", required_argument, NULL, OPT_DB},
    {"media-store", required_argument, NULL, OPT_MEDIA_STORE},
    {"copy", no_argument, NULL, OPT_COPY},
    {"link", no_argument, NULL, OPT_LINK},
    {"in-place", no_argument, NULL, OPT_IN_PLACE},
    {"again", no_argument, NULL, OPT_AGAIN},
    {"media-only", no_argument, NULL, OPT_MEDIA_ONLY},
    {"report", required_argument, NULL, OPT_REPORT},
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {"dry-run", no_argument, NULL, 'n'},
    {NULL, 0, NULL, 0},
};

struct asked {
	const char *media_store, *server_name;
};

char *
import_state(const struct import *a, enum store_source_table t)
{
	return mem_printf("import %s %s", a->db_real, store_source_name(t));
}

static void
parse_options(struct import *a, struct asked *asked, int argc, char **argv)
{
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT "n", options, NULL)) != -1) {
		if (opt == OPT_DB)
			a->db = optarg;
		else if (opt == OPT_MEDIA_STORE)
			asked->media_store = optarg;
		else if (opt == OPT_SERVER_NAME)
			asked->server_name = optarg;
		else if (opt == OPT_REPORT)
			a->report_path = optarg;
		else if (opt >= OPT_COPY && opt <= OPT_IN_PLACE)
			a->how = (enum import_how)(opt - OPT_COPY);
		else if (opt == OPT_AGAIN)
			a->again = true;
		else if (opt == OPT_MEDIA_ONLY)
			a->media_only = true;
		else if (opt == 'n')
			a->dry = true;
		else if (!cmd_option(&a->c, opt, optarg, usage))
			cmd_usage(&a->c, usage);
	}
	if (a->db == NULL || asked->media_store == NULL)
		cmd_misuse(&a->c, usage, "--db and --media-store say what is taken over");
	if (optind < argc)
		cmd_misuse(&a->c, usage, "not understood: %s", argv[optind]);
}

/* Theirs first: a wrong name makes no store. */
static int
open_all(struct import *a, const struct asked *asked, struct err *err)
{
	a->db_real = realpath(a->db, NULL);
	if (a->db_real == NULL)
		return err_sys(err, "%s", a->db);
	if (store_blobs_foreign(&a->foreign, asked->media_store, err) < 0)
		return -1;
	a->src = store_source_open(a->db_real, err);
	if (a->src == NULL)
		return -1;
	if (a->report_path != NULL) {
		a->report = open(a->report_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (a->report < 0)
			return err_sys(err, "%s", a->report_path);
	}
	if (a->dry && access(a->c.store, F_OK) < 0)
		return 0;
	a->store = store_open(a->c.store, err);
	if (a->store == NULL || store_blobs_open(&a->blobs, a->c.store, true, err) < 0)
		return -1;
	if (store_blobs_one(&a->blobs, &a->foreign) != (a->how == IMPORT_IN_PLACE))
		return err_set(err, ERR_INPUT, "%s",
			       a->how == IMPORT_IN_PLACE ? "--in-place: the store (-d) must be the media store itself"
							 : "the store (-d) is the media store itself: --in-place");
	return 0;
}

static int
run(struct import *a, struct err *err)
{
	char *reason = mem_printf("imported from %s", a->db_real);
	int rc = 0;
	a->run = (struct store_import){.by = "system", .reason = reason, .now = cmd_now()};
	gather_init(&a->gather, a->store, a->c.conf.server_name, a->run.now);
	if (store_source_has(a->src, STORE_SOURCE_LOCAL))
		rc = import_media(a, STORE_SOURCE_LOCAL, err);
	if (rc == 0 && !cmd_stop && store_source_has(a->src, STORE_SOURCE_REMOTE))
		rc = import_media(a, STORE_SOURCE_REMOTE, err);
	if (rc == 0 && !cmd_stop && !a->media_only)
		rc = import_refs(a, err);
	gather_clear(&a->gather);
	import_progress_end(a);
	import_summary(a);
	mem_free(reason);
	return rc;
}

int
main(int argc, char **argv)
{
	struct import *a = mem_alloc(sizeof *a);
	struct asked asked = {0};
	struct err err;

	cmd_init(&a->c, argv[0]);
	a->report = a->blobs.dirfd = a->foreign.dirfd = -1;
	parse_options(a, &asked, argc, argv);

	cmd_configure(&a->c);
	cmd_mind_owner(&a->c);
	if (asked.server_name != NULL)
		cmd_set(&a->c, "server_name", asked.server_name);

	int status = open_all(a, &asked, &err) == 0 && run(a, &err) == 0 ? 0 : cmd_fail(&a->c, &err, NULL);
	if (status == 0 && (a->problems > 0 || cmd_stop))
		status = EXIT_REFUSED;

	store_source_close(a->src);
	if (a->foreign.dirfd >= 0)
		store_blobs_close(&a->foreign);
	if (a->blobs.dirfd >= 0)
		store_blobs_close(&a->blobs);
	store_close(a->store);
	io_close(&a->report);
	mem_free(a->db_real);
	status = cmd_leave(&a->c, status);
	mem_free(a);
	return status;
}
