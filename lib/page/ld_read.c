/* What does a JSON-LD script hold?  Its JSON as a flat list of nodes that point into the text, read leniently.
 *
 * The json room is strict and makes a value of every member; scripts of pages are often not quite JSON (line ends inside
 * strings, comments, a comma too much), mostly of no interest (the body of the article), and there on most pages.  So this
 * only finds where things are: no allocation per value, memory bounded by LD_NODES_MAX. */
#include "page/int.h"

#include <string.h>

enum { LD_DEPTH_MAX = JSON_DEPTH_MAX, STRING_BYTES_MAX = 16384, NODES_FIRST = 256 };

struct reader {
	struct ld *l;
	size_t i;
	size_t open[LD_DEPTH_MAX]; /* nodes of the objects and arrays around */
	size_t depth;
};

static size_t
add(struct ld *l, enum ld_type type, size_t at, size_t len)
{
	if (l->nodes == l->cap) {
		l->cap = l->cap == 0 ? NODES_FIRST : l->cap * 2;
		l->node = mem_realloc(l->node, l->cap * sizeof *l->node);
	}
	l->node[l->nodes] = (struct ld_node){(uint32_t)at, (uint32_t)len, (uint32_t)l->nodes + 1, type};
	return l->nodes++;
}

static bool
at(const struct reader *r, const char *word)
{
	size_t n = strlen(word);
	return r->l->n - r->i >= n && memcmp(r->l->s + r->i, word, n) == 0;
}

static void
skip_past(struct reader *r, const char *word)
{
	const char *p = memmem(r->l->s + r->i, r->l->n - r->i, word, strlen(word));
	r->i = p == NULL ? r->l->n : (size_t)(p - r->l->s) + strlen(word);
}

/* Is what stands behind a comment's beginning a CDATA mark?  Then the comment only hides that. */
static bool
marks(const struct reader *r, size_t i)
{
	while (i < r->l->n && r->l->s[i] == ' ')
		i++;
	return i < r->l->n && (r->l->s[i] == '<' || r->l->s[i] == ']');
}

/* White space, commas, comments, and what hides a script from old browsers and XML. */
static void
skip(struct reader *r)
{
	static const char *const wraps[] = {"<!--", "-->", "<![CDATA[", "]]>", "//", "/*", "*/", ";", "\xEF\xBB\xBF"};
	while (r->i < r->l->n) {
		size_t w = 0, wraps_n = sizeof wraps / sizeof wraps[0];
		if (str_isspace((unsigned char)r->l->s[r->i]) || r->l->s[r->i] == ',') {
			r->i++;
			continue;
		}
		if (strchr("<-]/*;\xEF", r->l->s[r->i]) == NULL || r->l->s[r->i] == '\0')
			return;
		while (w < wraps_n && !at(r, wraps[w]))
			w++;
		if (w == wraps_n)
			return;
		r->i += strlen(wraps[w]);
		if (wraps[w][0] == '/' && !marks(r, r->i))
			skip_past(r, wraps[w][1] == '/' ? "\n" : "*/");
	}
}

static int
string(struct reader *r, size_t *node)
{
	const char *s = r->l->s;
	size_t from = ++r->i;
	for (;;) {
		const char *quote = r->i < r->l->n ? memchr(s + r->i, '"', r->l->n - r->i) : NULL;
		if (quote == NULL)
			return -1;
		size_t end = (size_t)(quote - s), slashes = 0;
		while (end - slashes > from && s[end - slashes - 1] == '\\')
			slashes++;
		r->i = end + 1;
		if (slashes % 2 == 0) {
			*node = add(r->l, LD_STRING, from, end - from);
			return 0;
		}
	}
}

/* Numbers, true, false, null: anything that looks like a word. */
static int
word(struct reader *r)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
	size_t from = r->i;
	while (r->i < r->l->n && r->l->s[r->i] != '\0' && strchr(chars, r->l->s[r->i]) != NULL)
		r->i++;
	if (r->i == from)
		return -1;
	(void)add(r->l, LD_WORD, from, r->i - from);
	return 0;
}

static int
begin(struct reader *r, enum ld_type type)
{
	if (r->depth == LD_DEPTH_MAX)
		return -1;
	r->open[r->depth++] = add(r->l, type, r->i++, 0);
	return 0;
}

