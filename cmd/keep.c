/* How long is what kept?  Apart from cmd.c, so that only those who have the cache link it. */
#include "cmd/cmd.h"

#include "preview/stages.h"

void
cmd_cache(const struct cmd *c, struct stage_cache *out)
{
	*out = (struct stage_cache){
	    .language = c->conf.accept_language,
	    .min_ttl = c->conf.min_ttl,
	    .ttl = c->conf.ttl,
	    .max_ttl = c->conf.max_ttl,
	    .no_store_ttl = c->conf.no_store_ttl,
	    .stale_while_revalidate = c->conf.stale_while_revalidate,
	    .stale_if_error = c->conf.stale_if_error,
	    .failure_ttl = c->conf.failure_ttl,
	    .failure_max_ttl = c->conf.failure_max_ttl,
	    .authenticated = c->conf.enable_authenticated_media,
	    .now = cmd_now,
	};
}
