/* How does an explanation look on a terminal?  One block a question; every line fits, nothing in it steers the terminal. */
#include "preview/format.h"

#include <string.h>
#include <wchar.h>

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

enum { LABEL_MAX = 28, GAP = 2, SOURCE_WIDTH = 10 };

struct table {
	struct buf *out;
	unsigned columns, label; /* widths of the line, and of its first column */
	bool colour;
};

/* ---- cells ------------------------------------------------------------------------------------------------- */

static void
paint(const struct table *t, const char *colour)
{
	if (t->colour)
		(void)buf_adds(t->out, colour);
}

/* Columns of a character: 0 if it is not to be shown at all, as what turns the direction of writing. */
static unsigned
width_of(uint32_t *cp)
{
	if (*cp == '\n' || *cp == '\t')
		*cp = ' ';
	if ((*cp >= 0x202A && *cp <= 0x202E) || (*cp >= 0x2066 && *cp <= 0x2069) || *cp == 0x200E || *cp == 0x200F)
		return 0;
	int w = *cp < ' ' || (*cp >= 0x7F && *cp < 0xA0) ? -1 : wcwidth((wchar_t)*cp);
	if (w < 0)
		*cp = '?';
	return w < 0 ? 1U : (unsigned)w;
}

/* At most room columns of s, with an ellipsis if that is not all; how many were used. */
static unsigned
cell(const struct table *t, const char *s, unsigned room)
{
	unsigned used = 0;
	size_t n = strlen(s);
	while (n > 0) {
		uint32_t cp;
		char put[4];
		size_t step = utf8_next(s, n, &cp);
		unsigned w = width_of(&cp);
		s += step;
		n -= step;
		if (used + w > room || (used + w == room && n > 0)) {
			(void)buf_adds(t->out, "…");
			return used + 1;
		}
		used += w;
		if (w > 0)
			(void)buf_add(t->out, put, utf8_put(put, cp));
	}
	return used;
}

static void
spaces(const struct table *t, unsigned n)
{
	while (n-- > 0)
		(void)buf_addc(t->out, ' ');
}

static void
padded(const struct table *t, const char *s, unsigned room)
{
	unsigned used = cell(t, s, room);
	spaces(t, used < room ? room - used : 0);
}

/* A label in its column, then the value in the rest of the line. */
static void
row_in(const struct table *t, const char *colour, const char *label, const char *value)
{
	paint(t, colour);
	padded(t, label, t->label);
	paint(t, PLAIN);
	spaces(t, GAP);
	(void)cell(t, value, t->columns - t->label - GAP);
	(void)buf_addc(t->out, '\n');
}

static void
row(const struct table *t, const char *label, const char *value)
{
	row_in(t, DIM, label, value);
}

static void
row_take(const struct table *t, const char *label, char *take)
{
	row_in(t, DIM, label, take);
	mem_free(take);
}

