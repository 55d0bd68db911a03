/* Is this the name of a server, a user, a room, a medium? */
#include "matrix/matrix.h"

#include <stdio.h>
#include <string.h>

enum { PORT_DIGITS = 5, PORT_MAX = 65535, IPV6_MIN = 2, IPV6_MAX = 45, SHOWN = 80 };

#define DIGITS "0123456789"
#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

/* ---- servers ------------------------------------------------------------------------------------------- */

/* ":8448" to the end, or nothing. */
static int
port_of(const char *s)
{
	int port = 0;
	size_t n = strspn(s + 1, DIGITS);
	if (*s != ':' || n == 0 || n > PORT_DIGITS || s[1 + n] != '\0')
		return -1;
	for (size_t i = 1; i <= n; i++)
		port = port * 10 + (s[i] - '0');
	return port <= PORT_MAX ? port : -1;
}

static bool
ipv4(const char *s, size_t n)
{
	int parts = 0;
	for (size_t i = 0; i < n; parts++) {
		size_t len = strspn(s + i, DIGITS);
		len = len > n - i ? n - i : len;
		if (len == 0 || len > 3)
			return false;
		i += len;
		if (i < n && (s[i] != '.' || ++i == n))
			return false;
	}
	return parts == 4;
}

/* Labels of letters, digits and '-'; one dot may end it. */
static bool
dns_name(const char *s, size_t n)
{
	if (n == 0 || s[0] == '.')
		return false;
	for (size_t i = 1; i < n; i++)
		if (s[i] == '.' && s[i - 1] == '.')
			return false;
	return true;
}

static int
host_of(struct matrix_server *out, const char *name, size_t *rest)
{
	bool bracket = name[0] == '[';
	size_t n = strspn(name + bracket, bracket ? "0123456789abcdefABCDEF:." : ALNUM "-.");
	if (bracket && (n < IPV6_MIN || n > IPV6_MAX || name[1 + n] != ']' || memchr(name + 1, ':', n) == NULL))
		return -1;
	if (!bracket && !dns_name(name, n))
		return -1;
	out->literal = bracket || ipv4(name, n);
	(void)memcpy(out->host, name + bracket, n);
	out->host[n] = '\0';
	*rest = n + (bracket ? 2 : 0);
	return 0;
}

int
matrix_server_parse(struct matrix_server *out, const char *name, struct err *err)
{
	size_t rest = 0;
	*out = (struct matrix_server){.port = -1};
	if (strlen(name) <= MATRIX_ID_MAX && host_of(out, name, &rest) == 0) {
		if (name[rest] == '\0')
			return 0;
		out->port = port_of(name + rest);
		if (out->port >= 0)
			return 0;
	}
	return err_set(err, ERR_INPUT, "not the name of a server: %.*s", SHOWN, name);
}

bool
matrix_server_valid(const char *name)
{
	struct matrix_server s;
	return matrix_server_parse(&s, name, NULL) == 0;
}

/* ---- media ----------------------------------------------------------------------------------------------- */

/* Valid UTF-8 without controls (C0, DEL, C1), and none of the ASCII characters of not. */
static bool
plain(const char *s, size_t n, const char * not )
{
	uint32_t cp;
	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_next(s + i, n - i, &cp);
		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (len == 1 && cp == 0xFFFD))
			return false;
		if (cp < 0x80 && strchr(not, (int)cp) != NULL)
			return false;
	}
	return true;
}

bool
matrix_media_id_valid(const char *id)
{
	size_t n = strlen(id);
	return n > 0 && n <= MATRIX_MEDIA_MAX && !str_eq(id, ".") && !str_eq(id, "..") && plain(id, n, "/\\?#% ");
}

/* Origin and id; end is behind the id. */
static int
take(struct matrix_mxc *out, const char *text, const char *end, struct err *err)
{
	const char *origin = text + strlen(MATRIX_MXC), *slash = NULL;
	if (str_starts(text, MATRIX_MXC))
		slash = memchr(origin, '/', (size_t)(end - origin));
	if (slash == NULL || slash - origin > MATRIX_ID_MAX || end - slash - 1 > MATRIX_MEDIA_MAX)
		return err_set(err, ERR_INPUT, "not the name of a medium: %.*s", SHOWN, text);
	(void)snprintf(out->origin, sizeof out->origin, "%.*s", (int)(slash - origin), origin);
	(void)snprintf(out->id, sizeof out->id, "%.*s", (int)(end - slash - 1), slash + 1);
	return 0;
}

static int
judge(const struct matrix_mxc *m, const char *text, struct err *err)
{
	if (matrix_server_valid(m->origin) && matrix_media_id_valid(m->id))
		return 0;
	return err_set(err, ERR_INPUT, "not the name of a medium: %.*s", SHOWN, text);
}

int
matrix_mxc_parse(struct matrix_mxc *out, const char *text, struct err *err)
{
	return take(out, text, text + strlen(text), err) < 0 ? -1 : judge(out, text, err);
}

static int
hex(char c)
{
	int l = str_lower((unsigned char)c);
	return l >= '0' && l <= '9' ? l - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* %XX in place; a NUL among them makes it no id. */
static void
decode(char *s)
{
	char *to = s;
	for (; *s != '\0'; to++) {
		int hi = *s == '%' ? hex(s[1]) : -1, lo = hi >= 0 ? hex(s[2]) : -1;
		*to = lo >= 0 ? (char)(hi * 16 + lo) : *s;
		if (*to == '\0')
			*to = '%';
		s += lo >= 0 ? 3 : 1;
	}
	*to = '\0';
}

int
matrix_mxc_find(struct matrix_mxc *out, const char *text, struct err *err)
{
	const char *origin = text + strlen(MATRIX_MXC);
	if (!str_starts(text, MATRIX_MXC))
		return err_set(err, ERR_INPUT, "not the name of a medium: %.*s", SHOWN, text);
	const char *id = origin + strcspn(origin, "/?#");
	const char *end = *id == '/' ? id + 1 + strcspn(id + 1, "/?#") : id;
	if (take(out, text, end, err) < 0)
		return -1;
	decode(out->id);
	return judge(out, text, err);
}

/* ---- users, rooms, events -------------------------------------------------------------------------------- */

const char *
matrix_user_server(const char *user)
{
	const char *colon = user[0] == '@' ? strchr(user, ':') : NULL;
	if (colon == NULL || strlen(user) > MATRIX_ID_MAX || !plain(user, (size_t)(colon - user), "") ||
	    !matrix_server_valid(colon + 1))
		return NULL;
	return colon + 1;
}

bool
matrix_user_valid(const char *user)
{
	return matrix_user_server(user) != NULL;
}

static bool
opaque(const char *id, char sigil)
{
	size_t n = strlen(id);
	return id[0] == sigil && n > 1 && n <= MATRIX_ID_MAX && plain(id, n, "");
}

bool
matrix_room_valid(const char *room)
{
	return opaque(room, '!');
}

bool
matrix_event_valid(const char *event)
{
	return opaque(event, '$');
}
