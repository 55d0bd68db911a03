/* Which media are meant?  Operands, lines, a room, a user: batches of names. */
#include "cmd/quarantine.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json/json.h"
#include "matrix/matrix.h"
#include "store/refs.h"

#define HASH_PREFIX "sha256:"
enum { HASH_BYTES = 32 };

struct names {
	const struct quarantine *a;
	struct quarantine_batch *b;
	quarantine_batch_use *f;
	void *arg;
	struct err *err;
	int64_t line;
	int rc;
};

/* ---- one name ---------------------------------------------------------------------------------------------- */

static bool
hex(const char *text, char out[HASH_HEX_LEN + 1])
{
	size_t n = strlen(text);
	if (n != HASH_HEX_LEN || strspn(text, "0123456789abcdefABCDEF") != n)
		return false;
	memcpy(out, text, n + 1);
	str_tolower(out);
	return true;
}

static int
digit64(int c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '-' ? &digits[62] : c == '_' ? &digits[63] : c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

int
quarantine_hash(const char *text, char out[HASH_HEX_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned bits = 0, have = 0;
	size_t n = 0, len = strlen(text);
	if (hex(text, out))
		return 0;
	if (len == 44 && text[43] == '=')
		len--;
	if (len != 43)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int d = digit64(text[i]);
		if (d < 0)
			return -1;
		bits = (bits << 6 | (unsigned)d) & 0xFFFF;
		for (have += 6; have >= 8 && n < HASH_BYTES; n++) {
			have -= 8;
			out[2 * n] = digits[bits >> (have + 4) & 15];
			out[2 * n + 1] = digits[bits >> have & 15];
		}
	}
	out[HASH_HEX_LEN] = '\0';
	return (bits & 3) == 0 ? 0 : -1; /* 43 digits hold two bits too many */
}

static int
hash_item(const char *text, struct store_item *item, struct err *err)
{
	char hash[HASH_HEX_LEN + 1];
	*item = (struct store_item){0};
	if (quarantine_hash(text, hash) < 0)
		return err_set(err, ERR_INPUT, "not a SHA-256: %s", text);
	item->sha256 = mem_strdup(hash);
	return 0;
}

static void
set_name(const struct quarantine *a, const char *origin, const char *id, struct store_item *item)
{
	bool ours = origin == NULL || strcmp(origin, a->server_name) == 0;
	*item = (struct store_item){.name = {ours ? NULL : mem_strdup(origin), mem_strdup(id)}};
}

int
quarantine_name(const struct quarantine *a, const char *text, struct store_item *item, struct err *err)
{
	struct matrix_mxc mxc;
	*item = (struct store_item){0};
	if (str_starts(text, HASH_PREFIX))
		return hash_item(text + strlen(HASH_PREFIX), item, err);
	if (str_starts(text, MATRIX_MXC)) {
		if (matrix_mxc_parse(&mxc, text, err) < 0)
			return -1;
		set_name(a, mxc.origin, mxc.id, item);
		return 0;
	}
	if (!matrix_media_id_valid(text))
		return err_set(err, ERR_INPUT, "not a media id: %s", text);
	set_name(a, NULL, text, item);
	return 0;
}

/* What other commands print: a name in one piece, or in two, or a content. */
static int
from_json(const struct quarantine *a, const struct json *j, struct store_item *item, struct err *err)
{
	const char *mxc = json_str(j, "mxc") != NULL ? json_str(j, "mxc") : json_str(j, "content_uri");
	const char *id = json_str(j, "media_id"), *hash = json_str(j, "sha256");
	const char *origin = json_str(j, "origin") != NULL ? json_str(j, "origin") : json_str(j, "media_origin");
	if (mxc != NULL)
		return quarantine_name(a, mxc, item, err);
	if (id != NULL && (!matrix_media_id_valid(id) || (origin != NULL && !matrix_server_valid(origin))))
		return err_set(err, ERR_INPUT, "not a medium's name");
	if (id != NULL) {
		set_name(a, origin, id, item);
		return 0;
	}
	return hash != NULL
		   ? hash_item(hash, item, err)
		   : err_set(err, ERR_INPUT, "names no medium: \"mxc\", \"media_id\" or \"sha256\" is missing");
}

static int
from_line(const struct quarantine *a, const char *line, size_t len, struct store_item *item, struct err *err)
{
	*item = (struct store_item){0};
	while (len > 0 && str_isspace(line[0]))
		line++, len--;
	if (len > 0 && line[0] == '{') {
		struct json *j = json_parse(line, len, err), *inner = j != NULL ? json_get(j, "media_info") : NULL;
		int rc = j != NULL ? from_json(a, inner != NULL ? inner : j, item, err) : -1;
		json_free(inner);
		json_free(j);
		return rc;
	}
	while (len > 0 && str_isspace(line[len - 1]))
		len--;
	char *text = mem_strndup(line, len);
	int rc = strlen(text) == len ? quarantine_name(a, text, item, err) : err_set(err, ERR_INPUT, "holds a NUL");
	mem_free(text);
	return rc;
}

/* ---- batches ------------------------------------------------------------------------------------------------- */

void
quarantine_batch_clear(struct quarantine_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct store_item *it = &b->item[i];
		const char *owned[] = {it->name.origin, it->name.id, it->sha256, it->block_by, it->block_reason};
		for (size_t k = 0; k < sizeof owned / sizeof owned[0]; k++)
			mem_free((void *)(uintptr_t)owned[k]);
	}
	b->n = 0;
}

