/* import: what the files of mxmedia-import share. */
#ifndef CMD_IMPORT_H
#define CMD_IMPORT_H

#include "cmd/cmd.h"
#include "cmd/gather.h"
#include "json/json.h"
#include "store/import.h"

enum import_how { IMPORT_COPY, IMPORT_LINK, IMPORT_IN_PLACE };

struct import {
	struct cmd c;
	enum import_how how;
	bool dry, again, media_only;
	const char *db, *report_path;
	char *db_real;
	int report;	     /* -1: standard output */
	struct store *store; /* NULL in a dry run of a store that is not there */
	struct store_blobs blobs, foreign;
	struct store_source *src;
	struct store_import run;
	struct store_imported row[STORE_SOURCE_ROWS];
	struct store_thumb_list list[STORE_SOURCE_ROWS]; /* what row[i].thumb borrows from */
	size_t n;
	int64_t local, url_cache, remote, pending, thumbnails, bytes, known, hashed, quarantined, problems, events,
	    missing_thumbs;
	struct gather gather;
	int64_t told_at;
};

/* ---- tell ---- */

/* A row that is not taken over, and why; also what of it is not (id may be NULL). */
void import_problem(struct import *a, enum store_source_table t, const struct store_source_row *r, const char *why);
void import_progress(struct import *a, enum store_source_table t, int64_t at, int64_t last);
void import_progress_end(const struct import *a);
void import_summary(struct import *a);

/* ---- row ---- */

/* ERR_INPUT: it is not to be believed.  The caller clears m in any case. */
int import_row(const struct import *a, enum store_source_table t, const struct store_source_row *r,
	       struct store_medium *m, struct err *err);

/* ---- media ---- */

int import_media(struct import *a, enum store_source_table t, struct err *err);

/* ---- refs ---- */

int import_refs(struct import *a, struct err *err);

/* Where a table goes on; "" in a dry run.  Yours. */
char *import_state(const struct import *a, enum store_source_table t);

#endif
