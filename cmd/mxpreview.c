/* What does this URL look like?  The main job: cache first, else the chain of filters, then the answer. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/chain.h"
#include "cmd/shape.h"
#include "preview/desk.h"
#include "preview/stages.h"
#include "store/store.h"
#include "url/url.h"

/* Answers, but for whole records, come in the order of the questions: at most so many are held back for a slow first one,
 * and no more is asked while they are that long. */
enum { HELD_MAX = 4096, HELD_BYTES_MAX = 64 << 20, ANSWER_MAX = 4 << 20 };

static const char usage[] =
    "usage: mxpreview [-hqvV] [-c FILE] [-d DIR] [-j N] [--refresh] [--lang TAGS]\n"
    "                 [--format og|card|bundled|html|text|record] [--explain] [--strict] [--stable]\n"
    "                 [--standalone] [--no-style] [--image-dir DIR] [--image-base URL]\n"
    "                 [--allow-ip CIDR]... [--server-name NAME] [URL ...]\n"
    "\n"
    "Prints one line of Open Graph JSON per URL.  URLs (or records) from standard input if none is given.\n"
    "\n"
    "  -j, --jobs N          previews in flight at once\n"
    "      --refresh         do not answer from the cache\n"
    "      --lang TAGS       languages to ask for, as in Accept-Language\n"
    "      --format FORMAT   og: the answer, in the order asked; card: with all that a card shows;\n"
    "                        bundled: for a bot's own event (MSC4095); html: a card for web pages; text: for\n"
    "                        people; record: everything known, as it is done\n"
    "      --explain         why this answer: a table for people, JSON for programs\n"
    "      --strict          a card that lacks what a card must have is a failure\n"
    "      --stable          bundled: the names of the proposal instead of those that clients read today\n"
    "      --standalone      html: one page of all cards\n"
    "      --no-style        html: cards without their style sheet\n"
    "      --image-dir DIR   html: pictures are files there, instead of within the card\n"
    "      --image-base URL  html: what stands before the names of pictures in the page\n"
    "      --allow-ip CIDR   addresses that may be fetched from although they are not public; repeatable\n"
    "      --server-name N   the server in mxc:// names\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      filters do not close themselves in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum {
	OPT_REFRESH = CMD_OPT_FIRST,
	OPT_LANG,
	OPT_FORMAT,
	OPT_EXPLAIN,
	OPT_STRICT,
	OPT_ALLOW_IP,
	OPT_SERVER_NAME,
	OPT_STABLE,
	OPT_STANDALONE,
	OPT_NO_STYLE,
	OPT_IMAGE_DIR,
	OPT_IMAGE_BASE
};

static const struct option options[] = {
    CMD_LONG,
    {"jobs", required_argument, NULL, 'j'},
    {"refresh", no_argument, NULL, OPT_REFRESH},
    {"lang", required_argument, NULL, OPT_LANG},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"explain", no_argument, NULL, OPT_EXPLAIN},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"allow-ip", required_argument, NULL, OPT_ALLOW_IP},
    {"server-name", required_argument, NULL, OPT_SERVER_NAME},
    {"stable", no_argument, NULL, OPT_STABLE},
    {"standalone", no_argument, NULL, OPT_STANDALONE},
    {"no-style", no_argument, NULL, OPT_NO_STYLE},
    {"image-dir", required_argument, NULL, OPT_IMAGE_DIR},
    {"image-base", required_argument, NULL, OPT_IMAGE_BASE},
    {NULL, 0, NULL, 0},
};

struct wish {
	char *key, *value;
};

struct app {
	struct cmd c;
	struct wish wish[64]; /* configuration given as options, applied after the file */
	size_t wishes;
	struct shape shape;
	bool refresh, resident;
	struct conf_list filter_args; /* what every filter is started with */
	char **argv[STAGE_DONE];
	char *show; /* mxpreview-show, which draws pictures */
	struct store *store;
	struct store_blobs blobs;
	struct url_policy *policy;
	struct stage_cache cache;
	struct desk *desk;
	struct buf *held;  /* answers in a ring by question number; p == NULL: not there yet */
	struct json **ids; /* of the questions in that ring, as they were asked */
	size_t held_bytes;
	int64_t asked, told;
	int status;
};

/* ---- options --------------------------------------------------------------------------------------- */

static void
wish(struct app *a, const char *key, const char *value)
{
	if (a->wishes == sizeof a->wish / sizeof a->wish[0]) {
		cmd_warn(&a->c, "more than %zu options", a->wishes);
		exit(EXIT_USAGE);
	}
	a->wish[a->wishes++] = (struct wish){mem_strdup(key), mem_strdup(value)};
}

