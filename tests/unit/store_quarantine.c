/* Does the core of quarantine follow contents, respect protection, log once, and can it be undone? */
#include "store/int.h"
#include "tests/unit/store_rows.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#define H1 "1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "2222222222222222222222222222222222222222222222222222222222222222"
#define H3 "3333333333333333333333333333333333333333333333333333333333333333"

static void
run(struct store *s, const char *sql)
{
	char *text = NULL;
	if (sqlite3_exec(s->db, sql, NULL, NULL, &text) != SQLITE_OK)
		ok(0, "%s: %s", sql, text);
	sqlite3_free(text);
}

static void
asks(struct store *s, const char *sql, const char *want, const char *name)
{
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	ok(st != NULL && sqlite3_step(st) == SQLITE_ROW, "asked");
	is_str((const char *)sqlite3_column_text(st, 0), want, name);
	(void)sqlite3_finalize(st);
}

/* Who is in quarantine, and the last rows of the log. */
#define STATE                                                                                                     \
	"SELECT group_concat(id || '=' || coalesce(q, '-'), ' ') FROM (SELECT media_id id, quarantined_by q FROM" \
	" local_media_repository UNION ALL SELECT media_origin || '/' || media_id, quarantined_by FROM"           \
	" remote_media_cache ORDER BY 1)"
#define LOG                                                                                                          \
	"SELECT coalesce(group_concat(coalesce(origin || '/', '') || coalesce(media_id, sha256) || ':' || change ||" \
	" coalesce('(' || was || ')', ''), ' '), '') FROM quarantined_media_changes"
#define ACTIONS "SELECT count(*) FROM media_actions"
#define NEW_LOG(s) run(s, "DELETE FROM quarantined_media_changes")

/* a1, a2, p (protected) and o/r1 have one content, b another, n and o/n none that is known. */
static void
fill(struct store *s)
{
	run(s, "DELETE FROM local_media_repository; DELETE FROM remote_media_cache;"
	       " DELETE FROM quarantined_media_changes; DELETE FROM media_actions; DELETE FROM blocked_media;"
	       " DELETE FROM blocked_hashes;"
	       "INSERT INTO local_media_repository (media_id, media_type, media_length, created_ts, user_id, sha256,"
	       " safe_from_quarantine) VALUES ('a1', 'image/png', 1, 1, '@u:x', '" H1 "', 0), ('a2', 'image/png', 1, 2,"
	       " '@u:x', '" H1 "', 0), ('p', 'image/png', 1, 3, '@u:x', '" H1
	       "', 1), ('b', 'image/png', 1, 4, '@v:x', '" H2 "', 0), ('n', 'image/png', 1, 5, '@v:x', NULL, 0);"
	       "INSERT INTO remote_media_cache (media_origin, media_id, filesystem_id, sha256) VALUES ('o', 'r1', "
	       "'f1', '" H1 "'), ('o', 'n', 'f2', NULL);");
}

static const struct store_act act = {.verb = "add", .by = "@m:x", .reason = "why", .now = 50};

static struct store_tally
apply_to(struct store *s, const struct store_act *a, enum store_change change, struct store_item *item, size_t n)
{
	struct err err;
	struct store_tally t = {0};
	struct store_quarantine *q = store_quarantine_new(s, a, &err);
	if (ok(q != NULL && store_quarantine_apply(q, change, item, n, &err) == 0, "%s", store_change_name(change)))
		t = *store_quarantine_tally(q);
	store_quarantine_free(q);
	return t;
}

static enum store_fate
apply_one(struct store *s, enum store_change change, const char *origin, const char *id, int64_t want)
{
	struct store_item item = {.name = {origin, id}};
	struct store_tally t = apply_to(s, &act, change, &item, 1);
	is_int(t.n[change], want, "  as many");
	return item.fate;
}

