/*
 * RSA signatures with PKCS#1 v1.5 padding or PSS (RFC 8017, section 8), checked with
 * the public key before anybody sees them. Constant time in the key.
 */
#ifndef TINY_TLS_RSASIGN_H
#define TINY_TLS_RSASIGN_H

#include <bearssl.h>
#include <stddef.h>
#include <stdint.h>

struct rsasign_pss {
    const br_hash_class *class;
    uint8_t salt[64]; /* as many random bytes as the hash has */
};

/* Writes the signature, as long as the modulus (at most 512 bytes), to dst.
 * hash_id: BearSSL's number, 0 for MD5 with SHA-1 (TLS 1.0 and 1.1, bare hashes).
 * pss: NULL for PKCS#1 v1.5. Returns its length, or 0. */
size_t rsasign(br_rsa_private operation, const br_rsa_private_key *key,
               const br_rsa_public_key *public_key, unsigned hash_id, const struct rsasign_pss *pss,
               const uint8_t *hash, size_t hash_len, uint8_t *dst);
/* A hash's OID, its length first, by BearSSL's number from SHA-1 on; NULL for others. */
const unsigned char *rsasign_hash_oid(unsigned hash_id);

#endif
