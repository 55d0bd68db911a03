/* store, inside: whose is a file? */
#ifndef STORE_ORPHANS_H
#define STORE_ORPHANS_H

#include "store/remove.h"

/* A file by its place: the directories above it, below a folder of the store. */
struct store_place_of {
	enum store_file_kind kind;
	const char *const *part;
	size_t parts;
	bool thumb; /* the last directory is the medium's */
};
/* Could the store have put a file of that name there? */
bool store_owner_place(const struct store_place_of *at, const char *name);

/* The medium of a file, or of a directory of thumbnails. */
struct store_owner {
	char *media_id; /* NULL: there is none */
	struct store_thumb_list thumbs;
};
void store_owner_clear(struct store_owner *o);
/* name: of a file; NULL: of thumbnails, whose rows are read, too. */
int store_owner_find(struct store *s, const struct store_place_of *at, const char *name, struct store_owner *o,
		     struct err *err);
bool store_owner_has(const struct store_owner *o, const char *thumb);

/* ---- orphans_loose.c ---- */

int store_loose_rows(struct store_inspection *in, struct err *err);
int store_check_log(struct store_inspection *in, struct err *err);

#endif
