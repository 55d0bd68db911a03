/* Who asks for what, who goes and finds out, and who waits for whom? */
#include "preview/desk.h"

#include <string.h>

#include "preview/stages.h"
#include "store/store.h"

/* A URL that is being found out about, and everybody who asked for it meanwhile. */
struct errand {
	struct errand *next;
	char *url;
	bool waiting; /* another process holds the lock */
	bool behind;  /* nobody waits for the first answer */
	bool anew;    /* what was shared is gone: everything is asked for */
	bool renewed; /* nothing has changed: old lives on */
	int64_t since;
	struct record question; /* as it was asked */
	struct record first;	/* while waiting */
	struct stage_stale old; /* what was known, its time being over */
	struct record *also;
	size_t n_also;
};

struct desk {
	struct desk_conf conf;
	struct router *router;
	struct errand *errands;
	size_t busy, behind;
};

static void
note(void *arg, const char *text)
{
	const struct desk *d = arg;
	if (d->conf.note != NULL)
		d->conf.note(d->conf.arg, text);
}

static void
answer(struct desk *d, struct record *rec)
{
	d->busy--;
	d->conf.answer(d->conf.arg, rec);
}

static void
refuse(struct desk *d, struct record *rec, const char *stage, const struct err *err)
{
	record_fail(rec, stage, err);
	answer(d, rec);
}

/* ---- errands ------------------------------------------------------------------------------------ */

static struct errand *
errand_find(const struct desk *d, const char *url)
{
	for (struct errand *e = d->errands; e != NULL; e = e->next)
		if (strcmp(e->url, url) == 0)
			return e;
	return NULL;
}

static struct errand *
errand_new(struct desk *d, const struct record *question)
{
	struct errand *e = mem_alloc(sizeof *e);
	e->url = mem_strdup(record_url(question));
	e->question.j = json_copy(question->j);
	e->next = d->errands;
	d->errands = e;
	return e;
}

static void
errand_drop(struct desk *d, struct errand *gone)
{
	for (struct errand **at = &d->errands; *at != NULL; at = &(*at)->next)
		if (*at == gone) {
			*at = gone->next;
			break;
		}
	for (size_t i = 0; i < gone->n_also; i++)
		record_clear(&gone->also[i]);
	record_clear(&gone->first);
	record_clear(&gone->question);
	stage_stale_clear(&gone->old);
	d->behind -= gone->behind;
	mem_free(gone->also);
	mem_free(gone->url);
	mem_free(gone);
}

static void
errand_join(struct errand *e, struct record *take)
{
	e->also = mem_realloc(e->also, (e->n_also + 1) * sizeof *e->also);
	e->also[e->n_also++] = *take;
	take->j = NULL;
}

/* ---- the way in ---------------------------------------------------------------------------------- */

/* Is the answer (or a failure to find one) known?  Then the record carries it. */
static bool
known(const struct desk *d, struct record *rec)
{
	struct err err;
	if (d->conf.refresh)
		return false;
	if (stage_cache_get(d->conf.cache, rec, &err) < 0)
		record_fail(rec, "cache", &err);
	return record_cached(rec) || record_failed(rec);
}

/* The same answer under the asker's own id. */
static void
answer_also(struct desk *d, const struct record *rec, struct record *asker)
{
	struct record copy = {.j = json_copy(rec->j)};
	struct json *id = json_get(asker->j, "id");
	if (id != NULL)
		json_set(copy.j, "id", id);
	else
		json_del(copy.j, "id");
	record_clear(asker);
	answer(d, &copy);
}

/* The errand is over: everybody who asked hears the same, but those who read another language than the page was asked
 * for, if it has several. */
