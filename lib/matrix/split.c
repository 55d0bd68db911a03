/* Where does one value of a stream end and the next one begin?  By quotes and brackets alone: whether it is JSON, who
 * reads it finds out. */
#include "matrix/event.h"

#include <string.h>

enum { JUNK_SHOWN = 200 };

/* A value that is being read. */
struct frame {
	struct buf text;
	int64_t line; /* where it began */
	size_t depth; /* of brackets that are open */
	size_t key;   /* where in text the last string of depth 1 begins */
	bool string, escaped, scalar, too_long;
};

/* A list that is taken apart has its elements in a frame of their own, and what is around it stays, with the list empty:
 * nothing in an event can hide it. */
struct matrix_split {
	struct matrix_splits to;
	struct frame outer, element;
	bool list;	 /* we are in the list of outer */
	bool junk;	 /* to the end of the line */
	bool line_began; /* the last byte was a line feed */
	int64_t line;
};

struct matrix_split *
matrix_split_new(const struct matrix_splits *to)
{
	struct matrix_split *s = mem_alloc(sizeof *s);
	s->to = *to;
	s->line = 1;
	s->line_began = true;
	buf_init(&s->outer.text, MATRIX_VALUE_MAX);
	buf_init(&s->element.text, MATRIX_VALUE_MAX);
	return s;
}

void
matrix_split_free(struct matrix_split *s)
{
	if (s == NULL)
		return;
	buf_clear(&s->outer.text);
	buf_clear(&s->element.text);
	mem_free(s);
}

/* ---- frames ----------------------------------------------------------------------------------------------------- */

static void
begin(struct matrix_split *s, struct frame *f)
{
	buf_reset(&f->text);
	f->line = s->line;
	f->depth = f->key = 0;
	f->string = f->escaped = f->scalar = f->too_long = false;
}

static bool
inside(const struct frame *f)
{
	return f->depth > 0 || f->scalar;
}

static void
keep(struct frame *f, const char *from, const char *to)
{
	if (!f->too_long)
		f->too_long = buf_add(&f->text, from, (size_t)(to - from)) < 0;
}

static void
tell_junk(struct matrix_split *s, struct frame *f, const char *why)
{
	size_t n = f->text.len < JUNK_SHOWN ? f->text.len : JUNK_SHOWN;
	s->to.junk(s->to.arg, f->line, why, n > 0 ? f->text.p : "", n);
	begin(s, f);
}

static void
complete(struct matrix_split *s, struct frame *f)
{
	if (f->too_long)
		tell_junk(s, f, "longer than a value may be");
	else
		s->to.value(s->to.arg, f->line, f->text.p, f->text.len);
	begin(s, f);
}

/* An array at depth 1 of an object: is it one that is taken apart? */
static bool
taken_apart(const struct frame *f)
{
	static const char *const keys[] = {"\"chunk\"", "\"messages\"", "\"events\"", "\"state\"", "\"users\""};
	const char *key = f->text.p + f->key;
	for (size_t i = 0; !f->too_long && i < sizeof keys / sizeof keys[0]; i++)
		if (f->text.len >= f->key + strlen(keys[i]) && memcmp(key, keys[i], strlen(keys[i])) == 0)
			return true;
	return false;
}

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

/* What ends a run of bytes that mean nothing here. */
enum { IN_STRING = 1, OUTSIDE = 2, SCALAR = 4 };
static const unsigned char ends[256] = {
    ['"'] = IN_STRING | OUTSIDE,
    ['\\'] = IN_STRING,
    ['\n'] = IN_STRING | OUTSIDE | SCALAR,
    ['{'] = OUTSIDE,
    ['['] = OUTSIDE,
    ['}'] = OUTSIDE | SCALAR,
    [']'] = OUTSIDE | SCALAR,
    [','] = SCALAR,
    [' '] = SCALAR,
    ['\t'] = SCALAR,
    ['\r'] = SCALAR,
};

static void
bracket(struct matrix_split *s, struct frame *f, char c)
{
	bool object = f->text.len > 0 && f->text.p[0] == '{';
	if (f == &s->outer && c == '[' && (f->depth == 0 || (f->depth == 1 && object && taken_apart(f)))) {
		s->list = true;
		begin(s, &s->element);
	}
	f->depth++;
}

