/* Where do tags and text begin and end?  The tokenizer of HTML §13.2.5, as far as a reader of facts needs it.
 *
 * It works on slices of the input, allocates nothing, never goes back, and can be fed in pieces: a step takes a whole
 * unit (a tag, a run of text, a part of a comment) or nothing and waits for more.  libxml2 is not used for this: its
 * cost grows with the square of the attributes of a tag, and it reads titles and templates as HTML 4 did. */
#include "page/int.h"

#include <string.h>

enum { STATE_NORMAL = 0, STATE_COMMENT, STATE_BOGUS, STATE_CDATA, STATE_TAG_REST };

/* A step that lacks input returns NULL; page_html_feed() then waits, or takes what is there if nothing more can come. */
#define NEED_MORE NULL

enum { C_SPACE = 1, C_SLASH = 2, C_GT = 4, C_EQ = 8 };
static const unsigned char class[256] = {
    ['\t'] = C_SPACE, ['\n'] = C_SPACE, ['\f'] = C_SPACE, ['\r'] = C_SPACE,
    [' '] = C_SPACE,  ['/'] = C_SLASH,	['>'] = C_GT,	  ['='] = C_EQ,
};

static unsigned
class_of(char c)
{
	return class[(unsigned char)c];
}

static bool
alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void
page_html_init(struct html *h, const struct html_events *ev, void *arg)
{
	(void)memset(h, 0, sizeof *h);
	h->ev = ev;
	h->arg = arg;
}

static void
text(struct html *h, const char *from, const char *to, bool refs)
{
	if (to > from)
		h->ev->text(h->arg, from, (size_t)(to - from), refs);
}

static void
comment(struct html *h, const char *from, const char *to)
{
	if (h->ev->comment != NULL && to > from)
		h->ev->comment(h->arg, from, (size_t)(to - from));
}

/* Where may text be cut when more is to come?  Not inside a reference, a UTF-8 sequence or CR LF. */
static const char *
safe_end(const char *from, const char *end)
{
	enum { REF_MAX = 64, UTF8_MAX = 4 };
	const char *stop = end - from > REF_MAX ? end - REF_MAX : from;
	for (const char *p = end; p > stop; p--)
		if (p[-1] == '&')
			return p - 1;
	const char *lead = end;
	while (lead > from && end - lead < UTF8_MAX && ((unsigned char)lead[-1] & 0xC0) == 0x80)
		lead--;
	if (lead > from && ((unsigned char)lead[-1] & 0xC0) == 0xC0)
		return lead - 1;
	return end > from && end[-1] == '\r' ? end - 1 : end;
}

/* Text up to `to`, or as much of it as is safe when to is the end of what is there so far. */
static const char *
text_until(struct html *h, const char *s, const char *to, const char *end, enum html_more more, bool refs)
{
	const char *cut = to;
	if (to == end && more == HTML_MORE) {
		cut = safe_end(s, end);
		if (cut == s)
			return NEED_MORE;
	}
	text(h, s, cut, refs);
	return cut;
}

/* ---- tags ------------------------------------------------------------------------------------ */

static void
keep_attr(struct html_tag *t, const char *name, size_t name_len, const char *value, size_t value_len)
{
	if (t->n < HTML_ATTRS_MAX)
		t->attr[t->n++] = (struct html_attr){name, value, name_len, value_len};
}

/* The value behind '='; sets v and vn, returns what follows it.  quote is left set if the input ended inside. */
static const char *
attr_value(struct html *h, const char *p, const char *end, const char **v, size_t *vn)
{
	while (p < end && class_of(*p) == C_SPACE)
		p++;
	*v = p;
	*vn = 0;
	if (p == end || *p == '>')
		return p; /* "missing attribute value": the tag ends here */
	if (*p == '"' || *p == '\'') {
		const char *q = memchr(p + 1, *p, (size_t)(end - p - 1));
		h->quote = *p;
		if (q == NULL)
			return end;
		h->quote = 0;
		*v = p + 1;
		*vn = (size_t)(q - p - 1);
		return q + 1;
	}
	while (p < end && (class_of(*p) & (C_SPACE | C_GT)) == 0)
		p++;
	*vn = (size_t)(p - *v);
	return p;
}

