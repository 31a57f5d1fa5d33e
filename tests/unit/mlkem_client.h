/*
 * The client's half of ML-KEM-768 (FIPS 203), for tests: keys from two seeds, and
 * decapsulation. Written for shortness, with divisions and no care for time.
 */
#ifndef TINY_TESTS_MLKEM_CLIENT_H
#define TINY_TESTS_MLKEM_CLIENT_H

#include <stdint.h>
#include <string.h>

#include "crypto/mlkem.h"
#include "crypto/sha3.h"

struct mlkem_client {
    int s[3][256]; /* the secret vector, transformed */
    uint8_t key[MLKEM768_KEY];
    uint8_t hash[32]; /* of the key */
    uint8_t z[32];
};

static inline int mlkem_power(int exponent)
{
    int p = 1;

    while (exponent-- > 0) {
        p = p * 17 % 3329;
    }
    return p;
}

static inline int mlkem_reverse(int i)
{
    int r = 0;

    for (int bit = 0; bit < 7; bit++) {
        r |= (i >> bit & 1) << (6 - bit);
    }
    return r;
}

/* A hash, or the first bytes of an output: one block at most. */
static inline void mlkem_hash(size_t rate, uint8_t suffix, const uint8_t *data, size_t data_len,
                              uint8_t *out, size_t len)
{
    struct keccak k;
    uint8_t block[KECCAK_RATE_MAX];

    keccak_absorb(&k, rate, suffix, data, data_len);
    keccak_squeeze(&k, rate, block);
    memcpy(out, block, len);
}

static inline void mlkem_transform(int f[256])
{
    for (int len = 128, i = 1; len >= 2; len /= 2) {
        for (int start = 0; start < 256; start += 2 * len, i++) {
            int zeta = mlkem_power(mlkem_reverse(i));

            for (int j = start; j < start + len; j++) {
                int t = zeta * f[j + len] % 3329;

                f[j + len] = (f[j] + 3329 - t) % 3329;
                f[j] = (f[j] + t) % 3329;
            }
        }
    }
}

static inline void mlkem_transform_back(int f[256])
{
    for (int len = 2, i = 127; len <= 128; len *= 2) {
        for (int start = 0; start < 256; start += 2 * len, i--) {
            int zeta = mlkem_power(mlkem_reverse(i));

            for (int j = start; j < start + len; j++) {
                int t = f[j];

                f[j] = (t + f[j + len]) % 3329;
                f[j + len] = zeta * (f[j + len] + 3329 - t) % 3329;
            }
        }
    }
    for (int i = 0; i < 256; i++) {
        f[i] = f[i] * 3303 % 3329; /* 1 / 128 */
    }
}

static inline void mlkem_multiply_add(int sum[256], const int a[256], const int b[256])
{
    for (int i = 0; i < 256; i += 2) {
        int gamma = mlkem_power(2 * mlkem_reverse(i / 2) + 1);

        sum[i] = (sum[i] + a[i] * b[i] + a[i + 1] * b[i + 1] % 3329 * gamma) % 3329;
        sum[i + 1] = (sum[i + 1] + a[i] * b[i + 1] + a[i + 1] * b[i]) % 3329;
    }
}

static inline void mlkem_noise(const uint8_t seed[32], int number, int f[256])
{
    uint8_t input[33], b[128];

    memcpy(input, seed, 32);
    input[32] = (uint8_t)number;
    mlkem_hash(SHAKE256_RATE, SHAKE_SUFFIX, input, 33, b, sizeof b);
    for (int i = 0; i < 256; i++) {
        int four = b[i / 2] >> i % 2 * 4;

        f[i] = (3329 + (four & 1) + (four >> 1 & 1) - (four >> 2 & 1) - (four >> 3 & 1)) % 3329;
    }
}

