#include "crypto/p256.h"

#include "core/bytes.h"
#include "crypto/limbs.h"
#include "crypto/p256_field.h"
#include "crypto/p256_order.h"
#include "crypto/p256_table.h"

#if CRYPTO_WIDE

#define WINDOW_BITS 5
#define WINDOWS     52 /* 260 bits: 256 of the scalar and the last carry */
#define PASSES      (WINDOWS / P256_TABLE_ROWS)

/* Jacobian: x = X/Z^2, y = Y/Z^3; Z = 0 is the point at infinity. */
struct point {
    struct p256_fe x, y, z;
};

const unsigned char p256_generator[P256_POINT_LEN] = {
    0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5,
    0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4,
    0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A,
    0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33,
    0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5,
};

const unsigned char p256_order[32] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
};

static const struct p256_fe curve_b = {{
    0xD89CDF6229C4BDDF,
    0xACF005CD78843090,
    0xE5A220ABF7212ED6,
    0xDC30061D04874834,
}};

static void fe_select(struct p256_fe *d, uint64_t mask, const struct p256_fe *a,
                      const struct p256_fe *b)
{
    limbs_select(d->v, mask, a->v, b->v);
}

/* d = b where mask is all-ones, else a. */
static void point_select(struct point *d, uint64_t mask, const struct point *a,
                         const struct point *b)
{
    fe_select(&d->x, mask, &a->x, &b->x);
    fe_select(&d->y, mask, &a->y, &b->y);
    fe_select(&d->z, mask, &a->z, &b->z);
}

/* 3M + 5S; right for every point, infinity too. */
static void point_double(struct point *d, const struct point *a)
{
    struct p256_fe delta, gamma, beta, alpha, t;

    p256_fe_sqr(&delta, &a->z);
    p256_fe_sqr(&gamma, &a->y);
    p256_fe_mul(&beta, &a->x, &gamma);
    p256_fe_sub(&t, &a->x, &delta);
    p256_fe_add(&alpha, &a->x, &delta);
    p256_fe_mul(&t, &t, &alpha);
    p256_fe_add(&alpha, &t, &t);
    p256_fe_add(&alpha, &alpha, &t); /* 3 (X - Z^2) (X + Z^2) */
    p256_fe_add(&t, &a->y, &a->z);
    p256_fe_sqr(&t, &t);
    p256_fe_sub(&t, &t, &gamma);
    p256_fe_sub(&d->z, &t, &delta);
    p256_fe_add(&beta, &beta, &beta);
    p256_fe_add(&beta, &beta, &beta); /* 4 X Y^2 */
    p256_fe_sqr(&t, &alpha);
    p256_fe_sub(&t, &t, &beta);
    p256_fe_sub(&d->x, &t, &beta);
    p256_fe_sub(&t, &beta, &d->x);
    p256_fe_mul(&t, &t, &alpha);
    p256_fe_sqr(&gamma, &gamma);
    p256_fe_add(&gamma, &gamma, &gamma);
    p256_fe_add(&gamma, &gamma, &gamma);
    p256_fe_add(&gamma, &gamma, &gamma); /* 8 Y^4 */
    p256_fe_sub(&d->y, &t, &gamma);
}

/*
 * The common end of both additions: with H = U2 - U1 and R = S2 - S1,
 * X3 = R^2 - H^3 - 2 U1 H^2 and Y3 = R (U1 H^2 - X3) - S1 H^3. Z3 is the caller's.
 */
static void point_add_finish(struct point *d, const struct p256_fe *u1, const struct p256_fe *s1,
                             const struct p256_fe *h, const struct p256_fe *r)
{
    struct p256_fe hh, hhh, v, t;

    p256_fe_sqr(&hh, h);
    p256_fe_mul(&hhh, &hh, h);
    p256_fe_mul(&v, u1, &hh);
    p256_fe_sqr(&t, r);
    p256_fe_sub(&t, &t, &hhh);
    p256_fe_sub(&t, &t, &v);
    p256_fe_sub(&d->x, &t, &v);
    p256_fe_sub(&v, &v, &d->x);
    p256_fe_mul(&v, &v, r);
    p256_fe_mul(&hhh, &hhh, s1);
    p256_fe_sub(&d->y, &v, &hhh);
}

