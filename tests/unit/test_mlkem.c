/*
 * Keccak and ML-KEM-768 encapsulation: vectors that another implementation made, round
 * trips with a client, every coefficient's check, Wycheproof.
 */
#include <bearssl.h>

#include "core/bytes.h"
#include "crypto/mlkem.h"
#include "crypto/sha3.h"
#include "crypto_vectors.h"
#include "mlkem_client.h"
#include "mlkem_vectors.h"

static bool is_hex(const uint8_t *got, size_t len, const char *hex)
{
    uint8_t want[64];

    return hex_bytes(want, sizeof want, hex) == len && memcmp(got, want, len) == 0;
}

/*
 * Messages of 0 to 399 bytes, whose outputs are hashed together. Python's hashlib gave
 * what must come out.
 */
static void keccak(const char *name, size_t rate, uint8_t suffix, size_t out_len, const char *want)
{
    br_sha256_context chain;
    uint8_t message[400], out[1008 + KECCAK_RATE_MAX], digest[32];

    br_sha256_init(&chain);
    for (size_t len = 0; len < sizeof message; len++) {
        struct keccak k;

        for (size_t i = 0; i < len; i++) {
            message[i] = (uint8_t)(7 * i + len);
        }
        keccak_absorb(&k, rate, suffix, message, len);
        for (size_t at = 0; at < out_len; at += rate) {
            keccak_squeeze(&k, rate, out + at);
        }
        br_sha256_update(&chain, out, out_len);
    }
    br_sha256_out(&chain, digest);
    ok(is_hex(digest, 32, want), name);
}

static void hash_key(const uint8_t *data, size_t len, uint8_t out[32])
{
    mlkem_hash(SHA3_256_RATE, SHA3_SUFFIX, data, len, out, 32);
}

static void vector(const struct mlkem_vector *v)
{
    static struct mlkem_client client;
    uint8_t d[32], z[32], m[32], digest[32], secret[32], back[32];
    uint8_t ciphertext[MLKEM768_CIPHERTEXT];

    hex_bytes(d, 32, v->d);
    hex_bytes(z, 32, v->z);
    hex_bytes(m, 32, v->m);
    mlkem_client_keygen(&client, d, z);
    ok(is_hex(client.hash, 32, v->key_hash), "the test's client makes the key");
    ok(mlkem768_encapsulate_with(client.key, m, ciphertext, secret), "  which is one");
    hash_key(ciphertext, sizeof ciphertext, digest);
    ok(is_hex(digest, 32, v->ciphertext_hash) && is_hex(secret, 32, v->secret),
       "  ciphertext and secret are the other implementation's");
    mlkem_client_decapsulate(&client, ciphertext, back);
    ok(memcmp(back, secret, 32) == 0, "  and the client comes to the same secret");
    ciphertext[sizeof ciphertext - 1] ^= 1;
    mlkem_client_decapsulate(&client, ciphertext, back);
    ok(is_hex(back, 32, v->rejected), "  or to another one when the ciphertext was altered");
}

static void round_trips(void)
{
    static struct mlkem_client client;
    uint64_t seed = 768;
    uint8_t d[32], m[32], secret[32], back[32], ciphertext[MLKEM768_CIPHERTEXT];
    bool same = true;

    for (int i = 0; i < 16; i++) {
        random_bytes(&seed, d, 32);
        random_bytes(&seed, m, 32);
        mlkem_client_keygen(&client, d, d);
        same &= mlkem768_encapsulate_with(client.key, m, ciphertext, secret);
        mlkem_client_decapsulate(&client, ciphertext, back);
        same &= memcmp(secret, back, 32) == 0;
    }
    ok(same, "both sides have the same secret, each time");
}

/* Sets one of the 768 coefficients of 12 bits. */
static void set_coefficient(uint8_t *key, int i, unsigned value)
{
    uint8_t *pair = key + i / 2 * 3 + i % 2;
    int shift = i % 2 * 4;
    unsigned both = (unsigned)(pair[0] | pair[1] << 8);

    both = (both & ~(0xFFFu << shift)) | value << shift;
    pair[0] = (uint8_t)both;
    pair[1] = (uint8_t)(both >> 8);
}

