/* cmd, expire: what the verbs of mxmedia-expire share. */
#ifndef CMD_EXPIRE_H
#define CMD_EXPIRE_H

#include "cmd/cmd.h"
#include "store/expire.h"
#include "store/store.h"

/* Ids of a user's media that are held in memory; lines of standard input; how many of those are one piece of work. */
enum { EXPIRE_PAGE_MAX = 100000, EXPIRE_LINE_MAX = 1024, EXPIRE_PAGE = 100, EXPIRE_NAMES = STORE_EXPIRE_BATCH };

#define EXPIRE_SWEEP_EVERY (24 * 3600 * (int64_t)1000) /* ms */

struct json;
struct expire {
	struct cmd c;
	struct store *store;
	struct store_blobs blobs;
	int lock; /* one expiry at a time */
	struct store_expiry e;
	char **operands;
	const char *server_name, *dir;
	int64_t before, size, keep, grace; /* -1: not said */
	struct store_user_page page;
	bool avatars_go, unreferenced, uploads, rows, nowait;
	bool listing, listed; /* "deleted_media" is open; has something in it */
	int status;	      /* of what went wrong without ending the run */
};

void expire_init(struct expire *a);
/* Store, lock, and what a full disk needs. */
int expire_open(struct expire *a, struct err *err);
/* A verb, with what goes before and after it; the exit status. */
int expire_run(struct expire *a, int (*verb)(struct expire *a, struct err *err));

int expire_all(struct expire *a, struct err *err);
int expire_previews(struct expire *a, struct err *err);
int expire_retention(struct expire *a, struct err *err);
int expire_budget(struct expire *a, struct err *err);
int expire_local(struct expire *a, struct err *err);
int expire_remote(struct expire *a, struct err *err);
int expire_user(struct expire *a, struct err *err);
int expire_delete(struct expire *a, struct err *err);
int expire_orphans(struct expire *a, struct err *err);
/* A part of the work, counted from nothing; by: who does it, unless somebody said. */
void expire_begin(struct expire *a, const char *verb, const char *by);
void expire_failed(struct expire *a, const struct err *err, const char *part);
struct json *expire_sweep(struct expire *a, struct err *err);
bool expire_sweep_due(struct expire *a); /* once a day */

/* ---- expire-tell.c: what is printed ---------------------------------------------------------------------- */

void expire_told(void *arg, const struct store_gone *g);
void expire_print(struct json *take);
void expire_list_open(struct expire *a);  /* {"deleted_media":[ … */
void expire_list_close(struct expire *a); /* … ],"total":N} */
struct json *expire_counts(const struct expire *a,
			   const char *const key[STORE_GONE_KINDS]); /* the chosen kinds, and bytes */

#endif
