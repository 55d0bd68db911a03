/* page, inside: what is kept for those who ask why.  All take a page_facts without notes, and do nothing then. */
#ifndef PAGE_NOTES_H
#define PAGE_NOTES_H

#include "page/int.h"

#define NOTES_MAX 200	    /* candidates of one page that are told of */
#define NOTES_SKIPS_MAX 24  /* kinds of things that were left out */
#define NOTE_VALUE_MAX 1000 /* code points of a value */
#define NOTE_FROM_MAX 200   /* bytes of the name of a place */

struct page_note {
	char *key; /* "og:title" … */
	enum page_source source;
	char *value;
	bool cut;	 /* value is only its beginning */
	const char *why; /* it lost; NULL: nothing speaks against it but what goes before it */
	struct page_place place;
};

struct page_skip {
	char *what, *why;
	size_t count, limit; /* limit: 0 if none is to blame */
	size_t offset, line; /* of the first; line 0: nowhere */
};

struct page_notes {
	struct page_note note[NOTES_MAX];
	size_t n;
	struct page_skip skip[NOTES_SKIPS_MAX];
	size_t skips;
	struct page_place at;	  /* of what is being read */
	struct page_place script; /* where the JSON-LD begins */
	size_t behind;		  /* bytes of the page before the piece */
	const char *piece;	  /* that is being read */
	const char *counted;	  /* up to which line feeds are */
	size_t lines;
};

struct page_notes *page_notes_new(void);
void page_notes_free(struct page_notes *n);

void page_notes_feed(struct page_notes *n, const char *p);
void page_notes_fed(struct page_notes *n, size_t used);
void page_notes_at(struct page_notes *n, const char *p, const char *from, size_t from_len);
void page_notes_from(struct page_facts *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void page_notes_back(struct page_facts *f, const struct page_place *to); /* to a place that was left */
void page_notes_ld(struct page_facts *f, const struct ld *l, struct page_place *to);
void page_place_set(struct page_place *to, const struct page_place *from); /* free its from */

void page_note(struct page_facts *f, const char *key, enum page_source s, const char *value, const char *why);
void page_note_field(struct page_facts *f, enum page_field field, enum page_source s, const char *value,
		     const char *why);
void page_skip(struct page_facts *f, const char *what, const char *why, size_t limit);
void page_skip_bytes(struct page_facts *f, const char *why, size_t bytes);

/* explain.c: "where", "others" and "skipped" of the report. */
void page_facts_explain(const struct page_facts *f, const char *base, struct json *out);

/* choose.c */
const char *page_field_key(enum page_field field);
const char *page_field_unusable(const char *key, const char *value); /* why; NULL: it is usable */
char *page_image_address(const char *base, const char *ref);	     /* yours; NULL: it can be none */

#endif
