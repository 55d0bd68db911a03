/* What does the client ask?  The variables of a web server, judged and taken apart. */
#include "web/web.h"

#include <arpa/inet.h>
#include <string.h>

#include "web/int.h"

static enum web_method
method_of(const char *s)
{
	static const struct {
		const char *name;
		enum web_method method;
	} known[] = {{"GET", WEB_GET}, {"HEAD", WEB_HEAD},     {"POST", WEB_POST},
		     {"PUT", WEB_PUT}, {"DELETE", WEB_DELETE}, {"OPTIONS", WEB_OPTIONS}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_eq(s, known[i].name))
			return known[i].method;
	return WEB_OTHER;
}

static int
bad(struct err *err, const char *why)
{
	return err_http(err, ERR_INPUT, 400, "M_UNKNOWN", "%s", why);
}

/* ---- path ------------------------------------------------------------------------------------- */

/* One segment into out; moves out behind its NUL. */
static int
add_segment(struct web_request *r, const char *s, size_t n, bool raw, char **out, struct err *err)
{
	char *at = *out;
	ssize_t len = (ssize_t)n;
	if (raw) {
		len = web_decode(s, n, false, at);
		if (len < 0)
			return bad(err, "bad %-encoding in the path");
	} else {
		(void)memcpy(at, s, n);
		at[n] = '\0';
	}
	if (!utf8_valid(at, (size_t)len))
		return bad(err, "the path is not UTF-8");
	if (r->segments == WEB_SEGMENTS_MAX)
		return err_http(err, ERR_NOTFOUND, 404, "M_UNRECOGNIZED", "Unrecognized request");
	r->segment[r->segments++] = at;
	*out = at + len + 1;
	return 0;
}

static int
read_path(struct web_request *r, const char *path, size_t n, bool raw, char **out, struct err *err)
{
	const char *end = path + n;
	if (n == 0 || *path != '/')
		return r->method == WEB_OPTIONS ? 0 : bad(err, "the path does not begin with '/'");
	for (const char *s = path + 1;; s++) {
		const char *slash = memchr(s, '/', (size_t)(end - s));
		if (add_segment(r, s, (size_t)((slash != NULL ? slash : end) - s), raw, out, err) < 0)
			return -1;
		if (slash == NULL)
			return 0;
		s = slash;
	}
}

/* ---- query ------------------------------------------------------------------------------------ */

static const char *
add_text(const char *s, size_t n, char **out)
{
	char *at = *out;
	ssize_t len = web_decode(s, n, true, at);
	if (len < 0)
		return NULL;
	*out = at + len + 1;
	return at;
}

static int
read_query(struct web_request *r, const char *query, size_t n, char **out, struct err *err)
{
	const char *end = query + n;
	for (const char *s = query; s < end; s++) {
		const char *amp = memchr(s, '&', (size_t)(end - s));
		const char *stop = amp != NULL ? amp : end;
		const char *eq = memchr(s, '=', (size_t)(stop - s));
		const char *name_end = eq != NULL ? eq : stop;
		if (stop > s) {
			if (r->params == WEB_PARAMS_MAX)
				return bad(err, "too many query parameters");
			r->param = mem_realloc(r->param, (r->params + 1) * sizeof *r->param);
			struct web_param *p = &r->param[r->params++];
			p->name = add_text(s, (size_t)(name_end - s), out);
			p->value = eq != NULL ? add_text(eq + 1, (size_t)(stop - eq) - 1, out) : "";
			if (p->name == NULL || p->value == NULL) {
				r->params--;
				return bad(err, "bad %-encoding in the query");
			}
		}
		s = stop;
	}
	return 0;
}

/* ---- target ----------------------------------------------------------------------------------- */

/* Behind scheme and authority of an absolute target (RFC 9112 §3.2.2). */
static const char *
origin_form(const char *uri)
{
	if (*uri == '/' || (!str_istarts(uri, "http://") && !str_istarts(uri, "https://")))
		return uri;
	const char *path = strstr(uri, "://") + 3;
	return path + strcspn(path, "/?");
}

