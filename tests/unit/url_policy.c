/* Do the owner's rules and the built-in ones refuse what they should, and nothing else? */
#include "url/url.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static enum url_verdict
ask(const struct url_policy *p, const char *text)
{
	struct url u;
	struct err err = {0};
	if (url_parse(&u, text, &err) < 0)
		return (enum url_verdict)99;
	enum url_verdict v = url_policy_check(p, &u);
	url_clear(&u);
	return v;
}

static const struct {
	const char *rule, *url;
	bool denied;
} rules[] = {
    {"hostname=evil.example", "http://evil.example/", true},
    {"hostname=evil.example", "http://EVIL.example./", true},
    {"hostname=Evil.example", "http://evil.example/", true},
    {"hostname=evil.example", "http://www.evil.example/", false},
    {"hostname=*.evil.example", "http://www.evil.example/", true},
    {"hostname=[ab].example", "http://b.example/", true},
    {"netloc=google.com", "http://GOOGLE.com/", true},
    {"netloc=google.com", "http://google.com:80/", true},
    {"netloc=google.com", "http://u@google.com/", true},
    {"netloc=google.com", "http://google.com./", true},
    {"netloc=google.com:8080", "http://google.com:8080/", true},
    {"netloc=google.com:8080", "http://google.com/", false},
    {"netloc=^google", "http://google.evil/", true},
    {"scheme=http", "https://h/", false},
    {"scheme=https", "https://h/", true},
    {"scheme=http*", "https://h/", true},
    {"port=*", "http://h/", false},
    {"port=*", "http://h:80/", true},
    {"port=^80", "http://h:8080/", true},
    {"port=8080", "http://h:808/", false},
    {"username=*", "http://u@h/", true},
    {"username=*", "http://h/", false},
    {"password=*", "http://u@h/", false},
    {"password=s?cret", "http://u:secret@h/", true},
    {"path=/a/*", "http://h/a/b/c", true},
    {"path=/a", "http://h/a/b", false},
    {"path=^/a", "http://h/a/b", true},
    {"path=^/A", "http://h/a/b", false},
    {"path=*", "http://h", true},
    {"query=*", "http://h/", true},
    {"query=*token=*", "http://h/?x&token=1", true},
    {"fragment=x", "http://h/#x", true},
    {"hostname=h path=/x*", "http://h/xy", true},
    {"hostname=h path=/x*", "http://h/y", false},
    {"hostname=h path=/x*", "http://i/x", false},
    {"hostname=::1", "http://[2a00::1]/", false},
    {"hostname=2a00::1", "http://[2a00::1]/", true},
    {"hostname=^[0-9.]+$", "http://9.9.9.9/", true},
    {"hostname=192.0.2.9", "http://0xC0000209/", true},
    {"hostname=b\xC3\xBC"
     "cher.example",
     "http://XN--bcher-kva.example/", true},
    {"hostname=xn--bcher-kva.example",
     "http://B\xC3\x9C"
     "CHER.example/",
     true},
    {"domain=example.org", "http://example.org/", true},
    {"domain=example.org", "http://a.b.EXAMPLE.org.:81/", true},
    {"domain=example.org", "http://u@example.org/", true},
    {"domain=example.org", "http://notexample.org/", false},
    {"domain=example.org", "http://example.org.evil.example/", false},
    {"domain=example.org", "http://org/", false},
    {"domain=EXAMPLE.org.", "http://www.example.org/", true},
    {"domain=xn--bcher-kva.example",
     "http://www.b\xC3\xBC"
     "cher.example/",
     true},
    {"domain=192.0.2.9", "http://3221225993/", true},
    {"domain=192.0.2.9", "http://1.192.0.2.9/", false},
    {"domain=[2a00::1]", "http://[2A00:0::1]/", true},
    {"domain=example.org path=/private/*", "http://www.example.org/private/x", true},
    {"domain=example.org path=/private/*", "http://www.example.org/public", false},
    {"http://example.org", "http://EXAMPLE.org:80/#x", true},
    {"http://example.org/a?b=c", "http://u:p@example.org/a?b=c", true},
    {"http://example.org/a?b=c", "http://example.org/a?b=d", false},
    {"http://example.org/a?b=c", "https://example.org/a?b=c", false},
    {"https://example.org/x/../a", "https://example.org/a", true},
    {"http://[2a00::1]/a", "http://[2A00::0001]/a", true},
    {"url=http*://example.org/*.pdf", "https://Example.org:443/x/y.pdf", true},
    {"url=http*://example.org/*.pdf", "https://example.org/x/y.html", false},
    {"url=^https://[^/]+/ads/", "https://any.example/ads/1", true},
    {"url=^https://[^/]+/ads/", "https://any.example/x/ads/1", false},
    {"path=^/[a-z]{3}/$", "http://h/abc/", true},
    {"path=^/[])x({9}]*$", "http://h/x({9}])", true},
};

