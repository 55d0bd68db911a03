/* Which content is this?  SHA-256 by libcrypto: at 4 MB a picture, hardware hashing is felt. */
#include "base/base.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct hash {
	EVP_MD_CTX *ctx;
};

struct hash *
hash_new(void)
{
	struct hash *h = mem_alloc(sizeof *h);
	h->ctx = EVP_MD_CTX_new();
	if (h->ctx == NULL || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1)
		abort(); /* SHA-256 is always there; only memory can lack */
	return h;
}

void
hash_add(struct hash *h, const void *p, size_t n)
{
	if (EVP_DigestUpdate(h->ctx, p, n) != 1)
		abort();
}

void
hash_hex(struct hash *h, char out[HASH_HEX_LEN + 1])
{
	static const char digit[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	if (EVP_DigestFinal_ex(h->ctx, md, &n) != 1 || n * 2 != HASH_HEX_LEN)
		abort();
	for (unsigned int i = 0; i < n; i++) {
		out[2 * i] = digit[md[i] >> 4];
		out[2 * i + 1] = digit[md[i] & 15];
	}
	out[HASH_HEX_LEN] = '\0';
}

void
hash_free(struct hash *h)
{
	if (h != NULL)
		EVP_MD_CTX_free(h->ctx);
	mem_free(h);
}
