/* store: keep it.  Blobs in the reference's layout (spec A.9) and the SQLite database beside them; what is remembered of
 * URLs is in store/cache.h. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/base.h"

/* ---- blob: files only; links no database --------------------------------------------------- */

#define STORE_ID_MAX 64 /* bytes of a media id with NUL: "2026-11-21_" + 16 letters, or 24 letters */
#define STORE_URL_CACHE "url_cache"
#define STORE_URL_CACHE_THUMBNAILS "url_cache_thumbnails"

struct store_recent;
struct store_blobs {
	int dirfd;		     /* the store's directory */
	struct store_recent *recent; /* the directories below it that were last written to, and read from */
};

/* Opens (creates with mode 0700 if create) the directory and its url_cache* folders. */
int store_blobs_open(struct store_blobs *b, const char *dir, bool create, struct err *err);
void store_blobs_close(struct store_blobs *b);

/* A new url-cache id for the UTC day of now_ms: "YYYY-MM-DD_" and 16 random letters.  Names are never reused. */
void store_blob_new_id(char id[STORE_ID_MAX], int64_t now_ms);
bool store_id_valid(const char *id);
void store_media_new_id(char id[STORE_ID_MAX]); /* 24 random letters: an upload's, or the file of a remote medium */
bool store_id_fetched(const char *id);		/* valid, and of a day: made by store_blob_new_id, not an upload's */
int store_blob_path(const char *id, struct buf *out, struct err *err); /* relative to the store; validates id */
int store_thumb_path(const char *id, uint32_t w, uint32_t h, const char *type, const char *method, struct buf *out,
		     struct err *err);

/* A file of the store: fetched for a preview, uploaded, or another server's. */
enum store_file_kind { STORE_URL_CACHE_FILE, STORE_LOCAL_FILE, STORE_REMOTE_FILE };
#define STORE_LOCAL "local_content"
#define STORE_LOCAL_THUMBNAILS "local_thumbnails"
#define STORE_REMOTE "remote_content"
#define STORE_REMOTE_THUMBNAILS "remote_thumbnail"
#define STORE_ORIGIN_MAX 255 /* bytes of a server's name */
struct store_file {
	enum store_file_kind kind;
	const char *origin; /* of STORE_REMOTE_FILE, else NULL */
	const char *id;	    /* the media id; of STORE_REMOTE_FILE the filesystem_id */
};
bool store_origin_valid(const char *origin); /* may be a directory; more is asked of it by those who go there */
/* Relative to the store (spec A.9). */
int store_file_path(const struct store_file *f, struct buf *out, struct err *err);
int store_file_thumb_path(const struct store_file *f, uint32_t w, uint32_t h, const char *type, const char *method,
			  struct buf *out, struct err *err);

/* A blob being written: what is small in memory, all else in a temp file ('.' + unique) in the directory of its final
 * name.  SHA-256 on the fly.  One thread at a time reads or writes blobs by a struct store_blobs. */
struct store_writer;
struct store_writer *store_blob_create(const struct store_blobs *b, const char *id, struct err *err);
struct store_writer *store_file_create(const struct store_blobs *b, const struct store_file *f, struct err *err);
int store_blob_write(struct store_writer *w, const void *p, size_t n, struct err *err);
/* What must outlive a power cut?  KEEP: fsync, rename, fsync of the directory, so that the file is durable before the
 * row that names it.  SCRATCH: rename alone, for what can be had again (pages and oEmbed answers, read once): after a
 * power cut its file may be missing or short, so whoever reads it later compares length and hash with its row. */
enum store_keep { STORE_SCRATCH, STORE_KEEP };
/* Puts the blob under its name.  Frees w, also on failure (then no file is left). */
int store_blob_commit(struct store_writer *w, enum store_keep keep, int64_t *bytes, char sha256[HASH_HEX_LEN + 1],
		      struct err *err);
void store_blob_abort(struct store_writer *w); /* frees w, removes the temp file; NULL is nothing */

int store_blob_open(const struct store_blobs *b, const char *id, struct err *err);	       /* read-only fd or -1 */
int store_file_open(const struct store_blobs *b, const struct store_file *f, struct err *err); /* the same */
bool store_blob_is(const struct store_blobs *b, const char *id, int64_t bytes); /* there, and of that length */

/* Writes a whole set: temp files, then rename each.  Thumbnails are STORE_SCRATCH: they can be made again from the
 * blob, and their length stands in their row. */
struct store_thumb {
	uint32_t width, height;
	const char *type, *method; /* "image/jpeg", "scale" */
	const void *data;	   /* not needed by the database functions */
	size_t bytes;
};
int store_thumbs_write(const struct store_blobs *b, const char *id, const struct store_thumb *t, size_t n,
		       struct err *err);

int store_file_thumbs_write(const struct store_blobs *b, const struct store_file *f, const struct store_thumb *t,
			    size_t n, struct err *err);

/* Do two blobs hold the same bytes?  No, too, if one cannot be read. */
bool store_blobs_same(const struct store_blobs *b, const char *id, const char *other);
/* Removes a blob and its thumbnails; what is not there is nothing.  Its row must be gone, or never have been. */
void store_blob_remove(const struct store_blobs *b, const char *id);

/* A blob that was fetched becomes the file of another server's medium, durable before this returns; bytes and hash are what
 * is there now, whoever wrote it.  The blob is gone then, also after a failure.  max: a longer one is refused. */
int store_file_adopt(const struct store_blobs *b, const char *id, const struct store_file *to, int64_t max,
		     int64_t *bytes, char sha256[HASH_HEX_LEN + 1], struct err *err);

/* ---- robots: what the robots.txt of an origin said; links no database ------------------------ */

/* Also where a homeserver said that it is: the origin is "matrix:NAME" then, the text the other name, and closed means
 * that it named none. */

struct store_robots {
	struct buf text; /* born with its ceiling by the caller */
	bool closed;	 /* it could not be had */
	int64_t expires_ts;
};
/* In one of 4096 files below url_cache/robots; another origin may take its place at any time.  get: false: not there. */
int store_robots_put(const struct store_blobs *b, const char *origin, const struct store_robots *r, struct err *err);
bool store_robots_get(const struct store_blobs *b, const char *origin, struct store_robots *out);

/* ---- db ---------------------------------------------------------------------------------- */

struct store;

struct store *store_open(const char *dir, struct err *err); /* creates and migrates; WAL */
/* The same for who most probably only reads, once: opened for writing when the first transaction begins.  A process that
 * holds one has no other of the same directory. */
struct store *store_open_to_look(const char *dir, struct err *err);
/* For who only looks: an error, if no store is there yet. */
int store_there(const char *dir, struct err *err);
void store_close(struct store *s);

/* ---- lock: who fetches this URL?  OFD lock on one byte of DIR/locks, offset = hash of the URL ---- */

enum store_lock { STORE_LOCKED = 0, STORE_LOCK_HELD = -2 /* by another process */ };
int store_url_lock(struct store *s, const char *url,
		   struct err *err); /* never waits; STORE_LOCKED, STORE_LOCK_HELD, -1 */
void store_url_unlock(struct store *s, const char *url);

#endif
