/* Names of servers, media, users and rooms: what is one, what is none. */
#include "matrix/matrix.h"

#include "tests/unit/tap.h"

static void
servers(void)
{
	static const struct {
		const char *name, *host;
		int port;
		bool literal;
	} good[] = {
	    {"matrix.org", "matrix.org", -1, false},
	    {"Example.ORG:8448", "Example.ORG", 8448, false},
	    {"localhost", "localhost", -1, false},
	    {"1.2.3.4", "1.2.3.4", -1, true},
	    {"1.2.3.4:1", "1.2.3.4", 1, true},
	    {"[::1]", "::1", -1, true},
	    {"[2001:db8::1.2.3.4]:65535", "2001:db8::1.2.3.4", 65535, true},
	    {"a.", "a.", -1, false},
	    {"1.2.3", "1.2.3", -1, false},
	    {"1.2.3.4.5", "1.2.3.4.5", -1, false},
	};
	static const char *const bad[] = {
	    "",	       ".",	      "..",   ".a",   "a..b",  "a/b",	  "a b",    "a_b",	  "a:",	       "a:b",
	    "a:65536", "a:123456",    "a:-1", "[::1", "[]",    "[1]",	  "[::1]x", "[::1]:",	  "::1",       "a\\b",
	    "a%2f",    "\xC3\xA4.de", "a\n",  "@a:b", "[::g]", "a:80:80", "a:0x10", "[::1%eth0]", "user@host",
	};
	struct matrix_server s;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		ok(matrix_server_parse(&s, good[i].name, NULL) == 0, "%s is a server", good[i].name);
		is_str(s.host, good[i].host, "its host");
		ok(s.port == good[i].port && s.literal == good[i].literal, "its port, and whether it is an address");
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(!matrix_server_valid(bad[i]), "'%s' is none", bad[i]);
	char longest[MATRIX_ID_MAX + 2];
	(void)memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	ok(!matrix_server_valid(longest), "nor is one of 256 letters");
	ok(matrix_server_valid(longest + 1), "but one of 255 is");
}

static void
media(void)
{
	static const char *const good[][3] = {
	    {"mxc://matrix.org/abcDEF123", "matrix.org", "abcDEF123"},
	    {"mxc://[::1]:8448/x", "[::1]:8448", "x"},
	    {"mxc://a/-_.~!$&'()*+,;=:@", "a", "-_.~!$&'()*+,;=:@"},
	    {"mxc://a/...", "a", "..."},
	};
	static const char *const bad[] = {
	    "",
	    "mxc:",
	    "mxc://",
	    "mxc:///x",
	    "mxc://a",
	    "mxc://a/",
	    "mxc://a/b/c",
	    "mxc://a/..",
	    "mxc://a/.",
	    "mxc://../x",
	    "mxc://a/b?c",
	    "mxc://a/b#c",
	    "MXC://a/b",
	    "mxc:/a/b",
	    "http://a/b",
	    "mxc://a/%2e%2e",
	    "mxc://a/b\\c",
	    "mxc://a/b c",
	    "mxc://a/b\n",
	    " mxc://a/b",
	    "mxc://a/b\x7F",
	    "mxc://a/\xFF",
	    "mxc://u@a/b",
	    "mxc://a/b/",
	    "mxc://a//b",
	    "mxc://a/\xC2\x80",
	    "mxc://a/\xED\xA0\x80",
	};
	struct matrix_mxc m;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		ok(matrix_mxc_parse(&m, good[i][0], NULL) == 0, "%s is a medium", good[i][0]);
		is_str(m.origin, good[i][1], "its server");
		is_str(m.id, good[i][2], "its id");
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(matrix_mxc_parse(&m, bad[i], NULL) < 0, "'%s' is none", bad[i]);
	char longest[sizeof "mxc://a/" + MATRIX_MEDIA_MAX + 1];
	(void)memset(longest, 'x', sizeof longest);
	(void)memcpy(longest, "mxc://a/", 8);
	longest[sizeof longest - 1] = '\0';
	ok(matrix_mxc_parse(&m, longest, NULL) < 0, "an id of 256 bytes is none");
	longest[sizeof longest - 2] = '\0';
	ok(matrix_mxc_parse(&m, longest, NULL) == 0, "one of 255 is");
}

static void
shown(void)
{
	static const char *const good[][2] = {
	    {"mxc://a/b", "b"},	      {"mxc://a/b#auto", "b"},	{"mxc://a/b?x=/y", "b"},
	    {"mxc://a/b/c.png", "b"}, {"mxc://a/%62%63", "bc"}, {"mxc://a/b/../c", "b"},
	};
	static const char *const bad[] = {
	    "mxc://a/%2e%2e", "mxc://a/%2e", "mxc://a/b%2fc", "mxc://a/%00", "mxc://a/%zz",
	    "mxc://a/#b",     "mxc://a?/b",  "mxc:///b",      "x",	     "mxc://a/%5c"};
	struct matrix_mxc m;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		ok(matrix_mxc_find(&m, good[i][0], NULL) == 0, "%s shows a medium", good[i][0]);
		is_str(m.id, good[i][1], "which");
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(matrix_mxc_find(&m, bad[i], NULL) < 0, "%s shows none", bad[i]);
}

static void
others(void)
{
	static const char *const users[] = {"@alice:example.org", "@A b/c:x", "@:x", "@\xC3\xA4:x:8448"};
	static const char *const no_users[] = {"", "@", "@a", "a:b", "@a:", "@a:b c", "@a\n:b", "@\xFF:x", "@a:b:c"};
	for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
		ok(matrix_user_valid(users[i]), "%s is a user", users[i]);
	for (size_t i = 0; i < sizeof no_users / sizeof no_users[0]; i++)
		ok(!matrix_user_valid(no_users[i]), "'%s' is none", no_users[i]);
	is_str(matrix_user_server("@a:b:1"), "b:1", "the server of a user");
	ok(matrix_room_valid("!a:b") && matrix_room_valid("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"),
	   "rooms, with server or without");
	ok(!matrix_room_valid("!") && !matrix_room_valid("#a:b") && !matrix_room_valid("!a\tb"), "no rooms");
	ok(matrix_event_valid("$a:b") && !matrix_event_valid("a") && !matrix_event_valid("$"), "events");
}

int
main(void)
{
	servers();
	media();
	shown();
	others();
	return done();
}
