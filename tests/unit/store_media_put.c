/* Do media come into the database whole, once, within their owner's limits, and known bad ones quarantined? */
#include "store/media.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <sqlite3.h>
#include <unistd.h>

#define ALICE "@alice:example.org"
#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DAY 86400000

static char dir[] = "/tmp/mx-put.XXXXXX";
static struct store *s;

static long long
ask(const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	long long n = -1;
	char *path = mem_printf("%s/mxpreview.db", dir);
	if (sqlite3_open(path, &db) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK) {
		int rc = sqlite3_step(stmt);
		n = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : rc == SQLITE_DONE ? 0 : -1;
	}
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	mem_free(path);
	return n;
}

static struct store_upload
upload(const char *id, const char *user, int64_t bytes, int64_t now)
{
	return (struct store_upload){.name = {NULL, id},
				     .type = "image/png",
				     .upload_name = "n",
				     .user = user,
				     .sha256 = id,
				     .bytes = bytes,
				     .now = now,
				     .lifetime = DAY};
}

static void
refused(const struct store_upload *u, const char *errcode, int status, const char *name)
{
	struct store_outcome out;
	struct err err;
	ok(store_medium_put(s, u, &out, &err) < 0 && !out.doubt, "%s", name);
	is_str(err_errcode(&err), errcode, "  its code");
	is_int(err_status(&err), status, "  its status");
}

static void
taken(const struct store_upload *u, bool quarantined, const char *name)
{
	struct store_outcome out;
	struct err err;
	int rc = store_medium_put(s, u, &out, &err);
	if (!ok(rc == 0 && out.quarantined == quarantined, "%s", name))
		(void)printf("# %s\n", rc < 0 ? err.text : "quarantined or not");
}

static void
uploads(void)
{
	struct store_thumb t[] = {{32, 32, "image/png", "crop", NULL, 9}, {3, 2, "image/png", "scale", NULL, 8}};
	struct store_upload u = upload("abcdefA", ALICE, 10, 1000);
	struct store_thumb_list list;
	struct store_medium m;
	struct err err;
	u.thumb = t;
	u.thumbs = 2;
	u.authenticated = true;
	taken(&u, false, "an upload");
	is_int(store_medium_get(s, &u.name, &m, &err), 0, "is there");
	ok(m.found && m.bytes == 10 && m.created_ts == 1000 && m.last_access_ts == -1 && m.authenticated &&
	       !m.protected,
	   "with its numbers");
	is_str(m.user, ALICE, "its owner");
	is_int(store_thumb_rows_get(s, &u.name, &list, &err), 0, "and its thumbnails");
	ok(list.n == 2 && list.row[0].width == 3 && list.row[1].bytes == 9, "both");
	store_thumb_list_clear(&list);
	store_medium_clear(&m);
	struct store_outcome out;
	ok(store_medium_put(s, &u, &out, &err) < 0, "the same id once more is refused");
}

static void
quotas(void)
{
	struct store_quota q[] = {{DAY, 100}, {1000, 60}};
	struct store_upload u = upload("quotaA", "@bob:x", 60, 10 * (int64_t)DAY);
	u.quota = q;
	u.quotas = 2;
	taken(&u, false, "as much as may be in a second");
	u.name.id = u.sha256 = "quotaB";
	u.bytes = 1;
	refused(&u, "M_RESOURCE_LIMIT_EXCEEDED", 400, "not a byte more");
	u.now += 1001;
	taken(&u, false, "later it may");
	u.name.id = u.sha256 = "quotaC";
	u.bytes = 40;
	refused(&u, "M_RESOURCE_LIMIT_EXCEEDED", 400, "but in a day it is too much");
	is_int(ask("UPDATE local_media_repository SET url_cache = 'http://x/' WHERE media_id = 'quotaA'"), 0, "");
	taken(&u, false, "what a preview fetched is not counted");
	u.name.id = u.sha256 = "quotaD";
	u.bytes = INT64_MAX;
	refused(&u, "M_RESOURCE_LIMIT_EXCEEDED", 400, "no sum overflows");
	u.user = NULL;
	taken(&u, false, "nobody's uploads have no limit");
}

static int
reserve(const char *id, const char *user, int64_t now, struct err *err)
{
	struct store_reservation r = {.id = id, .user = user, .now = now, .lifetime = DAY, .max_pending = 2};
	return store_medium_reserve(s, &r, err);
}

