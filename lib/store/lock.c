/* Who fetches this URL?  One byte of a lock file for each URL; the kernel frees it when its holder dies. */
#include "store/int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct flock
byte_of(const char *url, short type)
{
	return (struct flock){
	    .l_type = type,
	    .l_whence = SEEK_SET,
	    .l_start = (off_t)(str_hash(url, strlen(url)) >> 2), /* leaves room for l_start + l_len */
	    .l_len = 1,
	};
}

int
store_url_lock(struct store *s, const char *url, struct err *err)
{
	struct flock lock = byte_of(url, F_WRLCK);
	if (s->locks < 0 && (s->locks = store_beside(s, "locks", err)) < 0)
		return -1;
	if (fcntl(s->locks, F_OFD_SETLK, &lock) == 0)
		return STORE_LOCKED;
	if (errno == EAGAIN || errno == EACCES)
		return STORE_LOCK_HELD;
	return err_sys(err, "store: lock");
}

void
store_url_unlock(struct store *s, const char *url)
{
	struct flock lock = byte_of(url, F_UNLCK);
	(void)fcntl(s->locks, F_OFD_SETLK, &lock);
}
