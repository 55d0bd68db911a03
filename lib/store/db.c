/* How is the database opened, brought up to date, written to by many processes at once? */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DB_NAME "mxpreview.db"
enum { BUSY_TIMEOUT = 10000 }; /* ms; a fallback: writers stand in line on the queue lock */

/* What the system said when SQLite could not read or write; 0 if that is not what went wrong. */
static int
system_errno(struct store *s)
{
	int rc = sqlite3_errcode(s->db) & 0xFF;
	return rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN ? sqlite3_system_errno(s->db) : 0;
}

int
store_db_err(struct store *s, const char *what, struct err *err)
{
	const char *text = sqlite3_errmsg(s->db);
	switch (sqlite3_errcode(s->db) & 0xFF) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, ERR_BUSY, "database: %s: %s", what, text);
	case SQLITE_FULL:
		return err_set(err, ERR_BUSY, "database: %s: no space left", what);
	default:
		errno = system_errno(s);
		return errno != 0 ? err_sys(err, "database: %s: %s", what, text)
				  : err_set(err, ERR_SYS, "database: %s: %s", what, text);
	}
}

static int open_whole(struct store *s, struct err *err);

struct sqlite3_stmt *
store_sql(struct store *s, enum sql which, struct err *err)
{
	if (s->db == NULL && open_whole(s, err) < 0) /* it could not be opened for writing, before */
		return NULL;
	if (s->stmt[which] == NULL && sqlite3_prepare_v3(s->db, store_sql_text[which], -1, SQLITE_PREPARE_PERSISTENT,
							 &s->stmt[which], NULL) != SQLITE_OK) {
		(void)store_db_err(s, "prepare", err);
		return NULL;
	}
	(void)sqlite3_reset(s->stmt[which]);
	(void)sqlite3_clear_bindings(s->stmt[which]);
	return s->stmt[which];
}

int
store_run(struct store *s, struct sqlite3_stmt *stmt, const char *what, struct err *err)
{
	if (stmt == NULL)
		return -1;
	int rc = sqlite3_step(stmt) == SQLITE_DONE ? 0 : store_db_err(s, what, err);
	(void)sqlite3_reset(stmt);
	return rc;
}

void
store_bind(struct sqlite3_stmt *stmt, int i, const char *s)
{
	(void)sqlite3_bind_text(stmt, i, s, -1, SQLITE_STATIC);
}

char *
store_column(struct sqlite3_stmt *stmt, int i)
{
	return mem_strdup((const char *)sqlite3_column_text(stmt, i));
}

int
store_one(struct store *s, struct sqlite3_stmt *stmt, const char *what, bool *found,
	  void (*read)(void *arg, struct sqlite3_stmt *stmt), void *arg, struct err *err)
{
	*found = false;
	if (stmt == NULL)
		return -1;
	int step = sqlite3_step(stmt);
	*found = step == SQLITE_ROW;
	if (*found && read != NULL)
		read(arg, stmt);
	int rc = *found || step == SQLITE_DONE ? 0 : store_db_err(s, what, err);
	(void)sqlite3_reset(stmt);
	return rc;
}

static int
exec(struct store *s, const char *sql, const char *what, struct err *err)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_db_err(s, what, err);
}

/* ---- writing: in line, then BEGIN IMMEDIATE ------------------------------------------------------- */

int
store_beside(const struct store *s, const char *name, struct err *err)
{
	char *path = mem_printf("%s/%s", s->dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		(void)err_sys(err, "%s", path);
	mem_free(path);
	return fd;
}

static int
queue_lock(struct store *s, short type, struct err *err)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
	if (s->queue < 0 && (s->queue = store_beside(s, DB_NAME ".wlock", err)) < 0)
		return -1;
	int rc = fcntl(s->queue, F_OFD_SETLKW, &lock);
	if (rc < 0 && errno == EINTR) /* only a signal that means "stop" interrupts */
		return err_set(err, ERR_BUSY, "database: interrupted");
	return rc == 0 ? 0 : err_sys(err, "database: queue lock");
}

