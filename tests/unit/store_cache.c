/* Does the cache answer as the reference does, and without reading whole tables? */
#include "store/int.h"
#include "tests/unit/tap.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
put(struct store *s, const char *url, const char *og, int64_t from, int64_t until, int64_t status)
{
	struct err err;
	struct store_thumb t = {32, 32, "image/png", "crop", NULL, 9};
	char *id = mem_printf("2026-11-21_%s%lld", og, (long long)from);
	struct store_media m = {.media_id = id,
				.type = "text/html",
				.url = url,
				.sha256 = og,
				.bytes = 5,
				.created_ts = from,
				.thumb = &t,
				.thumbs = 1};
	struct store_put p = {.url = url,
			      .og = og,
			      .media_id = id,
			      .status = status,
			      .download_ts = from,
			      .expires_ts = until,
			      .media = &m,
			      .n_media = 1};
	is_int(store_cache_put(s, &p, &err), 0, "put");
	mem_free(id);
}

static void
expect(struct store *s, const char *url, int64_t ts, const char *og, const char *name)
{
	struct err err;
	struct store_preview p;
	is_int(store_cache_get(s, url, ts, &p, &err), 0, name);
	is_str(p.failure ? p.error : p.og, og, "  the answer");
	store_preview_clear(&p);
}

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
	expect(s, "v", 1500, NULL, "another URL is another");
	put(s, "w", "odd", 1000, 9000, 302);
	expect(s, "w", 1500, NULL, "only 2xx is an answer");
	is_int(store_cache_put_failure(s, "x", 502, "M_UNKNOWN", "dead", 1000, 2000, &err), 0,
	       "a failure is remembered");
	expect(s, "x", 1999, "dead", "for a while");
	expect(s, "x", 2000, NULL, "and no longer");
	(void)store_cache_put_failure(s, "x", 504, "M_UNKNOWN", "slow", 1000, 9000, &err);
	put(s, "x", "alive", 3000, 4000, 200);
	expect(s, "x", 3500, "alive", "an answer is better than a failure");
	expect(s, "x", 4500, NULL, "and makes it forgotten");
	is_int(store_cache_forget(s, "u", &n, &err), 0, "forget");
	is_int(n, 2, "both rows");
	expect(s, "u", 1500, NULL, "gone");
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

/* A statement that reads a whole table is a bug, except where that is its job. */
static void
plans(struct store *s)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_stmt *st = NULL;
		bool scan = false;
		char *text = mem_printf("EXPLAIN QUERY PLAN %s", sql_text[i]);
		if (i == SQL_BEGIN || i == SQL_COMMIT || i == SQL_ROLLBACK || i == SQL_CACHE_LIST) {
			mem_free(text);
			continue;
		}
		(void)sqlite3_prepare_v2(s->db, text, -1, &st, NULL);
		ok(st != NULL, "statement %d is sound", i);
		while (st != NULL && sqlite3_step(st) == SQLITE_ROW) {
			const char *plan = (const char *)sqlite3_column_text(st, 3);
			if (strstr(plan, "SCAN") != NULL || strstr(plan, "TEMP B-TREE") != NULL) {
				scan = true;
				(void)printf("# %s\n#   %s\n", sql_text[i], plan);
			}
		}
		ok(!scan, "statement %d reads by index", i);
		(void)sqlite3_finalize(st);
		mem_free(text);
	}
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
	if (ok(s != NULL, "a store is made where there is none")) {
		lookups(s);
		quarantine(s);
		plans(s);
		locks(s, deep);
		store_close(s);
		crowd(deep);
		refusals(deep);
	}
	mem_free(deep);
	char *rm = mem_printf("rm -rf %s", dir);
	ok(system(rm) == 0, "cleaned up");
	mem_free(rm);
	return done();
}
