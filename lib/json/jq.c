/* What does this text say, where it is not plain?  libjq knows escapes, fractions, and how to write them. */
#include "json/int.h"

#include <jv.h>
#include <string.h>

/* The bytes of a jv string, which is used up; yours. */
static char *
bytes_of(jv s, size_t *len)
{
	*len = (size_t)jv_string_length_bytes(jv_copy(s));
	char *copy = mem_realloc(NULL, *len + 1);
	(void)memcpy(copy, jv_string_value(s), *len + 1);
	jv_free(s);
	return copy;
}

char *
json_jq_string(const char *text, size_t n, size_t *len)
{
	jv v = jv_parse_sized(text, (int)n);
	if (jv_get_kind(v) != JV_KIND_STRING) { /* cannot be: it was checked */
		jv_free(v);
		v = jv_string("");
	}
	return bytes_of(v, len);
}

double
json_jq_number(const char *text, size_t n)
{
	jv v = jv_parse_sized(text, (int)n);
	double d = jv_get_kind(v) == JV_KIND_NUMBER ? jv_number_value(v) : 0;
	jv_free(v);
	return d;
}

char *
json_jq_mend(const char *s, size_t n, size_t *len)
{
	return bytes_of(jv_string_sized(s, (int)n), len);
}

int
json_jq_write(double d, struct buf *out)
{
	jv s = jv_dump_string(jv_number(d), 0);
	int rc = buf_adds(out, jv_string_value(s));
	jv_free(s);
	return rc;
}
