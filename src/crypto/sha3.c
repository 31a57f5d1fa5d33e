#include "crypto/sha3.h"

#include <string.h>

/* Where a lane goes to, and how far it turns on the way: FIPS 202's rho and pi in one. */
static const uint8_t lane_to[25] = {0,  10, 20, 5, 15, 16, 1,  11, 21, 6, 7,  17, 2,
                                    12, 22, 23, 8, 18, 3,  13, 14, 24, 9, 19, 4};
static const uint8_t lane_turn[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                      25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};
/* The constant of each round, of which only the bits 0, 1, 3, 7, 15, 31 and 63 are used. */
static const uint8_t round_bits[24] = {0x01, 0x1A, 0x5E, 0x70, 0x1F, 0x21, 0x79, 0x55,
                                       0x0E, 0x0C, 0x35, 0x26, 0x3F, 0x4F, 0x5D, 0x53,
                                       0x52, 0x48, 0x16, 0x66, 0x79, 0x58, 0x21, 0x74};

static inline uint64_t turn(uint64_t v, unsigned n)
{
    return v << n | v >> (-n & 63);
}

static inline uint64_t round_constant(uint64_t bits)
{
    return (bits & 3) | (bits & 4) << 1 | (bits & 8) << 4 | (bits & 16) << 11 | (bits & 32) << 26 |
           (bits & 64) << 57;
}

/*
 * The loops that are unrolled have their tables turned into immediate operands: with
 * 300 bytes more of code this is five times as fast.
 */
static void permute(uint64_t s[25])
{
    for (int round = 0; round < 24; round++) {
        uint64_t sum[5], mix[5], b[25];

        for (int x = 0; x < 5; x++) {
            sum[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        }
#pragma GCC unroll 5
        for (int x = 0; x < 5; x++) {
            mix[x] = sum[(x + 4) % 5] ^ turn(sum[(x + 1) % 5], 1);
        }
#pragma GCC unroll 25
        for (int i = 0; i < 25; i++) {
            b[lane_to[i]] = turn(s[i] ^ mix[i % 5], lane_turn[i]);
        }
        for (int y = 0; y < 25; y += 5) {
#pragma GCC unroll 5
            for (int x = 0; x < 5; x++) {
                s[y + x] = b[y + x] ^ (~b[y + (x + 1) % 5] & b[y + (x + 2) % 5]);
            }
        }
        s[0] ^= round_constant(round_bits[round]);
    }
}

/* Between the processor's order of bytes and the little-endian one. */
static inline uint64_t order_le64(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return v;
#else
    return __builtin_bswap64(v);
#endif
}

void keccak_absorb(struct keccak *k, size_t rate, uint8_t suffix, const uint8_t *data, size_t len)
{
    size_t at = 0;
    uint64_t v;

    memset(k, 0, sizeof *k);
    for (; len >= sizeof v; data += sizeof v, len -= sizeof v) {
        memcpy(&v, data, sizeof v);
        k->lane[at] ^= order_le64(v);
        if (++at == rate / sizeof v) {
            permute(k->lane);
            at = 0;
        }
    }
    v = suffix;
    while (len > 0) {
        v = v << 8 | data[--len];
    }
    k->lane[at] ^= v;
    k->lane[rate / sizeof v - 1] ^= (uint64_t)1 << 63;
}

void keccak_squeeze(struct keccak *k, size_t rate, uint8_t *block)
{
    permute(k->lane);
    for (size_t i = 0; i < rate / sizeof k->lane[0]; i++) {
        uint64_t v = order_le64(k->lane[i]);

        memcpy(block + i * sizeof v, &v, sizeof v);
    }
}
