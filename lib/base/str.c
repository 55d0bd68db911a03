/* What do these characters say?  ASCII comparisons, numbers, globs. */
#include "base/base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
str_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

void
str_tolower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)str_lower((unsigned char)*s);
}

bool
str_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

bool
str_isspace(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool
str_isblank(const char *s)
{
	if (s == NULL)
		return true;
	while (str_isspace((unsigned char)*s))
		s++;
	return *s == '\0';
}

bool
str_eq(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool
str_nieq(const char *a, size_t n, const char *b)
{
	for (size_t i = 0; i < n; i++)
		if (b[i] == '\0' || str_lower((unsigned char)a[i]) != str_lower((unsigned char)b[i]))
			return false;
	return b[n] == '\0';
}

bool
str_ieq(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && str_nieq(a, strlen(a), b));
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_istarts(const char *s, const char *prefix)
{
	for (; *prefix != '\0'; s++, prefix++)
		if (str_lower((unsigned char)*s) != str_lower((unsigned char)*prefix))
			return false;
	return true;
}

int
str_int64(const char *s, int64_t *out)
{
	const char *digits = *s == '-' ? s + 1 : s;
	char *end = NULL;
	if (*digits < '0' || *digits > '9')
		return -1;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0')
		return -1;
	*out = v;
	return 0;
}

/* A decimal number with one optional unit letter; units and factors run in parallel. */
static int
with_unit(const char *s, const char *units, const int64_t *factor, int64_t *out)
{
	char *end = NULL;
	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno != 0)
		return -1;
	int64_t f = 1;
	if (*end != '\0') {
		const char *u = strchr(units, *end);
		if (u == NULL || end[1] != '\0')
			return -1;
		f = factor[u - units];
	}
	if (v > INT64_MAX / f)
		return -1;
	*out = v * f;
	return 0;
}

int
str_size(const char *s, int64_t *out)
{
	static const int64_t k = 1024;
	static const int64_t factor[] = {k, k, k * k, k * k * k, k * k * k * k};
	return with_unit(s, "kKMGT", factor, out);
}

int
str_duration(const char *s, int64_t *ms)
{
	static const int64_t sec = 1000, day = 86400 * sec;
	static const int64_t factor[] = {sec, 60 * sec, 3600 * sec, day, 7 * day, 365 * day};
	return with_unit(s, "smhdwy", factor, ms);
}

/* [seq] at p (after '['): does c match?  *end is set behind ']'; no ']' means a literal '['. */
static bool
class_match(const char *p, unsigned char c, const char **end)
{
	const char *s = p;
	bool negate = *s == '!';
	bool hit = false;
	if (negate)
		s++;
	const char *first = s;
	for (; *s != '\0' && (*s != ']' || s == first); s++) {
		if (s[1] == '-' && s[2] != '\0' && s[2] != ']') {
			if (c >= (unsigned char)s[0] && c <= (unsigned char)s[2])
				hit = true;
			s += 2;
		} else if ((unsigned char)*s == c) {
			hit = true;
		}
	}
	if (*s != ']') {
		*end = p;
		return c == '[';
	}
	*end = s + 1;
	return hit != negate;
}

bool
str_glob(const char *pattern, const char *s)
{
	const char *star = NULL, *again = NULL; /* one backtrack point suffices for '*' */
	const char *p = pattern;
	while (*s != '\0') {
		const char *next = p + 1;
		bool ok = false;
		if (*p == '*') {
			star = p++;
			again = s;
			continue;
		}
		if (*p == '?')
			ok = true;
		else if (*p == '[')
			ok = class_match(p + 1, (unsigned char)*s, &next);
		else
			ok = *p != '\0' && *p == *s;
		if (ok) {
			p = next;
			s++;
		} else if (star != NULL) {
			p = star + 1;
			s = ++again;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

uint64_t
str_hash(const char *s, size_t n)
{
	uint64_t h = 14695981039346656037U; /* FNV-1a offset basis and prime */
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 1099511628211U;
	return h;
}
