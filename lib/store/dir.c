/* How do directories and names come into being so that a power cut does not lose them? */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CREATE_TRIES = 8 };

/* One step down; a directory that is made is made durable. */
static int
step(int parent, const char *name, bool create)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);
	if (fd >= 0 || errno != ENOENT || !create)
		return fd;
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -1;
	if (fsync(parent) < 0 && errno != EINVAL)
		return -1;
	return openat(parent, name, flags);
}

/* dir is up to five components; a whole path is opened at once when it is there. */
static int
walk(int top, const char *dir, bool create)
{
	char copy[STORE_PATH_MAX];
	int fd = openat(top, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 || errno != ENOENT || !create)
		return fd;
	int at = top;
	(void)snprintf(copy, sizeof copy, "%s", dir);
	for (char *name = copy, *next; name != NULL; name = next) {
		next = strchr(name, '/');
		if (next != NULL)
			*next++ = '\0';
		fd = step(at, name, create);
		int saved = errno;
		if (at != top)
			io_close(&at);
		errno = saved;
		if (fd < 0)
			return -1;
		at = fd;
	}
	return fd;
}

int
store_dir_open(const struct store_blobs *b, const char *dir, bool create, struct err *err)
{
	int fd = -1;
	/* an expiry running beside may remove an empty directory between two steps */
	for (int i = 0; i < CREATE_TRIES && fd < 0; i++) {
		fd = walk(b->dirfd, dir, create);
		if (fd < 0 && errno != ENOENT)
			break;
	}
	if (fd >= 0)
		return fd;
	bool missing = errno == ENOENT && !create;
	(void)err_sys(err, "store: %s", dir);
	if (missing && err != NULL)
		err->code = ERR_NOTFOUND;
	return -1;
}

int
store_tmp_create(int dirfd, char tmp[STORE_TMP_MAX], struct err *err)
{
	for (int i = 0; i < CREATE_TRIES; i++) {
		uint64_t r = 0;
		io_random(&r, sizeof r);
		(void)snprintf(tmp, STORE_TMP_MAX, ".tmp-%016llx", (unsigned long long)r);
		int fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : err_sys(err, "store: create");
	}
	return err_sys(err, "store: create");
}

int
store_tmp_rename(int dirfd, const char *tmp, const char *name, bool replace, struct err *err)
{
	if (!replace) { /* names are never reused */
		if (renameat2(dirfd, tmp, dirfd, name, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != ENOSYS && errno != EINVAL)
			return err_sys(err, "store: rename to %s", name);
	}
	return renameat(dirfd, tmp, dirfd, name) == 0 ? 0 : err_sys(err, "store: rename to %s", name);
}

int
store_blobs_open(struct store_blobs *b, const char *dir, bool create, struct err *err)
{
	static const char *const below[] = {STORE_URL_CACHE, STORE_URL_CACHE_THUMBNAILS};
	b->dirfd = -1;
	if (create && io_mkdirs(dir, err) < 0)
		return -1;
	b->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->dirfd < 0)
		return err_sys(err, "store %s", dir);
	for (size_t i = 0; create && i < sizeof below / sizeof below[0]; i++) {
		int fd = store_dir_open(b, below[i], true, err);
		if (fd < 0) {
			store_blobs_close(b);
			return -1;
		}
		io_close(&fd);
	}
	return 0;
}

void
store_blobs_close(struct store_blobs *b)
{
	io_close(&b->dirfd);
}
