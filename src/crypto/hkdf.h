/*
 * HKDF (RFC 5869) over BearSSL's HMAC, in its two steps: BearSSL's own br_hkdf
 * cannot expand a key that it has not extracted, which TLS 1.3 does all the time.
 * Nothing is allocated; what was secret on the way is wiped.
 */
#ifndef TINY_CRYPTO_HKDF_H
#define TINY_CRYPTO_HKDF_H

#include "core/bytes.h"

#include <bearssl.h>

/* prk is as long as the hash. This is HMAC with salt as its key. */
void hkdf_extract(const br_hash_class *hash, struct span salt, struct span input, uint8_t *prk);
/* len: at most 255 times the hash's. */
void hkdf_expand(const br_hash_class *hash, struct span prk, struct span info, uint8_t *out,
                 size_t len);

#endif
