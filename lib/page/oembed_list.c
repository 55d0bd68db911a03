/* What of a list of oEmbed providers can be used?  The format of oembed.com/providers.json (spec C.1), judged entry by
 * entry. */
#include "page/int.h"

#include <string.h>

#include "url/url.h"

enum { NAME_MAX_BYTES = 256, ENDPOINT_MAX = 2048, STARS_MAX = 16 };

struct judge {
	bool strict; /* no pattern may speak for a whole top-level domain */
	page_providers_drop *drop;
	void *arg;
	const char *provider; /* being read */
	size_t patterns;
};

static void
drop(const struct judge *j, const char *what, const char *why)
{
	if (j->drop != NULL)
		j->drop(j->arg, j->provider, what, why);
}

/* ---- patterns (spec C.2) ------------------------------------------------------------------------------- */

void
page_pattern_clear(struct page_pattern *p)
{
	mem_free(p->scheme);
	mem_free(p->host);
	mem_free(p->rest);
	*p = (struct page_pattern){NULL, NULL, NULL};
}

static bool
host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c != '\0' && strchr("*.-_:[]", c) != NULL);
}

static bool
usable(const struct page_pattern *p)
{
	size_t stars = 0;
	for (const char *h = p->host; *h != '\0'; h++) {
		if (!host_char(*h))
			return false;
		stars += *h == '*';
	}
	for (const char *r = p->rest; *r != '\0'; r++) {
		if ((unsigned char)*r <= ' ' || *r == 0x7F)
			return false;
		stars += *r == '*';
	}
	return stars <= STARS_MAX;
}

/* A scheme, a host with stars, a path; or, in the built-in table, no scheme. */
bool
page_pattern_parse(struct page_pattern *p, const char *text, size_t n)
{
	static const char *const schemes[] = {"https", "http"};
	const char *sep = n > 0 ? memmem(text, n, "://", 3) : NULL, *host = sep == NULL ? text : sep + 3,
		   *end = text + n;
	const char *path = host;
	*p = (struct page_pattern){NULL, NULL, NULL};
	for (size_t i = 0; sep != NULL && i < 2; i++)
		if (str_nieq(text, (size_t)(sep - text), schemes[i]))
			p->scheme = mem_strdup(schemes[i]);
	while (path < end && strchr("/?#", *path) == NULL)
		path++;
	if (path == host || n > PAGE_PATTERN_MAX || (sep != NULL && p->scheme == NULL)) {
		page_pattern_clear(p);
		return false;
	}
	p->host = mem_strndup(host, (size_t)(path - host));
	str_tolower(p->host);
	p->rest = path < end && *path == '/' ? mem_strndup(path, (size_t)(end - path))
					     : mem_printf("/%.*s", (int)(end - path), path);
	if (usable(p))
		return true;
	page_pattern_clear(p);
	return false;
}

const char *
page_pattern_key(const char *host)
{
	const char *star = strrchr(host, '*'), *tail = host, *dots[2] = {NULL, NULL};
	if (star != NULL) { /* the label that a star stands in is not certain */
		tail = strchr(star, '.');
		if (tail == NULL)
			return host + strlen(host);
		tail++;
	}
	for (const char *p = tail; (p = strchr(p, '.')) != NULL; p++) {
		dots[0] = dots[1];
		dots[1] = p;
	}
	return dots[0] != NULL ? dots[0] + 1 : tail;
}

/* Whoever may name "*.com" is told what everybody looks at. */
static bool
too_wide(const struct page_pattern *p)
{
	return strchr(p->host, '*') != NULL && strchr(page_pattern_key(p->host), '.') == NULL;
}

static const char *
judge_pattern(struct judge *j, const char *text)
{
	struct page_pattern p;
	if (text == NULL)
		return "is no string";
	if (!url_is_http(text))
		return "is neither http nor https";
	if (!page_pattern_parse(&p, text, strlen(text)))
		return "is no pattern";
	bool wide = j->strict && too_wide(&p);
	page_pattern_clear(&p);
	if (wide)
		return "speaks for a whole top-level domain";
	return j->patterns >= PAGE_PROVIDERS_MAX ? "is one too many" : NULL;
}

static struct json *
patterns(struct judge *j, const struct json *schemes)
{
	struct json *kept = json_array();
	for (size_t i = 0, n = json_len(schemes); i < n; i++) {
		struct json *s = json_at(schemes, i);
		const char *text = json_value_str(s), *why = judge_pattern(j, text);
		if (why == NULL) {
			json_add_str(kept, text);
			j->patterns++;
		} else {
			drop(j, text != NULL ? text : "a scheme", why);
		}
		json_free(s);
	}
	return kept;
}

/* ---- endpoints ------------------------------------------------------------------------------------------ */

static bool
offers(const struct json *formats, const char *word)
{
	bool found = false;
	for (size_t i = 0, n = json_len(formats); i < n && !found; i++) {
		struct json *f = json_at(formats, i);
		found = str_ieq(json_value_str(f), word);
		json_free(f);
	}
	return found;
}

