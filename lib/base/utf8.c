/* Which code point is this?  UTF-8 after RFC 3629: no surrogates, no overlong forms. */
#include "base/base.h"

#include <string.h>

enum { REPLACEMENT = 0xFFFD };

static bool
cont(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

size_t
utf8_next(const char *str, size_t n, uint32_t *cp)
{
	const unsigned char *s = (const unsigned char *)str;
	unsigned char c = s[0];
	*cp = REPLACEMENT;
	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	if (c >= 0xC2 && c <= 0xDF && n >= 2 && cont(s[1])) {
		*cp = ((uint32_t)(c & 0x1F) << 6) | (s[1] & 0x3FU);
		return 2;
	}
	if ((c & 0xF0) == 0xE0 && n >= 3 && cont(s[1]) && cont(s[2])) {
		uint32_t v = ((uint32_t)(c & 0x0F) << 12) | ((uint32_t)(s[1] & 0x3F) << 6) | (s[2] & 0x3FU);
		if (v >= 0x800 && (v < 0xD800 || v > 0xDFFF)) {
			*cp = v;
			return 3;
		}
	}
	if (c >= 0xF0 && c <= 0xF4 && n >= 4 && cont(s[1]) && cont(s[2]) && cont(s[3])) {
		uint32_t v = ((uint32_t)(c & 0x07) << 18) | ((uint32_t)(s[1] & 0x3F) << 12) |
			     ((uint32_t)(s[2] & 0x3F) << 6) | (s[3] & 0x3FU);
		if (v >= 0x10000 && v <= 0x10FFFF) {
			*cp = v;
			return 4;
		}
	}
	return 1;
}

size_t
utf8_put(char out[4], uint32_t cp)
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		cp = REPLACEMENT;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | (cp >> 6));
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | (cp >> 12));
		out[1] = (char)(0x80 | ((cp >> 6) & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | (cp >> 18));
	out[1] = (char)(0x80 | ((cp >> 12) & 0x3F));
	out[2] = (char)(0x80 | ((cp >> 6) & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

size_t
utf8_count(const char *s, size_t n)
{
	const uint64_t high = 0x8080808080808080U;
	size_t count = 0, i = 0;
	while (i < n) {
		uint64_t eight;
		uint32_t cp;
		if (n - i >= sizeof eight) { /* ASCII, most of the time */
			(void)memcpy(&eight, s + i, sizeof eight);
			if ((eight & high) == 0) {
				i += sizeof eight;
				count += sizeof eight;
				continue;
			}
		}
		i += utf8_next(s + i, n - i, &cp);
		count++;
	}
	return count;
}

size_t
utf8_cut(const char *s, size_t n, size_t max)
{
	size_t i = 0;
	for (size_t count = 0; i < n && count < max; count++) {
		uint32_t cp;
		i += utf8_next(s + i, n - i, &cp);
	}
	return i;
}
