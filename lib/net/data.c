/* What is inside a data: URL?  RFC 2397, read as spec A.6 has it. */
#include "net/net.h"

#include <string.h>

#include "net/int.h"

static int
refuse(struct err *err, const char *why)
{
	return net_outcome(err, OUT_BAD_DATA, why);
}

static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* In place.  What is outside the alphabet is passed over, '=' ends it; a lone last character or missing padding is an
 * error. */
static int
base64_decode(char *p, size_t *len, struct err *err)
{
	uint32_t acc = 0;
	unsigned have = 0, pad = 0;
	size_t w = 0;
	for (size_t i = 0; i < *len; i++) {
		int v = sextet(p[i]);
		if (p[i] == '=' && have >= 2 && have + ++pad == 4)
			break;
		if (v < 0)
			continue;
		pad = 0;
		acc = acc << 6 | (uint32_t)v;
		if (++have == 4) {
			p[w++] = (char)(acc >> 16);
			p[w++] = (char)(acc >> 8);
			p[w++] = (char)acc;
			acc = have = 0;
		}
	}
	if (have == 1 || have + pad != (have == 0 ? 0 : 4))
		return refuse(err, "incorrect base64 padding");
	if (have >= 2)
		p[w++] = (char)(acc >> (have == 2 ? 4 : 10));
	if (have == 3)
		p[w++] = (char)(acc >> 2);
	*len = w;
	return 0;
}

static bool
token(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] <= ' ' || (unsigned char)p[i] >= 0x7f ||
		    strchr("()<>@,;:\\\"/[]?=", p[i]) != NULL)
			return false;
	return n > 0;
}

/* "type/subtype" of RFC 2045 in lower case. */
static char *
media_type(const char *p, size_t n)
{
	const char *semicolon = memchr(p, ';', n);
	if (n == 0)
		return mem_strdup("text/plain;charset=US-ASCII");
	if (semicolon != NULL)
		n = (size_t)(semicolon - p);
	while (n > 0 && str_isspace((unsigned char)*p))
		p++, n--;
	while (n > 0 && str_isspace((unsigned char)p[n - 1]))
		n--;
	const char *slash = n > 0 ? memchr(p, '/', n) : NULL;
	size_t left = slash != NULL ? (size_t)(slash - p) : 0;
	if (n > NET_TYPE_MAX || slash == NULL || !token(p, left) || !token(slash + 1, n - left - 1))
		return mem_strdup("text/plain");
	char *out = mem_strndup(p, n);
	str_tolower(out);
	return out;
}

static bool
ends_base64(const char *head, size_t n)
{
	static const char mark[] = ";base64";
	while (n > 0 && str_isspace((unsigned char)head[n - 1]))
		n--;
	return n >= sizeof mark - 1 && str_nieq(head + n - (sizeof mark - 1), sizeof mark - 1, mark);
}

_Static_assert(NET_DATA_MAX == 1048576, "as the error says");

int
net_data_parse(const char *url, char **type, struct buf *out, struct err *err)
{
	*type = NULL;
	if (!str_istarts(url, "data:"))
		return refuse(err, "not a data: URL");
	const char *head = url + 5, *comma = strchr(head, ',');
	if (comma == NULL)
		return refuse(err, "no comma");
	size_t n = (size_t)(comma - head), len = strlen(comma + 1);
	bool base64 = ends_base64(head, n);
	char *body = mem_strdup(comma + 1);
	len = url_decode(body, len);
	int rc = base64 ? base64_decode(body, &len, err) : 0;
	if (rc == 0 && (len > NET_DATA_MAX || buf_add(out, body, len) < 0))
		rc = net_outcome(err, OUT_LARGE, "1048576 bytes");
	mem_free(body);
	if (rc == 0)
		*type = media_type(head, base64 ? n - (sizeof ";base64" - 1) : n);
	return rc;
}
