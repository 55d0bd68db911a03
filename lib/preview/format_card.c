/* What does a card show?  The preview with typed members, and what a card must have (spec part G).
 *
 * Where the specification is silent or at odds with itself:
 *   - dates are passed on as the page writes them; host name and avatar as they are named;
 *   - a count that is no number, a fill that is neither true nor false, an address that is no web address: left out;
 *   - one value under a name with "[]" is a list, too; lists of names and avatars pair by index, what could not be used
 *     leaves an empty string in its place;
 *   - only og:image is stored; the other pictures keep their own addresses, made absolute;
 *   - defaults are not written out.
 *
 * Of an answer of the cache a card is made from the same members: og, html (base, extra, images, lists) and of the page's
 * document final_url and name.  What is missing there is made up for as far as it can be. */
#include "preview/format.h"

#include <string.h>

#include "url/url.h"

enum type { TEXT, LINK, COUNT, FLAG, LIST, LINKS };
enum need { OPTIONAL, ALWAYS, ACTIVITY };

static const struct field {
	const char *key;
	enum type type;
	enum need need;
} fields[] = {
    {"og:title", TEXT, ALWAYS},
    {"og:description", TEXT, ALWAYS},
    {"og:site_name", TEXT, ALWAYS},
    {"og:site_icon", LINK, ALWAYS},
    {"og:image:fill", FLAG, OPTIONAL},
    {"og:background_image", LINK, OPTIONAL},
    {"og:audio", LINK, OPTIONAL},
    {"og:tag_icon", LINK, OPTIONAL},
    {"og:host:name", TEXT, ACTIVITY},
    {"og:host:avatar", LINK, ACTIVITY},
    {"og:participant:name[]", LIST, OPTIONAL},
    {"og:participant:avatar[]", LINKS, OPTIONAL},
    {"og:participant:count", COUNT, OPTIONAL},
    {"og:partner:name[]", LIST, OPTIONAL},
    {"og:partner:avatar[]", LINKS, OPTIONAL},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

struct card {
	struct json *out, *html;
	const char *base; /* relative addresses count from it; borrowed */
};

/* ---- values ------------------------------------------------------------------------------------------- */

/* An address that a client may load; NULL if it is none. */
static char *
absolute(const struct card *c, const char *ref)
{
	if (str_isblank(ref))
		return NULL;
	if (str_istarts(ref, "mxc://"))
		return mem_strdup(ref);
	char *url = url_resolve(c->base, ref, NULL);
	if (url != NULL && (!url_is_http(url) || strlen(url) > URL_MAX)) {
		mem_free(url);
		url = NULL;
	}
	return url;
}

static void
set_link(const struct card *c, const char *key, const char *value)
{
	char *url = absolute(c, value);
	if (url != NULL)
		json_set_str(c->out, key, url);
	else
		json_del(c->out, key);
	mem_free(url);
}

static void
set_list(const struct card *c, const struct field *f, const char *only)
{
	struct json *lists = json_get(c->html, "lists"), *from = json_get(lists, f->key), *to = json_array();
	for (size_t i = 0, n = json_len(from); i < n; i++) {
		struct json *value = json_at(from, i);
		const char *text = json_value_str(value);
		char *url = f->type == LINKS ? absolute(c, text) : NULL;
		json_add_str(to, url != NULL ? url : f->type == LINKS || text == NULL ? "" : text);
		mem_free(url);
		json_free(value);
	}
	if (json_len(from) == 0 && only != NULL)
		json_add_str(to, only);
	json_free(from);
	json_free(lists);
	if (json_len(to) > 0)
		json_set(c->out, f->key, to);
	else
		json_free(to);
}

/* One member from text to its type; what is not of that type goes. */
static void
give_type(const struct card *c, const struct field *f)
{
	char *value = mem_strdup(json_str(c->out, f->key));
	int64_t count = 0;
	if (f->type == LIST || f->type == LINKS) {
		set_list(c, f, value);
	} else if (value == NULL) {
		json_del(c->out, f->key);
	} else if (f->type == LINK) {
		set_link(c, f->key, value);
	} else if (f->type == COUNT) {
		json_del(c->out, f->key);
		if (str_int64(value, &count) == 0 && count >= 0)
			json_set_int(c->out, f->key, count);
	} else if (f->type == FLAG) {
		json_del(c->out, f->key);
		if (str_ieq(value, "true") || str_ieq(value, "false"))
			json_set_bool(c->out, f->key, str_ieq(value, "true"));
	}
	mem_free(value);
}

/* Lists that no row knows are lists all the same. */
static void
add_list(void *arg, const char *key, const struct json *value)
{
	const struct card *c = arg;
	for (size_t i = 0; i < FIELDS; i++)
		if (str_eq(fields[i].key, key))
			return;
	json_set(c->out, key, json_copy(value));
}

/* ---- what a card must have ------------------------------------------------------------------------------- */

/* The icon that the page links to, wherever the record has it. */
static char *
page_icon(const struct card *c)
{
	struct json *extra = json_get(c->html, "extra"), *images = json_get(c->html, "images");
	char *url = absolute(c, json_str(extra, "og:site_icon"));
	for (size_t i = 0, n = json_len(images); i < n && url == NULL; i++) {
		struct json *image = json_at(images, i);
		if (str_eq(json_str(image, "source"), "icon"))
			url = absolute(c, json_str(image, "url"));
		json_free(image);
	}
	json_free(images);
	json_free(extra);
	return url;
}

/* Where browsers look when a page names none (HTML §4.6.7.8). */
static void
fill_icon(const struct card *c)
{
	char *url = page_icon(c);
	if (url == NULL)
		url = absolute(c, "/favicon.ico");
	if (url != NULL)
		json_set_str(c->out, "og:site_icon", url);
	mem_free(url);
}

static void
fill_site(const struct card *c)
{
	struct url u;
	struct json *extra = json_get(c->html, "extra");
	const char *name = json_str(extra, "og:site_name");
	if (!str_isblank(name)) {
		json_set_str(c->out, "og:site_name", name);
	} else if (url_parse(&u, c->base, NULL) == 0) {
		if (u.host != NULL)
			json_set_str(c->out, "og:site_name", str_starts(u.host, "www.") ? u.host + 4 : u.host);
		url_clear(&u);
	}
	json_free(extra);
}

static bool
lacks(const struct card *c, const char *key)
{
	return str_isblank(json_str(c->out, key));
}

/* A title from the name of the file.  A description is never made up: the title twice helps nobody. */
static void
fill(const struct card *c, const struct record_doc *page)
{
	if (lacks(c, "og:title") && !str_isblank(page->name))
		json_set_str(c->out, "og:title", page->name);
	if (lacks(c, "og:site_name"))
		fill_site(c);
	if (lacks(c, "og:site_icon"))
		fill_icon(c);
}

static void
report(const struct card *c)
{
	struct json *missing = json_array();
	bool activity = str_ieq(json_str(c->out, "og:card_type"), "activity");
	for (size_t i = 0; i < FIELDS; i++)
		if ((fields[i].need == ALWAYS || (fields[i].need == ACTIVITY && activity)) && lacks(c, fields[i].key))
			json_add_str(missing, fields[i].key);
	if (json_len(missing) > 0)
		json_set(c->out, "missing", missing);
	else
		json_free(missing);
}

struct json *
format_card(const struct record *rec)
{
	struct record_doc page = {0};
	if (record_failed(rec) || !json_has(rec->j, "og"))
		return format_og(rec);
	(void)record_doc(rec, "page", &page);
	struct json *html = json_get(rec->j, "html");
	const char *base = json_str(html, "base");
	struct card c = {.out = format_og(rec),
			 .html = html,
			 .base = base != NULL		  ? base
				 : page.final_url != NULL ? page.final_url
							  : record_url(rec)};
	struct json *lists = json_get(html, "lists");
	json_each(lists, add_list, &c);
	json_free(lists);
	for (size_t i = 0; i < FIELDS; i++)
		give_type(&c, &fields[i]);
	fill(&c, &page);
	report(&c);
	json_free(html);
	record_doc_clear(&page);
	return c.out;
}

bool
format_card_complete(const struct json *card)
{
	return !json_has(card, "missing") && !json_has(card, "error");
}
