/* media, inside: what its files promise each other. */
#ifndef MEDIA_INT_H
#define MEDIA_INT_H

#include "media/media.h"

/* ---- child.c ---- */

struct media_child {
	char *const *argv;
	int in;		 /* its standard input */
	int64_t timeout; /* ms; then it is killed */
};
/* Everything that it writes, up to out->max.  -1: it failed, took too long, or wrote too much. */
int media_child_run(const struct media *m, const struct media_child *c, struct buf *out, struct err *err);

/* ---- make.c: thumbnails, made by a process that has no database ---- */

#define MEDIA_MADE_MAX 8

struct media_made {
	struct buf data; /* of all of them */
	struct store_thumb thumb[MEDIA_MADE_MAX];
	size_t n;
};
void media_made_clear(struct media_made *made);
/* The standard set. */
int media_make_set(const struct media *m, int picture, struct media_made *made, struct err *err);
/* One, listed under the size that was asked for (as the reference server does); type NULL: what fits. */
int media_make_one(const struct media *m, int picture, const struct media_want *want, const char *type,
		   struct media_made *made, struct err *err);

/* ---- serve.c ---- */

/* The row, waiting for what is on its way; not what is quarantined, unless how->unsafe. */
int media_find(const struct media *m, const struct store_name *name, const struct media_how *how,
	       struct store_medium *out, struct err *err);
int media_refused(struct err *err);							/* M_NOT_FOUND */
int media_not_now(const struct media_how *how, enum media_later what, struct err *err); /* how->later is not NULL */
/* Somebody looked at it; what he looks at in order to judge it is not used. */
void media_used(const struct media *m, const struct media_how *how, const struct store_medium *medium);

#endif
