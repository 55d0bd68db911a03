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

/* ---- sign: a request that another server believes (server-server API, "Request Authentication") ---------- */

struct matrix_key {
	char *id; /* "ed25519:a_XXXX"; owned */
	unsigned char seed[SIGN_SEED_LEN];
};
/* The first line of a homeserver's key file: "ed25519 VERSION SEED", the seed in base64 without padding. */
int matrix_key_parse(struct matrix_key *k, const char *text, size_t n, struct err *err);
void matrix_key_clear(struct matrix_key *k); /* and nothing is left of it in memory */
/* The value of the Authorization header of a request without content; yours. */
char *matrix_authorization(const struct matrix_key *k, const char *origin, const char *destination, const char *method,
			   const char *uri, struct err *err);

/* ---- media: what is asked of another server, and did it understand? ------------------------------------------ */

enum matrix_media { MATRIX_MEDIA_FEDERATION, MATRIX_MEDIA_V3, MATRIX_MEDIA_R0, MATRIX_MEDIA_WAYS };
#define MATRIX_MEDIA_TIMEOUT 20000 /* ms that the other server may wait for an upload that has not come yet */
#define MATRIX_MEDIA_TIMEOUT_MAX 60000
char *matrix_media_uri(enum matrix_media way, const char *server, const char *id, int64_t timeout_ms); /* yours */
#define MATRIX_REFUSAL_MAX ((size_t)64 * 1024) /* bytes of an error's body that are looked at */
/* The server has no such endpoint (spec E.4.2): another way may do. */
bool matrix_media_unknown(int status, const char *body, size_t n);

/* ---- discovery: where is a server? (server-server API, "Resolving server names") ------------------------------ */

/* A place that may be asked, in the order in which they are. */
struct matrix_place {
	char *connect; /* name that is looked up, or address (IPv6 in brackets) */
	char *name;    /* name or address (likewise) that the certificate is for */
	char *host;    /* the Host header */
	int port;
};
struct matrix_srv {
	const char *target; /* "." alone: decidedly not here */
	int priority, weight, port;
};
enum matrix_ask {
	MATRIX_ASK_WELL_KNOWN, /* what is a URL: GET it, follow redirects */
	MATRIX_ASK_SRV,	       /* what is a name: ask for its SRV records */
	MATRIX_ASK_NOBODY      /* the places are known */
};
#define MATRIX_PLACES_MAX 4
#define MATRIX_WELL_KNOWN_MAX ((int64_t)64 * 1024) /* bytes */

struct matrix_discovery;
struct matrix_discovery *matrix_discovery_new(const char *server, struct err *err);
void matrix_discovery_free(struct matrix_discovery *d);
/* What is to be asked next; *what is borrowed until the answer is told.  Then one of the next two, once. */
enum matrix_ask matrix_discovery_ask(const struct matrix_discovery *d, const char **what);
/* m.server as it was said; NULL: there is none, or it cannot be had. */
void matrix_discovery_well_known(struct matrix_discovery *d, const char *m_server);
/* Of any number, in any order; seed draws among those of one priority (RFC 2782).  -1: the server is not there. */
int matrix_discovery_srv(struct matrix_discovery *d, const struct matrix_srv *srv, size_t n, uint64_t seed,
			 struct err *err);
size_t matrix_discovery_places(const struct matrix_discovery *d, const struct matrix_place **places);
/* The m.server of a /.well-known/matrix/server; NULL if it is none of use.  Yours. */
char *matrix_well_known(const char *text, size_t n);

/* ---- multipart: an answer of two parts, as it comes (multipart/mixed, RFC 2046) ----------------------------- */

#define MATRIX_PART_HEAD_MAX ((size_t)16 * 1024) /* bytes of the head of a part */
#define MATRIX_PART_JSON_MAX ((size_t)64 * 1024) /* bytes of the first part */

struct matrix_part { /* what the head of the second part says; NULL where it does not; borrowed for the call */
	const char *type, *disposition, *location;
	int64_t length; /* -1 */
};
struct matrix_multipart_sink {
	void *arg;
	int (*begin)(void *arg, const struct matrix_part *part, struct err *err); /* the second part */
	int (*data)(void *arg, const void *p, size_t n, struct err *err);	  /* its bytes */
};
struct matrix_multipart;
struct matrix_multipart *matrix_multipart_new(const char *content_type, const struct matrix_multipart_sink *sink,
					      struct err *err);
void matrix_multipart_free(struct matrix_multipart *m);
int matrix_multipart_feed(struct matrix_multipart *m, const void *bytes, size_t n, struct err *err);
/* Was that all?  -1 if the last boundary has not come. */
int matrix_multipart_end(const struct matrix_multipart *m, struct err *err);

#endif
