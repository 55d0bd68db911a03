/* How is a value written?  Every record is, at every stage. */
#include "json/int.h"

#include <math.h>
#include <string.h>

static int write_value(struct value *v, unsigned flags, struct buf *out);

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

/* A run of what stands for itself, in a string that was checked or mended. */
static size_t
plain(const char *s, size_t n, unsigned flags)
{
	size_t i = 0;
	while (i < n && ((s[i] >= 0x20 && s[i] < 0x7F && s[i] != '"' && s[i] != '\\') ||
			 ((unsigned char)s[i] >= 0x80 && (flags & JSON_ASCII) == 0)))
		i++;
	return i;
}

static int
write_string(const char *s, size_t n, unsigned flags, struct buf *out)
{
	int rc = buf_addc(out, '"');
	for (size_t i = 0; rc == 0 && i < n;) {
		size_t run = plain(s + i, n - i, flags), used = 0;
		rc = buf_add(out, s + i, run);
		i += run;
		if (rc == 0 && i < n) {
			rc = write_special(s + i, n - i, flags, out, &used);
			i += used;
		}
	}
	return rc == 0 ? buf_addc(out, '"') : -1;
}

/* Integers within 2^53 as such; anything else as the shortest text that reads back the same. */
static int
write_number(double d, struct buf *out)
{
	char digits[24], *p = digits + sizeof digits;
	if (!(fabs(d) <= 9007199254740992.0) || d != floor(d))
		return json_hard_write(d, out);
	uint64_t left = (uint64_t)fabs(d);
	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (d < 0)
		*--p = '-';
	return buf_add(out, p, (size_t)(digits + sizeof digits - p));
}

static int
write_array(const struct value *v, unsigned flags, struct buf *out)
{
	int rc = buf_addc(out, '[');
	for (size_t i = 0; rc == 0 && i < v->u.array.n; i++) {
		rc = i > 0 ? buf_addc(out, ',') : 0;
		rc = rc == 0 ? write_value(v->u.array.item[i], flags, out) : rc;
	}
	return rc == 0 ? buf_addc(out, ']') : -1;
}

static int
write_object(const struct value *v, unsigned flags, struct buf *out)
{
	int rc = buf_addc(out, '{');
	for (size_t i = 0; rc == 0 && i < v->u.object.n; i++) {
		const struct member *m = &v->u.object.m[i];
		rc = i > 0 ? buf_addc(out, ',') : 0;
		rc = rc == 0 ? write_string(m->key, m->key_len, flags, out) : rc;
		rc = rc == 0 ? buf_addc(out, ':') : rc;
		rc = rc == 0 ? write_value(m->v, flags, out) : rc;
	}
	return rc == 0 ? buf_addc(out, '}') : -1;
}

/* What nobody has looked at is written as it was read.  Recursion is bounded: what was read is at most JSON_DEPTH_MAX
 * deep, what is built here a few levels. */
static int
write_value(struct value *v, unsigned flags, struct buf *out)
{
	if (v->kind == VALUE_TEXT && v->source->tight && flags == 0)
		return buf_add(out, v->u.text.p, v->u.text.n);
	json_look(v);
	switch (v->kind) {
	case VALUE_TRUE:
		return buf_adds(out, "true");
	case VALUE_FALSE:
		return buf_adds(out, "false");
	case VALUE_NUMBER:
		return write_number(v->u.number, out);
	case VALUE_STRING:
		return write_string(v->u.string.p, v->u.string.n, flags, out);
	case VALUE_ARRAY:
		return write_array(v, flags, out);
	case VALUE_OBJECT:
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
