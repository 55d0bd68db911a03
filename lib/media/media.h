/* media: what is done with media, by commands and by whoever answers HTTP alike.  The JSON that both print, and the flows
 * behind them (spec D.4, E.2, E.3, F).  Nothing here prints, ends the process, or reads a clock that it was not given. */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include "base/base.h"
#include "json/json.h"
#include "store/media.h"

/* ---- info.c: JSON ------------------------------------------------------------------------------------------ */

/* The media_info object of spec F.1, its keys in that order. */
struct json *media_info(const struct store_medium *m);
/* "mxc://server/id"; origin NULL is server_name's. */
char *media_uri(const struct store_name *name, const char *server_name);

/* ---- text.c: what strangers say of a medium ------------------------------------------------------------------- */

#define MEDIA_NAME_MAX 255 /* characters of an upload's name */
#define MEDIA_TYPE_MAX 255 /* bytes of a content type */

/* An upload's name as it is kept: UTF-8, no control characters, cut to MEDIA_NAME_MAX.  NULL if nothing is left. */
char *media_name(const char *s, size_t n);
/* "type/subtype", perhaps with parameters; visible ASCII and spaces. */
bool media_type_valid(const char *s);

/* ---- sniff.c ---------------------------------------------------------------------------------------------------- */

#define MEDIA_SNIFF_BYTES 4096
/* What the first bytes say; no length in them is believed.  whole: there are no more.  Never NULL:
 * application/octet-stream. */
const char *media_sniff(const void *p, size_t n, bool whole);
/* May a thumbnail be made of it? */
bool media_type_picture(const char *type);

/* ---- choose.c: which thumbnail? ------------------------------------------------------------------------------- */

enum media_method { MEDIA_SCALE, MEDIA_CROP };
const char *media_method_name(enum media_method m);
bool media_method_parse(const char *s, enum media_method *m); /* any case */

struct media_want {
	uint32_t width, height; /* 1 … STORE_THUMB_SIDE_MAX */
	enum media_method method;
	bool animated; /* one that moves, if there is one; else none that does */
};

/* The best of those that are there; n: none has that method.  Not smaller than asked if such a one is there: then the
 * nearest in shape (crop), then the smallest; else the one that covers most.  Scaled ones all have the picture's shape, so
 * one that is as wide or as high as asked is as large as the answer can be. */
size_t media_choose(const struct store_thumb_row *t, size_t n, const struct media_want *want);

/* What is made for it: asked sizes are rounded up to a few, so that nobody fills the disk with sizes.  dynamic: more than
 * the standard ones. */
void media_box(const struct media_want *want, bool dynamic, struct media_want *box);

#endif