/* False: it is none of these. */
static bool
parse_shape(struct app *a, int opt)
{
	struct shape *s = &a->shape;
	if (opt == OPT_FORMAT && !shape_choose(s, optarg))
		cmd_misuse(&a->c, usage, "no such format: %s", optarg);
	else if (opt == OPT_STRICT)
		s->strict = true;
	else if (opt == OPT_STABLE)
		s->stable = true;
	else if (opt == OPT_STANDALONE)
		s->standalone = true;
	else if (opt == OPT_NO_STYLE)
		s->no_style = true;
	else if (opt == OPT_IMAGE_DIR)
		s->image_dir = optarg;
	else if (opt == OPT_IMAGE_BASE)
		s->image_base = optarg;
	else
		return opt == OPT_FORMAT;
	return true;
}

static void
parse_options(struct app *a, int argc, char **argv)
{
	bool explain = false;
	int opt;
	while ((opt = getopt_long(argc, argv, CMD_SHORT "j:", options, NULL)) != -1) {
		if (opt == 'j')
			wish(a, "jobs", optarg);
		else if (opt == OPT_REFRESH)
			a->refresh = true;
		else if (opt == OPT_LANG)
			wish(a, "accept_language", optarg);
		else if (opt == OPT_ALLOW_IP)
			wish(a, "allow_ip", optarg);
		else if (opt == OPT_SERVER_NAME)
			wish(a, "server_name", optarg);
		else if (opt == OPT_EXPLAIN)
			explain = true;
		else if (!parse_shape(a, opt) && !cmd_option(&a->c, opt, optarg, usage))
			cmd_usage(&a->c, usage);
	}
	if (explain)
		a->shape.format = SHAPE_EXPLAIN;
	const char *why = shape_conflict(&a->shape);
	if (why != NULL)
		cmd_misuse(&a->c, usage, "%s", why);
	a->shape.single = optind + 1 == argc;
}

static void
configure(struct app *a)
{
	struct err err;
	cmd_configure(&a->c);
	cmd_mind_owner(&a->c);
	for (size_t i = 0; i < a->wishes; i++)
		cmd_set(&a->c, a->wish[i].key, a->wish[i].value);
	if (chain_check(&a->c.conf, &err) < 0) {
		cmd_warn(&a->c, "%s", err.text);
		exit(EXIT_USAGE);
	}
}

/* ---- filters ---------------------------------------------------------------------------------------- */

/* What is said on the command line is said to mxpreview-fetch, too. */
static void
fetch_args(const struct app *a, struct conf_list *l)
{
	for (size_t i = 0; i < a->wishes; i++) {
		if (str_eq(a->wish[i].key, "server_name"))
			continue;
		chain_arg(l, str_eq(a->wish[i].key, "jobs")	  ? "-j"
			     : str_eq(a->wish[i].key, "allow_ip") ? "--allow-ip"
								  : "--lang");
		chain_arg(l, a->wish[i].value);
	}
}

/* ---- answers ---------------------------------------------------------------------------------------- */

/* The held answers from the first question on, as far as there are any. */
static void
tell_held(struct app *a)
{
	while (a->told < a->asked && a->held[a->told % HELD_MAX].p != NULL) {
		struct buf *b = &a->held[a->told++ % HELD_MAX];
		(void)cmd_out(&a->c, b->p, b->len);
		a->held_bytes -= b->len;
		buf_clear(b);
	}
}

/* The answer to a question in its place. */
static void
hold(struct app *a, int64_t number, const struct record *rec)
{
	struct buf *b = &a->held[number % HELD_MAX];
	struct json **id = &a->ids[number % HELD_MAX];
	if (number == 0) {
		struct json *og = json_get(rec->j, "og");
		const char *title = a->shape.single ? json_str(og, "og:title") : NULL;
		shape_begin(&a->shape, title != NULL ? title : "Previews", b);
		json_free(og);
	}
	if (shape_write(&a->c, &a->shape, rec, *id, b) != 0)
		a->status = EXIT_REFUSED;
	a->held_bytes += b->len;
	json_free(*id);
	*id = NULL;
}

/* "Try again" only if that may help all of them. */
static void
remember_failure(struct app *a, const struct record *rec)
{
	struct json *error = json_get(rec->j, "error");
	if (a->status != EXIT_REFUSED)
		a->status = json_int_or(error, "status", 0) == 503 ? EXIT_AGAIN : EXIT_REFUSED;
	json_free(error);
}

static void
answered(void *arg_, struct record *rec)
{
	struct app *a = arg_;
	int64_t number = 0;
	if (record_failed(rec))
		remember_failure(a, rec);
	if (a->shape.format == SHAPE_RECORD) {
		(void)cmd_out_record(&a->c, rec);
	} else if (json_int(rec->j, "id", &number) && number >= a->told && number < a->asked) {
		hold(a, number, rec);
		tell_held(a);
	}
	record_clear(rec);
}

