/* What is in the cache?  Lists, counts, and the way out of it. */
#include "store/int.h"

#include <sqlite3.h>

/* What a page of a list holds.  No statement stays open while the caller prints: a reader that takes its time would keep
 * the WAL from being written back. */
enum { LIST_PAGE = 128 };

struct listed {
	char *url;
	int64_t rowid;
	struct store_preview p;
};

static void
listed_clear(struct listed row[LIST_PAGE], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mem_free(row[i].url);
		store_preview_clear(&row[i].p);
	}
}

/* Reads what a statement gives, at most a page. */
static int
page(struct store *s, sqlite3_stmt *stmt, bool failures, struct listed row[LIST_PAGE], size_t *n, struct err *err)
{
	int step = SQLITE_DONE;
	*n = 0;
	while (*n < LIST_PAGE && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct listed *r = &row[(*n)++];
		(failures ? store_read_failure : store_read_preview)(stmt, &r->p);
		r->url = store_column(stmt, failures ? STORE_FAILURE_COLUMNS : STORE_PREVIEW_COLUMNS);
		r->rowid = failures ? 0 : sqlite3_column_int64(stmt, STORE_PREVIEW_COLUMNS + 1);
	}
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "list", err);
	(void)sqlite3_reset(stmt);
	return rc;
}

/* The newest rows that are older than before. */
static int
page_of_previews(struct store *s, int64_t before, struct listed row[LIST_PAGE], size_t *n, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_LIST, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, before);
	(void)sqlite3_bind_int64(stmt, 2, LIST_PAGE);
	return page(s, stmt, false, row, n, err);
}

static int
page_of_failures(struct store *s, const char *after, struct listed row[LIST_PAGE], size_t *n, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_FAILURE_LIST, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, after);
	(void)sqlite3_bind_int64(stmt, 2, LIST_PAGE);
	return page(s, stmt, true, row, n, err);
}

int
store_cache_list(struct store *s, store_row *f, void *arg, struct err *err)
{
	struct listed row[LIST_PAGE];
	int64_t before = INT64_MAX;
	size_t n = LIST_PAGE;
	int rc = 0;
	for (bool stop = false; rc == 0 && !stop && n == LIST_PAGE;) {
		n = 0;
		rc = page_of_previews(s, before, row, &n, err);
		for (size_t i = 0; i < n; i++) {
			if (rc == 0 && !stop && row[i].url != NULL)
				stop = f(arg, row[i].url, &row[i].p) != 0;
			before = row[i].rowid;
		}
		listed_clear(row, n);
	}
	return rc;
}

int
store_failure_list(struct store *s, store_row *f, void *arg, struct err *err)
{
	struct listed row[LIST_PAGE];
	char *after = mem_strdup("");
	size_t n = LIST_PAGE;
	int rc = 0;
	for (bool stop = false; rc == 0 && !stop && n == LIST_PAGE;) {
		n = 0;
		rc = page_of_failures(s, after, row, &n, err);
		for (size_t i = 0; i < n && rc == 0 && !stop; i++)
			stop = f(arg, row[i].url, &row[i].p) != 0;
		if (n > 0) {
			mem_free(after);
			after = mem_strdup(row[n - 1].url);
		}
		listed_clear(row, n);
	}
	mem_free(after);
	return rc;
}

int
store_cache_show(struct store *s, const char *url, store_row *f, void *arg, struct err *err)
{
	struct store_preview failure = {0};
	int step = SQLITE_DONE;
	bool stopped = false;
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_SHOW, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, url);
	while (!stopped && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct store_preview p;
		store_read_preview(stmt, &p);
		stopped = f(arg, url, &p) != 0;
		store_preview_clear(&p);
	}
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "show", err);
	(void)sqlite3_reset(stmt);
	if (rc < 0 || stopped)
		return rc;
	rc = store_failure_get(s, url, 0, &failure, err);
	if (rc == 0 && failure.found)
		(void)f(arg, url, &failure);
	store_preview_clear(&failure);
	return rc;
}

/* ---- forgetting ---------------------------------------------------------------------------------------- */

