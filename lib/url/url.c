/* What are the parts of this URL? */
#include "url/url.h"

#include <stdio.h>
#include <string.h>

#include "url/int.h"

enum { PORT_MAX = 65535 };

/* ---- cutting ------------------------------------------------------------------------------ */

char *
url_clean(const char *text)
{
	size_t n = strlen(text), w = 0;
	while (n > 0 && (unsigned char)text[n - 1] <= ' ')
		n--;
	while (n > 0 && (unsigned char)*text <= ' ')
		text++, n--;
	char *out = mem_strndup(text, n);
	for (size_t i = 0; i < n; i++)
		if (out[i] != '\t' && out[i] != '\n' && out[i] != '\r')
			out[w++] = out[i];
	out[w] = '\0';
	return out;
}

static bool
alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 3986 §3.1; the length before ':' or 0. */
static size_t
scheme_len(const char *s)
{
	size_t n = 0;
	if (!alpha(*s))
		return 0;
	while (alpha(s[n]) || digit(s[n]) || s[n] == '+' || s[n] == '-' || s[n] == '.')
		n++;
	return s[n] == ':' ? n : 0;
}

/* The WHATWG list without "file", which has no host worth asking. */
static const struct {
	const char *name;
	int port;
} special_schemes[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}, {"ftp", 21}};

enum { N_SPECIAL = sizeof special_schemes / sizeof special_schemes[0] };

static bool
is_special(struct url_slice scheme)
{
	for (size_t i = 0; i < N_SPECIAL; i++)
		if (str_nieq(scheme.p, scheme.n, special_schemes[i].name))
			return true;
	return false;
}

int
url_default_port(const char *scheme)
{
	for (size_t i = 0; i < N_SPECIAL; i++)
		if (str_ieq(scheme, special_schemes[i].name))
			return special_schemes[i].port;
	return -1;
}

static bool
slash(const struct url_parts *p, char c)
{
	return c == '/' || (p->special && c == '\\');
}

static struct url_slice
until(const char **s, const char *stops)
{
	struct url_slice out = {*s, strcspn(*s, stops)};
	*s += out.n;
	return out;
}

/* Is there an authority at s?  Moves s to its first byte.  Special schemes of their own never lack one. */
static bool
find_authority(const struct url_parts *p, const char **s, bool must)
{
	if (!must && (!slash(p, (*s)[0]) || !slash(p, (*s)[1])))
		return false;
	if (p->special)
		while (slash(p, **s))
			(*s)++;
	else
		*s += 2;
	return true;
}

void
url_split(struct url_parts *out, const char *s, struct url_slice base_scheme)
{
	size_t n = scheme_len(s);
	bool must = false;
	*out = (struct url_parts){.special = base_scheme.n > 0 && is_special(base_scheme)};
	if (n > 0) {
		struct url_slice scheme = {s, n};
		bool special = is_special(scheme), same = special && base_scheme.n == n;
		for (size_t i = 0; i < n && same; i++)
			same = str_lower((unsigned char)s[i]) == str_lower((unsigned char)base_scheme.p[i]);
		s += n + 1;
		out->special = special;
		/* "http:x" against http:// is relative, "http://x" is not (WHATWG "special relative or authority"). */
		if (!same || (slash(out, s[0]) && slash(out, s[1]))) {
			out->has_scheme = true;
			out->scheme = scheme;
			must = special;
		}
	}
	out->has_authority = find_authority(out, &s, must);
	if (out->has_authority)
		out->authority = until(&s, out->special ? "/\\?#" : "/?#");
	out->path = until(&s, "?#");
	if (*s == '?') {
		s++;
		out->has_query = true;
		out->query = until(&s, "#");
	}
	if (*s == '#') {
		s++;
		out->has_fragment = true;
		out->fragment = until(&s, "");
	}
}

char *
url_slice_lower(struct url_slice s)
{
	char *out = mem_strndup(s.p, s.n);
	str_tolower(out);
	return out;
}

