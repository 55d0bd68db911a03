/* What do tags and text mean?  The tokenizer's events become facts, in one pass. */
#include "page/notes.h"

#include <string.h>

enum { HEADING_BYTES_MAX = 8192 };

/* ---- headings: title, h1, h2, h3 (spec B.3) --------------------------------------------------------- */

static enum page_source
heading_of(enum el el)
{
	switch (el) {
	case EL_TITLE:
		return PAGE_TITLE;
	case EL_H1:
		return PAGE_H1;
	case EL_H2:
		return PAGE_H2;
	case EL_H3:
		return PAGE_H3;
	default:
		return PAGE_NONE;
	}
}

static void
heading_end(struct extract *x)
{
	if (x->heading != PAGE_NONE && x->f->notes != NULL)
		page_notes_back(x->f, &x->heading_place);
	if (x->heading != PAGE_NONE && x->heading_text.len > 0)
		page_facts_field(x->f, FIELD_TITLE, x->heading, x->heading_text.p, x->heading_text.len);
	x->heading = PAGE_NONE;
	buf_reset(&x->heading_text);
}

static void
heading_begin(struct extract *x, enum el el, size_t at)
{
	enum page_source s = heading_of(el);
	if (s == PAGE_NONE || at == 0 || x->open.foreign > 0 || x->f->field[FIELD_TITLE][s] != NULL)
		return;
	heading_end(x);
	if (x->f->notes != NULL)
		page_place_set(&x->heading_place, &x->f->notes->at);
	x->heading = s;
	x->heading_at = at;
}

/* A heading ends with its element, or where a block begins in it because nobody closed it. */
static void
heading_check(struct extract *x, bool block)
{
	if (x->heading == PAGE_NONE)
		return;
	if (x->open.n < x->heading_at || (block && x->heading_text.len > 0))
		heading_end(x);
	else
		(void)buf_addc(&x->heading_text, ' ');
}

/* Blocks part the words of a value, too. */
static void
micro_check(struct extract *x, bool block)
{
	struct micro *m = &x->micro;
	if (m->item == 0)
		return;
	page_micro_closed(m, x->f, x->open.n);
	if (block && m->capture != 0)
		(void)buf_addc(&m->text, ' ');
}

/* ---- scripts of data ------------------------------------------------------------------------------------ */

static void
script_begin(struct extract *x, const struct html_tag *tag)
{
	static const char wanted[] = "application/ld+json";
	const struct html_attr *a = page_html_attr(tag, "type");
	if (a == NULL || a->value_len < sizeof wanted - 1)
		return;
	char *type = page_attr_text(tag, "type");
	x->script = type != NULL && str_istarts(type, wanted) &&
		    (type[sizeof wanted - 1] == '\0' || strchr("; ", type[sizeof wanted - 1]) != NULL);
	mem_free(type);
}

/* One that did not fit, or whose end never comes, is passed over. */
static void
script_end(struct extract *x)
{
	if (x->script && x->f->notes != NULL)
		page_notes_back(x->f, &x->f->notes->script);
	if (x->script && !x->script_text.full && x->script_text.len > 0)
		page_ld_read(x->f, x->script_text.p, x->script_text.len);
	else if (x->script)
		page_skip(x->f, "JSON-LD", x->script_text.full ? "longer than is read" : "empty", LD_BYTES_MAX);
	x->script = false;
	buf_reset(&x->script_text);
}

/* ---- for those who ask why -------------------------------------------------------------------------------- */

/* Is there anything behind the last attribute that counts? */
static bool
has_more_attrs(const struct html_tag *tag)
{
	const struct html_attr *a = &tag->attr[HTML_ATTRS_MAX - 1];
	if (tag->n < HTML_ATTRS_MAX)
		return false;
	const char *p = a->value_len > 0 ? a->value + a->value_len : a->name + a->name_len;
	while (str_isspace((unsigned char)*p) || *p == '=' || *p == '"' || *p == '\'' || *p == '/')
		p++;
	return *p != '>' && *p != '\0';
}

