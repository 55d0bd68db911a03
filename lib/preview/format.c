/* What is the plain answer? */
#include "preview/format.h"

struct json *
format_og(const struct record *rec)
{
	struct json *og = json_get(rec->j, "og");
	if (!record_failed(rec) && og != NULL)
		return og;
	struct json *line = json_object(), *e = json_get(rec->j, "error");
	json_set_str(line, "url", record_url(rec));
	json_del(e, "stage");
	json_set(line, "error", e);
	json_free(og);
	return line;
}
