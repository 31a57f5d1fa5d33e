/*
 * Arithmetic modulo n, the order of P-256's group: what ECDSA needs. Values are
 * four 64-bit limbs, fully reduced, in plain form unless said. Constant time. It
 * owns nothing; results may overlap arguments.
 */
#ifndef TINY_CRYPTO_P256_ORDER_H
#define TINY_CRYPTO_P256_ORDER_H

#include <stdint.h>

extern const uint64_t p256_order_limbs[4];

/* 32 bytes, big endian, modulo n. Returns all-ones if src was below n, else 0. */
uint64_t p256_scalar_decode(uint64_t d[4], const unsigned char src[32]);
/* d = a * b / 2^256 mod n */
void p256_scalar_montmul(uint64_t d[4], const uint64_t a[4], const uint64_t b[4]);
void p256_scalar_add(uint64_t d[4], const uint64_t a[4], const uint64_t b[4]);
/* d = 2^512 / a mod n, so that montmul(d, b) = 2^256 b / a; 0 for 0. */
void p256_scalar_invert(uint64_t d[4], const uint64_t a[4]);

#endif
