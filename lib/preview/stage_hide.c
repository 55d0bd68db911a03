/* Does an answer show a picture that is in quarantine?  Then it is told without it; what is kept stays whole, for the
 * picture may be let out again. */
#include "preview/stages.h"

#include <string.h>

#include "store/cache.h"

static void
keep_member(void *arg, const char *key, const struct json *value)
{
	if (!str_eq(key, "og:image") && !str_starts(key, "og:image:") && !str_starts(key, "matrix:image:"))
		json_set(arg, key, json_copy(value));
}

int
stage_hide(const struct stage_cache *st, struct record *rec, struct err *err)
{
	struct json *og = json_get(rec->j, "og");
	const char *image = json_str(og, "og:image");
	const char *slash = image != NULL && str_starts(image, "mxc://") ? strrchr(image, '/') : NULL;
	bool shut = false;
	int rc = slash != NULL ? store_media_shut(st->store, slash + 1, &shut, err) : 0;
	if (shut) {
		struct json *rest = json_object();
		json_each(og, keep_member, rest);
		json_set(rec->j, "og", rest);
		json_del(rec->j, "thumbs");
	}
	json_free(og);
	return rc;
}
