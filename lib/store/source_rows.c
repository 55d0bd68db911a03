/* What stands in the tables of a reference server?  Rows of any type and size come out as what they should be, or as a
 * problem. */
#include "store/source.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { THUMB_BYTES_MAX = 64 << 20 };

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

void
store_source_page_clear(struct store_source_page *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (int k = 0; k < STORE_SOURCE_CELLS; k++)
			mem_free(p->row[i].cell[k].text);
	p->n = 0;
}

static void
read_text(struct store_source_row *r, int k, sqlite3_stmt *stmt, const char *column)
{
	const char *s = (const char *)sqlite3_column_text(stmt, k + 1);
	size_t n = (size_t)sqlite3_column_bytes(stmt, k + 1);
	if (sqlite3_column_type(stmt, k + 1) == SQLITE_BLOB || s == NULL || memchr(s, '\0', n) != NULL ||
	    !utf8_valid(s, n))
		(void)snprintf(r->problem, sizeof r->problem, "%s is no text", column);
	else
		r->cell[k].text = mem_strndup(s, n);
}

static void
read_cells(struct store_source_row *r, enum store_source_table t, sqlite3_stmt *stmt)
{
	for (int k = 0; store_source_form[t].column[k].type != STORE_SOURCE_END; k++) {
		r->cell[k].number = STORE_SOURCE_NONE;
		if (sqlite3_column_type(stmt, k + 1) == SQLITE_NULL)
			continue;
		if (store_source_form[t].column[k].type == STORE_SOURCE_TEXT)
			read_text(r, k, stmt, store_source_form[t].column[k].name);
		else if (sqlite3_column_type(stmt, k + 1) == SQLITE_INTEGER)
			r->cell[k].number = sqlite3_column_int64(stmt, k + 1);
		else
			(void)snprintf(r->problem, sizeof r->problem, "%s is no number",
				       store_source_form[t].column[k].name);
	}
}

static size_t
text_of(const struct store_source_row *r)
{
	size_t n = 0;
	for (int k = 0; k < STORE_SOURCE_CELLS; k++)
		n += r->cell[k].text != NULL ? strlen(r->cell[k].text) : 0;
	return n;
}

/* The row behind `after` cannot be read whole: which one is it? */
static int
too_big(struct store_source *src, enum store_source_table t, int64_t after, struct store_source_page *out,
	struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = -1;
	char *sql = mem_printf("SELECT rowid FROM %s NOT INDEXED WHERE rowid > ?1 ORDER BY rowid LIMIT 1",
			       store_source_form[t].name);
	if (sqlite3_prepare_v2(src->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_bind_int64(stmt, 1, after) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		struct store_source_row *r = &out->row[out->n++];
		*r = (struct store_source_row){.rowid = sqlite3_column_int64(stmt, 0)};
		(void)snprintf(r->problem, sizeof r->problem, "holds more than %d bytes", STORE_SOURCE_CELL_MAX);
		rc = 0;
	} else {
		(void)store_source_err(src, store_source_form[t].name, err);
	}
	(void)sqlite3_finalize(stmt);
	mem_free(sql);
	return rc;
}

int
store_source_page(struct store_source *src, enum store_source_table t, int64_t after, struct store_source_page *out,
		  struct err *err)
{
	sqlite3_stmt *stmt = src->stmt[t];
	size_t text = 0;
	int step = SQLITE_DONE;
	out->n = 0;
	(void)sqlite3_bind_int64(stmt, 1, after);
	while (out->n < STORE_SOURCE_ROWS && text < STORE_SOURCE_PAGE_TEXT &&
	       (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_source_row *r = &out->row[out->n];
		*r = (struct store_source_row){.rowid = sqlite3_column_int64(stmt, 0)};
		if (sqlite3_column_type(stmt, 0) != SQLITE_INTEGER || r->rowid <= after) {
			(void)sqlite3_reset(stmt); /* a column of that name in place of it: there is no way through */
			return err_set(err, ERR_INPUT, "%s: has no row numbers", store_source_form[t].name);
		}
		out->n++;
		after = r->rowid;
		read_cells(r, t, stmt);
		text += text_of(r);
	}
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_source_err(src, store_source_form[t].name, err);
	(void)sqlite3_reset(stmt);
	return step == SQLITE_TOOBIG ? too_big(src, t, after, out, err) : rc;
}

/* ---- thumbnails --------------------------------------------------------------------------------------------------- */

/* Old versions had no method in the name, and then may have two rows of one name: the first counts. */
static bool
known(const struct store_thumb_list *l, const struct store_thumb_row *t)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->row[i].width == t->width && l->row[i].height == t->height && str_eq(l->row[i].type, t->type) &&
		    str_eq(l->row[i].method, t->method))
			return true;
	return false;
}

static bool
read_thumb(struct store_thumb_list *l, sqlite3_stmt *stmt)
{
	int64_t w = sqlite3_column_int64(stmt, 0), h = sqlite3_column_int64(stmt, 1),
		bytes = sqlite3_column_int64(stmt, 4);
	struct store_source_row r = {.problem = ""};
	char path[STORE_PATH_MAX];
	read_text(&r, 1, stmt, "type");
	if (sqlite3_column_type(stmt, 3) != SQLITE_NULL)
		read_text(&r, 2, stmt, "method");
	struct store_thumb_row t = {.type = r.cell[1].text,
				    .method = r.cell[2].text != NULL ? r.cell[2].text : mem_strdup("scale"),
				    .bytes = bytes};
	bool good = r.problem[0] == '\0' && w > 0 && w <= STORE_THUMB_SIDE_MAX && h > 0 && h <= STORE_THUMB_SIDE_MAX &&
		    bytes > 0 && bytes <= THUMB_BYTES_MAX &&
		    store_thumb_name(path, sizeof path, (uint32_t)w, (uint32_t)h, t.type, t.method, NULL) == 0;
	t.width = good ? (uint32_t)w : 0;
	t.height = good ? (uint32_t)h : 0;
	if (!good || known(l, &t)) {
		mem_free(t.type);
		mem_free(t.method);
		return good;
	}
	l->row = mem_realloc(l->row, (l->n + 1) * sizeof *l->row);
	l->row[l->n++] = t;
	return true;
}

int
store_source_thumbs(struct store_source *src, const struct store_name *name, struct store_thumb_list *out,
		    int64_t *strange, struct err *err)
{
	int which = name->origin == NULL ? STORE_SOURCE_THUMBS : STORE_SOURCE_REMOTE_THUMBS, step = SQLITE_DONE;
	*out = (struct store_thumb_list){0};
	if (!src->has[which])
		return 0;
	store_bind(src->stmt[which], 1, name->id);
	if (name->origin != NULL)
		store_bind(src->stmt[which], 2, name->origin);
	while ((step = sqlite3_step(src->stmt[which])) == SQLITE_ROW)
		*strange += !read_thumb(out, src->stmt[which]);
	int rc = step == SQLITE_DONE ? 0 : store_source_err(src, "thumbnails", err);
	(void)sqlite3_reset(src->stmt[which]);
	return rc;
}
