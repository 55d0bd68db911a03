/* Does a file say what it should, and where it is wrong? */
#include "conf/conf.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/mx-conf.XXXXXX";
static char path[64];

static void
put(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");
	if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		abort();
}

static void
good(void)
{
	static const char text[] = "\xEF\xBB\xBF# a comment\n"
				   "\n"
				   "  server_name=example.org  \r\n"
				   "\tuser_agent = bot = 1 # no comment\n"
				   "deny_url = path=^/a=b\n"
				   "deny_url = host=*\n"
				   "ttl = 2h\n"
				   "jobs = 3\n"
				   "jobs = 4\n"
				   "oembed_providers = more.json\n"
				   "oembed_providers = /etc/own.json";
	struct conf c;
	struct err err;
	char want[96];
	conf_init(&c);
	put(text, sizeof text - 1);
	err_clear(&err);
	is_int(conf_read(&c, path, &err), 0, "a good file is read");
	is_str(err.text, "", "without an error");
	is_str(c.server_name, "example.org", "blanks around key and value do not count; CRLF is a line's end");
	is_str(c.user_agent, "bot = 1 # no comment", "only the first '=' parts; '#' inside a value stays");
	is_int((long long)c.deny_url.n, 2, "a list by repetition");
	is_str(c.deny_url.v[0], "path=^/a=b", "its value whole");
	(void)snprintf(want, sizeof want, "%s:6", path);
	is_str(c.deny_url.where[1], want, "and where it stood");
	is_int(c.ttl, 7200000, "a time");
	is_int(c.jobs, 4, "the later value replaces");
	(void)snprintf(want, sizeof want, "%s/more.json", dir);
	is_str(c.oembed_providers.v[0], want, "a relative file is sought beside the configuration");
	is_str(c.oembed_providers.v[1], "/etc/own.json", "an absolute one stays; the last line needs no LF");
	conf_clear(&c);
}

static void
bad(const char *text, size_t n, const char *where, const char *why, const char *name)
{
	struct conf c;
	struct err err;
	char at[96];
	conf_init(&c);
	put(text, n);
	err_clear(&err);
	ok(conf_read(&c, path, &err) == -1, "%s is refused", name);
	(void)snprintf(at, sizeof at, "%s%s", path, where);
	ok(strncmp(err.text, at, strlen(at)) == 0 && strstr(err.text, why) != NULL, "  saying where and why: %.300s",
	   err.text);
	conf_clear(&c);
}

#define BAD(text, where, why, name) bad(text, sizeof(text) - 1, where, why, name)

static void
empty(void)
{
	struct conf c;
	struct err err;
	conf_init(&c);
	char *old = mem_alloc(4096); /* what the heap held before is not read */
	(void)memset(old, 'x', 4095);
	mem_free(old);
	put("", 0);
	is_int(conf_read(&c, path, &err), 0, "an empty file says nothing");
	conf_clear(&c);
}

static void
missing(void)
{
	struct conf c;
	struct err err;
	conf_init(&c);
	ok(conf_read(&c, "/nonexistent/mxpreview.conf", &err) < 0 && err.code == ERR_NOTFOUND,
	   "a missing file says so");
	ok(conf_read(&c, dir, &err) < 0 && err.code != ERR_NOTFOUND, "a directory is no file");
	conf_clear(&c);
}

static void
large(void)
{
	size_t n = ((size_t)1 << 20) + 1;
	char *text = mem_alloc(n);
	(void)memset(text, '\n', n);
	bad(text, n, "", "1048576", "a file of more than 1 MiB");
	struct conf c;
	struct err err;
	conf_init(&c);
	put(text, n - 1);
	is_int(conf_read(&c, path, &err), 0, "1 MiB is read");
	conf_clear(&c);
	mem_free(text);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/mxpreview.conf", dir);
	good();
	BAD("jobs = 1\nnonsense = 3\n", ":2: ", "unknown key 'nonsense'", "an unknown key");
	BAD("\n\njobs = 0\n", ":3: jobs: ", "from 1 to 256", "a number out of bounds");
	BAD("local_media_lifetime = 86400\n",
	    ":1: local_media_lifetime: ", "from 1h to 100y, or 0; without a letter it is in ms",
	    "seconds that are read as ms");
	BAD("remote_media_lifetime = 59m\n", ":1: ", "from 1h to 100y, or 0", "a lifetime of less than an hour");
	BAD("url_preview_image_lifetime = 0\n", ":1: ", "from 1h to 10y; without a letter it is in ms", "none at all");
	BAD("ttl = soon\n", ":1: ttl: ", "from 0 to 10y", "a bad time");
	BAD("max_spider_size = 1\n", ":1: max_spider_size: ", "from 1K to 1G", "a size too small");
	BAD("compat = x\n", ":1: compat: ", "neither none nor synapse", "a wrong word");
	BAD("jobs\n", ":1: ", "key = value", "a line without '='");
	BAD("jobs =\n", ":1: jobs: ", "needs a value", "an empty value");
	BAD("= 3\n", ":1: ", "unknown key", "an empty key");
	BAD("[example.org]\n", ":1: ", "[site \"example.org\"]", "a section of another form");
	BAD("[site example.org]\n", ":1: ", "[site \"example.org\"]", "a name without quotes");
	BAD("[site \"\"]\n", ":1: ", "[site ", "a section without a name");
	BAD("\n[site \"a b\"]\n", ":2: ", "'a b' is no host name", "a name with a blank");
	BAD("[site \"http://example.org/\"]\n", ":1: ", "no host name", "a URL for a name");
	BAD("[site \"a.example\"]\njobs = 1\n", ":2: ", "jobs: not for a single site", "a key that is no site's");
	BAD("[site \"a.example\"]\nttl2 = 1\n", ":2: ", "unknown key", "an unknown key of a site");
	BAD("[site \"a.example\"]\ntotal_timeout = 1\n", ":2: ", "from 100 to 1h", "a bad value of a site");
	BAD("server_name = \xC3\x28\n", ":1: ", "UTF-8", "bad UTF-8");
	BAD("user_agent = a\x01z\n", ":1: ", "control", "a control character");
	BAD("jobs = 1\n\0ttl = 1\n", ": ", "text file", "a NUL byte");
	empty();
	missing();
	large();
	(void)unlink(path);
	(void)rmdir(dir);
	return done();
}
