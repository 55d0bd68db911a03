/* How many media are there: of which kind, whose, from where, how old? */
#include "cmd/cmd.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cmd/stat-tell.h"
#include "matrix/matrix.h"
#include "media/stat.h"
#include "store/expire.h"

static const char usage[] =
    "usage: mxmedia-stat [-hqvV] [-c FILE] [-d DIR] [--format FORMAT] [kinds]\n"
    "       mxmedia-stat [-hqvV] [-c FILE] [-d DIR] [--format FORMAT] [--order-by count|bytes] [--limit N] origins\n"
    "       mxmedia-stat [-hqvV] [-c FILE] [-d DIR] [--format FORMAT] [PAGE] [--from-ts TIME] [--until-ts TIME]\n"
    "                    [--search-term TEXT] users\n"
    "       mxmedia-stat [-hqvV] [-c FILE] [-d DIR] [--format json|table] [PAGE] user USER\n"
    "\n"
    "kinds: counts and bytes by kind, and by when they were last used; origins: of other servers; users: of each of\n"
    "our users; user: the media of one.\n"
    "\n"
    "PAGE of users and media, as in the admin API:\n"
    "      --order-by WHAT   users: user_id displayname media_length media_count; user: media_id upload_name\n"
    "                        created_ts last_access_ts media_length media_type quarantined_by safe_from_quarantine\n"
    "      --dir f|b         forwards, or backwards\n"
    "      --from N          leave out so many\n"
    "      --limit N         at most so many (100)\n"
    "\n"
    "      --from-ts TIME    only media put since: RFC 3339, ms since the epoch, or an age (30d)\n"
    "      --until-ts TIME   only media put until\n"
    "      --search-term T   only users in whose id or displayname this stands\n"
    "      --format FORMAT   json, table or prometheus.  On a terminal a table, else json\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      accepted for likeness\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum {
	OPT_ORDER_BY = CMD_OPT_FIRST,
	OPT_DIR,
	OPT_FROM,
	OPT_LIMIT,
	OPT_FROM_TS,
	OPT_UNTIL_TS,
	OPT_SEARCH_TERM,
	OPT_FORMAT,
	OPT_END
};
enum { ORDER, DIR, FROM, LIMIT, FROM_TS, UNTIL_TS, SEARCH, ASKED };

static const struct option options[] = {
    CMD_LONG,
    {"order-by", required_argument, NULL, OPT_ORDER_BY},
    {"dir", required_argument, NULL, OPT_DIR},
    {"from", required_argument, NULL, OPT_FROM},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"from-ts", required_argument, NULL, OPT_FROM_TS},
    {"until-ts", required_argument, NULL, OPT_UNTIL_TS},
    {"search-term", required_argument, NULL, OPT_SEARCH_TERM},
    {"format", required_argument, NULL, OPT_FORMAT},
    {NULL, 0, NULL, 0},
};

/* As the admin API calls them. */
static const char *const keys[ASKED] = {"order_by", "dir", "from", "limit", "from_ts", "until_ts", "search_term"};

struct app {
	struct cmd c;
	enum stat_format format;
	const char *asked[ASKED];
	char ts[2][24]; /* times in ms */
	struct store *store;
};

/* ---- kinds --------------------------------------------------------------------------------------------------------- */

enum { KINDS = 11 };

static void
kind_rows(const struct store_summary *s, struct stat_row row[KINDS])
{
	const struct stat_row all[KINDS] = {
	    {"upload", NULL, s->upload.count, s->upload.bytes, false, false},
	    {"url_cache", NULL, s->url_cache.count, s->url_cache.bytes, false, false},
	    {"remote", NULL, s->remote.count, s->remote.bytes, false, false},
	    {"local_thumbnails", NULL, s->local_thumbnails.count, s->local_thumbnails.bytes, false, false},
	    {"remote_thumbnails", NULL, s->remote_thumbnails.count, s->remote_thumbnails.bytes, false, false},
	    {"quarantined", NULL, s->quarantined.count, s->quarantined.bytes, false, false},
	    {"protected", NULL, s->protected.count, s->protected.bytes, false, false},
	    {"pending", NULL, s->pending.count, 0, true, false},
	    {"blocked_media", NULL, s->blocked_media, 0, true, false},
	    {"blocked_hashes", NULL, s->blocked_hashes, 0, true, false},
	    {"references", NULL, s->references, 0, true, false},
	};
	(void)memcpy(row, all, sizeof all);
}

static struct json *
amounts(const struct stat_row *row)
{
	struct json *j = json_object();
	json_set_int(j, "count", row->count);
	if (!row->no_bytes)
		json_set_int(j, "bytes", row->bytes);
	return j;
}

static void
kinds_json(const struct app *a, const struct stat_row *kind, const struct stat_row *age)
{
	struct json *j = json_object(), *ages = json_array();
	for (size_t i = 0; i < KINDS; i++)
		json_set(j, kind[i].name, amounts(&kind[i]));
	for (size_t i = 0; i < STORE_AGES; i++) {
		struct json *one = json_object();
		json_set_str(one, "within", i < STORE_AGES - 1 ? age[i].name : NULL);
		json_set_int(one, "count", age[i].count);
		json_set_int(one, "bytes", age[i].bytes);
		json_add(ages, one);
	}
	json_set(j, "last_used", ages);
	stat_print(&a->c, j);
}

