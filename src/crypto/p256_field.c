#include "crypto/p256_field.h"

#include "core/bytes.h"
#include "crypto/limbs.h"

#if CRYPTO_WIDE

static const uint64_t prime[4] = {
    0xFFFFFFFFFFFFFFFF,
    0x00000000FFFFFFFF,
    0x0000000000000000,
    0xFFFFFFFF00000001,
};
/* 2^512 mod p: brings a value into Montgomery form. */
static const struct p256_fe prime_r2 = {{
    0x0000000000000003,
    0xFFFFFFFBFFFFFFFF,
    0xFFFFFFFFFFFFFFFE,
    0x00000004FFFFFFFD,
}};
const struct p256_fe p256_one = {{
    0x0000000000000001,
    0xFFFFFFFF00000000,
    0xFFFFFFFFFFFFFFFF,
    0x00000000FFFFFFFE,
}};

/*
 * One step of Montgomery reduction: t[0..5] becomes (t + m * p) / 2^64 in
 * t[0..4], where m = t[0] because p is -1 modulo 2^64. m * (p + 1) has only
 * m * 2^96 and m * p[3] * 2^192 in it, and p[3] = 2^64 - 2^32 + 1.
 */
static inline void fe_reduce_step(uint64_t t[6])
{
    uint64_t m = t[0], low, high;
    unsigned char c;

    c = limb_sub(0, m, m << 32, &low);
    limb_sub(c, m, m >> 32, &high);
    c = limb_add(0, t[1], m << 32, &t[0]);
    c = limb_add(c, t[2], m >> 32, &t[1]);
    c = limb_add(c, t[3], low, &t[2]);
    c = limb_add(c, t[4], high, &t[3]);
    t[4] = t[5] + c;
}

void p256_fe_mul(struct p256_fe *d, const struct p256_fe *a, const struct p256_fe *b)
{
    uint64_t t[6] = {0};

    limbs_mul_row(t, a->v, b->v[0]);
    fe_reduce_step(t);
    limbs_mul_row(t, a->v, b->v[1]);
    fe_reduce_step(t);
    limbs_mul_row(t, a->v, b->v[2]);
    fe_reduce_step(t);
    limbs_mul_row(t, a->v, b->v[3]);
    fe_reduce_step(t);
    limbs_reduce_once(d->v, t, prime);
}

/* t[0..7] = a * a: the six products of different limbs, doubled, and the squares. */
static inline void limbs_square(uint64_t t[8], const uint64_t a[4])
{
    u128 m01 = (u128)a[0] * a[1], m02 = (u128)a[0] * a[2], m03 = (u128)a[0] * a[3];
    u128 m12 = (u128)a[1] * a[2], m13 = (u128)a[1] * a[3], m23 = (u128)a[2] * a[3];
    u128 s0 = (u128)a[0] * a[0], s1 = (u128)a[1] * a[1];
    u128 s2 = (u128)a[2] * a[2], s3 = (u128)a[3] * a[3];
    uint64_t r1 = (uint64_t)m01, r2, r3, r4, r5, r6, r7;
    unsigned char c;

    c = limb_add(0, (uint64_t)(m01 >> 64), (uint64_t)m02, &r2);
    c = limb_add(c, (uint64_t)(m02 >> 64), (uint64_t)m03, &r3);
    c = limb_add(c, (uint64_t)(m03 >> 64), (uint64_t)m13, &r4);
    c = limb_add(c, (uint64_t)(m13 >> 64), (uint64_t)m23, &r5);
    r6 = (uint64_t)(m23 >> 64) + c;
    c = limb_add(0, r3, (uint64_t)m12, &r3);
    c = limb_add(c, r4, (uint64_t)(m12 >> 64), &r4);
    c = limb_add(c, r5, 0, &r5);
    r6 += c;
    r7 = r6 >> 63;
    r6 = (r6 << 1) | (r5 >> 63);
    r5 = (r5 << 1) | (r4 >> 63);
    r4 = (r4 << 1) | (r3 >> 63);
    r3 = (r3 << 1) | (r2 >> 63);
    r2 = (r2 << 1) | (r1 >> 63);
    r1 = r1 << 1;
    t[0] = (uint64_t)s0;
    c = limb_add(0, r1, (uint64_t)(s0 >> 64), &t[1]);
    c = limb_add(c, r2, (uint64_t)s1, &t[2]);
    c = limb_add(c, r3, (uint64_t)(s1 >> 64), &t[3]);
    c = limb_add(c, r4, (uint64_t)s2, &t[4]);
    c = limb_add(c, r5, (uint64_t)(s2 >> 64), &t[5]);
    c = limb_add(c, r6, (uint64_t)s3, &t[6]);
    limb_add(c, r7, (uint64_t)(s3 >> 64), &t[7]);
}

