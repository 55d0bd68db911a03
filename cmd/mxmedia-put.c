/* Keep a file: its bytes, what they are, whose they are, and its thumbnails. */
#include "cmd/media-open.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: mxmedia-put [-hqvV] [-c FILE] [-d DIR] [--type TYPE] [--name NAME] [--user USER] FILE|- ...\n"
    "       mxmedia-put [-hqvV] [-c FILE] [-d DIR] [--user USER] --reserve\n"
    "       mxmedia-put [-hqvV] [-c FILE] [-d DIR] [--type TYPE] [--name NAME] [--user USER] --into MXC FILE|-\n"
    "\n"
    "Keeps each FILE, or standard input, in the store and writes its name: {\"content_uri\":\"mxc://server/id\"}.\n"
    "\n"
    "      --type TYPE       content type instead of what the first bytes say\n"
    "      --name NAME       name instead of the file's own\n"
    "      --user USER       whose it is, @name:server; limits of users then hold\n"
    "      --reserve         a name now, for a content that comes later\n"
    "      --into MXC        the content of a name that was reserved, by the same user\n"
    "      --no-thumbnails   none are made now\n"
    "      --server-name N   the server in mxc:// names\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done, and why a picture has no thumbnails\n"
    "      --no-sandbox      thumbnails are made by a process that is not closed in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_TYPE = CMD_OPT_FIRST, OPT_NAME, OPT_USER, OPT_RESERVE, OPT_INTO, OPT_NO_THUMBNAILS, OPT_SERVER_NAME };

static const struct option options[] = {
    CMD_LONG,
    {"type", required_argument, NULL, OPT_TYPE},
    {"name", required_argument, NULL, OPT_NAME},
    {"user", required_argument, NULL, OPT_USER},
    {"reserve", no_argument, NULL, OPT_RESERVE},
    {"into", required_argument, NULL, OPT_INTO},
    {"no-thumbnails", no_argument, NULL, OPT_NO_THUMBNAILS},
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {NULL, 0, NULL, 0},
};

enum { CHUNK = 65536 };

struct app {
	struct cmd c;
	struct media_cmd mc;
	const char *type, *name, *user, *into, *server_name;
	bool reserve, no_thumbs;
};

/* ---- one file ----------------------------------------------------------------------------------------------- */

/* Its bytes, as they come, in constant memory. */
static int
copy(int fd, struct media_upload *u, struct err *err)
{
	char chunk[CHUNK];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (cmd_stop)
			return err_set(err, ERR_SYS, "interrupted");
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "read");
		if (n == 0)
			return 0;
		if (media_upload_write(u, chunk, (size_t)n, err) < 0)
			return -1;
	}
}

static int
keep(struct app *a, int fd, const struct media_about *about, struct media_stored *out, struct err *err)
{
	struct media_upload *u = media_upload_begin(&a->mc.m, about, err);
	if (u == NULL)
		return -1;
	if (copy(fd, u, err) == 0)
		return media_upload_end(u, out, err);
	media_upload_abort(u);
	return -1;
}

static int
open_file(const char *path, int *fd, int64_t *length, struct err *err)
{
	struct stat st;
	*fd = str_eq(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd < 0 || fstat(*fd, &st) < 0)
		return err_sys(err, "open");
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_INPUT, "is a directory");
	*length = S_ISREG(st.st_mode) && !str_eq(path, "-") ? st.st_size : -1;
	return 0;
}

static int
told(struct app *a, const char *path, const struct media_stored *stored)
{
	struct store_name name = {NULL, stored->id};
	char *uri = media_uri(&name, a->mc.m.server_name);
	struct json *j = json_object();
	json_set_str(j, "content_uri", uri);
	if (!str_eq(path, "-"))
		json_set_str(j, "file", path);
	if (stored->quarantined) {
		json_set_str(j, "quarantined_by", "system");
		cmd_warn(&a->c, "%s: its content or name is quarantined or blocked: kept, and nobody gets it", path);
	}
	if (stored->warning.code != ERR_NONE)
		cmd_note(&a->c, "%s: no thumbnails: %s", path, stored->warning.text);
	cmd_note(&a->c, "%s: %s, %s, %lld bytes, %zu thumbnails", path, uri, stored->type, (long long)stored->bytes,
		 stored->thumbs);
	mem_free(uri);
	return media_cmd_print(&a->c, j) == 0 ? 0 : EXIT_REFUSED;
}

/* What it is called if nobody says: the last part of its path. */
static char *
name_of(const struct app *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = a->name != NULL ? a->name : str_eq(path, "-") ? "" : slash != NULL ? slash + 1 : path;
	return media_name(name, strlen(name));
}

