/* page, inside: the tokenizer, the elements, text, and the facts they add up to. */
#ifndef PAGE_INT_H
#define PAGE_INT_H

#include "page/page.h"

/* ---- charset.c, decide.c, decode.c, detect.c --------------------------------------------------------- */

enum charset_kind {
	CHARSET_UTF8,
	CHARSET_TABLE, /* single-byte: 128 code points for the high half */
	CHARSET_ICONV,
	CHARSET_UTF16LE,
	CHARSET_UTF16BE,
	CHARSET_UTF32LE,
	CHARSET_UTF32BE
};

struct charset {
	const char *name; /* as in the Encoding standard */
	enum charset_kind kind;
	const uint16_t *high; /* CHARSET_TABLE */
	const char *iconv;    /* CHARSET_ICONV: what iconv_open(3) is asked for, never a page's own words */
};

#define CHARSET_SAMPLE ((size_t)256 * 1024) /* bytes on which a charset is judged */
#define CHARSET_PRESCAN 4096		    /* bytes in which a declaration is looked for */

const struct charset *page_charset_by_label(const char *label, size_t n);
const struct charset *page_charset_at(size_t i); /* every known one; NULL past the end */
const struct charset *page_charset_windows_1252(void);
const struct charset *page_charset_from_bom(const char *p, size_t n, size_t *bom);
const struct charset *page_charset_from_type(const char *content_type);
const struct charset *page_charset_from_meta(const char *p, size_t n, bool *xml); /* the prescan of HTML §13.2.3.2 */
const struct charset *page_charset_from_xml(const char *p, size_t n);		  /* of an XML declaration */
const struct charset *page_charset_from_nuls(const char *p, size_t n,
					     const char *first);    /* first: what it may begin with */
const struct charset *page_charset_detect(const char *p, size_t n); /* a guess, or NULL */

struct charset_verdict {
	const struct charset *set;
	const char *evidence;
	size_t bom; /* bytes to pass over */
};
struct charset_verdict page_charset_decide(const char *p, size_t n, const char *content_type, struct page_charsets *c);

/* How well do bytes fit?  good: characters beyond ASCII; bad: sequences that mean nothing. */
struct charset_fit {
	size_t good, bad;
};
size_t page_charset_sample(const char *p, size_t n); /* CHARSET_SAMPLE at most, between two characters of UTF-8 */
struct charset_fit page_charset_utf8_fit(const char *p, size_t n);
struct charset_fit page_charset_fit(const struct charset *set, const char *p, size_t n, struct page_charsets *c);
bool page_charset_readable(const struct charset *set, const struct page_charsets *c);

/* Converts from p into out (whose ceiling bounds the step); bytes used.  At the end of the page (last) nothing is left
 * over.  fit may be NULL. */
size_t page_charset_convert(const struct charset *set, struct page_charsets *c, const char *p, size_t n, bool last,
			    struct buf *out, struct charset_fit *fit);
void page_charset_reset(const struct charset *set, struct page_charsets *c);

/* ---- element.c ------------------------------------------------------------------------------- */

