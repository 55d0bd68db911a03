/* What is a text about?  Its first line or heading is the title, what follows the description. */
#include "page/int.h"

#include <string.h>

enum { TITLE_MAX = 120, LINE_MAX_BYTES = 4096, FRONT_LINES_MAX = 64 };

struct lines {
	const char *p, *end;
	const char *line; /* the one that was read last, without its end */
	size_t n;
};

static bool
next(struct lines *l)
{
	if (l->p >= l->end)
		return false;
	const char *lf = memchr(l->p, '\n', (size_t)(l->end - l->p));
	l->line = l->p;
	l->n = (size_t)((lf != NULL ? lf : l->end) - l->p);
	l->p = lf != NULL ? lf + 1 : l->end;
	while (l->n > 0 && str_isspace((unsigned char)l->line[l->n - 1]))
		l->n--;
	return true;
}

static void
trim(const char **p, size_t *n)
{
	while (*n > 0 && str_isspace((unsigned char)**p))
		(*p)++, (*n)--;
}

/* ---- Markdown (CommonMark, as far as a preview needs it) ------------------------------------------------------ */

/* A line of only this character, at least three of them. */
static bool
ruled(const char *p, size_t n, char c)
{
	size_t i = 0;
	while (i < n && p[i] == c)
		i++;
	return i == n && n >= 3;
}

/* [text](address) is its text, ![text](address) nothing; what stands behind both, else p. */
static const char *
link_end(const char *p, const char *end)
{
	const char *close = memchr(p, ']', (size_t)(end - p));
	if (close == NULL || close + 1 >= end || close[1] != '(')
		return p;
	const char *paren = memchr(close, ')', (size_t)(end - close));
	return paren != NULL ? paren + 1 : p;
}

/* [![text](address)](address), as badges are written: what stands behind it, else p. */
static const char *
badge_end(const char *p, const char *end)
{
	if (end - p < 3 || p[1] != '!' || p[2] != '[')
		return p;
	const char *inner = link_end(p + 2, end);
	if (inner == p + 2 || end - inner < 2 || inner[0] != ']' || inner[1] != '(')
		return p;
	const char *paren = memchr(inner, ')', (size_t)(end - inner));
	return paren != NULL ? paren + 1 : p;
}

/* A line without what marks it up. */
static void
unmarked(struct buf *out, const char *p, size_t n)
{
	const char *end = p + n;
	while (n > 0 && p[0] == '#' && (end[-1] == '#' || end[-1] == ' ') && end > p + 1)
		end--;
	while (p < end && strchr("#>*+-= \t", *p) != NULL)
		p++;
	while (p < end) {
		if (*p == '[' && badge_end(p, end) != p) {
			p = badge_end(p, end);
			continue;
		}
		bool picture = *p == '!' && p + 1 < end && p[1] == '[';
		const char *open = picture ? p + 1 : p, *behind = *open == '[' ? link_end(open, end) : open;
		if (*open == '[' && behind != open) {
			const char *close = memchr(open, ']', (size_t)(end - open));
			if (!picture)
				unmarked(out, open + 1, (size_t)(close - open - 1));
			p = behind;
		} else if (*p == '\\' && p + 1 < end) {
			(void)buf_addc(out, p[1]);
			p += 2;
		} else {
			if (*p != '*' && *p != '`' && !(*p == '_' && p + 1 < end && p[1] == '_'))
				(void)buf_addc(out, *p);
			p += *p == '_' && p + 1 < end && p[1] == '_' ? 2 : 1;
		}
	}
}

/* The value of "name: value" in front matter, without quotes. */
static void
front_member(struct doc *d, const struct lines *l, const char *name, const char *key)
{
	size_t k = strlen(name);
	if (l->n <= k || l->line[k] != ':' || !str_nieq(l->line, k, name))
		return;
	const char *p = l->line + k + 1;
	size_t n = l->n - k - 1;
	trim(&p, &n);
	if (n >= 2 && (*p == '"' || *p == '\'') && p[n - 1] == *p)
		p++, n -= 2;
	page_doc_say(d, true, key, "front-matter", p, n);
}