/* How many segments of the path are the name of a script? */
static size_t
of_script(const char *uri, const char *script)
{
	size_t n = script != NULL ? strlen(script) : 0, segments = 0;
	if (n == 0 || strncmp(uri, script, n) != 0 || uri[n] != '/' || script[n - 1] == '/')
		return 0;
	for (const char *p = script; *p != '\0'; p++)
		segments += *p == '/';
	return segments;
}

static int
read_target(struct web_request *r, web_variable *get, void *arg, struct err *err)
{
	const char *uri = get(arg, "REQUEST_URI"), *path = get(arg, "PATH_INFO"), *query = get(arg, "QUERY_STRING");
	bool raw = uri != NULL && *uri != '\0';
	path = raw ? origin_form(uri) : path != NULL ? path : "";
	size_t n = raw ? strcspn(path, "?#") : strlen(path);
	r->script = raw ? of_script(path, get(arg, "SCRIPT_NAME")) : 0;
	if (raw)
		query = path[n] == '?' ? path + n + 1 : "";
	size_t m = query == NULL ? 0 : strcspn(query, "#");
	if (n + m > WEB_TARGET_MAX)
		return err_http(err, ERR_LIMIT, 414, "M_UNKNOWN", "the request's address is longer than %zu bytes",
				WEB_TARGET_MAX);
	/* every segment, name and value shrinks or stays, and there is a sign before each for its NUL */
	char *out = r->bytes = mem_alloc(n + m + 4);
	return read_path(r, path, n, raw, &out, err) < 0 || (m > 0 && read_query(r, query, m, &out, err) < 0) ? -1 : 0;
}

/* ---- headers ---------------------------------------------------------------------------------- */

static int
read_headers(struct web_request *r, web_variable *get, void *arg, struct err *err)
{
	struct {
		const char *name, **to;
	} want[] = {
	    {"HTTP_AUTHORIZATION", &r->authorization},
	    {"HTTP_IF_NONE_MATCH", &r->if_none_match},
	    {"HTTP_RANGE", &r->range},
	    {"HTTP_IF_RANGE", &r->if_range},
	    {"HTTP_ACCEPT_LANGUAGE", &r->accept_language},
	    {"CONTENT_TYPE", &r->type},
	};
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		const char *v = get(arg, want[i].name);
		if (v == NULL || *v == '\0')
			continue;
		if (strlen(v) > WEB_HEADER_MAX)
			return err_http(err, ERR_LIMIT, 431, "M_UNKNOWN", "a header is longer than %d bytes",
					WEB_HEADER_MAX);
		*want[i].to = v;
	}
	if (r->authorization == NULL) /* behind a rewrite of Apache */
		r->authorization = get(arg, "REDIRECT_HTTP_AUTHORIZATION");
	return 0;
}

static int
read_length(struct web_request *r, const char *s, struct err *err)
{
	r->length = -1;
	if (s == NULL || *s == '\0')
		return 0;
	if (strspn(s, "0123456789") != strlen(s) || str_int64(s, &r->length) < 0 || r->length < 0)
		return bad(err, "Content-Length value is invalid");
	return 0;
}

/* ---- the whole -------------------------------------------------------------------------------- */

int
web_request_read(struct web_request *r, web_variable *get, void *arg, const struct web_trust *trust, struct err *err)
{
	*r = (struct web_request){.method = method_of(get(arg, "REQUEST_METHOD")), .length = -1};
	web_read_address(r, get(arg, "REMOTE_ADDR"), get(arg, "HTTP_X_FORWARDED_FOR"), trust);
	if (read_target(r, get, arg, err) < 0 || read_headers(r, get, arg, err) < 0)
		return -1;
	return read_length(r, get(arg, "CONTENT_LENGTH"), err);
}

void
web_request_clear(struct web_request *r)
{
	mem_free(r->bytes);
	mem_free(r->param);
	*r = (struct web_request){.length = -1};
}
