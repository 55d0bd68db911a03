/* Which thumbnail is handed out, and when is one made for it?  One maker at a time for each medium, and a bounded number of
 * thumbnails, so that asking costs strangers more than us. */
#include "media/int.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

enum {
	RETRY_MS = 3600000, /* after which a picture that could not be made small is tried again */
	STORED_MAX = 48,    /* thumbnails of one medium; then no more are made */
	WAIT_MS = 30000,    /* for whoever makes one of the same medium */
	LOOK_MS = 10	    /* whether he is done */
};

/* One question, while it is answered. */
struct question {
	const struct media *m;
	const struct media_want *want;
	const struct media_how *how;
	struct media_file *out;
	struct store_file file;
	struct store_thumb_list rows;
	bool waited; /* time has passed since the medium was looked at */
};

/* Rows that came from elsewhere may say that a thumbnail is a page, or a program: they are passed over. */
static void
keep_pictures(struct store_thumb_list *l)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (media_type_picture(l->row[i].type) && media_type_valid(l->row[i].type)) {
			l->row[n++] = l->row[i];
			continue;
		}
		mem_free(l->row[i].type);
		mem_free(l->row[i].method);
	}
	l->n = n;
}

static int
read_rows(struct question *q, struct err *err)
{
	struct store_name name = {q->out->medium.origin, q->out->medium.media_id};
	store_thumb_list_clear(&q->rows);
	if (store_thumb_rows_get(q->m->store, &name, &q->rows, err) < 0)
		return -1;
	keep_pictures(&q->rows);
	return 0;
}

/* The row of a box, as it was made for it. */
static bool
has_row(const struct question *q, const struct media_want *box, bool moving)
{
	for (size_t i = 0; i < q->rows.n; i++) {
		const struct store_thumb_row *t = &q->rows.row[i];
		if (t->width == box->width && t->height == box->height &&
		    str_eq(t->method, media_method_name(box->method)) && str_eq(t->type, "image/webp") == moving)
			return true;
	}
	return false;
}

static size_t
still_rows(const struct question *q)
{
	size_t n = 0;
	for (size_t i = 0; i < q->rows.n; i++)
		n += str_eq(q->rows.row[i].type, "image/webp") ? 0 : 1;
	return n;
}

/* ---- making: under the lock of the medium ------------------------------------------------------------------------- */

static char *
lock_key(const struct question *q)
{
	const struct store_medium *m = &q->out->medium;
	return mem_printf("thumb:%s/%s", m->origin != NULL ? m->origin : "", m->media_id);
}

static int
lock(struct question *q, const char *key, struct err *err)
{
	q->waited = true;
	int64_t until = q->m->clock() + WAIT_MS;
	for (;;) {
		int rc = store_url_lock(q->m->store, key, err);
		if (rc != STORE_LOCK_HELD)
			return rc;
		if (q->m->clock() >= until || (q->m->stop != NULL && q->m->stop()))
			return err_set(err, ERR_BUSY, "its thumbnails are being made");
		(void)poll(NULL, 0, LOOK_MS);
	}
}

static int
keep(const struct question *q, const struct media_made *made, struct err *err)
{
	const struct media *m = q->m;
	if (store_file_thumbs_write(m->blobs, &q->file, made->thumb, made->n, err) < 0)
		return -1;
	int rc = store_thumb_rows_put(m->store, &q->out->medium, made->thumb, made->n, err);
	if (rc < 0 && err->code == ERR_NOTFOUND) /* deleted meanwhile; its name is never used again */
		store_file_remove(m->blobs, &q->file);
	return rc;
}

/* What was made once is not tried for a while: neither what cannot be read nor what does not move. */
static bool
marked(const struct question *q, enum store_mark which)
{
	int64_t ts = store_thumb_marked(q->m->blobs, &q->file, which);
	return ts >= 0 && (which == STORE_MARK_STILL || q->m->now() - ts < RETRY_MS);
}

