/* What does each verb of mxmedia-expire do? */
#include "cmd/expire.h"

#include <string.h>
#include <unistd.h>

#include "json/json.h"
#include "matrix/matrix.h"

/* ms that a reservation is kept after it is over: somebody may be filling it. */
#define RESERVED_GRACE (24 * 3600 * (int64_t)1000)

/* ms that media of previews are kept in any case: a preview that is being made may be about to name them. */
#define IN_USE (10 * 60 * (int64_t)1000)

static const char *const preview_keys[STORE_GONE_KINDS] = {[STORE_GONE_PREVIEW] = "previews",
							   [STORE_GONE_FAILURE] = "failures",
							   [STORE_GONE_TOKEN] = "tokens",
							   [STORE_GONE_FETCHED] = "media"};
static const char *const retention_keys[STORE_GONE_KINDS] = {
    [STORE_GONE_LOCAL] = "local", [STORE_GONE_REMOTE] = "remote", [STORE_GONE_RESERVED] = "reserved"};
static const char *const budget_keys[STORE_GONE_KINDS] = {[STORE_GONE_PREVIEW] = "previews",
							  [STORE_GONE_LOCAL] = "local",
							  [STORE_GONE_REMOTE] = "remote",
							  [STORE_GONE_FETCHED] = "fetched"};

/* ---- what a run begins and ends with ---------------------------------------------------------------------- */

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* For how long after its last use a preview may still name a medium. */
static int64_t
reach(const struct conf *c)
{
	return c->max_ttl + larger(c->stale_while_revalidate, c->stale_if_error);
}

void
expire_init(struct expire *a)
{
	a->page = (struct store_user_page){.limit = EXPIRE_PAGE};
	a->e.stop = &cmd_stop;
	a->e.told = expire_told;
	a->e.arg = a;
}

void
expire_begin(struct expire *a, const char *verb, const char *by)
{
	(void)memset(a->e.n, 0, sizeof a->e.n);
	a->e.bytes = a->e.action = 0;
	a->e.verb = verb;
	a->e.by = a->e.by != NULL ? a->e.by : by;
	a->e.now = cmd_now();
	a->e.fresh_ts = a->e.now - reach(&a->c.conf);
}

static int
worse(int status, int other)
{
	return status == 0 || other == EXIT_REFUSED ? other : status;
}

void
expire_failed(struct expire *a, const struct err *err, const char *part)
{
	a->status = worse(a->status, cmd_fail(&a->c, err, part));
}

static int
take_lock(struct expire *a, struct err *err)
{
	if (a->e.dry || a->lock >= 0 || store_expire_lock(&a->blobs, false, &a->lock, err) == 0)
		return 0;
	if (err->code != ERR_BUSY || a->nowait)
		return -1;
	cmd_note(&a->c, "another expiry is running: waiting for it");
	return store_expire_lock(&a->blobs, true, &a->lock, err);
}

static int
open_all(struct expire *a, struct err *err)
{
	if (take_lock(a, err) < 0)
		return -1;
	a->store = store_open(a->c.store, err);
	return a->store != NULL ? 0 : -1;
}

int
expire_open(struct expire *a, struct err *err)
{
	/* a directory in which nothing is yet is what a timer finds at first; none at all is a mistake */
	if (store_blobs_open(&a->blobs, a->c.store, false, err) < 0)
		return -1;
	if (store_blocks_small(&a->blobs))
		cmd_warn(&a->c, "%s: blocks of less than 4096 bytes: a full disk ends every reader with SIGBUS",
			 a->c.store);
	int rc = open_all(a, err);
	if (rc < 0 && store_space_out(&a->blobs) && store_reserve_drop(&a->blobs))
		rc = open_all(a, err);
	a->e.store = a->store;
	a->e.blobs = &a->blobs;
	return rc;
}

/* When media were looked at is waiting in a journal; without it they would look older than they are. */
static void
flush_access(struct expire *a)
{
	struct err err;
	if (store_access_flush(a->store, &a->blobs, cmd_now(), &err) < 0 && !a->e.dry)
		expire_failed(a, &err, "access times");
}

int
expire_run(struct expire *a, int (*verb)(struct expire *a, struct err *err))
{
	struct err err;
	flush_access(a);
	if (verb(a, &err) < 0)
		expire_failed(a, &err, NULL);
	if (a->e.file.code != ERR_NONE)
		expire_failed(a, &a->e.file, NULL);
	if (!a->e.dry && store_reserve_make(&a->blobs, &err) < 0)
		expire_failed(a, &err, NULL);
	return cmd_stop && a->status == 0 ? EXIT_REFUSED : a->status;
}

/* What goes with what went; after a failure, too: that is gone. */
static int
along(struct expire *a, int rc, struct err *err)
{
	struct err other;
	if (store_expire_along(&a->e, rc < 0 ? &other : err) == 0)
		return rc;
	if (rc < 0)
		expire_failed(a, &other, NULL);
	return -1;
}

