/* conf, inside: what keys.c promises to read.c, and its judges of single values. */
#ifndef CONF_INT_H
#define CONF_INT_H

#include "conf/conf.h"

#define CONF_FILE_MAX ((size_t)1 << 20) /* bytes of a configuration file */
#define CONF_VALUE_MAX 4096		/* bytes of one value */
#define CONF_LIST_MAX 10000		/* values of one list key */

#define CONF_SECTIONS_MAX 10000
#define CONF_NAME_MAX 255 /* bytes of a section's name */

struct conf_section {
	char *name;	  /* as written: "example.org", "=example.org" */
	char *where;	  /* "file:line" */
	struct conf *own; /* only what is set counts */
	bool *set;	  /* by number of the key */
};

struct conf_place {
	const char *path;
	size_t line;
	const char *dir; /* of path, with its '/': relative file names are below it; or NULL */
};

/* As conf_set, in section (NULL: outside of sections); at NULL: from no file. */
int conf_set_from(struct conf *c, struct conf_section *section, const char *key, const char *value,
		  const struct conf_place *at, struct err *err);
struct conf_section *conf_section_add(struct conf *c, const char *name, const char *where, struct err *err);
/* All that the section sets, over what stands in c; nothing is copied. */
void conf_overlay(struct conf *c, const struct conf_section *section);
bool conf_section_has(const struct conf_section *s, const char *key);

/* Judges: NULL, or what would be allowed ("must be …"). */
const char *conf_check_server_name(const char *s);
const char *conf_check_user_agent(const char *s);
const char *conf_check_accept_language(const char *s);
const char *conf_check_cidr(const char *s);
const char *conf_check_ports(const char *s);
const char *conf_check_upload_limit(const char *s);
/* check_web.c */
const char *conf_check_auth(const char *s);
const char *conf_check_header(const char *s);
const char *conf_check_homeserver(const char *s);
const char *conf_check_user(const char *s);
const char *conf_check_proxy(const char *s);

#endif