void p256_fe_sqr(struct p256_fe *d, const struct p256_fe *a)
{
    uint64_t t[8], low[6], sum[5];
    unsigned char c;

    /* The low half is reduced alone (it stays below 2^256), then the high half joins. */
    limbs_square(t, a->v);
    for (int i = 0; i < 4; i++) {
        low[i] = t[i];
    }
    for (int i = 0; i < 4; i++) {
        low[4] = 0;
        low[5] = 0;
        fe_reduce_step(low);
    }
    c = limb_add(0, low[0], t[4], &sum[0]);
    c = limb_add(c, low[1], t[5], &sum[1]);
    c = limb_add(c, low[2], t[6], &sum[2]);
    c = limb_add(c, low[3], t[7], &sum[3]);
    sum[4] = c;
    limbs_reduce_once(d->v, sum, prime);
}

/* d = a - b + (p where a < b) */
static inline void fe_sub(uint64_t d[4], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t t0, t1, t2, t3, mask;
    unsigned char c;

    c = limb_sub(0, a[0], b[0], &t0);
    c = limb_sub(c, a[1], b[1], &t1);
    c = limb_sub(c, a[2], b[2], &t2);
    c = limb_sub(c, a[3], b[3], &t3);
    mask = mask_bit(c);
    c = limb_add(0, t0, mask, &t0);
    c = limb_add(c, t1, mask >> 32, &t1);
    c = limb_add(c, t2, 0, &t2);
    limb_add(c, t3, mask & prime[3], &t3);
    d[0] = mask_hide(t0);
    d[1] = mask_hide(t1);
    d[2] = mask_hide(t2);
    d[3] = mask_hide(t3);
}

void p256_fe_sub(struct p256_fe *d, const struct p256_fe *a, const struct p256_fe *b)
{
    fe_sub(d->v, a->v, b->v);
}

/* a + b as a - (p - b): fewer steps than a sum and a comparison. */
void p256_fe_add(struct p256_fe *d, const struct p256_fe *a, const struct p256_fe *b)
{
    uint64_t t[4];
    unsigned char c;

    c = limb_sub(0, prime[0], b->v[0], &t[0]);
    c = limb_sub(c, prime[1], b->v[1], &t[1]);
    c = limb_sub(c, prime[2], b->v[2], &t[2]);
    limb_sub(c, prime[3], b->v[3], &t[3]);
    fe_sub(d->v, a->v, t);
}

static void fe_sqr_times(struct p256_fe *d, const struct p256_fe *a, int times)
{
    p256_fe_sqr(d, a);
    while (--times > 0) {
        p256_fe_sqr(d, d);
    }
}

/* a^(p - 2); xN stands for a^(2^N - 1). */
void p256_fe_invert(struct p256_fe *d, const struct p256_fe *a)
{
    struct p256_fe x2, x4, x8, x30, x32, t, base = *a;

    p256_fe_sqr(&t, &base);
    p256_fe_mul(&x2, &t, &base);
    fe_sqr_times(&t, &x2, 2);
    p256_fe_mul(&x4, &t, &x2);
    fe_sqr_times(&t, &x4, 4);
    p256_fe_mul(&x8, &t, &x4);
    fe_sqr_times(&t, &x8, 8);
    p256_fe_mul(&t, &t, &x8); /* x16 */
    fe_sqr_times(&t, &t, 8);
    p256_fe_mul(&t, &t, &x8); /* x24 */
    fe_sqr_times(&t, &t, 4);
    p256_fe_mul(&t, &t, &x4); /* x28 */
    fe_sqr_times(&t, &t, 2);
    p256_fe_mul(&x30, &t, &x2);
    fe_sqr_times(&t, &x30, 2);
    p256_fe_mul(&x32, &t, &x2);

    /* p - 2 = FFFFFFFF 00000001 00000000 00000000 00000000 FFFFFFFF FFFFFFFF FFFFFFFD */
    fe_sqr_times(&t, &x32, 32);
    p256_fe_mul(&t, &t, &base);
    fe_sqr_times(&t, &t, 128);
    p256_fe_mul(&t, &t, &x32);
    fe_sqr_times(&t, &t, 32);
    p256_fe_mul(&t, &t, &x32);
    fe_sqr_times(&t, &t, 30);
    p256_fe_mul(&t, &t, &x30);
    fe_sqr_times(&t, &t, 2);
    p256_fe_mul(d, &t, &base);
}

uint64_t p256_fe_decode(struct p256_fe *d, const unsigned char src[32])
{
    uint64_t t[4], unused;
    unsigned char c = 0;

    limbs_decode(t, src);
    for (int i = 0; i < 4; i++) {
        c = limb_sub(c, t[i], prime[i], &unused);
        d->v[i] = t[i];
    }
    p256_fe_mul(d, d, &prime_r2);
    return mask_bit(c);
}

void p256_fe_encode(unsigned char dst[32], const struct p256_fe *a)
{
    static const struct p256_fe plain_one = {{1, 0, 0, 0}};
    struct p256_fe t;

    p256_fe_mul(&t, a, &plain_one);
    limbs_encode(dst, t.v);
}

#endif
