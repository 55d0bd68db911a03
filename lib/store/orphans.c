/* Which files does no row name?  Every file of the store is looked up once; what nothing names is looked up again under
 * the lock that keeps those out who put a file before its row, and only then removed. */
#include "store/orphans.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Components below a folder of the store: SERVER/aa/bb/rest/thumbnail. */
enum { DEPTH = 5, CANDIDATES = 256 };
enum { MADE_SLACK = 60 * 1000 }; /* ms: the first filter of a new store may write before the database is there */

static const struct top {
	const char *name;
	enum store_file_kind kind;
	bool thumbs;
	size_t depth; /* directories above a file, at most */
} tops[] = {
    {STORE_URL_CACHE, STORE_URL_CACHE_FILE, false, 2}, {STORE_URL_CACHE_THUMBNAILS, STORE_URL_CACHE_FILE, true, 3},
    {STORE_LOCAL, STORE_LOCAL_FILE, false, 2},	       {STORE_LOCAL_THUMBNAILS, STORE_LOCAL_FILE, true, 3},
    {STORE_REMOTE, STORE_REMOTE_FILE, false, 3},       {STORE_REMOTE_THUMBNAILS, STORE_REMOTE_FILE, true, 4},
};
enum { TOPS = sizeof tops / sizeof tops[0] };

struct candidate {
	char *name;
	enum store_flaw flaw;
	int64_t bytes;
	enum { STANDS, NAMED, GONE } now; /* NAMED: its row has come */
};

/* A directory that is being read: its place, and what in it nothing names. */
struct level {
	struct store_inspection *in;
	const struct top *top;
	const char *part[DEPTH]; /* the directories down to here, below the top folder */
	size_t depth;
	int fd;
	struct store_owner *owner; /* of the thumbnails in it; NULL: not asked yet */
	struct candidate c[CANDIDATES];
	size_t n;
};

static bool
stopped(const struct store_inspection *in)
{
	return in->e->stop != NULL && *in->e->stop;
}

void
store_flaw_tell(struct store_inspection *in, const struct store_finding *f)
{
	in->n[f->flaw]++;
	in->mended[f->flaw] += f->mended;
	if (in->found != NULL)
		in->found(in->arg, f);
}

/* ---- one file ----------------------------------------------------------------------------------------------- */

static void
path_of(const struct level *l, const char *name, char path[STORE_PATH_MAX])
{
	size_t n = (size_t)snprintf(path, STORE_PATH_MAX, "%s", l->top->name);
	for (size_t i = 0; i < l->depth && n < STORE_PATH_MAX; i++)
		n += (size_t)snprintf(path + n, STORE_PATH_MAX - n, "/%s", l->part[i]);
	if (n < STORE_PATH_MAX)
		(void)snprintf(path + n, STORE_PATH_MAX - n, "/%s", name);
}

static void
tell(const struct level *l, const struct candidate *c)
{
	char path[STORE_PATH_MAX];
	bool mended = c->now == GONE;
	path_of(l, c->name, path);
	l->in->bytes += mended || (l->in->e->dry && c->flaw != STORE_FLAW_OLDER) ? c->bytes : 0;
	store_flaw_tell(l->in,
			&(struct store_finding){.flaw = c->flaw, .path = path, .bytes = c->bytes, .mended = mended});
}

/* Does a row name the file?  -1: that cannot be found out.  *flaw: what it is if none does. */
static int
named(struct level *l, const char *name, enum store_flaw *flaw, struct err *err)
{
	struct store *s = l->in->e->store;
	struct store_place_of at = {.kind = l->top->kind, .part = l->part, .parts = l->depth, .thumb = l->top->thumbs};
	int rc = 0;
	*flaw = STORE_FLAW_UNKNOWN;
	if (l->top->kind == STORE_URL_CACHE_FILE && l->depth == 1 && str_eq(l->part[0], "robots"))
		return 1; /* a fixed number of places */
	if (!store_owner_place(&at, name))
		return 0;
	*flaw = l->top->thumbs ? STORE_FLAW_THUMB_FILE : STORE_FLAW_FILE;
	if (!l->top->thumbs) {
		struct store_owner o = {0};
		rc = store_owner_find(s, &at, name, &o, err);
		bool is = o.media_id != NULL;
		store_owner_clear(&o);
		return rc < 0 ? -1 : is;
	}
	if (l->owner == NULL) {
		l->owner = mem_alloc(sizeof *l->owner);
		rc = store_owner_find(s, &at, NULL, l->owner, err);
	}
	return rc < 0 ? -1 : store_owner_has(l->owner, name);
}

