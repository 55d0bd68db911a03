/* Where does the file in this answer begin and end?  multipart/mixed of two parts, read as it comes: nothing of the file is
 * held back but what may be the beginning of a boundary. */
#include "matrix/matrix.h"

#include <string.h>

#include "json/json.h"

enum { BOUNDARY_MAX = 70, PREAMBLE_MAX = 1024, PADDING_MAX = 64, PARTS = 2 };

enum where { BODY, LINE, HEAD, AFTER }; /* what is before the first part is a BODY too */

struct matrix_multipart {
	struct matrix_multipart_sink sink;
	char delimiter[BOUNDARY_MAX + 5]; /* CR LF "--" and the boundary */
	size_t len, matched;		  /* so much of the delimiter has been seen … */
	size_t outside;			  /* … of which so much is the line end before, and nobody's */
	enum where where;
	int part;
	int64_t length, got; /* of the part: what its head says, or -1 */
	int64_t preamble;
	struct buf line, head, json; /* line: what follows a delimiter */
};

static int
malformed(struct err *err, const char *what)
{
	return err_http(err, ERR_REMOTE, 502, NULL, "multipart answer: %s", what);
}

/* ---- the boundary ------------------------------------------------------------------------------------------ */

/* The value of a parameter, quoted or not, into out[size]; false: none, or none that fits. */
static bool
parameter(const char *type, const char *name, char *out, size_t size)
{
	size_t n = strlen(name), o = 0;
	const char *p = type;
	while ((p = strchr(p, ';')) != NULL) {
		p++;
		p += strspn(p, " \t");
		if (!str_nieq(p, n, name) || p[n] != '=')
			continue;
		p += n + 1;
		bool quoted = *p == '"';
		for (p += quoted; *p != '\0' && (quoted ? *p != '"' : strchr("; \t", *p) == NULL); p++) {
			p += quoted && *p == '\\' && p[1] != '\0';
			if (o + 1 >= size)
				return false;
			out[o++] = *p;
		}
		out[o] = '\0';
		return !quoted || *p == '"';
	}
	return false;
}

static bool
boundary_ok(const char *s)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=? ";
	size_t n = strlen(s);
	return n > 0 && n <= BOUNDARY_MAX && strspn(s, fit) == n && s[n - 1] != ' ';
}

struct matrix_multipart *
matrix_multipart_new(const char *content_type, const struct matrix_multipart_sink *sink, struct err *err)
{
	static const char mixed[] = "multipart/mixed";
	char boundary[BOUNDARY_MAX + 1];
	size_t n = sizeof mixed - 1;
	if (content_type == NULL || !str_istarts(content_type, mixed) || strchr("; \t", content_type[n]) == NULL ||
	    !parameter(content_type + n, "boundary", boundary, sizeof boundary) || !boundary_ok(boundary)) {
		(void)malformed(err, "not multipart/mixed with a boundary");
		return NULL;
	}
	struct matrix_multipart *m = mem_alloc(sizeof *m);
	m->sink = *sink;
	m->len = strlen(boundary) + 4;
	(void)memcpy(m->delimiter, "\r\n--", 4);
	(void)memcpy(m->delimiter + 4, boundary, m->len - 3);
	m->matched = m->outside = 2; /* the first one may stand at the very beginning */
	buf_init(&m->line, PADDING_MAX);
	buf_init(&m->head, MATRIX_PART_HEAD_MAX);
	buf_init(&m->json, MATRIX_PART_JSON_MAX);
	return m;
}

void
matrix_multipart_free(struct matrix_multipart *m)
{
	if (m == NULL)
		return;
	buf_clear(&m->line);
	buf_clear(&m->head);
	buf_clear(&m->json);
	mem_free(m);
}

/* ---- a part ------------------------------------------------------------------------------------------------------ */

/* The value of a header of the part, in place, NULL if it has none.  Lines were cut already. */
static const char *
header(const struct matrix_multipart *m, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = m->head.p, *end = p + m->head.len; p < end; p += strlen(p) + 1) {
		if (!str_nieq(p, n, name) || p[n] != ':')
			continue;
		p += n + 1;
		return p + strspn(p, " \t");
	}
	return NULL;
}

static int
read_length(struct matrix_multipart *m, struct err *err)
{
	const char *said = header(m, "Content-Length");
	m->length = -1;
	if (said == NULL)
		return 0;
	return str_int64(said, &m->length) == 0 && m->length >= 0 ? 0 : malformed(err, "bad Content-Length of a part");
}

static int
head_done(struct matrix_multipart *m, struct err *err)
{
	const char *type = header(m, "Content-Type"), *coding = header(m, "Content-Transfer-Encoding");
	if (type != NULL && str_istarts(type, "multipart/"))
		return malformed(err, "parts within parts");
	if (coding != NULL && !str_ieq(coding, "binary") && !str_ieq(coding, "8bit") && !str_ieq(coding, "7bit"))
		return malformed(err, "encoded part");
	if (read_length(m, err) < 0)
		return -1;
	m->got = 0;
	m->where = BODY;
	m->matched = m->outside = 2;
	if (m->part < PARTS)
		return type == NULL || str_istarts(type, "application/json")
			   ? 0
			   : malformed(err, "the first part is not JSON");
	const struct matrix_part part = {.type = type,
					 .disposition = header(m, "Content-Disposition"),
					 .location = header(m, "Location"),
					 .length = m->length};
	return m->sink.begin(m->sink.arg, &part, err);
}