static int
finish(struct reader *r, enum ld_type type)
{
	if (r->depth <= 1 || r->l->node[r->open[r->depth - 1]].type != type)
		return -1;
	r->l->node[r->open[--r->depth]].next = (uint32_t)r->l->nodes;
	r->i++;
	return 0;
}

static int
value(struct reader *r)
{
	size_t node = 0;
	switch (r->l->s[r->i]) {
	case '{':
		return begin(r, LD_OBJECT);
	case '[':
		return begin(r, LD_ARRAY);
	case '"':
		return string(r, &node);
	default:
		return word(r);
	}
}

/* Inside an object: a name, its colon, and the beginning of its value; or the end. */
static int
member(struct reader *r)
{
	size_t node = 0;
	if (r->l->s[r->i] == '}')
		return finish(r, LD_OBJECT);
	if (r->l->s[r->i] != '"' || string(r, &node) < 0)
		return -1;
	skip(r);
	if (r->i >= r->l->n || r->l->s[r->i] != ':')
		return -1;
	r->i++;
	skip(r);
	return r->i < r->l->n ? value(r) : -1;
}

/* Everything the script holds is in node 0, an array.  What follows a whole value and is none does not matter. */
int
page_ld_parse(struct ld *l, const char *p, size_t n)
{
	*l = (struct ld){.s = p, .n = n};
	struct reader r = {.l = l};
	r.open[r.depth++] = add(l, LD_ARRAY, 0, 0);
	for (skip(&r); r.i < n; skip(&r)) {
		bool top = r.depth == 1;
		enum ld_type in = l->node[r.open[r.depth - 1]].type;
		if (top && p[r.i] != '{' && p[r.i] != '[')
			break;
		int rc = in == LD_OBJECT ? member(&r) : p[r.i] == ']' ? finish(&r, LD_ARRAY) : value(&r);
		if (rc < 0 || l->nodes > LD_NODES_MAX) {
			bool big = rc == 0;
			page_ld_clear(l);
			l->big = big;
			return -1;
		}
	}
	if (r.depth > 1) {
		page_ld_clear(l);
		return -1;
	}
	l->node[0].next = (uint32_t)l->nodes;
	return 0;
}

void
page_ld_clear(struct ld *l)
{
	mem_free(l->node);
	*l = (struct ld){.n = 0};
}

/* ---- asking ------------------------------------------------------------------------------------------------ */

/* Names may carry the vocabulary: "schema:name", "https://schema.org/name". */
static bool
named(const struct ld *l, size_t key, const char *name, size_t want)
{
	const char *s = l->s + l->node[key].at;
	size_t n = l->node[key].len;
	if (n < want || memcmp(s + n - want, name, want) != 0)
		return false;
	return n == want || (*name != '@' && (s[n - want - 1] == ':' || s[n - want - 1] == '/'));
}

size_t
page_ld_get(const struct ld *l, size_t object, const char *name)
{
	if (l->node[object].type != LD_OBJECT)
		return 0;
	size_t want = strlen(name);
	for (size_t k = object + 1; k < l->node[object].next; k = l->node[k + 1].next)
		if (named(l, k, name, want))
			return k + 1;
	return 0;
}

static uint32_t
hex4(const char *p)
{
	uint32_t v = 0;
	for (size_t i = 0; i < 4; i++) {
		int c = str_lower((unsigned char)p[i]);
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return UINT32_MAX;
		v = v * 16 + (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v;
}

/* At a backslash: bytes used (RFC 8259 §7); what is no escape stands for itself. */
static size_t
escape(struct buf *out, const char *p, size_t n)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	if (n < 2)
		return 1;
	const char *known = strchr(from, p[1]);
	uint32_t cp = p[1] == 'u' && n >= 6 ? hex4(p + 2) : UINT32_MAX;
	size_t used = 6;
	char c[4];
	if (cp == UINT32_MAX) {
		(void)buf_addc(out, known != NULL && *known != '\0' ? to[known - from] : p[1]);
		return 2;
	}
	uint32_t low = cp >= 0xD800 && cp < 0xDC00 && n >= 12 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8) : 0;
	if (low >= 0xDC00 && low < 0xE000) {
		cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
		used = 12;
	}
	(void)buf_add(out, c, utf8_put(c, cp == 0 ? 0xFFFD : cp));
	return used;
}