static void
note_tag(struct extract *x, const struct html_tag *tag)
{
	const struct open *o = &x->open;
	page_notes_at(x->f->notes, tag->name - 1, tag->name, tag->name_len);
	if (has_more_attrs(tag))
		page_skip(x->f, "attributes", "more of one tag than count", HTML_ATTRS_MAX);
	if (o->over > 0)
		page_skip(x->f, "elements", "deeper than text is read", PAGE_DEPTH_MAX);
	if (o->inert > 0 && (tag->el == EL_META || tag->el == EL_TITLE || tag->el == EL_LINK || tag->el == EL_SCRIPT))
		page_skip(x->f, page_el_name(tag->el), "inside a template, an svg or the like", 0);
}

/* An element that holds nothing for reading. */
static void
note_silence(struct extract *x, const struct html_tag *tag, size_t at)
{
	unsigned flags = page_el_flags(tag->el);
	if (x->open.silent != at || at == 0 || x->open.inert == at || tag->el == EL_TITLE)
		return;
	page_skip(x->f, "text",
		  (flags & EL_IS_SILENT) != 0 ? "in a header, menu, aside or the like"
					      : "hidden, or marked as a notice or menu",
		  0);
}

/* The first paragraph that counts is where the text begins; of the others it is known why not. */
static void
note_paragraph(void *arg, const char *p, bool counts)
{
	struct extract *x = arg;
	if (!counts) {
		page_notes_back(x->f, &x->para_place);
		page_note_field(x->f, FIELD_DESCRIPTION, PAGE_TEXT, p,
				"a notice: of cookies, scripts, browsers, or a way past the menu");
	} else if (x->text_place.from == NULL) {
		page_place_set(&x->text_place, &x->para_place);
	}
	mem_free(x->para_place.from);
	x->para_place = (struct page_place){NULL, 0, 0};
}

static void
note_text(struct extract *x, const char *p, size_t n)
{
	struct page_notes *notes = x->f->notes;
	if (x->script && x->script_text.len == 0) {
		page_notes_at(notes, p, "JSON-LD", strlen("JSON-LD"));
		page_place_set(&notes->script, &notes->at);
	}
	if (x->open.silent != 0 || x->open.inert != 0 || x->open.over != 0 || x->f->text.full ||
	    x->para_place.from != NULL)
		return;
	while (n > 0 && str_isspace((unsigned char)*p))
		p++, n--;
	if (n == 0)
		return;
	page_notes_at(notes, p, "text", strlen("text"));
	page_place_set(&x->para_place, &notes->at);
}

/* ---- enough? ------------------------------------------------------------------------------------------ */

/* The head is over (or may be taken to be): if the page has said everything itself, its body is not needed. */
static void
maybe_stop(struct extract *x)
{
	const struct page_facts *f = x->f;
	bool title = f->field[FIELD_TITLE][PAGE_TITLE] != NULL || page_facts_field_declared(f, FIELD_TITLE);
	if (!x->whole && title && page_facts_field_declared(f, FIELD_DESCRIPTION) && page_facts_image_declared(f))
		x->h.stop = true;
}

/* What the tokenizer must know changes with what is open and what is still wanted. */
static void
sync_tokenizer(struct extract *x)
{
	x->h.foreign = x->open.foreign > 0;
	if (x->f->text.full && x->h.all_attrs) {
		x->h.all_attrs = x->micro.item != 0 && x->micro.tags++ < MICRO_TAGS_MAX;
		maybe_stop(x);
	}
}

/* ---- events ----------------------------------------------------------------------------------------- */

static void
keep_url(char **slot, const struct html_tag *tag, const char *attr)
{
	if (*slot == NULL)
		*slot = page_attr_url(tag, attr);
}

