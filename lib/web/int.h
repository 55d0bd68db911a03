/* web, inside: what its files promise each other. */
#ifndef WEB_INT_H
#define WEB_INT_H

#include "web/web.h"

/* address.c: who asks, by the word of the web server and of the proxies that are trusted. */
void web_read_address(struct web_request *r, const char *remote, const char *forwarded, const struct web_trust *trust);

#endif
