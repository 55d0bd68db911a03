/* Whose is a file?  From its place to the row that would name it. */
#include "store/orphans.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* The id that a place stands for, and its server; false: it stands for none. */
static bool
id_of(const struct store_place_of *at, const char *name, struct store_file *f, char id[STORE_ID_MAX])
{
	const char *part[4];
	size_t n = 0, first = at->kind == STORE_REMOTE_FILE;
	if (at->parts < first || at->parts - first > 3 || (at->thumb && at->parts == first))
		return false;
	for (size_t i = first; i < at->parts; i++)
		part[n++] = at->part[i];
	if (!at->thumb)
		part[n++] = name;
	int len = n == 2 && at->kind == STORE_URL_CACHE_FILE ? snprintf(id, STORE_ID_MAX, "%s_%s", part[0], part[1])
		  : n == 3 ? snprintf(id, STORE_ID_MAX, "%s%s%s", part[0], part[1], part[2])
			   : -1;
	*f = (struct store_file){.kind = at->kind, .origin = first ? at->part[0] : NULL, .id = id};
	return len > 0 && len < STORE_ID_MAX;
}

/* The way back must lead to the same place. */
static bool
leads_back(const struct store_place_of *at, const char *name, const struct store_file *f)
{
	struct store_place p;
	char dir[STORE_PATH_MAX];
	size_t n = 0;
	if ((at->thumb ? store_place_thumbs(&p, f, NULL) : store_place_file(&p, f, NULL)) < 0)
		return false;
	for (size_t i = 0; i < at->parts && n < sizeof dir; i++)
		n += (size_t)snprintf(dir + n, sizeof dir - n, "/%s", at->part[i]);
	const char *below = strchr(p.dir, '/');
	return n < sizeof dir && below != NULL && str_eq(below, dir) && (at->thumb || str_eq(p.name, name));
}

bool
store_owner_place(const struct store_place_of *at, const char *name)
{
	struct store_file f;
	char id[STORE_ID_MAX];
	return id_of(at, name, &f, id) && leads_back(at, name, &f);
}

void
store_owner_clear(struct store_owner *o)
{
	mem_free(o->media_id);
	store_thumb_list_clear(&o->thumbs);
	*o = (struct store_owner){0};
}

static void
read_id(void *arg, sqlite3_stmt *stmt)
{
	*(char **)arg = store_column(stmt, 0);
}

static int
ask(struct store *s, const struct store_file *f, char **media_id, struct err *err)
{
	bool remote = f->kind == STORE_REMOTE_FILE, found;
	sqlite3_stmt *stmt = store_sql(s, remote ? SQL_FILE_REMOTE : SQL_FILE_LOCAL, err);
	if (stmt != NULL && remote) {
		store_bind(stmt, 1, f->origin);
		store_bind(stmt, 2, f->id);
	} else if (stmt != NULL) {
		store_bind(stmt, 1, f->id);
		(void)sqlite3_bind_int(stmt, 2, f->kind == STORE_LOCAL_FILE);
	}
	return store_one(s, stmt, "file", &found, read_id, media_id, err);
}

/* The character after the day is not in the path: ids of other software may have another one than ours. */
static int
ask_day(struct store *s, const struct store_file *f, char *id, char **media_id, struct err *err)
{
	static const char may[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.[]:";
	int rc = 0;
	for (const char *c = may; *c != '\0' && rc == 0 && *media_id == NULL; c++) {
		id[STORE_DAY_LEN] = *c;
		rc = ask(s, f, media_id, err);
	}
	return rc;
}

int
store_owner_find(struct store *s, const struct store_place_of *at, const char *name, struct store_owner *o,
		 struct err *err)
{
	struct store_file f;
	char id[STORE_ID_MAX];
	*o = (struct store_owner){0};
	if (!id_of(at, name, &f, id))
		return 0;
	int rc = ask(s, &f, &o->media_id, err);
	if (rc == 0 && o->media_id == NULL && f.kind == STORE_URL_CACHE_FILE && store_id_fetched(id))
		rc = ask_day(s, &f, id, &o->media_id, err);
	const struct store_name of = {f.origin, o->media_id};
	return rc == 0 && at->thumb && o->media_id != NULL ? store_thumb_rows_get(s, &of, &o->thumbs, err) : rc;
}

/* Also by the old name, which has no method; what is more than was read is not judged. */
bool
store_owner_has(const struct store_owner *o, const char *thumb)
{
	char name[STORE_PATH_MAX];
	if (o->media_id == NULL)
		return false;
	if (str_starts(thumb, ".mark-") || o->thumbs.n == STORE_THUMBS_MAX)
		return true;
	for (size_t i = 0; i < o->thumbs.n; i++) {
		const struct store_thumb_row *t = &o->thumbs.row[i];
		if (store_thumb_name(name, sizeof name, t->width, t->height, t->type, t->method, NULL) < 0)
			continue;
		if (str_eq(name, thumb))
			return true;
		*strrchr(name, '-') = '\0';
		if (str_eq(name, thumb))
			return true;
	}
	return false;
}
