/* How does a medium come from its server?  Where that is, what it is asked, and what else when it does not understand. */
#include "preview/stage_media.h"

#include <string.h>

#include "matrix/matrix.h"
#include "store/store.h"

/* What an answer of two parts is longer than the file in it. */
#define FRAME_MAX ((int64_t)(MATRIX_PART_JSON_MAX + 2 * MATRIX_PART_HEAD_MAX + 8192))
static int
failed(struct err *err, const char *why)
{
	return err_http(err, ERR_REMOTE, 502, NULL, "Failed to fetch remote media: %s", why);
}

/* ---- its birth and its end -------------------------------------------------------------------------- */

static bool
sendable(const char *value)
{
	size_t n = strnlen(value, STAGE_MEDIA_AUTHORIZATION_MAX + 1);
	for (size_t i = 0; i < n; i++)
		if (value[i] < ' ' || value[i] > '~')
			return false;
	return n > 0 && n <= STAGE_MEDIA_AUTHORIZATION_MAX;
}

struct stage_media *
stage_media_new(const struct stage_media_ask *ask, struct err *err)
{
	struct stage_media *m = mem_alloc(sizeof *m);
	m->ask = *ask;
	m->ask.url = mem_strdup(ask->url);
	m->ask.authorization = mem_strdup(ask->authorization);
	buf_init(&m->text, MATRIX_REFUSAL_MAX);
	int rc = matrix_mxc_parse(&m->name, ask->url, err);
	if (rc == 0 && ask->authorization != NULL && !sendable(ask->authorization))
		rc = err_set(err, ERR_INPUT, "an authorization that cannot be sent");
	if (rc == 0 && (ask->timeout_ms < 0 || ask->timeout_ms > MATRIX_MEDIA_TIMEOUT_MAX))
		rc = err_set(err, ERR_INPUT, "timeout_ms is more than %d", MATRIX_MEDIA_TIMEOUT_MAX);
	if (rc == 0 && (m->where = matrix_discovery_new(m->name.origin, err)) != NULL)
		return m;
	stage_media_free(m);
	return NULL;
}

static void
drop_answer(struct stage_media *m)
{
	store_blob_abort(m->writer);
	m->writer = NULL;
	matrix_multipart_free(m->parts);
	m->parts = NULL;
	mem_free(m->type);
	mem_free(m->filename);
	mem_free(m->location);
	m->type = m->filename = m->location = NULL;
	m->bytes = 0;
	buf_reset(&m->text);
}

void
stage_media_free(struct stage_media *m)
{
	if (m == NULL)
		return;
	drop_answer(m);
	buf_clear(&m->text);
	matrix_discovery_free(m->where);
	mem_free((void *)(uintptr_t)m->ask.url);
	mem_free((void *)(uintptr_t)m->ask.authorization);
	mem_free(m->from);
	mem_free(m);
}

static void
fail(struct stage_media *m, const struct err *err)
{
	m->ask.done(m->ask.arg, NULL, err);
}

/* What a failure means to whoever asked (spec E.4.3); what is our own affair stays what it is. */
void
stage_media_fail(struct stage_media *m, const struct err *why)
{
	struct err err = *why;
	if (why->http_status == 404)
		(void)err_http(&err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "The other server does not have it");
	else if (why->code == ERR_LIMIT && str_eq(why->class, "too-large"))
		(void)err_http(&err, ERR_LIMIT, 502, "M_TOO_LARGE", "Failed to fetch remote media: %.200s", why->text);
	else if (why->code == ERR_REMOTE || why->code == ERR_DENIED || why->code == ERR_INPUT || why->code == ERR_LIMIT)
		(void)failed(&err, why->text);
	err.class = why->class;
	err.http_status = why->http_status;
	err.retry_after = why->retry_after;
	fail(m, &err);
}

/* ---- requests ---------------------------------------------------------------------------------------------- */

static void
on_hop(void *arg, const struct net_hop *h)
{
	const struct stage_media *m = arg;
	m->ask.o->hop(m->ask.o->arg, h);
}

