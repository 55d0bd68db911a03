/* preview, inside: the bytes of a document in the store, for the stages that read them. */
#ifndef PREVIEW_STAGE_BODY_H
#define PREVIEW_STAGE_BODY_H

#include "preview/preview.h"
#include "store/store.h"

#define STAGE_BODY_MAX ((size_t)64 << 20) /* bytes of a document that are looked at; what is behind them is not read */

struct stage_body {
	const void *p; /* NULL if n == 0 */
	size_t n;
	bool mapped; /* else memory of ours */
};

/* The document's bytes, read or, if they are many, mapped: a page that says everything in its head is not read beyond
 * it.  Blobs are renamed into place when they are whole and never change, so nothing pulls the ground away.  max cuts. */
int stage_body_open(struct stage_body *b, const struct store_blobs *blobs, const struct record_doc *doc, size_t max,
		    struct err *err);
void stage_body_close(struct stage_body *b);

#endif