int
store_cache_forget(struct store *s, const char *url, int64_t *forgotten, struct err *err)
{
	*forgotten = 0;
	if (store_write_begin(s, STORE_SYNC_FULL, err) < 0)
		return -1;
	sqlite3_stmt *stmt = store_sql(s, SQL_CACHE_FORGET, err);
	if (stmt != NULL)
		store_bind(stmt, 1, url);
	int rc = store_run(s, stmt, "forget", err);
	if (rc == 0)
		*forgotten = sqlite3_changes(s->db);
	rc = rc == 0 ? store_failure_drop(s, url, err) : rc;
	if (rc == 0)
		*forgotten += sqlite3_changes(s->db);
	return store_write_end(s, rc, err);
}

static int
forget_row(struct store *s, const struct listed *r, bool failure, struct err *err)
{
	if (failure)
		return store_failure_drop(s, r->url, err);
	sqlite3_stmt *stmt = store_sql(s, SQL_ROW_FORGET, err);
	if (stmt != NULL)
		(void)sqlite3_bind_int64(stmt, 1, r->rowid);
	return store_run(s, stmt, "forget", err);
}

/* Those of a page that f chooses. */
static int
forget_page(struct store *s, bool failures, const struct listed row[LIST_PAGE], size_t n, store_row *f, void *arg,
	    int64_t *forgotten, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (row[i].url == NULL || f(arg, row[i].url, &row[i].p) == 0)
			continue;
		rc = forget_row(s, &row[i], failures, err);
		*forgotten += rc == 0 ? sqlite3_changes(s->db) : 0;
	}
	return rc;
}

/* A transaction a page, so that writers need not wait for all of it; read and removed in the same one, for row numbers
 * mean the same row only within it. */
static int
forget_all(struct store *s, bool failures, store_row *f, void *arg, int64_t *forgotten, struct err *err)
{
	struct listed row[LIST_PAGE];
	char *after = mem_strdup("");
	int64_t before = INT64_MAX;
	size_t n = LIST_PAGE;
	int rc = 0;
	while (rc == 0 && n == LIST_PAGE) {
		n = 0;
		rc = store_write_begin(s, STORE_SYNC_FULL, err);
		if (rc < 0)
			break;
		rc = failures ? page_of_failures(s, after, row, &n, err) : page_of_previews(s, before, row, &n, err);
		rc = rc == 0 ? forget_page(s, failures, row, n, f, arg, forgotten, err) : rc;
		rc = store_write_end(s, rc, err);
		if (n > 0) {
			before = row[n - 1].rowid;
			mem_free(after);
			after = mem_strdup(row[n - 1].url != NULL ? row[n - 1].url : "");
		}
		listed_clear(row, n);
	}
	mem_free(after);
	return rc;
}

int
store_cache_forget_if(struct store *s, store_row *f, void *arg, int64_t *forgotten, struct err *err)
{
	*forgotten = 0;
	int rc = forget_all(s, false, f, arg, forgotten, err);
	return rc == 0 ? forget_all(s, true, f, arg, forgotten, err) : rc;
}

/* ---- counting ------------------------------------------------------------------------------------------- */

struct counts {
	int64_t *n, *sum;
};

static void
read_counts(void *arg, sqlite3_stmt *stmt)
{
	const struct counts *c = arg;
	*c->n = sqlite3_column_int64(stmt, 0);
	*c->sum = sqlite3_column_int64(stmt, 1);
}

int
store_cache_stat(struct store *s, int64_t now, struct store_stat *out, struct err *err)
{
	const struct {
		enum sql which;
		bool timed;
		struct counts to;
	} q[] = {
	    {SQL_STAT_PREVIEWS, true, {&out->previews, &out->fresh}},
	    {SQL_STAT_FAILURES, true, {&out->failures, &out->failures_fresh}},
	    {SQL_STAT_MEDIA, false, {&out->media, &out->media_bytes}},
	    {SQL_STAT_THUMBS, false, {&out->thumbs, &out->thumb_bytes}},
	    {SQL_STAT_IMAGES, true, {&out->images, &out->images_fresh}},
	};
	bool found;
	int rc = 0;
	*out = (struct store_stat){0};
	for (size_t i = 0; i < sizeof q / sizeof q[0] && rc == 0; i++) {
		struct counts to = q[i].to;
		sqlite3_stmt *stmt = store_sql(s, q[i].which, err);
		if (stmt != NULL && q[i].timed)
			(void)sqlite3_bind_int64(stmt, 1, now);
		rc = store_one(s, stmt, "statistics", &found, read_counts, &to, err);
	}
	return rc;
}
