/* Which keys are there, what may they hold, and what do they hold when nobody says anything?  One row per key. */
#include "conf/int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#ifndef MX_VERSION /* the build passes the version of the package */
#define MX_VERSION "0"
#endif

enum type {
	TEXT,	  /* char * */
	PATH,	  /* char *, a file name */
	LIST,	  /* struct conf_list of text */
	FILES,	  /* struct conf_list of file names */
	NUMBER,	  /* int64_t */
	SIZE,	  /* int64_t: K M G, 1024-based */
	DURATION, /* int64_t in ms: s m h d w y */
	SWITCH,	  /* bool: true false yes no on off */
	CHOICE	  /* bool: one of two words; the second is true */
};

struct row {
	const char *name;
	enum type type;
	size_t offset;
	const char *def; /* as it would stand in the file; "" is an empty list */
	int64_t min, max;
	const char *(*check)(const char *value); /* NULL or what is allowed */
	const char *word[2];
	const char *help;
	bool site; /* may stand in a section */
	bool zero; /* 0 may stand, too, below min: there is no such thing */
};

#define KIB ((int64_t)1024)
#define MIB (1024 * KIB)
#define SEC ((int64_t)1000)
#define MINUTE (60 * SEC)
#define HOUR (60 * MINUTE)
#define DAY (86400 * SEC)
#define YEAR (365 * DAY)

