/* How is a page of media written, in which nothing that strangers wrote is more than text? */
#include "cmd/quarantine-sheet.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "media/media.h"

/* Blurred until the mouse or the keyboard is on it; the policy allows this style, pictures within the page, and nothing
 * else. */
static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1b1d21;--dim:#5c6370;--line:#d9dce1;--card:#f6f7f9;--mark:#b3261e;"
    "--safe:#1a6b37}"
    "@media(prefers-color-scheme:dark){:root{--bg:#15171a;--fg:#e6e8eb;--dim:#9aa1ab;--line:#33373d;--card:#1d2024;"
    "--mark:#ff8a80;--safe:#7ddc9a}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:96rem;padding:1rem;background:var(--bg);color:var(--fg);"
    "font:15px/1.45 system-ui,sans-serif}"
    "h1{font-size:1.2rem;margin:.2rem 0}p{color:var(--dim);margin:.3rem 0 1rem}"
    "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:1rem}"
    "article{border:1px solid var(--line);border-radius:.5rem;background:var(--card);overflow:hidden;min-width:0}"
    ".p{height:13rem;display:flex;align-items:center;justify-content:center;overflow:hidden;background:var(--line);"
    "color:var(--dim)}"
    ".p img{max-width:100%;max-height:100%;filter:blur(22px) grayscale(1)}"
    ".p:hover img,.p:focus img{filter:none}.p:focus{outline:3px solid var(--fg);outline-offset:-3px}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem .6rem;margin:.6rem .8rem;font-size:.85rem}"
    "dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}"
    ".q{color:var(--mark);font-weight:600}.s{color:var(--safe);font-weight:600}"
    "summary{cursor:pointer;margin:.4rem .8rem;color:var(--dim)}"
    "pre{margin:.3rem .8rem .6rem;padding:.4rem;border:1px solid var(--line);border-radius:.3rem;white-space:pre-wrap;"
    "overflow-wrap:anywhere;user-select:all;font-size:.78rem}";

/* ---- text ------------------------------------------------------------------------------------------------------- */

/* What would turn the direction of a line round, or cannot be seen, is shown as a mark. */
static bool
unseen(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x200B && cp <= 0x200F) ||
	       (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x206F) || cp == 0xFEFF ||
	       (cp >= 0xE0000 && cp <= 0xE007F);
}

static void
add_text(struct buf *out, const char *s)
{
	uint32_t cp;
	for (size_t n = s != NULL ? strlen(s) : 0, at = 0, len; at < n; at += len) {
		len = utf8_next(s + at, n - at, &cp);
		char put[4];
		if (cp == '<' || cp == '>' || cp == '&' || cp == '"' || cp == '\'')
			(void)buf_addf(out, "&#%u;", (unsigned)cp);
		else
			(void)buf_add(out, put, utf8_put(put, unseen(cp) ? 0xFFFD : cp));
	}
}

/* One word of a command line, as a shell reads it. */
static void
add_word(struct buf *out, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%_+=:,./-";
	struct buf word;
	if (*s != '\0' && strspn(s, plain) == strlen(s)) {
		add_text(out, s);
		return;
	}
	buf_init(&word, SHEET_ITEM_MAX);
	(void)buf_addc(&word, '\'');
	for (; *s != '\0'; s++)
		if (*s == '\'')
			(void)buf_adds(&word, "'\\''");
		else
			(void)buf_addc(&word, *s);
	(void)buf_addc(&word, '\'');
	add_text(out, word.p);
	buf_clear(&word);
}

static void
add_base64(struct buf *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) |
			     (i + 2 < n ? (uint32_t)p[i + 2] : 0);
		char four[4] = {digits[v >> 18], digits[v >> 12 & 63], i + 1 < n ? digits[v >> 6 & 63] : '=',
				i + 2 < n ? digits[v & 63] : '='};
		(void)buf_add(out, four, sizeof four);
	}
}

static void
add_time(struct buf *out, int64_t ms)
{
	char text[40];
	struct tm tm;
	time_t t = (time_t)(ms / 1000);
	if (ms > 0 && gmtime_r(&t, &tm) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm) > 0)
		(void)buf_adds(out, text);
	else
		(void)buf_adds(out, "not known");
}

static void
add_size(struct buf *out, int64_t bytes)
{
	static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double v = (double)bytes;
	size_t i = 0;
	for (; v >= 1024 && i < sizeof unit / sizeof unit[0] - 1; i++)
		v /= 1024;
	if (bytes < 0)
		(void)buf_adds(out, "not put yet");
	else
		(void)buf_addf(out, i == 0 ? "%.0f %s" : "%.1f %s", v, unit[i]);
}

/* ---- parts -------------------------------------------------------------------------------------------------------- */

static void
add_field(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	(void)buf_addf(out, "<dt>%s<dd><bdi>", name);
	add_text(out, value);
	(void)buf_adds(out, "</bdi>");
}

static void
add_command(const struct quarantine *a, struct buf *out, const char *command, const char *verb, const char *uri)
{
	(void)buf_addf(out, "<pre>%s -d ", command);
	add_word(out, a->c.store);
	(void)buf_addf(out, " %s ", verb);
	add_word(out, uri);
	(void)buf_adds(out, "</pre>");
}