/* "json", else "xml"; NULL: neither. */
static const char *
format_of(const struct json *entry, const char *url)
{
	struct json *formats = json_get(entry, "formats");
	bool list = formats != NULL && json_type(formats) == JSON_ARRAY;
	size_t n = strlen(url);
	bool json = !list || offers(formats, "json"), xml = list && offers(formats, "xml");
	json_free(formats);
	if (n > 4 && str_ieq(url + n - 4, ".xml"))
		return "xml";
	return json ? "json" : xml ? "xml" : NULL;
}

static bool
is_address(const char *url)
{
	struct url u = {.port = -1};
	for (const char *p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7F)
			return false;
	bool is = url_is_http(url) && url_parse(&u, url, NULL) == 0 && u.host[0] != '\0' && u.username == NULL;
	url_clear(&u);
	return is;
}

/* {format} filled in, yours; NULL and why if it cannot be asked. */
static char *
address(const char *url, const char *format, const char **why)
{
	static const char word[] = "{format}";
	struct buf b;
	buf_init(&b, ENDPOINT_MAX);
	for (const char *hit = NULL; (hit = strstr(url, word)) != NULL; url = hit + sizeof word - 1) {
		(void)buf_add(&b, url, (size_t)(hit - url));
		(void)buf_adds(&b, format);
	}
	(void)buf_adds(&b, url);
	*why = b.full ? "is too long" : b.len == 0 || !is_address(b.p) ? "is no web address" : NULL;
	if (*why == NULL)
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
}

/* An endpoint as it is kept; NULL if nothing of it can be used. */
static struct json *
endpoint(struct judge *j, const struct json *entry)
{
	const char *url = json_str(entry, "url"), *why = "is no string";
	const char *format = url != NULL ? format_of(entry, url) : NULL;
	struct json *schemes = json_get(entry, "schemes"), *kept = NULL, *out = NULL;
	char *to = format != NULL ? address(url, format, &why) : NULL;
	if (url != NULL && format == NULL)
		why = "offers neither JSON nor XML";
	if (to == NULL)
		drop(j, url != NULL ? url : "an endpoint", why);
	else if (schemes == NULL || json_type(schemes) != JSON_ARRAY || json_len(schemes) == 0)
		drop(j, url, "has no schemes");
	else if (json_len(kept = patterns(j, schemes)) > 0) {
		out = json_object();
		json_set(out, "schemes", kept);
		json_set_str(out, "url", to);
		kept = NULL;
		if (str_eq(format, "xml")) {
			struct json *formats = json_array();
			json_add_str(formats, format);
			json_set(out, "formats", formats);
		}
	}
	json_free(kept);
	json_free(schemes);
	mem_free(to);
	return out;
}

/* ---- the list ----------------------------------------------------------------------------------------------- */

static void
provider(struct judge *j, const struct json *entry, struct json *list)
{
	const char *name = json_str(entry, "provider_name");
	struct json *endpoints = json_get(entry, "endpoints"), *kept = json_array();
	char *cut =
	    mem_strndup(name != NULL ? name : "?", name != NULL ? utf8_cut(name, strlen(name), NAME_MAX_BYTES / 4) : 1);
	j->provider = cut;
	if (endpoints == NULL || json_type(endpoints) != JSON_ARRAY || json_len(endpoints) == 0)
		drop(j, "the entry", "has no endpoints");
	for (size_t i = 0, n = endpoints != NULL && json_type(endpoints) == JSON_ARRAY ? json_len(endpoints) : 0; i < n;
	     i++) {
		struct json *e = json_at(endpoints, i), *use = endpoint(j, e);
		if (use != NULL)
			json_add(kept, use);
		json_free(e);
	}
	if (json_len(kept) > 0) {
		struct json *p = json_object();
		json_set_str(p, "provider_name", cut);
		json_set(p, "endpoints", kept);
		json_add(list, p);
		kept = NULL;
	}
	json_free(kept);
	json_free(endpoints);
	mem_free(cut);
}

/* Each costs a few hundred bytes of memory, however short it is written. */
static bool
too_many_values(const char *text, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n && count <= PAGE_PROVIDERS_VALUES_MAX; i++)
		count += text[i] == '{' || text[i] == '[';
	return count > PAGE_PROVIDERS_VALUES_MAX;
}

struct json *
page_providers_clean(const char *text, size_t n, bool strict, page_providers_drop *dropped, void *arg, struct err *err)
{
	struct judge j = {.strict = strict, .drop = dropped, .arg = arg};
	if (n > PAGE_PROVIDERS_FILE_MAX)
		return err_set(err, ERR_LIMIT, "providers: longer than %zu bytes", PAGE_PROVIDERS_FILE_MAX), NULL;
	if (too_many_values(text, n))
		return err_set(err, ERR_LIMIT, "providers: more than %d objects and arrays", PAGE_PROVIDERS_VALUES_MAX),
		       NULL;
	struct json *all = json_parse(text, n, err);
	if (all == NULL)
		return err_add(err, "providers"), NULL;
	struct json *list = json_type(all) == JSON_ARRAY ? json_array() : NULL;
	for (size_t i = 0, count = list != NULL ? json_len(all) : 0; i < count; i++) {
		struct json *p = json_at(all, i);
		provider(&j, p, list);
		json_free(p);
	}
	json_free(all);
	if (list == NULL)
		(void)err_set(err, ERR_INPUT, "providers: not a JSON array");
	return list;
}
