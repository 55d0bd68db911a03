/* conf, inside: what keys.c promises to read.c, and its judges of single values. */
#ifndef CONF_INT_H
#define CONF_INT_H

#include "conf/conf.h"

#define CONF_FILE_MAX ((size_t)1 << 20) /* bytes of a configuration file */
#define CONF_VALUE_MAX 4096		/* bytes of one value */
#define CONF_LIST_MAX 10000		/* values of one list key */

/* As conf_set; relative file names are taken from below dir (with its '/'), or as they are if dir is NULL. */
int conf_set_from(struct conf *c, const char *key, const char *value, const char *dir, struct err *err);

/* Judges: NULL, or what would be allowed ("must be …"). */
const char *conf_check_server_name(const char *s);
const char *conf_check_user_agent(const char *s);
const char *conf_check_accept_language(const char *s);
const char *conf_check_cidr(const char *s);

#endif
