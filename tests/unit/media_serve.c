/* Do the flows that commands and HTTP share keep their word: whole uploads or nothing, other servers' media once, nothing of
 * what is quarantined? */
#include "media/media.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAR "far.example"

static char dir[] = "/tmp/mx-serve.XXXXXX";
static struct store_blobs blobs;
static int64_t the_time = 1795280750768, ticks;
static bool stop_now;
static int stop_at; /* asked so often, it says stop */
static int fetches;

static int64_t
now(void)
{
	return the_time;
}

static int64_t
tick(void)
{
	return ticks += 50; /* waiting takes no time here */
}

static bool
stopped(void)
{
	return stop_now || (stop_at > 0 && --stop_at == 0);
}

static struct media m = {.blobs = &blobs,
			 .server_name = "me.example",
			 .max_upload = 100000,
			 .lifetime = 86400000,
			 .max_pending = 3,
			 .now = now,
			 .clock = tick,
			 .stop = stopped};

static int files;

static int
count(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	(void)st;
	if (flag == FTW_F && strstr(path, "_content/") != NULL)
		files++;
	return 0;
}

/* Of media, temp files too. */
static int
kept(void)
{
	files = 0;
	(void)nftw(dir, count, 16, FTW_PHYS);
	return files;
}

static void
sql(const char *text)
{
	sqlite3 *db = NULL;
	char *path = mem_printf("%s/mxpreview.db", dir);
	ok(sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK, "%s", text);
	(void)sqlite3_close(db);
	mem_free(path);
}

static int
upload(const struct media_about *about, size_t n, struct media_stored *out, struct err *err)
{
	char block[1000];
	(void)memset(block, 'x', sizeof block);
	struct media_upload *u = media_upload_begin(&m, about, err);
	if (u == NULL)
		return -1;
	for (size_t at = 0, k; at < n; at += k) {
		k = n - at < sizeof block ? n - at : sizeof block;
		if (media_upload_write(u, block, k, err) < 0) {
			media_upload_abort(u);
			return -1;
		}
	}
	return media_upload_end(u, out, err);
}

static void
uploads(void)
{
	struct media_about about = {.length = -1};
	struct media_stored s = {.bytes = 0};
	struct err err;
	is_int(upload(&about, 1234, &s, &err), 0, "an upload");
	ok(s.bytes == 1234 && !s.quarantined && s.thumbs == 0 && s.warning.code == ERR_NONE, "is told of");
	is_str(s.type, "text/plain", "as what it is");
	is_int(kept(), 1, "one file");
	is_int(upload(&about, 100000, &s, &err), 0, "as large as may be");
	ok(upload(&about, 100001, &s, &err) < 0 && err_status(&err) == 413, "not a byte more");
	is_str(err_errcode(&err), "M_TOO_LARGE", "by that name");
	about.length = 100001;
	ok(media_upload_begin(&m, &about, &err) == NULL && err_status(&err) == 413, "what announces more is not read");
	about.length = -1;
	m.min_free = INT64_MAX / 2;
	ok(media_upload_begin(&m, &about, &err) == NULL && err.code == ERR_BUSY && err_status(&err) == 503,
	   "no room: later");
	m.min_free = 0;
	stop_now = true;
	ok(upload(&about, 99999, &s, &err) < 0, "interrupted when its file has its name");
	stop_now = false;
	struct media_upload *u = media_upload_begin(&m, &about, &err);
	char big[70000] = "";
	ok(u != NULL && media_upload_write(u, big, sizeof big, &err) == 0 && kept() == 3, "one that is given up");
	media_upload_abort(u);
	is_int(kept(), 2, "nothing is left of any");
	media_upload_abort(NULL);
}

