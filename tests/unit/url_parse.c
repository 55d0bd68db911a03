/* Are a URL's parts what RFC 3986 and browsers say they are? */
#include "url/url.h"

#include "tests/unit/tap.h"

#include <stdlib.h>

struct row {
	const char *text, *scheme, *user, *pass, *host, *path, *query, *fragment;
	int port;
};

static const struct row rows[] = {
    {"http://h", "http", NULL, NULL, "h", "", NULL, NULL, -1},
    {"HTTPS://Ex.Org:8443/A?b#c", "https", NULL, NULL, "ex.org", "/A", "b", "c", 8443},
    {"http://u:p:q@h/?#", "http", "u", "p:q", "h", "/", "", "", -1},
    {"http://a@b@c/", "http", "a@b", NULL, "c", "/", NULL, NULL, -1},
    {"http:/h/x", "http", NULL, NULL, "h", "/x", NULL, NULL, -1},
    {"http:h", "http", NULL, NULL, "h", "", NULL, NULL, -1},
    {"http://h\\x", "http", NULL, NULL, "h", "/x", NULL, NULL, -1},
    {" ht\ntp://h/\t ", "http", NULL, NULL, "h", "/", NULL, NULL, -1},
    {"http://[::FFFF:127.0.0.1]:80/", "http", NULL, NULL, "[::ffff:127.0.0.1]", "/", NULL, NULL, 80},
    {"ftp://h/x", "ftp", NULL, NULL, "h", "/x", NULL, NULL, -1},
    {"gopher://h:70/1", "gopher", NULL, NULL, "h", "/1", NULL, NULL, 70},
    {"http://h:0/", "http", NULL, NULL, "h", "/", NULL, NULL, 0},
    {"http://h:/", "http", NULL, NULL, "h", "/", NULL, NULL, -1},
    {"http://evil@good#@other/", "http", "evil", NULL, "good", "", NULL, "@other/", -1},
};

static const char *const bad[] = {
    "",
    "x",
    "//h/",
    "mailto:a@b",
    "file:///etc/passwd",
    "http://",
    "http:///",
    "http://?",
    "http://h:x/",
    "http://h:99999",
    "http://h:-1/",
    "http://[::1",
    "http://[]/",
    "http://[fe80::1%25eth0]/",
    "http://a b/",
    "http://a|b/",
    "http://[::1]a/",
    "1http://h/",
    "http://@/",
};

static void
parse(const struct row *r)
{
	struct url u;
	struct err err = {0};
	if (!ok(url_parse(&u, r->text, &err) == 0, "%s is a URL", r->text))
		return;
	is_str(u.scheme, r->scheme, "scheme");
	is_str(u.username, r->user, "username");
	is_str(u.password, r->pass, "password");
	is_str(u.host, r->host, "host");
	is_str(u.path, r->path, "path");
	is_str(u.query, r->query, "query");
	is_str(u.fragment, r->fragment, "fragment");
	is_int(u.port, r->port, "port");
	char *text = url_text(&u);
	struct url again;
	ok(url_parse(&again, text, &err) == 0 && str_eq(u.host, again.host) && str_eq(u.path, again.path) &&
	       u.port == again.port,
	   "%s reads the same again", text);
	url_clear(&again);
	free(text);
	url_clear(&u);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		parse(&rows[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct url u;
		struct err err = {0};
		ok(url_parse(&u, bad[i], &err) == -1 && err.code != ERR_NONE && u.host == NULL, "refused: %s", bad[i]);
	}
	ok(url_is_http("http://x") && url_is_http(" HTTPS:x") && !url_is_http("httpx://") && !url_is_http(""),
	   "is_http");
	char *form = url_form_encode("a b&c=\xc3\xa4/*-._~+");
	is_str(form, "a+b%26c%3D%C3%A4%2F*-._%7E%2B", "form encoding");
	free(form);
	return done();
}
