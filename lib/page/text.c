/* How does found text become a title or a description?  White space, cutting, the summary of spec B.7. */
#include "page/int.h"

#include <string.h>

enum { PARA_BYTES_MAX = 4096, ALL_BYTES_MAX = 16384, BOILERPLATE_MAX = 300 };

static const char ellipsis[] = "\xE2\x80\xA6"; /* U+2026 */

static bool
space(uint32_t c)
{
	if (c <= 0x20)
		return c == ' ' || (c >= 0x09 && c <= 0x0D);
	if (c < 0x1680)
		return c == 0x85 || c == 0xA0;
	return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
	       c == 0x205F || c == 0x3000;
}

/* Characters that show nothing or turn the text around what follows: controls, bidi overrides and isolates (a title
 * must not reorder the sentence it is shown in), zero-width space, byte order mark. */
static bool
unseen(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200B || c == 0x2060 || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

static bool
visible(char c)
{
	return c > ' ' && c < 0x7F;
}

/* Bytes of visible ASCII, single spaces between them included: most text there is. */
static size_t
plain(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && (visible(p[i]) || (p[i] == ' ' && i > 0 && i + 1 < n && visible(p[i + 1]))))
		i++;
	return i;
}

/* Appends with white space collapsed; owed: a space is due before the next visible character. */
static void
collapse(struct buf *out, const char *p, size_t n, bool *owed)
{
	while (n > 0 && !out->full) {
		char c[5] = " ";
		uint32_t cp = 0;
		size_t room = out->max - out->len, run = plain(p, n < room ? n : room);
		if (run > 1 && run < room && (!*owed || out->len == 0 || buf_addc(out, ' ') == 0)) {
			(void)buf_add(out, p, run);
			p += run;
			n -= run;
			*owed = false;
			continue;
		}
		size_t used = utf8_next(p, n, &cp);
		p += used;
		n -= used;
		if (space(cp)) {
			*owed = true;
			continue;
		}
		if (unseen(cp))
			continue;
		bool gap = *owed && out->len > 0;
		size_t len = utf8_put(c + 1, cp);
		(void)buf_add(out, gap ? c : c + 1, gap ? len + 1 : len); /* both or none */
		*owed = false;
	}
}

/* Joiners, marks and fillers mean something between letters, and nothing alone. */
static bool
shows(const char *p, size_t n)
{
	uint32_t c = 0;
	while (n > 0) {
		size_t used = utf8_next(p, n, &c);
		p += used;
		n -= used;
		if (c != ' ' && c != 0xAD && c != 0x34F && c != 0x61C && (c < 0x200C || c > 0x200F) &&
		    (c < 0x2061 || c > 0x2064) && c != 0x2800 && c != 0x3164 && (c < 0xFE00 || c > 0xFE0F))
			return true;
	}
	return false;
}

char *
page_text_clean(const char *p, size_t n)
{
	struct buf b;
	bool owed = false;
	buf_init(&b, n + 2 * n + 1); /* a bad byte may become three */
	collapse(&b, p, n, &owed);
	if (b.len > 0 && shows(b.p, b.len))
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
}

/* ---- escaped twice ------------------------------------------------------------------------------------- */

/* Bytes of a reference that programs write and people do not, at '&'; 0 if it is another, or none. */
static size_t
written_by_program(const char *s)
{
	static const char *const names[] = {"amp;",   "quot;",	"apos;",  "rsquo;", "lsquo;",
					    "ldquo;", "rdquo;", "ndash;", "mdash;", "hellip;"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_starts(s + 1, names[i]))
			return 1 + strlen(names[i]);
	if (s[1] != '#')
		return 0;
	bool hex = s[2] == 'x' || s[2] == 'X';
	const char *digits = s + (hex ? 3 : 2);
	size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
	return n > 0 && n <= 6 && digits[n] == ';' ? (size_t)(digits - s) + n + 1 : 0;
}

/* A text that was escaped twice has, decoded once, no '<', no '>', and no '&' but in front of a reference.  Only then it
 * is decoded once more: a page that speaks of "&nbsp;" or of "a && b" means what it says. */
char *
page_text_repair(char *take)
{
	struct buf b;
	const char *p = take == NULL ? NULL : strchr(take, '&');
	if (p == NULL || strpbrk(take, "<>") != NULL)
		return take;
	for (; p != NULL; p = strchr(p + 1, '&'))
		if (written_by_program(p) == 0)
			return take;
	buf_init(&b, strlen(take) * 3 + 1);
	page_entity_decode(&b, take, strlen(take), false);
	char *text = b.len > 0 ? page_text_clean(b.p, b.len) : NULL;
	buf_clear(&b);
	mem_free(take);
	return text;
}

/* Bytes of s up to the last word's end within max code points (all of it if it is one word). */
static size_t
cut_at_word(const char *s, size_t n, size_t max)
{
	size_t cut = utf8_cut(s, n, max), word = cut;
	while (word > 0 && s[word] != ' ' && s[word] != '\n')
		word--;
	if (word * 2 < cut) /* scripts without spaces, or one giant word */
		word = cut;
	while (word > 0 && (s[word - 1] == ' ' || s[word - 1] == '\n'))
		word--;
	return word;
}

char *
page_text_cut(char *take, size_t max)
{
	size_t n = take == NULL ? 0 : strlen(take);
	if (n <= max || utf8_count(take, n) <= max)
		return take;
	size_t cut = cut_at_word(take, n, max - 1);
	char *out = mem_printf("%.*s%s", (int)cut, take, ellipsis);
	mem_free(take);
	return out;
}

