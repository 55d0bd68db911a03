/* How does an upload come in, so that it is whole or not there at all?  First the file, then thumbnails, then the row. */
#include "media/int.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/expire.h"

enum { SPACE_EVERY = 8 * 1024 * 1024 /* bytes after which free space is looked at again */ };

struct media_upload {
	const struct media *m;
	struct media_about about;
	char id[STORE_ID_MAX];
	struct store_writer *w; /* NULL: it is under its name */
	int sweep;		/* from the file's name to its row no sweep takes it for an orphan */
	bool locked;		/* a reserved id: nobody else fills it */
	int64_t bytes, looked;
	char head[MEDIA_SNIFF_BYTES];
	size_t head_len;
};

static int
too_large(const struct media *m, struct err *err)
{
	return err_http(err, ERR_LIMIT, 413, "M_TOO_LARGE", "Upload request body is too large (more than %lld bytes)",
			(long long)m->max_upload);
}

/* Deletions need room, too: what comes in leaves some. */
static int
check_space(const struct media *m, int64_t more, struct err *err)
{
	struct statvfs v;
	if (m->min_free <= 0)
		return 0;
	if (fstatvfs(m->blobs->dirfd, &v) < 0)
		return err_sys(err, "store");
	double left = (double)v.f_bavail * (double)v.f_frsize - (double)more;
	if (left >= (double)m->min_free)
		return 0;
	return err_http(err, ERR_BUSY, 503, "M_UNKNOWN", "store: no space left: less than %lld bytes would be free",
			(long long)m->min_free);
}

static struct store_file
file_of(const struct media_upload *u)
{
	return (struct store_file){.kind = STORE_LOCAL_FILE, .id = u->id};
}

static struct store_upload
row_of(const struct media_upload *u)
{
	return (struct store_upload){
	    .name = {NULL, u->id},
	    .type = u->about.type,
	    .upload_name = u->about.name,
	    .user = u->about.user,
	    .bytes = u->bytes,
	    .now = u->m->now(),
	    .authenticated = u->m->authenticated,
	    .fill = u->about.fill != NULL,
	    .lifetime = u->m->lifetime,
	    .quota = u->m->quota,
	    .quotas = u->m->quotas,
	};
}

/* ---- beginning ------------------------------------------------------------------------------------------------- */

static int
choose_id(struct media_upload *u, struct err *err)
{
	const char *fill = u->about.fill;
	if (fill == NULL) {
		store_media_new_id(u->id);
		return 0;
	}
	size_t n = strlen(fill);
	if (!store_id_valid(fill) || n >= sizeof u->id)
		return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Unknown media ID");
	(void)memcpy(u->id, fill, n + 1);
	if (store_fill_lock(u->m->store, u->id, err) < 0)
		return -1;
	u->locked = true;
	struct store_upload row = row_of(u);
	return store_fill_check(u->m->store, &row, err);
}

/* What its announced length, or its first byte, forbids already. */
static int
allowed(struct media_upload *u, struct err *err)
{
	struct store_upload row = row_of(u);
	row.bytes = u->about.length > 0 ? u->about.length : 0;
	if (row.bytes > u->m->max_upload)
		return too_large(u->m, err);
	if (store_quota_check(u->m->store, &row, err) < 0 || check_space(u->m, row.bytes, err) < 0)
		return -1;
	(void)store_reserve_make(u->m->blobs, NULL); /* so that something can be deleted when others fill the disk */
	return 0;
}

struct media_upload *
media_upload_begin(const struct media *m, const struct media_about *about, struct err *err)
{
	struct media_upload *u = mem_alloc(sizeof *u);
	*u = (struct media_upload){.m = m, .about = *about, .sweep = -1};
	if (choose_id(u, err) == 0 && allowed(u, err) == 0) {
		struct store_file f = file_of(u);
		u->w = store_file_create(m->blobs, &f, err);
		if (u->w != NULL)
			return u;
	}
	media_upload_abort(u);
	return NULL;
}

void
media_upload_abort(struct media_upload *u)
{
	if (u == NULL)
		return;
	store_blob_abort(u->w);
	store_sweep_unlock(&u->sweep);
	if (u->locked)
		store_fill_unlock(u->m->store, u->id);
	mem_free(u);
}