/*
 * d = a + b. Either may be the point at infinity, and b = -a gives it (Z = 0).
 * Wrong for a = b: returns all-ones then (and zero otherwise), d is not usable.
 * The callers below say why it cannot happen, or double instead.
 */
static uint64_t point_add(struct point *d, const struct point *a, const struct point *b)
{
    struct p256_fe zz1, zz2, u1, u2, s1, s2;
    struct point sum;
    uint64_t a_zero = limbs_is_zero(a->z.v), b_zero = limbs_is_zero(b->z.v), same;

    p256_fe_sqr(&zz1, &a->z);
    p256_fe_sqr(&zz2, &b->z);
    p256_fe_mul(&u1, &a->x, &zz2);
    p256_fe_mul(&u2, &b->x, &zz1);
    p256_fe_mul(&s1, &a->y, &b->z);
    p256_fe_mul(&s1, &s1, &zz2);
    p256_fe_mul(&s2, &b->y, &a->z);
    p256_fe_mul(&s2, &s2, &zz1);
    p256_fe_sub(&u2, &u2, &u1);
    p256_fe_sub(&s2, &s2, &s1);
    same = limbs_is_zero(u2.v) & limbs_is_zero(s2.v) & ~a_zero & ~b_zero;
    p256_fe_mul(&sum.z, &a->z, &b->z);
    p256_fe_mul(&sum.z, &sum.z, &u2);
    point_add_finish(&sum, &u1, &s1, &u2, &s2);
    point_select(&sum, a_zero, &sum, b);
    point_select(d, b_zero, &sum, a);
    return same;
}

/* d = a + b for an affine b; where skip is all-ones, d = a. Wrong for a = b. */
static void point_add_affine(struct point *d, const struct point *a, const struct p256_affine *b,
                             uint64_t skip)
{
    struct p256_fe zz, u2, s2;
    struct point sum, lifted;
    uint64_t a_zero = limbs_is_zero(a->z.v);

    p256_fe_sqr(&zz, &a->z);
    p256_fe_mul(&u2, &b->x, &zz);
    p256_fe_mul(&s2, &b->y, &a->z);
    p256_fe_mul(&s2, &s2, &zz);
    p256_fe_sub(&u2, &u2, &a->x);
    p256_fe_sub(&s2, &s2, &a->y);
    p256_fe_mul(&sum.z, &a->z, &u2);
    point_add_finish(&sum, &a->x, &a->y, &u2, &s2);
    lifted = (struct point){b->x, b->y, p256_one};
    point_select(&sum, a_zero, &sum, &lifted);
    point_select(d, skip, &sum, a);
}

/* y = -y where mask is all-ones. */
static void fe_negate_if(struct p256_fe *y, uint64_t mask)
{
    static const struct p256_fe zero = {{0, 0, 0, 0}};
    struct p256_fe t;

    p256_fe_sub(&t, &zero, y);
    fe_select(y, mask, y, &t);
}

/*
 * Digit i of a scalar, base 32 with digits of -16 to 16 (Booth): the value of
 * bits 5i to 5i + 4 with the topmost counted as negative, plus bit 5i - 1.
 * Returns the magnitude; *negative is a mask.
 */
static uint64_t scalar_digit(const uint64_t k[4], unsigned i, uint64_t *negative)
{
    unsigned bit = i * WINDOW_BITS, word, shift;
    uint64_t w, mask;

    if (bit == 0) {
        w = k[0] << 1;
    } else {
        word = (bit - 1) / 64;
        shift = (bit - 1) % 64;
        w = k[word] >> shift;
        if (shift > 58 && word < 3) {
            w |= k[word + 1] << (64 - shift);
        }
    }
    w &= 63;
    mask = mask_bit(w >> 5);
    *negative = mask;
    w = (mask & (63 - w)) | (~mask & w);
    return (w >> 1) + (w & 1);
}

