#include "crypto/x25519.h"

#include "core/bytes.h"
#include "crypto/wide.h"

#if CRYPTO_WIDE

/*
 * A field element is five limbs of 51 bits, least significant first. Products
 * leave limbs below 2^51 + 2^17; one fe_add or fe_sub of such values stays below
 * 2^54, which is what products take: a column is then at most (1 + 4 * 19) * 2^108,
 * and its carry, that divided by 2^51, fits into 64 bits.
 */
#define LIMB_MASK (((uint64_t)1 << 51) - 1)

/*
 * Two measured choices: products as functions (inlined they spill registers and
 * take three times the space), and sums hidden limb by limb from the optimiser,
 * since vectors loaded from limbs that were just stored make the processor wait.
 */
#define NOINLINE __attribute__((noinline))

struct fe {
    uint64_t v[5];
};

static inline void fe_add(struct fe *d, const struct fe *a, const struct fe *b)
{
    for (int i = 0; i < 5; i++) {
        d->v[i] = mask_hide(a->v[i] + b->v[i]);
    }
}

/* Adds 4p first, so that no limb goes below zero. */
static inline void fe_sub(struct fe *d, const struct fe *a, const struct fe *b)
{
    d->v[0] = mask_hide(a->v[0] + 0x1FFFFFFFFFFFB4 - b->v[0]);
    for (int i = 1; i < 5; i++) {
        d->v[i] = mask_hide(a->v[i] + 0x1FFFFFFFFFFFFC - b->v[i]);
    }
}

static inline void fe_fold(struct fe *d, const u128 c[5])
{
    u128 t0 = c[0];
    u128 t1 = c[1] + (uint64_t)(t0 >> 51);
    u128 t2 = c[2] + (uint64_t)(t1 >> 51);
    u128 t3 = c[3] + (uint64_t)(t2 >> 51);
    u128 t4 = c[4] + (uint64_t)(t3 >> 51);
    uint64_t low = ((uint64_t)t0 & LIMB_MASK);
    u128 top = (u128)(uint64_t)(t4 >> 51) * 19 + low;

    d->v[0] = (uint64_t)top & LIMB_MASK;
    d->v[1] = ((uint64_t)t1 & LIMB_MASK) + (uint64_t)(top >> 51);
    d->v[2] = (uint64_t)t2 & LIMB_MASK;
    d->v[3] = (uint64_t)t3 & LIMB_MASK;
    d->v[4] = (uint64_t)t4 & LIMB_MASK;
}

NOINLINE static void fe_mul(struct fe *d, const struct fe *a, const struct fe *b)
{
    uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    uint64_t b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3], b4 = b->v[4];
    uint64_t b1x = b1 * 19, b2x = b2 * 19, b3x = b3 * 19, b4x = b4 * 19;
    u128 c[5];

    c[0] = (u128)a0 * b0 + (u128)a1 * b4x + (u128)a2 * b3x + (u128)a3 * b2x + (u128)a4 * b1x;
    c[1] = (u128)a0 * b1 + (u128)a1 * b0 + (u128)a2 * b4x + (u128)a3 * b3x + (u128)a4 * b2x;
    c[2] = (u128)a0 * b2 + (u128)a1 * b1 + (u128)a2 * b0 + (u128)a3 * b4x + (u128)a4 * b3x;
    c[3] = (u128)a0 * b3 + (u128)a1 * b2 + (u128)a2 * b1 + (u128)a3 * b0 + (u128)a4 * b4x;
    c[4] = (u128)a0 * b4 + (u128)a1 * b3 + (u128)a2 * b2 + (u128)a3 * b1 + (u128)a4 * b0;
    fe_fold(d, c);
}