static void
reserved(void)
{
	char id[STORE_ID_MAX], copy[STORE_ID_MAX];
	int64_t expires = 0;
	struct media_stored s;
	struct media_file f;
	struct media_how how = {.timeout = 1000};
	struct err err;
	is_int(media_reserve(&m, "@a:me.example", id, &expires, &err), 0, "an id");
	is_int(expires, the_time + 86400000, "for a day");
	struct store_name name = {NULL, id};
	ok(media_open(&m, &name, &how, &f, &err) < 0 && err_status(&err) == 504 && err.code == ERR_BUSY && f.fd == -1,
	   "has not come");
	is_str(err_errcode(&err), "M_NOT_YET_UPLOADED", "by that name");
	struct media_about about = {.user = "@a:me.example", .fill = id, .length = -1};
	/* somebody who was killed has left a file under the name */
	(void)memcpy(copy, id, sizeof copy);
	struct store_file file = {.kind = STORE_LOCAL_FILE, .id = copy};
	struct store_writer *w = store_file_create(&blobs, &file, &err);
	int64_t bytes = 0;
	char sha256[HASH_HEX_LEN + 1];
	ok(w != NULL && store_blob_write(w, "dead", 4, &err) == 0 &&
	       store_blob_commit(w, STORE_KEEP, &bytes, sha256, &err) == 0,
	   "debris");
	is_int(upload(&about, 5000, &s, &err), 0, "it comes all the same");
	is_str(s.id, id, "under its id");
	is_int(media_open(&m, &name, &how, &f, &err), 0, "and is handed out");
	is_int(f.bytes, 5000, "whole");
	media_file_clear(&f);
	ok(upload(&about, 10, &s, &err) < 0 && err_status(&err) == 409, "once");
	about.fill = "../../../etc/passwd";
	ok(upload(&about, 10, &s, &err) < 0 && err_status(&err) == 404, "no path is an id");
	is_int(media_reserve(&m, "@a:me.example", id, &expires, &err), 0, "another");
	the_time += 86400001;
	ok(media_open(&m, &name, &how, &f, &err) < 0 && err_status(&err) == 404, "is over a day later");
	the_time -= 86400001;
}

/* What remote_fetch does, as far as the store sees it. */
static int
fetch(void *arg, const struct store_name *name, int64_t timeout_ms, struct err *err)
{
	const char *text = arg;
	char id[STORE_ID_MAX], sha256[HASH_HEX_LEN + 1];
	struct store_outcome out;
	int64_t bytes = 0;
	(void)timeout_ms;
	fetches++;
	if (text == NULL)
		return err_http(err, ERR_REMOTE, 502, "M_UNKNOWN", "Failed to fetch remote media");
	store_media_new_id(id);
	struct store_file f = {.kind = STORE_REMOTE_FILE, .origin = name->origin, .id = id};
	struct store_writer *w = store_file_create(&blobs, &f, err);
	if (w == NULL || store_blob_write(w, text, strlen(text), err) < 0 ||
	    store_blob_commit(w, STORE_KEEP, &bytes, sha256, err) < 0)
		return -1;
	struct store_upload u = {.name = *name,
				 .filesystem_id = id,
				 .type = "text/html\r\nx",
				 .sha256 = sha256,
				 .bytes = bytes,
				 .now = the_time};
	return store_medium_put(m.store, &u, &out, err);
}

static void
open_remote(const char *id, int want, int asked, const char *name)
{
	struct store_name far = {FAR, id};
	struct media_how how = {.timeout = 1000};
	struct media_file f;
	struct err err;
	fetches = 0;
	int status = media_open(&m, &far, &how, &f, &err) == 0 ? 200 : err_status(&err);
	ok(status == want && fetches == asked, "%s: %d, asked %d times", name, status, fetches);
	if (status == 200)
		is_str(f.type, "application/octet-stream", "  a type that would end a header is none");
	media_file_clear(&f);
}

static void
drop_files(const char *id)
{
	struct store_name far = {FAR, id};
	struct store_medium medium;
	struct err err;
	(void)store_medium_get(m.store, &far, &medium, &err);
	struct store_file f = store_medium_file(&medium);
	store_file_remove(&blobs, &f);
	store_medium_clear(&medium);
}

static void
remote(void)
{
	static char text[] = "<p>hello", other[] = "<p>more";
	open_remote("one", 404, 0, "nobody fetches");
	m.fetch = fetch;
	open_remote("one", 502, 1, "their server fails");
	m.fetch_arg = text;
	struct media_how how = {.no_remote = true};
	struct store_name far = {FAR, "one"};
	struct media_file f;
	struct err err;
	fetches = 0;
	ok(media_open(&m, &far, &how, &f, &err) < 0 && err_status(&err) == 404 && fetches == 0, "not if it may not be");
	open_remote("one", 200, 1, "fetched");
	open_remote("one", 200, 0, "and kept");
	drop_files("one");
	m.fetch_arg = other;
	open_remote("one", 200, 1, "its file has vanished: once more");
	open_remote("one", 200, 0, "and kept");
	drop_files("one");
	sql("UPDATE remote_media_cache SET quarantined_by = '@mod:me.example'");
	open_remote("one", 404, 0, "not what is quarantined");
	sql("INSERT INTO blocked_media (origin, media_id, blocked_ts) VALUES ('" FAR "', 'two', 1)");
	open_remote("two", 404, 0, "nor what is blocked");
	char hash[HASH_HEX_LEN + 1];
	struct hash *h = hash_new();
	hash_add(h, other, strlen(other));
	hash_hex(h, hash);
	hash_free(h);
	char *block = mem_printf("INSERT INTO blocked_hashes (sha256, blocked_ts) VALUES ('%s', 1)", hash);
	sql(block);
	mem_free(block);
	open_remote("three", 404, 1, "blocked content is not handed out after it has come");
	open_remote("three", 404, 0, "nor fetched again");
}