static const char *const bad_rules[] = {"",
					"  ",
					"hostname",
					"hostname=",
					"host=x",
					"path=^(",
					"path=/a hostname",
					"domain=a..b",
					"domain=",
					"domain=http://h/",
					"http://",
					"http://[::1",
					"https://a b/",
					"path=^(a)\\1",
					"path=^/a{300}",
					"path=^/(a{20}){20}",
					"path=^((a{1,30}){1,30}){1,30}",
					"path=^a{99999999999999999999}",
					"path=^(((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))))"};

static void
patterns(void)
{
	struct err err = {0};
	char rule[2048] = "path=";
	struct url_policy *p = url_policy_new();
	memset(rule + 5, 'a', 1024);
	ok(url_policy_deny_url(p, rule, &err) == 0, "a pattern of 1024 bytes");
	rule[5 + 1024] = 'a';
	ok(url_policy_deny_url(p, rule, &err) == -1 && err.code == ERR_LIMIT, "and no more");
	ok(url_policy_deny_url(p, "path=^[0-9a-f]{128}([[:alpha:]]{2,60}){2}", &err) == 0, "248 positions");
	ok(url_policy_deny_url(p, "path=^[0-9a-f]{128}([[:alpha:]]{2,165}){2}", &err) == -1, "458 are too many");
	/* A regular expression gives the same answer however much it has seen. */
	ok(url_policy_deny_url(p, "path=^/(x|y)*x(x|y){9}z", &err) == 0, "a rule to be worn out");
	int wrong = 0;
	for (int i = 0; i < 3000; i++) {
		char text[64];
		(void)snprintf(text, sizeof text, "http://h/%sxyyyyyyyyy%s", i % 2 ? "yyxy" : "x", i % 3 ? "z" : "y");
		wrong += (ask(p, text) == URL_DENIED_RULE) != (i % 3 != 0);
	}
	is_int(wrong, 0, "the same answer three thousand times");
	url_policy_free(p);
}

static void
allow_lists(void)
{
	struct err err = {0};
	struct url u;
	struct url_policy *p = url_policy_new();
	ok(url_policy_allow_secondary(p, "domain=cdn.example", &err) == 0, "a rule for pictures alone");
	is_int(ask(p, "http://any.example/"), URL_OK, "restricts nothing by itself");
	ok(url_policy_allow_url(p, "domain=good.example", &err) == 0 &&
	       url_policy_deny_url(p, "path=/private*", &err) == 0,
	   "a list of what is allowed");
	is_int(ask(p, "http://www.good.example/"), URL_OK, "what is on it");
	is_int(ask(p, "http://bad.example/"), URL_DENIED_UNLISTED, "what is not");
	is_int(ask(p, "http://good.example/private"), URL_DENIED_RULE, "denied wins");
	is_int(ask(p, "http://cdn.example/x.png"), URL_DENIED_UNLISTED, "a page where pictures are");
	(void)url_parse(&u, "http://cdn.example/x.png", &err);
	is_int(url_policy_check_secondary(p, &u), URL_OK, "a picture there");
	url_clear(&u);
	(void)url_parse(&u, "http://bad.example/x.png", &err);
	is_int(url_policy_check_secondary(p, &u), URL_DENIED_UNLISTED, "elsewhere");
	url_clear(&u);
	(void)url_parse(&u, "http://www.good.example/x.png", &err);
	is_int(url_policy_check_secondary(p, &u), URL_OK, "or beside the page");
	url_clear(&u);
	is_int(ask(p, "http://127.0.0.1/"), URL_DENIED_UNLISTED, "addresses too");
	ok(url_policy_allow_url(p, "url=*", &err) == 0, "everything");
	is_int(ask(p, "http://127.0.0.1/"), URL_DENIED_ADDRESS, "a rule opens no address");
	url_policy_free(p);
}

static void
ports(void)
{
	static const char *const bad[] = {"", "x", "-1", "1-", "2-1", "65536", "80,443", "1-99999999999", " 80"};
	struct err err = {0};
	struct url_policy *p = url_policy_new();
	ok(url_policy_deny_port(p, "8000-8010", &err) == 0 && url_policy_deny_port(p, "443", &err) == 0,
	   "ports denied");
	is_int(ask(p, "http://h:8000/"), URL_DENIED_PORT, "the first");
	is_int(ask(p, "http://h:8010/"), URL_DENIED_PORT, "the last");
	is_int(ask(p, "http://h:8011/"), URL_OK, "the next");
	is_int(ask(p, "https://h/"), URL_DENIED_PORT, "a port that is not written");
	ok(url_policy_allow_port(p, "80", &err) == 0 && url_policy_allow_port(p, "22", &err) == 0 &&
	       url_policy_allow_port(p, "8005", &err) == 0,
	   "ports allowed");
	is_int(ask(p, "http://h/"), URL_OK, "the usual one");
	is_int(ask(p, "http://h:22/"), URL_OK, "one that browsers block");
	is_int(ask(p, "http://h:25/"), URL_DENIED_PORT, "one that was not allowed");
	is_int(ask(p, "http://h:8080/"), URL_DENIED_PORT, "nor this one");
	is_int(ask(p, "http://h:8005/"), URL_DENIED_PORT, "denied wins");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(url_policy_deny_port(p, bad[i], &err) == -1, "no port: '%s'", bad[i]);
	url_policy_free(p);
}

