/* What does a program do when one system call fails?  Preloaded: fails, shortens, or dies at the nth call that touches the
 * files below a directory.
 *
 * MX_FAULT_DIR   only calls on files below it count (real path)
 * MX_FAULT_COMM  only in processes of this name
 * MX_FAULT_COUNT file to which the number of calls is written at the end, and each call's name on a line
 * MX_FAULT       N:ACTION   ACTION: EIO ENOSPC EMFILE EINTR SHORT KILLB (killed before) KILLA (killed after)
 *                N+:ACTION  from the nth on, all of them */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum action { NONE, FAIL, SHORT, KILL_BEFORE, KILL_AFTER };

static struct {
	int ready; /* 0: not asked yet, 1: counts, -1: this process is left alone */
	char dir[PATH_MAX];
	size_t dir_len;
	long nth, calls;
	int onwards, error, log;
	enum action action;
} shim = {.log = -1};

static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}
#define REAL(type, name, args)   \
	static type(*next) args; \
	if (next == NULL)        \
	next = (type(*) args)real(#name)

static void
parse(const char *what)
{
	static const struct {
		const char *name;
		enum action action;
		int error;
	} actions[] = {{"EIO", FAIL, EIO},  {"ENOSPC", FAIL, ENOSPC},  {"EMFILE", FAIL, EMFILE}, {"EINTR", FAIL, EINTR},
		       {"SHORT", SHORT, 0}, {"KILLB", KILL_BEFORE, 0}, {"KILLA", KILL_AFTER, 0}};
	char *end = NULL;
	shim.nth = strtol(what, &end, 10);
	shim.onwards = *end == '+';
	end += shim.onwards;
	for (size_t i = 0; *end == ':' && i < sizeof actions / sizeof actions[0]; i++)
		if (strcmp(end + 1, actions[i].name) == 0) {
			shim.action = actions[i].action;
			shim.error = actions[i].error;
		}
}

static void
get_ready(void)
{
	const char *dir = getenv("MX_FAULT_DIR"), *comm = getenv("MX_FAULT_COMM"), *what = getenv("MX_FAULT");
	const char *count = getenv("MX_FAULT_COUNT");
	shim.ready = -1;
	if (dir == NULL || realpath(dir, shim.dir) == NULL ||
	    (comm != NULL && strcmp(comm, program_invocation_short_name) != 0))
		return;
	shim.dir_len = strlen(shim.dir);
	if (what != NULL)
		parse(what);
	if (count != NULL) {
		REAL(int, open, (const char *, int, ...));
		shim.log = next(count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	}
	shim.ready = 1;
}

static int
below(const char *path)
{
	return strncmp(path, shim.dir, shim.dir_len) == 0 && (path[shim.dir_len] == '/' || path[shim.dir_len] == '\0');
}

/* Is this descriptor, or this path beside it, ours to disturb? */
static int
ours(int fd, const char *path)
{
	char link[64], at[PATH_MAX];
	if (shim.ready == 0)
		get_ready();
	if (shim.ready < 0)
		return 0;
	if (path != NULL && path[0] == '/')
		return below(path);
	if (fd == AT_FDCWD)
		return 0;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, at, sizeof at - 1);
	at[n > 0 ? n : 0] = '\0';
	return below(at);
}

/* What happens to this call?  FAIL has set errno. */
static enum action
meet(int fd, const char *path, const char *name)
{
	int saved = errno;
	if (!ours(fd, path)) {
		errno = saved;
		return NONE;
	}
	errno = saved;
	shim.calls++;
	if (shim.log >= 0)
		(void)dprintf(shim.log, "%ld %s\n", shim.calls, name);
	if (shim.action == NONE || (shim.onwards ? shim.calls < shim.nth : shim.calls != shim.nth))
		return NONE;
	if (shim.action == KILL_BEFORE)
		(void)raise(SIGKILL);
	if (shim.action == FAIL)
		errno = shim.error;
	return shim.action;
}

/* After the real call. */
static void
leave(enum action a)
{
	if (a == KILL_AFTER)
		(void)raise(SIGKILL);
}

#define AROUND(type, fd, path, name, call)     \
	enum action a = meet(fd, path, #name); \
	if (a == FAIL)                         \
		return (type)-1;               \
	type rc = call;                        \
	leave(a);                              \
	return rc

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name)                                                          \
	int name(const char *path, int flags, ...);                         \
	int name(const char *path, int flags, ...)                          \
	{                                                                   \
		va_list ap;                                                 \
		va_start(ap, flags);                                        \
		mode_t mode = mode_of(flags, ap);                           \
		va_end(ap);                                                 \
		REAL(int, name, (const char *, int, ...));                  \
		AROUND(int, AT_FDCWD, path, name, next(path, flags, mode)); \
	}
#define OPENAT(name)                                                        \
	int name(int dir, const char *path, int flags, ...);                \
	int name(int dir, const char *path, int flags, ...)                 \
	{                                                                   \
		va_list ap;                                                 \
		va_start(ap, flags);                                        \
		mode_t mode = mode_of(flags, ap);                           \
		va_end(ap);                                                 \
		REAL(int, name, (int, const char *, int, ...));             \
		AROUND(int, dir, path, name, next(dir, path, flags, mode)); \
	}
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* What _FORTIFY_SOURCE makes of them where no mode is given. */
#define OPEN_2(name)                                                  \
	int name(const char *path, int flags);                        \
	int name(const char *path, int flags)                         \
	{                                                             \
		REAL(int, name, (const char *, int));                 \
		AROUND(int, AT_FDCWD, path, name, next(path, flags)); \
	}
#define OPENAT_2(name)                                                \
	int name(int dir, const char *path, int flags);               \
	int name(int dir, const char *path, int flags)                \
	{                                                             \
		REAL(int, name, (int, const char *, int));            \
		AROUND(int, dir, path, name, next(dir, path, flags)); \
	}
OPEN_2(__open_2)
OPEN_2(__open64_2)
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

static size_t
part(enum action a, size_t n)
{
	return a == SHORT && n > 1 ? n / 2 : n;
}

#define WRITE(name, off)                                                      \
	ssize_t name(int fd, const void *p, size_t n, off at);                \
	ssize_t name(int fd, const void *p, size_t n, off at)                 \
	{                                                                     \
		REAL(ssize_t, name, (int, const void *, size_t, off));        \
		AROUND(ssize_t, fd, NULL, name, next(fd, p, part(a, n), at)); \
	}
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

ssize_t
write(int fd, const void *p, size_t n)
{
	REAL(ssize_t, write, (int, const void *, size_t));
	AROUND(ssize_t, fd, NULL, write, next(fd, p, part(a, n)));
}

#define SYNC(name)                                     \
	int name(int fd)                               \
	{                                              \
		REAL(int, name, (int));                \
		AROUND(int, fd, NULL, name, next(fd)); \
	}
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, off)                                 \
	int name(int fd, off len)                           \
	{                                                   \
		REAL(int, name, (int, off));                \
		AROUND(int, fd, NULL, name, next(fd, len)); \
	}
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int
rename(const char *from, const char *to)
{
	REAL(int, rename, (const char *, const char *));
	AROUND(int, AT_FDCWD, to, rename, next(from, to));
}

