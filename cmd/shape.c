/* In what form is an answer printed?  One file for those of mxpreview, its options for them, and the pictures they show. */
#include "cmd/shape.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "preview/format.h"
#include "store/store.h"
#include "url/url.h"

enum { COLUMNS_PLAIN = 80 }; /* where there is no terminal */

static const char *const names[] = {"og", "card", "bundled", "html", "text", "record"};

bool
shape_choose(struct shape *s, const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_eq(name, names[i])) {
			s->format = (enum shape_format)i;
			return true;
		}
	return false;
}

/* What stands before the names of pictures in pages must not be able to run. */
static bool
is_base(const char *base)
{
	char *url = url_resolve("https://example.org/", base, NULL);
	bool is = url != NULL && url_is_http(url);
	mem_free(url);
	return is;
}

const char *
shape_conflict(const struct shape *s)
{
	bool html = s->format == SHAPE_HTML;
	if ((s->standalone || s->no_style || s->image_base != NULL || s->image_dir != NULL) && !html)
		return "--standalone, --no-style, --image-base and --image-dir go with --format html";
	if (s->standalone && s->no_style)
		return "a page has its style: --standalone and --no-style";
	if (s->stable && s->format != SHAPE_BUNDLED)
		return "--stable goes with --format bundled";
	if (s->image_base != NULL && !is_base(s->image_base))
		return "--image-base is no address of the web, and no path";
	return NULL;
}

bool
shape_wants_details(const struct shape *s)
{
	return s->format == SHAPE_CARD || s->format == SHAPE_EXPLAIN || s->format == SHAPE_HTML ||
	       s->format == SHAPE_TEXT;
}

/* ---- pictures ------------------------------------------------------------------------------------------------ */

/* Whole or not at all; one that is there already is the same. */
static int
keep_file(const struct shape *s, const struct format_picture *pic, struct err *err)
{
	char *path = mem_printf("%s/%s", s->image_dir, pic->name);
	char *tmp = mem_printf("%s/.%s.%ld", s->image_dir, pic->name, (long)getpid());
	int rc = 0, fd = -1;
	if (access(path, F_OK) < 0) {
		rc = -1;
		fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0)
			(void)err_sys(err, "%s", tmp);
		else if (io_write(fd, pic->bytes.p, pic->bytes.len, err) == 0 && (rc = rename(tmp, path)) < 0)
			(void)err_sys(err, "%s", path);
		if (fd >= 0 && rc < 0)
			(void)unlink(tmp);
		io_close(&fd);
	}
	mem_free(tmp);
	mem_free(path);
	return rc;
}

/* A path below the directory that is published, as it stands in a URL: media ids and sizes need no escaping. */
static char *
published(const struct shape *s, const struct format_picture *pic)
{
	const char *base = s->image_base != NULL ? s->image_base : "", *name = pic->name;
	size_t n = strlen(base);
	if (s->image_dir == NULL)
		name = pic->path + sizeof STORE_URL_CACHE_THUMBNAILS; /* with its '/' */
	return mem_printf("%s%s%s", base, n > 0 && base[n - 1] != '/' ? "/" : "", name);
}

/* 0, or 1: a picture that was to be kept could not be. */
static int
find_picture(const struct cmd *c, const struct shape *s, const struct record *rec, struct format_picture *pic)
{
	struct err err;
	if (format_picture_find(rec, s->blobs, FORMAT_PICTURE_WIDTH, pic, &err) < 0) {
		if (err.code != ERR_NOTFOUND)
			cmd_note(c, "%s: %s", record_url(rec), err.text);
		return 0;
	}
	if (s->image_dir != NULL && keep_file(s, pic, &err) < 0) {
		cmd_warn(c, "%s", err.text);
		return 1;
	}
	if (s->image_dir != NULL || s->image_base != NULL)
		pic->src = published(s, pic);
	else
		format_picture_embed(pic);
	return 0;
}

