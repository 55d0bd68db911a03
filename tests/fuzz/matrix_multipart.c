/* What may another server's answer of two parts hold?  Whole or in pieces, it is the same. */
#include "fuzz.h"

#include "matrix/matrix.h"

#define TYPE "multipart/mixed; boundary=b"

struct got {
	struct buf body;
	int begun;
};

static int
begin(void *arg, const struct matrix_part *part, struct err *err)
{
	(void)err;
	fuzz_hold(part->length >= -1);
	((struct got *)arg)->begun++;
	return 0;
}

static int
data_of(void *arg, const void *p, size_t n, struct err *err)
{
	(void)err;
	fuzz_hold(n > 0 && ((struct got *)arg)->begun == 1);
	return buf_add(&((struct got *)arg)->body, p, n);
}

static int
feed(const uint8_t *data, size_t size, size_t step, struct got *g)
{
	const struct matrix_multipart_sink sink = {.arg = g, .begin = begin, .data = data_of};
	struct err err;
	*g = (struct got){.begun = 0};
	buf_init(&g->body, size + 1);
	struct matrix_multipart *m = matrix_multipart_new(TYPE, &sink, &err);
	int rc = 0;
	for (size_t at = 0, n; rc == 0 && at < size; at += n) {
		n = size - at < step ? size - at : step;
		char *piece = fuzz_piece(data + at, n);
		rc = matrix_multipart_feed(m, piece, n, &err);
		mem_free(piece);
	}
	rc = rc == 0 ? matrix_multipart_end(m, &err) : rc;
	matrix_multipart_free(m);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct got whole, pieces;
	if (size == 0)
		return 0;
	int a = feed(data + 1, size - 1, size, &whole), b = feed(data + 1, size - 1, 1 + data[0] % 16, &pieces);
	fuzz_hold(a == b);
	if (a == 0)
		fuzz_hold(whole.body.len == pieces.body.len &&
			  (whole.body.len == 0 || memcmp(whole.body.p, pieces.body.p, whole.body.len) == 0));
	buf_clear(&whole.body);
	buf_clear(&pieces.body);

	struct err err; /* and as a content type */
	const struct matrix_multipart_sink sink = {.begin = begin, .data = data_of};
	char *type = fuzz_text(data, size);
	matrix_multipart_free(matrix_multipart_new(type, &sink, &err));
	mem_free(type);
	return 0;
}