static void
following(struct store *s)
{
	fill(s);
	is_int(apply_one(s, STORE_QUARANTINE, NULL, "a1", 3), STORE_CHANGED, "a named one");
	asks(s, STATE, "a1=@m:x a2=@m:x b=- n=- o/n=- o/r1=@m:x p=-", "all that have its content, but a protected one");
	asks(s, LOG, "a1:quarantine a2:quarantine o/r1:quarantine", "each logged once");
	is_int(apply_one(s, STORE_QUARANTINE, NULL, "a1", 0), STORE_ALREADY, "again");
	asks(s, ACTIONS, "1", "is no change, and no action");
	is_int(apply_one(s, STORE_QUARANTINE, "o", "n", 1), STORE_CHANGED, "one whose content is not known");
	is_int(apply_one(s, STORE_QUARANTINE, NULL, "none", 0), STORE_UNKNOWN, "one that is not here");
	is_int(apply_one(s, STORE_QUARANTINE, "x", "a1", 0), STORE_UNKNOWN, "of another server");
	asks(s, STATE, "a1=@m:x a2=@m:x b=- n=- o/n=@m:x o/r1=@m:x p=-", "nobody else is touched");
	fill(s);
	is_int(apply_one(s, STORE_QUARANTINE, "o", "r1", 3), STORE_CHANGED, "from a remote one to ours");
	fill(s);
	is_int(apply_one(s, STORE_QUARANTINE, NULL, "p", 3), STORE_KEPT, "a protected one that is named");
	asks(s, STATE, "a1=@m:x a2=@m:x b=- n=- o/n=- o/r1=@m:x p=-", "stays, its copies go");
	fill(s);
	run(s, "UPDATE local_media_repository SET quarantined_by = 'system' WHERE media_id = 'a1'");
	is_int(apply_one(s, STORE_QUARANTINE, NULL, "a1", 2), STORE_CHANGED,
	       "one that is so already brings its copies");
	asks(s, STATE, "a1=system a2=@m:x b=- n=- o/n=- o/r1=@m:x p=-", "and keeps who did it");
}

static void
removing(struct store *s)
{
	struct err err;
	bool is;
	fill(s);
	run(s, "UPDATE local_media_repository SET quarantined_by = 'system' WHERE media_id IN ('a1', 'p', 'n');"
	       "UPDATE remote_media_cache SET quarantined_by = '@z:x';"
	       "INSERT INTO blocked_hashes VALUES ('" H1 "', 3, '@z:x', 'old');"
	       "INSERT INTO blocked_media VALUES ('o', 'gone', 4, '@z:x', NULL)");
	is_int(apply_one(s, STORE_UNQUARANTINE, NULL, "a2", 3), STORE_CHANGED, "a copy that is free");
	asks(s, STATE, "a1=- a2=- b=- n=system o/n=@z:x o/r1=- p=-",
	     "frees the others, by whomever, and a protected one");
	asks(s, LOG, "a1:unquarantine(system) p:unquarantine(system) o/r1:unquarantine(@z:x) " H1 ":unblock(@z:x)",
	     "logged with what was, and the block of the content is lifted");
	ok(store_blocked(s, NULL, H1, &is, &err) == 0 && !is, "which may come in again");
	is_int(apply_one(s, STORE_UNQUARANTINE, "o", "gone", 0), STORE_CHANGED, "a name that is only blocked is free");
	is_int(apply_one(s, STORE_UNQUARANTINE, NULL, "n", 1), STORE_CHANGED, "one without a content");
	is_int(apply_one(s, STORE_UNQUARANTINE, "o", "gone", 0), STORE_UNKNOWN, "nothing is known of it any more");
}

static void
protecting(struct store *s)
{
	fill(s);
	is_int(apply_one(s, STORE_PROTECT, NULL, "b", 1), STORE_CHANGED, "protected");
	is_int(apply_one(s, STORE_PROTECT, NULL, "b", 0), STORE_ALREADY, "once");
	is_int(apply_one(s, STORE_QUARANTINE, NULL, "b", 0), STORE_KEPT, "is kept from quarantine");
	is_int(apply_one(s, STORE_UNPROTECT, NULL, "b", 1), STORE_CHANGED, "until it is not any more");
	is_int(apply_one(s, STORE_QUARANTINE, NULL, "b", 1), STORE_CHANGED, "then it goes");
	is_int(apply_one(s, STORE_PROTECT, "o", "r1", 0), STORE_NOT_OURS, "only ours can be protected");
	asks(s, LOG, "b:protect b:unprotect b:quarantine", "all of it in the log");
}

