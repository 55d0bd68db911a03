/* store, inside: how a medium goes. */
#ifndef STORE_REMOVE_H
#define STORE_REMOVE_H

#include "store/expire.h"
#include "store/int.h"

/* Within a transaction: its row, its thumbnails' rows, and the previews and pictures that name it. */
int store_remove_rows(struct store *s, const struct store_medium *m, struct err *err);
int store_thumb_bytes(struct store *s, const struct store_medium *m, int64_t *bytes, struct err *err);

/* After the commit: files and thumbnails, one medium after the other; directories that get empty go too.  What is not
 * there is nothing. */
struct store_removal {
	const struct store_blobs *blobs;
	struct store_recent dir[2]; /* of the last file, of the last thumbnails */
};
void store_removal_begin(struct store_removal *r, const struct store_blobs *b);
int store_removal_file(struct store_removal *r, const struct store_file *f, struct err *err);
void store_removal_end(struct store_removal *r);

/* ---- orphans.c ---- */

#define STORE_RESERVE_NEW ".tmp-reserve-" /* and a number: a reserve that is being made */
void store_flaw_tell(struct store_inspection *in, const struct store_finding *f);

/* ---- shadow.c: a dry run no longer sees what it has told ---- */

int store_shadow_begin(struct store *s, struct err *err); /* unless it has begun */
int store_shadow_end(struct store *s, struct err *err);	  /* all is seen again */
int store_shadow_medium(struct store *s, const char *origin, const char *media_id, struct err *err);
int store_shadow_preview(struct store *s, int64_t row, struct err *err);

/* ---- expire.c: batch by batch ---- */

struct store_batch {
	char *key[STORE_EXPIRE_BATCH]; /* URLs of previews and failures, tokens */
	int64_t row[STORE_EXPIRE_BATCH];
	size_t keys;
	struct store_medium m[STORE_EXPIRE_BATCH];
	size_t n;
	size_t read;  /* rows that the query gave */
	char **along; /* URLs of previews that went with a medium */
	size_t alongs;
};

/* Where a run stands in its order: those after (order, id or row), before an end. */
struct store_cursor {
	int64_t after, before, row;
	char *id; /* owned; NULL: by row */
};

struct store_pass {
	struct store_expiry *e;
	enum sql which, drop;	   /* drop: of keys */
	enum store_gone_kind kind; /* of keys */
	struct store_cursor at;
	void (*bind)(struct sqlite3_stmt *stmt, const struct store_pass *p); /* from ?5; may be NULL */
	int (*fill)(struct store_pass *p, struct store_batch *b, struct err *err);
	int (*drop_keys)(struct store_pass *p, const struct store_batch *b, struct err *err); /* may be NULL */
	bool (*done)(struct store_pass *p, const struct store_batch *b); /* after a batch; NULL: at the end only */
	const void *arg;
	int64_t left; /* of a budget */
};
/* Until nothing is left, or stop.  Clears the cursor. */
int store_pass_run(struct store_pass *p, struct err *err);
struct sqlite3_stmt *store_pass_query(struct store_pass *p, struct err *err); /* with ?1 to ?4 and what bind says */
int store_pass_media(struct store_pass *p, struct store_batch *b, struct err *err); /* a fill: media and their order */

#endif
