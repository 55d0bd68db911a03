/* conf: what does the owner want?  One row per key in keys.c; the file format is mxpreview.conf(5). */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/base.h"

struct conf_list {
	char **v;
	size_t n;
};

/* Every key of mxpreview.conf(5), filled with its default by conf_init.  Times in ms, sizes in bytes. */
struct conf {
	char *server_name;     /* "localhost" */
	char *user_agent;      /* "mxpreview/VERSION (link preview bot)" */
	char *accept_language; /* "en-US,en;q=0.9" */
	struct conf_list allow_ip, deny_ip, deny_url;
	int64_t max_spider_size;  /* 10M, decoded bytes of one document; reaching it refuses (spec K.6) */
	int64_t max_header_bytes; /* 64K, all headers of one response */
	int64_t max_header_count; /* 200 */
	int64_t max_redirects;	  /* 20 */
	int64_t connect_timeout, header_timeout, idle_timeout, total_timeout; /* 10s 20s 10s 30s */
	int64_t jobs;							      /* 16: records in flight */
	int64_t ttl, max_ttl;						      /* 1h, 24h */
	int64_t failure_ttl;						      /* 5m */
	int64_t max_image_pixels;					      /* 32M */
	struct conf_list oembed_providers;				      /* files, after the built-in table */
	struct conf_list oembed_disable;				      /* names or endpoint hosts of providers */
	bool oembed_builtin;						      /* true */
	bool merge_oembed_first;					      /* merge = html-first | oembed-first */
	bool compat_synapse;						      /* compat = none | synapse */
};

void conf_init(struct conf *c);
void conf_clear(struct conf *c);
/* "key = value" lines, '#' comments; lists by repeating the key; unknown keys and bad values are errors that name
 * file and line.  Values given later replace, list values add.  Relative names of oembed_providers are below the file's
 * directory.  ERR_NOTFOUND: there is no such file. */
int conf_read(struct conf *c, const char *path, struct err *err);
int conf_set(struct conf *c, const char *key, const char *value, struct err *err);

/* For documentation checks: the i-th key's name, its default as text, one line of help; NULL past the end. */
const char *conf_key(size_t i, const char **def, const char **help);

#endif
