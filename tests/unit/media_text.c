/* What is said of media: their names, types, kinds, and the JSON of them? */
#include "media/media.h"
#include "tests/unit/tap.h"

#include <stdlib.h>

#define S(text) text, sizeof(text) - 1

static void
names(void)
{
	static const struct {
		const char *in;
		size_t n;
		const char *out, *name;
	} t[] = {
	    {S("cat.jpg"), "cat.jpg", "as it is"},
	    {S("  \t\n "), NULL, "nothing to be seen is no name"},
	    {S(""), NULL, "no name"},
	    {S("a\0b\x1b[31m\x7f.txt"), "ab[31m.txt", "no control characters"},
	    {S("a\xC2\x85z"), "az", "nor those of the second set"},
	    {S("photo\xE2\x80\xAEgpj.exe"), "photogpj.exe", "nothing turns the line round"},
	    {S("\xFF\xFE"), "\xEF\xBF\xBD\xEF\xBF\xBD", "bytes that are no UTF-8"},
	    {S("\xF0\x9F\x98\x80.gif"), "\xF0\x9F\x98\x80.gif", "beyond the first plane"},
	};
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		char *got = media_name(t[i].in, t[i].n);
		is_str(got, t[i].out, t[i].name);
		mem_free(got);
	}
	char *big = mem_alloc(4096);
	(void)memset(big, 'x', 4096);
	char *got = media_name(big, 4096);
	is_int((long long)strlen(got), MEDIA_NAME_MAX, "4096 bytes are cut");
	mem_free(got);
	for (size_t i = 0; i + 3 <= 4096; i += 3)
		(void)memcpy(big + i, "\xE2\x82\xAC", 3);
	got = media_name(big, 4095);
	is_int((long long)utf8_count(got, strlen(got)), MEDIA_NAME_MAX, "by characters");
	mem_free(got);
	mem_free(big);
}

