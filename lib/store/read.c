/* How is a blob opened for reading?  Apart from blob.c, so that readers do not link the hash. */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>

int
store_blob_open(const struct store_blobs *b, const char *id, struct err *err)
{
	struct buf path;
	buf_init(&path, STORE_PATH_MAX);
	if (store_blob_path(id, &path, err) < 0)
		return -1;
	int fd = openat(b->dirfd, path.p, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		bool missing = errno == ENOENT || errno == ENOTDIR;
		(void)err_sys(err, "media %s", id);
		if (missing && err != NULL)
			err->code = ERR_NOTFOUND;
	}
	buf_clear(&path);
	return fd;
}
