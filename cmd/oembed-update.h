/* oembed-update: bring the official provider list, keep what of it can be used. */
#ifndef CMD_OEMBED_UPDATE_H
#define CMD_OEMBED_UPDATE_H

#include "cmd/cmd.h"

#define OEMBED_LIST_URL "https://oembed.com/providers.json"
#define OEMBED_LIST_FILE "oembed-providers.json" /* in the store */

enum { OEMBED_ALLOW_MAX = 64 }; /* --allow-ip */

/* from is a URL, fetched by mxpreview-fetch with these --allow-ip (up to NULL), or a file; path is replaced atomically, or stays as it was.  The bytes are
 * parsed in a process of its own, closed in.  The exit status. */
int oembed_update(const struct cmd *c, const char *from, const char *const *allow, const char *path);

#endif
