/* P-256 behind crypto_ec(): the table, edge scalars, exceptional additions, BearSSL, Wycheproof. */
#include "crypto/crypto.h"
#include "crypto/p256_table.h"
#include "crypto/wide.h"
#include "crypto_vectors.h"

static const br_ec_impl *const reference = &br_ec_p256_m31;
static const uint8_t order[32] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
};

/* d = n - a for a below n; big endian. */
static void order_minus(uint8_t d[32], const uint8_t a[32])
{
    int borrow = 0;

    for (int i = 31; i >= 0; i--) {
        int v = order[i] - a[i] - borrow;

        d[i] = (uint8_t)v;
        borrow = v < 0;
    }
}

static void power_of_two(uint8_t d[32], unsigned bit)
{
    memset(d, 0, 32);
    d[31 - bit / 8] = (uint8_t)(1u << (bit % 8));
}

static bool mulgen_agrees(const uint8_t k[32])
{
    uint8_t ours[65], theirs[65];

    return crypto_ec()->mulgen(ours, k, 32, BR_EC_secp256r1) == 65 &&
           reference->mulgen(theirs, k, 32, BR_EC_secp256r1) == 65 && memcmp(ours, theirs, 65) == 0;
}

/* k * P both ways, by us and by BearSSL. */
static bool mul_agrees(const uint8_t point[65], const uint8_t k[32])
{
    uint8_t ours[65], theirs[65];

    memcpy(ours, point, 65);
    memcpy(theirs, point, 65);
    return crypto_ec()->mul(ours, 65, k, 32, BR_EC_secp256r1) == 1 &&
           reference->mul(theirs, 65, k, 32, BR_EC_secp256r1) == 1 && memcmp(ours, theirs, 65) == 0;
}

static const uint8_t *generator(void)
{
    size_t len;
    const uint8_t *g = crypto_ec()->generator(BR_EC_secp256r1, &len);

    return len == 65 ? g : NULL;
}

static void table(void)
{
#if CRYPTO_WIDE
    int bad = 0;

    for (unsigned j = 0; j < P256_TABLE_ROWS; j++) {
        for (unsigned i = 0; i < P256_TABLE_COLUMNS; i++) {
            uint8_t k[32], theirs[65], x[32], y[32];
            unsigned bit = 65 * j;

            /* (i + 1) * 2^bit; i + 1 has five bits. */
            memset(k, 0, 32);
            k[31 - bit / 8] = (uint8_t)((i + 1) << (bit % 8));
            if (bit % 8 != 0) {
                k[30 - bit / 8] = (uint8_t)((i + 1) >> (8 - bit % 8));
            }
            reference->mulgen(theirs, k, 32, BR_EC_secp256r1);
            p256_fe_encode(x, &p256_table(j)[i].x);
            p256_fe_encode(y, &p256_table(j)[i].y);
            bad += memcmp(theirs + 1, x, 32) != 0 || memcmp(theirs + 33, y, 32) != 0;
        }
    }
    ok(bad == 0, "every point of the table is the multiple that it should be");
#else
    ok(true, "no table on this target");
#endif
}

/*
 * Scalars of every shape that windows could trip over: small ones, powers of two
 * and their neighbours, and n minus each of them, which must give (n - k) G = -(k G).
 */
static void edge_scalars(void)
{
    int bad = 0;
    uint8_t k[32], negative[32], a[65], b[65];

    for (unsigned i = 0; i < 256 + 40; i += TAP_STEP) {
        if (i < 256) {
            power_of_two(k, i);
        } else {
            memset(k, 0, 32);
            k[31] = (uint8_t)(i - 255);
        }
        order_minus(negative, k);
        bad += !mulgen_agrees(k);
        crypto_ec()->mulgen(a, k, 32, BR_EC_secp256r1);
        crypto_ec()->mulgen(b, negative, 32, BR_EC_secp256r1);
        bad += memcmp(a, b, 33) != 0 || memcmp(a + 33, b + 33, 32) == 0;
        memcpy(a, generator(), 65);
        bad += crypto_ec()->mul(a, 65, negative, 32, BR_EC_secp256r1) != 1;
        bad += memcmp(a, b, 65) != 0;
    }
    ok(bad == 0, "powers of two, small numbers, and n minus each: mulgen, mul and BearSSL agree");
}

