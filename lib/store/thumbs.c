/* How does a set of thumbnails come to stand beside its blob? */
#include "store/int.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct set {
	const struct store_blobs *blobs;
	const char *dir;
	const struct store_thumb *thumb;
	size_t n;
};

/* One file, not yet under its name. */
static int
write_tmp(const struct set *set, int *dirfd, const struct store_thumb *t, char tmp[STORE_TMP_MAX], struct err *err)
{
	bool made; /* nothing durable stands below these directories */
	int fd = store_tmp_open_loose(set->blobs, set->dir, dirfd, tmp, &made, err);
	if (fd < 0) {
		tmp[0] = '\0';
		return -1;
	}
	int rc = io_write(fd, t->data, t->bytes, err);
	io_close(&fd);
	if (rc < 0) {
		(void)unlinkat(*dirfd, tmp, 0);
		tmp[0] = '\0';
	}
	return rc;
}

static int
write_set(const struct set *set, int *dirfd, char (*tmp)[STORE_TMP_MAX], struct err *err)
{
	char name[STORE_PATH_MAX];
	for (size_t i = 0; i < set->n; i++)
		if (write_tmp(set, dirfd, &set->thumb[i], tmp[i], err) < 0)
			return -1;
	for (size_t i = 0; i < set->n; i++) {
		const struct store_thumb *t = &set->thumb[i];
		if (store_thumb_name(name, sizeof name, t->width, t->height, t->type, t->method, err) < 0 ||
		    store_tmp_rename(*dirfd, tmp[i], name, true, err) < 0)
			return -1;
		tmp[i][0] = '\0';
	}
	return 0;
}

int
store_thumbs_write(const struct store_blobs *b, const char *id, const struct store_thumb *t, size_t n, struct err *err)
{
	return store_file_thumbs_write(b, &(struct store_file){.kind = STORE_URL_CACHE_FILE, .id = id}, t, n, err);
}

int
store_file_thumbs_write(const struct store_blobs *b, const struct store_file *f, const struct store_thumb *t, size_t n,
			struct err *err)
{
	struct store_place at;
	if (n == 0)
		return 0;
	if (store_place_thumbs(&at, f, err) < 0)
		return -1;
	struct set set = {.blobs = b, .dir = at.dir, .thumb = t, .n = n};
	char(*tmp)[STORE_TMP_MAX] = mem_array(n, sizeof *tmp);
	int dirfd = -1, rc = write_set(&set, &dirfd, tmp, err);
	for (size_t i = 0; i < n; i++)
		if (tmp[i][0] != '\0')
			(void)unlinkat(dirfd, tmp[i], 0);
	mem_free(tmp);
	io_close(&dirfd);
	return rc;
}

/* ---- marks: an empty file, which goes with the directory --------------------------------------------------- */

static const char *const mark_name[] = {[STORE_MARK_NONE] = ".mark-none", [STORE_MARK_STILL] = ".mark-still"};

int
store_thumb_mark(const struct store_blobs *b, const struct store_file *f, enum store_mark which, struct err *err)
{
	struct store_place at;
	char tmp[STORE_TMP_MAX] = "";
	int dirfd = -1;
	if (store_place_thumbs(&at, f, err) < 0)
		return -1;
	bool made;
	int fd = store_tmp_open_loose(b, at.dir, &dirfd, tmp, &made, err);
	int rc = fd >= 0 ? store_tmp_rename(dirfd, tmp, mark_name[which], true, err) : -1;
	if (fd >= 0 && rc < 0)
		(void)unlinkat(dirfd, tmp, 0);
	io_close(&fd);
	io_close(&dirfd);
	return rc;
}

int64_t
store_thumb_marked(const struct store_blobs *b, const struct store_file *f, enum store_mark which)
{
	struct store_place at;
	struct stat st;
	int64_t ts = -1;
	if (store_place_thumbs(&at, f, NULL) < 0)
		return -1;
	int dirfd = store_dir_open(b, at.dir, NULL);
	if (dirfd >= 0 && fstatat(dirfd, mark_name[which], &st, AT_SYMLINK_NOFOLLOW) == 0)
		ts = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	io_close(&dirfd);
	return ts;
}