/* ---- parts ---------------------------------------------------------------------------------------------------- */

static struct json *
part_previews(struct expire *a, struct err *err)
{
	const struct conf *c = &a->c.conf;
	expire_begin(a, "expire", "system");
	int64_t kept = larger(larger(c->url_preview_image_lifetime, reach(c)), IN_USE);
	int rc = store_expire_previews(&a->e, kept, c->failure_max_ttl, err);
	rc = along(a, rc, err);
	struct json *j = expire_counts(a, preview_keys);
	if (rc < 0)
		expire_failed(a, err, "previews");
	return j;
}

static struct json *
part_retention(struct expire *a, struct err *err)
{
	const struct conf *c = &a->c.conf;
	int rc = 0;
	expire_begin(a, "expire", "system");
	struct store_due due = {.before = a->e.now - c->local_media_lifetime, .server_name = c->server_name};
	if (c->local_media_lifetime > 0)
		rc = store_expire_uploads(&a->e, &due, err);
	if (rc == 0 && c->remote_media_lifetime > 0)
		rc = store_expire_remote(&a->e, a->e.now - c->remote_media_lifetime, err);
	if (rc == 0)
		rc = store_expire_reserved(&a->e, a->e.now - c->unused_expiration_time - RESERVED_GRACE, err);
	struct json *j = expire_counts(a, retention_keys);
	if (rc < 0)
		expire_failed(a, err, "retention");
	return j;
}

static struct json *
part_budget(struct expire *a, int64_t keep, struct err *err)
{
	int64_t left = 0;
	expire_begin(a, "expire", "system");
	struct store_budget want = {
	    .keep = keep, .fetched = true, .remote = true, .local = a->uploads ? a->c.conf.server_name : NULL};
	int rc = store_expire_budget(&a->e, &want, &left, err);
	int64_t bytes = a->e.bytes;
	rc = along(a, rc, err);
	left -= a->e.bytes - bytes; /* pages, which count */
	struct json *j = expire_counts(a, budget_keys);
	json_set_int(j, "left", left);
	json_set_int(j, "keep", keep);
	if (rc < 0)
		expire_failed(a, err, "budget");
	else if (left > keep && !cmd_stop) {
		cmd_warn(&a->c, "budget: %lld bytes are left: the rest is quarantined, protected or shown as avatar",
			 (long long)left);
		a->status = worse(a->status, EXIT_REFUSED);
	}
	return j;
}

/* ---- verbs ------------------------------------------------------------------------------------------------------ */

int
expire_previews(struct expire *a, struct err *err)
{
	expire_print(part_previews(a, err));
	return 0;
}

int
expire_retention(struct expire *a, struct err *err)
{
	expire_print(part_retention(a, err));
	return 0;
}

int
expire_budget(struct expire *a, struct err *err)
{
	expire_print(part_budget(a, a->keep, err));
	return 0;
}

int
expire_all(struct expire *a, struct err *err)
{
	struct json *j = json_object();
	json_set(j, "previews", part_previews(a, err));
	if (!cmd_stop)
		json_set(j, "retention", part_retention(a, err));
	if (!cmd_stop && a->c.conf.max_store_size > 0)
		json_set(j, "budget", part_budget(a, a->c.conf.max_store_size, err));
	if (!cmd_stop && expire_sweep_due(a))
		json_set(j, "orphans", expire_sweep(a, err));
	expire_print(j);
	return 0;
}

int
expire_local(struct expire *a, struct err *err)
{
	expire_begin(a, "delete", NULL);
	struct store_due due = {.before = a->before,
				.size = a->size,
				.server_name = a->avatars_go && !a->unreferenced ? NULL : a->c.conf.server_name,
				.unreferenced = a->unreferenced};
	expire_list_open(a);
	int rc = along(a, store_expire_local(&a->e, &due, err), err);
	expire_list_close(a);
	return rc;
}

int
expire_remote(struct expire *a, struct err *err)
{
	expire_begin(a, "delete", NULL);
	int rc = store_expire_remote(&a->e, a->before, err);
	struct json *j = json_object();
	if (a->e.dry)
		json_set_bool(j, "dry_run", true);
	json_set_int(j, "deleted", a->e.n[STORE_GONE_REMOTE]);
	expire_print(j);
	return rc;
}

