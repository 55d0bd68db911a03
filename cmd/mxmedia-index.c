/* Which room, which user names which medium?  Events come in, references are kept. */
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/gather.h"

static const char usage[] =
    "usage: mxmedia-index [-hnqvV] [-c FILE] [-d DIR] [--room ROOM] [--server-name NAME] [FILE ...]\n"
    "\n"
    "Reads Matrix events (standard input, or each FILE; - is standard input): one JSON value a line, or exports, and\n"
    "remembers which room and sender names which media, and what was redacted.  Prints a summary.\n"
    "\n"
    "      --room ROOM       the room of events that do not say theirs\n"
    "      --server-name N   ours: the names of its users are kept, for mxmedia-stat\n"
    "  -n, --dry-run         print what is found, one JSON object a line, and keep nothing\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         show every line that is junk, not only the first ones\n"
    "      --no-sandbox      accepted for likeness\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_SERVER_NAME = CMD_OPT_FIRST, OPT_ROOM };

static const struct option options[] = {
    CMD_LONG,
    {"dry-run", no_argument, NULL, 'n'},
    {"room", required_argument, NULL, OPT_ROOM},
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {NULL, 0, NULL, 0},
};

enum { READ_SIZE = 128 * 1024, JUNK_SHOWN = 5, PROGRESS_EVERY = 200 /* ms */, TEXT_SHOWN = 60 };

struct app {
	struct cmd c;
	const char *server_name, *room;
	bool dry_run;
	struct store *store;
	struct gather gather;
	struct matrix_told told;
	const char *file; /* that is read */
	int64_t events, junk;
	bool progress;
	int64_t began, told_at;
};

/* ---- progress ---------------------------------------------------------------------------------------------------- */

static void
say_progress(struct app *a, bool last)
{
	char line[160];
	int64_t now = cmd_clock(), ms = now - a->began > 0 ? now - a->began : 1;
	if (!a->progress || (!last && now - a->told_at < PROGRESS_EVERY))
		return;
	a->told_at = now;
	int n = last ? snprintf(line, sizeof line, "\r\033[K")
		     : snprintf(line, sizeof line, "\r\033[K%lld events, %lld references, %lld junk, %lld events/s",
				(long long)a->events, (long long)a->gather.added.references, (long long)a->junk,
				(long long)(a->events * 1000 / ms));
	if (n > 0)
		(void)io_write(STDERR_FILENO, line, (size_t)n, NULL);
}

/* ---- what is found ------------------------------------------------------------------------------------------------ */

static void
print(struct app *a, struct json *take)
{
	if (cmd_out_json(&a->c, take, RECORD_LINE_MAX) < 0)
		a->gather.failed = true;
}

static void
print_found(struct app *a, const struct matrix_event *e, const char *kind, const struct matrix_mxc *m)
{
	char *uri = mem_printf("%s%s/%s", MATRIX_MXC, m->origin, m->id);
	struct json *j = json_object();
	json_set_str(j, "kind", kind);
	json_set_str(j, "uri", uri);
	json_set_str(j, "room_id", e->room);
	json_set_str(j, "event_id", e->id);
	json_set_str(j, "sender", e->sender);
	json_set_int(j, "ts", e->ts);
	print(a, j);
	mem_free(uri);
	a->gather.added.references++;
}

static void
show_medium(void *arg, const struct matrix_event *e, enum matrix_kind kind, const struct matrix_mxc *m)
{
	print_found(arg, e, matrix_kind_name(kind), m);
}

static void
show_redaction(void *arg, const char *room, const char *event, const char *by, int64_t ts)
{
	struct app *a = arg;
	struct json *j = json_object();
	json_set_str(j, "kind", "redaction");
	json_set_str(j, "room_id", room);
	json_set_str(j, "event_id", event);
	json_set_str(j, "sender", by);
	json_set_int(j, "ts", ts);
	print(a, j);
	a->gather.added.redactions++;
}

static void
show_profile(void *arg, const char *user, const char *displayname, const struct matrix_mxc *m)
{
	const struct matrix_event e = {.room = "", .id = user, .sender = user};
	(void)displayname;
	if (m != NULL)
		print_found(arg, &e, matrix_kind_name(MATRIX_PROFILE_AVATAR), m);
}

/* ---- lines --------------------------------------------------------------------------------------------------------- */

static void
junk(void *arg, int64_t line, const char *why, const char *text, size_t n)
{
	struct app *a = arg;
	if (a->junk++ >= JUNK_SHOWN && a->c.verbose == 0)
		return;
	say_progress(a, true);
	cmd_warn(&a->c, "%s: line %lld: %s: %.*s", a->file, (long long)line, why, n < TEXT_SHOWN ? (int)n : TEXT_SHOWN,
		 text);
	if (a->junk == JUNK_SHOWN && a->c.verbose == 0)
		cmd_warn(&a->c, "%s: more of that is only counted", a->file);
}

