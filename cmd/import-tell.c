/* What does mxmedia-import say: of rows that it does not take, of how far it is, of all? */
#include "cmd/import.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_EVERY = 200 /* ms */ };

static void
print(struct import *a, struct json *take, bool report)
{
	struct buf line;
	buf_init(&line, (size_t)RECORD_LINE_MAX * 2);
	(void)json_write(take, 0, &line);
	(void)buf_addc(&line, '\n');
	struct err err;
	if (!report || a->report < 0)
		(void)cmd_out(&a->c, line.p, line.len);
	else if (io_write(a->report, line.p, line.len, &err) < 0)
		cmd_warn(&a->c, "%s: %s", a->report_path, err.text);
	buf_clear(&line);
	json_free(take);
}

/* What the row calls itself, as far as it can be read. */
static void
set_name(struct json *j, enum store_source_table t, const struct store_source_row *r)
{
	if (t == STORE_SOURCE_LOCAL)
		json_set_str(j, "media_id", r->cell[LOCAL_ID].text);
	if (t == STORE_SOURCE_REMOTE) {
		json_set_str(j, "media_origin", r->cell[REMOTE_ORIGIN].text);
		json_set_str(j, "media_id", r->cell[REMOTE_ID].text);
	}
	if (t == STORE_SOURCE_EVENTS)
		json_set_str(j, "event_id", r->cell[EVENT_ID].text);
}

void
import_problem(struct import *a, enum store_source_table t, const struct store_source_row *r, const char *why)
{
	struct json *j = json_object();
	json_set_str(j, "table", store_source_name(t));
	json_set_int(j, "rowid", r->rowid);
	set_name(j, t, r);
	json_set_str(j, "problem", why);
	print(a, j, true);
	a->problems++;
}

void
import_progress(struct import *a, enum store_source_table t, int64_t at, int64_t last)
{
	char line[160];
	int64_t now = cmd_clock(), taken = a->local + a->url_cache + a->remote;
	if (a->c.quiet || !isatty(STDERR_FILENO) || now - a->told_at < PROGRESS_EVERY)
		return;
	a->told_at = now;
	int n = snprintf(line, sizeof line, "\r\033[K%s: %d %%, %lld taken over, %lld known, %lld problems",
			 store_source_name(t), last > 0 ? (int)((double)at * 100 / (double)last) : 100,
			 (long long)taken, (long long)a->known, (long long)a->problems);
	if (n > 0)
		(void)io_write(STDERR_FILENO, line, (size_t)n, NULL);
}

void
import_progress_end(const struct import *a)
{
	if (a->told_at != 0)
		(void)io_write(STDERR_FILENO, "\r\033[K", strlen("\r\033[K"), NULL);
	(void)a;
}

void
import_summary(struct import *a)
{
	const struct {
		const char *key;
		int64_t n;
	} all[] = {{"local", a->local},
		   {"url_cache", a->url_cache},
		   {"remote", a->remote},
		   {"pending", a->pending},
		   {"thumbnails", a->thumbnails},
		   {"thumbnails_missing", a->missing_thumbs},
		   {"bytes", a->bytes},
		   {"known", a->known},
		   {"hashed", a->hashed},
		   {"quarantined", a->quarantined},
		   {"events", a->events},
		   {"references", a->gather.added.references},
		   {"redactions", a->gather.added.redactions},
		   {"problems", a->problems}};
	struct json *j = json_object();
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		json_set_int(j, all[i].key, all[i].n);
	print(a, j, false);
}
