/* Whose media are how many, and which ones are somebody's? */
#include "media/stat.h"

#include <string.h>

/* ---- what is asked for -------------------------------------------------------------------------------------------- */

static int
invalid(struct err *err, const char *key, const char *what)
{
	return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "Query parameter %s %s", key, what);
}

static int
number(const char *key, const char *value, int64_t *out, struct err *err)
{
	if (str_int64(value, out) < 0)
		return invalid(err, key, "must be an integer");
	return *out < 0 ? invalid(err, key, "must be a positive integer.") : 0;
}

/* One of the names; *out is that of the table. */
static int
one_of(const char *const names[], const char *key, const char *value, const char **out, struct err *err)
{
	struct buf all;
	buf_init(&all, 256);
	for (size_t i = 0; names[i] != NULL; i++) {
		(void)buf_addf(&all, "%s'%s'", i > 0 ? ", " : "", names[i]);
		if (str_eq(names[i], value)) {
			*out = names[i];
			buf_clear(&all);
			return 0;
		}
	}
	int rc =
	    err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "Query parameter '%s' must be one of [%s]", key, all.p);
	buf_clear(&all);
	return rc;
}

static int
direction(const char *value, bool *backwards, struct err *err)
{
	static const char *const dirs[] = {"b", "f", NULL};
	const char *dir = NULL;
	if (one_of(dirs, "dir", value, &dir, err) < 0)
		return -1;
	*backwards = str_eq(dir, "b");
	return 0;
}

static int
length(const char *value, int64_t *limit, struct err *err)
{
	if (number("limit", value, limit, err) < 0)
		return -1;
	if (*limit > MEDIA_LIMIT_MAX)
		*limit = MEDIA_LIMIT_MAX;
	return 0;
}

/* Where the next page begins, if there is one. */
static void
set_next(struct json *j, int64_t from, int64_t limit, int64_t shown, int64_t total)
{
	json_set_int(j, "total", total);
	if (limit > 0 && shown > 0 && from < total && limit < total - from)
		json_set_int(j, "next_token", from + shown);
}

/* ---- users ---------------------------------------------------------------------------------------------------------- */

void
media_users_init(struct media_users *q)
{
	*q = (struct media_users){.ask = {.order = "user_id", .limit = MEDIA_LIMIT}};
}

static int
search_term(const char *value, const char **search, struct err *err)
{
	if (*value == '\0')
		return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM",
				"Query parameter search_term cannot be an empty string.");
	if (strlen(value) > STORE_SEARCH_MAX || !utf8_valid(value, strlen(value)))
		return invalid(err, "search_term", "is no text, or longer than 255 bytes");
	*search = value;
	return 0;
}

int
media_users_set(struct media_users *q, const char *key, const char *value, struct err *err)
{
	static const char *const orders[] = {"user_id", "displayname", "media_length", "media_count", NULL};
	if (str_eq(key, "order_by"))
		return one_of(orders, key, value, &q->ask.order, err);
	if (str_eq(key, "dir"))
		return direction(value, &q->ask.backwards, err);
	if (str_eq(key, "from"))
		return number(key, value, &q->ask.from, err);
	if (str_eq(key, "limit"))
		return length(value, &q->ask.limit, err);
	if (str_eq(key, "from_ts"))
		return number(key, value, &q->ask.from_ts, err);
	if (str_eq(key, "until_ts"))
		return number(key, value, &q->ask.until_ts, err);
	return str_eq(key, "search_term") ? search_term(value, &q->ask.search, err) : 0;
}

static void
add_user(void *arg, const struct store_user *u)
{
	struct json *j = json_object();
	json_set_str(j, "user_id", u->user);
	json_set_str(j, "displayname", u->displayname);
	json_set_int(j, "media_count", u->count);
	if (u->bytes >= 0)
		json_set_int(j, "media_length", u->bytes);
	else
		json_set_null(j, "media_length");
	json_add(arg, j);
}

struct json *
media_users_answer(struct store *s, const struct media_users *q, struct err *err)
{
	const struct store_users *ask = &q->ask;
	int64_t total = 0;
	if (ask->until_ts != 0 && ask->until_ts <= ask->from_ts) {
		(void)err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM",
			       "Query parameter until_ts must be greater than from_ts.");
		return NULL;
	}
	struct json *users = json_array();
	if (store_users(s, ask, add_user, users, &total, err) < 0) {
		json_free(users);
		return NULL;
	}
	struct json *j = json_object();
	int64_t shown = (int64_t)json_len(users);
	json_set(j, "users", users);
	set_next(j, ask->from, ask->limit, shown, total);
	return j;
}

/* ---- media of one user ---------------------------------------------------------------------------------------------- */

void
media_list_init(struct media_list *q, const char *user)
{
	*q = (struct media_list){.page = {.user = user, .order = "created_ts", .limit = MEDIA_LIMIT}};
}

int
media_list_set(struct media_list *q, const char *key, const char *value, struct err *err)
{
	static const char *const orders[] = {"media_id",       "upload_name",	       "created_ts",
					     "last_access_ts", "media_length",	       "media_type",
					     "quarantined_by", "safe_from_quarantine", NULL};
	if (str_eq(key, "order_by")) {
		q->ordered = true;
		return one_of(orders, key, value, &q->page.order, err);
	}
	if (str_eq(key, "dir")) {
		q->directed = true;
		return direction(value, &q->page.backwards, err);
	}
	if (str_eq(key, "from"))
		return number(key, value, &q->page.from, err);
	return str_eq(key, "limit") ? length(value, &q->page.limit, err) : 0;
}

struct store_user_page
media_list_page(const struct media_list *q)
{
	struct store_user_page page = q->page;
	if (!q->ordered && !q->directed)
		page.backwards = true;
	return page;
}

static void
set_number(struct json *j, const char *key, int64_t n)
{
	if (n >= 0)
		json_set_int(j, key, n);
	else
		json_set_null(j, key);
}

struct json *
media_list_item(const struct store_medium *m)
{
	struct json *j = json_object();
	json_set_str(j, "media_id", m->media_id);
	json_set_str(j, "media_type", m->type);
	set_number(j, "media_length", m->bytes);
	json_set_str(j, "upload_name", m->name);
	json_set_int(j, "created_ts", m->created_ts);
	json_set_str(j, "url_cache", m->url_cache);
	set_number(j, "last_access_ts", m->last_access_ts);
	json_set_str(j, "quarantined_by", m->quarantined_by);
	json_set_bool(j, "safe_from_quarantine", m->protected);
	json_set_str(j, "user_id", m->user);
	json_set_bool(j, "authenticated", m->authenticated);
	json_set_str(j, "sha256", m->sha256);
	return j;
}

static void
add_item(void *arg, const struct store_medium *m)
{
	json_add(arg, media_list_item(m));
}

struct json *
media_list_answer(struct store *s, const struct media_list *q, struct err *err)
{
	const struct store_user_page page = media_list_page(q);
	struct json *media = json_array();
	int64_t total = 0;
	if (store_user_media(s, &page, add_item, media, &total, err) < 0) {
		json_free(media);
		return NULL;
	}
	struct json *j = json_object();
	int64_t shown = (int64_t)json_len(media);
	json_set(j, "media", media);
	set_next(j, page.from, page.limit, shown, total);
	return j;
}
