/* How are numbers shown: to people, to programs, to Prometheus? */
#include "cmd/stat-tell.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "preview/format_cells.h"

#define HOURS ((int64_t)3600000)
const int64_t stat_edge[STORE_AGES - 1] = {24 * HOURS, 7 * 24 * HOURS, 30 * 24 * HOURS, 90 * 24 * HOURS,
					   365 * 24 * HOURS};
const char *const stat_age[STORE_AGES] = {"1d", "7d", "30d", "90d", "1y", "older"};

enum { NAME_MAX_WIDTH = 48, COUNT_WIDTH = 12, BYTES_WIDTH = 9, BAR_MAX = 40, BAR_MIN = 8, EIGHTHS = 8 };
#define BAR_COLOUR "\033[36m"
#define BAR_END "\033[0m"

void
stat_print(const struct cmd *c, struct json *take)
{
	(void)cmd_out_json(c, take, (size_t)64 << 20);
}

/* ---- table -------------------------------------------------------------------------------------------------------- */

/* "1.2G": three digits or less before the point. */
static void
size_text(char out[16], int64_t bytes)
{
	static const char unit[] = " KMGTPE";
	double d = (double)bytes;
	size_t u = 0;
	for (; d >= 999.5 && u < sizeof unit - 2; u++)
		d /= 1024;
	if (u == 0)
		(void)snprintf(out, 16, "%lld", (long long)bytes);
	else
		(void)snprintf(out, 16, d < 9.95 ? "%.1f%c" : "%.0f%c", d, unit[u]);
}

/* A stranger's text, at most width columns of it, and padded; it says nothing to the terminal. */
static void
cell(struct buf *out, const char *text, unsigned width)
{
	char *clean = text != NULL ? format_clean(text) : NULL;
	const char *s = clean != NULL ? clean : "-";
	unsigned used = 0;
	for (size_t n = strlen(s), len; n > 0; s += len, n -= len) {
		uint32_t cp;
		char c[4];
		len = utf8_next(s, n, &cp);
		unsigned w = format_columns(&cp);
		if (used + w > width)
			break;
		(void)buf_add(out, c, utf8_put(c, cp));
		used += w;
	}
	while (used++ < width)
		(void)buf_addc(out, ' ');
	mem_free(clean);
}

static unsigned
width_of(const char *text)
{
	unsigned used = 0;
	char *clean = text != NULL ? format_clean(text) : NULL;
	const char *s = clean != NULL ? clean : "-";
	for (size_t n = strlen(s), len; n > 0; s += len, n -= len) {
		uint32_t cp;
		len = utf8_next(s, n, &cp);
		used += format_columns(&cp);
	}
	mem_free(clean);
	return used < NAME_MAX_WIDTH ? used : NAME_MAX_WIDTH;
}

