/* Does the cache answer as the reference does, and without reading whole tables? */
#include "store/int.h"
#include "tests/unit/store_rows.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
lookups(struct store *s)
{
	struct err err;
	int64_t n = 0;
	put(s, "u", "one", 1000, 2000, 200);
	put(s, "u", "two", 3000, 4000, 204);
	expect(s, "u", 1500, "one", "the last one before that time");
	expect(s, "u", 3500, "two", "a newer one later");
	expect(s, "u", 500, "one", "none before: the first one after");
	expect(s, "u", 2500, NULL, "an expired one does not count, even if a later one would");
	expect(s, "u", 4000, NULL, "the end is the end");
	struct store_preview p;
	is_int(get(s, "u", 2500, 3500, &p), 0, "but who asked at that time and waited until now");
	is_str(p.og, "two", "  gets what was fetched meanwhile");
	store_preview_clear(&p);
	expect(s, "v", 1500, NULL, "another URL is another");
	put(s, "w", "odd", 1000, 9000, 302);
	expect(s, "w", 1500, NULL, "only 2xx is an answer");
	is_int(put_failure(s, "x", 502, "dead", 1000, 1000), 0, "a failure is remembered");
	expect(s, "x", 1999, "dead", "for a while");
	expect(s, "x", 2000, NULL, "and no longer");
	is_int(get(s, "x", 1500, 2000, &p), 0, "nor for a question of the past");
	ok(!p.found, "  which has no answer either");
	store_preview_clear(&p);
	is_int(get(s, "x", 1, 1500, &p), 0, "a question of a time before the failure");
	ok(p.found && p.failure, "  is answered by what is known now");
	store_preview_clear(&p);
	(void)put_failure(s, "x", 504, "slow", 1000, 8000);
	put(s, "x", "alive", 3000, 4000, 200);
	expect(s, "x", 3500, "alive", "an answer is better than a failure");
	expect(s, "x", 4500, NULL, "and makes it forgotten");
	is_int(store_cache_forget(s, "u", &n, &err), 0, "forget");
	is_int(n, 2, "both rows");
	put(s, "same", "early", 7000, 9000, 200);
	put(s, "same", "late", 7000, 9000, 200);
	expect(s, "same", 7000, "late", "of two in one millisecond the later one");
	expect(s, "u", 1500, NULL, "gone");
}

struct seen {
	int n, wrong, stop_after;
};

static int
see(void *arg, const char *url, const struct store_preview *p)
{
	struct seen *v = arg;
	char want[32];
	(void)snprintf(want, sizeof want, "list-%d", 299 - v->n);
	v->wrong += strcmp(url, want) != 0 || p->og != NULL || p->status != 200;
	return ++v->n == v->stop_after;
}

static void
listing(struct store *s)
{
	struct err err;
	for (int i = 0; i < 300; i++) {
		char url[32];
		(void)snprintf(url, sizeof url, "list-%d", i);
		struct store_put one = {.url = url, .og = "{}", .status = 200, .download_ts = 1, .expires_ts = 2};
		if (store_cache_put(s, &one, &err) < 0)
			ok(0, "put: %s", err.text);
	}
	struct seen v = {.stop_after = 300}, w = {.stop_after = 7};
	is_int(store_cache_list(s, see, &v, &err), 0, "list");
	ok(v.n == 300 && v.wrong == 0, "newest first, over pages");
	is_int(store_cache_list(s, see, &w, &err), 0, "a list that is stopped");
	is_int(w.n, 7, "stops");
	for (int i = 0; i < 300; i++) {
		char url[32];
		int64_t n;
		(void)snprintf(url, sizeof url, "list-%d", i);
		(void)store_cache_forget(s, url, &n, &err);
	}
}

static void
quarantine(struct store *s)
{
	(void)sqlite3_exec(s->db, "UPDATE local_media_repository SET quarantined_by = '@mod:x' WHERE sha256 = 'one'",
			   NULL, NULL, NULL);
	put(s, "q", "one", 5000, 6000, 200);
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(
	    s->db, "SELECT quarantined_by FROM local_media_repository WHERE media_id = '2026-11-21_one5000'", -1, &st,
	    NULL);
	is_int(sqlite3_step(st), SQLITE_ROW, "the same content again");
	is_str((const char *)sqlite3_column_text(st, 0), "system", "is quarantined by the system");
	(void)sqlite3_finalize(st);
}

static void
locks(struct store *s, const char *dir)
{
	struct err err;
	is_int(store_url_lock(s, "http://a/", &err), STORE_LOCKED, "a lock");
	pid_t pid = fork();
	if (pid == 0) {
		struct store *other = store_open(dir, &err);
		_exit(other != NULL && store_url_lock(other, "http://a/", &err) == STORE_LOCK_HELD &&
			      store_url_lock(other, "http://b/", &err) == STORE_LOCKED
			  ? 0
			  : 1);
	}
	int status = 1;
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "is seen by another process; another URL is free");
	is_int(store_url_lock(s, "http://b/", &err), STORE_LOCKED, "a dead holder holds nothing");
	store_url_unlock(s, "http://a/");
	struct store *other = store_open(dir, &err);
	is_int(store_url_lock(other, "http://a/", &err), STORE_LOCKED, "and an open one is free");
	store_close(other);
}

