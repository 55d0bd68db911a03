/* Does every key hold what its row says, and nothing else? */
#include "conf/conf.h"
#include "tap.h"

#include <stdlib.h>

static void
defaults(void)
{
	struct conf c;
	conf_init(&c);
	is_str(c.server_name, "localhost", "server_name");
	ok(strncmp(c.user_agent, "mxpreview/", 10) == 0 && strchr(c.user_agent, '.') != NULL,
	   "user_agent has a version");
	is_str(c.accept_language, "en-US,en;q=0.9", "accept_language");
	ok(c.allow_ip.n == 0 && c.deny_ip.n == 0 && c.deny_url.n == 0 && c.oembed_providers.n == 0, "lists are empty");
	is_int((long long)c.oembed_disable.n, 0, "oembed_disable");
	is_int(c.max_spider_size, 10 * 1024 * 1024, "max_spider_size");
	is_int(c.max_header_bytes, 65536, "max_header_bytes");
	is_int(c.max_header_count, 200, "max_header_count");
	is_int(c.max_redirects, 20, "max_redirects");
	is_int(c.connect_timeout, 10000, "connect_timeout");
	is_int(c.header_timeout, 20000, "header_timeout");
	is_int(c.idle_timeout, 10000, "idle_timeout");
	is_int(c.total_timeout, 30000, "total_timeout");
	is_int(c.jobs, 16, "jobs");
	is_int(c.ttl, 3600000, "ttl");
	is_int(c.max_ttl, 86400000, "max_ttl");
	is_int(c.failure_ttl, 300000, "failure_ttl");
	is_int(c.max_image_pixels, 33554432, "max_image_pixels");
	is_int(c.blurhash, 0, "blurhash");
	is_int(c.max_image_cpu, 2000, "max_image_cpu");
	is_int(c.min_interval, 0, "min_interval");
	ok(c.deny_own_addresses && c.nat64_prefix.n == 0 && c.allow_port.n == 0 && c.deny_port.n == 0 &&
	       c.allow_url.n == 0 && c.allow_url_secondary.n == 0,
	   "of the policy");
	ok(c.preview && !c.robots && !c.http2 && c.user_agent_fallback.n == 0, "of sites");
	ok(c.oembed_builtin && !c.merge_oembed_first && !c.compat_synapse, "switches");
	is_int(c.max_upload_size, 50 * 1024 * 1024, "max_upload_size");
	is_int(c.unused_expiration_time, 86400000, "unused_expiration_time");
	is_int(c.min_free_space, 64 * 1024 * 1024, "min_free_space");
	ok(c.max_pending_media_uploads == 5 && c.media_upload_limits.n == 0 && !c.dynamic_thumbnails &&
	       c.enable_authenticated_media,
	   "of media");
	conf_clear(&c);
}

static void
upload_limits(void)
{
	static const char *const bad[] = {"",	  "24h",      "24h500M", "500M 24h", "-1h 5M",
					  "0 5M", "24h 5M x", "24h  ",	 "x 5M"};
	int64_t period = 0, bytes = 0;
	is_int(conf_upload_limit("24h  500M", &period, &bytes), 0, "an upload limit");
	ok(period == 86400000 && bytes == 500LL * 1024 * 1024, "its time and size");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(conf_upload_limit(bad[i], &period, &bytes) < 0, "none: '%s'", bad[i]);
}

/* A default that its own row refuses would silently stay empty. */
static void
defaults_are_valid(void)
{
	const char *def;
	const char *help;
	const char *key;
	struct err err;
	for (size_t i = 0; (key = conf_key(i, &def, &help)) != NULL; i++) {
		struct conf c;
		conf_init(&c);
		ok(def[0] == '\0' || conf_set(&c, key, def, &err) == 0, "the default of %s is allowed", key);
		ok(help != NULL && help[0] != '\0', "%s has a line of help", key);
		conf_clear(&c);
	}
	ok(conf_key(10000, NULL, NULL) == NULL, "past the end there is no key");
}

static void
pair(const char *key, const char *value, int good)
{
	struct conf c;
	struct err err;
	err_clear(&err);
	conf_init(&c);
	int rc = conf_set(&c, key, value, &err);
	ok(rc == (good ? 0 : -1), "%s = %.60s is %s", key, value, good ? "taken" : "refused");
	if (!good)
		ok(strstr(err.text, key) != NULL && (err.code == ERR_INPUT || err.code == ERR_LIMIT),
		   "the error names the key: %.300s", err.text);
	conf_clear(&c);
}

