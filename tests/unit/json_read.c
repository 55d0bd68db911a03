/* Is exactly RFC 8259 read, and what is written the same again? */
#include "json/json.h"
#include "tests/unit/tap.h"

#include <dirent.h>
#include <stdlib.h>

/* Every part of it, as whoever asks for it. */
static void
visit(void *arg, const char *key, const struct json *j)
{
	int64_t n;
	(void)key;
	(void)json_value_str(j);
	(void)json_value_int(j, &n);
	for (size_t i = 0; json_type(j) == JSON_ARRAY && i < json_len(j); i++) {
		struct json *item = json_at(j, i);
		visit(arg, "", item);
		json_free(item);
	}
	json_each(j, visit, arg);
}

/* Read, and if so: what is written is the same whether anybody has looked at it or not, and stays the same. */
static bool
reads(const char *s, size_t n)
{
	struct err err;
	struct buf text[3];
	struct json *j = json_parse(s, n, &err);
	if (j == NULL)
		return false;
	for (size_t i = 0; i < 3; i++) {
		buf_init(&text[i], 4 << 20);
		(void)json_write(j, 0, &text[i]);
		visit(NULL, "", j);
		json_free(j);
		j = json_parse(text[i].p, text[i].len, &err);
		if (i == 0 && j != NULL)
			visit(NULL, "", j);
	}
	bool good = j != NULL && strcmp(text[1].p, text[2].p) == 0;
	if (!good)
		(void)printf("# %s\n# %s\n# %s\n", text[0].p, text[1].p, text[2].p);
	for (size_t i = 0; i < 3; i++)
		buf_clear(&text[i]);
	json_free(j);
	return good;
}

