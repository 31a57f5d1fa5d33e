#include "crypto/mlkem.h"

#include <string.h>

#include "core/bytes.h"
#include "crypto/sha3.h"

#define N 256
#define Q 3329
#define K 3

/*
 * Coefficients are signed and not always reduced. Products are Montgomery's with R =
 * 2^16: mul(a, b) = a * b / R modulo Q, between -Q and Q as long as |a * b| < Q * R / 2,
 * about 9.8 * Q * Q. Sums are allowed to grow to what that permits.
 */
struct poly {
    int16_t c[N];
};

/* What the computation leaves behind, in one place, so that one wipe takes it all. */
struct work {
    struct poly y[K]; /* the ephemeral vector, transformed */
    struct poly row;  /* of the result, under way */
    struct poly other;
    int16_t zeta[N / 2]; /* times R: powers of the root in the order the transforms use them */
    struct keccak keccak;
    uint8_t block[KECCAK_RATE_MAX];
    uint8_t seed[64]; /* message and hash of the key, then secret and randomness */
    uint8_t input[34];
};

static int16_t mul(int a, int b)
{
    int product = a * b;
    int16_t low = (int16_t)((unsigned)product * 62209); /* 1 / Q modulo R */

    return (int16_t)((product - low * Q) >> 16);
}

/* To between -Q/2 and Q/2, give or take 10, for |a| < 2^16. */
static int16_t reduce(int a)
{
    return (int16_t)(a - ((a * 5039 + (1 << 23)) >> 24) * Q);
}

/* ---- the number-theoretic transform (FIPS 203, section 4.3) -------------------- */

/* zeta[i] = 17^(the 7 bits of i in reverse), times R. */
static void make_zeta(int16_t zeta[N / 2])
{
    /* 17^64, 17^32, ... 17^1, times R */
    static const int16_t root[] = {-758, -359, 1493, -171, 573, 1223, -1103};

    zeta[0] = -1044; /* R modulo Q */
    for (int bit = 0; bit < 7; bit++) {
        for (int i = 0; i < 1 << bit; i++) {
            zeta[(1 << bit) + i] = reduce(mul(zeta[i], root[bit]));
        }
    }
}

/* From |c| <= 2 to |c| < 7 * Q + 2: each of the seven layers adds less than Q. */
static void transform(struct poly *p, const int16_t *zeta)
{
    for (int len = N / 2; len >= 2; len /= 2) {
        for (int start = 0; start < N; start += 2 * len) {
            zeta++;
            for (int i = start; i < start + len; i++) {
                int t = mul(*zeta, p->c[i + len]);

                p->c[i + len] = (int16_t)(p->c[i] - t);
                p->c[i] = (int16_t)(p->c[i] + t);
            }
        }
    }
}

/* From |c| < 6 * Q and times 1/R, which products left, to |c| < Q and without. */
static void transform_back(struct poly *p, const int16_t *zeta)
{
    zeta += N / 2;
    for (int len = 2; len <= N / 2; len *= 2) {
        for (int start = 0; start < N; start += 2 * len) {
            zeta--;
            for (int i = start; i < start + len; i++) {
                int low = p->c[i], high = p->c[i + len];

                p->c[i] = reduce(low + high);
                p->c[i + len] = mul(*zeta, high - low);
            }
        }
    }
    for (int i = 0; i < N; i++) {
        p->c[i] = mul(p->c[i], 1441); /* R * R / 128 */
    }
}

/*
 * sum += a * b / R in the transformed domain; a below 2^12, b as transform() leaves it.
 * A sum grows by less than 2 * Q, and three of them are added.
 */
static void multiply_add(struct poly *sum, const struct poly *a, const struct poly *b,
                         const int16_t *zeta)
{
    for (int i = 0; i < N; i += 2) {
        int root = zeta[N / 4 + i / 4];
        int high = mul(mul(a->c[i + 1], b->c[i + 1]), i % 4 == 0 ? root : -root);

        sum->c[i] = (int16_t)(sum->c[i] + high + mul(a->c[i], b->c[i]));
        sum->c[i + 1] =
            (int16_t)(sum->c[i + 1] + mul(a->c[i], b->c[i + 1]) + mul(a->c[i + 1], b->c[i]));
    }
}

/* ---- sampling and coding (sections 4.2.1 and 4.2.2) ----------------------------- */

/* SampleNTT of the seed rho and two indices: public, so it may branch on what it draws. */
static void sample_uniform(struct work *w, const uint8_t rho[32], int row, int column)
{
    size_t filled = 0, at = SHAKE128_RATE;

    memcpy(w->input, rho, 32);
    w->input[32] = (uint8_t)row;
    w->input[33] = (uint8_t)column;
    keccak_absorb(&w->keccak, SHAKE128_RATE, SHAKE_SUFFIX, w->input, 34);
    while (filled < N) {
        if (at == SHAKE128_RATE) {
            keccak_squeeze(&w->keccak, SHAKE128_RATE, w->block);
            at = 0;
        }
        for (size_t half = 0; half < 2 && filled < N; half++) {
            int d = (w->block[at + half] | w->block[at + half + 1] << 8) >> 4 * half & 0xFFF;

            w->other.c[filled] = (int16_t)d;
            filled += d < Q; /* without a jump, as nothing foretells it */
        }
        at += 3;
    }
}

