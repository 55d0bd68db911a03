/* How is a value read, asked and changed? */
#include "json/int.h"

#include <math.h>
#include <string.h>

static struct json *
wrap(jv v)
{
	struct json *j = mem_alloc(sizeof *j);
	j->v = v;
	return j;
}

struct json *
json_parse(const char *s, size_t n, struct err *err)
{
	if (n > INT32_MAX / 2)
		return err_set(err, ERR_LIMIT, "json: %zu bytes", n), NULL;
	if (json_check(s, n, err) < 0)
		return NULL;
	char *mended = json_mend_surrogates(s, n);
	jv v = jv_parse_sized(mended != NULL ? mended : s, (int)n);
	mem_free(mended);
	if (!jv_is_valid(v)) {
		jv_free(v);
		return err_set(err, ERR_INPUT, "json: not readable"), NULL;
	}
	return wrap(v);
}

struct json *
json_object(void)
{
	return wrap(jv_object());
}

struct json *
json_array(void)
{
	return wrap(jv_array());
}

struct json *
json_copy(const struct json *j)
{
	return j == NULL ? NULL : wrap(jv_copy(j->v));
}

void
json_free(struct json *j)
{
	if (j != NULL)
		jv_free(j->v);
	mem_free(j);
}

enum json_type
json_type(const struct json *j)
{
	switch (jv_get_kind(j->v)) {
	case JV_KIND_TRUE:
	case JV_KIND_FALSE:
		return JSON_BOOL;
	case JV_KIND_NUMBER:
		return JSON_NUMBER;
	case JV_KIND_STRING:
		return JSON_STRING;
	case JV_KIND_ARRAY:
		return JSON_ARRAY;
	case JV_KIND_OBJECT:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
}

/* The member, as a reference of its own; invalid if there is none. */
static jv
member(const struct json *j, const char *key)
{
	if (j == NULL || jv_get_kind(j->v) != JV_KIND_OBJECT)
		return jv_invalid();
	return jv_object_get(jv_copy(j->v), jv_string(key));
}

bool
json_has(const struct json *j, const char *key)
{
	jv v = member(j, key);
	bool there = jv_is_valid(v) != 0;
	jv_free(v);
	return there;
}

struct json *
json_get(const struct json *j, const char *key)
{
	jv v = member(j, key);
	if (jv_is_valid(v))
		return wrap(v);
	jv_free(v);
	return NULL;
}

const char *
json_str(const struct json *j, const char *key)
{
	jv v = member(j, key);
	const char *s = jv_get_kind(v) == JV_KIND_STRING ? jv_string_value(v) : NULL;
	jv_free(v); /* j still holds it */
	return s;
}

static bool
integral(jv v, int64_t *out)
{
	if (jv_get_kind(v) != JV_KIND_NUMBER)
		return false;
	double d = jv_number_value(v);
	if (!(fabs(d) <= 9007199254740992.0) || d != floor(d))
		return false;
	*out = (int64_t)d;
	return true;
}

bool
json_int(const struct json *j, const char *key, int64_t *out)
{
	jv v = member(j, key);
	bool ok = integral(v, out);
	jv_free(v);
	return ok;
}

int64_t
json_int_or(const struct json *j, const char *key, int64_t otherwise)
{
	int64_t v = otherwise;
	(void)json_int(j, key, &v);
	return v;
}

bool
json_bool(const struct json *j, const char *key, bool *out)
{
	jv v = member(j, key);
	jv_kind kind = jv_get_kind(v);
	jv_free(v);
	if (kind != JV_KIND_TRUE && kind != JV_KIND_FALSE)
		return false;
	*out = kind == JV_KIND_TRUE;
	return true;
}

bool
json_is_null(const struct json *j, const char *key)
{
	jv v = member(j, key);
	bool is = jv_get_kind(v) == JV_KIND_NULL;
	jv_free(v);
	return is;
}

size_t
json_len(const struct json *j)
{
	if (j == NULL)
		return 0;
	switch (jv_get_kind(j->v)) {
	case JV_KIND_ARRAY:
		return (size_t)jv_array_length(jv_copy(j->v));
	case JV_KIND_OBJECT:
		return (size_t)jv_object_length(jv_copy(j->v));
	default:
		return 0;
	}
}

struct json *
json_at(const struct json *j, size_t i)
{
	if (j == NULL || jv_get_kind(j->v) != JV_KIND_ARRAY || i >= json_len(j))
		return NULL;
	return wrap(jv_array_get(jv_copy(j->v), (int)i));
}

const char *
json_value_str(const struct json *j)
{
	return j != NULL && jv_get_kind(j->v) == JV_KIND_STRING ? jv_string_value(j->v) : NULL;
}

bool
json_value_int(const struct json *j, int64_t *out)
{
	return j != NULL && integral(j->v, out);
}

void
json_each(const struct json *j, void (*f)(void *, const char *, const struct json *), void *arg)
{
	if (j == NULL || jv_get_kind(j->v) != JV_KIND_OBJECT)
		return;
	for (int it = jv_object_iter(j->v); jv_object_iter_valid(j->v, it); it = jv_object_iter_next(j->v, it)) {
		jv key = jv_object_iter_key(j->v, it);
		struct json value = {jv_object_iter_value(j->v, it)};
		f(arg, jv_string_value(key), &value);
		jv_free(value.v);
		jv_free(key);
	}
}

static void
put(struct json *j, const char *key, jv v)
{
	if (jv_get_kind(j->v) != JV_KIND_OBJECT) {
		jv_free(v);
		return;
	}
	j->v = jv_object_set(j->v, jv_string(key), v);
}

static jv
text(const char *s, size_t n)
{
	return s == NULL ? jv_null() : jv_string_sized(s, (int)n);
}

void
json_set(struct json *j, const char *key, struct json *take)
{
	put(j, key, take == NULL ? jv_null() : take->v);
	mem_free(take);
}

void
json_set_str(struct json *j, const char *key, const char *s)
{
	put(j, key, text(s, s == NULL ? 0 : strlen(s)));
}

void
json_set_strn(struct json *j, const char *key, const char *s, size_t n)
{
	put(j, key, text(s, n));
}

void
json_set_int(struct json *j, const char *key, int64_t v)
{
	put(j, key, jv_number((double)v));
}

void
json_set_bool(struct json *j, const char *key, bool v)
{
	put(j, key, jv_bool(v));
}

void
json_set_null(struct json *j, const char *key)
{
	put(j, key, jv_null());
}

void
json_del(struct json *j, const char *key)
{
	if (j != NULL && jv_get_kind(j->v) == JV_KIND_OBJECT)
		j->v = jv_object_delete(j->v, jv_string(key));
}

static void
append(struct json *array, jv v)
{
	if (jv_get_kind(array->v) != JV_KIND_ARRAY) {
		jv_free(v);
		return;
	}
	array->v = jv_array_append(array->v, v);
}

void
json_add(struct json *array, struct json *take)
{
	append(array, take == NULL ? jv_null() : take->v);
	mem_free(take);
}

void
json_add_str(struct json *array, const char *s)
{
	append(array, text(s, s == NULL ? 0 : strlen(s)));
}

void
json_add_int(struct json *array, int64_t v)
{
	append(array, jv_number((double)v));
}
