/* What holds for this host?  Apart from the reader, so that only those who ask know what a host is. */
#include "conf/int.h"

#include "url/url.h"

struct conf_sites {
	const struct conf *conf;
	struct url_hosts *names; /* → number of the section */
};

void
conf_sites_free(struct conf_sites *s)
{
	if (s == NULL)
		return;
	url_hosts_free(s->names);
	mem_free(s);
}

struct conf_sites *
conf_sites_new(const struct conf *c, struct err *err)
{
	struct conf_sites *s = mem_alloc(sizeof *s);
	s->conf = c;
	s->names = url_hosts_new();
	for (size_t i = 0; i < c->sections; i++) {
		const struct conf_section *one = &c->section[i];
		if (url_hosts_add(s->names, one->name, i, err) == 0)
			continue;
		(void)err_add(err, "%s", one->where);
		conf_sites_free(s);
		return NULL;
	}
	return s;
}

void
conf_site(const struct conf_sites *s, const char *host, struct conf_site *out)
{
	size_t number[URL_HOSTS_MAX];
	struct conf c = *s->conf; /* a view of it: nothing in it is owned */
	for (size_t n = url_hosts_find(s->names, host, number); n > 0; n--)
		conf_overlay(&c, &s->conf->section[number[n - 1]]);
	*out = (struct conf_site){
	    .user_agent = c.user_agent,
	    .accept_language = c.accept_language,
	    .user_agent_fallback = c.user_agent_fallback,
	    .header_timeout = c.header_timeout,
	    .total_timeout = c.total_timeout,
	    .max_spider_size = c.max_spider_size,
	    .min_interval = c.min_interval,
	    .preview = c.preview,
	    .robots = c.robots,
	    .http2 = c.http2,
	};
}

int64_t
conf_total_timeout_max(const struct conf *c)
{
	int64_t most = c->total_timeout;
	for (size_t i = 0; i < c->sections; i++)
		if (c->section[i].own->total_timeout > most && conf_section_has(&c->section[i], "total_timeout"))
			most = c->section[i].own->total_timeout;
	return most;
}

int64_t
conf_min_interval_max(const struct conf *c)
{
	int64_t most = c->min_interval;
	for (size_t i = 0; i < c->sections; i++)
		if (c->section[i].own->min_interval > most && conf_section_has(&c->section[i], "min_interval"))
			most = c->section[i].own->min_interval;
	return most;
}

const char *
conf_section(const struct conf *c, size_t i, bool *says, bool *preview)
{
	if (i >= c->sections)
		return NULL;
	*says = conf_section_has(&c->section[i], "preview");
	*preview = c->section[i].own->preview;
	return c->section[i].name;
}
