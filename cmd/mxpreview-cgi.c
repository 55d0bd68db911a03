/* What does this URL look like, asks a Matrix client?  The answer of the cache, else of the chain of filters, by HTTP. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/chain.h"
#include "cmd/cgi.h"
#include "cmd/who.h"
#include "preview/desk.h"
#include "preview/format.h"
#include "preview/stages.h"
#include "store/store.h"
#include "url/url.h"

static const char usage[] =
    "usage: mxpreview-cgi [-hqvV] [-c FILE] [-d DIR] [--fastcgi] [-s SOCKET] [--mode MODE]\n"
    "       mxpreview-cgi --hash-token\n"
    "\n"
    "Answers the preview_url requests of Matrix clients behind a web server, by CGI or FastCGI.\n"
    "\n"
    "      --fastcgi         stay, and take connections from standard input\n"
    "  -s, --socket SOCKET   stay, and take connections from a socket of that name\n"
    "      --mode MODE       its permissions, 0660 if not given\n"
    "      --hash-token      the SHA-256 of a token on standard input, for auth_tokens\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      filters do not close themselves in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

enum { OPT_HASH_TOKEN = CMD_OPT_FIRST };
static const struct option options[] = {
    CMD_LONG,
    CGI_LONG,
    {"hash-token", no_argument, NULL, OPT_HASH_TOKEN},
    {NULL, 0, NULL, 0},
};

enum { LANGUAGES_MAX = 8 };
enum form { FORM_OG, FORM_CARD, FORM_EXPLAIN, FORM_RECORD };
static const char *const form_names[] = {"og", "card", "explain", "record", NULL};

static const struct web_route routes[] = {
    {WEB_GET, "/_matrix/client/v1/media/preview_url", WEB_USER, FORM_OG},
    {WEB_GET, "/_matrix/media/(r0|v1|v3)/preview_url", WEB_USER, FORM_OG},
    {WEB_GET, "/_api/media/r0/preview_url", WEB_USER, FORM_CARD},
    {0, NULL, WEB_ANYONE, 0},
};
/* What a record has besides its answer is for admins. */
static const struct web_route admins = {WEB_GET, "/", WEB_ADMIN, 0};

struct job {
	struct cgi_request *q; /* NULL: the place is free */
	enum form form;
	int64_t since;
	size_t next; /* free place, 1 + its number */
};

struct app {
	struct cmd c;
	struct cgi_options o;
	bool resident;
	struct cgi *cgi;
	struct who *who;
	struct store *store;
	struct store_blobs blobs;
	struct url_policy *policy; /* while there is no desk, without the addresses of this machine */
	struct stage_cache cache, quick;
	struct desk *desk; /* NULL: nobody has asked for what is not known */
	char **argv[STAGE_DONE];
	struct job *job;
	size_t jobs, free; /* 1 + number of the first free place */
	size_t detailed;   /* jobs in hand that want to know what an answer is made of */
};

/* ---- jobs: who waits for which record ----------------------------------------------------------- */

static size_t
job_new(struct app *a, struct cgi_request *q, enum form form)
{
	size_t i = a->free;
	if (i == 0) {
		a->job = mem_realloc(a->job, (a->jobs + 1) * sizeof *a->job);
		a->job[a->jobs] = (struct job){0};
		i = ++a->jobs;
	} else {
		a->free = a->job[i - 1].next;
	}
	a->job[i - 1] = (struct job){.q = q, .form = form, .since = cmd_clock()};
	a->detailed += form != FORM_OG;
	return i - 1;
}

static struct job
job_end(struct app *a, size_t i)
{
	struct job was = a->job[i];
	a->job[i] = (struct job){.next = a->free};
	a->free = i + 1;
	a->detailed -= was.form != FORM_OG;
	return was;
}

/* ---- answers ---------------------------------------------------------------------------------- */

static void
fail(struct cgi_request *q, const struct record *rec)
{
	struct json *e = json_get(rec->j, "error");
	struct web_answer answer;
	struct json *told = json_object();
	const char *errcode = json_str(e, "errcode"), *text = json_str(e, "error");
	int64_t status = json_int_or(e, "status", 500);
	web_answer_init(&answer, status >= 400 && status <= 599 ? (int)status : 500);
	json_set_str(told, "errcode", errcode != NULL ? errcode : "M_UNKNOWN");
	json_set_str(told, "error", text != NULL ? text : "Internal server error");
	web_json_headers(&answer);
	(void)json_write(told, 0, &answer.body);
	json_free(told);
	json_free(e);
	cgi_answer(q, &answer);
}

