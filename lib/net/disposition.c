/* What does Content-Disposition call the file?  RFC 6266, read as spec A.6 has it. */
#include "net/net.h"

#include <string.h>

/* Cuts at the first ';' outside quotes; *s moves behind it. */
static size_t
parameter(const char **s)
{
	bool quoted = false;
	const char *p = *s;
	for (; *p != '\0' && (quoted || *p != ';'); p++) {
		if (*p == '\\' && quoted && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	size_t n = (size_t)(p - *s);
	*s = *p == ';' ? p + 1 : p;
	return n;
}

static char *
trimmed(const char *p, size_t n)
{
	while (n > 0 && str_isspace((unsigned char)*p))
		p++, n--;
	while (n > 0 && str_isspace((unsigned char)p[n - 1]))
		n--;
	return mem_strndup(p, n);
}

/* The value if this parameter is name; yours. */
static char *
value_if(const char *p, size_t n, const char *name)
{
	const char *eq = memchr(p, '=', n);
	if (eq == NULL)
		return NULL;
	char *key = trimmed(p, (size_t)(eq - p));
	bool same = str_ieq(key, name);
	mem_free(key);
	return same ? trimmed(eq + 1, n - (size_t)(eq - p) - 1) : NULL;
}

static char *
find(const char *value, const char *name)
{
	char *found = NULL;
	for (const char *s = value; *s != '\0' && found == NULL;) {
		const char *p = s;
		size_t n = parameter(&s);
		found = value_if(p, n, name);
	}
	return found;
}

/* Strictly UTF-8 behind the escapes; in place. */
static bool
percent_decode(char *s)
{
	size_t n = url_decode(s, strlen(s));
	s[n] = '\0';
	return strlen(s) == n && utf8_valid(s, n);
}

/* filename*=utf-8''… of RFC 5987; other charsets and languages are passed over. */
static char *
extended(const char *value)
{
	static const char prefix[] = "utf-8''";
	char *v = find(value, "filename*"), *out = NULL;
	if (v != NULL && str_istarts(v, prefix) && str_ascii(v)) {
		out = mem_strdup(v + sizeof prefix - 1);
		if (!percent_decode(out)) {
			mem_free(out);
			out = NULL;
		}
	}
	mem_free(v);
	return out;
}

/* Quotes around it go, inside them '\\' and '\"' are what they escape; "%20" is three characters. */
static char *
plain(const char *value)
{
	char *v = find(value, "filename");
	if (v == NULL || !str_ascii(v)) {
		mem_free(v);
		return NULL;
	}
	size_t n = strlen(v);
	char *r = v, *w = v;
	bool quoted = n >= 2 && v[0] == '"' && v[n - 1] == '"';
	if (quoted) {
		v[n - 1] = '\0';
		r++;
	}
	for (; *r != '\0'; r++) {
		if (quoted && r[0] == '\\' && (r[1] == '\\' || r[1] == '"'))
			r++;
		*w++ = *r;
	}
	*w = '\0';
	return v;
}

/* A name is shown to people and may end up on a disk: no control characters, and not endless. */
static char *
presentable(char *name)
{
	size_t n = strlen(name);
	for (char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '_';
	if (n > NET_NAME_MAX) {
		n = NET_NAME_MAX;
		while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
			n--;
		name[n] = '\0';
	}
	return name;
}

char *
net_disposition_name(const char *value)
{
	char *name = extended(value);
	if (name == NULL)
		name = plain(value);
	if (name == NULL || *name == '\0') {
		mem_free(name);
		return NULL;
	}
	return presentable(name);
}