static void
player(struct page_facts *f, const struct html_tag *tag)
{
	if (f->iframe != NULL)
		return;
	f->iframe = page_attr_url(tag, "src");
	if (f->iframe == NULL)
		return;
	f->iframe_width = page_attr_text(tag, "width");
	f->iframe_height = page_attr_text(tag, "height");
}

static void
say(struct extract *x, const struct html_tag *tag)
{
	struct page_facts *f = x->f;
	const struct open *o = &x->open;
	f->nested = o->nested > 0;
	switch (tag->el) {
	case EL_META:
		page_meta_read(f, tag);
		break;
	case EL_LINK:
		page_link_read(f, tag);
		break;
	case EL_BASE:
		keep_url(&f->base, tag, "href");
		break;
	case EL_IMG: /* what noscript holds is the picture itself, for those who would not see it otherwise */
		page_image_img(f, tag, o->silent > 0 && o->el[o->silent - 1] != EL_NOSCRIPT);
		break;
	case EL_IFRAME:
		player(f, tag);
		break;
	case EL_EMBED:
		keep_url(&f->embed, tag, "src");
		break;
	case EL_VIDEO:
		keep_url(&f->video, tag, "src");
		page_image_poster(f, tag);
		break;
	case EL_SOURCE:
		if (o->n > 0 && o->el[o->n - 1] == EL_VIDEO)
			keep_url(&f->video, tag, "src");
		else if (o->n > 0 && o->el[o->n - 1] == EL_AUDIO)
			keep_url(&f->audio, tag, "src");
		else
			page_image_source(f, tag);
		break;
	case EL_AUDIO:
		keep_url(&f->audio, tag, "src");
		break;
	case EL_HTML:
		if (f->lang == NULL)
			f->lang = page_attr_text(tag, "lang");
		if (f->dir == NULL)
			f->dir = page_attr_text(tag, "dir");
		break;
	case EL_BODY:
		maybe_stop(x);
		break;
	case EL_SCRIPT:
		if (o->foreign == 0)
			script_begin(x, tag);
		break;
	default:
		break;
	}
}

/* Names that are not in the table share what is left of a byte. */
static unsigned char
id_of(const struct html_tag *tag)
{
	unsigned h = 0;
	if (tag->el != EL_OTHER)
		return (unsigned char)tag->el;
	for (size_t i = 0; i < tag->name_len && i < HTML_LAST_MAX; i++)
		h = h * 31 + (unsigned)str_lower((unsigned char)tag->name[i]);
	return (unsigned char)((unsigned)EL_COUNT + h % (256U - (unsigned)EL_COUNT));
}

static enum html_model
model_of(enum el el, unsigned flags)
{
	if (el == EL_SCRIPT)
		return HTML_SCRIPT;
	if ((flags & EL_IS_RCDATA) != 0)
		return HTML_RCDATA;
	if ((flags & EL_IS_RAWTEXT) != 0)
		return HTML_RAWTEXT;
	return (flags & EL_IS_PLAIN) != 0 ? HTML_PLAINTEXT : HTML_DATA;
}

static enum html_model
start(void *arg, const struct html_tag *tag)
{
	struct extract *x = arg;
	struct open *o = &x->open;
	unsigned flags = page_el_flags(tag->el);
	bool block = (flags & EL_IS_BLOCK) != 0;
	if (o->foreign != 0)
		page_open_leave_foreign(o, tag->el);
	if (o->foreign == 0 && block)
		page_open_imply(o, tag->el);
	heading_check(x, block && tag->el != EL_BR);
	micro_check(x, block);
	if ((x->nodes_apart || block) && !x->f->text.full)
		page_text_break(&x->f->text);
	if (x->f->notes != NULL)
		note_tag(x, tag);
	if (o->inert == 0)
		say(x, tag);
	bool foreign = o->foreign > 0, svg = tag->el == EL_SVG || tag->el == EL_MATH;
	bool empty = foreign || svg ? tag->self_closing : (flags & EL_IS_VOID) != 0;
	if (!empty) {
		bool heads = o->inert == 0;
		size_t at = page_open_push(o, tag->el, id_of(tag), flags, page_attr_hidden(tag));
		if (heads && tag->n > 0)
			page_micro_start(&x->micro, x->f, o, tag, at);
		if (x->f->notes != NULL)
			note_silence(x, tag, at);
		if (heads)
			heading_begin(x, tag->el, at);
	} else if (x->micro.item != 0 && o->inert == 0) {
		page_micro_start(&x->micro, x->f, o, tag, 0);
	}
	sync_tokenizer(x);
	return empty || foreign ? HTML_DATA : model_of(tag->el, flags);
}

