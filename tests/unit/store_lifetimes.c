/* Does the cache know what HTTP says: languages, staleness, what must not be kept, pictures that are shared, failures? */
#include "store/int.h"
#include "tests/unit/store_rows.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <sqlite3.h>
#include <unistd.h>

/* An answer in one language is not for those who read another. */
static void
languages(struct store *s)
{
	struct err err;
	struct store_put all = {.url = "lang", .og = "all", .status = 200, .download_ts = 100, .expires_ts = 900};
	struct store_put de = all;
	struct store_preview p;
	struct store_question q = {.url = "lang", .language = "de", .ts = 500, .now = 500};
	de.og = "deutsch";
	de.language = "de";
	de.download_ts = 200;
	is_int(store_cache_put(s, &all, &err) + store_cache_put(s, &de, &err), 0, "an answer for all, one for some");
	is_int(store_cache_get(s, &q, &p, &err), 0, "who reads German");
	is_str(p.og, "deutsch", "  gets the German one");
	is_str(p.language, "de", "  which says so");
	store_preview_clear(&p);
	q.language = "fr";
	is_int(store_cache_get(s, &q, &p, &err), 0, "who reads French");
	is_str(p.og, "all", "  the one for all");
	store_preview_clear(&p);
}

/* What it was made of is only read where it is asked for; a renewed row lives on. */
static void
renewal(struct store *s)
{
	struct err err;
	struct store_put one = {.url = "renew",
				.og = "{}",
				.details = "{\"a\":1}",
				.etag = "1",
				.status = 200,
				.now = 100,
				.download_ts = 100,
				.expires_ts = 200,
				.stale_ts = 300,
				.error_ts = 400};
	struct store_preview p;
	struct store_question q = {.url = "renew", .language = "", .ts = 150, .now = 150};
	is_int(store_cache_put(s, &one, &err), 0, "an answer with details");
	(void)store_cache_get(s, &q, &p, &err);
	ok(p.found && p.details == NULL, "that nobody asks for");
	store_preview_clear(&p);
	q.details = true;
	(void)store_cache_get(s, &q, &p, &err);
	is_str(p.details, "{\"a\":1}", "or somebody does");
	store_preview_clear(&p);
	q.ts = q.now = 250;
	(void)store_cache_get(s, &q, &p, &err);
	ok(!p.found, "it expires");
	(void)store_cache_newest(s, &q, &p, &err);
	ok(p.found && p.stale_ts == 300 && p.error_ts == 400 && p.details != NULL, "but is still known");
	store_preview_clear(&p);
	one.renew = true;
	one.expires_ts = 500;
	one.details = "{\"a\":2}";
	is_int(store_cache_put(s, &one, &err), 0, "it is renewed");
	(void)store_cache_get(s, &q, &p, &err);
	ok(p.found && p.download_ts == 100 && strcmp(p.details, "{\"a\":2}") == 0, "and found again");
	store_preview_clear(&p);
	one.url = "renew-gone";
	is_int(store_cache_put(s, &one, &err), 0, "one that is gone meanwhile");
	q.url = "renew-gone";
	(void)store_cache_get(s, &q, &p, &err);
	ok(p.found, "is put anew");
	store_preview_clear(&p);
}

static void
no_store(struct store *s)
{
	struct err err;
	struct store_put one = {.url = "secret",
				.og = "{}",
				.status = 200,
				.now = 100,
				.download_ts = 100,
				.expires_ts = 200,
				.no_store = true};
	struct store_put later = {.url = "later", .og = "{}", .status = 200, .now = 200, .expires_ts = 300};
	struct store_preview p;
	(void)store_cache_put(s, &one, &err);
	expect(s, "secret", 150, "{}", "what is not to be kept answers those who asked meanwhile");
	(void)store_cache_put(s, &later, &err);
	is_int(get(s, "secret", 150, 250, &p), 0, "and then is gone");
	ok(!p.found, "  also for questions of the past");
	store_preview_clear(&p);
}

static int64_t
remembered(struct store *s, const char *url)
{
	struct err err;
	struct store_preview p = {0};
	(void)store_failure_get(s, url, 0, &p, &err);
	int64_t ms = p.found ? p.expires_ts - p.download_ts : -1;
	store_preview_clear(&p);
	return ms;
}