/* "---", members, "---" before everything else: not text.  True if it was there. */
static bool
front_matter(struct doc *d, struct lines *l)
{
	struct lines look = *l;
	if (!next(&look) || !ruled(look.line, look.n, '-') || look.n != 3)
		return false;
	for (size_t i = 0; i < FRONT_LINES_MAX && next(&look); i++) {
		if (look.n == 3 && ruled(look.line, look.n, '-')) {
			l->p = look.p;
			return true;
		}
		front_member(d, &look, "title", "og:title");
		front_member(d, &look, "description", "og:description");
		front_member(d, &look, "summary", "og:description");
	}
	return false;
}

/* What in Markdown is not to be read: code, markup, tables' and rules' lines. */
static bool
unread(const struct lines *l, bool *code)
{
	const char *p = l->line;
	size_t n = l->n;
	trim(&p, &n);
	if (n >= 3 && (memcmp(p, "```", 3) == 0 || memcmp(p, "~~~", 3) == 0)) {
		*code = !*code;
		return true;
	}
	return *code || (n > 0 && (*p == '<' || *p == '|')) || ruled(p, n, '-') || ruled(p, n, '=') || ruled(p, n, '*');
}

/* ---- lines to title and description ---------------------------------------------------------------------------- */

struct reading {
	struct doc *d;
	struct text text;
	bool markdown, code, titled;
};

static bool
heading(const struct lines *l)
{
	struct lines look = *l;
	if (l->n > 1 && l->line[0] == '#' && (l->line[1] == ' ' || l->line[1] == '#'))
		return true;
	return next(&look) && l->n > 0 && ruled(look.line, look.n, '=');
}

/* The first line is the title; one too long for that begins the description as well. */
static bool
take_title(struct reading *r, const char *p, size_t n)
{
	char *title = page_text_clean(p, n);
	if (title == NULL)
		return false;
	bool whole = utf8_count(title, strlen(title)) <= TITLE_MAX;
	title = page_text_cut(title, TITLE_MAX);
	page_doc_say(r->d, false, "og:title", r->markdown ? "heading" : "line", title, strlen(title));
	mem_free(title);
	r->titled = true;
	return whole;
}

static void
line(struct reading *r, const struct lines *l)
{
	struct buf b;
	buf_init(&b, LINE_MAX_BYTES);
	if (r->markdown)
		unmarked(&b, l->line, l->n < LINE_MAX_BYTES ? l->n : (size_t)LINE_MAX_BYTES);
	else
		(void)buf_add(&b, l->line, l->n < LINE_MAX_BYTES ? l->n : (size_t)LINE_MAX_BYTES);
	if (r->markdown && heading(l))
		page_text_break(&r->text);
	if (b.len > 0 && (r->titled || !take_title(r, b.p, b.len))) {
		page_text_add(&r->text, b.p, b.len, false);
		r->text.space = true;
	}
	buf_clear(&b);
}

/* A heading further down is better than a first line that is none (badges, a greeting). */
static void
find_heading(struct reading *r, struct lines l)
{
	bool code = false;
	while (!r->titled && next(&l)) {
		if (!unread(&l, &code) && heading(&l)) {
			struct buf b;
			buf_init(&b, LINE_MAX_BYTES);
			unmarked(&b, l.line, l.n < LINE_MAX_BYTES ? l.n : (size_t)LINE_MAX_BYTES);
			(void)take_title(r, b.p != NULL ? b.p : "", b.len);
			buf_clear(&b);
		}
	}
}

void
page_doc_text(struct doc *d, const char *p, size_t n, bool markdown)
{
	struct reading r = {.d = d, .markdown = markdown};
	struct lines l = {.p = p, .end = p + n};
	page_text_init(&r.text);
	if (markdown) {
		(void)front_matter(d, &l);
		find_heading(&r, l);
	}
	bool found = r.titled;
	while (!r.text.full && next(&l)) {
		if (markdown && unread(&l, &r.code))
			continue;
		if (found && heading(&l)) /* it is the title, the others are no sentences */
			continue;
		if (l.n == 0)
			page_text_break(&r.text);
		else
			line(&r, &l);
	}
	page_text_break(&r.text);
	char *summary = r.text.all.p != NULL ? page_text_summary(r.text.all.p, r.text.all.len) : NULL;
	if (summary != NULL && !json_has(d->inferred, "og:description")) {
		json_set_str(d->inferred, "og:description", summary);
		if (!json_has(d->sources, "og:description"))
			json_set_str(d->sources, "og:description", "text");
	}
	mem_free(summary);
	page_text_clear(&r.text);
}