/* NORMAL survives every crash of a process; a power cut may take the last previews with it.  What deletes or
 * quarantines must not come back, so it pays for FULL. */
static int
synchronous(struct store *s, enum store_sync sync, struct err *err)
{
	return sync == STORE_SYNC_FULL ? exec(s, "PRAGMA synchronous = FULL", "synchronous", err)
				       : exec(s, "PRAGMA synchronous = NORMAL", "synchronous", err);
}

int
store_write_begin(struct store *s, enum store_sync sync, struct err *err)
{
	struct err ignored;
	if (((s->looks || s->db == NULL) && open_whole(s, err) < 0) || queue_lock(s, F_WRLCK, err) < 0)
		return -1;
	s->full = sync == STORE_SYNC_FULL;
	if ((!s->full || synchronous(s, sync, err) == 0) &&
	    store_run(s, store_sql(s, SQL_BEGIN, err), "begin", err) == 0)
		return 0;
	return store_write_end(s, -1, &ignored);
}

int
store_write_end(struct store *s, int rc, struct err *err)
{
	struct err ignored;
	if (rc == 0)
		rc = store_run(s, store_sql(s, SQL_COMMIT, err), "commit", err);
	if (rc < 0 && sqlite3_get_autocommit(s->db) == 0)
		(void)store_run(s, store_sql(s, SQL_ROLLBACK, &ignored), "rollback", &ignored);
	if (s->full)
		(void)synchronous(s, STORE_SYNC_NORMAL, &ignored);
	s->full = false;
	(void)queue_lock(s, F_UNLCK, NULL);
	return rc;
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static int
user_version(struct store *s, int *version, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = -1;
	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW) {
		*version = sqlite3_column_int(stmt, 0);
		rc = 0;
	} else {
		(void)store_db_err(s, "version", err);
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int
newest(void)
{
	int n = 0;
	while (store_sql_migration[n] != NULL)
		n++;
	return n;
}

static int
one_step(struct store *s, int from, struct err *err)
{
	char *version = mem_printf("PRAGMA user_version = %d", from + 1);
	int rc = exec(s, store_sql_migration[from], "migration", err);
	rc = rc == 0 ? exec(s, version, "migration", err) : rc;
	mem_free(version);
	return rc;
}

/* SQLite does not wait by itself here, and who only looks at the version is not in line. */
static int
to_wal(struct store *s, struct err *err)
{
	for (int waited = 0;; waited++) {
		if (exec(s, "PRAGMA journal_mode = WAL", "journal", err) == 0)
			return 0;
		if (err->code != ERR_BUSY || waited >= BUSY_TIMEOUT)
			return -1;
		(void)poll(NULL, 0, 1);
	}
}

static int
migrate(struct store *s, struct err *err)
{
	int version = 0;
	if (user_version(s, &version, err) < 0)
		return -1;
	if (version == newest())
		return 0;
	if (version > newest())
		return err_set(err, ERR_UNSUPPORTED, "database: made by a newer version (%d, known %d)", version,
			       newest());
	/* in line too: changing the mode does not wait for other connections */
	if (queue_lock(s, F_WRLCK, err) < 0)
		return -1;
	if (to_wal(s, err) < 0) {
		(void)queue_lock(s, F_UNLCK, NULL);
		return -1;
	}
	if (store_write_begin(s, STORE_SYNC_FULL, err) < 0)
		return -1;
	int rc = user_version(s, &version, err); /* somebody may have been quicker */
	for (int v = version; rc == 0 && v < newest(); v++)
		rc = one_step(s, v, err);
	return store_write_end(s, rc, err);
}

/* SQLite would let the umask decide who may read it; its WAL then has the same mode.  An existing file is not opened
 * here: closing it would free the POSIX locks of another connection of this process. */
static int
make_private(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		return err_sys(err, "%s", path);
	io_close(&fd);
	return 0;
}

/* One thread asks the database, pages are taken as they are needed, and nobody asks how much memory that is: opening it for
 * one question is what most processes do.  Once it is in use, this is nothing. */
static void
set_up(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	(void)sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

static int
open_db(struct store *s, const char *name, int flags, struct err *err)
{
	int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (s->db == NULL)
		return err_set(err, ERR_SYS, "database: no memory");
	if (rc != SQLITE_OK)
		return store_db_err(s, s->dir, err);
	(void)sqlite3_busy_timeout(s->db, BUSY_TIMEOUT);
	return 0;
}

static void
close_db(struct store *s)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		(void)sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
	(void)sqlite3_close(s->db);
	s->db = NULL;
	s->looks = false;
}

/* To read and write, made and brought up to date. */
static int
open_whole(struct store *s, struct err *err)
{
	char *path = mem_printf("%s/" DB_NAME, s->dir);
	close_db(s);
	int rc = make_private(path, err);
	rc = rc == 0 ? open_db(s, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) : rc;
	mem_free(path);
	rc = rc == 0 ? exec(s, "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY", "open", err) : rc;
	rc = rc == 0 ? migrate(s, err) : rc;
	if (rc < 0)
		close_db(s);
	return rc;
}

/* In a file: URI. */
static char *
escaped(const char *path)
{
	struct buf b;
	buf_init(&b, strlen(path) * 3);
	for (const char *s = path; *s != '\0'; s++)
		(void)(strchr("%?#", *s) != NULL ? buf_addf(&b, "%%%02X", (unsigned char)*s) : buf_addc(&b, *s));
	return buf_take(&b);
}

/* Reading only, where it is there and up to date.  Nothing is written then, also not the index of the WAL, which whoever
 * comes alone would have to make anew; without it SQLite reads the WAL itself. */
static int
open_to_look(struct store *s, struct err *err)
{
	int version = 0;
	char *path = escaped(s->dir), *uri = mem_printf("file:%s/" DB_NAME "?readonly_shm=1", path);
	int rc = open_db(s, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
	mem_free(uri);
	mem_free(path);
	rc = rc == 0 ? user_version(s, &version, err) : rc;
	s->looks = rc == 0 && version == newest();
	return s->looks ? 0 : -1;
}

/* The directory, its links followed: NOFOLLOW is meant for the file, not for the way to the store. */
static char *
find_dir(const char *dir, struct err *err)
{
	char *real = realpath(dir, NULL);
	if (real == NULL && errno == ENOENT) {
		if (io_mkdirs(dir, err) < 0)
			return NULL;
		real = realpath(dir, NULL);
	}
	if (real == NULL)
		(void)err_sys(err, "store %s", dir);
	return real;
}

static struct store *
open_store(const char *dir, bool to_look, struct err *err)
{
	char *real = find_dir(dir, err);
	if (real == NULL)
		return NULL;
	struct store *s = mem_alloc(sizeof *s);
	*s = (struct store){.dir = real, .queue = -1, .locks = -1};
	set_up();
	if ((to_look && open_to_look(s, err) == 0) || open_whole(s, err) == 0)
		return s;
	store_close(s);
	return NULL;
}

int
store_there(const char *dir, struct err *err)
{
	char *path = mem_printf("%s/%s", dir, DB_NAME);
	bool missing = access(path, F_OK) < 0 && errno == ENOENT;
	mem_free(path);
	return missing ? err_set(err, ERR_NOTFOUND, "%s: no store is there", dir) : 0;
}

struct store *
store_open(const char *dir, struct err *err)
{
	return open_store(dir, false, err);
}

struct store *
store_open_to_look(const char *dir, struct err *err)
{
	return open_store(dir, true, err);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	close_db(s);
	io_close(&s->queue);
	io_close(&s->locks);
	mem_free(s->dir);
	mem_free(s);
}
