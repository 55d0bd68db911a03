/* What if the file of a copy has vanished?  Its row goes, so that the copy can be fetched again (it is another server's). */
#include "store/remove.h"

static int
drop(struct store *s, const struct store_medium *m, struct err *err)
{
	struct store_name name = {m->origin, m->media_id};
	struct store_medium now;
	int rc = store_medium_get(s, &name, &now, err);
	/* what was fetched again meanwhile stays, and so does whatever somebody has decided about */
	if (rc == 0 && now.found && now.quarantined_by == NULL && str_eq(now.filesystem_id, m->filesystem_id))
		rc = store_remove_rows(s, &now, err);
	store_medium_clear(&now);
	return rc;
}

int
store_copy_lost(struct store *s, const struct store_medium *m, struct err *err)
{
	if (m->origin == NULL)
		return err_set(err, ERR_BUG, "an upload is no copy");
	if (store_write_begin(s, STORE_SYNC_FULL, err) < 0)
		return -1;
	return store_write_end(s, drop(s, m, err), err);
}
