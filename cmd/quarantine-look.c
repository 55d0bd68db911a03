/* What is in quarantine, what happened to it, and what does a room or a user have? */
#include "cmd/quarantine.h"

#include <string.h>

#include "json/json.h"
#include "media/media.h"
#include "store/refs.h"

/* ---- list ------------------------------------------------------------------------------------------------------ */

/* Where a page begins: after this name.  The caller clears item. */
static int
list_from(const struct quarantine *a, struct store_item *item, struct err *err)
{
	if (a->from != NULL)
		return quarantine_name(a, a->from, item, err);
	*item = (struct store_item){.name = {NULL, mem_strdup("")}};
	return 0;
}

static void
item_clear(struct store_item *item)
{
	mem_free((void *)(uintptr_t)item->name.origin);
	mem_free((void *)(uintptr_t)item->name.id);
	mem_free((void *)(uintptr_t)item->sha256);
	*item = (struct store_item){0};
}

static int
print_page(const struct quarantine *a, const struct store_medium *m, size_t n, const char *next)
{
	struct json *page = json_object(), *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_add(list, media_info(&m[i]));
	json_set(page, "media", list);
	if (next != NULL)
		json_set_str(page, "next_token", next);
	return quarantine_print(a, page);
}

static int
print_each(const struct quarantine *a, const struct store_medium *m, size_t n)
{
	int status = 0;
	for (size_t i = 0; i < n && status == 0; i++)
		status = quarantine_print(a, media_info(&m[i]));
	return status;
}

/* A page, or with --all one line for each of them, page after page. */
static int
list_pages(const struct quarantine *a, struct store_item *at, struct err *err)
{
	size_t max = (size_t)a->limit, n = max;
	struct store_medium *m = mem_array(max + 1, sizeof *m);
	int status = 0, rc = 0;
	do {
		rc = store_quarantined(a->store, &at->name, m, max + 1, &n, err);
		if (rc < 0 || (n == 0 && a->all))
			break;
		size_t shown = n <= max ? n : max;
		if (shown > 0) {
			item_clear(at);
			at->name =
			    (struct store_name){mem_strdup(m[shown - 1].origin), mem_strdup(m[shown - 1].media_id)};
		}
		char *next = n > max ? media_uri(&at->name, a->server_name) : NULL;
		status = a->all ? print_each(a, m, shown) : print_page(a, m, shown, next);
		mem_free(next);
		store_media_clear(m, n);
	} while (a->all && status == 0 && n > max && !cmd_stop);
	mem_free(m);
	return rc < 0 ? -1 : cmd_stop ? EXIT_REFUSED : status;
}

int
quarantine_list(struct quarantine *a)
{
	struct store_item at = {0};
	struct err err;
	int rc = list_from(a, &at, &err);
	if (rc == 0 && at.name.id == NULL)
		rc = err_set(&err, ERR_INPUT, "--from %s: a medium's name is wanted", a->from);
	rc = rc == 0 ? list_pages(a, &at, &err) : rc;
	item_clear(&at);
	return rc < 0 ? cmd_fail(&a->c, &err, NULL) : rc;
}

/* ---- changes ----------------------------------------------------------------------------------------------------- */

struct changes {
	const struct quarantine *a;
	struct json *list;
	int64_t last;
	size_t n;
};

static struct json *
change(const struct quarantine *a, const struct store_logged *r)
{
	struct json *j = json_object();
	json_set_str(j, "origin", r->origin != NULL ? r->origin : a->server_name);
	json_set_str(j, "media_id", r->media_id);
	json_set_bool(j, "quarantined", r->quarantined);
	if (r->ts > 0)
		json_set_int(j, "ts", r->ts);
	json_set_str(j, "change", store_change_name(r->change));
	json_set_str(j, "by", r->by);
	if (r->reason != NULL)
		json_set_str(j, "reason", r->reason);
	if (r->sha256 != NULL)
		json_set_str(j, "sha256", r->sha256);
	if (r->was != NULL)
		json_set_str(j, "was", r->was);
	if (r->action > 0)
		json_set_int(j, "action_id", r->action);
	if (r->verb != NULL)
		json_set_str(j, "verb", r->verb);
	return j;
}

