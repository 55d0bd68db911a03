/* Is this text what a key about clients and web servers may hold? */
#include "conf/int.h"

#include <string.h>

enum { HEADER_MAX = 100, USER_MAX = 255, URL_LEN_MAX = 1000 };

const char *
conf_check_auth(const char *s)
{
	static const char *const ways[] = {"none", "header", "tokens", "homeserver"};
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (str_eq(s, ways[i]))
			return NULL;
	return "none, header, tokens or homeserver";
}

/* RFC 9110 §5.1, without what no variable of CGI can hold. */
const char *
conf_check_header(const char *s)
{
	size_t n = strlen(s);
	if (str_eq(s, "REMOTE_USER"))
		return NULL;
	return n <= HEADER_MAX && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == n
		   ? NULL
		   : "the name of a header, of letters, digits and '-', or REMOTE_USER";
}

const char *
conf_check_homeserver(const char *s)
{
	size_t n = strlen(s);
	bool http = str_starts(s, "http://") || str_starts(s, "https://");
	const char *host = http ? strstr(s, "://") + 3 : s;
	bool plain = n <= URL_LEN_MAX && strpbrk(s, " ?#@\\\"<>") == NULL && str_ascii(s);
	return http && plain && *host != '\0' && *host != '/' && s[n - 1] != '/'
		   ? NULL
		   : "an http:// or https:// URL without a '/' at its end";
}

const char *
conf_check_user(const char *s)
{
	size_t n = strlen(s);
	const char *colon = strchr(s, ':');
	return *s == '@' && colon != NULL && colon > s + 1 && colon[1] != '\0' && n <= USER_MAX &&
		       strpbrk(s, " \t") == NULL
		   ? NULL
		   : "a user such as @alice:example.org";
}

const char *
conf_check_proxy(const char *s)
{
	return str_eq(s, "unix") || conf_check_cidr(s) == NULL
		   ? NULL
		   : "an IP address with an optional /prefix length, or unix";
}
