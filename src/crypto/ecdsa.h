/*
 * ECDSA over P-256 behind BearSSL's interfaces; keys on other curves go to
 * BearSSL's own code with the given br_ec_impl. Signing is constant time and
 * deterministic (RFC 6979). Verifying takes strict DER only.
 */
#ifndef TINY_CRYPTO_ECDSA_H
#define TINY_CRYPTO_ECDSA_H

#include <bearssl.h>

/* sig has room for 72 bytes (139 on P-521); returns the length, 0 on error. */
size_t ecdsa_sign_asn1(const br_ec_impl *impl, const br_hash_class *hf, const void *hash_value,
                       const br_ec_private_key *sk, void *sig);
/* Returns 1 for a good signature, else 0. */
uint32_t ecdsa_vrfy_asn1(const br_ec_impl *impl, const void *hash, size_t hash_len,
                         const br_ec_public_key *pk, const void *sig, size_t sig_len);

#endif
