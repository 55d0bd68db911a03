/* What do they look like?  A page for a person: which media stand on it, and how much of them. */
#include "cmd/quarantine-sheet.h"

#include <string.h>

#include "media/media.h"
#include "store/refs.h"

enum {
	PICTURE_MAX = 256 * 1024,    /* bytes of one picture */
	PAGE_MAX = 24 * 1024 * 1024, /* bytes of all of them */
	WANT_W = 320,
	WANT_H = 240
};

struct sheet {
	const struct quarantine *a;
	int64_t skip;	 /* media of the pages before */
	int64_t shown;	 /* media of this page */
	int64_t missing; /* names that are not here */
	int64_t bad;	 /* operands and lines that are no names */
	size_t bytes;
	bool more;
	struct err *err;
	int rc;
};

/* ---- the picture --------------------------------------------------------------------------------------------- */

/* What a browser decodes as a picture and nothing else, and what it says itself that it is. */
static const char *
picture_type(const struct buf *data)
{
	static const char *const types[] = {"image/jpeg", "image/png", "image/webp", "image/gif"};
	const char *is = media_sniff(data->p, data->len, true);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_eq(is, types[i]))
			return types[i];
	return NULL;
}

static const char *
read_picture(int fd, struct buf *out)
{
	struct err ignored;
	buf_reset(out);
	const char *type =
	    fd >= 0 && io_read_all(fd, PICTURE_MAX, out, &ignored) == 0 && out->len > 0 ? picture_type(out) : NULL;
	io_close(&fd);
	if (type == NULL)
		buf_reset(out);
	return type;
}

static int
open_thumb(const struct quarantine *a, const struct store_medium *m, const struct store_file *f)
{
	const struct media_want want = {.width = WANT_W, .height = WANT_H, .method = MEDIA_SCALE};
	const struct store_name name = {m->origin, m->media_id};
	struct store_thumb_list list = {0};
	struct err ignored;
	int fd = -1;
	if (store_thumb_rows_get(a->store, &name, &list, &ignored) == 0) {
		size_t i = media_choose(list.row, list.n, &want);
		if (i < list.n)
			fd = store_file_thumb_open(&a->blobs, f, &list.row[i], &ignored);
	}
	store_thumb_list_clear(&list);
	return fd;
}

/* A thumbnail, or the medium itself if it is a small picture; NULL: there is none to show. */
static const char *
find_picture(const struct quarantine *a, const struct store_medium *m, struct buf *out)
{
	struct store_file f = store_medium_file(m);
	struct err ignored;
	if (f.id == NULL || m->bytes < 0)
		return NULL;
	const char *type = read_picture(open_thumb(a, m, &f), out);
	if (type == NULL && m->bytes <= PICTURE_MAX)
		type = read_picture(store_file_open(&a->blobs, &f, &ignored), out);
	return type;
}

/* ---- which media ------------------------------------------------------------------------------------------------ */

/* 0: the next one; 1: the page is full. */
static int
show(struct sheet *v, const struct store_medium *m)
{
	struct buf picture, text;
	if (v->skip > 0) {
		v->skip--;
		return 0;
	}
	if (v->shown == v->a->limit || v->bytes >= PAGE_MAX) {
		v->more = true;
		return 1;
	}
	buf_init(&picture, PICTURE_MAX + 1);
	buf_init(&text, SHEET_ITEM_MAX);
	const char *type = find_picture(v->a, m, &picture);
	sheet_item(v->a, m, type, &picture, &text);
	v->rc = cmd_out(&v->a->c, text.p, text.len);
	v->bytes += picture.len;
	v->shown++;
	buf_clear(&picture);
	buf_clear(&text);
	return v->rc != 0 || cmd_stop;
}

static int
show_name(void *arg, const struct store_name *name)
{
	struct sheet *v = arg;
	struct store_medium m = {0};
	bool ours = name->origin == NULL || strcmp(name->origin, v->a->server_name) == 0;
	v->rc = store_medium_get(v->a->store, &(struct store_name){ours ? NULL : name->origin, name->id}, &m, v->err);
	int stop = v->rc < 0 ? 1 : m.found ? show(v, &m) : 0;
	v->missing += v->rc == 0 && !m.found;
	store_medium_clear(&m);
	return stop;
}