static void scalars_beyond(void)
{
    uint8_t k[32], point[65], want[65], longer[40] = {0};

    memcpy(point, generator(), 65);
    ok_ours(crypto_ec()->mul(point, 65, order, 32, BR_EC_secp256r1) == 0,
            "n times a point is refused");
    memset(k, 0, 32);
    memcpy(point, generator(), 65);
    ok_ours(crypto_ec()->mul(point, 65, k, 32, BR_EC_secp256r1) == 0, "0 times a point is refused");
    ok(crypto_ec()->mulgen(point, k, 32, BR_EC_secp256r1) == 65, "mulgen of 0 has a length");
    memcpy(k, order, 32);
    k[31]++;
    memcpy(point, generator(), 65);
    ok(crypto_ec()->mul(point, 65, k, 32, BR_EC_secp256r1) == 1 &&
           memcmp(point, generator(), 65) == 0,
       "n + 1 is 1");
    memset(k, 0xFF, 32);
    crypto_ec()->mulgen(point, k, 32, BR_EC_secp256r1);
    /* 2^256 - 1 - n is the complement of n */
    for (int i = 0; i < 32; i++) {
        k[i] = (uint8_t)~order[i];
    }
    crypto_ec()->mulgen(want, k, 32, BR_EC_secp256r1);
    ok(memcmp(point, want, 65) == 0 && mulgen_agrees(k), "2^256 - 1 is taken modulo n");
    memcpy(longer + 8, k, 32);
    memcpy(point, generator(), 65);
    ok(crypto_ec()->mul(point, 65, longer, 40, BR_EC_secp256r1) == 1 &&
           memcmp(point, want, 65) == 0,
       "leading zeros do not matter");
    longer[7] = 1;
    ok_ours(crypto_ec()->mul(point, 65, longer, 40, BR_EC_secp256r1) == 0,
            "a scalar too big is refused");
    memcpy(point, generator(), 65);
    ok(crypto_ec()->mul(point, 65, k + 30, 2, BR_EC_secp256r1) == 1, "a short scalar works");
    memcpy(want, generator(), 65);
    reference->mul(want, 65, k + 30, 2, BR_EC_secp256r1);
    ok(memcmp(point, want, 65) == 0, "and agrees with BearSSL");
}

static void random_scalars(void)
{
    uint64_t seed = 256;
    int bad = 0;
    uint8_t k[32], point[65];

    memcpy(point, generator(), 65);
    for (int i = 0; i < 150; i += TAP_STEP) {
        random_bytes(&seed, k, 32);
        k[0] &= 0x7F;
        bad += !mulgen_agrees(k) || !mul_agrees(point, k);
        crypto_ec()->mulgen(point, k, 32, BR_EC_secp256r1);
    }
    ok(bad == 0, "mulgen and mul agree with BearSSL on 150 random scalars and points");
}

