/*
 * Keccak as FIPS 202 uses it: one message in, then its output block by block. Which
 * function that is (SHA3-256, SHA3-512, SHAKE128, SHAKE256) the rate and the suffix say.
 * The state is the caller's, who wipes it. Constant time.
 */
#ifndef TINY_CRYPTO_SHA3_H
#define TINY_CRYPTO_SHA3_H

#include <stddef.h>
#include <stdint.h>

#define SHA3_256_RATE   136
#define SHA3_512_RATE   72
#define SHAKE128_RATE   168
#define SHAKE256_RATE   136
#define SHA3_SUFFIX     0x06
#define SHAKE_SUFFIX    0x1F
#define KECCAK_RATE_MAX 168

struct keccak {
    uint64_t lane[25];
};

/* Begins anew with this message, the whole of it. */
void keccak_absorb(struct keccak *k, size_t rate, uint8_t suffix, const uint8_t *data, size_t len);
/* The next rate bytes of output. */
void keccak_squeeze(struct keccak *k, size_t rate, uint8_t *block);

#endif
