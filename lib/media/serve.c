/* What is handed out, and to whom not? */
#include "media/int.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "store/quarantine.h"

enum { ASK_AGAIN_MS = 200 /* whether an upload has come */ };

int
media_refused(struct err *err)
{
	return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Not found");
}

void
media_file_clear(struct media_file *f)
{
	store_medium_clear(&f->medium);
	io_close(&f->fd);
}

int
media_not_now(const struct media_how *how, enum media_later what, struct err *err)
{
	*how->later = what;
	return err_set(err, ERR_BUSY, "that takes longer");
}

void
media_used(const struct media *m, const struct media_how *how, const struct store_medium *medium)
{
	struct store_name name = {medium->origin, medium->media_id};
	struct err ignored;
	int64_t now = m->now();
	if (!how->unsafe && store_access_note(m->blobs, &name, now) && how->later == NULL)
		(void)store_access_flush(m->store, m->blobs, now, &ignored);
}

static int
fetch(const struct media *m, const struct store_name *name, const struct media_how *how, struct err *err)
{
	bool blocked = false;
	if (store_blocked(m->store, name, NULL, &blocked, err) < 0)
		return -1;
	if (blocked || how->no_remote || (how->nobody && m->authenticated))
		return media_refused(err);
	if (m->fetch == NULL)
		return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Not found: %s is not in the cache", name->id);
	if (how->later != NULL)
		return media_not_now(how, MEDIA_FETCH, err);
	return m->fetch(m->fetch_arg, name, how->timeout, err);
}

static int
get(const struct media *m, const struct store_name *name, const struct media_how *how, struct store_medium *out,
    struct err *err)
{
	if (store_medium_get(m->store, name, out, err) < 0)
		return -1;
	if (out->found || name->origin == NULL)
		return 0;
	return fetch(m, name, how, err) < 0 ? -1 : store_medium_get(m->store, name, out, err);
}

/* Reserved, and there is time left for its content to come. */
static bool
expected(const struct media *m, const struct store_medium *medium)
{
	return medium->found && medium->bytes < 0 && medium->created_ts >= m->now() - m->lifetime;
}

static int
wait_for(const struct media *m, const struct store_name *name, const struct media_how *how, struct store_medium *out,
	 struct err *err)
{
	int64_t until = m->clock() + how->timeout;
	while (expected(m, out)) {
		int64_t left = until - m->clock();
		if (left <= 0 || (m->stop != NULL && m->stop()))
			return err_http(err, ERR_BUSY, 504, "M_NOT_YET_UPLOADED", "Media has not been uploaded yet");
		(void)poll(NULL, 0, left < ASK_AGAIN_MS ? (int)left : ASK_AGAIN_MS);
		store_medium_clear(out);
		if (store_medium_get(m->store, name, out, err) < 0)
			return -1;
	}
	return 0;
}

/* May he have it who asks?  That there is something he may not have is not told. */
static bool
allowed(const struct media *m, const struct media_how *how, const struct store_medium *medium)
{
	return medium->found && (medium->quarantined_by == NULL || how->unsafe) &&
	       !(how->nobody && m->authenticated && medium->authenticated);
}

int
media_find(const struct media *m, const struct store_name *name, const struct media_how *how, struct store_medium *out,
	   struct err *err)
{
	int rc = get(m, name, how, out, err);
	if (rc == 0 && allowed(m, how, out))
		rc = wait_for(m, name, how, out, err);
	if (rc == 0 && out->bytes >= 0 && allowed(m, how, out))
		return 0;
	store_medium_clear(out);
	return rc < 0 ? -1 : media_refused(err);
}

/* A file of another length than was told when it was kept is not handed out. */
static int
check_file(const struct media_file *f, struct err *err)
{
	struct stat st;
	if (fstat(f->fd, &st) < 0)
		return err_sys(err, "media %s", f->medium.media_id);
	if (!S_ISREG(st.st_mode) || st.st_size != f->medium.bytes)
		return err_set(err, ERR_NOTFOUND, "media %s: its file is damaged: %lld bytes instead of %lld",
			       f->medium.media_id, (long long)st.st_size, (long long)f->medium.bytes);
	return 0;
}

static void
set_type(struct media_file *f)
{
	const char *type = f->medium.type != NULL ? f->medium.type : "";
	if (!media_type_valid(type))
		type = "application/octet-stream";
	(void)memcpy(f->type, type, strlen(type) + 1);
}

static int
open_file(const struct media *m, struct media_file *f, struct err *err)
{
	struct store_file file = store_medium_file(&f->medium);
	f->fd = store_file_open(m->blobs, &file, err);
	return f->fd < 0 ? -1 : check_file(f, err);
}

/* A copy whose file is missing or cut is fetched again. */
static int
open_again(const struct media *m, const struct store_name *name, const struct media_how *how, struct media_file *f,
	   struct err *err)
{
	struct err lost;
	if (err->code != ERR_NOTFOUND || name->origin == NULL || m->fetch == NULL || how->no_remote ||
	    f->medium.quarantined_by != NULL)
		return -1;
	io_close(&f->fd);
	if (store_copy_lost(m->store, &f->medium, &lost) < 0)
		return -1;
	struct store_file file = store_medium_file(&f->medium);
	store_file_remove(m->blobs, &file); /* and its thumbnails */
	store_medium_clear(&f->medium);
	return media_find(m, name, how, &f->medium, err) < 0 ? -1 : open_file(m, f, err);
}

int
media_open(const struct media *m, const struct store_name *name, const struct media_how *how, struct media_file *out,
	   struct err *err)
{
	*out = (struct media_file){.fd = -1};
	int rc = media_find(m, name, how, &out->medium, err);
	if (rc == 0 && open_file(m, out, err) < 0)
		rc = open_again(m, name, how, out, err);
	if (rc < 0) {
		media_file_clear(out);
		return -1;
	}
	out->bytes = out->medium.bytes;
	set_type(out);
	media_used(m, how, &out->medium);
	return 0;
}
