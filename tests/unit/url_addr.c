/* Is every address that is not part of the public Internet refused, in all its disguises? */
#include "url/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "tests/unit/tap.h"

static int
verdict(const struct url_policy *p, const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return (int)url_policy_check_addr(p, (struct sockaddr *)&in);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		return (int)url_policy_check_addr(p, (struct sockaddr *)&in6);
	return -1;
}

static const struct {
	const char *addr;
	bool allowed;
} own[] = {
    {"0.0.0.0", false},
    {"10.1.2.3", false},
    {"100.64.0.1", false},
    {"127.0.0.1", false},
    {"169.254.169.254", false},
    {"172.16.0.1", false},
    {"172.32.0.1", true},
    {"192.168.1.1", false},
    {"198.19.255.255", false},
    {"203.0.113.9", false},
    {"224.0.0.1", false},
    {"255.255.255.255", false},
    {"168.63.129.16", false},
    {"192.88.99.1", false},
    {"8.8.8.8", true},
    {"93.184.215.14", true},
    {"::", false},
    {"::1", false},
    {"::ffff:8.8.8.8", false},
    {"::ffff:127.0.0.1", false},
    {"::127.0.0.1", false},
    {"64:ff9b::7f00:1", false},
    {"64:ff9b:1::1", false},
    {"2002:7f00:1::1", false},
    {"2001::1", false},
    {"2001:db8::1", false},
    {"fe80::1", false},
    {"fec0::1", false},
    {"fd00:ec2::254", false},
    {"ff02::1", false},
    {"100::1", false},
    {"4000::1", false},
    {"2a00::5efe:10.0.0.1", false},
    {"2a00::5efe:8.8.8.8", true},
    {"2a00::1", true},
    {"2606:4700:4700::1111", true},
};

/* but: the beginning of addresses about which p has another opinion than the corpus; or NULL. */
static void
corpus_but(const struct url_policy *p, const char *but)
{
	const char *shared = getenv("MX_SHARED");
	char path[512], line[256], addr[64], want[16];
	int rows = 0, wrong = 0;
	(void)snprintf(path, sizeof path, "%s/corpora/ssrf/addresses.tsv", shared != NULL ? shared : "../shared");
	FILE *f = fopen(path, "r");
	if (f == NULL) {
		ok(1, "the address corpus # SKIP not here");
		return;
	}
	while (fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, "%63[^\t]\t%15[^\t\n]", addr, want) != 2 || strcmp(want, "expect") == 0)
			continue;
		rows++;
		if (but != NULL && strncmp(addr, but, strlen(but)) == 0)
			continue;
		if ((verdict(p, addr) == URL_OK) != (strcmp(want, "allow") == 0) || verdict(p, addr) < 0) {
			wrong++;
			(void)printf("# %s\n", line);
		}
	}
	(void)fclose(f);
	ok(rows > 900, "the corpus has its rows");
	is_int(wrong, 0, "no wrong verdict on the address corpus");
}

static void
owner(void)
{
	struct err err = {0};
	struct url_policy *p = url_policy_new();
	ok(url_policy_allow_ip(p, "127.0.0.0/8", &err) == 0, "allow 127.0.0.0/8");
	ok(verdict(p, "127.9.9.9") == URL_OK, "an allowed range wins");
	ok(verdict(p, "::ffff:127.0.0.1") == URL_OK, "so does its IPv4-mapped form");
	ok(verdict(p, "64:ff9b::7f00:1") == URL_OK, "and its NAT64 form");
	ok(verdict(p, "::1") != URL_OK && verdict(p, "10.0.0.1") != URL_OK, "others stay refused");
	ok(url_policy_deny_ip(p, "8.8.8.0/24", &err) == 0 && verdict(p, "8.8.8.8") != URL_OK, "the owner denies");
	ok(verdict(p, "2a00::5efe:808:808") != URL_OK, "also inside an ISATAP address");
	ok(url_policy_allow_ip(p, "8.8.8.8", &err) == 0 && verdict(p, "8.8.8.8") == URL_OK, "allow wins over deny");
	ok(url_policy_allow_ip(p, "64:ff9b::/96", &err) == 0, "allow the NAT64 prefix");
	ok(verdict(p, "64:ff9b::101:101") == URL_OK, "public addresses behind NAT64");
	ok(verdict(p, "64:ff9b::a00:1") != URL_OK, "private addresses behind NAT64 stay refused");
	ok(url_policy_allow_ip(p, "64:ff9b:1:abcd::/64", &err) == 0, "allow a local NAT64 prefix of 64 bits");
	ok(verdict(p, "64:ff9b:1:abcd:1:101:100:0") == URL_OK, "1.1.1.1 decoded as RFC 6052 has it");
	ok(verdict(p, "64:ff9b:1:abcd:0:a00:100:0") != URL_OK, "10.0.0.1 likewise");
	ok(url_policy_allow_ip(p, "::/0", &err) == 0 && verdict(p, "10.0.0.1") != URL_OK, "::/0 says nothing of IPv4");
	ok(verdict(p, "fe80::1") == URL_OK, "and all of IPv6");
	ok(verdict(p, "::ffff:10.0.0.1") != URL_OK, "but the IPv4 inside");
	url_policy_free(p);
}