static void
add_change(void *arg, const struct store_logged *row)
{
	struct changes *v = arg;
	json_add(v->list, change(v->a, row));
	v->last = row->stream_id;
	v->n++;
}

static int
changes_from(const struct quarantine *a, int64_t *from, int64_t *highest, struct err *err)
{
	*from = 0;
	if (a->from != NULL && (str_int64(a->from, from) < 0 || *from < 0))
		return err_set(err, ERR_INPUT, "--from %s: a number is wanted", a->from);
	if (store_changes_position(a->store, highest, err) < 0)
		return -1;
	return *from <= *highest ? 0
				 : err_set(err, ERR_INPUT, "--from %lld: the log ends at %lld", (long long)*from,
					   (long long)*highest);
}

int
quarantine_changes(struct quarantine *a)
{
	int64_t from = 0, highest = 0;
	struct err err;
	if (changes_from(a, &from, &highest, &err) < 0)
		return cmd_fail(&a->c, &err, NULL);
	struct changes v = {.a = a, .list = json_array(), .last = highest};
	int rc = store_changes(a->store, from, (size_t)a->limit, add_change, &v, &err);
	struct json *j = json_object();
	json_set_int(j, "next_batch", v.last);
	json_set(j, "changes", v.list);
	if (rc < 0) {
		json_free(j);
		return cmd_fail(&a->c, &err, NULL);
	}
	return quarantine_print(a, j);
}

/* ---- show -------------------------------------------------------------------------------------------------------- */

static int
set_block(const struct quarantine *a, struct json *j, const char *key, const struct store_name *name,
	  const char *sha256, struct err *err)
{
	struct store_block b = {0};
	int rc = store_block_get(a->store, name, sha256, &b, err);
	if (rc == 0 && b.found) {
		struct json *block = json_object();
		json_set_int(block, "ts", b.ts);
		json_set_str(block, "by", b.by);
		json_set_str(block, "reason", b.reason);
		json_set(j, key, block);
	}
	store_block_clear(&b);
	return rc;
}

struct references {
	struct json *list;
	int64_t limit;
};

static int
add_reference(void *arg, const struct store_ref *r)
{
	struct references *v = arg;
	struct json *j = json_object();
	if (*r->room != '\0')
		json_set_str(j, "room_id", r->room);
	json_set_str(j, "event_id", r->event);
	json_set_str(j, "kind", r->kind);
	json_set_str(j, "sender", r->sender);
	if (r->ts > 0)
		json_set_int(j, "ts", r->ts);
	if (r->redacted)
		json_set_str(j, "redacted_by", r->redacted_by);
	json_add(v->list, j);
	return --v->limit <= 0;
}

static int
show_name(const struct quarantine *a, const struct store_name *name, struct json *j, struct err *err)
{
	struct store_medium m = {0};
	struct changes v = {.a = a, .list = json_array()};
	struct references refs = {json_array(), a->limit};
	char *uri = media_uri(name, a->server_name);
	int rc = store_medium_get(a->store, name, &m, err);
	if (rc == 0 && m.found)
		json_set(j, "media_info", media_info(&m));
	else
		json_set_null(j, "media_info");
	json_set_str(j, "mxc", uri);
	rc = rc == 0 ? set_block(a, j, "blocked", name, NULL, err) : rc;
	rc = rc == 0 ? store_changes_of(a->store, name, (size_t)a->limit, add_change, &v, err) : rc;
	struct json *last = json_at(v.list, 0); /* of what was deleted only the log knows the content */
	const char *sha256 = m.found || last == NULL ? m.sha256 : json_str(last, "sha256");
	if (rc == 0 && sha256 != NULL)
		rc = set_block(a, j, "content_blocked", NULL, sha256, err);
	json_free(last);
	if (rc == 0)
		rc = store_refs_medium(a->store, name->origin != NULL ? name->origin : a->server_name, name->id,
				       add_reference, &refs, err);
	if (rc == 0 && !m.found && v.n == 0 && json_len(refs.list) == 0 && !json_has(j, "blocked"))
		rc = err_set(err, ERR_NOTFOUND, "%s: not here", uri);
	json_set(j, "log", v.list);
	json_set(j, "references", refs.list);
	store_medium_clear(&m);
	mem_free(uri);
	return rc;
}

