/* What do all harnesses have?  An input at the very end of its memory, so that a byte too far is seen. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must be so, whatever came in. */
static inline void
fuzz_hold(bool is)
{
	if (!is)
		abort();
}

static inline char *
fuzz_piece(const uint8_t *p, size_t n)
{
	char *piece = mem_alloc(n);
	if (n > 0)
		(void)memcpy(piece, p, n);
	return piece;
}

/* A string without NULs in it: the input up to its first one. */
static inline char *
fuzz_text(const uint8_t *p, size_t n)
{
	return mem_strndup((const char *)p, strnlen((const char *)p, n));
}

#endif