static void
forget_owner(struct level *l)
{
	if (l->owner != NULL)
		store_owner_clear(l->owner);
	mem_free(l->owner);
	l->owner = NULL;
}

/* By both times: one is the writer's, the other that of whoever gave it its name. */
static bool
old_enough(const struct store_inspection *in, const struct stat *st)
{
	time_t t = st->st_mtim.tv_sec > st->st_ctim.tv_sec ? st->st_mtim.tv_sec : st->st_ctim.tv_sec;
	return in->e->now - (int64_t)t * 1000 >= in->grace;
}

/* ---- what nothing names ----------------------------------------------------------------------------------------- */

/* Looks again, now that no row is about to come. */
static int
remove_candidate(struct level *l, struct candidate *c, struct err *err)
{
	enum store_flaw flaw;
	if (c->flaw != STORE_FLAW_LEFTOVER) {
		int is = named(l, c->name, &flaw, err);
		c->now = is > 0 ? NAMED : STANDS;
		if (is != 0)
			return is < 0 ? -1 : 0;
	}
	if (unlinkat(l->fd, c->name, 0) < 0 && errno != ENOENT)
		return err_sys(err, "store: remove %s", c->name);
	c->now = GONE;
	return 0;
}

/* Nothing is told under the lock: whoever reads it slowly would keep everybody from putting media. */
static int
remove_candidates(struct level *l, struct err *err)
{
	int hold = -1, rc = 0;
	if (store_sweep_lock(l->in->e->blobs, STORE_SWEEP_EXCLUSIVE, &hold, err) < 0)
		return -1;
	forget_owner(l); /* what was known before */
	for (size_t i = 0; i < l->n && rc == 0; i++)
		rc = remove_candidate(l, &l->c[i], err);
	forget_owner(l);
	store_sweep_unlock(&hold);
	return rc;
}

static int
flush(struct level *l, struct err *err)
{
	int rc = l->n > 0 && !l->in->e->dry ? remove_candidates(l, err) : 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->c[i].now == GONE || l->in->e->dry)
			tell(l, &l->c[i]);
		mem_free(l->c[i].name);
	}
	l->n = 0;
	return rc;
}

/* A database that was lost is made anew by whoever comes next, and knows none of the files: those are all that is left. */
static bool
older_than_database(const struct store_inspection *in, const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 < in->made - MADE_SLACK;
}

static int
add(struct level *l, const char *name, enum store_flaw flaw, struct err *err)
{
	struct stat st;
	if (fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !old_enough(l->in, &st))
		return 0;
	if (flaw != STORE_FLAW_LEFTOVER && older_than_database(l->in, &st)) {
		tell(l, &(struct candidate){
			    .name = (char *)(uintptr_t)name, .flaw = STORE_FLAW_OLDER, .bytes = st.st_size});
		return 0;
	}
	l->c[l->n++] = (struct candidate){.name = mem_strdup(name), .flaw = flaw, .bytes = st.st_size};
	return l->n == CANDIDATES ? flush(l, err) : 0;
}

static int
look_at_file(struct level *l, const char *name, struct err *err)
{
	enum store_flaw flaw;
	l->in->files++;
	if (str_starts(name, ".tmp-"))
		return add(l, name, STORE_FLAW_LEFTOVER, err);
	int is = named(l, name, &flaw, err);
	if (is != 0)
		return is < 0 ? -1 : 0;
	if (flaw != STORE_FLAW_UNKNOWN)
		return add(l, name, flaw, err);
	tell(l, &(struct candidate){.name = (char *)(uintptr_t)name, .flaw = flaw, .bytes = -1});
	return 0;
}

/* ---- down the tree ----------------------------------------------------------------------------------------------- */

static int walk(struct level *l, struct err *err);

