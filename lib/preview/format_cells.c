/* What may be shown of what strangers say? */
#include "preview/format_cells.h"

#include <string.h>
#include <wchar.h>

#include "url/url.h"

enum { CLEAN_MAX = 64 * 1024 }; /* bytes of a text; members of an answer are shorter */

/* Embeddings, overrides, isolates, marks of direction (Unicode Bidirectional Algorithm §2); tags, byte order marks,
 * and what is annotated between the lines. */
static bool
hidden(uint32_t cp)
{
	return (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200E || cp == 0x200F ||
	       cp == 0x061C || cp == 0xFEFF || (cp >= 0xFFF9 && cp <= 0xFFFB) || (cp >= 0xE0000 && cp <= 0xE007F);
}

static bool
is_space(uint32_t cp)
{
	return (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0x2028 || cp == 0x2029;
}

bool
format_shown(uint32_t *cp)
{
	if (hidden(*cp))
		return false;
	if (is_space(*cp))
		*cp = ' ';
	else if (*cp < ' ' || (*cp >= 0x7F && *cp < 0xA0))
		*cp = '?';
	return true;
}

unsigned
format_columns(uint32_t *cp)
{
	int w = wcwidth((wchar_t)*cp);
	if (w < 0)
		*cp = '?';
	return w < 0 ? 1U : (unsigned)w;
}

char *
format_clean(const char *s)
{
	struct buf b;
	size_t n = s != NULL ? strlen(s) : 0;
	unsigned marks = 0;
	bool gap = false;
	buf_init(&b, CLEAN_MAX);
	while (n > 0) {
		uint32_t cp;
		char put[4];
		size_t step = utf8_next(s, n, &cp);
		s += step;
		n -= step;
		if (!format_shown(&cp))
			continue;
		if (cp == ' ') {
			gap = b.len > 0;
			continue;
		}
		marks = wcwidth((wchar_t)cp) == 0 ? marks + 1 : 0;
		if (marks > FORMAT_MARKS_MAX)
			continue;
		if (gap)
			(void)buf_addc(&b, ' ');
		gap = false;
		if (buf_add(&b, put, utf8_put(put, cp)) < 0)
			break;
	}
	if (b.len > 0)
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
}

/* ---- the face --------------------------------------------------------------------------------------------- */

static void
set_link(struct format_face *f, const char *url)
{
	struct url u;
	f->url = url_resolve(NULL, url, NULL);
	if (f->url != NULL && url_is_http(f->url) && str_ascii(f->url) && url_parse(&u, f->url, NULL) == 0) {
		f->host = format_clean(u.host);
		url_clear(&u);
		return;
	}
	mem_free(f->url);
	f->url = NULL;
}

static char *
error_text(const struct record *rec)
{
	struct json *e = json_get(rec->j, "error");
	const char *code = json_str(e, "errcode"), *text = json_str(e, "error");
	char *raw = mem_printf("%lld %s: %s", (long long)json_int_or(e, "status", 0), code != NULL ? code : "",
			       text != NULL ? text : "");
	char *clean = format_clean(raw);
	mem_free(raw);
	json_free(e);
	return clean;
}

void
format_face(const struct record *rec, struct format_face *out)
{
	struct json *og = json_get(rec->j, "og"), *html = json_get(rec->j, "html"), *extra = json_get(html, "extra");
	bool failed = record_failed(rec) || og == NULL;
	*out = (struct format_face){.error = NULL};
	set_link(out, record_url(rec));
	if (failed) {
		out->error = error_text(rec);
	} else {
		const char *site = json_str(og, "og:site_name");
		out->title = format_clean(json_str(og, "og:title"));
		out->description = format_clean(json_str(og, "og:description"));
		out->site = format_clean(!str_isblank(site) ? site : json_str(extra, "og:site_name"));
	}
	json_free(extra);
	json_free(html);
	json_free(og);
}

void
format_face_clear(struct format_face *f)
{
	char *const all[] = {f->url, f->host, f->title, f->description, f->site, f->error};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		mem_free(all[i]);
	*f = (struct format_face){.error = NULL};
}
