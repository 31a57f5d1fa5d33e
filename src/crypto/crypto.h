/*
 * The primitives that the TLS room uses, each behind BearSSL's own interface:
 * our implementation where it exists for this processor, else BearSSL's.
 * Every function returns a pointer to constant data or code; asking is cheap
 * (no CPUID), so a caller may ask once for each connection. Nothing here
 * allocates, keeps state or branches on a secret.
 *
 * Ours are stricter: multiplication on Curve25519 fails for a point of small order,
 * on the others for the point at infinity, and ECDSA takes strict DER only.
 */
#ifndef TINY_CRYPTO_CRYPTO_H
#define TINY_CRYPTO_CRYPTO_H

#include <bearssl.h>

/* P-256, P-384, P-521 and Curve25519 in one. */
const br_ec_impl *crypto_ec(void);
/* ECDSA with signatures in ASN.1 form and RFC 6979 nonces; every curve. */
br_ecdsa_sign crypto_ecdsa_sign(void);
br_ecdsa_vrfy crypto_ecdsa_vrfy(void);
/* The raw private-key operation with CRT, moduli of up to 4096 bits. */
br_rsa_private crypto_rsa_private(void);
/* Is y = x^d, as the operation gave it (len bytes both, at most 512)? A wrong bit in
 * half of the computation would give away the factors. 1 or 0. */
uint32_t crypto_rsa_is_right(const uint8_t *y, const uint8_t *x, size_t len,
                             const br_rsa_private_key *sk, const br_rsa_public_key *pk);
br_chacha20_run crypto_chacha20(void);
br_poly1305_run crypto_poly1305(void);
/* For CCM: with a counter of 32 bits. */
const br_block_ctrcbc_class *crypto_aes_ctrcbc(void);
/* Same context and state layout as br_sha256_vtable. */
const br_hash_class *crypto_sha256(void);

#endif
