/* Does another homeserver believe what we sign?  The key and the signatures of the Matrix specification's appendices. */
#include "matrix/matrix.h"

#include "tap.h"

#define SEED "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1"

static void
keys(void)
{
	static const struct {
		const char *text, *id;
	} row[] = {
	    {"ed25519 1 " SEED "\n", "ed25519:1"},
	    {"ed25519 a_AbCd " SEED, "ed25519:a_AbCd"},
	    {"ed25519 a_AbCd " SEED "=\r\n", "ed25519:a_AbCd"},
	    {"ed25519\ta_AbCd\t" SEED "\ned25519 b " SEED, "ed25519:a_AbCd"},
	    {"ed25519 a_AbCd", NULL},
	    {"ed25519 a-b " SEED, NULL},
	    {"ed25519 a\"b " SEED, NULL},
	    {"ed448 1 " SEED, NULL},
	    {"ed25519 1 " SEED "AAAA", NULL},
	    {"ed25519 1 AAAA", NULL},
	    {"ed25519 1 !!!", NULL},
	    {"", NULL},
	    {"\n", NULL},
	};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct matrix_key k;
		struct err err = {0};
		int rc = matrix_key_parse(&k, row[i].text, strlen(row[i].text), &err);
		ok(rc == (row[i].id != NULL ? 0 : -1), "key %zu: taken or not", i);
		is_str(rc == 0 ? k.id : NULL, row[i].id, "its name");
		matrix_key_clear(&k);
	}
}

/* The two of "Signing JSON" there. */
static void
known(void)
{
	static const struct {
		const char *text;
		unsigned char sig[SIGN_LEN];
	} row[] = {
	    {"{}", {0x2b, 0xcd, 0xbc, 0xd3, 0xf5, 0x3d, 0x49, 0x2c, 0xbd, 0x21, 0x5b, 0x63, 0x06, 0xe5, 0x5e, 0x2e,
		    0xbf, 0x87, 0xa4, 0xe0, 0x78, 0x05, 0x01, 0x56, 0x6e, 0x0f, 0x94, 0x65, 0xa0, 0x03, 0x32, 0xd4,
		    0xdd, 0x19, 0x82, 0x3b, 0x19, 0xe8, 0xad, 0x6f, 0xbe, 0x8b, 0x4e, 0xba, 0xf9, 0x41, 0x5f, 0xfb,
		    0x5e, 0x0e, 0x1a, 0x84, 0xbc, 0x18, 0x19, 0x86, 0x73, 0xb8, 0x71, 0x99, 0x28, 0xce, 0x59, 0x01}},
	    {"{\"one\":1,\"two\":\"Two\"}",
	     {0x2a, 0xa9, 0x8b, 0x49, 0xb3, 0xb7, 0xf7, 0xf0, 0x73, 0x6f, 0x44, 0x08, 0x60, 0x4f, 0x36, 0xce,
	      0xa2, 0xf0, 0xb0, 0x0f, 0x8f, 0x0f, 0x36, 0x08, 0xa4, 0x84, 0x40, 0xda, 0xc4, 0x50, 0xe2, 0xc2,
	      0xf9, 0xdf, 0xeb, 0x0d, 0xeb, 0xf7, 0xe9, 0x35, 0x2a, 0x2a, 0x13, 0xb0, 0x4f, 0xee, 0xf0, 0x59,
	      0x84, 0x6e, 0xa4, 0x61, 0xd0, 0xf5, 0xdc, 0x42, 0x0c, 0x26, 0x9b, 0xe1, 0x24, 0x8f, 0xba, 0x07}},
	};
	struct matrix_key k;
	struct err err = {0};
	unsigned char sig[SIGN_LEN];
	(void)matrix_key_parse(&k, "ed25519 1 " SEED, strlen("ed25519 1 " SEED), &err);
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		ok(sign_ed25519(k.seed, row[i].text, strlen(row[i].text), sig, &err) == 0 &&
		       memcmp(sig, row[i].sig, sizeof sig) == 0,
		   "the signature of %s", row[i].text);
	matrix_key_clear(&k);
}

static void
header(void)
{
	struct matrix_key k;
	struct err err = {0};
	(void)matrix_key_parse(&k, "ed25519 a_1 " SEED, strlen("ed25519 a_1 " SEED), &err);
	char *h = matrix_authorization(&k, "us.example", "them.example:8448", "GET", "/x?timeout_ms=1", &err);
	const char *start =
	    "X-Matrix origin=\"us.example\",destination=\"them.example:8448\",key=\"ed25519:a_1\",sig=\"";
	ok(h != NULL && strncmp(h, start, strlen(start)) == 0, "the header's form");
	ok(h != NULL && strlen(h) == strlen(start) + 86 + 1 && h[strlen(h) - 1] == '"', "86 characters of base64");
	char *again = matrix_authorization(&k, "us.example", "other.example", "GET", "/x?timeout_ms=1", &err);
	ok(again != NULL && h != NULL && strcmp(again + strlen(again) - 87, h + strlen(h) - 87) != 0,
	   "another destination, another signature");
	ok(matrix_authorization(&k, "us\"", "them", "GET", "/", &err) == NULL, "a quote in a name");
	ok(matrix_authorization(&k, "us", "th\r\nem", "GET", "/", &err) == NULL, "a line end in a name");
	ok(matrix_authorization(&k, "us", "", "GET", "/", &err) == NULL, "no name");
	mem_free(h);
	mem_free(again);
	matrix_key_clear(&k);
	is_int(k.seed[0], 0, "nothing is left of a key");
}

static void
uri(enum matrix_media way, const char *id, const char *want)
{
	char *got = matrix_media_uri(way, "other.example:8448", id, 20000);
	is_str(got, want, id);
	mem_free(got);
}

static void
unknown(int status, const char *body, bool want)
{
	ok(matrix_media_unknown(status, body, strlen(body)) == want, "%d %s", status, body);
}

int
main(void)
{
	keys();
	known();
	header();
	uri(MATRIX_MEDIA_FEDERATION, "aBc", "/_matrix/federation/v1/media/download/aBc?timeout_ms=20000");
	uri(MATRIX_MEDIA_FEDERATION, "../a?b#c",
	    "/_matrix/federation/v1/media/download/..%2Fa%3Fb%23c?timeout_ms=20000");
	uri(MATRIX_MEDIA_V3, "aBc",
	    "/_matrix/media/v3/download/other.example%3A8448/"
	    "aBc?allow_remote=false&timeout_ms=20000&allow_redirect=true");
	uri(MATRIX_MEDIA_R0, "aBc",
	    "/_matrix/media/r0/download/other.example%3A8448/"
	    "aBc?allow_remote=false&timeout_ms=20000&allow_redirect=true");
	unknown(404, "", true);
	unknown(404, "<html>", true);
	unknown(404, "[]", true);
	unknown(405, "nginx", true);
	unknown(404, "{\"errcode\":\"M_UNRECOGNIZED\"}", true);
	unknown(405, "{\"errcode\":\"M_UNRECOGNIZED\"}", true);
	unknown(400, "{\"errcode\":\"M_UNRECOGNIZED\"}", true);
	unknown(404, "{\"errcode\":\"M_NOT_FOUND\"}", false);
	unknown(404, "{}", false);
	unknown(400, "", false);
	unknown(400, "<html>", false);
	unknown(500, "", false);
	unknown(403, "{\"errcode\":\"M_UNRECOGNIZED\"}", false);
	return done();
}