static int
part_done(struct matrix_multipart *m, struct err *err)
{
	struct err ignored;
	if (m->part == 0)
		return 0;
	if (m->length >= 0 && m->got != m->length)
		return malformed(err, "a part is not as long as it says");
	if (m->part == PARTS)
		return 0;
	struct json *j = m->json.len > 0 ? json_parse(m->json.p, m->json.len, &ignored) : NULL;
	bool object = j != NULL && json_type(j) == JSON_OBJECT;
	json_free(j);
	return object ? 0 : malformed(err, "the first part is no JSON object");
}

static int
content(struct matrix_multipart *m, const char *p, size_t n, struct err *err)
{
	if (n == 0)
		return 0;
	if (m->part == 0) {
		m->preamble += (int64_t)n;
		return m->preamble <= PREAMBLE_MAX ? 0 : malformed(err, "no boundary");
	}
	m->got += (int64_t)n;
	if (m->length >= 0 && m->got > m->length)
		return malformed(err, "a part is longer than it says");
	if (m->part == PARTS)
		return m->sink.data(m->sink.arg, p, n, err);
	return buf_add(&m->json, p, n) == 0 ? 0 : malformed(err, "the first part is too long");
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* What follows a delimiter up to the end of its line: nothing but blanks, or "--". */
static int
line_done(struct matrix_multipart *m, struct err *err)
{
	const char *p = m->line.p;
	size_t n = m->line.len;
	bool last = n >= 2 && p[0] == '-' && p[1] == '-';
	for (size_t i = last ? 2 : 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && (p[i] != '\r' || i + 1 != n))
			return malformed(err, "bad boundary");
	if (last || m->part == PARTS) {
		m->where = AFTER;
		return last && m->part == PARTS ? 0 : malformed(err, "not two parts");
	}
	m->part++;
	buf_reset(&m->head);
	m->where = HEAD;
	return 0;
}

/* One byte behind a delimiter.  The last one needs no line end: it is over with its second '-'. */
static int
line_byte(struct matrix_multipart *m, char c, struct err *err)
{
	if (c != '\n' && buf_addc(&m->line, c) < 0)
		return malformed(err, "bad boundary");
	if (c == '\n' && (m->line.len == 0 || m->line.p[m->line.len - 1] != '\r'))
		return malformed(err, "bad boundary");
	return c == '\n' || (m->line.len == 2 && memcmp(m->line.p, "--", 2) == 0) ? line_done(m, err) : 0;
}

/* Lines of a head are kept one behind the other, each with a NUL; folded ones and control characters are refused. */
static int
head_byte(struct matrix_multipart *m, char c, struct err *err)
{
	struct buf *h = &m->head;
	bool fresh = h->len == 0 || h->p[h->len - 1] == '\0';
	if (c == '\n') {
		if (h->len == 0 || h->p[h->len - 1] != '\r')
			return malformed(err, "bad head of a part");
		if (h->len == 1 || h->p[h->len - 2] == '\0') { /* the empty line */
			h->p[--h->len] = '\0';
			return head_done(m, err);
		}
		for (h->len--; h->p[h->len - 1] == ' ' || h->p[h->len - 1] == '\t';)
			h->len--;
		return buf_addc(h, '\0');
	}
	bool bad = (unsigned char)c == 0x7f || ((unsigned char)c < ' ' && c != '\t' && c != '\r') ||
		   (fresh && (c == ' ' || c == '\t')) || (!fresh && h->p[h->len - 1] == '\r');
	return !bad && buf_addc(h, c) == 0 ? 0 : malformed(err, "bad head of a part");
}

/* Bytes of p[0..n) before what is a delimiter, or may become one. */
static size_t
before_delimiter(const struct matrix_multipart *m, const char *p, size_t n)
{
	for (const char *at = p, *end = p + n; (at = memchr(at, '\r', (size_t)(end - at))) != NULL; at++) {
		size_t left = (size_t)(end - at);
		if (memcmp(at, m->delimiter, left < m->len ? left : m->len) == 0)
			return (size_t)(at - p);
	}
	return n;
}

/* Of p[0..n) what can be told from a delimiter; how many bytes that took, or -1.  CR stands only at the beginning of a
 * delimiter: what was one so far and is none cannot hide another. */
static ssize_t
body_bytes(struct matrix_multipart *m, const char *p, size_t n, struct err *err)
{
	size_t i = 0;
	while (m->matched > 0 && m->matched < m->len && i < n && p[i] == m->delimiter[m->matched])
		m->matched++, i++;
	if (m->matched == m->len) {
		m->where = LINE;
		buf_reset(&m->line);
		return part_done(m, err) < 0 ? -1 : (ssize_t)i;
	}
	if (i == n)
		return (ssize_t)i;
	if (m->matched > 0) {
		size_t was = m->matched, before = m->outside;
		m->matched = m->outside = 0;
		return content(m, m->delimiter + before, was - before, err) < 0 ? -1 : (ssize_t)i;
	}
	size_t plain = before_delimiter(m, p, n);
	m->matched = plain < n;
	return content(m, p, plain, err) < 0 ? -1 : (ssize_t)(plain + m->matched);
}

int
matrix_multipart_feed(struct matrix_multipart *m, const void *bytes, size_t n, struct err *err)
{
	const char *p = bytes;
	while (n > 0 && m->where != AFTER) { /* what is behind the last boundary is nobody's */
		ssize_t took = 1;
		if (m->where == LINE)
			took = line_byte(m, *p, err) < 0 ? -1 : 1;
		else if (m->where == HEAD)
			took = head_byte(m, *p, err) < 0 ? -1 : 1;
		else
			took = body_bytes(m, p, n, err);
		if (took < 0)
			return -1;
		p += took;
		n -= (size_t)took;
	}
	return 0;
}

int
matrix_multipart_end(const struct matrix_multipart *m, struct err *err)
{
	return m->where == AFTER ? 0 : malformed(err, "it ends too early");
}
