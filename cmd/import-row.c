/* What does a row of a reference server's media say, and can it be believed? */
#include "cmd/import.h"

#include <string.h>

#include "matrix/matrix.h"
#include "media/media.h"

static int
bad(struct err *err, const char *why)
{
	return err_set(err, ERR_INPUT, "%s", why);
}

/* A number that may not be negative; otherwise if there is none. */
static int64_t
number(const struct store_source_row *r, int k, int64_t otherwise, const char *name, struct err *err)
{
	int64_t n = r->cell[k].number;
	if (n != STORE_SOURCE_NONE && n < 0)
		(void)err_set(err, ERR_INPUT, "%s is negative", name);
	return n == STORE_SOURCE_NONE ? otherwise : n;
}

/* What is said to come from the future came now: else nothing would ever be older than it. */
static int64_t
moment(const struct import *a, const struct store_source_row *r, int k, int64_t otherwise, const char *name,
       struct err *err)
{
	int64_t ts = number(r, k, otherwise, name, err);
	return ts < a->run.now ? ts : a->run.now;
}

/* What strangers chose is kept as that of an upload is: of a bounded length, and nothing in it ends a line. */
static char *
words(const char *s)
{
	return s != NULL ? media_name(s, strlen(s)) : NULL;
}

static char *
content_type(const char *s)
{
	return s != NULL && media_type_valid(s) ? mem_strdup(s) : NULL;
}

/* Who has quarantined it; if nothing of that can be read it is quarantined all the same. */
static char *
quarantined(const char *s)
{
	char *by = words(s);
	return by != NULL || s == NULL ? by : mem_strdup("system");
}

static bool
is_hash(const char *s)
{
	return s != NULL && strlen(s) == HASH_HEX_LEN && strspn(s, "0123456789abcdef") == HASH_HEX_LEN;
}

static int
read_local(const struct import *a, const struct store_source_row *r, struct store_medium *m, struct err *err)
{
	err_clear(err);
	*m = (struct store_medium){
	    .media_id = mem_strdup(r->cell[LOCAL_ID].text),
	    .type = content_type(r->cell[LOCAL_TYPE].text),
	    .bytes = number(r, LOCAL_LENGTH, -1, "media_length", err),
	    .created_ts = moment(a, r, LOCAL_CREATED, 0, "created_ts", err),
	    .name = words(r->cell[LOCAL_NAME].text),
	    .user = mem_strdup(r->cell[LOCAL_USER].text),
	    .quarantined_by = quarantined(r->cell[LOCAL_QUARANTINED].text),
	    .url_cache = mem_strdup(r->cell[LOCAL_URL_CACHE].text),
	    .last_access_ts = moment(a, r, LOCAL_ACCESS, -1, "last_access_ts", err),
	    .protected = number(r, LOCAL_SAFE, 0, "safe_from_quarantine", err) != 0,
	    .authenticated = number(r, LOCAL_AUTHENTICATED, 0, "authenticated", err) != 0,
	    .sha256 = is_hash(r->cell[LOCAL_SHA256].text) ? mem_strdup(r->cell[LOCAL_SHA256].text) : NULL,
	};
	if (m->media_id == NULL || !store_id_valid(m->media_id))
		return bad(err, "media_id cannot be the name of a file");
	if (m->user != NULL && !matrix_user_valid(m->user))
		return bad(err, "user_id is none");
	if (m->url_cache != NULL && strlen(m->url_cache) > RECORD_URL_MAX)
		return bad(err, "url_cache is longer than a URL may be");
	return err->code == ERR_NONE ? 0 : -1;
}

static int
read_remote(const struct import *a, const struct store_source_row *r, struct store_medium *m, struct err *err)
{
	err_clear(err);
	*m = (struct store_medium){
	    .origin = mem_strdup(r->cell[REMOTE_ORIGIN].text),
	    .media_id = mem_strdup(r->cell[REMOTE_ID].text),
	    .type = content_type(r->cell[REMOTE_TYPE].text),
	    .bytes = number(r, REMOTE_LENGTH, -1, "media_length", err),
	    .created_ts = moment(a, r, REMOTE_CREATED, 0, "created_ts", err),
	    .name = words(r->cell[REMOTE_NAME].text),
	    .filesystem_id = mem_strdup(r->cell[REMOTE_FILE].text),
	    .last_access_ts = moment(a, r, REMOTE_ACCESS, -1, "last_access_ts", err),
	    .quarantined_by = quarantined(r->cell[REMOTE_QUARANTINED].text),
	    .authenticated = number(r, REMOTE_AUTHENTICATED, 0, "authenticated", err) != 0,
	    .sha256 = is_hash(r->cell[REMOTE_SHA256].text) ? mem_strdup(r->cell[REMOTE_SHA256].text) : NULL,
	};
	if (m->origin == NULL || !matrix_server_valid(m->origin) || !store_origin_valid(m->origin))
		return bad(err, "media_origin is no server");
	if (str_eq(m->origin, a->c.conf.server_name))
		return bad(err, "media_origin is this server");
	if (m->media_id == NULL || !matrix_media_id_valid(m->media_id))
		return bad(err, "media_id is none");
	if (m->filesystem_id == NULL || !store_id_valid(m->filesystem_id))
		return bad(err, "filesystem_id cannot be the name of a file");
	return err->code == ERR_NONE ? 0 : -1;
}

int
import_row(const struct import *a, enum store_source_table t, const struct store_source_row *r, struct store_medium *m,
	   struct err *err)
{
	*m = (struct store_medium){0};
	if (r->problem[0] != '\0')
		return bad(err, r->problem);
	return t == STORE_SOURCE_LOCAL ? read_local(a, r, m, err) : read_remote(a, r, m, err);
}
