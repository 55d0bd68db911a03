/* matrix, events: which media do they name?  Everything in them is somebody else's choice. */
#ifndef MATRIX_EVENT_H
#define MATRIX_EVENT_H

#include "json/json.h"
#include "matrix/matrix.h"

/* ---- event.c: what one JSON value tells ------------------------------------------------------------------ */

enum matrix_kind {
	MATRIX_CONTENT,		    /* url of a message, also of galleries and of m.file */
	MATRIX_THUMBNAIL,	    /* info.thumbnail_url */
	MATRIX_ENCRYPTED,	    /* file.url */
	MATRIX_ENCRYPTED_THUMBNAIL, /* info.thumbnail_file.url */
	MATRIX_STICKER,
	MATRIX_ROOM_AVATAR,
	MATRIX_MEMBER_AVATAR, /* avatar_url of m.room.member */
	MATRIX_PROFILE_AVATAR,
	MATRIX_INLINE,	/* a picture in HTML */
	MATRIX_PREVIEW, /* og:image of a preview that the sender sent along */
	MATRIX_PACK,	/* of an image pack (MSC2545) */
	MATRIX_OTHER,	/* an mxc:// name in a member that nobody knows here */
	MATRIX_KINDS
};
const char *matrix_kind_name(enum matrix_kind kind); /* "content", "thumbnail", … as they are stored */

#define MATRIX_REFS_MAX 4096 /* media of one event that are told; one that may be sent (64 KiB) does not hold more */

/* What is known of the event; never NULL, "" where it is missing or no such id. */
struct matrix_event {
	const char *room, *id, *sender, *type;
	int64_t ts; /* 0: not said */
};

/* Whom it is told to; any of them may be NULL.  All is borrowed for the call. */
struct matrix_told {
	void *arg;
	void (*medium)(void *arg, const struct matrix_event *e, enum matrix_kind kind, const struct matrix_mxc *m);
	void (*redaction)(void *arg, const char *room, const char *event, const char *by, int64_t ts);
	/* a profile as it is now; displayname and avatar may be NULL: none */
	void (*profile)(void *arg, const char *user, const char *displayname, const struct matrix_mxc *avatar);
	/* how somebody is called in a room */
	void (*name)(void *arg, const char *user, const char *displayname, int64_t ts);
};
struct matrix_found {
	int64_t events; /* events and profiles */
	int64_t junk;	/* members of lists that are neither */
};

/* An event as clients and servers write it, {"event":…}, a row of event_json ({"event_id","room_id","json"}), a profile
 * ({"user_id" or "full_user_id" or "name","displayname","avatar_url"}), or what holds lists of them: answers of /sync,
 * /messages, /context, /state and /users, exports.  room is that of events that do not say theirs; may be NULL.  A value
 * in which nothing of this is found is ERR_INPUT. */
int matrix_scan(const struct json *value, const char *room, const struct matrix_told *told, struct matrix_found *found,
		struct err *err);

/* ---- html.c ------------------------------------------------------------------------------------------------ */

/* The pictures of a message's HTML: what stands behind src= and is the name of a medium, with character references
 * decoded. */
void matrix_html_images(const char *html, size_t n, void (*f)(void *arg, const char *src), void *arg);

/* ---- split.c: a stream of bytes into values ---------------------------------------------------------------- */

#define MATRIX_VALUE_MAX (1 << 20) /* bytes of one value: an event is at most 64 KiB, a page of them larger */

/* NDJSON, pretty-printed documents and concatenated values.  Lists are taken apart: a top-level array, and the arrays
 * "chunk", "messages", "events", "state", "users" of a top-level object, which may be of any length.  What is broken or too
 * long is told as junk, and the next line that begins with '{' is the next value. */
struct matrix_split;
struct matrix_splits { /* line is where it began, from 1 */
	void *arg;
	void (*value)(void *arg, int64_t line, const char *text, size_t n);
	void (*junk)(void *arg, int64_t line, const char *why, const char *text, size_t n); /* text: its beginning */
};
struct matrix_split *matrix_split_new(const struct matrix_splits *to);
void matrix_split_feed(struct matrix_split *s, const char *p, size_t n);
void matrix_split_end(struct matrix_split *s); /* no more comes */
void matrix_split_free(struct matrix_split *s);

#endif
