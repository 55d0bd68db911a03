/* Does each host get its own settings, however it is spelled? */
#include "conf/conf.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/mx-site.XXXXXX";
static char path[64];

static void
read_text(struct conf *c, const char *text)
{
	struct err err = {0};
	FILE *f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
	conf_init(c);
	is_int(conf_read(c, path, &err), 0, "the file is read");
	is_str(err.text, "", "without an error");
}

static const char sites[] = "user_agent = all\n"
			    "user_agent_fallback = first\n"
			    "max_spider_size = 1M\n"
			    "[site \"example.org\"]\n"
			    "user_agent = org\n"
			    "max_spider_size = 2M\n"
			    "user_agent_fallback = a\n"
			    "user_agent_fallback = b\n"
			    "[ site \"=example.org\" ]\n"
			    "user_agent = just org\n"
			    "[site \"Deep.WWW.example.org.\"]\n"
			    "max_spider_size = 3M\n"
			    "preview = off\n"
			    "robots = on\n"
			    "[site \"b\xC3\xBC"
			    "cher.example\"]\n"
			    "accept_language = de\n"
			    "[site \"xn--fa-hia.example\"]\n"
			    "header_timeout = 5s\n"
			    "[site \"198.51.100.7\"]\n"
			    "total_timeout = 7s\n"
			    "[site \"[2001:DB8::1]\"]\n"
			    "min_interval = 2s\n"
			    "http2 = on\n";

static const struct {
	const char *host, *agent;
	int64_t size;
} rows[] = {
    {"other.example", "all", 1 << 20},
    {"org", "all", 1 << 20},
    {"notexample.org", "all", 1 << 20},
    {"example.org", "just org", 2 << 20},
    {"EXAMPLE.org.", "just org", 2 << 20},
    {"www.example.org", "org", 2 << 20},
    {"deep.www.example.org", "org", 3 << 20},
    {"a.b.deep.www.example.org", "org", 3 << 20},
    {"example.org.evil.example", "all", 1 << 20},
    {"", "all", 1 << 20},
    {"..", "all", 1 << 20},
};

static void
hosts(const struct conf_sites *s)
{
	struct conf_site one;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		conf_site(s, rows[i].host, &one);
		is_str(one.user_agent, rows[i].agent, rows[i].host);
		is_int(one.max_spider_size, rows[i].size, "  and its size");
	}
	conf_site(s, "deep.www.example.org", &one);
	ok(!one.preview && one.robots, "switches of the most specific section");
	ok(one.user_agent_fallback.n == 2 && str_eq(one.user_agent_fallback.v[1], "b"), "lists of the one above it");
	conf_site(s, "x.example", &one);
	ok(one.preview && !one.robots && one.user_agent_fallback.n == 1, "elsewhere what stands outside of sections");
}

static void
spellings(const struct conf_sites *s)
{
	static const char *const german[] = {"xn--bcher-kva.example", "XN--BCHER-KVA.example",
					     "b\xC3\xBC"
					     "cher.example",
					     "B\xC3\x9C"
					     "CHER.example.",
					     "www.b\xC3\xBC"
					     "cher\xE3\x80\x82"
					     "example"};
	struct conf_site one;
	for (size_t i = 0; i < sizeof german / sizeof german[0]; i++) {
		conf_site(s, german[i], &one);
		is_str(one.accept_language, "de", german[i]);
	}
	conf_site(s, "fa\xC3\x9F.example", &one);
	is_int(one.header_timeout, 5000, "a name given in Punycode");
	conf_site(s, "0xC6.51.100.7", &one);
	is_int(one.total_timeout, 7000, "an IPv4 address in another form");
	conf_site(s, "1.198.51.100.7", &one);
	is_int(one.total_timeout, 30000, "nothing is below an address");
	conf_site(s, "[2001:db8:0:0::1]", &one);
	ok(one.min_interval == 2000 && one.http2, "an IPv6 address in another form");
}

static void
option_wins(struct conf *c)
{
	struct err err = {0};
	struct conf_site one;
	ok(conf_set(c, "user_agent", "option", &err) == 0, "an option after the file");
	struct conf_sites *s = conf_sites_new(c, &err);
	conf_site(s, "www.example.org", &one);
	is_str(one.user_agent, "option", "wins over sections too");
	is_int(one.max_spider_size, 2 << 20, "other keys stay");
	conf_sites_free(s);
}

static void
bad(const char *text, const char *want)
{
	struct conf c;
	struct err err = {0};
	read_text(&c, text);
	struct conf_sites *s = conf_sites_new(&c, &err);
	ok(s == NULL && strstr(err.text, want) != NULL && strstr(err.text, path) != NULL, "refused: %s", err.text);
	conf_sites_free(s);
	conf_clear(&c);
}

int
main(void)
{
	struct conf c;
	struct err err = {0};
	bool says = false, preview = true;
	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/conf", dir);
	read_text(&c, sites);
	struct conf_sites *s = conf_sites_new(&c, &err);
	if (!ok(s != NULL, "an index: %s", err.text))
		return done();
	hosts(s);
	spellings(s);
	is_str(conf_section(&c, 2, &says, &preview), "Deep.WWW.example.org.", "sections can be gone through");
	ok(says && !preview, "with what they say of preview");
	(void)conf_section(&c, 0, &says, &preview);
	ok(!says && conf_section(&c, 7, &says, &preview) == NULL, "or do not say, to the end");
	conf_sites_free(s);
	option_wins(&c);
	conf_clear(&c);
	bad("[site \"a.example\"]\n[site \"A.example.\"]\n", ":2: 'A.example.' is named twice");
	bad("\n[site \"a..b\"]\n", ":2: 'a..b' is no host name");
	bad("[site \"=\"]\n", "is no host name");
	(void)unlink(path);
	(void)rmdir(dir);
	return done();
}
