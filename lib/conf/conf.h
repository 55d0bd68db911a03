/* conf: what does the owner want?  One row per key in keys.c; the file format is mxpreview.conf(5). */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/base.h"

struct conf_list {
	char **v;
	char **where; /* "file:line" of each, or NULL for what came from elsewhere; NULL: nothing did */
	size_t n;
};

struct conf_section; /* "[site …]" with its keys */

/* Every key of mxpreview.conf(5), filled with its default by conf_init.  Times in ms, sizes in bytes. */
struct conf {
	char *server_name;     /* "localhost" */
	char *user_agent;      /* "mxpreview/VERSION (link preview bot)" */
	char *accept_language; /* "en-US,en;q=0.9" */
	struct conf_list allow_ip, deny_ip, nat64_prefix;
	struct conf_list allow_port, deny_port;
	struct conf_list allow_url, allow_url_secondary, deny_url; /* rules, see url/url.h */
	bool deny_own_addresses;				   /* true */
	int64_t max_spider_size;  /* 10M, decoded bytes of one document; reaching it refuses (spec K.6) */
	int64_t max_ratio;	  /* 100, decoded to received bytes */
	int64_t max_header_bytes; /* 64K, all headers of one response */
	int64_t max_header_count; /* 200 */
	int64_t max_redirects;	  /* 20 */
	int64_t connect_timeout, header_timeout, idle_timeout, total_timeout; /* 10s 20s 10s 30s */
	int64_t min_speed;						      /* 256, bytes a second of a body */
	char *proxy;							      /* NULL: none */
	bool proxy_enforces_addresses;					      /* false */
	char *signing_key;						      /* a file; NULL: none */
	struct conf_list prevent_media_downloads_from;			      /* homeservers */
	int64_t media_timeout;						      /* 60s */
	int64_t jobs;							      /* 16: records in flight */
	int64_t jobs_per_host;						      /* 0: half of jobs */
	int64_t retry_after_max;					      /* 60s: to wait for a host */
	int64_t min_ttl, ttl, max_ttl;					      /* 1m, 1h, 24h */
	int64_t stale_while_revalidate, stale_if_error;			      /* 5m, 24h */
	int64_t no_store_ttl, failure_ttl, failure_max_ttl;		      /* 10s, 5m, 24h */
	int64_t url_preview_image_lifetime;				      /* 2d */
	int64_t local_media_lifetime, remote_media_lifetime;		      /* 0: for ever */
	int64_t max_store_size;						      /* 0: no bound */
	int64_t orphan_grace;						      /* 24h */
	int64_t max_image_pixels;					      /* 32M */
	int64_t max_image_cpu;						      /* 2s */
	bool blurhash;							      /* false */
	struct conf_list oembed_providers;				      /* files, after the built-in table */
	struct conf_list oembed_disable;				      /* names or endpoint hosts of providers */
	struct conf_list user_agent_fallback; /* agents tried when the first is refused */
	int64_t min_interval;		      /* 0: between requests to one host */
	bool preview;			      /* true: sites may be asked at all */
	bool robots;			      /* false: robots.txt is asked */
	bool http2;			      /* false: HTTP/1.1 only */
	bool oembed_builtin;		      /* true */
	bool merge_oembed_first;	      /* merge = html-first | oembed-first */
	bool compat_synapse;		      /* compat = none | synapse */
	int64_t max_upload_size;	      /* 50M */
	struct conf_list media_upload_limits; /* "24h 500M": conf_upload_limit */
	int64_t unused_expiration_time;	      /* 24h: of ids whose content has not come */
	int64_t max_pending_media_uploads;    /* 5, of one user */
	int64_t min_free_space;		      /* 64M: below it nothing is put */
	bool dynamic_thumbnails;	      /* false */
	bool enable_authenticated_media;      /* true */

	/* what mxpreview-cgi and mxmedia-cgi look at */
	bool url_preview_enabled;			     /* true */
	char *auth;					     /* "homeserver"; none, header, tokens */
	char *auth_header;				     /* NULL: none */
	struct conf_list auth_tokens;			     /* files */
	char *homeserver;				     /* "http://127.0.0.1:8008" */
	bool homeserver_admin;				     /* false */
	int64_t homeserver_timeout, token_ttl;		     /* 10s, 1m */
	struct conf_list admin;				     /* users */
	struct conf_list trusted_proxy;			     /* addresses, or "unix" */
	bool client_language;				     /* false */
	int64_t rate_per_second, rate_burst;		     /* 0: no limit; 50 */
	int64_t media_create_per_second, media_create_burst; /* 10, 50 */
	int64_t remote_media_download_per_second;	     /* 87K bytes */
	int64_t remote_media_download_burst_count;	     /* 500M bytes */

	struct conf_section *section;
	size_t sections;
};

void conf_init(struct conf *c);
void conf_clear(struct conf *c);
/* "key = value" lines, '#' comments, "[site "name"]" sections; lists by repeating the key; unknown keys and bad values are errors that name
 * file and line.  Values given later replace, list values add.  Relative names of oembed_providers are below the file's
 * directory.  ERR_NOTFOUND: there is no such file. */
int conf_read(struct conf *c, const char *path, struct err *err);
/* Wins over what sections say of the key. */
int conf_set(struct conf *c, const char *key, const char *value, struct err *err);

/* "24h 500M": so many bytes in so long. */
int conf_upload_limit(const char *value, int64_t *period, int64_t *bytes);

/* ---- sites: what holds for one host ------------------------------------------------------------------ */

/* The keys that may stand in a section, as they are for one host.  Borrowed from the conf. */
struct conf_site {
	const char *user_agent, *accept_language;
	struct conf_list user_agent_fallback;
	int64_t header_timeout, total_timeout, max_spider_size, min_interval;
	bool preview, robots, http2;
};

/* An index of the sections of c, which must stay as it is for the life of the index.  Errors name file and line. */
struct conf_sites;
struct conf_sites *conf_sites_new(const struct conf *c, struct err *err);
void conf_sites_free(struct conf_sites *s);
/* Key by key the most specific section that has it, else what stands outside of sections; host in any spelling. */
void conf_site(const struct conf_sites *s, const char *host, struct conf_site *out);
int64_t conf_total_timeout_max(const struct conf *c); /* of all sites */
int64_t conf_min_interval_max(const struct conf *c);
/* The i-th section's name ("example.org", "=example.org") and what it says of preview (false: nothing); NULL past the
 * end. */
const char *conf_section(const struct conf *c, size_t i, bool *says, bool *preview);

/* For documentation checks: the i-th key's name, its default as text, one line of help; NULL past the end. */
const char *conf_key(size_t i, const char **def, const char **help);

#endif
