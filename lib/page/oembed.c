/* What does an oEmbed answer say?  https://oembed.com §2.3, JSON or XML, to Open Graph (spec C.5, per member, leniently
 * typed). */
#include "page/int.h"

#include <string.h>

#include "url/url.h"

struct answer {
	const struct json *j;
	struct json *og;
	const char *base;
};

/* References decoded once, cleaned; NULL if absent, blank or no string. */
static char *
decoded(const struct json *j, const char *key)
{
	enum { TEXT_MAX = 16384 };
	const char *s = json_str(j, key);
	struct buf b;
	if (s == NULL)
		return NULL;
	buf_init(&b, TEXT_MAX);
	page_entity_decode(&b, s, strlen(s), false);
	char *text = b.len > 0 ? page_text_cut(page_text_clean(b.p, b.len), PAGE_VALUE_MAX) : NULL;
	buf_clear(&b);
	return text;
}

static void
set_text(struct json *to, const char *key, const struct json *j, const char *from)
{
	char *text = decoded(j, from);
	if (text != NULL)
		json_set_str(to, key, text);
	mem_free(text);
}

/* An absolute web address (or a picture's data: URL); false if it is none. */
static bool
set_url(struct answer *a, const char *key, const char *ref)
{
	char *url = str_isblank(ref) ? NULL : url_resolve(a->base, ref, NULL);
	bool data = url != NULL && str_istarts(url, "data:image/") && strlen(url) <= PAGE_DATA_URL_MAX;
	bool web = url != NULL && url_is_http(url) && strlen(url) <= URL_MAX;
	if (web || data)
		json_set_str(a->og, key, url);
	mem_free(url);
	return web || data;
}

/* A number, also one written as a string; false if it is no whole positive one. */
static bool
number(const struct json *j, const char *key, int64_t *out)
{
	const char *s = json_str(j, key);
	bool is = s != NULL ? str_int64(s, out) == 0 : json_int(j, key, out);
	return is && *out > 0 && *out <= INT32_MAX;
}

/* Missing, "1.0", "1", 1 and 1.0 are what answers carry; any other version is not ours to read. */
static bool
version_read(const struct json *j)
{
	const char *s = json_str(j, "version");
	int64_t v = 0;
	if (!json_has(j, "version"))
		return true;
	if (s != NULL)
		return strcmp(s, "1.0") == 0 || strcmp(s, "1") == 0;
	return json_int(j, "version", &v) && v == 1;
}

static void
set_number(struct json *og, const char *what, const char *member, int64_t v)
{
	char *key = mem_printf("%s:%s", what, member);
	json_set_int(og, key, v);
	mem_free(key);
}

/* Each for itself: a player is often as wide as there is room, and says so ("100%"). */
static void
set_size(struct answer *a, const char *what, const char *w_key, const char *h_key)
{
	int64_t v = 0;
	if (number(a->j, w_key, &v))
		set_number(a->og, what, "width", v);
	if (number(a->j, h_key, &v))
		set_number(a->og, what, "height", v);
}

static void
photo(struct answer *a)
{
	const char *url = json_str(a->j, "url");
	if (str_isblank(url) || !set_url(a, "og:image", url))
		return;
	json_del(a->og, "og:image:width"); /* the thumbnail's */
	json_del(a->og, "og:image:height");
	set_size(a, "og:image", "width", "height");
}

/* What the frame itself says of its size; the answer's own figures, set later, go before. */
static void
frame_size(struct answer *a, const struct page_facts *f)
{
	int64_t v = 0;
	if (f->iframe_width != NULL && str_int64(f->iframe_width, &v) == 0 && v > 0 && v <= INT32_MAX)
		set_number(a->og, "og:video", "width", v);
	if (f->iframe_height != NULL && str_int64(f->iframe_height, &v) == 0 && v > 0 && v <= INT32_MAX)
		set_number(a->og, "og:video", "height", v);
}

/* What the fragment plays: a video or embed element, else the frame that holds the player. */
static void
player(struct answer *a, const struct page_facts *f)
{
	if (f->video != NULL && set_url(a, "og:video", f->video))
		return;
	if (f->embed != NULL && set_url(a, "og:video", f->embed))
		return;
	if (f->iframe == NULL || !set_url(a, "og:video", f->iframe))
		return;
	json_set_str(a->og, "og:video:type", "text/html");
	frame_size(a, f);
}

