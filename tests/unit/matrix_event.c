/* Which media do events name, whatever somebody puts into them? */
#include "matrix/event.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static char said[65536];

static void
medium(void *arg, const struct matrix_event *e, enum matrix_kind kind, const struct matrix_mxc *m)
{
	size_t n = strlen(said);
	(void)arg;
	(void)snprintf(said + n, sizeof said - n, "%s%s:%s/%s", n > 0 ? " " : "", matrix_kind_name(kind), m->origin,
		       m->id);
	if (e->room[0] != '\0')
		(void)snprintf(said + strlen(said), sizeof said - strlen(said), "@%s,%s,%s,%lld", e->room, e->id,
			       e->sender, (long long)e->ts);
}

static void
redaction(void *arg, const char *room, const char *event, const char *by, int64_t ts)
{
	size_t n = strlen(said);
	(void)arg;
	(void)snprintf(said + n, sizeof said - n, "%sredacted:%s,%s,%s,%lld", n > 0 ? " " : "", room, event, by,
		       (long long)ts);
}

static void
profile(void *arg, const char *user, const char *displayname, const struct matrix_mxc *m)
{
	size_t n = strlen(said);
	(void)arg;
	(void)snprintf(said + n, sizeof said - n, "%sprofile:%s,%s,%s", n > 0 ? " " : "", user,
		       displayname != NULL ? displayname : "-", m != NULL ? m->id : "-");
}

static void
name(void *arg, const char *user, const char *displayname, int64_t ts)
{
	size_t n = strlen(said);
	(void)arg;
	(void)snprintf(said + n, sizeof said - n, "%sname:%s,%s,%lld", n > 0 ? " " : "", user,
		       displayname != NULL ? displayname : "-", (long long)ts);
}

static const struct matrix_told told = {.medium = medium, .redaction = redaction, .profile = profile, .name = name};

/* What one value tells, or "junk". */
static const char *
scan(const char *text)
{
	struct matrix_found found;
	struct err err;
	said[0] = '\0';
	struct json *j = json_parse(text, strlen(text), &err);
	if (j == NULL)
		return "no JSON";
	if (matrix_scan(j, NULL, &told, &found, &err) < 0)
		(void)snprintf(said, sizeof said, "junk");
	json_free(j);
	return said;
}

/* The same for the content of a message. */
static const char *
content(const char *text)
{
	char *event = mem_printf("{\"type\":\"m.room.message\",\"content\":%s}", text);
	const char *s = scan(event);
	mem_free(event);
	return s;
}

