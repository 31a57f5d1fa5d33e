#include "crypto/p256_order.h"

#include "core/bytes.h"
#include "crypto/limbs.h"

#if CRYPTO_WIDE

const uint64_t p256_order_limbs[4] = {
    0xF3B9CAC2FC632551,
    0xBCE6FAADA7179E84,
    0xFFFFFFFFFFFFFFFF,
    0xFFFFFFFF00000000,
};
/* -1/n mod 2^64 */
#define ORDER_M0 0xCCD1C8AAEE00BC4F

uint64_t p256_scalar_decode(uint64_t d[4], const unsigned char src[32])
{
    uint64_t t[5] = {0}, unused;
    unsigned char c = 0;

    limbs_decode(t, src);
    for (int i = 0; i < 4; i++) {
        c = limb_sub(c, t[i], p256_order_limbs[i], &unused);
    }
    limbs_reduce_once(d, t, p256_order_limbs);
    bytes_wipe(t, sizeof t);
    return mask_bit(c);
}

/* t[0..5] becomes (t + m * n) / 2^64 in t[0..4], m chosen so that it divides. */
static inline void scalar_reduce_step(uint64_t t[6])
{
    uint64_t top = t[5];

    limbs_mul_row(t, p256_order_limbs, t[0] * ORDER_M0);
    t[5] += top;
    for (int i = 0; i < 5; i++) {
        t[i] = t[i + 1];
    }
}

void p256_scalar_montmul(uint64_t d[4], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t t[6] = {0};

    limbs_mul_row(t, a, b[0]);
    scalar_reduce_step(t);
    limbs_mul_row(t, a, b[1]);
    scalar_reduce_step(t);
    limbs_mul_row(t, a, b[2]);
    scalar_reduce_step(t);
    limbs_mul_row(t, a, b[3]);
    scalar_reduce_step(t);
    limbs_reduce_once(d, t, p256_order_limbs);
}

void p256_scalar_add(uint64_t d[4], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t t[5];
    unsigned char c = 0;

    for (int i = 0; i < 4; i++) {
        c = limb_add(c, a[i], b[i], &t[i]);
    }
    t[4] = c;
    limbs_reduce_once(d, t, p256_order_limbs);
}

static void scalar_sqr_times(uint64_t d[4], int times)
{
    while (times-- > 0) {
        p256_scalar_montmul(d, d, d);
    }
}

/*
 * a^(n - 2) by Fermat. Started from a / R, every Montgomery product of powers
 * (a/R)^u R gives (a/R)^(u + v) R, so the end is (R/a) R = R^2 / a.
 */
void p256_scalar_invert(uint64_t d[4], const uint64_t a[4])
{
    /* The low 128 bits of n - 2, 4 at a time; the high ones are handled by hand. */
    static const unsigned char low[32] = {
        0xB, 0xC, 0xE, 0x6, 0xF, 0xA, 0xA, 0xD, 0xA, 0x7, 0x1, 0x7, 0x9, 0xE, 0x8, 0x4,
        0xF, 0x3, 0xB, 0x9, 0xC, 0xA, 0xC, 0x2, 0xF, 0xC, 0x6, 0x3, 0x2, 0x5, 0x4, 0xF,
    };
    uint64_t power[16][4], x32[4], t[4];

    for (int i = 0; i < 4; i++) {
        power[1][i] = a[i];
    }
    for (int i = 2; i < 16; i++) {
        p256_scalar_montmul(power[i], power[i - 1], power[1]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = power[15][i];
    }
    for (int bits = 4; bits < 32; bits *= 2) { /* 2^8 - 1, 2^16 - 1, 2^32 - 1 */
        for (int i = 0; i < 4; i++) {
            x32[i] = t[i];
        }
        scalar_sqr_times(t, bits);
        p256_scalar_montmul(t, t, x32);
    }
    for (int i = 0; i < 4; i++) {
        x32[i] = t[i];
    }
    /* FFFFFFFF 00000000 FFFFFFFF FFFFFFFF */
    scalar_sqr_times(t, 64);
    p256_scalar_montmul(t, t, x32);
    scalar_sqr_times(t, 32);
    p256_scalar_montmul(t, t, x32);
    for (size_t i = 0; i < sizeof low; i++) {
        scalar_sqr_times(t, 4);
        p256_scalar_montmul(t, t, power[low[i]]);
    }
    for (int i = 0; i < 4; i++) {
        d[i] = t[i];
    }
    bytes_wipe(power, sizeof power);
    bytes_wipe(x32, sizeof x32);
    bytes_wipe(t, sizeof t);
}

#endif