/* One byte that means something, which is kept already; true: the frame ended with it. */
static bool
take(struct matrix_split *s, struct frame *f, char c)
{
	if (f->string) {
		if (f->escaped || c == '\\')
			f->escaped = !f->escaped;
		else
			f->string = c != '"';
		return f->scalar && !f->string;
	}
	if (c == '"') {
		f->string = true;
		f->escaped = false;
		if (f->depth == 1)
			f->key = f->text.len - 1;
	} else if (c == '{' || c == '[') {
		bracket(s, f, c);
	} else if (c == '}' || c == ']') {
		f->depth--;
	}
	return f->depth == 0 && !f->scalar;
}

/* A line feed; in a string there is none. */
static void
line_feed(struct matrix_split *s, struct frame *f)
{
	s->line++;
	s->line_began = true;
	if (s->junk || f->string)
		tell_junk(s, f, s->junk ? "not the beginning of a value" : "a string that does not end");
	s->junk = false;
}

/* White space, commas, and the mark that some put at the beginning of a file. */
static bool
nothing(char c)
{
	return c != '\0' && strchr(" \t\r,\xEF\xBB\xBF", c) != NULL;
}

/* Between values. */
static const char *
between(struct matrix_split *s, struct frame *f, const char *p)
{
	char c = *p;
	s->line_began = false;
	if (nothing(c))
		return p + 1;
	if (c == '\n') {
		line_feed(s, f);
		return p + 1;
	}
	if (s->list && c == ']') {
		s->list = false;
		keep(&s->outer, p, p + 1);
		if (take(s, &s->outer, c))
			complete(s, &s->outer);
		return p + 1;
	}
	begin(s, f);
	f->scalar = s->list && c != '{' && c != '[';
	s->junk = !s->list && c != '{' && c != '[';
	if (s->junk)
		return p;
	keep(f, p, p + 1);
	f->string = c == '"';
	if (!f->scalar)
		(void)take(s, f, c);
	return p + 1;
}

/* In a value: to its end, or the next line, or a list. */
static const char *
within(struct matrix_split *s, struct frame *f, const char *p, const char *end)
{
	if (s->line_began && *p == '{' && !f->string) { /* what is nested is indented: the line before was cut off */
		tell_junk(s, f, "does not end before the next value begins");
		return p;
	}
	unsigned char stop = f->string ? IN_STRING : f->scalar ? SCALAR : OUTSIDE;
	const char *from = p;
	if (!f->escaped)
		while (p < end && (ends[(unsigned char)*p] & stop) == 0)
			p++;
	s->line_began = false;
	if (p == end || (f->scalar && !f->string)) {
		keep(f, from, p);
		if (p < end)
			complete(s, f);
		return p;
	}
	keep(f, from, p + 1);
	if (*p == '\n') {
		line_feed(s, f);
	} else if (f->escaped) {
		f->escaped = false;
	} else if (take(s, f, *p)) {
		complete(s, f);
	}
	return p + 1;
}

static const char *
junk(struct matrix_split *s, struct frame *f, const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p)), *to = lf != NULL ? lf : end;
	size_t room = f->text.len < JUNK_SHOWN ? JUNK_SHOWN - f->text.len : 0;
	keep(f, p, (size_t)(to - p) < room ? to : p + room);
	if (lf == NULL)
		return end;
	line_feed(s, f);
	return lf + 1;
}

void
matrix_split_feed(struct matrix_split *s, const char *p, size_t n)
{
	for (const char *end = p + n; p < end;) {
		struct frame *f = s->list ? &s->element : &s->outer;
		if (s->junk)
			p = junk(s, f, p, end);
		else if (inside(f))
			p = within(s, f, p, end);
		else
			p = between(s, f, p);
	}
}

void
matrix_split_end(struct matrix_split *s)
{
	if (s->junk)
		line_feed(s, &s->outer);
	if (s->list && inside(&s->element))
		tell_junk(s, &s->element, "does not end");
	if (inside(&s->outer))
		tell_junk(s, &s->outer, "does not end");
	s->list = false;
}
