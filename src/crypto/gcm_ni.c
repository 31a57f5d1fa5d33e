#include "crypto/gcm_ni.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "core/bytes.h"

#define BLOCK  16
#define LANES  8 /* blocks at once */
#define STRIDE (BLOCK * LANES)
#define NI     __attribute__((target("aes,pclmul,sse4.1,ssse3")))
#define WIDE   __attribute__((target("vaes,vpclmulqdq,avx2,aes,pclmul"), hot))
/* What is done once for each message is made small. */
#define ONCE __attribute__((cold, noinline))

/*
 * GHASH counts bits the other way round than the processor multiplies. With bytes
 * reversed, and the key multiplied by x once, it becomes a product that is divided by
 * x^128 modulo x^128 + x^127 + x^126 + x^121 + 1 (POLYVAL of RFC 8452, appendix A). Sums of
 * products are reduced once.
 */
struct sum {
    __m128i low, mid, high;
};

struct gcm {
    __m128i round_keys[15];
    int rounds;
    /* Of the hash's key, the highest first. Beside each the sum of its halves, twice. */
    __m128i power[LANES + 1], halves[LANES + 1];
    __m128i hash;
};

NI static inline __m128i reversal(void)
{
    return _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

NI static inline __m128i reversed(__m128i a)
{
    return _mm_shuffle_epi8(a, reversal());
}

NI static inline __m128i load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

NI static inline void store(void *p, __m128i a)
{
    _mm_storeu_si128((__m128i *)p, a);
}

NI static inline __m128i sum_of_halves(__m128i a)
{
    return _mm_xor_si128(a, _mm_shuffle_epi32(a, 0x4E));
}

/* After Karatsuba: multiplications are what takes the time. */
NI static inline void add_product(struct sum *s, __m128i a, __m128i b, __m128i b_halves)
{
    s->low = _mm_xor_si128(s->low, _mm_clmulepi64_si128(a, b, 0x00));
    s->high = _mm_xor_si128(s->high, _mm_clmulepi64_si128(a, b, 0x11));
    s->mid = _mm_xor_si128(s->mid, _mm_clmulepi64_si128(sum_of_halves(a), b_halves, 0x00));
}

NI __attribute__((always_inline)) static inline __m128i reduce(const struct sum *s)
{
    const __m128i modulus = _mm_set_epi64x(0, (long long)0xC200000000000000);
    __m128i mid = _mm_xor_si128(s->mid, _mm_xor_si128(s->low, s->high));
    __m128i low = _mm_xor_si128(s->low, _mm_slli_si128(mid, 8));
    __m128i high = _mm_xor_si128(s->high, _mm_srli_si128(mid, 8));

    for (int i = 0; i < 2; i++) {
        low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), _mm_clmulepi64_si128(low, modulus, 0x00));
    }
    return _mm_xor_si128(high, low);
}

/* At most LANES + 1 blocks, and at least one. */
NI ONCE static void absorb(struct gcm *g, const uint8_t *data, size_t blocks)
{
    struct sum s = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    __m128i hash = g->hash;

    for (size_t i = LANES + 1 - blocks; i <= LANES; i++, data += BLOCK) {
        add_product(&s, _mm_xor_si128(reversed(load(data)), hash), g->power[i], g->halves[i]);
        hash = _mm_setzero_si128();
    }
    g->hash = reduce(&s);
}

/* From the key of as many bytes before it and from the round key before it, whose last word
 * is substituted, and rotated but for every other time of AES-256. With that word in all
 * four columns the shifting of rows changes nothing, and this needs no slow instruction. */
NI static inline __m128i next_key(__m128i key, __m128i last, int constant, int rotate)
{
    const __m128i spread = rotate ? _mm_set1_epi32(0x0C0F0E0D) : _mm_set1_epi32(0x0F0E0D0C);
    __m128i word = _mm_aesenclast_si128(_mm_shuffle_epi8(last, spread), _mm_set1_epi32(constant));

    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
    return _mm_xor_si128(key, word);
}

NI static void expand(struct gcm *g, const uint8_t *key, size_t key_len)
{
    __m128i *k = g->round_keys;
    int constant = 1;

    k[0] = load(key);
    if (key_len == 16) {
        g->rounds = 10;
        for (int i = 0; i < 10; i++) {
            k[i + 1] = next_key(k[i], k[i], constant, 1);
            constant = constant << 1 ^ (constant >> 7) * 0x11B;
        }
        return;
    }
    g->rounds = 14;
    k[1] = load(key + BLOCK);
    for (int i = 0; i < 13; i += 2) {
        k[i + 2] = next_key(k[i], k[i + 1], constant, 1);
        constant <<= 1;
        if (i < 12) {
            k[i + 3] = next_key(k[i + 1], k[i + 2], 0, 0);
        }
    }
}