static void
blocking(struct store *s)
{
	struct err err;
	bool is;
	struct store_item hash = {.sha256 = H1, .block_by = "service", .block_reason = "list", .block_ts = 7};
	fill(s);
	is_int(apply_one(s, STORE_BLOCK, "o", "never", 1), STORE_CHANGED, "a name never seen");
	is_int(apply_one(s, STORE_BLOCK, "o", "never", 0), STORE_ALREADY, "once");
	struct store_tally t = apply_to(s, &act, STORE_BLOCK, &hash, 1);
	ok(t.n[STORE_BLOCK] == 1 && t.n[STORE_QUARANTINE] == 3, "a content: blocked, and what is here is quarantined");
	asks(s, "SELECT blocked_ts || blocked_by || reason FROM blocked_hashes", "7servicelist",
	     "with what the list says of it");
	ok(store_blocked(s, &(struct store_name){"o", "never"}, NULL, &is, &err) == 0 && is, "it will not come in");
	ok(store_blocked(s, &(struct store_name){"O.", "never"}, NULL, &is, &err) == 0 && is,
	   "however its server is spelt");
	ok(store_blocked(s, &(struct store_name){"O.", "Never"}, NULL, &is, &err) == 0 && !is,
	   "of an id each letter counts");
	is_int(apply_one(s, STORE_UNBLOCK, "o", "never", 1), STORE_CHANGED, "unblocked");
	is_int(apply_one(s, STORE_UNBLOCK, "o", "never", 0), STORE_UNKNOWN, "once");
	t = apply_to(s, &act, STORE_UNBLOCK, &hash, 1);
	ok(t.n[STORE_UNBLOCK] == 1 && t.n[STORE_UNQUARANTINE] == 0, "a content; what is in quarantine stays there");
	struct store_item unseen = {.sha256 = H3};
	(void)apply_to(s, &act, STORE_QUARANTINE, &unseen, 1);
	is_int(unseen.fate, STORE_UNKNOWN, "a content that nobody has seen can only be blocked");
}

static void
dry(struct store *s)
{
	struct err err;
	const struct store_act try = {.verb = "add", .by = "@m:x", .now = 50, .dry = true};
	struct store_item one = {.name = {NULL, "a1"}}, two = {.name = {"o", "r1"}}, never = {.name = {"o", "never"}};
	fill(s);
	struct store_quarantine *q = store_quarantine_new(s, &try, &err);
	ok(q != NULL && store_quarantine_apply(q, STORE_QUARANTINE, &one, 1, &err) == 0, "a dry run");
	ok(store_quarantine_apply(q, STORE_QUARANTINE, &two, 1, &err) == 0, "in two batches");
	is_int(store_quarantine_tally(q)->n[STORE_QUARANTINE], 3, "counts each medium once");
	for (int i = 0; i < 2; i++)
		is_int(store_quarantine_apply(q, STORE_BLOCK, &never, 1, &err), 0, "a block, twice");
	is_int(store_quarantine_tally(q)->n[STORE_BLOCK], 1, "is one");
	store_quarantine_free(q);
	asks(s, STATE, "a1=- a2=- b=- n=- o/n=- o/r1=- p=-", "and changes nothing");
	asks(s, LOG, "", "nor is anything logged");
	asks(s, ACTIONS, "0", "nobody has acted");
	is_int(apply_one(s, STORE_QUARANTINE, NULL, "a1", 3), STORE_CHANGED, "then it is done");
}

static char last_why[128];

static void
left(void *arg, const struct store_logged *row, const char *why)
{
	(void)arg;
	(void)snprintf(last_why, sizeof last_why, "%s: %s", row->media_id, why);
}

static struct store_undone
undo(struct store *s, int64_t action, bool try)
{
	struct err err;
	const struct store_act back = {.verb = "undo", .by = "@m:x", .now = 60, .dry = try};
	struct store_undo *u = store_undo_new(s, &back, action, left, NULL);
	bool more = true;
	while (more && ok(store_undo_step(u, &more, &err) == 0, "undo"))
		;
	struct store_undone d = *store_undo_done(u);
	store_undo_free(u);
	return d;
}