static void
settle(struct desk *d, struct errand *e, struct record *rec)
{
	struct record *also = e != NULL ? e->also : NULL;
	size_t n = e != NULL ? e->n_also : 0;
	bool heard = e == NULL || !e->behind;
	if (e != NULL) {
		e->n_also = 0;
		e->also = NULL;
		errand_drop(d, e);
	}
	for (size_t i = 0; i < n; i++) {
		if (stage_cache_foreign(d->conf.cache, rec, &also[i])) {
			d->busy--;
			desk_ask(d, &also[i]);
		} else {
			answer_also(d, rec, &also[i]);
		}
	}
	mem_free(also);
	if (heard)
		answer(d, rec);
	else
		record_clear(rec);
}

/* Takes the URL's lock and goes; false if another process has it. */
static bool
go(struct desk *d, struct errand *e, struct record *rec)
{
	struct err err;
	int rc = store_url_lock(d->conf.store, e->url, &err);
	if (rc == STORE_LOCK_HELD)
		return false;
	if (rc < 0) {
		record_fail(rec, "cache", &err);
		settle(d, e, rec);
	} else if (known(d, rec)) { /* put away by whoever had the lock before */
		store_url_unlock(d->conf.store, e->url);
		settle(d, e, rec);
	} else {
		if (!d->conf.refresh && stage_cache_stale(d->conf.cache, rec, &e->old, &err) < 0)
			note(d, err.text); /* then everything is asked for */
		router_submit(d->router, rec);
	}
	return true;
}

/* Sends for the answer, or waits for another process that has already gone. */
static void
send(struct desk *d, struct record *rec)
{
	struct errand *e = errand_new(d, rec);
	if (go(d, e, rec))
		return;
	e->waiting = true;
	e->since = d->conf.router.now();
	e->first = *rec;
}

/* Tells an answer whose time is over, if it may be told while it is asked for anew (RFC 5861 §3). */
static bool
tell_stale(struct desk *d, struct errand *e, struct record *rec)
{
	struct stage_stale old;
	struct err err;
	if (!d->conf.resident || d->conf.refresh || stage_cache_stale(d->conf.cache, rec, &old, &err) < 0)
		return false;
	bool may = old.og != NULL && d->conf.cache->now() < old.stale_ts;
	bool anew = may && e == NULL && d->behind < d->conf.max_behind;
	struct record behind = {.j = anew ? json_copy(rec->j) : NULL};
	if (may) {
		stage_cache_answer_stale(d->conf.cache, rec, &old, NULL);
		answer(d, rec);
	}
	stage_stale_clear(&old);
	if (behind.j == NULL)
		return may;
	e = errand_new(d, &behind);
	e->behind = true;
	d->behind++;
	if (!go(d, e, &behind)) { /* another process is asking for it anew */
		errand_drop(d, e);
		record_clear(&behind);
	}
	return true;
}

void
desk_ask(struct desk *d, struct record *take)
{
	struct err err;
	struct record rec = *take;
	take->j = NULL;
	d->busy++;
	if (record_failed(&rec)) {
		answer(d, &rec);
		return;
	}
	if (stage_allowed(d->conf.policy, record_url(&rec), false, &err) < 0) {
		refuse(d, &rec, "fetch", &err);
		return;
	}
	stage_drop_userinfo(&rec);
	struct errand *e = errand_find(d, record_url(&rec));
	if (e != NULL && !e->behind)
		errand_join(e, &rec);
	else if (known(d, &rec))
		answer(d, &rec);
	else if (tell_stale(d, e, &rec))
		return;
	else if (e != NULL)
		errand_join(e, &rec);
	else
		send(d, &rec);
}

/* ---- the way out ----------------------------------------------------------------------------------- */

/* A record is about to go to a filter: what is known goes with it. */
static void
look(void *arg, struct record *rec)
{
	const struct desk *d = arg;
	struct errand *e = errand_find(d, record_url(rec));
	bool anew = d->conf.refresh || (e != NULL && e->anew);
	if (stage_reuse(d->conf.cache, e != NULL && e->old.og != NULL ? &e->old : NULL, anew, rec) && e != NULL)
		e->renewed = true;
}

