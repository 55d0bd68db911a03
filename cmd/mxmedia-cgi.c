/* May I have this medium, asks a Matrix client, or: keep this one?  And who keeps the house asks about all of them. */
#include <getopt.h>
#include <malloc.h>
#include <string.h>

#include "cmd/media-web.h"
#include "store/who.h"

static const char usage[] =
    "usage: mxmedia-cgi [-hqvV] [-c FILE] [-d DIR] [--fastcgi] [-s SOCKET] [--mode MODE]\n"
    "\n"
    "Answers the media requests of Matrix clients, and those of the media admin API, behind a web server by CGI or\n"
    "FastCGI.\n"
    "\n"
    "      --fastcgi         stay, and take connections from standard input\n"
    "  -s, --socket SOCKET   stay, and take connections from a socket of that name\n"
    "      --mode MODE       its permissions, 0660 if not given\n"
    "  -c, --config FILE     configuration instead of the usual places, see mxpreview.conf(5)\n"
    "  -d, --store DIR       where media and database are kept\n"
    "  -q, --quiet           no messages\n"
    "  -v, --verbose         say what is done\n"
    "      --no-sandbox      thumbnails are made by a process that is not closed in (debugging)\n"
    "  -h, --help            this text\n"
    "  -V, --version         the version\n";

static const struct option options[] = {
    CMD_LONG,
    CGI_LONG,
    {NULL, 0, NULL, 0},
};

enum { FLUSH = 30000 /* ms, after which access times are folded in */ };

/* ---- what there is --------------------------------------------------------------------------------------------- */

enum {
	DOWNLOAD,
	THUMBNAIL,
	UPLOAD,
	CREATE,
	CONFIG,
	IDENTICON,
	INFO,
	QUARANTINE,
	UNQUARANTINE,
	PROTECT,
	UNPROTECT,
	QUARANTINE_ROOM,
	QUARANTINE_USER,
	CHANGES,
	DELETE,
	DELETE_DUE,
	PURGE,
	DELETE_USER,
	ROOM,
	LIST,
	USERS,
	SHEET
};

static const struct handler handlers[] = {
    [DOWNLOAD] = {media_web_download, BY_LOOP},
    [THUMBNAIL] = {media_web_thumbnail, BY_LOOP},
    [UPLOAD] = {NULL, BY_BODY},
    [CREATE] = {media_web_create, BY_WORK},
    [CONFIG] = {media_web_config, BY_LOOP},
    [IDENTICON] = {media_web_identicon, BY_WORK},
    [INFO] = {media_web_info, BY_LOOP},
    [QUARANTINE] = {media_web_quarantine, BY_WORK},
    [UNQUARANTINE] = {media_web_unquarantine, BY_WORK},
    [PROTECT] = {media_web_protect, BY_WORK},
    [UNPROTECT] = {media_web_unprotect, BY_WORK},
    [QUARANTINE_ROOM] = {media_web_quarantine_room, BY_ADMIN},
    [QUARANTINE_USER] = {media_web_quarantine_user, BY_ADMIN},
    [CHANGES] = {media_web_changes, BY_WORK},
    [DELETE] = {media_web_delete, BY_ADMIN},
    [DELETE_DUE] = {media_web_delete_due, BY_ADMIN},
    [PURGE] = {media_web_purge, BY_ADMIN},
    [DELETE_USER] = {media_web_delete_user, BY_ADMIN},
    [ROOM] = {media_web_room, BY_WORK},
    [LIST] = {media_web_list, BY_WORK},
    [USERS] = {media_web_users, BY_ADMIN},
    [SHEET] = {media_web_sheet, BY_ADMIN},
};