/* ---- one answer ---------------------------------------------------------------------------------------------- */

static void
line_of(const struct record *rec, const struct json *id, const struct buf *html, struct buf *out)
{
	struct json *line = json_object();
	if (id != NULL)
		json_set(line, "id", json_copy(id));
	json_set_str(line, "url", record_url(rec));
	json_set_str(line, "html", html->p);
	if (record_failed(rec)) {
		struct json *og = format_og(rec);
		json_set(line, "error", json_get(og, "error"));
		json_free(og);
	}
	(void)json_write(line, 0, out);
	(void)buf_addc(out, '\n');
	json_free(line);
}

static void
tell_failure(const struct cmd *c, const struct record *rec)
{
	struct json *e = json_get(rec->j, "error");
	const char *text = json_str(e, "error");
	cmd_warn(c, "%s: %s", record_url(rec), text != NULL ? text : "failed");
	json_free(e);
}

static int
write_html(const struct cmd *c, const struct shape *s, const struct record *rec, const struct json *id, struct buf *out)
{
	struct format_picture pic;
	struct buf html;
	int rc = find_picture(c, s, rec, &pic);
	bool lines = !s->single && !s->standalone;
	buf_init(&html, RECORD_LINE_MAX / 2);
	format_html(rec, &pic, !s->standalone && !s->no_style, &html);
	if (lines)
		line_of(rec, id, &html, out);
	else
		(void)buf_add(out, html.p, html.len);
	if (!lines && record_failed(rec))
		tell_failure(c, rec);
	buf_clear(&html);
	format_picture_clear(&pic);
	return rc;
}

/* On a terminal that may have colours a card has its picture, if it can be drawn. */
static void
add_picture(const struct cmd *c, const struct shape *s, const struct record *rec, struct buf *out)
{
	struct format_picture pic;
	struct err err;
	if (s->columns == 0 || !s->colour || format_picture_find(rec, s->blobs, FORMAT_PICTURE_WIDTH, &pic, &err) < 0)
		return;
	char *path = mem_printf("%s/%s", s->store, pic.path);
	shape_picture(c, s, path, out);
	mem_free(path);
	format_picture_clear(&pic);
}

static void
write_text(const struct cmd *c, struct shape *s, const struct record *rec, struct buf *out)
{
	if (s->text)
		(void)buf_addc(out, '\n');
	s->text = true;
	add_picture(c, s, rec, out);
	format_text(rec, s->columns > 0 ? s->columns : COLUMNS_PLAIN, s->colour, out);
}

int
shape_write(const struct cmd *c, struct shape *s, const struct record *rec, const struct json *id, struct buf *out)
{
	int rc = 0;
	if (s->format == SHAPE_HTML)
		return write_html(c, s, rec, id, out);
	if (s->format == SHAPE_TEXT) {
		write_text(c, s, rec, out);
		return 0;
	}
	struct json *j = s->format == SHAPE_CARD      ? format_card(rec)
			 : s->format == SHAPE_BUNDLED ? format_bundled(rec, s->stable)
			 : s->format == SHAPE_EXPLAIN ? format_explain(rec)
						      : format_og(rec);
	if (s->format == SHAPE_CARD && s->strict && !format_card_complete(j))
		rc = 1;
	if (s->format == SHAPE_EXPLAIN && s->columns > 0)
		format_table(j, s->columns, s->colour, out);
	else
		(void)json_write(j, 0, out);
	(void)buf_addc(out, '\n');
	json_free(j);
	return rc;
}

void
shape_begin(struct shape *s, const char *name, struct buf *out)
{
	if (s->format == SHAPE_HTML && s->standalone && !s->head)
		format_html_head(name, out);
	s->head = true;
}

void
shape_end(const struct shape *s, struct buf *out)
{
	if (s->format == SHAPE_HTML && s->standalone && s->head)
		format_html_tail(out);
}
