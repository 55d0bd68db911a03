/* Is this address part of the public Internet?  Default deny: whatever no registry calls ordinary is refused. */
#include "url/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "url/int.h"

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

/* ---- the registries ------------------------------------------------------------------------ */

/* IANA IPv4 Special-Purpose Address Registry, also its "globally reachable" rows: nobody's web site is there. */
static const struct {
	uint32_t net;
	unsigned bits;
	const char *why;
} special4[] = {
    {0x00000000, 8, "this network, RFC 791"},
    {0x0a000000, 8, "private, RFC 1918"},
    {0x64400000, 10, "carrier-grade NAT, RFC 6598"},
    {0x7f000000, 8, "loopback, RFC 1122"},
    {0xa83f8110, 32, "Azure wire server: a public address that every guest there can reach"},
    {0xa9fe0000, 16, "link-local, RFC 3927"},
    {0xac100000, 12, "private, RFC 1918"},
    {0xc0000000, 24, "protocol assignments, RFC 6890"},
    {0xc0000200, 24, "documentation, RFC 5737"},
    {0xc01fc400, 24, "AS112, RFC 7535"},
    {0xc034c100, 24, "AMT, RFC 7450"},
    {0xc0586300, 24, "6to4 relay, RFC 7526"},
    {0xc0a80000, 16, "private, RFC 1918"},
    {0xc0af3000, 24, "AS112, RFC 7534"},
    {0xc6120000, 15, "benchmarking, RFC 2544"},
    {0xc6336400, 24, "documentation, RFC 5737"},
    {0xcb007100, 24, "documentation, RFC 5737"},
    {0xe0000000, 4, "multicast, RFC 5771"},
    {0xf0000000, 4, "reserved and broadcast, RFC 1112"},
};

/* What is no ordinary unicast inside 2000::/3; all outside it is refused. */
static const struct {
	unsigned char net[16];
	unsigned bits;
	const char *why;
} special6[] = {
    {{0x20, 0x01}, 23, "protocol assignments: Teredo, ORCHID, benchmarking …, RFC 2928"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation, RFC 3849"},
    {{0x20, 0x02}, 16, "6to4, RFC 3056"},
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48, "AS112, RFC 7534"},
    {{0x3f, 0xfe}, 16, "6bone, RFC 3701"},
    {{0x3f, 0xff}, 20, "documentation, RFC 9637"},
};

