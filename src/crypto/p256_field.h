/*
 * The field of P-256: p = 2^256 - 2^224 + 2^192 + 2^96 - 1, four 64-bit limbs
 * in Montgomery form (times 2^256), always fully reduced. Constant time. It
 * owns nothing; results may overlap arguments.
 */
#ifndef TINY_CRYPTO_P256_FIELD_H
#define TINY_CRYPTO_P256_FIELD_H

#include <stdint.h>

struct p256_fe {
    uint64_t v[4];
};

extern const struct p256_fe p256_one;

void p256_fe_add(struct p256_fe *d, const struct p256_fe *a, const struct p256_fe *b);
void p256_fe_sub(struct p256_fe *d, const struct p256_fe *a, const struct p256_fe *b);
void p256_fe_mul(struct p256_fe *d, const struct p256_fe *a, const struct p256_fe *b);
void p256_fe_sqr(struct p256_fe *d, const struct p256_fe *a);
/* 1/a, or 0 for 0. */
void p256_fe_invert(struct p256_fe *d, const struct p256_fe *a);
/* From and to 32 bytes, big endian. Returns all-ones if src was below p, else 0. */
uint64_t p256_fe_decode(struct p256_fe *d, const unsigned char src[32]);
void p256_fe_encode(unsigned char dst[32], const struct p256_fe *a);

#endif