static void
finish(struct app *a)
{
	struct buf b;
	buf_init(&b, RECORD_LINE_MAX);
	if (a->asked == 0)
		shape_begin(&a->shape, "Previews", &b);
	shape_end(&a->shape, &b);
	(void)cmd_out(&a->c, b.p, b.len);
	buf_clear(&b);
}

static void
noted(void *arg_, const char *text)
{
	const struct app *a = arg_;
	cmd_warn(&a->c, "%s", text);
}

/* ---- questions ---------------------------------------------------------------------------------------- */

static bool
room(const struct app *a)
{
	return desk_busy(a->desk) < (size_t)a->c.conf.jobs &&
	       (a->shape.format == SHAPE_RECORD || (a->asked - a->told < HELD_MAX && a->held_bytes < HELD_BYTES_MAX));
}

static void
ask_record(struct app *a, struct record *take)
{
	if (!json_has(take->j, "ts"))
		json_set_int(take->j, "ts", cmd_now());
	if (a->shape.format != SHAPE_RECORD) {
		a->ids[a->asked % HELD_MAX] = json_get(take->j, "id");
		json_set_int(take->j, "id", a->asked);
	}
	if (a->shape.format == SHAPE_EXPLAIN)
		json_set_bool(take->j, "explain", true);
	if (a->shape.format == SHAPE_CARD || a->shape.format == SHAPE_RECORD ||
	    a->shape.format == SHAPE_EXPLAIN) /* the plain answer has no icon: not worth a fetch */
		json_set_bool(take->j, "icons", true);
	a->asked++;
	desk_ask(a->desk, take);
}

/* A question: what a record on standard input claims to know already is not believed, let alone cached. */
static void
ask(struct app *a, const char *line, size_t len)
{
	static const char *const answers[] = {"want",	"docs",	    "html",  "oembed", "og",	  "image",
					      "thumbs", "warnings", "cache", "trace",  "dropped", "icon"};
	struct record rec;
	struct err err;
	(void)record_read(&rec, line, len, &err); /* a bad line is a failed record: it gets its answer */
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		json_del(rec.j, answers[i]);
	ask_record(a, &rec);
}

static void
ask_long(struct app *a)
{
	struct record rec;
	struct err err;
	record_from_url(&rec, "");
	(void)err_http(&err, ERR_LIMIT, 400, "M_TOO_LARGE", "line is longer than %zu bytes", RECORD_LINE_MAX);
	record_fail(&rec, "record", &err);
	ask_record(a, &rec);
}

/* Lets answers come until there is room for another question (or none is open). */
static int
work(struct app *a, struct pollfd *in)
{
	struct err err;
	if (cmd_flush(&a->c) < 0) { /* nobody listens any more */
		cmd_stop = 1;
		return -1;
	}
	if (desk_step(a->desk, in, -1, &err) == 0)
		return 0;
	a->status = cmd_fail(&a->c, &err, NULL);
	return -1;
}

static void
ask_operands(struct app *a, char **urls)
{
	for (; *urls != NULL && !cmd_stop; urls++) {
		while (!room(a) && !cmd_stop)
			if (work(a, NULL) < 0)
				return;
		ask(a, *urls, strlen(*urls));
	}
}

/* ---- a new configuration ------------------------------------------------------------------------------ */

static void
set_cache(struct app *a)
{
	cmd_cache(&a->c, &a->cache);
	a->cache.store = a->store;
	a->cache.blobs = &a->blobs;
	a->cache.forbids = stage_forbids;
	a->cache.policy = a->policy;
	a->cache.rules = url_policy_has_rules(a->policy);
	a->cache.details = shape_wants_details(&a->shape);
}

