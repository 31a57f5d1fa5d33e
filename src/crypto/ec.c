#include "crypto/ec.h"
#include "core/build.h"

#include <string.h>

#include "core/bytes.h"
#include "crypto/nist.h"
#include "crypto/p256.h"
#include "crypto/wide.h"
#include "crypto/x25519.h"

#if CRYPTO_WIDE

/* Curve25519's base point, and as its order what BearSSL says: any 255 bits will do. */
static const unsigned char c25519_base[32] = {9};
static const unsigned char c25519_order[32] = {
    0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};

/* Without them nobody asks: kex_knows and x509_curve know these two alone. */
static const br_ec_impl *other_curves(void)
{
    return TINY_COMFORT ? &ec_nist : NULL;
}

static const unsigned char *ec_generator(int curve, size_t *len)
{
    switch (curve) {
    case BR_EC_secp256r1:
        *len = P256_POINT_LEN;
        return p256_generator;
    case BR_EC_curve25519:
        *len = sizeof c25519_base;
        return c25519_base;
    default:
        return other_curves()->generator(curve, len);
    }
}

static const unsigned char *ec_order(int curve, size_t *len)
{
    switch (curve) {
    case BR_EC_secp256r1:
        *len = sizeof p256_order;
        return p256_order;
    case BR_EC_curve25519:
        *len = sizeof c25519_order;
        return c25519_order;
    default:
        return other_curves()->order(curve, len);
    }
}

static size_t ec_xoff(int curve, size_t *len)
{
    switch (curve) {
    case BR_EC_secp256r1:
        *len = 32;
        return 1;
    case BR_EC_curve25519:
        *len = 32;
        return 0;
    default:
        return other_curves()->xoff(curve, len);
    }
}

/* A big-endian scalar of any length to 32 bytes; 0 if its value needs more. */
static uint32_t scalar_to_32(unsigned char k[32], const unsigned char *x, size_t len)
{
    uint64_t excess = 0;

    for (; len > 32; len--) {
        excess |= *x++;
    }
    memset(k, 0, 32 - len);
    memcpy(k + 32 - len, x, len);
    return (uint32_t)(mask_zero(excess) & 1);
}

static uint32_t mul_p256(unsigned char *point, size_t point_len, const unsigned char *x,
                         size_t xlen)
{
    unsigned char k[32];
    uint32_t good;

    if (point_len != P256_POINT_LEN) {
        return 0;
    }
    good = scalar_to_32(k, x, xlen);
    good &= p256_mul(point, k);
    bytes_wipe(k, sizeof k);
    return good;
}

/* As in BearSSL, Curve25519's scalars are little endian and may be short. */
static uint32_t mul_c25519(unsigned char *point, size_t point_len, const unsigned char *x,
                           size_t xlen)
{
    unsigned char k[32] = {0};
    uint32_t good;

    if (point_len != 32 || xlen > 32) {
        return 0;
    }
    memcpy(k, x, xlen);
    good = x25519_mul(point, k);
    bytes_wipe(k, sizeof k);
    return good;
}

static uint32_t ec_mul(unsigned char *point, size_t point_len, const unsigned char *x, size_t xlen,
                       int curve)
{
    switch (curve) {
    case BR_EC_secp256r1:
        return mul_p256(point, point_len, x, xlen);
    case BR_EC_curve25519:
        return mul_c25519(point, point_len, x, xlen);
    default:
        return other_curves()->mul(point, point_len, x, xlen, curve);
    }
}

static size_t ec_mulgen(unsigned char *out, const unsigned char *x, size_t xlen, int curve)
{
    unsigned char k[32];
    const unsigned char *generator;
    size_t len;

    switch (curve) {
    case BR_EC_secp256r1:
        scalar_to_32(k, x, xlen);
        p256_mulgen(out, k);
        bytes_wipe(k, sizeof k);
        return P256_POINT_LEN;
    case BR_EC_curve25519:
        generator = ec_generator(curve, &len);
        memcpy(out, generator, len);
        mul_c25519(out, len, x, xlen);
        return len;
    default:
        return other_curves()->mulgen(out, x, xlen, curve);
    }
}

static uint32_t ec_muladd(unsigned char *a, const unsigned char *b, size_t len,
                          const unsigned char *x, size_t xlen, const unsigned char *y, size_t ylen,
                          int curve)
{
    unsigned char kx[32], ky[32];
    uint32_t good;

    switch (curve) {
    case BR_EC_secp256r1:
        if (len != P256_POINT_LEN) {
            return 0;
        }
        good = scalar_to_32(kx, x, xlen);
        good &= scalar_to_32(ky, y, ylen);
        good &= p256_muladd(a, b, kx, ky);
        bytes_wipe(kx, sizeof kx);
        bytes_wipe(ky, sizeof ky);
        return good;
    case BR_EC_curve25519:
        return 0; /* only ECDSA needs it */
    default:
        return other_curves()->muladd(a, b, len, x, xlen, y, ylen, curve);
    }
}

const br_ec_impl ec_fast = {
    (UINT32_C(1) << BR_EC_secp256r1) | (UINT32_C(1) << BR_EC_curve25519) |
        (TINY_COMFORT ? (UINT32_C(1) << BR_EC_secp384r1) | (UINT32_C(1) << BR_EC_secp521r1) : 0),
    ec_generator,
    ec_order,
    ec_xoff,
    ec_mul,
    ec_mulgen,
    ec_muladd,
};

#elif !TINY_COMFORT

/* BearSSL's collection of all curves without those that nobody asks for. */
static const br_ec_impl *of(int curve)
{
    return curve == BR_EC_curve25519 ? &br_ec_c25519_m31 : &br_ec_p256_m31;
}

static const unsigned char *ec_generator(int curve, size_t *len)
{
    return of(curve)->generator(curve, len);
}

static const unsigned char *ec_order(int curve, size_t *len)
{
    return of(curve)->order(curve, len);
}

static size_t ec_xoff(int curve, size_t *len)
{
    return of(curve)->xoff(curve, len);
}

static uint32_t ec_mul(unsigned char *point, size_t point_len, const unsigned char *x, size_t xlen,
                       int curve)
{
    return of(curve)->mul(point, point_len, x, xlen, curve);
}

static size_t ec_mulgen(unsigned char *out, const unsigned char *x, size_t xlen, int curve)
{
    return of(curve)->mulgen(out, x, xlen, curve);
}

static uint32_t ec_muladd(unsigned char *a, const unsigned char *b, size_t len,
                          const unsigned char *x, size_t xlen, const unsigned char *y, size_t ylen,
                          int curve)
{
    return of(curve)->muladd(a, b, len, x, xlen, y, ylen, curve);
}

const br_ec_impl ec_fast = {
    (UINT32_C(1) << BR_EC_secp256r1) | (UINT32_C(1) << BR_EC_curve25519),
    ec_generator,
    ec_order,
    ec_xoff,
    ec_mul,
    ec_mulgen,
    ec_muladd,
};

#endif