/* d = table[index - 1], reading the whole table; zero for index 0. */
static void table_lookup(uint64_t *d, const uint64_t *table, size_t limbs, uint64_t index)
{
    for (size_t n = 0; n < limbs; n++) {
        d[n] = 0;
    }
    for (uint64_t i = 1; i <= 16; i++) {
        uint64_t mask = mask_zero(i ^ index);

        for (size_t n = 0; n < limbs; n++) {
            d[n] |= mask & table[n];
        }
        table += limbs;
    }
}

/* table[i] = (i + 1) * a */
static void multiples(struct point table[16], const struct point *a)
{
    table[0] = *a;
    for (int i = 1; i < 16; i++) {
        if (i % 2 == 1) {
            point_double(&table[i], &table[i / 2]);
        } else {
            point_add(&table[i], &table[i - 1], a);
        }
    }
}

/*
 * d = k * a, by windows of 5 bits from the top. An addition is never that of
 * two equal points: before it d holds 32 k' a, and 32 k' = e (modulo n) with a
 * digit e of -16 to 16 would need, as |32 k' - e| < n + 32, that 32 k' = e (both
 * zero: infinity, which is handled) or 32 k' = n + e; the latter only fits the
 * last digit and e = 15, since n is 17 modulo 32, and then k = n + 30 > n.
 */
static void point_mul(struct point *d, const struct point *a, const uint64_t k[4])
{
    struct point table[16], acc = {.x = p256_one, .y = p256_one}, t;
    uint64_t negative, digit;

    multiples(table, a);
    for (unsigned i = WINDOWS; i-- > 0;) {
        if (i < WINDOWS - 1) {
            for (int n = 0; n < WINDOW_BITS; n++) {
                point_double(&acc, &acc);
            }
        }
        digit = scalar_digit(k, i, &negative);
        table_lookup(t.x.v, table[0].x.v, sizeof t / sizeof(uint64_t), digit);
        fe_negate_if(&t.y, negative);
        point_add(&acc, &acc, &t);
    }
    *d = acc;
    bytes_wipe(&acc, sizeof acc);
    bytes_wipe(&t, sizeof t);
    bytes_wipe(&digit, sizeof digit);
}

/* All-ones when src is a point of the curve. */
static uint64_t point_decode(struct point *d, const unsigned char src[P256_POINT_LEN])
{
    struct p256_fe left, right;
    uint64_t good = mask_zero(src[0] ^ 0x04u);

    good &= p256_fe_decode(&d->x, src + 1);
    good &= p256_fe_decode(&d->y, src + 33);
    d->z = p256_one;
    p256_fe_sqr(&left, &d->y);
    p256_fe_sqr(&right, &d->x);
    p256_fe_sub(&right, &right, &p256_one);
    p256_fe_sub(&right, &right, &p256_one);
    p256_fe_sub(&right, &right, &p256_one);
    p256_fe_mul(&right, &right, &d->x);
    p256_fe_add(&right, &right, &curve_b);
    p256_fe_sub(&left, &left, &right);
    return good & limbs_is_zero(left.v);
}

static void point_affine(struct p256_affine *d, const struct point *a)
{
    struct p256_fe inverse, square;

    p256_fe_invert(&inverse, &a->z);
    p256_fe_sqr(&square, &inverse);
    p256_fe_mul(&d->x, &a->x, &square);
    p256_fe_mul(&d->y, &a->y, &square);
    p256_fe_mul(&d->y, &d->y, &inverse);
}

static struct p256_affine generator_table[P256_TABLE_ROWS][P256_TABLE_COLUMNS];

const struct p256_affine *p256_table(unsigned row)
{
    struct point base, all[P256_TABLE_COLUMNS];

    if (limbs_is_zero(generator_table[0][0].x.v) == 0) {
        return generator_table[row];
    }
    (void)point_decode(&base, p256_generator);
    for (unsigned j = 0; j < P256_TABLE_ROWS; j++) {
        multiples(all, &base);
        for (unsigned i = 0; i < P256_TABLE_COLUMNS; i++) {
            point_affine(&generator_table[j][i], &all[i]);
        }
        for (int i = 0; i < WINDOW_BITS * PASSES; i++) {
            point_double(&base, &base);
        }
    }
    return generator_table[row];
}