/* The configuration as the file and the options have it now, with its policy; -1 leaves nothing behind. */
static int
read_again(const struct app *a, struct conf *conf, struct url_policy **policy, struct err *err)
{
	int rc = 0;
	if (cmd_reread(&a->c, conf, err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < a->wishes; i++)
		rc = conf_set(conf, a->wish[i].key, a->wish[i].value, err);
	if (rc == 0)
		rc = chain_check(conf, err);
	*policy = rc == 0 ? cmd_policy_new(conf, err) : NULL;
	if (*policy != NULL)
		return 0;
	conf_clear(conf);
	return -1;
}

static void
reload(struct app *a)
{
	struct conf conf, old = a->c.conf;
	struct url_policy *policy = NULL, *before = a->policy;
	struct err err;
	cmd_hangup = 0;
	if (read_again(a, &conf, &policy, &err) < 0) {
		cmd_warn(&a->c, "%s; the configuration stays as it was", err.text);
		return;
	}
	a->c.conf = conf;
	a->policy = policy;
	struct desk_conf dc = {
	    .policy = policy, .server_name = a->c.conf.server_name, .max_behind = (size_t)a->c.conf.jobs};
	chain_patience(&a->c.conf, dc.router.patience);
	set_cache(a);
	desk_renew(a->desk, &dc);
	url_policy_free(before);
	conf_clear(&old);
	cmd_note(&a->c, "the configuration was read again");
}

static void
ask_stdin(struct app *a)
{
	struct io_lines in;
	struct err err;
	if (!isatty(STDIN_FILENO))
		cmd_on_hangup();
	struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
	int kind = IO_LINE_AGAIN;
	io_lines_init(&in, STDIN_FILENO, RECORD_LINE_MAX);
	while (!cmd_stop && kind != IO_LINE_EOF && kind >= 0) {
		char *line = NULL;
		size_t len = 0;
		if (cmd_hangup)
			reload(a);
		if (!room(a)) {
			if (work(a, NULL) < 0)
				break;
			continue;
		}
		if (!io_lines_waiting(&in)) {
			if (work(a, &pfd) < 0)
				break;
			continue;
		}
		kind = io_lines_next(&in, &line, &len, &err);
		if (cmd_hangup) /* it came before this line was written */
			reload(a);
		if (kind == IO_LINE_LONG)
			ask_long(a);
		else if (kind == IO_LINE_OK && !cmd_blank(line, len))
			ask(a, line, len);
	}
	if (kind < 0)
		a->status = cmd_fail(&a->c, &err, "standard input");
	io_lines_clear(&in);
}

/* ---- doors -------------------------------------------------------------------------------------------- */

static int
open_all(struct app *a, struct err *err)
{
	struct desk_conf dc = {
	    .server_name = a->c.conf.server_name, .refresh = a->refresh, .resident = a->resident, .arg = a};
	dc.max_behind = (size_t)a->c.conf.jobs;
	char *dir = io_program_dir();
	struct conf_list fetch = {0};
	fetch_args(a, &fetch);
	chain_patience(&a->c.conf, dc.router.patience);
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		a->argv[s] = chain_argv(&a->c, dir, s, &fetch);
		dc.router.argv[s] = a->argv[s];
	}
	a->show = mem_printf("%s/mxpreview-show", dir);
	chain_argv_free(fetch.v);
	mem_free(dir);
	a->policy = cmd_policy(&a->c);
	a->store = store_open(a->c.store, err);
	if (a->store == NULL || store_blobs_open(&a->blobs, a->c.store, true, err) < 0)
		return -1;
	set_cache(a);
	a->shape.blobs = &a->blobs;
	a->shape.store = a->c.store;
	a->shape.show = a->show;
	a->held = mem_array(HELD_MAX, sizeof *a->held);
	a->ids = mem_array(HELD_MAX, sizeof(struct json *));
	for (size_t i = 0; i < HELD_MAX; i++)
		buf_init(&a->held[i], ANSWER_MAX);
	dc.router.now = cmd_clock;
	dc.router.trace = a->shape.format == SHAPE_EXPLAIN;
	dc.store = a->store;
	dc.cache = &a->cache;
	dc.policy = a->policy;
	dc.answer = answered;
	dc.note = noted;
	a->desk = desk_new(&dc);
	return 0;
}

static void
close_all(struct app *a)
{
	desk_free(a->desk, cmd_stop != 0);
	for (enum stage s = 0; s < STAGE_DONE; s++)
		chain_argv_free(a->argv[s]);
	for (size_t i = 0; i < a->wishes; i++) {
		mem_free(a->wish[i].key);
		mem_free(a->wish[i].value);
	}
	for (size_t i = 0; a->held != NULL && i < HELD_MAX; i++) {
		buf_clear(&a->held[i]);
		json_free(a->ids[i]);
	}
	mem_free(a->held);
	mem_free(a->ids);
	mem_free(a->show);
	url_policy_free(a->policy);
	store_blobs_close(&a->blobs);
	store_close(a->store);
}

int
main(int argc, char **argv)
{
	struct app a = {.blobs = {.dirfd = -1}};
	struct err err;

	cmd_init(&a.c, argv[0]);
	parse_options(&a, argc, argv);
	configure(&a);
	a.shape.columns = cmd_terminal(&a.shape.colour);
	a.resident = optind == argc;

	if (open_all(&a, &err) < 0)
		a.status = cmd_fail(&a.c, &err, NULL);
	else if (optind < argc)
		ask_operands(&a, argv + optind);
	else
		ask_stdin(&a);

	while (a.desk != NULL && desk_busy(a.desk) + desk_behind(a.desk) > 0 && !cmd_stop)
		if (work(&a, NULL) < 0)
			break;
	if (cmd_stop)
		a.status = EXIT_REFUSED;
	else if (a.desk != NULL)
		finish(&a);

	close_all(&a);
	return cmd_leave(&a.c, a.status);
}