NOINLINE static void fe_sqr(struct fe *d, const struct fe *a)
{
    uint64_t a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3], a4 = a->v[4];
    uint64_t a0d = a0 * 2, a1d = a1 * 2, a3x = a3 * 19, a4x = a4 * 19;
    u128 c[5];

    c[0] = (u128)a0 * a0 + (u128)a1d * a4x + (u128)(a2 * 2) * a3x;
    c[1] = (u128)a0d * a1 + (u128)(a2 * 2) * a4x + (u128)a3 * a3x;
    c[2] = (u128)a0d * a2 + (u128)a1 * a1 + (u128)(a3 * 2) * a4x;
    c[3] = (u128)a0d * a3 + (u128)a1d * a2 + (u128)a4 * a4x;
    c[4] = (u128)a0d * a4 + (u128)a1d * a3 + (u128)a2 * a2;
    fe_fold(d, c);
}

NOINLINE static void fe_sqr_times(struct fe *d, const struct fe *a, int times)
{
    struct fe t = *a;

    do {
        fe_sqr(&t, &t);
    } while (--times > 0);
    *d = t;
}

/* d = 121665 * a */
static inline void fe_mul_a24(struct fe *d, const struct fe *a)
{
    u128 c[5];

    for (int i = 0; i < 5; i++) {
        c[i] = (u128)a->v[i] * 121665;
    }
    fe_fold(d, c);
}

/* Exchanges a and b when mask is all-ones. */
NOINLINE static void fe_swap(struct fe *a, struct fe *b, uint64_t mask)
{
    for (int i = 0; i < 5; i++) {
        uint64_t t = mask_hide(mask & (a->v[i] ^ b->v[i]));

        a->v[i] ^= t;
        b->v[i] ^= t;
    }
}

/* z^(p - 2) = z^(2^255 - 21), by the usual chain of 254 squarings. */
NOINLINE static void fe_invert(struct fe *d, const struct fe *z)
{
    struct fe z11, x5, x10, x20, x50, x100, t;

    fe_sqr(&t, z); /* 2 */
    fe_sqr_times(&x5, &t, 2);
    fe_mul(&x5, &x5, z);   /* 9 */
    fe_mul(&z11, &x5, &t); /* 11 */
    fe_sqr(&t, &z11);      /* 22 */
    fe_mul(&x5, &t, &x5);  /* 2^5 - 1 */
    fe_sqr_times(&t, &x5, 5);
    fe_mul(&x10, &t, &x5);
    fe_sqr_times(&t, &x10, 10);
    fe_mul(&x20, &t, &x10);
    fe_sqr_times(&t, &x20, 20);
    fe_mul(&t, &t, &x20);
    fe_sqr_times(&t, &t, 10);
    fe_mul(&x50, &t, &x10);
    fe_sqr_times(&t, &x50, 50);
    fe_mul(&x100, &t, &x50);
    fe_sqr_times(&t, &x100, 100);
    fe_mul(&t, &t, &x100);
    fe_sqr_times(&t, &t, 50);
    fe_mul(&t, &t, &x50);
    fe_sqr_times(&t, &t, 5); /* 2^255 - 2^5 */
    fe_mul(d, &t, &z11);
}

/* The top bit of the last byte is ignored (RFC 7748, section 5). */
static void fe_decode(struct fe *d, const unsigned char *src)
{
    uint64_t w0 = load_le64(src), w1 = load_le64(src + 8);
    uint64_t w2 = load_le64(src + 16), w3 = load_le64(src + 24);

    d->v[0] = w0 & LIMB_MASK;
    d->v[1] = ((w0 >> 51) | (w1 << 13)) & LIMB_MASK;
    d->v[2] = ((w1 >> 38) | (w2 << 26)) & LIMB_MASK;
    d->v[3] = ((w2 >> 25) | (w3 << 39)) & LIMB_MASK;
    d->v[4] = (w3 >> 12) & LIMB_MASK;
}

