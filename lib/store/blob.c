/* How does a blob come into the store whole or not at all?  Temp file, fsync, rename, fsync of the directory. */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct store_writer {
	int dirfd, fd;
	char tmp[STORE_TMP_MAX];
	char name[STORE_ID_MAX];
	struct hash *hash;
	int64_t bytes;
};

struct store_writer *
store_blob_create(const struct store_blobs *b, const char *id, struct err *err)
{
	struct store_place at;
	if (store_place_blob(&at, id, err) < 0)
		return NULL;
	struct store_writer *w = mem_alloc(sizeof *w);
	w->dirfd = -1;
	(void)memcpy(w->name, at.name, sizeof w->name);
	w->fd = store_tmp_open(b, at.dir, &w->dirfd, w->tmp, err);
	if (w->fd < 0) {
		io_close(&w->dirfd);
		mem_free(w);
		return NULL;
	}
	w->hash = hash_new();
	return w;
}

int
store_blob_write(struct store_writer *w, const void *p, size_t n, struct err *err)
{
	if (io_write(w->fd, p, n, err) < 0)
		return err_add(err, "store");
	hash_add(w->hash, p, n);
	w->bytes += (int64_t)n;
	return 0;
}

static void
writer_free(struct store_writer *w)
{
	io_close(&w->fd);
	io_close(&w->dirfd);
	hash_free(w->hash);
	mem_free(w);
}

int
store_blob_commit(struct store_writer *w, enum store_keep keep, int64_t *bytes, char sha256[HASH_HEX_LEN + 1],
		  struct err *err)
{
	int rc = 0;
	if (keep == STORE_KEEP && fdatasync(w->fd) < 0)
		rc = err_sys(err, "store: sync");
	if (rc == 0)
		rc = store_tmp_rename(w->dirfd, w->tmp, w->name, false, err);
	if (rc < 0) {
		store_blob_abort(w);
		return -1;
	}
	if (keep == STORE_KEEP && fsync(w->dirfd) < 0) { /* the name may or may not last: it must not be told */
		rc = err_sys(err, "store: sync of the directory");
		(void)unlinkat(w->dirfd, w->name, 0);
	} else {
		*bytes = w->bytes;
		hash_hex(w->hash, sha256);
	}
	writer_free(w);
	return rc;
}

void
store_blob_abort(struct store_writer *w)
{
	if (w == NULL)
		return;
	(void)unlinkat(w->dirfd, w->tmp, 0);
	writer_free(w);
}
