/* Are looks at media noted without a transaction, and do they come into the database once, whoever dies meanwhile? */
#include "store/media.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/mx-access.XXXXXX";
static struct store *s;
static struct store_blobs blobs;

#define T0 1795280750768

static void
put(const char *origin, const char *id)
{
	struct store_outcome out;
	struct err err;
	struct store_upload u = {.name = {origin, id},
				 .filesystem_id = origin != NULL ? "FILEfile" : NULL,
				 .type = "a/b",
				 .sha256 = id,
				 .bytes = 1,
				 .now = 5};
	is_int(store_medium_put(s, &u, &out, &err), 0, "a medium");
}

static int64_t
last(const char *origin, const char *id)
{
	struct store_name name = {origin, id};
	struct store_medium m;
	struct err err;
	(void)store_medium_get(s, &name, &m, &err);
	int64_t ts = m.found ? m.last_access_ts : -2;
	store_medium_clear(&m);
	return ts;
}

static bool
note(const char *origin, const char *id, int64_t now)
{
	struct store_name name = {origin, id};
	return store_access_note(&blobs, &name, now);
}

static int
flush(int64_t now)
{
	struct err err;
	int rc = store_access_flush(s, &blobs, now, &err);
	if (rc < 0)
		(void)printf("# %s\n", err.text);
	return rc;
}

static bool
there(const char *name)
{
	struct stat st;
	return fstatat(blobs.dirfd, name, &st, 0) == 0;
}

