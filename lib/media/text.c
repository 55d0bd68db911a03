/* What may an upload be called, and what may it be said to be? */
#include "media/media.h"

#include <string.h>

/* C0, DEL, C1, and the characters that turn the direction of a line: a name shows what it is. */
static bool
hidden(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x061C || (cp >= 0x200E && cp <= 0x200F) ||
	       (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xFEFF;
}

char *
media_name(const char *s, size_t n)
{
	struct buf out;
	uint32_t cp;
	char utf8[4];
	buf_init(&out, (size_t)MEDIA_NAME_MAX * sizeof utf8);
	for (size_t count = 0, len; n > 0 && count < MEDIA_NAME_MAX; s += len, n -= len) {
		len = utf8_next(s, n, &cp);
		if (hidden(cp))
			continue;
		(void)buf_add(&out, utf8, utf8_put(utf8, cp));
		count++;
	}
	if (str_isblank(out.p)) {
		buf_clear(&out);
		return NULL;
	}
	return buf_take(&out);
}

/* A token of RFC 9110; where it ends. */
static const char *
token(const char *s)
{
	static const char other[] = "!#$%&'*+-.^_`|~";
	const char *p = s;
	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
	       (*p != '\0' && strchr(other, *p) != NULL))
		p++;
	return p > s ? p : NULL;
}

bool
media_type_valid(const char *s)
{
	const char *p = token(s);
	if (strlen(s) > MEDIA_TYPE_MAX || p == NULL || *p != '/' || (p = token(p + 1)) == NULL)
		return false;
	if (*p != '\0' && *p != ';' && *p != ' ')
		return false;
	for (; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7E)
			return false;
	return true;
}