static void
reserved(void)
{
	struct err err;
	int64_t t0 = 100 * (int64_t)DAY;
	is_int(reserve("resvA", ALICE, t0, &err), 0, "an id before its content");
	is_int(reserve("resvB", ALICE, t0 + 10, &err), 0, "another");
	ok(reserve("resvC", ALICE, t0 + 20, &err) < 0, "not a third");
	is_str(err_errcode(&err), "M_LIMIT_EXCEEDED", "  its code");
	is_int(err.retry_after, DAY - 20 + 1, "  when the first one is over");
	is_int(reserve("resvD", "@bob:x", t0 + 20, &err), 0, "others may");
	is_int(reserve("resvE", ALICE, t0 + DAY + 1, &err), 0, "so may she when that has come");

	struct store_upload u = upload("resvA", ALICE, 5, t0 + DAY + 1);
	u.fill = true;
	refused(&u, "M_NOT_FOUND", 404, "over: not found");
	u = upload("resvB", "@bob:x", 5, t0 + 100);
	u.fill = true;
	refused(&u, "M_FORBIDDEN", 403, "not by somebody else");
	u.user = NULL;
	refused(&u, "M_FORBIDDEN", 403, "nor by nobody");
	u.user = ALICE;
	taken(&u, false, "by her");
	refused(&u, "M_CANNOT_OVERWRITE_MEDIA", 409, "but once");
	u = upload("resvX", ALICE, 5, t0);
	u.fill = true;
	refused(&u, "M_NOT_FOUND", 404, "nobody reserved it");
	is_int(reserve("resvF", ALICE, t0 + DAY + 100, &err), 0, "what was filled is not counted");

	struct store *other = store_open(dir, &err);
	is_int(store_fill_lock(s, "resvB", &err), 0, "one fills");
	ok(other != NULL && store_fill_lock(other, "resvB", &err) < 0, "the second one is told");
	is_str(err_errcode(&err), "M_CANNOT_OVERWRITE_MEDIA", "  why");
	store_close(s);
	s = store_open(dir, &err);
	ok(other != NULL && store_fill_lock(other, "resvB", &err) == 0, "until the first one is gone");
	store_close(other);
}

static void
bad_content(void)
{
	is_int(ask("INSERT INTO blocked_hashes (sha256, blocked_ts) VALUES ('" HASH "', 1)"), 0, "");
	struct store_upload u = upload("badA", ALICE, 5, 5);
	u.sha256 = HASH;
	taken(&u, true, "what is blocked is quarantined");
	is_int(ask("SELECT count(*) FROM quarantined_media_changes WHERE media_id = 'badA' AND change = 'quarantine'"),
	       1, "and logged");
	is_int(ask("SELECT quarantined_by = 'system' FROM local_media_repository WHERE media_id = 'badA'"), 1,
	       "by system");
	struct err err;
	is_int(reserve("badB", "@c:x", 5, &err), 0, "reserved,");
	is_int(ask("UPDATE local_media_repository SET quarantined_by = '@mod:x' WHERE media_id = 'badB'"), 0, "");
	u = upload("badB", "@c:x", 5, 6);
	u.fill = true;
	taken(&u, true, "quarantined, filled");
	is_int(ask("SELECT quarantined_by = '@mod:x' FROM local_media_repository WHERE media_id = 'badB'"), 1,
	       "it stays whose it was");
	is_int(ask("SELECT count(*) FROM quarantined_media_changes WHERE media_id = 'badB'"), 0,
	       "and nothing has changed");
}

static void
remote(void)
{
	struct store_upload u = upload("opaque", NULL, 5, 7);
	struct store_thumb t = {32, 32, "image/png", "crop", NULL, 9};
	struct store_thumb_list list;
	struct store_medium m;
	struct err err;
	u.name.origin = "far.example";
	u.filesystem_id = "FILEfile";
	taken(&u, false, "another server's");
	is_int(store_medium_get(s, &u.name, &m, &err), 0, "is there");
	ok(m.found && m.last_access_ts == 7, "used when it came");
	is_int(store_thumb_rows_put(s, &m, &t, 1, &err), 0, "a thumbnail of it");
	is_int(store_thumb_rows_get(s, &u.name, &list, &err), 0, "is known");
	ok(list.n == 1 && list.row[0].width == 32, "as it is");
	store_thumb_list_clear(&list);
	struct store_outcome out;
	ok(store_medium_put(s, &u, &out, &err) < 0 && err.code == ERR_DENIED && !out.doubt,
	   "it came twice: the first stays");
	is_int(ask("DELETE FROM remote_media_cache"), 0, "");
	ok(store_thumb_rows_put(s, &m, &t, 1, &err) < 0 && err.code == ERR_NOTFOUND, "what is gone gets no thumbnails");
	store_medium_clear(&m);
	is_int(ask("INSERT INTO blocked_media (origin, media_id, blocked_ts) VALUES ('far.example', 'never', 1)"), 0,
	       "");
	u.name.id = "never";
	taken(&u, true, "a blocked name");
}

int
main(void)
{
	struct err err;
	if (mkdtemp(dir) == NULL || (s = store_open(dir, &err)) == NULL)
		return 1;
	uploads();
	quotas();
	reserved();
	bad_content();
	remote();
	store_close(s);
	(void)tmpdir_remove(dir);
	return done();
}