/* A string or word as it is meant, within STRING_BYTES_MAX. */
static void
unescape(const struct ld *l, size_t i, struct buf *out)
{
	const char *p = l->s + l->node[i].at;
	size_t n = l->node[i].len < STRING_BYTES_MAX ? l->node[i].len : STRING_BYTES_MAX;
	while (n > 0 && !out->full) {
		const char *slash = memchr(p, '\\', n);
		size_t used = slash == NULL ? n : (size_t)(slash - p);
		(void)buf_add(out, p, used);
		if (slash != NULL)
			used += escape(out, slash, n - used);
		used = used < n ? used : n;
		p += used;
		n -= used;
	}
}

/* Values are often HTML: tags go, leaving a space, and references are decoded. */
static void
untag(struct buf *b)
{
	size_t to = 0;
	for (size_t from = 0; from < b->len; from++) {
		char next = from + 1 < b->len ? b->p[from + 1] : ' ';
		bool tag = b->p[from] == '<' &&
			   (next == '/' || next == '!' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'));
		const char *end = tag ? memchr(b->p + from, '>', b->len - from) : NULL;
		if (end != NULL)
			from = (size_t)(end - b->p);
		b->p[to++] = end != NULL ? ' ' : b->p[from];
		if (tag && end == NULL) { /* no more '>': nothing is left to remove */
			(void)memmove(b->p + to, b->p + from + 1, b->len - from - 1);
			to += b->len - from - 1;
			break;
		}
	}
	b->len = to;
	b->p[to] = '\0';
}

char *
page_ld_text(const struct ld *l, size_t i)
{
	struct buf raw, text;
	if (l->node[i].type != LD_STRING && l->node[i].type != LD_WORD)
		return NULL;
	buf_init(&raw, (size_t)STRING_BYTES_MAX * 3);
	buf_init(&text, (size_t)STRING_BYTES_MAX * 3);
	unescape(l, i, &raw);
	if (raw.len > 0 && memchr(raw.p, '<', raw.len) != NULL)
		untag(&raw);
	if (raw.len > 0)
		page_entity_decode(&text, raw.p, raw.len, false);
	char *clean = text.len > 0 ? page_text_clean(text.p, text.len) : NULL;
	buf_clear(&raw);
	buf_clear(&text);
	return clean;
}

char *
page_ld_url(const struct ld *l, size_t i)
{
	struct buf raw;
	if (l->node[i].type != LD_STRING || l->node[i].len > LD_URL_MAX)
		return NULL;
	buf_init(&raw, LD_URL_MAX);
	unescape(l, i, &raw);
	const char *p = raw.len > 0 ? raw.p : "";
	size_t n = raw.len;
	while (n > 0 && str_isspace((unsigned char)*p))
		p++, n--;
	while (n > 0 && str_isspace((unsigned char)p[n - 1]))
		n--;
	char *url = n > 0 && !raw.full ? mem_strndup(p, n) : NULL;
	buf_clear(&raw);
	return url;
}

/* A name as JSONPath has it. */
static void
step_name(const struct ld *l, size_t key, struct buf *out)
{
	enum { STEP_MAX = 60 };
	const char *s = l->s + l->node[key].at;
	size_t n = l->node[key].len < STEP_MAX ? l->node[key].len : STEP_MAX;
	bool plain = n > 0;
	for (size_t i = 0; i < n; i++)
		plain = plain && (s[i] == '_' || (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'z') ||
				  (s[i] >= 'A' && s[i] <= 'Z'));
	(void)buf_addf(out, plain ? ".%.*s" : ".\"%.*s\"", (int)n, s);
}

void
page_ld_path(const struct ld *l, size_t i, struct buf *out)
{
	(void)buf_addc(out, '$');
	for (size_t at = 0; at != i;) {
		bool object = l->node[at].type == LD_OBJECT;
		size_t k = at + 1, index = 0;
		if (!object && l->node[at].type != LD_ARRAY)
			return;
		while (k < l->node[at].next && l->node[object ? k + 1 : k].next <= i) {
			k = l->node[object ? k + 1 : k].next;
			index++;
		}
		if (k >= l->node[at].next)
			return;
		if (object)
			step_name(l, k, out);
		else if (at != 0 || index > 0)
			(void)buf_addf(out, "[%zu]", index);
		at = object ? k + 1 : k;
	}
}

/* A word of schema.org without what stands in front of it: "http://schema.org/InStock" is InStock. */
bool
page_ld_is(const struct ld *l, size_t i, const char *name)
{
	return l->node[i].type == LD_STRING && named(l, i, name, strlen(name));
}