static inline void mlkem_uniform(const uint8_t rho[32], int i, int j, int f[256])
{
    uint8_t input[34], b[SHAKE128_RATE];
    struct keccak k;
    int filled = 0;

    memcpy(input, rho, 32);
    input[32] = (uint8_t)i;
    input[33] = (uint8_t)j;
    keccak_absorb(&k, SHAKE128_RATE, SHAKE_SUFFIX, input, 34);
    while (filled < 256) {
        keccak_squeeze(&k, SHAKE128_RATE, b);
        for (int at = 0; at < (int)sizeof b; at += 3) {
            int one = b[at] + 256 * (b[at + 1] % 16), two = b[at + 1] / 16 + 16 * b[at + 2];

            if (one < 3329 && filled < 256) {
                f[filled++] = one;
            }
            if (two < 3329 && filled < 256) {
                f[filled++] = two;
            }
        }
    }
}

/* The number of so many bits that begins at that bit. */
static inline int mlkem_bits(const uint8_t *src, int at, int bits)
{
    int value = 0;

    for (int i = 0; i < bits; i++) {
        value |= (src[(at + i) / 8] >> (at + i) % 8 & 1) << i;
    }
    return value;
}

/* ML-KEM.KeyGen_internal: client->key is the encapsulation key. */
static inline void mlkem_client_keygen(struct mlkem_client *client, const uint8_t d[32],
                                       const uint8_t z[32])
{
    uint8_t seed[33], rho_sigma[64];

    memset(client, 0, sizeof *client);
    memcpy(seed, d, 32);
    seed[32] = 3;
    mlkem_hash(SHA3_512_RATE, SHA3_SUFFIX, seed, 33, rho_sigma, 64);
    for (int i = 0; i < 3; i++) {
        mlkem_noise(rho_sigma + 32, i, client->s[i]);
        mlkem_transform(client->s[i]);
    }
    for (int i = 0; i < 3; i++) {
        int t[256], a[256];

        mlkem_noise(rho_sigma + 32, 3 + i, t);
        mlkem_transform(t);
        for (int j = 0; j < 3; j++) {
            mlkem_uniform(rho_sigma, j, i, a);
            mlkem_multiply_add(t, a, client->s[j]);
        }
        for (int j = 0; j < 256 * 12; j++) {
            client->key[384 * i + j / 8] |= (uint8_t)((t[j / 12] >> j % 12 & 1) << j % 8);
        }
    }
    memcpy(client->key + 1152, rho_sigma, 32);
    mlkem_hash(SHA3_256_RATE, SHA3_SUFFIX, client->key, sizeof client->key, client->hash, 32);
    memcpy(client->z, z, 32);
}

/* ML-KEM.Decaps_internal; a ciphertext that was altered gives another secret. */
static inline void mlkem_client_decapsulate(const struct mlkem_client *client,
                                            const uint8_t ciphertext[MLKEM768_CIPHERTEXT],
                                            uint8_t secret[32])
{
    int u[256], w[256] = {0};
    uint8_t m[32] = {0}, again[MLKEM768_CIPHERTEXT], reject[32 + MLKEM768_CIPHERTEXT];

    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 256; j++) {
            u[j] = (mlkem_bits(ciphertext + 320 * i, 10 * j, 10) * 3329 + 512) >> 10;
        }
        mlkem_transform(u);
        mlkem_multiply_add(w, client->s[i], u);
    }
    mlkem_transform_back(w);
    for (int j = 0; j < 256; j++) {
        int v = (mlkem_bits(ciphertext + 960, 4 * j, 4) * 3329 + 8) >> 4;
        int far = (v + 3329 - w[j]) % 3329;

        m[j / 8] |= (uint8_t)((far > 832 && far < 2497) << j % 8);
    }
    mlkem768_encapsulate_with(client->key, m, again, secret);
    if (memcmp(again, ciphertext, sizeof again) != 0) {
        memcpy(reject, client->z, 32);
        memcpy(reject + 32, ciphertext, MLKEM768_CIPHERTEXT);
        mlkem_hash(SHAKE256_RATE, SHAKE_SUFFIX, reject, sizeof reject, secret, 32);
    }
}

#endif