/* clang-format off */
#define ROW(key, type, field, def, min, max, check, no, yes, help, site) \
	{#key, type, offsetof(struct conf, field), def, min, max, check, {no, yes}, help, site, false}
#define STRING(key, def, check, help) ROW(key, TEXT, key, def, 0, 0, check, NULL, NULL, help, false)
#define MANY(key, type, check, help) ROW(key, type, key, "", 0, 0, check, NULL, NULL, help, false)
#define RANGE(key, type, def, min, max, help) ROW(key, type, key, def, min, max, NULL, NULL, NULL, help, false)
/* What is meant in seconds and read as ms would delete nearly all: no lifetime of media is shorter than an hour. */
#define LIFETIME(key, def, max, help) \
	{#key, DURATION, offsetof(struct conf, key), def, HOUR, max, NULL, {NULL, NULL}, help, false, (def)[0] == '0'}
#define BOOLEAN(key, def, help) ROW(key, SWITCH, key, def, 0, 0, NULL, NULL, NULL, help, false)
#define EITHER(key, field, no, yes, help) ROW(key, CHOICE, field, no, 0, 0, NULL, no, yes, help, false)
/* Keys that may also stand in a section. */
#define SITE_STRING(key, def, check, help) ROW(key, TEXT, key, def, 0, 0, check, NULL, NULL, help, true)
#define SITE_MANY(key, type, check, help) ROW(key, type, key, "", 0, 0, check, NULL, NULL, help, true)
#define SITE_RANGE(key, type, def, min, max, help) ROW(key, type, key, def, min, max, NULL, NULL, NULL, help, true)
#define SITE_BOOLEAN(key, def, help) ROW(key, SWITCH, key, def, 0, 0, NULL, NULL, NULL, help, true)
/* clang-format on */

/* Ceilings stand where a larger value stops meaning anything (libcurl ends near 300 KB of headers by itself) or where
 * a slip of the finger would cost the machine its memory. */
static const struct row rows[] = {
    STRING(server_name, "localhost", conf_check_server_name, "Matrix server name in the mxc:// addresses of media"),
    SITE_STRING(user_agent, "mxpreview/" MX_VERSION " (link preview bot)", conf_check_user_agent,
		"User-Agent header of every request"),
    SITE_STRING(accept_language, "en-US,en;q=0.9", conf_check_accept_language,
		"Accept-Language header where the record asks for no language"),
    SITE_MANY(user_agent_fallback, LIST, conf_check_user_agent, "agents tried in turn where the first one is refused"),
    SITE_BOOLEAN(preview, "true", "whether sites are asked at all"),
    SITE_BOOLEAN(robots, "false", "whether robots.txt is asked first"),
    SITE_BOOLEAN(http2, "false", "whether HTTP/2 may be spoken over TLS"),
    SITE_RANGE(min_interval, DURATION, "0", 0, 10 * MINUTE, "between the beginnings of two requests to one host"),
    MANY(allow_ip, LIST, conf_check_cidr, "addresses that may be connected to whatever else says no"),
    MANY(deny_ip, LIST, conf_check_cidr, "addresses that are never connected to, beside the built-in list"),
    MANY(nat64_prefix, LIST, conf_check_cidr, "prefixes of this network's NAT64, judged by the IPv4 address within"),
    BOOLEAN(deny_own_addresses, "true", "whether this machine's own addresses are never connected to"),
    MANY(allow_port, LIST, conf_check_ports, "the only ports that are asked"),
    MANY(deny_port, LIST, conf_check_ports, "ports that are never asked"),
    MANY(allow_url, LIST, NULL, "rules of the only URLs that are asked for"),
    MANY(allow_url_secondary, LIST, NULL, "rules of what documents may name beside allow_url"),
    MANY(deny_url, LIST, NULL, "rules of URLs that are never asked for"),
    STRING(proxy, "", NULL, "http:// proxy through which everything is fetched"),
    BOOLEAN(proxy_enforces_addresses, "false", "whether the proxy keeps us from addresses that are not public"),
    ROW(signing_key, PATH, signing_key, "", 0, 0, NULL, NULL, NULL,
	"key file with which requests to other homeservers are signed", false),
    MANY(prevent_media_downloads_from, LIST, conf_check_server_name, "homeservers whose media are not brought"),
    RANGE(media_timeout, DURATION, "60s", 100, 60 * MINUTE, "for one medium of another homeserver, from one place"),
    SITE_RANGE(max_spider_size, SIZE, "10M", KIB, 1024 * MIB, "decoded bytes of one document; reaching it refuses"),
    RANGE(max_ratio, NUMBER, "100", 1, 10000, "decoded bytes of a document for each one received, beyond 1M"),
    RANGE(max_header_bytes, SIZE, "64K", KIB, 256 * KIB, "bytes of all headers of one response"),
    RANGE(max_header_count, NUMBER, "200", 1, 10000, "header lines of one response"),
    RANGE(max_redirects, NUMBER, "20", 0, 50, "hops from one wanted URL"),
    RANGE(connect_timeout, DURATION, "10s", 100, 10 * MINUTE, "until a connection stands, TLS included"),
    SITE_RANGE(header_timeout, DURATION, "20s", 100, 10 * MINUTE, "until the headers of a response are complete"),
    RANGE(idle_timeout, DURATION, "10s", 100, 10 * MINUTE, "without news from the other side"),
    RANGE(min_speed, SIZE, "256", 0, 1024 * MIB, "bytes a second that a document must come with"),
    SITE_RANGE(total_timeout, DURATION, "30s", 100, 60 * MINUTE, "for one wanted URL with all its redirects"),
    RANGE(jobs, NUMBER, "16", 1, 256, "records in flight at once"),
    RANGE(jobs_per_host, NUMBER, "0", 0, 256, "documents in flight at once from one host; 0 is half of jobs"),
    RANGE(retry_after_max, DURATION, "60s", 0, 10 * MINUTE,
	  "how long at most requests wait for a host that asks to be left alone"),
    RANGE(min_ttl, DURATION, "1m", 0, 10 * YEAR, "how long a preview is kept at least, whatever its page says"),
    RANGE(ttl, DURATION, "1h", 0, 10 * YEAR, "how long a preview is kept when its page says nothing"),
    RANGE(max_ttl, DURATION, "24h", 0, 10 * YEAR, "how long a preview is kept at most, whatever its page says"),
    RANGE(stale_while_revalidate, DURATION, "5m", 0, 10 * YEAR,
	  "how long at most a preview that is over is told while it is asked for anew, if its page allows that"),
    RANGE(stale_if_error, DURATION, "24h", 0, 10 * YEAR,
	  "how long at most a preview that is over is told while its page cannot be had"),
    RANGE(no_store_ttl, DURATION, "10s", 0, 60 * MINUTE,
	  "how long an answer waits for others that its page wants not kept"),
    RANGE(failure_ttl, DURATION, "5m", 0, 7 * DAY, "how long a first failure is remembered"),
    RANGE(failure_max_ttl, DURATION, "24h", 0, 30 * DAY, "how long failures in a row are remembered at most"),
    LIFETIME(url_preview_image_lifetime, "2d", 10 * YEAR, "how long pictures of previews are kept after use"),
    LIFETIME(local_media_lifetime, "0", 100 * YEAR, "how long uploads are kept after use; 0 is for ever"),
    LIFETIME(remote_media_lifetime, "0", 100 * YEAR,
	     "how long copies of other servers' media are kept after use; 0 is for ever"),
    RANGE(max_store_size, SIZE, "0", 0, 1024 * 1024 * 1024 * MIB,
	  "bytes of what can be had again, previews' and other servers' media; 0 is no bound"),
    RANGE(orphan_grace, DURATION, "24h", 0, YEAR, "how old a file that nothing names must be to be removed"),
    RANGE(max_image_pixels, SIZE, "32M", 1, 256 * MIB, "width times height of a picture; reaching it refuses"),
    RANGE(max_image_cpu, DURATION, "2s", 1, 10 * MINUTE, "processor time for one picture of a record"),
    BOOLEAN(blurhash, "false", "whether previews carry matrix:image:blurhash"),
    MANY(oembed_providers, FILES, NULL, "provider tables read after the built-in one"),
    MANY(oembed_disable, LIST, NULL, "providers, by name or by the host of their endpoint, that are not asked"),
    BOOLEAN(oembed_builtin, "true", "whether the built-in provider table is used"),
    EITHER(merge, merge_oembed_first, "html-first", "oembed-first", "which of page and oEmbed answer wins"),
    EITHER(compat, compat_synapse, "none", "synapse", "whose habits the output follows"),
    RANGE(max_upload_size, SIZE, "50M", 1, 64 * 1024 * MIB, "bytes of an upload, or of another server's medium"),
    MANY(media_upload_limits, LIST, conf_check_upload_limit, "how much a user may upload in which time"),
    RANGE(unused_expiration_time, DURATION, "24h", SEC, YEAR, "how long an id waits for its content"),
    RANGE(max_pending_media_uploads, NUMBER, "5", 0, 10000, "ids of one user that wait for their content"),
    RANGE(min_free_space, SIZE, "64M", 0, 1024 * 1024 * MIB, "free space of the disk below which nothing is put"),
    BOOLEAN(dynamic_thumbnails, "false", "whether thumbnails beyond the standard ones are made when asked for"),
    BOOLEAN(enable_authenticated_media, "true", "whether new media are for those who say who they are only"),

    /* mxpreview-cgi, mxmedia-cgi */
    BOOLEAN(url_preview_enabled, "true", "whether clients are given previews at all"),
    STRING(auth, "homeserver", conf_check_auth, "how it is known who asks by HTTP"),
    STRING(auth_header, "", conf_check_header, "the header in which the web server names the user"),
    MANY(auth_tokens, FILES, NULL, "files of known access tokens"),
    STRING(homeserver, "http://127.0.0.1:8008", conf_check_homeserver, "the homeserver that knows access tokens"),
    BOOLEAN(homeserver_admin, "false", "whether the homeserver is asked who is an admin"),
    RANGE(homeserver_timeout, DURATION, "10s", 100, 2 * MINUTE, "for one answer of the homeserver"),
    RANGE(token_ttl, DURATION, "1m", 0, 60 * MINUTE, "how long an access token is known without asking again"),
    MANY(admin, LIST, conf_check_user, "users that are server admins"),
    MANY(trusted_proxy, LIST, conf_check_proxy, "proxies that are believed who asks"),
    BOOLEAN(client_language, "false", "whether pages are asked for in the languages of the client"),
    RANGE(rate_per_second, NUMBER, "0", 0, 1000, "requests a second of one user and of one address; 0 is no limit"),
    RANGE(rate_burst, NUMBER, "50", 1, 100000, "requests at once before that limit holds"),
    RANGE(media_create_per_second, NUMBER, "10", 0, 1000, "ids a second that a user may have made; 0 is no limit"),
    RANGE(media_create_burst, NUMBER, "50", 1, 100000, "ids at once before that limit holds"),
    RANGE(remote_media_download_per_second, SIZE, "87K", 0, 1024 * MIB,
	  "bytes a second of other servers' media that are brought for one address; 0 is no limit"),
    RANGE(remote_media_download_burst_count, SIZE, "500M", MIB, 64 * 1024 * MIB, "bytes before that limit holds"),
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void *
field(struct conf *c, const struct row *r)
{
	return (char *)c + r->offset;
}

struct unit {
	int64_t factor;
	char letter;
};

/* A bound as a reader would write it: the largest unit that divides it. */
static const char *
show(enum type type, int64_t v, char out[32])
{
	static const struct unit none[] = {{1, '\0'}};
	static const struct unit sizes[] = {{1024 * MIB, 'G'}, {MIB, 'M'}, {KIB, 'K'}, {1, '\0'}};
	static const struct unit times[] = {{YEAR, 'y'},   {DAY, 'd'}, {60 * MINUTE, 'h'},
					    {MINUTE, 'm'}, {SEC, 's'}, {1, '\0'}};
	const struct unit *u = type == SIZE ? sizes : type == DURATION ? times : none;
	while (u->factor > 1 && (v < u->factor || v % u->factor != 0))
		u++;
	(void)snprintf(out, 32, "%" PRId64 "%.1s", v / u->factor, &u->letter);
	return out;
}

/* A number alone that is too small was meant in another unit. */
static bool
bare_ms(const struct row *r, const char *value, int rc)
{
	size_t n = strlen(value);
	return rc == 0 && r->type == DURATION && n > 0 && value[n - 1] >= '0' && value[n - 1] <= '9';
}

static int
set_number(struct conf *c, const struct row *r, const char *value, struct err *err)
{
	static const char *const what[] = {
	    [NUMBER] = "a whole number", [SIZE] = "a size (K, M, G)", [DURATION] = "a time (ms, or s m h d w y)"};
	char lo[32];
	char hi[32];
	int64_t v = 0;
	int rc = r->type == NUMBER ? str_int64(value, &v)
		 : r->type == SIZE ? str_size(value, &v)
				   : str_duration(value, &v);
	if (rc < 0 || ((v < r->min || v > r->max) && !(r->zero && v == 0)))
		return err_set(err, ERR_INPUT, "%s: '%.100s' is not %s from %s to %s%s%s", r->name, value,
			       what[r->type], show(r->type, r->min, lo), show(r->type, r->max, hi),
			       r->zero ? ", or 0" : "", bare_ms(r, value, rc) ? "; without a letter it is in ms" : "");
	*(int64_t *)field(c, r) = v;
	return 0;
}

static int
set_switch(struct conf *c, const struct row *r, const char *value, struct err *err)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!str_ieq(value, words[i]))
			continue;
		*(bool *)field(c, r) = i % 2 == 1;
		return 0;
	}
	return err_set(err, ERR_INPUT, "%s: '%.100s' is not true, false, yes, no, on or off", r->name, value);
}

