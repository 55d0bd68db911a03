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
};

static const char *const bad_rules[] = {"", "  ", "hostname", "hostname=", "host=x", "path=^(", "path=/a hostname"};

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
    {"http://1.2.3.4.5/", URL_OK}, /* a name, whatever the resolver makes of it is judged at connect(2) */
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
