/* media-out: how the bytes of a medium leave. */
#ifndef CMD_MEDIA_OUT_H
#define CMD_MEDIA_OUT_H

#include "cmd/cmd.h"

/* bytes of fd into the file path, which appears when it is complete; NULL: standard output. */
int media_out(int fd, int64_t bytes, const char *path, struct err *err);

#endif
