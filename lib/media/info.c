/* What is said of a medium, in JSON? */
#include "media/media.h"

#include "matrix/matrix.h"

static void
set_time(struct json *j, const char *key, int64_t v)
{
	if (v >= 0)
		json_set_int(j, key, v);
	else
		json_set_null(j, key);
}

struct json *
media_info(const struct store_medium *m)
{
	struct json *j = json_object();
	bool ours = m->origin == NULL;
	json_set_str(j, "media_origin", m->origin);
	json_set_str(j, "user_id", m->user);
	json_set_str(j, "media_id", m->media_id);
	json_set_str(j, "media_type", m->type);
	set_time(j, "media_length", m->bytes);
	json_set_str(j, "upload_name", m->name);
	json_set_int(j, "created_ts", m->created_ts);
	json_set_str(j, "filesystem_id", m->filesystem_id);
	json_set_str(j, "url_cache", m->url_cache);
	set_time(j, "last_access_ts", m->last_access_ts);
	json_set_str(j, "quarantined_by", m->quarantined_by);
	json_set_bool(j, "authenticated", m->authenticated);
	if (ours)
		json_set_bool(j, "safe_from_quarantine", m->protected);
	else
		json_set_null(j, "safe_from_quarantine");
	json_set_str(j, "sha256", m->sha256);
	return j;
}

char *
media_uri(const struct store_name *name, const char *server_name)
{
	return mem_printf(MATRIX_MXC "%s/%s", name->origin != NULL ? name->origin : server_name, name->id);
}