/* ---- authority ---------------------------------------------------------------------------- */

/* "forbidden domain code points" of the WHATWG URL standard, after decoding. */
/* The last label is a number, which no domain has: then the whole must be an IPv4 address ("ends in a number checker" of
 * the WHATWG URL standard).  Resolvers read such names as addresses in ways of their own. */
static bool
ends_in_number(const char *host)
{
	size_t n = strlen(host), i = 0;
	if (n > 0 && host[n - 1] == '.')
		n--;
	for (i = n; i > 0 && host[i - 1] != '.'; i--)
		;
	const char *last = host + i;
	for (const char *p = host; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return false; /* mapping may make an address of it: url_host_normal() */
	n -= i;
	if (n >= 2 && last[0] == '0' && str_lower((unsigned char)last[1]) == 'x')
		return strspn(last + 2, "0123456789abcdefABCDEF") >= n - 2;
	return n > 0 && strspn(last, "0123456789") >= n;
}

bool
url_host_ok(const char *host)
{
	struct url_addr a;
	for (const char *p = host; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("#%/:<>?@[\\]^|", *p) != NULL)
			return false;
	return !ends_in_number(host) || url_addr_from_host(&a, host);
}

static int
set_host(struct url *u, struct url_slice text, struct err *err)
{
	struct url_addr a;
	size_t n = text.n;
	u->host = mem_strndup(text.p, n);
	if (u->host[0] != '[') /* every judge sees the host that will be looked up */
		n = url_decode(u->host, n);
	u->host[n] = '\0';
	str_tolower(u->host);
	/* Zone ids ("[fe80::1%25lo]") are no addresses here. */
	if (u->host[0] == '[' ? !url_addr_from_host(&a, u->host) : strlen(u->host) != n || !url_host_ok(u->host))
		return err_set(err, ERR_INPUT, "URL has a bad host");
	return 0;
}

static int
set_port(struct url *u, struct url_slice s, struct err *err)
{
	int port = 0;
	if (s.n == 0)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!digit(s.p[i]))
			return err_set(err, ERR_INPUT, "URL has a bad port");
		port = port * 10 + (s.p[i] - '0');
		if (port > PORT_MAX)
			return err_set(err, ERR_INPUT, "URL has a bad port");
	}
	u->port = port;
	return 0;
}

static void
set_userinfo(struct url *u, struct url_slice s)
{
	const char *colon = memchr(s.p, ':', s.n);
	size_t n = colon != NULL ? (size_t)(colon - s.p) : s.n;
	u->username = mem_strndup(s.p, n);
	if (colon != NULL)
		u->password = mem_strndup(colon + 1, s.n - n - 1);
}

int
url_authority(struct url *u, struct url_slice text, const struct url_parts *parts, struct err *err)
{
	struct url_slice rest = text;
	for (size_t i = text.n; i > 0; i--) {
		if (text.p[i - 1] != '@')
			continue;
		set_userinfo(u, (struct url_slice){text.p, i - 1});
		rest = (struct url_slice){text.p + i, text.n - i};
		break;
	}
	const char *bracket = rest.n > 0 && *rest.p == '[' ? memchr(rest.p, ']', rest.n) : NULL;
	const char *from = bracket != NULL ? bracket : rest.p;
	const char *colon = rest.n > 0 ? memchr(from, ':', rest.n - (size_t)(from - rest.p)) : NULL;
	struct url_slice host = {rest.p, colon != NULL ? (size_t)(colon - rest.p) : rest.n};
	if (host.n == 0 && (parts->special || rest.n > 0 || u->username != NULL))
		return err_set(err, ERR_INPUT, "URL has no host");
	if (set_host(u, host, err) < 0)
		return -1;
	return colon == NULL ? 0 : set_port(u, (struct url_slice){colon + 1, rest.n - host.n - 1}, err);
}

