/* Do these two spellings mean the same host?  They do if url_host_normal() makes one text of them. */
#include "url/url.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <string.h>

#include "url/int.h"

/* UTS #46 as libcurl asks for it: what is judged here is what is looked up there. */
static char *
to_ascii(const char *host)
{
	char *out = NULL;
	if (idn2_to_ascii_8z(host, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK &&
	    idn2_to_ascii_8z(host, &out, IDN2_NFC_INPUT | IDN2_TRANSITIONAL) != IDN2_OK)
		return NULL;
	char *own = mem_strdup(out);
	idn2_free(out);
	return own;
}

static char *
address_text(const struct url_addr *a)
{
	char text[INET6_ADDRSTRLEN] = "";
	(void)inet_ntop(a->v4 ? AF_INET : AF_INET6, a->v4 ? a->b + 12 : a->b, text, sizeof text);
	return a->v4 ? mem_strdup(text) : mem_printf("[%s]", text);
}

char *
url_host_normal(const char *host)
{
	struct url_addr a;
	if (strlen(host) > URL_MAX || !utf8_valid(host, strlen(host)))
		return NULL;
	char *out = str_ascii(host) ? mem_strdup(host) : to_ascii(host);
	if (out == NULL)
		return NULL;
	str_tolower(out);
	size_t n = strlen(out);
	if (n > 1 && out[n - 1] == '.')
		out[--n] = '\0';
	if (url_addr_from_host(&a, out)) {
		mem_free(out);
		return address_text(&a);
	}
	if (n == 0 || out[0] == '.' || out[n - 1] == '.' || strstr(out, "..") != NULL || !url_host_ok(out)) {
		mem_free(out);
		return NULL;
	}
	return out;
}
