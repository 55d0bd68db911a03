/* How is a finding told? */
#include "cmd/flaw.h"

const char *
flaw_name(enum store_flaw flaw)
{
	static const char *const name[STORE_FLAWS] = {
	    [STORE_FLAW_FILE] = "file_without_row",
	    [STORE_FLAW_LEFTOVER] = "leftover",
	    [STORE_FLAW_THUMB_FILE] = "thumbnail_without_row",
	    [STORE_FLAW_OLDER] = "older_than_database",
	    [STORE_FLAW_UNKNOWN] = "unknown_file",
	    [STORE_FLAW_NO_FILE] = "row_without_file",
	    [STORE_FLAW_LENGTH] = "wrong_length",
	    [STORE_FLAW_CONTENT] = "wrong_content",
	    [STORE_FLAW_NO_THUMB] = "thumbnail_without_file",
	    [STORE_FLAW_THUMB_ROW] = "thumbnail_without_medium",
	    [STORE_FLAW_PICTURE_ROW] = "picture_without_medium",
	    [STORE_FLAW_PREVIEW_ROW] = "preview_without_medium",
	    [STORE_FLAW_BARE] = "preview_without_picture",
	    [STORE_FLAW_UNLOGGED] = "quarantine_without_log",
	    [STORE_FLAW_MODE] = "open_to_all",
	    [STORE_FLAW_DATABASE] = "database",
	};
	return name[flaw];
}

struct json *
flaw_json(const struct store_finding *f, const char *server_name)
{
	struct json *j = json_object();
	json_set_str(j, "flaw", flaw_name(f->flaw));
	if (f->path != NULL)
		json_set_str(j, "path", f->path);
	if (f->name != NULL) {
		char *uri = mem_printf("mxc://%s/%s", f->name->origin != NULL ? f->name->origin : server_name,
				       f->name->id != NULL ? f->name->id : "");
		json_set_str(j, "content_uri", uri);
		mem_free(uri);
	}
	if (f->text != NULL)
		json_set_str(j,
			     f->flaw == STORE_FLAW_BARE	  ? "url"
			     : f->flaw == STORE_FLAW_MODE ? "mode"
							  : "text",
			     f->text);
	if (f->bytes >= 0)
		json_set_int(j, "bytes", f->bytes);
	json_set_bool(j, "mended", f->mended);
	return j;
}

void
flaw_counts(struct json *j, const struct store_inspection *in)
{
	for (size_t i = 0; i < STORE_FLAWS; i++)
		if (in->n[i] > 0)
			json_set_int(j, flaw_name((enum store_flaw)i), in->n[i]);
}