static int
flush(struct names *n)
{
	if (n->rc == 0 && n->b->n > 0 && !cmd_stop)
		n->rc = n->f(n->arg, n->b, n->err);
	quarantine_batch_clear(n->b);
	return n->rc < 0 || cmd_stop;
}

static int
grown(struct names *n)
{
	return ++n->b->n < STORE_QUARANTINE_BATCH ? 0 : flush(n);
}

static int
of_row(void *arg, const struct store_name *name)
{
	struct names *n = arg;
	set_name(n->a, name->origin, name->id, &n->b->item[n->b->n]);
	return grown(n);
}

/* What an event calls a medium is not asked for by its grammar: it is known here, or it is not. */
static int
of_reference(void *arg, const struct store_ref *r)
{
	struct names *n = arg;
	set_name(n->a, r->origin, r->id, &n->b->item[n->b->n]);
	return grown(n);
}

static void
bad(struct names *n, const char *where, const struct err *err)
{
	cmd_warn(&n->a->c, "%s%s", where, err->text);
	n->b->bad++;
}

static void
operands(struct names *n)
{
	const struct quarantine *a = n->a;
	struct err err;
	for (size_t i = 0; i < a->n_hashes && n->rc == 0 && !cmd_stop; i++)
		if (hash_item(a->hashes[i], &n->b->item[n->b->n], &err) < 0)
			bad(n, "", &err);
		else
			(void)grown(n);
	for (char **op = a->operands; *op != NULL && n->rc == 0 && !cmd_stop; op++)
		if (quarantine_name(a, *op, &n->b->item[n->b->n], &err) < 0)
			bad(n, "", &err);
		else
			(void)grown(n);
}

static void
take_line(struct names *n, int kind, const char *line, size_t len)
{
	struct err err;
	char where[32];
	n->line++;
	if (kind == IO_LINE_OK && cmd_blank(line, len))
		return;
	(void)snprintf(where, sizeof where, "line %lld: ", (long long)n->line);
	if (kind == IO_LINE_LONG)
		(void)err_set(&err, ERR_LIMIT, "longer than %zu bytes", RECORD_LINE_MAX);
	else if (from_line(n->a, line, len, &n->b->item[n->b->n], &err) == 0) {
		(void)grown(n);
		return;
	}
	bad(n, where, &err);
}

/* Whoever writes to us slowly is not kept waiting for a batch to fill up. */
static void
lines(struct names *n)
{
	struct io_lines in;
	char *line = NULL;
	size_t len = 0;
	int kind;
	io_lines_init(&in, STDIN_FILENO, RECORD_LINE_MAX);
	while (n->rc == 0 && !cmd_stop && (kind = io_lines_next(&in, &line, &len, n->err)) != IO_LINE_EOF) {
		if (kind < 0) {
			n->rc = err_add(n->err, "standard input");
		} else if (kind == IO_LINE_AGAIN) {
			cmd_wait_input();
		} else {
			take_line(n, kind, line, len);
			if (!io_lines_waiting(&in))
				(void)flush(n);
		}
	}
	io_lines_clear(&in);
}

static void
of_user(struct names *n, enum store_change change)
{
	enum store_picking which = change == STORE_QUARANTINE	  ? STORE_PICK_OPEN
				   : change == STORE_UNQUARANTINE ? STORE_PICK_QUARANTINED
								  : STORE_PICK_ALL;
	if (store_pick_user(n->a->store, n->a->user, which, of_row, n, n->err) < 0 ||
	    (n->a->referenced && n->rc == 0 && !cmd_stop &&
	     store_refs_sender(n->a->store, n->a->user, of_reference, n, n->err) < 0))
		n->rc = -1;
}

int
quarantine_names(const struct quarantine *a, enum store_change change, quarantine_batch_use *f, void *arg,
		 struct err *err)
{
	struct names n = {.a = a, .b = mem_alloc(sizeof *n.b), .f = f, .arg = arg, .err = err};
	if (a->room != NULL && store_refs_room(a->store, a->room, of_reference, &n, err) < 0)
		n.rc = -1;
	else if (a->user != NULL)
		of_user(&n, change);
	else if (a->operands[0] != NULL || a->n_hashes > 0)
		operands(&n);
	else if (a->room == NULL)
		lines(&n);
	(void)flush(&n);
	if (n.rc == 0 && n.b->bad > 0) /* what was not understood in the last lines */
		n.rc = f(arg, n.b, err);
	mem_free(n.b);
	return n.rc;
}
