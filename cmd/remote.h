/* remote: media of other homeservers come into the store.  mxpreview-fetch alone goes there; who signs, keeps and decides
 * is here, and sees no byte of what comes. */
#ifndef CMD_REMOTE_H
#define CMD_REMOTE_H

#include "cmd/cmd.h"
#include "matrix/matrix.h"
#include "store/media.h"

/* Whoever answers many clients (mxmedia-cgi) also asks a bucket for each of them before: remote_media_download_per_second,
 * remote_media_download_burst_count of spec E.4.  That is not done here. */
struct remote {
	const struct cmd *c;
	struct store *store;
	const struct store_blobs *blobs;
	char *fetch; /* mxpreview-fetch; owned */
	struct matrix_key key;
	bool signs; /* the key was read */
};

/* All borrowed.  Reads nothing yet: the key is read when it is needed first. */
void remote_init(struct remote *r, const struct cmd *c, struct store *s, const struct store_blobs *b);
void remote_clear(struct remote *r);

/* Brings a medium that is not here, or waits for somebody else who is about to; that is the fetch of struct media
 * (media/media.h), and the argument a struct remote.  0: there is a row; it is quarantined if its content or its name is.
 * -1: M_NOT_FOUND (404; of what the owner does not want or has blocked, too), M_TOO_LARGE or M_UNKNOWN (502), or what is
 * our own affair.  What failed is remembered for a while, as failures of previews are. */
int remote_fetch(void *remote, const struct store_name *name, int64_t timeout_ms, struct err *err);

/* remote-child.c: one record to a filter, one record from it; -1: it gave none in time.  argv ends with NULL. */
int remote_child(char *const *argv, struct record *rec, int64_t patience, struct err *err);

#endif
