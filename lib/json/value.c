/* What holds a value?  Counted, shared until it is changed; an object finds its members by a table once they are many. */
#include "json/int.h"

#include <string.h>

enum { FIRST_CAP = 8, INDEX_FROM = 16 /* members; fewer are looked through */ };

struct value *
json_value_new(enum value_kind kind)
{
	struct value *v = mem_realloc(NULL, sizeof *v); /* the zeroing kind takes twice as long */
	*v = (struct value){.refs = 1, .kind = kind};
	return v;
}

struct value *
json_value_ref(struct value *v)
{
	v->refs++;
	return v;
}

static void
name_free(struct name *n)
{
	if (n != NULL && --n->refs == 0)
		mem_free(n);
}

/* Recursion is bounded as that of writing is. */
void
json_value_free(struct value *v)
{
	if (--v->refs > 0)
		return;
	if (v->kind == VALUE_STRING) {
		mem_free(v->u.string.own);
	} else if (v->kind == VALUE_ARRAY) {
		for (size_t i = 0; i < v->u.array.n; i++)
			json_value_free(v->u.array.item[i]);
		mem_free(v->u.array.item);
	} else if (v->kind == VALUE_OBJECT) {
		for (size_t i = 0; i < v->u.object.n; i++) {
			name_free(v->u.object.m[i].owner);
			json_value_free(v->u.object.m[i].v);
		}
		mem_free(v->u.object.m);
		mem_free(v->u.object.index);
	}
	if (v->source != NULL && --v->source->refs == 0)
		mem_free(v->source);
	mem_free(v);
}

struct value *
json_value_string(const char *s, size_t n)
{
	struct value *v = json_value_new(VALUE_STRING);
	char *own = NULL;
	if (utf8_valid(s, n)) {
		own = mem_realloc(NULL, n + 1);
		(void)memcpy(own, s, n);
		own[n] = '\0';
	} else {
		own = json_hard_mend(s, n, &n);
	}
	v->u.string.p = v->u.string.own = own;
	v->u.string.n = n;
	return v;
}

/* ---- arrays ------------------------------------------------------------------------------------------------ */

void
json_value_push(struct value *array, struct value *take)
{
	if (array->u.array.n == array->u.array.cap) {
		array->u.array.cap = array->u.array.cap == 0 ? FIRST_CAP : array->u.array.cap * 2;
		array->u.array.item =
		    mem_realloc(array->u.array.item, array->u.array.cap * sizeof *array->u.array.item);
	}
	array->u.array.item[array->u.array.n++] = take;
}

/* ---- objects ----------------------------------------------------------------------------------------------- */

/* Keyed with where the object is, which nobody outside knows: names cannot be chosen to collide. */
static size_t
hash(const struct value *object, const char *key, size_t n)
{
	enum { HALF = 32, WORD = sizeof(uint64_t) };
	const uint64_t odd = 0x9E3779B97F4A7C15U, seed = (uint64_t)(uintptr_t)object * odd;
	uint64_t h = seed + n;
	for (size_t i = 0; i < n; i += WORD) {
		uint64_t word = 0;
		(void)memcpy(&word, key + i, n - i < WORD ? n - i : WORD);
		h ^= word;
		h = (uint64_t)(uint32_t)(h + seed) * (uint32_t)((h + seed) >> HALF) + (h >> 17 | h << 47);
	}
	h *= odd;
	return (size_t)(h ^ h >> HALF);
}

static void
index_add(struct value *o, size_t at)
{
	size_t i = hash(o, o->u.object.m[at].key, o->u.object.m[at].key_len) & (o->u.object.slots - 1);
	while (o->u.object.index[i] != 0)
		i = (i + 1) & (o->u.object.slots - 1);
	o->u.object.index[i] = (uint32_t)(at + 1);
}

static void
index_forget(struct value *o)
{
	mem_free(o->u.object.index);
	o->u.object.index = NULL;
	o->u.object.slots = 0;
}

