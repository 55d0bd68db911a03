/* cmd, flaw: how findings are told, by mxmedia-check and by mxmedia-expire. */
#ifndef CMD_FLAW_H
#define CMD_FLAW_H

#include "json/json.h"
#include "store/expire.h"

const char *flaw_name(enum store_flaw flaw); /* "file_without_row", … */
/* {"flaw":…, "path":…, "content_uri":…, "text":…, "bytes":…, "mended":…}; yours. */
struct json *flaw_json(const struct store_finding *f, const char *server_name);
/* A count for each kind of which there is one. */
void flaw_counts(struct json *j, const struct store_inspection *in);

#endif
