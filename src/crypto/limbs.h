/*
 * Arithmetic on arrays of 64-bit limbs, least significant first, for the
 * Montgomery multiplications of this room. On x86-64 the carries go through
 * the intrinsics, because compilers handle them badly in 128-bit integers
 * (measured: twice as slow). Everything is constant time.
 */
#ifndef TINY_CRYPTO_LIMBS_H
#define TINY_CRYPTO_LIMBS_H

#include "crypto/wide.h"

#if CRYPTO_WIDE

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* d = a + b + carry; returns the new carry, 0 or 1. */
static inline unsigned char limb_add(unsigned char carry, uint64_t a, uint64_t b, uint64_t *d)
{
#ifdef __x86_64__
    unsigned long long r;

    carry = _addcarry_u64(carry, a, b, &r);
    *d = r;
    return carry;
#else
    u128 t = (u128)a + b + carry;

    *d = (uint64_t)t;
    return (unsigned char)(t >> 64);
#endif
}

/* d = a - b - borrow; returns the new borrow, 0 or 1. */
static inline unsigned char limb_sub(unsigned char borrow, uint64_t a, uint64_t b, uint64_t *d)
{
#ifdef __x86_64__
    unsigned long long r;

    borrow = _subborrow_u64(borrow, a, b, &r);
    *d = r;
    return borrow;
#else
    u128 t = (u128)a - b - borrow;

    *d = (uint64_t)t;
    return (unsigned char)((t >> 64) & 1);
#endif
}

/* t[0..4] += a * b, where t[0..4] < 2^320; the carry out goes to t[5]. */
static inline void limbs_mul_row(uint64_t t[6], const uint64_t a[4], uint64_t b)
{
    u128 m0 = (u128)a[0] * b, m1 = (u128)a[1] * b, m2 = (u128)a[2] * b, m3 = (u128)a[3] * b;
    uint64_t r1, r2, r3, r4;
    unsigned char c;

    c = limb_add(0, (uint64_t)(m0 >> 64), (uint64_t)m1, &r1);
    c = limb_add(c, (uint64_t)(m1 >> 64), (uint64_t)m2, &r2);
    c = limb_add(c, (uint64_t)(m2 >> 64), (uint64_t)m3, &r3);
    r4 = (uint64_t)(m3 >> 64) + c;
    c = limb_add(0, t[0], (uint64_t)m0, &t[0]);
    c = limb_add(c, t[1], r1, &t[1]);
    c = limb_add(c, t[2], r2, &t[2]);
    c = limb_add(c, t[3], r3, &t[3]);
    c = limb_add(c, t[4], r4, &t[4]);
    t[5] = c;
}

/*
 * d = b where mask is all-ones, else a. Each limb is hidden from the optimiser,
 * which would otherwise use vectors here: loading as a vector what was just
 * stored limb by limb stalls (measured: the whole multiplication is 1.5 times
 * slower).
 */
static inline void limbs_select(uint64_t d[4], uint64_t mask, const uint64_t a[4],
                                const uint64_t b[4])
{
    for (int i = 0; i < 4; i++) {
        d[i] = mask_hide(a[i] ^ (mask & (a[i] ^ b[i])));
    }
}

/* Brings t[0..4] < 2m to d < m. */
static inline void limbs_reduce_once(uint64_t d[4], const uint64_t t[5], const uint64_t m[4])
{
    uint64_t s[4], top;
    unsigned char c;

    c = limb_sub(0, t[0], m[0], &s[0]);
    c = limb_sub(c, t[1], m[1], &s[1]);
    c = limb_sub(c, t[2], m[2], &s[2]);
    c = limb_sub(c, t[3], m[3], &s[3]);
    c = limb_sub(c, t[4], 0, &top);
    limbs_select(d, mask_bit(c), s, t);
}

/* All-ones when a is zero. */
static inline uint64_t limbs_is_zero(const uint64_t a[4])
{
    return mask_zero(a[0] | a[1] | a[2] | a[3]);
}

static inline void limbs_decode(uint64_t d[4], const unsigned char src[32])
{
    for (int i = 0; i < 4; i++) {
        d[i] = load_be64(src + 24 - 8 * i);
    }
}

static inline void limbs_encode(unsigned char dst[32], const uint64_t a[4])
{
    for (int i = 0; i < 4; i++) {
        store_be64(dst + 24 - 8 * i, a[i]);
    }
}

#endif
#endif
