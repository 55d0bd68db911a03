/* How do bytes pile up without passing their ceiling? */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_CAP = 256 };

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_clear(struct buf *b)
{
	mem_free(b->p);
	buf_init(b, b->max);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->p != NULL)
		b->p[0] = '\0';
}

int
buf_reserve(struct buf *b, size_t n)
{
	if (n > b->max - b->len) {
		b->full = true;
		return -1;
	}
	size_t need = b->len + n + 1;
	if (need > b->cap) {
		size_t cap = b->cap == 0 ? FIRST_CAP : b->cap * 2;
		if (cap < need)
			cap = need;
		if (cap > b->max + 1)
			cap = b->max + 1;
		b->p = mem_realloc(b->p, cap);
		b->cap = cap;
		b->p[b->len] = '\0'; /* also if nothing comes: an empty file is an empty text */
	}
	return 0;
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	if (buf_reserve(b, n) < 0)
		return -1;
	if (n > 0)
		(void)memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
	return 0;
}

int
buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	int rc = n < 0 ? -1 : buf_reserve(b, (size_t)n);
	if (rc == 0) {
		(void)vsnprintf(b->p + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	return rc;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n >= b->len) {
		buf_reset(b);
		return;
	}
	(void)memmove(b->p, b->p + n, b->len - n + 1);
	b->len -= n;
}

char *
buf_take(struct buf *b)
{
	char *p = b->p != NULL ? b->p : mem_strdup("");
	buf_init(b, b->max);
	return p;
}
