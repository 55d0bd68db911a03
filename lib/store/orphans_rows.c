/* Which rows name files that are not there?  Rows are read page by page, and looked after where their files stand. */
#include "store/orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory that was looked into last: rows come in the order of their places. */
struct looks {
	const struct store_blobs *blobs;
	struct store_recent dir;
};

struct pass {
	struct store_inspection *in;
	struct looks looks;
	struct store_medium m[STORE_EXPIRE_BATCH];
	size_t n;
	enum store_flaw flaw[STORE_EXPIRE_BATCH]; /* STORE_FLAWS: none */
	int64_t after;				  /* of other servers' */
	char *after_id;				  /* of ours */
};

static bool
stopped(const struct store_inspection *in)
{
	return in->e->stop != NULL && *in->e->stop;
}

/* ---- looking ------------------------------------------------------------------------------------------------ */

/* -1 with *missing: it is not there, nor is anything in it. */
static int
dir_of(struct looks *l, const char *dir, bool *missing, struct err *err)
{
	*missing = false;
	if (l->dir.fd >= 0 && strcmp(l->dir.dir, dir) == 0)
		return l->dir.fd;
	io_close(&l->dir.fd);
	(void)snprintf(l->dir.dir, sizeof l->dir.dir, "%s", dir);
	l->dir.fd = store_dir_open(l->blobs, dir, err);
	*missing = l->dir.fd < 0 && err->code == ERR_NOTFOUND;
	return l->dir.fd;
}

/* The content, if somebody knows how to tell. */
static enum store_flaw
content(const struct store_inspection *in, int dir, const char *name, const struct store_medium *m)
{
	if (in->sound == NULL || m->sha256 == NULL)
		return STORE_FLAWS;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool sound = fd >= 0 && in->sound(fd, m);
	io_close(&fd);
	return sound ? STORE_FLAWS : STORE_FLAW_CONTENT;
}

static int
look(struct pass *p, const struct store_medium *m, enum store_flaw *flaw, struct err *err)
{
	struct store_place at;
	struct stat st;
	struct store_file f = store_medium_file(m);
	bool missing;
	*flaw = STORE_FLAW_NO_FILE;
	if (f.id == NULL || store_place_file(&at, &f, NULL) < 0)
		return 0;
	int dir = dir_of(&p->looks, at.dir, &missing, err);
	if (dir < 0)
		return missing ? 0 : -1;
	if (fstatat(dir, at.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "store: %s/%s", at.dir, at.name);
	if (!S_ISREG(st.st_mode))
		return 0;
	*flaw = st.st_size != m->bytes ? STORE_FLAW_LENGTH : content(p->in, dir, at.name, m);
	return 0;
}

static int
drop_thumb(struct store_inspection *in, const struct store_medium *m, const struct store_thumb_row *t, struct err *err)
{
	struct store *s = in->e->store;
	if (store_write_begin(s, STORE_SYNC_FULL, err) < 0)
		return -1;
	sqlite3_stmt *stmt = store_sql(s, m->origin != NULL ? SQL_REMOTE_THUMB_DROP : SQL_LOCAL_THUMB_DROP, err);
	if (stmt != NULL) {
		if (m->origin != NULL)
			store_bind(stmt, 1, m->origin);
		store_bind(stmt, 2, m->media_id);
		(void)sqlite3_bind_int64(stmt, 3, t->width);
		(void)sqlite3_bind_int64(stmt, 4, t->height);
		store_bind(stmt, 5, t->type);
		store_bind(stmt, 6, t->method);
	}
	return store_write_end(s, store_run(s, stmt, "thumbnail", err), err);
}

/* Is the thumbnail there, whole?  Also under the old name, which has no method. */
static bool
thumb_there(int dir, char *name, int64_t bytes)
{
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		*strrchr(name, '-') = '\0';
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return false;
	}
	return S_ISREG(st.st_mode) && st.st_size == bytes;
}

static int
look_at_thumb(struct store_inspection *in, const struct store_medium *m, const struct store_place *at, int dir,
	      const struct store_thumb_row *t, struct err *err)
{
	char name[STORE_PATH_MAX], path[2 * STORE_PATH_MAX];
	const struct store_name of = {m->origin, m->media_id};
	int rc = 0;
	if (store_thumb_name(name, sizeof name, t->width, t->height, t->type, t->method, NULL) < 0)
		return 0;
	(void)snprintf(path, sizeof path, "%s/%s", at->dir, name);
	if (dir >= 0 && thumb_there(dir, name, t->bytes))
		return 0;
	if (!in->e->dry)
		rc = drop_thumb(in, m, t, err);
	store_flaw_tell(in, &(struct store_finding){.flaw = STORE_FLAW_NO_THUMB,
						    .path = path,
						    .name = &of,
						    .bytes = t->bytes,
						    .mended = rc == 0 && !in->e->dry});
	return rc;
}

static int
look_at_thumbs(struct pass *p, const struct store_medium *m, struct err *err)
{
	struct store_thumb_list list = {0};
	const struct store_name of = {m->origin, m->media_id};
	struct store_file f = store_medium_file(m);
	struct store_place at;
	struct err none = {0};
	int rc = store_thumb_rows_get(p->in->e->store, &of, &list, err), dir = -1;
	if (rc == 0 && list.n > 0 && f.id != NULL && store_place_thumbs(&at, &f, NULL) == 0) {
		dir = store_dir_open(p->in->e->blobs, at.dir, &none);
		if (dir < 0 && none.code != ERR_NOTFOUND) {
			*err = none;
			rc = -1;
		}
		for (size_t i = 0; i < list.n && rc == 0; i++)
			rc = look_at_thumb(p->in, m, &at, dir, &list.row[i], err);
	}
	io_close(&dir);
	store_thumb_list_clear(&list);
	return rc;
}

