/* Are escapes, fractions and bad bytes read and written as libjq does it? */
#include "json/json.h"
#include "tests/unit/tap.h"

#include <jv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 88172645463325252U;

static uint64_t
any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void
add_escape(struct buf *b)
{
	static const char *const other[] = {"\xc3\xa9", "abc", "\xf0\x9f\x98\x80", "x"};
	unsigned c = (unsigned)(any() % 13), u = (unsigned)(any() & 0xFFFF);
	if (c < 8)
		(void)buf_addf(b, "\\%c", "\"\\/bfnrt"[c]);
	else if (c > 8)
		(void)buf_adds(b, other[c - 9]);
	else if (u < 0xD800 || u > 0xDFFF)
		(void)buf_addf(b, (u & 1) != 0 ? "\\u%04x" : "\\u%04X", u);
	else
		(void)buf_addf(b, "\\u%04x\\u%04X", 0xD800 + (u & 0x3FF), 0xDC00 + ((u >> 3) & 0x3FF));
}

static void
escapes(void)
{
	struct buf b;
	struct err err;
	int wrong = 0;
	buf_init(&b, 1024);
	for (int i = 0; i < 20000; i++) {
		size_t n = 0;
		buf_reset(&b);
		(void)buf_addc(&b, '"');
		for (uint64_t k = any() % 20; k > 0; k--)
			add_escape(&b);
		(void)buf_addc(&b, '"');
		jv want = jv_parse_sized(b.p, (int)b.len);
		struct json *j = json_parse(b.p, b.len, &err);
		const char *got = json_value_strn(j, &n);
		wrong += got == NULL || n != (size_t)jv_string_length_bytes(jv_copy(want)) ||
			 memcmp(got, jv_string_value(want), n + 1) != 0;
		json_free(j);
		jv_free(want);
	}
	is_int(wrong, 0, "escapes");
	buf_clear(&b);
}

/* libjq takes the last character of a string that ends within a sequence for a part of that. */
static void
bad_bytes(void)
{
	static const unsigned char lead[] = {0xE0, 0xED, 0xF0, 0xF4, 0xF5, 0xC0, 0xC1, 0xEF};
	int wrong = 0;
	for (int i = 0; i < 20000; i++) {
		char s[64];
		size_t n = (size_t)(any() % 40), len = 0;
		for (size_t k = 0; k < n; k++) {
			uint64_t r = any();
			s[k] = (char)(r % 7 == 0 ? lead[(r >> 20) % sizeof lead]
						 : ((r >> 8) & 0x7F) | (r % 3 != 0 ? 0x80 : 0));
		}
		(void)memset(s + n, ' ', 3);
		n += 3;
		jv want = jv_string_sized(s, (int)n);
		struct json *o = json_object();
		json_set_strn(o, "s", s, n);
		struct json *j = json_get(o, "s");
		const char *got = json_value_strn(j, &len);
		wrong += len != (size_t)jv_string_length_bytes(jv_copy(want)) ||
			 memcmp(got, jv_string_value(want), len + 1) != 0;
		json_free(j);
		json_free(o);
		jv_free(want);
	}
	is_int(wrong, 0, "bad bytes");
	struct json *o = json_object();
	json_set_strn(o, "s", "\xe2\x82", 2);
	is_str(json_str(o, "s"), "\xef\xbf\xbd", "a sequence that is cut off");
	json_free(o);
}

/* Read, and written as somebody who has looked at it. */
static int
number(const char *text)
{
	struct err err;
	struct buf out;
	int64_t n;
	buf_init(&out, 1024);
	struct json *j = json_parse(text, strlen(text), &err);
	(void)json_value_int(j, &n);
	(void)json_write(j, 0, &out);
	jv want = jv_dump_string(jv_parse(text), 0);
	bool same =
	    str_eq(out.p, jv_string_value(want)) || str_eq(jv_string_value(want), "-0"); /* to us 0 has no sign */
	if (!same)
		(void)printf("# %s: %s, not %s\n", text, out.p, jv_string_value(want));
	jv_free(want);
	json_free(j);
	buf_clear(&out);
	return !same;
}

static int
number_of(double d)
{
	char text[64];
	(void)snprintf(text, sizeof text, "%.17g", d);
	return isfinite(d) ? number(text) : 0;
}

static void
numbers(void)
{
	static const char *const odd[] = {"1e1000",
					  "-1e1000",
					  "1e-1000",
					  "0e5",
					  "1E+2",
					  "0.1e1",
					  "123456789012345678901234567890",
					  "2.2250738585072011e-308",
					  "4.9e-324",
					  "2.4703282292062327e-324",
					  "2.4703282292062328e-324"};
	int wrong = 0;
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		wrong += number(odd[i]);
	for (int e = -330; e < 309; e++) {
		static const char *const digits[] = {"1", "-1.5", "123456789", "12345678901234567"};
		for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
			char text[40];
			(void)snprintf(text, sizeof text, "%se%d", digits[i], e);
			wrong += number(text);
		}
	}
	is_int(wrong, 0, "numbers of all sizes");
	wrong = 0;
	for (int e = -1074; e < 1024; e++)
		wrong += number_of(ldexp(1, e));
	is_int(wrong, 0, "powers of two, whose neighbours below are nearer");
	wrong = 0;
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = any();
		double d;
		(void)memcpy(&d, &bits, sizeof d);
		wrong += number_of(d) + number_of((double)(int64_t)any() / 1000) +
			 number_of((double)(any() % 1000000) / 1000);
	}
	is_int(wrong, 0, "numbers of every kind");
}

int
main(void)
{
	escapes();
	bad_bytes();
	numbers();
	return done();
}
