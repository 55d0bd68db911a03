/* How is the state of one medium set?  Not whether: that is quarantine.c's and undo.c's business. */
#include "store/int.h"

#include <sqlite3.h>

int
store_medium_mark(struct store *s, const struct store_name *name, enum store_change change, const char *by,
		  struct err *err)
{
	bool protection = change == STORE_PROTECT || change == STORE_UNPROTECT;
	enum sql which = protection ? SQL_PROTECT_LOCAL : name->origin == NULL ? SQL_MARK_LOCAL : SQL_MARK_REMOTE;
	sqlite3_stmt *stmt = store_sql(s, which, err);
	if (stmt == NULL)
		return -1;
	if (which == SQL_MARK_REMOTE)
		store_bind(stmt, 1, name->origin);
	store_bind(stmt, 2, name->id);
	if (protection)
		(void)sqlite3_bind_int(stmt, 3, change == STORE_PROTECT);
	else
		store_bind(stmt, 3, change == STORE_QUARANTINE ? by : NULL);
	return store_run(s, stmt, "quarantine", err);
}