/* It failed, but there is an old answer that may be told instead (RFC 5861 §4). */
static void
bridge(const struct desk *d, const struct errand *e, struct record *rec)
{
	struct json *error = json_get(rec->j, "error");
	if (e != NULL && e->old.og != NULL && d->conf.cache->now() < e->old.error_ts && stage_cache_bridges(error)) {
		record_clear(rec);
		rec->j = json_copy(e->question.j);
		stage_cache_answer_stale(d->conf.cache, rec, &e->old, error);
	}
	json_free(error);
}

static void
ask_anew(struct desk *d, struct errand *e, struct record *rec)
{
	record_clear(rec);
	rec->j = json_copy(e->question.j);
	e->anew = true;
	e->renewed = false;
	stage_stale_clear(&e->old);
	router_submit(d->router, rec);
}

static void
done(void *arg, struct record *rec)
{
	struct desk *d = arg;
	struct err err;
	struct errand *e = errand_find(d, record_url(rec));
	bool renewed = e != NULL && e->renewed;
	if (!renewed)
		stage_finish(rec, d->conf.server_name);
	if (stage_cache_put(d->conf.cache, rec, renewed ? &e->old : NULL, &err) < 0) {
		if (err.code == ERR_NOTFOUND && e != NULL && !e->anew) {
			ask_anew(d, e, rec);
			return;
		}
		if (!record_failed(rec))
			record_fail(rec, "cache", &err);
		else
			note(d, err.text);
	}
	if (record_failed(rec))
		bridge(d, e, rec);
	store_url_unlock(d->conf.store, e != NULL ? e->url : record_url(rec));
	settle(d, e, rec);
}

static bool
try_waiting(struct desk *d)
{
	struct err err;
	bool left = false;
	for (struct errand *e = d->errands, *next; e != NULL; e = next) {
		next = e->next;
		if (!e->waiting)
			continue;
		struct record rec = e->first;
		e->first.j = NULL;
		e->waiting = false;
		if (go(d, e, &rec))
			continue;
		if (d->conf.router.now() - e->since > DESK_LOCK_PATIENCE) {
			(void)err_set(&err, ERR_BUSY, "another process has been asking for this for too long");
			record_fail(&rec, "cache", &err);
			settle(d, e, &rec);
			continue;
		}
		e->first = rec;
		e->waiting = left = true;
	}
	return left;
}

int
desk_step(struct desk *d, struct pollfd *extra, int timeout, struct err *err)
{
	size_t before = d->busy;
	if (try_waiting(d) && (timeout < 0 || timeout > DESK_LOCK_RETRY))
		timeout = DESK_LOCK_RETRY;
	if (d->busy < before) /* answers were given: there may be nothing left to wait for */
		timeout = 0;
	return router_step(d->router, extra, timeout, err);
}

size_t
desk_busy(const struct desk *d)
{
	return d->busy;
}

size_t
desk_behind(const struct desk *d)
{
	return d->behind;
}

void
desk_renew(struct desk *d, const struct desk_conf *conf)
{
	d->conf.policy = conf->policy;
	d->conf.server_name = conf->server_name;
	d->conf.max_behind = conf->max_behind;
	router_renew(d->router, conf->router.patience);
}

struct desk *
desk_new(const struct desk_conf *conf)
{
	struct desk *d = mem_alloc(sizeof *d);
	struct router_conf rc = conf->router;
	rc.done = done;
	rc.look = look;
	rc.note = note;
	d->conf = *conf;
	rc.arg = d;
	d->router = router_new(&rc);
	return d;
}

void
desk_free(struct desk *d, bool now)
{
	if (d == NULL)
		return;
	router_free(d->router, now);
	while (d->errands != NULL) {
		if (!d->errands->waiting)
			store_url_unlock(d->conf.store, d->errands->url);
		errand_drop(d, d->errands);
	}
	mem_free(d);
}