static void
undoing(struct store *s)
{
	struct err err;
	struct store_item two[] = {{.name = {NULL, "a1"}}, {.name = {NULL, "b"}}}, hash = {.sha256 = H1};
	fill(s);
	run(s, "UPDATE local_media_repository SET quarantined_by = 'system' WHERE media_id = 'a2'");
	(void)apply_to(s, &act, STORE_QUARANTINE, two, 2);
	asks(s, STATE, "a1=@m:x a2=system b=@m:x n=- o/n=- o/r1=@m:x p=-", "an action of three");
	NEW_LOG(s);
	fill(s);
	int64_t first = apply_to(s, &act, STORE_QUARANTINE, two, 2).action;
	int64_t removal = apply_to(s, &act, STORE_UNQUARANTINE, &hash, 1).action;
	asks(s, STATE, "a1=- a2=- b=@m:x n=- o/n=- o/r1=- p=-", "of which three were freed since");
	struct store_undone d = undo(s, first, true);
	ok(d.n[STORE_UNQUARANTINE] == 1 && d.left == 3 && d.action == 0, "a dry run says what would be undone");
	asks(s, STATE, "a1=- a2=- b=@m:x n=- o/n=- o/r1=- p=-", "and does nothing");
	d = undo(s, first, false);
	ok(d.n[STORE_UNQUARANTINE] == 1 && d.left == 3, "undone is what nobody has changed since");
	char *why = mem_printf("a1: it was changed since, by action %lld", (long long)removal);
	is_str(last_why, why, "the rest is told");
	mem_free(why);
	asks(s, STATE, "a1=- a2=- b=- n=- o/n=- o/r1=- p=-", "and left");
	d = undo(s, removal, false);
	is_int(d.n[STORE_QUARANTINE], 3, "undoing a removal");
	asks(s, STATE, "a1=@m:x a2=@m:x b=- n=- o/n=- o/r1=@m:x p=-", "brings back who had done it");
	struct store_undone again = undo(s, d.action, false);
	is_int(again.n[STORE_UNQUARANTINE], 3, "an undoing can be undone");
	struct store_action_row a;
	ok(store_action_get(s, removal, &a, &err) == 0 && a.undone_by == d.action, "an action knows who has undone it");
	store_action_clear(&a);
	ok(store_action_get(s, d.action, &a, &err) == 0 && a.undoes == removal, "and an undoing what it has undone");
	store_action_clear(&a);
}

static void
undoing_blocks(struct store *s)
{
	struct err err;
	struct store_item item = {.sha256 = H1, .block_by = "service", .block_reason = "list", .block_ts = 7};
	fill(s);
	int64_t first = apply_to(s, &act, STORE_BLOCK, &item, 1).action;
	int64_t lifting = apply_to(s, &act, STORE_UNQUARANTINE, &item, 1).action;
	struct store_undone d = undo(s, lifting, false);
	ok(d.n[STORE_BLOCK] == 1 && d.n[STORE_QUARANTINE] == 3 && d.left == 0, "a block that was lifted comes back");
	asks(s, "SELECT blocked_ts || blocked_by || reason FROM blocked_hashes", "7servicelist", "as it was");
	d = undo(s, first, false);
	ok(d.left == 4, "the first is changed since");
	run(s, "DELETE FROM local_media_repository WHERE media_id = 'b'");
	fill(s);
	struct store_item b = {.name = {NULL, "b"}};
	first = apply_to(s, &act, STORE_QUARANTINE, &b, 1).action;
	run(s, "DELETE FROM local_media_repository WHERE media_id = 'b'");
	is_int(undo(s, first, false).left, 1, "what is gone");
	is_str(last_why, "b: it is gone", "is told");
	struct store_action_row a;
	ok(store_action_last(s, "@m:x", &a, &err) == 0 && a.id == 0, "what is undone is not the last one any more");
	store_action_clear(&a);
	first = apply_to(s, &act, STORE_PROTECT, &(struct store_item){.name = {NULL, "n"}}, 1).action;
	ok(store_action_last(s, "@m:x", &a, &err) == 0 && a.id == first, "but this is");
	store_action_clear(&a);
	ok(store_action_last(s, "@other:x", &a, &err) == 0 && a.id == 0, "not of somebody else");
	store_action_clear(&a);
	is_int(undo(s, first, false).n[STORE_UNPROTECT], 1, "a protection is undone");
	fill(s);
	first = apply_to(s, &act, STORE_QUARANTINE, &b, 1).action;
	struct store_item b_hash = {.sha256 = H2}, b_name = {.name = {NULL, "b"}};
	int64_t second = apply_to(s, &act, STORE_BLOCK, &b_hash, 1).action;
	ok(undo(s, first, true).left == 1 && undo(s, first, false).left == 1, "what was quarantined and then blocked");
	is_str(last_why, "b: it is blocked", "is not let out while it is");
	asks(s, STATE, "a1=- a2=- b=@m:x n=- o/n=- o/r1=- p=-", "nobody has it");
	d = undo(s, second, false);
	ok(d.n[STORE_UNBLOCK] == 1 && d.left == 0, "the block alone is undone");
	(void)apply_to(s, &act, STORE_UNQUARANTINE, &b, 1);
	second = apply_to(s, &act, STORE_BLOCK, &b_name, 1).action;
	d = undo(s, second, false);
	ok(d.n[STORE_UNBLOCK] == 1 && d.n[STORE_UNQUARANTINE] == 1 && d.left == 0, "a block, with what it shut");
}