/* By their first letter, and of each letter the most frequent first: that is where page_el_find() begins. */
enum el {
	EL_OTHER = 0,
	EL_A,
	EL_ADDRESS,
	EL_ARTICLE,
	EL_ASIDE,
	EL_AUDIO,
	EL_B,
	EL_BASE,
	EL_BIG,
	EL_BLOCKQUOTE,
	EL_BODY,
	EL_BR,
	EL_BUTTON,
	EL_CANVAS,
	EL_CAPTION,
	EL_CENTER,
	EL_CODE,
	EL_COL,
	EL_DIV,
	EL_DATALIST,
	EL_DD,
	EL_DESC,
	EL_DETAILS,
	EL_DIALOG,
	EL_DIR,
	EL_DL,
	EL_DT,
	EL_EM,
	EL_EMBED,
	EL_FIELDSET,
	EL_FIGCAPTION,
	EL_FIGURE,
	EL_FONT,
	EL_FOOTER,
	EL_FOREIGNOBJECT,
	EL_FORM,
	EL_FRAME,
	EL_H1,
	EL_H2,
	EL_H3,
	EL_H4,
	EL_H5,
	EL_H6,
	EL_HEAD,
	EL_HEADER,
	EL_HGROUP,
	EL_HR,
	EL_HTML,
	EL_I,
	EL_IMG,
	EL_IFRAME,
	EL_INPUT,
	EL_LI,
	EL_LINK,
	EL_LISTING,
	EL_MAIN,
	EL_MATH,
	EL_MENU,
	EL_META,
	EL_NAV,
	EL_NOBR,
	EL_NOEMBED,
	EL_NOFRAMES,
	EL_NOSCRIPT,
	EL_OBJECT,
	EL_OL,
	EL_OPTGROUP,
	EL_OPTION,
	EL_P,
	EL_PARAM,
	EL_PLAINTEXT,
	EL_PRE,
	EL_RP,
	EL_RUBY,
	EL_SPAN,
	EL_SCRIPT,
	EL_STRONG,
	EL_S,
	EL_SEARCH,
	EL_SECTION,
	EL_SELECT,
	EL_SMALL,
	EL_SOURCE,
	EL_STRIKE,
	EL_STYLE,
	EL_SUB,
	EL_SUMMARY,
	EL_SUP,
	EL_SVG,
	EL_TD,
	EL_TR,
	EL_TABLE,
	EL_TBODY,
	EL_TEMPLATE,
	EL_TEXTAREA,
	EL_TFOOT,
	EL_TH,
	EL_THEAD,
	EL_TITLE,
	EL_TRACK,
	EL_TT,
	EL_U,
	EL_UL,
	EL_VAR,
	EL_VIDEO,
	EL_WBR,
	EL_XMP,
	EL_COUNT
};

enum {
	EL_IS_VOID = 1,	     /* has no end tag */
	EL_IS_BLOCK = 2,     /* parts paragraphs */
	EL_IS_FORMAT = 4,    /* its end tag never closes a block */
	EL_IS_SILENT = 8,    /* what is inside is not the page's text (spec B.6) */
	EL_IS_INERT = 16,    /* what is inside says nothing at all */
	EL_HAS_ATTRS = 32,   /* its attributes are always wanted */
	EL_LEAVES_SVG = 64,  /* a start tag that ends svg and math (HTML §13.2.6.5) */
	EL_IS_RCDATA = 128,  /* text with references up to its own end tag */
	EL_IS_RAWTEXT = 256, /* text up to its own end tag */
	EL_IS_PLAIN = 512    /* text up to the end */
};

enum el page_el_find(const char *name, size_t n);

#define EL_NAME_MAX 16
struct page_el {
	char name[EL_NAME_MAX]; /* padded with NUL, so that two words compare it whole */
	unsigned flags;
};
extern const struct page_el page_els[EL_COUNT];

/* Asked several times for every tag. */
static inline unsigned
page_el_flags(enum el e)
{
	return page_els[e].flags;
}

const char *page_el_name(enum el e);

/* ---- html.c: the tokenizer (HTML §13.2.5), driven by memchr, linear, without allocation --------- */

#define HTML_ATTRS_MAX 64 /* attributes of one tag; the rest is passed over */
#define HTML_LAST_MAX 16  /* longest name whose end tag ends raw text */

enum html_model { HTML_DATA = 0, HTML_RCDATA, HTML_RAWTEXT, HTML_SCRIPT, HTML_PLAINTEXT };
enum html_more { HTML_MORE, HTML_FULL, HTML_END }; /* more will come; no more fits in; no more will come */

struct html_attr {
	const char *name, *value; /* slices of the input: case as written, references undecoded; "" if no value */
	size_t name_len, value_len;
};

struct html_tag {
	const char *name;
	size_t name_len;
	enum el el;
	bool self_closing;
	size_t n;
	struct html_attr attr[HTML_ATTRS_MAX]; /* the first of a name counts */
};

