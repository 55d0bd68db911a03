/* What does the client ask for? */
#include "origin.h"

#include <ctype.h>
#include <strings.h>

static int
hex(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Percent-decodes s[0..n); '+' stays what it is. */
static char *
decode(const char *s, size_t n)
{
	char *out = must(malloc(n + 1));
	size_t o = 0;
	for (size_t i = 0; i < n; i++, o++) {
		int a = i + 2 < n ? hex((unsigned char)s[i + 1]) : -1, b = a < 0 ? -1 : hex((unsigned char)s[i + 2]);
		out[o] = s[i];
		if (s[i] == '%' && b >= 0) {
			out[o] = (char)(a * 16 + b);
			i += 2;
		}
	}
	out[o] = '\0';
	return out;
}

/* The value of the i-th parameter of that name, decoded, or NULL. */
char *
param_at(const struct request *r, const char *name, int i)
{
	size_t len = strlen(name);
	for (const char *p = r->query; *p != '\0';) {
		size_t n = strcspn(p, "&");
		if (n > len && strncmp(p, name, len) == 0 && p[len] == '=' && i-- == 0)
			return decode(p + len + 1, n - len - 1);
		p += n + (p[n] == '&');
	}
	return NULL;
}

int64_t
param_int(const struct request *r, const char *name, int64_t otherwise)
{
	char *s = param_at(r, name, 0);
	int64_t v = s == NULL ? otherwise : strtoll(s, NULL, 10);
	free(s);
	return v < 0 ? 0 : v;
}

bool
has_header(const struct request *r, const char *name, const char *part)
{
	size_t len = strlen(name);
	for (const char *p = r->headers; *p != '\0';) {
		size_t n = strcspn(p, "\r\n");
		if (n > len && strncasecmp(p, name, len) == 0 && p[len] == ':' && memmem(p, n, part, strlen(part)))
			return true;
		p += n + strspn(p + n, "\r\n");
	}
	return false;
}

char *
header_of(const struct request *r, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = r->headers; *p != '\0';) {
		size_t n = strcspn(p, "\r\n");
		const char *v = p + len + 1;
		if (n > len && strncasecmp(p, name, len) == 0 && p[len] == ':') {
			v += strspn(v, " ");
			return must(strndup(v, (size_t)(p + n - v)));
		}
		p += n + strspn(p + n, "\r\n");
	}
	return must(strdup(""));
}

/* To a proxy the whole URL is said: it plays one by answering itself. */
static const char *
after_authority(const char *target)
{
	static const char http[] = "http://";
	if (strncmp(target, http, sizeof http - 1) != 0)
		return target;
	target += sizeof http - 1;
	return target + strcspn(target, "/?");
}

/* Takes one request off the front of the input.  False: there is none yet (or it is no HTTP: the connection ends). */
bool
next_request(struct server *s, struct conn *c)
{
	struct request r = {0};
	c->in[c->in_len] = '\0';
	char *blank = memmem(c->in, c->in_len, "\r\n\r\n", 4);
	if (blank == NULL) {
		c->eof = c->eof || c->in_len == IN_MAX;
		return false;
	}
	size_t used = (size_t)(blank + 4 - c->in);
	blank[2] = '\0';
	char *eol = strstr(c->in, "\r\n"), *save = NULL;
	*eol = '\0';
	r.headers = eol + 2;
	r.method = strtok_r(c->in, " ", &save);
	r.target = strtok_r(NULL, " ", &save);
	char *version = strtok_r(NULL, " ", &save);
	c->busy = true;
	const char *path = r.target != NULL ? after_authority(r.target) : "";
	if (version == NULL || *path != '/') {
		c->end = END_CLOSE;
	} else {
		char *mark = strchr(r.target, '?');
		r.query = mark == NULL ? strchr(r.target, '\0') : mark + 1;
		r.path = decode(path, mark == NULL ? strlen(path) : (size_t)(mark - path));
		r.http10 = strcmp(version, "HTTP/1.0") == 0;
		r.head = strcmp(r.method, "HEAD") == 0;
		route(s, c, &r);
		free(r.path);
		if (r.head)
			drop_segs_from(c, 1);
	}
	c->in_len -= used;
	memmove(c->in, c->in + used, c->in_len);
	return true;
}
