/* stage og, its other half: is this a page at all, or does it only send its reader on? */
#ifndef PREVIEW_STAGE_OG_H
#define PREVIEW_STAGE_OG_H

#include "preview/preview.h"

bool stage_og_declares_image(const struct json *html); /* the one that it would show */
/* True: another page is wanted in place of this one.  html is what it says, url where it came from. */
bool stage_og_redirects(struct record *rec, const struct json *html, const char *url);

#endif
