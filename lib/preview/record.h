/* preview, the record inside: what its two files share. */
#ifndef PREVIEW_RECORD_H
#define PREVIEW_RECORD_H

#include "preview/preview.h"

/* What is not known is absent. */
void record_set_known(struct json *j, const char *key, const char *value); /* not NULL */
void record_set_some(struct json *j, const char *key, int64_t value);	   /* > 0 */
void record_add_to(struct record *rec, const char *key, struct json *take, size_t max);

#endif
