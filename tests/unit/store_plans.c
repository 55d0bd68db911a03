/* Does any statement read a whole table, or sort what it reads?  Those that may are listed here, with their reasons. */
#include "store/remove.h"
#include "tests/unit/tap.h"
#include "tests/unit/tmpdir.h"

#include <sqlite3.h>

#define SHUT_INDEX "SCAN local_media_repository USING INDEX local_media_repository_url_quarantined"

static const struct {
	enum sql which;
	const char *plan; /* the line that is allowed */
	const char *why;
} allowed[] = {
    {SQL_CACHE_BEFORE, SHUT_INDEX, "its first row, if it is not empty"},
    {SQL_CACHE_BEFORE_ALL, SHUT_INDEX, "likewise"},
    {SQL_CACHE_AFTER, SHUT_INDEX, "likewise"},
    {SQL_IMAGE_TWIN, "SCAN m", "a subquery of 64 rows at most"},
    {SQL_REFUSED_WHY, "SCAN (subquery", "a subquery of one row"},
    {SQL_REFUSED_WHY, "SCAN m", "likewise"},
    {SQL_STAT_PREVIEWS, "SCAN local_media_repository_url_cache", "a count of all, asked for by people"},
    {SQL_STAT_FAILURES, "SCAN url_preview_failures", "likewise"},
    {SQL_STAT_MEDIA, "SCAN local_media_repository USING", "likewise"},
    {SQL_STAT_THUMBS, "SCAN local_media_repository_thumbnails", "likewise"},
    {SQL_STAT_IMAGES, "SCAN url_preview_images", "likewise"},
    {SQL_HELD_FETCHED, "SCAN local_media_repository USING", "a sum of all, once for an expiry with a budget"},
    {SQL_HELD_LOCAL, "SCAN local_media_repository USING", "likewise"},
    {SQL_HELD_REMOTE, "SCAN remote_media_cache", "likewise"},
    {SQL_HELD_LOCAL_THUMBS, "SCAN t", "likewise"},
    {SQL_HELD_REMOTE_THUMBS, "SCAN remote_media_cache_thumbnails", "likewise"},
    {SQL_SUM_LOCAL, "SCAN local_media_repository", "a count of all, asked for by people"},
    {SQL_SUM_REMOTE, "SCAN remote_media_cache", "likewise"},
    {SQL_SUM_REMOTE_THUMBS, "SCAN remote_media_cache_thumbnails", "likewise"},
    {SQL_SUM_BLOCKED, "SCAN blocked_media", "likewise"},
    {SQL_SUM_BLOCKED_HASHES, "SCAN blocked_hashes", "likewise"},
    {SQL_SUM_REFERENCES, "SCAN media_references", "likewise"},
    {SQL_ORIGINS, "SCAN remote_media_cache USING", "likewise"},
    {SQL_ORIGINS, "USE TEMP B-TREE FOR ORDER BY", "as many as are asked for"},
    {SQL_USERS, "SCAN m USING", "all users, in the order that is asked for"},
    {SQL_USERS, "USE TEMP B-TREE FOR ORDER BY", "likewise"},
    {SQL_USERS_BACK, "SCAN m USING", "likewise"},
    {SQL_USERS_BACK, "USE TEMP B-TREE FOR ORDER BY", "likewise"},
    {SQL_USERS_COUNT, "SCAN (subquery", "one row for each of them"},
    {SQL_USER_MEDIA, "USE TEMP B-TREE FOR ORDER BY", "of one user, in the order that is asked for"},
    {SQL_USER_NEWEST, "USE TEMP B-TREE FOR RIGHT PART", "those of one moment"},
    {SQL_USER_MEDIA_BACK, "USE TEMP B-TREE FOR ORDER BY", "likewise"},
    {SQL_USER_PAGE, "USE TEMP B-TREE FOR ORDER BY", "of one user, in the order that is asked for"},
    {SQL_USER_PAGE_BACK, "USE TEMP B-TREE FOR ORDER BY", "likewise"},
};

static bool
may(enum sql which, const char *plan)
{
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
		if (allowed[i].which == which && strncmp(plan, allowed[i].plan, strlen(allowed[i].plan)) == 0)
			return true;
	return false;
}

static bool
costly(const char *plan)
{
	return (strncmp(plan, "SCAN", 4) == 0 && strstr(plan, "CONSTANT ROW") == NULL) ||
	       strstr(plan, "TEMP B-TREE") != NULL || strstr(plan, "AUTOMATIC") != NULL;
}

