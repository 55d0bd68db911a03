/* Which part is asked for, and is it known already?  RFC 9110 §13 and §14, as far as one range goes. */
#include "web/web.h"

#include <string.h>

static const char *
skip_blank(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* The entity tag at s: its text between the quotes; NULL if there is none. */
static const char *
read_tag(const char *s, const char **text, size_t *n, bool *weak)
{
	*weak = str_starts(s, "W/");
	s += *weak ? 2 : 0;
	const char *end = *s == '"' ? strchr(s + 1, '"') : NULL;
	if (end == NULL)
		return NULL;
	*text = s + 1;
	*n = (size_t)(end - s) - 1;
	return end + 1;
}

bool
web_none_match(const char *header, const char *etag)
{
	const char *text = NULL;
	size_t n = 0;
	bool weak;
	if (header == NULL || etag == NULL)
		return false;
	header = skip_blank(header);
	if (*header == '*')
		return *skip_blank(header + 1) == '\0';
	while (*header != '\0') {
		const char *next = read_tag(header, &text, &n, &weak);
		if (next == NULL)
			return false;
		if (n == strlen(etag) && memcmp(text, etag, n) == 0)
			return true;
		header = skip_blank(next);
		if (*header != ',')
			return false;
		while (*header == ',')
			header = skip_blank(header + 1);
	}
	return false;
}

/* A date is of no use here: no date is told. */
static bool
if_range_holds(const char *header, const char *etag)
{
	const char *text = NULL;
	size_t n = 0;
	bool weak = false;
	if (header == NULL)
		return true;
	const char *next = read_tag(skip_blank(header), &text, &n, &weak);
	return etag != NULL && next != NULL && *skip_blank(next) == '\0' && !weak && n == strlen(etag) &&
	       memcmp(text, etag, n) == 0;
}

/* Digits at *s, as a number that ends at the largest there is; -1: there are none. */
static int64_t
number(const char **s)
{
	int64_t v = 0;
	const char *p = *s;
	for (; *p >= '0' && *p <= '9'; p++)
		v = v > (INT64_MAX - 9) / 10 ? INT64_MAX : v * 10 + (*p - '0');
	if (p == *s)
		return -1;
	*s = p;
	return v;
}

enum web_range
web_range(const char *range, const char *if_range, const char *etag, int64_t size, struct web_span *out)
{
	*out = (struct web_span){0, size};
	if (range == NULL || !str_istarts(range, "bytes=") || !if_range_holds(if_range, etag))
		return WEB_RANGE_ALL;
	const char *s = skip_blank(range + strlen("bytes="));
	int64_t first = number(&s), last = -1;
	if (*s != '-')
		return WEB_RANGE_ALL;
	s++;
	last = number(&s);
	if (*skip_blank(s) != '\0' || (first < 0 && last < 0) || (first >= 0 && last >= 0 && last < first))
		return WEB_RANGE_ALL;
	if (first < 0) { /* the last bytes */
		first = last >= size ? 0 : size - last;
		last = size - 1;
	}
	if (first >= size)
		return WEB_RANGE_NONE;
	if (last < 0 || last >= size)
		last = size - 1;
	*out = (struct web_span){first, last - first + 1};
	return WEB_RANGE_PART;
}

void
web_answer_range(struct web_answer *a, const struct web_request *r, const char *etag)
{
	struct web_span span;
	int64_t size = a->length;
	if (a->fd < 0 || a->status != 200 || (r->method != WEB_GET && r->method != WEB_HEAD))
		return;
	web_header(a, "Accept-Ranges", "bytes");
	if (r->method == WEB_HEAD) /* a range is defined for GET only */
		return;
	switch (web_range(r->range, r->if_range, etag, size, &span)) {
	case WEB_RANGE_ALL:
		return;
	case WEB_RANGE_PART:
		a->status = 206;
		a->offset += span.first;
		a->length = span.length;
		web_header(a, "Content-Range", "bytes %lld-%lld/%lld", (long long)span.first,
			   (long long)(span.first + span.length - 1), (long long)size);
		return;
	case WEB_RANGE_NONE:
		a->status = 416;
		a->length = 0;
		web_header(a, "Content-Range", "bytes */%lld", (long long)size);
		return;
	}
}