static void
end(void *arg, const struct html_tag *tag)
{
	struct extract *x = arg;
	bool block = (page_el_flags(tag->el) & EL_IS_BLOCK) != 0;
	if (x->script)
		script_end(x);
	if ((x->nodes_apart || block) && !x->f->text.full)
		page_text_break(&x->f->text);
	(void)page_open_end(&x->open, tag->el, id_of(tag));
	heading_check(x, false);
	micro_check(x, block);
	if (tag->el == EL_HEAD)
		maybe_stop(x);
	sync_tokenizer(x);
}

static void
text(void *arg, const char *p, size_t n, bool refs)
{
	struct extract *x = arg;
	const struct open *o = &x->open;
	if (x->f->notes != NULL)
		note_text(x, p, n);
	if (x->script)
		(void)buf_add(&x->script_text, p, n);
	/* a title is silent and inert to all but itself */
	if (o->inert == 0 && x->heading != PAGE_NONE && !x->heading_text.full) {
		if (refs)
			page_entity_decode(&x->heading_text, p, n, false);
		else
			(void)buf_add(&x->heading_text, p, n);
	}
	if (o->inert == 0 && x->micro.capture != 0)
		page_micro_text(&x->micro, p, n, refs);
	if (o->silent == 0 && o->inert == 0 && o->over == 0 && !x->f->text.full)
		page_text_add(&x->f->text, p, n, refs);
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

void
page_extract_init(struct extract *x, struct page_facts *f, bool nodes_apart)
{
	static const struct html_events events = {start, end, text, NULL};
	(void)memset(x, 0, sizeof *x);
	page_html_init(&x->h, &events, x);
	x->h.all_attrs = true;
	x->f = f;
	x->nodes_apart = nodes_apart;
	buf_init(&x->heading_text, HEADING_BYTES_MAX);
	buf_init(&x->script_text, LD_BYTES_MAX);
	page_micro_init(&x->micro);
	if (f->notes != NULL) {
		f->text.told = note_paragraph;
		f->text.arg = x;
	}
}

void
page_extract_clear(struct extract *x)
{
	buf_clear(&x->heading_text);
	buf_clear(&x->script_text);
	page_micro_clear(&x->micro);
	mem_free(x->heading_place.from);
	mem_free(x->para_place.from);
	mem_free(x->text_place.from);
}

size_t
page_extract_feed(struct extract *x, const char *p, size_t n, enum html_more more)
{
	if (x->f->notes != NULL)
		page_notes_feed(x->f->notes, p);
	size_t used = page_html_feed(&x->h, p, n, more);
	if (x->f->notes != NULL)
		page_notes_fed(x->f->notes, used);
	return used;
}

void
page_extract_finish(struct extract *x)
{
	struct page_facts *f = x->f;
	heading_end(x);
	page_micro_finish(&x->micro, f);
	page_text_break(&f->text);
	page_ld_finish(f);
	if (x->script)
		page_skip(f, "JSON-LD", "its end never comes", 0);
	if (f->text.all.len == 0)
		return;
	f->field[FIELD_DESCRIPTION][PAGE_TEXT] = page_text_summary(f->text.all.p, f->text.all.len);
	page_notes_back(f, &x->text_place);
	page_note_field(f, FIELD_DESCRIPTION, PAGE_TEXT, f->field[FIELD_DESCRIPTION][PAGE_TEXT], NULL);
}
