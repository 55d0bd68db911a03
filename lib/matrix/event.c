/* Which media does an event name, what does it redact, and how is somebody called? */
#include "matrix/int.h"

#include <string.h>

enum { LISTS_DEEP = 6, RELATIONS_DEEP = 3 }; /* lists in lists; events that a server bundled with others */

/* ---- one event ------------------------------------------------------------------------------------------------- */

struct scan {
	const struct matrix_told *told;
	struct matrix_found *found;
	const char *room, *id; /* what an event does not say itself; may be NULL */
	int lists, relations;
};

static const char *
or_nothing(const char *s, bool (*valid)(const char *s))
{
	return s != NULL && valid(s) ? s : "";
}

static int64_t
time_of(const struct json *j, const char *key)
{
	int64_t ts = json_int_or(j, key, 0);
	return ts > 0 ? ts : 0;
}

static void
tell_redaction(const struct scan *s, const struct matrix_event *e, const char *what)
{
	if (s->told->redaction != NULL && what != NULL && matrix_event_valid(what))
		s->told->redaction(s->told->arg, e->room, what, e->sender, e->ts);
}

/* In rooms before version 11 "redacts" stands beside the content, from then on in it. */
static void
scan_redaction(const struct scan *s, const struct matrix_event *e, const struct json *j, const struct json *content)
{
	const char *outer = json_str(j, "redacts"), *inner = json_str(content, "redacts");
	if (!str_eq(e->type, "m.room.redaction"))
		return;
	tell_redaction(s, e, outer);
	if (!str_eq(outer, inner))
		tell_redaction(s, e, inner);
}

static void
scan_name(const struct scan *s, const struct matrix_event *e, const struct json *j, const struct json *content)
{
	if (s->told->name != NULL && str_eq(e->type, "m.room.member") &&
	    str_eq(json_str(content, "membership"), "join") && e->sender[0] != '\0' &&
	    str_eq(json_str(j, "state_key"), e->sender))
		s->told->name(s->told->arg, e->sender, json_str(content, "displayname"), e->ts);
}

static int scan_value(const struct scan *s, const struct json *j);

/* What a server tells beside the event: that it was redacted, its last edit, the last answer to it. */
static void
scan_unsigned(const struct scan *s, const struct matrix_event *e, const struct json *j)
{
	struct json *beside = json_get(j, "unsigned"), *because = json_get(beside, "redacted_because");
	struct json *relations = json_get(beside, "m.relations"), *edit = json_get(relations, "m.replace");
	struct json *thread = json_get(relations, "m.thread"), *last = json_get(thread, "latest_event");
	struct matrix_event r = *e;
	if (because != NULL && json_type(because) == JSON_OBJECT) {
		r.sender = or_nothing(json_str(because, "sender"), matrix_user_valid);
		r.ts = time_of(because, "origin_server_ts");
		tell_redaction(s, &r, e->id);
	}
	struct matrix_found ignored = {0};
	struct scan inner = {
	    .told = s->told, .found = &ignored, .room = e->room, .lists = LISTS_DEEP, .relations = s->relations + 1};
	if (s->relations < RELATIONS_DEEP && edit != NULL)
		(void)scan_value(&inner, edit);
	if (s->relations < RELATIONS_DEEP && last != NULL)
		(void)scan_value(&inner, last);
	struct json *all[] = {beside, because, relations, edit, thread, last};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		json_free(all[i]);
}

static bool
is_event(const struct json *j)
{
	struct json *content = json_get(j, "content");
	bool is = content != NULL && json_type(content) == JSON_OBJECT && json_str(j, "type") != NULL;
	json_free(content);
	return is;
}

static void
scan_event(const struct scan *s, const struct json *j)
{
	struct json *content = json_get(j, "content");
	const char *room = json_str(j, "room_id"), *id = json_str(j, "event_id");
	struct matrix_event e = {
	    .room = or_nothing(room != NULL ? room : s->room, matrix_room_valid),
	    .id = or_nothing(id != NULL ? id : s->id, matrix_event_valid),
	    .sender = or_nothing(json_str(j, "sender"), matrix_user_valid),
	    .type = json_str(j, "type"),
	    .ts = time_of(j, "origin_server_ts"),
	};
	s->found->events++;
	matrix_walk(s->told, &e, content);
	scan_redaction(s, &e, j, content);
	scan_name(s, &e, j, content);
	if (json_has(j, "unsigned"))
		scan_unsigned(s, &e, j);
	json_free(content);
}

