/* mxmedia-cgi: what its files promise each other. */
#ifndef CMD_MEDIA_WEB_H
#define CMD_MEDIA_WEB_H

#include "cmd/cgi.h"
#include "cmd/media-open.h"
#include "cmd/remote.h"
#include "cmd/who.h"

struct store_limit;
struct store_rates;
struct task;

/* ---- media-web-pool.c: work that takes longer than others may wait for it ------------------------------------- */

/* Whoever works has a store of his own; one thread at a time has it. */
struct context {
	struct media_cmd mc;
	struct remote remote;
	struct cmd *c;		   /* by whose rules */
	struct store_rates *rates; /* NULL: no limit */
	const char *address;	   /* of the client for whom another server is asked; NULL: nobody's */
	struct context *next;	   /* free ones */
};

int context_open(struct context *x, struct cmd *c, struct store_rates *rates, struct err *err);
void context_renew(struct context *x, struct cmd *c, struct store_rates *rates);
void context_close(struct context *x); /* also of one that could not be opened */

/* What needs the processor or the disk; what waits for other servers; what may be about all media there are. */
enum lane { LANE_WORK, LANE_FETCH, LANE_DECIDE, LANES };

struct job {
	struct job *next;
	void (*run)(struct job *job, struct context *x); /* anywhere; err: x could not be had, and is NULL */
	void (*done)(struct job *job);			 /* in the loop */
	struct context *with;				 /* it is to have this one, which stays its own; NULL: any */
	struct err err;
};

struct pool;
/* threads == false: everything is done at once, by whoever asks for it. */
struct pool *pool_new(struct cmd *c, struct store_rates *rates, bool threads, struct err *err);
void pool_renew(struct pool *p, struct cmd *c, struct store_rates *rates); /* for what is begun from now on */
int pool_watch(struct pool *p, struct cgi *g, struct err *err);		   /* the loop hears of what is done */
void pool_submit(struct pool *p, enum lane lane, struct job *job);
struct context *pool_take(struct pool *p, struct err *err);
void pool_give(struct pool *p, struct context *x); /* NULL is nothing */
void pool_free(struct pool *p);			   /* what was not begun is not done any more: err says so */

/* ---- media-web-task.c: a request on its way to its answer --------------------------------------------------------------------- */

/* 0: t->answer is there, initialised; -1: err says what is told instead. */
typedef int handle(struct context *x, struct task *t, struct err *err);

enum manner {
	BY_LOOP,  /* at once, if it does not take long: t->how.later says so */
	BY_WORK,  /* by the pool */
	BY_ADMIN, /* likewise, and it may take long */
	BY_BODY	  /* with the body of the request */
};

struct handler {
	handle *f;
	enum manner manner;
};

/* What the configuration said, once: it stays as long as the process, for threads may be in the midst of it. */
struct setting {
	struct cmd c;
	struct setting *before;
};

struct web {
	struct cmd c; /* the loop's */
	struct setting *setting;
	struct cgi_options o;
	struct cgi *cgi;
	struct who *who;
	struct store_rates *rates;
	struct pool *pool;
	struct context own;   /* the loop's */
	struct task *waits;   /* for uploads that were announced */
	struct task *uploads; /* that come in */
	bool resident;
	int64_t flushed; /* when access times were last folded in */
	struct job flush;
	bool flushing;
};

struct task {
	struct job job; /* first */
	struct web *web;
	const struct cmd *c; /* as it was when it was asked */
	struct store_rates *rates;
	struct cgi_request *q;
	const struct handler *handler;
	char *user; /* "@alice:example.org"; NULL: nobody asked */
	enum media_later later;
	bool at_once;	   /* what takes long is said in later */
	bool fetched;	   /* it was, or could not be */
	int64_t until;	   /* what is announced may come until then (cmd_clock) */
	int64_t next_look; /* … and is looked for then */
	struct task *next; /* that waits, or comes in */
	struct web_answer answer;
	bool answered;

	struct context *mine; /* of an upload */
	struct media_upload *upload;
	char *name;
	bool busy; /* the pool has it */
};

const char *task_value(const struct task *t, const char *name); /* of the path; NULL: none of that name */
/* The medium {server}/{id} of the path, borrowed.  400: no such server can be; 404: no such medium. */
int task_name(const struct task *t, struct store_name *name, struct err *err);
#define TASK_TEXT_MAX ((size_t)64 * 1024 * 1024)		   /* bytes of a list */
int task_text(struct task *t, struct buf *take, struct err *err);  /* 200, as JSON; -1: it was too long */
int task_json(struct task *t, struct json *take, struct err *err); /* 200 */
int task_ask_rate(const struct task *t, const char *what, const struct store_limit *limit, struct err *err);

void task_go(struct task *t);			      /* when it is known who asks */
void task_end(struct task *t, const struct err *err); /* answers, NULL: with t->answer; and frees it */

int task_patience(const struct web *w, int timeout); /* ms until somebody wants to look again; -1: nobody */
void task_look_again(struct web *w);

/* ---- media-web-fetch.c -------------------------------------------------------------------------------------------------- */

/* The fetch of struct media; the argument is a struct context. */
int media_web_bring(void *context, const struct store_name *name, int64_t timeout_ms, struct err *err);

/* ---- media-web-serve.c --------------------------------------------------------------------------------------------- */

handle media_web_download, media_web_thumbnail, media_web_identicon, media_web_config;
/* Another server's medium is brought; nothing of it is handed out. */
handle media_web_fetch;
/* Is something asked for that only an admin may have? */
int media_web_bypass(const struct web_request *r, bool *is, struct err *err);

/* ---- media-web-upload.c --------------------------------------------------------------------------------------------- */

handle media_web_create;
void media_web_upload(struct task *t); /* from its head on */
void media_web_body(struct task *t, const void *p, size_t n);
void media_web_ended(struct task *t, bool complete);
void media_web_gone(struct task *t);
void media_web_upload_over(struct task *t); /* of any task */

/* ---- the admin API: media-web-admin.c, media-web-delete.c, media-web-list.c ------------------------------------ */

handle media_web_info, media_web_quarantine, media_web_unquarantine, media_web_protect, media_web_unprotect;
handle media_web_quarantine_room, media_web_quarantine_user, media_web_changes;
const char *media_web_by(const struct task *t); /* who is asking */

handle media_web_delete, media_web_delete_due, media_web_purge, media_web_delete_user;

handle media_web_room, media_web_list, media_web_users, media_web_sheet;
struct media_list;
int media_web_read_list(struct context *x, const struct task *t, struct media_list *q, struct err *err);
void media_web_add(struct buf *list, const char *s); /* as JSON, after a comma if it is not the first */

#endif