static int
show_reference(void *arg, const struct store_ref *r)
{
	return show_name(arg, &(struct store_name){r->origin, r->id});
}

static int
show_batch(void *arg, struct quarantine_batch *b, struct err *err)
{
	(void)err;
	int stop = 0;
	((struct sheet *)arg)->bad = b->bad;
	for (size_t i = 0; i < b->n && stop == 0; i++)
		if (b->item[i].name.id != NULL)
			stop = show_name(arg, &b->item[i].name);
	return stop;
}

/* Page by page from the store; this page begins where the skipped ones end. */
static int
show_quarantined(struct sheet *v)
{
	enum { ROWS = 256 };
	struct store_medium *m = mem_array(ROWS, sizeof *m);
	struct store_name at = {NULL, mem_strdup("")};
	size_t n = ROWS;
	int stop = 0, rc = 0;
	while (rc == 0 && n == ROWS && stop == 0) {
		rc = store_quarantined(v->a->store, &at, m, ROWS, &n, v->err);
		for (size_t i = 0; rc == 0 && i < n && stop == 0; i++)
			stop = show(v, &m[i]);
		mem_free((void *)(uintptr_t)at.origin);
		mem_free((void *)(uintptr_t)at.id);
		at = n > 0 && rc == 0 ? (struct store_name){mem_strdup(m[n - 1].origin), mem_strdup(m[n - 1].media_id)}
				      : (struct store_name){NULL, NULL};
		if (rc == 0)
			store_media_clear(m, n);
	}
	mem_free((void *)(uintptr_t)at.origin);
	mem_free((void *)(uintptr_t)at.id);
	mem_free(m);
	return rc;
}

static int
show_all(struct sheet *v)
{
	const struct quarantine *a = v->a;
	int rc;
	if (a->quarantined)
		return show_quarantined(v);
	if (a->since > 0)
		return store_pick_since(a->store, a->since, show_name, v, v->err);
	if (a->room != NULL)
		return store_refs_room(a->store, a->room, show_reference, v, v->err);
	if (a->user == NULL)
		return quarantine_names(a, STORE_CHANGES, show_batch, v, v->err) < 0 ? -1 : 0;
	rc = store_pick_user(a->store, a->user, STORE_PICK_ALL, show_name, v, v->err);
	if (rc == 0 && v->rc == 0 && a->referenced && !v->more)
		rc = store_refs_sender(a->store, a->user, show_reference, v, v->err);
	return rc;
}

int
quarantine_sheet(struct quarantine *a)
{
	struct err err;
	struct sheet v = {.a = a, .err = &err};
	struct buf text;
	if (a->from != NULL)
		(void)str_int64(a->from, &v.skip);
	int64_t from = v.skip;
	buf_init(&text, SHEET_ITEM_MAX);
	sheet_head(a, &text);
	(void)cmd_out(&a->c, text.p, text.len);
	int rc = show_all(&v);
	rc = rc == 0 && v.rc < 0 ? -1 : rc;
	buf_reset(&text);
	sheet_foot(a, from, v.shown, v.more, &text);
	int sent = cmd_out(&a->c, text.p, text.len);
	buf_clear(&text);
	/* of a room or user it is no mistake */
	bool named = a->room == NULL && a->user == NULL && a->since == 0, missed = named && v.missing > 0;
	if (missed)
		cmd_warn(&a->c, "%lld are not here", (long long)v.missing);
	else if (v.missing > 0)
		cmd_note(&a->c, "%lld are not here", (long long)v.missing);
	if (rc < 0 && sent == 0)
		return cmd_fail(&a->c, &err, NULL);
	return sent < 0 || cmd_stop || missed || v.bad > 0 ? EXIT_REFUSED : 0;
}
