/* How is a blob opened for reading?  Apart from blob.c, so that readers do not link the hash. */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int
store_blob_open(const struct store_blobs *b, const char *id, struct err *err)
{
	struct store_place at;
	if (store_place_blob(&at, id, err) < 0)
		return -1;
	int dirfd = store_dir_open(b, at.dir, err);
	if (dirfd < 0)
		return -1;
	/* O_NONBLOCK: nothing that a file might turn out to be makes us wait */
	int fd = openat(dirfd, at.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		bool missing = errno == ENOENT;
		(void)err_sys(err, "media %s", id);
		if (missing && err != NULL)
			err->code = ERR_NOTFOUND;
	}
	io_close(&dirfd);
	return fd;
}

bool
store_blob_is(const struct store_blobs *b, const char *id, int64_t bytes)
{
	struct store_place at;
	struct stat st;
	if (store_place_blob(&at, id, NULL) < 0)
		return false;
	int dirfd = store_dir_open(b, at.dir, NULL);
	if (dirfd < 0)
		return false;
	bool is = fstatat(dirfd, at.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size == bytes;
	io_close(&dirfd);
	return is;
}
