/* Is every change of a medium's state logged once, with the change itself? */
#include "store/int.h"
#include "tests/unit/store_rows.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <sqlite3.h>

static void
run(struct store *s, const char *sql)
{
	char *text = NULL;
	is_int(sqlite3_exec(s->db, sql, NULL, NULL, &text), SQLITE_OK, text != NULL ? text : sql);
	sqlite3_free(text);
}

/* The only value of a query. */
static void
asks(struct store *s, const char *sql, const char *want, const char *name)
{
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	(void)sqlite3_step(st);
	is_str((const char *)sqlite3_column_text(st, 0), want, name);
	(void)sqlite3_finalize(st);
}

#define LOG                                                                                                           \
	"SELECT group_concat(coalesce(c.origin, '-') || ' ' || coalesce(c.media_id, '-') || ' ' || c.quarantined || " \
	"' ' || c.change || ' ' || coalesce(c.was, '-') || ' ' || coalesce(c.sha256, '-') || ' ' || c.ts || ' ' || "  \
	"a.verb || ' ' || coalesce(a.by_user, '-'), '|') FROM quarantined_media_changes c JOIN media_actions a"       \
	" USING (action_id)"

static void
automatic(struct store *s)
{
	put(s, "a", "one", 1000, 2000, 200);
	asks(s, LOG, NULL, "what is not quarantined is no news");
	run(s, "UPDATE local_media_repository SET quarantined_by = '@mod:x' WHERE sha256 = 'one'");
	put(s, "b", "one", 5000, 6000, 200);
	asks(s, LOG, "- 2026-11-21_one5000 1 quarantine - one 0 preview system", "a preview's picture that is");
	put(s, "b", "one", 5000, 6000, 200);
	asks(s, "SELECT count(*) FROM quarantined_media_changes", "1", "the same medium once more is not");
}

static void
by_hand(struct store *s)
{
	struct err err;
	int64_t action = 0;
	const struct store_name remote = {"other.example", "abc"};
	run(s, "DELETE FROM quarantined_media_changes");
	is_int(store_write_begin(s, STORE_SYNC_FULL, &err), 0, "a transaction");
	is_int(store_action(s, "expire", "@mod:x", "old", 7, &action, &err), 0, "an action");
	is_int(store_log(s, action, &remote, STORE_DELETE, "@mod:x", "two", 7, &err), 0, "deleted while quarantined");
	is_int(store_log(s, action, &remote, STORE_DELETE, NULL, NULL, 7, &err), 0, "deleted");
	is_int(store_log(s, action, NULL, STORE_BLOCK, NULL, "three", 7, &err), 0, "a content is blocked");
	is_int(store_action_count(s, action, 5, &err), 0, "and five more are not logged one by one");
	is_int(store_action_count(s, action, 2, &err), 0, "and two");
	is_int(store_write_end(s, 0, &err), 0, "committed");
	asks(s, LOG,
	     "other.example abc 1 delete @mod:x two 7 expire @mod:x|other.example abc 0 delete - - 7 expire @mod:x|"
	     "- - 1 block - three 7 expire @mod:x",
	     "all of it is in the log");
	asks(s, "SELECT media FROM media_actions ORDER BY action_id DESC LIMIT 1", "7", "with what was counted");
}

static void
blocks(struct store *s)
{
	struct err err;
	bool is = true, new = false;
	char origin[] = "other.example", id[] = "bad", by[] = "@mod:x", hash[] = "four";
	const struct store_name name = {origin, id}, ours = {NULL, "bad"};
	const struct store_medium m = {.origin = origin, .media_id = id, .quarantined_by = by, .sha256 = hash};
	const struct store_blocking b = {.ts = 3, .by = by, .reason = "why"};
	is_int(store_blocked(s, &name, "four", &is, &err), 0, "asked about");
	ok(!is, "nothing is known against it");
	is_int(store_block_deleted(s, &m, 9, &err), 0, "its row is deleted while it is quarantined");
	ok(store_blocked(s, &name, NULL, &is, &err) == 0 && is, "its name stays blocked");
	ok(store_blocked(s, NULL, "four", &is, &err) == 0 && is, "its content too");
	ok(store_blocked(s, &ours, NULL, &is, &err) == 0 && !is, "the same id of another server is another medium");
	ok(store_blocked(s, &ours, "four", &is, &err) == 0 && is, "but not with that content");
	ok(store_blocked(s, NULL, NULL, &is, &err) == 0 && !is, "nothing is asked about");
	ok(store_block_name(s, &ours, &b, &new, &err) == 0 && new, "a name of ours is blocked");
	ok(store_block_name(s, &ours, &b, &new, &err) == 0 && !new, "once");
	ok(store_block_hash(s, "four", &b, &new, &err) == 0 && !new, "a content that is blocked");
	asks(s, "SELECT blocked_ts || blocked_by FROM blocked_hashes", "9@mod:x", "keeps its first reason");
}

int
main(void)
{
	char dir[] = "/tmp/mx-log-XXXXXX";
	struct err err;
	struct store *s = mkdtemp(dir) != NULL ? store_open(dir, &err) : NULL;
	ok(s != NULL, "a store");
	if (s != NULL) {
		automatic(s);
		by_hand(s);
		blocks(s);
	}
	store_close(s);
	(void)tmpdir_remove(dir);
	return done();
}
