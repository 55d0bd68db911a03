/* What is known of one medium? */
#include "store/int.h"

#include <sqlite3.h>

void
store_medium_clear(struct store_medium *m)
{
	char *owned[] = {m->origin, m->media_id, m->type,      m->name,		m->quarantined_by,
			 m->sha256, m->user,	 m->url_cache, m->filesystem_id};
	for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
		mem_free(owned[i]);
	*m = (struct store_medium){0};
}

static int64_t
number_or(sqlite3_stmt *stmt, int i, int64_t none)
{
	return sqlite3_column_type(stmt, i) == SQLITE_NULL ? none : sqlite3_column_int64(stmt, i);
}

void
store_read_medium(void *arg, sqlite3_stmt *stmt)
{
	struct store_medium *m = arg;
	*m = (struct store_medium){
	    .found = true,
	    .origin = store_column(stmt, 0),
	    .media_id = store_column(stmt, 1),
	    .type = store_column(stmt, 2),
	    .bytes = number_or(stmt, 3, -1),
	    .name = store_column(stmt, 4),
	    .created_ts = sqlite3_column_int64(stmt, 5),
	    .last_access_ts = number_or(stmt, 6, -1),
	    .quarantined_by = store_column(stmt, 7),
	    .authenticated = sqlite3_column_int(stmt, 8) != 0,
	    .sha256 = store_column(stmt, 9),
	    .user = store_column(stmt, 10),
	    .url_cache = store_column(stmt, 11),
	    .protected = sqlite3_column_int(stmt, 12) != 0,
	    .filesystem_id = store_column(stmt, 13),
	};
}

int
store_medium_get(struct store *s, const struct store_name *name, struct store_medium *out, struct err *err)
{
	*out = (struct store_medium){0};
	bool ours = name->origin == NULL, found = false;
	sqlite3_stmt *stmt = store_sql(s, ours ? SQL_LOCAL_GET : SQL_REMOTE_GET, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, ours ? name->id : name->origin);
		if (!ours)
			store_bind(stmt, 2, name->id);
	}
	return store_one(s, stmt, "media", &found, store_read_medium, out, err);
}

struct store_file
store_medium_file(const struct store_medium *m)
{
	if (m->origin != NULL)
		return (struct store_file){.kind = STORE_REMOTE_FILE, .origin = m->origin, .id = m->filesystem_id};
	return (struct store_file){.kind = m->url_cache != NULL ? STORE_URL_CACHE_FILE : STORE_LOCAL_FILE,
				   .id = m->media_id};
}