static void
back_off(struct store *s)
{
	struct err err;
	struct store_failure f = {.url = "down",
				  .status = 502,
				  .errcode = "M_UNKNOWN",
				  .error = "x",
				  .class = "dns",
				  .now = 10000,
				  .first = 1000,
				  .max = 5000,
				  .growth = 200};
	static const int64_t want[] = {1000, 2000, 4000, 5000, 5000};
	for (size_t i = 0; i < 5; i++) {
		(void)store_cache_put_failure(s, &f, &err);
		is_int(remembered(s, "down"), want[i], "a failure is remembered longer each time, up to a bound");
		f.now += want[i];
	}
	f.now += 5001;
	(void)store_cache_put_failure(s, &f, &err);
	is_int(remembered(s, "down"), 1000, "one long after the last is a first one");
	f.growth = 150;
	(void)store_cache_put_failure(s, &f, &err);
	is_int(remembered(s, "down"), 1500, "some classes grow slower");
	f.at_least = 3000;
	f.url = "later";
	(void)store_cache_put_failure(s, &f, &err);
	is_int(remembered(s, "later"), 3000, "the other side's wish counts");
	f.at_least = 99999;
	(void)store_cache_put_failure(s, &f, &err);
	is_int(remembered(s, "later"), 5000, "up to the bound");
	put(s, "down", "up", 90000, 91000, 200);
	is_int(remembered(s, "down"), -1, "a success makes all forgotten");
}

static void
put_image(struct store *s, const char *id, const char *url, const char *sha, const char *type)
{
	struct err err;
	struct store_media m = {.media_id = id, .type = type, .url = url, .sha256 = sha, .bytes = 5, .created_ts = 1};
	struct store_image i = {.url = url, .language = "", .media_id = id, .text = "{}", .expires_ts = 50};
	struct store_put p = {.url = "page",
			      .og = "{}",
			      .status = 200,
			      .now = 1,
			      .expires_ts = 2,
			      .media = &m,
			      .n_media = 1,
			      .image = &i};
	is_int(store_cache_put(s, &p, &err), 0, "a picture");
}

static void
images(struct store *s)
{
	struct err err;
	struct store_found f;
	put_image(s, "2026-11-21_pictureA", "http://i/a", "aa", "image/png");
	(void)store_image_get(s, "http://i/a", "", &f, &err);
	ok(f.found && strcmp(f.media_id, "2026-11-21_pictureA") == 0 && f.expires_ts == 50, "is found by its address");
	store_found_clear(&f);
	(void)store_image_twin(s, "aa", "image/png", NULL, &f, &err);
	ok(f.found && strcmp(f.media_id, "2026-11-21_pictureA") == 0, "and by its content");
	store_found_clear(&f);
	(void)store_image_twin(s, "aa", "image/gif", NULL, &f, &err);
	ok(!f.found, "but not under another type");
	store_found_clear(&f);
	(void)store_image_twin(s, "aa", "image/png", "evil.exe", &f, &err);
	ok(!f.found, "nor another name");
	store_found_clear(&f);

	struct store_media again = {.media_id = "2026-11-21_pictureA", .reused = true};
	struct store_put p = {
	    .url = "page2", .og = "{}", .status = 200, .now = 77, .expires_ts = 200, .media = &again, .n_media = 1};
	is_int(store_cache_put(s, &p, &err), 0, "another page shows it");
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(
	    s->db, "SELECT last_access_ts FROM local_media_repository WHERE media_id = '2026-11-21_pictureA'", -1, &st,
	    NULL);
	(void)sqlite3_step(st);
	is_int(sqlite3_column_int(st, 0), 77, "and so it lives on");
	(void)sqlite3_finalize(st);
	again.media_id = "2026-11-21_nowhere";
	p.url = "page3";
	ok(store_cache_put(s, &p, &err) < 0 && err.code == ERR_NOTFOUND, "what is gone cannot be shown");
	expect(s, "page3", 78, NULL, "and no answer names it");

	(void)sqlite3_exec(s->db, "UPDATE local_media_repository SET quarantined_by = '@mod:x' WHERE sha256 = 'aa'",
			   NULL, NULL, NULL);
	(void)store_image_get(s, "http://i/a", "", &f, &err);
	ok(!f.found, "a quarantined one is shared no more by its address");
	store_found_clear(&f);
	(void)store_image_twin(s, "aa", "image/png", NULL, &f, &err);
	ok(!f.found, "nor by its content");
	store_found_clear(&f);
	put_image(s, "2026-11-21_pictureB", "http://i/b", "aa", "image/png");
	(void)store_image_get(s, "http://i/b", "", &f, &err);
	ok(!f.found, "and its like is born quarantined");
	store_found_clear(&f);
}

