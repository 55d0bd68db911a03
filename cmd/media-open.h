/* media-open: what the commands that put and get media share. */
#ifndef CMD_MEDIA_OPEN_H
#define CMD_MEDIA_OPEN_H

#include "cmd/cmd.h"
#include "matrix/matrix.h"
#include "media/media.h"

struct media_cmd {
	struct media m;
	struct store_blobs blobs;
	struct store_quota *quota;
	char **thumb;
};

/* Opens the store and takes the rules out of the configuration, which must have been read. */
int media_cmd_open(struct media_cmd *mc, struct cmd *c, struct err *err);
void media_cmd_renew(struct media_cmd *mc, const struct cmd *c); /* other rules, from now on; borrows them */
void media_cmd_close(struct media_cmd *mc);

/* What is meant by an operand: "mxc://server/id", or the bare id of one of ours.  Borrows from *at and text. */
int media_cmd_name(const struct media_cmd *mc, const char *text, struct matrix_mxc *at, struct store_name *name,
		   struct err *err);
/* "name: object: errcode: problem"; the exit status. */
int media_cmd_fail(const struct cmd *c, const struct err *err, const char *object);
int media_cmd_print(const struct cmd *c, struct json *take); /* one line of standard output */

#endif