/* One attribute at p, which is no space, slash or '>'. */
static const char *
attribute(struct html *h, const char *p, const char *end, bool keep)
{
	const char *name = p, *value = "";
	size_t value_len = 0;
	p++; /* a '=' in front belongs to the name */
	while (p < end && class_of(*p) == 0)
		p++;
	size_t name_len = (size_t)(p - name);
	const char *after = p;
	while (after < end && class_of(*after) == C_SPACE)
		after++;
	if (after < end && *after == '=')
		p = attr_value(h, after + 1, end, &value, &value_len);
	if (keep && p < end)
		keep_attr(&h->tag, name, name_len, value, value_len);
	return p;
}

/* Attributes up to behind '>'; NULL if the input ends before it (h->quote: inside which quotes). */
static const char *
attributes(struct html *h, const char *p, const char *end, bool keep)
{
	while (p < end) {
		unsigned c = class_of(*p);
		if (c == C_GT)
			return p + 1;
		if (c == C_SLASH) {
			h->tag.self_closing = p + 1 < end && p[1] == '>';
			p++;
		} else if (c == C_SPACE) {
			p++;
		} else {
			p = attribute(h, p, end, keep);
		}
	}
	return NULL;
}

#if defined(__SSE2__)

#include <emmintrin.h>

/* The first of four characters in p[0..end), looked for sixteen at a time; end
 * if there is none. */
static inline const char *
first_of(const char *p, const char *end, char a, char b, char c, char d)
{
	enum { STEP = 16 };
	for (; end - p >= STEP; p += STEP) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i ab = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)), _mm_cmpeq_epi8(v, _mm_set1_epi8(b)));
		__m128i cd = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)), _mm_cmpeq_epi8(v, _mm_set1_epi8(d)));
		int found = _mm_movemask_epi8(_mm_or_si128(ab, cd));
		if (found != 0)
			return p + __builtin_ctz((unsigned)found);
	}
	while (p < end && *p != a && *p != b && *p != c && *p != d)
		p++;
	return p;
}

#else

static inline const char *
first_of(const char *p, const char *end, char a, char b, char c, char d)
{
	while (p < end && *p != a && *p != b && *p != c && *p != d)
		p++;
	return p;
}

#endif

/* Attributes that nobody wants: only where they end matters, and whether a
 * slash stands before that.  NULL where that is not plain to see: attributes()
 * knows. */
static const char *
skip_attributes(struct html *h, const char *p, const char *end)
{
	for (const char *area = p; (p = first_of(p, end, '>', '"', '\'', '=')) < end;) {
		if (*p == '>') {
			h->tag.self_closing = p > area && p[-1] == '/';
			return p + 1;
		}
		if (*p != '=') { /* part of a name */
			p++;
			continue;
		}
		if (p == area || class_of(p[-1]) != 0 || end - p < 2 || class_of(p[1]) == C_SPACE)
			return NULL; /* part of a name or a value, or parted from its value */
		const char quote = p[1];
		if (quote == '"' || quote == '\'') {
			p = first_of(p + 2, end, quote, quote, quote, quote);
			p += p < end;
		} else {
			for (p++; p < end && (class_of(*p) & (C_SPACE | C_GT)) == 0; p++)
				;
			if (p < end && *p == '>')
				return p + 1; /* its slash is the value's */
		}
		area = p;
	}
	return NULL;
}

