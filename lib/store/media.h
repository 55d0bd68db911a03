/* store, the media: uploads, and copies of what other servers keep (spec E; tables of F.10). */
#ifndef STORE_MEDIA_H
#define STORE_MEDIA_H

#include "store/store.h"

/* The name of a medium, borrowed.  origin NULL: ours. */
struct store_name {
	const char *origin, *id;
};

/* A row of local_media_repository or remote_media_cache. */
struct store_medium {
	bool found;
	char *origin; /* NULL: ours; owned, as the others, which may all be NULL but media_id */
	char *media_id, *type, *name, *quarantined_by, *sha256;
	char *user, *url_cache; /* of ours only */
	char *filesystem_id;	/* of another server's only */
	int64_t bytes;		/* -1: its content has not come yet */
	int64_t created_ts;
	int64_t last_access_ts; /* -1: never told */
	bool authenticated, protected;
};
void store_medium_clear(struct store_medium *m);
/* Not found is 0 with found == false. */
int store_medium_get(struct store *s, const struct store_name *name, struct store_medium *out, struct err *err);
/* Where its file stands; borrows from m. */
struct store_file store_medium_file(const struct store_medium *m);

/* ---- what comes in: first the file, then store_medium_put (order and locks: store/expire.h) ---------------- */

/* A user's uploads of the last `period` ms may have so many bytes; what previews fetch for him is not counted. */
struct store_quota {
	int64_t period, max_bytes;
};

struct store_upload {
	struct store_name name;	   /* origin NULL: an upload of ours */
	const char *filesystem_id; /* of another server's medium: its file */
	const char *type, *upload_name, *user, *sha256;
	int64_t bytes, now;
	bool authenticated;
	bool fill;	  /* ours: the id is reserved, by the same user, */
	int64_t lifetime; /* not longer ago than that */
	const struct store_quota *quota;
	size_t quotas;
	const struct store_thumb *thumb; /* beside the file already; data is not looked at */
	size_t thumbs;
};

struct store_outcome {
	bool quarantined; /* the row is: its content or name is quarantined or blocked (spec F.5); logged */
	bool doubt;	  /* of a failure: it may yet be there, so its files must stay (an orphan, if not) */
};

/* One transaction.  -1: no row, and the caller removes the files unless out->doubt; M_RESOURCE_LIMIT_EXCEEDED, and of a
 * reserved id M_NOT_FOUND (404), M_FORBIDDEN (403), M_CANNOT_OVERWRITE_MEDIA (409).  Of another server's medium that is
 * there already: ERR_DENIED. */
int store_medium_put(struct store *s, const struct store_upload *u, struct store_outcome *out, struct err *err);
/* Would its quotas allow it, and might its reserved id be filled?  To be asked before the file is kept. */
int store_quota_check(struct store *s, const struct store_upload *u, struct err *err);
int store_fill_check(struct store *s, const struct store_upload *u, struct err *err);
/* Who fills an id holds its lock; a file that stands under its name then is what is left of somebody who died. */
int store_fill_lock(struct store *s, const char *id, struct err *err); /* never waits: M_CANNOT_OVERWRITE_MEDIA */
void store_fill_unlock(struct store *s, const char *id);

/* An id before its content (MSC2246).  M_LIMIT_EXCEEDED with err->retry_after when max_pending of user's wait. */
struct store_reservation {
	const char *id, *user;
	int64_t now, lifetime, max_pending;
	bool authenticated;
};
int store_medium_reserve(struct store *s, const struct store_reservation *r, struct err *err);

/* The file of another server's medium, as m has it, is not there: its row goes, unless it is quarantined or was fetched
 * again meanwhile. */
int store_copy_lost(struct store *s, const struct store_medium *m, struct err *err);

/* ---- thumbnails ------------------------------------------------------------------------------------------- */

#define STORE_THUMBS_MAX 256 /* of one medium, that are looked at */
#define STORE_THUMB_SIDE_MAX 65535

struct store_thumb_row {
	uint32_t width, height;
	char *type, *method;
	int64_t bytes;
};
struct store_thumb_list {
	struct store_thumb_row *row;
	size_t n;
};
void store_thumb_list_clear(struct store_thumb_list *l);
int store_thumb_rows_get(struct store *s, const struct store_name *name, struct store_thumb_list *out, struct err *err);
/* Of thumbnails whose files are there, in a transaction of its own; ERR_NOTFOUND: the medium has gone meanwhile. */
int store_thumb_rows_put(struct store *s, const struct store_medium *m, const struct store_thumb *t, size_t n,
			 struct err *err);
/* Read-only fd or -1; another server's may have the old name without the method (spec A.9). */
int store_file_thumb_open(const struct store_blobs *b, const struct store_file *f, const struct store_thumb_row *t,
			  struct err *err);

/* Removes a file and its thumbnails; what is not there is nothing.  Its row must be gone, or never have been. */
void store_file_remove(const struct store_blobs *b, const struct store_file *f);

/* A mark beside the thumbnails: none can be made, or none that moves.  When it was set, in ms since the epoch, or -1. */
enum store_mark { STORE_MARK_NONE, STORE_MARK_STILL };
int store_thumb_mark(const struct store_blobs *b, const struct store_file *f, enum store_mark which, struct err *err);
int64_t store_thumb_marked(const struct store_blobs *b, const struct store_file *f, enum store_mark which);

/* ---- access times: a journal beside the database, folded in now and then (spec E.5) ------------------------ */

#define STORE_ACCESS "access.journal"
#define STORE_ACCESS_AGE 60000		   /* ms */
#define STORE_ACCESS_LARGE (256 * 1024)	   /* bytes */
#define STORE_ACCESS_MAX (4 * 1024 * 1024) /* bytes; what is looked at then, while nobody folds, is not noted */

/* Never fails: a look that cannot be noted is forgotten.  True: the journal is older than STORE_ACCESS_AGE or larger than
 * STORE_ACCESS_LARGE; whoever has the database should flush it. */
bool store_access_note(const struct store_blobs *b, const struct store_name *name, int64_t now);
/* Into last_access_ts, in one transaction; nothing if somebody else does.  Whoever chooses by age calls it before. */
int store_access_flush(struct store *s, const struct store_blobs *b, int64_t now, struct err *err);

#endif