enum job { JOB_SET, JOB_BOX, JOB_ROW };

static int
make(const struct question *q, enum job job, const struct media_want *box, const char *type, struct err *err)
{
	struct media_made made = {.n = 0};
	struct err ignored;
	int fd = store_file_open(q->m->blobs, &q->file, err);
	if (fd < 0)
		return -1;
	int rc =
	    job == JOB_SET ? media_make_set(q->m, fd, &made, err) : media_make_one(q->m, fd, box, type, &made, err);
	io_close(&fd);
	if (rc < 0 && err->code == ERR_UNSUPPORTED)
		(void)store_thumb_mark(q->m->blobs, &q->file, STORE_MARK_NONE, &ignored);
	if (rc == 0 && job == JOB_BOX && box->animated && !str_eq(made.thumb[0].type, "image/webp"))
		(void)store_thumb_mark(q->m->blobs, &q->file, STORE_MARK_STILL, &ignored);
	rc = rc == 0 ? keep(q, &made, err) : rc;
	media_made_clear(&made);
	return rc;
}

/* May anything be made of it at all? */
static bool
possible(const struct question *q)
{
	return q->m->thumb != NULL && media_type_picture(q->out->medium.type) && !marked(q, STORE_MARK_NONE) &&
	       q->rows.n < STORED_MAX;
}

static bool
may_move(const char *type)
{
	return str_istarts(type, "image/gif") || str_istarts(type, "image/png") || str_istarts(type, "image/apng") ||
	       str_istarts(type, "image/webp");
}

/* One that stands still: the standard set, if there is none yet; else, if the owner allows it, the size itself. */
static bool
missing_still(const struct question *q, enum job *job, struct media_want *box)
{
	struct media_want standard, still = *q->want;
	still.animated = false;
	media_box(q->want, false, &standard);
	*job = still_rows(q) == 0 ? JOB_SET : JOB_BOX;
	if (*job == JOB_SET || !q->m->dynamic)
		return *job == JOB_SET;
	if (box->width == standard.width && box->height == standard.height)
		return false;
	if (box->method == MEDIA_SCALE && media_enough(q->rows.row, q->rows.n, &still))
		return false;
	return !has_row(q, box, false);
}

/* What is missing of what was asked for; false: nothing. */
static bool
missing(const struct question *q, enum job *job, struct media_want *box)
{
	*job = JOB_BOX;
	if (!possible(q))
		return false;
	media_box(q->want, q->m->dynamic, box);
	if (q->want->animated && may_move(q->out->medium.type) && !marked(q, STORE_MARK_STILL))
		return !has_row(q, box, true);
	box->animated = false;
	return missing_still(q, job, box);
}

enum { STEPS = 3 /* one that moves, the set, one of the size */ };

/* With the lock: whoever waited for it looks again, it may be there.  why: what went wrong. */
static int
make_all(struct question *q, struct err *why, struct err *err)
{
	enum job job;
	struct media_want box;
	for (int i = 0; i < STEPS; i++) {
		if (read_rows(q, err) < 0)
			return -1;
		if (!missing(q, &job, &box) || make(q, job, &box, NULL, why) < 0)
			return 0;
	}
	return read_rows(q, err);
}

/* What cannot be made now costs nothing as long as there is another one. */
static int
make_missing(struct question *q, struct err *err)
{
	enum job job;
	struct media_want box;
	struct err why;
	err_clear(&why);
	if (!missing(q, &job, &box))
		return 0;
	if (q->how->later != NULL)
		return media_not_now(q->how, MEDIA_MAKE, err);
	char *key = lock_key(q);
	int rc = lock(q, key, &why);
	if (rc == 0) {
		rc = make_all(q, &why, err);
		store_url_unlock(q->m->store, key);
	} else {
		rc = 0;
	}
	mem_free(key);
	if (rc == 0 && q->rows.n == 0 && (why.code == ERR_BUSY || why.code == ERR_SYS)) {
		*err = why;
		rc = -1;
	}
	return rc;
}

