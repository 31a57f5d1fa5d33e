/*
 * X25519 (RFC 7748) in constant time, for 64-bit targets. It owns nothing and
 * wipes its own intermediate values. Points and scalars are 32 bytes, little
 * endian; the scalar is clamped here.
 */
#ifndef TINY_CRYPTO_X25519_H
#define TINY_CRYPTO_X25519_H

#include <stdint.h>

/*
 * point = scalar * point. Returns 1, or 0 when the result is all zero: the
 * peer sent a point of small order, and RFC 7748, 8422 and 8446 say to refuse.
 */
uint32_t x25519_mul(unsigned char point[32], const unsigned char scalar[32]);

#endif