static void
add_commands(const struct quarantine *a, const struct store_medium *m, const char *uri, struct buf *out)
{
	static const char command[] = "mxmedia-quarantine";
	(void)buf_adds(out, "<details open><summary>commands</summary>");
	add_command(a, out, command, m->quarantined_by != NULL ? "remove" : "add", uri);
	if (m->origin == NULL)
		add_command(a, out, command, m->protected ? "unprotect" : "protect", uri);
	add_command(a, out, "mxmedia-expire", "delete", uri);
	(void)buf_adds(out, "</details>");
}

static void
add_facts(const struct store_medium *m, const char *uri, struct buf *out)
{
	(void)buf_adds(out, "<dl>");
	add_field(out, "name", uri);
	(void)buf_adds(out, "<dt>state<dd>");
	if (m->quarantined_by != NULL) {
		(void)buf_adds(out, "<span class=q>quarantined</span> by <bdi>");
		add_text(out, m->quarantined_by);
		(void)buf_adds(out, "</bdi>");
	} else {
		(void)buf_adds(out, m->protected ? "<span class=s>protected</span>" : "can be had");
	}
	add_field(out, m->url_cache != NULL ? "asked by" : "owner", m->user);
	add_field(out, "file", m->name);
	add_field(out, "page", m->url_cache);
	add_field(out, "type", m->type);
	(void)buf_adds(out, "<dt>size<dd>");
	add_size(out, m->bytes);
	(void)buf_adds(out, "<dt>came<dd>");
	add_time(out, m->created_ts);
	add_field(out, "sha256", m->sha256);
	(void)buf_adds(out, "</dl>");
}

void
sheet_item(const struct quarantine *a, const struct store_medium *m, const char *type, const struct buf *picture,
	   struct buf *out)
{
	char *uri = media_uri(&(struct store_name){m->origin, m->media_id}, a->server_name);
	(void)buf_adds(out, "<article><div class=p tabindex=0>");
	if (type != NULL) {
		(void)buf_addf(out, "<img alt=\"blurred picture\" src=\"data:%s;base64,", type);
		add_base64(out, (const uint8_t *)picture->p, picture->len);
		(void)buf_adds(out, "\">");
	} else {
		(void)buf_adds(out, "no picture");
	}
	(void)buf_adds(out, "</div>");
	add_facts(m, uri, out);
	add_commands(a, m, uri, out);
	(void)buf_adds(out, "</article>\n");
	mem_free(uri);
}

void
sheet_head(const struct quarantine *a, struct buf *out)
{
	uint8_t hash[32];
	hash_sha256(style, strlen(style), hash);
	(void)buf_adds(out, "<!DOCTYPE html>\n<html lang=en><meta charset=utf-8>\n"
			    "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src data:; "
			    "style-src 'sha256-");
	add_base64(out, hash, sizeof hash);
	(void)buf_adds(out, "'; base-uri 'none'; form-action 'none'\">\n<meta name=referrer content=no-referrer>\n"
			    "<meta name=robots content=noindex>\n"
			    "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n<title>Media of ");
	add_text(out, a->server_name);
	(void)buf_addf(out, "</title>\n<style>%s</style>\n<h1>Media of ", style);
	add_text(out, a->server_name);
	(void)buf_adds(out,
		       "</h1>\n<p>Pictures are blurred until the pointer or the keyboard is on them.</p>\n<main>\n");
}

/* The same choice, from where this page ends. */
static void
add_next(const struct quarantine *a, int64_t next, struct buf *out)
{
	char number[24];
	(void)buf_adds(out, "<p>The next page:</p><pre>mxmedia-quarantine -d ");
	add_word(out, a->c.store);
	(void)snprintf(number, sizeof number, "%lld", (long long)next);
	(void)buf_addf(out, " sheet --from %s --limit %lld", number, (long long)a->limit);
	if (a->room != NULL) {
		(void)buf_adds(out, " --room ");
		add_word(out, a->room);
	}
	if (a->user != NULL) {
		(void)buf_adds(out, " --user ");
		add_word(out, a->user);
	}
	(void)buf_adds(out, a->referenced ? " --referenced" : "");
	(void)buf_adds(out, a->quarantined ? " --quarantined" : "");
	if (a->since > 0)
		(void)buf_addf(out, " --since %lld", (long long)a->since);
	for (char **op = a->operands; *op != NULL; op++) {
		(void)buf_addc(out, ' ');
		add_word(out, *op);
	}
	(void)buf_adds(out, " &gt; next.html</pre>");
}

void
sheet_foot(const struct quarantine *a, int64_t from, int64_t shown, bool more, struct buf *out)
{
	(void)buf_adds(out, "</main>\n");
	if (shown == 0)
		(void)buf_adds(out, "<p>There is nothing to show.</p>");
	else
		(void)buf_addf(out, "<p>%lld to %lld%s</p>", (long long)from + 1, (long long)from + shown,
			       more ? "; there are more." : ": the last ones.");
	if (more)
		add_next(a, from + shown, out);
	(void)buf_adds(out, "</html>\n");
}
