/* shape: the forms in which mxpreview prints its answers. */
#ifndef CMD_SHAPE_H
#define CMD_SHAPE_H

#include "cmd/cmd.h"

enum shape_format {
	SHAPE_OG = 0,
	SHAPE_CARD,
	SHAPE_BUNDLED,
	SHAPE_HTML,
	SHAPE_TEXT,
	SHAPE_RECORD,
	SHAPE_EXPLAIN /* --explain, not a name */
};

struct store_blobs;
struct shape {
	enum shape_format format;
	bool strict;			   /* a card that lacks something is a failure */
	bool stable;			   /* bundled: names without prefix */
	bool standalone, no_style, single; /* html: a whole page; none; one URL, which need not be told from others */
	const char *image_base, *image_dir;
	unsigned columns; /* of the terminal; 0: it is none */
	bool colour;
	const char *show;  /* the program that draws pictures */
	const char *store; /* where the thumbnails are, with blobs */
	const struct store_blobs *blobs;
	bool head; /* html: the beginning of the page is told */
	bool text; /* text: a card is told */
};

bool shape_choose(struct shape *s, const char *name); /* false: no such format */
const char *shape_conflict(const struct shape *s);    /* options that do not go together; NULL: none do not */
bool shape_wants_details(const struct shape *s);      /* answers of the cache come with what they were made of */
/* The answer to a question, whose id is NULL or its asker's.  1: it is a failure although the record did not fail. */
int shape_write(const struct cmd *c, struct shape *s, const struct record *rec, const struct json *id, struct buf *out);
void shape_begin(struct shape *s, const char *name, struct buf *out); /* before the first answer */
void shape_end(const struct shape *s, struct buf *out);		      /* after the last one */

/* What mxpreview-show draws of a picture goes to out; nothing if it cannot. */
void shape_picture(const struct cmd *c, const struct shape *s, const char *path, struct buf *out);

#endif