static bool
prefix_equal(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static const char *
why4(const unsigned char q[4])
{
	uint32_t ip = (uint32_t)q[0] << 24 | (uint32_t)q[1] << 16 | (uint32_t)q[2] << 8 | q[3];
	for (size_t i = 0; i < sizeof special4 / sizeof special4[0]; i++)
		if ((ip ^ special4[i].net) >> (32 - special4[i].bits) == 0)
			return special4[i].why;
	return NULL;
}

/* The interface id of ISATAP (RFC 5214 §6.1): 0:5efe:a.b.c.d, the u and g bits as they like. */
static bool
isatap(const unsigned char b[16])
{
	return (b[8] & 0xfc) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe;
}

const char *
url_addr_special(const struct url_addr *a)
{
	if (a->scoped)
		return "address with a zone, RFC 4007";
	if (a->v4)
		return why4(a->b + 12);
	if ((a->b[0] & 0xe0) != 0x20)
		return "not global unicast, RFC 4291";
	for (size_t i = 0; i < sizeof special6 / sizeof special6[0]; i++)
		if (prefix_equal(a->b, special6[i].net, special6[i].bits))
			return special6[i].why;
	return isatap(a->b) ? why4(a->b + 12) : NULL;
}

/* ---- addresses inside addresses -------------------------------------------------------------- */

static struct url_addr
v4_of(unsigned char a, unsigned char b, unsigned char c, unsigned char d)
{
	struct url_addr out = {.v4 = true};
	const unsigned char q[4] = {a, b, c, d};
	(void)memcpy(out.b, mapped_prefix, sizeof mapped_prefix);
	(void)memcpy(out.b + 12, q, sizeof q);
	return out;
}

static struct url_addr
v4_at(const unsigned char *p)
{
	return v4_of(p[0], p[1], p[2], p[3]);
}

bool
url_addr_mapped(const struct url_addr *a, struct url_addr *v4)
{
	if (a->v4 || memcmp(a->b, mapped_prefix, sizeof mapped_prefix) != 0)
		return false;
	*v4 = v4_at(a->b + 12);
	return true;
}

bool
url_addr_nat64(const struct url_addr *a, unsigned prefix_bits, struct url_addr *v4)
{
	unsigned char q[4];
	if (a->v4 || (prefix_bits != 96 && (prefix_bits < 32 || prefix_bits > 64 || prefix_bits % 8 != 0)))
		return false;
	for (unsigned i = prefix_bits / 8, n = 0; n < 4; i++)
		if (i != 8) /* bits 64 … 71 are the u octet */
			q[n++] = a->b[i];
	*v4 = v4_at(q);
	return true;
}

static size_t
embedded_local_nat64(const struct url_addr *a, struct url_addr *out)
{
	static const unsigned lengths[] = {48, 56, 64, 96};
	size_t n = 0;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
		n += url_addr_nat64(a, lengths[i], &out[n]);
	return n;
}

size_t
url_addr_embedded(const struct url_addr *a, struct url_addr out[URL_EMBEDDED_MAX])
{
	static const unsigned char compat[12], siit[12] = {[8] = 0xff, [9] = 0xff};
	static const unsigned char nat64[12] = {0x00, 0x64, 0xff, 0x9b},
				   nat64_local[6] = {0x00, 0x64, 0xff, 0x9b, 0, 1};
	static const unsigned char teredo[4] = {0x20, 0x01}, sixtofour[2] = {0x20, 0x02};
	const unsigned char *b = a->b;
	size_t n = 0;
	if (a->v4)
		return 0;
	if (memcmp(b, mapped_prefix, 12) == 0 || memcmp(b, compat, 12) == 0 || memcmp(b, siit, 12) == 0 ||
	    memcmp(b, nat64, 12) == 0 || isatap(b))
		out[n++] = v4_at(b + 12);
	if (memcmp(b, nat64_local, sizeof nat64_local) == 0)
		n += embedded_local_nat64(a, out + n);
	if (memcmp(b, sixtofour, sizeof sixtofour) == 0)
		out[n++] = v4_at(b + 2);
	if (memcmp(b, teredo, sizeof teredo) == 0) {
		out[n++] = v4_at(b + 4);
		out[n++] = v4_of(b[12] ^ 0xff, b[13] ^ 0xff, b[14] ^ 0xff, b[15] ^ 0xff); /* RFC 4380 §4 */
	}
	return n;
}

/* ---- reading ------------------------------------------------------------------------------ */

bool
url_addr_from_sockaddr(struct url_addr *a, const struct sockaddr *sa)
{
	*a = (struct url_addr){0};
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		unsigned char q[4];
		(void)memcpy(&in, sa, sizeof in);
		(void)memcpy(q, &in.sin_addr, sizeof q);
		*a = v4_at(q);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	struct sockaddr_in6 in6;
	(void)memcpy(&in6, sa, sizeof in6);
	(void)memcpy(a->b, &in6.sin6_addr, sizeof a->b);
	a->scoped = in6.sin6_scope_id != 0;
	return true;
}

int
url_addr_port(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	if (sa->sa_family == AF_INET) {
		(void)memcpy(&in, sa, sizeof in);
		return ntohs(in.sin_port);
	}
	(void)memcpy(&in6, sa, sizeof in6);
	return ntohs(in6.sin6_port);
}

/* One number of an IPv4 address: decimal, 0octal or 0xhex; *end is behind it.  -1: none, or over 32 bits. */
static int64_t
number(const char *s, const char **end)
{
	static const char digits[] = "0123456789abcdef";
	int64_t v = 0;
	int base = 10;
	if (s[0] == '0' && str_lower((unsigned char)s[1]) == 'x') {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	} else if (s[0] < '0' || s[0] > '9') {
		return -1;
	}
	for (; *s != '\0' && *s != '.'; s++) {
		const char *d = strchr(digits, str_lower((unsigned char)*s));
		if (d == NULL || d - digits >= base)
			return -1;
		v = v * base + (d - digits);
		if (v > UINT32_MAX)
			return -1;
	}
	*end = s;
	return v;
}

/* One to four numbers, the last filling all bytes that are left; a trailing dot is passed over. */
static bool
parse_v4(const char *s, struct url_addr *a)
{
	uint32_t ip = 0;
	for (unsigned part = 0; part < 4; part++) {
		int64_t v = number(s, &s);
		if (v < 0)
			return false;
		bool last = *s == '\0' || (s[0] == '.' && s[1] == '\0');
		unsigned left = 32 - 8 * part;
		if (v > (last ? (int64_t)(UINT64_MAX >> (64 - left)) : 255))
			return false;
		ip |= (uint32_t)v << (last ? 0 : left - 8);
		if (last) {
			*a = v4_of((unsigned char)(ip >> 24), (unsigned char)(ip >> 16), (unsigned char)(ip >> 8),
				   (unsigned char)ip);
			return true;
		}
		s++;
	}
	return false;
}

bool
url_addr_from_host(struct url_addr *a, const char *host)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = strlen(host);
	*a = (struct url_addr){0};
	if (host[0] != '[')
		return parse_v4(host, a);
	if (n < 2 || n - 2 >= sizeof text || host[n - 1] != ']')
		return false;
	(void)memcpy(text, host + 1, n - 2);
	text[n - 2] = '\0';
	return inet_pton(AF_INET6, text, a->b) == 1;
}

/* ---- CIDR ----------------------------------------------------------------------------------- */

int
url_cidr_parse(struct url_cidr *c, const char *text, struct err *err)
{
	char net[INET6_ADDRSTRLEN];
	const char *bar = strchr(text, '/');
	size_t n = bar != NULL ? (size_t)(bar - text) : strlen(text);
	unsigned base = 0;
	int64_t bits = 0;
	if (n >= sizeof net)
		return err_set(err, ERR_INPUT, "not an address range: %s", text);
	(void)memcpy(net, text, n);
	net[n] = '\0';
	if (inet_pton(AF_INET, net, c->addr + 12) == 1) {
		(void)memcpy(c->addr, mapped_prefix, sizeof mapped_prefix);
		base = 96;
	} else if (inet_pton(AF_INET6, net, c->addr) != 1) {
		return err_set(err, ERR_INPUT, "not an address range: %s", text);
	}
	if (bar == NULL)
		bits = 128 - (int64_t)base;
	else if (bar[1] < '0' || bar[1] > '9' || str_int64(bar + 1, &bits) < 0 || bits > 128 - (int64_t)base)
		return err_set(err, ERR_INPUT, "bad prefix length: %s", text);
	c->bits = base + (unsigned)bits;
	return 0;
}

/* A range of IPv6 never holds IPv4 addresses: "::/0" says nothing about 10.0.0.1. */
bool
url_cidr_match(const struct url_cidr *c, const struct url_addr *a)
{
	return (!a->v4 || c->bits >= 96) && prefix_equal(a->b, c->addr, c->bits);
}
