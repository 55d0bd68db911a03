/* json, inside: what a value is, and what the files promise each other. */
#ifndef JSON_INT_H
#define JSON_INT_H

#include "json/json.h"

/* What was read: checked text, kept as long as values point into it. */
struct source {
	unsigned refs;
	bool tight; /* no white space between values: any of them can be written as it stands */
	char s[];   /* NULs are written over closing quotes of what was looked at */
};

/* A name that was not read but set. */
struct name {
	unsigned refs;
	char s[];
};

struct member {
	const char *key; /* NUL-terminated */
	size_t key_len;
	struct name *owner; /* NULL: the key stands in the object's source */
	struct value *v;
};

/* VALUE_TEXT is one that was read and not yet looked at.  Looking at it changes what it is, not what it means: so that
 * is done in place.  All else is changed only where nobody shares it. */
enum value_kind {
	VALUE_NULL,
	VALUE_FALSE,
	VALUE_TRUE,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT,
	VALUE_TEXT
};

struct value {
	unsigned refs;
	enum value_kind kind;
	struct source *source; /* what text, string or keys point into; or NULL */
	union {
		struct {
			const char *p;
			size_t n;
		} text;
		double number;
		struct {
			const char *p; /* NUL-terminated */
			size_t n;
			char *own; /* p, if it is not in the source */
		} string;
		struct {
			struct value **item;
			size_t n, cap;
		} array;
		struct {
			struct member *m;
			size_t n, cap;
			uint32_t *index; /* 1 + place in m, by hash; NULL while there are few */
			size_t slots;
		} object;
	} u;
};

struct json {
	struct value *v;
};

/* ---- value.c ---- */
struct value *json_value_new(enum value_kind kind);
struct value *json_value_ref(struct value *v);
void json_value_free(struct value *v);
struct value *json_value_string(const char *s, size_t n); /* bad bytes become U+FFFD */
struct value *json_value_unshare(struct value *take);	  /* one that may be changed */
struct member *json_value_find(struct value *object, const char *key, size_t n);
void json_value_put(struct value *object, const char *key, size_t n, struct value *take);
void json_value_drop(struct value *object, const char *key);
void json_value_push(struct value *array, struct value *take);
/* As put, for a member of the text that is being looked at; the key's closing quote becomes NUL. */
void json_value_put_read(struct value *object, char *key, size_t n, struct value *take);

/* ---- look.c ---- */
enum json_type json_look_type(const struct value *v); /* without looking further than its first byte */
void json_look(struct value *v);		      /* VALUE_TEXT becomes what it says, its children VALUE_TEXT */

/* ---- check.c ---- */
int json_check(const char *s, size_t n, bool *tight, struct err *err);
void json_mend_surrogates(char *s, size_t n); /* lone surrogate escapes of checked text become \ufffd */

/* ---- hard.c: what is not plain ---- */
char *json_hard_string(const char *text, size_t n, size_t *len); /* a string with its quotes and escapes; yours */
double json_hard_number(const char *text, size_t n);
char *json_hard_mend(const char *s, size_t n, size_t *len); /* makes it valid UTF-8; yours */
int json_hard_write(double d, struct buf *out);

#endif
