/* What does the client read?  Status, headers, and errors as Matrix has them. */
#include "web/web.h"

#include <stdio.h>
#include <string.h>

#include "json/json.h"

static const char *
reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} known[] = {
	    {200, "OK"},
	    {204, "No Content"},
	    {206, "Partial Content"},
	    {304, "Not Modified"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {409, "Conflict"},
	    {411, "Length Required"},
	    {413, "Payload Too Large"},
	    {414, "URI Too Long"},
	    {415, "Unsupported Media Type"},
	    {416, "Range Not Satisfiable"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].status == status)
			return known[i].text;
	return "Status";
}

/* On every answer, errors too: a browser shows a client nothing else (Matrix, client-server API, "Web Browser Clients").
 * The lists are the reference's (spec A.1) without the headers that only it sends. */
static const char cors[] = "Access-Control-Allow-Origin: *\r\n"
			   "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"
			   "Access-Control-Allow-Headers: X-Requested-With, Content-Type, Authorization, Date\r\n";

void
web_answer_init(struct web_answer *a, int status)
{
	*a = (struct web_answer){.status = status, .fd = -1};
	buf_init(&a->head, WEB_HEAD_MAX);
	buf_init(&a->body, WEB_BODY_MAX);
	(void)buf_add(&a->head, cors, sizeof cors - 1);
}

void
web_answer_clear(struct web_answer *a)
{
	buf_clear(&a->head);
	buf_clear(&a->body);
	io_close(&a->fd);
}

void
web_header(struct web_answer *a, const char *name, const char *fmt, ...)
{
	struct buf line;
	char value[4096];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(value, sizeof value, fmt, ap);
	va_end(ap);
	bool clean = n >= 0 && (size_t)n < sizeof value;
	for (const char *p = value; clean && *p != '\0'; p++)
		clean = (unsigned char)*p >= 0x20 && *p != 0x7F;
	if (!clean)
		return;
	buf_init(&line, sizeof value + 256);
	if (buf_addf(&line, "%s: %s\r\n", name, value) == 0)
		(void)buf_add(&a->head, line.p, line.len);
	buf_clear(&line);
}

void
web_json_headers(struct web_answer *a)
{
	static const char head[] = "Content-Type: application/json\r\n"
				   "Cache-Control: no-cache, no-store, must-revalidate\r\n";
	(void)buf_add(&a->head, head, sizeof head - 1);
}

void
web_json(struct web_answer *a, const char *text, size_t n)
{
	web_json_headers(a);
	(void)buf_add(&a->body, text, n);
}

void
web_error(struct web_answer *a, const struct err *err)
{
	struct json *j = json_object();
	json_set_str(j, "errcode", err_errcode(err));
	json_set_str(j, "error", err->text);
	web_answer_init(a, err_status(err));
	web_json_headers(a);
	if (err->retry_after > 0) {
		json_set_int(j, "retry_after_ms", err->retry_after);
		web_header(a, "Retry-After", "%lld", (long long)((err->retry_after + 999) / 1000));
	}
	(void)json_write(j, 0, &a->body);
	json_free(j);
}

void
web_preflight(struct web_answer *a)
{
	web_answer_init(a, 204);
}

bool
web_head(const struct web_answer *a, enum web_method method, struct buf *out)
{
	int64_t length = a->fd >= 0 ? a->length : (int64_t)a->body.len;
	bool bodiless = a->status == 204 || a->status == 304;
	(void)buf_addf(out, "Status: %d %s\r\n", a->status, reason(a->status));
	(void)buf_add(out, a->head.p, a->head.len);
	if (!bodiless)
		(void)buf_addf(out, "Content-Length: %lld\r\n", (long long)length);
	(void)buf_add(out, "\r\n", 2);
	return !bodiless && method != WEB_HEAD && length > 0;
}
