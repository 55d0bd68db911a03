/* Which element is this, and what follows from that?  One row per element that matters here. */
#include "page/int.h"

#include <string.h>

enum { LITTLE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

/* Short names keep the table readable. */
enum {
	VOID = EL_IS_VOID,
	BLOCK = EL_IS_BLOCK,
	FORMAT = EL_IS_FORMAT,
	SILENT = EL_IS_SILENT,
	INERT = EL_IS_INERT,
	ATTRS = EL_HAS_ATTRS,
	LEAVES = EL_LEAVES_SVG,
	RCDATA = EL_IS_RCDATA,
	RAWTEXT = EL_IS_RAWTEXT,
	PLAIN = EL_IS_PLAIN
};

const struct page_el page_els[EL_COUNT] = {
    [EL_OTHER] = {"", 0},
    [EL_A] = {"a", FORMAT},
    [EL_ADDRESS] = {"address", BLOCK},
    [EL_ARTICLE] = {"article", BLOCK},
    [EL_ASIDE] = {"aside", BLOCK | SILENT},
    [EL_AUDIO] = {"audio", SILENT | ATTRS},
    [EL_B] = {"b", FORMAT | LEAVES},
    [EL_BASE] = {"base", VOID | ATTRS},
    [EL_BIG] = {"big", FORMAT | LEAVES},
    [EL_BLOCKQUOTE] = {"blockquote", BLOCK | LEAVES},
    [EL_BODY] = {"body", BLOCK | LEAVES},
    [EL_BR] = {"br", VOID | BLOCK | LEAVES},
    [EL_BUTTON] = {"button", SILENT},
    [EL_CANVAS] = {"canvas", SILENT},
    [EL_CAPTION] = {"caption", BLOCK},
    [EL_CENTER] = {"center", BLOCK | LEAVES},
    [EL_CODE] = {"code", FORMAT | LEAVES},
    [EL_COL] = {"col", VOID},
    [EL_DATALIST] = {"datalist", SILENT},
    [EL_DD] = {"dd", BLOCK | LEAVES},
    [EL_DESC] = {"desc", 0},
    [EL_DETAILS] = {"details", BLOCK},
    [EL_DIALOG] = {"dialog", BLOCK},
    [EL_DIR] = {"dir", BLOCK},
    [EL_DIV] = {"div", BLOCK | LEAVES},
    [EL_DL] = {"dl", BLOCK | LEAVES},
    [EL_DT] = {"dt", BLOCK | LEAVES},
    [EL_EM] = {"em", FORMAT | LEAVES},
    [EL_EMBED] = {"embed", VOID | ATTRS | LEAVES},
    [EL_FIELDSET] = {"fieldset", BLOCK},
    [EL_FIGCAPTION] = {"figcaption", BLOCK},
    [EL_FIGURE] = {"figure", BLOCK},
    [EL_FONT] = {"font", FORMAT},
    [EL_FOOTER] = {"footer", BLOCK | SILENT},
    [EL_FOREIGNOBJECT] = {"foreignobject", 0},
    [EL_FORM] = {"form", BLOCK},
    [EL_FRAME] = {"frame", VOID},
    [EL_H1] = {"h1", BLOCK | LEAVES},
    [EL_H2] = {"h2", BLOCK | LEAVES},
    [EL_H3] = {"h3", BLOCK | LEAVES},
    [EL_H4] = {"h4", BLOCK | LEAVES},
    [EL_H5] = {"h5", BLOCK | LEAVES},
    [EL_H6] = {"h6", BLOCK | LEAVES},
    [EL_HEAD] = {"head", LEAVES},
    [EL_HEADER] = {"header", BLOCK | SILENT},
    [EL_HGROUP] = {"hgroup", BLOCK},
    [EL_HR] = {"hr", VOID | BLOCK | LEAVES},
    [EL_HTML] = {"html", BLOCK | ATTRS},
    [EL_I] = {"i", FORMAT | LEAVES},
    [EL_IFRAME] = {"iframe", SILENT | ATTRS | RAWTEXT},
    [EL_IMG] = {"img", VOID | ATTRS | LEAVES},
    [EL_INPUT] = {"input", VOID},
    [EL_LI] = {"li", BLOCK | LEAVES},
    [EL_LINK] = {"link", VOID | ATTRS},
    [EL_LISTING] = {"listing", BLOCK | LEAVES},
    [EL_MAIN] = {"main", BLOCK},
    [EL_MATH] = {"math", SILENT | INERT},
    [EL_MENU] = {"menu", BLOCK | SILENT | LEAVES},
    [EL_META] = {"meta", VOID | ATTRS | LEAVES},
    [EL_NAV] = {"nav", BLOCK | SILENT},
    [EL_NOBR] = {"nobr", FORMAT | LEAVES},
    [EL_NOEMBED] = {"noembed", SILENT | INERT | RAWTEXT},
    [EL_NOFRAMES] = {"noframes", SILENT | INERT | RAWTEXT},
    [EL_NOSCRIPT] = {"noscript", SILENT},
    [EL_OBJECT] = {"object", SILENT},
    [EL_OL] = {"ol", BLOCK | LEAVES},
    [EL_OPTGROUP] = {"optgroup", BLOCK},
    [EL_OPTION] = {"option", BLOCK},
    [EL_P] = {"p", BLOCK | LEAVES},
    [EL_PARAM] = {"param", VOID},
    [EL_PLAINTEXT] = {"plaintext", BLOCK | PLAIN},
    [EL_PRE] = {"pre", BLOCK | LEAVES},
    [EL_RP] = {"rp", 0},
    [EL_RUBY] = {"ruby", LEAVES},
    [EL_S] = {"s", FORMAT | LEAVES},
    [EL_SCRIPT] = {"script", SILENT | INERT | ATTRS},
    [EL_SEARCH] = {"search", BLOCK},
    [EL_SECTION] = {"section", BLOCK},
    [EL_SELECT] = {"select", SILENT},
    [EL_SMALL] = {"small", FORMAT | LEAVES},
    [EL_SOURCE] = {"source", VOID | ATTRS},
    [EL_SPAN] = {"span", FORMAT | LEAVES},
    [EL_STRIKE] = {"strike", FORMAT | LEAVES},
    [EL_STRONG] = {"strong", FORMAT | LEAVES},
    [EL_STYLE] = {"style", SILENT | INERT | RAWTEXT},
    [EL_SUB] = {"sub", FORMAT | LEAVES},
    [EL_SUMMARY] = {"summary", BLOCK},
    [EL_SUP] = {"sup", FORMAT | LEAVES},
    [EL_SVG] = {"svg", SILENT | INERT},
    [EL_TABLE] = {"table", BLOCK | LEAVES},
    [EL_TBODY] = {"tbody", BLOCK},
    [EL_TD] = {"td", BLOCK},
    [EL_TEMPLATE] = {"template", SILENT | INERT},
    [EL_TEXTAREA] = {"textarea", SILENT | INERT | RCDATA},
    [EL_TFOOT] = {"tfoot", BLOCK},
    [EL_TH] = {"th", BLOCK},
    [EL_THEAD] = {"thead", BLOCK},
    [EL_TITLE] = {"title", SILENT | RCDATA},
    [EL_TR] = {"tr", BLOCK},
    [EL_TRACK] = {"track", VOID},
    [EL_TT] = {"tt", FORMAT | LEAVES},
    [EL_U] = {"u", FORMAT | LEAVES},
    [EL_UL] = {"ul", BLOCK | LEAVES},
    [EL_VAR] = {"var", FORMAT | LEAVES},
    [EL_VIDEO] = {"video", SILENT | ATTRS},
    [EL_WBR] = {"wbr", VOID},
    [EL_XMP] = {"xmp", BLOCK | RAWTEXT},
};

/* Where the names of each letter begin; the next letter's beginning is the end. */
static const unsigned char letter[27] = {EL_A,	    EL_B,   EL_CANVAS, EL_DIV,	 EL_EM,	   EL_FIELDSET, EL_H1,
					 EL_H1,	    EL_I,   EL_LI,     EL_LI,	 EL_LI,	   EL_MAIN,	EL_NAV,
					 EL_OBJECT, EL_P,   EL_RP,     EL_RP,	 EL_SPAN,  EL_TD,	EL_U,
					 EL_VAR,    EL_WBR, EL_XMP,    EL_COUNT, EL_COUNT, EL_COUNT};

/* 'A' to 'Z' of eight characters. */
static inline uint64_t
lower(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101U, high = 0x80 * ones, seven = w & ~high;
	uint64_t from_a = seven + (0x80 - 'A') * ones, past_z = seven + (0x7F - 'Z') * ones;
	return w | (~w & high & (from_a ^ past_z)) >> 2;
}

/* Short names come together out of loads that overlap: a loop over their characters costs more than the search. */
static inline uint64_t
up_to_eight(const char *name, size_t n)
{
	uint64_t w = 0;
	uint32_t first = 0, last = 0;
	if (!LITTLE || n == sizeof w) {
		(void)memcpy(&w, name, n);
	} else if (n >= sizeof first) {
		(void)memcpy(&first, name, sizeof first);
		(void)memcpy(&last, name + n - sizeof last, sizeof last);
		w = first | (uint64_t)last << 8 * (n - sizeof last);
	} else {
		w = (unsigned char)name[0] | (uint64_t)(unsigned char)name[n / 2] << 8 * (n / 2) |
		    (uint64_t)(unsigned char)name[n - 1] << 8 * (n - 1);
	}
	return lower(w);
}

/* Is e called by these two words: a name in lower case, padded with NUL? */
static inline bool
called(size_t e, uint64_t first, uint64_t second)
{
	const char *name = page_els[e].name;
	return memcmp(name, &first, sizeof first) == 0 && memcmp(name + sizeof first, &second, sizeof second) == 0;
}

_Static_assert(EL_NAME_MAX == 2 * sizeof(uint64_t), "two words");

enum el
page_el_find(const char *name, size_t n)
{
	const size_t word = sizeof(uint64_t);
	size_t c = (size_t)(unsigned char)((n == 0 ? 0 : *name | 0x20) - 'a');
	if (c > 'z' - 'a' || n >= EL_NAME_MAX || name[n - 1] == '\0')
		return EL_OTHER;
	uint64_t first = up_to_eight(name, n < word ? n : word);
	uint64_t second = n > word ? up_to_eight(name + word, n - word) : 0;
	for (size_t e = letter[c]; e < letter[c + 1]; e++)
		if (called(e, first, second))
			return (enum el)e;
	return EL_OTHER;
}

const char *
page_el_name(enum el e)
{
	return page_els[e].name;
}