/*
 * d = k * G. The digits i = 13j + r of one r have weights 2^(65 j) after a common
 * factor 32^r, so that one table serves thirteen passes, r from 12 down to 0, with
 * five doublings between them.
 *
 * Two equal points are never added: the sum so far and the new term are made of
 * different digits, and no non-empty set of digits below 32 adds up to zero as an
 * integer, so they would have to differ by a non-zero multiple of n. In the passes
 * before the last both are too small for that. In the last pass j goes downwards:
 * until j = 0 both are multiples of 32, hence so is the factor of n, and they are
 * too small again; for j = 0 only k = n + 30 would do, as in point_mul.
 */
static void point_mulgen(struct point *d, const uint64_t k[4])
{
    struct point acc = {.x = p256_one, .y = p256_one};
    struct p256_affine t;
    uint64_t negative, digit;

    for (unsigned r = PASSES; r-- > 0;) {
        if (r < PASSES - 1) {
            for (int n = 0; n < WINDOW_BITS; n++) {
                point_double(&acc, &acc);
            }
        }
        for (unsigned j = P256_TABLE_ROWS; j-- > 0;) {
            digit = scalar_digit(k, PASSES * j + r, &negative);
            table_lookup(t.x.v, p256_table(j)->x.v, sizeof t / sizeof(uint64_t), digit);
            fe_negate_if(&t.y, negative);
            point_add_affine(&acc, &acc, &t, mask_zero(digit));
        }
    }
    *d = acc;
    bytes_wipe(&acc, sizeof acc);
    bytes_wipe(&t, sizeof t);
    bytes_wipe(&digit, sizeof digit);
}

/* Returns 0, and zero coordinates, for the point at infinity; else 1. */
static uint32_t point_encode(unsigned char dst[P256_POINT_LEN], const struct point *a)
{
    struct p256_affine t;

    point_affine(&t, a);
    dst[0] = 0x04;
    p256_fe_encode(dst + 1, &t.x);
    p256_fe_encode(dst + 33, &t.y);
    return (uint32_t)(~limbs_is_zero(a->z.v) & 1);
}

uint32_t p256_mul(unsigned char point[P256_POINT_LEN], const unsigned char k[32])
{
    struct point p;
    uint64_t scalar[4];
    uint32_t good;

    if (point_decode(&p, point) == 0) {
        return 0;
    }
    p256_scalar_decode(scalar, k);
    point_mul(&p, &p, scalar);
    good = point_encode(point, &p);
    bytes_wipe(scalar, sizeof scalar);
    bytes_wipe(&p, sizeof p);
    return good;
}

uint32_t p256_mulgen(unsigned char out[P256_POINT_LEN], const unsigned char k[32])
{
    struct point p;
    uint64_t scalar[4];
    uint32_t good;

    p256_scalar_decode(scalar, k);
    point_mulgen(&p, scalar);
    good = point_encode(out, &p);
    bytes_wipe(scalar, sizeof scalar);
    bytes_wipe(&p, sizeof p);
    return good;
}

uint32_t p256_muladd(unsigned char a[P256_POINT_LEN], const unsigned char *b,
                     const unsigned char x[32], const unsigned char y[32])
{
    struct point p, q, doubled;
    uint64_t scalar[4], same;

    if (point_decode(&p, a) == 0 || (b != NULL && point_decode(&q, b) == 0)) {
        return 0;
    }
    p256_scalar_decode(scalar, x);
    point_mul(&p, &p, scalar);
    p256_scalar_decode(scalar, y);
    if (b != NULL) {
        point_mul(&q, &q, scalar);
    } else {
        point_mulgen(&q, scalar);
    }
    bytes_wipe(scalar, sizeof scalar);
    point_double(&doubled, &q);
    same = point_add(&p, &p, &q);
    point_select(&p, same, &p, &doubled);
    return point_encode(a, &p);
}

#endif