static void
row_bad(const struct table *t, const char *label, char *take)
{
	row_in(t, RED, label, take);
	mem_free(take);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

static char *
text_of(const struct json *object, const char *key)
{
	int64_t n = 0;
	const char *s = json_str(object, key);
	if (s != NULL)
		return mem_strdup(s);
	return json_int(object, key, &n) ? mem_printf("%lld", (long long)n) : mem_strdup("-");
}

/* The source, right of the label column, then what it says. */
static void
field_line(const struct table *t, const char *label, const char *source, const char *value, bool won)
{
	paint(t, won ? BOLD : DIM);
	padded(t, label, t->label);
	if (won)
		paint(t, PLAIN);
	spaces(t, GAP);
	padded(t, source, SOURCE_WIDTH);
	spaces(t, GAP);
	(void)cell(t, value, t->columns - t->label - 2 * GAP - SOURCE_WIDTH);
	paint(t, PLAIN);
	(void)buf_addc(t->out, '\n');
}

static void
field(const struct table *t, const struct json *one)
{
	struct json *others = json_get(one, "others");
	char *value = text_of(one, "value");
	field_line(t, json_str(one, "field"), json_str(one, "source"), value, true);
	mem_free(value);
	for (size_t i = 0, n = json_len(others); i < n; i++) {
		struct json *other = json_at(others, i);
		char *line = mem_printf("%s (%s)", json_str(other, "value"), json_str(other, "why"));
		field_line(t, "", json_str(other, "source"), line, false);
		mem_free(line);
		json_free(other);
	}
	json_free(others);
}

static void
each(const struct table *t, const struct json *explanation, const char *key,
     void (*f)(const struct table *t, const struct json *one))
{
	struct json *list = json_get(explanation, key);
	if (json_len(list) > 0)
		(void)buf_addc(t->out, '\n');
	for (size_t i = 0, n = json_len(list); i < n; i++) {
		struct json *one = json_at(list, i);
		f(t, one);
		json_free(one);
	}
	json_free(list);
}

static void
document(const struct table *t, const struct json *one)
{
	const char *type = json_str(one, "type"), *url = json_str(one, "final_url");
	row_take(t, json_str(one, "rel"),
		 mem_printf("%lld bytes, %s, status %lld, %s", (long long)json_int_or(one, "bytes", 0),
			    type != NULL ? type : "no type", (long long)json_int_or(one, "status", 0),
			    url != NULL ? url : ""));
}

static void
stage(const struct table *t, const struct json *one)
{
	int64_t runs = json_int_or(one, "runs", 1);
	row_take(t, json_str(one, "stage"),
		 mem_printf("%6lld ms %10lld bytes  %lld %s", (long long)json_int_or(one, "ms", 0),
			    (long long)json_int_or(one, "bytes", 0), (long long)runs, runs == 1 ? "run" : "runs"));
}

static void
warning(const struct table *t, const struct json *one)
{
	const char *url = json_str(one, "url"), *text = json_str(one, "error");
	row_bad(t, "warning", mem_printf("%s %s", text != NULL ? text : "", url != NULL ? url : ""));
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static unsigned
label_width(const struct json *explanation)
{
	struct json *fields = json_get(explanation, "fields");
	size_t widest = sizeof "found at" - 1;
	for (size_t i = 0, n = json_len(fields); i < n; i++) {
		struct json *one = json_at(fields, i);
		const char *key = json_str(one, "field");
		size_t w = key != NULL ? utf8_count(key, strlen(key)) : 0;
		widest = w > widest ? w : widest;
		json_free(one);
	}
	json_free(fields);
	return widest > LABEL_MAX ? LABEL_MAX : (unsigned)widest;
}

static void
circumstances(const struct table *t, const struct json *e)
{
	struct json *cache = json_get(e, "cache"), *charset = json_get(e, "charset"), *error = json_get(e, "error");
	const char *url = json_str(e, "url"), *final = json_str(e, "final_url");
	bool hit = false;
	row(t, "url", url != NULL ? url : "");
	if (final != NULL && !str_eq(final, url))
		row_take(t, "found at",
			 mem_printf("%s (redirects: %lld)", final, (long long)json_int_or(e, "hops", 0)));
	(void)json_bool(cache, "hit", &hit);
	row(t, "cache",
	    hit ? "the answer was known; --refresh finds out and explains anew" : "the answer was not known");
	if (charset != NULL)
		row_take(t, "charset", mem_printf("%s (%s)", json_str(charset, "name"), json_str(charset, "by")));
	if (error != NULL)
		row_bad(t, "error",
			mem_printf("%lld %s: %s", (long long)json_int_or(error, "status", 0),
				   json_str(error, "errcode"), json_str(error, "error")));
	json_free(error);
	json_free(charset);
	json_free(cache);
}

void
format_table(const struct json *explanation, unsigned columns, bool colour, struct buf *out)
{
	struct table t = {.out = out,
			  .columns = columns < FORMAT_COLUMNS_MIN ? FORMAT_COLUMNS_MIN : columns,
			  .label = label_width(explanation),
			  .colour = colour};
	if (t.label > t.columns / 3)
		t.label = t.columns / 3;
	circumstances(&t, explanation);
	each(&t, explanation, "fields", field);
	each(&t, explanation, "docs", document);
	each(&t, explanation, "stages", stage);
	each(&t, explanation, "warnings", warning);
}
