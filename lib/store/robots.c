/* Where is the robots.txt of an origin kept?  In one of a fixed number of files, so that they need no expiry: who comes
 * later takes the place.  A line that says whose it is and until when, then the text. */
#include "store/int.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIR STORE_URL_CACHE "/robots"
#define FORMAT "robots 1 %" PRId64 " %d %s\n"

/* Hexadecimal digits of a file's name: 4096 files.  ORIGIN_MAX: scheme, name and port. */
enum { NAME_LEN = 3, ORIGIN_MAX = 300, HEAD_MAX = ORIGIN_MAX + 64 };

static void
name_of(const char *origin, char name[HASH_HEX_LEN + 1])
{
	struct hash *h = hash_new();
	hash_add(h, origin, strlen(origin));
	hash_hex(h, name);
	hash_free(h);
	name[NAME_LEN] = '\0';
}

int
store_robots_put(const struct store_blobs *b, const char *origin, const struct store_robots *r, struct err *err)
{
	char name[HASH_HEX_LEN + 1], tmp[STORE_TMP_MAX];
	int dirfd = -1, rc = -1;
	if (strlen(origin) > ORIGIN_MAX)
		return err_set(err, ERR_LIMIT, "store: origin of more than %d bytes", ORIGIN_MAX);
	char *head = mem_printf(FORMAT, r->expires_ts, r->closed, origin);
	name_of(origin, name);
	int fd = store_tmp_open(b, DIR, &dirfd, tmp, err);
	if (fd >= 0) {
		rc = io_write(fd, head, strlen(head), err) == 0 && io_write(fd, r->text.p, r->text.len, err) == 0 ? 0
														  : -1;
		if (rc == 0)
			rc = store_tmp_rename(dirfd, tmp, name, true, err);
		if (rc < 0)
			(void)unlinkat(dirfd, tmp, 0);
	}
	io_close(&fd);
	io_close(&dirfd);
	mem_free(head);
	return rc;
}

/* What is not exactly ours is another origin's, or none. */
static bool
take(const struct buf *file, const char *origin, struct store_robots *out)
{
	int closed = 0;
	if (file->len == 0 || sscanf(file->p, "robots 1 %" SCNd64 " %d ", &out->expires_ts, &closed) != 2)
		return false;
	char *head = mem_printf(FORMAT, out->expires_ts, closed, origin);
	size_t len = strlen(head);
	bool ours = str_starts(file->p, head);
	mem_free(head);
	out->closed = closed != 0;
	return ours && buf_add(&out->text, file->p + len, file->len - len) == 0;
}

bool
store_robots_get(const struct store_blobs *b, const char *origin, struct store_robots *out)
{
	char name[HASH_HEX_LEN + 1];
	struct err ignored;
	struct buf file;
	int dirfd = store_dir_open(b, DIR, &ignored);
	if (dirfd < 0)
		return false;
	name_of(origin, name);
	buf_init(&file, out->text.max + HEAD_MAX);
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool ours = fd >= 0 && io_read_all(fd, file.max, &file, &ignored) == 0 && take(&file, origin, out);
	buf_clear(&file);
	io_close(&fd);
	io_close(&dirfd);
	return ours;
}