static int
set_choice(struct conf *c, const struct row *r, const char *value, struct err *err)
{
	for (int i = 0; i < 2; i++) {
		if (!str_eq(value, r->word[i]))
			continue;
		*(bool *)field(c, r) = i == 1;
		return 0;
	}
	return err_set(err, ERR_INPUT, "%s: '%.100s' is neither %s nor %s", r->name, value, r->word[0], r->word[1]);
}

/* Relative file names are below the directory of the file that names them. */
static char *
copy(const struct row *r, const char *value, const struct conf_place *at)
{
	if ((r->type == FILES || r->type == PATH) && at != NULL && at->dir != NULL && value[0] != '/')
		return mem_printf("%s%s", at->dir, value);
	return mem_strdup(value);
}

static int
add_value(struct conf *c, const struct row *r, const char *value, const struct conf_place *at, struct err *err)
{
	struct conf_list *l = field(c, r);
	if (l->n >= CONF_LIST_MAX)
		return err_set(err, ERR_LIMIT, "%s: more than %d values", r->name, CONF_LIST_MAX);
	l->v = mem_realloc(l->v, (l->n + 1) * sizeof *l->v);
	l->where = mem_realloc(l->where, (l->n + 1) * sizeof *l->where);
	l->where[l->n] = at != NULL ? mem_printf("%s:%zu", at->path, at->line) : NULL;
	l->v[l->n++] = copy(r, value, at);
	return 0;
}