struct html_events {
	enum html_model (*start)(void *arg, const struct html_tag *tag); /* says how what follows is read */
	void (*end)(void *arg, const struct html_tag *tag);
	void (*text)(void *arg, const char *p, size_t n, bool refs); /* refs: holds references to decode */
	void (*comment)(void *arg, const char *p, size_t n);	     /* may be NULL; pieces */
};

struct html {
	const struct html_events *ev;
	void *arg;
	/* for the consumer to change while it is called */
	bool stop;	/* enough */
	bool foreign;	/* inside svg or math: <![CDATA[ is text */
	bool all_attrs; /* attributes of every tag are wanted */
	/* the tokenizer's own */
	enum html_model model;
	char last[HTML_LAST_MAX];
	size_t last_len;
	int state, escape;
	char quote; /* inside which the input ended */
	struct html_tag tag;
};

void page_html_init(struct html *h, const struct html_events *ev, void *arg);
size_t page_html_feed(struct html *h, const char *p, size_t n, enum html_more more);  /* bytes used */
const struct html_attr *page_html_attr(const struct html_tag *tag, const char *name); /* NULL if absent */

/* ---- entity.c ------------------------------------------------------------------------------------ */

/* Decodes references once and makes bad UTF-8 U+FFFD and CR LF one LF.  attr: the rule for attribute values
 * (HTML §13.2.5.73).  What does not fit into out is left away. */
void page_entity_decode(struct buf *out, const char *p, size_t n, bool attr);

/* ---- text.c ----------------------------------------------------------------------------------------- */

/* One line: white space runs become one space, trimmed; controls and bidi overrides go.  Yours; NULL if blank. */
char *page_text_clean(const char *p, size_t n);
char *page_text_repair(char *take);	     /* decodes once more what was escaped twice; NULL if nothing is left */
char *page_text_cut(char *take, size_t max); /* at most max code points, cut at a word with U+2026 */
char *page_text_summary(const char *p, size_t n); /* spec B.7, paragraphs parted by two LF; NULL if blank */

struct text {
	struct buf para; /* being written, white space already collapsed */
	struct buf all;	 /* finished paragraphs */
	size_t count;	 /* code points of all */
	bool space;	 /* white space is owed before the next character */
	bool full;	 /* no more is wanted */
	/* told of every paragraph, and whether it counts; NULL unless asked */
	void (*told)(void *arg, const char *p, bool counts);
	void *arg;
};
void page_text_init(struct text *t);
void page_text_clear(struct text *t);
void page_text_add(struct text *t, const char *p, size_t n, bool refs);
void page_text_break(struct text *t); /* end of paragraph */

/* ---- facts.c: what was found, each with its source ------------------------------------------------ */

enum page_source {
	PAGE_NONE = 0,
	PAGE_OG,
	PAGE_TWITTER,
	PAGE_JSONLD,
	PAGE_META, /* meta name=description */
	PAGE_ITEMPROP,
	PAGE_DC,
	PAGE_LINK,
	PAGE_INFERRED, /* from here on the page does not say it, we conclude it */
	PAGE_TITLE = PAGE_INFERRED,
	PAGE_H1,
	PAGE_H2,
	PAGE_H3,
	PAGE_TEXT,
	PAGE_IMG_SIZED,
	PAGE_IMG,
	PAGE_POSTER,
	PAGE_ICON,
	PAGE_SOURCES
};
const char *page_source_name(enum page_source s);

enum page_field {
	FIELD_TITLE,
	FIELD_DESCRIPTION,
	FIELD_SITE_NAME,
	FIELD_ANSWERED, /* from here on for "extra" */
	FIELD_AUTHOR = FIELD_ANSWERED,
	FIELD_PUBLISHED,
	FIELD_MODIFIED,
	FIELD_SECTION,
	FIELD_TAGS,
	FIELD_TYPE,
	FIELD_THEME_COLOR,
	FIELD_PRICE,
	FIELD_CURRENCY,
	FIELD_AVAILABILITY,
	FIELD_COUNT
};

struct prop {
	char *key, *value;
	enum page_source source;
};

