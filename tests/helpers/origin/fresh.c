/* What does a server do for caches?  Validators, variants, and pages that change. */
#include "origin.h"

#include <strings.h>

/* Is value among the request's headers of that name, whole? */
static bool
header_is(const struct request *r, const char *name, const char *value)
{
	size_t len = strlen(name);
	for (const char *p = r->headers; *p != '\0';) {
		size_t n = strcspn(p, "\r\n");
		const char *v = p + len + 1;
		if (n > len && strncasecmp(p, name, len) == 0 && p[len] == ':') {
			v += strspn(v, " ");
			if (strlen(value) == (size_t)(p + n - v) && strncmp(v, value, strlen(value)) == 0)
				return true;
		}
		p += n + strspn(p + n, "\r\n");
	}
	return false;
}

static bool
unchanged(const struct request *r, const char *etag, const char *modified)
{
	if (etag != NULL && strcasestr(r->headers, "\nIf-None-Match:") != NULL)
		return header_is(r, "If-None-Match", etag);
	if (etag != NULL && strncasecmp(r->headers, "If-None-Match:", 14) == 0)
		return header_is(r, "If-None-Match", etag);
	return modified != NULL && header_is(r, "If-Modified-Since", modified);
}

static void
count_304(struct server *s, const struct request *r)
{
	char *name = NULL;
	if (asprintf(&name, "304 %s", r->target) < 0)
		die("memory");
	fact_make(s, name)->n++;
	free(name);
	if (asprintf(&name, "304 %s", r->path) < 0)
		die("memory");
	if (strcmp(r->path, r->target) != 0)
		fact_make(s, name)->n++;
	free(name);
}

static void
put(FILE *f, const char *name, const char *value)
{
	if (value != NULL)
		(void)fprintf(f, "%s: %s\r\n", name, value);
}

static void
conditional(struct server *s, struct conn *c, const struct request *r, const char *etag, const char *vary,
	    const char *title)
{
	char *modified = param_at(r, "lm", 0), *control = param_at(r, "cc", 0), *more = NULL;
	size_t len = 0;
	FILE *f = must(open_memstream(&more, &len));
	bool same = unchanged(r, etag, modified);
	if (!same || param_int(r, "bare", 0) == 0) {
		put(f, "ETag", etag);
		put(f, "Last-Modified", modified);
		put(f, "Cache-Control", control);
		put(f, "Vary", vary);
	}
	if (fclose(f) != 0)
		die("memory");
	if (same) {
		count_304(s, r);
		reply(c, r, 304, NULL, more, "");
	} else {
		reply_page(c, r, 200, title, more);
	}
	free(modified);
	free(control);
	free(more);
}

void
do_cond(struct server *s, struct conn *c, const struct request *r)
{
	char *etag = param_at(r, "etag", 0), *vary = param_at(r, "vary", 0), *title = param_at(r, "title", 0);
	conditional(s, c, r, etag, vary, title != NULL ? title : "Conditional");
	free(etag);
	free(vary);
	free(title);
}

/* The first two letters of Accept-Language are all that is looked at. */
void
do_lang(struct server *s, struct conn *c, const struct request *r)
{
	const char *at = strcasestr(r->headers, "Accept-Language: ");
	char title[32], etag[32], language[3] = "";
	(void)snprintf(language, sizeof language, "%s", at != NULL ? at + strlen("Accept-Language: ") : "");
	(void)snprintf(title, sizeof title, "Language %s", language);
	(void)snprintf(etag, sizeof etag, "\"%s\"", language);
	conditional(s, c, r, etag, "Accept-Language", title);
}

/* As if target had been asked for. */
static void
answer_as(struct server *s, struct conn *c, const struct request *r, const char *target)
{
	struct request other = *r;
	const char *mark = strchr(target, '?');
	other.target = (char *)(uintptr_t)target;
	other.query = (char *)(uintptr_t)(mark != NULL ? mark + 1 : "");
	other.path = must(strndup(target, mark != NULL ? (size_t)(mark - target) : strlen(target)));
	dispatch(s, c, &other);
	free(other.path);
}

void
do_flip(struct server *s, struct conn *c, const struct request *r)
{
	char *to = param_at(r, "to", 0);
	const struct fact *asked = fact_find(s, r->target);
	if (to == NULL || asked == NULL || (int64_t)asked->n <= param_int(r, "after", 1))
		reply_page(c, r, 200, "Before", "");
	else
		answer_as(s, c, r, to);
	free(to);
}

void
do_set(struct server *s, struct conn *c, const struct request *r)
{
	char *name = param_at(r, "name", 0), *to = param_at(r, "to", 0), *path = NULL;
	if (asprintf(&path, "set /switch/%s", name != NULL ? name : "") < 0)
		die("memory");
	struct fact *f = fact_make(s, path);
	free(f->text);
	f->text = to;
	reply(c, r, 200, "text/plain", "", "set\n");
	free(name);
	free(path);
}

void
do_switch(struct server *s, struct conn *c, const struct request *r)
{
	char *name = NULL;
	if (asprintf(&name, "set %s", r->path) < 0)
		die("memory");
	const struct fact *f = fact_find(s, name);
	if (f != NULL && f->text != NULL && strncmp(f->text, "/switch/", 8) != 0)
		answer_as(s, c, r, f->text);
	else
		reply_page(c, r, 404, "Not set", "");
	free(name);
}

void
do_robots(struct server *s, struct conn *c, const struct request *r)
{
	const struct fact *f = fact_find(s, "set /switch/robots.txt");
	if (f != NULL && f->text != NULL)
		answer_as(s, c, r, f->text);
	else
		do_file(s, c, r);
}

void
do_wall(struct server *s, struct conn *c, const struct request *r)
{
	char *agent = param_at(r, "agent", 0), title[32];
	int code = (int)param_int(r, "code", 403);
	(void)s;
	(void)snprintf(title, sizeof title, "Status %d", code);
	if (agent != NULL && has_header(r, "User-Agent", agent))
		reply_page(c, r, 200, "Behind the wall", "");
	else if (code == 200)
		reply(c, r, 200, "text/html", "", "");
	else
		reply_page(c, r, code, title, "");
	free(agent);
}
