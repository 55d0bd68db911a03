/* How does what events tell come into the database?  A batch is flushed when the next one would not fit. */
#include "cmd/gather.h"

void
gather_init(struct gather *g, struct store *s, const char *server_name, int64_t now)
{
	*g = (struct gather){.store = s, .server_name = server_name, .now = now, .batch = store_refs_new()};
}

void
gather_clear(struct gather *g)
{
	store_refs_free(g->batch);
	g->batch = NULL;
}

void
gather_flush(struct gather *g)
{
	if (!g->failed && store_refs_flush(g->store, g->batch, &g->added, &g->err) < 0)
		g->failed = true;
}

struct store_refs *
gather_batch(struct gather *g)
{
	if (store_refs_full(g->batch))
		gather_flush(g);
	return g->batch;
}

static void
medium(void *arg, const struct matrix_event *e, enum matrix_kind kind, const struct matrix_mxc *m)
{
	store_refs_add(gather_batch(arg), &(struct store_ref){.room = e->room,
							      .event = e->id,
							      .kind = matrix_kind_name(kind),
							      .origin = m->origin,
							      .id = m->id,
							      .sender = e->sender,
							      .ts = e->ts});
}

static void
redaction(void *arg, const char *room, const char *event, const char *by, int64_t ts)
{
	store_refs_redact(gather_batch(arg), room, event, by, ts);
}

static void
name(void *arg, const char *user, const char *displayname, int64_t ts)
{
	struct gather *g = arg;
	if (str_eq(matrix_user_server(user), g->server_name))
		store_refs_name(gather_batch(g), user, displayname, ts);
}

static void
profile(void *arg, const char *user, const char *displayname, const struct matrix_mxc *m)
{
	struct gather *g = arg;
	name(g, user, displayname, g->now);
	store_refs_profile(gather_batch(g), user, m != NULL ? m->origin : NULL, m != NULL ? m->id : NULL);
}

struct matrix_told
gather_told(struct gather *g)
{
	return (struct matrix_told){
	    .arg = g, .medium = medium, .redaction = redaction, .profile = profile, .name = name};
}