static void
messages(void)
{
	static const char *const table[][2] = {
	    {"{\"url\":\"mxc://a/b\"}", "content:a/b"},
	    {"{\"url\":\"mxc://a/b\",\"info\":{\"thumbnail_url\":\"mxc://a/t\"}}", "content:a/b thumbnail:a/t"},
	    {"{\"info\":{\"thumbnail_url\":\"mxc://a/t\"}}", "thumbnail:a/t"},
	    {"{\"file\":{\"url\":\"mxc://a/b\"},\"info\":{\"thumbnail_file\":{\"url\":\"mxc://a/t\"}}}",
	     "encrypted:a/b encrypted_thumbnail:a/t"},
	    {"{\"m.new_content\":{\"url\":\"mxc://a/b\",\"file\":{\"url\":\"mxc://a/c\"}}}",
	     "content:a/b encrypted:a/c"},
	    {"{\"itemtypes\":[{\"itemtype\":\"m.image\",\"url\":\"mxc://a/1\"},{\"file\":{\"url\":\"mxc://a/2\"}}]}",
	     "content:a/1 encrypted:a/2"},
	    {"{\"m.file\":{\"url\":\"mxc://a/1\"},\"m.thumbnail\":[{\"m.file\":{\"url\":\"mxc://a/2\"}}]}",
	     "content:a/1 thumbnail:a/2"},
	    {"{\"m.file\":{\"url\":\"mxc://a/1\",\"key\":{},\"iv\":\"x\"}}", "encrypted:a/1"},
	    {"{\"m.url_previews\":[{\"og:image\":\"mxc://a/1\",\"og:title\":\"x\"}]}", "preview:a/1"},
	    {"{\"formatted_body\":\"<img alt=x src='mxc://a/1'> <IMG SRC=mxc://a/2>\"}", "inline:a/1 inline:a/2"},
	    {"{\"m.text\":[{\"mimetype\":\"text/html\",\"body\":\"<img src=\\\"mxc://a/1\\\">\"}]}", "inline:a/1"},
	    {"{\"body\":\"<img src=\\\"mxc://a/1\\\">\"}", ""},
	    {"{\"images\":{\"cat\":{\"url\":\"mxc://a/1\"}},\"pack\":{\"avatar_url\":\"mxc://a/2\"}}",
	     "pack:a/1 pack:a/2"},
	    {"{\"org.example\":{\"deep\":[[[\"mxc://a/1\"]]]}}", "other:a/1"},
	    {"{\"url\":\"mxc:\\/\\/a\\/b\"}", "content:a/b"},
	    {"{\"url\":\"\\u006dxc://a/b#auto\"}", "content:a/b"},
	    {"{\"url\":\"mxc://a/b\\u0000c\"}", ""},
	    {"{\"url\":7,\"info\":[],\"file\":\"x\",\"formatted_body\":{\"a\":null}}", ""},
	    {"{\"url\":null,\"info\":{\"thumbnail_url\":true,\"thumbnail_file\":[1,{\"url\":{}}]}}", ""},
	    {"{\"info\":\"mxc://a/b\"}", "other:a/b"},
	    {"{\"url\":\"mxc://a/../../etc\"}", ""},
	    {"{\"url\":\"http://a/b\",\"file\":{\"url\":\"mxc:///b\"}}", ""},
	    {"{}", ""},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		is_str(content(table[i][0]), table[i][1], table[i][0]);
}

static void
html(void)
{
	static const char *const table[][2] = {
	    {"<img src='mxc&colon;&sol;&sol;a/1'>", "inline:a/1"},
	    {"<img src='&#109;xc&#x3a;//a/&#x31'>", "inline:a/1"},
	    {"<img src = mxc://a/1 >", "inline:a/1"},
	    {"<img alt='>' src='mxc://a/1'/>", "inline:a/1"},
	    {"<a title='<img alt=\\\"'></a><img src=\\\"mxc://a/1\\\">", "inline:a/1"},
	    {"<!-- <img title='--><img src='mxc://a/1'>", "inline:a/1"},
	    {"<img/src=\\\"mxc://a/1\\\"/>", "inline:a/1"},
	    {"<img alt=\\\"x\\\"src=\\\"mxc://a/1\\\">", "inline:a/1"},
	    {"<img s\\u0000rc='mxc://a/1\\u0000'>", "inline:a/1"},
	    {"<img data-src='mxc://a/1'>", ""},
	    {"<a href='mxc://a/1'>mxc://a/2</a> src mxc://a/3", ""},
	    {"<img src='https://a/mxc://a/1'>", ""},
	    {"<img src='mxc://a/1?x&amp;y'>", "inline:a/1"},
	    {"<img src='", ""},
	    {"src=mxc://", ""},
	    {"&#; &#x; &#99999999999; &; & &nosuch; &#0;", ""},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char *text = mem_printf("{\"formatted_body\":\"%s\"}", table[i][0]);
		is_str(content(text), table[i][1], table[i][0]);
		mem_free(text);
	}
}

static void
count_image(void *arg, const char *src)
{
	(void)src;
	++*(int *)arg;
}

/* Of a name without an end the end is not looked for again and again. */
static void
endless(void)
{
	static const char one[] = "src=mxc://";
	size_t n = 1000000, len = sizeof one - 1;
	char *html_text = mem_alloc(n);
	int found = 0;
	for (size_t i = 0; i < n; i++)
		html_text[i] = one[i % len];
	matrix_html_images(html_text, n, count_image, &found);
	is_int(found, 100000, "all pictures of a million bytes without a blank");
	mem_free(html_text);
}

#define EVENT(rest) "{\"room_id\":\"!r:a\",\"event_id\":\"$e\",\"sender\":\"@u:a\",\"origin_server_ts\":5," rest "}"

static void
events(void)
{
	is_str(scan(EVENT("\"type\":\"m.sticker\",\"content\":{\"url\":\"mxc://a/"
			  "b\",\"info\":{\"thumbnail_url\":\"mxc://a/t\"}}")),
	       "sticker:a/b@!r:a,$e,@u:a,5 thumbnail:a/t@!r:a,$e,@u:a,5", "a sticker, with all that is known of it");
	is_str(scan(EVENT("\"type\":\"m.room.avatar\",\"state_key\":\"\",\"content\":{\"url\":\"mxc://a/b\"}")),
	       "room_avatar:a/b@!r:a,$e,@u:a,5", "the avatar of a room");
	is_str(
	    scan(EVENT(
		"\"type\":\"m.room.member\",\"state_key\":\"@u:a\",\"content\":{\"membership\":\"join\",\"avatar_url\":"
		"\"mxc://a/b\",\"displayname\":\"U\"}")),
	    "member_avatar:a/b@!r:a,$e,@u:a,5 name:@u:a,U,5", "the avatar of a member, and the name");
	is_str(scan(EVENT("\"type\":\"m.room.member\",\"state_key\":\"@v:a\",\"content\":{\"membership\":\"invite\","
			  "\"displayname\":\"Nasty\"}")),
	       "", "but not what the inviter calls somebody");
	is_str(scan(EVENT("\"type\":\"m.room.redaction\",\"redacts\":\"$x\",\"content\":{}")),
	       "redacted:!r:a,$x,@u:a,5", "a redaction");
	is_str(scan(EVENT("\"type\":\"m.room.redaction\",\"content\":{\"redacts\":\"$x\"}")), "redacted:!r:a,$x,@u:a,5",
	       "and of room version 11");
	is_str(scan(EVENT("\"type\":\"m.room.redaction\",\"redacts\":\"$x\",\"content\":{\"redacts\":\"$x\"}")),
	       "redacted:!r:a,$x,@u:a,5", "said twice, told once");
	is_str(scan(EVENT("\"type\":\"m.room.message\",\"redacts\":\"$x\",\"content\":{\"redacts\":[1]}")), "",
	       "no other event redacts");
	is_str(scan(EVENT("\"type\":\"m.room.message\",\"content\":{},\"unsigned\":{\"redacted_because\":{\"sender\":"
			  "\"@mod:a\",\"origin_server_ts\":7}}")),
	       "redacted:!r:a,$e,@mod:a,7", "a redacted event says who did it");
	is_str(scan(EVENT(
		   "\"type\":\"m.room.message\",\"content\":{},\"unsigned\":{\"m.relations\":{\"m.replace\":{\"type\":"
		   "\"m.room.message\",\"event_id\":\"$f\",\"content\":{\"url\":\"mxc://a/b\"}}}}")),
	       "content:a/b@!r:a,$f,,0", "an edit that the server bundled");
	is_str(
	    scan("{\"type\":\"m.x\",\"content\":{\"url\":\"mxc://a/b\"},\"room_id\":7,\"event_id\":{},\"sender\":\"u\","
		 "\"origin_server_ts\":-1}"),
	    "content:a/b", "ids of the wrong type are none");
}

static void
forms(void)
{
	static const char row[] =
	    "{\"event_id\":\"$e\",\"room_id\":\"!r:a\",\"json\":\"{\\\"type\\\":\\\"m.x\\\",\\\"content\\\":"
	    "{\\\"url\\\":\\\"mxc://a/b\\\"}}\"}";
	static const char sync[] =
	    "{\"rooms\":{\"join\":{\"!s:a\":{\"timeline\":{\"events\":[{\"type\":\"m.x\",\"content\":"
	    "{\"url\":\"mxc://a/b\"}}]},\"state\":{\"events\":[]}}}}}";
	is_str(scan(row), "content:a/b@!r:a,$e,,0", "a row of event_json");
	is_str(scan("{\"json\":" EVENT("\"type\":\"m.x\",\"content\":{\"url\":\"mxc://a/b\"}") "}"),
	       "content:a/b@!r:a,$e,@u:a,5", "one whose JSON is no text");
	is_str(scan("{\"event\":" EVENT("\"type\":\"m.x\",\"content\":{\"url\":\"mxc://a/b\"}") "}"),
	       "content:a/b@!r:a,$e,@u:a,5", "an event in an envelope");
	is_str(scan("{\"chunk\":[7,{\"type\":\"m.x\",\"content\":{\"url\":\"mxc://a/"
		    "1\"}}],\"state\":[{\"type\":\"m.x\",\"content\":{"
		    "\"url\":\"mxc://a/2\"}}]}"),
	       "content:a/1 content:a/2", "a page of /messages");
	is_str(scan(sync), "content:a/b@!s:a,,,0", "/sync names the rooms");
	is_str(scan("[{\"type\":\"m.x\",\"content\":{\"url\":\"mxc://a/1\"}}]"), "content:a/1", "a list");
	is_str(scan("{\"user_id\":\"@u:a\",\"avatar_url\":\"mxc://a/b\",\"displayname\":\"U\"}"), "profile:@u:a,U,b",
	       "a profile");
	is_str(scan("{\"user_id\":\"u\",\"full_user_id\":\"@u:a\",\"avatar_url\":null}"), "profile:@u:a,-,-",
	       "one without a picture");
	is_str(scan("{\"json\":\"{\\\"json\\\":1}\"}"), "junk", "a row whose JSON is no event");
	is_str(scan("{\"user_id\":\"u\",\"avatar_url\":1}"), "junk", "a profile of nobody");
	is_str(scan("{\"type\":\"m.x\",\"content\":7}"), "junk", "content that is none");
	is_str(scan("{\"a\":1}"), "junk", "anything else");
	is_str(scan("7"), "junk", "or a number");
}

static void
bounds(void)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	(void)buf_adds(&b, "{\"a\":[");
	for (int i = 0; i < MATRIX_REFS_MAX + 100; i++)
		(void)buf_addf(&b, "%s\"mxc://a/%d\"", i > 0 ? "," : "", i);
	(void)buf_adds(&b, "]}");
	(void)content(b.p);
	size_t n = 0;
	for (const char *p = said; (p = strstr(p, "other:")) != NULL; p++)
		n++;
	ok(n <= MATRIX_REFS_MAX && n > 3000, "so many media of one event are told (%zu fit here), and no more", n);
	buf_reset(&b);
	for (int i = 0; i < 60; i++)
		(void)buf_adds(&b, "{\"a\":");
	(void)buf_adds(&b, "\"mxc://a/b\"");
	for (int i = 0; i < 60; i++)
		(void)buf_adds(&b, "}");
	is_str(content(b.p), "other:a/b", "as deep as JSON may be");
	buf_reset(&b);
	for (int i = 0; i < 20; i++)
		(void)buf_adds(&b, "{\"events\":[");
	(void)buf_adds(&b, "{\"type\":\"m\",\"content\":{\"url\":\"mxc://a/b\"}}");
	for (int i = 0; i < 20; i++)
		(void)buf_adds(&b, "]}");
	ok(strstr(scan(b.p), "mxc") == NULL, "lists in lists have a depth");
	buf_clear(&b);
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

static void
value(void *arg, int64_t line, const char *text, size_t n)
{
	(void)arg;
	(void)snprintf(said + strlen(said), sizeof said - strlen(said), "%lld=%.*s;", (long long)line, (int)n, text);
}

static void
not_value(void *arg, int64_t line, const char *why, const char *text, size_t n)
{
	(void)arg;
	(void)why;
	(void)snprintf(said + strlen(said), sizeof said - strlen(said), "%lld!%.*s;", (long long)line, (int)n, text);
}

/* In pieces of that many bytes: where it is cut does not matter. */
static const char *
split(const char *text, size_t piece)
{
	const struct matrix_splits to = {.value = value, .junk = not_value};
	struct matrix_split *s = matrix_split_new(&to);
	said[0] = '\0';
	for (size_t i = 0, n = strlen(text); i < n; i += piece)
		matrix_split_feed(s, text + i, n - i < piece ? n - i : piece);
	matrix_split_end(s);
	matrix_split_free(s);
	return said;
}

static void
streams(void)
{
	static const char *const table[][2] = {
	    {"{\"a\":1}\n{\"b\":2}\n", "1={\"a\":1};2={\"b\":2};"},
	    {"{\"a\":1}", "1={\"a\":1};"},
	    {"{\"a\":1}{\"b\":2}\r\n\n {\"c\":{}}", "1={\"a\":1};1={\"b\":2};3={\"c\":{}};"},
	    {"\xEF\xBB\xBF{\"a\":\"}\\\"{\"}\n", "1={\"a\":\"}\\\"{\"};"},
	    {"{\n  \"a\": {\n    \"b\": []\n  }\n}\n{}\n", "1={\n  \"a\": {\n    \"b\": []\n  }\n};6={};"},
	    {"what\n{}\n", "1!what;2={};"},
	    {"{\"a\":{\n{\"b\":1}\n", "1!{\"a\":{\n;2={\"b\":1};"},
	    {"{\"a\":\"x\n{\"b\":1}\n", "1!{\"a\":\"x\n;2={\"b\":1};"},
	    {"{\"a\":", "1!{\"a\":;"},
	    {"[{\"a\":1},\n {\"b\":[1]}\n]\n{}", "1={\"a\":1};2={\"b\":[1]};1=[];4={};"},
	    {"[{\"a\":1},\n{\"b\":2}]\n", "1={\"a\":1};2={\"b\":2};1=[];"},
	    {"{\"x\":1,\"messages\":[{\"a\":1},{\"b\":2}],\"y\":[2]}",
	     "1={\"a\":1};1={\"b\":2};1={\"x\":1,\"messages\":[],\"y\":[2]};"},
	    {"{\n \"chunk\" : [\n  {\n   \"a\": \"]\"\n  },\n  7, \"x\\\"]\", [1]\n ],\n \"state\": [{}]\n}",
	     "3={\n   \"a\": \"]\"\n  };6=7;6=\"x\\\"]\";6=[1];8={};1={\n \"chunk\" : [],\n \"state\": []\n};"},
	    {"{\"chunk\":[}\n{\"a\":1}\n", "1=};2={\"a\":1};1!{\"chunk\":[;"},
	    {"{\"type\":\"x\",\"content\":{\"chunk\":[1]}}", "1={\"type\":\"x\",\"content\":{\"chunk\":[1]}};"},
	    {"\n\n  \n", ""},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		for (size_t piece = 1; piece < 80; piece += piece < 4 ? 1 : 36)
			is_str(split(table[i][0], piece), table[i][1], table[i][0]);
	char *big = mem_alloc(MATRIX_VALUE_MAX + 100);
	(void)memset(big, 'x', MATRIX_VALUE_MAX + 99);
	(void)memcpy(big, "{\"a\":\"", 6);
	(void)memcpy(big + MATRIX_VALUE_MAX + 80, "\"}\n{\"b\":1}\n", 12);
	ok(strstr(split(big, 65536), "1!{\"a\":\"xxx") == said && strstr(said, ";2={\"b\":1};") != NULL,
	   "a value that is too long is junk, and the next one is read");
	mem_free(big);
}

int
main(void)
{
	messages();
	html();
	endless();
	events();
	forms();
	bounds();
	streams();
	return done();
}
