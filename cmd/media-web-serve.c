/* What is handed out by HTTP, and as what?  Media, thumbnails, faces for names (spec D.4, E.3, E.7). */
#include <string.h>

#include "cmd/media-web.h"

enum { TIMEOUT = 20000, TIMEOUT_MAX = 60000 /* ms */, FACE = 96 /* pixels */ };

/* ---- what is asked for ------------------------------------------------------------------------------------------ */

/* The endpoints that nobody needs a token for. */
static bool
legacy(const struct task *t)
{
	return t->q->match.route->who == WEB_ANYONE;
}

int
media_web_bypass(const struct web_request *r, bool *is, struct err *err)
{
	*is = false;
	return web_param_bool(r, "admin_unsafely_bypass_quarantine", is, err);
}

/* What is left of the time in which somebody else may do something; by whom ever he is waited for. */
static int64_t
time_left(const struct task *t)
{
	int64_t left = t->until - cmd_clock();
	return t->at_once || left < 0 ? 0 : left;
}

static int
read_how(struct task *t, struct media_how *how, struct err *err)
{
	int64_t timeout = TIMEOUT;
	bool remote = true;
	*how = (struct media_how){.nobody = legacy(t), .later = t->at_once ? &t->later : NULL};
	if (web_param_int(&t->q->web, "timeout_ms", &timeout, err) < 0)
		return -1;
	if (t->until == 0)
		t->until = cmd_clock() + (timeout < TIMEOUT_MAX ? timeout : TIMEOUT_MAX);
	how->timeout = time_left(t);
	if (!how->nobody)
		return media_web_bypass(&t->q->web, &how->unsafe, err);
	if (web_param_bool(&t->q->web, "allow_remote", &remote, err) < 0)
		return -1;
	how->no_remote = !remote;
	return 0;
}

static int
read_want(const struct task *t, struct media_want *want, struct err *err)
{
	int64_t w = 0, h = 0;
	const char *method = web_param(&t->q->web, "method");
	if (web_param_int_must(&t->q->web, "width", &w, err) < 0 ||
	    web_param_int_must(&t->q->web, "height", &h, err) < 0 ||
	    web_param_bool(&t->q->web, "animated", &want->animated, err) < 0)
		return -1;
	if (method != NULL && !media_method_parse(method, &want->method))
		return err_http(err, ERR_NOTFOUND, 404, "M_NOT_FOUND", "Not found: no such method");
	w = w < 1 ? 1 : w;
	h = h < 1 ? 1 : h;
	want->width = w > STORE_THUMB_SIDE_MAX ? STORE_THUMB_SIDE_MAX : (uint32_t)w;
	want->height = h > STORE_THUMB_SIDE_MAX ? STORE_THUMB_SIDE_MAX : (uint32_t)h;
	return 0;
}

/* ---- how it is told ------------------------------------------------------------------------------------------------ */

/* The version of a medium is its content; of one whose hash is not known, its name: it has but one content. */
static void
etag_of(const struct media_file *f, const char *of, char out[HASH_HEX_LEN + 1])
{
	const struct store_medium *m = &f->medium;
	if (of == NULL && m->sha256 != NULL && strlen(m->sha256) == HASH_HEX_LEN) {
		(void)memcpy(out, m->sha256, HASH_HEX_LEN + 1);
		return;
	}
	char *text = m->sha256 != NULL ? mem_printf("%s %s", m->sha256, of != NULL ? of : "")
				       : mem_printf("%s/%s %s", m->origin != NULL ? m->origin : "", m->media_id,
						    of != NULL ? of : "");
	hash_short(text, strlen(text), out);
	mem_free(text);
}

static void
known(struct web_answer *a, const char *etag)
{
	web_answer_init(a, 304);
	web_header(a, "ETag", "\"%s\"", etag);
	web_header(a, "Cache-Control", "public,max-age=86400,s-maxage=0,proxy-revalidate");
	web_header(a, "Cross-Origin-Resource-Policy", "cross-origin");
}

