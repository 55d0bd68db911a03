/* Where does memory come from, and what if there is none?  It ends the process. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

/* Small pieces come from malloc's cache of freed ones, which calloc of many a C library does not look into. */
enum { SMALL_MAX = 1024 };

void *
mem_alloc(size_t n)
{
	if (n > SMALL_MAX)
		return checked(calloc(1, n));
	return memset(checked(malloc(n == 0 ? 1 : n)), 0, n);
}

void *
mem_array(size_t n, size_t size)
{
	return checked(calloc(n == 0 ? 1 : n, size == 0 ? 1 : size));
}

void *
mem_realloc(void *p, size_t n)
{
	return checked(realloc(p, n == 0 ? 1 : n));
}

char *
mem_strdup(const char *s)
{
	return s == NULL ? NULL : checked(strdup(s));
}

char *
mem_strndup(const char *s, size_t n)
{
	char *p = mem_alloc(n + 1);
	if (n > 0)
		(void)memcpy(p, s, n);
	return p;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *p = NULL;
	va_start(ap, fmt);
	int n = vasprintf(&p, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : p);
}

void
mem_free(void *p)
{
	free(p);
}
