/* Which pictures may the HTML of a message show?  What a parser makes of broken tags, and what clients take out before,
 * differs; so this is no parser: wherever a name of a medium stands behind src= it counts, and nothing can hide it. */
#include "matrix/event.h"

#include <string.h>

enum { REFERENCE_MAX = 10, CP_MAX = 0x10FFFF, SRC_MAX = 1024 };

/* ---- character references ---------------------------------------------------------------------------------- */

/* Of the names only those of ASCII: no other character can stand in the name of a medium. */
static const struct {
	const char *name;
	char c;
} names[] = {{"amp", '&'},    {"AMP", '&'},	 {"lt", '<'},	    {"LT", '<'},    {"gt", '>'},     {"GT", '>'},
	     {"quot", '"'},   {"QUOT", '"'},	 {"apos", '\''},    {"colon", ':'}, {"sol", '/'},    {"period", '.'},
	     {"lowbar", '_'}, {"UnderBar", '_'}, {"num", '#'},	    {"quest", '?'}, {"percnt", '%'}, {"equals", '='},
	     {"plus", '+'},   {"commat", '@'},	 {"comma", ','},    {"semi", ';'},  {"excl", '!'},   {"dollar", '$'},
	     {"ast", '*'},    {"midast", '*'},	 {"lpar", '('},	    {"rpar", ')'},  {"lsqb", '['},   {"lbrack", '['},
	     {"rsqb", ']'},   {"rbrack", ']'},	 {"NewLine", '\n'}, {"Tab", '\t'}};

static int
digit(char c, unsigned base)
{
	int l = str_lower((unsigned char)c);
	int d = l >= '0' && l <= '9' ? l - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
	return d >= 0 && (unsigned)d < base ? d : -1;
}

/* All of it ends with a NUL: what looks ahead stops there.  "&#…" at p; the bytes that it takes, 0: it is none. */
static size_t
number(const char *p, uint32_t *cp)
{
	unsigned base = p[2] == 'x' || p[2] == 'X' ? 16 : 10;
	size_t first = base == 16 ? 3 : 2, i = first;
	*cp = 0;
	for (int d; (d = digit(p[i], base)) >= 0; i++)
		*cp = *cp > CP_MAX ? *cp : *cp * base + (uint32_t)d;
	if (i == first)
		return 0;
	return i + (p[i] == ';');
}

static size_t
reference(const char *p, uint32_t *cp)
{
	if (p[1] == '#')
		return number(p, cp);
	size_t n = 0;
	while (n < REFERENCE_MAX && p[1 + n] != '\0' && p[1 + n] != ';')
		n++;
	for (size_t i = 0; p[1 + n] == ';' && i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i].name) == n && memcmp(names[i].name, p + 1, n) == 0) {
			*cp = (unsigned char)names[i].c;
			return n + 2;
		}
	return 0;
}

/* A reference is never shorter than what it stands for: in place.  NULs go, as in browsers. */
static void
decode(char *s, size_t n)
{
	const char *p = s, *end = s + n;
	uint32_t cp;
	while (p < end) {
		size_t len = *p == '&' ? reference(p, &cp) : 0;
		if (len == 0) {
			*s = *p++;
			s += *s != '\0';
			continue;
		}
		char c[4];
		size_t put = utf8_put(c, cp == 0 || cp > CP_MAX ? 0xFFFD : cp);
		(void)memcpy(s, c, put);
		s += put;
		p += len;
	}
	*s = '\0';
}

/* ---- attributes ------------------------------------------------------------------------------------------------ */

static bool
of_name(char c)
{
	int l = str_lower((unsigned char)c);
	return (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') || l == '-' || l == '_' || l == ':';
}

/* Does src= stand before p, with a quote perhaps and space?  *quote is that or '\0'. */
static bool
behind_src(const char *first, const char *p, char *quote)
{
	*quote = '\0';
	while (p > first && str_isspace((unsigned char)p[-1]))
		p--;
	if (p > first && (p[-1] == '"' || p[-1] == '\''))
		*quote = *--p;
	while (p > first && str_isspace((unsigned char)p[-1]))
		p--;
	if (p == first || *--p != '=')
		return false;
	while (p > first && str_isspace((unsigned char)p[-1]))
		p--;
	return p - first >= 3 && str_nieq(p - 3, 3, "src") && (p - first == 3 || !of_name(p[-4]));
}

void
matrix_html_images(const char *html, size_t n, void (*f)(void *arg, const char *src), void *arg)
{
	char *text = mem_alloc(n + 1), src[SRC_MAX + 1], quote;
	(void)memcpy(text, html, n);
	decode(text, n);
	for (char *p = text; (p = strstr(p, MATRIX_MXC)) != NULL; p += strlen(MATRIX_MXC)) {
		if (!behind_src(text, p, &quote))
			continue;
		size_t len = strnlen(p, SRC_MAX); /* an end is looked for there, not in all that follows */
		(void)memcpy(src, p, len);
		src[len] = '\0';
		src[strcspn(src, quote == '"' ? "\"" : quote != '\0' ? "'" : " \t\n\f\r>\"'")] = '\0';
		f(arg, src);
	}
	mem_free(text);
}