static int
choose(void *arg, const char *url, const struct store_preview *p)
{
	(void)p;
	return strncmp(url, arg, strlen(arg)) == 0;
}

static void
forgetting(struct store *s)
{
	struct err err;
	int64_t n = 0;
	for (int i = 0; i < 300; i++) {
		char url[32];
		(void)snprintf(url, sizeof url, "%s-%d", i % 3 == 0 ? "gone" : "kept", i);
		struct store_put one = {.url = url, .og = "{}", .status = 200, .download_ts = 1, .expires_ts = 2};
		(void)store_cache_put(s, &one, &err);
	}
	(void)put_failure(s, "gone-failure", 502, "x", 1, 5000);
	char gone[] = "gone", kept[] = "kept";
	is_int(store_cache_forget_if(s, choose, gone, &n, &err), 0, "those that are chosen");
	is_int(n, 101, "go, failures too");
	is_int(store_cache_forget_if(s, choose, gone, &n, &err) + (int)n, 0, "none is left");
	is_int(store_cache_forget_if(s, choose, kept, &n, &err), 0, "the others");
	is_int(n, 200, "stayed");
	struct store_stat st;
	is_int(store_cache_stat(s, 1, &st, &err), 0, "statistics");
	ok(st.previews >= st.fresh && st.media > 0 && st.media_bytes >= 5 * st.media - 5, "count");
}

/* A database as version n left it, with one preview. */
static void
made_by(const char *path, int n)
{
	sqlite3 *db = NULL;
	char *version = mem_printf("PRAGMA user_version = %d", n);
	(void)sqlite3_open(path, &db);
	for (int i = 0; i < n; i++)
		(void)sqlite3_exec(db, store_sql_migration[i], NULL, NULL, NULL);
	(void)sqlite3_exec(
	    db,
	    "INSERT INTO local_media_repository_url_cache (url, response_code, expires_ts, og, download_ts)"
	    " VALUES ('old', 200, 2000, 'kept', 1000)",
	    NULL, NULL, NULL);
	(void)sqlite3_exec(db, version, NULL, NULL, NULL);
	(void)sqlite3_close(db);
	mem_free(version);
}

/* Databases of all versions before are brought up to date, and keep what they have. */
static void
migration(const char *dir)
{
	struct err err;
	for (int n = 1; store_sql_migration[n] != NULL; n++) {
		char *old = mem_printf("%s/%d", dir, n), *path = mem_printf("%s/mxpreview.db", old);
		(void)io_mkdirs(old, &err);
		made_by(path, n);
		struct store *s = store_open(old, &err);
		ok(s != NULL, "a store of version %d is opened", n);
		if (s != NULL)
			expect(s, "old", 1500, "kept", "and answers");
		store_close(s);
		mem_free(path);
		mem_free(old);
	}
}

int
main(void)
{
	struct err err;
	char dir[] = "/tmp/mx-store-lifetimes.XXXXXX";
	if (mkdtemp(dir) == NULL)
		return 1;
	char *deep = mem_printf("%s/a", dir);
	struct store *s = store_open(deep, &err);
	if (s == NULL) {
		ok(0, "a store is made: %s", err.text);
	} else {
		languages(s);
		renewal(s);
		no_store(s);
		back_off(s);
		images(s);
		forgetting(s);
		store_close(s);
		migration(dir);
	}
	mem_free(deep);
	is_int(tmpdir_remove(dir), 0, "cleaned up");
	return done();
}