int
renameat(int a_dir, const char *from, int b_dir, const char *to)
{
	REAL(int, renameat, (int, const char *, int, const char *));
	AROUND(int, b_dir, to, renameat, next(a_dir, from, b_dir, to));
}

int
renameat2(int a_dir, const char *from, int b_dir, const char *to, unsigned flags)
{
	REAL(int, renameat2, (int, const char *, int, const char *, unsigned));
	AROUND(int, b_dir, to, renameat2, next(a_dir, from, b_dir, to, flags));
}

int
linkat(int a_dir, const char *from, int b_dir, const char *to, int flags)
{
	REAL(int, linkat, (int, const char *, int, const char *, int));
	AROUND(int, b_dir, to, linkat, next(a_dir, from, b_dir, to, flags));
}

int
unlink(const char *path)
{
	REAL(int, unlink, (const char *));
	AROUND(int, AT_FDCWD, path, unlink, next(path));
}

int
unlinkat(int dir, const char *path, int flags)
{
	REAL(int, unlinkat, (int, const char *, int));
	AROUND(int, dir, path, unlinkat, next(dir, path, flags));
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	REAL(int, mkdirat, (int, const char *, mode_t));
	AROUND(int, dir, path, mkdirat, next(dir, path, mode));
}

int
mkdir(const char *path, mode_t mode)
{
	REAL(int, mkdir, (const char *, mode_t));
	AROUND(int, AT_FDCWD, path, mkdir, next(path, mode));
}

int
posix_fallocate(int fd, off_t at, off_t n)
{
	REAL(int, posix_fallocate, (int, off_t, off_t));
	enum action a = meet(fd, NULL, "posix_fallocate");
	if (a == FAIL)
		return errno;
	int rc = next(fd, at, n);
	leave(a);
	return rc;
}
