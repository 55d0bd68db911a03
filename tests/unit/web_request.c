/* Is a request read as its client meant it, and is nothing else believed? */
#include "tap.h"
#include "url/url.h"
#include "web/web.h"

#include <stdlib.h>

struct vars {
	const char *v[24]; /* name, value, …, NULL */
};

static const char *
get(void *arg, const char *name)
{
	const struct vars *v = arg;
	for (size_t i = 0; v->v[i] != NULL; i += 2)
		if (strcmp(v->v[i], name) == 0)
			return v->v[i + 1];
	return NULL;
}

static int
read_vars(struct web_request *r, struct vars v, const struct web_trust *t, struct err *err)
{
	err_clear(err);
	return web_request_read(r, get, &v, t, err);
}

static int
read_uri(struct web_request *r, const char *uri, struct err *err)
{
	return read_vars(r, (struct vars){{"REQUEST_METHOD", "GET", "REQUEST_URI", uri}}, NULL, err);
}

static void
paths(void)
{
	struct web_request r;
	struct err err;
	is_int(read_uri(&r, "/_matrix/client/v1/rooms/%21a%3Ab/%2Fy?u=a%20b+c&x=1&x=2&flag", &err), 0, "a target");
	is_int((long long)r.segments, 6, "its segments");
	is_str(r.segment[4], "!a:b", "decoded");
	is_str(r.segment[5], "/y", "each by itself: %2F parts nothing");
	is_str(web_param(&r, "u"), "a b c", "a parameter, '+' is a space");
	is_str(web_param(&r, "x"), "1", "the first one counts");
	is_str(web_param(&r, "flag"), "", "one without a value");
	ok(web_param(&r, "nope") == NULL, "one that is not there");
	web_request_clear(&r);

	is_int(read_vars(&r,
			 (struct vars){{"REQUEST_METHOD", "GET", "REQUEST_URI", "/cgi-bin/x.cgi/a/b?q=1", "SCRIPT_NAME",
					"/cgi-bin/x.cgi", "PATH_INFO", "/no"}},
			 NULL, &err),
	       0, "behind a script's name");
	is_int((long long)r.script, 2, "which is two segments");
	web_request_clear(&r);
	is_int(read_vars(
		   &r,
		   (struct vars){{"REQUEST_METHOD", "GET", "REQUEST_URI", "/_matrix/x", "SCRIPT_NAME", "/_matrix/x"}},
		   NULL, &err),
	       0, "a name that is everything");
	is_int((long long)r.script, 0, "is no script's");
	web_request_clear(&r);
	is_int(read_vars(&r,
			 (struct vars){{"REQUEST_METHOD", "HEAD", "PATH_INFO", "/a%2Fb/c", "QUERY_STRING", "q=%41"}},
			 NULL, &err),
	       0, "without REQUEST_URI");
	is_str(r.segment[0], "a%2Fb", "PATH_INFO is decoded already");
	is_str(web_param(&r, "q"), "A", "the query is not");
	web_request_clear(&r);
	is_int(read_uri(&r, "http://h:1/a/b?c=d", &err), 0, "an absolute target");
	is_str(r.segment[1], "b", "has a path");
	web_request_clear(&r);
}

