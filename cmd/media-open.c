/* What do the commands that put and get media need, and where is it? */
#include "cmd/media-open.h"

#include <stdlib.h>

static bool
stopped(void)
{
	return cmd_stop != 0;
}

static char **
thumb_argv(const struct cmd *c)
{
	enum { ARGS = 6 };
	char **argv = mem_array(ARGS, sizeof *argv);
	size_t n = 0;
	char *dir = io_program_dir();
	argv[n++] = mem_printf("%s/mxpreview-thumb", dir);
	mem_free(dir);
	if (c->config_path != NULL) {
		argv[n++] = mem_strdup("-c");
		argv[n++] = mem_strdup(c->config_path);
	}
	if (c->no_sandbox)
		argv[n++] = mem_strdup("--no-sandbox");
	if (c->verbose == 0)
		argv[n] = mem_strdup("-q");
	return argv;
}

static int
longest_first(const void *a_, const void *b_)
{
	const struct store_quota *a = a_, *b = b_;
	return a->period < b->period ? 1 : a->period > b->period ? -1 : 0;
}

static struct store_quota *
quotas(const struct conf_list *l)
{
	struct store_quota *q = mem_array(l->n + 1, sizeof *q);
	for (size_t i = 0; i < l->n; i++)
		(void)conf_upload_limit(l->v[i], &q[i].period,
					&q[i].max_bytes); /* they were judged when they were read */
	qsort(q, l->n, sizeof *q, longest_first);
	return q;
}

void
media_cmd_renew(struct media_cmd *mc, const struct cmd *c)
{
	const struct conf *conf = &c->conf;
	mem_free(mc->quota);
	mc->quota = quotas(&conf->media_upload_limits);
	mc->m.server_name = conf->server_name;
	mc->m.max_upload = conf->max_upload_size;
	mc->m.min_free = conf->min_free_space;
	mc->m.lifetime = conf->unused_expiration_time;
	mc->m.max_pending = conf->max_pending_media_uploads;
	mc->m.quota = mc->quota;
	mc->m.quotas = conf->media_upload_limits.n;
	mc->m.dynamic = conf->dynamic_thumbnails;
	mc->m.authenticated = conf->enable_authenticated_media;
}

int
media_cmd_open(struct media_cmd *mc, struct cmd *c, struct err *err)
{
	*mc = (struct media_cmd){.blobs = {.dirfd = -1}};
	mc->thumb = thumb_argv(c);
	mc->m = (struct media){
	    .store = store_open(c->store, err),
	    .blobs = &mc->blobs,
	    .thumb = mc->thumb,
	    .now = cmd_now,
	    .clock = cmd_clock,
	    .stop = stopped,
	};
	media_cmd_renew(mc, c);
	return mc->m.store != NULL ? store_blobs_open(&mc->blobs, c->store, true, err) : -1;
}

void
media_cmd_close(struct media_cmd *mc)
{
	store_blobs_close(&mc->blobs);
	store_close(mc->m.store);
	mem_free(mc->quota);
	for (char **p = mc->thumb; p != NULL && *p != NULL; p++)
		mem_free(*p);
	mem_free(mc->thumb);
}

int
media_cmd_name(const struct media_cmd *mc, const char *text, struct matrix_mxc *at, struct store_name *name,
	       struct err *err)
{
	*name = (struct store_name){NULL, text};
	if (!str_starts(text, MATRIX_MXC))
		return matrix_media_id_valid(text) ? 0 : err_set(err, ERR_INPUT, "neither mxc://server/id nor an id");
	if (matrix_mxc_parse(at, text, err) < 0)
		return -1;
	name->id = at->id;
	name->origin = str_eq(at->origin, mc->m.server_name) ? NULL : at->origin;
	return 0;
}

int
media_cmd_fail(const struct cmd *c, const struct err *err, const char *object)
{
	const char *code = err->errcode != NULL && !str_eq(err->errcode, "M_UNKNOWN") ? err->errcode : NULL;
	if (err->retry_after > 0)
		cmd_warn(c, "%s: %s: %s; again in %lld s", object, code != NULL ? code : "busy", err->text,
			 (long long)(err->retry_after + 999) / 1000);
	else if (code != NULL)
		cmd_warn(c, "%s: %s: %s", object, code, err->text);
	else
		cmd_warn(c, "%s: %s", object, err->text);
	return err_exit(err);
}

int
media_cmd_print(const struct cmd *c, struct json *take)
{
	return cmd_out_json(c, take, RECORD_LINE_MAX) == 0 ? cmd_flush(c) : -1;
}
