/* Are answers what Matrix clients and caches expect?  Ranges, versions, headers, FastCGI records. */
#include "tap.h"
#include "web/fcgi.h"

#include <stdlib.h>

static void
ranges(void)
{
	static const struct {
		const char *range, *if_range;
		int64_t size;
		enum web_range want;
		int64_t first, length;
	} t[] = {
	    {NULL, NULL, 10, WEB_RANGE_ALL, 0, 10},
	    {"bytes=0-0", NULL, 10, WEB_RANGE_PART, 0, 1},
	    {"bytes=2-", NULL, 10, WEB_RANGE_PART, 2, 8},
	    {"bytes=2-99", NULL, 10, WEB_RANGE_PART, 2, 8},
	    {"bytes=-3", NULL, 10, WEB_RANGE_PART, 7, 3},
	    {"bytes=-99", NULL, 10, WEB_RANGE_PART, 0, 10},
	    {"Bytes= 9-9 ", NULL, 10, WEB_RANGE_PART, 9, 1},
	    {"bytes=10-", NULL, 10, WEB_RANGE_NONE, 0, 10},
	    {"bytes=-0", NULL, 10, WEB_RANGE_NONE, 0, 10},
	    {"bytes=0-", NULL, 0, WEB_RANGE_NONE, 0, 0},
	    {"bytes=-5", NULL, 0, WEB_RANGE_NONE, 0, 0},
	    {"bytes=99999999999999999999-", NULL, 10, WEB_RANGE_NONE, 0, 10},
	    {"bytes=1-99999999999999999999", NULL, 10, WEB_RANGE_PART, 1, 9},
	    {"bytes=5-2", NULL, 10, WEB_RANGE_ALL, 0, 10},
	    {"bytes=0-1,3-4", NULL, 10, WEB_RANGE_ALL, 0, 10},
	    {"bytes=-", NULL, 10, WEB_RANGE_ALL, 0, 10},
	    {"bytes=a-b", NULL, 10, WEB_RANGE_ALL, 0, 10},
	    {"lines=0-1", NULL, 10, WEB_RANGE_ALL, 0, 10},
	    {"bytes=0-1", "\"e\"", 10, WEB_RANGE_PART, 0, 2},
	    {"bytes=0-1", "W/\"e\"", 10, WEB_RANGE_ALL, 0, 10},
	    {"bytes=0-1", "\"f\"", 10, WEB_RANGE_ALL, 0, 10},
	    {"bytes=0-1", "Sat, 21 Nov 2026 16:38:00 GMT", 10, WEB_RANGE_ALL, 0, 10},
	};
	struct web_span span;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		enum web_range got = web_range(t[i].range, t[i].if_range, "e", t[i].size, &span);
		ok(got == t[i].want && span.first == t[i].first && span.length == t[i].length, "%s of %lld",
		   t[i].range != NULL ? t[i].range : "no range", (long long)t[i].size);
	}
}

static void
versions(void)
{
	static const struct {
		const char *header;
		int want;
	} t[] = {
	    {"\"e\"", 1},
	    {"W/\"e\"", 1},
	    {"\"a\", \"e\"", 1},
	    {"\"a\",W/\"e\"", 1},
	    {"*", 1},
	    {" \"e\" ", 1},
	    {"\"a\"", 0},
	    {"\"ee\"", 0},
	    {"e", 0},
	    {"", 0},
	    {"\"e", 0},
	    {"* x", 0},
	    {NULL, 0},
	    {"\"a\" \"e\"", 0},
	    {"\"a,e\"", 0},
	};
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		is_int(web_none_match(t[i].header, "e"), t[i].want, t[i].header != NULL ? t[i].header : "no header");
	ok(!web_none_match("*", NULL), "what has no version is never known");
}

static void
answers(void)
{
	struct web_answer a;
	struct err err;
	struct buf out;
	buf_init(&out, 65536);
	(void)err_http(&err, ERR_LIMIT, 429, "M_LIMIT_EXCEEDED", "Too \"Many\" Requests");
	err.retry_after = 1500;
	web_error(&a, &err);
	is_str(a.body.p,
	       "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"Too \\\"Many\\\" Requests\",\"retry_after_ms\":1500}",
	       "an error");
	ok(web_head(&a, WEB_GET, &out), "has a body");
	ok(strstr(out.p, "Status: 429 Too Many Requests\r\n") == out.p, "its status");
	ok(strstr(out.p, "\r\nRetry-After: 2\r\n") != NULL, "seconds, rounded up");
	ok(strstr(out.p, "\r\nAccess-Control-Allow-Origin: *\r\n") != NULL, "CORS");
	char *length = mem_printf("\r\nContent-Length: %zu\r\n", strlen(a.body.p));
	ok(strstr(out.p, length) != NULL, "its length");
	mem_free(length);
	buf_reset(&out);
	ok(!web_head(&a, WEB_HEAD, &out) && strstr(out.p, "Content-Length: ") != NULL, "HEAD: the length alone");
	web_answer_clear(&a);

	web_preflight(&a);
	web_header(&a, "X-Bad", "a\r\nSet-Cookie: b");
	web_header(&a, "X-Good", "%d", 7);
	buf_reset(&out);
	ok(!web_head(&a, WEB_OPTIONS, &out) && strstr(out.p, "Content-Length") == NULL,
	   "204 has neither body nor length");
	ok(strstr(out.p, "Cookie") == NULL && strstr(out.p, "X-Good: 7\r\n") != NULL, "a header is one line, or none");
	web_answer_clear(&a);
	buf_clear(&out);
}