/* p += SamplePolyCBD of 128 bytes of PRF, the number-th of this randomness. */
static void add_noise(struct work *w, struct poly *p, int number)
{
    memcpy(w->input, w->seed + 32, 32);
    w->input[32] = (uint8_t)number;
    keccak_absorb(&w->keccak, SHAKE256_RATE, SHAKE_SUFFIX, w->input, 33);
    keccak_squeeze(&w->keccak, SHAKE256_RATE, w->block);
    for (int i = 0; i < N; i++) {
        int bits = w->block[i / 2] >> i % 2 * 4;

        bits = (bits & 5) + (bits >> 1 & 5); /* two sums of two bits */
        p->c[i] = (int16_t)(p->c[i] + (bits & 3) - (bits >> 2 & 3));
    }
}

/* ByteDecode of 12 bits; false if a coefficient is not below Q. */
static bool decode(struct poly *p, const uint8_t *src)
{
    bool below = true;

    for (int i = 0; i < N; i++) {
        const uint8_t *pair = src + i / 2 * 3 + i % 2;
        int d = (pair[0] | pair[1] << 8) >> i % 2 * 4 & 0xFFF;

        p->c[i] = (int16_t)d;
        below &= d < Q;
    }
    return below;
}

/*
 * ByteEncode of Compress: round(c * 2^bits / Q), modulo 2^bits. The quotient is taken by
 * a multiplication with 2^35 / Q, exact for all that can come.
 */
static void encode(uint8_t *dst, const struct poly *p, int bits)
{
    uint32_t hold = 0;
    int held = 0;

    for (int i = 0; i < N; i++) {
        uint32_t c = (uint32_t)reduce(p->c[i]);

        c += Q & (0 - (c >> 31));
        c = (uint32_t)(((c << bits) + Q / 2) * (uint64_t)10321340 >> 35);
        hold |= (c & ((1u << bits) - 1)) << held;
        for (held += bits; held >= 8; held -= 8) {
            *dst++ = (uint8_t)hold;
            hold >>= 8;
        }
    }
}

/* ---- encapsulation (sections 5.2 and 6.2) --------------------------------------- */

/* The message's bits become 0 or (Q + 1) / 2. */
static void add_message(struct poly *p, const uint8_t message[32])
{
    for (int i = 0; i < N; i++) {
        p->c[i] = (int16_t)(p->c[i] + (message[i / 8] >> i % 8 & 1) * ((Q + 1) / 2));
    }
}

/* Rows 0 to 2 are the vector u, from the matrix; row 3 is v, from the key's own vector. */
static bool encrypt_row(struct work *w, int row, const uint8_t *key)
{
    bool good = true;

    memset(&w->row, 0, sizeof w->row);
    for (int i = 0; i < K; i++) {
        if (row < K) {
            sample_uniform(w, key + MLKEM768_KEY - 32, row, i);
        } else {
            good &= decode(&w->other, key + (size_t)i * (N * 12 / 8));
        }
        multiply_add(&w->row, &w->other, &w->y[i], w->zeta);
    }
    transform_back(&w->row, w->zeta);
    add_noise(w, &w->row, K + row);
    return good;
}

bool mlkem768_encapsulate_with(const uint8_t key[MLKEM768_KEY], const uint8_t message[32],
                               uint8_t ciphertext[MLKEM768_CIPHERTEXT],
                               uint8_t secret[MLKEM768_SECRET])
{
    struct work w;
    bool good;

    memcpy(w.seed, message, 32);
    keccak_absorb(&w.keccak, SHA3_256_RATE, SHA3_SUFFIX, key, MLKEM768_KEY);
    keccak_squeeze(&w.keccak, SHA3_256_RATE, w.block);
    memcpy(w.seed + 32, w.block, 32);
    keccak_absorb(&w.keccak, SHA3_512_RATE, SHA3_SUFFIX, w.seed, 64);
    keccak_squeeze(&w.keccak, SHA3_512_RATE, w.block);
    memcpy(w.seed, w.block, 64);
    memcpy(secret, w.seed, MLKEM768_SECRET);

    make_zeta(w.zeta);
    memset(w.y, 0, sizeof w.y);
    for (int i = 0; i < K; i++) {
        add_noise(&w, &w.y[i], i);
        transform(&w.y[i], w.zeta);
    }
    for (int row = 0; row < K; row++) {
        encrypt_row(&w, row, key);
        encode(ciphertext, &w.row, 10);
        ciphertext += N * 10 / 8;
    }
    good = encrypt_row(&w, K, key);
    add_message(&w.row, message);
    encode(ciphertext, &w.row, 4);
    bytes_wipe(&w, sizeof w);
    return good;
}