static struct json *
in_form(const struct job *job, const struct record *rec)
{
	switch (job->form) {
	case FORM_OG:
		return format_og(rec);
	case FORM_CARD:
		return format_card(rec);
	case FORM_EXPLAIN:
		break;
	case FORM_RECORD:
		return json_copy(rec->j);
	}
	struct json *j = format_explain(rec);
	json_set_int(j, "took_ms", cmd_clock() - job->since);
	return j;
}

static void
tell(const struct app *a, const struct job *job, const struct record *rec)
{
	struct web_answer answer;
	if (record_failed(rec) && job->form <= FORM_CARD) {
		fail(job->q, rec);
		return;
	}
	struct json *j = in_form(job, rec);
	web_answer_init(&answer, 200);
	web_json_headers(&answer);
	int rc = json_write(j, a->c.conf.compat_synapse ? JSON_ASCII : 0, &answer.body);
	json_free(j);
	if (rc == 0) {
		cgi_answer(job->q, &answer);
		return;
	}
	struct err err;
	web_answer_clear(&answer);
	(void)err_http(&err, ERR_LIMIT, 500, "M_TOO_LARGE", "the answer is longer than %zu bytes", WEB_BODY_MAX);
	cgi_answer_error(job->q, &err);
}

static void
desk_answered(void *arg, struct record *rec)
{
	struct app *a = arg;
	int64_t i = -1;
	if (json_int(rec->j, "id", &i) && i >= 0 && (size_t)i < a->jobs && a->job[i].q != NULL) {
		struct job job = job_end(a, (size_t)i);
		json_del(rec->j, "id");
		tell(a, &job, rec);
	}
	a->cache.details = a->detailed > 0;
	record_clear(rec);
}

static void
noted(void *arg, const char *text)
{
	const struct app *a = arg;
	cmd_warn(&a->c, "%s", text);
}

/* ---- the desk ---------------------------------------------------------------------------------- */

static void
set_cache(struct app *a)
{
	cmd_cache(&a->c, &a->cache);
	a->cache.store = a->store;
	a->cache.forbids = stage_forbids;
	a->cache.policy = a->policy;
	a->cache.rules = url_policy_has_rules(a->policy);
	a->cache.blobs = a->desk != NULL || a->blobs.dirfd >= 0 ? &a->blobs : NULL;
	a->quick = a->cache;
}

/* Addresses of this machine are asked for when somebody is about to go there: to tell what is known they are not needed,
 * and they are not to be had for nothing.  Nor is a locale, which only rules ask for. */
static struct url_policy *
read_policy(const struct app *a, const struct conf *conf, struct err *err)
{
	struct conf light = *conf;
	bool goes = a->resident || a->blobs.dirfd >= 0;
	light.deny_own_addresses = conf->deny_own_addresses && goes;
	if (goes || conf->allow_url.n + conf->allow_url_secondary.n + conf->deny_url.n > 0)
		cmd_locale();
	return cmd_policy_new(&light, err);
}

/* Whoever gets to know first that nobody knows: what it needs is opened now. */
static int
open_desk(struct app *a, struct err *err)
{
	struct desk_conf dc = {.store = a->store,
			       .cache = &a->cache,
			       .server_name = a->c.conf.server_name,
			       .resident = a->resident,
			       .max_behind = (size_t)a->c.conf.jobs,
			       .answer = desk_answered,
			       .note = noted,
			       .arg = a};
	char *dir = NULL;
	if (store_blobs_open(&a->blobs, a->c.store, true, err) < 0)
		return -1;
	if (!a->resident) {
		struct url_policy *whole = read_policy(a, &a->c.conf, err);
		if (whole == NULL)
			return -1;
		url_policy_free(a->policy);
		a->policy = whole;
	}
	set_cache(a);
	dir = io_program_dir();
	for (enum stage s = 0; s < STAGE_DONE; s++) {
		a->argv[s] = chain_argv(&a->c, dir, s, NULL);
		dc.router.argv[s] = a->argv[s];
	}
	mem_free(dir);
	chain_patience(&a->c.conf, dc.router.patience);
	dc.router.now = cmd_clock;
	dc.router.trace = true;
	dc.policy = a->policy;
	a->desk = desk_new(&dc);
	return 0;
}