static void
on_line(void *arg, bool sent, const char *p, size_t n)
{
	const struct stage_media *m = arg;
	m->ask.o->line(m->ask.o->arg, sent, p, n);
}

int
stage_media_text(void *arg, const void *p, size_t n, struct err *err)
{
	struct stage_media *m = arg;
	return buf_add(&m->text, p, n) == 0 ? 0 : err_set(err, ERR_LIMIT, "more than %zu bytes", m->text.max);
}

static void
on_refusal(void *arg, const void *p, size_t n)
{
	(void)stage_media_text(arg, p, n, NULL);
}

void
stage_media_request(struct stage_media *m, const char *url, const struct net_service *service, struct net_request req)
{
	req.service = service;
	req.url = url;
	req.secondary = true;
	req.arg = m;
	req.hop = m->ask.o->hop != NULL ? on_hop : NULL;
	req.line = m->ask.o->line != NULL ? on_line : NULL;
	req.refusal = on_refusal;
	net_add(m->ask.o->net, &req);
}

/* ---- the file ------------------------------------------------------------------------------------------------ */

static int
too_large(const struct stage_media *m, struct err *err)
{
	(void)err_http(err, ERR_LIMIT, 502, "M_TOO_LARGE", "it is larger than %lld bytes",
		       (long long)m->ask.o->media_max);
	err->class = "too-large";
	return -1;
}

