/* What may come from a web server?  Records, one behind the other. */
#include "fuzz.h"

#include "web/fcgi.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *piece = fuzz_piece(data, size);
	struct web_fcgi_record rec;
	struct buf out;
	struct err err;
	buf_init(&out, 1 << 20);
	for (size_t at = 0; at < size;) {
		ssize_t n = web_fcgi_next(piece + at, size - at, &rec, &err);
		if (n <= 0)
			break;
		fuzz_hold((size_t)n <= size - at && (size_t)n <= WEB_FCGI_RECORD_MAX &&
			  rec.p + rec.n <= piece + at + (size_t)n);
		if (rec.type == WEB_FCGI_GET_VALUES)
			(void)web_fcgi_put_values(&out, rec.p, rec.n, 1, 1);
		at += (size_t)n;
	}
	buf_clear(&out);
	mem_free(piece);
	return 0;
}
