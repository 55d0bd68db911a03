/* connect: the process beside mxpreview-fetch that resolves, judges and connects (net/net.h). */
#ifndef CMD_CONNECT_H
#define CMD_CONNECT_H

#include "cmd/cmd.h"
#include "net/connector.h"

struct cmd_connector {
	pid_t pid;		/* 0: none */
	int lookup_fd, open_fd; /* ours, until they are given to net_new; -1: none */
};

/* Forks it, closed in unless --no-sandbox.  In o the policy and the proxy are set.  Call it before any thread runs. */
int cmd_connector_start(const struct cmd *c, struct cmd_connector *conn, struct net_connector *o, struct err *err);
/* Its end, which comes when both channels are closed. */
void cmd_connector_wait(struct cmd_connector *conn);

#endif