/* What is empty goes; whoever is about to put something there makes it anew. */
static int
walk_into(const struct level *above, const char *name, struct err *err)
{
	int fd = openat(above->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "store: %s", name);
	struct level *l = mem_alloc(sizeof *l);
	*l = (struct level){.in = above->in, .top = above->top, .depth = above->depth + 1, .fd = fd};
	(void)memcpy(l->part, above->part, sizeof l->part);
	l->part[above->depth] = name;
	bool robots = above->depth == 0 && above->top->kind == STORE_URL_CACHE_FILE && str_eq(name, "robots");
	int rc = walk(l, err);
	mem_free(l);
	if (rc == 0 && !above->in->e->dry && !robots && unlinkat(above->fd, name, AT_REMOVEDIR) == 0)
		above->in->dirs++;
	return rc;
}

static int
entry(struct level *l, const struct dirent *e, struct err *err)
{
	struct stat st;
	unsigned char type = e->d_type;
	if (type == DT_UNKNOWN && fstatat(l->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR : DT_UNKNOWN;
	if (type == DT_REG)
		return look_at_file(l, e->d_name, err);
	if (type == DT_DIR && l->depth < l->top->depth)
		return walk_into(l, e->d_name, err);
	tell(l, &(struct candidate){.name = (char *)(uintptr_t)e->d_name, .flaw = STORE_FLAW_UNKNOWN, .bytes = -1});
	return 0;
}

/* Reads the directory l->fd, and closes it. */
static int
walk(struct level *l, struct err *err)
{
	int rc = 0, copy = fcntl(l->fd, F_DUPFD_CLOEXEC, 3);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	if (d == NULL) {
		rc = err_sys(err, "store: %s", l->top->name);
		io_close(&copy);
	}
	for (const struct dirent *e; d != NULL && rc == 0 && !stopped(l->in) && (e = readdir(d)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = entry(l, e, err);
	if (rc == 0)
		rc = flush(l, err);
	for (size_t i = 0; i < l->n; i++)
		mem_free(l->c[i].name);
	forget_owner(l);
	if (d != NULL)
		(void)closedir(d);
	io_close(&l->fd);
	return rc;
}

/* Beside the folders: the database, locks, journals, reserve. */
static bool
ours(const char *name)
{
	static const char *const begin[] = {"mxpreview.db", "access."};
	static const char *const whole[] = {"locks", "reserve"};
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof begin / sizeof begin[0]; i++)
		if (str_starts(name, begin[i]))
			return true;
	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
		if (str_eq(name, whole[i]))
			return true;
	for (size_t i = 0; i < TOPS; i++)
		if (str_eq(name, tops[i].name))
			return true;
	return n > 5 && str_eq(name + n - 5, ".lock");
}

/* What is left of somebody who died while he made a reserve. */
static void
look_at_reserve(struct store_inspection *in, const char *name)
{
	struct stat st;
	int top = in->e->blobs->dirfd;
	if (fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !old_enough(in, &st))
		return;
	bool mended = !in->e->dry && unlinkat(top, name, 0) == 0;
	store_flaw_tell(in, &(struct store_finding){
				.flaw = STORE_FLAW_LEFTOVER, .path = name, .bytes = st.st_size, .mended = mended});
}

static void
look_beside(struct store_inspection *in)
{
	int fd = openat(in->e->blobs->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		if (str_starts(e->d_name, STORE_RESERVE_NEW))
			look_at_reserve(in, e->d_name);
		else if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && !ours(e->d_name))
			store_flaw_tell(
			    in, &(struct store_finding){.flaw = STORE_FLAW_UNKNOWN, .path = e->d_name, .bytes = -1});
	if (d != NULL)
		(void)closedir(d);
	else
		io_close(&fd);
}

int
store_orphans_files(struct store_inspection *in, struct err *err)
{
	/* rows that would be gone still have their files, which would go with them */
	if (store_shadow_end(in->e->store, err) < 0)
		return -1;
	int rc = store_done_get(in->e->store, STORE_MADE, &in->made, err);
	look_beside(in);
	for (size_t i = 0; i < TOPS && rc == 0 && !stopped(in); i++) {
		/* a top folder may be the owner's link to another disk */
		int fd = openat(in->e->blobs->dirfd, tops[i].name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return err_sys(err, "store: %s", tops[i].name);
		struct level *l = mem_alloc(sizeof *l);
		*l = (struct level){.in = in, .top = &tops[i], .fd = fd};
		rc = walk(l, err);
		mem_free(l);
	}
	return rc;
}
