#include "crypto/poly1305.h"

#include "core/bytes.h"
#include "crypto/wide.h"

#include <string.h>

#if CRYPTO_WIDE

/*
 * The sum h is h0 + 2^64 h1 + 2^128 h2 with h2 below 8 between blocks, so partly
 * reduced only. The multiplier r has its top four bits of each half, and the low two
 * of the upper, cleared: 5/4 r1 is a whole number, which folds 2^128 r1 back as
 * 2^130 = 5, and no column below exceeds 128 bits.
 */
struct poly {
    uint64_t h0, h1, h2;
    uint64_t r0, r1;
};

/* a + b + carry, and the carry out of it; 0 or 1 each. */
static inline uint64_t add(uint64_t a, uint64_t b, uint64_t carry, uint64_t *out)
{
    uint64_t sum;
    uint64_t first = __builtin_add_overflow(a, b, &sum);

    *out = first | __builtin_add_overflow(sum, carry, &sum);
    return sum;
}

/* h = (h + block) r for each block; what is left is no whole one. */
static void whole_blocks(struct poly *p, const unsigned char *data, size_t len)
{
    uint64_t h0 = p->h0, h1 = p->h1, h2 = p->h2;
    const uint64_t r0 = p->r0, r1 = p->r1, s1 = r1 + (r1 >> 2);

    for (; len >= 16; data += 16, len -= 16) {
        uint64_t low, carry;
        u128 c0, c1;

        h0 = add(h0, load_le64(data), 0, &carry);
        h1 = add(h1, load_le64(data + 8), carry, &carry);
        h2 += carry + 1;
        c0 = (u128)h0 * r0 + (u128)h1 * s1;
        c1 = (u128)h0 * r1 + (u128)h1 * r0 + h2 * s1 + (uint64_t)(c0 >> 64);
        h2 = h2 * r0 + (uint64_t)(c1 >> 64);
        /* What is above 2^130 comes back five times: a quarter of it is h2 / 4. */
        low = (h2 >> 2) + (h2 & ~(uint64_t)3);
        h0 = add((uint64_t)c0, low, 0, &carry);
        h1 = add((uint64_t)c1, 0, carry, &carry);
        h2 = (h2 & 3) + carry;
    }
    p->h0 = h0;
    p->h1 = h1;
    p->h2 = h2;
}

/* The same; a last short block is filled up with zeros. */
static void blocks(struct poly *p, const unsigned char *data, size_t len)
{
    unsigned char last[16] = {0};

    whole_blocks(p, data, len);
    if (len % 16 != 0) {
        memcpy(last, data + len - len % 16, len % 16);
        whole_blocks(p, last, sizeof last);
    }
}

/* tag = (h modulo 2^130 - 5) + pad, modulo 2^128 */
static void finish(const struct poly *p, const unsigned char pad[16], unsigned char *tag)
{
    /* h + 5 reaches 2^130 exactly when h is not yet reduced. */
    u128 c = (u128)p->h0 + 5;
    uint64_t g0 = (uint64_t)c, g1, mask;

    c = (u128)p->h1 + (uint64_t)(c >> 64);
    g1 = (uint64_t)c;
    mask = mask_zero((p->h2 + (uint64_t)(c >> 64)) >> 2);
    g0 = (p->h0 & mask) | (g0 & ~mask);
    g1 = (p->h1 & mask) | (g1 & ~mask);
    c = (u128)g0 + load_le64(pad);
    store_le64(tag, (uint64_t)c);
    store_le64(tag + 8, g1 + load_le64(pad + 8) + (uint64_t)(c >> 64));
}

void poly1305_run(const void *key, const void *iv, void *data, size_t len, const void *aad,
                  size_t aad_len, void *tag, br_chacha20_run chacha, int encrypt)
{
    unsigned char once[32] = {0}, lengths[16];
    struct poly p = {0};

    (void)chacha(key, iv, 0, once, sizeof once);
    if (encrypt) {
        (void)chacha(key, iv, 1, data, len);
    }
    p.r0 = load_le64(once) & 0x0FFFFFFC0FFFFFFF;
    p.r1 = load_le64(once + 8) & 0x0FFFFFFC0FFFFFFC;
    store_le64(lengths, aad_len);
    store_le64(lengths + 8, len);
    blocks(&p, aad, aad_len);
    blocks(&p, data, len);
    blocks(&p, lengths, sizeof lengths);
    finish(&p, once + 16, tag);
    if (!encrypt) {
        (void)chacha(key, iv, 1, data, len);
    }
    bytes_wipe(once, sizeof once);
    bytes_wipe(&p, sizeof p);
}

#endif
