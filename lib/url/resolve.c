/* Where does this reference lead from that base? */
#include "url/url.h"

#include <string.h>

#include "url/int.h"

/* Percent-encode sets of the WHATWG URL standard beyond controls, space and non-ASCII. */
#define IN_PATH "\"<>`{}"
#define IN_QUERY "\"<>'"
#define IN_FRAGMENT "\"<>`"
#define IN_USERINFO "@:\"<>`{}/;=[\\]^|"

static char *
encode(struct url_slice s, const char *set, bool backslash)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = mem_array(s.n + 1, 3), *w = out;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c > ' ' && c < 0x7f && strchr(set, c) == NULL) {
			*w++ = backslash && c == '\\' ? '/' : (char)c;
		} else {
			*w++ = '%';
			*w++ = hex[c >> 4];
			*w++ = hex[c & 15];
		}
	}
	*w = '\0';
	return out;
}

/* ---- dot segments, RFC 3986 §5.2.4; "%2e" is a dot too ------------------------------------- */

/* 1 for ".", 2 for "..", 0 for any other segment. */
static int
dots(const char *p, size_t n)
{
	int count = 0;
	while (n > 0) {
		size_t step = *p == '.' ? 1 : 3;
		if (step == 3 && (n < 3 || p[0] != '%' || p[1] != '2' || str_lower((unsigned char)p[2]) != 'e'))
			return 0;
		p += step;
		n -= step;
		count++;
	}
	return count <= 2 ? count : 0;
}

/* path begins with '/'; what is written never overtakes what is read. */
static void
remove_dots(char *path)
{
	const char *r = path;
	char *w = path;
	while (*r == '/') {
		size_t n = strcspn(r + 1, "/");
		bool last = r[1 + n] == '\0';
		int kind = dots(r + 1, n);
		if (kind == 2)
			while (w > path && *--w != '/')
				;
		if (kind == 0) {
			(void)memmove(w, r, n + 1);
			w += n + 1;
		} else if (last) {
			*w++ = '/';
		}
		r += n + 1;
	}
	*w = '\0';
}

/* ---- merging, RFC 3986 §5.2.2 --------------------------------------------------------------- */

/* The base's path up to its last slash, then the reference's. */
static char *
merge_path(const struct url_parts *base, struct url_slice ref, bool special)
{
	size_t n = base->path.n;
	char *right = encode(ref, IN_PATH, special);
	while (n > 0 && base->path.p[n - 1] != '/' && !(special && base->path.p[n - 1] == '\\'))
		n--;
	char *left = encode((struct url_slice){base->path.p, n}, IN_PATH, special);
	char *out = mem_printf("%s%s%s", n == 0 ? "/" : "", left, right);
	mem_free(left);
	mem_free(right);
	return out;
}

static void
set_path(struct url *u, const struct url_parts *ref, const struct url_parts *base, bool special)
{
	bool own = ref->has_scheme || ref->has_authority;
	bool absolute = ref->path.n > 0 && (ref->path.p[0] == '/' || (special && ref->path.p[0] == '\\'));
	if (own || absolute)
		u->path = encode(ref->path, IN_PATH, special);
	else if (ref->path.n == 0)
		u->path = encode(base->path, IN_PATH, special);
	else
		u->path = merge_path(base, ref->path, special);
	if (u->path[0] == '\0' && special) {
		mem_free(u->path);
		u->path = mem_strdup("/");
	}
	remove_dots(u->path);
}

static void
set_query(struct url *u, const struct url_parts *ref, const struct url_parts *base)
{
	bool inherit = !ref->has_scheme && !ref->has_authority && ref->path.n == 0 && !ref->has_query;
	const struct url_parts *from = inherit ? base : ref;
	if (from->has_query)
		u->query = encode(from->query, IN_QUERY, false);
	if (ref->has_fragment)
		u->fragment = encode(ref->fragment, IN_FRAGMENT, false);
}

static void
encode_userinfo(char **part)
{
	if (*part == NULL)
		return;
	char *out = encode((struct url_slice){*part, strlen(*part)}, IN_USERINFO, false);
	mem_free(*part);
	*part = out;
}

static void
drop_empty(char **part)
{
	if (*part != NULL && **part == '\0') {
		mem_free(*part);
		*part = NULL;
	}
}

static int
build(struct url *u, const struct url_parts *ref, const struct url_parts *base, struct err *err)
{
	const struct url_parts *scheme = ref->has_scheme ? ref : base;
	const struct url_parts *host = ref->has_scheme || ref->has_authority ? ref : base;
	u->scheme = url_slice_lower(scheme->scheme);
	if (url_authority(u, host->authority, scheme, err) < 0)
		return -1;
	if (u->port == url_default_port(u->scheme))
		u->port = -1;
	drop_empty(&u->password);
	if (u->password == NULL)
		drop_empty(&u->username);
	encode_userinfo(&u->username);
	encode_userinfo(&u->password);
	set_path(u, ref, base, scheme->special);
	set_query(u, ref, base);
	return 0;
}

static char *
compose(const struct url_parts *ref, const struct url_parts *base, struct err *err)
{
	struct url u = {.port = -1};
	char *out = NULL;
	if (build(&u, ref, base, err) == 0)
		out = url_text(&u);
	url_clear(&u);
	if (out != NULL && strlen(out) > URL_MAX) {
		mem_free(out);
		out = NULL;
		(void)err_set(err, ERR_LIMIT, "URL is longer than %d bytes", URL_MAX);
	}
	return out;
}

/* Both cleaned; base may be "". */
static char *
resolve(const char *base_text, const char *ref_text, struct err *err)
{
	struct url_parts base, ref;
	url_split(&base, base_text, (struct url_slice){0});
	url_split(&ref, ref_text, base.scheme);
	if (ref.has_scheme && !ref.has_authority)
		return mem_strdup(ref_text); /* mailto:, javascript: …: absolute, and nothing to resolve */
	if (!ref.has_scheme && (!base.has_scheme || !base.has_authority)) {
		(void)err_set(err, ERR_INPUT, "not an absolute URL");
		return NULL;
	}
	return compose(&ref, &base, err);
}

char *
url_resolve(const char *base, const char *ref, struct err *err)
{
	char *clean_ref = url_clean(ref);
	if (str_istarts(clean_ref, "data:"))
		return clean_ref;
	char *out = NULL;
	char *clean_base = url_clean(base != NULL ? base : "");
	if (strlen(clean_ref) > URL_MAX || strlen(clean_base) > URL_MAX)
		(void)err_set(err, ERR_LIMIT, "URL is longer than %d bytes", URL_MAX);
	else
		out = resolve(clean_base, clean_ref, err);
	mem_free(clean_base);
	mem_free(clean_ref);
	return out;
}
