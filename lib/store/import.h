/* store, import: the database and the files of a reference server (spec A.9, F.10), read and never changed. */
#ifndef STORE_IMPORT_H
#define STORE_IMPORT_H

#include "store/media.h"

/* ---- source.c: somebody else's database; anything may stand in it --------------------------------------------- */

enum store_source_table {
	STORE_SOURCE_LOCAL,
	STORE_SOURCE_REMOTE,
	STORE_SOURCE_PROFILES,
	STORE_SOURCE_DIRECTORY,
	STORE_SOURCE_MEMBERS,
	STORE_SOURCE_ROOMS,
	STORE_SOURCE_EVENTS,
	STORE_SOURCE_TABLES
};
const char *store_source_name(enum store_source_table t);

/* Cells of a row by what they are called there; one that an old version does not have is NULL. */
enum {
	LOCAL_ID,
	LOCAL_TYPE,
	LOCAL_LENGTH,
	LOCAL_CREATED,
	LOCAL_NAME,
	LOCAL_USER,
	LOCAL_QUARANTINED,
	LOCAL_URL_CACHE,
	LOCAL_ACCESS,
	LOCAL_SAFE,
	LOCAL_AUTHENTICATED,
	LOCAL_SHA256
};
enum {
	REMOTE_ORIGIN,
	REMOTE_ID,
	REMOTE_TYPE,
	REMOTE_LENGTH,
	REMOTE_CREATED,
	REMOTE_NAME,
	REMOTE_FILE,
	REMOTE_ACCESS,
	REMOTE_QUARANTINED,
	REMOTE_AUTHENTICATED,
	REMOTE_SHA256
};
enum { PROFILE_USER, PROFILE_FULL, PROFILE_NAME, PROFILE_AVATAR }; /* profiles */
enum { DIRECTORY_USER, DIRECTORY_NAME, DIRECTORY_AVATAR };	   /* user_directory */
enum { MEMBER_EVENT, MEMBER_ROOM, MEMBER_SENDER, MEMBER_AVATAR };  /* room_memberships */
enum { ROOM_ID, ROOM_AVATAR };					   /* room_stats_state */
enum { EVENT_ID, EVENT_ROOM, EVENT_JSON };			   /* event_json */
enum { STORE_SOURCE_CELLS = 12 };

#define STORE_SOURCE_ROWS 128		 /* of a page */
#define STORE_SOURCE_CELL_MAX (4 << 20)	 /* bytes; a row with more in it is not understood */
#define STORE_SOURCE_PAGE_TEXT (4 << 20) /* bytes of text after which a page ends */
#define STORE_SOURCE_NONE INT64_MIN	 /* a number that is NULL */

struct store_source_row {
	int64_t rowid;
	char problem[96]; /* "": it is understood */
	struct {
		char *text; /* NULL for NULL */
		int64_t number;
	} cell[STORE_SOURCE_CELLS];
};
struct store_source_page {
	struct store_source_row row[STORE_SOURCE_ROWS];
	size_t n;
};
void store_source_page_clear(struct store_source_page *p);

struct store_source;
/* Read-only, also beside a server that runs: nothing is written, not even beside it.  The schema is not trusted: no
 * views, no triggers, no functions. */
struct store_source *store_source_open(const char *path, struct err *err);
void store_source_close(struct store_source *src);
bool store_source_has(const struct store_source *src, enum store_source_table t);
int64_t store_source_last(struct store_source *src, enum store_source_table t); /* the largest rowid, or 0 */
/* The rows behind `after`; none: it ends. */
int store_source_page(struct store_source *src, enum store_source_table t, int64_t after, struct store_source_page *out,
		      struct err *err);
/* Thumbnails of a medium that are sound; *strange: how many are not. */
int store_source_thumbs(struct store_source *src, const struct store_name *name, struct store_thumb_list *out,
			int64_t *strange, struct err *err);

/* ---- import.c: into our database -------------------------------------------------------------------------------- */

/* The files of a reference server, to be read with store_file_open and store_file_thumb_open. */
int store_blobs_foreign(struct store_blobs *b, const char *dir, struct err *err);
bool store_blobs_one(const struct store_blobs *a, const struct store_blobs *b); /* the same directory? */
/* A second name in the store for an open file, which is not changed.  ERR_DENIED: there is another file already. */
int store_file_link(const struct store_blobs *b, const struct store_file *f, int fd, struct err *err);

/* Has another server's medium of that name a file that is here already, of another medium? */
int store_import_taken(struct store *s, const struct store_medium *m, bool *is, struct err *err);

struct store_imported {
	struct store_medium m; /* with its file in its place */
	struct store_thumb *thumb;
	size_t thumbs;
	bool added; /* afterwards: it was not there yet */
};
struct store_import {
	const char *by, *reason; /* for the log: what comes quarantined is logged once */
	int64_t now, action;	 /* 0 at first; the log's row of this run */
	const char *state;	 /* where it goes on, and */
	int64_t after;		 /* behind which row */
};
/* One transaction.  What is there already stays as it is.  A content that is quarantined or blocked here is quarantined. */
int store_import_rows(struct store *s, struct store_import *run, struct store_imported *row, size_t n, struct err *err);
int store_import_state(struct store *s, const char *state, int64_t *after, struct err *err); /* 0: from the beginning */

#endif
