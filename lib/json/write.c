/* How is a value written?  libjq's own printer costs four times as much, and every record is written at every stage. */
#include "json/int.h"

#include <math.h>
#include <string.h>

static int write_value(jv v, unsigned flags, struct buf *out);

static int
write_escaped(uint32_t unit, struct buf *out)
{
	return buf_addf(out, "\\u%04x", unit);
}

/* Everything but plain ASCII text at s: an escape, or a character above ASCII.  Its bytes in *used. */
static int
write_special(const char *s, size_t n, unsigned flags, struct buf *out, size_t *used)
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	unsigned char c = (unsigned char)s[0];
	uint32_t cp;
	*used = 1;
	for (const char *p = named; *p != '\0'; p += 2)
		if ((char)c == *p)
			return buf_add(out, (char[]){'\\', p[1]}, 2);
	if (c < 0x80)
		return write_escaped(c, out);
	*used = utf8_next(s, n, &cp);
	if ((flags & JSON_ASCII) == 0)
		return buf_add(out, s, *used);
	if (cp < 0x10000)
		return write_escaped(cp, out);
	cp -= 0x10000;
	return write_escaped(0xD800 + (cp >> 10), out) < 0 ? -1 : write_escaped(0xDC00 + (cp & 0x3FF), out);
}

static int
write_string(const char *s, size_t n, unsigned flags, struct buf *out)
{
	int rc = buf_addc(out, '"');
	for (size_t i = 0; rc == 0 && i < n;) {
		size_t from = i, used = 0;
		while (i < n && ((s[i] >= 0x20 && s[i] < 0x7F && s[i] != '"' && s[i] != '\\') ||
				 ((unsigned char)s[i] >= 0x80 && (flags & JSON_ASCII) == 0)))
			i++;
		rc = buf_add(out, s + from, i - from);
		if (rc == 0 && i < n) {
			rc = write_special(s + i, n - i, flags, out, &used);
			i += used;
		}
	}
	return rc == 0 ? buf_addc(out, '"') : -1;
}

/* Integers within 2^53 as such; anything else by libjq, which writes the shortest text that reads back the same. */
static int
write_number(jv v, struct buf *out)
{
	double d = jv_number_value(v);
	if (fabs(d) <= 9007199254740992.0 && d == floor(d))
		return buf_addf(out, "%lld", (long long)d);
	jv s = jv_dump_string(jv_copy(v), 0);
	int rc = buf_adds(out, jv_string_value(s));
	jv_free(s);
	return rc;
}

static int
write_text(jv v, unsigned flags, struct buf *out)
{
	return write_string(jv_string_value(v), (size_t)jv_string_length_bytes(jv_copy(v)), flags, out);
}

static int
write_array(jv v, unsigned flags, struct buf *out)
{
	int rc = buf_addc(out, '[');
	for (int i = 0, n = jv_array_length(jv_copy(v)); rc == 0 && i < n; i++) {
		jv item = jv_array_get(jv_copy(v), i);
		rc = i > 0 ? buf_addc(out, ',') : 0;
		rc = rc == 0 ? write_value(item, flags, out) : rc;
		jv_free(item);
	}
	return rc == 0 ? buf_addc(out, ']') : -1;
}

static int
write_object(jv v, unsigned flags, struct buf *out)
{
	int rc = buf_addc(out, '{');
	bool first = true;
	for (int it = jv_object_iter(v); rc == 0 && jv_object_iter_valid(v, it); it = jv_object_iter_next(v, it)) {
		jv key = jv_object_iter_key(v, it), value = jv_object_iter_value(v, it);
		rc = first ? 0 : buf_addc(out, ',');
		rc = rc == 0 ? write_text(key, flags, out) : rc;
		rc = rc == 0 ? buf_addc(out, ':') : rc;
		rc = rc == 0 ? write_value(value, flags, out) : rc;
		jv_free(value);
		jv_free(key);
		first = false;
	}
	return rc == 0 ? buf_addc(out, '}') : -1;
}

/* Recursion is bounded: what was read is at most JSON_DEPTH_MAX deep, what is built here a few levels. */
static int
write_value(jv v, unsigned flags, struct buf *out)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_TRUE:
		return buf_adds(out, "true");
	case JV_KIND_FALSE:
		return buf_adds(out, "false");
	case JV_KIND_NUMBER:
		return write_number(v, out);
	case JV_KIND_STRING:
		return write_text(v, flags, out);
	case JV_KIND_ARRAY:
		return write_array(v, flags, out);
	case JV_KIND_OBJECT:
		return write_object(v, flags, out);
	default:
		return buf_adds(out, "null");
	}
}

int
json_write(const struct json *j, unsigned flags, struct buf *out)
{
	return write_value(j->v, flags, out);
}
