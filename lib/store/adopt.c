/* How does what fetch brought become a medium that is kept?  It is copied, for whoever fetched it saw hostile bytes and may
 * still hold its file open; and hashed once more on the way. */
#include "store/int.h"

#include <errno.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

static int
copy(int fd, struct store_writer *w, int64_t max, struct err *err)
{
	char *piece = mem_alloc(PIECE);
	int64_t left = max;
	int rc = 0;
	for (;;) {
		ssize_t n = read(fd, piece, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = err_sys(err, "store: read");
		else if (n > left)
			rc = err_set(err, ERR_LIMIT, "store: a file of more than %lld bytes", (long long)max);
		else if (n > 0)
			rc = store_blob_write(w, piece, (size_t)n, err);
		if (n <= 0 || rc < 0)
			break;
		left -= n;
	}
	mem_free(piece);
	return rc;
}

int
store_file_adopt(const struct store_blobs *b, const char *id, const struct store_file *to, int64_t max, int64_t *bytes,
		 char sha256[HASH_HEX_LEN + 1], struct err *err)
{
	int rc = -1;
	int fd = store_blob_open(b, id, err);
	struct store_writer *w = fd >= 0 ? store_file_create(b, to, err) : NULL;
	if (w != NULL && copy(fd, w, max, err) == 0)
		rc = store_blob_commit(w, STORE_KEEP, bytes, sha256, err);
	else
		store_blob_abort(w);
	io_close(&fd);
	store_blob_remove(b, id);
	return rc;
}