static void
emit_start(struct html *h)
{
	struct html_tag *t = &h->tag;
	h->model = h->ev->start(h->arg, t);
	h->escape = 0;
	if (h->model == HTML_DATA)
		return;
	h->last_len = t->name_len < HTML_LAST_MAX ? t->name_len : 0;
	for (size_t i = 0; i < h->last_len; i++)
		h->last[i] = (char)str_lower((unsigned char)t->name[i]);
}

/* A tag that does not fit into the window: it counts with the attributes read so far, the rest is passed over. */
static const char *
overlong(struct html *h, const char *end, bool closing)
{
	if (closing) {
		h->model = HTML_DATA;
		h->ev->end(h->arg, &h->tag);
	} else {
		emit_start(h);
	}
	h->escape = end[-1] == '=';
	h->state = STATE_TAG_REST;
	return end;
}

/* s is at '<' or "</"; name at the first letter. */
static const char *
tag(struct html *h, const char *name, const char *end, enum html_more more, bool closing)
{
	struct html_tag *t = &h->tag;
	const char *p = name;
	while (p < end && (class_of(*p) & (C_SPACE | C_SLASH | C_GT)) == 0)
		p++;
	t->name = name;
	t->name_len = (size_t)(p - name);
	t->el = page_el_find(name, t->name_len);
	t->self_closing = false;
	t->n = 0;
	h->quote = 0;
	bool keep = !closing && (h->all_attrs || (page_el_flags(t->el) & EL_HAS_ATTRS) != 0);
	const char *behind = p < end && *p == '>' ? p + 1 : keep ? NULL : skip_attributes(h, p, end);
	p = behind != NULL ? behind : attributes(h, p, end, keep);
	if (p == NULL && more == HTML_FULL)
		return overlong(h, end, closing);
	if (p == NULL)
		return more == HTML_END ? end : NEED_MORE; /* a tag cut off by the end is none */
	if (closing) {
		h->model = HTML_DATA;
		h->ev->end(h->arg, t);
	} else {
		emit_start(h);
	}
	return p;
}

/* What is left of an overlong tag; h->escape: the last character that was no space is a '='. */
static const char *
tag_rest(struct html *h, const char *s, const char *end)
{
	for (; s < end; s++) {
		if (h->quote != 0) {
			s = memchr(s, h->quote, (size_t)(end - s));
			if (s == NULL)
				return end;
			h->quote = 0;
		} else if (*s == '>') {
			h->state = STATE_NORMAL;
			h->escape = 0;
			return s + 1;
		} else if ((*s == '"' || *s == '\'') && h->escape != 0) {
			h->quote = *s;
		}
		if (class_of(*s) != C_SPACE)
			h->escape = *s == '=';
	}
	return end;
}

/* ---- comments and the like ----------------------------------------------------------------------- */

/* A comment's text up to "-->" or "--!>"; three bytes wait for what may follow them. */
static const char *
comment_rest(struct html *h, const char *s, const char *end, enum html_more more)
{
	for (const char *p = s; (p = memchr(p, '>', (size_t)(end - p))) != NULL; p++) {
		size_t tail = 0;
		if (p - s >= 2 && p[-1] == '-' && p[-2] == '-')
			tail = 2;
		else if (p - s >= 3 && p[-1] == '!' && p[-2] == '-' && p[-3] == '-')
			tail = 3;
		if (tail > 0) {
			comment(h, s, p - tail);
			h->state = STATE_NORMAL;
			return p + 1;
		}
	}
	const char *cut = more == HTML_END ? end : end - s > 3 ? end - 3 : s;
	comment(h, s, cut);
	return cut == s ? NEED_MORE : cut;
}

static const char *
bogus_rest(struct html *h, const char *s, const char *end)
{
	const char *gt = memchr(s, '>', (size_t)(end - s));
	comment(h, s, gt != NULL ? gt : end);
	if (gt == NULL)
		return end;
	h->state = STATE_NORMAL;
	return gt + 1;
}

