/* How is a blob opened for reading?  Apart from blob.c, so that readers do not link the hash. */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The directory of the blob that was read last: most are in the same one. */
static int
dir_of(const struct store_blobs *b, const char *dir, bool again, struct err *err)
{
	struct store_recent *r = &b->recent[STORE_RECENT_READ];
	if (again || strcmp(r->dir, dir) != 0) {
		io_close(&r->fd);
		(void)snprintf(r->dir, sizeof r->dir, "%s", dir);
	}
	if (r->fd < 0)
		r->fd = store_dir_open(b, dir, err);
	return r->fd;
}

/* O_NONBLOCK: nothing that a file might turn out to be makes us wait. */
static int
open_in(int dirfd, const char *name)
{
	return openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int
store_blob_open(const struct store_blobs *b, const char *id, struct err *err)
{
	return store_file_open(b, &(struct store_file){.kind = STORE_URL_CACHE_FILE, .id = id}, err);
}

int
store_file_open(const struct store_blobs *b, const struct store_file *f, struct err *err)
{
	struct store_place at;
	if (store_place_file(&at, f, err) < 0)
		return -1;
	int dirfd = dir_of(b, at.dir, false, err);
	int fd = dirfd >= 0 ? open_in(dirfd, at.name) : -1;
	if (fd < 0 && dirfd >= 0 && errno == ENOENT) { /* there may be a new directory of that name */
		dirfd = dir_of(b, at.dir, true, err);
		fd = dirfd >= 0 ? open_in(dirfd, at.name) : -1;
	}
	if (fd < 0 && dirfd >= 0) {
		bool missing = errno == ENOENT;
		(void)err_sys(err, "media %s", f->id);
		if (missing && err != NULL)
			err->code = ERR_NOTFOUND;
	}
	return fd;
}

/* The name as it is, or as it was before there was a method in it. */
static int
open_thumb(int dirfd, char *name)
{
	int fd = open_in(dirfd, name);
	char *dash = strrchr(name, '-');
	if (fd >= 0 || errno != ENOENT || dash == NULL)
		return fd;
	*dash = '\0';
	return open_in(dirfd, name);
}

int
store_file_thumb_open(const struct store_blobs *b, const struct store_file *f, const struct store_thumb_row *t,
		      struct err *err)
{
	struct store_place at;
	char name[STORE_PATH_MAX];
	if (store_place_thumbs(&at, f, err) < 0 ||
	    store_thumb_name(name, sizeof name, t->width, t->height, t->type, t->method, err) < 0)
		return -1;
	int dirfd = store_dir_open(b, at.dir, err);
	if (dirfd < 0)
		return -1;
	int fd = open_thumb(dirfd, name);
	bool missing = fd < 0 && errno == ENOENT;
	if (fd < 0)
		(void)err_sys(err, "thumbnail of %s", f->id);
	if (missing && err != NULL)
		err->code = ERR_NOTFOUND;
	io_close(&dirfd);
	return fd;
}

bool
store_blob_is(const struct store_blobs *b, const char *id, int64_t bytes)
{
	struct store_place at;
	struct stat st;
	if (store_place_file(&at, &(struct store_file){.kind = STORE_URL_CACHE_FILE, .id = id}, NULL) < 0)
		return false;
	int dirfd = store_dir_open(b, at.dir, NULL);
	if (dirfd < 0)
		return false;
	bool is = fstatat(dirfd, at.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size == bytes;
	io_close(&dirfd);
	return is;
}
