/* How much may one client have us bring from other servers?  A bucket of bytes for each address (spec E.4): how many they
 * will be is not known before, so some must fit, and the rest is counted afterwards. */
#include <arpa/inet.h>
#include <string.h>

#include "cmd/media-web.h"
#include "store/who.h"

enum { HEADROOM = 1024 * 1024 };

/* Of IPv6 the network counts: a customer has all the addresses below it. */
static char *
bucket_of(const char *address)
{
	struct in6_addr a;
	char network[WEB_ADDRESS_MAX] = "";
	if (inet_pton(AF_INET6, address, &a) != 1)
		return mem_printf("remote %s", address);
	(void)memset(a.s6_addr + 8, 0, 8);
	(void)inet_ntop(AF_INET6, &a, network, sizeof network);
	return mem_printf("remote %s", network);
}

static int64_t
brought(struct context *x, const struct store_name *name)
{
	struct store_medium m;
	struct err ignored;
	if (store_medium_get(x->mc.m.store, name, &m, &ignored) < 0)
		return HEADROOM;
	int64_t bytes = m.found && m.bytes > 0 ? m.bytes : 0;
	store_medium_clear(&m);
	return bytes;
}

int
media_web_bring(void *context, const struct store_name *name, int64_t timeout_ms, struct err *err)
{
	struct context *x = context;
	const struct conf *conf = &x->remote.c->conf;
	const struct store_limit limit = {conf->remote_media_download_per_second,
					  conf->remote_media_download_burst_count};
	if (x->rates == NULL || x->address == NULL || *x->address == '\0')
		return remote_fetch(&x->remote, name, timeout_ms, err);
	char *bucket = bucket_of(x->address);
	int64_t early = store_rates_take(x->rates, bucket, &limit, HEADROOM, cmd_now());
	int rc = -1;
	if (early > 0) {
		(void)err_http(err, ERR_LIMIT, 429, "M_LIMIT_EXCEEDED", "Too much of other servers' media");
		err->retry_after = early;
	} else {
		rc = remote_fetch(&x->remote, name, timeout_ms, err);
		int64_t bytes = rc == 0 ? brought(x, name) : 0;
		store_rates_charge(x->rates, bucket, &limit, bytes - HEADROOM, cmd_now());
	}
	mem_free(bucket);
	return rc;
}