static void
write_file(const char *name, const char *text)
{
	int fd = openat(blobs.dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	(void)io_write(fd, text, strlen(text), NULL);
	io_close(&fd);
}

static void
looks(void)
{
	is_int(flush(T0), 0, "nothing to fold");
	ok(!note(NULL, "localA", T0), "a look");
	ok(!note("far.example:8448", "x y%z\n\x01", T0 + 1), "at another server's, with a name that is none");
	ok(!note(NULL, "localA", T0 + 1000), "another look");
	ok(!note(NULL, "gone", T0), "at one that is gone since");
	is_int(last(NULL, "localA"), -1, "the database does not know yet");
	ok(note(NULL, "localA", T0 + STORE_ACCESS_AGE + 1), "a minute later it is due");
	is_int(flush(T0 + STORE_ACCESS_AGE + 2), 0, "folded");
	is_int(last(NULL, "localA"), T0 + STORE_ACCESS_AGE + 1, "the last look");
	is_int(last("far.example:8448", "x y%z\n\x01"), T0 + 1, "of the other one too");
	ok(!there(STORE_ACCESS) && !there(STORE_ACCESS ".fold"), "nothing is left");
	(void)note(NULL, "localA", T0);
	is_int(flush(T0 + 9999999), 0, "an older look");
	is_int(last(NULL, "localA"), T0 + STORE_ACCESS_AGE + 1, "takes nothing back");
	(void)note(NULL, "localB", T0 + 99999999);
	is_int(flush(T0), 0, "a look of the future");
	is_int(last(NULL, "localB"), T0, "is one of now");
}

static void
junk(void)
{
	write_file(STORE_ACCESS, "\n \nx - y\n179528075 - \n1795280750768 -\n1795280999999 - localB extra\n"
				 "1795280999998 - %\n1795280999997 - local%42\n1795280999990 - localA");
	is_int(flush(INT64_MAX), 0, "a journal that is damaged");
	is_int(last(NULL, "localB"), 1795280999997, "what can be read is folded in, half a line is not");
	is_int(last(NULL, "localA"), T0 + STORE_ACCESS_AGE + 1, "");
	write_file(STORE_ACCESS ".fold", "1795281000001 - localA\n");
	(void)note(NULL, "localB", 1795281000002);
	is_int(flush(INT64_MAX), 0, "what somebody who died had put aside");
	is_int(last(NULL, "localA"), 1795281000001, "comes first,");
	is_int(last(NULL, "localB"), 1795281000002, "then the rest");
	char *big = mem_alloc(STORE_ACCESS_MAX + 1);
	(void)memset(big, 'x', STORE_ACCESS_MAX);
	write_file(STORE_ACCESS, big);
	ok(note(NULL, "localA", T0), "a journal that nobody folds");
	struct stat st;
	ok(fstatat(blobs.dirfd, STORE_ACCESS, &st, 0) == 0 && st.st_size == STORE_ACCESS_MAX, "has an end");
	is_int(flush(T0), 0, "and is folded");
	mem_free(big);
	is_int(symlinkat("/etc/passwd", blobs.dirfd, STORE_ACCESS), 0, "a link");
	ok(!note(NULL, "localA", T0), "is not followed");
	(void)unlinkat(blobs.dirfd, STORE_ACCESS, 0);
}

enum { WRITERS = 6, LOOKS = 400 };

/* Each of those who write at once as it gets full sees that there is room. */
static void
overfull(void)
{
	static const char line[] = "1795281000009 - localB\n";
	char *big = mem_alloc(STORE_ACCESS_MAX + 10000);
	(void)memset(big, 'x', STORE_ACCESS_MAX + 9999);
	(void)memcpy(big, line, sizeof line - 1);
	write_file(STORE_ACCESS, big);
	is_int(flush(INT64_MAX), 0, "more than there may be is folded all the same");
	is_int(last(NULL, "localB"), 1795281000009, "as far as it goes");
	ok(!there(STORE_ACCESS) && !there(STORE_ACCESS ".fold"), "and then it is gone");
	mem_free(big);
}

/* Each look is one millisecond later than all before; the last of each writer must arrive. */
static void
crowd(void)
{
	pid_t pid[WRITERS + 1];
	int bad = 0;
	for (int w = 0; w <= WRITERS; w++) {
		pid[w] = fork();
		if (pid[w] != 0)
			continue;
		struct store_blobs mine;
		struct err err;
		if (store_blobs_open(&mine, dir, false, &err) < 0)
			_exit(1);
		if (w == WRITERS) { /* folds all the time, until it is killed */
			struct store *t = store_open(dir, &err);
			for (;;)
				if (store_access_flush(t, &mine, INT64_MAX, &err) < 0)
					_exit(1);
		}
		for (int i = 0; i < LOOKS; i++) {
			char *id = mem_printf("crowd%d", w);
			struct store_name name = {NULL, id};
			(void)store_access_note(&mine, &name, 1795290000000 + i);
			mem_free(id);
		}
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++) {
		int status = 0;
		(void)waitpid(pid[w], &status, 0);
		bad += status != 0;
	}
	(void)kill(pid[WRITERS], SIGKILL);
	int status = 0;
	(void)waitpid(pid[WRITERS], &status, 0);
	ok(bad == 0 && WIFSIGNALED(status), "writers and one that folds, which is killed");
	is_int(flush(INT64_MAX), 0, "somebody else goes on");
	for (int w = 0; w < WRITERS; w++) {
		char *id = mem_printf("crowd%d", w);
		is_int(last(NULL, id), 1795290000000 + LOOKS - 1, "the last look has come");
		mem_free(id);
	}
}

int
main(void)
{
	struct err err;
	if (mkdtemp(dir) == NULL || (s = store_open(dir, &err)) == NULL ||
	    store_blobs_open(&blobs, dir, true, &err) < 0)
		return 1;
	put(NULL, "localA");
	put(NULL, "localB");
	put("far.example:8448", "x y%z\n\x01");
	for (int w = 0; w < WRITERS; w++) {
		char *id = mem_printf("crowd%d", w);
		put(NULL, id);
		mem_free(id);
	}
	looks();
	junk();
	overfull();
	crowd();
	store_close(s);
	store_blobs_close(&blobs);
	(void)tmpdir_remove(dir);
	return done();
}