static void
take_type(struct stage_media *m, const char *type)
{
	mem_free(m->type);
	type = type != NULL && *type != '\0' ? type : RECORD_UNTYPED;
	m->type = mem_strndup(type, strnlen(type, NET_TYPE_MAX));
	for (char *c = m->type; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static int
open_file(struct stage_media *m, int64_t length, struct err *err)
{
	if (length > m->ask.o->media_max)
		return too_large(m, err);
	store_blob_new_id(m->id, m->ask.o->now());
	m->writer = store_blob_create(m->ask.o->blobs, m->id, err);
	return m->writer != NULL ? 0 : -1;
}

static int
file_data(void *arg, const void *p, size_t n, struct err *err)
{
	struct stage_media *m = arg;
	if (m->location != NULL)
		return 0;
	m->bytes += (int64_t)n;
	return m->bytes > m->ask.o->media_max ? too_large(m, err) : store_blob_write(m->writer, p, n, err);
}

static int
part_begin(void *arg, const struct matrix_part *part, struct err *err)
{
	struct stage_media *m = arg;
	m->location = mem_strdup(part->location);
	if (m->location != NULL)
		return 0;
	take_type(m, part->type);
	m->filename = part->disposition != NULL ? net_disposition_name(part->disposition) : NULL;
	return open_file(m, part->length, err);
}

static int
on_begin(void *arg, const struct net_response *r, struct err *err)
{
	struct stage_media *m = arg;
	drop_answer(m);
	if (m->way == MATRIX_MEDIA_FEDERATION) {
		const struct matrix_multipart_sink sink = {.arg = m, .begin = part_begin, .data = file_data};
		m->parts = matrix_multipart_new(r->type, &sink, err);
		return m->parts != NULL ? 0 : -1;
	}
	take_type(m, r->type);
	m->filename = mem_strdup(r->name);
	return open_file(m, r->length, err);
}

static int
on_data(void *arg, const void *p, size_t n, struct err *err)
{
	struct stage_media *m = arg;
	return m->parts != NULL ? matrix_multipart_feed(m->parts, p, n, err) : file_data(m, p, n, err);
}

static int
finish(struct stage_media *m, struct err *err)
{
	char sha256[HASH_HEX_LEN + 1];
	struct store_writer *w = m->writer;
	m->writer = NULL;
	if (m->bytes == 0) {
		store_blob_abort(w);
		return err_http(err, ERR_REMOTE, 502, NULL, "an empty answer");
	}
	if (store_blob_commit(w, STORE_SCRATCH, &m->bytes, sha256, err) < 0)
		return -1;
	const struct record_doc doc = {.rel = "media",
				       .url = m->ask.url,
				       .final_url = m->from,
				       .type = m->type,
				       .media_id = m->id,
				       .sha256 = sha256,
				       .name = m->filename,
				       .status = 200,
				       .bytes = m->bytes,
				       .fetched_ts = m->ask.o->now()};
	const struct err none = {.code = ERR_NONE};
	m->ask.done(m->ask.arg, &doc, &none);
	return 0;
}

/* ---- the ways to ask ------------------------------------------------------------------------------------------- */

static void on_done(void *arg, const struct net_response *r, const struct err *fetched);

static void
download(struct stage_media *m, const char *url, const struct net_service *how)
{
	struct net_service service = *how;
	service.tls_only = true;
	service.max_body = m->ask.o->media_max + FRAME_MAX;
	service.header_timeout = m->ask.o->media_timeout;
	service.total_timeout = m->ask.o->media_timeout;
	stage_media_request(m, url, &service,
			    (struct net_request){.begin = on_begin, .data = on_data, .done = on_done});
}

static void
ask_place(struct stage_media *m)
{
	const struct matrix_place *places, *p;
	drop_answer(m);
	(void)matrix_discovery_places(m->where, &places);
	p = &places[m->place];
	char *uri = matrix_media_uri((enum matrix_media)m->way, m->name.origin, m->name.id, m->ask.timeout_ms);
	mem_free(m->from);
	m->from = mem_printf("https://%s:%d%s", p->name, p->port, uri);
	download(
	    m, m->from,
	    &(struct net_service){.host = p->host,
				  .connect = str_eq(p->connect, p->name) ? NULL : p->connect,
				  .authorization = m->way == MATRIX_MEDIA_FEDERATION ? m->ask.authorization : NULL});
	mem_free(uri);
}

void
stage_media_begin(struct stage_media *m)
{
	m->way = m->ask.authorization != NULL ? MATRIX_MEDIA_FEDERATION : MATRIX_MEDIA_V3;
	ask_place(m);
}

/* Another place, or another way, may do. */
static bool
again(struct stage_media *m, const struct err *err)
{
	const struct matrix_place *places;
	size_t n = matrix_discovery_places(m->where, &places);
	bool nobody = err->http_status == 0 && (str_eq(err->class, "dns") || str_eq(err->class, "connect") ||
						str_eq(err->class, "tls") || str_eq(err->class, "timeout"));
	if (m->way == STAGE_MEDIA_ELSEWHERE)
		return false;
	if (nobody && m->place + 1 < n) {
		m->place++;
		stage_media_begin(m);
		return true;
	}
	if (m->way + 1 < MATRIX_MEDIA_WAYS && matrix_media_unknown(err->http_status, m->text.p, m->text.len)) {
		m->way++;
		ask_place(m);
		return true;
	}
	return false;
}

/* The file is elsewhere: it is fetched like any other, and nothing is told of who asks. */
static int
go_elsewhere(struct stage_media *m, struct err *err)
{
	char *url = url_is_http(m->location) ? url_resolve(NULL, m->location, err) : NULL;
	if (url == NULL)
		return err_http(err, ERR_REMOTE, 502, NULL, "it is said to be where nothing can be");
	m->way = STAGE_MEDIA_ELSEWHERE;
	drop_answer(m);
	download(m, url, &(struct net_service){.host = NULL});
	mem_free(url);
	return 0;
}

static void
on_done(void *arg, const struct net_response *r, const struct err *fetched)
{
	struct stage_media *m = arg;
	struct err err = *fetched;
	(void)r;
	if (err.code != ERR_NONE && again(m, &err))
		return;
	int rc = err.code == ERR_NONE ? 0 : -1;
	if (rc == 0 && m->parts != NULL)
		rc = matrix_multipart_end(m->parts, &err);
	if (rc == 0)
		rc = m->location != NULL ? go_elsewhere(m, &err) : finish(m, &err);
	if (rc < 0)
		stage_media_fail(m, &err);
}