static void
nat64(void)
{
	static const struct {
		const char *prefix, *good, *bad, *octet;
	} forms[] = {
	    /* RFC 6052 §2.4 with 1.1.1.1 and 10.0.0.1; octet: bits 64 to 71 are not zero */
	    {"2a0e:b5::/32", "2a0e:b5:101:101::", "2a0e:b5:a00:1::", "2a0e:b5:101:101:100::"},
	    {"2a0e:b5:100::/40", "2a0e:b5:101:101:1::", "2a0e:b5:10a:0:1::", "2a0e:b5:101:101:0101::"},
	    {"2a0e:b5:122::/48", "2a0e:b5:122:101:1:100::", "2a0e:b5:122:a00:0:100::", "2a0e:b5:122:101:101:100::"},
	    {"2a0e:b5:122:300::/56", "2a0e:b5:122:301:1:101::", "2a0e:b5:122:30a:0:1::", "2a0e:b5:122:301:201:101::"},
	    {"2a0e:b5:122:344::/64",
	     "2a0e:b5:122:344:1:101:100::", "2a0e:b5:122:344:a:0:100::", "2a0e:b5:122:344:ff01:101:100::"},
	    {"2a0e:b5:122:344::/96", "2a0e:b5:122:344::1.1.1.1", "2a0e:b5:122:344::10.0.0.1", "2a0e:b5:122:345::1"},
	    {"64:ff9b::/96", "64:ff9b::1.1.1.1", "64:ff9b::169.254.169.254", "64:ff9b:0:0:100::1.1.1.1"},
	    {"64:ff9b:1::/48", "64:ff9b:1:101:1:100::", "64:ff9b:1:7f00:0:100::", "64:ff9b:1:101:101:100::"},
	};
	static const char *const bad[] = {"64:ff9b::/95", "64:ff9b::/97", "64:ff9b::/128", "64:ff9b::",
					  "10.0.0.0/8",	  "::/0",	  "64:ff9b::/72",  "1:2:3:4:500::/96"};
	struct err err = {0};
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct url_policy *p = url_policy_new();
		ok(url_policy_nat64(p, forms[i].prefix, &err) == 0, "prefix %s", forms[i].prefix);
		corpus_but(p, "64:ff9b:");
		is_int(verdict(p, forms[i].good), URL_OK, "  a public address within");
		is_int(verdict(p, forms[i].bad), URL_DENIED_ADDRESS, "  a private one");
		ok(i == 5 || verdict(p, forms[i].octet) == URL_DENIED_ADDRESS, "  one that is malformed");
		ok(url_policy_deny_ip(p, "1.1.1.1", &err) == 0 && verdict(p, forms[i].good) != URL_OK,
		   "  one that the owner denies");
		ok(url_policy_allow_ip(p, "10.0.0.0/8", &err) == 0 && (i > 5 || verdict(p, forms[i].bad) == URL_OK),
		   "  one that the owner allows");
		url_policy_free(p);
	}
	struct url_policy *p = url_policy_new();
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(url_policy_nat64(p, bad[i], &err) == -1, "no prefix: '%s'", bad[i]);
	url_policy_free(p);
}

static void
ports(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct url_policy *p = url_policy_new();
	(void)inet_pton(AF_INET, "8.8.8.8", &in.sin_addr);
	(void)inet_pton(AF_INET6, "2a00::1", &in6.sin6_addr);
	in.sin_port = in6.sin6_port = htons(443);
	ok(url_policy_check_addr(p, (struct sockaddr *)&in) == URL_OK &&
	       url_policy_check_addr(p, (struct sockaddr *)&in6) == URL_OK,
	   "an address with a port");
	in.sin_port = in6.sin6_port = htons(25);
	ok(url_policy_check_addr(p, (struct sockaddr *)&in) == URL_DENIED_PORT &&
	       url_policy_check_addr(p, (struct sockaddr *)&in6) == URL_DENIED_PORT,
	   "that is nobody's");
	url_policy_free(p);
}

static void
cidrs(void)
{
	static const char *const good[] = {"1.2.3.4", "0.0.0.0/0", "10.0.0.0/8",	"::/0",
					   "::1",     "fe80::/10", "::ffff:1.2.3.4/128"};
	static const char *const bad[] = {"",
					  "/8",
					  "10.0.0.0/",
					  "10.0.0.0/33",
					  "10.0.0.0/-1",
					  "10.0.0/8",
					  "::/129",
					  "x",
					  "fe80::1%lo",
					  "10.0.0.0/8 ",
					  "1.2.3.4/+8",
					  "127.1",
					  "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/8"};
	struct url_cidr c;
	struct err err = {0};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ok(url_cidr_parse(&c, good[i], &err) == 0, "range %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(url_cidr_parse(&c, bad[i], &err) == -1, "no range: '%s'", bad[i]);
	ok(url_cidr_parse(&c, "10.0.0.0/8", &err) == 0 && c.bits == 104, "IPv4 ranges are IPv4-mapped");
}

int
main(void)
{
	struct url_policy *p = url_policy_new();
	struct sockaddr_in6 scoped = {.sin6_family = AF_INET6, .sin6_scope_id = 1};
	struct sockaddr local = {.sa_family = AF_UNIX};
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		ok((verdict(p, own[i].addr) == URL_OK) == own[i].allowed, "%s", own[i].addr);
	(void)inet_pton(AF_INET6, "2a00::1", &scoped.sin6_addr);
	ok(url_policy_check_addr(p, (struct sockaddr *)&scoped) != URL_OK, "a zone is refused");
	ok(url_policy_check_addr(p, &local) != URL_OK, "other families are refused");
	corpus_but(p, NULL);
	url_policy_free(p);
	owner();
	nat64();
	ports();
	cidrs();
	return done();
}