static void
bad_ones(void)
{
	static const struct {
		const char *uri;
		int status;
	} bad[] = {{"/a%", 400},     {"/a%4", 400},   {"/%zz", 400},
		   {"/%00", 400},    {"/%ff", 400},   {"/?a=%", 400},
		   {"/?a=%00", 400}, {"nopath", 400}, {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", 404}};
	struct web_request r;
	struct err err;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		is_int(read_uri(&r, bad[i].uri, &err), -1, bad[i].uri);
		is_int(err_status(&err), bad[i].status, "its status");
		web_request_clear(&r);
	}
	char *text = mem_alloc(WEB_TARGET_MAX + 8);
	(void)memset(text, 'a', WEB_TARGET_MAX + 2);
	text[0] = '/';
	is_int(read_uri(&r, text, &err), -1, "a long target");
	is_int(err_status(&err), 414, "is too long");
	web_request_clear(&r);
	text[WEB_HEADER_MAX + 1] = '\0';
	is_int(read_vars(&r, (struct vars){{"REQUEST_METHOD", "GET", "REQUEST_URI", "/", "HTTP_AUTHORIZATION", text}},
			 NULL, &err),
	       -1, "a long header");
	is_int(err_status(&err), 431, "is too long");
	web_request_clear(&r);
	mem_free(text);
	for (const char *const *s = (const char *const[]){"-1", "1x", "99999999999999999999", NULL}; *s != NULL; s++) {
		is_int(read_vars(&r, (struct vars){{"REQUEST_METHOD", "PUT", "REQUEST_URI", "/", "CONTENT_LENGTH", *s}},
				 NULL, &err),
		       -1, "a length that is none");
		is_str(err.text, "Content-Length value is invalid", "is told");
		web_request_clear(&r);
	}
}

static void
parameters(void)
{
	static const char *const words[] = {"f", "b", NULL};
	struct web_request r;
	struct err err;
	const char *s = NULL;
	int64_t n = 7;
	bool b = true;
	size_t w = 0;
	(void)read_uri(&r, "/?i=12&neg=-1&x=1x&t=true&f=false&T=TRUE&dir=b&bad=z&e=", &err);
	ok(web_param_int(&r, "i", &n, &err) == 0 && n == 12, "an integer");
	ok(web_param_int(&r, "none", &n, &err) == 0 && n == 12, "none: as it was");
	is_int(web_param_int(&r, "neg", &n, &err), -1, "a negative one");
	is_str(err.text, "Query parameter neg must be a positive integer.", "in the reference's words");
	is_int(web_param_int(&r, "x", &n, &err), -1, "none at all");
	is_str(err.text, "Query parameter x must be an integer", "in the reference's words");
	is_str(err_errcode(&err), "M_INVALID_PARAM", "its code");
	is_int(web_param_int_must(&r, "none", &n, &err), -1, "one that must be there");
	is_str(err_errcode(&err), "M_MISSING_PARAM", "is missing");
	ok(web_param_bool(&r, "f", &b, &err) == 0 && !b, "false");
	ok(web_param_bool(&r, "t", &b, &err) == 0 && b, "true");
	is_int(web_param_bool(&r, "T", &b, &err), -1, "and nothing else");
	ok(web_param_word(&r, "dir", words, &w, &err) == 0 && w == 1, "a word");
	is_int(web_param_word(&r, "bad", words, &w, &err), -1, "none of the words");
	is_str(err.text, "Query parameter 'bad' must be one of ['f', 'b']", "which are told");
	is_int(web_param_string(&r, "url", &s, &err), -1, "a string that must be there");
	is_str(err.text, "Missing string query parameter 'url'", "is missing");
	ok(web_param_string(&r, "e", &s, &err) == 0 && *s == '\0', "an empty one is there");
	web_request_clear(&r);
}

static void
tokens(void)
{
	static const struct {
		const char *header, *uri, *want, *errcode;
	} t[] = {
	    {"Bearer abc", "/", "abc", NULL},
	    {"bearer  abc", "/?access_token=q", "abc", NULL},
	    {NULL, "/?access_token=q", "q", NULL},
	    {NULL, "/", NULL, "M_MISSING_TOKEN"},
	    {"Basic abc", "/", NULL, "M_MISSING_TOKEN"},
	    {"Bearer ", "/", NULL, "M_MISSING_TOKEN"},
	    {NULL, "/?access_token=a%0Ab", NULL, "M_UNKNOWN_TOKEN"},
	    {NULL, "/?access_token=a%20b", NULL, "M_UNKNOWN_TOKEN"},
	    {NULL, "/?access_token=%C3%A4", NULL, "M_UNKNOWN_TOKEN"},
	};
	struct web_request r;
	struct err err;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct vars v = {{"REQUEST_METHOD", "GET", "REQUEST_URI", t[i].uri, "HTTP_AUTHORIZATION", t[i].header}};
		(void)read_vars(&r, v, NULL, &err);
		is_str(web_token(&r, &err), t[i].want, "a token");
		if (t[i].want == NULL)
			ok(err_status(&err) == 401 && strcmp(err_errcode(&err), t[i].errcode) == 0, "or 401 %s",
			   t[i].errcode);
		web_request_clear(&r);
	}
}

static void
addresses(void)
{
	struct url_cidr own[2];
	struct web_trust trust = {own, 2, false}, local = {own, 2, true};
	static const struct {
		const char *remote, *forwarded, *want;
		bool trusted;
	} a[] = {
	    {"192.0.2.1", "198.51.100.7", "192.0.2.1", false},
	    {"10.0.0.1", "198.51.100.7", "198.51.100.7", true},
	    {"10.0.0.1", "1.2.3.4, 198.51.100.7,10.9.9.9", "198.51.100.7", true},
	    {"10.0.0.1", "10.1.1.1", "10.1.1.1", true},
	    {"10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1", true},
	    {"10.0.0.1", "1.2.3.4, nonsense, 10.0.0.3", "10.0.0.3", true},
	    {"10.0.0.1", "", "10.0.0.1", true},
	    {"10.0.0.1", ",", "10.0.0.1", true},
	    {"10.0.0.1", "198.51.100.7:4711", "198.51.100.7", true},
	    {"10.0.0.1", "[2001:db8::1]:99", "2001:db8::1", true},
	    {"fd00::1", "2001:DB8:0::2", "2001:db8::2", true},
	    {"::ffff:10.0.0.1", NULL, "10.0.0.1", true},
	    {"unix:", "1.2.3.4", "", false},
	};
	struct web_request r;
	struct err err;
	(void)url_cidr_parse(&own[0], "10.0.0.0/8", &err);
	(void)url_cidr_parse(&own[1], "fd00::/9", &err);
	for (size_t i = 0; i < sizeof a / sizeof a[0]; i++) {
		struct vars v = {{"REQUEST_METHOD", "GET", "REQUEST_URI", "/", "REMOTE_ADDR", a[i].remote,
				  "HTTP_X_FORWARDED_FOR", a[i].forwarded}};
		(void)read_vars(&r, v, &trust, &err);
		is_str(r.address, a[i].want, a[i].forwarded != NULL ? a[i].forwarded : a[i].remote);
		is_int(r.trusted, a[i].trusted, "trusted or not");
		web_request_clear(&r);
	}
	struct vars v = {
	    {"REQUEST_METHOD", "GET", "REQUEST_URI", "/", "REMOTE_ADDR", "unix:", "HTTP_X_FORWARDED_FOR", "1.2.3.4"}};
	(void)read_vars(&r, v, &local, &err);
	is_str(r.address, "1.2.3.4", "who asks through a socket of this machine may be trusted");
	web_request_clear(&r);
}