#define ADMIN "/_synapse/admin/v1"
static const struct web_route routes[] = {
    {WEB_GET, "/_matrix/client/v1/media/download/{server}/{id}/{name?}", WEB_GUEST, DOWNLOAD},
    {WEB_GET, "/_matrix/client/v1/media/thumbnail/{server}/{id}", WEB_GUEST, THUMBNAIL},
    {WEB_GET, "/_matrix/client/v1/media/config", WEB_USER, CONFIG},
    {WEB_GET, "/_matrix/media/(r0|v1|v3)/download/{server}/{id}/{name?}", WEB_ANYONE, DOWNLOAD},
    {WEB_GET, "/_matrix/media/(r0|v1|v3)/thumbnail/{server}/{id}", WEB_ANYONE, THUMBNAIL},
    {WEB_GET, "/_matrix/media/(r0|v1|v3)/config", WEB_USER, CONFIG},
    {WEB_GET, "/_matrix/media/(r0|v1)/identicon/{name}", WEB_ANYONE, IDENTICON},
    {WEB_POST, "/_matrix/media/(r0|v1|v3)/upload", WEB_USER, UPLOAD},
    {WEB_PUT, "/_matrix/media/v3/upload/{server}/{id}", WEB_USER, UPLOAD},
    {WEB_POST, "/_matrix/media/v1/create", WEB_USER, CREATE},
    {WEB_GET, ADMIN "/media/quarantine_changes", WEB_ADMIN, CHANGES},
    {WEB_GET, ADMIN "/media/{server}/{id}", WEB_ADMIN, INFO},
    {WEB_DELETE, ADMIN "/media/{server}/{id}", WEB_ADMIN, DELETE},
    {WEB_POST, ADMIN "/media/delete", WEB_ADMIN, DELETE_DUE},
    {WEB_POST, ADMIN "/media/protect/{id}", WEB_ADMIN, PROTECT},
    {WEB_POST, ADMIN "/media/unprotect/{id}", WEB_ADMIN, UNPROTECT},
    {WEB_POST, ADMIN "/media/{server}/delete", WEB_ADMIN, DELETE_DUE},
    {WEB_POST, ADMIN "/media/quarantine/{server}/{id}", WEB_ADMIN, QUARANTINE},
    {WEB_POST, ADMIN "/media/unquarantine/{server}/{id}", WEB_ADMIN, UNQUARANTINE},
    {WEB_GET, ADMIN "/room/{room}/media", WEB_ADMIN, ROOM},
    {WEB_POST, ADMIN "/room/{room}/media/quarantine", WEB_ADMIN, QUARANTINE_ROOM},
    {WEB_POST, ADMIN "/quarantine_media/{room}", WEB_ADMIN, QUARANTINE_ROOM},
    {WEB_POST, ADMIN "/user/{user}/media/quarantine", WEB_ADMIN, QUARANTINE_USER},
    {WEB_POST, ADMIN "/purge_media_cache", WEB_ADMIN, PURGE},
    {WEB_GET, ADMIN "/users/{user}/media", WEB_ADMIN, LIST},
    {WEB_DELETE, ADMIN "/users/{user}/media", WEB_ADMIN, DELETE_USER},
    {WEB_GET, ADMIN "/statistics/users/media", WEB_ADMIN, USERS},
    {WEB_GET, "/_mxpreview/admin/sheet", WEB_ADMIN, SHEET},
    {0, NULL, WEB_ANYONE, 0},
};
/* Who wants to see what is quarantined. */
static const struct web_route bypass = {WEB_GET, "/", WEB_ADMIN, 0};

/* ---- questions --------------------------------------------------------------------------------------------------------- */

static void
told_who(void *arg, struct cgi_request *q, const struct who_is *is, const struct err *why)
{
	struct task *t = q->own;
	struct err err;
	(void)arg;
	if (why != NULL && q->match.route == &bypass && err_status(why) == 403) {
		(void)err_http(&err, ERR_DENIED, 400, "M_UNKNOWN", "Must be a server admin to bypass quarantine");
		why = &err;
	}
	if (why != NULL) {
		task_end(t, why);
		return;
	}
	t->user = mem_strdup(is->user);
	task_go(t);
}

static void
asked(void *arg, struct cgi_request *q)
{
	struct web *w = arg;
	struct task *t = mem_alloc(sizeof *t);
	struct err err;
	bool unsafe = false;
	*t = (struct task){.web = w,
			   .c = &w->setting->c,
			   .rates = w->rates,
			   .q = q,
			   .handler = &handlers[q->match.route->handler],
			   .answer = {.fd = -1}};
	q->own = t;
	if (q->match.route->who == WEB_GUEST && media_web_bypass(&q->web, &unsafe, &err) < 0) {
		task_end(t, &err);
		return;
	}
	if (unsafe)
		q->match.route = &bypass;
	who_ask(w->who, q, told_who, w);
}

static void
body(void *arg, struct cgi_request *q, const void *p, size_t n)
{
	(void)arg;
	media_web_body(q->own, p, n);
}

static void
ended(void *arg, struct cgi_request *q, bool complete)
{
	(void)arg;
	media_web_ended(q->own, complete);
}

static void
gone(void *arg, struct cgi_request *q)
{
	(void)arg;
	media_web_gone(q->own);
}

/* ---- the loop ------------------------------------------------------------------------------------------------------------ */

static int
step(void *arg, struct pollfd *extra, int timeout, struct err *err)
{
	struct web *w = arg;
	int rc = cgi_poll(extra, task_patience(w, timeout), err);
	task_look_again(w);
	return rc;
}

static void
run_flush(struct job *job, struct context *x)
{
	if (x != NULL)
		(void)store_access_flush(x->mc.m.store, x->mc.m.blobs, cmd_now(), &job->err);
}

