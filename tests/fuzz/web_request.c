/* What may a client and its web server say?  FastCGI's variables, made a request, whose parts are asked for. */
#include "fuzz.h"

#include "url/url.h"
#include "web/fcgi.h"

static const struct web_route routes[] = {
    {WEB_GET, "/_matrix/client/v1/media/(download|thumbnail)/{server}/{id}/{name?}", WEB_USER, 0},
    {WEB_POST, "/_synapse/admin/v1/{a}/{b}", WEB_ADMIN, 1},
    {0, NULL, WEB_ANYONE, 0},
};

static void
answer(const struct web_request *r)
{
	struct web_answer a;
	struct buf head;
	const struct web_medium medium = {.type = web_param(r, "type") != NULL ? web_param(r, "type") : "image/png",
					  .name = web_param(r, "name"),
					  .etag = "e"};
	web_answer_init(&a, 200);
	a.fd = 0; /* not read from */
	a.length = 10000;
	web_medium_headers(&a, &medium);
	web_answer_range(&a, r, "e");
	fuzz_hold(a.offset >= 0 && a.length >= 0 && a.offset + a.length <= 10000);
	(void)web_none_match(r->if_none_match, "e");
	buf_init(&head, WEB_HEAD_MAX + 1024);
	(void)web_head(&a, r->method, &head);
	size_t end = head.len - 4; /* one empty line, and that at the end; no line without its CR */
	fuzz_hold(memmem(head.p, end, "\r\n\r\n", 4) == NULL && memcmp(head.p + end, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i < head.len; i++)
		fuzz_hold(head.p[i] != '\0' && (head.p[i] != '\n' || head.p[i - 1] == '\r'));
	buf_clear(&head);
	a.fd = -1;
	web_answer_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct url_cidr ten = {.addr = {[10] = 0xFF, [11] = 0xFF, [12] = 10}, .bits = 104};
	const struct web_trust trust = {.cidr = &ten, .n = 1, .local = true};
	struct web_fcgi_variables v;
	struct web_request r;
	struct web_match m;
	struct err err;
	char *piece = fuzz_piece(data, size);
	if (size <= WEB_FCGI_VARIABLES_MAX && web_fcgi_variables(&v, piece, size, &err) == 0) {
		int rc = web_request_read(&r, web_fcgi_variable, &v, &trust, &err);
		int64_t n = 0;
		for (size_t i = 0; rc == 0 && i < r.segments; i++)
			fuzz_hold(utf8_valid(r.segment[i], strlen(r.segment[i])));
		if (rc == 0) {
			fuzz_hold(r.length >= -1);
			(void)web_route(routes, &r, &m, &err);
			(void)web_param_int(&r, "n", &n, &err);
			fuzz_hold(n >= 0);
			const char *token = web_token(&r, &err);
			fuzz_hold(token == NULL || strpbrk(token, "\r\n ") == NULL);
			answer(&r);
		}
		web_request_clear(&r);
		web_fcgi_variables_clear(&v);
	}
	mem_free(piece);
	return 0;
}
