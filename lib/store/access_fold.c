/* How does the journal of looks come into the database?  It is put aside, folded in, and only then removed; folded in twice
 * it says the same. */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDED STORE_ACCESS ".fold"
enum { LINE_MAX_BYTES = 2048 };

struct look {
	char *origin, *id; /* within the line */
	int64_t ts;
};

static void
unescape(char *s)
{
	char *to = s;
	for (; *s != '\0'; s++) {
		char hex[3] = {s[0] == '%' ? s[1] : '\0', s[0] == '%' && s[1] != '\0' ? s[2] : '\0', '\0'};
		char *end = hex;
		unsigned long v = hex[0] != '\0' ? strtoul(hex, &end, 16) : 0;
		bool escape = end == hex + 2 && v > 0;
		*to++ = escape ? (char)v : *s;
		s += escape ? 2 : 0;
	}
	*to = '\0';
}

static bool
read_line(char *line, struct look *l)
{
	char *origin = strchr(line, ' '), *id = origin != NULL ? strchr(origin + 1, ' ') : NULL;
	if (id == NULL)
		return false;
	*origin++ = *id++ = '\0';
	if (str_int64(line, &l->ts) < 0 || *id == '\0')
		return false;
	unescape(origin);
	unescape(id);
	l->origin = str_eq(origin, "-") ? NULL : origin;
	l->id = id;
	return true;
}

static int
put_look(struct store *s, const struct look *l, struct err *err)
{
	bool ours = l->origin == NULL;
	int at = 1;
	sqlite3_stmt *stmt = store_sql(s, ours ? SQL_LOCAL_ACCESS : SQL_REMOTE_ACCESS, err);
	if (stmt == NULL)
		return -1;
	if (!ours)
		store_bind(stmt, at++, l->origin);
	store_bind(stmt, at++, l->id);
	(void)sqlite3_bind_int64(stmt, at, l->ts);
	return store_run(s, stmt, "access time", err);
}

/* By name, the latest first. */
static int
by_name(const void *a_, const void *b_)
{
	const struct look *a = a_, *b = b_;
	int d = strcmp(a->origin != NULL ? a->origin : "", b->origin != NULL ? b->origin : "");
	d = d == 0 ? strcmp(a->id, b->id) : d;
	return d != 0 ? d : a->ts < b->ts ? 1 : a->ts > b->ts ? -1 : 0;
}

static int
put_looks(struct store *s, struct look *l, size_t n, int64_t now, struct err *err)
{
	int rc = 0;
	if (n == 0)
		return 0;
	qsort(l, n, sizeof *l, by_name);
	if (store_write_begin(s, STORE_SYNC_NORMAL, err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool again = i > 0 && str_eq(l[i].origin, l[i - 1].origin) && str_eq(l[i].id, l[i - 1].id);
		l[i].ts = l[i].ts < now ? l[i].ts : now; /* a clock that was wrong keeps nothing for ever */
		rc = again ? 0 : put_look(s, &l[i], err);
	}
	return store_write_end(s, rc, err);
}

static int
fold_file(struct store *s, int fd, int64_t now, struct err *err)
{
	struct buf all;
	struct look *look = NULL;
	size_t n = 0;
	buf_init(&all, STORE_ACCESS_MAX + LINE_MAX_BYTES + 1);
	int rc = io_read_all(fd, STORE_ACCESS_MAX + LINE_MAX_BYTES, &all, err);
	/* many wrote at once as it got full: what is too much is not noted either */
	rc = rc < 0 && err->code == ERR_LIMIT ? 0 : rc;
	for (char *p = all.p, *lf; rc == 0 && (lf = strchr(p, '\n')) != NULL; p = lf + 1) {
		*lf = '\0';
		if (n % 1024 == 0)
			look = mem_realloc(look, (n + 1024) * sizeof *look);
		n += read_line(p, &look[n]) ? 1 : 0;
	}
	rc = rc == 0 ? put_looks(s, look, n, now, err) : rc;
	mem_free(look);
	buf_clear(&all);
	return rc;
}

/* What was put aside before us and not removed comes first. */
static int
put_aside(const struct store_blobs *b)
{
	int fd = openat(b->dirfd, FOLDED, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (renameat2(b->dirfd, STORE_ACCESS, b->dirfd, FOLDED, RENAME_NOREPLACE) < 0)
		return -1;
	return openat(b->dirfd, FOLDED, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
}

/* One at a time folds.  1: there may be more. */
static int
fold_one(struct store *s, const struct store_blobs *b, int64_t now, struct err *err)
{
	int fd = put_aside(b);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "store: " STORE_ACCESS);
	/* whoever holds it open writes his line first */
	int rc = store_access_lock(fd, F_WRLCK, true) == 0 ? 0 : err_sys(err, "store: " STORE_ACCESS);
	rc = rc == 0 ? fold_file(s, fd, now, err) : rc;
	if (rc == 0 && unlinkat(b->dirfd, FOLDED, 0) < 0)
		rc = err_sys(err, "store: " STORE_ACCESS);
	io_close(&fd);
	return rc < 0 ? -1 : 1;
}

int
store_access_flush(struct store *s, const struct store_blobs *b, int64_t now, struct err *err)
{
	int lock = store_url_lock(s, STORE_ACCESS, err), rc = 1;
	if (lock != STORE_LOCKED)
		return lock == STORE_LOCK_HELD ? 0 : -1;
	for (int i = 0; i < 2 && rc > 0; i++)
		rc = fold_one(s, b, now, err);
	store_url_unlock(s, STORE_ACCESS);
	return rc < 0 ? -1 : 0;
}
