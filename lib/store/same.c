/* Do two blobs hold the same bytes?  And how does one go that nobody names?  Apart from blob.c: no hash is linked. */
#include "store/int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 65536 };

/* Both whole, from where they stand. */
static bool
same_bytes(int a, int b)
{
	char *buf = mem_array(2, BLOCK);
	bool same = true;
	for (off_t at = 0; same;) {
		ssize_t n = pread(a, buf, BLOCK, at), m = pread(b, buf + BLOCK, BLOCK, at);
		same = n >= 0 && n == m && memcmp(buf, buf + BLOCK, (size_t)n) == 0;
		if (n <= 0)
			break;
		at += n;
	}
	mem_free(buf);
	return same;
}

bool
store_blobs_same(const struct store_blobs *b, const char *id, const char *other)
{
	struct err ignored;
	struct stat x, y;
	int one = store_blob_open(b, id, &ignored), two = one >= 0 ? store_blob_open(b, other, &ignored) : -1;
	bool same = two >= 0 && fstat(one, &x) == 0 && fstat(two, &y) == 0 && S_ISREG(x.st_mode) &&
		    S_ISREG(y.st_mode) && x.st_size == y.st_size && same_bytes(one, two);
	io_close(&one);
	io_close(&two);
	return same;
}

static void
empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		io_close(&fd);
		return;
	}
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		(void)unlinkat(dir, e->d_name, 0); /* "." and ".." do not go that way */
	(void)closedir(d);
}

/* Every step is taken without following links, as everywhere: see dir.c. */
static void
remove_thumbs(const struct store_blobs *b, const struct store_file *f)
{
	struct store_place at;
	struct err ignored;
	if (store_place_thumbs(&at, f, &ignored) < 0)
		return;
	int dir = store_dir_open(b, at.dir, &ignored);
	if (dir < 0)
		return;
	empty(dir);
	io_close(&dir);
	char *name = strrchr(at.dir, '/');
	*name++ = '\0';
	dir = store_dir_open(b, at.dir, &ignored);
	if (dir >= 0)
		(void)unlinkat(dir, name, AT_REMOVEDIR);
	io_close(&dir);
}

void
store_file_remove(const struct store_blobs *b, const struct store_file *f)
{
	struct store_place at;
	struct err ignored;
	if (store_place_file(&at, f, &ignored) < 0)
		return;
	int dir = store_dir_open(b, at.dir, &ignored);
	if (dir >= 0)
		(void)unlinkat(dir, at.name, 0);
	io_close(&dir);
	remove_thumbs(b, f);
}

void
store_blob_remove(const struct store_blobs *b, const char *id)
{
	store_file_remove(b, &(struct store_file){.kind = STORE_URL_CACHE_FILE, .id = id});
}
