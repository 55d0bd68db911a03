/* Is it Ed25519?  The vectors of RFC 8032 §7.1 and of the appendices of the Matrix specification. */
#include "base/base.h"

#include "tap.h"

static void
hex(const char *s, unsigned char *out)
{
	for (unsigned v = 0; sscanf(s, "%2x", &v) == 1; s += 2)
		*out++ = (unsigned char)v;
}

static void
vector(const char *seed_hex, const char *public_hex, const char *text_hex, const char *sig_hex, const char *name)
{
	unsigned char seed[SIGN_SEED_LEN], public[SIGN_PUBLIC_LEN], text[64], want[SIGN_LEN], got[SIGN_LEN],
	    key[SIGN_PUBLIC_LEN];
	struct err err = {0};
	hex(seed_hex, seed);
	hex(public_hex, public);
	hex(text_hex, text);
	hex(sig_hex, want);
	ok(sign_ed25519_public(seed, key, &err) == 0 && memcmp(key, public, sizeof key) == 0, "%s: public key", name);
	ok(sign_ed25519(seed, text, strlen(text_hex) / 2, got, &err) == 0 && memcmp(got, want, sizeof got) == 0,
	   "%s: signature", name);
}

int
main(void)
{
	vector("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f"
	       "0595bbe24655141438e7a100b",
	       "nothing");
	vector("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2ea"
	       "eb4302aeeb00d291612bb0c00",
	       "a byte");
	return done();
}
