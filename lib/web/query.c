/* What do the parameters say?  In the words of the reference where they say it wrongly (spec A.1, F). */
#include "web/web.h"

#include <string.h>

static int
digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

ssize_t
web_decode(const char *s, size_t n, bool plus, char *out)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		if (c == '%') {
			int high = i + 1 < n ? digit(s[i + 1]) : -1, low = i + 2 < n ? digit(s[i + 2]) : -1;
			if (high < 0 || low < 0 || high + low == 0)
				return -1;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		} else if (c == '\0') {
			return -1;
		}
		out[len++] = c;
	}
	out[len] = '\0';
	return (ssize_t)len;
}

const char *
web_param(const struct web_request *r, const char *name)
{
	for (size_t i = 0; i < r->params; i++)
		if (strcmp(r->param[i].name, name) == 0)
			return r->param[i].value;
	return NULL;
}

static int
invalid(struct err *err, const char *name, const char *what)
{
	return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "Query parameter %s must be %s", name, what);
}

int
web_param_string(const struct web_request *r, const char *name, const char **out, struct err *err)
{
	*out = web_param(r, name);
	return *out != NULL
		   ? 0
		   : err_http(err, ERR_INPUT, 400, "M_MISSING_PARAM", "Missing string query parameter '%s'", name);
}

int
web_param_int(const struct web_request *r, const char *name, int64_t *io, struct err *err)
{
	const char *s = web_param(r, name);
	int64_t v = 0;
	if (s == NULL)
		return 0;
	if (str_int64(s, &v) < 0)
		return invalid(err, name, "an integer");
	if (v < 0)
		return invalid(err, name, "a positive integer.");
	*io = v;
	return 0;
}

int
web_param_int_must(const struct web_request *r, const char *name, int64_t *out, struct err *err)
{
	if (web_param(r, name) == NULL)
		return err_http(err, ERR_INPUT, 400, "M_MISSING_PARAM", "Missing required integer query parameter %s",
				name);
	return web_param_int(r, name, out, err);
}

int
web_param_bool(const struct web_request *r, const char *name, bool *io, struct err *err)
{
	const char *s = web_param(r, name);
	if (s == NULL)
		return 0;
	if (!str_eq(s, "true") && !str_eq(s, "false"))
		return err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM",
				"Boolean query parameter '%s' must be one of ['true', 'false']", name);
	*io = *s == 't';
	return 0;
}

int
web_param_word(const struct web_request *r, const char *name, const char *const *words, size_t *io, struct err *err)
{
	const char *s = web_param(r, name);
	struct buf list;
	if (s == NULL)
		return 0;
	for (size_t i = 0; words[i] != NULL; i++)
		if (str_eq(s, words[i])) {
			*io = i;
			return 0;
		}
	buf_init(&list, ERR_TEXT_MAX / 2);
	for (size_t i = 0; words[i] != NULL; i++)
		(void)buf_addf(&list, "%s'%s'", i > 0 ? ", " : "", words[i]);
	(void)err_http(err, ERR_INPUT, 400, "M_INVALID_PARAM", "Query parameter '%s' must be one of [%s]", name,
		       list.p);
	buf_clear(&list);
	return -1;
}

/* What goes on to a homeserver in a header of its own: nothing that could end the line. */
static bool
speakable(const char *s)
{
	size_t n = strlen(s);
	if (n == 0 || n > WEB_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] <= 0x20 || s[i] > 0x7E)
			return false;
	return true;
}

const char *
web_token(const struct web_request *r, struct err *err)
{
	const char *token = web_param(r, "access_token");
	if (r->authorization != NULL) {
		token = str_istarts(r->authorization, "Bearer ") ? r->authorization + strlen("Bearer ") : NULL;
		while (token != NULL && *token == ' ')
			token++;
	}
	if (token == NULL || *token == '\0')
		return err_http(err, ERR_DENIED, 401, "M_MISSING_TOKEN", "Missing access token"), NULL;
	if (!speakable(token))
		return err_http(err, ERR_DENIED, 401, "M_UNKNOWN_TOKEN", "Invalid access token passed."), NULL;
	return token;
}
