/* How does one delete on a full disk?  A row that goes needs room in the log of the database: it is kept in a file. */
#include "store/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RESERVE "reserve"

/* RESERVE_SIZE has room for the shared memory and the log of some batches; with less than SPACE_OUT free a database is not
 * written. */
enum { RESERVE_SIZE = 256 * 1024, PIECE = 16 * 1024, SPACE_OUT = 1024 * 1024, BLOCK_MIN = 4096 };

static bool
there(const struct store_blobs *b)
{
	struct stat st;
	return fstatat(b->dirfd, RESERVE, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size >= RESERVE_SIZE && st.st_blocks * 512 >= RESERVE_SIZE / 2;
}

/* Bytes that cannot be compressed, so that they take what they are worth. */
static int
fill(int fd, struct err *err)
{
	char piece[PIECE];
	int rc = 0;
	for (int n = 0; n < RESERVE_SIZE && rc == 0; n += PIECE) {
		io_random(piece, sizeof piece);
		rc = io_write(fd, piece, sizeof piece, err);
	}
	return rc == 0 && fsync(fd) < 0 ? err_sys(err, "sync") : rc;
}

int
store_reserve_make(const struct store_blobs *b, struct err *err)
{
	if (there(b) || store_space_out(b))
		return 0;
	/* Several may make it at once, each under a name of its own. */
	char name[sizeof STORE_RESERVE_NEW + 16];
	uint64_t r = 0;
	io_random(&r, sizeof r);
	(void)snprintf(name, sizeof name, STORE_RESERVE_NEW "%016llx", (unsigned long long)r);
	int fd = openat(b->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = fd >= 0 ? fill(fd, err) : err_sys(err, "create");
	io_close(&fd);
	if (rc == 0 && renameat(b->dirfd, name, b->dirfd, RESERVE) < 0)
		rc = err_sys(err, "rename");
	if (rc < 0)
		(void)unlinkat(b->dirfd, name, 0);
	return rc < 0 ? err_add(err, "store: %s", RESERVE) : 0;
}

bool
store_reserve_drop(const struct store_blobs *b)
{
	return unlinkat(b->dirfd, RESERVE, 0) == 0;
}

int64_t
store_space(const struct store_blobs *b)
{
	struct statvfs v;
	return fstatvfs(b->dirfd, &v) == 0 ? (int64_t)(v.f_bavail * v.f_frsize) : INT64_MAX;
}

bool
store_space_out(const struct store_blobs *b)
{
	return store_space(b) < SPACE_OUT;
}

bool
store_blocks_small(const struct store_blobs *b)
{
	struct stat st;
	return fstat(b->dirfd, &st) == 0 && st.st_blksize < BLOCK_MIN;
}
