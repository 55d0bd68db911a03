/* store, the foreign database, inside: how its tables look, and what is open. */
#ifndef STORE_SOURCE_H
#define STORE_SOURCE_H

#include "store/import.h"
#include "store/int.h"

enum store_source_cell { STORE_SOURCE_END, STORE_SOURCE_TEXT, STORE_SOURCE_NUMBER };
struct store_source_form {
	const char *name;
	struct {
		const char *name;
		enum store_source_cell type;
	} column[STORE_SOURCE_CELLS + 1];
};
extern const struct store_source_form store_source_form[STORE_SOURCE_TABLES];

/* One for each table, and two for thumbnails. */
enum { STORE_SOURCE_THUMBS = STORE_SOURCE_TABLES, STORE_SOURCE_REMOTE_THUMBS, STORE_SOURCE_STATEMENTS };

struct store_source {
	struct sqlite3 *db;
	bool has[STORE_SOURCE_STATEMENTS];
	struct sqlite3_stmt *stmt[STORE_SOURCE_STATEMENTS];
};

int store_source_err(struct store_source *src, const char *what, struct err *err);

#endif