/* ---- summary: text with single spaces, paragraphs parted by two LF ------------------------------ */

static bool
gap(char c)
{
	return c == ' ' || c == '\n';
}

/* Spec B.7.3: words as long as fewer than 500 code points come together; the word that would pass it is taken and cut
 * only while there are fewer than 200. */
static size_t
summary_bytes(const char *s, size_t n)
{
	size_t at = 0, count = 0;
	while (at < n) {
		size_t end = at;
		while (end < n && gap(s[end]))
			end++;
		while (end < n && !gap(s[end]))
			end++;
		size_t word = utf8_count(s + at, end - at);
		if (count + word >= PAGE_SUMMARY_MAX) {
			if (count < PAGE_SUMMARY_MIN)
				at = end;
			break;
		}
		at = end;
		count += word;
	}
	return utf8_cut(s, at, PAGE_SUMMARY_MAX);
}

char *
page_text_summary(const char *p, size_t n)
{
	while (n > 0 && gap(p[n - 1]))
		n--;
	if (n == 0)
		return NULL;
	if (utf8_count(p, n) <= PAGE_SUMMARY_MAX)
		return mem_strndup(p, n);
	size_t cut = summary_bytes(p, n);
	while (cut > 0 && gap(p[cut - 1]))
		cut--;
	return mem_printf("%.*s%s", (int)cut, p, ellipsis);
}

/* ---- the text of a body ------------------------------------------------------------------------ */

void
page_text_init(struct text *t)
{
	*t = (struct text){.full = false};
	buf_init(&t->para, PARA_BYTES_MAX);
	buf_init(&t->all, ALL_BYTES_MAX);
}

void
page_text_clear(struct text *t)
{
	buf_clear(&t->para);
	buf_clear(&t->all);
}

void
page_text_add(struct text *t, const char *p, size_t n, bool refs)
{
	struct buf b;
	if (t->full || t->para.full)
		return;
	for (; n > 0 && str_isspace((unsigned char)*p); p++, n--)
		t->space = true;
	if (n == 0)
		return;
	if (!refs || memchr(p, '&', n < PARA_BYTES_MAX ? n : PARA_BYTES_MAX) == NULL) {
		collapse(&t->para, p, n, &t->space);
		return;
	}
	buf_init(&b, PARA_BYTES_MAX);
	page_entity_decode(&b, p, n, false);
	if (b.len > 0)
		collapse(&t->para, b.p, b.len, &t->space);
	buf_clear(&b);
}

static bool
holds_one(const char *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(s, words[i]) != NULL)
			return true;
	return false;
}

/* What pages say to programs and keyboards rather than of themselves. */
static bool
boilerplate(const struct buf *b)
{
	static const char *const within[] = {"enable javascript",
					     "javascript is disabled",
					     "javascript is required",
					     "requires javascript",
					     "javascript enabled",
					     "turn on javascript",
					     "activate javascript",
					     "javascript is not available",
					     "javascript aktivieren",
					     "activer javascript",
					     "activez javascript",
					     "habilite javascript",
					     "habilitar javascript",
					     "attivare javascript",
					     "use cookies",
					     "uses cookies",
					     "using cookies",
					     "accept cookies",
					     "accept all cookies",
					     "cookie policy",
					     "value your privacy",
					     "verwendet cookies",
					     "verwenden cookies",
					     "nutzt cookies",
					     "nutzen cookies",
					     "utilise des cookies",
					     "utilisons des cookies",
					     "utiliza cookies",
					     "utilizamos cookies",
					     "utilizza cookie",
					     "utilizza i cookie",
					     "utilizziamo i cookie",
					     "utilizziamo cookie",
					     "gebruikt cookies",
					     "gebruiken cookies",
					     "maakt gebruik van cookies",
					     "anv\xC3\xA4nder cookies",
					     "bruger cookies",
					     "usa cookies",
					     "usamos cookies",
					     "browser is not supported",
					     "browser is out of date",
					     "outdated browser",
					     "unsupported browser"};
	static const char *const gist[] = {"javascript", "cookie", "browser",
					   "your privacy"}; /* one of them is in each of the others */
	static const char *const first[] = {"skip to ", "jump to navigation", "jump to content"};
	char lower[BOILERPLATE_MAX + 1];
	if (b->len > BOILERPLATE_MAX)
		return false;
	(void)memcpy(lower, b->p, b->len + 1);
	str_tolower(lower);
	for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
		if (str_starts(lower, first[i]))
			return true;
	return holds_one(lower, gist, sizeof gist / sizeof gist[0]) &&
	       holds_one(lower, within, sizeof within / sizeof within[0]);
}

void
page_text_break(struct text *t)
{
	enum { PARTING = 2 }; /* the two LF between paragraphs count, as in spec B.7.1 */
	t->space = false;
	if (t->para.len == 0 || t->full)
		return;
	bool counts = !boilerplate(&t->para);
	if (t->told != NULL)
		t->told(t->arg, t->para.p, counts);
	if (counts) {
		if (t->all.len > 0)
			(void)buf_adds(&t->all, "\n\n");
		(void)buf_add(&t->all, t->para.p, t->para.len);
		t->count += utf8_count(t->para.p, t->para.len) + PARTING;
		t->full = t->count >= PAGE_SUMMARY_MIN || t->all.full;
	}
	buf_reset(&t->para);
}
