/* Who says this?  Ed25519 (RFC 8032) by libcrypto. */
#include "base/base.h"

#include <openssl/evp.h>

int
sign_ed25519(const unsigned char seed[SIGN_SEED_LEN], const void *p, size_t n, unsigned char out[SIGN_LEN],
	     struct err *err)
{
	size_t len = SIGN_LEN;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SIGN_SEED_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int good = key != NULL && ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		   EVP_DigestSign(ctx, out, &len, p, n) == 1 && len == SIGN_LEN;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good ? 0 : err_set(err, ERR_UNSUPPORTED, "libcrypto does not sign with Ed25519");
}

int
sign_ed25519_public(const unsigned char seed[SIGN_SEED_LEN], unsigned char out[SIGN_PUBLIC_LEN], struct err *err)
{
	size_t len = SIGN_PUBLIC_LEN;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SIGN_SEED_LEN);
	int good = key != NULL && EVP_PKEY_get_raw_public_key(key, out, &len) == 1 && len == SIGN_PUBLIC_LEN;
	EVP_PKEY_free(key);
	return good ? 0 : err_set(err, ERR_UNSUPPORTED, "libcrypto knows no Ed25519");
}