/* A thousand media, in batches; somebody dies between them. */
static void
crash(struct store *s, const char *dir)
{
	struct err err;
	fill(s);
	run(s, "INSERT INTO local_media_repository (media_id) WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1"
	       " FROM i WHERE n < 999) SELECT printf('m%04d', n) FROM i");
	pid_t pid = fork();
	if (pid == 0) {
		struct store *mine = store_open(dir, &err);
		struct store_quarantine *q = mine != NULL ? store_quarantine_new(mine, &act, &err) : NULL;
		for (int i = 0; q != NULL && i < 10; i++) {
			struct store_item item[100] = {{.fate = STORE_CHANGED}};
			for (int k = 0; k < 100; k++)
				item[k].name.id = mem_printf("m%04d", i * 100 + k);
			if (i == 7)
				(void)raise(SIGKILL);
			if (store_quarantine_apply(q, STORE_QUARANTINE, item, 100, &err) < 0)
				_exit(1);
		}
		_exit(1);
	}
	int status = 0;
	(void)waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "killed between two batches");
	asks(s, "SELECT count(*) FROM local_media_repository WHERE quarantined_by IS NOT NULL", "700", "whole batches");
	asks(s,
	     "SELECT count(*) || ' ' || count(DISTINCT media_id) || ' ' || count(DISTINCT action_id)"
	     " FROM quarantined_media_changes",
	     "700 700 1", "all of them logged, as one action");
	struct store_action_row a;
	ok(store_action_last(s, "@m:x", &a, &err) == 0 && a.id > 0, "the action is there");
	is_int(undo(s, a.id, false).n[STORE_UNQUARANTINE], 700, "and can be undone, over several batches");
	store_action_clear(&a);
	asks(s, "SELECT count(*) FROM local_media_repository WHERE quarantined_by IS NOT NULL", "0", "nothing is left");
}

struct stream {
	int64_t last, n, wrong;
};

static void
follow_stream(void *arg, const struct store_logged *row)
{
	struct stream *v = arg;
	v->wrong += row->stream_id <= v->last || row->verb == NULL || !row->quarantined;
	v->last = row->stream_id;
	v->n++;
}

static void
pages(struct store *s)
{
	struct err err;
	struct store_medium m[7];
	struct store_name after = {NULL, ""};
	struct store_item item[] = {{.name = {NULL, "a1"}}, {.name = {NULL, "b"}}, {.name = {"o", "n"}}};
	struct stream v = {0};
	size_t n = 0;
	int64_t highest = 0;
	fill(s);
	(void)apply_to(s, &act, STORE_QUARANTINE, item, 3);
	is_int(store_quarantined(s, &after, m, 2, &n, &err), 0, "a page");
	ok(n == 2 && strcmp(m[0].media_id, "a1") == 0 && strcmp(m[1].media_id, "a2") == 0, "of ours");
	store_media_clear(m, n);
	after.id = "a2";
	is_int(store_quarantined(s, &after, m, 7, &n, &err), 0, "the next");
	ok(n == 3 && strcmp(m[0].media_id, "b") == 0 && strcmp(m[1].origin, "o") == 0, "goes over to those of others");
	store_media_clear(m, n);
	after = (struct store_name){"o", "n"};
	is_int(store_quarantined(s, &after, m, 7, &n, &err), 0, "the last");
	ok(n == 1 && strcmp(m[0].media_id, "r1") == 0, "ends");
	store_media_clear(m, n);
	ok(store_changes_position(s, &highest, &err) == 0 && highest > 0, "how far the log goes");
	for (size_t page = 1; page > 0 && v.n < 100;) {
		int64_t before = v.n;
		is_int(store_changes(s, v.last, 2, follow_stream, &v, &err), 0, "a page of it");
		page = (size_t)(v.n - before);
	}
	ok(v.n == 5 && v.wrong == 0 && v.last == highest, "all in their order");
}

