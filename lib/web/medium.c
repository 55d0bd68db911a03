/* How is a medium told, so that no browser runs what a stranger uploaded?  Spec E.3. */
#include "web/web.h"

#include <string.h>

/* In this form, without parameters, they get a charset. */
static const char *const texts[] = {
    "text/css", "text/csv",	    "text/html",	   "text/calendar",   "text/plain",    "text/javascript",
    "text/xml", "application/json", "application/ld+json", "application/rtf", "image/svg+xml", NULL};

/* What a browser may show by itself; SVG, HTML and PDF are not among them on purpose. */
static const char *const shown[] = {
    "text/css",	    "text/plain", "text/csv",	 "application/json", "application/ld+json",
    "image/jpeg",   "image/gif",  "image/png",	 "image/apng",	     "image/webp",
    "image/avif",   "video/mp4",  "video/webm",	 "video/ogg",	     "video/quicktime",
    "audio/mp4",    "audio/webm", "audio/aac",	 "audio/mpeg",	     "audio/ogg",
    "audio/wave",   "audio/wav",  "audio/x-wav", "audio/x-pn-wav",   "audio/flac",
    "audio/x-flac", NULL};

static bool
among(const char *const *list, const char *s, size_t n)
{
	for (; *list != NULL; list++)
		if (str_nieq(s, n, *list))
			return true;
	return false;
}

static bool
is_token(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 33 || *s > 126 || strchr("()<>@,;:\\\"/[]?={}", *s) != NULL)
			return false;
	return true;
}

static void
percent(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			     strchr("-._~/", c) != NULL;
		(void)(plain ? buf_addc(out, (char)c) : buf_addf(out, "%%%02X", c));
	}
}

static void
disposition(struct web_answer *a, const struct web_medium *m)
{
	size_t n = strcspn(m->type, ";");
	while (n > 0 && str_isspace(m->type[n - 1]))
		n--;
	const char *how = among(shown, m->type, n) ? "inline" : "attachment";
	struct buf name;
	buf_init(&name, 2048);
	if (m->name != NULL && *m->name != '\0') {
		if (is_token(m->name)) {
			(void)buf_addf(&name, "; filename=%s", m->name);
		} else {
			(void)buf_adds(&name, "; filename*=utf-8''");
			percent(&name, m->name);
		}
	}
	web_header(a, "Content-Disposition", "%s%s", how, name.p != NULL && !name.full ? name.p : "");
	buf_clear(&name);
}

void
web_medium_headers(struct web_answer *a, const struct web_medium *m)
{
	if (!m->thumbnail) {
		web_header(a, "Content-Security-Policy",
			   "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; "
			   "style-src 'unsafe-inline'; media-src 'self'; object-src 'self';");
		web_header(a, "X-Content-Security-Policy", "sandbox;");
		web_header(a, "Referrer-Policy", "no-referrer");
	}
	web_header(a, "Cross-Origin-Resource-Policy", "cross-origin");
	web_header(a, "X-Robots-Tag", "noindex, nofollow, noarchive, noimageindex");
	web_header(a, "X-Content-Type-Options", "nosniff");
	web_header(a, "Cache-Control", "public,max-age=86400,s-maxage=0,proxy-revalidate");
	if (m->etag != NULL)
		web_header(a, "ETag", "\"%s\"", m->etag);
	web_header(a, "Content-Type", "%s%s", m->type, among(texts, m->type, strlen(m->type)) ? "; charset=UTF-8" : "");
	disposition(a, m);
}
