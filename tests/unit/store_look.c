/* Does who opened the store only to look see what the others wrote, and may it write after all? */
#include "store/store.h"
#include "store/who.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1000, LATER = 1000000 };
static char dir[64];

static int
put(struct store *s, const char *hash)
{
	struct store_token t = {.user = (char *)(uintptr_t) "@a:b", .admin = 1, .expires_ts = LATER};
	struct err err;
	int rc = store_token_put(s, hash, &t, NOW, &err);
	if (rc < 0)
		(void)printf("# %s\n", err.text);
	return rc;
}

static bool
sees(struct store *s, const char *hash)
{
	struct store_token t;
	struct err err;
	if (store_token_get(s, hash, NOW, &t, &err) < 0) {
		(void)printf("# %s\n", err.text);
		return false;
	}
	bool found = t.user != NULL;
	store_token_clear(&t);
	return found;
}

static struct store *
open_one(bool to_look)
{
	struct err err;
	struct store *s = to_look ? store_open_to_look(dir, &err) : store_open(dir, &err);
	if (s == NULL)
		(void)printf("Bail out! %s\n", err.text);
	return s;
}

/* When the index of the WAL was; whoever makes it anew empties it first. */
static long long
index_made(void)
{
	char path[96];
	struct stat st;
	(void)snprintf(path, sizeof path, "%s/mxpreview.db-shm", dir);
	return stat(path, &st) == 0 ? (long long)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec : -1;
}

static bool
is_there(const char *name)
{
	char path[96];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

/* A process that writes when it is told to, and ends without closing: the WAL stays.  Started before this one has opened
 * anything, for SQLite's files do not survive a fork. */
struct other {
	pid_t pid;
	int tell;
};

static struct other
start(const char *hash)
{
	struct other o = {.tell = -1};
	int fd[2];
	char go;
	(void)fflush(stdout);
	if (pipe(fd) < 0 || (o.pid = fork()) < 0)
		exit(1);
	o.tell = fd[1];
	if (o.pid > 0) {
		(void)close(fd[0]);
		return o;
	}
	struct store *s = read(fd[0], &go, 1) == 1 ? open_one(false) : NULL;
	int rc = s != NULL ? put(s, hash) : -1;
	(void)fflush(stdout);
	_exit(rc == 0 ? 0 : 1);
}

static void
let_write(struct other o)
{
	int status = -1;
	ok(write(o.tell, "", 1) == 1 && waitpid(o.pid, &status, 0) == o.pid && status == 0,
	   "another process writes, and ends without closing");
	(void)close(o.tell);
}

static void
alone(void)
{
	struct store *s = open_one(true);
	ok(s != NULL && is_there("mxpreview.db"), "where there is none, one is made");
	ok(!sees(s, "x"), "it is empty");
	ok(put(s, "own") == 0 && sees(s, "own"), "and can be written to");
	store_close(s);
}

static void
after_a_crash(void)
{
	struct other first = start("dead"), second = start("dead again");
	let_write(first);
	long long before = index_made();
	struct store *s = open_one(true);
	ok(sees(s, "dead") && sees(s, "own"), "what stands in the WAL is seen");
	is_int(index_made(), before, "without a change to its index");
	let_write(second);
	ok(sees(s, "dead again"), "also what came there since");
	ok(put(s, "mine") == 0, "writing after looking");
	ok(sees(s, "dead") && sees(s, "mine"), "nothing is lost by it");
	store_close(s);
}

static void
lazy(void)
{
	struct err err;
	char path[96];
	struct store *s = open_one(true);
	(void)snprintf(path, sizeof path, "%s/locks", dir);
	(void)unlink(path);
	ok(!sees(s, "none") && !is_there("locks"), "files of locks are made for those who lock");
	ok(store_url_lock(s, "http://a.example/", &err) == STORE_LOCKED && is_there("locks"), "a lock");
	store_close(s);
}

int
main(void)
{
	(void)snprintf(dir, sizeof dir, "%s/mx-look.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(dir) == NULL)
		return 1;
	alone();
	after_a_crash();
	lazy();
	is_int(tmpdir_remove(dir), 0, "cleaned up");
	return done();
}
