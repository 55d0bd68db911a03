/* How do the bytes of a medium leave, so that nobody takes half of them for all? */
#include "cmd/media-out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 262144 };

static int
copy(int from, int to, int64_t bytes, struct err *err)
{
	char *chunk = mem_alloc(CHUNK);
	int rc = 0;
	while (rc == 0 && bytes > 0) {
		ssize_t n = read(from, chunk, CHUNK);
		if (cmd_stop)
			rc = err_set(err, ERR_SYS, "interrupted");
		else if (n < 0 && errno != EINTR)
			rc = err_sys(err, "read");
		else if (n == 0)
			rc = err_set(err, ERR_SYS, "its file ends %lld bytes too early", (long long)bytes);
		else if (n > 0)
			rc = io_write(to, chunk, (size_t)n, err);
		bytes -= n > 0 ? n : 0;
	}
	mem_free(chunk);
	return rc;
}

/* A name beside path that nobody has. */
static char *
temp_beside(const char *path)
{
	uint64_t random = 0;
	const char *slash = strrchr(path, '/');
	io_random(&random, sizeof random);
	return mem_printf("%.*s.mxmedia-get.%016llx", slash != NULL ? (int)(slash - path + 1) : 0, path,
			  (unsigned long long)random);
}

static int
to_file(int fd, int64_t bytes, const char *path, struct err *err)
{
	char *tmp = temp_beside(path);
	int out = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (out < 0) {
		mem_free(tmp);
		return err_sys(err, "%s", path);
	}
	int rc = copy(fd, out, bytes, err);
	if (close(out) < 0 && rc == 0)
		rc = err_sys(err, "close");
	if (rc == 0 && rename(tmp, path) < 0)
		rc = err_sys(err, "rename");
	if (rc < 0) {
		(void)unlink(tmp);
		(void)err_add(err, "%s", path);
	}
	mem_free(tmp);
	return rc;
}

int
media_out(int fd, int64_t bytes, const char *path, struct err *err)
{
	struct stat st;
	if (path == NULL) {
		int rc = copy(fd, STDOUT_FILENO, bytes, err);
		if (rc == 0)
			return 0;
		err->code = ERR_SYS; /* as of all commands: not a matter of time */
		return err_add(err, "standard output");
	}
	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return to_file(fd, bytes, path, err);
	int out = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY); /* a device or a pipe is written to as it is */
	int rc = out < 0 ? err_sys(err, "%s", path) : copy(fd, out, bytes, err);
	io_close(&out);
	return rc;
}