/* ---- the struct --------------------------------------------------------------------------- */

static int
fill(struct url *u, const char *clean, struct err *err)
{
	struct url_parts p;
	url_split(&p, clean, (struct url_slice){0});
	if (!p.has_scheme || !p.has_authority || p.authority.n == 0)
		return err_set(err, ERR_INPUT, "not an absolute URL");
	u->scheme = url_slice_lower(p.scheme);
	u->path = mem_strndup(p.path.p, p.path.n);
	for (char *c = u->path; p.special && *c != '\0'; c++)
		if (*c == '\\')
			*c = '/';
	if (p.has_query)
		u->query = mem_strndup(p.query.p, p.query.n);
	if (p.has_fragment)
		u->fragment = mem_strndup(p.fragment.p, p.fragment.n);
	return url_authority(u, p.authority, &p, err);
}

int
url_parse(struct url *u, const char *text, struct err *err)
{
	*u = (struct url){.port = -1};
	if (strlen(text) > URL_MAX)
		return err_set(err, ERR_LIMIT, "URL is longer than %d bytes", URL_MAX);
	char *clean = url_clean(text);
	int rc = fill(u, clean, err);
	mem_free(clean);
	if (rc < 0)
		url_clear(u);
	return rc;
}

void
url_clear(struct url *u)
{
	mem_free(u->scheme);
	mem_free(u->username);
	mem_free(u->password);
	mem_free(u->host);
	mem_free(u->path);
	mem_free(u->query);
	mem_free(u->fragment);
	*u = (struct url){.port = -1};
}

/* One optional part: what goes before it, the part, what goes after. */
static void
put(struct buf *b, const char *before, const char *part, const char *after)
{
	if (part == NULL)
		return;
	(void)buf_adds(b, before);
	(void)buf_adds(b, part);
	(void)buf_adds(b, after);
}

char *
url_text(const struct url *u)
{
	struct buf b;
	buf_init(&b, (size_t)8 * URL_MAX); /* parts of a parsed URL; percent-encoding triples them at worst */
	put(&b, "", u->scheme, "://");
	put(&b, "", u->username, "");
	put(&b, ":", u->password, "");
	put(&b, "", u->username == NULL ? NULL : "@", "");
	put(&b, "", u->host, "");
	if (u->port >= 0)
		(void)buf_addf(&b, ":%d", u->port);
	put(&b, "", u->path, "");
	put(&b, "?", u->query, "");
	put(&b, "#", u->fragment, "");
	return buf_take(&b);
}

bool
url_is_http(const char *text)
{
	while (*text != '\0' && (unsigned char)*text <= ' ')
		text++;
	return str_istarts(text, "http:") || str_istarts(text, "https:");
}

/* The value of a hexadecimal digit, or -1. */
static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *d = memchr(digits, c, sizeof digits - 1);
	return d == NULL ? -1 : (int)(d - digits) % 16;
}

size_t
url_decode(char *s, size_t n)
{
	size_t w = 0;
	for (size_t i = 0; i < n; i++) {
		int high = s[i] == '%' && n - i > 2 ? hex(s[i + 1]) : -1;
		int low = high >= 0 ? hex(s[i + 2]) : -1;
		s[w++] = low >= 0 ? (char)(high * 16 + low) : s[i];
		i += low >= 0 ? 2 : 0;
	}
	return w;
}

char *
url_form_encode(const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = mem_array(strlen(s) + 1, 3), *w = out;
	for (; *s != '\0'; s++) {
		if (alpha(*s) || digit(*s) || strchr("*-._", *s) != NULL) {
			*w++ = *s;
		} else if (*s == ' ') {
			*w++ = '+';
		} else {
			*w++ = '%';
			*w++ = hex[(unsigned char)*s >> 4];
			*w++ = hex[(unsigned char)*s & 15];
		}
	}
	*w = '\0';
	return out;
}
