/* Who changed the state of which medium, when and why?  Written within the transaction of the change itself. */
#include "store/int.h"

#include <sqlite3.h>

const char *
store_change_name(enum store_change change)
{
	static const char *const name[] = {
	    [STORE_QUARANTINE] = "quarantine", [STORE_UNQUARANTINE] = "unquarantine",
	    [STORE_PROTECT] = "protect",       [STORE_UNPROTECT] = "unprotect",
	    [STORE_BLOCK] = "block",	       [STORE_UNBLOCK] = "unblock",
	    [STORE_DELETE] = "delete",
	};
	return name[change];
}

int
store_action(struct store *s, const char *verb, const char *by, const char *reason, int64_t now, int64_t *action_id,
	     struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_ACTION_PUT, err);
	if (stmt == NULL)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, now);
	store_bind(stmt, 2, verb);
	store_bind(stmt, 3, by);
	store_bind(stmt, 4, reason);
	if (store_run(s, stmt, "action", err) < 0)
		return -1;
	*action_id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int
store_action_count(struct store *s, int64_t action_id, int64_t n, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_ACTION_COUNT, err);
	if (stmt != NULL) {
		(void)sqlite3_bind_int64(stmt, 1, action_id);
		(void)sqlite3_bind_int64(stmt, 2, n);
	}
	return store_run(s, stmt, "action", err);
}

/* Can nobody have it after the change?  What is said to those who follow the stream of changes (spec F.8). */
static bool
unreachable(enum store_change change, const char *was)
{
	switch (change) {
	case STORE_QUARANTINE:
	case STORE_BLOCK:
		return true;
	case STORE_PROTECT:
	case STORE_UNPROTECT:
	case STORE_DELETE:
		return was != NULL;
	default:
		return false;
	}
}

int
store_log_was(struct store *s, int64_t action_id, const struct store_name *name, enum store_change change,
	      const struct store_was *was, const char *sha256, int64_t now, struct err *err)
{
	sqlite3_stmt *stmt = store_sql(s, SQL_LOG_PUT, err);
	if (stmt == NULL)
		return -1;
	store_bind(stmt, 1, name != NULL ? name->origin : NULL);
	store_bind(stmt, 2, name != NULL ? name->id : NULL);
	(void)sqlite3_bind_int(stmt, 3, unreachable(change, was->by));
	store_bind(stmt, 4, store_change_name(change));
	(void)sqlite3_bind_int64(stmt, 5, now);
	(void)sqlite3_bind_int64(stmt, 6, action_id);
	store_bind(stmt, 7, was->by);
	store_bind(stmt, 8, sha256);
	if (was->ts > 0)
		(void)sqlite3_bind_int64(stmt, 9, was->ts);
	store_bind(stmt, 10, was->reason);
	return store_run(s, stmt, "log", err);
}

int
store_log(struct store *s, int64_t action_id, const struct store_name *name, enum store_change change, const char *was,
	  const char *sha256, int64_t now, struct err *err)
{
	return store_log_was(s, action_id, name, change, &(struct store_was){.by = was}, sha256, now, err);
}

int
store_log_system(struct store *s, const char *verb, const struct store_name *name, const char *sha256, int64_t now,
		 struct err *err)
{
	int64_t action = 0;
	if (store_action(s, verb, STORE_SYSTEM, "its content is quarantined", now, &action, err) < 0)
		return -1;
	return store_log(s, action, name, STORE_QUARANTINE, NULL, sha256, now, err);
}