/* The html of rich and video: its first picture, its player, its text. */
static void
fragment(struct answer *a)
{
	const char *html = json_str(a->j, "html");
	struct page_facts f;
	struct extract x;
	if (str_isblank(html))
		return;
	page_facts_init(&f);
	page_extract_init(&x, &f, false);
	x.whole = true;
	(void)page_extract_feed(&x, html, strlen(html), HTML_END);
	page_extract_finish(&x);
	if (!json_has(a->og, "og:image") && f.img.url != NULL)
		(void)set_url(a, "og:image", f.img.url);
	player(a, &f);
	if (f.field[FIELD_DESCRIPTION][PAGE_TEXT] != NULL)
		json_set_str(a->og, "og:description", f.field[FIELD_DESCRIPTION][PAGE_TEXT]);
	page_extract_clear(&x);
	page_facts_clear(&f);
}

/* A fragment without a type is what rich answers have. */
static void
by_type(struct answer *a)
{
	const char *type = json_str(a->j, "type");
	bool video = str_ieq(type, "video");
	if (str_ieq(type, "photo")) {
		photo(a);
	} else if (str_ieq(type, "link")) {
		json_set_str(a->og, "og:type", "website");
	} else if (video || str_ieq(type, "rich") || str_isblank(type)) {
		if (video)
			json_set_str(a->og, "og:type", "video.other");
		fragment(a);
		if (video || json_has(a->og, "og:video"))
			set_size(a, "og:video", "width", "height");
	}
}

/* The name of the site, or the address itself, is no title of a page: it is kept aside for when nobody has a better
 * one. */
static void
set_title(struct answer *a, struct json *out, const char *url)
{
	char *title = decoded(a->j, "title"), *provider = decoded(a->j, "provider_name");
	bool stub = str_ieq(title, provider) || str_eq(title, url);
	if (title != NULL && stub)
		json_set_str(out, "stub_title", title);
	else if (title != NULL)
		json_set_str(a->og, "og:title", title);
	mem_free(provider);
	mem_free(title);
}

/* Seconds, also written as a string; never below nothing, never above a day. */
static void
set_cache_age(struct json *out, const struct json *j)
{
	const char *s = json_str(j, "cache_age");
	int64_t age = 0;
	if (s != NULL ? str_int64(s, &age) < 0 : !json_int(j, "cache_age", &age))
		return;
	json_set_int(out, "cache_age", age < 0 ? 0 : age > PAGE_CACHE_AGE_MAX ? PAGE_CACHE_AGE_MAX : age);
}

static int
check(const struct json *j, struct err *err)
{
	static const char *const members[] = {"title", "author_name", "provider_name", "thumbnail_url", "url", "html"};
	bool says = false;
	if (json_type(j) != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "oembed: not a JSON object");
	if (!version_read(j))
		return err_set(err, ERR_UNSUPPORTED, "oembed: not version 1.0");
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		says = says || !str_isblank(json_str(j, members[i]));
	bool type = !str_isblank(json_str(j, "type"));
	return says || type ? 0 : err_set(err, ERR_INPUT, "oembed: an object that says nothing of the page");
}

/* The bytes decide, not the type they were sent with: '<' begins no JSON. */
static struct json *
read_members(const char *p, size_t n, struct err *err)
{
	size_t at = 0;
	while (at < n && str_isspace((unsigned char)p[at]))
		at++;
	if (at < n && p[at] == '<')
		return page_oembed_xml(p + at, n - at, err);
	struct json *j = json_parse(p + at, n - at, err);
	if (j == NULL)
		(void)err_add(err, "oembed");
	return j;
}

static struct json *
read_answer(const char *p, size_t n, const char *type, struct err *err)
{
	struct page_answer a;
	if (page_answer_open(&a, p, n, type, err) < 0)
		return NULL;
	struct json *j = read_members(a.p, a.n, err);
	page_answer_close(&a);
	return j;
}

struct json *
page_oembed(const void *p, size_t n, const char *url, const char *base, const char *type, struct err *err)
{
	if (n > PAGE_OEMBED_MAX)
		return err_set(err, ERR_LIMIT, "oembed: longer than %zu bytes", PAGE_OEMBED_MAX), NULL;
	struct json *j = read_answer(p, n, type, err);
	if (j == NULL || check(j, err) < 0) {
		json_free(j);
		return NULL;
	}
	struct answer a = {.j = j, .og = json_object(), .base = base};
	struct json *out = json_object();
	if (url != NULL)
		json_set_str(a.og, "og:url", url);
	set_title(&a, out, url);
	set_text(a.og, "og:site_name", j, "provider_name");
	if (set_url(&a, "og:image", json_str(j, "thumbnail_url")))
		set_size(&a, "og:image", "thumbnail_width", "thumbnail_height");
	by_type(&a);
	json_set(out, "og", a.og);
	set_text(out, "author_name", j, "author_name");
	set_cache_age(out, j);
	json_free(j);
	return out;
}