/* Writes the value reduced modulo p. */
static void fe_encode(unsigned char *dst, const struct fe *a)
{
    struct fe t = *a;
    uint64_t carry;

    /* Two rounds bring every limb below 2^51: the value is below 2p then. */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            t.v[i + 1] += t.v[i] >> 51;
            t.v[i] &= LIMB_MASK;
        }
        t.v[0] += 19 * (t.v[4] >> 51);
        t.v[4] &= LIMB_MASK;
    }
    /* carry = 1 when the value is at least p: value + 19 reaches 2^255. */
    carry = (t.v[0] + 19) >> 51;
    for (int i = 1; i < 5; i++) {
        carry = (t.v[i] + carry) >> 51;
    }
    t.v[0] += 19 * carry;
    for (int i = 0; i < 4; i++) {
        t.v[i + 1] += t.v[i] >> 51;
        t.v[i] &= LIMB_MASK;
    }
    t.v[4] &= LIMB_MASK;
    store_le64(dst, t.v[0] | (t.v[1] << 51));
    store_le64(dst + 8, (t.v[1] >> 13) | (t.v[2] << 38));
    store_le64(dst + 16, (t.v[2] >> 26) | (t.v[3] << 25));
    store_le64(dst + 24, (t.v[3] >> 39) | (t.v[4] << 12));
}

struct ladder {
    struct fe x1, x2, z2, x3, z3;
};

/* One step of RFC 7748, section 5: (x2:z2) doubles, (x3:z3) becomes their sum. */
static inline void ladder_step(struct ladder *l)
{
    struct fe a, b, c, d, aa, bb, e;

    fe_add(&a, &l->x2, &l->z2);
    fe_sub(&b, &l->x2, &l->z2);
    fe_add(&c, &l->x3, &l->z3);
    fe_sub(&d, &l->x3, &l->z3);
    fe_mul(&d, &d, &a);
    fe_mul(&c, &c, &b);
    fe_sqr(&aa, &a);
    fe_sqr(&bb, &b);
    fe_add(&l->x3, &d, &c);
    fe_sub(&l->z3, &d, &c);
    fe_sqr(&l->x3, &l->x3);
    fe_sqr(&l->z3, &l->z3);
    fe_mul(&l->z3, &l->z3, &l->x1);
    fe_mul(&l->x2, &aa, &bb);
    fe_sub(&e, &aa, &bb);
    fe_mul_a24(&l->z2, &e);
    fe_add(&l->z2, &l->z2, &aa);
    fe_mul(&l->z2, &l->z2, &e);
}

uint32_t x25519_mul(unsigned char point[32], const unsigned char scalar[32])
{
    struct ladder l = {.x2 = {{1}}, .z3 = {{1}}};
    unsigned char k[32];
    uint64_t swap = 0, any = 0;

    for (int i = 0; i < 32; i++) {
        k[i] = scalar[i];
    }
    k[0] &= 0xF8;
    k[31] = (unsigned char)((k[31] & 0x7F) | 0x40);
    fe_decode(&l.x1, point);
    l.x3 = l.x1;
    for (int i = 254; i >= 0; i--) {
        uint64_t bit = ((uint64_t)k[i >> 3] >> (i & 7)) & 1;
        uint64_t mask = mask_bit(swap ^ bit);

        fe_swap(&l.x2, &l.x3, mask);
        fe_swap(&l.z2, &l.z3, mask);
        swap = bit;
        ladder_step(&l);
    }
    fe_swap(&l.x2, &l.x3, mask_bit(swap));
    fe_swap(&l.z2, &l.z3, mask_bit(swap));
    fe_invert(&l.z2, &l.z2);
    fe_mul(&l.x2, &l.x2, &l.z2);
    fe_encode(point, &l.x2);
    for (int i = 0; i < 32; i++) {
        any |= point[i];
    }
    bytes_wipe(&l, sizeof l);
    bytes_wipe(k, sizeof k);
    return (uint32_t)(~mask_zero(any) & 1);
}

#endif
