/* mxpreview-cache, looking through: which rows are meant, and what is done with them. */
#ifndef CMD_CACHE_LOOK_H
#define CMD_CACHE_LOOK_H

#include "cmd/cmd.h"

struct store;

struct cache_look {
	const struct cmd *c;
	struct store *store;
	const char *host; /* filters: NULL and 0 let everything pass */
	int64_t before;	  /* ms since the epoch */
	bool failures;	  /* list them instead of previews */
	bool table;	  /* for people; else JSON */
	int64_t shown;
	/* inside */
	int64_t only;	   /* while rows of one URL are shown, that of this time */
	struct err broken; /* what ended the look before its end */
};

bool cache_filtered(const struct cache_look *a);
int cache_look(struct cache_look *a, const char *verb, struct err *err); /* list, stat, show, forget: all that pass */
/* show or forget, URL by URL; the exit status. */
int cache_each_url(struct cache_look *a, const char *verb, char **urls);

#endif
