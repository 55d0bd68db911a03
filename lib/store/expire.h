/* store, what goes: locks of those who sweep, what is due, orphans, the reserve for a full disk (spec A.10, E.5, F.6). */
#ifndef STORE_EXPIRE_H
#define STORE_EXPIRE_H

#include <signal.h>

#include "store/media.h"

/* ---- sweep: is a file without a row an orphan, or is its row about to come?  Links no database ----------------- */

/* Who puts a file and then its row holds the lock SHARED from before the first temp file until the row is committed, or
 * both are given up.  Who removes files that have no row holds it EXCLUSIVE while it looks and removes: then no row is
 * about to come.  The kernel frees it when its holder dies.  *fd is the hold, -1 before; STORE_SWEEP_EXCLUSIVE waits a
 * bounded time for uploads that run, never keeps new ones waiting for long, and gives up with ERR_BUSY; SHARED waits. */
enum store_sweep { STORE_SWEEP_SHARED, STORE_SWEEP_EXCLUSIVE };
int store_sweep_lock(const struct store_blobs *b, enum store_sweep how, int *fd, struct err *err);
/* One expiry at a time: ERR_BUSY if another one runs and wait is false. */
int store_expire_lock(const struct store_blobs *b, bool wait, int *fd, struct err *err);
void store_sweep_unlock(int *fd); /* of either; -1 is nothing */

/* ---- reserve: space for those who delete when there is none left.  Links no database ------------------------------- */

int store_reserve_make(const struct store_blobs *b, struct err *err); /* if it is not there, or not whole */
bool store_reserve_drop(const struct store_blobs *b);		      /* false: there was none */
int64_t store_space(const struct store_blobs *b); /* bytes that are free; INT64_MAX if that cannot be found out */
/* Is there so little space that a database cannot be written? */
bool store_space_out(const struct store_blobs *b);
/* Where blocks are smaller than SQLite's pages of shared memory, a full disk ends every reader and writer with SIGBUS. */
bool store_blocks_small(const struct store_blobs *b);

/* ---- expiry ----------------------------------------------------------------------------------------------------- */

/* What has gone, or would go. */
enum store_gone_kind {
	STORE_GONE_PREVIEW,
	STORE_GONE_FAILURE,
	STORE_GONE_TOKEN,
	STORE_GONE_RESERVED, /* an id that nobody filled */
	STORE_GONE_FETCHED,  /* a medium of a preview */
	STORE_GONE_LOCAL,
	STORE_GONE_REMOTE,
	STORE_GONE_KINDS
};
struct store_gone {
	enum store_gone_kind kind;
	const char *url;	      /* of previews and failures */
	const struct store_medium *m; /* of the last four */
};

/* One run.  Rows go in transactions of STORE_EXPIRE_BATCH that others queue between, then the files of the batch; a
 * crash between leaves files that store_orphans finds.  Every quarantine outlives its row. */
enum { STORE_EXPIRE_BATCH = 256 };
struct store_expiry {
	struct store *store;
	const struct store_blobs *blobs;
	int64_t now;
	bool dry; /* told, and not done; the store then hides what was told from whoever asks on */
	const char *verb, *by, *reason;			     /* for the log */
	const volatile sig_atomic_t *stop;		     /* ends the run between two batches */
	void (*told)(void *arg, const struct store_gone *g); /* after the commit; may be NULL */
	void *arg;

	int64_t n[STORE_GONE_KINDS], bytes; /* so many; bytes with thumbnails */
	struct err file;		    /* the first file that could not be removed; the sweep finds it */
	int64_t action;			    /* the log's row; 0: nothing was logged yet */
	bool fresh;			    /* a picture went that previews may still show: store_expire_along */
	int64_t fresh_ts;		    /* … those used since then */
};

/* Previews whose time is over by now, the pages that they were read from, failures that are over for failure_kept ms,
 * tokens, and media of previews that were not used for kept ms and that no preview or picture names. */
int store_expire_previews(struct store_expiry *e, int64_t kept, int64_t failure_kept, struct err *err);

