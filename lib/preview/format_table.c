/* How does an explanation look on a terminal?  One block a question; every line fits, nothing in it steers the terminal. */
#include "preview/format_cells.h"

#include <string.h>

enum { LABEL_MAX = 28, GAP = 2, SOURCE_WIDTH = 10, VALUE_BYTES_MAX = 4096 };

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

/* Columns of a character: 0 if it is not to be shown at all. */
static unsigned
width_of(uint32_t *cp)
{
	return format_shown(cp) ? format_columns(cp) : 0;
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

/* Columns of s; of what does not fit into room no more than that is said. */
static unsigned
width(const char *s, unsigned room)
{
	unsigned used = 0;
	for (size_t n = strlen(s); n > 0 && used <= room;) {
		uint32_t cp;
		size_t step = utf8_next(s, n, &cp);
		used += width_of(&cp);
		s += step;
		n -= step;
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
	paint(t, FORMAT_PLAIN);
	spaces(t, GAP);
	(void)cell(t, value, t->columns - t->label - GAP);
	(void)buf_addc(t->out, '\n');
}

static void
row(const struct table *t, const char *label, const char *value)
{
	row_in(t, FORMAT_DIM, label, value);
}

static void
row_take(const struct table *t, const char *label, char *take)
{
	row_in(t, FORMAT_DIM, label, take);
	mem_free(take);
}

static void
row_bad(const struct table *t, const char *label, char *take)
{
	row_in(t, FORMAT_RED, label, take);
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
	if (json_int(object, key, &n))
		return mem_printf("%lld", (long long)n);
	struct json *value = json_get(object, key);
	struct buf b;
	buf_init(&b, VALUE_BYTES_MAX);
	if (json_len(value) > 0)
		(void)json_write(value, 0, &b); /* too long is nothing */
	json_free(value);
	if (b.len > 0)
		return buf_take(&b);
	buf_clear(&b);
	return mem_strdup("-");
}

/* The source, right of the label column, then what it says. */
static void
field_line(const struct table *t, const char *label, const char *source, const char *value, bool won)
{
	paint(t, won ? FORMAT_BOLD : FORMAT_DIM);
	padded(t, label, t->label);
	if (won)
		paint(t, FORMAT_PLAIN);
	spaces(t, GAP);
	padded(t, source, SOURCE_WIDTH);
	spaces(t, GAP);
	(void)cell(t, value, t->columns - t->label - 2 * GAP - SOURCE_WIDTH);
	paint(t, FORMAT_PLAIN);
	(void)buf_addc(t->out, '\n');
}

/* Below a value, in as many lines as it takes. */
static void
wrapped(const struct table *t, char *text, unsigned room)
{
	while (width(text, room) > room) {
		char *cut = NULL;
		for (char *space = strchr(text, ' '); space != NULL; space = strchr(space + 1, ' ')) {
			*space = '\0';
			bool fits = width(text, room) <= room;
			*space = ' ';
			if (!fits)
				break;
			cut = space;
		}
		if (cut == NULL)
			break;
		*cut = '\0';
		field_line(t, "", "", text, false);
		text = cut + 1;
	}
	field_line(t, "", "", text, false);
}

/* "line 7, byte 215", yours; NULL: nowhere. */
static char *
place_of(const struct json *one)
{
	int64_t line = json_int_or(one, "line", 0);
	return line == 0
		   ? NULL
		   : mem_printf("line %lld, byte %lld", (long long)line, (long long)json_int_or(one, "offset", 0));
}

/* Why it lost is what one looks for: where both do not fit, it has a line of its own, where it stands first. */
static void
lost(const struct table *t, const struct json *other)
{
	unsigned room = t->columns - t->label - 2 * GAP - SOURCE_WIDTH;
	const char *value = json_str(other, "value"), *why = json_str(other, "why"),
		   *source = json_str(other, "source");
	char *at = place_of(other);
	value = value != NULL ? value : "";
	why = why != NULL ? why : "";
	char *both = mem_printf("%s%s(%s%s%s)", value, value[0] != '\0' ? " " : "", why, at != NULL ? "; " : "",
				at != NULL ? at : "");
	if (width(both, room) <= room) {
		field_line(t, "", source, both, false);
	} else {
		char *reason = mem_printf("(%s%s%s)", at != NULL ? at : "", at != NULL ? "; " : "", why);
		field_line(t, "", source, value, false);
		wrapped(t, reason, room);
		mem_free(reason);
	}
	mem_free(both);
	mem_free(at);
}

static void
field(const struct table *t, const struct json *one)
{
	struct json *others = json_get(one, "others");
	char *value = text_of(one, "value"), *at = place_of(one);
	field_line(t, json_str(one, "field"), json_str(one, "source"), value, true);
	mem_free(value);
	if (at != NULL) {
		char *line = mem_printf("%s, %s", at, json_str(one, "from"));
		field_line(t, "", "", line, false);
		mem_free(line);
	}
	for (size_t i = 0, n = json_len(others); i < n; i++) {
		struct json *other = json_at(others, i);
		lost(t, other);
		json_free(other);
	}
	json_free(others);
	mem_free(at);
}

static void
skipped(const struct table *t, const struct json *one)
{
	char *at = place_of(one);
	int64_t limit = json_int_or(one, "limit", 0);
	char *most = limit > 0 ? mem_printf(" (%lld)", (long long)limit) : mem_strdup("");
	row_take(t, "skipped",
		 mem_printf("%lld %s: %s%s", (long long)json_int_or(one, "count", 0), json_str(one, "what"),
			    json_str(one, "why"), most));
	if (at != NULL)
		row_take(t, "", mem_printf("first at %s", at));
	mem_free(most);
	mem_free(at);
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
	int64_t status = json_int_or(one, "status", 0);
	char *answer = status > 0 ? mem_printf("status %lld, ", (long long)status) : mem_strdup("");
	row_take(t, json_str(one, "rel"),
		 mem_printf("%lld bytes, %s, %s%s", (long long)json_int_or(one, "bytes", 0),
			    type != NULL ? type : "no type", answer, url != NULL ? url : ""));
	mem_free(answer);
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
label_width(const struct json *explanation, const char *list, unsigned least)
{
	struct json *fields = json_get(explanation, list);
	size_t widest = least;
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
	row(t, "url", url != NULL ? url : "");
	if (final != NULL && !str_eq(final, url))
		row_take(t, "found at",
			 mem_printf("%s (redirects: %lld)", final, (long long)json_int_or(e, "hops", 0)));
	if (cache != NULL)
		row(t, "cache",
		    json_is_true(cache, "hit") ? "the answer was known; --refresh finds out and explains anew"
					       : "the answer was not known");
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
			  .label = label_width(explanation, "fields", sizeof "found at" - 1),
			  .colour = colour};
	t.label = label_width(explanation, "beside", t.label);
	if (t.label > t.columns / 3)
		t.label = t.columns / 3;
	circumstances(&t, explanation);
	each(&t, explanation, "fields", field);
	each(&t, explanation, "beside", field);
	each(&t, explanation, "skipped", skipped);
	each(&t, explanation, "docs", document);
	each(&t, explanation, "stages", stage);
	each(&t, explanation, "warnings", warning);
}
