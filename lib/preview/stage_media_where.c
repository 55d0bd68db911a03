/* Where is the server that has a medium?  What the specification wants to be asked is asked, and remembered. */
#include "preview/stage_media.h"

#include "store/store.h"

/* How long it is believed: what the specification recommends.  Failures that may pass are forgotten soon. */
#define MINUTE ((int64_t)60 * 1000)
static const struct net_bounds well_known_bounds = {
    .min_ttl = 5 * MINUTE, .ttl = 24 * 60 * MINUTE, .max_ttl = 48 * 60 * MINUTE};
enum { NONE_KEPT = 60 * 60 * 1000, FAILED_KEPT = 5 * 60 * 1000 };

/* Beside what sites say in their robots.txt: the server that one named, or that it named none. */
static char *
slot(const struct stage_media *m)
{
	return mem_printf("matrix:%s", m->name.origin);
}

static void
remember(const struct stage_media *m, const char *m_server, int64_t lifetime)
{
	struct store_robots r = {.closed = m_server == NULL, .expires_ts = m->ask.o->now() + lifetime};
	struct err ignored;
	char *name = slot(m);
	buf_init(&r.text, MATRIX_ID_MAX + 8);
	(void)buf_adds(&r.text, m_server != NULL ? m_server : "-");
	(void)store_robots_put(m->ask.o->blobs, name, &r, &ignored);
	buf_clear(&r.text);
	mem_free(name);
}

static bool
remembered(struct stage_media *m)
{
	struct store_robots r = {.closed = false};
	char *name = slot(m);
	int64_t now = m->ask.o->now();
	buf_init(&r.text, MATRIX_ID_MAX + 8);
	bool known = store_robots_get(m->ask.o->blobs, name, &r) && r.expires_ts > now &&
		     r.expires_ts <= now + well_known_bounds.max_ttl;
	if (known)
		matrix_discovery_well_known(m->where, r.closed ? NULL : r.text.p);
	buf_clear(&r.text);
	mem_free(name);
	return known;
}

static void
well_known_done(void *arg, const struct net_response *r, const struct err *err)
{
	struct stage_media *m = arg;
	struct net_fresh f;
	int64_t kept = NONE_KEPT;
	char *m_server = err->code == ERR_NONE ? matrix_well_known(m->text.p, m->text.len) : NULL;
	if (m_server != NULL) {
		net_fresh(&r->said, NULL, &well_known_bounds, m->ask.o->now(), &f);
		kept = f.lifetime;
	} else if (err->code != ERR_NONE && err->http_status / 100 != 4) {
		kept = FAILED_KEPT;
	}
	buf_reset(&m->text);
	if (err->code == ERR_BUSY || err->code == ERR_SYS) { /* our own affair */
		stage_media_fail(m, err);
		return;
	}
	remember(m, m_server, kept);
	matrix_discovery_well_known(m->where, m_server);
	mem_free(m_server);
	stage_media_start(m);
}

static int
well_known_begin(void *arg, const struct net_response *r, struct err *err)
{
	struct stage_media *m = arg;
	(void)r;
	(void)err;
	buf_reset(&m->text);
	return 0;
}

static void
srv_done(void *arg, const struct net_srv *v, size_t n)
{
	struct stage_media *m = arg;
	struct matrix_srv srv[64];
	struct err err;
	uint64_t seed = 0;
	io_random(&seed, sizeof seed);
	n = n < sizeof srv / sizeof srv[0] ? n : sizeof srv / sizeof srv[0];
	for (size_t i = 0; i < n; i++)
		srv[i] = (struct matrix_srv){
		    .target = v[i].target, .priority = v[i].priority, .weight = v[i].weight, .port = v[i].port};
	if (matrix_discovery_srv(m->where, srv, n, seed, &err) < 0)
		stage_media_fail(m, &err);
	else
		stage_media_start(m);
}

/* One step; what waits for an answer goes on when it has come. */
void
stage_media_start(struct stage_media *m)
{
	const char *what = NULL;
	const struct net_service service = {.tls_only = true, .max_body = MATRIX_WELL_KNOWN_MAX};
	enum matrix_ask ask = matrix_discovery_ask(m->where, &what);
	if (ask == MATRIX_ASK_WELL_KNOWN && remembered(m))
		ask = matrix_discovery_ask(m->where, &what);
	if (ask == MATRIX_ASK_WELL_KNOWN)
		stage_media_request(
		    m, what, &service,
		    (struct net_request){.begin = well_known_begin, .data = stage_media_text, .done = well_known_done});
	else if (ask == MATRIX_ASK_SRV)
		net_srv(m->ask.o->net, what, srv_done, m);
	else
		stage_media_begin(m);
}
