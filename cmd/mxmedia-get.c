/* Hand out a medium: its bytes, a thumbnail of it, or what is known of it. */
#include "cmd/media-open.h"
#include "cmd/media-out.h"
#include "cmd/remote.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: mxmedia-get [-hqvV] [-c FILE] [-d DIR] [-o FILE] [--timeout TIME] MXC\n"
    "       mxmedia-get [-hqvV] [-c FILE] [-d DIR] [-o FILE] [--timeout TIME] --thumbnail WxH [-m METHOD] "
    "[--animated]\n"
    "                   MXC\n"
    "       mxmedia-get [-hqvV] [-c FILE] [-d DIR] --info MXC ...\n"
    "\n"
    "Writes the bytes of MXC (mxc://server/id, or the id of one of ours) to standard output.\n"
    "\n"
    "  -o, --output FILE     there instead; it appears when it is complete\n"
    "      --thumbnail WxH   a thumbnail that is not smaller than that, if there is one or one can be made\n"
    "  -m, --method METHOD   scale (the default) or crop\n"
    "      --animated        one that moves, if the picture does\n"
    "      --info            what is known of it, as JSON; of what is quarantined, too\n"
    "      --timeout TIME    how long an upload that was announced is waited for; 0 unless said\n"
    "      --unsafely-bypass-quarantine\n"
    "                        what is quarantined, too: for those who decide about it\n"
    "      --server-name N   which server is ours\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what it is\n"
    "      --no-sandbox      thumbnails are made by a process that is not closed in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_THUMBNAIL = CMD_OPT_FIRST, OPT_ANIMATED, OPT_INFO, OPT_TIMEOUT, OPT_UNSAFE, OPT_SERVER_NAME };

static const struct option options[] = {
    CMD_LONG,
    {"output", required_argument, NULL, 'o'},
    {"thumbnail", required_argument, NULL, OPT_THUMBNAIL},
    {"method", required_argument, NULL, 'm'},
    {"animated", no_argument, NULL, OPT_ANIMATED},
    {"info", no_argument, NULL, OPT_INFO},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"unsafely-bypass-quarantine", no_argument, NULL, OPT_UNSAFE},
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {NULL, 0, NULL, 0},
};

enum { TIMEOUT_MAX = 600000 /* ms */ };

struct app {
	struct cmd c;
	struct media_cmd mc;
	struct remote remote;
	struct media_want want; /* width 0: no thumbnail */
	struct media_how how;
	const char *output, *server_name;
	bool info, method;
	int64_t timeout;
};

/* ---- what is to be done -------------------------------------------------------------------------------------- */

static void
say_loudly(const struct app *a, const struct store_medium *m, const char *object)
{
	if (m->quarantined_by != NULL)
		cmd_warn(&a->c, "%s: QUARANTINED by %s: handed out all the same", object, m->quarantined_by);
}

/* Nothing of a stranger's choice goes to a terminal. */
static int
check_terminal(const struct app *a, struct err *err)
{
	if (a->output != NULL || !isatty(STDOUT_FILENO))
		return 0;
	return err_set(err, ERR_INPUT, "a medium is nothing for a terminal: name a file with -o");
}

static int
hand_out(struct app *a, const struct store_name *name, const char *object, struct err *err)
{
	struct media_file f = {.fd = -1};
	if (check_terminal(a, err) < 0)
		return -1;
	int rc = a->want.width > 0 ? media_thumbnail(&a->mc.m, name, &a->want, &a->how, &f, err)
				   : media_open(&a->mc.m, name, &a->how, &f, err);
	if (rc < 0)
		return -1;
	say_loudly(a, &f.medium, object);
	if (a->want.width > 0)
		cmd_note(&a->c, "%s: %s, %ux%u, %lld bytes", object, f.type, f.width, f.height, (long long)f.bytes);
	else
		cmd_note(&a->c, "%s: %s, %lld bytes", object, f.type, (long long)f.bytes);
	rc = media_out(f.fd, f.bytes, a->output, err);
	media_file_clear(&f);
	return rc;
}

static int
tell(struct app *a, const struct store_name *name, struct err *err)
{
	struct store_medium m;
	if (store_medium_get(a->mc.m.store, name, &m, err) < 0)
		return -1;
	if (!m.found)
		return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Unknown media");
	struct json *j = json_object();
	json_set(j, "media_info", media_info(&m));
	store_medium_clear(&m);
	(void)media_cmd_print(&a->c, j); /* cmd_leave tells of errors */
	return 0;
}

static int
one(struct app *a, const char *object)
{
	struct matrix_mxc at;
	struct store_name name;
	struct err err;
	int rc = media_cmd_name(&a->mc, object, &at, &name, &err);
	if (rc == 0)
		rc = a->info ? tell(a, &name, &err) : hand_out(a, &name, object, &err);
	if (rc < 0 && strstr(err.text, strerror(EPIPE)) != NULL) /* the reader has enough */
		return EXIT_REFUSED;
	return rc == 0 ? 0 : media_cmd_fail(&a->c, &err, object);
}

