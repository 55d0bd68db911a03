/* matrix: how do homeservers speak?  Names of servers, users, rooms and media (Matrix specification, appendix
 * "Identifier Grammar"). */
#ifndef MATRIX_MATRIX_H
#define MATRIX_MATRIX_H

#include "base/base.h"

/* ---- mxc.c: names ------------------------------------------------------------------------ */

#define MATRIX_ID_MAX 255    /* bytes of a user, room or event id, and of a server's name */
#define MATRIX_MEDIA_MAX 255 /* bytes of a media id */
#define MATRIX_MXC "mxc://"

/* A server's name in its parts: host is a DNS name, an IPv4 address, or an IPv6 address without its brackets. */
struct matrix_server {
	char host[MATRIX_ID_MAX + 1];
	int port;     /* -1: none is said */
	bool literal; /* the host is an address */
};
/* hostname [ ":" port ], letters as they are.  A name that begins with a dot, or has an empty label, is none. */
int matrix_server_parse(struct matrix_server *out, const char *name, struct err *err);
bool matrix_server_valid(const char *name);

struct matrix_mxc {
	char origin[MATRIX_ID_MAX + 1];
	char id[MATRIX_MEDIA_MAX + 1];
};
/* mxc://server/id, the whole of text.  The id is opaque, but never "." or "..", and holds no slash, backslash, '?', '#',
 * '%', space or control character. */
int matrix_mxc_parse(struct matrix_mxc *out, const char *text, struct err *err);
bool matrix_media_id_valid(const char *id);
/* The medium that a client shows for text: what follows the id ("/name", "?query", "#fragment") is not looked at, and
 * %XX in the id is what it stands for. */
int matrix_mxc_find(struct matrix_mxc *out, const char *text, struct err *err);

/* "@localpart:server"; localparts may be historical: any characters but ':' and controls. */
bool matrix_user_valid(const char *user);
const char *matrix_user_server(const char *user); /* within user; NULL if it is no user id */
bool matrix_room_valid(const char *room);	  /* "!…", with a server or without (room version 12) */
bool matrix_event_valid(const char *event);	  /* "$…" */

#endif