static void
find_out(struct app *a, struct cgi_request *q, enum form form, struct record *take)
{
	struct err err;
	if (a->desk == NULL && open_desk(a, &err) < 0) {
		cmd_warn(&a->c, "%s", err.text);
		record_clear(take);
		cgi_answer_error(q, &err);
		return;
	}
	json_set_int(take->j, "id", (int64_t)job_new(a, q, form));
	a->cache.details = a->detailed > 0;
	if (form != FORM_OG)
		json_set_bool(take->j, "icons", true);
	if (form == FORM_EXPLAIN)
		json_set_bool(take->j, "explain", true);
	desk_ask(a->desk, take);
	cgi_wake(a->cgi); /* the answer may have been given at once, or a process started */
}

/* ---- questions -------------------------------------------------------------------------------- */

/* The tags in the order in which they stand; whatever else the header says, the record has no place for it. */
static void
set_languages(struct record *rec, const char *header)
{
	struct json *list = json_array();
	for (const char *s = header; *s != '\0' && json_len(list) < LANGUAGES_MAX;) {
		s += strspn(s, " \t,");
		size_t n = strcspn(s, " \t,;");
		if (n > 0 && *s != '*') {
			char *tag = mem_strndup(s, n);
			json_add_str(list, tag);
			mem_free(tag);
		}
		s += strcspn(s, ",");
	}
	json_set(rec->j, "lang", list);
}

static int
read_question(const struct app *a, struct cgi_request *q, const struct who_is *is, struct record *rec, struct err *err)
{
	const char *url = NULL;
	int64_t ts = cmd_now();
	if (!a->c.conf.url_preview_enabled)
		return err_http(err, ERR_DENIED, 403, "M_FORBIDDEN", "URL Previews are disabled");
	if (web_param_string(&q->web, "url", &url, err) < 0)
		return -1;
	if (!str_ascii(url))
		return err_http(err, ERR_INPUT, 400, "M_UNKNOWN", "Query parameter 'url' must be ascii");
	if (strlen(url) > RECORD_URL_MAX)
		return err_http(err, ERR_LIMIT, 400, "M_TOO_LARGE", "the URL is longer than %d bytes", RECORD_URL_MAX);
	if (web_param_int(&q->web, "ts", &ts, err) < 0)
		return -1;
	record_from_url(rec, url);
	json_set_int(rec->j, "ts", ts);
	if (a->c.conf.client_language && q->web.accept_language != NULL)
		set_languages(rec, q->web.accept_language);
	if (is->user != NULL)
		json_set_str(rec->j, "user", is->user);
	return 0;
}

static void
told_who(void *arg, struct cgi_request *q, const struct who_is *is, const struct err *why)
{
	struct app *a = arg;
	enum form form = (enum form)(uintptr_t)q->own;
	struct record rec = {0};
	struct err err;
	struct job job = {.q = q, .form = form, .since = cmd_clock()};
	if (why != NULL) {
		cgi_answer_error(q, why);
		return;
	}
	if (read_question(a, q, is, &rec, &err) < 0 ||
	    stage_allowed(a->policy, record_url(&rec), !a->resident, &err) < 0) {
		record_clear(&rec);
		cgi_answer_error(q, &err);
		return;
	}
	stage_drop_userinfo(&rec);
	a->quick.details = form != FORM_OG;
	if (stage_cache_get(&a->quick, &rec, &err) < 0)
		record_fail(&rec, "cache", &err);
	if (record_cached(&rec) || record_failed(&rec)) {
		tell(a, &job, &rec);
		record_clear(&rec);
	} else {
		find_out(a, q, form, &rec);
	}
}

static void
asked(void *arg, struct cgi_request *q)
{
	struct app *a = arg;
	struct err err;
	size_t form = (size_t)q->match.route->handler;
	if (web_param_word(&q->web, "format", form_names, &form, &err) < 0) {
		cgi_answer_error(q, &err);
		return;
	}
	q->own = (void *)(uintptr_t)form;
	if (form > FORM_CARD)
		q->match.route = &admins;
	who_ask(a->who, q, told_who, a);
}

static int
step(void *arg, struct pollfd *extra, int timeout, struct err *err)
{
	struct app *a = arg;
	return a->desk != NULL ? desk_step(a->desk, extra, timeout, err) : cgi_poll(extra, timeout, err);
}

static void
tick(void *arg)
{
	struct app *a = arg;
	who_tick(a->who);
}

/* ---- a new configuration ---------------------------------------------------------------------- */

