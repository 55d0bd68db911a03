/* What does mxmedia-expire say of what goes? */
#include "cmd/expire.h"

#include <string.h>

#include "json/json.h"

static const char *const kind[STORE_GONE_KINDS] = {
    [STORE_GONE_PREVIEW] = "preview",	[STORE_GONE_FAILURE] = "failure", [STORE_GONE_TOKEN] = "token",
    [STORE_GONE_RESERVED] = "reserved", [STORE_GONE_FETCHED] = "fetched", [STORE_GONE_LOCAL] = "local",
    [STORE_GONE_REMOTE] = "remote",
};

void
expire_print(struct json *take)
{
	(void)cmd_out_json(NULL, take, RECORD_LINE_MAX);
}

static char *
uri_of(const struct expire *a, const struct store_medium *m)
{
	return mem_printf("mxc://%s/%s", m->origin != NULL ? m->origin : a->c.conf.server_name, m->media_id);
}

static void
set_path(struct json *j, const struct store_medium *m)
{
	struct store_file f = store_medium_file(m);
	struct err ignored;
	struct buf path;
	buf_init(&path, RECORD_LINE_MAX);
	if (f.id != NULL && m->bytes >= 0 && store_file_path(&f, &path, &ignored) == 0)
		json_set_str(j, "path", path.p);
	buf_clear(&path);
}

/* One line of a dry run. */
static void
would_go(const struct expire *a, const struct store_gone *g)
{
	struct json *j = json_object();
	json_set_str(j, "kind", kind[g->kind]);
	if (g->url != NULL && g->kind != STORE_GONE_TOKEN)
		json_set_str(j, "url", g->url);
	if (g->m != NULL) {
		char *uri = uri_of(a, g->m);
		int64_t used = g->m->last_access_ts > g->m->created_ts ? g->m->last_access_ts : g->m->created_ts;
		json_set_str(j, "content_uri", uri);
		if (g->m->bytes >= 0)
			json_set_int(j, "media_length", g->m->bytes);
		json_set_int(j, "used_ts", used);
		if (g->m->url_cache != NULL)
			json_set_str(j, "url", g->m->url_cache);
		if (g->m->quarantined_by != NULL)
			json_set_str(j, "quarantined_by", g->m->quarantined_by);
		set_path(j, g->m);
		mem_free(uri);
	}
	expire_print(j);
}

/* "deleted_media" of the admin API: ids of ours, whole names of others. */
static void
add_to_list(struct expire *a, const struct store_medium *m)
{
	struct json *j = json_array();
	struct buf text;
	char *uri = m->origin != NULL ? uri_of(a, m) : mem_strdup(m->media_id);
	buf_init(&text, RECORD_LINE_MAX);
	json_add_str(j, uri);
	if (json_write(j, 0, &text) == 0) {
		text.p[text.len - 1] = '\0'; /* the element, out of its array */
		(void)cmd_out(&a->c, a->listed ? "," : "", a->listed ? 1 : 0);
		(void)cmd_out(&a->c, text.p + 1, text.len - 2);
		a->listed = true;
	}
	buf_clear(&text);
	mem_free(uri);
	json_free(j);
}

void
expire_told(void *arg, const struct store_gone *g)
{
	struct expire *a = arg;
	if (a->e.dry) {
		would_go(a, g);
		return;
	}
	if (a->listing && g->m != NULL)
		add_to_list(a, g->m);
	if (a->c.verbose == 0)
		return;
	char *uri = g->m != NULL ? uri_of(a, g->m) : NULL;
	cmd_note(&a->c, "deleted: %s: %s", kind[g->kind],
		 uri != NULL		       ? uri
		 : g->kind == STORE_GONE_TOKEN ? ""
					       : g->url);
	mem_free(uri);
}

void
expire_list_open(struct expire *a)
{
	static const char open[] = "{\"deleted_media\":[";
	if (!a->e.dry)
		(void)cmd_out(&a->c, open, sizeof open - 1);
	a->listing = !a->e.dry;
	a->listed = false;
}

void
expire_list_close(struct expire *a)
{
	static const enum store_gone_kind of_list[] = {STORE_GONE_LOCAL, STORE_GONE_FETCHED, STORE_GONE_REMOTE,
						       STORE_GONE_RESERVED};
	int64_t total = 0;
	for (size_t i = 0; i < sizeof of_list / sizeof of_list[0]; i++)
		total += a->e.n[of_list[i]];
	if (a->e.dry) {
		struct json *j = json_object();
		json_set_bool(j, "dry_run", true);
		json_set_int(j, "total", total);
		json_set_int(j, "previews", a->e.n[STORE_GONE_PREVIEW]);
		json_set_int(j, "bytes", a->e.bytes);
		expire_print(j);
		return;
	}
	char *end = mem_printf("],\"total\":%lld}\n", (long long)total);
	(void)cmd_out(&a->c, end, strlen(end));
	mem_free(end);
	a->listing = false;
}

struct json *
expire_counts(const struct expire *a, const char *const key[STORE_GONE_KINDS])
{
	struct json *j = json_object();
	if (a->e.dry)
		json_set_bool(j, "dry_run", true);
	for (size_t i = 0; i < STORE_GONE_KINDS; i++)
		if (key[i] != NULL)
			json_set_int(j, key[i], a->e.n[i]);
	json_set_int(j, "bytes", a->e.bytes);
	return j;
}
