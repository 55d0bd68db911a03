/* Is this picture in the store already, by its address or by its content? */
#include "store/int.h"

#include <sqlite3.h>

void
store_found_clear(struct store_found *f)
{
	mem_free(f->media_id);
	mem_free(f->text);
	*f = (struct store_found){0};
}

static void
read_found(void *arg, sqlite3_stmt *stmt)
{
	struct store_found *f = arg;
	f->media_id = store_column(stmt, 0);
	f->text = store_column(stmt, 1);
	f->expires_ts = sqlite3_column_int64(stmt, 2);
}

int
store_image_get(struct store *s, const char *url, const char *language, struct store_found *out, struct err *err)
{
	*out = (struct store_found){0};
	sqlite3_stmt *stmt = store_sql(s, SQL_IMAGE_GET, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, url);
		store_bind(stmt, 2, language);
	}
	return store_one(s, stmt, "image", &out->found, read_found, out, err);
}

int
store_image_twin(struct store *s, const char *sha256, const char *type, const char *name, struct store_found *out,
		 struct err *err)
{
	*out = (struct store_found){0};
	sqlite3_stmt *stmt = store_sql(s, SQL_IMAGE_TWIN, err);
	if (stmt != NULL) {
		store_bind(stmt, 1, sha256);
		store_bind(stmt, 2, type);
		store_bind(stmt, 3, name);
	}
	return store_one(s, stmt, "image", &out->found, read_found, out, err);
}

int
store_media_has(struct store *s, const char *media_id, bool *has, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_MEDIA_HAS, err);
	if (stmt != NULL)
		store_bind(stmt, 1, media_id);
	return store_one(s, stmt, "media", has, NULL, NULL, err);
}

int
store_media_shut(struct store *s, const char *media_id, bool *is, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_MEDIA_SHUT, err);
	if (stmt != NULL)
		store_bind(stmt, 1, media_id);
	return store_one(s, stmt, "media", is, NULL, NULL, err);
}
