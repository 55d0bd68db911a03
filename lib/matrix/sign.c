/* How does another server know who asks?  A signature over what is asked, in the Authorization header. */
#include "matrix/matrix.h"

#include <string.h>

#include "json/json.h"

enum { VERSION_MAX = 64, VALUE_MAX = 8192, JSON_MAX = 16384 };

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- base64 without padding ------------------------------------------------------------------------ */

/* Exactly size bytes, padding or none behind them. */
static int
decode(const char *s, size_t n, unsigned char *out, size_t size)
{
	unsigned bits = 0, have = 0;
	size_t o = 0;
	while (n > 0 && s[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		const char *at = s[i] != '\0' ? strchr(base64, s[i]) : NULL;
		if (at == NULL)
			return -1;
		bits = (bits << 6 | (unsigned)(at - base64)) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (o == size)
			return -1;
		out[o++] = (unsigned char)(bits >> have);
	}
	return o == size ? 0 : -1;
}

static void
encode(const unsigned char *p, size_t n, struct buf *out)
{
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < n; i++) {
		bits = (bits << 8 | p[i]) & 0xffff;
		for (have += 8; have >= 6; have -= 6)
			(void)buf_addc(out, base64[bits >> (have - 6) & 63]);
	}
	if (have > 0)
		(void)buf_addc(out, base64[bits << (6 - have) & 63]);
}

/* ---- the key ------------------------------------------------------------------------------------------ */

/* The next word of the line; *n is what is left of it. */
static size_t
word(const char **p, size_t *n, const char **out)
{
	size_t len = 0;
	while (*n > 0 && (**p == ' ' || **p == '\t'))
		(*p)++, (*n)--;
	*out = *p;
	while (len < *n && (*p)[len] != ' ' && (*p)[len] != '\t' && (*p)[len] != '\r')
		len++;
	*p += len;
	*n -= len;
	return len;
}

static bool
version_ok(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] != '_' && (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'z') &&
		    (s[i] < 'A' || s[i] > 'Z'))
			return false;
	return n > 0 && n <= VERSION_MAX;
}

int
matrix_key_parse(struct matrix_key *k, const char *text, size_t n, struct err *err)
{
	const char *end = memchr(text, '\n', n), *algorithm, *version, *seed;
	size_t left = end != NULL ? (size_t)(end - text) : n;
	*k = (struct matrix_key){.id = NULL};
	size_t a = word(&text, &left, &algorithm), v = word(&text, &left, &version), s = word(&text, &left, &seed);
	if (a != strlen("ed25519") || memcmp(algorithm, "ed25519", a) != 0 || !version_ok(version, v) ||
	    decode(seed, s, k->seed, sizeof k->seed) < 0) {
		matrix_key_clear(k);
		return err_set(err, ERR_INPUT, "not a signing key (ed25519 VERSION SEED)");
	}
	k->id = mem_printf("ed25519:%.*s", (int)v, version);
	return 0;
}

void
matrix_key_clear(struct matrix_key *k)
{
	mem_free(k->id);
	explicit_bzero(k, sizeof *k);
}

/* ---- the signature -------------------------------------------------------------------------------------- */

/* Canonical JSON: members in the order of their names, no blanks, and nothing in them that needs escaping. */
static char *
signed_text(const char *origin, const char *destination, const char *method, const char *uri)
{
	struct json *j = json_object();
	struct buf text;
	buf_init(&text, JSON_MAX);
	json_set_str(j, "destination", destination);
	json_set_str(j, "method", method);
	json_set_str(j, "origin", origin);
	json_set_str(j, "uri", uri);
	(void)json_write(j, 0, &text);
	json_free(j);
	return buf_take(&text);
}

/* What stands in quotes, in a header and in JSON, as it is. */
static bool
plain(const char *s)
{
	size_t n = 0;
	for (; s[n] != '\0'; n++)
		if (s[n] <= ' ' || s[n] > '~' || s[n] == '"' || s[n] == '\\')
			return false;
	return n > 0 && n <= VALUE_MAX / 2;
}

char *
matrix_authorization(const struct matrix_key *k, const char *origin, const char *destination, const char *method,
		     const char *uri, struct err *err)
{
	unsigned char sig[SIGN_LEN];
	struct buf out;
	if (!plain(origin) || !plain(destination) || !plain(method) || !plain(uri)) {
		(void)err_set(err, ERR_INPUT, "not to be signed: a name or an address with strange characters");
		return NULL;
	}
	char *text = signed_text(origin, destination, method, uri);
	int rc = sign_ed25519(k->seed, text, strlen(text), sig, err);
	mem_free(text);
	if (rc < 0)
		return NULL;
	buf_init(&out, VALUE_MAX);
	(void)buf_addf(&out, "X-Matrix origin=\"%s\",destination=\"%s\",key=\"%s\",sig=\"", origin, destination, k->id);
	encode(sig, sizeof sig, &out);
	(void)buf_addc(&out, '"');
	return buf_take(&out);
}
