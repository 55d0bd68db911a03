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

/* The best of those that are there; n: none has that method.  A picture smaller than a square has no crop of it, for
 * nothing is enlarged: then a scaled one does.  Not smaller than asked if such a one is there: then the
 * nearest in shape (crop), then the smallest; else the one that covers most.  Scaled ones all have the picture's shape, so
 * one that is as wide or as high as asked is as large as the answer can be. */
size_t media_choose(const struct store_thumb_row *t, size_t n, const struct media_want *want);

/* Is one there that is not smaller than asked, and moves as asked? */
bool media_enough(const struct store_thumb_row *t, size_t n, const struct media_want *want);

/* What is made for it: asked sizes are rounded up to a few, so that nobody fills the disk with sizes.  dynamic: more than
 * the standard ones. */
void media_box(const struct media_want *want, bool dynamic, struct media_want *box);

/* ---- what the flows need; all of it is the caller's ------------------------------------------------------------ */

struct media {
	struct store *store;
	const struct store_blobs *blobs;
	const char *server_name;
	char *const *thumb; /* the command mxpreview-thumb with its first arguments; NULL: no thumbnails are made */
	int64_t max_upload, min_free, lifetime, max_pending; /* as in mxpreview.conf(5) */
	const struct store_quota *quota;		     /* the longest period first */
	size_t quotas;
	bool dynamic, authenticated;
	int64_t (*now)(void);	/* ms since the epoch */
	int64_t (*clock)(void); /* ms, never set back: for waiting */
	bool (*stop)(void);	/* somebody wants it to end */
	/* Brings another server's medium into the store (store_medium_put), or says why not; NULL: nothing is fetched. */
	int (*fetch)(void *arg, const struct store_name *name, int64_t timeout_ms, struct err *err);
	void *fetch_arg;
};

/* ---- upload.c: what comes in ----------------------------------------------------------------------------------- */

struct media_about {	  /* borrowed until the end of the upload */
	const char *type; /* NULL: what the bytes say */
	const char *name; /* as media_name gives it, or NULL */
	const char *user; /* NULL: nobody's */
	const char *fill; /* a reserved id, or NULL: a new one */
	int64_t length;	  /* that is announced; -1: none is */
	bool no_thumbs;
};

struct media_stored {
	char id[STORE_ID_MAX];
	char type[MEDIA_TYPE_MAX + 1];
	int64_t bytes;
	bool quarantined;
	size_t thumbs;
	struct err warning; /* code ERR_NONE, or why a picture has no thumbnails */
};

struct media_upload;
/* Everything that can be known to fail before the bytes come fails here; so do write and end, later.  M_TOO_LARGE (413);
 * M_RESOURCE_LIMIT_EXCEEDED, and of a reserved id what store_medium_put says; ERR_BUSY: no room on the disk. */
struct media_upload *media_upload_begin(const struct media *m, const struct media_about *about, struct err *err);
int media_upload_write(struct media_upload *u, const void *p, size_t n, struct err *err);
/* Frees u.  0: it is kept, whatever happens next; -1: nothing of it is there. */
int media_upload_end(struct media_upload *u, struct media_stored *out, struct err *err);
void media_upload_abort(struct media_upload *u); /* frees it; NULL is nothing */

int media_reserve(const struct media *m, const char *user, char id[STORE_ID_MAX], int64_t *expires_ts, struct err *err);

/* ---- serve.c: what goes out ---------------------------------------------------------------------------------------- */

/* What keeps an answer from being given at once. */
enum media_later {
	MEDIA_NOW,
	MEDIA_FETCH, /* another server is to be asked */
	MEDIA_MAKE   /* a thumbnail is to be made */
};

struct media_how {
	bool unsafe;		 /* what is quarantined, too */
	bool no_remote;		 /* nothing is fetched from another server */
	bool nobody;		 /* who asks has not said who he is: what is authenticated is not for him */
	int64_t timeout;	 /* ms for an upload that has not come yet, and for another server */
	enum media_later *later; /* not NULL: what takes long is not done, but said here: ERR_BUSY.  MEDIA_NOW before */
};

struct media_file {
	struct store_medium medium;
	int fd;
	int64_t bytes;
	char type[MEDIA_TYPE_MAX + 1]; /* "application/octet-stream" if nothing is known */
	uint32_t width, height;	       /* of a thumbnail, as it is listed */
};
void media_file_clear(struct media_file *f);
/* M_NOT_FOUND (404), of what is quarantined too; M_NOT_YET_UPLOADED (504). */
int media_open(const struct media *m, const struct store_name *name, const struct media_how *how,
	       struct media_file *out, struct err *err);
/* Its thumbnail; M_UNKNOWN (400): of such a medium there are none. */
int media_thumbnail(const struct media *m, const struct store_name *name, const struct media_want *want,
		    const struct media_how *how, struct media_file *out, struct err *err);

/* ---- make.c -------------------------------------------------------------------------------------------------------- */

#define MEDIA_IDENTICON_MIN 5 /* pixels of a side */
#define MEDIA_IDENTICON_MAX 1024
/* A PNG that stands for a name (spec E.7); m->thumb must be there. */
int media_identicon(const struct media *m, const char *name, uint32_t width, uint32_t height, struct buf *png,
		    struct err *err);

#endif
