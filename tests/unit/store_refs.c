/* References: who names what, whatever comes first, and however often. */
#include "store/refs.h"

#include <stdlib.h>

#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

static char said[1 << 20];
static struct err err;

static int
list(void *arg, const struct store_ref *r)
{
	int64_t *left = arg;
	size_t n = strlen(said);
	(void)snprintf(said + n, sizeof said - n, "%s%s:%s/%s@%s,%s%s%s", n > 0 ? " " : "", r->kind, r->origin, r->id,
		       r->event, r->sender, r->redacted ? "!" : "", r->redacted_by);
	return --*left <= 0;
}

static const char *
room(struct store *s, const char *id)
{
	int64_t left = 1000000;
	said[0] = '\0';
	ok(store_refs_room(s, id, list, &left, &err) == 0, "asked for a room");
	return said;
}

static const char *
sender(struct store *s, const char *id)
{
	int64_t left = 1000000;
	said[0] = '\0';
	ok(store_refs_sender(s, id, list, &left, &err) == 0, "asked for a sender");
	return said;
}

static const char *
medium(struct store *s, const char *id)
{
	int64_t left = 1000000;
	said[0] = '\0';
	ok(store_refs_medium(s, "a", id, list, &left, &err) == 0, "asked for a medium");
	return said;
}

static void
add(struct store_refs *b, const char *in, int64_t ts, const char *event, const char *kind, const char *id)
{
	store_refs_add(
	    b, &(struct store_ref){
		   .room = in, .event = event, .kind = kind, .origin = "a", .id = id, .sender = "@u:a", .ts = ts});
}

static void
flush(struct store *s, struct store_refs *b, int64_t references, int64_t redactions)
{
	struct store_refs_new added = {0};
	ok(store_refs_flush(s, b, &added, &err) == 0, "flushed");
	ok(added.references == references && added.redactions == redactions, "%lld new references, %lld redactions",
	   (long long)added.references, (long long)added.redactions);
}

static void
one_room(struct store *s, struct store_refs *b)
{
	for (int again = 0; again < 2; again++) {
		add(b, "!r", 1, "$1", "content", "x");
		add(b, "!r", 1, "$1", "content", "x");
		add(b, "!r", 3, "$3", "content", "y");
		add(b, "!r", 2, "$2", "content", "x");
		add(b, "!r", 2, "$2", "thumbnail", "t");
		add(b, "!q", 9, "$9", "content", "x");
		store_refs_redact(b, "!r", "$3", "@mod:a", 5);
		flush(s, b, again ? 0 : 5, again ? 0 : 1);
	}
	is_str(room(s, "!r"), "content:a/y@$3,@u:a!@mod:a thumbnail:a/t@$2,@u:a content:a/x@$2,@u:a",
	       "a room: newest first, each medium once, redactions marked");
	is_str(room(s, "!none"), "", "an unknown one");
	is_str(medium(s, "x"), "content:a/x@$9,@u:a content:a/x@$1,@u:a content:a/x@$2,@u:a", "who names a medium");
	is_str(sender(s, "@u:a"),
	       "content:a/x@$9,@u:a content:a/y@$3,@u:a!@mod:a thumbnail:a/t@$2,@u:a content:a/x@$2,@u:a "
	       "content:a/x@$1,@u:a",
	       "what a user names");
	is_str(sender(s, ""), "", "nobody names nothing");
}

static void
redactions(struct store *s, struct store_refs *b)
{
	store_refs_redact(b, "!other", "$later", "@mod:a", 5);
	store_refs_redact(b, "!s", "$later", "", 6);
	flush(s, b, 0, 2);
	add(b, "!s", 1, "$later", "content", "z");
	flush(s, b, 1, 0);
	is_str(room(s, "!s"), "content:a/z@$later,@u:a!", "a redaction may come first; one of another room is none");
}

static void
avatars(struct store *s, struct store_refs *b)
{
	static const char *const ids[] = {"p1", "p2", "m", "t"};
	static const bool want[] = {false, true, true, false};
	add(b, "!r", 7, "$7", "member_avatar", "m");
	store_refs_profile(b, "@u:a", "a", "p1");
	store_refs_profile(b, "@u:a", "a", "p2");
	store_refs_profile(b, "@gone:a", "a", "g");
	flush(s, b, 4, 0);
	store_refs_profile(b, "@gone:a", NULL, NULL);
	store_refs_profile(b, "@u:a", "a", "p2");
	flush(s, b, 0, 0);
	for (size_t i = 0; i < 4; i++) {
		bool is = !want[i];
		ok(store_refs_is_avatar(s, "a", ids[i], &is, &err) == 0 && is == want[i], "%s is %san avatar", ids[i],
		   want[i] ? "" : "not ");
	}
	is_str(medium(s, "g"), "", "a profile without a picture has none");
	is_str(medium(s, "p2"), "profile_avatar:a/p2@@u:a,@u:a", "the one it has now");
}

/* More than a page, and a medium that is named by most of them. */
static void
many(struct store *s, struct store_refs *b)
{
	char event[16], id[16];
	for (int i = 0; i < 2000; i++) {
		(void)snprintf(event, sizeof event, "$%d", i);
		(void)snprintf(id, sizeof id, "m%d", i % 700);
		add(b, "!many", i / 3, event, "inline", i % 2 ? "same" : id);
	}
	flush(s, b, 2000, 0);
	int64_t left = 1000000;
	said[0] = '\0';
	ok(store_refs_room(s, "!many", list, &left, &err) == 0, "a room of two thousand");
	is_int(1000000 - left, 351, "has 351 different media");
	left = 300;
	ok(store_refs_room(s, "!many", list, &left, &err) == 0 && left == 0, "one may stop on the second page");
	left = 1000000;
	said[0] = '\0';
	ok(store_refs_medium(s, "a", "same", list, &left, &err) == 0, "who names the same one");
	is_int(1000000 - left, 1000, "a thousand");
}

static void
batches(struct store *s, struct store_refs *b)
{
	char *name = mem_alloc(STORE_REF_TEXT_MAX + 1);
	(void)memset(name, 'n', STORE_REF_TEXT_MAX);
	add(b, "!long", 1, name, "content", "x");
	flush(s, b, 0, 0);
	name[600] = '\0';
	int n = 0;
	while (!store_refs_full(b) && n++ < 1000000)
		store_refs_name(b, "@u:a", name, n);
	ok(n > 100 && n <= STORE_REFS_BATCH, "a batch is full of text after %d", n);
	store_refs_name(b, "@u:a", name, n);
	flush(s, b, 0, 0);
	mem_free(name);
}

int
main(void)
{
	char dir[] = "/tmp/mx-refs.XXXXXX";
	if (mkdtemp(dir) == NULL)
		return 1;
	struct store *s = store_open(dir, &err);
	struct store_refs *b = store_refs_new();
	if (ok(s != NULL, "the store opens")) {
		one_room(s, b);
		redactions(s, b);
		avatars(s, b);
		many(s, b);
		batches(s, b);
	}
	store_refs_free(b);
	store_close(s);
	(void)tmpdir_remove(dir);
	return done();
}
