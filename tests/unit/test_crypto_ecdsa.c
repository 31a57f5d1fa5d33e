/* ECDSA behind crypto_ecdsa_sign() and _vrfy(): RFC 6979, BearSSL, bad signatures, Wycheproof. */
#include "crypto/crypto.h"
#include "crypto_vectors.h"

static size_t sign(const br_hash_class *hf, const void *hash, const uint8_t *x, size_t xlen,
                   int curve, uint8_t *sig)
{
    uint8_t copy[80];
    br_ec_private_key sk = {curve, copy, xlen};

    memcpy(copy, x, xlen);
    return crypto_ecdsa_sign()(crypto_ec(), hf, hash, &sk, sig);
}

static uint32_t verify(const void *hash, size_t hash_len, uint8_t *q, size_t qlen,
                       const uint8_t *sig, size_t len)
{
    br_ec_public_key pk = {BR_EC_secp256r1, q, qlen};

    return crypto_ecdsa_vrfy()(crypto_ec(), hash, hash_len, &pk, sig, len);
}

static void sha256(uint8_t out[32], const void *data, size_t len)
{
    br_sha256_context hash;

    br_sha256_init(&hash);
    br_sha256_update(&hash, data, len);
    br_sha256_out(&hash, out);
}

static void rfc6979(void)
{
    uint8_t x[32], hash[32], sig[80], r[32], s[32];
    size_t len;

    hex_bytes(x, 32, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    hex_bytes(r, 32, "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
    hex_bytes(s, 32, "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    sha256(hash, "sample", 6);
    len = sign(&br_sha256_vtable, hash, x, 32, BR_EC_secp256r1, sig);
    ok(len == 72 && memcmp(sig + 5, r, 32) == 0 && memcmp(sig + 40, s, 32) == 0,
       "RFC 6979, A.2.5, SHA-256, \"sample\"");
}

/* Deterministic signatures are the same whoever makes them. */
static void agrees_with_bearssl(void)
{
    static const br_hash_class *const hashes[] = {&br_sha256_vtable, &br_sha384_vtable,
                                                  &br_sha1_vtable, &br_sha512_vtable};
    static const size_t hash_len[] = {32, 48, 20, 64};
    uint64_t seed = 6979;
    int differ = 0, refused = 0, forged = 0;

    for (int i = 0; i < 100; i += TAP_STEP) {
        uint8_t x[32], q[65], hash[64], ours[80], theirs[80];
        br_ec_private_key sk = {BR_EC_secp256r1, x, 32};
        size_t len, other;

        random_bytes(&seed, x, 32);
        random_bytes(&seed, hash, 64);
        x[0] &= 0x7F;
        if (i % 8 == 7) {
            memset(hash, 0xFF, 64); /* at least n: it must be reduced */
        }
        len = sign(hashes[i % 4], hash, x, 32, BR_EC_secp256r1, ours);
        other = br_ecdsa_i31_sign_asn1(&br_ec_p256_m31, hashes[i % 4], hash, &sk, theirs);
        differ += len != other || memcmp(ours, theirs, len) != 0;
        crypto_ec()->mulgen(q, x, 32, BR_EC_secp256r1);
        refused += verify(hash, hash_len[i % 4], q, 65, ours, len) != 1;
        hash[i % 20] ^= 1;
        forged += verify(hash, hash_len[i % 4], q, 65, ours, len) != 0;
    }
    ok(differ == 0, "100 signatures over four hashes are BearSSL's, bit for bit");
    ok(refused == 0, "and verify");
    ok(forged == 0, "but not for another hash");
}

static void keys(void)
{
    static const uint8_t order[32] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17,
        0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    };
    uint8_t x[40] = {0}, hash[32] = {1}, a[80], b[80];
    size_t len;

    ok(sign(&br_sha256_vtable, hash, x, 32, BR_EC_secp256r1, a) == 0, "key 0 is refused");
    ok(sign(&br_sha256_vtable, hash, order, 32, BR_EC_secp256r1, a) == 0, "key n is refused");
    memcpy(x, order, 32);
    x[31]--;
    ok(sign(&br_sha256_vtable, hash, x, 32, BR_EC_secp256r1, a) > 0, "key n - 1 signs");
    memset(x, 0, sizeof x);
    x[39] = 7;
    len = sign(&br_sha256_vtable, hash, x, 40, BR_EC_secp256r1, a);
    ok(len > 0 && sign(&br_sha256_vtable, hash, x + 39, 1, BR_EC_secp256r1, b) == len &&
           memcmp(a, b, len) == 0,
       "leading zeros of a key do not matter");
    x[0] = 1;
    ok(sign(&br_sha256_vtable, hash, x, 40, BR_EC_secp256r1, a) == 0, "a key too big is refused");
}

static void other_curves(void)
{
    uint8_t x[48] = {[47] = 9}, q[97], hash[32] = {5}, sig[150];
    br_ec_public_key pk = {BR_EC_secp384r1, q, 97};
    size_t len = sign(&br_sha256_vtable, hash, x, 48, BR_EC_secp384r1, sig);

    crypto_ec()->mulgen(q, x, 48, BR_EC_secp384r1);
    ok(len > 0 && crypto_ecdsa_vrfy()(crypto_ec(), hash, 32, &pk, sig, len) == 1,
       "P-384 signs and verifies");
    sig[len - 1] ^= 1;
    ok(crypto_ecdsa_vrfy()(crypto_ec(), hash, 32, &pk, sig, len) == 0, "a forged one does not");
}

static void bad_signatures(void)
{
    uint8_t x[32] = {[31] = 5}, q[65], hash[32] = {8}, sig[80], bad[80];
    size_t len = sign(&br_sha256_vtable, hash, x, 32, BR_EC_secp256r1, sig);
    int taken = 0;

    crypto_ec()->mulgen(q, x, 32, BR_EC_secp256r1);
    for (size_t bit = 0; bit < len * 8; bit += TAP_STEP) {
        memcpy(bad, sig, len);
        bad[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        taken += (int)verify(hash, 32, q, 65, bad, len);
    }
    ok(taken == 0, "no signature with one bit changed is taken");
    for (size_t n = 0; n < len; n++) {
        taken += (int)verify(hash, 32, q, 65, sig, n);
    }
    sig[len] = 0;
    taken += (int)verify(hash, 32, q, 65, sig, len + 1);
    ok(taken == 0, "nor a shorter or longer one");
    ok(verify(hash, 32, q, 64, sig, len) == 0, "nor with a key of the wrong length");
    q[5] ^= 1;
    ok(verify(hash, 32, q, 65, sig, len) == 0, "nor with a key off the curve");
}

/* One group after another: a public key, then its tests. */
static void wycheproof(void)
{
    const char *name = "ecdsa_secp256r1_sha256_test.json";
    char *text = vectors_load(name);
    int count = 0, bad = 0;
    uint8_t q[65];

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    for (const char *key = text; (key = vectors_find(key, NULL, "uncompressed")) != NULL;) {
        const char *end = vectors_find(key, NULL, "uncompressed");

        hex_bytes(q, 65, key);
        for (const char *pos = key; (pos = vectors_find(pos, end, "msg")) != NULL;) {
            uint8_t msg[512], hash[32], sig[512];
            size_t msg_len = hex_bytes(msg, sizeof msg, pos), len;
            bool valid;

            len = hex_bytes(sig, sizeof sig, pos = vectors_find(pos, end, "sig"));
            valid = strncmp(pos = vectors_find(pos, end, "result"), "valid", 5) == 0;
            sha256(hash, msg, msg_len);
            if (verify(hash, 32, q, 65, sig, len) != (uint32_t)valid) {
                bad++;
            }
            count++;
        }
    }
    free(text);
    printf("# %d vectors\n", count);
    ok_ours(bad == 0 && count > 400, "Wycheproof ecdsa_secp256r1_sha256");
}

int main(void)
{
    rfc6979();
    agrees_with_bearssl();
    keys();
    other_curves();
    bad_signatures();
    wycheproof();
    return tap_done();
}