static int
thumbnail(const char *id, struct media_file *f, struct err *err)
{
	const struct store_name name = {NULL, id};
	const struct media_want want = {.width = 32, .height = 32, .method = MEDIA_CROP};
	const struct media_how how = {.timeout = 0};
	return media_thumbnail(&m, &name, &want, &how, f, err);
}

/* Whoever makes thumbnails is a shell script here, which decides about the medium while it is at it. */
static void
decided_meanwhile(void)
{
	static const struct media_about about = {.type = "image/png", .length = -1};
	static const struct store_thumb page = {
	    .width = 32, .height = 32, .type = "text/html", .method = "crop", .data = "<p>", .bytes = 3};
	struct media_stored s;
	struct media_file f;
	struct err err;
	is_int(upload(&about, 10, &s, &err), 0, "a picture");
	const struct store_file file = {.kind = STORE_LOCAL_FILE, .id = s.id};
	char *row = mem_printf(
	    "INSERT INTO local_media_repository_thumbnails VALUES ('%s', 32, 32, 'text/html', 'crop', 3)", s.id);
	sql(row);
	mem_free(row);
	is_int(store_file_thumbs_write(&blobs, &file, &page, 1, &err), 0,
	       "a page beside it that says it is its thumbnail");
	ok(thumbnail(s.id, &f, &err) < 0 && err_status(&err) == 400, "is not handed out");
	char *script =
	    mem_printf("sqlite3 %s/mxpreview.db \"UPDATE local_media_repository SET quarantined_by = '@mod:x' WHERE"
		       " media_id = '%s'\"; echo '[{\"width\":32,\"height\":32,\"method\":\"crop\",\"type\":"
		       "\"image/jpeg\",\"bytes\":3}]'; printf abc",
		       dir, s.id);
	char sh[] = "/bin/sh", c[] = "-c", *argv[] = {sh, c, script, NULL};
	m.thumb = argv;
	m.clock = now; /* it stands still: there is time for the script */
	ok(thumbnail(s.id, &f, &err) < 0 && err_status(&err) == 404 && f.fd == -1,
	   "quarantined while its thumbnails were made: nobody gets them");
	sql("UPDATE local_media_repository SET quarantined_by = NULL");
	ok(thumbnail(s.id, &f, &err) == 0 && strcmp(f.type, "image/jpeg") == 0 && f.bytes == 3,
	   "else they are handed out");
	media_file_clear(&f);
	m.thumb = NULL;
	m.clock = tick;
	mem_free(script);
}

static void
interrupted(void)
{
	char id[STORE_ID_MAX];
	int64_t expires = 0;
	struct media_how how = {.timeout = INT32_MAX};
	struct media_file f;
	struct err err;
	(void)media_reserve(&m, NULL, id, &expires, &err);
	struct store_name name = {NULL, id};
	stop_at = 2;
	ok(media_open(&m, &name, &how, &f, &err) < 0 && err_status(&err) == 504, "who waits can be interrupted");
	struct media_want want = {.width = 1, .height = 1};
	struct media_how at_once = {.timeout = 0};
	ok(media_thumbnail(&m, &name, &want, &at_once, &f, &err) < 0 && err_status(&err) == 504 && f.fd == -1,
	   "no thumbnail of what has not come");
}

int
main(void)
{
	struct err err;
	if (mkdtemp(dir) == NULL || (m.store = store_open(dir, &err)) == NULL ||
	    store_blobs_open(&blobs, dir, true, &err) < 0)
		return 1;
	uploads();
	reserved();
	remote();
	decided_meanwhile();
	interrupted();
	store_close(m.store);
	store_blobs_close(&blobs);
	(void)tmpdir_remove(dir);
	return done();
}
