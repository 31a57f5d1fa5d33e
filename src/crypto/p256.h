/*
 * P-256 (secp256r1): multiplication of points in constant time, for 64-bit
 * targets. Points are 65 bytes (0x04, X, Y); anything else, and a point that
 * is not on the curve, is refused. Scalars are 32 bytes, big endian, and taken
 * modulo the order. It owns nothing and wipes its own intermediate values.
 */
#ifndef TINY_CRYPTO_P256_H
#define TINY_CRYPTO_P256_H

#include <stdint.h>

#define P256_POINT_LEN 65

extern const unsigned char p256_generator[P256_POINT_LEN];
extern const unsigned char p256_order[32];

/* point = k * point; 0 if the point is bad or the result is the point at infinity. */
uint32_t p256_mul(unsigned char point[P256_POINT_LEN], const unsigned char k[32]);
/* out = k * G; 0 (and X = Y = 0) if k is a multiple of the order. */
uint32_t p256_mulgen(unsigned char out[P256_POINT_LEN], const unsigned char k[32]);
/* a = x * a + y * b, b = NULL for the generator; 0 as above. */
uint32_t p256_muladd(unsigned char a[P256_POINT_LEN], const unsigned char *b,
                     const unsigned char x[32], const unsigned char y[32]);

#endif
