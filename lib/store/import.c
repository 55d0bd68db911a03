/* How do media of another store come into ours?  Their files first, whole and in their places; then their rows. */
#include "store/import.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/int.h"

/* ---- files ---------------------------------------------------------------------------------------------------------- */

int
store_blobs_foreign(struct store_blobs *b, const char *dir, struct err *err)
{
	*b = (struct store_blobs){.dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	if (b->dirfd < 0)
		return err_sys(err, "%s", dir);
	b->recent = mem_array(STORE_RECENTS, sizeof *b->recent);
	for (int i = 0; i < STORE_RECENTS; i++)
		b->recent[i].fd = -1;
	return 0;
}

bool
store_blobs_one(const struct store_blobs *a, const struct store_blobs *b)
{
	struct stat x, y;
	return fstat(a->dirfd, &x) == 0 && fstat(b->dirfd, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Under a name of its own first, as all that comes in; the file that was looked at, whatever its name means by now. */
int
store_file_link(const struct store_blobs *b, const struct store_file *f, int fd, struct err *err)
{
	struct store_place at;
	struct stat have, want;
	char tmp[STORE_TMP_MAX] = "", self[32];
	int dirfd = -1;
	if (store_place_file(&at, f, err) < 0)
		return -1;
	int made = store_tmp_open(b, at.dir, &dirfd, tmp, err);
	if (made < 0) {
		io_close(&dirfd);
		return -1;
	}
	io_close(&made);
	(void)unlinkat(dirfd, tmp, 0); /* its way is durable now */
	(void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	int rc = linkat(AT_FDCWD, self, dirfd, at.name, AT_SYMLINK_FOLLOW);
	if (rc < 0 && errno == EEXIST && fstat(fd, &want) == 0 &&
	    fstatat(dirfd, at.name, &have, AT_SYMLINK_NOFOLLOW) == 0)
		rc = have.st_dev == want.st_dev && have.st_ino == want.st_ino
			 ? 0
			 : err_set(err, ERR_DENIED, "another file stands in its place");
	else if (rc < 0)
		(void)err_sys(err, "link");
	if (rc == 0 && (fdatasync(fd) < 0 || fsync(dirfd) < 0))
		rc = err_sys(err, "sync");
	io_close(&dirfd);
	return rc;
}

int
store_import_taken(struct store *s, const struct store_medium *m, bool *is, struct err *err)
{
	*is = false;
	if (m->origin == NULL)
		return 0;
	sqlite3_stmt *stmt = store_sql(s, SQL_FILE_REMOTE, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, m->origin);
		store_bind(stmt, 2, m->filesystem_id);
	}
	return store_one(s, stmt, "file", is, NULL, NULL, err);
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

static void
bind_number(sqlite3_stmt *stmt, int i, int64_t n)
{
	if (n >= 0)
		(void)sqlite3_bind_int64(stmt, i, n);
	else
		(void)sqlite3_bind_null(stmt, i);
}

static int
put_row(struct store *s, struct store_imported *row, struct err *err)
{
	const struct store_medium *m = &row->m;
	sqlite3_stmt *stmt = store_sql(s, m->origin == NULL ? SQL_IMPORT_LOCAL : SQL_IMPORT_REMOTE, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, m->media_id);
	store_bind(stmt, 2, m->type);
	bind_number(stmt, 3, m->bytes);
	(void)sqlite3_bind_int64(stmt, 4, m->created_ts);
	store_bind(stmt, 5, m->name);
	store_bind(stmt, 6, m->quarantined_by);
	bind_number(stmt, 7, m->last_access_ts);
	(void)sqlite3_bind_int(stmt, 8, m->authenticated);
	store_bind(stmt, 9, m->sha256);
	store_bind(stmt, 10, m->origin == NULL ? m->user : m->origin);
	store_bind(stmt, 11, m->origin == NULL ? m->url_cache : m->filesystem_id);
	if (m->origin == NULL)
		(void)sqlite3_bind_int(stmt, 12, m->protected);
	if (store_run(s, stmt, "import", err) < 0)
		return -1;
	row->added = sqlite3_changes(s->db) > 0;
	return 0;
}

static int
log_quarantine(struct store *s, struct store_import *run, const struct store_medium *m, struct err *err)
{
	const struct store_name name = {m->origin, m->media_id};
	if (run->action == 0 && store_action(s, "import", run->by, run->reason, run->now, &run->action, err) < 0)
		return -1;
	return store_log(s, run->action, &name, STORE_QUARANTINE, NULL, m->sha256, run->now, err);
}

/* What may not come in comes quarantined, as anything else that comes in. */
static int
judge(struct store *s, struct store_medium *m, struct err *err)
{
	const struct store_name name = {m->origin, m->media_id};
	bool blocked = false;
	if (m->quarantined_by != NULL || m->protected)
		return 0;
	if (store_blocked(s, &name, m->sha256, &blocked, err) < 0)
		return -1;
	if (blocked)
		m->quarantined_by = mem_strdup("system");
	return 0;
}

static int
put_one(struct store *s, struct store_import *run, struct store_imported *row, struct err *err)
{
	const struct store_name name = {row->m.origin, row->m.media_id};
	if (judge(s, &row->m, err) < 0 || put_row(s, row, err) < 0)
		return -1;
	if (!row->added)
		return 0;
	if (store_thumb_rows_add(s, &name, row->m.filesystem_id, row->thumb, row->thumbs, err) < 0)
		return -1;
	return row->m.quarantined_by == NULL ? 0 : log_quarantine(s, run, &row->m, err);
}

static int
put_state(struct store *s, const struct store_import *run, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_STATE_SET, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, run->state);
		(void)sqlite3_bind_int64(stmt, 2, run->after);
	}
	return store_run(s, stmt, "state", err);
}

int
store_import_rows(struct store *s, struct store_import *run, struct store_imported *row, size_t n, struct err *err)
{
	int64_t action = run->action;
	if (store_write_begin(s, STORE_SYNC_FULL, err) < 0)
		return -1;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = put_one(s, run, &row[i], err);
	rc = rc == 0 && run->state != NULL ? put_state(s, run, err) : rc;
	rc = store_write_end(s, rc, err);
	if (rc < 0)
		run->action = action;
	return rc;
}

static void
read_after(void *arg, sqlite3_stmt *stmt)
{
	*(int64_t *)arg = sqlite3_column_int64(stmt, 0);
}

int
store_import_state(struct store *s, const char *state, int64_t *after, struct err *err)
{
	bool found = false;
	sqlite3_stmt *stmt = store_sql(s, SQL_STATE_GET, err);
	*after = 0;
	if (stmt != NULL)
		store_bind(stmt, 1, state);
	return store_one(s, stmt, "state", &found, read_after, after, err);
}
