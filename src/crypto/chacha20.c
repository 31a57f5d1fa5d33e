#include "crypto/chacha20.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#include "core/bytes.h"

#define BLOCK  64
#define LANES  8 /* blocks at once */
#define STRIDE (BLOCK * LANES)
#define AVX2   __attribute__((target("avx2")))

/* Word w of the state of all eight blocks is v[w]. */
AVX2 static inline __m256i rotate(__m256i a, int bits)
{
    return _mm256_or_si256(_mm256_slli_epi32(a, bits), _mm256_srli_epi32(a, 32 - bits));
}

AVX2 static inline void quarter(__m256i *a, __m256i *b, __m256i *c, __m256i *d)
{
    const __m256i by16 = _mm256_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2, 13,
                                         12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2);
    const __m256i by8 = _mm256_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3, 14,
                                        13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3);

    *a = _mm256_add_epi32(*a, *b);
    *d = _mm256_shuffle_epi8(_mm256_xor_si256(*d, *a), by16);
    *c = _mm256_add_epi32(*c, *d);
    *b = rotate(_mm256_xor_si256(*b, *c), 12);
    *a = _mm256_add_epi32(*a, *b);
    *d = _mm256_shuffle_epi8(_mm256_xor_si256(*d, *a), by8);
    *c = _mm256_add_epi32(*c, *d);
    *b = rotate(_mm256_xor_si256(*b, *c), 7);
}

/* Rows of eight words become columns. */
AVX2 static inline void transpose(__m256i r[8])
{
    __m256i t[8], u[8];

    for (int i = 0; i < 4; i++) {
        t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
        r[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
}

AVX2 static inline void xor_into(unsigned char *data, __m256i stream)
{
    __m256i *at = (__m256i *)(void *)data;

    _mm256_storeu_si256(at, _mm256_xor_si256(_mm256_loadu_si256(at), stream));
}

/* XORs eight blocks of the stream into data. */
AVX2 static void eight_blocks(const uint32_t state[16], unsigned char data[STRIDE])
{
    __m256i v[16], start[16];

    for (int i = 0; i < 16; i++) {
        start[i] = _mm256_set1_epi32((int)state[i]);
    }
    start[12] = _mm256_add_epi32(start[12], _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
    for (int i = 0; i < 16; i++) {
        v[i] = start[i];
    }
    for (int round = 0; round < 10; round++) {
        quarter(&v[0], &v[4], &v[8], &v[12]);
        quarter(&v[1], &v[5], &v[9], &v[13]);
        quarter(&v[2], &v[6], &v[10], &v[14]);
        quarter(&v[3], &v[7], &v[11], &v[15]);
        quarter(&v[0], &v[5], &v[10], &v[15]);
        quarter(&v[1], &v[6], &v[11], &v[12]);
        quarter(&v[2], &v[7], &v[8], &v[13]);
        quarter(&v[3], &v[4], &v[9], &v[14]);
    }
    for (int i = 0; i < 16; i++) {
        v[i] = _mm256_add_epi32(v[i], start[i]);
    }
    transpose(v);
    transpose(v + 8);
    for (int i = 0; i < LANES; i++) {
        xor_into(data + i * BLOCK, v[i]);
        xor_into(data + i * BLOCK + BLOCK / 2, v[i + 8]);
    }
}

AVX2 uint32_t chacha20_avx2(const void *key, const void *iv, uint32_t counter, void *data,
                            size_t len)
{
    uint32_t state[16] = {0x61707865, 0x3320646E, 0x79622D32, 0x6B206574};
    unsigned char *at = data, tail[STRIDE];

    memcpy(state + 4, key, 32); /* little endian, as x86 is */
    memcpy(state + 13, iv, 12);
    for (; len >= STRIDE; len -= STRIDE, at += STRIDE) {
        state[12] = counter;
        eight_blocks(state, at);
        counter += LANES;
    }
    if (len > 0) {
        memcpy(tail, at, len);
        memset(tail + len, 0, sizeof tail - len);
        state[12] = counter;
        eight_blocks(state, tail);
        memcpy(at, tail, len);
        counter += (uint32_t)((len + BLOCK - 1) / BLOCK);
        bytes_wipe(tail, sizeof tail);
    }
    bytes_wipe(state, sizeof state);
    return counter;
}

#endif
