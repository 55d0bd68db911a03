/* How is the database of a reference server opened?  Nothing in it is believed: neither its tables nor their columns. */
#include "store/source.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MS = 10000, HEAP_MAX = 96 << 20 };

const struct store_source_form store_source_form[STORE_SOURCE_TABLES] = {
    [STORE_SOURCE_LOCAL] = {"local_media_repository",
			    {{"media_id", STORE_SOURCE_TEXT},
			     {"media_type", STORE_SOURCE_TEXT},
			     {"media_length", STORE_SOURCE_NUMBER},
			     {"created_ts", STORE_SOURCE_NUMBER},
			     {"upload_name", STORE_SOURCE_TEXT},
			     {"user_id", STORE_SOURCE_TEXT},
			     {"quarantined_by", STORE_SOURCE_TEXT},
			     {"url_cache", STORE_SOURCE_TEXT},
			     {"last_access_ts", STORE_SOURCE_NUMBER},
			     {"safe_from_quarantine", STORE_SOURCE_NUMBER},
			     {"authenticated", STORE_SOURCE_NUMBER},
			     {"sha256", STORE_SOURCE_TEXT}}},
    [STORE_SOURCE_REMOTE] = {"remote_media_cache",
			     {{"media_origin", STORE_SOURCE_TEXT},
			      {"media_id", STORE_SOURCE_TEXT},
			      {"media_type", STORE_SOURCE_TEXT},
			      {"media_length", STORE_SOURCE_NUMBER},
			      {"created_ts", STORE_SOURCE_NUMBER},
			      {"upload_name", STORE_SOURCE_TEXT},
			      {"filesystem_id", STORE_SOURCE_TEXT},
			      {"last_access_ts", STORE_SOURCE_NUMBER},
			      {"quarantined_by", STORE_SOURCE_TEXT},
			      {"authenticated", STORE_SOURCE_NUMBER},
			      {"sha256", STORE_SOURCE_TEXT}}},
    [STORE_SOURCE_PROFILES] = {"profiles",
			       {{"user_id", STORE_SOURCE_TEXT},
				{"full_user_id", STORE_SOURCE_TEXT},
				{"displayname", STORE_SOURCE_TEXT},
				{"avatar_url", STORE_SOURCE_TEXT}}},
    [STORE_SOURCE_DIRECTORY] = {"user_directory",
				{{"user_id", STORE_SOURCE_TEXT},
				 {"display_name", STORE_SOURCE_TEXT},
				 {"avatar_url", STORE_SOURCE_TEXT}}},
    [STORE_SOURCE_MEMBERS] = {"room_memberships",
			      {{"event_id", STORE_SOURCE_TEXT},
			       {"room_id", STORE_SOURCE_TEXT},
			       {"sender", STORE_SOURCE_TEXT},
			       {"avatar_url", STORE_SOURCE_TEXT}}},
    [STORE_SOURCE_ROOMS] = {"room_stats_state", {{"room_id", STORE_SOURCE_TEXT}, {"avatar", STORE_SOURCE_TEXT}}},
    [STORE_SOURCE_EVENTS] =
	{"event_json", {{"event_id", STORE_SOURCE_TEXT}, {"room_id", STORE_SOURCE_TEXT}, {"json", STORE_SOURCE_TEXT}}},
};

const char *
store_source_name(enum store_source_table t)
{
	return store_source_form[t].name;
}

int
store_source_err(struct store_source *src, const char *what, struct err *err)
{
	int rc = sqlite3_errcode(src->db) & 0xFF;
	return err_set(err, rc == SQLITE_BUSY ? ERR_BUSY : ERR_SYS, "database: %s: %s", what, sqlite3_errmsg(src->db));
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

/* A database in WAL mode that nobody has open has no WAL: it is read as it stands, so that none is made beside it. */
static bool
at_rest(const char *path)
{
	unsigned char head[20] = {0};
	char *wal = mem_printf("%s-wal", path);
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool is = fd >= 0 && pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && head[18] == 2 &&
		  (stat(wal, &st) < 0 || st.st_size == 0);
	io_close(&fd);
	mem_free(wal);
	return is;
}

static char *
uri_of(const char *path)
{
	struct buf b;
	buf_init(&b, 3 * (strlen(path) + 32));
	(void)buf_adds(&b, path[0] == '/' ? "file://" : "file:");
	for (const char *p = path; *p != '\0'; p++)
		if (*p == '%' || *p == '?' || *p == '#')
			(void)buf_addf(&b, "%%%02X", (unsigned)*p);
		else
			(void)buf_addc(&b, *p);
	(void)buf_adds(&b, at_rest(path) ? "?mode=ro&immutable=1" : "?mode=ro");
	return buf_take(&b);
}

/* What our own statements do, and nothing that a schema might bring along. */
static int
authorize(void *arg, int action, const char *a, const char *b, const char *c, const char *within)
{
	(void)arg;
	(void)c;
	if (within != NULL)
		return SQLITE_DENY;
	if (action == SQLITE_SELECT || action == SQLITE_READ)
		return SQLITE_OK;
	if (action == SQLITE_FUNCTION)
		return str_ieq(b, "max") ? SQLITE_OK : SQLITE_DENY;
	return action == SQLITE_PRAGMA && str_ieq(a, "table_info") ? SQLITE_OK : SQLITE_DENY;
}

static void
close_in(sqlite3 *db)
{
	(void)sqlite3_hard_heap_limit64(HEAP_MAX);
	(void)sqlite3_busy_timeout(db, BUSY_MS);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, STORE_SOURCE_CELL_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 65536);
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_exec(db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA query_only = ON", NULL, NULL,
			   NULL);
	(void)sqlite3_set_authorizer(db, authorize, NULL);
}

