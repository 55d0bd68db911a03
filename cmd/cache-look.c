/* What is in the cache?  list, show, forget and stat of mxpreview-cache, by URL or by filters. */
#include "cmd/cache-look.h"

#include <string.h>

#include "store/cache.h"
#include "url/url.h"

/* ---- which rows ----------------------------------------------------------------------------------------- */

bool
cache_filtered(const struct cache_look *a)
{
	return a->host != NULL || a->before != 0;
}

/* The host itself or one below it. */
static bool
of_host(const char *url, const char *host)
{
	struct url u;
	bool is = false;
	if (url_parse(&u, url, NULL) < 0)
		return false;
	size_t n = u.host != NULL ? strlen(u.host) : 0, m = strlen(host);
	if (n >= m && str_ieq(u.host + n - m, host))
		is = n == m || u.host[n - m - 1] == '.';
	url_clear(&u);
	return is;
}

static bool
passes(const struct cache_look *a, const char *url, const struct store_preview *p)
{
	return (a->before == 0 || p->download_ts < a->before) && (a->host == NULL || of_host(url, a->host));
}

/* ---- looking through ---------------------------------------------------------------------------------- */

static void
set_some(struct json *j, const char *key, int64_t value)
{
	if (value > 0)
		json_set_int(j, key, value);
}

static struct json *
row(const char *url, const struct store_preview *p)
{
	struct json *j = json_object();
	json_set_str(j, "url", url);
	json_set_int(j, "status", p->status);
	json_set_str(j, "media_id", p->media_id);
	if (p->etag != NULL)
		json_set_str(j, "etag", p->etag);
	if (p->language != NULL && *p->language != '\0')
		json_set_str(j, "language", p->language);
	json_set_int(j, "download_ts", p->download_ts);
	json_set_int(j, "expires_ts", p->expires_ts);
	set_some(j, "stale_ts", p->stale_ts > p->expires_ts ? p->stale_ts : 0);
	set_some(j, "error_ts", p->error_ts > p->expires_ts ? p->error_ts : 0);
	return j;
}

static void
set_failure(struct json *j, const struct store_preview *p)
{
	json_del(j, "media_id");
	json_set_str(j, "errcode", p->errcode);
	json_set_str(j, "error", p->error);
	if (p->class != NULL && *p->class != '\0')
		json_set_str(j, "class", p->class);
	set_some(j, "http_status", p->http_status);
	json_set_int(j, "failures", p->failures);
}

static int
print(struct cache_look *a, struct json *take)
{
	int rc = cmd_out_json(a->c, take, RECORD_LINE_MAX);
	a->shown++;
	return rc < 0 || cmd_stop ? 1 : 0;
}

/* "3d", "12h", "5m", "7s": the largest unit. */
static void
add_span(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		char letter;
	} unit[] = {{86400000, 'd'}, {3600000, 'h'}, {60000, 'm'}, {1000, 's'}};
	size_t i = 0;
	while (i < 3 && ms < unit[i].ms)
		i++;
	(void)buf_addf(out, "%4lld%c ", (long long)(ms / unit[i].ms), unit[i].letter);
}

/* For a terminal: nothing in a URL may speak to it. */
static int
print_row(struct cache_look *a, const char *url, const struct store_preview *p)
{
	struct buf line;
	int64_t now = cmd_now(), left = p->expires_ts - now;
	uint32_t cp;
	buf_init(&line, RECORD_LINE_MAX);
	if (a->shown++ == 0)
		(void)buf_adds(&line, "  age   left status url\n");
	add_span(&line, now > p->download_ts ? now - p->download_ts : 0);
	if (left > 0)
		add_span(&line, left);
	else
		(void)buf_adds(&line, "    - ");
	(void)buf_addf(&line, " %5lld ", (long long)p->status);
	for (size_t n = strlen(url), at = 0, len; at < n; at += len) {
		len = utf8_next(url + at, n - at, &cp);
		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
			(void)buf_addc(&line, '?');
		else
			(void)buf_add(&line, url + at, len);
	}
	(void)buf_addc(&line, '\n');
	int rc = cmd_out(a->c, line.p, line.len);
	buf_clear(&line);
	return rc < 0 || cmd_stop ? 1 : 0;
}

static int
list_one(void *arg, const char *url, const struct store_preview *p)
{
	struct cache_look *a = arg;
	if (!passes(a, url, p))
		return cmd_stop != 0;
	if (a->table)
		return print_row(a, url, p);
	struct json *j = row(url, p);
	if (p->failure)
		set_failure(j, p);
	return print(a, j);
}

static int
show_one(void *arg, const char *url, const struct store_preview *p)
{
	struct cache_look *a = arg;
	struct err err;
	if (!passes(a, url, p) || (a->only != 0 && (p->failure || p->download_ts != a->only)))
		return 0;
	struct json *j = row(url, p);
	if (p->failure)
		set_failure(j, p);
	else
		json_set(j, "og", p->og != NULL ? json_parse(p->og, strlen(p->og), &err) : NULL);
	return print(a, j);
}