static int
all(struct app *a, char **object)
{
	int status = 0;
	for (; *object != NULL && !cmd_stop && cmd_flush(&a->c) == 0; object++) {
		int failed = one(a, *object);
		if (status != EXIT_REFUSED && failed != 0)
			status = failed;
	}
	return cmd_stop ? EXIT_REFUSED : status;
}

/* ---- options ------------------------------------------------------------------------------------------------- */

static bool
parse_size(const char *s, struct media_want *want)
{
	char *end = NULL;
	unsigned long w = strtoul(s, &end, 10);
	if (s[0] < '0' || s[0] > '9' || (*end != 'x' && *end != 'X'))
		return false;
	s = end + 1;
	unsigned long h = strtoul(s, &end, 10);
	if (s[0] < '0' || s[0] > '9' || *end != '\0' || w < 1 || h < 1 || w > STORE_THUMB_SIDE_MAX ||
	    h > STORE_THUMB_SIDE_MAX)
		return false;
	want->width = (uint32_t)w;
	want->height = (uint32_t)h;
	return true;
}

/* False: the option does not exist or its argument is wrong. */
static bool
take_option(struct app *a, int opt)
{
	switch (opt) {
	case 'o':
		a->output = str_eq(optarg, "-") ? NULL : optarg;
		return true;
	case 'm':
		a->method = true;
		return media_method_parse(optarg, &a->want.method);
	case OPT_THUMBNAIL:
		return parse_size(optarg, &a->want);
	case OPT_ANIMATED:
		return a->want.animated = true;
	case OPT_INFO:
		return a->info = true;
	case OPT_TIMEOUT:
		return str_duration(optarg, &a->timeout) == 0 && a->timeout <= TIMEOUT_MAX;
	case OPT_UNSAFE:
		return a->how.unsafe = true;
	case OPT_SERVER_NAME:
		a->server_name = optarg;
		return true;
	default:
		return cmd_option(&a->c, opt, optarg, usage);
	}
}

static void
check(const struct app *a, int operands)
{
	if (operands == 0)
		cmd_misuse(&a->c, usage, "which medium?");
	if (operands > 1 && !a->info)
		cmd_misuse(&a->c, usage, "one medium at a time, but with --info");
	if (a->info && (a->want.width > 0 || a->output != NULL))
		cmd_misuse(&a->c, usage, "--info goes with neither --thumbnail nor -o");
	if ((a->want.animated || a->method) && a->want.width == 0)
		cmd_misuse(&a->c, usage, "-m and --animated need --thumbnail");
}

/* Others' media come here when they are asked for; ours are here, or the directory is a mistake and stays what it is. */
static bool
comes_from_elsewhere(const struct app *a, char **object)
{
	struct matrix_mxc at;
	for (; *object != NULL && !a->info; object++)
		if (str_starts(*object, MATRIX_MXC) && matrix_mxc_parse(&at, *object, NULL) == 0 &&
		    !str_eq(at.origin, a->c.conf.server_name))
			return true;
	return false;
}

static int
open_all(struct app *a, char **object, struct err *err)
{
	if (!comes_from_elsewhere(a, object) && store_there(a->c.store, err) < 0)
		return -1;
	if (media_cmd_open(&a->mc, &a->c, err) < 0)
		return -1;
	remote_init(&a->remote, &a->c, a->mc.m.store, &a->mc.blobs);
	a->mc.m.fetch = remote_fetch;
	a->mc.m.fetch_arg = &a->remote;
	return 0;
}

int
main(int argc, char **argv)
{
	struct app a = {.mc = {.blobs = {.dirfd = -1}}};
	struct err err;
	int opt, status;

	cmd_init(&a.c, argv[0]);
	while ((opt = getopt_long(argc, argv, CMD_SHORT "o:m:", options, NULL)) != -1)
		if (!take_option(&a, opt)) {
			if (opt != '?' && optarg != NULL)
				cmd_misuse(&a.c, usage, "cannot be: %s", optarg);
			cmd_usage(&a.c, usage);
		}
	check(&a, argc - optind);

	cmd_configure(&a.c);
	cmd_mind_owner(&a.c);
	if (a.server_name != NULL)
		cmd_set(&a.c, "server_name", a.server_name);
	a.how.timeout = a.timeout;

	status = open_all(&a, argv + optind, &err) < 0 ? cmd_fail(&a.c, &err, NULL) : all(&a, argv + optind);
	remote_clear(&a.remote);
	media_cmd_close(&a.mc);
	return cmd_leave(&a.c, status);
}
