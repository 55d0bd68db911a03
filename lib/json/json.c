/* How is a value read, asked and changed? */
#include "json/int.h"

#include <math.h>
#include <string.h>

static struct json *
wrap(struct value *take)
{
	struct json *j = mem_realloc(NULL, sizeof *j);
	j->v = take;
	return j;
}

struct json *
json_parse(const char *s, size_t n, struct err *err)
{
	bool tight = false;
	if (n > INT32_MAX / 2)
		return err_set(err, ERR_LIMIT, "json: %zu bytes", n), NULL;
	if (json_check(s, n, &tight, err) < 0)
		return NULL;
	size_t from = 0;
	while (s[from] == ' ' || s[from] == '\t' || s[from] == '\n' || s[from] == '\r')
		from++;
	while (n > from && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\n' || s[n - 1] == '\r'))
		n--;
	struct value *v = json_value_new(VALUE_TEXT);
	v->source = mem_realloc(NULL, sizeof *v->source + n - from + 1);
	v->source->refs = 1;
	v->source->tight = tight;
	(void)memcpy(v->source->s, s + from, n - from);
	v->source->s[n - from] = '\0';
	json_mend_surrogates(v->source->s, n - from);
	v->u.text.p = v->source->s;
	v->u.text.n = n - from;
	return wrap(v);
}

struct json *
json_object(void)
{
	return wrap(json_value_new(VALUE_OBJECT));
}

struct json *
json_array(void)
{
	return wrap(json_value_new(VALUE_ARRAY));
}

struct json *
json_copy(const struct json *j)
{
	return j == NULL ? NULL : wrap(json_value_ref(j->v));
}

void
json_free(struct json *j)
{
	if (j != NULL)
		json_value_free(j->v);
	mem_free(j);
}

enum json_type
json_type(const struct json *j)
{
	return json_look_type(j->v);
}

static bool
is(const struct json *j, enum value_kind kind)
{
	if (j == NULL)
		return false;
	json_look(j->v);
	return j->v->kind == kind;
}

/* The member, borrowed; NULL if there is none. */
static struct value *
member(const struct json *j, const char *key)
{
	struct member *m = is(j, VALUE_OBJECT) ? json_value_find(j->v, key, strlen(key)) : NULL;
	return m == NULL ? NULL : m->v;
}

bool
json_has(const struct json *j, const char *key)
{
	return member(j, key) != NULL;
}

struct json *
json_get(const struct json *j, const char *key)
{
	struct value *v = member(j, key);
	return v == NULL ? NULL : wrap(json_value_ref(v));
}

static const char *
string(struct value *v)
{
	if (v == NULL || json_look_type(v) != JSON_STRING)
		return NULL;
	json_look(v);
	return v->u.string.p;
}

const char *
json_str(const struct json *j, const char *key)
{
	return string(member(j, key));
}

static bool
integral(struct value *v, int64_t *out)
{
	if (v == NULL || json_look_type(v) != JSON_NUMBER)
		return false;
	json_look(v);
	double d = v->u.number;
	if (!(fabs(d) <= 9007199254740992.0) || d != floor(d))
		return false;
	*out = (int64_t)d;
	return true;
}

bool
json_int(const struct json *j, const char *key, int64_t *out)
{
	return integral(member(j, key), out);
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
	struct value *v = member(j, key);
	if (v == NULL || json_look_type(v) != JSON_BOOL)
		return false;
	json_look(v);
	*out = v->kind == VALUE_TRUE;
	return true;
}

bool
json_is_true(const struct json *j, const char *key)
{
	bool is = false;
	return json_bool(j, key, &is) && is;
}

bool
json_is_null(const struct json *j, const char *key)
{
	struct value *v = member(j, key);
	return v != NULL && json_look_type(v) == JSON_NULL;
}

size_t
json_len(const struct json *j)
{
	if (is(j, VALUE_ARRAY))
		return j->v->u.array.n;
	return is(j, VALUE_OBJECT) ? j->v->u.object.n : 0;
}

struct json *
json_at(const struct json *j, size_t i)
{
	if (!is(j, VALUE_ARRAY) || i >= j->v->u.array.n)
		return NULL;
	return wrap(json_value_ref(j->v->u.array.item[i]));
}

const char *
json_value_str(const struct json *j)
{
	return j == NULL ? NULL : string(j->v);
}

const char *
json_value_strn(const struct json *j, size_t *n)
{
	const char *s = json_value_str(j);
	*n = s == NULL ? 0 : j->v->u.string.n;
	return s;
}

bool
json_value_int(const struct json *j, int64_t *out)
{
	return j != NULL && integral(j->v, out);
}

void
json_each(const struct json *j, void (*f)(void *, const char *, const struct json *), void *arg)
{
	if (!is(j, VALUE_OBJECT))
		return;
	struct value *v = json_value_ref(j->v); /* what is changed meanwhile is another one */
	for (size_t i = 0; i < v->u.object.n; i++)
		f(arg, v->u.object.m[i].key, &(struct json){v->u.object.m[i].v});
	json_value_free(v);
}

/* ---- changing ------------------------------------------------------------------------------------------------ */

static void
put(struct json *j, const char *key, struct value *take)
{
	if (!is(j, VALUE_OBJECT)) {
		json_value_free(take);
		return;
	}
	j->v = json_value_unshare(j->v);
	json_value_put(j->v, key, strlen(key), take);
}

static struct value *
text(const char *s, size_t n)
{
	return s == NULL ? json_value_new(VALUE_NULL) : json_value_string(s, n);
}

static struct value *
number(int64_t n)
{
	struct value *v = json_value_new(VALUE_NUMBER);
	v->u.number = (double)n;
	return v;
}

static struct value *
unwrap(struct json *take)
{
	struct value *v = take == NULL ? json_value_new(VALUE_NULL) : take->v;
	mem_free(take);
	return v;
}

void
json_set(struct json *j, const char *key, struct json *take)
{
	put(j, key, unwrap(take));
}

void
json_set_some(struct json *j, const char *key, struct json *take)
{
	if (json_len(take) > 0)
		json_set(j, key, take);
	else
		json_free(take);
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
	put(j, key, number(v));
}

void
json_set_bool(struct json *j, const char *key, bool v)
{
	put(j, key, json_value_new(v ? VALUE_TRUE : VALUE_FALSE));
}

void
json_set_null(struct json *j, const char *key)
{
	put(j, key, json_value_new(VALUE_NULL));
}

void
json_del(struct json *j, const char *key)
{
	if (!json_has(j, key))
		return;
	j->v = json_value_unshare(j->v);
	json_value_drop(j->v, key);
}

static void
append(struct json *array, struct value *take)
{
	if (!is(array, VALUE_ARRAY)) {
		json_value_free(take);
		return;
	}
	array->v = json_value_unshare(array->v);
	json_value_push(array->v, take);
}

void
json_add(struct json *array, struct json *take)
{
	append(array, unwrap(take));
}

void
json_add_str(struct json *array, const char *s)
{
	append(array, text(s, s == NULL ? 0 : strlen(s)));
}

void
json_add_int(struct json *array, int64_t v)
{
	append(array, number(v));
}
