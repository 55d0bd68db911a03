/* fetch-site: what the owner wants of single sites, and where their robots.txt is kept. */
#ifndef CMD_FETCH_SITE_H
#define CMD_FETCH_SITE_H

#include "cmd/cmd.h"
#include "net/net.h"
#include "store/store.h"

/* Borrowed for the life of the net; blobs may be opened later than it. */
struct fetch_site {
	const struct cmd *c;
	struct conf_sites *sites;
	const struct store_blobs *blobs; /* NULL: nothing is kept */
};

void fetch_site_options(struct fetch_site *s, struct net_options *o);

#endif