static int
kinds(struct app *a, struct err *err)
{
	struct store_summary s;
	struct stat_row kind[KINDS], age[STORE_AGES];
	if (store_summary(a->store, cmd_now(), stat_edge, &s, err) < 0)
		return -1;
	kind_rows(&s, kind);
	for (size_t i = 0; i < STORE_AGES; i++)
		age[i] = (struct stat_row){stat_age[i], NULL, s.age[i].count, s.age[i].bytes, false, false};
	if (a->format == STAT_JSON) {
		kinds_json(a, kind, age);
	} else if (a->format == STAT_TABLE) {
		stat_table(&a->c, (const char *const[2]){"kind"}, kind, KINDS);
		(void)cmd_out(&a->c, "\n", 1);
		stat_table(&a->c, (const char *const[2]){"last used"}, age, STORE_AGES);
	} else {
		stat_prometheus(&a->c, "media", "Media in the store, thumbnails and blocks by kind", "kind", kind,
				KINDS);
		stat_prometheus(&a->c, "last_used", "Media by when they were last put or served", "within", age,
				STORE_AGES);
	}
	return 0;
}

/* ---- origins ------------------------------------------------------------------------------------------------------- */

struct rows {
	struct stat_row *row;
	size_t n;
};

static void
add_row(struct rows *r, const char *name, const char *other, int64_t count, int64_t bytes)
{
	if (r->n % 64 == 0)
		r->row = mem_realloc(r->row, (r->n + 64) * sizeof *r->row);
	r->row[r->n++] =
	    (struct stat_row){mem_strdup(name), mem_strdup(other), count, bytes > 0 ? bytes : 0, bytes < 0, false};
}

static void
clear_rows(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		mem_free((char *)r->row[i].name);
		mem_free((char *)r->row[i].other);
	}
	mem_free(r->row);
}

static void
tell_rows(const struct app *a, const struct rows *r, const char *what, const char *help, const char *const head[2])
{
	if (a->format == STAT_TABLE)
		stat_table(&a->c, head, r->row, r->n);
	else
		stat_prometheus(&a->c, what, help, head[0], r->row, r->n);
}

static void
add_origin(void *arg, const char *origin, const struct store_amount *amount)
{
	add_row(arg, origin, NULL, amount->count, amount->bytes);
}

static int
origins(struct app *a, struct err *err)
{
	struct media_users q;
	struct rows r = {0};
	const char *order = a->asked[ORDER], *limit = a->asked[LIMIT];
	media_users_init(&q);
	if (limit != NULL && media_users_set(&q, "limit", limit, err) < 0)
		return -1;
	if (order != NULL && !str_eq(order, "count") && !str_eq(order, "bytes"))
		return err_set(err, ERR_INPUT, "origins are ordered by count or by bytes, not by %s", order);
	int rc = store_origins(a->store, str_eq(order, "count"), q.ask.limit, add_origin, &r, err);
	for (size_t i = 0; rc == 0 && a->format == STAT_JSON && i < r.n; i++) {
		struct json *j = json_object();
		json_set_str(j, "origin", r.row[i].name);
		json_set_int(j, "count", r.row[i].count);
		json_set_int(j, "bytes", r.row[i].bytes);
		stat_print(&a->c, j);
	}
	if (rc == 0 && a->format != STAT_JSON)
		tell_rows(a, &r, "origin", "Media of other servers", (const char *const[2]){"origin"});
	clear_rows(&r);
	return rc;
}

/* ---- users and their media -------------------------------------------------------------------------------------------- */

/* The answer of the admin API, as rows. */
static void
tell_list(const struct app *a, const struct json *answer, const char *list, const char *const key[4],
	  const char *const head[2])
{
	struct rows r = {0};
	struct json *all = json_get(answer, list);
	for (size_t i = 0; i < json_len(all); i++) {
		struct json *one = json_at(all, i);
		add_row(&r, json_str(one, key[0]), json_str(one, key[1]), json_int_or(one, key[2], 0),
			json_int_or(one, key[3], -1));
		json_free(one);
	}
	for (size_t i = 0; i < r.n; i++)
		r.row[i].put = str_eq(key[2], "created_ts");
	tell_rows(a, &r, "user", "Media of users", head);
	clear_rows(&r);
	json_free(all);
}

static int
users(struct app *a, struct err *err)
{
	static const char *const key[] = {"user_id", "displayname", "media_count", "media_length"};
	struct media_users q;
	media_users_init(&q);
	for (size_t i = 0; i < ASKED; i++)
		if (a->asked[i] != NULL && media_users_set(&q, keys[i], a->asked[i], err) < 0)
			return -1;
	struct json *j = media_users_answer(a->store, &q, err);
	if (j == NULL)
		return -1;
	if (a->format == STAT_JSON) {
		stat_print(&a->c, j);
		return 0;
	}
	tell_list(a, j, "users", key, (const char *const[2]){"user", a->format == STAT_TABLE ? "displayname" : NULL});
	json_free(j);
	return 0;
}

