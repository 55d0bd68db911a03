/* gather: what events tell goes into the database, batch by batch. */
#ifndef CMD_GATHER_H
#define CMD_GATHER_H

#include "matrix/event.h"
#include "store/refs.h"

struct gather {
	struct store *store;
	const char *server_name; /* ours: only its users' names are kept */
	int64_t now;		 /* since when profiles are as they are */
	struct store_refs *batch;
	struct store_refs_new added;
	bool failed; /* err says how; what comes then is not kept */
	struct err err;
};
void gather_init(struct gather *g, struct store *s, const char *server_name, int64_t now);
struct matrix_told gather_told(struct gather *g);
/* A batch with room for one more. */
struct store_refs *gather_batch(struct gather *g);
void gather_flush(struct gather *g);
void gather_clear(struct gather *g); /* what was not flushed is lost */

#endif
