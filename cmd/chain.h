/* chain: the filters that a preview needs, as processes of this machine. */
#ifndef CMD_CHAIN_H
#define CMD_CHAIN_H

#include "cmd/cmd.h"

/* The arguments of the filter of a stage; fetch are further ones of mxpreview-fetch, or NULL. */
char **chain_argv(const struct cmd *c, const char *dir, enum stage s, const struct conf_list *fetch);
void chain_argv_free(char **argv); /* NULL is nothing */
void chain_arg(struct conf_list *l, const char *s);

/* ms without any answer after which each filter is taken for stuck. */
void chain_patience(const struct conf *conf, int64_t patience[STAGE_DONE]);
/* What filters read when they start, which is too late to say that it is not there. */
int chain_check(const struct conf *conf, struct err *err);

#endif
