/* Does a robots.txt say what RFC 9309 has it say? */
#include "net/net.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define AGENT "mxpreview"

static const struct {
	const char *name, *text, *path;
	bool allow;
} rows[] = {
    {"an empty file allows everything", "", "/a", true},
    {"a file of nonsense allows everything", "<html>no: such</html>\n:\n::\n", "/a", true},
    {"a rule is a prefix", "User-agent: *\nDisallow: /a", "/ab/c", false},
    {"another path is not touched", "User-agent: *\nDisallow: /a", "/b", true},
    {"an empty Disallow forbids nothing", "User-agent: *\nDisallow:\n", "/b", true},
    {"robots.txt itself is always allowed", "User-agent: *\nDisallow: /", "/robots.txt", true},
    {"the longest rule wins", "User-agent: *\nDisallow: /a\nAllow: /a/b\n", "/a/b/c", true},
    {"the longest rule wins whatever the order", "User-agent: *\nAllow: /a/b\nDisallow: /a\n", "/a/b/c", true},
    {"the longest rule may forbid", "User-agent: *\nAllow: /\nDisallow: /a/b\n", "/a/b/c", false},
    {"of equal rules the one that allows wins", "User-agent: *\nDisallow: /a\nAllow: /a\n", "/a", true},
    {"a group of our own goes before that of all",
     "User-agent: *\nDisallow: /\n\nUser-agent: mxpreview\nDisallow: /x\n", "/a", true},
    {"the group of all does not add to our own", "User-agent: mxpreview\nAllow: /x\nUser-agent: *\nDisallow: /\n", "/a",
     true},
    {"the token's letter case does not matter", "user-AGENT: MxPreview\ndisALLOW: /\n", "/a", false},
    {"a version behind the token is not the token", "User-agent: mxpreview/1.0\nDisallow: /\n", "/a", false},
    {"a longer token is another robot", "User-agent: mxpreview-news\nDisallow: /\n", "/a", true},
    {"several lines begin one group", "User-agent: a\nUser-agent: mxpreview\nUser-agent: b\nDisallow: /\n", "/a",
     false},
    {"groups of the same robot are one",
     "User-agent: mxpreview\nDisallow: /a\n\nUser-agent: x\nDisallow: /b\n\n"
     "User-agent: mxpreview\nDisallow: /c\n",
     "/c", false},
    {"a group ends at the next user-agent line", "User-agent: mxpreview\nDisallow: /a\nUser-agent: x\nDisallow: /b\n",
     "/b", true},
    {"other lines do not end a group", "User-agent: mxpreview\nCrawl-delay: 3\nSitemap: http://x/\nDisallow: /a\n",
     "/a", false},
    {"rules before any group are nobody's", "Disallow: /\nUser-agent: *\nAllow: /b\n", "/a", true},
    {"comments are no part of a value", "User-agent: * # all\nDisallow: /a#b\n", "/ax", false},
    {"lines end with CR, LF or both", "User-agent: *\rDisallow: /a\r\nDisallow: /b\n", "/b", false},
    {"a byte order mark is skipped", "\xEF\xBB\xBFUser-agent: *\nDisallow: /\n", "/a", false},
    {"blanks around names and values", " User-agent :\t*  \n\tDisallow  :  /a \t\n", "/a", false},
    {"a star is any run", "User-agent: *\nDisallow: /a*/c\n", "/abc/x/c/d", false},
    {"a star may be nothing", "User-agent: *\nDisallow: /a*b\n", "/ab", false},
    {"a star that finds nothing does not match", "User-agent: *\nDisallow: /a*z\n", "/abc", true},
    {"a dollar is the end", "User-agent: *\nDisallow: /*.pdf$\n", "/x/y.pdf", false},
    {"behind a dollar nothing may come", "User-agent: *\nDisallow: /*.pdf$\n", "/x/y.pdf?z", true},
    {"a star goes on past the first fit to reach the end", "User-agent: *\nDisallow: /*.pdf$\n", "/a.pdf/b.pdf", false},
    {"a dollar within is a dollar", "User-agent: *\nDisallow: /a$b\n", "/a$b", false},
    {"an escape is the same as its octet", "User-agent: *\nDisallow: /%61b%7e\n", "/ab~/x", false},
    {"letters beyond ASCII are the same as their escapes", "User-agent: *\nDisallow: /\xC3\xA4\n", "/%c3%A4/x", false},
    {"an escaped slash is no slash", "User-agent: *\nDisallow: /a%2Fb\n", "/a/b", true},
    {"an escaped star is no wildcard", "User-agent: *\nDisallow: /a%2Ab\n", "/axb", true},
    {"the query counts", "User-agent: *\nDisallow: /*?id=\n", "/a?id=3", false},
};

/* The rule that forbids all stands last, behind half a megabyte of rules that are dear to match. */
static void
budget(const char *start, bool allow, const char *name)
{
	char *text = malloc(NET_ROBOTS_MAX);
	char path[8000];
	size_t n = (size_t)sprintf(text, "User-agent: *\n");
	while (n + 1100 < NET_ROBOTS_MAX) {
		n += (size_t)sprintf(text + n, "Disallow: /%s", start);
		for (int i = 0; i < 500; i++)
			n += (size_t)sprintf(text + n, "aa");
		n += (size_t)sprintf(text + n, "b\n");
	}
	n += (size_t)sprintf(text + n, "Disallow: /\n");
	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	ok(net_robots_allow(text, n, AGENT, path) == allow, "%s", name);
	free(text);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ok(net_robots_allow(rows[i].text, strlen(rows[i].text), AGENT, rows[i].path) == rows[i].allow, "%s",
		   rows[i].name);
	budget("*", true, "rules with a star are given up before they cost seconds");
	budget("", false, "as many plain rules are all read");
	return done();
}