int
quarantine_show(struct quarantine *a)
{
	int status = 0;
	for (char **op = a->operands; *op != NULL && !cmd_stop; op++) {
		struct store_item item = {0};
		struct err err;
		struct json *j = json_object();
		int rc = quarantine_name(a, *op, &item, &err);
		if (rc == 0 && item.name.id == NULL)
			rc = err_set(&err, ERR_INPUT, "%s: a medium's name is wanted", *op);
		rc = rc == 0 ? show_name(a, &item.name, j, &err) : rc;
		if (rc == 0) {
			int printed = quarantine_print(a, j);
			status = status != 0 ? status : printed;
		} else {
			json_free(j);
			status = cmd_fail(&a->c, &err, NULL);
		}
		item_clear(&item);
	}
	return status;
}

/* ---- room, user ---------------------------------------------------------------------------------------------------- */

/* The names of one kind, written as they are read: a room may refer to any number. */
struct writing {
	const struct quarantine *a;
	bool ours;
	int64_t written;
	int sent;
};

static int
write_name(void *arg, const struct store_name *name)
{
	struct writing *w = arg;
	bool ours = name->origin == NULL || strcmp(name->origin, w->a->server_name) == 0;
	if (ours != w->ours)
		return cmd_stop != 0;
	char *uri = media_uri(name, w->a->server_name);
	struct json *list = json_array();
	struct buf text;
	buf_init(&text, RECORD_LINE_MAX);
	json_add_str(list, uri);
	(void)json_write(list, 0, &text);
	if (w->written++ > 0)
		w->sent = cmd_out(&w->a->c, ",", 1);
	w->sent = w->sent == 0 ? cmd_out(&w->a->c, text.p + 1, text.len - 2) : w->sent; /* without the brackets */
	buf_clear(&text);
	json_free(list);
	mem_free(uri);
	return w->sent != 0 || cmd_stop;
}

static int
write_reference(void *arg, const struct store_ref *r)
{
	return write_name(arg, &(struct store_name){r->origin, r->id});
}

static int
say(const struct quarantine *a, const char *text)
{
	return cmd_out(&a->c, text, strlen(text));
}

/* {"local":[…],"remote":[…]} (spec F.3) */
static int
print_names(const struct quarantine *a, bool room)
{
	const char *of = a->operands[0];
	struct writing ours = {.a = a, .ours = true}, theirs = {.a = a};
	struct err err;
	(void)say(a, "{\"local\":[");
	int rc = room ? store_refs_room(a->store, of, write_reference, &ours, &err)
		      : store_pick_user(a->store, of, STORE_PICK_ALL, write_name, &ours, &err);
	(void)say(a, "],\"remote\":[");
	if (rc == 0)
		rc = room ? store_refs_room(a->store, of, write_reference, &theirs, &err)
			  : store_refs_sender(a->store, of, write_reference, &theirs, &err);
	int sent = say(a, "]}\n");
	return rc < 0 ? cmd_fail(&a->c, &err, NULL) : sent < 0 || cmd_stop ? EXIT_REFUSED : 0;
}

int
quarantine_room(struct quarantine *a)
{
	return print_names(a, true);
}

/* What is ours: what he uploaded, or had fetched for a preview; of others: what his events refer to. */
int
quarantine_user(struct quarantine *a)
{
	return print_names(a, false);
}
