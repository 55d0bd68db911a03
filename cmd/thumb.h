/* thumb: what the parts of mxpreview-thumb share. */
#ifndef CMD_THUMB_H
#define CMD_THUMB_H

#include "cmd/cmd.h"
#include "image/image.h"
#include "store/store.h"

enum thumb_mode {
	THUMB_RECORDS = 0, /* records, a filter */
	THUMB_ONE,	   /* -s: one thumbnail of one picture */
	THUMB_SET,	   /* --set: the five */
	THUMB_HASH,	   /* --blurhash: what stands for it until it comes */
	THUMB_NAME	   /* --identicon: no picture at all */
};

struct thumb {
	struct cmd c;
	struct image_limits limits;
	enum thumb_mode mode;
	struct image_size size;
	enum image_format as;
	bool animated;
	const char *name;		 /* --identicon */
	const char *file, *output, *dir; /* NULL: standard input, standard output, "." */
	int64_t jobs;			 /* records: processes; 0: this one */
	int in, out, dirfd;		 /* not records; out: an output that is no regular file */
	struct store_blobs blobs;	 /* records */
};

/* ---- document mode (thumb-document.c) ---- */

int thumb_document_open(struct thumb *t, struct err *err);
int thumb_document_close_in(const struct thumb *t, struct err *err);
int thumb_document(const struct thumb *t, struct err *err);
void thumb_document_close(struct thumb *t);

/* ---- workers (thumb-workers.c) ---- */

#define THUMB_JOBS_MAX 64

/* Records from standard input, each given to one of t->jobs processes that run work(t), which reads records from its
 * standard input and returns an exit status.  One that needs more than max_image_cpu for a picture is killed.  The exit
 * status. */
int thumb_workers(struct thumb *t, int (*work)(struct thumb *t));

#endif