static void
server_names(void)
{
	static const char *const good[] = {"example.org", "matrix.example.org:8448", "1.2.3.4",	  "1.2.3.4:1",
					   "[::1]",	  "[2001:db8::1]:65535",     "localhost", "EXAMPLE-x.Org"};
	static const char *const bad[] = {"",
					  ":8448",
					  "example.org:",
					  "example.org:0",
					  "example.org:65536",
					  "a b",
					  "exämple.org",
					  "example.org/x",
					  "[::1",
					  "[::1]x",
					  "[1.2.3.4]",
					  "[fe80::1%lo]",
					  "[]",
					  "a:b:c",
					  "example.org:0x1",
					  "a@b",
					  "a_b",
					  "example.org:+1",
					  "example.org:000080"};
	char lng[240];
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		pair("server_name", good[i], 1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		pair("server_name", bad[i], 0);
	(void)memset(lng, 'a', sizeof lng);
	lng[230] = '\0';
	pair("server_name", lng, 1);
	lng[230] = 'a';
	lng[231] = '\0';
	pair("server_name", lng, 0);
}

static void
headers(void)
{
	char lng[300];
	pair("user_agent", "bot/1.0 (+https://example.org/)", 1);
	pair("user_agent", "bot\r\nX-Evil: 1", 0);
	pair("user_agent", "bot\ttab", 0);
	pair("user_agent", "böt", 0);
	pair("user_agent", "bot\x7F", 0);
	pair("accept_language", "de-AT, de;q=0.9, *;q=0.1", 1);
	pair("accept_language", "en\nX: y", 0);
	pair("accept_language", "en/us", 0);
	(void)memset(lng, 'e', sizeof lng);
	lng[101] = '\0';
	pair("accept_language", lng, 0);
	lng[100] = '\0';
	pair("accept_language", lng, 1);
	(void)memset(lng, 'e', sizeof lng);
	lng[257] = '\0';
	pair("user_agent", lng, 0);
}

static void
numbers(void)
{
	pair("jobs", "1", 1);
	pair("jobs", "256", 1);
	pair("jobs", "0", 0);
	pair("jobs", "257", 0);
	pair("jobs", "-1", 0);
	pair("jobs", "four", 0);
	pair("jobs", "4K", 0);
	pair("jobs", "99999999999999999999", 0);
	pair("max_spider_size", "512K", 1);
	pair("max_spider_size", "1G", 1);
	pair("max_spider_size", "1T", 0);
	pair("max_spider_size", "12", 0);
	pair("max_spider_size", "10 M", 0);
	pair("max_header_bytes", "257K", 0);
	pair("ttl", "0", 1);
	pair("ttl", "90m", 1);
	pair("ttl", "1500", 1);
	pair("ttl", "11y", 0);
	pair("ttl", "1h30m", 0);
	pair("connect_timeout", "50", 0);
	pair("max_image_pixels", "32M", 1);
	pair("max_image_pixels", "0", 0);
}

static void
words(void)
{
	static const char *const yes[] = {"true", "YES", "on"};
	static const char *const no[] = {"false", "No", "OFF"};
	struct conf c;
	struct err err;
	conf_init(&c);
	for (int i = 0; i < 3; i++) {
		ok(conf_set(&c, "oembed_builtin", no[i], &err) == 0 && !c.oembed_builtin, "%s is false", no[i]);
		ok(conf_set(&c, "oembed_builtin", yes[i], &err) == 0 && c.oembed_builtin, "%s is true", yes[i]);
	}
	ok(conf_set(&c, "merge", "oembed-first", &err) == 0 && c.merge_oembed_first, "merge = oembed-first");
	ok(conf_set(&c, "merge", "html-first", &err) == 0 && !c.merge_oembed_first, "merge = html-first");
	ok(conf_set(&c, "compat", "synapse", &err) == 0 && c.compat_synapse, "compat = synapse");
	ok(conf_set(&c, "compat", "none", &err) == 0 && !c.compat_synapse, "compat = none");
	conf_clear(&c);
	pair("merge", "first", 0);
	pair("compat", "true", 0);
	pair("oembed_builtin", "1", 0);
	pair("merge_oembed_first", "true", 0);
	pair("nonsense", "1", 0);
}

static void
lists(void)
{
	struct conf c;
	struct err err;
	conf_init(&c);
	ok(conf_set(&c, "allow_ip", "10.0.0.0/8", &err) == 0 && conf_set(&c, "allow_ip", "::1", &err) == 0,
	   "two values");
	is_int((long long)c.allow_ip.n, 2, "a list adds");
	is_str(c.allow_ip.v[0], "10.0.0.0/8", "first");
	is_str(c.allow_ip.v[1], "::1", "second");
	ok(conf_set(&c, "jobs", "2", &err) == 0 && conf_set(&c, "jobs", "3", &err) == 0 && c.jobs == 3,
	   "a single value replaces");
	ok(conf_set(&c, "server_name", "a.b", &err) == 0 && conf_set(&c, "server_name", "-bad:", &err) < 0, "refused");
	is_str(c.server_name, "a.b", "a refused value changes nothing");
	int rc = 0;
	for (int i = 0; rc == 0 && i < 10001; i++)
		rc = conf_set(&c, "deny_ip", "192.0.2.1", &err);
	ok(rc < 0 && c.deny_ip.n == 10000 && err.code == ERR_LIMIT, "a list has a ceiling");
	conf_clear(&c);
	pair("oembed_disable", "Apple Podcasts", 1);
	pair("oembed_disable", "example.org", 1);
	pair("oembed_disable", "", 0);
	pair("allow_port", "443", 1);
	pair("deny_port", "8000-8100", 1);
	pair("deny_port", "0", 0);
	pair("deny_port", "80-", 0);
	pair("deny_port", "http", 0);
	pair("nat64_prefix", "64:ff9b::/96", 1);
	pair("nat64_prefix", "64:ff9b::/", 0);
	pair("deny_ip", "fc00::/7", 1);
	pair("deny_ip", "10.0.0.0/33", 0);
	pair("deny_ip", "10.0.0.0/", 0);
	pair("deny_ip", "10.0.0.0/-1", 0);
	pair("deny_ip", "10.0.0", 0);
	pair("deny_ip", "::/129", 0);
	pair("deny_ip", "fe80::1%lo", 0);
	pair("deny_ip", "example.org", 0);
	pair("deny_url", "netloc=*.example.org path=^/a#b", 1);
	pair("deny_url", "netloc=\xff", 0);
	char *huge = mem_alloc(4098);
	(void)memset(huge, 'a', 4096);
	pair("deny_url", huge, 1);
	huge[4096] = 'a';
	pair("deny_url", huge, 0);
	mem_free(huge);
}

int
main(void)
{
	defaults();
	upload_limits();
	defaults_are_valid();
	server_names();
	headers();
	numbers();
	words();
	lists();
	return done();
}
