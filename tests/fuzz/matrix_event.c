/* What may stand in a stream of events?  Split in pieces, parsed, scanned. */
#include "fuzz.h"

#include "matrix/event.h"

static void
medium(void *arg, const struct matrix_event *e, enum matrix_kind kind, const struct matrix_mxc *m)
{
	(void)arg;
	(void)kind;
	fuzz_hold(e->room != NULL && e->id != NULL && e->sender != NULL && e->type != NULL);
	fuzz_hold(matrix_media_id_valid(m->id) && matrix_server_valid(m->origin));
}

static void
profile(void *arg, const char *user, const char *displayname, const struct matrix_mxc *avatar)
{
	(void)arg;
	(void)displayname;
	fuzz_hold(matrix_user_valid(user) && (avatar == NULL || matrix_media_id_valid(avatar->id)));
}

static void
value(void *arg, int64_t line, const char *text, size_t n)
{
	const struct matrix_told told = {.medium = medium, .profile = profile};
	struct matrix_found found;
	struct err err;
	(void)arg;
	fuzz_hold(line > 0 && n > 0 && n <= MATRIX_VALUE_MAX);
	struct json *j = json_parse(text, n, &err);
	if (j != NULL)
		(void)matrix_scan(j, "!room:example.org", &told, &found, &err);
	json_free(j);
}

static void
junk(void *arg, int64_t line, const char *why, const char *text, size_t n)
{
	(void)arg;
	fuzz_hold(line > 0 && why != NULL && (n == 0 || text != NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct matrix_splits to = {.value = value, .junk = junk};
	struct matrix_split *s = matrix_split_new(&to);
	size_t step = size > 0 ? 1 + data[0] : 1;
	for (size_t at = size > 0, n; at < size; at += n) {
		n = size - at < step ? size - at : step;
		char *piece = fuzz_piece(data + at, n);
		matrix_split_feed(s, piece, n);
		mem_free(piece);
	}
	matrix_split_end(s);
	matrix_split_free(s);
	return 0;
}