static void
small_cases(void)
{
	static const char *const good[] = {"1",
					   "-0",
					   "0.5e-3",
					   "\"\"",
					   "[]",
					   "{}",
					   " [1 , {\"a\":null}]\n",
					   "\"\\ud83d\\ude00\"",
					   "\"\\ud800\"",
					   "\"\\udc00\\ud800\"",
					   "true"};
	static const char *const bad[] = {"",	"nan",	  "NaN",     "[1,]",	    "{\"a\":}", "'a'",	    "01",
					  "1.", "+1",	  "[1 2]",   "{a:1}",	    "\"\x01\"", "\"\xff\"", "1 2",
					  "[",	"{\"a\"", "\"\\x\"", "\"\\u12g4\"", "]",	"infinity"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ok(reads(good[i], strlen(good[i])), "read: %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(!reads(bad[i], strlen(bad[i])), "refused: bad case %zu", i);
	char deep[2 * (JSON_DEPTH_MAX + 1)];
	(void)memset(deep, '[', JSON_DEPTH_MAX + 1);
	(void)memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	ok(!reads(deep, sizeof deep), "one deeper than the limit is refused");
	ok(reads(deep + 1, sizeof deep - 2), "the limit itself is read");
}

static void
members(void)
{
	static const char text[] =
	    "{\"s\":\"x\",\"n\":9007199254740992,\"f\":1.5,\"b\":true,\"z\":null,\"a\":[1,\"two\"],\"o\":{\"k\":1}}";
	struct err err;
	struct buf out;
	int64_t n = 0;
	bool b = false;
	buf_init(&out, 4096);
	struct json *j = json_parse(text, strlen(text), &err);
	is_str(json_str(j, "s"), "x", "a string");
	ok(json_str(j, "n") == NULL && json_str(j, "none") == NULL, "no string where there is none");
	ok(json_int(j, "n", &n) && n == 9007199254740992, "an integer up to 2^53");
	ok(!json_int(j, "f", &n) && !json_int(j, "s", &n), "no integer out of a fraction or a string");
	ok(json_bool(j, "b", &b) && b, "a boolean");
	ok(json_is_true(j, "b") && !json_is_true(j, "n") && !json_is_true(j, "none") && !json_is_true(NULL, "b"),
	   "true is true alone");
	json_set_some(j, "some", json_array());
	ok(!json_has(j, "some"), "an empty list is not set");
	ok(json_is_null(j, "z") && !json_is_null(j, "none"), "null is not absent");
	struct json *a = json_get(j, "a"), *two = json_at(a, 1), *none = json_at(a, 2);
	is_int((long long)json_len(a), 2, "an array's length");
	is_str(json_value_str(two), "two", "an element");
	ok(none == NULL, "nothing past the end");
	json_set_str(j, "s", "bad \xff utf-8");
	json_del(j, "f");
	json_add_str(a, "changed");
	(void)json_write(j, 0, &out);
	is_str(out.p,
	       "{\"s\":\"bad \xef\xbf\xbd "
	       "utf-8\",\"n\":9007199254740992,\"b\":true,\"z\":null,\"a\":[1,\"two\"],\"o\":{\"k\":1}}",
	       "written in order; a changed copy does not change the original; bad bytes are replaced");
	buf_reset(&out);
	json_set_str(j, "s", "\xc3\xa9\xf0\x9f\x98\x80");
	struct json *s = json_get(j, "s");
	(void)json_write(s, JSON_ASCII, &out);
	is_str(out.p, "\"\\u00e9\\ud83d\\ude00\"", "ASCII form with surrogate pairs");
	json_free(s);
	json_free(a);
	json_free(two);
	json_free(j);
	buf_clear(&out);
}

/* What is written after `key` was looked at and member "new" was set. */
static char *
through(const char *text, const char *key)
{
	struct err err;
	struct buf out;
	buf_init(&out, 65536);
	struct json *j = json_parse(text, strlen(text), &err), *m = json_get(j, key);
	(void)json_str(j, key);
	(void)json_len(m);
	json_set_int(j, "new", -7);
	(void)json_write(j, 0, &out);
	json_free(m);
	json_free(j);
	return buf_take(&out);
}

static void
pass_through(void)
{
	static const struct {
		const char *text, *key, *want, *what;
	} cases[] = {
	    {"{\"a\":{\"x\":\"\\u00e9\",\"d\":1.0}}", "b", "{\"a\":{\"x\":\"\\u00e9\",\"d\":1.0},\"new\":-7}",
	     "what nobody looks at passes as it came"},
	    {" {\"a\" : [ 1 , { } , \"b ] \" ] } ", "b", "{\"a\":[1,{},\"b ] \"],\"new\":-7}",
	     "white space does not pass"},
	    {"{\"a\":\"\\u00e9\\n\\\\\"}", "a", "{\"a\":\"\xc3\xa9\\n\\\\\",\"new\":-7}",
	     "escapes are read and written"},
	    {"{\"a\":1,\"b\":2,\"a\":3}", "a", "{\"a\":3,\"b\":2,\"new\":-7}",
	     "the last of a name, at the place of the first"},
	    {"{\"a\\u0062\":[\"\\ud800\"]}", "ab", "{\"ab\":[\"\\ufffd\"],\"new\":-7}",
	     "an escaped name; a lone surrogate"},
	    {"{\"new\":{\"\\\"}\":[[]]},\"z\":-0}", "b", "{\"new\":-7,\"z\":-0}", "a member is replaced in its place"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *got = through(cases[i].text, cases[i].key);
		is_str(got, cases[i].want, cases[i].what);
		mem_free(got);
	}
}

static void
sharing(void)
{
	static const char text[] = "{\"o\":{\"k\":1,\"s\":\"x\"},\"a\":[[1]]}";
	struct err err;
	struct buf out;
	buf_init(&out, 4096);
	struct json *j = json_parse(text, strlen(text), &err), *o = json_get(j, "o"), *again = json_get(j, "o");
	json_set_int(o, "k", 2);
	json_del(o, "s");
	json_set(o, "self", json_copy(j));
	is_str(json_str(again, "s"), "x", "who shares a value does not see it change");
	json_set(j, "o", o);
	(void)json_write(j, 0, &out);
	is_str(out.p, "{\"o\":{\"k\":2,\"self\":{\"o\":{\"k\":1,\"s\":\"x\"},\"a\":[[1]]}},\"a\":[[1]]}",
	       "a value holds an earlier one of what holds it");
	json_free(j);
	is_str(json_str(again, "s"), "x", "a part outlives the whole");
	json_free(again);
	buf_clear(&out);
}

/* As many names as an object may get, set, replaced and removed. */
static void
many(void)
{
	enum { MANY = 20000 };
	struct json *j = json_object();
	struct buf out;
	struct err err;
	char key[16];
	size_t wrong = 0;
	int64_t n = 0;
	buf_init(&out, 1 << 20);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			(void)snprintf(key, sizeof key, "k%d", i);
			json_set_int(j, key, i + round);
		}
	json_del(j, "k0");
	json_set_int(j, "k5", 5);
	(void)json_write(j, 0, &out);
	struct json *back = json_parse(out.p, out.len, &err);
	for (int i = 1; i < MANY; i++) {
		(void)snprintf(key, sizeof key, "k%d", i);
		wrong += !json_int(back, key, &n) || n != i + (i != 5);
	}
	ok(wrong == 0 && !json_has(back, "k0") && json_len(back) == MANY - 1, "%d names are told apart", MANY);
	json_free(back);
	json_free(j);
	buf_clear(&out);
}

/* JSONTestSuite: y_ must be read, n_ refused, i_ may be either but must end. */
static void
suite(const char *dir)
{
	DIR *d = opendir(dir);
	int wrong = 0, seen = 0;
	if (d == NULL) {
		ok(1, "JSONTestSuite # SKIP not here");
		(void)printf("# skipped: no %s\n", "corpora/json");
		return;
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		struct buf b;
		struct err err;
		if (e->d_name[0] == '.')
			continue;
		char *path = mem_printf("%s/%s", dir, e->d_name);
		buf_init(&b, 4 << 20);
		if (io_read_file(path, 4 << 20, &b, &err) == 0) {
			bool good = reads(b.p, b.len);
			bool deep = strstr(e->d_name, "structure_500_nested") != NULL;
			if ((e->d_name[0] == 'y' && !good && !deep) || (e->d_name[0] == 'n' && good)) {
				wrong++;
				(void)printf("# wrong: %s\n", e->d_name);
			}
			seen++;
		}
		buf_clear(&b);
		mem_free(path);
	}
	(void)closedir(d);
	ok(wrong == 0 && seen > 200, "JSONTestSuite: %d files", seen);
}

int
main(void)
{
	const char *shared = getenv("MX_SHARED");
	char *dir = mem_printf("%s/corpora/json/test_parsing", shared != NULL ? shared : "../shared");
	small_cases();
	members();
	pass_through();
	sharing();
	many();
	suite(dir);
	mem_free(dir);
	return done();
}
