/* What do web server and responder say to each other?  FastCGI 1.0, without sockets. */
#include "web/fcgi.h"

#include <stdio.h>
#include <string.h>

enum { VERSION = 1, PIECE = 65528 }; /* bytes of a stream in one record: a multiple of 8 */

ssize_t
web_fcgi_next(const char *p, size_t n, struct web_fcgi_record *out, struct err *err)
{
	const unsigned char *h = (const unsigned char *)p;
	if (n > 0 && h[0] != VERSION)
		return err_set(err, ERR_INPUT, "FastCGI: version %d", h[0]);
	if (n < WEB_FCGI_HEADER)
		return 0;
	size_t len = (size_t)h[4] << 8 | h[5], whole = WEB_FCGI_HEADER + len + h[6];
	*out = (struct web_fcgi_record){
	    .type = h[1], .id = (unsigned)h[2] << 8 | h[3], .p = p + WEB_FCGI_HEADER, .n = len};
	return n < whole ? 0 : (ssize_t)whole;
}

/* ---- name-value pairs -------------------------------------------------------------------------- */

/* One length at *p (§3.4): a byte, or four with the highest bit set. */
static bool
read_length(const unsigned char **p, const unsigned char *end, size_t *out)
{
	if (*p == end)
		return false;
	if (**p < 0x80) {
		*out = *(*p)++;
		return true;
	}
	if (end - *p < 4)
		return false;
	*out = (size_t)((*p)[0] & 0x7F) << 24 | (size_t)(*p)[1] << 16 | (size_t)(*p)[2] << 8 | (*p)[3];
	*p += 4;
	return true;
}

struct pair {
	const unsigned char *name, *value;
	size_t name_len, value_len;
};

/* 1: a pair; 0: the end; -1: malformed. */
static int
read_pair(const unsigned char **p, const unsigned char *end, struct pair *out)
{
	if (*p == end)
		return 0;
	if (!read_length(p, end, &out->name_len) || !read_length(p, end, &out->value_len))
		return -1;
	if (out->name_len > (size_t)(end - *p) || out->value_len > (size_t)(end - *p) - out->name_len)
		return -1;
	out->name = *p;
	out->value = *p + out->name_len;
	*p += out->name_len + out->value_len;
	return 1;
}

/* A variable with a NUL in it ends there, as it would in an environment. */
static const char *
keep(char **at, const unsigned char *s, size_t n)
{
	char *copy = *at;
	(void)memcpy(copy, s, n);
	copy[n] = '\0';
	*at += n + 1;
	return copy;
}

int
web_fcgi_variables(struct web_fcgi_variables *v, const char *p, size_t n, struct err *err)
{
	const unsigned char *at = (const unsigned char *)p, *end = at + n;
	struct pair pair;
	int rc;
	*v = (struct web_fcgi_variables){.bytes = mem_alloc(2 * n + 2),
					 .pair = mem_array(WEB_FCGI_VARIABLES, 2 * sizeof *v->pair)};
	char *to = v->bytes; /* a pair takes two bytes of lengths at least: room for its two NULs */
	while ((rc = read_pair(&at, end, &pair)) > 0 && v->n < WEB_FCGI_VARIABLES) {
		v->pair[2 * v->n] = keep(&to, pair.name, pair.name_len);
		v->pair[2 * v->n + 1] = keep(&to, pair.value, pair.value_len);
		v->n++;
	}
	if (rc == 0)
		return 0;
	web_fcgi_variables_clear(v);
	return rc < 0 ? err_set(err, ERR_INPUT, "FastCGI: malformed variables")
		      : err_set(err, ERR_LIMIT, "FastCGI: more than %d variables", WEB_FCGI_VARIABLES);
}

void
web_fcgi_variables_clear(struct web_fcgi_variables *v)
{
	mem_free(v->bytes);
	mem_free(v->pair);
	*v = (struct web_fcgi_variables){0};
}

const char *
web_fcgi_variable(void *arg, const char *name)
{
	const struct web_fcgi_variables *v = arg;
	for (size_t i = v->n; i-- > 0;)
		if (strcmp(v->pair[2 * i], name) == 0)
			return v->pair[2 * i + 1];
	return NULL;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static int
put(struct buf *out, unsigned type, unsigned id, const void *p, size_t n)
{
	unsigned char pad = (unsigned char)((8 - n % 8) % 8);
	const unsigned char head[WEB_FCGI_HEADER] = {VERSION,
						     (unsigned char)type,
						     (unsigned char)(id >> 8),
						     (unsigned char)id,
						     (unsigned char)(n >> 8),
						     (unsigned char)n,
						     pad};
	static const char zero[8];
	if (out->len + sizeof head + n + pad > out->max)
		return -1;
	(void)buf_add(out, head, sizeof head);
	(void)buf_add(out, p, n);
	return buf_add(out, zero, pad);
}

int
web_fcgi_put(struct buf *out, enum web_fcgi_type type, unsigned id, const void *p, size_t n)
{
	const char *at = p;
	if (n == 0)
		return put(out, type, id, "", 0);
	for (; n > 0; at += PIECE, n -= n < PIECE ? n : PIECE)
		if (put(out, type, id, at, n < PIECE ? n : PIECE) < 0)
			return -1;
	return 0;
}

int
web_fcgi_put_end(struct buf *out, unsigned id, uint32_t status, enum web_fcgi_end how)
{
	const unsigned char body[8] = {(unsigned char)(status >> 24), (unsigned char)(status >> 16),
				       (unsigned char)(status >> 8), (unsigned char)status, (unsigned char)how};
	return put(out, WEB_FCGI_END, id, body, sizeof body);
}

int
web_fcgi_put_unknown(struct buf *out, unsigned type)
{
	const unsigned char body[8] = {(unsigned char)type};
	return put(out, WEB_FCGI_UNKNOWN, 0, body, sizeof body);
}

int
web_fcgi_put_values(struct buf *out, const char *p, size_t n, unsigned connections, unsigned requests)
{
	const struct {
		const char *name;
		unsigned value;
	} known[] = {{"FCGI_MAX_CONNS", connections}, {"FCGI_MAX_REQS", requests}, {"FCGI_MPXS_CONNS", 1}};
	const unsigned char *at = (const unsigned char *)p, *end = at + n;
	struct pair pair;
	struct buf body;
	buf_init(&body, 256);
	while (read_pair(&at, end, &pair) > 0)
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
			size_t len = strlen(known[i].name);
			char value[16];
			if (pair.name_len != len || memcmp(pair.name, known[i].name, len) != 0)
				continue;
			int m = snprintf(value, sizeof value, "%u", known[i].value);
			(void)buf_addf(&body, "%c%c%s%s", (char)len, (char)m, known[i].name, value);
		}
	int rc = put(out, WEB_FCGI_VALUES, 0, body.p != NULL ? body.p : "", body.len);
	buf_clear(&body);
	return rc;
}
