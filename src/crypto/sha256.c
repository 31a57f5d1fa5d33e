#include "crypto/sha256.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#include "core/bytes.h"

#define BLOCK 64
#define SHA   __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t round_constants[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

/*
 * The instructions keep the state as the pairs ABEF and CDGH and do two rounds at
 * a time; four message words are in one register, and w[] holds the last sixteen.
 */
SHA static void compress(uint32_t state[8], const unsigned char *data, size_t blocks)
{
    const __m128i swap = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1), efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
    __m128i feba, dchg;

    for (; blocks > 0; blocks--, data += BLOCK) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];

        for (int i = 0; i < 16; i++) {
            const __m128i *k = (const __m128i *)(const void *)(round_constants + 4 * i);
            __m128i sum;

            if (i < 4) {
                w[i] = _mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i));
                w[i] = _mm_shuffle_epi8(w[i], swap);
            } else {
                __m128i old = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);

                old = _mm_add_epi32(old, _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4));
                w[i % 4] = _mm_sha256msg2_epu32(old, w[(i + 3) % 4]);
            }
            sum = _mm_add_epi32(w[i % 4], _mm_loadu_si128(k));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    feba = _mm_shuffle_epi32(abef, 0x1B);
    dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    dcba = _mm_blend_epi16(feba, dchg, 0xF0);
    hgfe = _mm_alignr_epi8(dchg, feba, 8);
    _mm_storeu_si128((__m128i *)(void *)state, dcba);
    _mm_storeu_si128((__m128i *)(void *)(state + 4), hgfe);
}

static void ni_init(const br_hash_class **ctx)
{
    br_sha256_init((br_sha256_context *)(void *)ctx);
    *ctx = &sha256_ni;
}

static void ni_update(const br_hash_class **ctx, const void *data, size_t len)
{
    br_sha256_context *cc = (br_sha256_context *)(void *)ctx;
    const unsigned char *at = data;
    size_t used = (size_t)cc->count % BLOCK;

    if (len == 0) {
        return;
    }
    cc->count += len;
    if (used > 0) {
        size_t room = BLOCK - used;

        if (len < room) {
            memcpy(cc->buf + used, at, len);
            return;
        }
        memcpy(cc->buf + used, at, room);
        compress(cc->val, cc->buf, 1);
        at += room;
        len -= room;
    }
    compress(cc->val, at, len / BLOCK);
    at += len - len % BLOCK;
    memcpy(cc->buf, at, len % BLOCK);
}

/* The context is left as it is: more may be added afterwards. */
static void ni_out(const br_hash_class *const *ctx, void *dst)
{
    const br_sha256_context *cc = (const br_sha256_context *)(const void *)ctx;
    size_t used = (size_t)cc->count % BLOCK, blocks = used < BLOCK - 8 ? 1 : 2;
    unsigned char buf[2 * BLOCK] = {0}, *out = dst;
    uint32_t val[8];

    memcpy(buf, cc->buf, used);
    memcpy(val, cc->val, sizeof val);
    buf[used] = 0x80;
    put_u32(buf + blocks * BLOCK - 8, (uint32_t)(cc->count >> 29));
    put_u32(buf + blocks * BLOCK - 4, (uint32_t)(cc->count << 3));
    compress(val, buf, blocks);
    for (int i = 0; i < 8; i++) {
        put_u32(out + 4 * i, val[i]);
    }
    bytes_wipe(buf, sizeof buf);
    bytes_wipe(val, sizeof val);
}

static uint64_t ni_state(const br_hash_class *const *ctx, void *dst)
{
    return br_sha256_state((const br_sha256_context *)(const void *)ctx, dst);
}

static void ni_set_state(const br_hash_class **ctx, const void *state, uint64_t count)
{
    br_sha256_set_state((br_sha256_context *)(void *)ctx, state, count);
}

const br_hash_class sha256_ni = {
    sizeof(br_sha256_context),
    BR_HASHDESC_ID(br_sha256_ID) | BR_HASHDESC_OUT(32) | BR_HASHDESC_STATE(32) |
        BR_HASHDESC_LBLEN(6) | BR_HASHDESC_MD_PADDING | BR_HASHDESC_MD_PADDING_BE,
    ni_init,
    ni_update,
    ni_out,
    ni_state,
    ni_set_state,
};

#endif
