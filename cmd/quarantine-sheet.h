/* mxmedia-quarantine sheet: how a page is written. */
#ifndef CMD_QUARANTINE_SHEET_H
#define CMD_QUARANTINE_SHEET_H

#include "cmd/quarantine.h"

#define SHEET_ITEM_MAX ((size_t)512 * 1024) /* bytes of HTML of one medium, its picture too */

void sheet_head(const struct quarantine *a, struct buf *out);
/* type NULL: there is no picture. */
void sheet_item(const struct quarantine *a, const struct store_medium *m, const char *type, const struct buf *picture,
		struct buf *out);
/* How many stand here, behind so many of the pages before, and how the next page is had. */
void sheet_foot(const struct quarantine *a, int64_t from, int64_t shown, bool more, struct buf *out);

#endif
