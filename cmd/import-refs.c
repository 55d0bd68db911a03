/* Which media do the events and profiles of a reference server name? */
#include "cmd/import.h"

#include <string.h>

#include "matrix/event.h"

enum { PAGES_A_FLUSH = 32 };

static bool
find(const char *url, struct matrix_mxc *m)
{
	return url != NULL && matrix_mxc_find(m, url, NULL) == 0;
}

/* In old versions user_id is the name alone. */
static void
take_profile(struct import *a, const char *full, const char *user, const char *displayname, const char *avatar)
{
	struct matrix_mxc m;
	const struct matrix_told told = gather_told(&a->gather);
	char *name = full != NULL     ? mem_strdup(full)
		     : user == NULL   ? mem_strdup("")
		     : user[0] == '@' ? mem_strdup(user)
				      : mem_printf("@%s:%s", user, a->c.conf.server_name);
	bool has = find(avatar, &m);
	if (matrix_user_valid(name))
		told.profile(told.arg, name, displayname, has ? &m : NULL);
	mem_free(name);
}

static void
take_avatar(struct import *a, const char *room, const char *event, const char *sender, const char *kind,
	    const char *url)
{
	struct matrix_mxc m;
	if (room == NULL || !matrix_room_valid(room) || !find(url, &m))
		return;
	store_refs_add(gather_batch(&a->gather),
		       &(struct store_ref){.room = room,
					   .event = event != NULL && matrix_event_valid(event) ? event : "",
					   .kind = kind,
					   .origin = m.origin,
					   .id = m.id,
					   .sender = sender != NULL && matrix_user_valid(sender) ? sender : ""});
}

static void
take_event(struct import *a, const struct store_source_row *r)
{
	const struct matrix_told told = gather_told(&a->gather);
	const char *text = r->cell[EVENT_JSON].text;
	struct matrix_found found;
	struct err err;
	struct json *event = text != NULL ? json_parse(text, strlen(text), &err) : NULL, *row = json_object();
	if (text == NULL)
		(void)err_set(&err, ERR_INPUT, "json is missing");
	json_set_str(row, "event_id", r->cell[EVENT_ID].text);
	json_set_str(row, "room_id", r->cell[EVENT_ROOM].text);
	bool read = event != NULL;
	if (read)
		json_set(row, "json", event);
	if (!read || matrix_scan(row, NULL, &told, &found, &err) < 0)
		import_problem(a, STORE_SOURCE_EVENTS, r, err.text);
	else
		a->events += found.events;
	json_free(row);
}

static void
take(struct import *a, enum store_source_table t, const struct store_source_row *r)
{
	if (r->problem[0] != '\0') {
		import_problem(a, t, r, r->problem);
		return;
	}
	if (t == STORE_SOURCE_PROFILES)
		take_profile(a, r->cell[PROFILE_FULL].text, r->cell[PROFILE_USER].text, r->cell[PROFILE_NAME].text,
			     r->cell[PROFILE_AVATAR].text);
	else if (t == STORE_SOURCE_DIRECTORY)
		take_profile(a, NULL, r->cell[DIRECTORY_USER].text, r->cell[DIRECTORY_NAME].text,
			     r->cell[DIRECTORY_AVATAR].text);
	else if (t == STORE_SOURCE_MEMBERS)
		take_avatar(a, r->cell[MEMBER_ROOM].text, r->cell[MEMBER_EVENT].text, r->cell[MEMBER_SENDER].text,
			    STORE_MEMBER_AVATAR, r->cell[MEMBER_AVATAR].text);
	else if (t == STORE_SOURCE_ROOMS)
		take_avatar(a, r->cell[ROOM_ID].text, NULL, NULL, STORE_ROOM_AVATAR, r->cell[ROOM_AVATAR].text);
	else
		take_event(a, r);
}

/* What was gathered is kept before it is said that it was. */
static int
keep(struct import *a, const char *state, int64_t after, struct err *err)
{
	if (a->dry)
		return 0;
	gather_flush(&a->gather);
	if (a->gather.failed) {
		*err = a->gather.err;
		return -1;
	}
	a->run.state = state;
	a->run.after = after;
	return store_import_rows(a->store, &a->run, NULL, 0, err);
}

static int
table(struct import *a, enum store_source_table t, struct err *err)
{
	struct store_source_page *page = mem_alloc(sizeof *page);
	char *state = import_state(a, t);
	int64_t after = 0, last = store_source_last(a->src, t);
	int rc = a->dry || a->again ? 0 : store_import_state(a->store, state, &after, err);
	for (int pages = 1; rc == 0 && !cmd_stop; pages++) {
		rc = store_source_page(a->src, t, after, page, err);
		if (rc < 0 || page->n == 0)
			break;
		for (size_t i = 0; i < page->n && !a->dry; i++)
			take(a, t, &page->row[i]);
		after = page->row[page->n - 1].rowid;
		store_source_page_clear(page);
		if (pages % PAGES_A_FLUSH == 0)
			rc = keep(a, state, after, err);
		import_progress(a, t, after, last);
	}
	rc = rc == 0 ? keep(a, state, cmd_stop ? after : 0, err) : rc;
	store_source_page_clear(page);
	mem_free(page);
	mem_free(state);
	return rc < 0 ? err_add(err, "%s", store_source_name(t)) : 0;
}

int
import_refs(struct import *a, struct err *err)
{
	static const enum store_source_table all[] = {STORE_SOURCE_DIRECTORY, STORE_SOURCE_PROFILES, STORE_SOURCE_ROOMS,
						      STORE_SOURCE_EVENTS, STORE_SOURCE_MEMBERS};
	bool events = store_source_last(a->src, STORE_SOURCE_EVENTS) > 0; /* then members are among them, with times */
	int rc = 0;
	for (size_t i = 0; rc == 0 && !cmd_stop && i < sizeof all / sizeof all[0]; i++)
		if (store_source_has(a->src, all[i]) && (all[i] != STORE_SOURCE_MEMBERS || !events))
			rc = table(a, all[i], err);
	return rc;
}