struct picks {
	char seen[64];
	int stop_after;
};

static int
pick(void *arg, const struct store_name *name)
{
	struct picks *p = arg;
	(void)snprintf(p->seen + strlen(p->seen), sizeof p->seen - strlen(p->seen), "%s%s ",
		       name->origin != NULL ? "?" : "", name->id);
	return --p->stop_after == 0;
}

static int64_t many;

static int
count(void *arg, const struct store_name *name)
{
	(void)arg;
	(void)name;
	many++;
	return 0;
}

static void
picks(struct store *s)
{
	struct err err;
	struct picks open = {"", 0}, shut = {"", 0}, first = {"", 1};
	fill(s);
	run(s, "UPDATE local_media_repository SET quarantined_by = 'x' WHERE media_id = 'a2'");
	is_int(store_pick_user(s, "@u:x", STORE_PICK_OPEN, pick, &open, &err), 0, "what a user has that can be had");
	is_str(open.seen, "p a1 ", "newest first");
	is_int(store_pick_user(s, "@u:x", STORE_PICK_QUARANTINED, pick, &shut, &err), 0, "what cannot");
	is_str(shut.seen, "a2 ", "is the rest");
	is_int(store_pick_user(s, "@u:x", STORE_PICK_ALL, pick, &first, &err), 0, "who has enough");
	is_str(first.seen, "p ", "stops");
	run(s,
	    "INSERT INTO local_media_repository (media_id, user_id, created_ts) WITH RECURSIVE i(n) AS (SELECT 0 UNION"
	    " ALL SELECT n + 1 FROM i WHERE n < 1999) SELECT printf('z%04d', n), '@w:x', n / 900 FROM i");
	is_int(store_pick_user(s, "@w:x", STORE_PICK_ALL, count, NULL, &err), 0, "a user with thousands");
	is_int(many, 2000, "over pages, and many of one moment");
}

static int
refused(void *arg, const struct store_refused *r)
{
	char *seen = arg;
	(void)snprintf(seen + strlen(seen), 256 - strlen(seen), "%.1s,%s,%s,%lld ", r->sha256,
		       r->by != NULL ? r->by : "-", r->reason != NULL ? r->reason : "-", (long long)r->ts);
	return 0;
}

static void
hashes(struct store *s)
{
	struct err err;
	char seen[256] = "";
	struct store_item item[] = {{.name = {NULL, "b"}}, {.name = {NULL, "n"}}};
	fill(s);
	(void)apply_to(s, &act, STORE_QUARANTINE, item, 2);
	run(s, "UPDATE remote_media_cache SET quarantined_by = '@z:x' WHERE media_id = 'r1';"
	       "INSERT INTO blocked_hashes VALUES ('" H2 "', 3, '@z:x', 'listed'), ('" H3 "', 4, NULL, NULL)");
	is_int(store_refused_each(s, refused, seen, &err), 0, "which contents are refused");
	is_str(seen, "1,@z:x,-,0 2,@z:x,listed,3 3,-,-,4 ", "each once, with what is known of it");
	run(s, "DELETE FROM blocked_hashes");
	seen[0] = '\0';
	(void)store_refused_each(s, refused, seen, &err);
	is_str(seen, "1,@z:x,-,0 2,@m:x,why,50 ", "of what is in quarantine the log knows it");
}

int
main(void)
{
	char dir[] = "/tmp/mx-quarantine-XXXXXX";
	struct err err;
	struct store *s = mkdtemp(dir) != NULL ? store_open(dir, &err) : NULL;
	ok(s != NULL, "a store");
	if (s != NULL) {
		following(s);
		removing(s);
		protecting(s);
		blocking(s);
		dry(s);
		undoing(s);
		undoing_blocks(s);
		crash(s, dir);
		pages(s);
		picks(s);
		hashes(s);
	}
	store_close(s);
	(void)tmpdir_remove(dir);
	return done();
}