/* An image and what the page says of it (ogp.me, structured properties). */
struct page_image {
	enum page_source source;
	char *url; /* as written; NULL while only its members are known */
	char *url2, *secure_url, *type, *width, *height, *alt;
	char *fill, *layout; /* og:image:fill, og:image:template (spec part G) */
};

/* A film or a sound: where it is, and what plays it in a page. */
struct page_media {
	char *url, *player, *type, *width, *height;
};

#define PAGE_MORE_MAX 3
#define PAGE_ICON_GOOD 32  /* pixels: no better one is looked for */
#define FACTS_NAMESPACES 9 /* og article profile book product music video place, and twitter */

struct page_ld;
struct page_notes;

struct page_place { /* in the page, as notes.c counts */
	char *from; /* "meta property=og:title" */
	size_t offset, line;
};

struct page_facts {
	char *field[FIELD_COUNT][PAGE_SOURCES];
	struct prop *prop; /* everything else of og:, article:, profile: … */
	size_t props, props_bytes;
	size_t count[FACTS_NAMESPACES]; /* members kept of each */
	struct page_image image[PAGE_IMAGES_MAX];
	size_t images;
	bool images_over; /* an image found no room: its members are nobody's */
	struct page_image sized, img, icon, poster;
	double area; /* of sized */
	char *base, *oembed, *oembed_xml, *canonical, *lang;
	char *video, *embed, *iframe;
	char *iframe_width, *iframe_height;
	struct page_image more[PAGE_MORE_MAX]; /* further pictures, in the order of the page */
	size_t mores;
	bool img_poor;	/* img may be an avatar, a logo … */
	char *picture;	/* of the source before the img */
	int icon_score; /* of icon */
	bool nested;	/* what is being read describes a thing inside the page's thing (microdata) */
	char *dir, *lang_meta, *refresh, *manifest;
	char *audio;
	struct page_notes *notes;      /* what did not win is wanted, too; else NULL */
	struct json *lists;	       /* of list.c; NULL: none */
	struct page_ld *ld;	       /* of ld.c; NULL: none */
	const struct page_media *film; /* the video or audio JSON-LD names, in ld; or NULL */
	const char *url;	       /* of the page, or NULL; not ours */
	struct text text;
};

void page_facts_init(struct page_facts *f);
void page_facts_clear(struct page_facts *f);
void page_facts_field(struct page_facts *f, enum page_field field, enum page_source s, const char *p, size_t n);
void page_facts_add(struct page_facts *f, enum page_field field, enum page_source s, const char *value); /* one more */
void page_facts_prop(struct page_facts *f, enum page_source s, const char *key, const char *value);
struct json *page_facts_report(struct page_facts *f, const char *url); /* choose.c: as the "html" member */
bool page_facts_image_declared(const struct page_facts *f);
bool page_facts_field_declared(const struct page_facts *f, enum page_field field);

/* ---- ld_read.c: the JSON of a JSON-LD script ------------------------------------------------------------- */

#define LD_BYTES_MAX ((size_t)256 * 1024) /* a longer script is passed over */
#define LD_NODES_MAX 16384		  /* values of one script */
#define LD_URL_MAX 8192

enum ld_type { LD_OBJECT, LD_ARRAY, LD_STRING, LD_WORD };

/* The children of an array follow it; of an object, name and value in turn.  next is where what follows it is. */
struct ld_node {
	uint32_t at, len, next;
	enum ld_type type;
};

struct ld {
	const char *s; /* not ours */
	size_t n;
	struct ld_node *node;
	size_t nodes, cap;
	size_t looks; /* of ld.c: what following references has cost */
	size_t from;  /* the string that was asked for last */
	bool big;     /* not read for its size */
};

int page_ld_parse(struct ld *l, const char *p, size_t n); /* -1: it is broken, or too much */
void page_ld_clear(struct ld *l);
size_t page_ld_get(const struct ld *l, size_t object, const char *name); /* the member's value; 0 if there is none */
char *page_ld_text(const struct ld *l, size_t i);			 /* a string or word as clean text, or NULL */
char *page_ld_url(const struct ld *l, size_t i);
bool page_ld_is(const struct ld *l, size_t i, const char *name);
void page_ld_path(const struct ld *l, size_t i, struct buf *out); /* $."@graph"[2].headline */