static void modulus(void)
{
    static uint8_t key[MLKEM768_KEY], ciphertext[MLKEM768_CIPHERTEXT];
    uint8_t m[32] = {1}, secret[32];
    uint64_t seed = 3329;
    bool refused = true, taken = true;

    for (int i = 0; i < 768; i++) {
        set_coefficient(key, i, (unsigned)(random64(&seed) % 3329));
    }
    random_bytes(&seed, key + 1152, 32);
    for (int i = 0; i < 768; i += 1 + i % 2 * 4) {
        set_coefficient(key, i, 3329);
        refused &= !mlkem768_encapsulate_with(key, m, ciphertext, secret);
        set_coefficient(key, i, 4095);
        refused &= !mlkem768_encapsulate_with(key, m, ciphertext, secret);
        set_coefficient(key, i, 3328);
        taken &= mlkem768_encapsulate_with(key, m, ciphertext, secret);
    }
    ok(refused, "a coefficient of 3329 or 4095 is refused, wherever it is");
    ok(taken, "  3328 is not");
    memset(key + 1152, 0xFF, 32);
    ok(mlkem768_encapsulate_with(key, m, ciphertext, secret), "  nor any seed of the matrix");
}

/* Is it right about the test between pos and end? *valid: what the test says of the key. */
static bool wycheproof_one(const char *pos, const char *end, bool *valid)
{
    static uint8_t key[MLKEM768_KEY + 1], want[MLKEM768_CIPHERTEXT], got[MLKEM768_CIPHERTEXT];
    uint8_t message[32], secret[32], want_secret[32];
    size_t key_len = hex_bytes(key, sizeof key, vectors_find(pos, end, "ek"));

    *valid = *vectors_find(pos, end, "result") == 'v';
    if (key_len != MLKEM768_KEY) {
        return !*valid; /* whoever calls looks at the length */
    }
    hex_bytes(message, 32, vectors_find(pos, end, "m"));
    hex_bytes(want, sizeof want, vectors_find(pos, end, "c"));
    hex_bytes(want_secret, 32, vectors_find(pos, end, "K"));
    return mlkem768_encapsulate_with(key, message, got, secret) == *valid &&
           (!*valid ||
            (memcmp(got, want, sizeof got) == 0 && memcmp(secret, want_secret, 32) == 0));
}

static void wycheproof(void)
{
    const char *name = "mlkem_768_encaps_test.json";
    char *text = vectors_load(name);
    int good = 0, refused = 0, bad = 0;

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    for (const char *pos = vectors_find(text, NULL, "tcId"), *next; pos != NULL; pos = next) {
        bool valid;

        next = vectors_find(pos, NULL, "tcId");
        bad += !wycheproof_one(pos, next, &valid);
        good += valid;
        refused += !valid;
    }
    free(text);
    printf("# %d keys, %d that are none\n", good, refused);
    ok(bad == 0 && good == 133 && refused == 132, "Wycheproof ML-KEM-768 encapsulation");
}

int main(void)
{
    keccak("SHA3-256", SHA3_256_RATE, SHA3_SUFFIX, 32,
           "830d2e7803da1c992bd36a2e4bf68f9586635fcd48f67cf3ff38b82ccf76b84d");
    keccak("SHA3-512", SHA3_512_RATE, SHA3_SUFFIX, 64,
           "2d860b341a8c474fcf5da63e1701fa61e0a0d0062bc7abccde6203f1767da80f");
    keccak("SHAKE128", SHAKE128_RATE, SHAKE_SUFFIX, 1000,
           "2cc6f01eb44af7d224a99cd8be05e6d98e921517c01f90c1f9204e46c8447f79");
    keccak("SHAKE256", SHAKE256_RATE, SHAKE_SUFFIX, 1000,
           "c70e8ba5688919a1882832b94d4fd431a206c3f721baca79a5fd64a0f54fbb14");
    for (size_t i = 0; i < ARRAY_LEN(mlkem_vectors); i++) {
        vector(&mlkem_vectors[i]);
    }
    round_trips();
    modulus();
    wycheproof();
    return tap_done();
}