static void
types(void)
{
	static const char *const good[] = {"image/png", "text/plain; charset=utf-8", "application/vnd.ms-excel",
					   "image/svg+xml;a=b", "x/y"};
	static const char *const bad[] = {"",
					  "image",
					  "/png",
					  "image/",
					  "image/png/x",
					  "im age/png",
					  "image/png\r\nX: y",
					  "image/png,x",
					  "image/p\xC3\xB6",
					  "text/plain;\t"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ok(media_type_valid(good[i]), "a type: %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(!media_type_valid(bad[i]), "none: %s", bad[i]);
	char *big = mem_alloc(300);
	(void)memset(big, 'a', 299);
	big[5] = '/';
	ok(!media_type_valid(big), "too long");
	big[MEDIA_TYPE_MAX] = '\0';
	ok(media_type_valid(big), "as long as may be");
	mem_free(big);
	ok(media_type_picture("image/png") && media_type_picture("IMAGE/JPEG; q=1") && media_type_picture("image/apng"),
	   "pictures");
	ok(!media_type_picture("image/svg+xml") && !media_type_picture(NULL) && !media_type_picture("image/pngx") &&
	       !media_type_picture("image"),
	   "none that are made small");
}

static void
kinds(void)
{
	static const struct {
		const char *p;
		size_t n;
		const char *type;
	} t[] = {
	    {S("\xFF\xD8\xFF\xE0"), "image/jpeg"},
	    {S("\x89PNG\r\n\x1A\n\0"), "image/png"},
	    {S("\x89PNG\n"), "application/octet-stream"},
	    {S("GIF89a...."), "image/gif"},
	    {S("RIFF\1\2\3\4WEBPVP8 "), "image/webp"},
	    {S("RIFF\1\2\3\4WAVEfmt "), "audio/wav"},
	    {S("RIFF\1\2"), "application/octet-stream"},
	    {S("BM\1\2\3\4\0\0\0\0\1\2\3\4\x28\0\0\0\1"), "image/bmp"},
	    {S("BMX is a sport\n"), "text/plain"},
	    {S("\0\0\1\0\1\0"), "image/x-icon"},
	    {S("\0\0\0\x1C"
	       "ftypavif"),
	     "image/avif"},
	    {S("\0\0\0\x1C"
	       "ftypisom"),
	     "video/mp4"},
	    {S("\0\0\0\x1C"
	       "ftypM4A "),
	     "audio/mp4"},
	    {S("%PDF-1.7\n"), "application/pdf"},
	    {S("\x1A\x45\xDF\xA3\x9F\x42\x86\x81\1\x42\x82\x84webm"), "video/webm"},
	    {S("\x1A\x45\xDF\xA3\x9F\x42\x86\x81\1\x42\x82\x88matroska"), "video/x-matroska"},
	    {S("OggS\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x13OpusHead"), "audio/ogg"},
	    {S("OggS\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x13\x80theora"), "video/ogg"},
	    {S("OggS\0\2"), "application/ogg"},
	    {S("ID3\4"), "audio/mpeg"},
	    {S("\xFF\xFB\x90\x44"), "audio/mpeg"},
	    {S("fLaC\0"), "audio/flac"},
	    {S("PK\3\4\x14"), "application/zip"},
	    {S("\x1F\x8B\x08\0"), "application/gzip"},
	    {S("hello\n"), "text/plain"},
	    {S("h\xC3\xA4llo"), "text/plain"},
	    {S("h\xE4llo"), "application/octet-stream"},
	    {S("cut \xE2\x82"), "application/octet-stream"},
	    {S("a\0b"), "application/octet-stream"},
	    {S(""), "application/octet-stream"},
	};
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		is_str(media_sniff(t[i].p, t[i].n, true), t[i].type, t[i].type);
	is_str(media_sniff(S("cut \xE2\x82"), false), "text/plain", "a character that is not whole yet");
	is_str(media_sniff(S("cut \xE2\x41"), false), "application/octet-stream", "nor will be");
	unsigned char junk[64];
	int named = 0;
	for (unsigned seed = 0; seed < 4096; seed++) { /* every length of everything: nothing is read beyond its end */
		unsigned char *exact = malloc(seed % 64);
		for (size_t i = 0; i < sizeof junk; i++)
			junk[i] = (unsigned char)((seed * 2654435761u) >> (i % 24));
		if (exact != NULL && seed % 64 > 0) {
			(void)memcpy(exact, junk, seed % 64);
			named += media_sniff(exact, seed % 64, seed % 2 == 0) != NULL;
		}
		free(exact);
	}
	is_int(named, 4096 - 64, "each has a name");
}

static void
written(struct store_medium *m, const char *want, const char *name)
{
	struct buf b;
	buf_init(&b, 4096);
	struct json *j = media_info(m);
	(void)json_write(j, 0, &b);
	is_str(b.p, want, name);
	json_free(j);
	buf_clear(&b);
}

static void
info(void)
{
	char id[] = "abcdef", user[] = "@a:b", origin[] = "c.example", file[] = "FILE", type[] = "image/png",
	     by[] = "system";
	struct store_medium m = {.media_id = id,
				 .user = user,
				 .type = type,
				 .bytes = 7,
				 .created_ts = 5,
				 .last_access_ts = -1,
				 .protected = true};
	written(&m,
		"{\"media_origin\":null,\"user_id\":\"@a:b\",\"media_id\":\"abcdef\",\"media_type\":\"image/png\","
		"\"media_length\":7,\"upload_name\":null,\"created_ts\":5,\"filesystem_id\":null,\"url_cache\":null,"
		"\"last_access_ts\":null,\"quarantined_by\":null,\"authenticated\":false,\"safe_from_quarantine\":true,"
		"\"sha256\":null}",
		"ours");
	struct store_medium r = {.origin = origin,
				 .media_id = id,
				 .filesystem_id = file,
				 .quarantined_by = by,
				 .bytes = -1,
				 .last_access_ts = 9,
				 .authenticated = true};
	written(
	    &r,
	    "{\"media_origin\":\"c.example\",\"user_id\":null,\"media_id\":\"abcdef\",\"media_type\":null,"
	    "\"media_length\":null,\"upload_name\":null,\"created_ts\":0,\"filesystem_id\":\"FILE\",\"url_cache\":null,"
	    "\"last_access_ts\":9,\"quarantined_by\":\"system\",\"authenticated\":true,\"safe_from_quarantine\":null,"
	    "\"sha256\":null}",
	    "another server's");
	struct store_name name = {NULL, "abcdef"};
	char *uri = media_uri(&name, "me");
	is_str(uri, "mxc://me/abcdef", "its name");
	mem_free(uri);
}

int
main(void)
{
	names();
	types();
	kinds();
	info();
	return done();
}