enum { PREVIEW = 1, MEDIUM, DELETE_ALL, ROOM };

static void
routes(void)
{
	static const struct web_route table[] = {
	    {WEB_GET, "/_matrix/media/(r0|v1|v3)/preview_url", WEB_USER, PREVIEW},
	    {WEB_POST, "/admin/media/delete", WEB_ADMIN, DELETE_ALL},
	    {WEB_DELETE, "/admin/media/{server}/{id}", WEB_ADMIN, MEDIUM},
	    {WEB_GET, "/download/{server}/{id}/{name?}", WEB_GUEST, MEDIUM},
	    {WEB_GET, "/room/{room}/media", WEB_ADMIN, ROOM},
	    {0, NULL, WEB_ANYONE, 0},
	};
	static const struct {
		const char *method, *uri;
		int want; /* handler, or minus the status */
	} t[] = {
	    {"GET", "/_matrix/media/v1/preview_url", PREVIEW},
	    {"HEAD", "/_matrix/media/r0/preview_url?x", PREVIEW},
	    {"OPTIONS", "/_matrix/media/r0/preview_url", PREVIEW},
	    {"POST", "/_matrix/media/v1/preview_url", -405},
	    {"GET", "/_matrix/media/v2/preview_url", -404},
	    {"GET", "/_matrix/media/v1/preview_url/", -404},
	    {"GET", "/_matrix/media/v1", -404},
	    {"GET", "/", -404},
	    {"POST", "/admin/media/delete", DELETE_ALL},
	    {"DELETE", "/admin/media/a/b", MEDIUM},
	    {"DELETE", "/admin/media//b", -404},
	    {"GET", "/download/s/i", MEDIUM},
	    {"GET", "/download/s/i/", MEDIUM},
	    {"GET", "/download/s/i/n%2Fx", MEDIUM},
	    {"GET", "/download/s/i/n/x", -404},
	    {"GET", "/room/%21a%2Fb%3Ac/media", ROOM},
	    {"PATCH", "/room/x/media", -405},
	};
	struct web_request r;
	struct web_match m;
	struct err err;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		(void)read_vars(&r, (struct vars){{"REQUEST_METHOD", t[i].method, "REQUEST_URI", t[i].uri}}, NULL,
				&err);
		int rc = web_route(table, &r, &m, &err);
		is_int(rc < 0 ? -err_status(&err) : m.route->handler, t[i].want, t[i].uri);
		if (strstr(t[i].uri, "%2Fx") != NULL)
			is_str(web_match_value(&m, "name"), "n/x", "a name with a slash in it");
		if (t[i].want == ROOM)
			is_str(web_match_value(&m, "room"), "!a/b:c", "a room");
		ok(rc < 0 || web_match_value(&m, "nam") == NULL, "no other names");
		web_request_clear(&r);
	}
	for (const char *const *s = (const char *const[]){"/cgi/x", "/room", "/room/a", NULL}; *s != NULL; s++) {
		const char *uri = **s == '/' && (*s)[1] == 'c' ? "/cgi/x/room/a/media" : "/room/a/media";
		struct vars v = {{"REQUEST_METHOD", "GET", "REQUEST_URI", uri, "SCRIPT_NAME", *s}};
		(void)read_vars(&r, v, NULL, &err);
		is_int(web_route(table, &r, &m, &err), 0, "behind a script's name, or with it");
		is_str(web_match_value(&m, "room"), "a", "is the same");
		web_request_clear(&r);
	}
}

int
main(void)
{
	paths();
	bad_ones();
	parameters();
	tokens();
	addresses();
	routes();
	return done();
}
