/* Do those who put and those who sweep keep out of each other's way? */
#include "store/expire.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct store_blobs blobs;

/* A child takes the lock and says so; it keeps it until its pipe is closed, or it is killed. */
static pid_t
holder(enum store_sweep how, int *says, int *leave)
{
	int a[2], b[2];
	*says = *leave = -1;
	if (pipe(a) < 0 || pipe(b) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		struct err err;
		char c = 0;
		int fd = -1;
		(void)close(b[1]);
		if (store_sweep_lock(&blobs, how, &fd, &err) < 0)
			_exit(err.code == ERR_BUSY ? 75 : 1);
		(void)!write(a[1], "x", 1);
		(void)!read(b[0], &c, 1);
		_exit(0);
	}
	(void)close(a[1]);
	(void)close(b[0]);
	*says = a[0];
	*leave = b[1];
	return pid;
}

static bool
says(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c = 0;
	return poll(&p, 1, ms) == 1 && read(fd, &c, 1) == 1;
}

static void
shared_and_exclusive(void)
{
	struct err err;
	int one = -1, two = -1, out, leave, status = 0;
	ok(store_sweep_lock(&blobs, STORE_SWEEP_SHARED, &one, &err) == 0, "a put holds it");
	ok(store_sweep_lock(&blobs, STORE_SWEEP_SHARED, &two, &err) == 0, "another one, too");
	pid_t pid = holder(STORE_SWEEP_EXCLUSIVE, &out, &leave);
	ok(!says(out, 100), "a sweep waits for them");
	store_sweep_unlock(&two);
	ok(store_sweep_lock(&blobs, STORE_SWEEP_SHARED, &two, &err) == 0, "a put that comes while it waits is let in");
	store_sweep_unlock(&one);
	store_sweep_unlock(&two);
	ok(one == -1 && says(out, 5000), "the sweep has it when they are gone");
	int put_says, put_leave;
	pid_t put = holder(STORE_SWEEP_SHARED, &put_says, &put_leave);
	ok(!says(put_says, 50), "a put waits for the sweep");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	ok(says(put_says, 5000), "and has it when the sweep is killed");
	pid = holder(STORE_SWEEP_EXCLUSIVE, &out, &leave);
	(void)waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 75, "a sweep does not wait for ever");
	(void)kill(put, SIGKILL);
	(void)waitpid(put, NULL, 0);
}

static void
one_expiry(void)
{
	struct err err;
	int one = -1, two = -1, put = -1;
	ok(store_expire_lock(&blobs, false, &one, &err) == 0, "an expiry runs");
	ok(store_expire_lock(&blobs, false, &two, &err) < 0 && err.code == ERR_BUSY && two == -1,
	   "another one may not");
	ok(store_sweep_lock(&blobs, STORE_SWEEP_SHARED, &put, &err) == 0, "puts do not mind");
	store_sweep_unlock(&one);
	ok(store_expire_lock(&blobs, false, &two, &err) == 0, "then it may");
	store_sweep_unlock(&two);
	store_sweep_unlock(&put);
}

struct finding {
	int told, free;
};

static void
found(void *arg, const struct store_finding *f)
{
	struct finding *got = arg;
	struct err err;
	int fd = -1;
	got->told += f->mended;
	got->free += store_sweep_lock(&blobs, STORE_SWEEP_EXCLUSIVE, &fd, &err) == 0;
	store_sweep_unlock(&fd);
}

/* Whoever hears of what went may take his time: nobody is kept from putting meanwhile. */
static void
told_outside(const char *dir)
{
	struct finding got = {0};
	struct err err;
	struct store *s = store_open(dir, &err);
	struct store_expiry e = {.store = s, .blobs = &blobs, .now = INT64_MAX};
	struct store_inspection in = {.e = &e, .found = found, .arg = &got};
	for (int i = 0; i < 2; i++) {
		char id[STORE_ID_MAX], sha256[HASH_HEX_LEN + 1];
		int64_t bytes;
		store_media_new_id(id);
		const struct store_file f = {.kind = STORE_LOCAL_FILE, .id = id};
		struct store_writer *w = store_file_create(&blobs, &f, &err);
		ok(w != NULL && store_blob_commit(w, STORE_SCRATCH, &bytes, sha256, &err) == 0, "a file without a row");
	}
	is_int(store_orphans_files(&in, &err), 0, "a sweep");
	is_int(got.told, 2, "tells of them");
	is_int(got.free, 2, "when it holds nothing any more");
	store_close(s);
}

int
main(void)
{
	char dir[] = "/tmp/mx-sweep.XXXXXX";
	struct err err;
	if (!ok(mkdtemp(dir) != NULL && store_blobs_open(&blobs, dir, true, &err) == 0, "a store"))
		return done();
	shared_and_exclusive();
	one_expiry();
	told_outside(dir);
	store_blobs_close(&blobs);
	tmpdir_remove(dir);
	return done();
}
