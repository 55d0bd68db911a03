/* fetch-tell: what a person is told of each answer on the way. */
#ifndef CMD_FETCH_TELL_H
#define CMD_FETCH_TELL_H

#include "cmd/cmd.h"
#include "net/net.h"

void fetch_tell_hop(const struct cmd *c, const struct net_bounds *b, const struct net_hop *h);
void fetch_tell_line(const struct cmd *c, bool sent, const char *p, size_t n);

#endif