static void
media(void)
{
	static const struct {
		const char *type, *name, *want;
	} t[] = {
	    {"image/png", NULL, "Content-Disposition: inline\r\n"},
	    {"image/svg+xml", NULL, "Content-Disposition: attachment\r\n"},
	    {"image/svg+xml", NULL, "Content-Type: image/svg+xml; charset=UTF-8\r\n"},
	    {"text/HTML", "a.html", "Content-Disposition: attachment; filename=a.html\r\n"},
	    {"text/plain; charset=x", "a b", "Content-Disposition: inline; filename*=utf-8''a%20b\r\n"},
	    {"text/plain; charset=x", "a b", "Content-Type: text/plain; charset=x\r\n"},
	    {"x/y", "\xC3\xA4/\"\r\n", "Content-Disposition: attachment; filename*=utf-8''%C3%A4/%22%0D%0A\r\n"},
	    {"x/y", NULL, "ETag: \"abc\"\r\n"},
	};
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct web_answer a;
		web_answer_init(&a, 200);
		web_medium_headers(&a, &(struct web_medium){t[i].type, t[i].name, "abc", i == 0});
		ok(strstr(a.head.p, t[i].want) != NULL, "%s", t[i].want);
		is_int(strstr(a.head.p, "Content-Security-Policy: sandbox") != NULL, i != 0, "thumbnails run nothing");
		web_answer_clear(&a);
	}
}

static void
parts_of_a_file(void)
{
	struct web_answer a;
	struct web_request r = {.method = WEB_GET, .range = "bytes=90-"};
	web_answer_init(&a, 200);
	a.fd = 1000;
	a.length = 100;
	web_answer_range(&a, &r, "e");
	ok(a.status == 206 && a.offset == 90 && a.length == 10, "a part");
	ok(strstr(a.head.p, "Content-Range: bytes 90-99/100\r\n") != NULL, "says which");
	a.fd = -1;
	web_answer_clear(&a);
	web_answer_init(&a, 200);
	a.fd = 1000;
	a.length = 90;
	web_answer_range(&a, &r, "e");
	ok(a.status == 416 && a.length == 0 && strstr(a.head.p, "Content-Range: bytes */90\r\n") != NULL,
	   "one that is not there");
	a.fd = -1;
	web_answer_clear(&a);
}

static void
records(void)
{
	struct buf out;
	struct web_fcgi_record rec;
	struct web_fcgi_variables v;
	struct err err;
	char *big = mem_alloc(70000);
	buf_init(&out, 200000);
	is_int(web_fcgi_put(&out, WEB_FCGI_STDOUT, 258, big, 70000), 0, "a stream");
	ssize_t n = web_fcgi_next(out.p, out.len, &rec, &err);
	ok(n > 0 && rec.type == WEB_FCGI_STDOUT && rec.id == 258 && rec.n == 65528, "in pieces");
	ssize_t m = web_fcgi_next(out.p + n, out.len - (size_t)n, &rec, &err);
	ok(m > 0 && rec.n == 70000 - 65528 && (size_t)(n + m) == out.len, "all of it");
	for (size_t i = 0; i < 9; i++)
		is_int(web_fcgi_next(out.p, i, &rec, &err), 0, "the beginning of one");
	out.p[0] = 2;
	is_int(web_fcgi_next(out.p, 1, &rec, &err), -1, "another version");
	buf_reset(&out);
	is_int(web_fcgi_put_values(&out, "\x0e\0\x0e\0\x0f\0\1\0FCGI_MAX_CONNSxx", 4, 3, 4), 0, "malformed names");
	buf_reset(&out);
	(void)web_fcgi_put_values(&out, "\x0e\0FCGI_MAX_CONNS\x0f\0FCGI_MPXS_CONNS\4\0none", 39, 12, 4);
	n = web_fcgi_next(out.p, out.len, &rec, &err);
	ok(n > 0 && rec.type == WEB_FCGI_VALUES && rec.n == 18 + 18 &&
	       memcmp(rec.p, "\x0e\2FCGI_MAX_CONNS12\x0f\1FCGI_MPXS_CONNS1", 36) == 0,
	   "values");
	is_int(web_fcgi_variables(&v, "\3\1FOOx\x80\0\0\3\0BAR", 14, &err), 0, "variables");
	is_str(web_fcgi_variable(&v, "FOO"), "x", "one");
	is_str(web_fcgi_variable(&v, "BAR"), "", "an empty one");
	ok(web_fcgi_variable(&v, "BA") == NULL, "none");
	web_fcgi_variables_clear(&v);
	static const struct {
		const char *p;
		size_t n;
	} bad[] = {{"\3", 1}, {"\3\1FO", 4}, {"\x80\0\0", 3}, {"\xff\xff\xff\xff\1x", 6}, {"\1\xff\xff\xff\xffx", 6}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		is_int(web_fcgi_variables(&v, bad[i].p, bad[i].n, &err), -1, "malformed variables");
	char *many = mem_alloc((size_t)2 * (WEB_FCGI_VARIABLES + 1));
	is_int(web_fcgi_variables(&v, many, (size_t)2 * (WEB_FCGI_VARIABLES + 1), &err), -1, "too many variables");
	mem_free(many);
	mem_free(big);
	buf_clear(&out);
}

int
main(void)
{
	ranges();
	versions();
	answers();
	media();
	parts_of_a_file();
	records();
	return done();
}