/* ---- handing out --------------------------------------------------------------------------------------------------- */

static int
open_row(const struct question *q, const struct store_thumb_row *t, struct err *err)
{
	struct stat st;
	struct media_file *f = q->out;
	size_t n = strlen(t->type);
	f->fd = n < sizeof f->type ? store_file_thumb_open(q->m->blobs, &q->file, t, err) : -1;
	if (f->fd >= 0 && fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size == t->bytes) {
		f->bytes = st.st_size;
		f->width = t->width;
		f->height = t->height;
		(void)memcpy(f->type, t->type, n + 1);
		return 0;
	}
	io_close(&f->fd);
	return err_set(err, ERR_NOTFOUND, "thumbnail of %s is not there", f->medium.media_id);
}

/* A thumbnail is not synced when it is written: after a power cut its file may be missing or short. */
static int
make_again(struct question *q, const struct store_thumb_row *t, struct err *err)
{
	struct media_want box = {.width = t->width, .height = t->height, .animated = str_eq(t->type, "image/webp")};
	if (q->m->thumb == NULL || !media_method_parse(t->method, &box.method))
		return -1;
	if (q->how->later != NULL)
		return media_not_now(q->how, MEDIA_MAKE, err);
	char *key = lock_key(q);
	int rc = lock(q, key, err);
	if (rc == 0) {
		rc = open_row(q, t, err);
		if (rc < 0 && make(q, JOB_ROW, &box, box.animated ? NULL : t->type, err) == 0 &&
		    read_rows(q, err) == 0) {
			size_t i = media_choose(q->rows.row, q->rows.n, q->want);
			rc = i < q->rows.n ? open_row(q, &q->rows.row[i], err) : -1;
		}
		store_url_unlock(q->m->store, key);
	}
	mem_free(key);
	return rc;
}

static int
hand_out(struct question *q, struct err *err)
{
	struct media_want want = *q->want;
	size_t i = media_choose(q->rows.row, q->rows.n, &want);
	if (q->rows.n == 0)
		return err_http(
		    err, ERR_UNSUPPORTED, 400, "M_UNKNOWN",
		    "Cannot find any thumbnails for the requested media: it is none of JPEG, PNG, GIF, WebP, BMP "
		    "and ICO, or broken, or too large");
	if (i == q->rows.n)
		return media_refused(err);
	if (open_row(q, &q->rows.row[i], err) == 0)
		return 0;
	return make_again(q, &q->rows.row[i], err);
}

/* Making one takes long: meanwhile somebody may have decided about the medium. */
static int
look_again(const struct question *q, struct err *err)
{
	const struct store_name name = {q->out->medium.origin, q->out->medium.media_id};
	struct media_how how = *q->how;
	struct store_medium now;
	how.no_remote = true;
	how.timeout = 0;
	if (media_find(q->m, &name, &how, &now, err) < 0)
		return -1;
	store_medium_clear(&now);
	return 0;
}

int
media_thumbnail(const struct media *m, const struct store_name *name, const struct media_want *want,
		const struct media_how *how, struct media_file *out, struct err *err)
{
	struct question q = {.m = m, .want = want, .how = how, .out = out};
	*out = (struct media_file){.fd = -1};
	if (media_find(m, name, how, &out->medium, err) < 0)
		return -1;
	q.file = store_medium_file(&out->medium);
	int rc = read_rows(&q, err);
	rc = rc == 0 ? make_missing(&q, err) : rc;
	rc = rc == 0 ? hand_out(&q, err) : rc;
	rc = rc == 0 && q.waited ? look_again(&q, err) : rc;
	store_thumb_list_clear(&q.rows);
	if (rc == 0)
		media_used(m, how, &out->medium);
	if (rc < 0)
		media_file_clear(out);
	return rc;
}