/* A real table: what is virtual has no root page. */
static bool
is_table(sqlite3 *db, const char *name)
{
	sqlite3_stmt *stmt = NULL;
	bool is =
	    sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND rootpage > 0",
			       -1, &stmt, NULL) == SQLITE_OK;
	if (is) {
		store_bind(stmt, 1, name);
		is = sqlite3_step(stmt) == SQLITE_ROW;
	}
	(void)sqlite3_finalize(stmt);
	return is;
}

static bool
has_column(sqlite3 *db, const char *table, const char *column)
{
	sqlite3_stmt *stmt = NULL;
	bool is = false;
	char *sql = mem_printf("PRAGMA table_info(%s)", table);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK)
		while (!is && sqlite3_step(stmt) == SQLITE_ROW)
			is = str_ieq((const char *)sqlite3_column_text(stmt, 1), column);
	(void)sqlite3_finalize(stmt);
	mem_free(sql);
	return is;
}

static void
add_column(struct buf *sql, sqlite3 *db, const char *table, const char *column)
{
	(void)buf_addf(sql, ", %s", has_column(db, table, column) ? column : "NULL");
}

/* The statement of a table, of the columns that it has.  A table that has none of that form is not there. */
static void
prepare_table(struct store_source *src, enum store_source_table t)
{
	struct buf sql;
	if (!is_table(src->db, store_source_form[t].name))
		return;
	buf_init(&sql, 4096);
	(void)buf_adds(&sql, "SELECT rowid");
	for (size_t i = 0; store_source_form[t].column[i].type != STORE_SOURCE_END; i++)
		add_column(&sql, src->db, store_source_form[t].name, store_source_form[t].column[i].name);
	(void)buf_addf(&sql, " FROM %s NOT INDEXED WHERE rowid > ?1 ORDER BY rowid LIMIT %d", store_source_form[t].name,
		       STORE_SOURCE_ROWS);
	src->has[t] = sqlite3_prepare_v2(src->db, sql.p, -1, &src->stmt[t], NULL) == SQLITE_OK;
	buf_clear(&sql);
}

static void
prepare_thumbs(struct store_source *src, bool ours)
{
	const char *table = ours ? "local_media_repository_thumbnails" : "remote_media_cache_thumbnails";
	static const char *const columns[] = {"thumbnail_height", "thumbnail_type", "thumbnail_method",
					      "thumbnail_length"};
	int which = ours ? STORE_SOURCE_THUMBS : STORE_SOURCE_REMOTE_THUMBS;
	struct buf sql;
	if (!is_table(src->db, table))
		return;
	buf_init(&sql, 4096);
	(void)buf_adds(&sql, "SELECT thumbnail_width");
	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
		add_column(&sql, src->db, table, columns[i]);
	(void)buf_addf(&sql, " FROM %s WHERE media_id = ?1%s LIMIT %d", table, ours ? "" : " AND media_origin = ?2",
		       STORE_THUMBS_MAX);
	src->has[which] = sqlite3_prepare_v2(src->db, sql.p, -1, &src->stmt[which], NULL) == SQLITE_OK;
	buf_clear(&sql);
}

struct store_source *
store_source_open(const char *path, struct err *err)
{
	struct store_source *src = mem_alloc(sizeof *src);
	char *uri = uri_of(path);
	int rc = sqlite3_open_v2(uri, &src->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	mem_free(uri);
	if (rc == SQLITE_OK) {
		close_in(src->db);
		for (int t = 0; t < STORE_SOURCE_TABLES; t++)
			prepare_table(src, (enum store_source_table)t);
		prepare_thumbs(src, true);
		prepare_thumbs(src, false);
		if (src->has[STORE_SOURCE_LOCAL] || src->has[STORE_SOURCE_REMOTE])
			return src;
		if (sqlite3_errcode(src->db) == SQLITE_OK || (sqlite3_errcode(src->db) & 0xFF) == SQLITE_ERROR)
			(void)err_set(err, ERR_INPUT, "%s: has no tables of media", path);
		else
			(void)store_source_err(src, path, err);
	} else if (src->db != NULL) {
		(void)store_source_err(src, path, err);
	} else {
		(void)err_set(err, ERR_SYS, "%s: no memory", path);
	}
	store_source_close(src);
	return NULL;
}

void
store_source_close(struct store_source *src)
{
	if (src == NULL)
		return;
	for (int i = 0; i < STORE_SOURCE_STATEMENTS; i++)
		(void)sqlite3_finalize(src->stmt[i]);
	(void)sqlite3_close(src->db);
	mem_free(src);
}

bool
store_source_has(const struct store_source *src, enum store_source_table t)
{
	return src->has[t];
}

int64_t
store_source_last(struct store_source *src, enum store_source_table t)
{
	sqlite3_stmt *stmt = NULL;
	int64_t last = 0;
	char *sql = mem_printf("SELECT max(rowid) FROM %s", store_source_form[t].name);
	if (src->has[t] && sqlite3_prepare_v2(src->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		last = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	mem_free(sql);
	return last;
}