NI ONCE static __m128i encipher(const struct gcm *g, __m128i a)
{
    a = _mm_xor_si128(a, g->round_keys[0]);
    for (int i = 1; i < g->rounds; i++) {
        a = _mm_aesenc_si128(a, g->round_keys[i]);
    }
    return _mm_aesenclast_si128(a, g->round_keys[g->rounds]);
}

/* The first powers of the hash's key, as many as will be used at once. */
NI ONCE static void prepare_hash(struct gcm *g, size_t powers)
{
    __m128i h = reversed(encipher(g, _mm_setzero_si128()));
    /* Times x: what leaves at the top comes back as the modulus, by a mask of its bit. */
    __m128i carry = _mm_srli_epi64(h, 63), back;

    back = _mm_sub_epi64(_mm_setzero_si128(), _mm_unpackhi_epi64(carry, carry));
    h = _mm_or_si128(_mm_add_epi64(h, h), _mm_slli_si128(carry, 8));
    h = _mm_xor_si128(h, _mm_and_si128(back, _mm_set_epi64x((long long)0xC200000000000000, 1)));
    g->hash = _mm_setzero_si128();
    for (size_t i = LANES; powers > 0; powers--, i--) {
        struct sum s = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};

        g->power[i] = h;
        g->halves[i] = sum_of_halves(h);
        add_product(&s, h, g->power[LANES], g->halves[LANES]);
        h = reduce(&s);
    }
}

/* Enciphers eight blocks with the counters from on, in place; meanwhile eight are hashed,
 * which may be the same before that. hashed NULL: none. */
NI __attribute__((hot)) static void eight_blocks(struct gcm *g, __m128i from, uint8_t *data,
                                                 const uint8_t *hashed)
{
    struct sum s = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    __m128i hash = g->hash, v[LANES];
    int i = 1;

#pragma GCC unroll 8
    for (int n = 0; n < LANES; n++) {
        v[n] = _mm_add_epi32(from, _mm_set_epi32(0, 0, 0, n));
        v[n] = _mm_xor_si128(reversed(v[n]), g->round_keys[0]);
    }
    for (; i <= LANES; i++) {
        const __m128i key = g->round_keys[i];

        if (hashed != NULL) {
            add_product(&s, _mm_xor_si128(reversed(load(hashed)), hash), g->power[i], g->halves[i]);
            hash = _mm_setzero_si128();
            hashed += BLOCK;
        }
#pragma GCC unroll 8
        for (int n = 0; n < LANES; n++) {
            v[n] = _mm_aesenc_si128(v[n], key);
        }
    }
    for (; i < g->rounds; i++) {
        const __m128i key = g->round_keys[i];

#pragma GCC unroll 8
        for (int n = 0; n < LANES; n++) {
            v[n] = _mm_aesenc_si128(v[n], key);
        }
    }
    if (hashed != NULL) {
        g->hash = reduce(&s);
    }
#pragma GCC unroll 8
    for (int n = 0; n < LANES; n++) {
        v[n] = _mm_aesenclast_si128(v[n], g->round_keys[i]);
        store(data + n * BLOCK, _mm_xor_si128(load(data + n * BLOCK), v[n]));
    }
}

