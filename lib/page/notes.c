/* What was found where, and what became of it?  Kept only when somebody asks why (page_options.explain).
 *
 * A place is the first byte of an element ('<') or of a JSON-LD value, counted from 0 in the page as it is parsed: the
 * bytes of the document themselves if they are UTF-8, else the page converted to UTF-8.  Lines end with LF and count
 * from 1. */
#include "page/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct page_notes *
page_notes_new(void)
{
	struct page_notes *n = mem_alloc(sizeof *n);
	n->lines = 1;
	return n;
}

void
page_notes_free(struct page_notes *n)
{
	for (size_t i = 0; n != NULL && i < n->n; i++) {
		mem_free(n->note[i].key);
		mem_free(n->note[i].value);
		mem_free(n->note[i].place.from);
	}
	for (size_t i = 0; n != NULL && i < n->skips; i++) {
		mem_free(n->skip[i].what);
		mem_free(n->skip[i].why);
	}
	if (n != NULL) {
		mem_free(n->at.from);
		mem_free(n->script.from);
	}
	mem_free(n);
}

/* ---- places ----------------------------------------------------------------------------------------- */

static size_t
line_feeds(const char *p, const char *end)
{
	size_t lines = 0;
	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

void
page_notes_feed(struct page_notes *n, const char *p)
{
	n->piece = n->counted = p;
}

/* Pieces follow each other: what was used of this one is behind us. */
void
page_notes_fed(struct page_notes *n, size_t used)
{
	const char *end = n->piece + used;
	if (n->counted < end)
		n->lines += line_feeds(n->counted, end);
	n->behind += used;
	n->piece = n->counted = NULL;
}

/* What is read from now on stands at p, which never goes back. */
void
page_notes_at(struct page_notes *n, const char *p, const char *from, size_t from_len)
{
	if (n->counted < p) {
		n->lines += line_feeds(n->counted, p);
		n->counted = p;
	}
	mem_free(n->at.from);
	n->at = (struct page_place){mem_strndup(from, from_len < NOTE_FROM_MAX ? from_len : NOTE_FROM_MAX),
				    n->behind + (size_t)(p - n->piece), n->lines};
}

void
page_notes_from(struct page_facts *f, const char *fmt, ...)
{
	char text[NOTE_FROM_MAX + 1];
	va_list ap;
	if (f->notes == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	mem_free(f->notes->at.from);
	f->notes->at.from = mem_strdup(text);
}

void
page_place_set(struct page_place *to, const struct page_place *from)
{
	char *text = mem_strdup(from->from);
	mem_free(to->from);
	*to = (struct page_place){text, from->offset, from->line};
}

void
page_notes_back(struct page_facts *f, const struct page_place *to)
{
	if (f->notes != NULL)
		page_place_set(&f->notes->at, to);
}

/* The value that was read last of a script (ld->from). */
void
page_notes_ld(struct page_facts *f, const struct ld *l, struct page_place *to)
{
	struct buf b;
	if (f->notes == NULL)
		return;
	const struct page_place *script = &f->notes->script;
	size_t at = l->node[l->from].at;
	buf_init(&b, NOTE_FROM_MAX);
	(void)buf_adds(&b, "json-ld ");
	page_ld_path(l, l->from, &b);
	mem_free(to->from);
	*to = (struct page_place){buf_take(&b), script->offset + at, script->line + line_feeds(l->s, l->s + at)};
}

/* ---- candidates -------------------------------------------------------------------------------------------- */

/* why: a literal; NULL: nothing speaks against it yet. */
void
page_note(struct page_facts *f, const char *key, enum page_source s, const char *value, const char *why)
{
	struct page_notes *n = f->notes;
	if (n == NULL)
		return;
	if (n->n == NOTES_MAX) {
		page_skip(f, "candidates", "too many to tell of all", NOTES_MAX);
		return;
	}
	struct page_note *one = &n->note[n->n++];
	size_t len = value == NULL ? 0 : utf8_cut(value, strlen(value), NOTE_VALUE_MAX);
	*one = (struct page_note){.key = mem_strdup(key),
				  .source = s,
				  .value = mem_strndup(value != NULL ? value : "", len),
				  .why = why,
				  .cut = value != NULL && value[len] != '\0'};
	page_place_set(&one->place, &n->at);
}

void
page_note_field(struct page_facts *f, enum page_field field, enum page_source s, const char *value, const char *why)
{
	if (f->notes != NULL)
		page_note(f, page_field_key(field), s, value, why);
}

/* ---- what was left out ------------------------------------------------------------------------------------------ */

/* Alike ones are counted; the first says where.  limit: 0 if none is to blame. */
void
page_skip(struct page_facts *f, const char *what, const char *why, size_t limit)
{
	struct page_notes *n = f->notes;
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->skips; i++)
		if (str_eq(n->skip[i].what, what) && str_eq(n->skip[i].why, why)) {
			n->skip[i].count++;
			return;
		}
	if (n->skips < NOTES_SKIPS_MAX)
		n->skip[n->skips++] =
		    (struct page_skip){mem_strdup(what), mem_strdup(why), 1, limit, n->at.offset, n->at.line};
}

void
page_skip_bytes(struct page_facts *f, const char *why, size_t bytes)
{
	if (f->notes == NULL || bytes == 0)
		return;
	page_skip(f, "bytes", why, 0);
	for (size_t i = 0; i < f->notes->skips; i++)
		if (str_eq(f->notes->skip[i].what, "bytes")) {
			f->notes->skip[i].count = bytes;
			f->notes->skip[i].line = 0; /* they are the last ones */
		}
}
