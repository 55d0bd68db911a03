/* What does the tokenizer of page, with its stack of open elements, see in a page?  For comparing with another parser.
 *
 * page-says FILE...: a line of JSON for each: title, meta, link and img (lists of {attribute: value}), ld (JSON-LD
 * scripts as they are), h1 and p (texts, with those of elements inside).  Text is as it stands, references decoded. */
#include "page/int.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 1 << 20, READ_MAX = 16 << 20, KINDS = 4 };

struct says {
	struct html h;
	struct open open;
	struct json *out;
	struct buf text[KINDS];
	size_t at[KINDS]; /* 1 + where what is being read began, 0 for nothing */
};

static const char *const kind_name[KINDS] = {"title", "h1", "p", "ld"};
static const enum el kind_el[KINDS] = {EL_TITLE, EL_H1, EL_P, EL_SCRIPT};

static void
add(struct says *s, const char *list, struct json *take)
{
	struct json *l = json_get(s->out, list);
	json_add(l, take);
	json_set(s->out, list, l);
}

/* What has been read of the elements that are closed by now. */
static void
settle(struct says *s)
{
	for (int k = 0; k < KINDS; k++) {
		if (s->at[k] == 0 || s->open.n >= s->at[k])
			continue;
		struct json *l = json_get(s->out, kind_name[k]);
		json_add_str(l, s->text[k].p != NULL ? s->text[k].p : "");
		json_set(s->out, kind_name[k], l);
		buf_reset(&s->text[k]);
		s->at[k] = 0;
	}
}

static struct json *
attributes(const struct html_tag *tag)
{
	struct json *j = json_object();
	for (size_t i = 0; i < tag->n; i++) {
		struct buf b;
		char *name = mem_strndup(tag->attr[i].name, tag->attr[i].name_len);
		str_tolower(name);
		buf_init(&b, TEXT_MAX);
		page_entity_decode(&b, tag->attr[i].value, tag->attr[i].value_len, true);
		if (!json_has(j, name))
			json_set_strn(j, name, b.p != NULL ? b.p : "", b.len);
		buf_clear(&b);
		mem_free(name);
	}
	return j;
}

static void
begin(struct says *s, const struct html_tag *tag, size_t at)
{
	for (int k = 0; k < KINDS; k++)
		if (tag->el == kind_el[k] && s->at[k] == 0 && at > 0 && (k != 0 || s->open.foreign == 0)) {
			const struct html_attr *type = k == 3 ? page_html_attr(tag, "type") : NULL;
			if (k != 3 || (type != NULL && str_nieq(type->value, type->value_len, "application/ld+json")))
				s->at[k] = at;
		}
}

/* As extract.c has it. */
static enum html_model
start(void *arg, const struct html_tag *tag)
{
	struct says *s = arg;
	unsigned flags = page_el_flags(tag->el);
	page_open_leave_foreign(&s->open, tag->el);
	if (s->open.foreign == 0)
		page_open_imply(&s->open, tag->el);
	settle(s);
	bool inert = s->open.inert > 0;
	if (!inert && (tag->el == EL_META || tag->el == EL_LINK || tag->el == EL_IMG))
		add(s, page_el_name(tag->el), attributes(tag));
	bool foreign = s->open.foreign > 0, svg = tag->el == EL_SVG || tag->el == EL_MATH;
	bool empty = foreign || svg ? tag->self_closing : (flags & EL_IS_VOID) != 0;
	if (!empty) {
		size_t at = page_open_push(&s->open, tag->el, (unsigned char)tag->el, flags, false);
		if (!inert)
			begin(s, tag, at);
	}
	s->h.foreign = s->open.foreign > 0;
	if (empty || foreign)
		return HTML_DATA;
	return tag->el == EL_SCRIPT	      ? HTML_SCRIPT
	       : (flags & EL_IS_RCDATA) != 0  ? HTML_RCDATA
	       : (flags & EL_IS_RAWTEXT) != 0 ? HTML_RAWTEXT
	       : (flags & EL_IS_PLAIN) != 0   ? HTML_PLAINTEXT
					      : HTML_DATA;
}

static void
end(void *arg, const struct html_tag *tag)
{
	struct says *s = arg;
	(void)page_open_end(&s->open, tag->el, (unsigned char)tag->el);
	settle(s);
	s->h.foreign = s->open.foreign > 0;
}

static void
text(void *arg, const char *p, size_t n, bool refs)
{
	struct says *s = arg;
	for (int k = 0; k < KINDS; k++) {
		if (s->at[k] == 0 || (kind_el[k] != EL_TITLE && kind_el[k] != EL_SCRIPT && s->open.inert > 0))
			continue;
		if (refs)
			page_entity_decode(&s->text[k], p, n, false);
		else
			(void)buf_add(&s->text[k], p, n);
	}
}

static void
say(const char *bytes, size_t n)
{
	static const struct html_events events = {start, end, text, NULL};
	static const char *const lists[] = {"title", "meta", "link", "img", "ld", "h1", "p"};
	struct says *s = mem_alloc(sizeof *s);
	struct buf line;
	page_html_init(&s->h, &events, s);
	s->h.all_attrs = true;
	s->out = json_object();
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		json_set(s->out, lists[i], json_array());
	for (int k = 0; k < KINDS; k++)
		buf_init(&s->text[k], TEXT_MAX);
	(void)page_html_feed(&s->h, bytes, n, HTML_END);
	s->open.n = 0;
	settle(s);
	buf_init(&line, READ_MAX);
	(void)json_write(s->out, 0, &line);
	(void)puts(line.p);
	buf_clear(&line);
	json_free(s->out);
	for (int k = 0; k < KINDS; k++)
		buf_clear(&s->text[k]);
	mem_free(s);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct buf b;
		struct err err = {.code = ERR_NONE};
		buf_init(&b, READ_MAX);
		if (io_read_file(argv[i], b.max, &b, &err) < 0) {
			(void)fprintf(stderr, "page-says: %s\n", err.text);
			return 1;
		}
		say(b.p != NULL ? b.p : "", b.len);
		buf_clear(&b);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
