/* From where is asked?  REMOTE_ADDR, or what trusted proxies say of it. */
#include "web/web.h"

#include <arpa/inet.h>
#include <string.h>

#include "url/url.h"
#include "web/int.h"

/* s[0..n) as 16 bytes, IPv4 as IPv4-mapped; "[v6]:port" and "v4:port" too, as proxies write. */
static bool
parse(const char *s, size_t n, unsigned char out[16])
{
	char text[INET6_ADDRSTRLEN + 8];
	static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	if (n > 0 && *s == '[') {
		const char *end = memchr(s, ']', n);
		if (end == NULL)
			return false;
		s++;
		n = (size_t)(end - s);
	} else {
		const char *colon = memchr(s, ':', n);
		if (colon != NULL && memchr(colon + 1, ':', n - (size_t)(colon - s) - 1) == NULL)
			n = (size_t)(colon - s);
	}
	if (n == 0 || n >= sizeof text)
		return false;
	(void)memcpy(text, s, n);
	text[n] = '\0';
	(void)memcpy(out, mapped, sizeof mapped);
	return inet_pton(AF_INET, text, out + 12) == 1 || inet_pton(AF_INET6, text, out) == 1;
}

static bool
within(const struct url_cidr *c, const unsigned char a[16])
{
	unsigned whole = c->bits / 8, rest = c->bits % 8;
	return memcmp(c->addr, a, whole) == 0 && (rest == 0 || ((c->addr[whole] ^ a[whole]) >> (8 - rest)) == 0);
}

static bool
trusts(const struct web_trust *t, const unsigned char a[16])
{
	for (size_t i = 0; t != NULL && i < t->n; i++)
		if (within(&t->cidr[i], a))
			return true;
	return false;
}

static void
tell(struct web_request *r, const unsigned char a[16])
{
	static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	bool v4 = memcmp(a, mapped, sizeof mapped) == 0;
	(void)inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a + 12 : a, r->address, sizeof r->address);
}

/* From the right, each proxy names whom it was asked by; the first one that is not trusted is the client. */
void
web_read_address(struct web_request *r, const char *remote, const char *forwarded, const struct web_trust *trust)
{
	unsigned char a[16];
	bool known = remote != NULL && parse(remote, strlen(remote), a);
	r->trusted = known ? trusts(trust, a) : trust != NULL && trust->local;
	if (known)
		tell(r, a);
	if (!r->trusted || forwarded == NULL || strlen(forwarded) > WEB_HEADER_MAX)
		return;
	for (const char *end = forwarded + strlen(forwarded), *s = end; s >= forwarded && end > forwarded;) {
		for (s = end; s > forwarded && s[-1] != ',';)
			s--;
		const char *first = s, *last = end;
		while (first < last && str_isspace(*first))
			first++;
		while (last > first && str_isspace(last[-1]))
			last--;
		if (!parse(first, (size_t)(last - first), a))
			return;
		tell(r, a);
		if (!trusts(trust, a) || s == forwarded)
			return;
		end = s - 1;
	}
}
