/* Which contents are refused, in a form that other services read, and which do they refuse? */
#include "cmd/quarantine.h"

#include <string.h>
#include <unistd.h>

#include "json/json.h"

/* ---- export -------------------------------------------------------------------------------------------------- */

static int
print_hash(void *arg, const struct store_refused *r)
{
	const struct quarantine *a = arg;
	struct json *j = json_object();
	json_set_str(j, "sha256", r->sha256);
	json_set_str(j, "reason", r->reason);
	if (r->ts > 0)
		json_set_int(j, "ts", r->ts);
	else
		json_set_null(j, "ts");
	json_set_str(j, "by", r->by);
	return quarantine_print(a, j) != 0 || cmd_stop;
}

int
quarantine_export(struct quarantine *a)
{
	struct err err;
	if (store_refused_each(a->store, print_hash, a, &err) < 0)
		return cmd_fail(&a->c, &err, NULL);
	return cmd_stop ? EXIT_REFUSED : 0;
}

/* ---- import -------------------------------------------------------------------------------------------------- */

struct import {
	const struct quarantine *a;
	struct store_quarantine *q;
	struct quarantine_batch *b;
	int64_t line, junk, read;
};

/* {"sha256":…, "reason":…, "ts":…, "by":…}, or the hash alone. */
static int
hash_of(const char *line, size_t len, struct store_item *item, struct err *err)
{
	char hash[HASH_HEX_LEN + 1];
	while (len > 0 && str_isspace(line[0]))
		line++, len--;
	while (len > 0 && str_isspace(line[len - 1]))
		len--;
	*item = (struct store_item){0};
	struct json *j = len > 0 && line[0] == '{' ? json_parse(line, len, err) : NULL;
	if (len > 0 && line[0] == '{' && j == NULL)
		return -1;
	char *bare = j == NULL ? mem_strndup(line, len) : NULL;
	const char *text = j != NULL ? json_str(j, "sha256") : bare;
	int rc = text != NULL && quarantine_hash(text, hash) == 0 ? 0 : err_set(err, ERR_INPUT, "no SHA-256");
	if (rc == 0)
		*item = (struct store_item){.sha256 = mem_strdup(hash),
					    .block_by = mem_strdup(json_str(j, "by")),
					    .block_reason = mem_strdup(json_str(j, "reason")),
					    .block_ts = json_int_or(j, "ts", 0)};
	mem_free(bare);
	json_free(j);
	return rc;
}

static int
flush(struct import *i, struct err *err)
{
	int rc = i->b->n > 0 ? store_quarantine_apply(i->q, STORE_BLOCK, i->b->item, i->b->n, err) : 0;
	if (rc == 0)
		i->read += (int64_t)i->b->n;
	quarantine_batch_clear(i->b);
	return rc;
}

static void
take(struct import *i, int kind, const char *line, size_t len)
{
	struct err err;
	i->line++;
	if (kind == IO_LINE_OK && cmd_blank(line, len))
		return;
	if (kind == IO_LINE_LONG)
		(void)err_set(&err, ERR_LIMIT, "longer than %zu bytes", RECORD_LINE_MAX);
	else if (hash_of(line, len, &i->b->item[i->b->n], &err) == 0) {
		i->b->n++;
		return;
	}
	i->junk++;
	cmd_warn(&i->a->c, "line %lld: %s", (long long)i->line, err.text);
}

static int
read_lines(struct import *i, struct io_lines *in, struct err *err)
{
	char *line = NULL;
	size_t len = 0;
	int kind, rc = 0;
	while (rc == 0 && !cmd_stop && (kind = io_lines_next(in, &line, &len, err)) != IO_LINE_EOF) {
		if (kind < 0)
			return err_add(err, "standard input");
		if (kind == IO_LINE_AGAIN) {
			rc = flush(i, err); /* whoever writes slowly is not kept waiting */
			cmd_wait_input();
			continue;
		}
		take(i, kind, line, len);
		if (i->b->n == STORE_QUARANTINE_BATCH)
			rc = flush(i, err);
	}
	return rc == 0 && !cmd_stop ? flush(i, err) : rc;
}

int
quarantine_import(struct quarantine *a)
{
	const struct store_act act = {
	    .verb = "hashes import", .by = a->by, .reason = a->reason, .now = cmd_now(), .dry = a->dry};
	struct import i = {.a = a, .b = mem_alloc(sizeof *i.b)};
	struct io_lines in;
	struct err err;
	io_lines_init(&in, STDIN_FILENO, RECORD_LINE_MAX);
	i.q = store_quarantine_new(a->store, &act, &err);
	int rc = i.q != NULL ? read_lines(&i, &in, &err) : -1, status = rc < 0 ? cmd_fail(&a->c, &err, NULL) : 0;
	if (i.q != NULL) {
		const struct store_tally *t = store_quarantine_tally(i.q);
		struct json *j = quarantine_counts(t->n, STORE_BLOCK, t->action, a->dry);
		json_set_int(j, "hashes", i.read);
		json_set_int(j, "junk", i.junk);
		int printed = quarantine_print(a, j);
		status = status != 0 ? status : printed;
	}
	if (cmd_stop)
		cmd_warn(&a->c, "stopped after %lld hashes; what is done is done", (long long)i.read);
	store_quarantine_free(i.q);
	quarantine_batch_clear(i.b);
	mem_free(i.b);
	io_lines_clear(&in);
	return status != 0 ? status : i.junk > 0 || cmd_stop ? EXIT_REFUSED : 0;
}