static const char *
cdata_rest(struct html *h, const char *s, const char *end, enum html_more more)
{
	for (const char *p = s; (p = memchr(p, '>', (size_t)(end - p))) != NULL; p++)
		if (p - s >= 2 && p[-1] == ']' && p[-2] == ']') {
			text(h, s, p - 2, false);
			h->state = STATE_NORMAL;
			return p + 1;
		}
	const char *cut = more == HTML_END ? end : end - s > 2 ? end - 2 : s;
	text(h, s, cut, false);
	return cut == s ? NEED_MORE : cut;
}

/* s is at "<!". */
static const char *
declaration(struct html *h, const char *s, const char *end, enum html_more more)
{
	enum { LONGEST = 9 }; /* <![CDATA[ */
	if (end - s < LONGEST && more != HTML_END)
		return NEED_MORE;
	size_t n = (size_t)(end - s);
	if (n >= 4 && s[2] == '-' && s[3] == '-') {
		const char *p = s + 4;
		if (p < end && *p == '>')
			return p + 1; /* <!--> is an empty comment */
		if (end - p >= 2 && p[0] == '-' && p[1] == '>')
			return p + 2; /* so is <!---> */
		h->state = STATE_COMMENT;
		return p;
	}
	if (h->foreign && n >= LONGEST && memcmp(s + 2, "[CDATA[", 7) == 0) {
		h->state = STATE_CDATA;
		return s + LONGEST;
	}
	h->state = STATE_BOGUS; /* also <!DOCTYPE …>, which says nothing here */
	return s + 2;
}

/* ---- text models ------------------------------------------------------------------------------------ */

/* s is at '<' in ordinary text. */
static const char *
markup(struct html *h, const char *s, const char *end, enum html_more more)
{
	if (end - s < 2 || (s[1] == '/' && end - s < 3)) {
		if (more != HTML_END)
			return NEED_MORE;
		text(h, s, end, true);
		return end;
	}
	if (alpha(s[1]))
		return tag(h, s + 1, end, more, false);
	if (s[1] == '!')
		return declaration(h, s, end, more);
	if (s[1] == '/' && alpha(s[2]))
		return tag(h, s + 2, end, more, true);
	if (s[1] == '/' && s[2] == '>')
		return s + 3; /* </> is nothing */
	if (s[1] == '/' || s[1] == '?') {
		h->state = STATE_BOGUS;
		return s + (s[1] == '/' ? 2 : 1);
	}
	text(h, s, s + 1, true);
	return s + 1;
}

static const char *
data(struct html *h, const char *s, const char *end, enum html_more more)
{
	if (*s == '<')
		return markup(h, s, end, more);
	const char *lt = memchr(s, '<', (size_t)(end - s));
	return text_until(h, s, lt != NULL ? lt : end, end, more, true);
}

enum tail { TAIL_NO, TAIL_YES, TAIL_UNKNOWN };

/* At p, behind '<' and maybe '/': is this the name, with a space, slash or '>' behind it? */
static enum tail
names(const char *p, const char *end, const char *name, size_t n)
{
	size_t have = (size_t)(end - p);
	for (size_t i = 0; i < n && i < have; i++)
		if (str_lower((unsigned char)p[i]) != name[i])
			return TAIL_NO;
	if (have <= n)
		return TAIL_UNKNOWN;
	return (class_of(p[n]) & (C_SPACE | C_SLASH | C_GT)) != 0 ? TAIL_YES : TAIL_NO;
}

/* Does the end tag of what is being read stand at p, a '<'? */
static enum tail
ends_here(const struct html *h, const char *p, const char *end)
{
	if (end - p < 2)
		return TAIL_UNKNOWN;
	if (p[1] != '/' || h->last_len == 0)
		return TAIL_NO;
	return names(p + 2, end, h->last, h->last_len);
}

