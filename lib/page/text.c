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
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200B || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

/* Appends with white space collapsed; owed: a space is due before the next visible character. */
static void
collapse(struct buf *out, const char *p, size_t n, bool *owed)
{
	while (n > 0 && !out->full) {
		char c[5] = " ";
		uint32_t cp = 0;
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

char *
page_text_clean(const char *p, size_t n)
{
	struct buf b;
	bool owed = false;
	buf_init(&b, n + 2 * n + 1); /* a bad byte may become three */
	collapse(&b, p, n, &owed);
	if (b.len > 0)
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
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
holds(const char *s, const char *lower)
{
	for (; *s != '\0'; s++)
		if (str_istarts(s, lower))
			return true;
	return false;
}

/* What pages say to programs and keyboards rather than of themselves. */
static bool
boilerplate(const struct buf *b)
{
	static const char *const within[] = {"enable javascript",   "javascript is disabled", "javascript is required",
					     "requires javascript", "javascript enabled",     "turn on javascript"};
	static const char *const first[] = {"skip to ", "jump to navigation", "jump to content"};
	if (b->len > BOILERPLATE_MAX)
		return false;
	for (size_t i = 0; i < sizeof within / sizeof within[0]; i++)
		if (holds(b->p, within[i]))
			return true;
	for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
		if (str_istarts(b->p, first[i]))
			return true;
	return false;
}

void
page_text_break(struct text *t)
{
	enum { PARTING = 2 }; /* the two LF between paragraphs count, as in spec B.7.1 */
	t->space = false;
	if (t->para.len == 0 || t->full)
		return;
	if (!boilerplate(&t->para)) {
		if (t->all.len > 0)
			(void)buf_adds(&t->all, "\n\n");
		(void)buf_add(&t->all, t->para.p, t->para.len);
		t->count += utf8_count(t->para.p, t->para.len) + PARTING;
		t->full = t->count >= PAGE_SUMMARY_MIN || t->all.full;
	}
	buf_reset(&t->para);
}