static void
value(void *arg, int64_t line, const char *text, size_t n)
{
	struct app *a = arg;
	struct matrix_found found;
	struct err err;
	struct json *j = json_parse(text, n, &err);
	if (j == NULL || matrix_scan(j, a->room, &a->told, &found, &err) < 0) {
		junk(a, line, err.text, text, n);
	} else {
		a->events += found.events;
		for (int64_t i = 0; i < found.junk; i++)
			junk(a, line, "in a list: neither an event nor a profile", text, n);
	}
	json_free(j);
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

static int
read_all(struct app *a, int fd, struct matrix_split *s, struct err *err)
{
	char *in = mem_alloc(READ_SIZE);
	ssize_t n = 0;
	while (!cmd_stop && !a->gather.failed && (n = read(fd, in, READ_SIZE)) != 0) {
		if (n < 0 && errno == EAGAIN) {
			struct pollfd pfd = {.fd = fd, .events = POLLIN};
			(void)poll(&pfd, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			break;
		} else if (n > 0) {
			matrix_split_feed(s, in, (size_t)n);
			say_progress(a, false);
		}
	}
	int rc = n < 0 && !cmd_stop ? err_sys(err, "%s", a->file) : 0;
	mem_free(in);
	return rc;
}

static int
read_file(struct app *a, const char *path)
{
	const struct matrix_splits to = {.arg = a, .value = value, .junk = junk};
	bool in = str_eq(path, "-");
	struct err err;
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	a->file = in ? "standard input" : path;
	if (fd < 0) {
		(void)err_sys(&err, "%s", path);
		return cmd_fail(&a->c, &err, NULL);
	}
	struct matrix_split *s = matrix_split_new(&to);
	int rc = read_all(a, fd, s, &err);
	if (rc == 0 && !cmd_stop && !a->gather.failed)
		matrix_split_end(s);
	matrix_split_free(s);
	if (!in)
		io_close(&fd);
	return rc == 0 ? 0 : cmd_fail(&a->c, &err, NULL);
}

static int
run(struct app *a, char **files)
{
	char *only_stdin[] = {"-", NULL};
	int status = 0;
	a->began = cmd_clock();
	for (files = *files != NULL ? files : only_stdin; *files != NULL && !cmd_stop && !a->gather.failed; files++) {
		int failed = read_file(a, *files);
		status = failed != 0 ? failed : status;
	}
	if (!a->dry_run)
		gather_flush(&a->gather); /* also what was read before a signal came */
	say_progress(a, true);
	if (a->gather.failed && a->gather.err.code != ERR_NONE)
		status = cmd_fail(&a->c, &a->gather.err, NULL);
	if (status == 0 && (cmd_stop || a->gather.failed || (a->events == 0 && a->junk > 0)))
		status = EXIT_REFUSED;
	struct json *j = json_object();
	json_set_int(j, "events", a->events);
	json_set_int(j, "references", a->gather.added.references);
	json_set_int(j, "redactions", a->gather.added.redactions);
	json_set_int(j, "junk", a->junk);
	print(a, j);
	return status;
}

static void
parse_options(struct app *a, int argc, char **argv)
{
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT "n", options, NULL)) != -1) {
		if (opt == OPT_SERVER_NAME)
			a->server_name = optarg;
		else if (opt == OPT_ROOM && matrix_room_valid(optarg))
			a->room = optarg;
		else if (opt == OPT_ROOM)
			cmd_misuse(&a->c, usage, "not the id of a room: %s", optarg);
		else if (opt == 'n')
			a->dry_run = true;
		else if (!cmd_option(&a->c, opt, optarg, usage))
			cmd_usage(&a->c, usage);
	}
}

int
main(int argc, char **argv)
{
	struct app a = {
	    .told = {.arg = &a, .medium = show_medium, .redaction = show_redaction, .profile = show_profile}};
	struct err err;
	int status;

	cmd_init(&a.c, argv[0]);
	parse_options(&a, argc, argv);

	cmd_configure(&a.c);
	cmd_mind_owner(&a.c);
	if (a.server_name != NULL)
		cmd_set(&a.c, "server_name", a.server_name);
	a.progress = isatty(STDERR_FILENO) && !a.c.quiet;

	a.store = a.dry_run ? NULL : store_open(a.c.store, &err);
	gather_init(&a.gather, a.store, a.c.conf.server_name, cmd_now());
	if (!a.dry_run)
		a.told = gather_told(&a.gather);

	status = a.dry_run || a.store != NULL ? run(&a, argv + optind) : cmd_fail(&a.c, &err, NULL);
	gather_clear(&a.gather);
	store_close(a.store);
	return cmd_leave(&a.c, status);
}