/* ---- mending -------------------------------------------------------------------------------------------------- */

/* What can be had again goes; an upload stays unless its owner gave it up, and so does a quarantine. */
static bool
may_go(const struct store_inspection *in, const struct store_medium *m, enum store_flaw flaw)
{
	bool again = m->origin != NULL || m->url_cache != NULL;
	return m->quarantined_by == NULL && !m->protected && (again || (in->rows && flaw == STORE_FLAW_NO_FILE));
}

/* Media are told as findings; what goes along with them is not. */
static void
besides(void *arg, const struct store_gone *g)
{
	const struct store_expiry *e = arg;
	if (g->m == NULL && e->told != NULL)
		e->told(e->arg, g);
}

static int
drop_named(struct store_expiry *e, const struct store_name *name, size_t n, bool *found, struct err *err)
{
	struct store_expiry own = *e;
	own.told = besides;
	own.arg = e;
	int rc = store_expire_names(&own, name, n, found, err);
	own.told = e->told;
	own.arg = e->arg;
	*e = own;
	return rc;
}

static int
mend(struct pass *p, bool mended[STORE_EXPIRE_BATCH], struct err *err)
{
	struct store_name name[STORE_EXPIRE_BATCH];
	bool found[STORE_EXPIRE_BATCH] = {false};
	size_t at[STORE_EXPIRE_BATCH], n = 0;
	for (size_t i = 0; i < p->n; i++) {
		mended[i] = false;
		if (p->flaw[i] == STORE_FLAWS || !may_go(p->in, &p->m[i], p->flaw[i]))
			continue;
		at[n] = i;
		name[n++] = (struct store_name){p->m[i].origin, p->m[i].media_id};
	}
	int rc = n > 0 ? drop_named(p->in->e, name, n, found, err) : 0;
	for (size_t i = 0; i < n; i++)
		mended[at[i]] = found[i] && !p->in->e->dry;
	return rc;
}

static void
tell_page(struct pass *p, const bool mended[STORE_EXPIRE_BATCH])
{
	struct buf path;
	buf_init(&path, 2 * STORE_PATH_MAX);
	for (size_t i = 0; i < p->n; i++) {
		const struct store_medium *m = &p->m[i];
		const struct store_name of = {m->origin, m->media_id};
		struct store_file f = store_medium_file(m);
		if (p->flaw[i] == STORE_FLAWS)
			continue;
		buf_reset(&path);
		bool placed = f.id != NULL && store_file_path(&f, &path, NULL) == 0;
		store_flaw_tell(p->in, &(struct store_finding){.flaw = p->flaw[i],
							       .path = placed ? path.p : NULL,
							       .name = &of,
							       .bytes = m->bytes,
							       .mended = mended[i]});
	}
	buf_clear(&path);
}

/* ---- page by page ----------------------------------------------------------------------------------------------- */

static int
read_page(struct pass *p, bool remote, struct err *err)
{
	int step = SQLITE_DONE;
	struct store *s = p->in->e->store;
	sqlite3_stmt *stmt = store_sql(s, remote ? SQL_EACH_REMOTE : SQL_EACH_LOCAL, err);
	if (stmt == NULL)
		return -1;
	if (remote)
		(void)sqlite3_bind_int64(stmt, 3, p->after);
	else
		store_bind(stmt, 3, p->after_id);
	(void)sqlite3_bind_int64(stmt, 4, STORE_EXPIRE_BATCH);
	while (p->n < STORE_EXPIRE_BATCH && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		store_read_medium(&p->m[p->n++], stmt);
		p->after = sqlite3_column_int64(stmt, STORE_MEDIUM_COLUMNS + 1);
	}
	int rc = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_db_err(s, "media", err);
	(void)sqlite3_reset(stmt);
	if (p->n > 0 && !remote) {
		mem_free(p->after_id);
		p->after_id = mem_strdup(p->m[p->n - 1].media_id);
	}
	return rc;
}

static int
one_page(struct pass *p, bool remote, struct err *err)
{
	bool mended[STORE_EXPIRE_BATCH];
	int rc = read_page(p, remote, err);
	p->in->media += rc == 0 ? (int64_t)p->n : 0;
	for (size_t i = 0; i < p->n; i++) {
		p->flaw[i] = STORE_FLAWS;
		if (rc == 0 && p->m[i].bytes >= 0) /* else its content has not come yet */
			rc = look(p, &p->m[i], &p->flaw[i], err);
		if (rc == 0 && p->flaw[i] == STORE_FLAWS)
			rc = look_at_thumbs(p, &p->m[i], err);
	}
	if (rc == 0) {
		rc = mend(p, mended, err);
		tell_page(p, mended);
	}
	return rc;
}

static int
media(struct store_inspection *in, bool remote, struct err *err)
{
	struct pass *p = mem_alloc(sizeof *p);
	int rc = 0;
	*p = (struct pass){.in = in, .looks = {.blobs = in->e->blobs, .dir = {.fd = -1}}, .after_id = mem_strdup("")};
	for (bool more = true; more && rc == 0 && !stopped(in);) {
		rc = one_page(p, remote, err);
		more = p->n == STORE_EXPIRE_BATCH;
		for (size_t i = 0; i < p->n; i++)
			store_medium_clear(&p->m[i]);
		p->n = 0;
	}
	io_close(&p->looks.dir.fd);
	mem_free(p->after_id);
	mem_free(p);
	return rc;
}

int
store_orphans_rows(struct store_inspection *in, struct err *err)
{
	int rc = media(in, false, err);
	rc = rc == 0 ? media(in, true, err) : rc;
	return rc == 0 ? store_loose_rows(in, err) : rc;
}
