/* Is a file without a row an orphan, or is its row about to come?  OFD locks on three bytes of DIR/sweep.lock. */
#include "store/expire.h"
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#define LOCK_NAME "sweep.lock"

/* Who wants the room for himself closes the GATE, so that those who come later do not keep him out for ever. */
enum { GATE, ROOM, EXPIRY };

/* The gate is closed for at most GATE_MS at a time, then open for REST_MS; after TRIES times that was it: 2 s. */
enum { GATE_MS = 50, REST_MS = 50, TRIES = 20 };

static int
take(int fd, off_t byte, short type, bool wait)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

static bool
held(void)
{
	return errno == EAGAIN || errno == EACCES;
}

static int
lock_file(const struct store_blobs *b, int *fd, struct err *err)
{
	*fd = openat(b->dirfd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *fd >= 0 ? 0 : err_sys(err, "store: %s", LOCK_NAME);
}

static int
failed(int *fd, struct err *err)
{
	int saved = errno;
	io_close(fd);
	errno = saved;
	if (saved == EINTR)
		return err_set(err, ERR_BUSY, "store: %s: interrupted", LOCK_NAME);
	return err_sys(err, "store: %s", LOCK_NAME);
}

static int
shared(int *fd, struct err *err)
{
	if (take(*fd, GATE, F_RDLCK, true) < 0 || take(*fd, ROOM, F_RDLCK, true) < 0 ||
	    take(*fd, GATE, F_UNLCK, false) < 0)
		return failed(fd, err);
	return 0;
}

/* With the gate closed: until everybody has left the room, for GATE_MS. */
static int
empty_room(int fd)
{
	int rc = take(fd, ROOM, F_WRLCK, false);
	for (int ms = 0; rc < 0 && held() && ms < GATE_MS; ms++) {
		(void)poll(NULL, 0, 1);
		rc = take(fd, ROOM, F_WRLCK, false);
	}
	return rc;
}

static int
exclusive(int *fd, struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		if (take(*fd, GATE, F_WRLCK, true) < 0)
			return failed(fd, err);
		int rc = empty_room(*fd), saved = errno;
		(void)take(*fd, GATE, F_UNLCK, false);
		errno = saved;
		if (rc == 0)
			return 0;
		if (!held())
			return failed(fd, err);
		if (poll(NULL, 0, REST_MS) < 0)
			return failed(fd, err);
	}
	io_close(fd);
	return err_set(err, ERR_BUSY, "store: uploads are going on");
}

int
store_sweep_lock(const struct store_blobs *b, enum store_sweep how, int *fd, struct err *err)
{
	if (lock_file(b, fd, err) < 0)
		return -1;
	return how == STORE_SWEEP_SHARED ? shared(fd, err) : exclusive(fd, err);
}

int
store_expire_lock(const struct store_blobs *b, bool wait, int *fd, struct err *err)
{
	if (lock_file(b, fd, err) < 0)
		return -1;
	if (take(*fd, EXPIRY, F_WRLCK, wait) == 0)
		return 0;
	if (!held())
		return failed(fd, err);
	io_close(fd);
	return err_set(err, ERR_BUSY, "store: another expiry is running");
}

void
store_sweep_unlock(int *fd)
{
	struct flock all = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	if (*fd >= 0)
		(void)fcntl(*fd, F_OFD_SETLK, &all); /* a child may have the descriptor still */
	io_close(fd);
}
