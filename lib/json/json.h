/* json: say it.  RFC 8259 read with limits and typed getters, written as one line. */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "base/base.h"

/* A JSON value.  Handles are yours to free; what they hold is shared copy-on-write, so json_get() of a big
 * object costs nothing.  What was read is looked at only when it is asked for: what passes through untouched is written
 * as it came.  Integers are exact to 2^53 (times in ms and sizes are). */
struct json;

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

#define JSON_DEPTH_MAX 64 /* nesting of what is read */

/* Strict: the whole of s[0..n) is one value, valid UTF-8, no NaN, no lone surrogate escapes kept (they become
 * U+FFFD), at most JSON_DEPTH_MAX deep.  Duplicate keys: the last wins.  NULL and err otherwise. */
struct json *json_parse(const char *s, size_t n, struct err *err);
struct json *json_object(void);
struct json *json_array(void);
struct json *json_copy(const struct json *j);
void json_free(struct json *j);

enum json_type json_type(const struct json *j);

/* Getters on objects.  j may be NULL or no object: then nothing is found. */
bool json_has(const struct json *j, const char *key);
struct json *json_get(const struct json *j, const char *key);	    /* NULL if absent; yours */
const char *json_str(const struct json *j, const char *key);	    /* NULL if absent or no string; borrowed until j
								       is changed or freed; may hold no NUL (they are cut) */
bool json_int(const struct json *j, const char *key, int64_t *out); /* an integral number within 2^53 */
int64_t json_int_or(const struct json *j, const char *key, int64_t otherwise);
bool json_bool(const struct json *j, const char *key, bool *out);
bool json_is_true(const struct json *j, const char *key); /* present and true */
bool json_is_null(const struct json *j, const char *key); /* present and null */

/* Getters on arrays and on single values. */
size_t json_len(const struct json *j);			      /* of an array or object; else 0 */
struct json *json_at(const struct json *j, size_t i);	      /* NULL past the end; yours */
const char *json_value_str(const struct json *j);	      /* borrowed; NULL if no string */
const char *json_value_strn(const struct json *j, size_t *n); /* the same, with the bytes that it has, NULs too */
bool json_value_int(const struct json *j, int64_t *out);

/* Every member of an object in its order.  key and value are borrowed for the call. */
void json_each(const struct json *j, void (*f)(void *arg, const char *key, const struct json *value), void *arg);

/* Changing; what is no object (no array) stays as it is.  Strings are made valid UTF-8 (bad bytes become U+FFFD).  A NULL string or value sets null. */
void json_set(struct json *j, const char *key, struct json *take);
void json_set_some(struct json *j, const char *key, struct json *take); /* unless it has no members: then nothing */
void json_set_str(struct json *j, const char *key, const char *s);
void json_set_strn(struct json *j, const char *key, const char *s, size_t n);
void json_set_int(struct json *j, const char *key, int64_t v);
void json_set_bool(struct json *j, const char *key, bool v);
void json_set_null(struct json *j, const char *key);
void json_del(struct json *j, const char *key);
void json_add(struct json *array, struct json *take);
void json_add_str(struct json *array, const char *s);
void json_add_int(struct json *array, int64_t v);

enum { JSON_ASCII = 1 }; /* every non-ASCII character as \uXXXX */

/* Compact, one line, no LF at the end, members in insertion order. */
int json_write(const struct json *j, unsigned flags, struct buf *out);

#endif
