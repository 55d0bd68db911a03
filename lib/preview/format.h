/* preview, formats: a finished record in the forms that people and programs ask for. */
#ifndef PREVIEW_FORMAT_H
#define PREVIEW_FORMAT_H

#include "preview/preview.h"

/* All take a record after stage_finish, or one that failed, or one that the cache answered.  The JSON is yours. */

/* The answer alone: "og"; or {"url":…,"error":{status,errcode,error}}. */
struct json *format_og(const struct record *rec);

/* The PreviewURL Card document (spec part G): "og" with typed members, lists, what a card requires filled in from the
 * best source known, and "missing", the names of those that nothing could be found for.  A failed record as above. */
struct json *format_card(const struct record *rec);
bool format_card_complete(const struct json *card); /* nothing is missing */

/* Why this answer: per field its value, where it comes from, and what else there was; documents, stages, cache.  Layout
 * in format_explain.c. */
struct json *format_explain(const struct record *rec);

#define FORMAT_COLUMNS_MIN 40
#define FORMAT_TABLE_MAX ((size_t)256 * 1024) /* bytes of a table */

/* An explanation for people: aligned, at most columns wide, with colours or without.  What does not fit into out is left
 * away. */
void format_table(const struct json *explanation, unsigned columns, bool colour, struct buf *out);

#endif
