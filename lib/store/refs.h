/* store, the references: which event names which medium, and how users are called. */
#ifndef STORE_REFS_H
#define STORE_REFS_H

#include "store/media.h"

/* All borrowed; "" where it is not known.  origin is the server's name, ours too: events name it.  Of a profile room is
 * "", event and sender are the user. */
struct store_ref {
	const char *room, *event, *kind, *origin, *id, *sender;
	int64_t ts;
	/* when it is read: who redacted the event, if somebody did; redacted_by may be "" */
	bool redacted;
	const char *redacted_by;
	int64_t redacted_ts;
};

#define STORE_PROFILE_AVATAR "profile_avatar" /* kinds of avatars; others are the caller's business */
#define STORE_ROOM_AVATAR "room_avatar"
#define STORE_MEMBER_AVATAR "member_avatar"

/* ---- writing: gathered, then in one transaction ---------------------------------------------------------- */

#define STORE_REFS_BATCH 8192		  /* references, redactions and names of one transaction */
#define STORE_REFS_TEXT ((size_t)4 << 20) /* bytes of their strings */
#define STORE_REF_TEXT_MAX 2048		  /* bytes of the strings of one; what is longer is not kept */

struct store_refs;
struct store_refs *store_refs_new(void);
void store_refs_free(struct store_refs *b); /* what was not flushed is lost */
/* The event of a redaction, or what it redacts, may come first.  Nothing is said twice: again is harmless. */
void store_refs_add(struct store_refs *b, const struct store_ref *r);
void store_refs_redact(struct store_refs *b, const char *room, const char *event, const char *by, int64_t ts);
/* As of ts; an older name does not take the place of a newer one.  displayname NULL: none any more. */
void store_refs_name(struct store_refs *b, const char *user, const char *displayname, int64_t ts);
/* The avatar of a profile, instead of the one before; id NULL: none any more. */
void store_refs_profile(struct store_refs *b, const char *user, const char *origin, const char *id);
bool store_refs_full(const struct store_refs *b); /* flush before the next one */

struct store_refs_new {
	int64_t references, redactions; /* that were not known before */
};
/* Adds to *added, and empties b also on failure. */
int store_refs_flush(struct store *s, struct store_refs *b, struct store_refs_new *added, struct err *err);

/* ---- asking ------------------------------------------------------------------------------------------------ */

/* Strings are borrowed for the call, in which the store may be written to.  Returns 0 to go on, else to stop. */
typedef int store_ref_row(void *arg, const struct store_ref *r);

/* What events of a room name, newest first, each medium once; also what redacted ones named. */
int store_refs_room(struct store *s, const char *room, store_ref_row *f, void *arg, struct err *err);
/* What a user's events name, newest first; a medium comes as often as it was named. */
int store_refs_sender(struct store *s, const char *sender, store_ref_row *f, void *arg, struct err *err);
/* Who names a medium: by room, oldest first. */
int store_refs_medium(struct store *s, const char *origin, const char *id, store_ref_row *f, void *arg,
		      struct err *err);
/* Is it, or was it, the picture of a room, of a member or in a profile (spec F.6)? */
int store_refs_is_avatar(struct store *s, const char *origin, const char *id, bool *is, struct err *err);

#endif