static int
set_text(struct conf *c, const struct row *r, const char *value, const struct conf_place *at)
{
	char **text = field(c, r);
	mem_free(*text);
	*text = copy(r, value, at);
	return 0;
}

/* What no value may be, whatever its key. */
static int
check_value(const struct row *r, const char *value, struct err *err)
{
	size_t n = strlen(value);
	if (n == 0)
		return err_set(err, ERR_INPUT, "%s: needs a value", r->name);
	if (n > CONF_VALUE_MAX)
		return err_set(err, ERR_LIMIT, "%s: value of more than %d bytes", r->name, CONF_VALUE_MAX);
	if (!utf8_valid(value, n))
		return err_set(err, ERR_INPUT, "%s: value is not UTF-8", r->name);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7F)
			return err_set(err, ERR_INPUT, "%s: control character in value", r->name);
	const char *allowed = r->check != NULL ? r->check(value) : NULL;
	if (allowed != NULL)
		return err_set(err, ERR_INPUT, "%s: '%.100s' is not %s", r->name, value, allowed);
	return 0;
}

static int
set(struct conf *c, const struct row *r, const char *value, const struct conf_place *at, struct err *err)
{
	if (check_value(r, value, err) < 0)
		return -1;
	switch (r->type) {
	case TEXT:
	case PATH:
		return set_text(c, r, value, at);
	case LIST:
	case FILES:
		return add_value(c, r, value, at, err);
	case NUMBER:
	case SIZE:
	case DURATION:
		return set_number(c, r, value, err);
	case SWITCH:
		return set_switch(c, r, value, err);
	case CHOICE:
		return set_choice(c, r, value, err);
	}
	return err_set(err, ERR_BUG, "%s: key of unknown type", r->name);
}