static void bad_points(void)
{
    uint8_t point[65], k[32] = {[31] = 3};
    int taken = 0;

    for (int bit = 0; bit < 65 * 8; bit += TAP_STEP) {
        memcpy(point, generator(), 65);
        point[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        taken += (int)crypto_ec()->mul(point, 65, k, 32, BR_EC_secp256r1);
    }
    ok(taken == 0, "no point with one bit changed is taken");
    memset(point, 0, 65);
    point[0] = 4;
    ok(crypto_ec()->mul(point, 65, k, 32, BR_EC_secp256r1) == 0, "(0, 0) is refused");
    /* The point with x = 0, and the same with x written as p. */
    hex_bytes(point + 33, 32, "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
    ok(crypto_ec()->mul(point, 65, k, 32, BR_EC_secp256r1) == 1, "x = 0 is a coordinate");
    hex_bytes(point + 1, 32, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    hex_bytes(point + 33, 32, "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
    ok(crypto_ec()->mul(point, 65, k, 32, BR_EC_secp256r1) == 0, "x = p is not");
    memcpy(point, generator(), 65);
    ok(crypto_ec()->mul(point, 64, k, 32, BR_EC_secp256r1) == 0, "64 bytes are no point");
    ok(crypto_ec()->mul(point, 0, k, 32, BR_EC_secp256r1) == 0, "nor are none");
    ok(crypto_ec()->muladd(point, NULL, 33, k, 32, k, 32, BR_EC_secp256r1) == 0,
       "muladd checks the length too");
}

/* x A + y B against two multiplications; and the sums that need care. */
static void muladd(void)
{
    uint64_t seed = 3;
    int bad = 0;
    uint8_t x[32], y[32], a[65], b[65], ours[65], theirs[65];

    for (int i = 0; i < 100; i += TAP_STEP) {
        random_bytes(&seed, x, 32);
        random_bytes(&seed, y, 32);
        x[0] &= 0x7F;
        y[0] &= 0x7F;
        crypto_ec()->mulgen(a, y, 32, BR_EC_secp256r1);
        crypto_ec()->mulgen(b, x, 32, BR_EC_secp256r1);
        memcpy(ours, a, 65);
        memcpy(theirs, a, 65);
        bad += crypto_ec()->muladd(ours, i % 2 ? b : NULL, 65, x, 32, y, 32, BR_EC_secp256r1) != 1;
        reference->muladd(theirs, i % 2 ? b : NULL, 65, x, 32, y, 32, BR_EC_secp256r1);
        bad += memcmp(ours, theirs, 65) != 0;
    }
    ok(bad == 0, "muladd agrees with BearSSL on 100 random sums");

    memcpy(ours, generator(), 65);
    ok(crypto_ec()->muladd(ours, NULL, 65, x, 32, x, 32, BR_EC_secp256r1) == 1, "x G + x G works");
    memcpy(a, generator(), 65);
    crypto_ec()->mul(a, 65, x, 32, BR_EC_secp256r1);
    memset(y, 0, 32);
    y[31] = 2;
    crypto_ec()->mul(a, 65, y, 32, BR_EC_secp256r1);
    ok(memcmp(ours, a, 65) == 0, "and is 2 x G");
    memcpy(ours, generator(), 65);
    order_minus(y, x);
    ok(crypto_ec()->muladd(ours, NULL, 65, x, 32, y, 32, BR_EC_secp256r1) == 0,
       "x G + (n - x) G, the point at infinity, is an error");
    memcpy(ours, generator(), 65);
    memset(y, 0, 32);
    crypto_ec()->muladd(ours, NULL, 65, x, 32, y, 32, BR_EC_secp256r1);
    memcpy(a, generator(), 65);
    crypto_ec()->mul(a, 65, x, 32, BR_EC_secp256r1);
    ok_ours(memcmp(ours, a, 65) == 0, "a zero factor leaves the other term");
    memcpy(b, generator(), 65);
    b[64] ^= 1;
    ok(crypto_ec()->muladd(a, b, 65, x, 32, x, 32, BR_EC_secp256r1) == 0,
       "a second point off the curve is refused");
}

static void other_curves(void)
{
    static const int curves[] = {BR_EC_secp384r1, BR_EC_secp521r1};
    uint8_t ours[133], theirs[133], k[32] = {1, 2, 3};
    int bad = 0;

    for (int i = 0; i < 2; i++) {
        size_t n = crypto_ec()->mulgen(ours, k, 32, curves[i]);

        bad += n != br_ec_prime_i31.mulgen(theirs, k, 32, curves[i]);
        bad += memcmp(ours, theirs, n) != 0;
        bad += crypto_ec()->mul(ours, n, k, 32, curves[i]) != 1;
    }
    ok(bad == 0, "P-384 and P-521 are BearSSL's");
    ok(crypto_ec()->supported_curves == br_ec_all_m31.supported_curves, "four curves in all");
}

static void wycheproof(void)
{
    const char *name = "ecdh_secp256r1_ecpoint_test.json";
    char *text = vectors_load(name);
    int count = 0, bad = 0;

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    for (const char *pos = text; (pos = vectors_find(pos, NULL, "public")) != NULL;) {
        uint8_t point[140], k[64], want[32];
        size_t len = hex_bytes(point, sizeof point, pos), klen;
        bool valid;
        uint32_t good;

        klen = hex_bytes(k, sizeof k, pos = vectors_find(pos, NULL, "private"));
        hex_bytes(want, 32, pos = vectors_find(pos, NULL, "shared"));
        pos = vectors_find(pos, NULL, "result");
        valid = strncmp(pos, "valid", 5) == 0;
        good = crypto_ec()->mul(point, len, k, klen, BR_EC_secp256r1);
        if (valid) {
            bad += good != 1 || memcmp(point + 1, want, 32) != 0;
        } else if (strncmp(pos, "invalid", 7) == 0) {
            bad += good != 0;
        } else {
            bad += good != 0; /* "acceptable": compressed points, which we refuse */
        }
        count++;
    }
    free(text);
    printf("# %d vectors\n", count);
    ok(bad == 0 && count > 300, "Wycheproof ecdh_secp256r1");
}

int main(void)
{
    table();
    edge_scalars();
    scalars_beyond();
    random_scalars();
    bad_points();
    muladd();
    other_curves();
    wycheproof();
    return tap_done();
}