static int
user(struct app *a, const char *name, struct err *err)
{
	static const char *const key[] = {"media_id", "media_type", "created_ts", "media_length"};
	struct media_list q;
	media_list_init(&q, name);
	if (!matrix_user_valid(name))
		return err_set(err, ERR_INPUT, "%s: not the id of a user", name);
	for (size_t i = 0; i < ASKED; i++)
		if (a->asked[i] != NULL && media_list_set(&q, keys[i], a->asked[i], err) < 0)
			return -1;
	struct json *j = media_list_answer(a->store, &q, err);
	if (j == NULL)
		return -1;
	if (a->format == STAT_JSON) {
		stat_print(&a->c, j);
		return 0;
	}
	tell_list(a, j, "media", key, (const char *const[2]){"media id", "type"});
	json_free(j);
	return 0;
}

/* ---- */

static void
check_operands(const struct app *a, char **argv)
{
	const char *verb = argv[0] != NULL ? argv[0] : "kinds";
	bool one = str_eq(verb, "user"), some = str_eq(verb, "users"), from = str_eq(verb, "origins");
	if (!one && !some && !from && !str_eq(verb, "kinds"))
		cmd_misuse(&a->c, usage, "not understood: %s", verb);
	if (one && (argv[1] == NULL || argv[2] != NULL))
		cmd_misuse(&a->c, usage, "user takes the id of one user");
	if (!one && argv[0] != NULL && argv[1] != NULL)
		cmd_misuse(&a->c, usage, "%s takes no operands: %s", verb, argv[1]);
	if (one && a->format == STAT_PROMETHEUS)
		cmd_misuse(&a->c, usage, "media of a user are no numbers for Prometheus");
	for (int i = 0; i < ASKED; i++) {
		bool may = i == ORDER || i == LIMIT ? one || some || from : i < LIMIT ? one || some : some;
		if (a->asked[i] != NULL && !may)
			cmd_misuse(&a->c, usage, "%s has no %s", verb, keys[i]);
	}
}

static void
set_time(struct app *a, int i, const char *text)
{
	int64_t ms = 0;
	int which = i == FROM_TS ? 0 : 1;
	if (cmd_when(text, &ms) < 0 || ms < 0)
		cmd_misuse(&a->c, usage, "not a time: %s", text);
	if (ms > 0 && ms < STORE_BEFORE_MIN)
		cmd_misuse(&a->c, usage, "%s: that was in 1970; is it in seconds? It is meant in ms", text);
	struct buf b;
	buf_init(&b, sizeof a->ts[which] - 1);
	(void)buf_addf(&b, "%lld", (long long)ms);
	(void)memcpy(a->ts[which], b.p, b.len + 1);
	buf_clear(&b);
	a->asked[i] = a->ts[which];
}

static void
parse_options(struct app *a, int argc, char **argv)
{
	static const char *const formats[] = {"table", "json", "prometheus"};
	int opt;
	a->format = isatty(STDOUT_FILENO) ? STAT_TABLE : STAT_JSON;
	while ((opt = getopt_long(argc, argv, CMD_SHORT, options, NULL)) != -1) {
		if (opt == OPT_FORMAT) {
			size_t f = 0;
			while (f < 3 && !str_eq(optarg, formats[f]))
				f++;
			if (f == 3)
				cmd_misuse(&a->c, usage, "no such format: %s", optarg);
			a->format = (enum stat_format)f;
		} else if (opt == OPT_FROM_TS || opt == OPT_UNTIL_TS) {
			set_time(a, opt - OPT_ORDER_BY, optarg);
		} else if (opt >= OPT_ORDER_BY && opt < OPT_FORMAT) {
			a->asked[opt - OPT_ORDER_BY] = optarg;
		} else if (!cmd_option(&a->c, opt, optarg, usage)) {
			cmd_usage(&a->c, usage);
		}
	}
}

static int
run(struct app *a, char **argv)
{
	struct err err;
	int rc = argv[0] == NULL || str_eq(argv[0], "kinds") ? kinds(a, &err)
		 : str_eq(argv[0], "origins")		     ? origins(a, &err)
		 : str_eq(argv[0], "users")		     ? users(a, &err)
							     : user(a, argv[1], &err);
	if (rc < 0 && err.code == ERR_INPUT) /* what was asked for, not what is there */
		cmd_misuse(&a->c, usage, "%s", err.text);
	return rc == 0 ? 0 : cmd_fail(&a->c, &err, NULL);
}

int
main(int argc, char **argv)
{
	struct app a = {0};
	struct err err;

	cmd_init(&a.c, argv[0]);
	parse_options(&a, argc, argv);
	check_operands(&a, argv + optind);

	cmd_configure(&a.c);
	a.store = store_there(a.c.store, &err) == 0 ? store_open(a.c.store, &err) : NULL;

	int status = a.store != NULL ? run(&a, argv + optind) : cmd_fail(&a.c, &err, NULL);
	store_close(a.store);
	return cmd_leave(&a.c, status);
}
