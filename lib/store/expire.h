/* store, what goes: locks of those who sweep, what is due, orphans, the reserve for a full disk (spec A.10, E.5, F.6). */
#ifndef STORE_EXPIRE_H
#define STORE_EXPIRE_H

#include "store/media.h"

/* ---- sweep: is a file without a row an orphan, or is its row about to come?  Links no database ----------------- */

/* Who puts a file and then its row holds the lock SHARED from before the first temp file until the row is committed, or
 * both are given up.  Who removes files that have no row holds it EXCLUSIVE while it looks and removes: then no row is
 * about to come.  The kernel frees it when its holder dies.  *fd is the hold, -1 before; STORE_SWEEP_EXCLUSIVE waits a
 * bounded time for uploads that run, never keeps new ones waiting for long, and gives up with ERR_BUSY; SHARED waits. */
enum store_sweep { STORE_SWEEP_SHARED, STORE_SWEEP_EXCLUSIVE };
int store_sweep_lock(const struct store_blobs *b, enum store_sweep how, int *fd, struct err *err);
/* One expiry at a time: ERR_BUSY if another one runs and wait is false. */
int store_expire_lock(const struct store_blobs *b, bool wait, int *fd, struct err *err);
void store_sweep_unlock(int *fd); /* of either; -1 is nothing */

#endif