static void
use(struct app *a, struct url_policy *policy)
{
	struct desk_conf dc = {
	    .policy = policy, .server_name = a->c.conf.server_name, .max_behind = (size_t)a->c.conf.jobs};
	a->policy = policy;
	set_cache(a);
	chain_patience(&a->c.conf, dc.router.patience);
	if (a->desk != NULL)
		desk_renew(a->desk, &dc);
}

static void
reload(void *arg)
{
	struct app *a = arg;
	struct conf conf, old = a->c.conf;
	struct url_policy *policy = NULL, *before = a->policy;
	struct err err, ignored;
	if (cmd_reread(&a->c, &conf, &err) < 0) {
		cmd_warn(&a->c, "%s; the configuration stays as it was", err.text);
		return;
	}
	int rc = chain_check(&conf, &err);
	policy = rc == 0 ? read_policy(a, &conf, &err) : NULL;
	a->c.conf = conf;
	if (policy == NULL || who_renew(a->who, &err) < 0) {
		cmd_warn(&a->c, "%s; the configuration stays as it was", err.text);
		a->c.conf = old;
		(void)who_renew(a->who, &ignored);
		url_policy_free(policy);
		conf_clear(&conf);
		return;
	}
	use(a, policy);
	url_policy_free(before);
	conf_clear(&old);
	cmd_note(&a->c, "the configuration was read again");
}

/* ---- doors ------------------------------------------------------------------------------------ */

static int
open_all(struct app *a, struct err *err)
{
	struct cgi_conf conf = {
	    .c = &a->c, .routes = routes, .asked = asked, .step = step, .hangup = reload, .tick = tick, .arg = a};
	a->resident = cgi_resident(&a->o);
	if (chain_check(&a->c.conf, err) < 0 || (a->policy = read_policy(a, &a->c.conf, err)) == NULL ||
	    (a->store = (a->resident ? store_open : store_open_to_look)(a->c.store, err)) == NULL ||
	    (a->who = who_new(&a->c, a->store, err)) == NULL)
		return -1;
	set_cache(a);
	conf.trust = who_trust(a->who);
	a->cgi = cgi_new(&conf, &a->o, err);
	return a->cgi == NULL ? -1 : 0;
}

static void
close_all(struct app *a)
{
	desk_free(a->desk, cmd_stop != 0);
	who_free(a->who); /* leaves the loop */
	cgi_free(a->cgi);
	for (enum stage s = 0; s < STAGE_DONE; s++)
		chain_argv_free(a->argv[s]);
	url_policy_free(a->policy);
	store_blobs_close(&a->blobs);
	store_close(a->store);
	mem_free(a->job);
}

/* Who only read lets the system close what is open: the last one to close the database would remove its WAL, and the next
 * one make it anew, which is more work than an answer. */
__attribute__((noreturn)) static void
leave_at_once(const struct app *a, int status)
{
	_exit(cmd_flush(&a->c) < 0 && status == 0 ? EXIT_REFUSED : status);
}

int
main(int argc, char **argv)
{
	struct app a = {.blobs = {.dirfd = -1}};
	bool bad = false, hash = false;
	struct err err;
	int opt, status = 0;

	cmd_begin(&a.c, argv[0]);
	while ((opt = getopt_long(argc, argv, CMD_SHORT CGI_SHORT, options, NULL)) != -1) {
		if (opt == OPT_HASH_TOKEN)
			hash = true;
		else if (!cgi_option(&a.o, opt, optarg, &bad) && !cmd_option(&a.c, opt, optarg, usage))
			cmd_usage(&a.c, usage);
		if (bad)
			cmd_misuse(&a.c, usage, "%s: not what this option takes", optarg);
	}
	if (optind < argc)
		cmd_misuse(&a.c, usage, "%s: takes no operands", argv[optind]);
	if (hash)
		return cmd_leave(&a.c, who_hash_token(&a.c));
	cmd_configure(&a.c);

	if (open_all(&a, &err) < 0) {
		(void)cmd_fail(&a.c, &err, NULL);
		cgi_refuse(&a.c, &a.o, &err);
		status = err.code == ERR_INPUT ? EXIT_USAGE : err_exit(&err);
	} else if ((status = cgi_run(a.cgi, &err)) < 0) {
		status = cmd_fail(&a.c, &err, NULL);
	}

	if (!a.resident && a.desk == NULL && (a.who == NULL || !who_started(a.who)))
		leave_at_once(&a, status);
	close_all(&a);
	return cmd_leave(&a.c, status);
}
