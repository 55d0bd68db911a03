/* Does url_resolve go where RFC 3986 §5.4 and browsers go? */
#include "url/url.h"

#include "tests/unit/tap.h"

#include <stdlib.h>

struct row {
	const char *base, *ref, *want; /* want NULL: an error */
};

#define RFC "http://a/b/c/d;p?q"

/* RFC 3986 §5.4.1 and §5.4.2; an empty path is "/", as in every browser. */
static const struct row rfc[] = {
    {RFC, "g:h", "g:h"},
    {RFC, "g", "http://a/b/c/g"},
    {RFC, "./g", "http://a/b/c/g"},
    {RFC, "g/", "http://a/b/c/g/"},
    {RFC, "/g", "http://a/g"},
    {RFC, "//g", "http://g/"},
    {RFC, "?y", "http://a/b/c/d;p?y"},
    {RFC, "g?y", "http://a/b/c/g?y"},
    {RFC, "#s", "http://a/b/c/d;p?q#s"},
    {RFC, "g#s", "http://a/b/c/g#s"},
    {RFC, "g?y#s", "http://a/b/c/g?y#s"},
    {RFC, ";x", "http://a/b/c/;x"},
    {RFC, "g;x", "http://a/b/c/g;x"},
    {RFC, "g;x?y#s", "http://a/b/c/g;x?y#s"},
    {RFC, "", "http://a/b/c/d;p?q"},
    {RFC, ".", "http://a/b/c/"},
    {RFC, "./", "http://a/b/c/"},
    {RFC, "..", "http://a/b/"},
    {RFC, "../", "http://a/b/"},
    {RFC, "../g", "http://a/b/g"},
    {RFC, "../..", "http://a/"},
    {RFC, "../../", "http://a/"},
    {RFC, "../../g", "http://a/g"},
    {RFC, "../../../g", "http://a/g"},
    {RFC, "../../../../g", "http://a/g"},
    {RFC, "/./g", "http://a/g"},
    {RFC, "/../g", "http://a/g"},
    {RFC, "g.", "http://a/b/c/g."},
    {RFC, ".g", "http://a/b/c/.g"},
    {RFC, "g..", "http://a/b/c/g.."},
    {RFC, "..g", "http://a/b/c/..g"},
    {RFC, "./../g", "http://a/b/g"},
    {RFC, "./g/.", "http://a/b/c/g/"},
    {RFC, "g/./h", "http://a/b/c/g/h"},
    {RFC, "g/../h", "http://a/b/c/h"},
    {RFC, "g;x=1/./y", "http://a/b/c/g;x=1/y"},
    {RFC, "g;x=1/../y", "http://a/b/c/y"},
    {RFC, "g?y/./x", "http://a/b/c/g?y/./x"},
    {RFC, "g?y/../x", "http://a/b/c/g?y/../x"},
    {RFC, "g#s/./x", "http://a/b/c/g#s/./x"},
    {RFC, "g#s/../x", "http://a/b/c/g#s/../x"},
    {RFC, "http:g", "http://a/b/c/g"},
};

static const struct row browser[] = {
    {"http://h/p/q", "  \t x.png \n", "http://h/p/x.png"},
    {"http://h/p/q", "a\nb\tc\rd", "http://h/p/abcd"},
    {"http://h/p/q", "\\x\\y", "http://h/x/y"},
    {"http://h/p/q", "\\\\other\\x", "http://other/x"},
    {"http://h/p/q", "http:\\\\other\\x?\\", "http://other/x?\\"},
    {"http://h/p/q", "////other/x", "http://other/x"},
    {"http://h/p/q", "https:other/x", "https://other/x"},
    {"http://h/p/q", "HTTP://UPPER.Example/Path", "http://upper.example/Path"},
    {"http://h/p/q", "a b?c d#e f", "http://h/p/a%20b?c%20d#e%20f"},
    {"http://h/p/q", "\xc3\xa4?\xc3\xb6", "http://h/p/%C3%A4?%C3%B6"},
    {"http://h/p/q", "%2e%2E/x", "http://h/x"},
    {"http://h/p/q", "%41%zz", "http://h/p/%41%zz"},
    {"http://h:8080", "x", "http://h:8080/x"},
    {"http://h", "//i:80/x", "http://i/x"},
    {"https://h", "//i:443", "https://i/"},
    {"http://h", "//i:/x", "http://i/x"},
    {"http://h", "//u:p@i/x", "http://u:p@i/x"},
    {"http://h", "//u@v@i/x", "http://u%40v@i/x"},
    {"http://h", "//[::1]:81/x", "http://[::1]:81/x"},
    {"http://h", "//[FE80::1]/x", "http://[fe80::1]/x"},
    {"http://h", "mailto:a@b", "mailto:a@b"},
    {"http://h", "javascript:void(0)", "javascript:void(0)"},
    {"http://h", "data:image/png;base64,AA", "data:image/png;base64,AA"},
    {"http://h", " DATA:,x", "DATA:,x"},
    {NULL, "http://h", "http://h/"},
    {NULL, "//h/x", NULL},
    {NULL, "x", NULL},
    {"", "x", NULL},
    {"mailto:a", "x", NULL},
    {"http://h", "http://", NULL},
    {"http://h", "http://:80/", NULL},
    {"http://h", "http://u@/", NULL},
    {"http://h", "//h:x/", NULL},
    {"http://h", "//h:65536/", NULL},
    {"http://h", "//h:1:2/", NULL},
    {"http://h", "//a b/", NULL},
    {"http://h", "//a<b/", NULL},
    {"http://h", "//[::1%25lo]/", NULL},
    {"http://h", "//[::1/", NULL},
    {"http://h", "//[::1]x/", NULL},
};

static void
table(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err err = {0};
		char name[256];
		char *got = url_resolve(rows[i].base, rows[i].ref, &err);
		(void)snprintf(name, sizeof name, "%s against %s", rows[i].ref,
			       rows[i].base ? rows[i].base : "nothing");
		is_str(got, rows[i].want, name);
		ok((got == NULL) == (err.code != ERR_NONE), "and the error says so");
		free(got);
	}
}

static void
limits(void)
{
	struct err err = {0};
	char *big = mem_alloc(3 * URL_MAX);
	memset(big, ' ', 3 * URL_MAX - 1);
	memset(big + 10, 'x', URL_MAX);
	char *got = url_resolve("http://h/", big, &err);
	ok(got == NULL && err.code == ERR_LIMIT, "a reference over URL_MAX is refused");
	free(got);
	memset(big, 0, 3 * URL_MAX);
	memset(big, '<', URL_MAX - 100);
	got = url_resolve("http://h/", big, &err);
	ok(got == NULL && err.code == ERR_LIMIT, "so is one that encoding makes too long");
	free(got);
	memset(big, '/', URL_MAX - 100);
	big[0] = 'x';
	got = url_resolve("http://h/", big, &err);
	ok(got != NULL, "many slashes are fine");
	free(got);
	free(big);
}

int
main(void)
{
	table(rfc, sizeof rfc / sizeof rfc[0]);
	table(browser, sizeof browser / sizeof browser[0]);
	limits();
	return done();
}