/* ---- what holds events ------------------------------------------------------------------------------------------ */

static const char *
user_of(const struct json *j)
{
	static const char *const keys[] = {"full_user_id", "user_id", "name"};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const char *user = json_str(j, keys[i]);
		if (user != NULL && matrix_user_valid(user))
			return user;
	}
	return NULL;
}

static bool
is_profile(const struct json *j)
{
	return (json_has(j, "avatar_url") || json_has(j, "displayname")) && user_of(j) != NULL;
}

static void
scan_profile(const struct scan *s, const struct json *j)
{
	struct matrix_mxc m;
	const char *url = json_str(j, "avatar_url");
	bool avatar = url != NULL && matrix_mxc_find(&m, url, NULL) == 0;
	s->found->events++;
	if (s->told->profile != NULL)
		s->told->profile(s->told->arg, user_of(j), json_str(j, "displayname"), avatar ? &m : NULL);
}

/* A row of event_json: the event as text. */
static int
scan_row(const struct scan *s, const struct json *j)
{
	struct json *event = json_get(j, "json"), *read = NULL;
	const char *text = json_str(j, "json");
	struct scan inner = *s;
	int rc = -1;
	inner.id = json_str(j, "event_id");
	inner.room = json_str(j, "room_id") != NULL ? json_str(j, "room_id") : s->room;
	if (text != NULL)
		read = json_parse(text, strlen(text), NULL);
	const struct json *is = read != NULL ? read : event;
	if (is_event(is)) {
		scan_event(&inner, is);
		rc = 0;
	}
	json_free(read);
	json_free(event);
	return rc;
}

static int
scan_list(const struct scan *s, const struct json *j)
{
	for (size_t i = 0, n = json_len(j); i < n; i++) {
		struct json *one = json_at(j, i);
		if (scan_value(s, one) < 0)
			s->found->junk++;
		json_free(one);
	}
	return 0;
}

static void
scan_room(void *arg, const char *key, const struct json *value)
{
	struct scan inner = *(const struct scan *)arg;
	inner.room = key;
	(void)scan_value(&inner, value);
}

/* Lists of a client API answer or an export; "join" and "leave" of /sync name their rooms. */
static int
scan_lists(const struct scan *s, const struct json *j)
{
	static const char *const keys[] = {"event",	   "chunk", "messages",	    "events", "events_before",
					   "events_after", "state", "timeline",	    "users",  "pdus",
					   "auth_chain",   "rooms", "account_data", "join",   "leave"};
	struct scan inner = *s;
	int rc = -1;
	inner.lists++;
	for (size_t i = 0; s->lists < LISTS_DEEP && i < sizeof keys / sizeof keys[0]; i++) {
		struct json *held = json_get(j, keys[i]);
		if (held == NULL)
			continue;
		if (json_type(held) == JSON_OBJECT && (str_eq(keys[i], "join") || str_eq(keys[i], "leave"))) {
			json_each(held, scan_room, &inner);
			rc = 0;
		} else if (json_type(held) == JSON_ARRAY || json_type(held) == JSON_OBJECT) {
			rc = scan_value(&inner, held) == 0 ? 0 : rc;
		}
		json_free(held);
	}
	return rc;
}

static int
scan_value(const struct scan *s, const struct json *j)
{
	if (json_type(j) == JSON_ARRAY) {
		struct scan inner = *s;
		inner.lists++;
		return s->lists < LISTS_DEEP ? scan_list(&inner, j) : -1;
	}
	if (json_type(j) != JSON_OBJECT)
		return -1;
	if (is_event(j)) {
		scan_event(s, j);
		return 0;
	}
	if (json_has(j, "json"))
		return scan_row(s, j);
	if (is_profile(j)) {
		scan_profile(s, j);
		return 0;
	}
	return scan_lists(s, j);
}

int
matrix_scan(const struct json *value, const char *room, const struct matrix_told *told, struct matrix_found *found,
	    struct err *err)
{
	struct scan s = {.told = told, .found = found, .room = room};
	*found = (struct matrix_found){0};
	return scan_value(&s, value) == 0 ? 0 : err_set(err, ERR_INPUT, "neither an event nor a profile");
}
