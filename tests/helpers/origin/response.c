/* What goes back to the client? */
#include "origin.h"

#include <unistd.h>

struct seg *
add_seg(struct conn *c, enum seg_kind kind, int64_t left)
{
	struct seg *s = &c->seg[c->nseg++];
	*s = (struct seg){.kind = kind, .left = left, .fd = -1};
	return s;
}

/* Takes p. */
struct seg *
add_data(struct conn *c, char *p, size_t len)
{
	struct seg *s = add_seg(c, DATA, (int64_t)len);
	s->p = p;
	s->len = len;
	return s;
}

struct seg *
add_head(struct conn *c, const struct request *r, int status, const char *type, int64_t length, const char *more)
{
	char *p = NULL, *t = param_at(r, "type", 0), *h;
	size_t len = 0;
	FILE *f = must(open_memstream(&p, &len));
	(void)fprintf(f, "HTTP/1.1 %d %s\r\n", status, status < 400 ? "OK" : "No");
	if (t == NULL && type != NULL)
		(void)fprintf(f, "Content-Type: %s\r\n", type);
	else if (t != NULL && *t != '\0')
		(void)fprintf(f, "Content-Type: %s\r\n", t);
	free(t);
	if (length >= 0)
		(void)fprintf(f, "Content-Length: %lld\r\n", (long long)length);
	else if (length == CHUNKED)
		(void)fputs("Transfer-Encoding: chunked\r\n", f);
	if (length == NO_LENGTH && c->end == END_KEEP)
		c->end = END_CLOSE;
	if (c->end == END_CLOSE)
		(void)fputs("Connection: close\r\n", f);
	for (int i = 0; (h = param_at(r, "h", i)) != NULL; i++, free(h))
		(void)fprintf(f, "%s\r\n", h);
	(void)fprintf(f, "%s\r\n", more);
	if (fclose(f) != 0)
		die("memory");
	return add_data(c, p, len);
}

void
reply(struct conn *c, const struct request *r, int status, const char *type, const char *more, const char *body)
{
	bool none = status / 100 == 1 || status == 204 || status == 304;
	size_t len = none ? 0 : strlen(body);
	(void)add_head(c, r, status, type, none ? NO_BODY : (int64_t)len, more);
	if (len > 0)
		(void)add_data(c, must(strdup(body)), len);
}

void
reply_page(struct conn *c, const struct request *r, int status, const char *title, const char *more)
{
	char *body = NULL;
	if (asprintf(&body, "<!DOCTYPE html><html><head><title>%s</title></head><body><p>%s</p></body></html>\n", title,
		     title) < 0)
		die("memory");
	reply(c, r, status, "text/html", more, body);
	free(body);
}

void
reply_redirect(struct conn *c, const struct request *r, int status, const char *to, const char *more)
{
	char *line = NULL;
	if (asprintf(&line, "Location: %s\r\n%s", to, more) < 0)
		die("memory");
	reply_page(c, r, status, "Over there", line);
	free(line);
}

void
drop_segs_from(struct conn *c, int from)
{
	for (int i = from; i < c->nseg; i++) {
		free(c->seg[i].p);
		if (c->seg[i].fd >= 0)
			(void)close(c->seg[i].fd);
	}
	c->nseg = c->nseg < from ? c->nseg : from;
}
