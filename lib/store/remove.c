/* How does a medium go?  Its rows with all that names it, within a transaction; after the commit its files. */
#include "store/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- rows ------------------------------------------------------------------------------------------------ */

/* A statement about one medium: ?1 its origin, ?2 its id. */
static int
run_of(struct store *s, enum sql which, const struct store_medium *m, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, which, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 2, m->media_id);
	if (m->origin != NULL)
		store_bind(stmt, 1, m->origin);
	return store_run(s, stmt, "delete", err);
}

static void
read_sum(void *arg, sqlite3_stmt *stmt)
{
	*(int64_t *)arg = sqlite3_column_int64(stmt, 0);
}

int
store_thumb_bytes(struct store *s, const struct store_medium *m, int64_t *bytes, struct err *err)
{
	bool found;
	sqlite3_stmt *stmt = store_sql(s, m->origin != NULL ? SQL_HELD_REMOTE_THUMBS_OF : SQL_HELD_THUMBS_OF, err);
	if (stmt != NULL) {
		store_bind(stmt, 2, m->media_id);
		if (m->origin != NULL)
			store_bind(stmt, 1, m->origin);
	}
	return store_one(s, stmt, "thumbnails", &found, read_sum, bytes, err);
}

int
store_remove_rows(struct store *s, const struct store_medium *m, struct err *err)
{
	static const enum sql local[] = {SQL_LOCAL_THUMBS_DROP, SQL_LOCAL_DROP};
	static const enum sql fetched[] = {SQL_PREVIEWS_DROP, SQL_IMAGES_DROP};
	static const enum sql remote[] = {SQL_REMOTE_THUMBS_DROP, SQL_REMOTE_DROP};
	int rc = 0;
	for (size_t i = 0; i < 2 && rc == 0 && m->url_cache != NULL; i++)
		rc = run_of(s, fetched[i], m, err);
	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = run_of(s, m->origin != NULL ? remote[i] : local[i], m, err);
	return rc;
}

/* ---- files ----------------------------------------------------------------------------------------------- */

/* Parents that are empty go, up to the folders of the store, which stay; thumbnails stand in one more than files do. */
static void
prune(const struct store_blobs *b, const char *dir)
{
	char path[STORE_PATH_MAX];
	(void)snprintf(path, sizeof path, "%s", dir);
	for (char *slash; (slash = strrchr(path, '/')) != NULL;) {
		*slash = '\0';
		int fd = store_dir_open(b, path, NULL);
		int rc = fd >= 0 ? unlinkat(fd, slash + 1, AT_REMOVEDIR) : -1;
		int saved = errno;
		io_close(&fd);
		if (rc < 0 && saved != ENOENT)
			return;
	}
}

void
store_removal_end(struct store_removal *r)
{
	for (size_t i = 0; i < 2; i++) {
		if (r->dir[i].fd >= 0)
			prune(r->blobs, r->dir[i].dir);
		io_close(&r->dir[i].fd);
		r->dir[i].dir[0] = '\0';
	}
}

void
store_removal_begin(struct store_removal *r, const struct store_blobs *b)
{
	*r = (struct store_removal){.blobs = b, .dir = {{.fd = -1}, {.fd = -1}}};
}

/* The directory, which often is that of the last one; the last one goes if it is empty. */
static int
dir_of(struct store_removal *r, size_t which, const char *dir, struct err *err)
{
	struct store_recent *d = &r->dir[which];
	if (strcmp(d->dir, dir) == 0 && d->fd >= 0)
		return d->fd;
	if (d->fd >= 0)
		prune(r->blobs, d->dir);
	io_close(&d->fd);
	(void)snprintf(d->dir, sizeof d->dir, "%s", dir);
	d->fd = store_dir_open(r->blobs, dir, err);
	return d->fd;
}

static int
failed(const char *dir, const char *name, struct err *err)
{
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0
								     : err_sys(err, "store: remove %s/%s", dir, name);
}

/* All files of the directory, then itself. */
static int
remove_all(int parent, const char *dir, const char *name, struct err *err)
{
	int rc = 0, fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		rc = failed(dir, name, err);
		io_close(&fd);
		return rc;
	}
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlinkat(fd, e->d_name, 0) < 0)
			rc = failed(dir, name, err);
	(void)closedir(d);
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY && rc == 0)
		rc = failed(dir, name, err);
	return rc;
}

static int
remove_file(struct store_removal *r, const struct store_place *at, struct err *err)
{
	int fd = dir_of(r, 0, at->dir, err);
	if (fd < 0)
		return err->code == ERR_NOTFOUND ? 0 : -1;
	return unlinkat(fd, at->name, 0) == 0 ? 0 : failed(at->dir, at->name, err);
}

static int
remove_thumbs(struct store_removal *r, struct store_place *at, struct err *err)
{
	char *name = strrchr(at->dir, '/');
	*name++ = '\0';
	int fd = dir_of(r, 1, at->dir, err);
	if (fd < 0)
		return err->code == ERR_NOTFOUND ? 0 : -1;
	return remove_all(fd, at->dir, name, err);
}

int
store_removal_file(struct store_removal *r, const struct store_file *f, struct err *err)
{
	struct store_place file, thumbs;
	struct err own;
	if (f->id == NULL)
		return err_set(err, ERR_INPUT, "store: a row without a file name");
	if (store_place_file(&file, f, err) < 0 || store_place_thumbs(&thumbs, f, err) < 0)
		return -1;
	int rc = remove_file(r, &file, &own);
	if (rc < 0 && err != NULL)
		*err = own;
	return remove_thumbs(r, &thumbs, rc < 0 ? &own : err) < 0 ? -1 : rc;
}
