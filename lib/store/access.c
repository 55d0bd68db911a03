/* Who remembers that a medium was looked at, without a write to the database for each look?  A journal beside it, of one
 * line a look; what a crash of the machine takes of it is only how long ago a medium was used. */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that would end a field, or are none of a name, as %XX. */
static void
add_escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= 0x20 || *s == 0x7F || *s == '%')
			(void)buf_addf(b, "%%%02X", (unsigned char)*s);
		else
			(void)buf_addc(b, *s);
}

/* "now origin id", origin "-" for ours: no server is called that. */
static int
write_line(struct buf *b, const struct store_name *name, int64_t now)
{
	(void)buf_addf(b, "%013" PRId64 " ", now);
	if (name->origin != NULL)
		add_escaped(b, name->origin);
	else
		(void)buf_addc(b, '-');
	(void)buf_addc(b, ' ');
	add_escaped(b, name->id);
	(void)buf_addc(b, '\n');
	return b->full ? -1 : 0;
}

int
store_access_lock(int fd, short type, bool wait)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
	return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

/* The journal, held so that nobody folds it away between here and our line. */
static int
open_held(const struct store_blobs *b)
{
	for (int tries = 0; tries < 3; tries++) {
		struct stat mine, there;
		int fd = openat(b->dirfd, STORE_ACCESS, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		if (store_access_lock(fd, F_RDLCK, false) == 0 && fstat(fd, &mine) == 0 &&
		    fstatat(b->dirfd, STORE_ACCESS, &there, AT_SYMLINK_NOFOLLOW) == 0 && mine.st_ino == there.st_ino)
			return fd;
		io_close(&fd);
	}
	return -1;
}

/* When its first line was written; now if there is none. */
static int64_t
first_look(int fd, int64_t now)
{
	char text[14] = "";
	int64_t ts = now;
	if (pread(fd, text, 13, 0) == 13 && str_int64(text, &ts) < 0)
		ts = now;
	return ts;
}

/* A line is one write: lines of several processes do not mix.  Half a line of a full disk is ended, as far as there is
 * room for that, and names nothing. */
static void
append(int fd, const struct buf *line)
{
	struct stat before;
	if (fstat(fd, &before) < 0 || before.st_size >= STORE_ACCESS_MAX)
		return;
	ssize_t n = write(fd, line->p, line->len);
	if (n > 0 && (size_t)n < line->len && write(fd, "\n", 1) < 0)
		return;
}

bool
store_access_note(const struct store_blobs *b, const struct store_name *name, int64_t now)
{
	struct buf line;
	struct stat st;
	bool due = false;
	buf_init(&line, 2048);
	int fd = write_line(&line, name, now) == 0 ? open_held(b) : -1;
	if (fd >= 0) {
		int64_t first = first_look(fd, now);
		append(fd, &line);
		due = now - first > STORE_ACCESS_AGE || (fstat(fd, &st) == 0 && st.st_size > STORE_ACCESS_LARGE);
	}
	io_close(&fd);
	buf_clear(&line);
	return due;
}
