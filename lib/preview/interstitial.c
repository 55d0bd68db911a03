/* Is this a page at all, or does it only stand in front of one?  Client redirects, login walls and the like.
 *
 * A page that says nothing itself and sends its reader elsewhere is no page but a redirect: that one is wanted, through
 * the policy like any other, once.  When it cannot be had the page itself must do.  The way on is a refresh, else the
 * canonical address of a page that is recognised as being in the way. */
#include "preview/stage_og.h"

#include <string.h>

enum {
	TITLE_MAX = 80,	 /* bytes: longer ones are headlines */
	SAYING_MIN = 40, /* characters: less text than that says nothing */
};

static bool
silent(const struct json *html)
{
	struct json *declared = json_get(html, "declared");
	bool is = !json_has(declared, "og:title") && !json_has(declared, "og:description") &&
		  !stage_og_declares_image(html) && !json_has(html, "oembed");
	json_free(declared);
	return is;
}

static size_t
pages(const struct record *rec)
{
	struct record_doc doc;
	size_t n = 0;
	for (size_t i = 0; i < RECORD_DOCS_MAX && record_doc_at(rec, i, &doc); i++) {
		n += str_eq(doc.rel, "page");
		record_doc_clear(&doc);
	}
	return n;
}

/* ---- in the way ------------------------------------------------------------------------------------------------- */

/* How the titles of such pages begin; lower case where it is ASCII. */
static const char *const in_the_way[] = {
    "redirect", /* ing, ion, ed */
    "you are being redirected", "you are leaving", "leaving", "just a moment", "one moment", "please wait", "loading",
    "checking your browser", "attention required", "are you a robot", "verify you are human", "security check",
    "log in", "login", "log on", "sign in", "sign up", "before you continue", "cookie", "consent", "privacy",
    "your privacy", "age verification", "continue to", "object moved", "document moved", "moved", "301 ", "302 ",
    /* de fr es it nl pt pl */
    "weiterleitung", "sie werden weitergeleitet", "einen moment", "bitte warten", "anmelden", "anmeldung", "einloggen",
    "bevor sie fortfahren", "datenschutz", "connexion", "se connecter", "veuillez patienter", "un instant",
    "avant d'acc", "avant de continuer", "redirecci", "redirigiendo", "iniciar sesi", "antes de continuar",
    "un momento", "reindirizzamento", "accedi", "prima di continuare", "doorverwijzen", "doorsturen", "inloggen",
    "aanmelden", "even geduld", "voordat je verdergaat", "redirecionando", "iniciar sess", "entrar", "aguarde",
    "przekierowanie", "zaloguj",
    /* ru ja zh ko */
    "вход", "войти", "авторизация", "перенаправление", "подождите", "ログイン", "リダイレクト", "登录", "登入",
    "正在跳转", "로그인"};

static bool
named_so(const char *title)
{
	if (title == NULL || strlen(title) > TITLE_MAX)
		return false;
	for (size_t i = 0; i < sizeof in_the_way / sizeof in_the_way[0]; i++)
		if (str_istarts(title, in_the_way[i]))
			return true;
	return false;
}

/* ---- to where ---------------------------------------------------------------------------------------------------- */

/* Host and path, without what does not make another page of it: scheme, www., query, a slash at the end. */
static const char *
place(const char *url, size_t *n)
{
	const char *p = strstr(url, "://");
	p = p == NULL ? url : p + strlen("://");
	if (str_istarts(p, "www."))
		p += strlen("www.");
	*n = strcspn(p, "?#");
	while (*n > 0 && p[*n - 1] == '/')
		--*n;
	return p;
}

static bool
another_page(const char *a, const char *b)
{
	size_t n = 0, m = 0;
	const char *p = place(a, &n), *q = place(b, &m);
	return n != m || memcmp(p, q, n) != 0;
}

/* Scheme, host and port are the same (RFC 6454). */
static bool
same_origin(const char *a, const char *b)
{
	const char *p = strstr(a, "://");
	size_t n = p == NULL ? 0 : (size_t)(p + 3 - a) + strcspn(p + 3, "/?#");
	return n > 0 && strncmp(a, b, n) == 0 && strchr("/?#", b[n]) != NULL;
}

/* Does it show anything?  An icon is the site's. */
static bool
pictured(const struct json *html)
{
	struct json *images = json_get(html, "images"), *first = json_at(images, 0);
	bool is = first != NULL && !str_eq(json_str(first, "source"), "icon");
	json_free(first);
	json_free(images);
	return is;
}

/* What any page of a site has says nothing of this one. */
static void
count_telling(void *arg, const char *key, const struct json *value)
{
	static const char *const common[] = {"site_name", "og:site_icon", "dir", "theme_color"};
	size_t *n = arg;
	(void)value;
	for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
		if (str_eq(key, common[i]))
			return;
	++*n;
}

static bool
tells(const struct json *html)
{
	struct json *extra = json_get(html, "extra");
	size_t n = 0;
	json_each(extra, count_telling, &n);
	json_free(extra);
	return n > 0;
}

/* One that by its title is in the way may lead anywhere; one that just shows nothing stays with its site. */
static const char *
canonical(const struct json *html, const char *url)
{
	const char *to = json_str(html, "canonical");
	struct json *inferred = json_get(html, "inferred");
	const char *text = json_str(inferred, "og:description");
	bool wall = named_so(json_str(inferred, "og:title"));
	bool empty = !pictured(html) && !tells(html) && (text == NULL || utf8_count(text, strlen(text)) < SAYING_MIN);
	json_free(inferred);
	if (to == NULL || url == NULL || !another_page(to, url))
		return NULL;
	return wall || (empty && same_origin(to, url)) ? to : NULL;
}

bool
stage_og_redirects(struct record *rec, const struct json *html, const char *url)
{
	const char *to = json_str(html, "refresh");
	if (!silent(html) || pages(rec) != 1 || record_refusals(rec, "page") > 0)
		return false;
	if (to == NULL)
		to = canonical(html, url);
	if (to == NULL)
		return false;
	record_want(rec, "page", to);
	return record_wants_rel(rec, "page");
}