/* A row of the list has no "og": it is looked up. */
static int
show_listed(void *arg, const char *url, const struct store_preview *p)
{
	struct cache_look *a = arg;
	if (!passes(a, url, p))
		return cmd_stop != 0;
	a->only = p->download_ts;
	return store_cache_show(a->store, url, show_one, a, &a->broken) < 0 || cmd_stop != 0;
}

static int
forget_one(struct cache_look *a, const char *url, struct err *err)
{
	int64_t n = 0;
	if (store_cache_forget(a->store, url, &n, err) < 0)
		return -1;
	struct json *j = json_object();
	json_set_str(j, "url", url);
	json_set_int(j, "forgotten", n);
	(void)print(a, j);
	return n > 0 ? 0 : err_set(err, ERR_NOTFOUND, "%s: not in the cache", url);
}

static int
chosen(void *arg, const char *url, const struct store_preview *p)
{
	return passes(arg, url, p);
}

static int
forget_filtered(struct cache_look *a, struct err *err)
{
	int64_t n = 0;
	int rc = store_cache_forget_if(a->store, chosen, a, &n, err);
	struct json *j = json_object();
	json_set_int(j, "forgotten", n);
	(void)print(a, j);
	return rc;
}

/* ---- counting -------------------------------------------------------------------------------------------- */

struct tally {
	const struct cache_look *a;
	int64_t now, n, fresh;
};

static int
count_one(void *arg, const char *url, const struct store_preview *p)
{
	struct tally *t = arg;
	if (passes(t->a, url, p)) {
		t->n++;
		t->fresh += p->expires_ts > t->now;
	}
	return cmd_stop != 0;
}

/* With a filter: what has a URL of its own. */
static int
count_filtered(struct cache_look *a, int64_t now, struct store_stat *s, struct err *err)
{
	struct tally previews = {.a = a, .now = now}, failures = previews;
	if (store_cache_list(a->store, count_one, &previews, err) < 0 ||
	    store_failure_list(a->store, count_one, &failures, err) < 0)
		return -1;
	*s = (struct store_stat){
	    .previews = previews.n, .fresh = previews.fresh, .failures = failures.n, .failures_fresh = failures.fresh};
	return 0;
}

static int
stat_all(struct cache_look *a, struct err *err)
{
	struct store_stat s = {0};
	int64_t now = cmd_now();
	int rc = cache_filtered(a) ? count_filtered(a, now, &s, err) : store_cache_stat(a->store, now, &s, err);
	if (rc < 0)
		return -1;
	const struct {
		const char *key;
		int64_t n;
		bool always;
	} rows[] = {{"previews", s.previews, true},
		    {"fresh", s.fresh, true},
		    {"stale", s.previews - s.fresh, true},
		    {"failures", s.failures, true},
		    {"failures_fresh", s.failures_fresh, true},
		    {"images", s.images, false},
		    {"images_fresh", s.images_fresh, false},
		    {"media", s.media, false},
		    {"media_bytes", s.media_bytes, false},
		    {"thumbs", s.thumbs, false},
		    {"thumb_bytes", s.thumb_bytes, false}};
	struct json *j = json_object();
	struct buf text;
	buf_init(&text, RECORD_LINE_MAX);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!rows[i].always && cache_filtered(a))
			continue;
		json_set_int(j, rows[i].key, rows[i].n);
		(void)buf_addf(&text, "%-14s %12lld\n", rows[i].key, (long long)rows[i].n);
	}
	if (a->table) {
		(void)cmd_out(a->c, text.p, text.len);
		json_free(j);
	} else {
		(void)print(a, j);
	}
	buf_clear(&text);
	return 0;
}

/* ---- */

int
cache_look(struct cache_look *a, const char *verb, struct err *err)
{
	if (str_eq(verb, "list") && a->failures)
		return store_failure_list(a->store, list_one, a, err);
	if (str_eq(verb, "list"))
		return store_cache_list(a->store, list_one, a, err);
	if (str_eq(verb, "stat"))
		return stat_all(a, err);
	if (!str_eq(verb, "show"))
		return forget_filtered(a, err);
	int rc = store_cache_list(a->store, show_listed, a, err);
	if (rc == 0 && a->broken.code != ERR_NONE) {
		*err = a->broken;
		rc = -1;
	}
	return rc;
}

int
cache_each_url(struct cache_look *a, const char *verb, char **urls)
{
	struct err err;
	int status = 0;
	for (; *urls != NULL && !cmd_stop; urls++) {
		int64_t before = a->shown;
		int rc = str_eq(verb, "forget") ? forget_one(a, *urls, &err)
						: store_cache_show(a->store, *urls, show_one, a, &err);
		if (rc == 0 && a->shown == before)
			rc = err_set(&err, ERR_NOTFOUND, "%s: not in the cache", *urls);
		if (rc < 0)
			status = cmd_fail(a->c, &err, NULL);
	}
	return status;
}