/* RCDATA and raw text: everything up to the end tag of its own name. */
static const char *
raw(struct html *h, const char *s, const char *end, enum html_more more)
{
	bool refs = h->model == HTML_RCDATA;
	const char *p = s;
	while ((p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		enum tail t = ends_here(h, p, end);
		if (t == TAIL_YES && p == s)
			return tag(h, s + 2, end, more, true);
		if (t == TAIL_YES || (t == TAIL_UNKNOWN && more != HTML_END))
			break;
		p++;
	}
	if (p == s)
		return NEED_MORE;
	if (p != NULL) {
		text(h, s, p, refs);
		return p;
	}
	return text_until(h, s, end, end, more, refs);
}

/* Script text, with the escapes of §13.2.5.16 ff.: level 1 after <!--, level 2 after a <script inside that.  Returns
 * where text ends: at the end tag, at something undecided (*wait), or at the end. */
static const char *
script_end(struct html *h, const char *s, const char *end, bool *wait)
{
	static const char script[] = "script";
	const size_t n = sizeof script - 1;
	for (const char *p = s; p < end; p++) {
		enum tail t = TAIL_NO;
		if (h->escape == 0 && (p = memchr(p, '<', (size_t)(end - p))) == NULL)
			return end;
		if (*p == '<') {
			bool open = h->escape == 0 && p + 1 < end && p[1] == '!';
			t = open ? (end - p < 4 ? TAIL_UNKNOWN : TAIL_NO) : ends_here(h, p, end);
			if (t == TAIL_YES && h->escape < 2)
				return p;
			if (t == TAIL_YES)
				h->escape = 1;
			else if (open && t == TAIL_NO && p[2] == '-' && p[3] == '-')
				h->escape = 1, p++; /* the two dashes may already be those of --> */
			else if (h->escape == 1 && t == TAIL_NO && (t = names(p + 1, end, script, n)) == TAIL_YES)
				h->escape = 2;
		} else if (*p == '-') {
			t = end - p < 3 ? TAIL_UNKNOWN : TAIL_NO;
			if (t == TAIL_NO && p[1] == '-' && p[2] == '>')
				h->escape = 0;
		}
		if (t == TAIL_UNKNOWN) {
			*wait = true;
			return p;
		}
	}
	return end;
}

static const char *
script(struct html *h, const char *s, const char *end, enum html_more more)
{
	bool wait = false;
	const char *p = script_end(h, s, end, &wait);
	if (wait && more == HTML_END) { /* undecided at the end means no */
		text(h, s, end, false);
		return end;
	}
	if (p == s)
		return wait ? NEED_MORE : tag(h, s + 2, end, more, true);
	text(h, s, p, false);
	return p;
}

static const char *
step(struct html *h, const char *s, const char *end, enum html_more more)
{
	switch (h->state) {
	case STATE_COMMENT:
		return comment_rest(h, s, end, more);
	case STATE_BOGUS:
		return bogus_rest(h, s, end);
	case STATE_CDATA:
		return cdata_rest(h, s, end, more);
	case STATE_TAG_REST:
		return tag_rest(h, s, end);
	default:
		break;
	}
	switch (h->model) {
	case HTML_RCDATA:
	case HTML_RAWTEXT:
		return raw(h, s, end, more);
	case HTML_SCRIPT:
		return script(h, s, end, more);
	case HTML_PLAINTEXT:
		return text_until(h, s, end, end, more, false);
	default:
		return data(h, s, end, more);
	}
}

size_t
page_html_feed(struct html *h, const char *p, size_t n, enum html_more more)
{
	const char *s = p, *end = p + n;
	while (s < end && !h->stop) {
		const char *next = step(h, s, end, more);
		if (next == NEED_MORE)
			break;
		s = next;
	}
	return (size_t)(s - p);
}

const struct html_attr *
page_html_attr(const struct html_tag *tag_, const char *name)
{
	for (size_t i = 0; i < tag_->n; i++)
		if (str_nieq(tag_->attr[i].name, tag_->attr[i].name_len, name))
			return &tag_->attr[i];
	return NULL;
}