/* At most half full. */
static void
index_make(struct value *o)
{
	size_t slots = INDEX_FROM * 4;
	while (slots < o->u.object.n * 4)
		slots *= 2;
	index_forget(o);
	o->u.object.index = mem_array(slots, sizeof *o->u.object.index);
	o->u.object.slots = slots;
	for (size_t i = 0; i < o->u.object.n; i++)
		index_add(o, i);
}

static bool
is_called(const struct member *m, const char *key, size_t n)
{
	return m->key_len == n && memcmp(m->key, key, n) == 0;
}

struct member *
json_value_find(struct value *o, const char *key, size_t n)
{
	struct member *m = o->u.object.m;
	if (o->u.object.n <= INDEX_FROM) {
		for (size_t i = 0; i < o->u.object.n; i++)
			if (is_called(&m[i], key, n))
				return &m[i];
		return NULL;
	}
	if (o->u.object.index == NULL)
		index_make(o);
	for (size_t i = hash(o, key, n);; i++) {
		uint32_t at = o->u.object.index[i & (o->u.object.slots - 1)];
		if (at == 0)
			return NULL;
		if (is_called(&m[at - 1], key, n))
			return &m[at - 1];
	}
}

static void
append(struct value *o, struct member take)
{
	if (o->u.object.n == o->u.object.cap) {
		o->u.object.cap = o->u.object.cap == 0 ? FIRST_CAP : o->u.object.cap * 2;
		o->u.object.m = mem_realloc(o->u.object.m, o->u.object.cap * sizeof *o->u.object.m);
	}
	o->u.object.m[o->u.object.n++] = take;
	if (o->u.object.index != NULL && o->u.object.n * 2 <= o->u.object.slots)
		index_add(o, o->u.object.n - 1);
	else
		index_forget(o);
}

static bool
replace(struct value *o, const char *key, size_t n, struct value *take)
{
	struct member *m = json_value_find(o, key, n);
	if (m == NULL)
		return false;
	json_value_free(m->v);
	m->v = take;
	return true;
}

void
json_value_put_read(struct value *o, char *key, size_t n, struct value *take)
{
	if (replace(o, key, n, take))
		return;
	key[n] = '\0';
	append(o, (struct member){key, n, NULL, take});
}

void
json_value_put(struct value *o, const char *key, size_t n, struct value *take)
{
	char *mended = utf8_valid(key, n) ? NULL : json_hard_mend(key, n, &n);
	if (mended != NULL)
		key = mended;
	if (!replace(o, key, n, take)) {
		struct name *own = mem_realloc(NULL, sizeof *own + n + 1);
		own->refs = 1;
		(void)memcpy(own->s, key, n);
		own->s[n] = '\0';
		append(o, (struct member){own->s, n, own, take});
	}
	mem_free(mended);
}

void
json_value_drop(struct value *o, const char *key)
{
	struct member *m = json_value_find(o, key, strlen(key));
	if (m == NULL)
		return;
	size_t behind = o->u.object.n - 1 - (size_t)(m - o->u.object.m);
	name_free(m->owner);
	json_value_free(m->v);
	(void)memmove(m, m + 1, behind * sizeof *m);
	o->u.object.n--;
	index_forget(o);
}

/* ---- sharing ----------------------------------------------------------------------------------------------- */

struct value *
json_value_unshare(struct value *take)
{
	json_look(take);
	if (take->refs == 1 || (take->kind != VALUE_ARRAY && take->kind != VALUE_OBJECT))
		return take;
	struct value *v = json_value_new(take->kind);
	for (size_t i = 0; take->kind == VALUE_ARRAY && i < take->u.array.n; i++)
		json_value_push(v, json_value_ref(take->u.array.item[i]));
	for (size_t i = 0; take->kind == VALUE_OBJECT && i < take->u.object.n; i++) {
		struct member m = take->u.object.m[i];
		if (m.owner != NULL)
			m.owner->refs++;
		(void)json_value_ref(m.v);
		append(v, m);
	}
	v->source = take->source;
	if (v->source != NULL)
		v->source->refs++;
	json_value_free(take);
	return v;
}
