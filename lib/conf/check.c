/* Is this text what the key may hold?  The judges of values that are neither numbers nor switches. */
#include "conf/int.h"

#include <arpa/inet.h>
#include <string.h>

enum { HOST_MAX = 230, AGENT_MAX = 256, LANG_MAX = 100, ADDR_TEXT = 64 };

static const char ALNUM[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static bool
is_port(const char *s)
{
	int64_t port;
	size_t n = strlen(s);
	return n >= 1 && n <= 5 && strspn(s, "0123456789") == n && str_int64(s, &port) == 0 && port >= 1 &&
	       port <= 65535;
}

/* s[0..n) as an address of that family, without a zone. */
static bool
is_addr(int family, const char *s, size_t n)
{
	char text[ADDR_TEXT];
	unsigned char addr[16];
	if (n == 0 || n >= sizeof text)
		return false;
	(void)memcpy(text, s, n);
	text[n] = '\0';
	return inet_pton(family, text, addr) == 1;
}

/* Matrix specification, appendices, "Server Name": hostname [":" port]; an IPv6 hostname stands in brackets.  The
 * length is kept to 230 there, so that user ids stay within 255 bytes. */
const char *
conf_check_server_name(const char *s)
{
	static const char allowed[] = "a host name, IPv4 address or [IPv6 address], with an optional :port";
	size_t n;
	if (strlen(s) > HOST_MAX)
		return allowed;
	if (s[0] == '[') {
		const char *end = strchr(s, ']');
		if (end == NULL || !is_addr(AF_INET6, s + 1, (size_t)(end - s) - 1))
			return allowed;
		n = (size_t)(end - s) + 1;
	} else {
		n = strspn(s, ALNUM);
		while (s[n] == '-' || s[n] == '.')
			n += 1 + strspn(s + n + 1, ALNUM);
	}
	if (n == 0 || (s[n] == ':' && !is_port(s + n + 1)) || (s[n] != ':' && s[n] != '\0'))
		return allowed;
	return NULL;
}

/* RFC 9110 §5.5: a field value of visible ASCII and inner spaces; nothing that could end the header line. */
const char *
conf_check_user_agent(const char *s)
{
	static const char allowed[] = "1 to 256 printable ASCII characters";
	size_t n = strlen(s);
	if (n == 0 || n > AGENT_MAX)
		return allowed;
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7E)
			return allowed;
	return NULL;
}

/* RFC 9110 §12.5.4, as a set of characters: enough to keep anything but a language list out of the header. */
const char *
conf_check_accept_language(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789,;=.* -");
	if (n == 0 || n > LANG_MAX || s[n] != '\0')
		return "1 to 100 characters of a language list such as 'en-US,en;q=0.9'";
	return NULL;
}

/* Syntax alone (RFC 4632, RFC 4291 §2.3), so that a mistake is told with its line. */
const char *
conf_check_cidr(const char *s)
{
	static const char allowed[] = "an IP address with an optional /prefix length, such as 10.0.0.0/8 or fc00::/7";
	size_t n = strcspn(s, "/");
	bool v4 = is_addr(AF_INET, s, n);
	int64_t bits;
	if (!v4 && !is_addr(AF_INET6, s, n))
		return allowed;
	if (s[n] == '\0')
		return NULL;
	if (strspn(s + n + 1, "0123456789") != strlen(s + n + 1) || str_int64(s + n + 1, &bits) < 0 ||
	    bits > (v4 ? 32 : 128))
		return allowed;
	return NULL;
}

const char *
conf_check_ports(const char *s)
{
	static const char allowed[] = "a port or a range of ports, such as 443 or 8000-8100";
	char first[8];
	size_t n = strcspn(s, "-");
	if (n >= sizeof first)
		return allowed;
	(void)memcpy(first, s, n);
	first[n] = '\0';
	return is_port(first) && (s[n] == '\0' || is_port(s + n + 1)) ? NULL : allowed;
}

int
conf_upload_limit(const char *value, int64_t *period, int64_t *bytes)
{
	char first[32];
	size_t n = strcspn(value, " \t"), gap = strspn(value + n, " \t");
	if (n >= sizeof first || gap == 0)
		return -1;
	(void)memcpy(first, value, n);
	first[n] = '\0';
	if (str_duration(first, period) < 0 || str_size(value + n + gap, bytes) < 0)
		return -1;
	return *period > 0 && *bytes >= 0 ? 0 : -1;
}

const char *
conf_check_upload_limit(const char *s)
{
	int64_t period, bytes;
	return conf_upload_limit(s, &period, &bytes) == 0 ? NULL : "a time and a size, such as '24h 500M'";
}