/* Media that were not used since before and that are larger than size, neither quarantined nor protected (spec F.6). */
#define STORE_BEFORE_MIN 30000000000 /* an earlier time is one in seconds: it would be in 1970 */
struct store_due {
	int64_t before, size;
	const char *server_name; /* ours; NULL: avatars are not kept */
	bool unreferenced;	 /* only what no event names; needs server_name */
};
int store_expire_local(struct store_expiry *e, const struct store_due *due, struct err *err);	/* fetched ones, too */
int store_expire_uploads(struct store_expiry *e, const struct store_due *due, struct err *err); /* without them */
int store_expire_remote(struct store_expiry *e, int64_t before, struct err *err);
int store_expire_reserved(struct store_expiry *e, int64_t before, struct err *err);
/* What was not used for longest until at most keep bytes are left; *left: what is, which is more if the rest is kept. */
struct store_budget {
	int64_t keep;
	bool fetched, remote;
	const char *local; /* our server's name: uploads too; NULL: none */
};
int store_expire_budget(struct store_expiry *e, const struct store_budget *want, int64_t *left, struct err *err);
/* By name, whatever their state; found (n of them) says which were there. */
int store_expire_names(struct store_expiry *e, const struct store_name *name, size_t n, bool *found, struct err *err);
/* The ids of a page of what somebody of ours has uploaded, and of previews (spec F.7); id has room for limit. */
struct store_user_page {
	const char *user, *order; /* the column */
	int64_t from, limit;
	bool backwards;
};
int store_expire_user(struct store *s, const struct store_user_page *page, char **id, size_t *n, struct err *err);
/* Previews that show a picture which is gone. */
int store_expire_bare(struct store_expiry *e, struct err *err);
/* … after pictures went that were in use (e->fresh); what goes is told and counted with the rest. */
int store_expire_along(struct store_expiry *e, struct err *err);

/* ---- orphans: files and rows that do not find each other ---------------------------------------------------------- */

enum store_flaw {
	STORE_FLAW_FILE,	/* a file without a row */
	STORE_FLAW_LEFTOVER,	/* a temp file whose writer is gone */
	STORE_FLAW_THUMB_FILE,	/* a thumbnail without a row */
	STORE_FLAW_OLDER,	/* a file without a row that is older than the database; never touched */
	STORE_FLAW_UNKNOWN,	/* a file that is not the store's; never touched */
	STORE_FLAW_NO_FILE,	/* a row without its file; uploads and what is quarantined keep it */
	STORE_FLAW_LENGTH,	/* a file of another length than its row says */
	STORE_FLAW_CONTENT,	/* of another hash */
	STORE_FLAW_NO_THUMB,	/* a thumbnail's row without its file */
	STORE_FLAW_THUMB_ROW,	/* thumbnails' rows without a medium */
	STORE_FLAW_PICTURE_ROW, /* a shared picture without a medium */
	STORE_FLAW_PREVIEW_ROW, /* a preview of a page that is gone */
	STORE_FLAW_BARE,	/* a preview that shows a picture that is gone */
	STORE_FLAW_UNLOGGED,	/* quarantined, and the log does not know */
	STORE_FLAW_MODE,	/* everybody may read it */
	STORE_FLAW_DATABASE,	/* the database says so itself */
	STORE_FLAWS
};
struct store_finding {
	enum store_flaw flaw;
	const char *path, *text;       /* may be NULL */
	const struct store_name *name; /* may be NULL */
	int64_t bytes;		       /* -1: not said */
	bool mended;
};
struct store_inspection {
	struct store_expiry *e; /* dry: nothing is mended */
	int64_t grace;		/* ms that a file must be old, by both its times */
	int64_t made;		/* when the database was: set by store_orphans_files */
	bool rows;		/* uploads whose file is gone lose their row */
	/* is the content of the file that row's?  NULL: only its length is looked at */
	bool (*sound)(int fd, const struct store_medium *m);
	void (*found)(void *arg, const struct store_finding *f);
	void *arg;
	int64_t files, media, dirs, n[STORE_FLAWS], mended[STORE_FLAWS], bytes; /* looked at; removed; found; freed */
};
int store_orphans_files(struct store_inspection *in, struct err *err);
int store_orphans_rows(struct store_inspection *in, struct err *err);
/* The rest of a check: the database itself, the log, who may read it. */
int store_check_database(struct store_inspection *in, struct err *err);
/* When a job was last done, by its name; 0: never. */
int store_done_get(struct store *s, const char *job, int64_t *ts, struct err *err);
int store_done_set(struct store *s, const char *job, int64_t ts, struct err *err);

#endif