/* In eighths of a column; what there is at all can be seen. */
static void
bar(struct buf *out, int64_t bytes, int64_t most, unsigned width, bool colour)
{
	static const char *const part[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	if (bytes <= 0 || most <= 0 || width < BAR_MIN)
		return;
	unsigned n = (unsigned)((double)bytes / (double)most * width * EIGHTHS + 0.5);
	(void)buf_adds(out, colour ? "  " BAR_COLOUR : "  ");
	for (unsigned i = 0; i < n / EIGHTHS; i++)
		(void)buf_adds(out, "█");
	(void)buf_adds(out, n == 0 ? part[1] : part[n % EIGHTHS]);
	if (colour)
		(void)buf_adds(out, BAR_END);
}

struct table {
	unsigned name, other, bar; /* widths; 0: there is none */
	int64_t most;
	bool colour;
};

static void
measure(struct table *t, const char *const head[2], const struct stat_row *row, size_t n)
{
	unsigned columns = cmd_terminal(&t->colour);
	t->name = width_of(head[0]);
	t->other = head[1] != NULL ? width_of(head[1]) : 0;
	for (size_t i = 0; i < n; i++) {
		unsigned name = width_of(row[i].name), other = head[1] != NULL ? width_of(row[i].other) : 0;
		t->name = name > t->name ? name : t->name;
		t->other = other > t->other ? other : t->other;
		t->most = row[i].bytes > t->most ? row[i].bytes : t->most;
	}
	unsigned used = t->name + (t->other > 0 ? t->other + 2 : 0) + COUNT_WIDTH + BYTES_WIDTH + 4;
	t->bar = columns > used ? columns - used : 0;
	t->bar = t->bar > BAR_MAX ? BAR_MAX : t->bar;
}

static void
count_text(char out[24], const struct stat_row *r)
{
	struct tm tm;
	time_t t = (time_t)(r->count / 1000);
	if (!r->put)
		(void)snprintf(out, 24, "%lld", (long long)r->count);
	else if (r->count <= 0 || gmtime_r(&t, &tm) == NULL || strftime(out, 24, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(out, 24, "-");
}

static void
line(struct buf *out, const struct table *t, const struct stat_row *r)
{
	char size[16] = "-", count[24];
	cell(out, r->name, t->name);
	if (t->other > 0) {
		(void)buf_adds(out, "  ");
		cell(out, r->other, t->other);
	}
	if (!r->no_bytes)
		size_text(size, r->bytes);
	count_text(count, r);
	(void)buf_addf(out, " %*s %*s", COUNT_WIDTH, count, BYTES_WIDTH, size);
	bar(out, r->bytes, t->most, t->bar, t->colour);
	(void)buf_addc(out, '\n');
}

void
stat_table(const struct cmd *c, const char *const head[2], const struct stat_row *row, size_t n)
{
	struct table t = {0};
	struct buf out;
	buf_init(&out, 8192);
	measure(&t, head, row, n);
	cell(&out, head[0], t.name);
	if (t.other > 0) {
		(void)buf_adds(&out, "  ");
		cell(&out, head[1], t.other);
	}
	(void)buf_addf(&out, " %*s %*s\n", COUNT_WIDTH, n > 0 && row->put ? "put" : "count", BYTES_WIDTH, "bytes");
	(void)cmd_out(c, out.p, out.len);
	for (size_t i = 0; i < n; i++) {
		buf_reset(&out);
		line(&out, &t, &row[i]);
		(void)cmd_out(c, out.p, out.len);
	}
	buf_clear(&out);
}

/* ---- Prometheus ---------------------------------------------------------------------------------------------------- */

static void
label_text(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '"')
			(void)buf_addc(out, '\\');
		if (*s == '\n')
			(void)buf_adds(out, "\\n");
		else
			(void)buf_addc(out, *s);
	}
}

static void
gauge(const struct cmd *c, const char *what, const char *unit, const char *label, const struct stat_row *r)
{
	struct buf out;
	buf_init(&out, 8192);
	(void)buf_addf(&out, "mxmedia_%s_%s{%s=\"", what, unit, label);
	label_text(&out, r->name);
	(void)buf_addf(&out, "\"} %lld\n", (long long)(unit[0] == 'c' ? r->count : r->bytes));
	(void)cmd_out(c, out.p, out.len);
	buf_clear(&out);
}

void
stat_prometheus(const struct cmd *c, const char *what, const char *help, const char *label, const struct stat_row *row,
		size_t n)
{
	static const char *const units[] = {"count", "bytes"};
	for (size_t u = 0; u < 2; u++) {
		char head[256];
		int len = snprintf(head, sizeof head, "# HELP mxmedia_%s_%s %s, %s.\n# TYPE mxmedia_%s_%s gauge\n",
				   what, units[u], help, u == 0 ? "how many" : "in bytes", what, units[u]);
		if (len > 0)
			(void)cmd_out(c, head, (size_t)len);
		for (size_t i = 0; i < n; i++)
			if (u == 0 || !row[i].no_bytes)
				gauge(c, what, units[u], label, &row[i]);
	}
}