/* All open a store that is not there yet, at the same moment. */
static void
birth(const char *dir)
{
	enum { MANY = 32, ROUNDS = 5 };
	int bad = 0;
	for (int r = 0; r < ROUNDS; r++) {
		char *fresh = mem_printf("%s/fresh-%d", dir, r);
		int gate[2], status = 0;
		if (pipe(gate) < 0)
			return;
		for (int i = 0; i < MANY; i++)
			if (fork() == 0) {
				struct err err;
				char c;
				(void)close(gate[1]);
				(void)!read(gate[0], &c, 1);
				struct store *s = store_open(fresh, &err);
				if (s == NULL)
					(void)fprintf(stderr, "# %s\n", err.text);
				_exit(s == NULL);
			}
		io_close(&gate[0]);
		io_close(&gate[1]);
		for (int i = 0; i < MANY; i++) {
			(void)wait(&status);
			bad += status != 0;
		}
		mem_free(fresh);
	}
	is_int(bad, 0, "32 processes make one store at the same moment, five times");
}

static void
privacy(const char *dir)
{
	static const char *const name[] = {"mxpreview.db", "mxpreview.db-wal", "mxpreview.db-shm", "mxpreview.db.wlock",
					   "locks"};
	struct err err;
	struct store *s = store_open(dir, &err);
	ok(s != NULL && store_url_lock(s, "u", &err) == STORE_LOCKED, "the last of them is made for a lock");
	for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
		struct stat st;
		char *path = mem_printf("%s/%s", dir, name[i]);
		ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "%s is private", name[i]);
		mem_free(path);
	}
	store_close(s);
}

/* Writers stand in line: nobody is told BUSY. */
static void
crowd(const char *dir)
{
	enum { WRITERS = 24, PUTS = 20 };
	int bad = 0;
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0) {
			for (int k = 0; k < PUTS; k++) {
				struct err err;
				struct store *s = store_open(dir, &err);
				char *url = mem_printf("crowd-%d-%d", i, k);
				struct store_put p = {
				    .url = url, .og = "{}", .status = 200, .download_ts = 1, .expires_ts = 2};
				if (s == NULL || store_cache_put(s, &p, &err) < 0)
					_exit(1);
				store_close(s);
				mem_free(url);
			}
			_exit(0);
		}
	for (int i = 0, status = 0; i < WRITERS; i++) {
		(void)wait(&status);
		bad += status != 0;
	}
	is_int(bad, 0, "24 processes, each opening the database anew 20 times: no error");
	struct err err;
	struct store *s = store_open(dir, &err);
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(
	    s->db, "SELECT count(*) FROM local_media_repository_url_cache WHERE url LIKE 'crowd-%'", -1, &st, NULL);
	(void)sqlite3_step(st);
	is_int(sqlite3_column_int(st, 0), WRITERS * PUTS, "and every row is there");
	(void)sqlite3_finalize(st);
	(void)sqlite3_prepare_v2(s->db, "PRAGMA integrity_check", -1, &st, NULL);
	(void)sqlite3_step(st);
	is_str((const char *)sqlite3_column_text(st, 0), "ok", "the database is sound");
	(void)sqlite3_finalize(st);
	store_close(s);
}

static void
refusals(const char *dir)
{
	struct err err;
	char *newer = mem_printf("%s/newer", dir);
	(void)io_mkdirs(newer, &err);
	struct store *s = store_open(newer, &err);
	(void)sqlite3_exec(s->db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	store_close(s);
	ok(store_open(newer, &err) == NULL && err.code == ERR_UNSUPPORTED, "a newer database is not touched");
	char *junk = mem_printf("%s/junk", dir), *db = mem_printf("%s/junk/mxpreview.db", dir);
	(void)io_mkdirs(junk, &err);
	FILE *f = fopen(db, "w");
	(void)fputs("this is no database, and long enough to be taken for one at first sight", f);
	(void)fclose(f);
	ok(store_open(junk, &err) == NULL, "what is no database is refused");
	ok(strstr(err.text, "database") != NULL, "and named");
	mem_free(newer);
	mem_free(junk);
	mem_free(db);
}

int
main(void)
{
	struct err err;
	char dir[] = "/tmp/mx-store-cache.XXXXXX";
	if (mkdtemp(dir) == NULL)
		return 1;
	char *deep = mem_printf("%s/a/b", dir);
	struct store *s = store_open(deep, &err);
	if (s == NULL) {
		ok(0, "a store is made where there is none: %s", err.text);
	} else {
		lookups(s);
		quarantine(s);
		listing(s);
		privacy(deep);
		locks(s, deep);
		store_close(s);
		birth(dir);
		crowd(deep);
		refusals(deep);
	}
	mem_free(deep);
	is_int(tmpdir_remove(dir), 0, "cleaned up");
	return done();
}