/* ---- ld_value.c: values ------------------------------------------------------------------------------------- */

#define LD_FOLLOW_MAX 6 /* references, lists and things inside each other */

bool page_ld_spend(struct ld *l, size_t looks);		   /* false: this script has cost enough */
size_t page_ld_resolve(struct ld *l, size_t i);		   /* the thing that is meant */
char *page_ld_name(struct ld *l, size_t i, int follow);	   /* as text; yours, or NULL */
char *page_ld_address(struct ld *l, size_t i, int follow); /* as a URL, as written */
char *page_ld_joined(struct ld *l, size_t i, size_t max);  /* the first max names, parted by ", " */
char *page_ld_pixels(struct ld *l, size_t object, const char *name);
char *page_ld_first(struct ld *l, size_t object, const char *const *names, size_t n);
#define LD_FIRST(l, object, ...) /* of several members the first that has text */ \
	page_ld_first(l, object, (const char *const[]){__VA_ARGS__},              \
		      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* ---- ld.c: what it says ------------------------------------------------------------------------------------ */

void page_ld_read(struct page_facts *f, const char *p, size_t n);
void page_ld_finish(struct page_facts *f);				      /* the best of all scripts become facts */
const struct page_image *page_ld_image(const struct page_facts *f, size_t i); /* best first; NULL past the end */
void page_ld_free(struct page_ld *ld);

/* ---- meta.c, img.c, extract.c -------------------------------------------------------------------------- */

void page_meta_read(struct page_facts *f, const struct html_tag *tag);
/* list.c: adds one value to the list of a name that ends in "[]"; other names are none of its business. */
void page_list_meta(struct page_facts *f, const char *name, const struct html_tag *tag);
void page_link_read(struct page_facts *f, const struct html_tag *tag);
void page_image_meta(struct page_facts *f, enum page_source s, const char *member, const struct html_tag *tag);
void page_image_link(struct page_facts *f, const struct html_tag *tag, const char *rel);
void page_image_img(struct page_facts *f, const struct html_tag *tag, bool aside);
void page_image_source(struct page_facts *f, const struct html_tag *tag); /* of a picture */
void page_image_poster(struct page_facts *f, const struct html_tag *tag);
void page_image_item(struct page_facts *f, const struct html_tag *tag); /* what an itemprop of any element names */
char *page_attr_text(const struct html_tag *tag, const char *name); /* decoded and cleaned; NULL if absent or blank */
char *page_attr_url(const struct html_tag *tag, const char *name); /* decoded and trimmed, within the limits of a URL */
bool page_attr_hidden(const struct html_tag *tag);
bool page_attr_decoration(const struct html_tag *tag); /* by its class or id: an avatar, a logo … */

struct open { /* the open elements, as far as they are told apart */
	unsigned char el[PAGE_DEPTH_MAX];
	uint16_t block[PAGE_DEPTH_MAX]; /* 1 + where the nearest block at or below is, 0 for none */
	size_t n, over;
	size_t silent, inert, foreign, nested; /* 1 + where it began, 0 for not in one */
};
size_t page_open_push(struct open *o, enum el el, unsigned char id, unsigned flags, bool hidden);
void page_open_imply(struct open *o, enum el el);		  /* none but a block does */
bool page_open_end(struct open *o, enum el el, unsigned char id); /* true if something was closed */
void page_open_leave_foreign(struct open *o, enum el el);

/* ---- micro.c: microdata in elements ----------------------------------------------------------------------- */

#define MICRO_TAGS_MAX 10000 /* tags whose attributes are read for microdata alone, once there is text enough */

enum micro_role { MICRO_OTHER, MICRO_AUTHOR, MICRO_PUBLISHER, MICRO_IMAGE, MICRO_OFFER };

struct micro {
	size_t item, part, deep; /* where the thing is open, one inside it, and one inside that; as in struct open */
	enum micro_role role;	 /* of the part */
	char *type;		 /* itemtype of the thing, once there was one */
	bool many;		 /* another of its type: a list */
	size_t capture;		 /* where the element is open whose text is the value of field */
	enum page_field field;
	struct buf text;
	char *held[FIELD_COUNT];
	struct page_place place[FIELD_COUNT];
	size_t authors, tags;
};
enum page_field page_micro_field(const char *name, size_t n); /* of an itemprop; FIELD_COUNT: none */
const char *page_micro_term(const char *value);		      /* in value */
void page_micro_init(struct micro *m);
void page_micro_clear(struct micro *m);
/* at: where the element is open, 0 if it has no content. */
void page_micro_start(struct micro *m, struct page_facts *f, struct open *o, const struct html_tag *tag, size_t at);
void page_micro_text(struct micro *m, const char *p, size_t n, bool refs);
void page_micro_closed(struct micro *m, const struct page_facts *f, size_t open); /* so many elements are open still */
void page_micro_finish(struct micro *m, struct page_facts *f);

struct extract {
	struct html h;
	struct page_facts *f;
	struct open open;
	bool nodes_apart;
	bool whole;  /* never stop early */
	bool script; /* inside one of JSON-LD */
	struct buf script_text;
	struct micro micro;
	enum page_source heading; /* being read */
	size_t heading_at;
	struct buf heading_text;
	struct page_place heading_place, para_place, text_place; /* of notes.c */
};
void page_extract_init(struct extract *x, struct page_facts *f, bool nodes_apart);
void page_extract_clear(struct extract *x);
size_t page_extract_feed(struct extract *x, const char *p, size_t n, enum html_more more);
void page_extract_finish(struct extract *x); /* flushes what was open */

/* ---- oembed_text.c: an answer as UTF-8, whatever it came in ---------------------------------------------- */

struct page_answer {
	const char *p; /* of the input, or of own */
	size_t n;
	struct buf own;
};
int page_answer_open(struct page_answer *a, const char *p, size_t n, const char *content_type, struct err *err);
void page_answer_close(struct page_answer *a);

/* ---- oembed_xml.c -------------------------------------------------------------------------------------- */

struct json *page_oembed_xml(const void *bytes, size_t n,
			     struct err *err); /* UTF-8; its members as strings; NULL: none */

/* ---- doc.c: other documents -------------------------------------------------------------------------------- */

struct doc { /* what becomes the "html" member */
	struct json *out, *declared, *inferred, *sources, *images;
	const char *base;
};
/* The first value of a member stays.  source is named in "sources". */
void page_doc_say(struct doc *d, bool declared, const char *key, const char *source, const char *p, size_t n);
void page_doc_say_html(struct doc *d, const char *key, const char *source, const char *p, size_t n); /* its text */
void page_doc_image(struct doc *d, const char *source, const char *ref);
void page_doc_text(struct doc *d, const char *p, size_t n, bool markdown);
void page_doc_feed(struct doc *d, const char *p, size_t n);
void page_doc_activity(struct doc *d, const char *p, size_t n);
void page_doc_pdf(struct doc *d, const char *p, size_t n);

/* ---- oembed_list.c -------------------------------------------------------------------------------------- */

#define PAGE_PATTERN_MAX 512 /* bytes of one URL pattern */

/* One URL pattern, taken apart: strings are yours; false and all NULL if it cannot be one. */
struct page_pattern {
	char *scheme; /* NULL: http and https */
	char *host;   /* lower case; each '*' is one label or a part of one */
	char *rest;   /* from the path on; each '*' is one character or more */
};
bool page_pattern_parse(struct page_pattern *p, const char *text, size_t n);
void page_pattern_clear(struct page_pattern *p);
const char *page_pattern_key(const char *host); /* what the host ends in for certain: two labels at most; in host */

/* ---- table.c: the built-in providers ------------------------------------------------------------------ */

struct page_provider_row {
	const char *name;
	const char *endpoint;
	const char *globs; /* parted by spaces */
};
const struct page_provider_row *page_provider_row(size_t i); /* NULL past the end */

#endif
