/* preview, formats: a finished record in the forms that people and programs ask for. */
#ifndef PREVIEW_FORMAT_H
#define PREVIEW_FORMAT_H

#include "preview/preview.h"

/* All take a record after stage_finish, or one that failed, or one that the cache answered.  The JSON is yours. */

/* The answer alone: "og"; or {"url":…,"error":{status,errcode,error}}. */
struct json *format_og(const struct record *rec);

/* The PreviewURL Card document (spec part G): "og" with typed members, lists, what a card requires filled in from the
 * best source known, and "missing", the names of those that nothing could be found for.  A failed record as above. */
struct json *format_card(const struct record *rec);
bool format_card_complete(const struct json *card); /* nothing is missing */

/* Why this answer: per field its value, where it comes from, and what else there was; documents, stages, cache.  Layout
 * in format_explain.c. */
struct json *format_explain(const struct record *rec);

#define FORMAT_COLUMNS_MIN 40
#define FORMAT_TABLE_MAX ((size_t)256 * 1024) /* bytes of a table */

/* An explanation for people: aligned, at most columns wide, with colours or without.  What does not fit into out is left
 * away. */
void format_table(const struct json *explanation, unsigned columns, bool colour, struct buf *out);

/* One element of the previews that travel within an event (MSC4095): the members of "og" that are og:… or matrix:…, and the
 * address that was asked about as "matched_url", stable: as "matrix:matched_url".  A failed record as format_og has it. */
struct json *format_bundled(const struct record *rec, bool stable);

/* A few lines for people, at most columns wide (but for the address): nothing in them steers the terminal. */
void format_text(const struct record *rec, unsigned columns, bool colour, struct buf *out);

/* ---- pictures: thumbnails in the store ---- */

#define FORMAT_PICTURE_MAX ((size_t)128 * 1024) /* bytes of a thumbnail that is shown */
#define FORMAT_PICTURE_WIDTH 640		/* pixels of the thumbnail in a card */

struct format_picture {	   /* strings are owned */
	char *src;	   /* what a page finds it by: a data: address, or one the caller sets; NULL: it is not shown */
	char *type, *name; /* image/…; a file name that stays the same as long as the picture does */
	char *path;	   /* below the store */
	uint32_t width, height;
	struct buf bytes;
};

struct store_blobs;
/* The best thumbnail of at most so many pixels, without src.  -1: there is none (NOTFOUND), or it cannot be read. */
int format_picture_find(const struct record *rec, const struct store_blobs *blobs, uint32_t width,
			struct format_picture *out, struct err *err);
void format_picture_embed(struct format_picture *pic); /* src becomes a data: address */
void format_picture_clear(struct format_picture *pic);

/* ---- html ---- */

/* A card, as a fragment: with what it needs of style, or without.  pic may be NULL.  A failed record is a card that has
 * nothing but the address. */
void format_html(const struct record *rec, const struct format_picture *pic, bool with_style, struct buf *out);
/* What stands before and after cards without style to make a page of them. */
void format_html_head(const char *name, struct buf *out);
void format_html_tail(struct buf *out);

#endif