/* Takes the file. */
static int
tell(struct task *t, struct media_file *f, struct web_medium *medium)
{
	const struct web_request *r = &t->q->web;
	t->answered = true;
	if (web_none_match(r->if_none_match, medium->etag)) {
		known(&t->answer, medium->etag);
	} else {
		web_answer_init(&t->answer, 200);
		web_medium_headers(&t->answer, medium);
		t->answer.fd = f->fd;
		t->answer.length = f->bytes;
		f->fd = -1;
		web_answer_range(&t->answer, r, medium->etag);
	}
	media_file_clear(f);
	return 0;
}

int
media_web_download(struct context *x, struct task *t, struct err *err)
{
	struct store_name name;
	struct media_how how;
	struct media_file f;
	char etag[HASH_HEX_LEN + 1];
	if (read_how(t, &how, err) < 0 || task_name(t, &name, err) < 0 ||
	    media_open(&x->mc.m, &name, &how, &f, err) < 0)
		return -1;
	etag_of(&f, NULL, etag);
	const char *called = task_value(t, "name");
	struct web_medium medium = {.type = f.type, .etag = etag, .name = called != NULL ? called : f.medium.name};
	return tell(t, &f, &medium);
}

int
media_web_thumbnail(struct context *x, struct task *t, struct err *err)
{
	struct store_name name;
	struct media_how how;
	struct media_want want = {.method = MEDIA_SCALE};
	struct media_file f;
	char etag[HASH_HEX_LEN + 1];
	if (read_how(t, &how, err) < 0 || read_want(t, &want, err) < 0 || task_name(t, &name, err) < 0 ||
	    media_thumbnail(&x->mc.m, &name, &want, &how, &f, err) < 0)
		return -1;
	char *of = mem_printf("%ux%u %s %s %lld", f.width, f.height, media_method_name(want.method), f.type,
			      (long long)f.bytes);
	etag_of(&f, of, etag);
	mem_free(of);
	struct web_medium medium = {.type = f.type, .etag = etag, .thumbnail = true};
	return tell(t, &f, &medium);
}

int
media_web_fetch(struct context *x, struct task *t, struct err *err)
{
	struct store_name name;
	struct media_how how;
	struct media_file f;
	t->fetched = true;
	if (read_how(t, &how, err) < 0 || task_name(t, &name, err) < 0 ||
	    media_open(&x->mc.m, &name, &how, &f, err) < 0)
		return -1;
	media_file_clear(&f);
	return 0;
}

/* ---- what is nobody's ------------------------------------------------------------------------------------------------ */

int
media_web_config(struct context *x, struct task *t, struct err *err)
{
	struct json *j = json_object();
	json_set_int(j, "m.upload.size", x->mc.m.max_upload);
	return task_json(t, j, err);
}

static int
read_side(const struct task *t, const char *name, uint32_t *side, struct err *err)
{
	int64_t v = FACE;
	if (web_param_int(&t->q->web, name, &v, err) < 0)
		return -1;
	*side = v > MEDIA_IDENTICON_MAX	  ? MEDIA_IDENTICON_MAX
		: v < MEDIA_IDENTICON_MIN ? MEDIA_IDENTICON_MIN
					  : (uint32_t)v;
	return 0;
}

/* It is made by name and size alone: who has one knows it for ever. */
int
media_web_identicon(struct context *x, struct task *t, struct err *err)
{
	uint32_t w = 0, h = 0;
	char etag[HASH_HEX_LEN + 1];
	const char *name = task_value(t, "name");
	if (read_side(t, "width", &w, err) < 0 || read_side(t, "height", &h, err) < 0)
		return -1;
	char *of = mem_printf("identicon %ux%u %s", w, h, name);
	hash_short(of, strlen(of), etag);
	mem_free(of);
	bool same = web_none_match(t->q->web.if_none_match, etag);
	web_answer_init(&t->answer, same ? 304 : 200);
	t->answered = true;
	web_header(&t->answer, "Cache-Control", "public,max-age=86400,s-maxage=86400");
	web_header(&t->answer, "Cross-Origin-Resource-Policy", "cross-origin");
	web_header(&t->answer, "ETag", "\"%s\"", etag);
	if (same)
		return 0;
	web_header(&t->answer, "Content-Type", "image/png");
	web_header(&t->answer, "X-Content-Type-Options", "nosniff");
	return media_identicon(&x->mc.m, name, w, h, &t->answer.body, err);
}