WIDE static inline __m256i load2(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

WIDE static inline __m256i both(const __m128i *p)
{
    return _mm256_broadcastsi128_si256(*p);
}

WIDE static inline __m128i folded(__m256i a)
{
    return _mm_xor_si128(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
}

/* The same, two blocks in each register. */
WIDE static void eight_blocks_wide(struct gcm *g, __m128i from, uint8_t *data,
                                   const uint8_t *hashed)
{
    const __m256i reverse = _mm256_broadcastsi128_si256(reversal());
    __m256i low = _mm256_setzero_si256(), mid = low, high = low, v[LANES / 2];
    const __m256i counter = _mm256_broadcastsi128_si256(from);
    int i = 1;

#pragma GCC unroll 4
    for (int n = 0; n < LANES / 2; n++) {
        v[n] = _mm256_add_epi32(counter, _mm256_set_epi32(0, 0, 0, 2 * n + 1, 0, 0, 0, 2 * n));
        v[n] = _mm256_xor_si256(_mm256_shuffle_epi8(v[n], reverse), both(g->round_keys));
    }
    for (; i < g->rounds; i++) {
        const __m256i key = both(g->round_keys + i);

        if (hashed != NULL && i % 2 != 0 && i < LANES) {
            const __m256i a = _mm256_xor_si256(_mm256_shuffle_epi8(load2(hashed), reverse),
                                               _mm256_zextsi128_si256(g->hash));
            const __m256i b = load2(g->power + i);

            g->hash = _mm_setzero_si128();
            hashed += 2 * BLOCK;
            low = _mm256_xor_si256(low, _mm256_clmulepi64_epi128(a, b, 0x00));
            high = _mm256_xor_si256(high, _mm256_clmulepi64_epi128(a, b, 0x11));
            mid = _mm256_xor_si256(
                mid, _mm256_clmulepi64_epi128(_mm256_xor_si256(a, _mm256_shuffle_epi32(a, 0x4E)),
                                              load2(g->halves + i), 0x00));
        }
#pragma GCC unroll 4
        for (int n = 0; n < LANES / 2; n++) {
            v[n] = _mm256_aesenc_epi128(v[n], key);
        }
    }
    if (hashed != NULL) {
        const struct sum s = {folded(low), folded(mid), folded(high)};

        g->hash = reduce(&s);
    }
#pragma GCC unroll 4
    for (int n = 0; n < LANES / 2; n++) {
        v[n] = _mm256_aesenclast_epi128(v[n], both(g->round_keys + i));
        _mm256_storeu_si256((__m256i *)(void *)(data + 2 * n * BLOCK),
                            _mm256_xor_si256(load2(data + 2 * n * BLOCK), v[n]));
    }
}

NI ONCE void gcm_ni(bool wide, const void *key, size_t key_len, const void *iv, void *data,
                    size_t len, const void *aad, size_t aad_len, void *tag, int encrypt)
{
    const __m128i one = _mm_set_epi32(0, 0, 0, 1), stride = _mm_set_epi32(0, 0, 0, LANES);
    uint8_t rest[STRIDE + BLOCK] = {0}, first[BLOCK] = {0};
    const uint8_t *behind = NULL, *extra = aad;
    uint8_t *at = data, *lengths;
    size_t left = len, extra_left = aad_len;
    struct gcm g;
    __m128i counter, mask;
    void (*run)(struct gcm *, __m128i, uint8_t *, const uint8_t *) =
        wide ? eight_blocks_wide : eight_blocks;

    memcpy(first, iv, 12);
    expand(&g, key, key_len);
    prepare_hash(&g, len < STRIDE ? (len + BLOCK - 1) / BLOCK + 1 : LANES + 1);
    counter = _mm_or_si128(reversed(load(first)), one);
    mask = encipher(&g, reversed(counter));
    counter = _mm_add_epi32(counter, one);
    for (; extra_left > 0; extra += BLOCK) {
        size_t n = extra_left < BLOCK ? extra_left : BLOCK;

        memset(first, 0, BLOCK);
        memcpy(first, extra, n);
        absorb(&g, first, 1);
        extra_left -= n;
    }
    for (; left >= STRIDE; left -= STRIDE, at += STRIDE) {
        run(&g, counter, at, encrypt ? behind : at);
        counter = _mm_add_epi32(counter, stride);
        behind = at;
    }
    memcpy(rest, at, left);
    if (encrypt) { /* its hash is one round behind */
        run(&g, counter, rest, behind);
        memcpy(at, rest, left);
        memset(rest + left, 0, sizeof rest - left);
    }
    lengths = rest + (left + BLOCK - 1) / BLOCK * BLOCK;
    put_u32(lengths + 4, (uint32_t)aad_len << 3);
    put_u32(lengths + 8, (uint32_t)((uint64_t)len >> 29));
    put_u32(lengths + 12, (uint32_t)len << 3);
    absorb(&g, rest, (size_t)(lengths - rest) / BLOCK + 1);
    store(tag, _mm_xor_si128(reversed(g.hash), mask));
    if (!encrypt) {
        run(&g, counter, rest, NULL);
        memcpy(at, rest, left);
    }
    bytes_wipe(&g, sizeof g);
    bytes_wipe(rest, sizeof rest);
}

#endif