int
expire_user(struct expire *a, struct err *err)
{
	const char *user = a->operands[0], *server = matrix_user_valid(user) ? matrix_user_server(user) : NULL;
	if (server == NULL)
		return err_set(err, ERR_INPUT, "%s: not a user id", user);
	if (!str_eq(server, a->c.conf.server_name))
		return err_set(err, ERR_INPUT, "%s: can only look up local users (of %s)", user, a->c.conf.server_name);
	a->page.user = user;
	a->page.backwards = a->dir != NULL ? str_eq(a->dir, "b") : a->page.order == NULL;
	a->page.order = a->page.order != NULL ? a->page.order : "created_ts";
	size_t room = (size_t)larger(a->page.limit, 1), n = 0;
	char **id = mem_array(room, sizeof *id);
	struct store_name *name = mem_array(room, sizeof *name);
	bool *found = mem_array(room, sizeof *found);
	expire_begin(a, "delete", NULL);
	expire_list_open(a);
	int rc = store_expire_user(a->store, &a->page, id, &n, err);
	for (size_t i = 0; i < n; i++)
		name[i] = (struct store_name){.id = id[i]};
	rc = rc == 0 ? store_expire_names(&a->e, name, n, found, err) : rc;
	rc = along(a, rc, err);
	expire_list_close(a);
	for (size_t i = 0; i < n; i++)
		mem_free(id[i]);
	mem_free(id);
	mem_free(name);
	mem_free(found);
	return rc;
}

/* ---- by name ---------------------------------------------------------------------------------------------------- */

struct names {
	struct matrix_mxc mxc[EXPIRE_NAMES];
	struct store_name name[EXPIRE_NAMES];
	bool found[EXPIRE_NAMES];
	size_t n;
};

static int
flush_names(struct expire *a, struct names *all, struct err *err)
{
	(void)memset(all->found, 0, sizeof all->found);
	int rc = all->n > 0 ? store_expire_names(&a->e, all->name, all->n, all->found, err) : 0;
	for (size_t i = 0; i < all->n && rc == 0 && !cmd_stop; i++) {
		const struct store_name *name = &all->name[i];
		if (all->found[i])
			continue;
		cmd_warn(&a->c, "%s%s%s%s: not found", name->origin != NULL ? MATRIX_MXC : "",
			 name->origin != NULL ? name->origin : "", name->origin != NULL ? "/" : "", name->id);
		a->status = worse(a->status, EXIT_REFUSED);
	}
	all->n = 0;
	return rc;
}

/* A whole name, or an id of ours. */
static int
add_name(struct expire *a, struct names *all, const char *text, struct err *err)
{
	struct matrix_mxc *m = &all->mxc[all->n];
	struct store_name *name = &all->name[all->n];
	if (str_starts(text, MATRIX_MXC)) {
		if (matrix_mxc_parse(m, text, err) < 0)
			return -1;
		*name = (struct store_name){str_eq(m->origin, a->c.conf.server_name) ? NULL : m->origin, m->id};
	} else {
		if (!matrix_media_id_valid(text) || strlen(text) > MATRIX_MEDIA_MAX)
			return err_set(err, ERR_INPUT, "not a medium's name: %.100s", text);
		(void)memcpy(m->id, text, strlen(text) + 1);
		*name = (struct store_name){NULL, m->id};
	}
	all->n++;
	return 0;
}

static int
take_name(struct expire *a, struct names *all, const char *text, struct err *err)
{
	struct err bad;
	if (add_name(a, all, text, &bad) < 0) {
		cmd_warn(&a->c, "%s", bad.text);
		a->status = worse(a->status, EXIT_REFUSED);
	}
	return all->n == EXPIRE_NAMES ? flush_names(a, all, err) : 0;
}

/* What is cut off, by us or by a NUL, may be the name of another medium. */
static int
take_line(struct expire *a, struct names *all, int kind, const char *line, size_t len, struct err *err)
{
	if (kind == IO_LINE_OK && strlen(line) == len)
		return take_name(a, all, line, err);
	cmd_warn(&a->c, "not a medium's name: %s%s", line, kind == IO_LINE_LONG ? "..." : "");
	a->status = worse(a->status, EXIT_REFUSED);
	return 0;
}

static int
names_of_input(struct expire *a, struct names *all, struct err *err)
{
	struct io_lines in;
	char *line;
	size_t len;
	int kind = IO_LINE_EOF, rc = 0;
	io_lines_init(&in, STDIN_FILENO, EXPIRE_LINE_MAX);
	while (rc == 0 && !cmd_stop && (kind = io_lines_next(&in, &line, &len, err)) > IO_LINE_EOF)
		if (kind == IO_LINE_AGAIN)
			cmd_wait_input();
		else if (kind == IO_LINE_LONG || !cmd_blank(line, len))
			rc = take_line(a, all, kind, line, len, err);
	io_lines_clear(&in);
	return kind < 0 ? -1 : rc;
}

int
expire_delete(struct expire *a, struct err *err)
{
	struct names *all = mem_alloc(sizeof *all);
	int rc = 0;
	expire_begin(a, "delete", NULL);
	expire_list_open(a);
	if (a->operands[0] == NULL)
		rc = names_of_input(a, all, err);
	for (char **one = a->operands; *one != NULL && rc == 0 && !cmd_stop; one++)
		rc = take_name(a, all, *one, err);
	rc = rc == 0 && !cmd_stop ? flush_names(a, all, err) : rc;
	rc = along(a, rc, err);
	expire_list_close(a);
	mem_free(all);
	return rc;
}