static void
flushed(struct job *job)
{
	struct web *w = (struct web *)((char *)job - offsetof(struct web, flush));
	if (job->err.code != ERR_NONE)
		cmd_warn(&w->c, "access times: %s", job->err.text);
	w->flushing = false;
}

static void
tick(void *arg)
{
	struct web *w = arg;
	who_tick(w->who);
	if (!w->resident || w->flushing || cmd_clock() - w->flushed < FLUSH)
		return;
	w->flushed = cmd_clock();
	w->flushing = true;
	w->flush = (struct job){.run = run_flush, .done = flushed};
	pool_submit(w->pool, LANE_DECIDE, &w->flush);
}

/* ---- a new configuration ------------------------------------------------------------------------------------------- */

static bool
limited(const struct conf *c)
{
	return c->media_create_per_second > 0 || c->remote_media_download_per_second > 0;
}

/* From now on: by what the loop says. */
static void
settle(struct web *w)
{
	struct setting *s = mem_alloc(sizeof *s);
	*s = (struct setting){w->c, w->setting};
	w->setting = s;
}

static int
open_rates(struct web *w, struct err *err)
{
	if (w->rates == NULL && limited(&w->c.conf))
		w->rates = store_rates_open(w->c.store, err);
	return w->rates == NULL && limited(&w->c.conf) ? -1 : 0;
}

static void
reload(void *arg)
{
	struct web *w = arg;
	struct conf conf, old = w->c.conf;
	struct err err, ignored;
	if (cmd_reread(&w->c, &conf, &err) < 0) {
		cmd_warn(&w->c, "%s; the configuration stays as it was", err.text);
		return;
	}
	w->c.conf = conf;
	if (open_rates(w, &err) < 0 || who_renew(w->who, &err) < 0) {
		cmd_warn(&w->c, "%s; the configuration stays as it was", err.text);
		w->c.conf = old;
		(void)who_renew(w->who, &ignored);
		conf_clear(&conf);
		return;
	}
	settle(w);
	pool_renew(w->pool, &w->setting->c, w->rates);
	context_renew(&w->own, &w->setting->c, w->rates);
	cmd_note(&w->c, "the configuration was read again");
}

/* ---- doors ------------------------------------------------------------------------------------------------------------- */

static int
open_all(struct web *w, struct err *err)
{
	struct cgi_conf conf = {.c = &w->c,
				.routes = routes,
				.asked = asked,
				.body = body,
				.ended = ended,
				.gone = gone,
				.step = step,
				.hangup = reload,
				.tick = tick,
				.arg = w};
	w->resident = cgi_resident(&w->o);
	settle(w);
	if (open_rates(w, err) < 0 || context_open(&w->own, &w->setting->c, w->rates, err) < 0 ||
	    (w->pool = pool_new(&w->setting->c, w->rates, w->resident, err)) == NULL ||
	    (w->who = who_new(&w->c, w->own.mc.m.store, err)) == NULL)
		return -1;
	conf.trust = who_trust(w->who);
	w->cgi = cgi_new(&conf, &w->o, err);
	return w->cgi != NULL ? pool_watch(w->pool, w->cgi, err) : -1;
}

static void
close_all(struct web *w)
{
	pool_free(w->pool);
	who_free(w->who); /* leaves the loop */
	cgi_free(w->cgi);
	store_rates_close(w->rates);
	context_close(&w->own);
	for (struct setting *s = w->setting, *before; s != NULL; s = before) {
		before = s->before;
		if (s != w->setting) /* that one is the loop's */
			conf_clear(&s->c.conf);
		mem_free(s);
	}
}

int
main(int argc, char **argv)
{
	struct web w = {.own.mc.blobs.dirfd = -1};
	bool bad = false;
	struct err err;
	int opt, status;

	cmd_init(&w.c, argv[0]);
	while ((opt = getopt_long(argc, argv, CMD_SHORT CGI_SHORT, options, NULL)) != -1) {
		if (!cgi_option(&w.o, opt, optarg, &bad) && !cmd_option(&w.c, opt, optarg, usage))
			cmd_usage(&w.c, usage);
		if (bad)
			cmd_misuse(&w.c, usage, "%s: not what this option takes", optarg);
	}
	if (optind < argc)
		cmd_misuse(&w.c, usage, "%s: takes no operands", argv[optind]);
	cmd_configure(&w.c);
	(void)mallopt(M_ARENA_MAX, 2);

	if (open_all(&w, &err) < 0) {
		(void)cmd_fail(&w.c, &err, NULL);
		cgi_refuse(&w.c, &w.o, &err);
		status = err.code == ERR_INPUT ? EXIT_USAGE : err_exit(&err);
	} else if ((status = cgi_run(w.cgi, &err)) < 0) {
		status = cmd_fail(&w.c, &err, NULL);
	}

	close_all(&w);
	return cmd_leave(&w.c, status);
}