static const struct {
	const char *url;
	enum url_verdict want;
} built_in[] = {
    {"http://h/", URL_OK},
    {"https://h:8443/", URL_OK},
    {"ftp://h/", URL_DENIED_SCHEME},
    {"gopher://h:70/", URL_DENIED_SCHEME},
    {"http://h:0/", URL_DENIED_PORT},
    {"http://h:22/", URL_DENIED_PORT},
    {"http://h:25/", URL_DENIED_PORT},
    {"http://h:6379/", URL_DENIED_PORT},
    {"http://h:443/", URL_OK},
    {"http://u@h/", URL_DENIED_USERINFO},
    {"http://u:p@h/", URL_DENIED_USERINFO},
    {"http://:p@h/", URL_DENIED_USERINFO},
    {"http://127.0.0.1/", URL_DENIED_ADDRESS},
    {"http://u@127.0.0.1/", URL_DENIED_ADDRESS},
    {"http://127.0.0.1./", URL_DENIED_ADDRESS},
    {"http://127.1/", URL_DENIED_ADDRESS},
    {"http://0x7f.1/", URL_DENIED_ADDRESS},
    {"http://0177.0.0.1/", URL_DENIED_ADDRESS},
    {"http://2130706433/", URL_DENIED_ADDRESS},
    {"http://0x7f000001/", URL_DENIED_ADDRESS},
    {"http://0/", URL_DENIED_ADDRESS},
    {"http://%31%32%37.0.0.1/", URL_DENIED_ADDRESS},
    {"http://[::1]/", URL_DENIED_ADDRESS},
    {"http://[::ffff:127.0.0.1]/", URL_DENIED_ADDRESS},
    {"http://[::ffff:7f00:1]/", URL_DENIED_ADDRESS},
    {"http://[64:ff9b::7f00:1]/", URL_DENIED_ADDRESS},
    {"http://8.8.8.8/", URL_OK},
    {"http://[2606:4700:4700::1111]/", URL_OK},
    {"http://1.2.3.4.5/", (enum url_verdict)99}, /* neither an address nor a name */
};

static void
closed_sites(void)
{
	struct err err = {0};
	struct url_policy *p = url_policy_new();
	ok(url_policy_site(p, "example.org", false, &err) == 0 &&
	       url_policy_site(p, "b.example.org", true, &err) == 0 &&
	       url_policy_site(p, "=c.b.example.org", false, &err) == 0,
	   "a closed site with an open one inside");
	is_int(ask(p, "http://example.org/"), URL_DENIED_SITE, "the site");
	is_int(ask(p, "http://u@EXAMPLE.org.:8080/"), URL_DENIED_SITE, "in another spelling");
	is_int(ask(p, "http://x.example.org/"), URL_DENIED_SITE, "below it");
	is_int(ask(p, "http://b.example.org/"), URL_OK, "the open one");
	is_int(ask(p, "http://c.b.example.org/"), URL_DENIED_SITE, "a closed host");
	is_int(ask(p, "http://d.c.b.example.org/"), URL_OK, "not what is below it");
	is_int(ask(p, "http://notexample.org/"), URL_OK, "others");
	ok(url_policy_site(p, "EXAMPLE.org", true, &err) == -1, "a site is named once");
	ok(url_policy_site(p, NULL, false, &err) == 0, "all others closed");
	is_int(ask(p, "http://notexample.org/"), URL_DENIED_SITE, "then others are refused");
	is_int(ask(p, "http://b.example.org/"), URL_OK, "what is named open is not");
	url_policy_free(p);
}

int
main(void)
{
	struct err err = {0};
	closed_sites();
	patterns();
	allow_lists();
	ports();
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct url_policy *p = url_policy_new();
		ok(url_policy_deny_url(p, rules[i].rule, &err) == 0, "rule %s", rules[i].rule);
		ok((ask(p, rules[i].url) == URL_DENIED_RULE) == rules[i].denied, "%s %s", rules[i].url,
		   rules[i].denied ? "is denied" : "is not");
		url_policy_free(p);
	}
	struct url_policy *p = url_policy_new();
	for (size_t i = 0; i < sizeof bad_rules / sizeof bad_rules[0]; i++)
		ok(url_policy_deny_url(p, bad_rules[i], &err) == -1, "no rule: '%s'", bad_rules[i]);
	for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++)
		is_int(ask(p, built_in[i].url), built_in[i].want, built_in[i].url);
	for (int v = URL_OK; v <= URL_DENIED_USERINFO; v++)
		ok(url_verdict_text((enum url_verdict)v)[0] != '\0', "verdict %d has words", v);
	ok(url_policy_allow_ip(p, "127.0.0.0/8", &err) == 0 && ask(p, "http://0x7f.1/") == URL_OK &&
	       ask(p, "http://[::ffff:7f00:1]/") == URL_OK,
	   "an allowed range holds for every spelling");
	url_policy_free(p);
	return done();
}
