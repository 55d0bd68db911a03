/* How does a blob come into the store whole or not at all?  Temp file, fsync, rename, fsync of the directory. */
#include "store/int.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is smaller waits in memory: most pages are, and their files are made, written and named at once, or never. */
enum { SMALL_MAX = 64 * 1024 };

struct store_writer {
	const struct store_blobs *blobs;
	struct store_place at;
	struct buf small; /* all of it, as long as fd is -1 */
	int dirfd, fd;
	char tmp[STORE_TMP_MAX];
	struct hash *hash;
	int64_t bytes;
};

struct store_writer *
store_blob_create(const struct store_blobs *b, const char *id, struct err *err)
{
	return store_file_create(b, &(struct store_file){.kind = STORE_URL_CACHE_FILE, .id = id}, err);
}

struct store_writer *
store_file_create(const struct store_blobs *b, const struct store_file *f, struct err *err)
{
	struct store_place at;
	if (store_place_file(&at, f, err) < 0)
		return NULL;
	struct store_writer *w = mem_alloc(sizeof *w);
	*w = (struct store_writer){.blobs = b, .at = at, .dirfd = -1, .fd = -1, .hash = hash_new()};
	buf_init(&w->small, SMALL_MAX);
	return w;
}

/* The temp file, in the directory *dirfd.  The id is new, so a name made of it is, too. */
static int
make_file(struct store_writer *w, int *dirfd, struct err *err)
{
	(void)snprintf(w->tmp, sizeof w->tmp, ".tmp-%.*s", (int)sizeof w->tmp - 6, w->at.name);
	w->fd = store_tmp_open(w->blobs, w->at.dir, dirfd, w->tmp, err);
	if (w->fd < 0)
		return -1;
	return w->small.len == 0 ? 0 : io_write(w->fd, w->small.p, w->small.len, err);
}

/* It is not small: a file, in a directory that stays open until it has its name. */
static int
spill(struct store_writer *w, struct err *err)
{
	int rc = make_file(w, &w->dirfd, err);
	buf_clear(&w->small);
	return rc;
}

int
store_blob_write(struct store_writer *w, const void *p, size_t n, struct err *err)
{
	int rc = 0;
	if (w->fd < 0 && n > SMALL_MAX - w->small.len)
		rc = spill(w, err);
	if (rc == 0)
		rc = w->fd < 0 ? buf_add(&w->small, p, n) : io_write(w->fd, p, n, err);
	if (rc < 0)
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
	buf_clear(&w->small);
	hash_free(w->hash);
	mem_free(w);
}

/* The file, which is whole, gets its name. */
static int
name_file(const struct store_writer *w, int dirfd, enum store_keep keep, struct err *err)
{
	if (keep == STORE_KEEP && fdatasync(w->fd) < 0)
		return err_sys(err, "store: sync");
	if (store_tmp_rename(dirfd, w->tmp, w->at.name, false, err) < 0)
		return -1;
	if (keep == STORE_KEEP && fsync(dirfd) < 0) { /* the name may or may not last: it must not be told */
		(void)err_sys(err, "store: sync of the directory");
		(void)unlinkat(dirfd, w->at.name, 0);
		return -1;
	}
	return 0;
}

/* The directory of the last one, if it is the same; where it has vanished it is made again. */
static int *
recent(const struct store_writer *w)
{
	struct store_recent *r = &w->blobs->recent[STORE_RECENT_WRITTEN];
	if (strcmp(r->dir, w->at.dir) != 0) {
		io_close(&r->fd);
		(void)memcpy(r->dir, w->at.dir, sizeof r->dir);
	}
	return &r->fd;
}

int
store_blob_commit(struct store_writer *w, enum store_keep keep, int64_t *bytes, char sha256[HASH_HEX_LEN + 1],
		  struct err *err)
{
	bool small = w->fd < 0;
	int *dirfd = small ? recent(w) : &w->dirfd;
	int rc = small ? make_file(w, dirfd, err) : 0;
	if (rc == 0)
		rc = name_file(w, *dirfd, keep, err);
	if (rc < 0 && w->fd >= 0)
		(void)unlinkat(*dirfd, w->tmp, 0);
	if (rc == 0) {
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
	if (w->fd >= 0)
		(void)unlinkat(w->dirfd, w->tmp, 0);
	writer_free(w);
}
