/* mxmedia-quarantine: which media are meant, what is done with them, what is shown of them. */
#ifndef CMD_QUARANTINE_H
#define CMD_QUARANTINE_H

#include "cmd/cmd.h"
#include "store/quarantine.h"

#define QUARANTINE_LIMIT 100 /* items of a page, as the admin API gives them */

/* What the command line says; strings are borrowed from it. */
struct quarantine {
	struct cmd c;
	struct store *store;
	struct store_blobs blobs;
	const char *verb, *by, *reason, *server_name;
	const char *room, *user; /* who is meant; NULL: media are named */
	const char **hashes;	 /* --sha256 */
	size_t n_hashes;
	char **operands; /* NULL-terminated; none: standard input */
	const char *from;
	int64_t limit, since;
	bool dry, referenced, all, last, quarantined;
};

/* ---- quarantine-names.c: which media are meant?  Batch by batch. ---------------------------------------------- */

struct quarantine_batch {
	struct store_item item[STORE_QUARANTINE_BATCH]; /* its strings are owned */
	size_t n;
	int64_t bad; /* operands or lines that were not understood, of all batches: told already */
};
/* All of them to f, which changes what it likes of the items; at a pause of standard input what is there.  0 from f: go
 * on.  -1: f has failed, or reading did. */
typedef int quarantine_batch_use(void *arg, struct quarantine_batch *b, struct err *err);
int quarantine_names(const struct quarantine *a, enum store_change change, quarantine_batch_use *f, void *arg,
		     struct err *err);
void quarantine_batch_clear(struct quarantine_batch *b);
/* One name: "mxc://server/id", or an id of ours.  Into item, whose strings are then owned. */
int quarantine_name(const struct quarantine *a, const char *text, struct store_item *item, struct err *err);
/* Hex, or base64 with or without padding: 64 small hex digits. */
int quarantine_hash(const char *text, char out[HASH_HEX_LEN + 1]);

/* ---- what the verbs do: the exit status ----------------------------------------------------------------------- */

int quarantine_change(struct quarantine *a, enum store_change change); /* add, remove, protect, … */
int quarantine_undo(struct quarantine *a);
int quarantine_export(struct quarantine *a);
int quarantine_import(struct quarantine *a);
int quarantine_list(struct quarantine *a);
int quarantine_show(struct quarantine *a);
int quarantine_room(struct quarantine *a);
int quarantine_user(struct quarantine *a);
int quarantine_changes(struct quarantine *a);
int quarantine_sheet(struct quarantine *a);

/* One line of JSON; takes it.  The exit status. */
int quarantine_print(const struct quarantine *a, struct json *take);
/* {"num_quarantined":N, …}: the first always, what else was changed if it was, and the action. */
struct json *quarantine_counts(const int64_t n[STORE_CHANGES], enum store_change first, int64_t action, bool dry);

#endif