int
media_upload_write(struct media_upload *u, const void *p, size_t n, struct err *err)
{
	if ((uint64_t)n > (uint64_t)(u->m->max_upload - u->bytes))
		return too_large(u->m, err);
	u->bytes += (int64_t)n;
	if (u->bytes - u->looked >= SPACE_EVERY) {
		u->looked = u->bytes;
		if (check_space(u->m, 0, err) < 0)
			return -1;
	}
	if (u->head_len < sizeof u->head) {
		size_t k = n < sizeof u->head - u->head_len ? n : sizeof u->head - u->head_len;
		(void)memcpy(u->head + u->head_len, p, k);
		u->head_len += k;
	}
	return store_blob_write(u->w, p, n, err);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* The file gets its name, durably.  What stands there under a reserved id was left by somebody who died filling it. */
static int
name_file(struct media_upload *u, char sha256[HASH_HEX_LEN + 1], struct err *err)
{
	struct store_file f = file_of(u);
	int64_t bytes = 0;
	if (u->locked)
		store_file_remove(u->m->blobs, &f);
	struct store_writer *w = u->w;
	u->w = NULL;
	return store_blob_commit(w, STORE_KEEP, &bytes, sha256, err);
}

/* A picture that cannot be made small costs its thumbnails and nothing else. */
static void
make_thumbs(const struct media_upload *u, struct media_made *made, struct media_stored *out)
{
	const struct media *m = u->m;
	struct store_file f = file_of(u);
	if (u->about.no_thumbs || m->thumb == NULL || !media_type_picture(media_sniff(u->head, u->head_len, false)))
		return;
	int fd = store_file_open(m->blobs, &f, &out->warning), rc = -1;
	if (fd >= 0)
		rc = media_make_set(m, fd, made, &out->warning);
	io_close(&fd);
	if (rc == 0 && store_file_thumbs_write(m->blobs, &f, made->thumb, made->n, &out->warning) == 0)
		err_clear(&out->warning);
	else
		made->n = 0;
}

static int
put_row(struct media_upload *u, const char *sha256, const struct media_made *made, struct media_stored *out,
	struct err *err)
{
	struct store_upload row = row_of(u);
	struct store_outcome outcome = {0};
	struct store_file f = file_of(u);
	row.type = out->type;
	row.sha256 = sha256;
	row.thumb = made->thumb;
	row.thumbs = made->n;
	int rc = u->m->stop != NULL && u->m->stop() ? err_set(err, ERR_SYS, "interrupted")
						    : store_medium_put(u->m->store, &row, &outcome, err);
	if (rc < 0 && !outcome.doubt)
		store_file_remove(u->m->blobs, &f);
	out->quarantined = outcome.quarantined;
	out->thumbs = made->n;
	return rc;
}

static void
tell(const struct media_upload *u, struct media_stored *out)
{
	const char *type = u->about.type;
	if (type == NULL)
		type = media_sniff(u->head, u->head_len, u->bytes == (int64_t)u->head_len);
	size_t n = strnlen(type, sizeof out->type - 1);
	(void)memcpy(out->type, type, n);
	(void)memcpy(out->id, u->id, sizeof out->id);
	out->bytes = u->bytes;
}

int
media_upload_end(struct media_upload *u, struct media_stored *out, struct err *err)
{
	struct media_made made = {.n = 0};
	struct store_upload row = row_of(u);
	char sha256[HASH_HEX_LEN + 1];
	*out = (struct media_stored){.warning = {.code = ERR_NONE}};
	tell(u, out);
	int rc = u->bytes == u->about.length ? 0 : store_quota_check(u->m->store, &row, err); /* else asked already */
	/* not before: what trickles in for hours is young enough by itself, and keeps no sweep waiting */
	rc = rc == 0 ? store_sweep_lock(u->m->blobs, STORE_SWEEP_SHARED, &u->sweep, err) : rc;
	rc = rc == 0 ? name_file(u, sha256, err) : rc;
	if (rc == 0) {
		make_thumbs(u, &made, out);
		rc = put_row(u, sha256, &made, out, err);
	}
	media_made_clear(&made);
	media_upload_abort(u);
	return rc;
}

int
media_reserve(const struct media *m, const char *user, char id[STORE_ID_MAX], int64_t *expires_ts, struct err *err)
{
	int64_t now = m->now();
	store_media_new_id(id);
	struct store_reservation r = {.id = id,
				      .user = user,
				      .now = now,
				      .lifetime = m->lifetime,
				      .max_pending = m->max_pending,
				      .authenticated = m->authenticated};
	*expires_ts = now + m->lifetime;
	return store_medium_reserve(m->store, &r, err);
}
