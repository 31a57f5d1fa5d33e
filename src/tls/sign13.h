/*
 * Signatures of TLS 1.3 (RFC 8446, sections 4.2.3 and 4.4.3): ECDSA with each curve's
 * own hash, and RSA-PSS with keys of the usual kind. Owns nothing, allocates nothing;
 * constant time in the private key.
 */
#ifndef TINY_TLS_SIGN13_H
#define TINY_TLS_SIGN13_H

#include "config/sigalgs.h"
#include "tls/cred.h"

#define SIGN13_MAX 512 /* bytes of a signature */

/* ecdsa_secp256r1_sha256, its two brothers, and rsa_pss_rsae_*. */
bool sign13_knows(uint16_t scheme);
/* Those of the list that can sign a TLS 1.3 handshake, two bytes each, at most six; returns
 * how many bytes. */
size_t sign13_put_schemes(const struct sigalgs *list, uint8_t *dst);
/* Is it one of the list's that can, and one for this key? */
bool sign13_allows(const struct sigalgs *list, uint16_t scheme, const br_x509_pkey *key);

struct tls_context;

/* Signs as the server; returns the length, or 0 when the key gives no signature. */
size_t sign13_make(struct tls_context *ctx, const struct cred *cred, uint16_t scheme,
                   struct span transcript_hash, uint8_t dst[SIGN13_MAX]);
/* Is it the client's? The scheme fits the key. */
bool sign13_check(uint16_t scheme, const br_x509_pkey *key, struct span transcript_hash,
                  struct span signature);

#endif
