/* store, quarantine: what nobody may have, what may never come in, and who decided so (spec F.2, F.5, F.8). */
#ifndef STORE_QUARANTINE_H
#define STORE_QUARANTINE_H

#include "store/media.h"

/* What can happen to a medium.  Every real transition is logged once, in the transaction that makes it. */
enum store_change {
	STORE_QUARANTINE,
	STORE_UNQUARANTINE,
	STORE_PROTECT,
	STORE_UNPROTECT,
	STORE_BLOCK, /* of a name or a content, which need not have been seen yet */
	STORE_UNBLOCK,
	STORE_DELETE,
	STORE_CHANGES
};
const char *store_change_name(enum store_change change); /* "quarantine", … */

/* May this not come in?  Its name is blocked, or its content is blocked or quarantined in any copy.  name and sha256 may
 * be NULL: then they are not asked about. */
int store_blocked(struct store *s, const struct store_name *name, const char *sha256, bool *is, struct err *err);

/* ---- quarantine.c: somebody decides ------------------------------------------------------------------------- */

/* One action in the log, over as many batches as it takes.  Borrowed. */
struct store_act {
	const char *verb, *by, *reason; /* reason may be NULL */
	int64_t now;
	bool dry; /* nothing is changed: what would be is counted, each once */
};

enum store_fate {
	STORE_CHANGED, /* it, or a copy of it */
	STORE_ALREADY, /* it is so already */
	STORE_UNKNOWN, /* no such medium or content is here, nor a block of it */
	STORE_KEPT,    /* it is protected; its copies are not */
	STORE_NOT_OURS /* only our own media can be protected */
};

/* A medium, or with name.id == NULL a content.  What is said of a block may differ from what is said of the action. */
struct store_item {
	struct store_name name;
	const char *sha256; /* 64 hex digits, small */
	const char *block_by, *block_reason;
	int64_t block_ts;
	enum store_fate fate; /* set */
};

struct store_tally {
	int64_t n[STORE_CHANGES]; /* real transitions */
	int64_t action;		  /* its id; 0: nothing was changed */
};

struct store_quarantine;
#define STORE_QUARANTINE_BATCH 500 /* names in one transaction; what follows by content is not counted in */

struct store_quarantine *store_quarantine_new(struct store *s, const struct store_act *act, struct err *err);
void store_quarantine_free(struct store_quarantine *q);
/* One transaction, fully synced.  QUARANTINE follows contents and respects protection, UNQUARANTINE does not, and lifts
 * blocks too; BLOCK quarantines what is here already.  n <= STORE_QUARANTINE_BATCH. */
int store_quarantine_apply(struct store_quarantine *q, enum store_change change, struct store_item *items, size_t n,
			   struct err *err);
const struct store_tally *store_quarantine_tally(const struct store_quarantine *q);

/* What is blocked, by name or (name NULL) by content. */
struct store_block {
	bool found;
	int64_t ts;
	char *by, *reason; /* owned; may be NULL */
};
void store_block_clear(struct store_block *b);
int store_block_get(struct store *s, const struct store_name *name, const char *sha256, struct store_block *out,
		    struct err *err);

/* ---- undo.c ------------------------------------------------------------------------------------------------- */

struct store_action_row {
	int64_t id, ts;		   /* id 0: there is none */
	int64_t undoes, undone_by; /* 0: nothing, nobody */
	char *verb, *by, *reason;  /* owned */
};
void store_action_clear(struct store_action_row *a);
int store_action_get(struct store *s, int64_t id, struct store_action_row *out, struct err *err);
/* The last one of somebody that can be undone and is neither undone nor an undoing. */
int store_action_last(struct store *s, const char *by, struct store_action_row *out, struct err *err);

/* A row of the log, with its action. */
struct store_logged {
	int64_t stream_id, action, ts, was_ts;
	enum store_change change;
	bool quarantined;		  /* nobody could have it after the change */
	char *origin, *media_id, *sha256; /* owned, as all; media_id NULL: a content; origin NULL: ours */
	char *was, *was_reason;		  /* quarantined_by, or who had blocked it and why, before */
	char *verb, *by, *reason;	  /* of the action */
};
typedef void store_logged_row(void *arg, const struct store_logged *row);

struct store_undone {
	int64_t n[STORE_CHANGES]; /* what was done to put things back */
	int64_t left;		  /* rows that were left as they are */
	int64_t action;		  /* the undoing's own; 0 in a dry run */
};
typedef void store_left(void *arg, const struct store_logged *row, const char *why);
struct store_undo;
struct store_undo *store_undo_new(struct store *s, const struct store_act *act, int64_t action, store_left *left,
				  void *arg);
void store_undo_free(struct store_undo *u);
int store_undo_step(struct store_undo *u, bool *more, struct err *err); /* a batch; may be stopped after each */
const struct store_undone *store_undo_done(const struct store_undo *u);

/* ---- quarantine_list.c, quarantine_pick.c: pages ----------------------------------------------------------------- */

#define STORE_PAGE_MAX 1000

int store_changes_position(struct store *s, int64_t *highest, struct err *err);
/* Those after from, in their order; the newest of one medium. */
int store_changes(struct store *s, int64_t from, size_t limit, store_logged_row *f, void *arg, struct err *err);
int store_changes_of(struct store *s, const struct store_name *name, size_t limit, store_logged_row *f, void *arg,
		     struct err *err);

/* The quarantined media after a name ({NULL, ""}: from the beginning): ours by id, then those of others by origin and id.
 * m is the caller's, for max rows, and cleared with store_media_clear. */
int store_quarantined(struct store *s, const struct store_name *after, struct store_medium *m, size_t max, size_t *n,
		      struct err *err);
void store_media_clear(struct store_medium *m, size_t n);

/* The uploads of a user of ours, and what was fetched for his previews, newest first.  f may write to the store; it
 * returns 0 to go on, else to stop. */
enum store_picking { STORE_PICK_ALL, STORE_PICK_OPEN, STORE_PICK_QUARANTINED };
typedef int store_picked(void *arg, const struct store_name *name);
int store_pick_user(struct store *s, const char *user, enum store_picking which, store_picked *f, void *arg,
		    struct err *err);
/* Uploads that were put or handed out since, the last first. */
int store_pick_since(struct store *s, int64_t since, store_picked *f, void *arg, struct err *err);

/* ---- refused.c ---------------------------------------------------------------------------------------------- */

/* A content that may not come in: blocked, or in quarantine.  Borrowed; reason and by may be NULL. */
struct store_refused {
	const char *sha256, *reason, *by;
	int64_t ts; /* 0: not known */
};
typedef int store_refused_row(void *arg, const struct store_refused *r);		   /* 0 to go on */
int store_refused_each(struct store *s, store_refused_row *f, void *arg, struct err *err); /* by hash, each once */

#endif