/* The number of a key, or ROWS. */
static size_t
number_of(const char *key)
{
	size_t i = 0;
	while (i < ROWS && !str_eq(rows[i].name, key))
		i++;
	return i;
}

int
conf_set_from(struct conf *c, struct conf_section *section, const char *key, const char *value,
	      const struct conf_place *at, struct err *err)
{
	size_t i = number_of(key);
	if (i == ROWS)
		return err_set(err, ERR_INPUT, "unknown key '%.100s'", key);
	if (section == NULL)
		return set(c, &rows[i], value, at, err);
	if (!rows[i].site)
		return err_set(err, ERR_INPUT, "%s: not for a single site; it stands before all sections", key);
	if (set(section->own, &rows[i], value, at, err) < 0)
		return -1;
	section->set[i] = true;
	return 0;
}

int
conf_set(struct conf *c, const char *key, const char *value, struct err *err)
{
	if (conf_set_from(c, NULL, key, value, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < c->sections; i++)
		c->section[i].set[number_of(key)] = false;
	return 0;
}

/* ---- sections -------------------------------------------------------------------------- */

struct conf_section *
conf_section_add(struct conf *c, const char *name, const char *where, struct err *err)
{
	if (c->sections >= CONF_SECTIONS_MAX) {
		(void)err_set(err, ERR_LIMIT, "more than %d sections", CONF_SECTIONS_MAX);
		return NULL;
	}
	c->section = mem_realloc(c->section, (c->sections + 1) * sizeof *c->section);
	struct conf_section *s = &c->section[c->sections++];
	*s = (struct conf_section){.name = mem_strdup(name),
				   .where = mem_strdup(where),
				   .own = mem_alloc(sizeof *s->own),
				   .set = mem_array(ROWS, sizeof *s->set)};
	return s;
}

static void
section_clear(struct conf_section *s)
{
	conf_clear(s->own);
	mem_free(s->own);
	mem_free(s->set);
	mem_free(s->name);
	mem_free(s->where);
}

static size_t
width(const struct row *r)
{
	switch (r->type) {
	case TEXT:
	case PATH:
		return sizeof(char *);
	case LIST:
	case FILES:
		return sizeof(struct conf_list);
	case NUMBER:
	case SIZE:
	case DURATION:
		return sizeof(int64_t);
	case SWITCH:
	case CHOICE:
		break;
	}
	return sizeof(bool);
}

void
conf_overlay(struct conf *c, const struct conf_section *section)
{
	for (size_t i = 0; i < ROWS; i++)
		if (section->set[i])
			(void)memcpy(field(c, &rows[i]), field(section->own, &rows[i]), width(&rows[i]));
}

bool
conf_section_has(const struct conf_section *s, const char *key)
{
	size_t i = number_of(key);
	return i < ROWS && s->set[i];
}

/* ---- life --------------------------------------------------------------------------------- */

void
conf_init(struct conf *c)
{
	*c = (struct conf){0};
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].def[0] != '\0')
			(void)set(c, &rows[i], rows[i].def, NULL, NULL); /* tests/unit/conf_keys.c: each is valid */
}

void
conf_clear(struct conf *c)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].type == TEXT || rows[i].type == PATH)
			mem_free(*(char **)field(c, &rows[i]));
		if (rows[i].type != LIST && rows[i].type != FILES)
			continue;
		struct conf_list *l = field(c, &rows[i]);
		for (size_t k = 0; k < l->n; k++) {
			mem_free(l->v[k]);
			mem_free(l->where[k]);
		}
		mem_free(l->v);
		mem_free(l->where);
	}
	for (size_t i = 0; i < c->sections; i++)
		section_clear(&c->section[i]);
	mem_free(c->section);
	*c = (struct conf){0};
}

const char *
conf_key(size_t i, const char **def, const char **help)
{
	if (i >= ROWS)
		return NULL;
	if (def != NULL)
		*def = rows[i].def;
	if (help != NULL)
		*help = rows[i].help;
	return rows[i].name;
}
