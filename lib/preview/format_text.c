/* How does a preview look among other text?  A few lines for people: title, site, description, address. */
#include "preview/format_cells.h"

#include <string.h>

struct page {
	struct buf *out;
	unsigned columns;
	bool colour;
};

static void
paint(const struct page *p, const char *colour)
{
	if (p->colour)
		(void)buf_adds(p->out, colour);
}

/* As much of a clean text as one line holds, cut at a space if there is one; bytes, and in *next where the rest begins. */
static size_t
line_of(const char *s, unsigned columns, size_t *next)
{
	size_t n = strlen(s), at = 0, space = 0;
	unsigned used = 0;
	while (at < n) {
		uint32_t cp;
		size_t step = utf8_next(s + at, n - at, &cp);
		unsigned w = format_columns(&cp);
		if (cp == ' ')
			space = at;
		if (used + w > columns && at > 0) {
			*next = space > 0 ? space + 1 : at;
			return space > 0 ? space : at;
		}
		used += w;
		at += step;
	}
	*next = n;
	return n;
}

/* Characters without a width of their own do not reach the terminal. */
static void
put(const struct page *p, const char *s, size_t n)
{
	while (n > 0) {
		uint32_t cp;
		char bytes[4];
		size_t step = utf8_next(s, n, &cp);
		(void)format_columns(&cp);
		(void)buf_add(p->out, bytes, utf8_put(bytes, cp));
		s += step;
		n -= step;
	}
}

static void
paragraph(const struct page *p, const char *colour, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t next = 0, n = line_of(text, p->columns, &next);
		paint(p, colour);
		put(p, text, n);
		paint(p, *colour != '\0' ? FORMAT_PLAIN : "");
		(void)buf_addc(p->out, '\n');
		text += next;
	}
}

/* Who says so?  The host always: a name is free to everybody. */
static char *
origin(const struct format_face *f)
{
	if (f->site == NULL || str_ieq(f->site, f->host))
		return mem_strdup(f->host);
	return f->host != NULL ? mem_printf("%s · %s", f->site, f->host) : mem_strdup(f->site);
}

void
format_text(const struct record *rec, unsigned columns, bool colour, struct buf *out)
{
	const struct page p = {
	    .out = out, .columns = columns < FORMAT_COLUMNS_MIN ? FORMAT_COLUMNS_MIN : columns, .colour = colour};
	struct format_face f;
	format_face(rec, &f);
	char *who = f.error == NULL ? origin(&f) : NULL, *asked = format_clean(record_url(rec));
	paragraph(&p, FORMAT_BOLD, f.title);
	paragraph(&p, FORMAT_DIM, who);
	paragraph(&p, "", f.description);
	paint(&p, FORMAT_DIM);
	(void)buf_adds(out, f.url != NULL ? f.url : asked != NULL ? asked : "?"); /* whole, that it can be followed */
	paint(&p, FORMAT_PLAIN);
	(void)buf_addc(out, '\n');
	paragraph(&p, FORMAT_RED, f.error);
	mem_free(asked);
	mem_free(who);
	format_face_clear(&f);
}
