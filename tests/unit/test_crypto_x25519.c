/* X25519 behind crypto_ec(): RFC 7748, agreement with BearSSL, Wycheproof. */
#include "crypto/crypto.h"
#include "crypto_vectors.h"

static uint32_t x25519(uint8_t point[32], const uint8_t scalar[32])
{
    return crypto_ec()->mul(point, 32, scalar, 32, BR_EC_curve25519);
}

static bool gives(const char *scalar_hex, const char *point_hex, const char *want_hex)
{
    uint8_t scalar[32], point[32], want[32];

    hex_bytes(scalar, 32, scalar_hex);
    hex_bytes(point, 32, point_hex);
    hex_bytes(want, 32, want_hex);
    return x25519(point, scalar) == 1 && memcmp(point, want, 32) == 0;
}

static void rfc7748(void)
{
    uint8_t k[32] = {9}, u[32] = {9}, want[32];

    ok(gives("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
             "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
             "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"),
       "RFC 7748, first vector");
    ok(gives("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
             "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
             "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"),
       "RFC 7748, second vector, with the top bit set");
    for (int i = 0; i < 1000; i++) {
        uint8_t next[32];

        memcpy(next, u, 32);
        x25519(next, k);
        memcpy(u, k, 32);
        memcpy(k, next, 32);
    }
    hex_bytes(want, 32, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
    ok(memcmp(k, want, 32) == 0, "RFC 7748, 1,000 iterations");
}

/* Points near 0, p, 2^255 and with runs of ones, then random ones. */
static void agrees_with_bearssl(void)
{
    uint64_t seed = 25519;
    int bad = 0;

    for (int i = 0; i < 300; i++) {
        uint8_t k[32], ours[32], theirs[32];
        uint32_t good;

        random_bytes(&seed, k, 32);
        random_bytes(&seed, ours, 32);
        if (i < 100) {
            memset(ours + 1, i % 3 == 0 ? 0 : 0xFF, 31);
            ours[31] ^= (uint8_t)(i % 3 == 1 ? 0x80 : 0);
            ours[0] = (uint8_t)(i < 50 ? 2 + i : 0xC0 + i);
        }
        memcpy(theirs, ours, 32);
        good = x25519(ours, k);
        br_ec_c25519_m31.mul(theirs, 32, k, 32, BR_EC_curve25519);
        bad += memcmp(ours, theirs, 32) != 0;
        bad += (good == 0) != (memcmp(theirs, (uint8_t[32]){0}, 32) == 0);
    }
    ok(bad == 0, "agrees with BearSSL on 300 points, 100 of them at the edges");
}

static void interface(void)
{
    uint8_t k[32], point[32] = {9}, out[32], theirs[32];
    uint64_t seed = 1;

    random_bytes(&seed, k, 32);
    ok(crypto_ec()->mulgen(out, k, 32, BR_EC_curve25519) == 32, "mulgen says 32 bytes");
    x25519(point, k);
    ok(memcmp(point, out, 32) == 0, "mulgen multiplies 9");
    memcpy(theirs, point, 32);
    memcpy(out, point, 32);
    crypto_ec()->mul(out, 32, k, 20, BR_EC_curve25519);
    br_ec_c25519_m31.mul(theirs, 32, k, 20, BR_EC_curve25519);
    ok(memcmp(theirs, out, 32) == 0, "a short scalar means what it means in BearSSL");
    ok(crypto_ec()->mul(point, 31, k, 32, BR_EC_curve25519) == 0, "31 bytes are no point");
    ok(crypto_ec()->mul(point, 32, (uint8_t[33]){0}, 33, BR_EC_curve25519) == 0,
       "33 bytes are no scalar");
}

static void small_order(void)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    int refused = 0;

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        uint8_t k[32] = {0x77}, point[32];

        hex_bytes(point, 32, points[i]);
        refused += x25519(point, k) == 0;
    }
    ok_ours(refused == 7, "the seven points of small order are refused");
}

static void wycheproof(void)
{
    const char *name = "x25519_test.json";
    char *text = vectors_load(name);
    int count = 0, bad = 0;

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    for (const char *pos = text; (pos = vectors_find(pos, NULL, "public")) != NULL;) {
        uint8_t point[32], k[32], want[32];
        bool zero;
        uint32_t good;

        hex_bytes(point, 32, pos);
        hex_bytes(k, 32, pos = vectors_find(pos, NULL, "private"));
        hex_bytes(want, 32, pos = vectors_find(pos, NULL, "shared"));
        zero = memcmp(want, (uint8_t[32]){0}, 32) == 0;
        good = x25519(point, k);
        bad += good == zero || memcmp(point, want, 32) != 0;
        count++;
    }
    free(text);
    printf("# %d vectors\n", count);
    ok_ours(bad == 0 && count > 500, "Wycheproof x25519");
}

int main(void)
{
    rfc7748();
    agrees_with_bearssl();
    interface();
    small_order();
    wycheproof();
    return tap_done();
}