static int
put(struct app *a, const char *path, const char *fill)
{
	struct media_stored stored;
	struct media_about about = {.type = a->type, .user = a->user, .fill = fill, .no_thumbs = a->no_thumbs};
	struct err err;
	int fd = -1;
	char *name = name_of(a, path);
	about.name = name;
	int rc = open_file(path, &fd, &about.length, &err);
	rc = rc == 0 ? keep(a, fd, &about, &stored, &err) : rc;
	io_close(&fd);
	mem_free(name);
	return rc == 0 ? told(a, path, &stored) : media_cmd_fail(&a->c, &err, path);
}

/* ---- what is to be done -------------------------------------------------------------------------------------- */

static int
put_all(struct app *a, char **file)
{
	int status = 0;
	for (; *file != NULL && !cmd_stop; file++) {
		int failed = put(a, *file, NULL);
		if (status != EXIT_REFUSED && failed != 0) /* "try again" only if that helps all of them */
			status = failed;
		if (cmd_flush(&a->c) < 0)
			break;
	}
	return cmd_stop ? EXIT_REFUSED : status;
}

static int
put_into(struct app *a, const char *file)
{
	struct matrix_mxc at;
	struct store_name name;
	struct err err;
	if (media_cmd_name(&a->mc, a->into, &at, &name, &err) < 0)
		return media_cmd_fail(&a->c, &err, a->into);
	if (name.origin == NULL)
		return put(a, file, name.id);
	(void)err_http(&err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "its server is not %s", a->mc.m.server_name);
	return media_cmd_fail(&a->c, &err, a->into);
}

static int
reserve(struct app *a)
{
	char id[STORE_ID_MAX];
	int64_t expires = 0;
	struct err err;
	if (media_reserve(&a->mc.m, a->user, id, &expires, &err) < 0)
		return media_cmd_fail(&a->c, &err, "reserve");
	struct store_name name = {NULL, id};
	char *uri = media_uri(&name, a->mc.m.server_name);
	struct json *j = json_object();
	json_set_str(j, "content_uri", uri);
	json_set_int(j, "unused_expires_at", expires);
	mem_free(uri);
	return media_cmd_print(&a->c, j) == 0 ? 0 : EXIT_REFUSED;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static bool
take_option(struct app *a, int opt)
{
	switch (opt) {
	case OPT_TYPE:
		a->type = optarg;
		return true;
	case OPT_NAME:
		a->name = optarg;
		return true;
	case OPT_USER:
		a->user = optarg;
		return true;
	case OPT_RESERVE:
		return a->reserve = true;
	case OPT_INTO:
		a->into = optarg;
		return true;
	case OPT_NO_THUMBNAILS:
		return a->no_thumbs = true;
	case OPT_SERVER_NAME:
		a->server_name = optarg;
		return true;
	default:
		return cmd_option(&a->c, opt, optarg, usage);
	}
}

static void
check(const struct app *a, int files)
{
	if (a->type != NULL && !media_type_valid(a->type))
		cmd_misuse(&a->c, usage, "not a content type: %s", a->type);
	if (a->user != NULL && !matrix_user_valid(a->user))
		cmd_misuse(&a->c, usage, "not a user: %s", a->user);
	if (a->reserve && (files > 0 || a->into != NULL || a->type != NULL || a->name != NULL))
		cmd_misuse(&a->c, usage, "--reserve takes no file, and nothing that is said of one");
	if (a->into != NULL && files != 1)
		cmd_misuse(&a->c, usage, "--into takes one file");
	if (a->name != NULL && files > 1)
		cmd_misuse(&a->c, usage, "--name is for one file");
	if (!a->reserve && files == 0)
		cmd_misuse(&a->c, usage, "which file? - is standard input");
}

/* Whose account is elsewhere has no media here: no command would look for it under that name. */
static void
check_user(const struct app *a)
{
	const char *ours = a->c.conf.server_name;
	if (a->user != NULL && !str_eq(matrix_user_server(a->user), ours))
		cmd_misuse(&a->c, usage, "not a user of %s (server_name): %s", ours, a->user);
}

int
main(int argc, char **argv)
{
	struct app a = {.mc = {.blobs = {.dirfd = -1}}};
	struct err err;
	int opt, status;

	cmd_init(&a.c, argv[0]);
	while ((opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1)
		if (!take_option(&a, opt))
			cmd_usage(&a.c, usage);
	check(&a, argc - optind);

	cmd_configure(&a.c);
	cmd_mind_owner(&a.c);
	if (a.server_name != NULL)
		cmd_set(&a.c, "server_name", a.server_name);
	check_user(&a);

	if (media_cmd_open(&a.mc, &a.c, &err) < 0)
		status = cmd_fail(&a.c, &err, NULL);
	else if (a.reserve)
		status = reserve(&a);
	else
		status = a.into != NULL ? put_into(&a, argv[optind]) : put_all(&a, argv + optind);
	media_cmd_close(&a.mc);
	return cmd_leave(&a.c, status);
}
