/* How does a medium of a reference server become one of ours?  Its row is judged, its file put in its place, and with
 * others of its page it is committed. */
#include "cmd/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/expire.h"

enum { CHUNK = 65536, THUMB_MAX = 4 << 20 };

static int
bad(struct err *err, const char *why)
{
	return err_set(err, ERR_INPUT, "%s", why);
}

/* ---- files ---------------------------------------------------------------------------------------------------------- */

/* Reads it through; into w, if there is one. */
static int
read_through(int fd, struct store_writer *w, struct hash *h, int64_t *bytes, struct err *err)
{
	char chunk[CHUNK];
	ssize_t n = 0;
	*bytes = 0;
	while (!cmd_stop && (n = pread(fd, chunk, sizeof chunk, *bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_INPUT, "the file cannot be read: %s", strerror(errno));
		*bytes += n;
		if (h != NULL)
			hash_add(h, chunk, (size_t)n);
		if (w != NULL && store_blob_write(w, chunk, (size_t)n, err) < 0)
			return -1;
	}
	return cmd_stop ? err_set(err, ERR_SYS, "interrupted") : 0;
}

static int
hash_file(int fd, char sha256[HASH_HEX_LEN + 1], struct err *err)
{
	struct hash *h = hash_new();
	int64_t bytes = 0;
	int rc = read_through(fd, NULL, h, &bytes, err);
	hash_hex(h, sha256);
	hash_free(h);
	return rc;
}

/* Somebody who died may have left the file in its place: if it is the same one, that is where it belongs. */
static int
there_already(struct import *a, const struct store_file *f, int fd, bool *is, struct err *err)
{
	char ours[HASH_HEX_LEN + 1], theirs[HASH_HEX_LEN + 1];
	struct err ignored;
	int have = store_file_open(&a->blobs, f, &ignored);
	*is = false;
	if (have < 0)
		return 0;
	int rc = hash_file(have, ours, err);
	rc = rc == 0 ? hash_file(fd, theirs, err) : rc;
	io_close(&have);
	*is = rc == 0 && str_eq(ours, theirs);
	return rc < 0 || *is ? rc : bad(err, "another file stands in its place");
}

/* *there: it was before. */
static int
copy_file(struct import *a, const struct store_file *f, int fd, char sha256[HASH_HEX_LEN + 1], bool *there,
	  struct err *err)
{
	int64_t bytes = 0;
	if (there_already(a, f, fd, there, err) < 0)
		return -1;
	if (*there)
		return hash_file(fd, sha256, err);
	struct store_writer *w = store_file_create(&a->blobs, f, err);
	if (w == NULL)
		return -1;
	if (read_through(fd, w, NULL, &bytes, err) < 0) {
		store_blob_abort(w);
		return -1;
	}
	return store_blob_commit(w, STORE_KEEP, &bytes, sha256, err);
}

/* The file in its place, and what its content is called. */
static int
place(struct import *a, struct store_medium *m, int fd, struct err *err)
{
	const struct store_file f = store_medium_file(m);
	char sha256[HASH_HEX_LEN + 1] = "";
	bool there = false;
	int rc = 0;
	if (a->how == IMPORT_COPY)
		rc = copy_file(a, &f, fd, sha256, &there, err);
	else if (a->how == IMPORT_LINK)
		rc = store_file_link(&a->blobs, &f, fd, err);
	if (rc == 0 && a->how != IMPORT_COPY && m->sha256 == NULL)
		rc = hash_file(fd, sha256, err);
	if (rc < 0)
		return -1;
	if (m->sha256 != NULL && sha256[0] != '\0' && !str_eq(m->sha256, sha256)) {
		if (!there)
			store_file_remove(&a->blobs, &f); /* it was copied: theirs is still there */
		return bad(err, "the file is not what its sha256 says");
	}
	if (m->sha256 == NULL) {
		m->sha256 = mem_strdup(sha256);
		a->hashed++;
	}
	return 0;
}

static int
unreadable(struct err *err)
{
	err->code = ERR_INPUT;
	return -1;
}

static int
take_file(struct import *a, struct store_medium *m, struct err *err)
{
	const struct store_file f = store_medium_file(m);
	struct stat st;
	int fd = store_file_open(&a->foreign, &f, err), rc = 0;
	if (fd < 0)
		return err->code == ERR_NOTFOUND ? bad(err, "the file is missing")
						 : unreadable(err); /* a link, or forbidden: this one is not taken */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = bad(err, "its file is none");
	else if (m->bytes >= 0 && st.st_size != m->bytes)
		rc = err_set(err, ERR_INPUT, "the file has %lld bytes, and media_length is %lld", (long long)st.st_size,
			     (long long)m->bytes);
	else
		m->bytes = st.st_size;
	if (rc == 0 && !a->dry)
		rc = place(a, m, fd, err);
	io_close(&fd);
	return rc;
}

/* ---- thumbnails ----------------------------------------------------------------------------------------------------- */

static bool
take_thumb(struct import *a, const struct store_file *f, struct store_thumb_row *t)
{
	struct buf data;
	struct err ignored;
	int fd = store_file_thumb_open(&a->foreign, f, t, &ignored);
	if (fd < 0)
		return false;
	buf_init(&data, THUMB_MAX);
	bool good = io_read_all(fd, THUMB_MAX, &data, &ignored) == 0 && data.len > 0;
	if (good && !a->dry && a->how != IMPORT_IN_PLACE) {
		const struct store_thumb one = {.width = t->width,
						.height = t->height,
						.type = t->type,
						.method = t->method,
						.data = data.p,
						.bytes = data.len};
		good = store_file_thumbs_write(&a->blobs, f, &one, 1, &ignored) == 0;
	}
	t->bytes = (int64_t)data.len;
	buf_clear(&data);
	io_close(&fd);
	return good;
}

/* Thumbnails can be made again: one that is not there is counted, and no reason to leave the medium. */
static int
take_thumbs(struct import *a, struct store_imported *row, struct store_thumb_list *l, struct err *err)
{
	const struct store_file f = store_medium_file(&row->m);
	const struct store_name name = {row->m.origin, row->m.media_id};
	if (store_source_thumbs(a->src, &name, l, &a->missing_thumbs, err) < 0)
		return -1;
	row->thumb = mem_array(l->n > 0 ? l->n : 1, sizeof *row->thumb);
	for (size_t i = 0; i < l->n && !cmd_stop; i++) {
		struct store_thumb_row *t = &l->row[i];
		if (!take_thumb(a, &f, t)) {
			a->missing_thumbs++;
			continue;
		}
		row->thumb[row->thumbs++] = (struct store_thumb){.width = t->width,
								 .height = t->height,
								 .type = t->type,
								 .method = t->method,
								 .bytes = (size_t)t->bytes};
	}
	return 0;
}

/* ---- pages ---------------------------------------------------------------------------------------------------------- */

static int
is_known(struct import *a, const struct store_medium *m, bool *is, struct err *err)
{
	const struct store_name name = {m->origin, m->media_id};
	struct store_medium have = {0};
	*is = false;
	if (a->store == NULL)
		return 0;
	int rc = store_medium_get(a->store, &name, &have, err);
	*is = rc == 0 && have.found;
	store_medium_clear(&have);
	return rc;
}

/* Two media of one file: who deletes one of them would delete the other. */
static int
is_taken(const struct import *a, const struct store_medium *m, bool *is, struct err *err)
{
	*is = false;
	for (size_t i = 0; i < a->n && m->origin != NULL && !*is; i++)
		*is = str_eq(a->row[i].m.filesystem_id, m->filesystem_id) && str_eq(a->row[i].m.origin, m->origin);
	return *is || a->store == NULL ? 0 : store_import_taken(a->store, m, is, err);
}

static int
check_taken(const struct import *a, const struct store_medium *m, struct err *err)
{
	bool taken = false;
	if (is_taken(a, m, &taken, err) < 0)
		return -1;
	return taken ? bad(err, "filesystem_id is that of another medium") : 0;
}

/* An id that was reserved, and whose content has not come. */
static bool
is_pending(const struct store_medium *m)
{
	return m->origin == NULL && m->bytes < 0 && m->type == NULL && m->url_cache == NULL && m->user != NULL;
}

/* Into the page; ERR_INPUT: this one not, all else ends the import. */
static int
take_row(struct import *a, enum store_source_table t, const struct store_source_row *r, struct err *err)
{
	struct store_imported *row = &a->row[a->n];
	struct store_thumb_list *l = &a->list[a->n];
	bool known = false;
	*row = (struct store_imported){0};
	*l = (struct store_thumb_list){0};
	int rc = import_row(a, t, r, &row->m, err);
	rc = rc == 0 ? is_known(a, &row->m, &known, err) : rc;
	rc = rc == 0 && !known ? check_taken(a, &row->m, err) : rc;
	if (rc == 0 && !known) {
		rc = take_file(a, &row->m, err);
		if (rc < 0 && err->code == ERR_INPUT && is_pending(&row->m))
			rc = 0;
		if (rc == 0 && row->m.bytes >= 0)
			rc = take_thumbs(a, row, l, err);
	}
	if (rc == 0 && !known) {
		a->n++;
		return 0;
	}
	a->known += known;
	store_medium_clear(&row->m);
	mem_free(row->thumb);
	store_thumb_list_clear(l);
	return rc;
}

static void
count(struct import *a, const struct store_imported *row)
{
	const struct store_medium *m = &row->m;
	if (!row->added && !a->dry) {
		a->known++;
		return;
	}
	*(m->bytes < 0		 ? &a->pending
	  : m->origin != NULL	 ? &a->remote
	  : m->url_cache != NULL ? &a->url_cache
				 : &a->local) += 1;
	a->bytes += m->bytes > 0 ? m->bytes : 0;
	a->thumbnails += (int64_t)row->thumbs;
	a->quarantined += m->quarantined_by != NULL;
}

static int
take_page(struct import *a, enum store_source_table t, const struct store_source_page *page, struct err *err)
{
	int sweep = -1, rc = a->dry ? 0 : store_sweep_lock(&a->blobs, STORE_SWEEP_SHARED, &sweep, err);
	a->n = 0;
	for (size_t i = 0; rc == 0 && i < page->n; i++) {
		rc = take_row(a, t, &page->row[i], err);
		if (rc < 0 && err->code == ERR_INPUT && !cmd_stop) {
			import_problem(a, t, &page->row[i], err->text);
			rc = 0;
		}
	}
	if (rc == 0 && !a->dry)
		rc = store_import_rows(a->store, &a->run, a->row, a->n, err);
	for (size_t i = 0; i < a->n; i++) {
		if (rc == 0)
			count(a, &a->row[i]);
		store_medium_clear(&a->row[i].m);
		mem_free(a->row[i].thumb);
		store_thumb_list_clear(&a->list[i]);
	}
	store_sweep_unlock(&sweep);
	return rc;
}

int
import_media(struct import *a, enum store_source_table t, struct err *err)
{
	struct store_source_page *page = mem_alloc(sizeof *page);
	char *state = import_state(a, t);
	int64_t after = 0, last = store_source_last(a->src, t);
	int rc = 0;
	if (!a->dry && !a->again)
		rc = store_import_state(a->store, state, &after, err);
	while (rc == 0 && !cmd_stop) {
		rc = store_source_page(a->src, t, after, page, err);
		if (rc < 0 || page->n == 0)
			break;
		after = page->row[page->n - 1].rowid;
		a->run.state = state;
		a->run.after = after;
		rc = take_page(a, t, page, err);
		store_source_page_clear(page);
		import_progress(a, t, after, last);
	}
	if (rc == 0 && !cmd_stop && !a->dry) { /* the next run looks at all of it again: row numbers may change */
		a->run.after = 0;
		a->run.state = state;
		rc = store_import_rows(a->store, &a->run, NULL, 0, err);
	}
	store_source_page_clear(page);
	mem_free(page);
	mem_free(state);
	return rc < 0 ? err_add(err, "%s", store_source_name(t)) : 0;
}