static void
plan_of(struct store *s, enum sql which)
{
	sqlite3_stmt *st = NULL;
	bool good = true;
	char *text = mem_printf("EXPLAIN QUERY PLAN %s", store_sql_text[which]);
	(void)sqlite3_prepare_v2(s->db, text, -1, &st, NULL);
	ok(st != NULL, "statement %d is sound", (int)which);
	if (st == NULL)
		(void)printf("# %s: %s\n", sqlite3_errmsg(s->db), store_sql_text[which]);
	while (st != NULL && sqlite3_step(st) == SQLITE_ROW) {
		const char *plan = (const char *)sqlite3_column_text(st, 3);
		if (!costly(plan) || may(which, plan))
			continue;
		good = false;
		(void)printf("# %s\n#   %s\n", store_sql_text[which], plan);
	}
	ok(good, "statement %d reads by index", (int)which);
	(void)sqlite3_finalize(st);
	mem_free(text);
}

/* What the list allows must be there, or the list grows old. */
static void
list_is_true(struct store *s, size_t i)
{
	sqlite3_stmt *st = NULL;
	bool seen = false;
	char *text = mem_printf("EXPLAIN QUERY PLAN %s", store_sql_text[allowed[i].which]);
	(void)sqlite3_prepare_v2(s->db, text, -1, &st, NULL);
	while (st != NULL && sqlite3_step(st) == SQLITE_ROW)
		seen = seen || may(allowed[i].which, (const char *)sqlite3_column_text(st, 3));
	ok(seen, "allowed, and so: %s (%s)", allowed[i].plan, allowed[i].why);
	(void)sqlite3_finalize(st);
	mem_free(text);
}

/* What a dry run asks of what it has not told yet: by the same indexes, through its views. */
static const enum sql shadowed[] = {
    SQL_OVER_PREVIEWS,	  SQL_OVER_PAGE,	 SQL_OVER_RESERVED,	  SQL_DUE_FETCHED,    SQL_DUE_BEFORE_FETCHED,
    SQL_DUE_BEFORE_LOCAL, SQL_DUE_BEFORE_REMOTE, SQL_DUE_OLDEST,	  SQL_HELD_THUMBS_OF, SQL_HELD_REMOTE_THUMBS_OF,
    SQL_BARE_PREVIEWS,	  SQL_PREVIEWS_OF,	 SQL_EACH_LOCAL,	  SQL_EACH_REMOTE,    SQL_LOOSE_THUMBS,
    SQL_LOOSE_PICTURES,	  SQL_LOOSE_PREVIEWS,	 SQL_LOOSE_REMOTE_THUMBS, SQL_SHADOW_PREVIEW, SQL_SHADOW_LOCAL,
    SQL_SHADOW_REMOTE};

static bool
of_shadow(int which)
{
	return which == SQL_SHADOW_PREVIEW || which == SQL_SHADOW_LOCAL || which == SQL_SHADOW_REMOTE;
}

static void
shadow_plans(struct store *s)
{
	struct err err;
	ok(store_shadow_begin(s, &err) == 0, "views before the tables");
	ok(store_shadow_begin(s, &err) == 0, "which are there already");
	for (size_t i = 0; i < sizeof shadowed / sizeof shadowed[0]; i++)
		plan_of(s, shadowed[i]);
	ok(store_shadow_end(s, &err) == 0, "and away");
	ok(store_shadow_end(s, &err) == 0, "also when there are none");
	ok(store_shadow_begin(s, &err) == 0 && store_shadow_end(s, &err) == 0, "once more");
}

int
main(void)
{
	char dir[] = "/tmp/mx-plans-XXXXXX";
	struct err err;
	struct store *s = mkdtemp(dir) != NULL ? store_open(dir, &err) : NULL;
	ok(s != NULL, "a store");
	for (int i = 0; s != NULL && i < SQL_COUNT; i++)
		if (i != SQL_BEGIN && i != SQL_COMMIT && i != SQL_ROLLBACK && !of_shadow(i))
			plan_of(s, (enum sql)i);
	for (size_t i = 0; s != NULL && i < sizeof allowed / sizeof allowed[0]; i++)
		list_is_true(s, i);
	if (s != NULL)
		shadow_plans(s);
	store_close(s);
	(void)tmpdir_remove(dir);
	return done();
}
