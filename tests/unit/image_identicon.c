/* Does a name always have the same face, and another one another? */
#include "image/int.h"

#include "image_make.h"
#include "tap.h"

static void
digest_is(const char *name, const char *text, size_t n, const char *want)
{
	uint8_t d[32];
	char hex[65];
	hash_sha256(text, n, d);
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", d[i]);
	is_str(hex, want, name);
}

/* FIPS 180-2 appendix B, and the lengths at which the padding needs another block. */
static void
digests(void)
{
	char a[1000];
	(void)memset(a, 'a', sizeof a);
	digest_is("SHA-256 of nothing", "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest_is("of abc", "abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_is("of two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	for (size_t n = 54; n <= 66; n++) {
		uint8_t d[32];
		char hex[HASH_HEX_LEN + 1], got[65];
		struct hash *h = hash_new();
		hash_add(h, a, n);
		hash_hex(h, hex);
		hash_free(h);
		hash_sha256(a, n, d);
		for (size_t i = 0; i < 32; i++)
			(void)snprintf(got + 2 * i, 3, "%02x", d[i]);
		if (strcmp(got, hex) != 0)
			ok(false, "%zu bytes: %s", n, got);
	}
}

static uint8_t *
face(const char *name, uint32_t w, uint32_t h)
{
	struct buf png;
	struct err err;
	uint32_t gw = 0, gh = 0;
	uint8_t *px = NULL;
	buf_init(&png, 1 << 20);
	if (image_identicon(name, w, h, &png, &err) == 0)
		px = open_png(&png, &gw, &gh);
	ok(px != NULL && gw == w && gh == h, "%s: %u x %u", name, gw, gh);
	buf_clear(&png);
	return px;
}

static void
symmetry(uint32_t w, uint32_t h)
{
	uint8_t *px = face("@alice:example.org", w, h);
	size_t bad = 0, inked = 0, left = w % 5 / 2, right = w - w % 5 + left;
	for (uint32_t y = 0; px != NULL && y < h; y++)
		for (size_t x = left; x < right; x++) {
			const uint8_t *row = px + (size_t)y * w * 4;
			bad += memcmp(row + x * 4, row + (left + right - 1 - x) * 4, 4) != 0;
			inked += row[x * 4] != 224;
		}
	ok(px != NULL && bad == 0 && inked > 0 && inked < (size_t)w * h, "the halves mirror each other");
	mem_free(px);
}

static void
sizes(void)
{
	struct buf png;
	struct err err = {0};
	buf_init(&png, 1 << 20);
	ok(image_identicon("x", IMAGE_IDENTICON_MIN - 1, 96, &png, &err) < 0 && err.code == ERR_LIMIT, "%s", err.text);
	ok(image_identicon("x", 96, IMAGE_IDENTICON_MAX + 1, &png, &err) < 0 && err.code == ERR_LIMIT, "%s", err.text);
	buf_clear(&png);
}

int
main(void)
{
	digests();
	symmetry(96, 96);
	symmetry(97, 48);
	symmetry(IMAGE_IDENTICON_MIN, IMAGE_IDENTICON_MIN);
	uint8_t *a = face("a", 96, 96), *again = face("a", 96, 96), *b = face("b", 96, 96);
	ok(a != NULL && again != NULL && memcmp(a, again, 96 * 96 * 4) == 0, "the same name, the same face");
	ok(a != NULL && b != NULL && memcmp(a, b, 96 * 96 * 4) != 0, "another name, another face");
	sizes();
	mem_free(a);
	mem_free(again);
	mem_free(b);
	return done();
}
