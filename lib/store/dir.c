/* How do directories and names come into being so that a power cut does not lose them? */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CREATE_TRIES = 10000 }; /* an expiry beside us may remove directories as long as they are empty */

enum way { LOOK, FIND, MAKE, SYNC }; /* FIND: what can be synced; it is there most of the time */

/* The component at p; where it ends.  The first two are taken together if so asked. */
static const char *
cut(const char *p, bool two, char part[STORE_PATH_MAX])
{
	const char *end = strchrnul(p, '/');
	if (two && *end == '/')
		end = strchrnul(end + 1, '/');
	(void)snprintf(part, STORE_PATH_MAX, "%.*s", (int)(end - p), p);
	return *end == '/' ? end + 1 : end;
}

static int
step(int parent, const char *name, enum way way, int nofollow, bool *made)
{
	int flags = (way == LOOK ? O_PATH : O_RDONLY) | O_DIRECTORY | O_CLOEXEC | nofollow;
	if (way == SYNC && fsync(parent) < 0 && errno != EINVAL)
		return -1;
	int fd = openat(parent, name, flags);
	if (fd >= 0 || errno != ENOENT || way != MAKE)
		return fd;
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -1;
	*made = true;
	return openat(parent, name, flags);
}

/* Down to dir: LOOK for it or FIND it, MAKE what is missing, or SYNC the parent of every step.  Below the top folders no
 * link is followed: a filter that was taken over can write there.  A top folder itself may be the owner's link to
 * another disk. */
static int
walk(int top, const char *dir, enum way way, bool *made)
{
	char part[STORE_PATH_MAX];
	int at = top;
	for (const char *p = dir, *next; *p != '\0'; p = next) {
		next = cut(p, p == dir && way <= FIND, part);
		bool top_folder = p == dir && strchr(part, '/') == NULL;
		int fd = step(at, part, way, top_folder ? 0 : O_NOFOLLOW, made);
		int saved = errno;
		if (at != top)
			io_close(&at);
		errno = saved;
		if (fd < 0)
			return -1;
		at = fd;
	}
	return at;
}

int
store_dir_open(const struct store_blobs *b, const char *dir, struct err *err)
{
	int fd = walk(b->dirfd, dir, LOOK, NULL);
	if (fd >= 0)
		return fd;
	bool missing = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
	(void)err_sys(err, "store: %s", dir);
	if (missing && err != NULL)
		err->code = ERR_NOTFOUND;
	return -1;
}

static int
tmp_create(int dirfd, char tmp[STORE_TMP_MAX])
{
	for (;;) {
		if (tmp[0] == '\0') {
			uint64_t r = 0;
			io_random(&r, sizeof r);
			(void)snprintf(tmp, STORE_TMP_MAX, ".tmp-%016llx", (unsigned long long)r);
		}
		int fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
		tmp[0] = '\0';
	}
}

/* A directory with something in it stays: so first the file, then what makes its way durable. */
static int
sync_way(const struct store_blobs *b, const char *dir, struct err *err)
{
	int fd = walk(b->dirfd, dir, SYNC, NULL);
	if (fd < 0)
		return err_sys(err, "store: sync of %s", dir);
	io_close(&fd);
	return 0;
}

int
store_tmp_open_loose(const struct store_blobs *b, const char *dir, int *dirfd, char tmp[STORE_TMP_MAX], bool *made,
		     struct err *err)
{
	int fd = -1;
	*made = false;
	for (int i = 0; i < CREATE_TRIES && fd < 0; i++) {
		if (*dirfd < 0)
			*dirfd = walk(b->dirfd, dir, FIND, NULL);
		if (*dirfd < 0)
			*dirfd = walk(b->dirfd, dir, MAKE, made);
		if (*dirfd < 0 && errno == ENOENT)
			continue;
		if (*dirfd < 0)
			return err_sys(err, "store: %s", dir);
		fd = tmp_create(*dirfd, tmp);
		if (fd < 0 && errno != ENOENT)
			break;
		if (fd < 0)
			io_close(dirfd);
	}
	return fd >= 0 ? fd : err_sys(err, "store: create in %s", dir);
}

int
store_tmp_open(const struct store_blobs *b, const char *dir, int *dirfd, char tmp[STORE_TMP_MAX], struct err *err)
{
	bool made = false;
	int fd = store_tmp_open_loose(b, dir, dirfd, tmp, &made, err);
	if (fd >= 0 && made && sync_way(b, dir, err) < 0) {
		(void)unlinkat(*dirfd, tmp, 0);
		io_close(&fd);
	}
	return fd;
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

static int
make_tops(int top)
{
	static const char *const name[] = {STORE_URL_CACHE, STORE_URL_CACHE_THUMBNAILS};
	bool made = false;
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
		if (mkdirat(top, name[i], 0700) == 0)
			made = true;
		else if (errno != EEXIST)
			return -1;
	return made ? fsync(top) : 0;
}

int
store_blobs_open(struct store_blobs *b, const char *dir, bool create, struct err *err)
{
	*b = (struct store_blobs){.dirfd = -1};
	if (create && io_mkdirs(dir, err) < 0)
		return -1;
	b->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->dirfd >= 0 && (!create || make_tops(b->dirfd) == 0)) {
		b->recent = mem_array(STORE_RECENTS, sizeof *b->recent);
		for (size_t i = 0; i < STORE_RECENTS; i++)
			b->recent[i].fd = -1;
		return 0;
	}
	(void)err_sys(err, "store %s", dir);
	store_blobs_close(b);
	return -1;
}

void
store_blobs_close(struct store_blobs *b)
{
	io_close(&b->dirfd);
	for (size_t i = 0; b->recent != NULL && i < STORE_RECENTS; i++)
		io_close(&b->recent[i].fd);
	mem_free(b->recent);
	b->recent = NULL;
}
