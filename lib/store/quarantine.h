/* store, quarantine: what nobody may have, what may never come in, and who decided so (spec F.2, F.5, F.8). */
#ifndef STORE_QUARANTINE_H
#define STORE_QUARANTINE_H

#include "store/media.h"

/* What can happen to a medium.  Every real transition is logged once, in the transaction that makes it. */
enum store_change {
	STORE_QUARANTINE,
	STORE_UNQUARANTINE,
	STORE_PROTECT,
	STORE_UNPROTECT,
	STORE_BLOCK, /* of a name or a content, which need not have been seen yet */
	STORE_UNBLOCK,
	STORE_DELETE
};
const char *store_change_name(enum store_change change); /* "quarantine", … */

/* May this not come in?  Its name is blocked, or its content is blocked or quarantined in any copy.  name and sha256 may
 * be NULL: then they are not asked about. */
int store_blocked(struct store *s, const struct store_name *name, const char *sha256, bool *is, struct err *err);

#endif
