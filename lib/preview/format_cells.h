/* preview, formats inside: what may be shown of a text that a stranger wrote, and how wide it is. */
#ifndef PREVIEW_FORMAT_CELLS_H
#define PREVIEW_FORMAT_CELLS_H

#include "preview/format.h"

#define FORMAT_BOLD "\033[1m"
#define FORMAT_DIM "\033[2m"
#define FORMAT_RED "\033[31m"
#define FORMAT_PLAIN "\033[0m"

/* May the character be shown?  Not what turns the direction of writing or can be seen nowhere; of other controls
 * spaces become U+0020, and the rest '?'. */
bool format_shown(uint32_t *cp);
unsigned format_columns(uint32_t *cp); /* of a character that may be shown; what has no width of its own becomes '?' */

/* A text as it may be shown: runs of spaces are one, none at either end, no more than FORMAT_MARKS_MAX marks on one
 * character.  Yours; NULL if nothing is left. */
#define FORMAT_MARKS_MAX 8
char *format_clean(const char *s);

/* What every form shows; strings are clean, yours, and NULL where there is nothing. */
struct format_face {
	char *url;  /* where it leads: an absolute http(s) URL in ASCII, or NULL */
	char *host; /* of url, as it is written there */
	char *title, *description, *site;
	char *error; /* of a record that failed: "502 M_UNKNOWN: …" */
};
void format_face(const struct record *rec, struct format_face *out);
void format_face_clear(struct format_face *f);

#endif
